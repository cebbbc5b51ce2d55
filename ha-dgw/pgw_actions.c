// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carries out what the chain core wants: packets, pairs of tunnels, records, words to the operator;
 * and takes up where an earlier run ended. Takes no decision, and steps the core only to restore.
 *
 * On disk a chain is two rows, one per leg, in the form that a binding has at a D-GW: the anchor's
 * leg is a binding of the home address to our own address, with the anchor as home agent.
 */
#include <stdlib.h>

#include "dgwd.h"

static void want_tunnels(struct dgwd *d, const struct mip6_addr *hoa, const struct mip6_addr *coa,
                         const struct mip6_addr *anchor)
{
	struct dataplane_binding binding = {
		.home = mip6_prefix_make(hoa, 128),
		.local = d->config.address,
		.peer = *coa,
		.second = *anchor,
	};

	tunnels_want(d, &binding);
}

static void unwant_tunnels(struct dgwd *d, const struct mip6_addr *hoa)
{
	struct mip6_prefix home = mip6_prefix_make(hoa, 128);

	tunnels_unwant(d, &home);
}

void pgw_repair(struct dgwd *d)
{
	struct chain_info info;
	size_t cursor = 0;

	while (chain_next(d->pgw.core, &cursor, &info))
		if (!mip6_addr_is_unspecified(&info.coa))
			want_tunnels(d, &info.hoa, &info.coa, &info.anchor);
}

static void save(struct dgwd *d, const struct chain_record *record)
{
	struct ha_record anchor = {
		.hoa = record->wtru.hoa,
		.coa = d->config.address,
		.home_agent = record->anchor,
		.seq = record->anchor_seq,
		.flags = MIP6_BU_A | MIP6_BU_H,
		.lifetime_s = record->anchor_lifetime_s,
		.expires_unix_us = record->anchor_expires_unix_us,
		.owned_until_unix_us = record->anchor_expires_unix_us,
	};

	memcpy(anchor.nai, record->wtru.nai, sizeof(anchor.nai));
	/* Out of memory: the chain lives, only a restart would not know of it. */
	if (store_put(d->stores[PGW_STORE_WTRU], &record->wtru) != 0 ||
	    store_put(d->stores[PGW_STORE_ANCHOR], &anchor) != 0)
		log_err("out of memory: hoa=%s not saved", addr_text(&record->wtru.hoa));
}

static void log_notice(struct dgwd *d, const struct chain_action *action)
{
	const char *what = chain_notice_name(action->notice.what);
	const char *nai = action->notice.nai != NULL ? action->notice.nai : "";

	switch (action->notice.what) {
	case CHAIN_NOTICE_REFUSED:
		/* Anybody on the Internet can cause these. */
		log_limited(&d->log_notice, d->now, LOG_LEVEL_WARNING,
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
	struct dgwd *d = ctx;

	switch (action->type) {
	case CHAIN_ACTION_SEND:
		dgwd_send(d, &action->packet, 0);
		break;
	case CHAIN_ACTION_WANT_CHAIN:
		want_tunnels(d, &action->chain.hoa, &action->chain.coa, &action->chain.anchor);
		break;
	case CHAIN_ACTION_UNWANT_CHAIN:
		unwant_tunnels(d, &action->chain.hoa);
		break;
	case CHAIN_ACTION_SAVE:
		save(d, action->save);
		break;
	case CHAIN_ACTION_FORGET:
		store_remove(d->stores[PGW_STORE_WTRU], &action->forget);
		store_remove(d->stores[PGW_STORE_ANCHOR], &action->forget);
		break;
	case CHAIN_ACTION_NOTIFY:
		log_notice(d, action);
		pgw_publish(d, action);
		break;
	}
}

/* --- restart --- */

struct legs {
	struct dgwd *d;
	struct ha_record *anchors; /* sorted by home address */
	size_t count, space;
};

static void collect_leg(void *ctx, const struct ha_record *record)
{
	struct legs *legs = ctx;

	if (legs->count == legs->space) {
		size_t space = legs->space == 0 ? 64 : legs->space * 2;
		struct ha_record *more = reallocarray(legs->anchors, space, sizeof(*more));

		if (more == NULL)
			return; /* the chain is lost: its WTRU will hear of it */
		legs->anchors = more;
		legs->space = space;
	}
	legs->anchors[legs->count++] = *record;
}

static int compare(const void *a, const void *b)
{
	const struct ha_record *x = a, *y = b;

	return memcmp(x->hoa.b, y->hoa.b, sizeof(x->hoa.b));
}

static void restore_chain(void *ctx, const struct ha_record *wtru)
{
	const struct legs *legs = ctx;
	const struct ha_record *anchor = NULL;
	struct chain_record record = {.wtru = *wtru};
	struct chain_event event = {.type = CHAIN_EVENT_RESTORE, .restore = &record};

	if (legs->count > 0)
		anchor = bsearch(wtru, legs->anchors, legs->count, sizeof(*anchor), compare);
	if (anchor != NULL) { /* else expired: the core then forgets it */
		record.anchor = anchor->home_agent;
		record.anchor_seq = anchor->seq;
		record.anchor_lifetime_s = anchor->lifetime_s;
		record.anchor_expires_unix_us = anchor->expires_unix_us;
	}
	pgw_step(legs->d, &event);
}

size_t pgw_restore(struct dgwd *d)
{
	struct legs legs = {.d = d};

	store_walk(d->stores[PGW_STORE_ANCHOR], collect_leg, &legs);
	if (legs.count > 0)
		qsort(legs.anchors, legs.count, sizeof(*legs.anchors), compare);
	store_walk(d->stores[PGW_STORE_WTRU], restore_chain, &legs);
	free(legs.anchors);
	return chain_count(d->pgw.core);
}
