// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The WTRU core: the step, the timer, and the outside view.
 *
 * A WTRU that visits one D-GW after the other keeps one Mobile IPv6 instance for each of its
 * addresses that is still in use (RFC 6275 once per anchor). The work is split by subject:
 *
 *   wtru_link.c      what is known of links, routers and addresses; movement detection; which
 *                    attachment is the primary one (RFC 6275 sections 11.5.1 to 11.5.4)
 *   wtru_instance.c  the life of an instance: made, away, home again, released, restored
 *   wtru_binding.c   the binding update list: exchanges and their BUs (RFC 6275 sections 11.7.1
 *                    and 11.8; RFC 4285)
 *   wtru_ba.c        BAs, and what they change (RFC 6275 sections 11.7.3 and 11.5.5)
 *   wtru_mh.c        what else an anchor sends (RFC 6275 sections 11.7.4 and 11.3.6; RFC 5846)
 *   wtru_discovery.c home agents and prefixes of homes (RFC 6275 section 11.4)
 *   wtru_home.c      configured homes: always there, at home where their prefix is on the link
 *   wtru_use.c       who still uses an old HoA, and heartbeats to its anchor (RFC 5847)
 *
 * Every event changes tables first; wtru_reconcile() then compares what is with what should be and
 * emits the difference. That is the only place where an attachment is chosen, so that the order in
 * which RA, address and carrier events arrive does not matter.
 *
 * This file owns nothing but the outline. Nothing here sends, allocates, or reads a clock.
 */
#include "wtru_private.h"

static size_t align_up(size_t n)
{
	return (n + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

size_t wtru_memory_size(const struct wtru_config *config)
{
	return align_up(sizeof(struct wtru)) +
	       align_up(config->links_max * sizeof(struct wtru_link)) +
	       align_up(config->instances_max * sizeof(struct wtru_instance)) +
	       align_up(config->instances_max * sizeof(struct wtru_anchor)) +
	       align_up(config->instances_max * sizeof(uint16_t));
}

struct wtru *wtru_init(void *memory, const struct wtru_config *config)
{
	struct wtru *w = memory;
	uint8_t *at = memory;

	memset(memory, 0, wtru_memory_size(config));
	w->config = *config;
	at += align_up(sizeof(struct wtru));
	w->link = (struct wtru_link *)(void *)at;
	at += align_up(config->links_max * sizeof(struct wtru_link));
	w->instance = (struct wtru_instance *)(void *)at;
	at += align_up(config->instances_max * sizeof(struct wtru_instance));
	w->anchor = (struct wtru_anchor *)(void *)at;
	at += align_up(config->instances_max * sizeof(struct wtru_anchor));
	w->order = (uint16_t *)(void *)at;
	w->use_due = MIP6_TIME_NEVER;
	w->homes_changed = config->home_count > 0;
	return w;
}

bool wtru_reconfigure(struct wtru *w, const struct wtru_config *config)
{
	if (config->instances_max != w->config.instances_max ||
	    config->links_max != w->config.links_max)
		return false;
	w->config = *config;
	w->homes_changed = true;
	return true;
}

void wtru_count(struct wtru *w, enum wtru_stat stat)
{
	w->stat[stat]++;
}

void wtru_emit(struct wtru *w, const struct wtru_action *action)
{
	w->actions->emit(w->actions->ctx, action);
}

void wtru_send(struct wtru *w, const struct mip6_packet *packet)
{
	struct wtru_action action = {.type = WTRU_ACTION_SEND, .packet = *packet};

	wtru_emit(w, &action);
}

void wtru_notify(struct wtru *w, enum wtru_notice what, const struct wtru_instance *i,
                 uint8_t status)
{
	struct wtru_action action = {.type = WTRU_ACTION_NOTIFY};

	action.notice.what = what;
	action.notice.status = status;
	if (i) {
		action.notice.hoa = i->hoa;
		action.notice.coa = i->coa;
		action.notice.anchor = i->anchor;
		action.notice.lifetime_s =
			what == WTRU_NOTICE_PREFIX ? i->prefix_valid_s : i->lifetime_s;
		action.notice.ifindex = i->ifindex;
		action.notice.k = i->k;
	} else if (w->primary.valid) {
		struct wtru_link *link = wtru_link_find(w, w->primary.ifindex);
		const struct wtru_router *router = link ? wtru_link_router(link) : NULL;
		const struct wtru_prefix *prefix =
			router ? wtru_router_prefix(router, &w->primary.coa, w->now) : NULL;

		action.notice.coa = w->primary.coa;
		action.notice.ifindex = w->primary.ifindex;
		if (prefix)
			action.notice.anchor = prefix->anchor;
	}
	wtru_emit(w, &action);
}

static void on_keep(struct wtru *w, const struct mip6_addr *hoa, bool keep)
{
	struct wtru_instance *i = wtru_instance_find(w, hoa);

	if (!i || i->keep == keep)
		return;
	i->keep = keep;
	i->last_use = w->now; /* unpinned: it gets its full linger time */
	w->dirty = true;
	if (keep)
		wtru_instance_take_back(w, i);
}

static void on_release(struct wtru *w, const struct mip6_addr *hoa)
{
	struct wtru_instance *i = wtru_instance_find(w, hoa);

	/* At home there is nothing to tear down: the address is the link's own. */
	if (!i || !wtru_instance_is_away(i) || i->state == WTRU_RELEASING || i->fixed)
		return;
	i->keep = false;
	wtru_instance_release(w, i);
}

static void on_protected(struct wtru *w, const struct mip6_addr *hoa)
{
	struct wtru_instance *i = wtru_instance_find(w, hoa);

	if (!i)
		return;
	if (i->exchange != WTRU_EXCHANGE_NONE)
		wtru_binding_transmit(w, i);
	else if (i->state == WTRU_HOME && i->claim == WTRU_CLAIM_NONE && i->due > w->now &&
	         i->due != MIP6_TIME_NEVER)
		i->due = w->now; /* the claim is tried again */
}

static void on_resume(struct wtru *w)
{
	/*
	 * How long it was nobody knows: bindings may have expired, and the link may be another. The
	 * BUs go out from the present CoA at once, in case nothing moved; the RAs decide the rest.
	 */
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (wtru_instance_is_away(i) && i->state != WTRU_RELEASING && !i->duplicate &&
		    !i->discovery.invalid && w->primary.valid && !w->primary.suspended &&
		    mip6_addr_equal(&i->coa, &w->primary.coa))
			wtru_binding_start(w, i, WTRU_EXCHANGE_REGISTER);
	}
	wtru_link_resume(w);
}

static void instance_timer(struct wtru *w, struct wtru_instance *i)
{
	wtru_instance_timer(w, i);
	if (i->used)
		wtru_discovery_timer(w, i);
}

static void on_timer(struct wtru *w)
{
	wtru_link_timer(w);
	/* Backwards: an instance may end, which closes the gap behind it. */
	for (size_t n = w->instance_count; n > 0; n--) {
		if (n <= w->instance_count)
			instance_timer(w, &w->instance[w->order[n - 1]]);
	}
	wtru_use_timer(w);
}

void wtru_step(struct wtru *w, const struct wtru_event *event, mip6_time now,
               const struct wtru_env *env, const struct wtru_actions *actions)
{
	static const struct wtru_action save = {.type = WTRU_ACTION_SAVE};
	bool reconcile = true;

	w->now = now;
	w->env = env;
	w->actions = actions;
	/* Records come first: they know more of a home than its configuration. */
	if (w->homes_changed && event->type != WTRU_EVENT_RESTORE)
		wtru_homes_sync(w);
	switch (event->type) {
	case WTRU_EVENT_LINK:
		wtru_link_event(w, event);
		break;
	case WTRU_EVENT_RA:
		wtru_link_ra(w, event);
		break;
	case WTRU_EVENT_ADDRESS:
		wtru_link_address(w, event);
		break;
	case WTRU_EVENT_NEIGHBOUR:
		wtru_link_neighbour(w, event);
		break;
	case WTRU_EVENT_ADVERTISED:
		reconcile = wtru_return_advertised(w, event);
		break;
	case WTRU_EVENT_MH:
		wtru_mh(w, event->mh.packet);
		reconcile = false;
		break;
	case WTRU_EVENT_ICMP6:
		wtru_discovery_icmp6(w, event->icmp6.packet, event->icmp6.msg);
		break;
	case WTRU_EVENT_TIMER:
		on_timer(w);
		break;
	case WTRU_EVENT_USE:
		wtru_use_event(w, event);
		break;
	case WTRU_EVENT_RELEASE:
		on_release(w, &event->release.hoa);
		break;
	case WTRU_EVENT_KEEP:
		on_keep(w, &event->keep.hoa, event->keep.keep);
		break;
	case WTRU_EVENT_RESTORE:
		wtru_instance_restore(w, event->restore);
		break;
	case WTRU_EVENT_RESUME:
		on_resume(w);
		break;
	case WTRU_EVENT_PROTECTED:
		on_protected(w, &event->esp.hoa);
		break;
	case WTRU_EVENT_STOP:
		wtru_instances_stop(w);
		reconcile = false;
		break;
	}
	if (reconcile || w->place)
		wtru_reconcile(w);
	w->place = false;
	wtru_discovery_update(w);
	if (event->type != WTRU_EVENT_STOP && w->primary.valid &&
	    !mip6_addr_equal(&w->default_source, wtru_home_source(w)))
		wtru_link_want_default(w);
	wtru_use_update(w);
	if (w->dirty) {
		w->dirty = false;
		wtru_emit(w, &save);
	}
	w->env = NULL;
	w->actions = NULL;
}

mip6_time wtru_deadline(const struct wtru *w)
{
	mip6_time deadline = w->homes_changed ? 0 : wtru_link_deadline(w);

	if (w->use_due < deadline)
		deadline = w->use_due;
	for (size_t n = 0; n < w->instance_count; n++) {
		const struct wtru_instance *i = &w->instance[w->order[n]];
		mip6_time due = wtru_instance_deadline(i);

		if (due < deadline)
			deadline = due;
		due = wtru_home_deadline(i);
		if (due < deadline)
			deadline = due;
		due = wtru_discovery_deadline(w, i);
		if (due < deadline)
			deadline = due;
	}
	return deadline;
}

bool wtru_instance_get(const struct wtru *w, size_t index, struct wtru_instance_info *ret)
{
	const struct wtru_instance *i;

	if (index >= w->instance_count)
		return false;
	i = &w->instance[w->order[index]];
	memset(ret, 0, sizeof(*ret));
	ret->hoa = i->hoa;
	ret->prefix_len = i->prefix_len;
	ret->anchor = i->anchor;
	ret->peer = i->peer;
	if (i->state != WTRU_HOME && i->state != WTRU_AWAY && i->state != WTRU_RETURNING)
		ret->coa = i->coa;
	ret->ifindex =
		i->state == WTRU_HOME || i->state == WTRU_RETURNING ? i->ifindex : i->coa_ifindex;
	memcpy(ret->operator_name, i->operator_name, sizeof(ret->operator_name));
	ret->state = i->state;
	ret->claim = i->claim;
	ret->keep = i->keep;
	ret->fixed = i->fixed;
	ret->discovering = i->discovery.agents_tries > 0;
	ret->valid_until = i->valid_until;
	ret->primary = w->primary.valid && mip6_addr_equal(&w->primary.coa, &i->hoa);
	ret->sockets = i->sockets;
	ret->last_use = i->last_use;
	ret->lifetime_s = i->state == WTRU_BOUND ? i->lifetime_s : 0;
	ret->expires = i->state == WTRU_BOUND ? i->expires : MIP6_TIME_NEVER;
	ret->next_bu = i->due;
	ret->seq = i->seq;
	ret->status = i->status;
	ret->rtt_us = i->rtt_us;
	return true;
}

bool wtru_link_get(const struct wtru *w, size_t index, struct wtru_link_info *ret)
{
	for (size_t n = 0; n < w->config.links_max; n++) {
		const struct wtru_link *link = &w->link[n];

		if (!link->used || index-- > 0)
			continue;
		memset(ret, 0, sizeof(*ret));
		ret->ifindex = link->ifindex;
		ret->up = link->up;
		ret->rank = link->rank;
		ret->attached = link->attached;
		ret->primary = w->primary.valid && w->primary.ifindex == link->ifindex;
		if (link->current >= 0) {
			const struct wtru_router *router = &link->router[link->current];

			ret->router = router->addr;
			ret->anchor = router->anchor;
			memcpy(ret->operator_name, router->operator_name,
			       sizeof(ret->operator_name));
		}
		if (link->attached)
			ret->coa = link->coa;
		return true;
	}
	return false;
}

bool wtru_record_get(const struct wtru *w, size_t index, struct wtru_record *ret)
{
	const struct wtru_instance *i;

	if (index >= w->instance_count)
		return false;
	i = &w->instance[w->order[index]];
	memset(ret, 0, sizeof(*ret));
	ret->hoa = i->hoa;
	ret->prefix_len = i->prefix_len;
	ret->anchor = i->anchor;
	ret->peer = i->peer;
	memcpy(ret->operator_name, i->operator_name, sizeof(ret->operator_name));
	ret->seq = i->seq;
	ret->keep = i->keep;
	ret->bound = i->maybe_bound;
	ret->released = i->state == WTRU_RELEASING || i->release_pending;
	if (i->maybe_bound) {
		ret->coa = i->coa;
		ret->router = i->router;
		ret->ifindex = i->coa_ifindex;
		ret->link_local = i->link_local;
	}
	ret->clock_offset_us = i->clock_offset_us;
	ret->valid_until_unix_us = i->valid_until_unix_us;
	return true;
}

uint64_t wtru_stat_get(const struct wtru *w, enum wtru_stat stat)
{
	return (unsigned int)stat < WTRU_STAT_COUNT ? w->stat[stat] : 0;
}

const char *wtru_stat_name(enum wtru_stat stat)
{
	switch (stat) {
	case WTRU_STAT_BU_SENT:
		return "bu-sent";
	case WTRU_STAT_BU_RETRANSMITTED:
		return "bu-retransmitted";
	case WTRU_STAT_BA_ACCEPTED:
		return "ba-accepted";
	case WTRU_STAT_BA_ERROR:
		return "ba-error";
	case WTRU_STAT_BA_UNMATCHED:
		return "ba-unmatched";
	case WTRU_STAT_BA_BAD_SEQ:
		return "ba-bad-seq";
	case WTRU_STAT_BA_BAD_AUTH:
		return "ba-bad-auth";
	case WTRU_STAT_BA_UNPROTECTED:
		return "ba-unprotected";
	case WTRU_STAT_BRR:
		return "brr";
	case WTRU_STAT_BE:
		return "be";
	case WTRU_STAT_BE_UNMATCHED:
		return "be-unmatched";
	case WTRU_STAT_BE_SENT:
		return "be-sent";
	case WTRU_STAT_HEARTBEAT_SENT:
		return "heartbeat-sent";
	case WTRU_STAT_HEARTBEAT_ANSWERED:
		return "heartbeat-answered";
	case WTRU_STAT_HEARTBEAT_LOST:
		return "heartbeat-lost";
	case WTRU_STAT_REVOKED:
		return "revoked";
	case WTRU_STAT_MH_MALFORMED:
		return "mh-malformed";
	case WTRU_STAT_MH_UNEXPECTED:
		return "mh-unexpected";
	case WTRU_STAT_RA:
		return "ra";
	case WTRU_STAT_RA_IGNORED:
		return "ra-ignored";
	case WTRU_STAT_HAAD_SENT:
		return "home-agent-requests";
	case WTRU_STAT_HAAD_ANSWERED:
		return "home-agent-replies";
	case WTRU_STAT_HAAD_UNMATCHED:
		return "home-agent-replies-unmatched";
	case WTRU_STAT_MPS_SENT:
		return "mobile-prefix-solicitations";
	case WTRU_STAT_MPA:
		return "mobile-prefix-advertisements";
	case WTRU_STAT_MPA_UNSOLICITED:
		return "mobile-prefix-advertisements-unsolicited";
	case WTRU_STAT_MPA_UNMATCHED:
		return "mobile-prefix-advertisements-unmatched";
	case WTRU_STAT_MPA_UNPROTECTED:
		return "mobile-prefix-advertisements-unprotected";
	case WTRU_STAT_HANDOVERS:
		return "handovers";
	case WTRU_STAT_INSTANCES_CREATED:
		return "instances-created";
	case WTRU_STAT_INSTANCES_ENDED:
		return "instances-ended";
	case WTRU_STAT_COUNT:
		break;
	}
	return "unknown";
}

const char *wtru_instance_state_name(enum wtru_instance_state state)
{
	switch (state) {
	case WTRU_HOME:
		return "home";
	case WTRU_AWAY:
		return "away";
	case WTRU_REGISTERING:
		return "registering";
	case WTRU_BOUND:
		return "bound";
	case WTRU_RETURNING:
		return "returning";
	case WTRU_RELEASING:
		return "releasing";
	case WTRU_REFUSED:
		return "refused";
	}
	return "unknown";
}

const char *wtru_claim_state_name(enum wtru_claim_state state)
{
	switch (state) {
	case WTRU_CLAIM_NONE:
		return "none";
	case WTRU_CLAIM_SENT:
		return "sent";
	case WTRU_CLAIM_ACCEPTED:
		return "accepted";
	case WTRU_CLAIM_UNKNOWN:
		return "unknown";
	case WTRU_CLAIM_REFUSED:
		return "refused";
	}
	return "unknown";
}

const char *wtru_notice_name(enum wtru_notice notice)
{
	switch (notice) {
	case WTRU_NOTICE_ATTACHED:
		return "attached";
	case WTRU_NOTICE_DETACHED:
		return "detached";
	case WTRU_NOTICE_CREATED:
		return "created";
	case WTRU_NOTICE_CLAIMED:
		return "claimed";
	case WTRU_NOTICE_BU_SENT:
		return "bu-sent";
	case WTRU_NOTICE_BOUND:
		return "bound";
	case WTRU_NOTICE_REFUSED:
		return "refused";
	case WTRU_NOTICE_TIMEOUT:
		return "timeout";
	case WTRU_NOTICE_HOME:
		return "home";
	case WTRU_NOTICE_RESTARTED:
		return "restarted";
	case WTRU_NOTICE_REVOKED:
		return "revoked";
	case WTRU_NOTICE_ENDED:
		return "ended";
	case WTRU_NOTICE_LIMIT:
		return "limit";
	case WTRU_NOTICE_AGENT:
		return "agent";
	case WTRU_NOTICE_PREFIX:
		return "prefix";
	case WTRU_NOTICE_INVALID:
		return "invalid";
	case WTRU_NOTICE_FALLBACK:
		return "fallback";
	}
	return "unknown";
}
