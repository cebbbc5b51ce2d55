// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One table of bindings in SQLite. It knows no policy: what to do about an error is store.c's
 * matter.
 *
 * locking_mode=EXCLUSIVE: only one daemon uses the file, so there is no shared-memory file to be
 * left behind and no lock to be taken for each transaction.
 */
#include "io/store_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define STORE_VERSION 1

static const char create_text[] = "BEGIN IMMEDIATE;"
				  "CREATE TABLE binding ("
				  " hoa BLOB PRIMARY KEY NOT NULL,"
				  " coa BLOB NOT NULL,"
				  " home_agent BLOB NOT NULL,"
				  " nai TEXT NOT NULL,"
				  " seq INTEGER NOT NULL,"
				  " flags INTEGER NOT NULL,"
				  " lifetime_s INTEGER NOT NULL,"
				  " expires_unix_us INTEGER NOT NULL,"
				  " owned_until_unix_us INTEGER NOT NULL,"
				  " mesg_id INTEGER NOT NULL,"
				  " claimed INTEGER NOT NULL"
				  ") WITHOUT ROWID;"
				  "PRAGMA user_version=1;"
				  "COMMIT;";

#define STORE_COLUMNS                                                                      \
	"hoa,coa,home_agent,nai,seq,flags,lifetime_s,expires_unix_us,owned_until_unix_us," \
	"mesg_id,claimed"

static int db_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_SCHEMA:
		return -EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_IOERR:
		return -EIO;
	default:
		/* SQLITE_ERROR from our own statements: the table is not the one we made. */
		return -EBADMSG;
	}
}

static int db_exec(struct store_db *db, const char *text)
{
	return db_error(sqlite3_exec(db->db, text, NULL, NULL, NULL));
}

static int db_prepare(struct store_db *db, const char *text, sqlite3_stmt **ret)
{
	return db_error(sqlite3_prepare_v3(db->db, text, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL));
}

static int db_version(struct store_db *db, int *ret)
{
	sqlite3_stmt *statement = NULL;
	int err = db_prepare(db, "PRAGMA user_version", &statement);

	if (err == 0) {
		int code = sqlite3_step(statement);

		err = code == SQLITE_ROW ? 0 : db_error(code);
		*ret = sqlite3_column_int(statement, 0);
	}
	sqlite3_finalize(statement);
	return err;
}

int store_db_open(struct store_db *db, const char *path)
{
	int version = 0, err, fd;

	*db = (struct store_db){NULL, NULL, NULL, NULL};
	/* SQLite would make it readable for others; its companions get the mode of this one. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	err = db_error(sqlite3_open_v2(path, &db->db, SQLITE_OPEN_READWRITE, NULL));
	if (err == 0)
		err = db_exec(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
		                  "PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
		                  "PRAGMA cache_size=-4096; PRAGMA journal_size_limit=16777216;");
	if (err == 0)
		err = db_version(db, &version);
	if (err == 0 && version == 0)
		err = db_exec(db, create_text);
	else if (err == 0 && version != STORE_VERSION)
		err = -EPROTONOSUPPORT;
	if (err == 0)
		err = db_prepare(db,
		                 "INSERT OR REPLACE INTO binding(" STORE_COLUMNS ")"
		                 " VALUES(?,?,?,?,?,?,?,?,?,?,?)",
		                 &db->put);
	if (err == 0)
		err = db_prepare(db, "DELETE FROM binding WHERE hoa=?", &db->remove);
	if (err == 0)
		err = db_prepare(db, "SELECT 1 FROM binding WHERE hoa=?", &db->find);
	if (err < 0)
		store_db_close(db);
	return err;
}

void store_db_close(struct store_db *db)
{
	sqlite3_finalize(db->put);
	sqlite3_finalize(db->remove);
	sqlite3_finalize(db->find);
	sqlite3_close(db->db);
	*db = (struct store_db){NULL, NULL, NULL, NULL};
}

int store_db_begin(struct store_db *db)
{
	return db_exec(db, "BEGIN IMMEDIATE");
}

void store_db_rollback(struct store_db *db)
{
	/* SQLite may have done so itself already. */
	if (sqlite3_get_autocommit(db->db) == 0)
		sqlite3_exec(db->db, "ROLLBACK", NULL, NULL, NULL);
}

int store_db_commit(struct store_db *db)
{
	int err = db_exec(db, "COMMIT");

	if (err < 0)
		store_db_rollback(db);
	return err;
}

static void db_bind_addr(sqlite3_stmt *statement, int column, const struct mip6_addr *addr)
{
	sqlite3_bind_blob(statement, column, addr->b, sizeof(addr->b), SQLITE_STATIC);
}

static int db_run(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return db_error(code);
}

int store_db_put(struct store_db *db, const struct ha_record *record)
{
	sqlite3_stmt *put = db->put;

	db_bind_addr(put, 1, &record->hoa);
	db_bind_addr(put, 2, &record->coa);
	db_bind_addr(put, 3, &record->home_agent);
	sqlite3_bind_text(put, 4, record->nai, -1, SQLITE_STATIC);
	sqlite3_bind_int(put, 5, record->seq);
	sqlite3_bind_int(put, 6, record->flags);
	sqlite3_bind_int64(put, 7, record->lifetime_s);
	sqlite3_bind_int64(put, 8, record->expires_unix_us);
	sqlite3_bind_int64(put, 9, record->owned_until_unix_us);
	sqlite3_bind_int64(put, 10,
	                   (int64_t)record->mesg_id); /* all 64 bits, as two's complement */
	sqlite3_bind_int(put, 11, record->claimed);
	return db_run(put);
}

int store_db_remove(struct store_db *db, const struct mip6_addr *hoa)
{
	db_bind_addr(db->remove, 1, hoa);
	return db_run(db->remove);
}

bool store_db_has(struct store_db *db, const struct mip6_addr *hoa)
{
	int code;

	db_bind_addr(db->find, 1, hoa);
	code = sqlite3_step(db->find);
	sqlite3_reset(db->find);
	return code != SQLITE_DONE;
}

static bool db_get_addr(sqlite3_stmt *row, int column, struct mip6_addr *ret)
{
	const void *blob = sqlite3_column_blob(row, column);

	if (blob == NULL || sqlite3_column_bytes(row, column) != sizeof(ret->b))
		return false;
	memcpy(ret->b, blob, sizeof(ret->b));
	return true;
}

static bool db_get_number(sqlite3_stmt *row, int column, int64_t max, int64_t *ret)
{
	*ret = sqlite3_column_int64(row, column);
	return sqlite3_column_type(row, column) == SQLITE_INTEGER && *ret >= 0 && *ret <= max;
}

/* False for a row that no version of ours can have written. */
static bool db_get_record(sqlite3_stmt *row, struct ha_record *ret)
{
	const unsigned char *nai = sqlite3_column_text(row, 3);
	int nai_len = sqlite3_column_bytes(row, 3);
	int64_t seq, flags, lifetime, expires, owned, claimed;

	*ret = (struct ha_record){.seq = 0};
	if (nai == NULL || nai_len > MIP6_NAI_MAX || strlen((const char *)nai) != (size_t)nai_len ||
	    !db_get_addr(row, 0, &ret->hoa) || !db_get_addr(row, 1, &ret->coa) ||
	    !db_get_addr(row, 2, &ret->home_agent) || !db_get_number(row, 4, UINT16_MAX, &seq) ||
	    !db_get_number(row, 5, UINT16_MAX, &flags) ||
	    !db_get_number(row, 6, UINT32_MAX, &lifetime) ||
	    !db_get_number(row, 7, INT64_MAX, &expires) ||
	    !db_get_number(row, 8, INT64_MAX, &owned) || !db_get_number(row, 10, 1, &claimed))
		return false;
	memcpy(ret->nai, nai, (size_t)nai_len);
	ret->seq = (uint16_t)seq;
	ret->flags = (uint16_t)flags;
	ret->lifetime_s = (uint32_t)lifetime;
	ret->expires_unix_us = expires;
	ret->owned_until_unix_us = owned;
	ret->mesg_id = (uint64_t)sqlite3_column_int64(row, 9);
	ret->claimed = claimed == 1;
	return true;
}

int store_db_walk(struct store_db *db, void (*each)(void *ctx, const struct ha_record *record),
                  void *ctx, size_t *ret_skipped)
{
	sqlite3_stmt *rows = NULL;
	struct ha_record record;
	size_t skipped = 0;
	int code = SQLITE_DONE;
	int err = db_prepare(db, "SELECT " STORE_COLUMNS " FROM binding", &rows);

	while (err == 0 && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		if (db_get_record(rows, &record))
			each(ctx, &record);
		else
			skipped++;
	}
	if (err == 0)
		err = db_error(code);
	sqlite3_finalize(rows);
	*ret_skipped = skipped;
	return err;
}
