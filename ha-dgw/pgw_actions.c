// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carries out what the chain core wants: packets, pairs of tunnels, records, words to the operator;
 * and takes up where an earlier run ended. Takes no decision, and steps the core only to restore.
 *
 * On disk a chain is two rows, one per leg, in the form that a binding has at a D-GW: the anchor's
 * leg is a binding of the home address to our own address, with the anchor as home agent.
 */
#include <errno.h>
#include <stdlib.h>

#include "io/clock.h"
#include "pgw.h"

#define REPAIR_S 1.0

static void send_packet(struct pgw *p, const struct mip6_packet *packet)
{
	int error = transport_send(p->transport, packet);

	/* Retransmission repairs it, the peer's or ours. */
	if (error != 0)
		log_limited(&p->log_send, p->now, LOG_LEVEL_WARNING,
		            "cannot send to=%s error=\"%s\"", addr_text(&packet->dst),
		            strerror(-error));
}

static void dataplane_failed(struct pgw *p, const char *what, const struct mip6_prefix *home,
                             int error)
{
	p->dataplane_errors++;
	log_limited(&p->log_dataplane, p->now, LOG_LEVEL_ERR,
	            "cannot %s tunnels of=%s error=\"%s\"", what, prefix_text(home),
	            strerror(-error));
}

static void set_tunnels(struct pgw *p, const struct mip6_addr *hoa, const struct mip6_addr *coa,
                        const struct mip6_addr *anchor)
{
	struct dataplane_binding binding = {
		.home = mip6_prefix_make(hoa, 128),
		.local = p->config.address,
		.peer = *coa,
		.second = *anchor,
	};
	int error = p->dp_ops->want_binding(p->dp, &binding);

	if (error == 0)
		return;
	dataplane_failed(p, "set", &binding.home, error);
	/* The chain stands all the same: the kernel may have been short of memory for a moment. */
	if (!ev_is_active(&p->repair_timer)) {
		ev_timer_set(&p->repair_timer, REPAIR_S, 0.);
		ev_timer_start(p->loop, &p->repair_timer);
	}
}

void pgw_repair(struct pgw *p)
{
	struct chain_info info;
	size_t cursor = 0;

	while (chain_next(p->core, &cursor, &info))
		if (!mip6_addr_is_unspecified(&info.coa))
			set_tunnels(p, &info.hoa, &info.coa, &info.anchor);
}

static void unset_tunnels(struct pgw *p, const struct mip6_addr *hoa)
{
	struct mip6_prefix home = mip6_prefix_make(hoa, 128);
	int error = p->dp_ops->unwant_binding(p->dp, &home);

	if (error != 0)
		dataplane_failed(p, "remove", &home, error);
}

static void save(struct pgw *p, const struct chain_record *record)
{
	struct ha_record anchor = {
		.hoa = record->wtru.hoa,
		.coa = p->config.address,
		.home_agent = record->anchor,
		.seq = record->anchor_seq,
		.flags = MIP6_BU_A | MIP6_BU_H,
		.lifetime_s = record->anchor_lifetime_s,
		.expires_unix_us = record->anchor_expires_unix_us,
		.owned_until_unix_us = record->anchor_expires_unix_us,
	};

	memcpy(anchor.nai, record->wtru.nai, sizeof(anchor.nai));
	/* Out of memory: the chain lives, only a restart would not know of it. */
	if (store_put(p->wtru_store, &record->wtru) != 0 ||
	    store_put(p->anchor_store, &anchor) != 0)
		log_err("out of memory: hoa=%s not saved", addr_text(&record->wtru.hoa));
}

static void log_notice(struct pgw *p, const struct chain_action *action)
{
	const char *what = chain_notice_name(action->notice.what);
	const char *nai = action->notice.nai != NULL ? action->notice.nai : "";

	switch (action->notice.what) {
	case CHAIN_NOTICE_REFUSED:
		/* Anybody on the Internet can cause these. */
		log_limited(&p->log_notice, p->now, LOG_LEVEL_WARNING,
		            "%s hoa=%s coa=%s nai=\"%s\" status=%u reason=\"%s\"", what,
		            addr_text(&action->notice.hoa), addr_text(&action->notice.coa), nai,
		            action->notice.status, mip6_ba_status_name(action->notice.status));
		break;
	case CHAIN_NOTICE_REFRESHED:
		log_debug("%s hoa=%s coa=%s lifetime_s=%u", what, addr_text(&action->notice.hoa),
		          addr_text(&action->notice.coa), action->notice.lifetime_s);
		break;
	case CHAIN_NOTICE_REGISTERED:
	case CHAIN_NOTICE_MOVED:
		log_info("%s hoa=%s coa=%s anchor=%s nai=\"%s\" lifetime_s=%u", what,
		         addr_text(&action->notice.hoa), addr_text(&action->notice.coa),
		         addr_text(&action->notice.anchor), nai, action->notice.lifetime_s);
		break;
	case CHAIN_NOTICE_LOST:
		log_warning("%s hoa=%s anchor=%s nai=\"%s\" status=%u", what,
		            addr_text(&action->notice.hoa), addr_text(&action->notice.anchor), nai,
		            action->notice.status);
		break;
	case CHAIN_NOTICE_RELEASED:
	case CHAIN_NOTICE_EXPIRED:
	case CHAIN_NOTICE_REVOKED:
	case CHAIN_NOTICE_LEFT:
		log_info("%s hoa=%s nai=\"%s\"", what, addr_text(&action->notice.hoa), nai);
		break;
	case CHAIN_NOTICE_SILENT:
	case CHAIN_NOTICE_RESTARTED:
		log_warning("%s anchor=%s: registering its chains again", what,
		            addr_text(&action->notice.anchor));
		break;
	}
}

void pgw_emit(void *ctx, const struct chain_action *action)
{
	struct pgw *p = ctx;

	switch (action->type) {
	case CHAIN_ACTION_SEND:
		send_packet(p, &action->packet);
		break;
	case CHAIN_ACTION_WANT_CHAIN:
		set_tunnels(p, &action->chain.hoa, &action->chain.coa, &action->chain.anchor);
		break;
	case CHAIN_ACTION_UNWANT_CHAIN:
		unset_tunnels(p, &action->chain.hoa);
		break;
	case CHAIN_ACTION_SAVE:
		save(p, action->save);
		break;
	case CHAIN_ACTION_FORGET:
		store_remove(p->wtru_store, &action->forget);
		store_remove(p->anchor_store, &action->forget);
		break;
	case CHAIN_ACTION_NOTIFY:
		log_notice(p, action);
		pgw_publish(p, action);
		break;
	}
}

/* --- restart --- */

struct found {
	struct pgw *p;
	struct ha_record *legs; /* the anchors', sorted by home address */
	size_t leg_count, leg_space;
	struct mip6_prefix *tunnels;
	size_t tunnel_count, tunnel_space;
};

/* Room for one more of `size` octets; false when there is no memory. */
static bool grow(void **array, size_t count, size_t *space, size_t size)
{
	size_t more = *space == 0 ? 64 : *space * 2;
	void *bigger;

	if (count < *space)
		return true;
	bigger = reallocarray(*array, more, size);
	if (bigger == NULL)
		return false;
	*array = bigger;
	*space = more;
	return true;
}

static void collect_leg(void *ctx, const struct ha_record *record)
{
	struct found *found = ctx;
	void *legs = found->legs;

	if (grow(&legs, found->leg_count, &found->leg_space, sizeof(*found->legs))) {
		found->legs = legs;
		found->legs[found->leg_count++] = *record;
	}
}

static void collect_tunnel(void *ctx, const struct dataplane_binding *binding)
{
	struct found *found = ctx;
	void *tunnels = found->tunnels;

	if (grow(&tunnels, found->tunnel_count, &found->tunnel_space, sizeof(*found->tunnels))) {
		found->tunnels = tunnels;
		found->tunnels[found->tunnel_count++] = binding->home;
	}
}

static int compare(const void *a, const void *b)
{
	const struct ha_record *x = a, *y = b;

	return memcmp(x->hoa.b, y->hoa.b, sizeof(x->hoa.b));
}

static void restore_chain(void *ctx, const struct ha_record *wtru)
{
	const struct found *found = ctx;
	const struct ha_record *leg = NULL;
	struct chain_record record = {.wtru = *wtru};
	struct chain_event event = {.type = CHAIN_EVENT_RESTORE, .restore = &record};

	if (found->leg_count > 0)
		leg = bsearch(wtru, found->legs, found->leg_count, sizeof(*leg), compare);
	if (leg != NULL) { /* else expired: the core then forgets it */
		record.anchor = leg->home_agent;
		record.anchor_seq = leg->seq;
		record.anchor_lifetime_s = leg->lifetime_s;
		record.anchor_expires_unix_us = leg->expires_unix_us;
	}
	pgw_step(found->p, &event);
}

void pgw_restore(struct pgw *p)
{
	struct found found = {.p = p};
	uint32_t counter = records_restart_counter(p->records);
	size_t removed = 0;
	int error = p->dp_ops->list(p->dp, collect_tunnel, &found);

	if (error != 0)
		log_warning("cannot list tunnels of an earlier run error=\"%s\"", strerror(-error));
	store_walk(p->anchor_store, collect_leg, &found);
	if (found.leg_count > 0)
		qsort(found.legs, found.leg_count, sizeof(*found.legs), compare);
	store_walk(p->wtru_store, restore_chain, &found);
	for (size_t i = 0; i < found.tunnel_count; i++) {
		struct chain_info info;

		if (chain_find(p->core, &found.tunnels[i].addr, &info) &&
		    !mip6_addr_is_unspecified(&info.coa))
			continue;
		removed++;
		unset_tunnels(p, &found.tunnels[i].addr);
	}
	if (chain_count(p->core) > 0 || found.tunnel_count > 0)
		log_info("restored chains=%zu tunnels-adopted=%zu tunnels-removed=%zu",
		         chain_count(p->core), found.tunnel_count - removed, removed);
	free(found.legs);
	free(found.tunnels);
	if (chain_count(p->core) > 0 && counter != 0)
		return;
	/* RFC 5847 section 3.3: WTRUs with chains that we do not know must register again. */
	p->restart_counter = counter != 0 ? counter + 1 : (uint32_t)(clock_unix_us() / 1000000);
	if (p->restart_counter == 0)
		p->restart_counter = 1;
	records_set_restart_counter(p->records, p->restart_counter);
}
