// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carries out what the home-agent core wants: packets, tunnels, defence of home addresses, records,
 * words to the operator. Takes no decision, and never steps the core.
 */
#include <stdlib.h>

#include "dgwd.h"

static void send_packet(struct dgwd *d, const struct ha_action *action)
{
	const struct rtnl_link *access = links_access(d->links);

	dgwd_send(d, &action->packet, action->on_link && access != NULL ? access->ifindex : 0);
}

static void want_binding(struct dgwd *d, const struct ha_action *action)
{
	struct dataplane_binding binding = {
		.home = action->binding.prefix,
		.local = action->binding.home_agent,
		.peer = action->binding.coa,
	};

	tunnels_want(d, &binding);
	router_tunnelled(d->dgw.router, &binding.home, true);
}

static void unwant_binding(struct dgwd *d, const struct ha_action *action)
{
	router_tunnelled(d->dgw.router, &action->binding.prefix, false);
	tunnels_unwant(d, &action->binding.prefix);
}

static void repair(struct dgwd *d, const struct ha_binding_info *info)
{
	struct dataplane_binding binding = {
		.home = info->prefix,
		.local = info->home_agent,
		.peer = info->coa,
	};

	if (!mip6_addr_is_unspecified(&info->coa) && !info->pending_dad)
		tunnels_want(d, &binding);
}

void dgw_repair(struct dgwd *d)
{
	struct ha_binding_info info;
	size_t cursor = 0;

	while (ha_binding_next(d->dgw.core, &cursor, &info))
		repair(d, &info);
}

void dgw_repair_one(struct dgwd *d, const struct mip6_addr *hoa)
{
	struct ha_binding_info info;

	if (d->dgw.core != NULL && ha_binding_find(d->dgw.core, hoa, &info))
		repair(d, &info);
}

static void released(struct dgw *dgw, const struct mip6_prefix *prefix)
{
	if (dgw->released_count == dgw->released_space) {
		size_t space = dgw->released_space == 0 ? 16 : dgw->released_space * 2;
		struct mip6_prefix *more = reallocarray(dgw->released, space, sizeof(*more));

		if (more == NULL)
			return; /* the lease ends by time instead */
		dgw->released = more;
		dgw->released_space = space;
	}
	dgw->released[dgw->released_count++] = *prefix;
}

static void log_notice(struct dgwd *d, const struct ha_action *action)
{
	const char *what = ha_notice_name(action->notice.what);
	const char *nai = action->notice.nai != NULL ? action->notice.nai : "";

	switch (action->notice.what) {
	case HA_NOTICE_REFUSED:
		/* Anybody on the Internet can cause these. */
		log_limited(&d->log_notice, d->now, LOG_LEVEL_WARNING,
		            "%s hoa=%s coa=%s nai=\"%s\" status=%u reason=\"%s\"", what,
		            addr_text(&action->notice.hoa), addr_text(&action->notice.coa), nai,
		            action->notice.status, mip6_ba_status_name(action->notice.status));
		break;
	case HA_NOTICE_REFRESHED:
		log_debug("%s hoa=%s coa=%s lifetime_s=%u", what, addr_text(&action->notice.hoa),
		          addr_text(&action->notice.coa), action->notice.lifetime_s);
		break;
	case HA_NOTICE_REGISTERED:
	case HA_NOTICE_MOVED:
		log_info("%s hoa=%s coa=%s nai=\"%s\" lifetime_s=%u", what,
		         addr_text(&action->notice.hoa), addr_text(&action->notice.coa), nai,
		         action->notice.lifetime_s);
		break;
	case HA_NOTICE_CLAIMED:
	case HA_NOTICE_RETURNED:
	case HA_NOTICE_RELEASED:
	case HA_NOTICE_EXPIRED:
	case HA_NOTICE_REVOKED:
		log_info("%s hoa=%s nai=\"%s\"", what, addr_text(&action->notice.hoa), nai);
		break;
	}
}

static void tell_discovery(struct discovery *discovery, const struct ha_action *action)
{
	switch (action->notice.what) {
	case HA_NOTICE_REGISTERED:
	case HA_NOTICE_MOVED:
	case HA_NOTICE_REFRESHED:
		discovery_bound(discovery, &action->notice.hoa);
		break;
	case HA_NOTICE_RETURNED:
	case HA_NOTICE_RELEASED:
	case HA_NOTICE_EXPIRED:
	case HA_NOTICE_REVOKED:
		discovery_unbound(discovery, &action->notice.hoa);
		break;
	case HA_NOTICE_CLAIMED:
	case HA_NOTICE_REFUSED:
		break;
	}
}

static void notify(struct dgwd *d, const struct ha_action *action)
{
	if (action->notice.what == HA_NOTICE_CLAIMED || action->notice.what == HA_NOTICE_RETURNED)
		router_claimed(d->dgw.router, &action->notice.hoa);
	tell_discovery(d->dgw.discovery, action);
	log_notice(d, action);
	keying_notice(d, action);
	dgw_publish(d, action);
}

void dgw_emit(void *ctx, const struct ha_action *action)
{
	struct dgwd *d = ctx;

	switch (action->type) {
	case HA_ACTION_SEND:
		send_packet(d, action);
		break;
	case HA_ACTION_WANT_BINDING:
		want_binding(d, action);
		break;
	case HA_ACTION_UNWANT_BINDING:
		unwant_binding(d, action);
		break;
	case HA_ACTION_WANT_PROXY:
		proxy_want(d->dgw.proxy, &action->proxy.hoa, action->proxy.link_local,
		           action->proxy.router);
		break;
	case HA_ACTION_UNWANT_PROXY:
		proxy_unwant(d->dgw.proxy, &action->proxy.hoa);
		break;
	case HA_ACTION_START_DAD:
		proxy_detect(d->dgw.proxy, &action->dad.hoa, !action->dad.only_link_local,
		             action->dad.link_local);
		break;
	case HA_ACTION_SAVE:
		/* Out of memory: the binding lives, only a restart would not know of it. */
		if (store_put(d->stores[DGW_STORE_BINDINGS], action->save) != 0)
			log_err("out of memory: hoa=%s not saved", addr_text(&action->save->hoa));
		break;
	case HA_ACTION_FORGET:
		store_remove(d->stores[DGW_STORE_BINDINGS], &action->forget);
		d->esp.collect_due = true;
		break;
	case HA_ACTION_RELEASED:
		released(&d->dgw, &action->released);
		break;
	case HA_ACTION_ASK_AAA:
		aaa_ask(d, action);
		break;
	case HA_ACTION_NOTIFY:
		notify(d, action);
		break;
	}
}
