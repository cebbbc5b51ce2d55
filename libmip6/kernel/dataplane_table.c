// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bindings by slot, home and peer: one array of slots and two arrays of chains. Memory of slots
 * that were never used stays untouched, so a table for a million bindings costs what its bindings
 * cost. The hash is seeded: peers choose addresses.
 */
#include <errno.h>
#include <stdlib.h>

#include "io/clock.h"
#include "kernel/dataplane_table.h"

struct dataplane_table {
	struct dataplane_slot *slots;
	uint32_t *by_home, *by_peer; /* slot + 1; 0: empty */
	uint32_t mask;
	uint32_t max, top, count;
	uint32_t free; /* slot + 1 of the first queued slot, chained by next_free */
	uint32_t seed;
};

static uint32_t hash(const struct dataplane_table *table, const struct mip6_addr *addr)
{
	uint64_t words[2], h = table->seed;

	memcpy(words, addr->b, sizeof(words));
	for (int i = 0; i < 2; i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15U;
		h ^= h >> 29;
	}
	return (uint32_t)(h >> 32) & table->mask;
}

int dataplane_table_new(struct dataplane_table **ret, size_t max)
{
	struct dataplane_table *table;
	uint32_t buckets = 16;

	if (max == 0 || max > 1U << 28)
		return -EINVAL;
	while (buckets < max)
		buckets *= 2;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->max = (uint32_t)max;
	table->mask = buckets - 1;
	table->seed = clock_random();
	table->slots = calloc(max, sizeof(*table->slots));
	table->by_home = calloc(buckets, sizeof(*table->by_home));
	table->by_peer = calloc(buckets, sizeof(*table->by_peer));
	if (!table->slots || !table->by_home || !table->by_peer) {
		dataplane_table_free(table);
		return -ENOMEM;
	}
	*ret = table;
	return 0;
}

void dataplane_table_free(struct dataplane_table *table)
{
	if (!table)
		return;
	free(table->slots);
	free(table->by_home);
	free(table->by_peer);
	free(table);
}

size_t dataplane_table_max(const struct dataplane_table *table)
{
	return table->max;
}

size_t dataplane_table_count(const struct dataplane_table *table)
{
	return table->count;
}

uint32_t dataplane_table_top(const struct dataplane_table *table)
{
	return table->top;
}

struct dataplane_slot *dataplane_table_get(struct dataplane_table *table, uint32_t slot)
{
	return slot < table->top && table->slots[slot].used ? &table->slots[slot] : NULL;
}

uint32_t dataplane_table_find(const struct dataplane_table *table, const struct mip6_prefix *home)
{
	uint32_t at = table->by_home[hash(table, &home->addr)];

	while (at && !mip6_prefix_equal(&table->slots[at - 1].binding.home, home))
		at = table->slots[at - 1].next_home;
	return at ? at - 1 : DATAPLANE_TABLE_NONE;
}

static uint32_t skip_to_peer(const struct dataplane_table *table, uint32_t at,
                             const struct mip6_addr *peer)
{
	while (at && !mip6_addr_equal(&table->slots[at - 1].binding.peer, peer))
		at = table->slots[at - 1].next_peer;
	return at ? at - 1 : DATAPLANE_TABLE_NONE;
}

uint32_t dataplane_table_first_of(const struct dataplane_table *table, const struct mip6_addr *peer)
{
	return skip_to_peer(table, table->by_peer[hash(table, peer)], peer);
}

uint32_t dataplane_table_next_of(const struct dataplane_table *table, uint32_t slot)
{
	return skip_to_peer(table, table->slots[slot].next_peer, &table->slots[slot].binding.peer);
}

static void link_peer(struct dataplane_table *table, uint32_t slot)
{
	uint32_t *head = &table->by_peer[hash(table, &table->slots[slot].binding.peer)];

	table->slots[slot].next_peer = *head;
	*head = slot + 1;
}

static void unlink_peer(struct dataplane_table *table, uint32_t slot)
{
	uint32_t *at = &table->by_peer[hash(table, &table->slots[slot].binding.peer)];

	while (*at != slot + 1)
		at = &table->slots[*at - 1].next_peer;
	*at = table->slots[slot].next_peer;
}

static void queue_free(struct dataplane_table *table, uint32_t slot)
{
	if (table->slots[slot].queued)
		return;
	table->slots[slot].queued = true;
	table->slots[slot].next_free = table->free;
	table->free = slot + 1;
}

/* A slot that is free: any, or the one wanted, which then stays queued, as unchaining it takes
 * long. */
static int take(struct dataplane_table *table, uint32_t wanted, uint32_t *ret_slot)
{
	if (wanted == DATAPLANE_TABLE_NONE) {
		while (table->free) {
			uint32_t slot = table->free - 1;

			table->free = table->slots[slot].next_free;
			table->slots[slot].queued = false;
			if (!table->slots[slot].used) {
				*ret_slot = slot;
				return 0;
			}
		}
		if (table->top == table->max)
			return -ENOSPC;
		*ret_slot = table->top++;
		return 0;
	}
	if (wanted >= table->max)
		return -EINVAL;
	while (table->top < wanted) /* those skipped become free ones */
		queue_free(table, table->top++);
	if (table->top == wanted)
		table->top++;
	if (table->slots[wanted].used)
		return -EEXIST;
	*ret_slot = wanted;
	return 0;
}

int dataplane_table_add(struct dataplane_table *table, const struct dataplane_binding *binding,
                        uint32_t wanted, uint32_t *ret_slot)
{
	uint32_t slot, *head;
	int rc;

	if (dataplane_table_find(table, &binding->home) != DATAPLANE_TABLE_NONE)
		return -EEXIST;
	rc = take(table, wanted, &slot);
	if (rc < 0)
		return rc;
	table->slots[slot] = (struct dataplane_slot){
		.binding = *binding,
		.next_free = table->slots[slot].next_free,
		.queued = table->slots[slot].queued,
		.used = true,
	};
	head = &table->by_home[hash(table, &binding->home.addr)];
	table->slots[slot].next_home = *head;
	*head = slot + 1;
	link_peer(table, slot);
	table->count++;
	*ret_slot = slot;
	return 0;
}

void dataplane_table_set(struct dataplane_table *table, uint32_t slot,
                         const struct dataplane_binding *binding)
{
	unlink_peer(table, slot);
	table->slots[slot].binding = *binding;
	link_peer(table, slot);
}

void dataplane_table_remove(struct dataplane_table *table, uint32_t slot)
{
	uint32_t *at = &table->by_home[hash(table, &table->slots[slot].binding.home.addr)];

	unlink_peer(table, slot);
	while (*at != slot + 1)
		at = &table->slots[*at - 1].next_home;
	*at = table->slots[slot].next_home;
	table->slots[slot] = (struct dataplane_slot){
		.next_free = table->slots[slot].next_free,
		.queued = table->slots[slot].queued,
	};
	queue_free(table, slot);
	table->count--;
}
