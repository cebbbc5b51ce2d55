// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Configured homes: HoAs that this node has whether it uses them or not, each with a home agent
 * that need know nothing beyond RFC 6275.
 *
 * Such an instance is made with the configuration, wherever the node is, and bound as soon as there
 * is a CoA. It differs from the others in three things only; all else is shared with them:
 *
 * - Nothing ends it but the configuration. What ends others (disuse, status 134, a revocation)
 *   leaves it refused at most.
 * - At home its address does not come from the link: it is asked for on the link whose router
 *   announces the home subnet prefix (section 11.5.2), without DAD while the home agent may still
 *   defend it (section 11.5.5), and taken off that link again when it is bound from elsewhere, or
 *   the home agent would find a duplicate.
 * - Its lifetimes, claims and options are those that a plain home agent expects.
 *
 * Owned here: which link each such HoA was asked for on, and when to ask again.
 */
#include "wtru_private.h"

bool wtru_home_is_on(const struct wtru *w, const struct wtru_link *link,
                     const struct wtru_instance *i)
{
	const struct wtru_router *router;

	if (!link->used || !link->up || !link->confirmed || link->current < 0)
		return false;
	router = &link->router[link->current];
	for (size_t n = 0; n < router->prefix_count; n++) {
		const struct wtru_prefix *p = &router->prefix[n];

		/* A D-GW's own address, without A and L, does not make a link its home link. */
		if ((p->on_link || p->autonomous) && p->valid_until > w->now &&
		    p->prefix.len == i->prefix_len && mip6_prefix_contains(&p->prefix, &i->hoa))
			return true;
	}
	return false;
}

static void emit_native(struct wtru *w, const struct wtru_instance *i, uint32_t ifindex, bool want)
{
	struct wtru_action action = {
		.type = want ? WTRU_ACTION_WANT_NATIVE : WTRU_ACTION_UNWANT_NATIVE,
	};

	action.native.ifindex = ifindex;
	action.native.hoa = i->hoa;
	action.native.prefix_len = i->prefix_len;
	/*
	 * RFC 6275 section 11.5.5: MUST NOT perform DAD before the binding has expired, SHOULD
	 * afterwards.
	 */
	action.native.dad = !i->maybe_bound || w->now >= i->live_until;
	wtru_emit(w, &action);
}

void wtru_home_unwant_native(struct wtru *w, struct wtru_instance *i)
{
	if (i->native_ifindex == 0)
		return;
	emit_native(w, i, i->native_ifindex, false);
	i->native_ifindex = 0;
}

void wtru_home_set_agent(struct wtru *w, struct wtru_instance *i, const struct mip6_addr *agent)
{
	if (mip6_addr_equal(&i->anchor, agent))
		return;
	i->anchor = i->peer = *agent;
	i->clock_offset_us = 0;
	i->mesg_id = i->mesg_id_accepted = 0;
	w->dirty = true;
	if (wtru_instance_is_away(i))
		wtru_instance_set_away(w, i); /* wtru_reconcile() binds it there */
}

/* Configuration */

static const struct wtru_home *home_of(const struct wtru *w, const struct mip6_addr *hoa)
{
	for (size_t n = 0; n < w->config.home_count; n++) {
		if (mip6_addr_equal(&w->config.homes[n].hoa, hoa))
			return &w->config.homes[n];
	}
	return NULL;
}

static void adopt(struct wtru *w, struct wtru_instance *i, const struct wtru_home *home)
{
	i->fixed = i->shared = true;
	i->plain = home->plain;
	i->prefer = home->prefer;
	i->duplicate = false;
	i->release_pending = false;
	i->prefix_len = home->prefix_len;
	memcpy(i->operator_name, home->operator_name, sizeof(i->operator_name));
	i->agent_given = mip6_addr_is_routable(&home->agent);
	if (i->agent_given)
		wtru_home_set_agent(w, i, &home->agent);
	i->discovery.given = (struct mip6_addr){0};
	i->discovery.failing = false;
	if (i->discovery.invalid) {
		/* Asked again, in case that it is not over after all. */
		wtru_discovery_init(&i->discovery);
		i->valid_until = MIP6_TIME_NEVER;
		i->valid_until_unix_us = INT64_MAX;
	}
	if (i->state == WTRU_RELEASING || i->state == WTRU_REFUSED)
		wtru_instance_set_away(w, i);
}

static void let_go(struct wtru *w, struct wtru_instance *i)
{
	i->fixed = i->prefer = false;
	if (wtru_instance_is_away(i) && i->maybe_bound)
		i->last_use = w->now; /* from now on like any other: it ends when nobody uses it */
	else
		wtru_instance_end(w, i);
}

void wtru_homes_sync(struct wtru *w)
{
	w->homes_changed = false;
	/* Backwards: an instance may end, which closes the gap behind it. */
	for (size_t n = w->instance_count; n > 0; n--) {
		struct wtru_instance *i = &w->instance[w->order[n - 1]];

		if (i->fixed && !home_of(w, &i->hoa))
			let_go(w, i);
	}
	for (size_t n = 0; n < w->config.home_count; n++) {
		const struct wtru_home *home = &w->config.homes[n];
		struct wtru_instance *i = wtru_instance_find(w, &home->hoa);

		if (i) {
			adopt(w, i, home);
			continue;
		}
		i = wtru_instance_add(w, &home->hoa);
		if (!i) {
			wtru_notify(
				w, WTRU_NOTICE_LIMIT,
				&(struct wtru_instance){.hoa = home->hoa, .anchor = home->agent},
				0);
			continue;
		}
		i->state = WTRU_AWAY;
		adopt(w, i, home);
		wtru_count(w, WTRU_STAT_INSTANCES_CREATED);
		wtru_notify(w, WTRU_NOTICE_CREATED, i, 0);
		wtru_instance_want_hoa(w, i);
		w->dirty = true;
	}
}

/* The address at home */

/* The home link to be on, if any: never a worse one than where new connections go. */
static struct wtru_link *home_link(struct wtru *w, const struct wtru_instance *i,
                                   const struct wtru_link *best)
{
	struct wtru_link *found = NULL;

	for (size_t n = 0; n < w->config.links_max; n++) {
		struct wtru_link *link = &w->link[n];

		if (!wtru_home_is_on(w, link, i) ||
		    (best && link != best && best->rank <= link->rank))
			continue;
		if (link == best || !found || link->rank < found->rank)
			found = link;
		if (link == best)
			break;
	}
	return found;
}

void wtru_homes_native(struct wtru *w, const struct wtru_link *best)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];
		struct wtru_link *link = i->fixed ? home_link(w, i, best) : NULL;

		if (i->native_due <= w->now)
			i->native_due = INT64_MIN;
		if (i->native_ifindex != 0 && !wtru_link_find(w, i->native_ifindex))
			i->native_ifindex = 0;
		if (!link || i->native_ifindex == link->ifindex || w->now < i->native_due)
			continue;
		i->native_ifindex = link->ifindex;
		emit_native(w, i, link->ifindex, true);
	}
}

void wtru_homes_drop(struct wtru *w)
{
	const struct wtru_link *primary = wtru_link_find(w, w->primary.ifindex);

	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		const struct wtru_link *home;

		if (!i->fixed || !wtru_instance_is_away(i))
			continue;
		home = home_link(w, i, primary);
		for (size_t k = 0; k < w->config.links_max; k++) {
			struct wtru_link *link = &w->link[k];

			if (!link->used || link == home || !wtru_link_find_address(link, &i->hoa))
				continue;
			/* Whoever put it there: an earlier run of ours, most likely. */
			emit_native(w, i, link->ifindex, false);
			if (i->native_ifindex == link->ifindex)
				i->native_ifindex = 0;
			if (i->ifindex == link->ifindex && i->generation == link->generation)
				i->native_gone = w->now;
		}
	}
}

void wtru_home_address(struct wtru *w, const struct wtru_event *event)
{
	struct wtru_instance *i = wtru_instance_find(w, &event->address.addr);
	const struct wtru_link *link = wtru_link_find(w, event->address.ifindex);

	if (!i || !i->fixed || i->native_ifindex != event->address.ifindex)
		return;
	if (!event->address.present) {
		i->native_ifindex = 0;
		if (link->up && link->confirmed)
			i->native_due = w->now + WTRU_NATIVE_GONE_WAIT; /* no tug-of-war */
	} else if (event->address.duplicate) {
		/* Somebody else has it, or our home agent still defends it for us. */
		wtru_notify(w, WTRU_NOTICE_REFUSED, i, MIP6_BA_DAD_FAILED);
		wtru_home_unwant_native(w, i);
		i->native_due = w->now + WTRU_NATIVE_DUPLICATE_WAIT;
	}
}

mip6_time wtru_home_deadline(const struct wtru_instance *i)
{
	/* Only a wait that has been set, and only until it has been used. */
	return i->fixed && i->native_due > INT64_MIN ? i->native_due : MIP6_TIME_NEVER;
}

const struct mip6_addr *wtru_home_source(const struct wtru *w)
{
	for (size_t n = w->instance_count; n > 0; n--) {
		const struct wtru_instance *i = &w->instance[w->order[n - 1]];

		if (i->prefer && !wtru_discovery_deprecated(w, i) && i->state != WTRU_AWAY &&
		    i->state != WTRU_REFUSED && i->state != WTRU_RELEASING)
			return &i->hoa;
	}
	return &w->primary.coa;
}
