// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The life of an instance: one HoA with its anchor, from the first address on a D-GW's link until
 * nobody uses the HoA any more (RFC 6275 sections 11.5.2 and 11.5.5).
 *
 *   HOME ──left──▶ REGISTERING ──BA──▶ BOUND ──moved──▶ REGISTERING …
 *    ▲                  │ error status      │
 *    │                  ▼                   │ idle
 *    │              REFUSED                 ▼
 *    └─BA── RETURNING ◀──back on its link   RELEASING ──BA or tries used up──▶ ended
 *
 * AWAY is the state between: off its link, and no CoA yet. An instance on a link that is attached
 * but not the primary one stays where it is: its HoA works natively. Only a change of the primary
 * attachment binds what was native on the one that is left.
 *
 * At a change every BU leaves before any tunnel is touched, for all instances in one step: the
 * anchors work while we do. When the old way still works (two interfaces), an instance goes on
 * using it until the anchor has answered, and receives on both; when it does not, the tunnel
 * changes at once.
 *
 * Owned here: the instance table, and what the kernel was asked to want for each instance.
 */
#include "wtru_private.h"

struct wtru_instance *wtru_instance_find(struct wtru *w, const struct mip6_addr *hoa)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (mip6_addr_equal(&i->hoa, hoa))
			return i;
	}
	return NULL;
}

bool wtru_instance_is_away(const struct wtru_instance *i)
{
	return i->state != WTRU_HOME && i->state != WTRU_RETURNING;
}

/* Wants. Each is remembered, so that every want finds its unwant. */

void wtru_instance_want_hoa(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_action action = {.type = WTRU_ACTION_WANT_HOA};

	if (i->discovery.invalid)
		return; /* RFC 4862 section 5.5.4: MUST NOT be used */
	action.hoa.hoa = i->hoa;
	action.hoa.prefix_len = i->prefix_len;
	action.hoa.ifindex = i->ifindex;
	i->want_hoa = true;
	wtru_emit(w, &action);
}

static void unwant_hoa(struct wtru *w, struct wtru_instance *i, bool ended)
{
	struct wtru_action action = {.type = WTRU_ACTION_UNWANT_HOA};

	if (!i->want_hoa)
		return;
	action.hoa.hoa = i->hoa;
	action.hoa.prefix_len = i->prefix_len;
	action.hoa.ifindex = i->ifindex;
	action.hoa.ended = ended;
	i->want_hoa = false;
	wtru_emit(w, &action);
}

void wtru_instance_unwant_hoa(struct wtru *w, struct wtru_instance *i)
{
	unwant_hoa(w, i, true);
}

static void emit_path(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_action action = {.type = WTRU_ACTION_WANT_BINDING};

	action.binding.hoa = i->hoa;
	action.binding.prefix_len = i->prefix_len;
	action.binding.coa = i->path_coa;
	action.binding.anchor = i->path_peer;
	action.binding.router = i->path_router;
	action.binding.ifindex = i->path_ifindex;
	action.binding.receive_only = i->path_receive_only;
	if (i->path_receive_only) {
		struct wtru_link *native = wtru_link_find(w, i->ifindex);
		const struct wtru_router *router = native ? wtru_link_router(native) : NULL;

		action.binding.native_ifindex = i->ifindex;
		if (router)
			action.binding.native_router = router->addr;
	}
	wtru_emit(w, &action);
}

static void want_path(struct wtru *w, struct wtru_instance *i, bool receive_only)
{
	if (i->want_binding && i->path_receive_only == receive_only &&
	    i->path_ifindex == i->coa_ifindex && mip6_addr_equal(&i->path_coa, &i->coa) &&
	    mip6_addr_equal(&i->path_peer, &i->peer) &&
	    mip6_addr_equal(&i->path_router, &i->router))
		return;
	i->want_binding = true;
	i->path_coa = i->coa;
	i->path_peer = i->peer;
	i->path_router = i->router;
	i->path_ifindex = i->coa_ifindex;
	i->path_receive_only = receive_only;
	emit_path(w, i);
}

void wtru_instance_untunnel(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_action action = {.type = WTRU_ACTION_UNWANT_BINDING};

	if (!i->want_binding)
		return;
	action.binding.hoa = i->hoa;
	action.binding.prefix_len = i->prefix_len;
	action.binding.coa = i->path_coa;
	action.binding.anchor = i->path_peer;
	action.binding.router = i->path_router;
	action.binding.ifindex = i->path_ifindex;
	i->want_binding = false;
	i->path_receive_only = false;
	wtru_emit(w, &action);
}

void wtru_instance_tunnel(struct wtru *w, struct wtru_instance *i)
{
	want_path(w, i, false);
}

/* Does the HoA still work natively on the link that it came from? */
static bool native_alive(struct wtru *w, const struct wtru_instance *i)
{
	struct wtru_link *link = wtru_link_find(w, i->ifindex);
	struct wtru_address *a = link ? wtru_link_find_address(link, &i->hoa) : NULL;

	/* On its home link a configured HoA would be taken for a duplicate by its home agent. */
	return !i->fixed && a && a->usable && link->up && link->confirmed &&
	       link->generation == i->generation;
}

/* Does the tunnel that is wanted now still work? */
static bool tunnel_alive(struct wtru *w, const struct wtru_instance *i)
{
	struct wtru_link *link = wtru_link_find(w, i->path_ifindex);
	struct wtru_address *a = link ? wtru_link_find_address(link, &i->path_coa) : NULL;
	struct wtru_router *router = link ? wtru_link_router(link) : NULL;

	return i->want_binding && a && a->usable && link->up && link->confirmed && router &&
	       wtru_router_prefix(router, &i->path_coa, w->now);
}

static bool old_way_alive(struct wtru *w, const struct wtru_instance *i)
{
	if (!i->want_binding || i->path_receive_only)
		return native_alive(w, i);
	return tunnel_alive(w, i);
}

/* Making and ending */

/* Take the primary attachment as CoA. */
static void take_coa(struct wtru *w, struct wtru_instance *i)
{
	i->coa = w->primary.coa;
	i->router = w->primary.router;
	i->coa_ifindex = w->primary.ifindex;
}

/* Is there a CoA from which the anchor can be told something? */
static bool can_tell(const struct wtru *w, const struct wtru_instance *i)
{
	return w->primary.valid && !w->primary.suspended &&
	       !mip6_addr_equal(&w->primary.coa, &i->hoa) && mip6_addr_is_routable(&i->anchor);
}

static void remove_instance(struct wtru *w, struct wtru_instance *i)
{
	size_t at = 0;

	while (&w->instance[w->order[at]] != i)
		at++;
	w->instance_count--;
	for (; at < w->instance_count; at++)
		w->order[at] = w->order[at + 1];
	i->used = false;
}

void wtru_instance_end(struct wtru *w, struct wtru_instance *i)
{
	wtru_instance_untunnel(w, i);
	wtru_home_unwant_native(w, i);
	/* An address that a link still has natively is not ours to remove. */
	unwant_hoa(w, i, !native_alive(w, i));
	wtru_notify(w, WTRU_NOTICE_ENDED, i, 0);
	wtru_count(w, WTRU_STAT_INSTANCES_ENDED);
	remove_instance(w, i);
	w->dirty = true;
}

/* Make room for one more: the oldest one that is away and unused goes. Never one in use. */
static bool make_room(struct wtru *w)
{
	for (size_t n = w->instance_count; n > 0; n--) {
		struct wtru_instance *i = &w->instance[w->order[n - 1]];

		if (!wtru_instance_is_away(i) || i->keep || i->fixed || i->sockets > 0 ||
		    !i->last_use_known ||
		    w->now - i->last_use < w->config.use_interval_ms * MIP6_MS)
			continue;
		if (can_tell(w, i) && i->state != WTRU_RELEASING) {
			take_coa(w, i);
			wtru_binding_start(w, i, WTRU_EXCHANGE_RELEASE);
		}
		wtru_instance_end(w, i);
		return true;
	}
	return false;
}

struct wtru_instance *wtru_instance_add(struct wtru *w, const struct mip6_addr *hoa)
{
	struct wtru_instance *i = NULL;

	if (w->instance_count == w->config.instances_max && !make_room(w))
		return NULL;
	for (uint16_t n = 0; n < w->config.instances_max; n++) {
		if (w->instance[n].used)
			continue;
		i = &w->instance[n];
		memset(i, 0, sizeof(*i));
		for (size_t k = w->instance_count; k > 0; k--)
			w->order[k] = w->order[k - 1];
		w->order[0] = n;
		w->instance_count++;
		break;
	}
	if (!i)
		return NULL;
	i->used = true;
	i->hoa = *hoa;
	/* RFC 6275 section 11.7.2: without a record the sequence number starts anywhere. */
	i->seq = (uint16_t)w->env->random(w->env->ctx);
	i->valid_until = MIP6_TIME_NEVER;
	i->valid_until_unix_us = INT64_MAX;
	i->due = MIP6_TIME_NEVER;
	i->expires = MIP6_TIME_NEVER;
	i->gone_due = MIP6_TIME_NEVER;
	i->home_wait = MIP6_TIME_NEVER;
	i->hinted = INT64_MIN / 2;
	i->live_until = INT64_MIN / 2;
	i->native_due = INT64_MIN;
	i->native_gone = INT64_MIN;
	i->agent.due = MIP6_TIME_NEVER;
	wtru_discovery_init(&i->discovery);
	i->accepted = INT64_MIN / 2;
	i->last_use = w->now;
	return i;
}

static void set_validity(struct wtru *w, struct wtru_instance *i, struct wtru_link *link,
                         const struct wtru_address *a)
{
	const struct wtru_prefix *prefix =
		wtru_router_prefix(wtru_link_router(link), &a->addr, w->now);

	/* A configured HoA is ours without end, but no longer than its home prefix lives. */
	i->valid_until =
		i->fixed && prefix ? prefix->valid_until : wtru_link_valid_until(w, link, a);
	i->valid_until_unix_us = i->valid_until == MIP6_TIME_NEVER
	                                 ? INT64_MAX
	                                 : w->env->unix_us(w->env->ctx) + (i->valid_until - w->now);
}

const char *wtru_operator_of(const struct wtru *w, const struct wtru_router *router,
                             const struct mip6_addr *hoa)
{
	const struct wtru_override *best = NULL;

	for (size_t n = 0; n < w->config.override_count; n++) {
		const struct wtru_override *o = &w->config.overrides[n];

		if (mip6_prefix_contains(&o->prefix, hoa) &&
		    (!best || o->prefix.len > best->prefix.len))
			best = o;
	}
	return best && best->operator_name[0] ? best->operator_name : router->operator_name;
}

static void create_on(struct wtru *w, struct wtru_link *link)
{
	struct wtru_router *router = wtru_link_router(link);

	for (size_t n = 0; n < WTRU_ADDRESSES_MAX; n++) {
		struct wtru_address *a = &link->address[n];
		const struct wtru_prefix *prefix;
		struct wtru_instance *i;

		if (!a->used || !a->usable)
			continue;
		prefix = wtru_router_prefix(router, &a->addr, w->now);
		if (!prefix || mip6_addr_is_unspecified(&prefix->anchor))
			continue; /* serves as CoA, but nobody could anchor it */
		i = wtru_instance_find(w, &a->addr);
		if (i) {
			/* RFC 6275 section 11.7.1: lifetimes never exceed the HoA's. */
			if (i->state == WTRU_HOME && i->ifindex == link->ifindex) {
				set_validity(w, i, link, a);
				i->prefix_valid_s = prefix->valid_s;
				wtru_link_local_shared(i, prefix);
			}
			continue;
		}
		i = wtru_instance_add(w, &a->addr);
		if (!i) {
			if (!a->limit_told)
				wtru_notify(w, WTRU_NOTICE_LIMIT,
				            &(struct wtru_instance){.hoa = a->addr,
				                                    .anchor = prefix->anchor,
				                                    .ifindex = link->ifindex},
				            0);
			a->limit_told = true;
			continue;
		}
		i->prefix_len = a->prefix_len;
		i->anchor = i->peer = prefix->anchor;
		i->ifindex = link->ifindex;
		i->generation = link->generation;
		i->prefix_valid_s = prefix->valid_s;
		wtru_link_local_shared(i, prefix);
		i->state = WTRU_HOME;
		set_validity(w, i, link, a);
		memcpy(i->operator_name, wtru_operator_of(w, router, &a->addr),
		       sizeof(i->operator_name));
		wtru_count(w, WTRU_STAT_INSTANCES_CREATED);
		wtru_notify(w, WTRU_NOTICE_CREATED, i, 0);
		w->dirty = true;
		wtru_binding_claim(w, i);
	}
}

void wtru_instances_create(struct wtru *w)
{
	for (size_t n = 0; n < w->config.links_max; n++) {
		if (w->link[n].used && w->link[n].attached)
			create_on(w, &w->link[n]);
	}
}

/* Away */

void wtru_instance_set_away(struct wtru *w, struct wtru_instance *i)
{
	if (!wtru_instance_is_away(i)) {
		i->last_use = w->now; /* the linger time starts when the link is left */
		i->last_use_known = false;
		i->sockets = 0;
		w->dirty = true;
	}
	wtru_binding_cancel(i);
	i->state = WTRU_AWAY;
}

/*
 * Second half of a binding, when all BUs have left: the HoA stays configured, the tunnel changes
 * now or when the anchor has answered.
 */
static void path(struct wtru *w, struct wtru_instance *i)
{
	bool alive = old_way_alive(w, i);

	if (!i->want_hoa)
		wtru_instance_want_hoa(w, i);
	if (!alive)
		want_path(w, i, false);
	else if (!i->want_binding || i->path_receive_only)
		want_path(w, i, true);
}

/*
 * First half of a binding: the BU. As long as the HoA works over another link no time is lost, and
 * no packet should be: then all is ready to receive before the anchor hears of the new CoA.
 */
static void register_coa(struct wtru *w, struct wtru_instance *i)
{
	if (i->state == WTRU_HOME || i->state == WTRU_RETURNING)
		wtru_instance_set_away(w, i);
	i->gone_due = MIP6_TIME_NEVER;
	i->home_wait = MIP6_TIME_NEVER;
	i->release_pending = false;
	i->refused_wait_s = 0; /* another CoA may find the anchor in another mood */
	i->fallback = false;
	take_coa(w, i);
	wtru_link_local_choose(w, i);
	i->state = WTRU_REGISTERING;
	i->expires = MIP6_TIME_NEVER;
	if (old_way_alive(w, i))
		path(w, i);
	wtru_binding_start(w, i, WTRU_EXCHANGE_REGISTER);
	w->dirty = true;
}

void wtru_instance_take_back(struct wtru *w, struct wtru_instance *i)
{
	i->release_pending = false;
	if (i->state == WTRU_RELEASING)
		wtru_instance_set_away(
			w, i); /* wtru_reconcile() binds it again, as soon as there is a CoA */
	w->dirty = true;
}

void wtru_instance_release(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_link *home = wtru_link_home(w, i);

	i->gone_due = MIP6_TIME_NEVER;
	i->home_wait = MIP6_TIME_NEVER;
	if (home) {
		/*
		 * Its own link is attached (though not the primary one): there it goes on natively.
		 */
		wtru_instance_at_home(w, i);
		return;
	}
	if (!can_tell(w, i)) {
		wtru_instance_end(w, i); /* the anchor's lifetimes do the rest */
		return;
	}
	take_coa(w, i);
	i->state = WTRU_RELEASING;
	i->release_pending = false;
	i->expires = MIP6_TIME_NEVER;
	wtru_binding_start(w, i, WTRU_EXCHANGE_RELEASE);
	w->dirty = true;
}

/* Home again */

void wtru_instance_at_home(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_link *link = wtru_link_home(w, i);
	struct wtru_address *a = wtru_link_find_address(link, &i->hoa);
	const struct wtru_prefix *prefix =
		wtru_router_prefix(wtru_link_router(link), &i->hoa, w->now);
	bool alive = i->want_binding && !i->path_receive_only && tunnel_alive(w, i) &&
	             i->path_ifindex != link->ifindex;

	i->gone_due = MIP6_TIME_NEVER;
	i->home_wait = MIP6_TIME_NEVER;
	i->home_waited = false;
	i->release_pending = false;
	i->sockets = 0;
	i->ifindex = link->ifindex;
	i->generation = link->generation;
	i->prefix_valid_s = prefix->valid_s;
	wtru_link_local_shared(i, prefix);
	set_validity(w, i, link, a);
	i->expires = MIP6_TIME_NEVER;
	if (!i->agent_given && !i->maybe_bound && mip6_addr_is_routable(&prefix->anchor))
		wtru_home_set_agent(w, i, &prefix->anchor);
	i->duplicate = false;
	wtru_discovery_at_home(i);
	/*
	 * The tunnel's rule goes before the BU is sent, or the BU, whose source is the HoA, would
	 * enter the tunnel. RFC 6275 section 11.5.5: until that BU is sent the HoA MUST NOT be used
	 * here; both happen in this step, nothing else is sent in between. What the anchor still
	 * tunnels over another link that works is taken until it has answered.
	 */
	if (alive) {
		i->path_receive_only = true;
		emit_path(w, i);
	} else {
		wtru_instance_untunnel(w, i);
	}
	unwant_hoa(w, i, false);
	w->dirty = true;
	if (i->maybe_bound) {
		i->state = WTRU_RETURNING;
		wtru_return_learn_agent(w, i, wtru_link_router(link));
		wtru_binding_start(w, i, WTRU_EXCHANGE_RETURN);
		return;
	}
	wtru_binding_cancel(i);
	wtru_instance_untunnel(w, i);
	i->state = WTRU_HOME;
	wtru_notify(w, WTRU_NOTICE_HOME, i, 0);
	wtru_binding_claim(w, i);
}

/* Placing: where is each instance, where should it be? */

/* The primary link's router has the HoA's prefix, but the HoA is not configured there. */
static bool home_without_address(struct wtru *w, const struct wtru_instance *i)
{
	struct wtru_link *link = wtru_link_find(w, w->primary.ifindex);

	return i->fixed ? wtru_home_is_on(w, link, i)
	                : wtru_router_prefix(wtru_link_router(link), &i->hoa, w->now) != NULL;
}

static void place(struct wtru *w, struct wtru_instance *i, bool moved, uint32_t old_ifindex)
{
	struct wtru_link *home = wtru_link_home(w, i);
	struct wtru_link *own = wtru_link_find(w, i->ifindex);
	bool primary_home = home && home->ifindex == w->primary.ifindex;

	i->rebind = false;
	if (!wtru_instance_is_away(i)) {
		if (home && home->ifindex == i->ifindex &&
		    (primary_home || !moved || i->ifindex != old_ifindex)) {
			i->generation = home->generation;
			return;
		}
		if (primary_home) {
			wtru_instance_at_home(w, i); /* the same HoA on another link */
			return;
		}
		if (home_without_address(w, i))
			wtru_instance_set_away(w, i);
	} else if (primary_home && wtru_return_ready(w, i, home)) {
		wtru_instance_at_home(w, i);
		return;
	} else if (primary_home) {
		/* Not used here before the BU, which waits for its home agent to be found. */
		if (!tunnel_alive(w, i) || i->path_ifindex == w->primary.ifindex)
			wtru_instance_set_away(w, i);
		return;
	}
	if (i->gone_due != MIP6_TIME_NEVER) {
		if (own && own->generation == i->generation && own->up)
			return; /* on_gone() decides */
		i->gone_due = MIP6_TIME_NEVER;
	}
	if (!home_without_address(w, i)) {
		i->home_waited = false;
		i->home_wait = MIP6_TIME_NEVER;
	} else if (i->fixed) {
		/* Never bound from its own home link: the address is on its way, or a duplicate. */
		if (!tunnel_alive(w, i) || i->path_ifindex == w->primary.ifindex)
			wtru_instance_set_away(w, i);
		return;
	} else if (!i->home_waited) {
		if (i->home_wait == MIP6_TIME_NEVER) {
			i->home_wait = w->now + WTRU_HOME_WAIT;
			if (!old_way_alive(w, i))
				wtru_instance_set_away(w, i);
		}
		return;
	}
	if (i->state == WTRU_RELEASING || i->release_pending) {
		if (i->release_pending || !mip6_addr_equal(&i->coa, &w->primary.coa))
			wtru_instance_release(w, i);
		return;
	}
	/* An address of which no router tells any more may be the CoA of others, never its own. */
	if (i->duplicate || i->discovery.invalid || !mip6_addr_is_routable(&i->anchor) ||
	    mip6_addr_equal(&w->primary.coa, &i->hoa)) {
		if (i->state != WTRU_REFUSED)
			wtru_instance_set_away(w, i);
		return;
	}
	i->rebind = i->state == WTRU_AWAY || !wtru_instance_is_away(i) ||
	            i->coa_ifindex != w->primary.ifindex ||
	            !mip6_addr_equal(&i->coa, &w->primary.coa);
	if (i->rebind) {
		register_coa(w, i);
		return;
	}
	if (!mip6_addr_equal(&i->router, &w->primary.router)) {
		/* Another first hop for the same CoA: the anchor need not know. */
		i->router = w->primary.router;
		want_path(w, i, i->path_receive_only);
		w->dirty = true;
	}
	/* The old way broke before the anchor answered. */
	if ((i->state == WTRU_REGISTERING || i->state == WTRU_REFUSED) && !old_way_alive(w, i))
		want_path(w, i, false);
}

static bool at_primary_home(struct wtru *w, const struct wtru_instance *i)
{
	const struct wtru_link *home = wtru_link_home(w, i);

	return home && home->ifindex == w->primary.ifindex;
}

void wtru_instances_place(struct wtru *w, bool moved, uint32_t old_ifindex)
{
	/*
	 * What comes home first: its anchor tunnels what is sent to the HoA until it has been told
	 * otherwise, and that HoA is the CoA of all others now. Their anchors would send to this
	 * one, which would send it on to where we were: in a circle, if that was the home of one of
	 * them.
	 */
	for (size_t n = 0; n < w->instance_count; n++) {
		if (at_primary_home(w, &w->instance[w->order[n]]))
			place(w, &w->instance[w->order[n]], moved, old_ifindex);
	}
	for (size_t n = 0; n < w->instance_count; n++) {
		if (!at_primary_home(w, &w->instance[w->order[n]]))
			place(w, &w->instance[w->order[n]], moved, old_ifindex);
	}
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (i->rebind)
			path(w, i);
		else if (wtru_instance_is_away(i) && !i->want_hoa)
			wtru_instance_want_hoa(w, i); /* it waits for an address at home */
		i->rebind = false;
	}
}

void wtru_instances_lost_link(struct wtru *w)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		i->release_pending = i->release_pending || i->state == WTRU_RELEASING;
		wtru_instance_set_away(w, i);
		i->gone_due = MIP6_TIME_NEVER;
		if (!i->want_hoa)
			wtru_instance_want_hoa(w, i);
	}
}

void wtru_instances_resume(struct wtru *w)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (i->want_binding)
			emit_path(w, i); /* the kernel drops routes with the carrier */
		if (i->exchange != WTRU_EXCHANGE_NONE && i->due == MIP6_TIME_NEVER)
			wtru_binding_transmit(w, i);
	}
}

void wtru_instance_address_gone(struct wtru *w, uint32_t ifindex, const struct mip6_addr *addr)
{
	struct wtru_instance *i = wtru_instance_find(w, addr);

	if (!i || wtru_instance_is_away(i) || i->ifindex != ifindex)
		return;
	if (i->fixed) {
		wtru_instance_set_away(w, i); /* wtru_homes_native() asks for it again */
		wtru_instance_want_hoa(w, i);
		return;
	}
	/*
	 * Either its lifetime is over or somebody removed it, and then the instance ends; or it is
	 * the first sign of a move, and then it must live. Until that is known we keep the address.
	 */
	wtru_instance_set_away(w, i);
	i->gone_due = w->now + WTRU_GONE_GRACE;
	wtru_instance_want_hoa(w, i);
}

static void on_gone(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_link *link = wtru_link_find(w, i->ifindex);

	i->gone_due = MIP6_TIME_NEVER;
	if (link && link->up && link->confirmed && link->generation == i->generation && !i->keep)
		wtru_instance_end(w, i);
}

/* Timers, restart and stop */

void wtru_instance_timer(struct wtru *w, struct wtru_instance *i)
{
	if (w->now >= i->gone_due) {
		on_gone(w, i);
		if (!i->used)
			return;
	}
	wtru_return_timer(w, i);
	if (w->now >= i->home_wait) {
		i->home_wait = MIP6_TIME_NEVER;
		i->home_waited = true; /* place() binds it like any other */
	}
	if (i->state == WTRU_BOUND && w->now >= i->expires) {
		/* Not renewed in time: the anchor has dropped it, but goes on being asked. */
		i->expires = MIP6_TIME_NEVER;
		i->state = WTRU_REGISTERING;
		w->dirty = true;
		if (i->exchange == WTRU_EXCHANGE_NONE)
			wtru_binding_start(w, i, WTRU_EXCHANGE_REGISTER);
	}
	if (w->now >= i->due)
		wtru_binding_due(w, i);
}

mip6_time wtru_instance_deadline(const struct wtru_instance *i)
{
	mip6_time deadline = i->due;

	if (i->state == WTRU_BOUND && i->expires < deadline)
		deadline = i->expires;
	if (i->gone_due < deadline)
		deadline = i->gone_due;
	if (i->home_wait < deadline)
		deadline = i->home_wait;
	if (i->agent.due < deadline)
		deadline = i->agent.due;
	return deadline;
}

void wtru_instance_restore(struct wtru *w, const struct wtru_record *record)
{
	int64_t unix_us = w->env->unix_us(w->env->ctx);
	struct wtru_instance *i;

	if (!mip6_addr_is_routable(&record->hoa) || !mip6_addr_is_routable(&record->anchor) ||
	    record->prefix_len > 128 || wtru_instance_find(w, &record->hoa) ||
	    (record->bound && !mip6_addr_is_routable(&record->coa)))
		return;
	i = wtru_instance_add(w, &record->hoa);
	if (!i)
		return;
	i->prefix_len = record->prefix_len;
	i->anchor = record->anchor;
	i->peer = mip6_addr_is_routable(&record->peer) ? record->peer : record->anchor;
	memcpy(i->operator_name, record->operator_name, sizeof(i->operator_name));
	i->operator_name[sizeof(i->operator_name) - 1] = '\0';
	/* Not every BU was followed by a write of the record: skip more than was sent since. */
	i->seq = (uint16_t)(record->seq + WTRU_RESTORE_SEQ_JUMP);
	i->keep = record->keep;
	i->clock_offset_us = record->clock_offset_us;
	i->valid_until_unix_us = record->valid_until_unix_us;
	if (record->valid_until_unix_us != INT64_MAX) {
		int64_t left_us;

		if (__builtin_sub_overflow(record->valid_until_unix_us, unix_us, &left_us) ||
		    left_us < 0)
			left_us = 0;
		i->valid_until = left_us > INT64_MAX / 2 ? MIP6_TIME_NEVER : w->now + left_us;
	}
	i->maybe_bound = record->bound;
	i->link_local = record->bound && record->link_local;
	if (record->bound)
		i->live_until = w->now + w->config.lifetime_s * MIP6_S;
	i->release_pending = record->released;
	i->state = WTRU_AWAY;
	wtru_instance_want_hoa(w, i);
	if (record->bound) {
		i->coa = record->coa;
		i->router = record->router;
		i->coa_ifindex = record->ifindex;
		want_path(w, i, false);
	}
}

void wtru_instances_stop(struct wtru *w)
{
	static const struct wtru_action unwant = {.type = WTRU_ACTION_UNWANT_DEFAULT};

	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (!wtru_instance_is_away(i) || !can_tell(w, i) || (i->fixed && !i->maybe_bound))
			continue;
		take_coa(w, i);
		wtru_binding_start(w, i, WTRU_EXCHANGE_RELEASE);
	}
	while (w->instance_count > 0)
		wtru_instance_end(w, &w->instance[w->order[w->instance_count - 1]]);
	if (w->primary.valid)
		wtru_emit(w, &unwant);
	w->primary.valid = false;
	for (size_t n = 0; n < w->config.links_max; n++)
		w->link[n].used = false;
}
