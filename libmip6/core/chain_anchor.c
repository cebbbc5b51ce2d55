// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The D-GWs that anchor chains: whether each is alive and still knows what it granted (heartbeats,
 * RFC 5847), and what they send on their own account: Binding Errors and Refresh Requests (RFC 6275
 * sections 11.3.6 and 11.7.4), revocations (RFC 5846 section 10).
 *
 * An anchor's legs are a ring, so that all of them can be registered again, some at a time.
 */
#include "chain_private.h"

enum bra_status { /* RFC 5846 section 5.2 */
	          BRA_SUCCESS = 0,
	          BRA_NO_BINDING = 128,
	          BRA_IPV4_OPTION_REQUIRED = 129,
	          BRA_GLOBAL_NOT_AUTHORIZED = 130,
	          BRA_PROXY_NOT_SUPPORTED = 135,
};

#define TRIGGER_OUT_OF_SYNC 7 /* RFC 5846 section 5.1: possible out-of-sync BCE state */

void chain_send(const struct chain_ctx *c, const struct mip6_packet *head, const struct mip6_mh *mh,
                const struct mip6_auth_sa *sa)
{
	uint8_t data[MIP6_MH_MAX];
	struct chain_action action = {.type = CHAIN_ACTION_SEND, .packet = *head};

	action.packet.mh = data;
	action.packet.mh_len = mip6_auth_encode(
		mh, sa, &head->src, head->has_hao ? &head->hao : &head->src, data, sizeof(data));
	if (action.packet.mh_len > 0)
		chain_emit(c, &action);
}

struct chain_anchor *chain_anchor_find(struct chain *chain, const struct mip6_addr *addr)
{
	for (size_t i = 0; i < CHAIN_ANCHOR_MAX; i++) {
		struct chain_anchor *anchor = &chain->anchors[i];

		if (anchor->legs > 0 && mip6_addr_equal(&anchor->addr, addr))
			return anchor;
	}
	return NULL;
}

static void arm(struct chain *chain, const struct chain_anchor *anchor, mip6_time now)
{
	uint32_t slot = chain->leg_pool.size + (uint32_t)(anchor - chain->anchors);
	mip6_time at = anchor->legs > 0 ? anchor->heartbeat_at : MIP6_TIME_NEVER;

	if (anchor->legs > 0 && anchor->recover > 0 && now + CHAIN_RECOVER_PAUSE < at)
		at = now + CHAIN_RECOVER_PAUSE;
	core_heap_set(&chain->timers, slot, at);
}

uint32_t chain_anchor_get(const struct chain_ctx *c, const struct mip6_addr *addr)
{
	struct chain *chain = c->chain;
	struct chain_anchor *anchor = chain_anchor_find(chain, addr);
	uint32_t interval_ms = chain->config.heartbeat_interval_ms;

	for (size_t i = 0; i < CHAIN_ANCHOR_MAX && anchor == NULL; i++) {
		if (chain->anchors[i].legs > 0)
			continue;
		anchor = &chain->anchors[i];
		*anchor = (struct chain_anchor){
			.addr = *addr,
			.first = CORE_NONE,
			.heartbeat_seq = c->env->random(c->env->ctx),
			.heartbeat_at =
				interval_ms == 0 ? MIP6_TIME_NEVER : c->now + interval_ms * MIP6_MS,
		};
	}
	return anchor == NULL ? CORE_NONE : (uint32_t)(anchor - chain->anchors);
}

void chain_anchor_join(const struct chain_ctx *c, struct chain_leg *leg, uint32_t slot)
{
	struct chain *chain = c->chain;
	struct chain_anchor *anchor = &chain->anchors[slot];
	uint32_t me = chain_leg_slot(chain, leg);

	leg->anchor = slot;
	if (anchor->first == CORE_NONE) {
		anchor->first = leg->prev = leg->next = me;
	} else {
		/* Before the first: last in the ring. */
		leg->next = anchor->first;
		leg->prev = chain->legs[leg->next].prev;
		chain->legs[leg->prev].next = me;
		chain->legs[leg->next].prev = me;
	}
	anchor->legs++;
	arm(chain, anchor, c->now);
}

void chain_anchor_leave(const struct chain_ctx *c, struct chain_leg *leg)
{
	struct chain *chain = c->chain;
	struct chain_anchor *anchor = &chain->anchors[leg->anchor];
	uint32_t me = chain_leg_slot(chain, leg);

	if (anchor->first == me)
		anchor->first = leg->next;
	chain->legs[leg->prev].next = leg->next;
	chain->legs[leg->next].prev = leg->prev;
	if (--anchor->legs == 0)
		anchor->first = CORE_NONE;
	if (anchor->recover > anchor->legs)
		anchor->recover = anchor->legs;
	arm(chain, anchor, c->now);
}

/* All its legs are to be registered again. */
static void recover(const struct chain_ctx *c, struct chain_anchor *anchor)
{
	anchor->recover = anchor->legs;
	arm(c->chain, anchor, c->now);
}

static void notify_anchor(const struct chain_ctx *c, enum chain_notice what,
                          const struct chain_anchor *anchor)
{
	struct chain_action action = {.type = CHAIN_ACTION_NOTIFY};

	action.notice.what = what;
	action.notice.anchor = anchor->addr;
	action.notice.nai = "";
	chain_emit(c, &action);
}

static void send_heartbeat(const struct chain_ctx *c, struct chain_anchor *anchor)
{
	const struct chain_config *config = &c->chain->config;
	struct mip6_packet head = {.src = config->address, .dst = anchor->addr};
	struct mip6_mh mh = {.type = MIP6_MH_HEARTBEAT};

	if (anchor->asked) {
		chain_count_stat(c, CHAIN_STAT_HEARTBEAT_LOST);
		anchor->missing++;
		if (anchor->missing == config->heartbeat_missing_max) {
			notify_anchor(c, CHAIN_NOTICE_SILENT, anchor);
			recover(c, anchor);
		}
	}
	anchor->asked = true;
	anchor->heartbeat_at = config->heartbeat_interval_ms == 0 || anchor->no_heartbeats
	                               ? MIP6_TIME_NEVER
	                               : c->now + config->heartbeat_interval_ms * MIP6_MS;
	mh.heartbeat.seq = ++anchor->heartbeat_seq;
	chain_count_stat(c, CHAIN_STAT_HEARTBEAT_SENT);
	chain_send(c, &head, &mh, NULL);
}

void chain_anchor_due(const struct chain_ctx *c, struct chain_anchor *anchor)
{
	struct chain *chain = c->chain;

	for (unsigned int i = 0; i < CHAIN_LEGS_PER_STEP && anchor->recover > 0; i++) {
		struct chain_leg *leg = &chain->legs[anchor->first];

		anchor->recover--;
		anchor->first = leg->next; /* to the end of the ring */
		if (leg->state == CHAIN_BOUND)
			chain_leg_register(c, leg);
	}
	if (anchor->heartbeat_at <= c->now)
		send_heartbeat(c, anchor);
	arm(chain, anchor, c->now);
}

void chain_process_heartbeat(const struct chain_ctx *c, const struct mip6_packet *packet,
                             const struct mip6_mh *mh)
{
	struct chain_anchor *anchor = chain_anchor_find(c->chain, &packet->src);
	bool restarted;

	/* RFC 5847 section 3.2: the sequence number of the request. */
	if (anchor == NULL || packet->has_hao || packet->has_rh2 || !anchor->asked ||
	    mh->heartbeat.seq != anchor->heartbeat_seq) {
		chain_count_stat(c, CHAIN_STAT_UNEXPECTED);
		return;
	}
	chain_count_stat(c, CHAIN_STAT_HEARTBEAT_ANSWERED);
	anchor->asked = false;
	anchor->missing = 0;
	if (!(mh->opt.has & MIP6_HAS_RESTART_COUNTER))
		return;
	restarted = anchor->has_counter && anchor->restart_counter != mh->opt.restart_counter;
	anchor->has_counter = true;
	anchor->restart_counter = mh->opt.restart_counter;
	if (restarted) {
		chain_count_stat(c, CHAIN_STAT_ANCHOR_RESTARTED);
		notify_anchor(c, CHAIN_NOTICE_RESTARTED, anchor);
		recover(c, anchor);
	}
}

/* Somebody who may be the anchor says that it does not know the leg, or wants it renewed: ask. */
static void hint(const struct chain_ctx *c, struct chain_leg *leg, const struct mip6_addr *src)
{
	if (leg == NULL || leg->state != CHAIN_BOUND ||
	    !mip6_addr_equal(src, &c->chain->anchors[leg->anchor].addr)) {
		chain_count_stat(c, CHAIN_STAT_UNEXPECTED);
		return;
	}
	if (c->now - leg->hinted < CHAIN_HINT_INTERVAL)
		return;
	leg->hinted = c->now;
	chain_count_stat(c, CHAIN_STAT_HINTS);
	chain_leg_register(c, leg);
}

void chain_process_be(const struct chain_ctx *c, const struct mip6_packet *packet,
                      const struct mip6_mh *mh)
{
	struct chain_anchor *anchor = chain_anchor_find(c->chain, &packet->src);

	if (anchor != NULL && mh->be.status == MIP6_BE_UNKNOWN_MH_TYPE) {
		anchor->no_heartbeats = true;
		anchor->asked = false;
		anchor->heartbeat_at = MIP6_TIME_NEVER;
		arm(c->chain, anchor, c->now);
		return;
	}
	hint(c, chain_leg_find(c->chain, &mh->be.hoa), &packet->src);
}

void chain_process_brr(const struct chain_ctx *c, const struct mip6_packet *packet)
{
	hint(c, packet->has_rh2 ? chain_leg_find(c->chain, &packet->rh2) : NULL, &packet->src);
}

static enum bra_status judge_bri(const struct chain_leg *leg, const struct mip6_revocation *bri)
{
	if (bri->flags & MIP6_REVOCATION_P)
		return BRA_PROXY_NOT_SUPPORTED;
	if (bri->flags & MIP6_REVOCATION_V)
		return BRA_IPV4_OPTION_REQUIRED;
	if (bri->flags & MIP6_REVOCATION_G)
		return BRA_GLOBAL_NOT_AUTHORIZED;
	return leg == NULL ? BRA_NO_BINDING : BRA_SUCCESS;
}

static void send_bra(const struct chain_ctx *c, const struct mip6_packet *packet,
                     const struct mip6_revocation *bri, const struct mip6_auth_sa *sa,
                     enum bra_status status)
{
	struct mip6_packet head = {
		.src = c->chain->config.address,
		.dst = packet->src,
		.has_hao = true,
		.hao = packet->rh2,
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_REVOCATION,
		.revocation =
			{
				.type = MIP6_REVOCATION_BRA,
				.trigger = (uint8_t)status,
				.seq = bri->seq,
				.flags = bri->flags & (MIP6_REVOCATION_P | MIP6_REVOCATION_V |
	                                               MIP6_REVOCATION_G),
			},
	};

	chain_send(c, &head, &mh, sa);
}

void chain_process_bri(const struct chain_ctx *c, const struct mip6_packet *packet,
                       const struct mip6_mh *mh)
{
	struct chain_leg *leg = packet->has_rh2 ? chain_leg_find(c->chain, &packet->rh2) : NULL;
	const struct mip6_auth_sa *sa = c->env->find_anchor_sa(c->env->ctx, &packet->src);
	enum bra_status status;

	if (leg != NULL && !mip6_addr_equal(&packet->src, &c->chain->anchors[leg->anchor].addr))
		leg = NULL;
	/* Without a leg, only who has an SA with us gets an answer: ours may have been lost. */
	if (!packet->has_rh2 || packet->has_hao || (leg == NULL && sa == NULL)) {
		chain_count_stat(c, CHAIN_STAT_UNEXPECTED);
		return;
	}
	if (sa != NULL && !mip6_auth_verify(mh, packet->mh, packet->mh_len, sa,
	                                    &c->chain->config.address, &packet->rh2)) {
		chain_count_stat(c, CHAIN_STAT_BA_BAD_AUTH);
		return;
	}
	status = judge_bri(leg, &mh->revocation);
	send_bra(c, packet, &mh->revocation, sa, status);
	if (status != BRA_SUCCESS)
		return;
	if (mh->revocation.trigger == TRIGGER_OUT_OF_SYNC) {
		hint(c, leg, &packet->src);
	} else if (mh->revocation.trigger == MIP6_REVOCATION_HANDOVER) {
		/* The WTRU has registered there itself, or is back on its link. */
		chain_leg_lost(c, leg, CHAIN_NOTICE_LEFT, 0);
	} else {
		struct mip6_addr hoa = leg->hoa;

		chain_count_stat(c, CHAIN_STAT_ANCHOR_REVOKED);
		chain_leg_delete(c, leg);
		chain_tell(c, HA_EVENT_REVOKE, &hoa, 0);
	}
}
