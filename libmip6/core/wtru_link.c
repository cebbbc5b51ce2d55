// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Links, routers and addresses of the WTRU: movement detection (RFC 6275 section 11.5.1) and the
 * choice of the primary attachment (sections 11.5.3 and 11.5.4).
 *
 * What a link is attached to is its current router. A router is known by its link-local address
 * together with the global address that its RAs give with the R bit: link-local addresses alone are
 * not unique among links (fe80::1 is everywhere). Without an R address, prefixes in common say that
 * it is the same. Two rules decide whether an RA means that we moved:
 *
 * - Eager: a home agent that was never heard before, any other router while the current one is in
 * doubt (carrier came back, NUD failed, resume from sleep), or a router that says it is another one
 * under the link-local address of the current one, becomes the current router at once. So does a
 * known one that was silent for three of its own advertisement intervals: on this link it would
 * have been heard.
 * - Asking first: a known router that is not the current one may share the link with it. The
 * current router is probed; only when it does not answer in time the other takes over. So two
 * routers on one link never make the WTRU go to and fro.
 *
 * The attachment is usable when the link has a usable address in a prefix of the current router; RA
 * and address come in either order. While the current router is in doubt nothing is torn down; when
 * the same router answers, nothing has happened, and no BU is sent.
 *
 * Owned here: link table, primary attachment, RS and probe timers. Nothing here knows of BUs.
 */
#include "wtru_private.h"

struct wtru_link *wtru_link_find(struct wtru *w, uint32_t ifindex)
{
	for (size_t n = 0; n < w->config.links_max; n++) {
		if (w->link[n].used && w->link[n].ifindex == ifindex)
			return &w->link[n];
	}
	return NULL;
}

struct wtru_address *wtru_link_find_address(struct wtru_link *link, const struct mip6_addr *addr)
{
	for (size_t n = 0; n < WTRU_ADDRESSES_MAX; n++) {
		if (link->address[n].used && mip6_addr_equal(&link->address[n].addr, addr))
			return &link->address[n];
	}
	return NULL;
}

struct wtru_router *wtru_link_router(struct wtru_link *link)
{
	return link->current >= 0 ? &link->router[link->current] : NULL;
}

const struct wtru_prefix *wtru_router_prefix(const struct wtru_router *router,
                                             const struct mip6_addr *addr, mip6_time now)
{
	const struct wtru_prefix *best = NULL;

	for (size_t n = 0; n < router->prefix_count; n++) {
		const struct wtru_prefix *p = &router->prefix[n];

		if (p->valid_until > now && mip6_prefix_contains(&p->prefix, addr) &&
		    (!best || p->prefix.len > best->prefix.len))
			best = p;
	}
	return best;
}

/* Router Solicitations (RFC 4861 section 6.3.7, back-off of RFC 7559) */

static void rs_send(struct wtru *w, struct wtru_link *link)
{
	struct wtru_action action = {.type = WTRU_ACTION_SEND_RS, .probe.ifindex = link->ifindex};

	link->rs_last = w->now;
	link->rs_due = w->now + link->rs_wait_ms * MIP6_MS;
	link->rs_wait_ms =
		link->rs_wait_ms > WTRU_RS_MAX_MS / 2 ? WTRU_RS_MAX_MS : link->rs_wait_ms * 2;
	wtru_emit(w, &action);
}

/*
 * Something happened that an RA must explain: solicit now, but never sooner than the initial wait.
 */
static void solicit(struct wtru *w, struct wtru_link *link)
{
	mip6_time soonest = link->rs_last + WTRU_RS_INITIAL_MS * MIP6_MS;

	if (!link->up)
		return;
	link->rs_wait_ms = WTRU_RS_INITIAL_MS;
	if (w->now >= soonest)
		rs_send(w, link);
	else if (soonest < link->rs_due)
		link->rs_due = soonest;
}

static void probe_cancel(struct wtru_link *link)
{
	link->probe_candidate = -1;
	link->probe_until = MIP6_TIME_NEVER;
}

/* Links */

static struct wtru_link *link_add(struct wtru *w, uint32_t ifindex)
{
	for (size_t n = 0; n < w->config.links_max; n++) {
		struct wtru_link *link = &w->link[n];

		if (link->used)
			continue;
		memset(link, 0, sizeof(*link));
		link->used = true;
		link->ifindex = ifindex;
		link->current = -1;
		link->rs_last = INT64_MIN / 2;
		link->rs_due = MIP6_TIME_NEVER;
		probe_cancel(link);
		return link;
	}
	return NULL;
}

static void link_down(struct wtru_link *link)
{
	link->up = false;
	link->confirmed = false;
	link->rs_due = MIP6_TIME_NEVER;
	probe_cancel(link);
}

void wtru_link_event(struct wtru *w, const struct wtru_event *event)
{
	struct wtru_link *link = wtru_link_find(w, event->link.ifindex);

	if (!event->link.present) {
		if (link)
			link->used = false;
		return;
	}
	if (!link)
		link = link_add(w, event->link.ifindex);
	if (!link)
		return; /* more links than configured: this one is left alone */
	link->rank = event->link.rank;
	if (link->up && (!event->link.up || event->link.flapped))
		link_down(link);
	if (!link->up && event->link.up) {
		link->up = true;
		solicit(w, link);
	}
}

/* Addresses */

static struct wtru_address *address_slot(struct wtru_link *link)
{
	struct wtru_address *oldest = NULL;

	for (size_t n = 0; n < WTRU_ADDRESSES_MAX; n++) {
		struct wtru_address *a = &link->address[n];

		if (!a->used)
			return a;
		/* Full: what cannot be a CoA goes first, then the oldest. */
		if (!oldest || (oldest->usable && !a->usable) ||
		    (oldest->usable == a->usable && a->order < oldest->order))
			oldest = a;
	}
	return oldest;
}

void wtru_link_address(struct wtru *w, const struct wtru_event *event)
{
	struct wtru_link *link = wtru_link_find(w, event->address.ifindex);
	const struct mip6_addr *addr = &event->address.addr;
	struct wtru_address *a;
	bool was_usable;

	if (!link)
		return;
	wtru_link_local_address(w, link, event);
	if (!mip6_addr_is_routable(addr))
		return;
	a = wtru_link_find_address(link, addr);
	was_usable = a && a->usable;
	if (event->address.present) {
		if (!a) {
			a = address_slot(link);
			memset(a, 0, sizeof(*a));
			a->used = true;
			a->addr = *addr;
			a->order = ++w->address_order;
		}
		a->prefix_len = event->address.prefix_len;
		a->usable = event->address.usable;
		a->deprecated = event->address.deprecated;
		a->temporary = event->address.temporary;
		a->valid_s = event->address.valid_s;
		a->valid_until = a->valid_s == MIP6_LIFETIME_INFINITE
		                         ? MIP6_TIME_NEVER
		                         : w->now + a->valid_s * MIP6_S;
	} else if (a) {
		a->used = false;
	}
	if (was_usable && !(event->address.present && event->address.usable))
		wtru_instance_address_gone(w, link->ifindex, addr);
	wtru_home_address(w, event);
}

/* The HoA of a configured home serves as CoA of others only where there is nothing else. */
static bool is_home(struct wtru *w, const struct wtru_address *a)
{
	const struct wtru_instance *i = wtru_instance_find(w, &a->addr);

	return i && i->fixed;
}

/* The best CoA of a link: not deprecated, not temporary, newest; all in a prefix of its router. */
static const struct wtru_address *address_choose(struct wtru *w, struct wtru_link *link)
{
	const struct wtru_router *router = wtru_link_router(link);
	const struct wtru_address *best = NULL;

	if (!router)
		return NULL;
	for (size_t n = 0; n < WTRU_ADDRESSES_MAX; n++) {
		const struct wtru_address *a = &link->address[n];

		/*
		 * RFC 6275 section 11.5.4: a CoA MUST have a prefix of the current default router.
		 */
		if (!a->used || !a->usable || !wtru_router_prefix(router, &a->addr, w->now))
			continue;
		if (!best) {
			best = a;
		} else if (is_home(w, a) != is_home(w, best)) {
			if (!is_home(w, a))
				best = a;
		} else if (a->deprecated != best->deprecated) {
			if (!a->deprecated)
				best = a;
		} else if (a->temporary != best->temporary) {
			if (!a->temporary)
				best = a;
		} else if (a->order > best->order) {
			best = a;
		}
	}
	return best;
}

mip6_time wtru_link_valid_until(struct wtru *w, struct wtru_link *link,
                                const struct wtru_address *a)
{
	struct wtru_router *router = wtru_link_router(link);
	const struct wtru_prefix *prefix =
		router ? wtru_router_prefix(router, &a->addr, w->now) : NULL;

	/* Each RA prolongs it (RFC 4862 section 5.5.3), whether the kernel reports that or not. */
	return prefix && prefix->autonomous && prefix->valid_until > a->valid_until
	               ? prefix->valid_until
	               : a->valid_until;
}

/* Routers */

static const struct wtru_override *override_find(const struct wtru *w,
                                                 const struct mip6_prefix *prefix)
{
	const struct wtru_override *best = NULL;

	for (size_t n = 0; n < w->config.override_count; n++) {
		const struct wtru_override *o = &w->config.overrides[n];

		if (o->prefix.len <= prefix->len &&
		    mip6_prefix_contains(&o->prefix, &prefix->addr) &&
		    (!best || o->prefix.len > best->prefix.len))
			best = o;
	}
	return best;
}

static const struct mip6_addr *ra_router_address(const struct mip6_icmp6 *ra)
{
	for (size_t n = 0; n < ra->opt.pio_count; n++) {
		if ((ra->opt.pio[n].flags & MIP6_PIO_R) &&
		    mip6_addr_is_routable(&ra->opt.pio[n].prefix))
			return &ra->opt.pio[n].prefix;
	}
	return NULL;
}

static bool pio_is_prefix(const struct mip6_pio *pio)
{
	return pio->len >= 1 && pio->len <= 128 && mip6_addr_is_routable(&pio->prefix);
}

static bool ra_shares_prefix(const struct wtru_router *router, const struct mip6_icmp6 *ra)
{
	for (size_t n = 0; n < ra->opt.pio_count; n++) {
		struct mip6_prefix prefix =
			mip6_prefix_make(&ra->opt.pio[n].prefix, ra->opt.pio[n].len);

		for (size_t k = 0; k < router->prefix_count; k++) {
			if (mip6_prefix_equal(&router->prefix[k].prefix, &prefix))
				return true;
		}
	}
	return false;
}

static bool ra_has_autonomous(const struct mip6_icmp6 *ra)
{
	for (size_t n = 0; n < ra->opt.pio_count; n++) {
		const struct mip6_pio *pio = &ra->opt.pio[n];

		if ((pio->flags & MIP6_PIO_A) && pio->valid_s > 0 && pio_is_prefix(pio))
			return true;
	}
	return false;
}

/* Does this RA offer an autoconfiguration prefix that the router does not have? */
static bool ra_has_other_prefix(const struct wtru_router *router, const struct mip6_icmp6 *ra,
                                mip6_time now)
{
	for (size_t n = 0; n < ra->opt.pio_count; n++) {
		const struct mip6_pio *pio = &ra->opt.pio[n];

		if ((pio->flags & MIP6_PIO_A) && pio->valid_s > 0 && pio_is_prefix(pio) &&
		    !wtru_router_prefix(router, &pio->prefix, now))
			return true;
	}
	return false;
}

static int router_find(const struct wtru_link *link, const struct mip6_addr *addr,
                       const struct mip6_icmp6 *ra)
{
	const struct mip6_addr *anchor = ra_router_address(ra);

	for (int n = 0; n < WTRU_ROUTERS_MAX; n++) {
		const struct wtru_router *r = &link->router[n];

		if (!r->used || !mip6_addr_equal(&r->addr, addr))
			continue;
		if (anchor && !mip6_addr_is_unspecified(&r->anchor)) {
			if (mip6_addr_equal(&r->anchor, anchor))
				return n;
			continue;
		}
		if (r->prefix_count == 0 || ra->opt.pio_count == 0 || ra_shares_prefix(r, ra))
			return n;
		/*
		 * A plain router may split its prefixes over several RAs (RFC 4861 section 6.2.3).
		 */
		if (!anchor && !r->home_agent && !(ra->ra.flags & MIP6_RA_H) &&
		    n == link->current && link->confirmed)
			return n;
	}
	return -1;
}

static int router_add(struct wtru_link *link, const struct mip6_addr *addr)
{
	int slot = -1;

	for (int n = 0; n < WTRU_ROUTERS_MAX; n++) {
		const struct wtru_router *r = &link->router[n];

		if (!r->used) {
			slot = n;
			break;
		}
		if (n != link->current && n != link->probe_candidate &&
		    (slot < 0 || r->heard < link->router[slot].heard))
			slot = n;
	}
	memset(&link->router[slot], 0, sizeof(link->router[slot]));
	link->router[slot].used = true;
	link->router[slot].addr = *addr;
	return slot;
}

static void router_set_prefix(struct wtru *w, struct wtru_router *router,
                              const struct mip6_pio *pio, const struct mip6_addr *anchor)
{
	struct mip6_prefix prefix = mip6_prefix_make(&pio->prefix, pio->len);
	const struct wtru_override *override = override_find(w, &prefix);
	struct wtru_prefix *p = NULL;

	for (size_t n = 0; n < router->prefix_count; n++) {
		if (mip6_prefix_equal(&router->prefix[n].prefix, &prefix))
			p = &router->prefix[n];
	}
	if (!p) {
		if (pio->valid_s == 0)
			return;
		if (router->prefix_count < WTRU_PREFIXES_MAX) {
			p = &router->prefix[router->prefix_count++];
		} else {
			p = &router->prefix[0];
			for (size_t n = 1; n < router->prefix_count; n++) {
				if (router->prefix[n].valid_until < p->valid_until)
					p = &router->prefix[n];
			}
		}
		memset(p, 0, sizeof(*p));
		p->prefix = prefix;
	}
	/* One that gives the router's address only says nothing about the prefix around it. */
	if ((pio->flags & (MIP6_PIO_A | MIP6_PIO_L)) || !p->autonomous) {
		p->autonomous = pio->flags & MIP6_PIO_A;
		p->on_link = pio->flags & MIP6_PIO_L;
		p->valid_s = pio->valid_s;
		p->valid_until = pio->valid_s == MIP6_LIFETIME_INFINITE
		                         ? MIP6_TIME_NEVER
		                         : w->now + pio->valid_s * MIP6_S;
	}
	/*
	 * The router's address in the same option, else the first of this RA; configuration
	 * overrides.
	 */
	if (router->home_agent && (pio->flags & MIP6_PIO_R))
		p->anchor = pio->prefix;
	else if (router->home_agent && anchor)
		p->anchor = *anchor;
	if (override && override->has_anchor)
		p->anchor = override->anchor;
}

static void router_update(struct wtru *w, struct wtru_router *router, const struct mip6_icmp6 *ra)
{
	const struct mip6_addr *anchor = ra_router_address(ra);

	router->heard = w->now;
	router->expires = w->now + ra->ra.router_lifetime_s * MIP6_S;
	router->home_agent = ra->ra.flags & MIP6_RA_H;
	router->managed = ra->ra.flags & MIP6_RA_M;
	router->interval_ms = ra->opt.has_interval ? ra->opt.interval_ms : 0;
	if (ra->opt.lladdr_len > 0) {
		router->lladdr_len = ra->opt.lladdr_len;
		memcpy(router->lladdr, ra->opt.lladdr, sizeof(router->lladdr));
	}
	if (anchor)
		router->anchor = *anchor;
	if (ra->opt.has_pvd)
		memcpy(router->operator_name, ra->opt.pvd, sizeof(router->operator_name));
	for (size_t n = 0; n < ra->opt.pio_count; n++) {
		if (pio_is_prefix(&ra->opt.pio[n]))
			router_set_prefix(w, router, &ra->opt.pio[n], anchor);
	}
}

static void router_switch(struct wtru_link *link, int router)
{
	probe_cancel(link);
	link->current = router;
	link->confirmed = true;
	link->generation++;
	/*
	 * A D-GW's multicast RA has no prefix of ours in it; the answer to an RS has. Also when we
	 * know the prefix of an earlier visit: the D-GW must learn that we are back, and the
	 * lifetime of the prefix starts again.
	 */
	link->want_prefix = link->router[router].home_agent && !link->router[router].managed;
}

/* The current router is given up for none. */
static void router_leave(struct wtru *w, struct wtru_link *link)
{
	link->router[link->current].used = false;
	link->current = -1;
	link->confirmed = false;
	link->generation++;
	probe_cancel(link);
	solicit(w, link);
}

static void probe_start(struct wtru *w, struct wtru_link *link, int candidate)
{
	struct wtru_action action = {.type = WTRU_ACTION_SEND_PROBE};

	if (link->probe_candidate >= 0)
		return; /* one question at a time; its answer serves */
	link->probe_candidate = candidate;
	link->probe_until = w->now + w->config.probe_ms * MIP6_MS;
	action.probe.ifindex = link->ifindex;
	action.probe.router = link->router[link->current].addr;
	wtru_emit(w, &action);
}

/* An RA of a router that is not the current one. */
static void other_router(struct wtru *w, struct wtru_link *link, int other, bool known,
                         mip6_time heard_before, const struct mip6_icmp6 *ra)
{
	struct wtru_router *current = wtru_link_router(link);
	struct wtru_router *router = &link->router[other];
	mip6_time silence = 3 * (mip6_time)router->interval_ms * MIP6_MS;

	if (!current || !link->confirmed) {
		router_switch(link, other);
	} else if (mip6_addr_equal(&current->addr, &router->addr)) {
		/* Two routers of one link cannot share a link-local address: another link. */
		router_switch(link, other);
	} else if (!known && router->home_agent) {
		router_switch(link, other);
	} else if (known && router->home_agent && silence > 0 && w->now - heard_before > silence) {
		router_switch(link, other);
	} else if (ra_has_other_prefix(current, ra, w->now) ||
	           (router->home_agent && !mip6_addr_equal(&router->anchor, &current->anchor))) {
		probe_start(w, link, other);
	}
	/* Else one more router of the same link: no reason to leave the current one. */
}

void wtru_link_ra(struct wtru *w, const struct wtru_event *event)
{
	struct wtru_link *link = wtru_link_find(w, event->ra.ifindex);
	const struct mip6_icmp6 *ra = event->ra.msg;
	mip6_time heard_before = 0;
	bool known, switched;
	int n;

	if (!link || !link->up || ra->type != MIP6_ICMP6_RA ||
	    !mip6_addr_is_link_local(&event->ra.router)) {
		wtru_count(w, WTRU_STAT_RA_IGNORED);
		return;
	}
	wtru_count(w, WTRU_STAT_RA);
	n = router_find(link, &event->ra.router, ra);
	known = n >= 0;
	if (ra->ra.router_lifetime_s == 0) {
		/* Not a default router (any more), RFC 4861 section 6.3.4. */
		if (known && n == link->current)
			router_leave(w, link);
		else if (known && n != link->probe_candidate)
			link->router[n].used = false;
		return;
	}
	if (known)
		heard_before = link->router[n].heard;
	else
		n = router_add(link, &event->ra.router);
	router_update(w, &link->router[n], ra);
	switched = n != link->current;
	if (!switched) {
		link->confirmed = true;
		probe_cancel(link);
	} else {
		other_router(w, link, n, known, heard_before, ra);
	}
	if (n != link->current)
		return;
	if (ra_has_autonomous(ra))
		link->want_prefix = false;
	else if (!link->attached)
		link->want_prefix = link->router[n].home_agent && !link->router[n].managed;
}

void wtru_link_neighbour(struct wtru *w, const struct wtru_event *event)
{
	struct wtru_link *link = wtru_link_find(w, event->neighbour.ifindex);
	struct wtru_router *current = link ? wtru_link_router(link) : NULL;

	if (!current || !link->up || !mip6_addr_equal(&current->addr, &event->neighbour.addr))
		return;
	if (event->neighbour.reachable) {
		/*
		 * Answers the probe. It does not lift the doubt after a carrier loss: another
		 * router may have the same link-local address.
		 */
		probe_cancel(link);
	} else if (link->probe_candidate >= 0) {
		router_switch(link, link->probe_candidate);
	} else if (link->confirmed) {
		link->confirmed = false;
		solicit(w, link);
	}
}

void wtru_link_resume(struct wtru *w)
{
	for (size_t n = 0; n < w->config.links_max; n++) {
		struct wtru_link *link = &w->link[n];

		if (!link->used || !link->up)
			continue;
		link->confirmed = false;
		probe_cancel(link);
		solicit(w, link);
	}
}

void wtru_link_timer(struct wtru *w)
{
	for (size_t n = 0; n < w->config.links_max; n++) {
		struct wtru_link *link = &w->link[n];
		struct wtru_router *current;

		if (!link->used || !link->up)
			continue;
		if (w->now >= link->probe_until)
			router_switch(link, link->probe_candidate);
		current = wtru_link_router(link);
		if (current && link->confirmed && w->now >= current->expires) {
			link->confirmed = false;
			solicit(w, link);
		}
		if (w->now >= link->rs_due)
			rs_send(w, link);
	}
}

mip6_time wtru_link_deadline(const struct wtru *w)
{
	mip6_time deadline = MIP6_TIME_NEVER;

	for (size_t n = 0; n < w->config.links_max; n++) {
		const struct wtru_link *link = &w->link[n];

		if (!link->used || !link->up)
			continue;
		if (link->probe_until < deadline)
			deadline = link->probe_until;
		if (link->rs_due < deadline)
			deadline = link->rs_due;
		if (link->current >= 0 && link->confirmed &&
		    link->router[link->current].expires < deadline)
			deadline = link->router[link->current].expires;
	}
	return deadline;
}

/* The primary attachment */

struct wtru_link *wtru_link_home(struct wtru *w, const struct wtru_instance *i)
{
	struct wtru_link *home = NULL;

	for (size_t n = 0; n < w->config.links_max; n++) {
		struct wtru_link *link = &w->link[n];
		struct wtru_address *a;

		/* RFC 6275 section 11.5.2: the home prefix in its RA makes a link the home link. */
		if (!link->used || !link->attached ||
		    !wtru_router_prefix(wtru_link_router(link), &i->hoa, w->now) ||
		    (i->fixed && !wtru_home_is_on(w, link, i)))
			continue;
		a = wtru_link_find_address(link, &i->hoa);
		if (!a || !a->usable)
			continue;
		if (w->primary.valid && w->primary.ifindex == link->ifindex)
			return link;
		home = link;
	}
	return home;
}

static void evaluate(struct wtru *w, struct wtru_link *link)
{
	const struct wtru_address *a = NULL;
	bool need_ra;

	if (link->up && link->confirmed)
		a = address_choose(w, link);
	link->attached = a != NULL;
	if (a)
		link->coa = a->addr;
	need_ra = link->up && (!link->confirmed || link->want_prefix);
	if (!need_ra)
		link->rs_due = MIP6_TIME_NEVER;
	else if (link->rs_due == MIP6_TIME_NEVER)
		solicit(w, link);
}

static struct wtru_link *choose(struct wtru *w)
{
	struct wtru_link *best = NULL;

	for (size_t n = 0; n < w->config.links_max; n++) {
		struct wtru_link *link = &w->link[n];

		if (!link->used)
			continue;
		evaluate(w, link);
		if (!link->attached)
			continue;
		if (!best || link->rank < best->rank ||
		    (link->rank == best->rank && w->primary.valid &&
		     link->ifindex == w->primary.ifindex))
			best = link;
	}
	return best;
}

void wtru_link_want_default(struct wtru *w)
{
	struct wtru_action action = {.type = WTRU_ACTION_WANT_DEFAULT};

	action.attachment.ifindex = w->primary.ifindex;
	action.attachment.router = w->primary.router;
	action.attachment.coa = w->primary.coa;
	action.attachment.source = w->default_source = *wtru_home_source(w);
	wtru_emit(w, &action);
}

static void no_attachment(struct wtru *w)
{
	static const struct wtru_action unwant = {.type = WTRU_ACTION_UNWANT_DEFAULT};

	struct wtru_link *link = wtru_link_find(w, w->primary.ifindex);

	if (!w->primary.valid)
		return;
	w->primary.suspended = true;
	if (!w->primary.detached && !(link && link->up)) {
		w->primary.detached = true;
		wtru_notify(w, WTRU_NOTICE_DETACHED, NULL, 0);
	}
	if (link)
		return; /* it may come back as it was: nothing is torn down */
	w->primary.valid = false;
	wtru_emit(w, &unwant);
	wtru_instances_lost_link(w);
}

void wtru_reconcile(struct wtru *w)
{
	struct wtru_link *best = choose(w);
	struct wtru_primary old = w->primary;
	const struct wtru_router *router;
	bool moved, changed;

	wtru_homes_native(w, best);
	wtru_link_local_undo_dad(w);
	if (!best) {
		no_attachment(w);
		return;
	}
	router = wtru_link_router(best);
	moved = !old.valid || old.ifindex != best->ifindex ||
	        !mip6_addr_equal(&old.coa, &best->coa);
	changed = moved || !mip6_addr_equal(&old.router, &router->addr);
	w->primary = (struct wtru_primary){
		.valid = true,
		.ifindex = best->ifindex,
		.router = router->addr,
		.coa = best->coa,
	};
	if (changed || old.suspended)
		wtru_link_want_default(w);
	if (moved && old.valid)
		wtru_count(w, WTRU_STAT_HANDOVERS);
	/* Tunnels first: nothing that can wait may delay them. */
	wtru_instances_place(w, moved, old.valid ? old.ifindex : 0);
	wtru_homes_drop(w);
	if (!moved && old.suspended)
		wtru_instances_resume(w);
	if (moved || old.detached)
		wtru_notify(w, WTRU_NOTICE_ATTACHED, NULL, 0);
	wtru_instances_create(w);
}
