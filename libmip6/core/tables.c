// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * See tables.h. Every operation is a few memory accesses, or the logarithm of the number of timers.
 */
#include "tables.h"

static uint64_t rotate(uint64_t v, unsigned int bits)
{
	return v << bits | v >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t core_hash(const uint64_t key[2], const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t v[4] = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t word = (uint64_t)len << 56;
	size_t whole = len / 8;

	for (size_t i = 0; i < whole; i++) {
		uint64_t m;

		memcpy(&m, p + i * 8, sizeof(m));
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	for (size_t i = whole * 8; i < len; i++)
		word |= (uint64_t)p[i] << (i % 8) * 8;
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (unsigned int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t core_pool_take(struct core_pool *pool)
{
	uint32_t slot = pool->free;

	if (slot != CORE_NONE)
		pool->free = pool->next[slot];
	else if (pool->fresh < pool->size)
		slot = pool->fresh++;
	return slot;
}

void core_pool_give(struct core_pool *pool, uint32_t slot)
{
	pool->next[slot] = pool->free;
	pool->free = slot;
}

void core_chain_add(uint32_t *head, struct core_pool *pool, uint32_t slot)
{
	pool->next[slot] = *head;
	*head = slot;
}

void core_chain_remove(uint32_t *head, struct core_pool *pool, uint32_t slot)
{
	uint32_t *link = head;

	while (*link != slot)
		link = &pool->next[*link];
	*link = pool->next[slot];
}

static void heap_put(struct core_heap *heap, uint32_t pos, struct core_timer timer)
{
	heap->timers[pos] = timer;
	heap->pos[timer.slot] = pos;
}

static void heap_up(struct core_heap *heap, uint32_t pos, struct core_timer timer)
{
	while (pos > 0) {
		uint32_t parent = (pos - 1) / 2;

		if (heap->timers[parent].at <= timer.at)
			break;
		heap_put(heap, pos, heap->timers[parent]);
		pos = parent;
	}
	heap_put(heap, pos, timer);
}

static void heap_down(struct core_heap *heap, uint32_t pos, struct core_timer timer)
{
	for (;;) {
		uint32_t child = 2 * pos + 1;

		if (child >= heap->len)
			break;
		if (child + 1 < heap->len && heap->timers[child + 1].at < heap->timers[child].at)
			child++;
		if (heap->timers[child].at >= timer.at)
			break;
		heap_put(heap, pos, heap->timers[child]);
		pos = child;
	}
	heap_put(heap, pos, timer);
}

static void heap_remove(struct core_heap *heap, uint32_t slot)
{
	uint32_t pos = heap->pos[slot];
	struct core_timer last;

	if (pos == CORE_NONE)
		return;
	heap->pos[slot] = CORE_NONE;
	last = heap->timers[--heap->len];
	if (pos == heap->len)
		return;
	if (pos > 0 && heap->timers[(pos - 1) / 2].at > last.at)
		heap_up(heap, pos, last);
	else
		heap_down(heap, pos, last);
}

void core_heap_set(struct core_heap *heap, uint32_t slot, mip6_time at)
{
	if (core_heap_at(heap, slot) == at)
		return;
	heap_remove(heap, slot);
	if (at != MIP6_TIME_NEVER)
		heap_up(heap, heap->len++, (struct core_timer){.at = at, .slot = slot});
}

mip6_time core_heap_at(const struct core_heap *heap, uint32_t slot)
{
	uint32_t pos = heap->pos[slot];

	return pos == CORE_NONE ? MIP6_TIME_NEVER : heap->timers[pos].at;
}

mip6_time core_heap_first(const struct core_heap *heap)
{
	return heap->len > 0 ? heap->timers[0].at : MIP6_TIME_NEVER;
}

bool core_bucket_take(struct core_bucket *bucket, uint64_t rate, mip6_time now)
{
	int64_t depth = (int64_t)rate * MIP6_S;
	mip6_time passed = now - bucket->at;

	if (!bucket->started || passed >= MIP6_S)
		bucket->tokens = depth;
	else if (passed > 0)
		bucket->tokens += passed * (int64_t)rate;
	if (bucket->tokens > depth)
		bucket->tokens = depth;
	bucket->started = true;
	bucket->at = now;
	if (bucket->tokens < MIP6_S)
		return false;
	bucket->tokens -= MIP6_S;
	return true;
}
