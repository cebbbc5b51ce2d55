// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The chain core: memory, the roaming list, dispatch of events, and the seam between the two sides:
 * the WTRUs' (a home-agent core, RFC 6275 section 10) and the anchors' (chain_leg.c, section 11).
 *
 * Owns the caller's block of memory, the home-agent core inside it included; never allocates. A BU
 * of a WTRU goes through all tests of the home-agent core, then through admit() and ask() here.
 */
#include "chain_private.h"

#define ALIGN 16

static struct ha_config ha_side(const struct chain_config *config)
{
	return (struct ha_config){
		.bindings_max = config->chains_max,
		.identity_bindings_max = config->identity_chains_max,
		.lifetime_max_s = config->lifetime_max_s,
		.refresh_percent = config->refresh_percent,
		.replay_window_s = config->replay_window_s,
		.error_rate = config->error_rate,
		.open = config->open,
		.restart_counter = config->restart_counter,
		.address_count = 1,
		.addresses = {config->address},
		/* Which home addresses there are is the roaming list's matter. */
		.prefix_count = 1,
	};
}

static size_t round_up(size_t size)
{
	return (size + ALIGN - 1) / ALIGN * ALIGN;
}

/* Where the tables lie; with base NULL only to find out how much they take. */
static size_t lay_out(struct chain *chain, uint8_t *base, const struct chain_config *config)
{
	struct ha_config ha = ha_side(config);
	uint32_t n = (uint32_t)config->chains_max;
	uint32_t buckets = 16;
	size_t pos = round_up(sizeof(*chain));

	while (buckets < n && buckets < UINT32_C(1) << 31)
		buckets *= 2; /* as in the home-agent core, whose mask serves both */
#define TABLE(member, count)                                               \
	do {                                                               \
		if (base != NULL)                                          \
			chain->member = (void *)(base + pos);              \
		pos += round_up((size_t)(count) * sizeof(*chain->member)); \
	} while (0)
	TABLE(leg_hash, buckets);
	TABLE(leg_pool.next, n);
	TABLE(legs, n);
	TABLE(timers.timers, n + CHAIN_ANCHOR_MAX);
	TABLE(timers.pos, n + CHAIN_ANCHOR_MAX);
#undef TABLE
	if (base != NULL) {
		chain->ha = (void *)(base + pos);
		chain->leg_pool.size = n;
		chain->leg_pool.free = CORE_NONE;
		memset(chain->leg_hash, 0xff, buckets * sizeof(*chain->leg_hash));
		for (uint32_t i = 0; i < CHAIN_ANCHOR_MAX; i++)
			chain->timers.pos[n + i] = CORE_NONE;
	}
	return pos + ha_memory_size(&ha);
}

size_t chain_memory_size(const struct chain_config *config)
{
	return lay_out(NULL, NULL, config);
}

/* --- the WTRUs' side --- */

static uint32_t side_random(void *ctx)
{
	const struct chain_ctx *c = ctx;

	return c->env->random(c->env->ctx);
}

static int64_t side_unix_us(void *ctx)
{
	const struct chain_ctx *c = ctx;

	return c->env->unix_us(c->env->ctx);
}

static const struct ha_identity *side_find_identity(void *ctx, const char *nai)
{
	const struct chain_ctx *c = ctx;

	return c->env->find_identity(c->env->ctx, nai);
}

/* Who owns a home address is known where it is anchored. */
static const struct ha_identity *side_find_owner(void *ctx, const struct mip6_addr *hoa)
{
	(void)ctx;
	(void)hoa;
	return NULL;
}

const struct chain_roaming *chain_roaming(const struct chain *chain, const struct mip6_addr *hoa,
                                          const struct mip6_addr *anchor)
{
	for (size_t i = 0; i < chain->config.roaming_count; i++) {
		const struct chain_roaming *entry = &chain->config.roaming[i];
		bool prefix = false, gateway = false;

		for (size_t n = 0; n < entry->prefix_count && !prefix; n++)
			prefix = mip6_prefix_contains(&entry->prefixes[n], hoa);
		for (size_t n = 0; n < entry->anchor_count && !gateway; n++)
			gateway = mip6_addr_equal(&entry->anchors[n], anchor);
		if (prefix && gateway)
			return entry;
	}
	return NULL;
}

static uint8_t refuse(const struct chain_ctx *c, enum chain_stat cause, enum mip6_ba_status status)
{
	chain_count_stat(c, cause);
	return (uint8_t)status;
}

static uint8_t side_admit(void *ctx, const struct mip6_mh *bu, const struct mip6_addr *hoa)
{
	const struct chain_ctx *c = ctx;
	const struct mip6_addr *anchor = &bu->opt.anchor;
	const struct chain_leg *leg = chain_leg_find(c->chain, hoa);
	uint8_t status = MIP6_BA_ACCEPTED;

	if (bu->opt.has & MIP6_HAS_ANCHOR_BAD)
		status = refuse(c, CHAIN_STAT_BU_BAD_OPTION, MIP6_BA_UNSPECIFIED);
	else if (!(bu->opt.has & MIP6_HAS_ANCHOR)) /* we are nobody's home agent */
		status = refuse(c, CHAIN_STAT_BU_NO_OPTION, MIP6_BA_HOME_REG_UNSUPPORTED);
	else if (mip6_addr_equal(anchor, &c->chain->config.address))
		status = refuse(c, CHAIN_STAT_BU_SELF, MIP6_BA_PROHIBITED);
	else if (chain_roaming(c->chain, hoa, anchor) == NULL)
		status = refuse(c, CHAIN_STAT_BU_NOT_ROAMING, MIP6_BA_PROHIBITED);
	else if (leg != NULL && !mip6_addr_equal(&c->chain->anchors[leg->anchor].addr, anchor))
		status = refuse(c, CHAIN_STAT_BU_OTHER_ANCHOR, MIP6_BA_PROHIBITED);
	else
		c->chain->admitted = *anchor;
	return status;
}

/* The home-agent core has an entry for hoa, and its BU waits. */
static void side_ask(void *ctx, const struct mip6_addr *hoa, bool release)
{
	const struct chain_ctx *c = ctx;
	struct chain_leg *leg = chain_leg_find(c->chain, hoa);

	if (leg == NULL) {
		const struct ha_entry *entry = ha_entry_find(c->chain->ha, hoa);

		leg = chain_leg_new(c, hoa, &c->chain->admitted, entry->identity);
	}
	if (leg == NULL) {
		c->chain->unanswered = *hoa; /* told after this step of the home-agent core */
		c->chain->has_unanswered = true;
		return;
	}
	leg->waiting = true;
	if (release)
		chain_leg_close(c, leg, true);
	else
		chain_leg_register(c, leg);
}

static uint32_t side_lifetime_s(void *ctx, const struct mip6_addr *hoa)
{
	const struct chain_ctx *c = ctx;
	const struct chain_leg *leg = chain_leg_find(c->chain, hoa);

	return leg == NULL ? 0 : chain_leg_left_s(c, leg);
}

static void emit_chain(const struct chain_ctx *c, enum chain_action_type type,
                       const struct ha_action *from)
{
	const struct chain_leg *leg = chain_leg_find(c->chain, &from->binding.hoa);
	struct chain_action action = {.type = type};

	action.chain.hoa = from->binding.hoa;
	action.chain.coa = from->binding.coa;
	action.chain.address = c->chain->config.address;
	if (leg != NULL)
		action.chain.anchor = c->chain->anchors[leg->anchor].addr;
	chain_emit(c, &action);
}

static void forget(const struct chain_ctx *c, const struct mip6_addr *hoa)
{
	struct chain_action action = {.type = CHAIN_ACTION_FORGET};

	action.forget = *hoa;
	chain_emit(c, &action);
}

static void save(const struct chain_ctx *c, const struct ha_record *wtru)
{
	const struct chain_leg *leg = chain_leg_find(c->chain, &wtru->hoa);
	struct chain_action action = {.type = CHAIN_ACTION_SAVE};
	struct chain_record record = {.wtru = *wtru};

	if (leg == NULL || leg->expires == MIP6_TIME_NEVER ||
	    mip6_addr_is_unspecified(&wtru->coa)) {
		forget(c, &wtru->hoa); /* one leg is no chain */
		return;
	}
	record.anchor = c->chain->anchors[leg->anchor].addr;
	record.anchor_seq = leg->seq;
	record.anchor_lifetime_s = leg->lifetime_s;
	record.anchor_expires_unix_us = c->env->unix_us(c->env->ctx) + (leg->expires - c->now);
	action.save = &record;
	chain_emit(c, &action);
}

static void notify_wtru(const struct chain_ctx *c, const struct ha_action *from)
{
	/* Claims and returns home do not come here. */
	static const enum chain_notice notices[] = {
		[HA_NOTICE_CLAIMED] = CHAIN_NOTICE_RELEASED,
		[HA_NOTICE_REGISTERED] = CHAIN_NOTICE_REGISTERED,
		[HA_NOTICE_MOVED] = CHAIN_NOTICE_MOVED,
		[HA_NOTICE_REFRESHED] = CHAIN_NOTICE_REFRESHED,
		[HA_NOTICE_RETURNED] = CHAIN_NOTICE_RELEASED,
		[HA_NOTICE_RELEASED] = CHAIN_NOTICE_RELEASED,
		[HA_NOTICE_EXPIRED] = CHAIN_NOTICE_EXPIRED,
		[HA_NOTICE_REVOKED] = CHAIN_NOTICE_REVOKED,
		[HA_NOTICE_REFUSED] = CHAIN_NOTICE_REFUSED,
	};
	const struct chain_leg *leg = chain_leg_find(c->chain, &from->notice.hoa);
	struct chain_action action = {.type = CHAIN_ACTION_NOTIFY};

	action.notice.what = notices[from->notice.what];
	action.notice.hoa = from->notice.hoa;
	action.notice.coa = from->notice.coa;
	if (leg != NULL)
		action.notice.anchor = c->chain->anchors[leg->anchor].addr;
	action.notice.nai = from->notice.nai;
	action.notice.lifetime_s = from->notice.lifetime_s;
	action.notice.status = from->notice.status;
	chain_emit(c, &action);
}

/* The home-agent core knows nothing of hoa any more: its leg ends too, if it did not already. */
static void forgotten(const struct chain_ctx *c, const struct mip6_addr *hoa)
{
	struct chain_leg *leg = chain_leg_find(c->chain, hoa);

	if (leg != NULL)
		leg->waiting = false;
	if (leg != NULL && leg->state != CHAIN_CLOSING)
		chain_leg_close(c, leg, false);
	forget(c, hoa);
}

static void side_emit(void *ctx, const struct ha_action *action)
{
	const struct chain_ctx *c = ctx;
	struct chain_action send = {.type = CHAIN_ACTION_SEND};

	switch (action->type) {
	case HA_ACTION_SEND:
		send.packet = action->packet;
		chain_emit(c, &send);
		break;
	case HA_ACTION_WANT_BINDING:
		emit_chain(c, CHAIN_ACTION_WANT_CHAIN, action);
		break;
	case HA_ACTION_UNWANT_BINDING:
		emit_chain(c, CHAIN_ACTION_UNWANT_CHAIN, action);
		break;
	case HA_ACTION_SAVE:
		save(c, action->save);
		break;
	case HA_ACTION_FORGET:
		forgotten(c, &action->forget);
		break;
	case HA_ACTION_NOTIFY:
		notify_wtru(c, action);
		break;
	case HA_ACTION_WANT_PROXY: /* no home link here: nothing to defend, nothing to hand out */
	case HA_ACTION_UNWANT_PROXY:
	case HA_ACTION_START_DAD:
	case HA_ACTION_RELEASED:
	case HA_ACTION_ASK_AAA: /* nobody here asks */
		break;
	}
}

/* The environment of the home-agent core during one step. */
struct side {
	struct ha_env env;
	struct ha_relay relay;
	struct ha_actions actions;
};

static void make_side(const struct chain_ctx *c, struct side *ret)
{
	void *ctx = (void *)(uintptr_t)c; /* given back as const */

	*ret = (struct side){
		.env =
			{
				.ctx = ctx,
				.random = side_random,
				.unix_us = side_unix_us,
				.find_identity = side_find_identity,
				.find_owner = side_find_owner,
				.relay = &ret->relay,
			},
		.relay =
			{
				.ctx = ctx,
				.admit = side_admit,
				.ask = side_ask,
				.lifetime_s = side_lifetime_s,
			},
		.actions = {.ctx = ctx, .emit = side_emit},
	};
}

void chain_ha(const struct chain_ctx *c, const struct ha_event *event)
{
	struct side side;

	make_side(c, &side);
	ha_step(c->chain->ha, event, c->now, &side.env, &side.actions);
	if (c->chain->has_unanswered) {
		c->chain->has_unanswered = false;
		chain_tell(c, HA_EVENT_RELAYED, &c->chain->unanswered,
		           MIP6_BA_INSUFFICIENT_RESOURCES);
	}
}

void chain_tell(const struct chain_ctx *c, enum ha_event_type type, const struct mip6_addr *hoa,
                uint8_t status)
{
	struct ha_event event = {.type = type};
	struct mip6_addr copy = *hoa; /* it may lie in what goes with this */

	if (type == HA_EVENT_RELAYED) {
		event.relayed.hoa = copy;
		event.relayed.status = status;
	} else if (type == HA_EVENT_LOST) {
		event.lost.hoa = copy;
	} else {
		event.revoke.hoa = copy;
	}
	chain_ha(c, &event);
}

void chain_save(const struct chain_ctx *c, const struct chain_leg *leg)
{
	const struct ha_entry *entry = ha_entry_find(c->chain->ha, &leg->hoa);
	struct side side;
	struct ha_ctx ha = {.ha = c->chain->ha, .now = c->now};

	if (entry == NULL || !(entry->flags & HA_ENTRY_BOUND))
		return;
	make_side(c, &side);
	ha.env = &side.env;
	ha.actions = &side.actions;
	ha_save(&ha, entry);
}

/* --- in and out --- */

void chain_emit(const struct chain_ctx *c, const struct chain_action *action)
{
	c->actions->emit(c->actions->ctx, action);
}

void chain_notify(const struct chain_ctx *c, enum chain_notice what, const struct chain_leg *leg,
                  uint8_t status)
{
	const struct ha_entry *entry = ha_entry_find(c->chain->ha, &leg->hoa);
	struct chain_action action = {.type = CHAIN_ACTION_NOTIFY};

	action.notice.what = what;
	action.notice.hoa = leg->hoa;
	if (entry != NULL)
		action.notice.coa = entry->coa;
	action.notice.anchor = c->chain->anchors[leg->anchor].addr;
	action.notice.nai = ha_name_text(c->chain->ha, leg->identity);
	action.notice.lifetime_s = leg->lifetime_s;
	action.notice.status = status;
	chain_emit(c, &action);
}

struct chain *chain_init(void *memory, const struct chain_config *config,
                         const struct chain_env *env)
{
	struct chain *chain = memory;
	struct chain_ctx c = {.chain = chain, .env = env};
	struct ha_config ha = ha_side(config);
	struct side side;

	memset(chain, 0, sizeof(*chain));
	chain->config = *config;
	lay_out(chain, memory, config);
	make_side(&c, &side);
	ha_init(chain->ha, &ha, &side.env);
	return chain;
}

bool chain_reconfigure(struct chain *chain, const struct chain_config *config)
{
	struct ha_config ha = ha_side(config);

	if (config->chains_max != chain->config.chains_max ||
	    !mip6_addr_equal(&config->address, &chain->config.address))
		return false;
	chain->config = *config;
	return ha_reconfigure(chain->ha, &ha);
}

/* What an anchor says goes to its leg, everything else to the WTRUs' side. */
static void process_mh(const struct chain_ctx *c, const struct mip6_packet *packet)
{
	struct ha_event event = {.type = HA_EVENT_MH};
	struct mip6_mh mh;
	size_t offset;

	event.mh.packet = packet;
	if (mip6_mh_decode(packet->mh, packet->mh_len, &mh, &offset) == MIP6_DECODE_OK &&
	    mip6_addr_equal(&packet->dst, &c->chain->config.address)) {
		switch (mh.type) {
		case MIP6_MH_BA:
			chain_process_ba(c, packet, &mh);
			return;
		case MIP6_MH_BE:
			chain_process_be(c, packet, &mh);
			return;
		case MIP6_MH_BRR:
			chain_process_brr(c, packet);
			return;
		case MIP6_MH_HEARTBEAT:
			if (mh.heartbeat.flags & MIP6_HEARTBEAT_R) {
				chain_process_heartbeat(c, packet, &mh);
				return;
			}
			break;
		case MIP6_MH_REVOCATION:
			if (mh.revocation.type == MIP6_REVOCATION_BRI) {
				chain_process_bri(c, packet, &mh);
				return;
			}
			break;
		case MIP6_MH_BU:
		case MIP6_MH_HOTI:
		case MIP6_MH_COTI:
		case MIP6_MH_HOT:
		case MIP6_MH_COT:
			break;
		}
	}
	chain_ha(c, &event);
}

static void process_unbound(const struct chain_ctx *c, const struct chain_event *event)
{
	struct ha_event unbound = {.type = HA_EVENT_UNBOUND};

	/* An anchor that still sends us packets of a chain that ended learns of that by itself. */
	if (chain_anchor_find(c->chain, &event->unbound.outer_src) != NULL)
		return;
	unbound.unbound.outer_src = event->unbound.outer_src;
	unbound.unbound.outer_dst = event->unbound.outer_dst;
	unbound.unbound.inner_src = event->unbound.inner_src;
	chain_ha(c, &unbound);
}

/* The operator's wish: the WTRU is told by BRI, the anchor that the HoA is given up. */
static void revoke(const struct chain_ctx *c, const struct mip6_addr *hoa)
{
	struct chain_leg *leg;

	chain_tell(c, HA_EVENT_REVOKE, hoa, 0);
	leg = chain_leg_find(c->chain, hoa);
	if (leg != NULL && leg->state != CHAIN_CLOSING)
		chain_leg_close(c, leg, true);
}

static void run_timers(const struct chain_ctx *c)
{
	struct chain *chain = c->chain;
	struct ha_event timer = {.type = HA_EVENT_TIMER};

	if (ha_deadline(chain->ha) <= c->now)
		chain_ha(c, &timer);
	for (unsigned int i = 0; i < HA_TIMERS_PER_STEP; i++) {
		uint32_t slot;

		if (core_heap_first(&chain->timers) > c->now)
			break;
		slot = chain->timers.timers[0].slot;
		if (slot < chain->leg_pool.size)
			chain_leg_due(c, &chain->legs[slot]);
		else
			chain_anchor_due(c, &chain->anchors[slot - chain->leg_pool.size]);
	}
}

void chain_step(struct chain *chain, const struct chain_event *event, mip6_time now,
                const struct chain_env *env, const struct chain_actions *actions)
{
	const struct chain_ctx c = {.chain = chain, .now = now, .env = env, .actions = actions};
	struct ha_event bad = {.type = HA_EVENT_MH_BAD};

	run_timers(&c);
	switch (event->type) {
	case CHAIN_EVENT_MH:
		process_mh(&c, event->mh);
		break;
	case CHAIN_EVENT_MH_BAD:
		bad.bad.src = event->bad.src;
		bad.bad.dst = event->bad.dst;
		bad.bad.result = event->bad.result;
		chain_ha(&c, &bad);
		break;
	case CHAIN_EVENT_TIMER:
		break;
	case CHAIN_EVENT_UNBOUND:
		process_unbound(&c, event);
		break;
	case CHAIN_EVENT_REVOKE:
		revoke(&c, &event->revoke.hoa);
		break;
	case CHAIN_EVENT_RESTORE:
		chain_restore(&c, event->restore);
		break;
	}
}

mip6_time chain_deadline(const struct chain *chain)
{
	mip6_time ha = ha_deadline(chain->ha), legs = core_heap_first(&chain->timers);

	return ha < legs ? ha : legs;
}

/* --- looking inside --- */

size_t chain_count(const struct chain *chain)
{
	return chain->leg_count;
}

static struct chain_info describe(const struct chain *chain, const struct chain_leg *leg)
{
	const struct mip6_addr *anchor = &chain->anchors[leg->anchor].addr;
	const struct chain_roaming *roaming = chain_roaming(chain, &leg->hoa, anchor);
	struct ha_binding_info wtru;
	struct chain_info info = {
		.hoa = leg->hoa,
		.anchor = *anchor,
		.operator_name = roaming != NULL ? roaming->operator_name : "",
		.nai = ha_name_text(chain->ha, leg->identity),
		.state = leg->state,
		.wtru_expires = MIP6_TIME_NEVER,
		.anchor_lifetime_s = leg->expires != MIP6_TIME_NEVER ? leg->lifetime_s : 0,
		.anchor_expires = leg->expires,
		.anchor_seq = leg->seq,
		.rtt_us = leg->rtt_us,
	};

	if (ha_binding_find(chain->ha, &leg->hoa, &wtru)) {
		info.coa = wtru.coa;
		info.wtru_lifetime_s = wtru.lifetime_s;
		info.wtru_expires = wtru.expires;
		info.wtru_seq = wtru.seq;
	}
	return info;
}

bool chain_find(const struct chain *chain, const struct mip6_addr *hoa, struct chain_info *ret)
{
	const struct chain_leg *leg = chain_leg_find(chain, hoa);

	if (leg == NULL)
		return false;
	*ret = describe(chain, leg);
	return true;
}

bool chain_next(const struct chain *chain, size_t *cursor, struct chain_info *ret)
{
	while (*cursor < chain->leg_pool.fresh) {
		const struct chain_leg *leg = &chain->legs[(*cursor)++];

		if (leg->used) {
			*ret = describe(chain, leg);
			return true;
		}
	}
	return false;
}

uint64_t chain_stat_get(const struct chain *chain, enum chain_stat stat)
{
	return stat < CHAIN_STAT_COUNT ? chain->stats[stat] : 0;
}

const struct ha *chain_wtru_side(const struct chain *chain)
{
	return chain->ha;
}
