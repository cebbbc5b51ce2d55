// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The store of bindings: what is to be written, when, and what happens when it cannot be.
 *
 * The changes since the last successful flush are kept in one array, found by HoA through a hash
 * table with open addressing; a later change of the same HoA replaces the earlier one. A removal of
 * what never reached the disk drops the change altogether, so that a disk that stays full cannot
 * make the array grow with the traffic: it holds at most the live bindings and the rows on disk.
 */
#include "io/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/log.h"
#include "io/process.h"
#include "io/store_db.h"

#define STORE_SLOTS_MIN 64
#define STORE_KEEP_MAX 4096 /* changes; memory for more is given back after a flush */

struct store_change {
	struct ha_record record; /* only hoa counts for a removal */
	bool remove;
};

struct store {
	char path[PATH_MAX];
	struct store_db db;
	struct store_change *changes;
	size_t count, cap;
	uint32_t *slots;   /* index into changes plus 1; 0: free */
	size_t slot_count; /* power of 2, at least twice count */
	int error;
	mip6_time next_try;
	char problem[PATH_MAX + 128];
};

static size_t store_hash(const struct mip6_addr *hoa)
{
	uint64_t a, b;

	memcpy(&a, hoa->b, 8);
	memcpy(&b, hoa->b + 8, 8);
	a = (a ^ (b * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
	return (size_t)(a ^ a >> 32);
}

/* The slot that holds hoa, or the free one where it belongs. */
static size_t store_slot(const struct store *store, const struct mip6_addr *hoa)
{
	size_t mask = store->slot_count - 1, i = store_hash(hoa) & mask;

	while (store->slots[i] != 0 &&
	       !mip6_addr_equal(&store->changes[store->slots[i] - 1].record.hoa, hoa))
		i = (i + 1) & mask;
	return i;
}

static int store_grow(struct store *store)
{
	size_t cap = store->cap > 0 ? store->cap * 2 : STORE_SLOTS_MIN / 2;
	struct store_change *changes = realloc(store->changes, cap * sizeof(*changes));
	uint32_t *slots;

	if (changes == NULL)
		return -ENOMEM;
	store->changes = changes;
	slots = calloc(cap * 2, sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	free(store->slots);
	store->slots = slots;
	store->slot_count = cap * 2;
	store->cap = cap;
	for (size_t i = 0; i < store->count; i++)
		slots[store_slot(store, &store->changes[i].record.hoa)] = (uint32_t)i + 1;
	return 0;
}

static int store_change(struct store *store, const struct ha_record *record, bool removal)
{
	size_t slot;

	if (store->count == store->cap) {
		int err = store_grow(store);

		if (err < 0)
			return err;
	}
	slot = store_slot(store, &record->hoa);
	if (store->slots[slot] == 0)
		store->slots[slot] = (uint32_t)++store->count;
	store->changes[store->slots[slot] - 1] = (struct store_change){*record, removal};
	return 0;
}

/* Free this slot and move up what a search would no longer find behind it. */
static void store_unslot(struct store *store, size_t slot)
{
	size_t mask = store->slot_count - 1;

	store->slots[slot] = 0;
	for (size_t i = (slot + 1) & mask; store->slots[i] != 0; i = (i + 1) & mask) {
		const struct ha_record *record = &store->changes[store->slots[i] - 1].record;
		size_t home = store_hash(&record->hoa) & mask;

		if (((i - home) & mask) < ((i - slot) & mask))
			continue;
		store->slots[slot] = store->slots[i];
		store->slots[i] = 0;
		slot = i;
	}
}

static void store_drop(struct store *store, size_t slot)
{
	size_t index = store->slots[slot] - 1, last;

	store_unslot(store, slot);
	last = --store->count;
	if (index == last)
		return;
	store->changes[index] = store->changes[last];
	store->slots[store_slot(store, &store->changes[index].record.hoa)] = (uint32_t)index + 1;
}

static void store_clear(struct store *store)
{
	store->count = 0;
	if (store->cap <= STORE_KEEP_MAX) {
		memset(store->slots, 0, store->slot_count * sizeof(*store->slots));
		return;
	}
	free(store->changes);
	free(store->slots);
	store->changes = NULL;
	store->slots = NULL;
	store->cap = store->slot_count = 0;
}

/* Remember and log the state of affairs, once per change of it. */
static int store_result(struct store *store, int err)
{
	if (err != store->error) {
		snprintf(store->problem, sizeof(store->problem), "%s: bindings cannot be saved: %s",
		         store->path, strerror(-err));
		if (err < 0)
			log_err("%s; running on without", store->problem);
		else
			log_info("%s: bindings are saved again", store->path);
	}
	store->error = err;
	return err;
}

/* The file is no use: out of the way with it, for somebody to look at. */
static int store_move_aside(struct store *store, const char *suffix, const char *why)
{
	char from[PATH_MAX + 16], to[PATH_MAX + 64];

	store_db_close(&store->db);
	snprintf(to, sizeof(to), "%s%s", store->path, suffix);
	if (rename(store->path, to) < 0)
		return -errno;
	log_err("%s: %s; moved to %s; beginning a new one", store->path, why, to);
	snprintf(from, sizeof(from), "%s-wal", store->path);
	snprintf(to, sizeof(to), "%s%s-wal", store->path, suffix);
	/* A log of the old file must never be replayed into the new one. */
	if (rename(from, to) < 0 && errno != ENOENT)
		unlink(from);
	return 0;
}

static int store_connect(struct store *store)
{
	int err = store_db_open(&store->db, store->path);

	if (err == -EBADMSG)
		err = store_move_aside(store, ".corrupt", "is corrupt");
	else if (err == -EPROTONOSUPPORT)
		err = store_move_aside(store, ".other-version", "was made by another version");
	else
		return err;
	return err < 0 ? err : store_db_open(&store->db, store->path);
}

int store_open(struct store **ret, const char *path)
{
	struct store *store;
	char *slash;

	if (strlen(path) + 64 > PATH_MAX)
		return -ENAMETOOLONG;
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return -ENOMEM;
	memcpy(store->path, path, strlen(path));
	slash = strrchr(store->path, '/');
	if (slash != NULL && slash != store->path) {
		*slash = '\0';
		process_make_directory(store->path);
		*slash = '/';
	}
	store_result(store, store_connect(store));
	*ret = store;
	return 0;
}

static void store_salvage(void *ctx, const struct ha_record *record)
{
	struct store *store = ctx;

	/* No memory: the binding comes back with its next refresh. */
	if (store_put(store, record) < 0)
		store->next_try = 0;
}

void store_walk(struct store *store, void (*each)(void *ctx, const struct ha_record *record),
                void *ctx)
{
	size_t skipped = 0;
	int err;

	if (store->db.db == NULL)
		return;
	err = store_db_walk(&store->db, each, ctx, &skipped);
	if (skipped > 0)
		log_warning("%s: skipped %zu records that make no sense", store->path, skipped);
	if (err == -EBADMSG) {
		/* Corrupt in the middle: what could be read goes into the new file. */
		store_db_walk(&store->db, store_salvage, store, &skipped);
		err = store_move_aside(store, ".corrupt", "is corrupt");
		if (err == 0)
			err = store_connect(store);
	}
	store_result(store, err);
}

int store_put(struct store *store, const struct ha_record *record)
{
	return store_change(store, record, false);
}

int store_remove(struct store *store, const struct mip6_addr *hoa)
{
	struct ha_record record = {.hoa = *hoa};

	if (store->error < 0 && store->count > 0) {
		size_t slot = store_slot(store, hoa);

		if (store->slots[slot] != 0 &&
		    (store->db.db == NULL || !store_db_has(&store->db, hoa))) {
			store_drop(store, slot);
			return 0;
		}
	}
	return store_change(store, &record, true);
}

static int store_write(struct store *store)
{
	int err = store->db.db == NULL ? store_connect(store) : 0;

	if (err == 0)
		err = store_db_begin(&store->db);
	if (err < 0)
		return err;
	for (size_t i = 0; i < store->count && err == 0; i++) {
		const struct store_change *change = &store->changes[i];

		err = change->remove ? store_db_remove(&store->db, &change->record.hoa)
		                     : store_db_put(&store->db, &change->record);
	}
	if (err < 0)
		store_db_rollback(&store->db);
	else
		err = store_db_commit(&store->db);
	return err;
}

int store_flush(struct store *store, mip6_time now)
{
	int err;

	if (store->count == 0 && store->error == 0)
		return 0;
	if (store->error < 0 && now < store->next_try)
		return store->error;
	err = store_write(store);
	if (err == -EBADMSG) {
		err = store_move_aside(store, ".corrupt", "is corrupt");
		if (err == 0)
			err = store_write(store);
	}
	store->next_try = now + STORE_RETRY;
	if (err == 0 && store->cap > 0)
		store_clear(store);
	return store_result(store, err);
}

size_t store_pending(const struct store *store)
{
	return store->count;
}

const char *store_problem(const struct store *store)
{
	return store->error < 0 ? store->problem : NULL;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_flush(store, MIP6_TIME_NEVER - STORE_RETRY);
	store_db_close(&store->db);
	free(store->changes);
	free(store->slots);
	free(store);
}
