// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the D-GW remembers besides bindings, in an SQLite file of its own: one row per lease, per
 * changed kernel setting, and the restart counter.
 *
 * Changes of one turn of the loop go into one transaction. What was written survives kill -9.
 * Nothing here stops the daemon: when the file cannot be written, it says so once, goes on without,
 * and tries again with a fresh file each second. A WTRU whose lease was lost usually gets the same
 * prefix again (pool.c), and what somebody owns is never given to another.
 */
#include "records.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/log.h"

#define RETRY MIP6_S
#define VERSION 1

struct records {
	char path[PATH_MAX];
	sqlite3 *db; /* NULL: not usable */
	sqlite3_stmt *put_lease, *remove_lease;
	bool in_transaction;
	bool failed;
	mip6_time next_try;
	char problem[PATH_MAX + 128];
};

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS lease (prefix BLOB PRIMARY KEY NOT NULL, len INTEGER NOT NULL,"
	" owner BLOB NOT NULL, link_local BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS setting (path TEXT UNIQUE NOT NULL, was INTEGER NOT NULL,"
	" now INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT "
	"NULL)"
	" WITHOUT ROWID;"
	"PRAGMA user_version=1;"
	"COMMIT;";

static void disconnect(struct records *records)
{
	sqlite3_finalize(records->put_lease);
	sqlite3_finalize(records->remove_lease);
	sqlite3_close(records->db);
	records->db = NULL;
	records->put_lease = records->remove_lease = NULL;
	records->in_transaction = false;
}

static void fail(struct records *records, const char *what)
{
	if (!records->failed) {
		snprintf(records->problem, sizeof(records->problem),
		         "%s: leases cannot be saved: %s", records->path, what);
		log_err("%s; running on without", records->problem);
	}
	records->failed = true;
	disconnect(records);
}

static int version(sqlite3 *db)
{
	sqlite3_stmt *row = NULL;
	int ret = -1;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &row, NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW)
		ret = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	return ret;
}

/* An SQLite result code. */
static int connect_file(struct records *records)
{
	int code, fd, is;

	/* SQLite would make it readable for others. */
	fd = open(records->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return SQLITE_CANTOPEN;
	close(fd);
	code = sqlite3_open_v2(records->path, &records->db, SQLITE_OPEN_READWRITE, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(records->db,
		                    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
		                    "PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
		                    "PRAGMA journal_size_limit=4194304;",
		                    NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return code;
	is = version(records->db);
	if (is != 0 && is != VERSION)
		return SQLITE_NOTADB;
	code = sqlite3_exec(records->db, schema, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(records->db,
		                          "INSERT OR REPLACE INTO lease VALUES(?,?,?,?)", -1,
		                          &records->put_lease, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(records->db, "DELETE FROM lease WHERE prefix=?", -1,
		                          &records->remove_lease, NULL);
	return code;
}

static bool is_corrupt(int code)
{
	/* SQLITE_ERROR from statements of ours: the tables are not the ones we made. */
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB ||
	       (code & 0xff) == SQLITE_ERROR;
}

static void move_aside(struct records *records)
{
	char from[PATH_MAX + 16], to[PATH_MAX + 16];

	disconnect(records);
	snprintf(to, sizeof(to), "%s.corrupt", records->path);
	if (rename(records->path, to) == 0)
		log_err("%s: is corrupt; moved to %s; beginning a new one", records->path, to);
	/* A log of the old file must never be replayed into the new one. */
	snprintf(from, sizeof(from), "%s-wal", records->path);
	unlink(from);
}

static void start(struct records *records)
{
	int code = connect_file(records);

	if (is_corrupt(code)) {
		move_aside(records);
		code = connect_file(records);
	}
	if (code != SQLITE_OK)
		fail(records,
		     records->db != NULL ? sqlite3_errmsg(records->db) : sqlite3_errstr(code));
}

int records_open(struct records **ret, const char *path)
{
	struct records *records;

	if (strlen(path) + 16 > PATH_MAX)
		return -ENAMETOOLONG;
	records = calloc(1, sizeof(*records));
	if (records == NULL)
		return -ENOMEM;
	snprintf(records->path, sizeof(records->path), "%s", path);
	start(records);
	*ret = records;
	return 0;
}

void records_close(struct records *records)
{
	if (records == NULL)
		return;
	records_flush(records);
	disconnect(records);
	free(records);
}

/* False when there is no file to write to. */
static bool begin(struct records *records)
{
	if (records->db == NULL)
		return false;
	if (records->in_transaction)
		return true;
	if (sqlite3_exec(records->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
		fail(records, sqlite3_errmsg(records->db));
		return false;
	}
	records->in_transaction = true;
	return true;
}

static void run(struct records *records, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (code != SQLITE_DONE)
		fail(records, sqlite3_errstr(code));
}

void records_flush(struct records *records)
{
	if (!records->in_transaction)
		return;
	records->in_transaction = false;
	if (sqlite3_exec(records->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		fail(records, sqlite3_errmsg(records->db));
}

bool records_retry(struct records *records, mip6_time now)
{
	if (records->db != NULL || now < records->next_try)
		return false;
	records->next_try = now + RETRY;
	start(records);
	if (records->db == NULL)
		return false;
	/* What it holds is of before the failure. */
	if (sqlite3_exec(records->db, "DELETE FROM lease", NULL, NULL, NULL) != SQLITE_OK) {
		fail(records, sqlite3_errmsg(records->db));
		return false;
	}
	records->failed = false;
	log_info("%s: leases are saved again", records->path);
	return true;
}

const char *records_problem(const struct records *records)
{
	return records->failed ? records->problem : NULL;
}

static bool get_addr(sqlite3_stmt *row, int column, struct mip6_addr *ret)
{
	const void *blob = sqlite3_column_blob(row, column);

	if (blob == NULL || sqlite3_column_bytes(row, column) != sizeof(ret->b))
		return false;
	memcpy(ret->b, blob, sizeof(ret->b));
	return true;
}

void records_walk_leases(struct records *records,
                         void (*each)(void *ctx, const struct pool_key *key,
                                      const struct mip6_prefix *prefix,
                                      const struct mip6_addr *link_local),
                         void *ctx)
{
	sqlite3_stmt *row = NULL;

	/* The callback may forget leases: SQLite allows that during a SELECT of the same
	 * connection. */
	if (records->db == NULL ||
	    sqlite3_prepare_v2(records->db, "SELECT prefix,len,owner,link_local FROM lease", -1,
	                       &row, NULL) != SQLITE_OK)
		return;
	while (sqlite3_step(row) == SQLITE_ROW) {
		struct mip6_prefix prefix;
		struct mip6_addr link_local;
		struct pool_key key;
		int len = sqlite3_column_int(row, 1), owner = sqlite3_column_bytes(row, 2);

		if (!get_addr(row, 0, &prefix.addr) || !get_addr(row, 3, &link_local) || len < 0 ||
		    len > 128 || owner < 1 || (size_t)owner > sizeof(key.octets))
			continue;
		prefix = mip6_prefix_make(&prefix.addr, (uint8_t)len);
		key.len = (uint8_t)owner;
		memcpy(key.octets, sqlite3_column_blob(row, 2), (size_t)owner);
		each(ctx, &key, &prefix, &link_local);
	}
	sqlite3_finalize(row);
}

void records_save_lease(struct records *records, const struct pool_lease *lease)
{
	sqlite3_stmt *put;

	if (!begin(records))
		return;
	put = records->put_lease;
	sqlite3_bind_blob(put, 1, lease->prefix.addr.b, sizeof(lease->prefix.addr.b),
	                  SQLITE_STATIC);
	sqlite3_bind_int(put, 2, lease->prefix.len);
	sqlite3_bind_blob(put, 3, lease->key.octets, lease->key.len, SQLITE_STATIC);
	sqlite3_bind_blob(put, 4, lease->link_local.b, sizeof(lease->link_local.b), SQLITE_STATIC);
	run(records, put);
}

void records_forget_lease(struct records *records, const struct mip6_prefix *prefix)
{
	if (!begin(records))
		return;
	sqlite3_bind_blob(records->remove_lease, 1, prefix->addr.b, sizeof(prefix->addr.b),
	                  SQLITE_STATIC);
	run(records, records->remove_lease);
}

uint32_t records_restart_counter(struct records *records)
{
	sqlite3_stmt *row = NULL;
	int64_t value = 0;

	if (records->db != NULL &&
	    sqlite3_prepare_v2(records->db, "SELECT value FROM counter WHERE name='restarts'", -1,
	                       &row, NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW)
		value = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return (uint32_t)value;
}

void records_set_restart_counter(struct records *records, uint32_t counter)
{
	sqlite3_stmt *put = NULL;

	if (!begin(records))
		return;
	if (sqlite3_prepare_v2(records->db, "INSERT OR REPLACE INTO counter VALUES('restarts',?)",
	                       -1, &put, NULL) == SQLITE_OK) {
		sqlite3_bind_int64(put, 1, counter);
		sqlite3_step(put);
	}
	sqlite3_finalize(put);
}

void records_load_sysctls(struct records *records, struct sysctls *sysctls)
{
	sqlite3_stmt *row = NULL;

	if (records->db == NULL ||
	    sqlite3_prepare_v2(records->db, "SELECT path,was,now FROM setting ORDER BY rowid", -1,
	                       &row, NULL) != SQLITE_OK)
		return;
	while (sysctls->count < SYSCTLS_MAX && sqlite3_step(row) == SQLITE_ROW) {
		const char *path = (const char *)sqlite3_column_text(row, 0);

		if (path == NULL || strlen(path) >= sizeof(sysctls->saved[0].path) ||
		    strncmp(path, "net/ipv6/", 9) != 0 || strstr(path, "..") != NULL)
			continue;
		snprintf(sysctls->saved[sysctls->count].path, sizeof(sysctls->saved[0].path), "%s",
		         path);
		sysctls->saved[sysctls->count].was = sqlite3_column_int(row, 1);
		sysctls->saved[sysctls->count].is = sqlite3_column_int(row, 2);
		sysctls->count++;
	}
	sqlite3_finalize(row);
}

void records_save_sysctls(struct records *records, const struct sysctls *sysctls)
{
	sqlite3_stmt *put = NULL;

	if (!begin(records))
		return;
	if (sqlite3_exec(records->db, "DELETE FROM setting", NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(records->db, "INSERT INTO setting VALUES(?,?,?)", -1, &put, NULL) ==
	            SQLITE_OK)
		for (size_t i = 0; i < sysctls->count; i++) {
			sqlite3_bind_text(put, 1, sysctls->saved[i].path, -1, SQLITE_STATIC);
			sqlite3_bind_int(put, 2, sysctls->saved[i].was);
			sqlite3_bind_int(put, 3, sysctls->saved[i].is);
			sqlite3_step(put);
			sqlite3_reset(put);
		}
	sqlite3_finalize(put);
}
