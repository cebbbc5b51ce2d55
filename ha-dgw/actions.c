// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carries out what the home-agent core wants: packets, tunnels, defence of home addresses, records,
 * words to the operator. Takes no decision, and never steps the core.
 *
 * Order matters where packets are in flight: a tunnel is up before the route to the access link
 * goes, and that route is back before the tunnel goes.
 */
#include <errno.h>
#include <stdlib.h>

#include "dgwd.h"

#define REPAIR_S 1.0

static void send_packet(struct dgwd *d, const struct mip6_packet *packet)
{
	int error = transport_send(d->transport, packet);

	/* The peer's retransmission repairs it. */
	if (error != 0)
		log_limited(&d->log_send, d->now, LOG_LEVEL_WARNING,
		            "cannot send to=%s error=\"%s\"", addr_text(&packet->dst),
		            strerror(-error));
}

static void dataplane_failed(struct dgwd *d, const char *what, const struct mip6_prefix *home,
                             int error)
{
	d->dataplane_errors++;
	log_limited(&d->log_dataplane, d->now, LOG_LEVEL_ERR, "cannot %s tunnel of=%s error=\"%s\"",
	            what, prefix_text(home), strerror(-error));
}

/* The binding stands all the same: the kernel may have been short of memory for a moment. */
static void repair_later(struct dgwd *d)
{
	if (!ev_is_active(&d->repair_timer)) {
		ev_timer_set(&d->repair_timer, REPAIR_S, 0.);
		ev_timer_start(d->loop, &d->repair_timer);
	}
}

static void set_tunnel(struct dgwd *d, const struct dataplane_binding *binding)
{
	int error = d->dp_ops->want_binding(d->dp, binding);

	if (error == 0)
		return;
	dataplane_failed(d, "set", &binding->home, error);
	repair_later(d);
}

static void want_binding(struct dgwd *d, const struct ha_action *action)
{
	struct dataplane_binding binding = {
		.home = action->binding.prefix,
		.local = action->binding.home_agent,
		.peer = action->binding.coa,
	};

	set_tunnel(d, &binding);
	restore_wanted(d, &binding.home);
	router_tunnelled(d->router, &binding.home, true);
}

void actions_repair(struct dgwd *d)
{
	struct ha_binding_info info;
	size_t cursor = 0;

	while (ha_binding_next(d->core, &cursor, &info)) {
		struct dataplane_binding binding = {
			.home = info.prefix,
			.local = info.home_agent,
			.peer = info.coa,
		};

		if (!mip6_addr_is_unspecified(&info.coa) && !info.pending_dad)
			set_tunnel(d, &binding);
	}
}

static void unwant_binding(struct dgwd *d, const struct ha_action *action)
{
	int error;

	router_tunnelled(d->router, &action->binding.prefix, false);
	error = d->dp_ops->unwant_binding(d->dp, &action->binding.prefix);
	if (error != 0)
		dataplane_failed(d, "remove", &action->binding.prefix, error);
}

static void released(struct dgwd *d, const struct mip6_prefix *prefix)
{
	if (d->released_count == d->released_space) {
		size_t space = d->released_space == 0 ? 16 : d->released_space * 2;
		struct mip6_prefix *more = reallocarray(d->released, space, sizeof(*more));

		if (more == NULL)
			return; /* the lease ends by time instead */
		d->released = more;
		d->released_space = space;
	}
	d->released[d->released_count++] = *prefix;
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

static void notify(struct dgwd *d, const struct ha_action *action)
{
	if (action->notice.what == HA_NOTICE_CLAIMED || action->notice.what == HA_NOTICE_RETURNED)
		router_claimed(d->router, &action->notice.hoa);
	log_notice(d, action);
	commands_publish(d, action);
}

void actions_emit(void *ctx, const struct ha_action *action)
{
	struct dgwd *d = ctx;

	switch (action->type) {
	case HA_ACTION_SEND:
		send_packet(d, &action->packet);
		break;
	case HA_ACTION_WANT_BINDING:
		want_binding(d, action);
		break;
	case HA_ACTION_UNWANT_BINDING:
		unwant_binding(d, action);
		break;
	case HA_ACTION_WANT_PROXY:
		proxy_want(d->proxy, &action->proxy.hoa, action->proxy.link_local,
		           action->proxy.router);
		break;
	case HA_ACTION_UNWANT_PROXY:
		proxy_unwant(d->proxy, &action->proxy.hoa);
		break;
	case HA_ACTION_START_DAD:
		proxy_detect(d->proxy, &action->dad.hoa);
		break;
	case HA_ACTION_SAVE:
		/* Out of memory: the binding lives, only a restart would not know of it. */
		if (store_put(d->store, action->save) != 0)
			log_err("out of memory: hoa=%s not saved", addr_text(&action->save->hoa));
		break;
	case HA_ACTION_FORGET:
		store_remove(d->store, &action->forget);
		break;
	case HA_ACTION_RELEASED:
		released(d, &action->released);
		break;
	case HA_ACTION_NOTIFY:
		notify(d, action);
		break;
	}
}
