// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The tables of the home-agent core: entries by home address, unique prefixes, the timer heap, and
 * the BUs that wait for DAD (the conceptual Binding Cache of RFC 6275 sections 9.1 and 10.1).
 *
 * Hashes are keyed (SipHash-1-3 with a random key), because home addresses and NAIs are the choice
 * of others. Nothing here knows what an entry means, or emits an action.
 */
#include "ha_private.h"

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

uint64_t ha_hash(const struct ha *ha, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t v[4] = {
		ha->key[0] ^ UINT64_C(0x736f6d6570736575),
		ha->key[1] ^ UINT64_C(0x646f72616e646f6d),
		ha->key[0] ^ UINT64_C(0x6c7967656e657261),
		ha->key[1] ^ UINT64_C(0x7465646279746573),
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

uint32_t ha_pool_take(struct ha_pool *pool)
{
	uint32_t slot = pool->free;

	if (slot != HA_NONE)
		pool->free = pool->next[slot];
	else if (pool->fresh < pool->size)
		slot = pool->fresh++;
	return slot;
}

void ha_pool_give(struct ha_pool *pool, uint32_t slot)
{
	pool->next[slot] = pool->free;
	pool->free = slot;
}

void ha_chain_add(const struct ha *ha, uint32_t *hash, struct ha_pool *pool, uint64_t key,
                  uint32_t slot)
{
	uint32_t *head = &hash[key & ha->hash_mask];

	pool->next[slot] = *head;
	*head = slot;
}

void ha_chain_remove(const struct ha *ha, uint32_t *hash, struct ha_pool *pool, uint64_t key,
                     uint32_t slot)
{
	uint32_t *link = &hash[key & ha->hash_mask];

	while (*link != slot)
		link = &pool->next[*link];
	*link = pool->next[slot];
}

uint32_t ha_entry_index(const struct ha *ha, const struct ha_entry *entry)
{
	return (uint32_t)(entry - ha->entries);
}

struct ha_entry *ha_entry_find(const struct ha *ha, const struct mip6_addr *hoa)
{
	uint32_t slot = ha->entry_hash[ha_hash(ha, hoa, sizeof(*hoa)) & ha->hash_mask];

	while (slot != HA_NONE && !mip6_addr_equal(&ha->entries[slot].hoa, hoa))
		slot = ha->entry_pool.next[slot];
	return slot == HA_NONE ? NULL : &ha->entries[slot];
}

struct ha_entry *ha_entry_new(struct ha *ha, const struct mip6_addr *hoa)
{
	uint32_t slot = ha_pool_take(&ha->entry_pool);
	struct ha_entry *entry;

	if (slot == HA_NONE)
		return NULL;
	entry = &ha->entries[slot];
	*entry = (struct ha_entry){
		.hoa = *hoa,
		.expires = MIP6_TIME_NEVER,
		.owned_until = MIP6_TIME_NEVER,
		.seq_until = INT64_MIN,
		.identity = HA_NONE,
		.group = HA_NONE,
		.pending = HA_NONE,
		.heap_pos = HA_NONE,
		.flags = HA_ENTRY_USED,
	};
	ha_chain_add(ha, ha->entry_hash, &ha->entry_pool, ha_hash(ha, hoa, sizeof(*hoa)), slot);
	ha->entry_count++;
	return entry;
}

/* --- timers: a binary heap of (time, entry) --- */

static void heap_put(struct ha *ha, uint32_t pos, struct ha_timer timer)
{
	ha->heap[pos] = timer;
	ha->entries[timer.entry].heap_pos = pos;
}

static void heap_up(struct ha *ha, uint32_t pos, struct ha_timer timer)
{
	while (pos > 0) {
		uint32_t parent = (pos - 1) / 2;

		if (ha->heap[parent].at <= timer.at)
			break;
		heap_put(ha, pos, ha->heap[parent]);
		pos = parent;
	}
	heap_put(ha, pos, timer);
}

static void heap_down(struct ha *ha, uint32_t pos, struct ha_timer timer)
{
	for (;;) {
		uint32_t child = 2 * pos + 1;

		if (child >= ha->heap_len)
			break;
		if (child + 1 < ha->heap_len && ha->heap[child + 1].at < ha->heap[child].at)
			child++;
		if (ha->heap[child].at >= timer.at)
			break;
		heap_put(ha, pos, ha->heap[child]);
		pos = child;
	}
	heap_put(ha, pos, timer);
}

static void heap_remove(struct ha *ha, struct ha_entry *entry)
{
	uint32_t pos = entry->heap_pos;
	struct ha_timer last;

	if (pos == HA_NONE)
		return;
	entry->heap_pos = HA_NONE;
	last = ha->heap[--ha->heap_len];
	if (pos == ha->heap_len)
		return;
	if (pos > 0 && ha->heap[(pos - 1) / 2].at > last.at)
		heap_up(ha, pos, last);
	else
		heap_down(ha, pos, last);
}

/* When the n-th Binding Refresh Request of this binding is due. */
static mip6_time brr_time(const struct ha_entry *entry, unsigned int n)
{
	/* The last 1/16 of the lifetime, 1 to 10 s: after the refresh of a WTRU that works as
	 * planned. */
	mip6_time lead = (mip6_time)entry->lifetime_s * MIP6_S / 16;

	lead = lead > 10 * MIP6_S ? 10 * MIP6_S : lead < MIP6_S ? MIP6_S : lead;
	return entry->expires - (n == 0 ? lead : lead / 2);
}

void ha_entry_arm(struct ha *ha, struct ha_entry *entry)
{
	mip6_time at = MIP6_TIME_NEVER;

	if (entry->flags & HA_ENTRY_PENDING)
		at = ha->pendings[entry->pending].deadline;
	if (entry->flags & HA_ENTRY_BOUND) {
		mip6_time next =
			entry->tries < HA_BRR_MAX ? brr_time(entry, entry->tries) : entry->expires;

		at = next < at ? next : at;
	} else {
		if (entry->flags & HA_ENTRY_REVOKING && entry->retry_at < at)
			at = entry->retry_at;
		if (entry->flags & HA_ENTRY_OWNED && !(entry->flags & HA_ENTRY_PENDING) &&
		    entry->owned_until < at)
			at = entry->owned_until;
	}
	if (entry->heap_pos != HA_NONE && ha->heap[entry->heap_pos].at == at)
		return;
	heap_remove(ha, entry);
	if (at != MIP6_TIME_NEVER)
		heap_up(ha, ha->heap_len++,
		        (struct ha_timer){.at = at, .entry = ha_entry_index(ha, entry)});
}

/* --- unique prefixes --- */

static uint64_t group_key(const struct ha *ha, const struct mip6_prefix *prefix)
{
	uint8_t key[17];

	memcpy(key, prefix->addr.b, 16);
	key[16] = prefix->len;
	return ha_hash(ha, key, sizeof(key));
}

struct ha_group *ha_group_find(const struct ha *ha, const struct mip6_prefix *prefix)
{
	uint32_t slot = ha->group_hash[group_key(ha, prefix) & ha->hash_mask];

	while (slot != HA_NONE && !mip6_prefix_equal(&ha->groups[slot].prefix, prefix))
		slot = ha->group_pool.next[slot];
	return slot == HA_NONE ? NULL : &ha->groups[slot];
}

void ha_group_join(struct ha *ha, struct ha_entry *entry, const struct mip6_prefix *prefix)
{
	struct ha_group *group = ha_group_find(ha, prefix);

	if (group == NULL) {
		/* There are as many groups as entries: one is always free. */
		uint32_t slot = ha_pool_take(&ha->group_pool);

		group = &ha->groups[slot];
		*group = (struct ha_group){.prefix = *prefix, .identity = entry->identity};
		ha_chain_add(ha, ha->group_hash, &ha->group_pool, group_key(ha, prefix), slot);
	}
	group->count++;
	entry->group = (uint32_t)(group - ha->groups);
}

bool ha_group_leave(struct ha *ha, struct ha_entry *entry)
{
	uint32_t slot = entry->group;
	struct ha_group *group;

	if (slot == HA_NONE)
		return false;
	group = &ha->groups[slot];
	entry->group = HA_NONE;
	if (--group->count > 0)
		return false;
	ha_chain_remove(ha, ha->group_hash, &ha->group_pool, group_key(ha, &group->prefix), slot);
	ha_pool_give(&ha->group_pool, slot);
	return true;
}

/* --- BUs that wait for DAD --- */

struct ha_pending *ha_pending_new(struct ha *ha, struct ha_entry *entry)
{
	uint32_t slot = ha_pool_take(&ha->pending_pool);

	if (slot == HA_NONE)
		return NULL;
	entry->pending = slot;
	entry->flags |= HA_ENTRY_PENDING;
	return &ha->pendings[slot];
}

void ha_pending_delete(struct ha *ha, struct ha_entry *entry)
{
	if (entry->pending == HA_NONE)
		return;
	ha_pool_give(&ha->pending_pool, entry->pending);
	entry->pending = HA_NONE;
	entry->flags &= (uint8_t)~HA_ENTRY_PENDING;
}

void ha_entry_delete(struct ha *ha, struct ha_entry *entry)
{
	uint32_t slot = ha_entry_index(ha, entry);

	heap_remove(ha, entry);
	ha_pending_delete(ha, entry);
	ha_group_leave(ha, entry);
	if (entry->identity != HA_NONE)
		ha_name_drop(ha, entry->identity, entry->mesg_id);
	ha_chain_remove(ha, ha->entry_hash, &ha->entry_pool,
	                ha_hash(ha, &entry->hoa, sizeof(entry->hoa)), slot);
	entry->flags = 0;
	ha_pool_give(&ha->entry_pool, slot);
	ha->entry_count--;
}
