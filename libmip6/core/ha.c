// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The home-agent core: memory, configuration, dispatch of events, and looking inside (RFC 6275
 * sections 9.2, 9.3.3 and 10.2).
 *
 * Owns the caller's block of memory, laid out once in ha_init(); never allocates.
 */
#include "ha_private.h"

#define ALIGN 16

/* Where the tables lie; with base NULL only to find out how much they take. */
static size_t lay_out(struct ha *ha, uint8_t *base, const struct ha_config *config)
{
	uint32_t n = (uint32_t)config->bindings_max;
	uint32_t keys = (uint32_t)config->aaa_keys_max;
	/* More than entries: names outlive them for a while, or have a key. */
	uint32_t names = n + n / 8 + 64 + keys;
	uint32_t long_names = (n + keys) / 4 + 64;
	uint32_t pendings = n < HA_PENDING_MAX ? n : HA_PENDING_MAX;
	uint32_t buckets = 16;
	size_t pos = (sizeof(*ha) + ALIGN - 1) / ALIGN * ALIGN;

	while (buckets < n && buckets < UINT32_C(1) << 31)
		buckets *= 2;
#define TABLE(member, count)                                                                \
	do {                                                                                \
		if (base != NULL)                                                           \
			ha->member = (void *)(base + pos);                                  \
		pos += ((size_t)(count) * sizeof(*ha->member) + ALIGN - 1) / ALIGN * ALIGN; \
	} while (0)
	TABLE(entry_hash, buckets);
	TABLE(group_hash, buckets);
	TABLE(name_hash, buckets);
	TABLE(entry_pool.next, n);
	TABLE(group_pool.next, n);
	TABLE(name_pool.next, names);
	TABLE(nai_pool.next, names);
	TABLE(long_nai_pool.next, long_names);
	TABLE(pending_pool.next, pendings);
	TABLE(entries, n);
	TABLE(groups, n);
	TABLE(names, names);
	TABLE(pendings, pendings);
	TABLE(nais, names);
	TABLE(long_nais, long_names);
	TABLE(aaa_pool.next, keys);
	TABLE(aaa_keys, keys);
	TABLE(aaa_waits, keys > 0 ? HA_AAA_WAITS_MAX : 0);
	TABLE(timers.timers, n);
	TABLE(timers.pos, n);
#undef TABLE
	if (base != NULL) {
		ha->hash_mask = buckets - 1;
		ha->entry_pool.size = n;
		ha->group_pool.size = n;
		ha->name_pool.size = names;
		ha->nai_pool.size = names;
		ha->long_nai_pool.size = long_names;
		ha->pending_pool.size = pendings;
		ha->aaa_pool.size = keys;
		/* All ones is HA_NONE. */
		memset(ha->entry_hash, 0xff, buckets * sizeof(*ha->entry_hash));
		memset(ha->group_hash, 0xff, buckets * sizeof(*ha->group_hash));
		memset(ha->name_hash, 0xff, buckets * sizeof(*ha->name_hash));
	}
	return pos;
}

size_t ha_memory_size(const struct ha_config *config)
{
	return lay_out(NULL, NULL, config);
}

struct ha *ha_init(void *memory, const struct ha_config *config, const struct ha_env *env)
{
	struct ha *ha = memory;
	struct core_pool *pools[] = {&ha->entry_pool, &ha->group_pool,    &ha->name_pool,
	                             &ha->nai_pool,   &ha->long_nai_pool, &ha->pending_pool,
	                             &ha->aaa_pool};

	memset(ha, 0, sizeof(*ha));
	ha->config = *config;
	lay_out(ha, memory, config);
	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
		pools[i]->free = HA_NONE;
	for (unsigned int i = 0; i < 2; i++)
		ha->key[i] = (uint64_t)env->random(env->ctx) << 32 | env->random(env->ctx);
	ha->revoke_seq = (uint16_t)env->random(env->ctx);
	ha->linger_first = ha->linger_last = HA_NONE;
	ha->aaa_first = ha->aaa_last = HA_NONE;
	if (ha->aaa_pool.size > 0)
		memset(ha->aaa_waits, 0, HA_AAA_WAITS_MAX * sizeof(ha->aaa_waits[0]));
	for (size_t i = 0; i < HA_PEER_SLOTS; i++)
		ha->peer_slots[i] = INT64_MIN;
	/* What was sent to an earlier run of ours, and is not on record, cannot be told from a
	 * replay. */
	ha->start_floor = mip6_ntp_from_unix_us(env->unix_us(env->ctx));
	return ha;
}

/* What was granted before may be too much now: each entry is looked at as if its time had come. */
static void look_again(struct ha *ha)
{
	for (uint32_t slot = 0; slot < ha->entry_pool.fresh; slot++)
		if (ha->entries[slot].flags & HA_ENTRY_USED)
			core_heap_set(&ha->timers, slot, HA_RECONFIGURED);
}

/* Does a prefix of before live as long as it did? */
static bool lives_on(const struct ha_home_prefix *was, const struct ha_config *config)
{
	for (size_t i = 0; i < config->prefix_count; i++) {
		const struct ha_home_prefix *is = &config->prefixes[i];

		if (mip6_prefix_equal(&is->prefix, &was->prefix))
			return is->valid_s == 0 ||
			       (was->valid_s != 0 && is->valid_s >= was->valid_s);
	}
	return false;
}

bool ha_reconfigure(struct ha *ha, const struct ha_config *config)
{
	bool shorter = false;

	if (config->bindings_max != ha->config.bindings_max ||
	    config->aaa_keys_max != ha->config.aaa_keys_max)
		return false;
	for (size_t i = 0; i < config->prefix_count; i++) {
		for (size_t j = 0; j < ha->config.prefix_count; j++) {
			if (mip6_prefix_equal(&config->prefixes[i].prefix,
			                      &ha->config.prefixes[j].prefix) &&
			    config->prefixes[i].unique_len != ha->config.prefixes[j].unique_len)
				return false;
		}
	}
	for (size_t i = 0; i < ha->config.prefix_count; i++)
		shorter = shorter || !lives_on(&ha->config.prefixes[i], config);
	ha->config = *config;
	if (shorter)
		look_again(ha);
	return true;
}

/* What section 9.2 says of a message that cannot be read. */
static void process_bad(const struct ha_ctx *c, const struct mip6_addr *src,
                        const struct mip6_addr *dst, const struct mip6_addr *hao,
                        enum mip6_decode result)
{
	static const struct mip6_addr unspecified;

	switch (result) {
	case MIP6_DECODE_TRUNCATED:
		ha_count(c, HA_STAT_MH_TRUNCATED);
		break;
	case MIP6_DECODE_BAD_CHECKSUM: /* MUST silently discard */
		ha_count(c, HA_STAT_MH_BAD_CHECKSUM);
		break;
	case MIP6_DECODE_UNKNOWN_TYPE: /* MUST discard and issue a Binding Error */
		ha_count(c, HA_STAT_MH_UNKNOWN_TYPE);
		ha_send_be(c, MIP6_BE_UNKNOWN_MH_TYPE, dst, src, hao ? hao : &unspecified);
		break;
	case MIP6_DECODE_BAD_PROTO: /* the Parameter Problem is for who has the whole packet */
	case MIP6_DECODE_BAD_LENGTH:
	case MIP6_DECODE_BAD_OPTION:
	case MIP6_DECODE_BAD_HEADER:
	case MIP6_DECODE_DISCARD:
		ha_count(c, HA_STAT_MH_BAD_FORMAT);
		break;
	case MIP6_DECODE_OK:
	case MIP6_DECODE_NOT_MH:
		ha_count(c, HA_STAT_MH_UNEXPECTED);
		break;
	}
}

static void process_mh(const struct ha_ctx *c, const struct mip6_packet *packet,
                       bool on_access_link)
{
	struct mip6_mh mh;
	size_t offset;
	enum mip6_decode result = mip6_mh_decode(packet->mh, packet->mh_len, &mh, &offset);

	if (result != MIP6_DECODE_OK) {
		process_bad(c, &packet->src, &packet->dst, packet->has_hao ? &packet->hao : NULL,
		            result);
		return;
	}
	switch (mh.type) {
	case MIP6_MH_BU:
		ha_process_bu(c, packet, &mh, on_access_link);
		break;
	case MIP6_MH_HEARTBEAT:
		ha_process_heartbeat(c, packet, &mh);
		break;
	case MIP6_MH_REVOCATION:
		ha_process_revocation(c, packet, &mh);
		break;
	case MIP6_MH_BRR:
	case MIP6_MH_HOTI: /* no route optimisation: no answer to a test */
	case MIP6_MH_COTI:
	case MIP6_MH_HOT:
	case MIP6_MH_COT:
	case MIP6_MH_BA:
	case MIP6_MH_BE:
		ha_count(c, HA_STAT_MH_UNEXPECTED);
		break;
	}
}

/*
 * RFC 6275 section 9.3.1: the HoA must be bound, and to where the packet comes from; otherwise its
 * sender MUST be told. (The packet itself is the kernel's, which drops it.)
 */
static void process_home_address(const struct ha_ctx *c, const struct mip6_addr *src,
                                 const struct mip6_addr *dst, const struct mip6_addr *hoa)
{
	const struct ha_entry *entry = ha_entry_run(c, ha_entry_find(c->ha, hoa));

	if (entry != NULL && entry->flags & HA_ENTRY_BOUND && mip6_addr_equal(&entry->coa, src))
		return;
	ha_count(c, HA_STAT_HAO_UNVERIFIED);
	ha_send_be(c, MIP6_BE_UNKNOWN_BINDING, dst, src, hoa);
}

/*
 * A packet came out of a tunnel of which we know nothing. RFC 6275 has Binding Errors for a Home
 * Address option only; to a WTRU that sends through us, because it does not know of our restart, it
 * says the same.
 */
static void process_unbound(const struct ha_ctx *c, const struct mip6_addr *outer_src,
                            const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src)
{
	const struct ha_entry *entry;

	if (ha_home_prefix(c->ha, inner_src) == NULL)
		return;
	entry = ha_entry_run(c, ha_entry_find(c->ha, inner_src));
	/* Bound elsewhere: its BU is on the way. Being decided or revoked: it will be told. */
	if (entry != NULL && entry->flags & (HA_ENTRY_BOUND | HA_ENTRY_PENDING | HA_ENTRY_REVOKING))
		return;
	ha_count(c, HA_STAT_UNBOUND);
	ha_send_be(c, MIP6_BE_UNKNOWN_BINDING, outer_dst, outer_src, inner_src);
}

void ha_step(struct ha *ha, const struct ha_event *event, mip6_time now, const struct ha_env *env,
             const struct ha_actions *actions)
{
	const struct ha_ctx c = {.ha = ha, .now = now, .env = env, .actions = actions};

	ha_clock_update(&c);
	ha_run_timers(&c);
	switch (event->type) {
	case HA_EVENT_MH:
		process_mh(&c, event->mh.packet, event->mh.on_access_link);
		break;
	case HA_EVENT_MH_BAD:
		process_bad(&c, &event->bad.src, &event->bad.dst, NULL, event->bad.result);
		break;
	case HA_EVENT_TIMER:
		break;
	case HA_EVENT_DAD:
		ha_process_dad(&c, &event->dad.hoa, event->dad.duplicate);
		break;
	case HA_EVENT_UNBOUND:
		process_unbound(&c, &event->unbound.outer_src, &event->unbound.outer_dst,
		                &event->unbound.inner_src);
		break;
	case HA_EVENT_HOME_ADDRESS:
		process_home_address(&c, &event->home_address.src, &event->home_address.dst,
		                     &event->home_address.hoa);
		break;
	case HA_EVENT_REVOKE:
		ha_revoke(&c, &event->revoke.hoa);
		break;
	case HA_EVENT_RESTORE:
		ha_restore(&c, event->restore);
		break;
	case HA_EVENT_RELAYED:
		ha_process_relayed(&c, &event->relayed.hoa, event->relayed.status);
		break;
	case HA_EVENT_AAA:
		ha_process_aaa(&c, event->aaa);
		break;
	case HA_EVENT_LOST:
		ha_process_lost(&c, &event->lost.hoa);
		break;
	}
}

mip6_time ha_deadline(const struct ha *ha)
{
	return core_heap_first(&ha->timers);
}

size_t ha_binding_count(const struct ha *ha)
{
	return ha->bound_count;
}

size_t ha_ownership_count(const struct ha *ha)
{
	return ha->entry_count;
}

static struct ha_binding_info describe(const struct ha *ha, const struct ha_entry *entry)
{
	struct ha_binding_info info = {
		.hoa = entry->hoa,
		.prefix = mip6_prefix_make(&entry->hoa, 128),
		.home_agent = entry->home_agent,
		.nai = ha_name_text(ha, entry->identity),
		.seq = entry->seq,
		.flags = entry->bu_flags,
		.expires = MIP6_TIME_NEVER,
		.owned_until = entry->flags & HA_ENTRY_OWNED ? entry->owned_until : MIP6_TIME_NEVER,
		.pending_dad = entry->flags & HA_ENTRY_PENDING,
	};

	if (entry->flags & HA_ENTRY_BOUND) {
		info.coa = entry->coa;
		info.lifetime_s = entry->lifetime_s;
		info.expires = entry->expires;
	}
	return info;
}

bool ha_binding_find(const struct ha *ha, const struct mip6_addr *hoa, struct ha_binding_info *ret)
{
	const struct ha_entry *entry = ha_entry_find(ha, hoa);

	if (entry == NULL)
		return false;
	*ret = describe(ha, entry);
	return true;
}

bool ha_binding_next(const struct ha *ha, size_t *cursor, struct ha_binding_info *ret)
{
	while (*cursor < ha->entry_pool.fresh) {
		const struct ha_entry *entry = &ha->entries[(*cursor)++];

		if (entry->flags & HA_ENTRY_USED) {
			*ret = describe(ha, entry);
			return true;
		}
	}
	return false;
}

bool ha_prefix_in_use(const struct ha *ha, const struct mip6_prefix *prefix)
{
	const struct ha_home_prefix *home = ha_home_prefix(ha, &prefix->addr);
	struct ha_binding_info info;
	size_t cursor = 0;

	if (home != NULL && home->unique_len != 0 && prefix->len >= home->unique_len) {
		struct mip6_prefix unique = mip6_prefix_make(&prefix->addr, home->unique_len);

		return ha_group_find(ha, &unique) != NULL;
	}
	if (prefix->len == 128)
		return ha_entry_find(ha, &prefix->addr) != NULL;
	while (ha_binding_next(ha, &cursor, &info)) {
		if (mip6_prefix_contains(prefix, &info.hoa))
			return true;
	}
	return false;
}

uint64_t ha_stat_get(const struct ha *ha, enum ha_stat stat)
{
	return stat < HA_STAT_COUNT ? ha->stats[stat] : 0;
}

const char *ha_stat_name(enum ha_stat stat)
{
	static const char *const names[HA_STAT_COUNT] = {
		[HA_STAT_BU] = "bu",
		[HA_STAT_BU_ACCEPTED] = "bu-accepted",
		[HA_STAT_BU_REFUSED] = "bu-refused",
		[HA_STAT_BU_BAD_AUTH] = "bu-bad-auth",
		[HA_STAT_BU_REPLAYED] = "bu-replayed",
		[HA_STAT_BU_BAD_SEQ] = "bu-bad-seq",
		[HA_STAT_BU_NOT_OWNER] = "bu-not-owner",
		[HA_STAT_BU_BAD_COA] = "bu-bad-coa",
		[HA_STAT_BU_NOT_HOME] = "bu-not-home",
		[HA_STAT_BU_LIMIT] = "bu-limit",
		[HA_STAT_BU_NO_HAO] = "bu-no-hao",
		[HA_STAT_DAD_FAILED] = "dad-failed",
		[HA_STAT_CLAIMS] = "claims",
		[HA_STAT_EXPIRED] = "expired",
		[HA_STAT_BRR_SENT] = "brr-sent",
		[HA_STAT_BE_SENT] = "be-sent",
		[HA_STAT_REVOKED] = "revoked",
		[HA_STAT_HEARTBEAT] = "heartbeat",
		[HA_STAT_UNBOUND] = "unbound",
		[HA_STAT_MH_TRUNCATED] = "mh-truncated",
		[HA_STAT_MH_BAD_CHECKSUM] = "mh-bad-checksum",
		[HA_STAT_MH_BAD_FORMAT] = "mh-bad-format",
		[HA_STAT_MH_UNKNOWN_TYPE] = "mh-unknown-type",
		[HA_STAT_MH_UNEXPECTED] = "mh-unexpected",
		[HA_STAT_HAO_UNVERIFIED] = "hao-unverified",
		[HA_STAT_RATE_LIMITED] = "rate-limited",
		[HA_STAT_BU_NOT_RELAYED] = "bu-not-relayed",
		[HA_STAT_PEER_BU] = "peer-bu",
		[HA_STAT_BU_UNPROTECTED] = "bu-unprotected",
		[HA_STAT_AAA_ASKED] = "aaa-asked",
		[HA_STAT_AAA_ACCEPTED] = "aaa-accepted",
		[HA_STAT_AAA_REJECTED] = "aaa-rejected",
		[HA_STAT_AAA_FAILED] = "aaa-failed",
		[HA_STAT_AAA_BUSY] = "aaa-busy",
		[HA_STAT_SHORTENED] = "shortened",
	};

	return stat < HA_STAT_COUNT ? names[stat] : "unknown";
}

const char *ha_notice_name(enum ha_notice notice)
{
	switch (notice) {
	case HA_NOTICE_CLAIMED:
		return "claimed";
	case HA_NOTICE_REGISTERED:
		return "registered";
	case HA_NOTICE_MOVED:
		return "moved";
	case HA_NOTICE_REFRESHED:
		return "refreshed";
	case HA_NOTICE_RETURNED:
		return "returned";
	case HA_NOTICE_RELEASED:
		return "released";
	case HA_NOTICE_EXPIRED:
		return "expired";
	case HA_NOTICE_REVOKED:
		return "revoked";
	case HA_NOTICE_REFUSED:
		return "refused";
	}
	return "unknown";
}
