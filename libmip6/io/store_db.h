/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The SQLite side of the store; not for others. */
#ifndef MIP6_IO_STORE_DB_H
#define MIP6_IO_STORE_DB_H

#include <sqlite3.h>

#include <mip6/ha.h>

struct store_db {
	sqlite3 *db; /* NULL: not open */
	sqlite3_stmt *put, *remove, *find;
};

/* 0; -EBADMSG: no usable database; -EPROTONOSUPPORT: of another version; or another negative errno.
 */
int store_db_open(struct store_db *db, const char *path);
void store_db_close(struct store_db *db);
int store_db_begin(struct store_db *db);
int store_db_put(struct store_db *db, const struct ha_record *record);
int store_db_remove(struct store_db *db, const struct mip6_addr *hoa);
/* Ends the transaction; after a failure it is rolled back. */
int store_db_commit(struct store_db *db);
void store_db_rollback(struct store_db *db);
/* True when there is a row, or when that cannot be found out. */
bool store_db_has(struct store_db *db, const struct mip6_addr *hoa);
/* Up to the end (0) or an error; *ret_skipped: rows that make no sense. */
int store_db_walk(struct store_db *db, void (*each)(void *ctx, const struct ha_record *record),
                  void *ctx, size_t *ret_skipped);

#endif
