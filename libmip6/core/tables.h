/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the cores of gateways build their tables of: slots that refer to each other by 32-bit index,
 * keyed hashes, and a heap of timers. All in memory that the core was given; nothing here knows
 * what a slot means.
 */
#ifndef MIP6_CORE_TABLES_H
#define MIP6_CORE_TABLES_H

#include <mip6/base.h>

#define CORE_NONE UINT32_MAX

/*
 * Slots of a table: those given back, then those never used. A slot in use may be in one hash
 * chain, linked by the same array as the free slots. Before use: size and next set, free CORE_NONE.
 */
struct core_pool {
	uint32_t *next;
	uint32_t size;
	uint32_t fresh; /* first slot never used */
	uint32_t free;  /* list of those given back */
};

uint32_t core_pool_take(struct core_pool *pool); /* CORE_NONE: none left */
void core_pool_give(struct core_pool *pool, uint32_t slot);
/* head is the bucket of a hash table: a slot, or CORE_NONE. */
void core_chain_add(uint32_t *head, struct core_pool *pool, uint32_t slot);
void core_chain_remove(uint32_t *head, struct core_pool *pool, uint32_t slot);

/* SipHash-1-3: with a random key nobody outside can make entries collide. */
uint64_t core_hash(const uint64_t key[2], const void *data, size_t len);

struct core_timer {
	mip6_time at;
	uint32_t slot;
};

/* One timer for each slot of a table: a binary heap of (time, slot), earliest first. */
struct core_heap {
	struct core_timer *timers;
	uint32_t *pos; /* by slot; CORE_NONE: no timer. The owner sets it when it takes a slot. */
	uint32_t len;
};

/* Set, move or (MIP6_TIME_NEVER) clear the timer of a slot. */
void core_heap_set(struct core_heap *heap, uint32_t slot, mip6_time at);
/* MIP6_TIME_NEVER without one. */
mip6_time core_heap_at(const struct core_heap *heap, uint32_t slot);
/* When the first timer is due; MIP6_TIME_NEVER: there is none. */
mip6_time core_heap_first(const struct core_heap *heap);

/* A token bucket of so many per second, as deep as one second's worth. */
struct core_bucket {
	int64_t tokens; /* millionths */
	mip6_time at;
	bool started;
};

bool core_bucket_take(struct core_bucket *bucket, uint64_t rate, mip6_time now);

#endif
