// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The identities (NAIs) that own home addresses, each kept once however many it owns, with the
 * greatest timestamp of what it gave up (RFC 4285 section 6: a timestamp must be greater than all
 * accepted ones).
 *
 * A name without entries stays until a message with that timestamp would be outside the replay
 * window, at least; its slot is taken back only when another name needs it.
 */
#include "ha_private.h"

static uint64_t name_key(const struct ha *ha, const char *nai)
{
	return ha_hash(ha, nai, strlen(nai));
}

const char *ha_name_text(const struct ha *ha, uint32_t name)
{
	const struct ha_name *n;

	if (name == HA_NONE)
		return "";
	n = &ha->names[name];
	return n->long_nai ? ha->long_nais[n->nai] : ha->nais[n->nai];
}

uint32_t ha_name_find(const struct ha *ha, const char *nai)
{
	uint32_t name = ha->name_hash[name_key(ha, nai) & ha->hash_mask];

	while (name != HA_NONE && strcmp(ha_name_text(ha, name), nai) != 0)
		name = ha->name_pool.next[name];
	return name;
}

static void linger_remove(struct ha *ha, uint32_t name)
{
	struct ha_name *n = &ha->names[name];

	if (n->linger_prev != HA_NONE)
		ha->names[n->linger_prev].linger_next = n->linger_next;
	else
		ha->linger_first = n->linger_next;
	if (n->linger_next != HA_NONE)
		ha->names[n->linger_next].linger_prev = n->linger_prev;
	else
		ha->linger_last = n->linger_prev;
}

static void linger_add(struct ha *ha, uint32_t name)
{
	struct ha_name *n = &ha->names[name];

	n->linger_prev = ha->linger_last;
	n->linger_next = HA_NONE;
	if (ha->linger_last != HA_NONE)
		ha->names[ha->linger_last].linger_next = name;
	else
		ha->linger_first = name;
	ha->linger_last = name;
}

/* Take back the slot of the name that lingers longest, when nothing it sent could be replayed. */
static bool reclaim(struct ha *ha, uint64_t now)
{
	uint32_t name = ha->linger_first;
	struct ha_name *n;
	uint64_t window = (uint64_t)ha->config.replay_window_s << 32;

	if (name == HA_NONE)
		return false;
	n = &ha->names[name];
	if (n->floor + window >= now || n->peer_floor + window >= now)
		return false;
	linger_remove(ha, name);
	core_chain_remove(ha_bucket(ha, ha->name_hash, name_key(ha, ha_name_text(ha, name))),
	                  &ha->name_pool, name);
	core_pool_give(n->long_nai ? &ha->long_nai_pool : &ha->nai_pool, n->nai);
	core_pool_give(&ha->name_pool, name);
	return true;
}

uint32_t ha_name_get(struct ha *ha, const char *nai, uint64_t now)
{
	size_t len = strlen(nai);
	bool long_nai = len >= HA_NAI_SHORT;
	struct core_pool *texts = long_nai ? &ha->long_nai_pool : &ha->nai_pool;
	uint32_t name = ha_name_find(ha, nai);
	uint32_t text;

	if (name != HA_NONE)
		return name;
	/* The name that lingers longest may hold a text of the other kind: try a few, not all. */
	for (unsigned int i = 0; i < 8; i++) {
		if ((ha->name_pool.free != HA_NONE || ha->name_pool.fresh < ha->name_pool.size) &&
		    (texts->free != HA_NONE || texts->fresh < texts->size))
			break;
		if (!reclaim(ha, now))
			return HA_NONE;
	}
	text = core_pool_take(texts);
	if (text == HA_NONE)
		return HA_NONE;
	name = core_pool_take(&ha->name_pool);
	if (name == HA_NONE) {
		core_pool_give(texts, text);
		return HA_NONE;
	}
	ha->names[name] =
		(struct ha_name){.aaa = HA_NONE, .nai = text, .long_nai = long_nai};
	memcpy(long_nai ? ha->long_nais[text] : ha->nais[text], nai, len + 1);
	core_chain_add(ha_bucket(ha, ha->name_hash, name_key(ha, nai)), &ha->name_pool, name);
	linger_add(ha, name);
	return name;
}

void ha_name_hold(struct ha *ha, uint32_t name)
{
	if (ha->names[name].count++ == 0 && ha->names[name].refs == 0)
		linger_remove(ha, name);
}

void ha_name_ref(struct ha *ha, uint32_t name)
{
	if (ha->names[name].refs++ == 0 && ha->names[name].count == 0)
		linger_remove(ha, name);
}

void ha_name_unref(struct ha *ha, uint32_t name)
{
	if (--ha->names[name].refs == 0 && ha->names[name].count == 0)
		linger_add(ha, name);
}

void ha_name_drop(struct ha *ha, uint32_t name, uint64_t mesg_id, uint64_t peer_mesg_id)
{
	struct ha_name *n = &ha->names[name];

	if (mesg_id > n->floor)
		n->floor = mesg_id;
	if (peer_mesg_id > n->peer_floor)
		n->peer_floor = peer_mesg_id;
	if (--n->count == 0 && n->refs == 0)
		linger_add(ha, name);
}
