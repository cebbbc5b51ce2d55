/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The D-GW's bindings on disk: one row per HoA in an SQLite file.
 *
 * Changes are collected in memory and written in one transaction per store_flush(), once per loop
 * turn. What a flush has written survives kill -9; a power failure may cost the last flushes, never
 * the file (write-ahead log, synchronous=NORMAL: fsync(2) only at checkpoints).
 *
 * Nothing here stops the daemon: when the disk is full or the file cannot be opened, that is logged
 * once, the changes stay in memory (at most two per binding), and later flushes try again. A
 * corrupt file is moved to PATH.corrupt and a new one begun; bindings not in it come back with
 * their next refresh.
 */
#ifndef MIP6_IO_STORE_H
#define MIP6_IO_STORE_H

#include <mip6/ha.h>

#define STORE_RETRY (1 * MIP6_S)

struct store;

/* 0 or -ENOMEM or -ENAMETOOLONG; trouble with the file is logged and shows in store_problem(). */
int store_open(struct store **ret, const char *path);
/*
 * Every record on disk, in no order. Rows that make no sense are skipped and counted in one log
 * line. Before the first change.
 */
void store_walk(struct store *store, void (*each)(void *ctx, const struct ha_record *record),
                void *ctx);
/* -ENOMEM or 0. The record is copied; the latest change of a HoA counts. */
int store_put(struct store *store, const struct ha_record *record);
int store_remove(struct store *store, const struct mip6_addr *hoa);
/*
 * Write what was collected. 0, or a negative errno when it stays collected: call again after
 * STORE_RETRY (earlier calls return the same without trying). Cheap when there is nothing to write.
 */
int store_flush(struct store *store, mip6_time now);
/* Changes that wait. */
size_t store_pending(const struct store *store);
/* For `status`: NULL when all is well, else what is wrong; valid until the next call. */
const char *store_problem(const struct store *store);
/* Flushes once more. NULL is allowed. */
void store_close(struct store *store);

#endif
