// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The tables of the home-agent core: entries by home address, their timers, unique prefixes, and
 * the BUs that wait for DAD (the conceptual Binding Cache of RFC 6275 sections 9.1 and 10.1).
 *
 * Hashes are keyed (SipHash-1-3 with a random key), because home addresses and NAIs are the choice
 * of others. Nothing here knows what an entry means, or emits an action.
 */
#include "ha_private.h"

uint64_t ha_hash(const struct ha *ha, const void *data, size_t len)
{
	return core_hash(ha->key, data, len);
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
	uint32_t slot = core_pool_take(&ha->entry_pool);
	struct ha_entry *entry;

	if (slot == HA_NONE)
		return NULL;
	entry = &ha->entries[slot];
	ha->timers.pos[slot] = HA_NONE;
	*entry = (struct ha_entry){
		.hoa = *hoa,
		.expires = MIP6_TIME_NEVER,
		.owned_until = MIP6_TIME_NEVER,
		.seq_until = INT64_MIN,
		.identity = HA_NONE,
		.group = HA_NONE,
		.pending = HA_NONE,
		.flags = HA_ENTRY_USED,
	};
	core_chain_add(ha_bucket(ha, ha->entry_hash, ha_hash(ha, hoa, sizeof(*hoa))),
	               &ha->entry_pool, slot);
	ha->entry_count++;
	return entry;
}

/* --- timers --- */

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
	if (entry->flags & HA_ENTRY_PARTING && entry->parting_at < at)
		at = entry->parting_at;
	core_heap_set(&ha->timers, ha_entry_index(ha, entry), at);
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
		uint32_t slot = core_pool_take(&ha->group_pool);

		group = &ha->groups[slot];
		*group = (struct ha_group){.prefix = *prefix, .identity = entry->identity};
		core_chain_add(ha_bucket(ha, ha->group_hash, group_key(ha, prefix)),
		               &ha->group_pool, slot);
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
	core_chain_remove(ha_bucket(ha, ha->group_hash, group_key(ha, &group->prefix)),
	                  &ha->group_pool, slot);
	core_pool_give(&ha->group_pool, slot);
	return true;
}

/* --- BUs that wait for DAD --- */

struct ha_pending *ha_pending_new(struct ha *ha, struct ha_entry *entry)
{
	uint32_t slot = core_pool_take(&ha->pending_pool);

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
	core_pool_give(&ha->pending_pool, entry->pending);
	entry->pending = HA_NONE;
	entry->flags &= (uint8_t)~HA_ENTRY_PENDING;
}

void ha_entry_delete(struct ha *ha, struct ha_entry *entry)
{
	uint32_t slot = ha_entry_index(ha, entry);

	core_heap_set(&ha->timers, slot, MIP6_TIME_NEVER);
	ha_pending_delete(ha, entry);
	ha_group_leave(ha, entry);
	if (entry->identity != HA_NONE)
		ha_name_drop(ha, entry->identity, entry->mesg_id, entry->peer_mesg_id);
	core_chain_remove(
		ha_bucket(ha, ha->entry_hash, ha_hash(ha, &entry->hoa, sizeof(entry->hoa))),
		&ha->entry_pool, slot);
	entry->flags = 0;
	core_pool_give(&ha->entry_pool, slot);
	ha->entry_count--;
}
