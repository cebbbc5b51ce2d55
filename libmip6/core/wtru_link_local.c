// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The link-local address on a home link that is shared with others (RFC 6275 sections 11.5.5 and
 * 11.7.1), and Duplicate Address Detection that finds our own home agent there.
 *
 * A HoA whose interface identifier is that of the link-local address is bound with the flag L: the
 * home agent then defends the link-local address too, so that nobody takes it meanwhile. The flag
 * is chosen with the first BU of a binding and stays until that ends. Where each node has a prefix
 * of its own nobody would look for the address, and the flag stays clear.
 *
 * Back home, DAD of either address would find the home agent. Addresses that the interface kept
 * have none; but one that was down, or was cleaned up by a network manager, gets them anew from the
 * kernel, which knows of no home agent. Such an address is asked for again without DAD, as long as
 * the binding may exist.
 *
 * Owned here: the link-local address of each link, the flag L of each instance, and which addresses
 * DAD has refused.
 */
#include "wtru_private.h"

static bool same_identifier(const struct mip6_addr *a, const struct mip6_addr *b)
{
	return memcmp(a->b + 8, b->b + 8, 8) == 0;
}

void wtru_link_local_shared(struct wtru_instance *i, const struct wtru_prefix *prefix)
{
	i->shared = i->fixed || prefix->on_link;
}

void wtru_link_local_choose(struct wtru *w, struct wtru_instance *i)
{
	if (i->maybe_bound)
		return; /* the binding that there may be has it, or has it not */
	i->link_local = false;
	for (size_t n = 0; i->shared && n < w->config.links_max; n++) {
		const struct wtru_link *link = &w->link[n];

		/* Where the home link is, or, before it was ever seen, on any link. */
		if (link->used && (i->ifindex == 0 || i->ifindex == link->ifindex) &&
		    mip6_addr_is_link_local(&link->link_local) &&
		    same_identifier(&link->link_local, &i->hoa))
			i->link_local = true;
	}
}

void wtru_link_local_address(struct wtru *w, struct wtru_link *link, const struct wtru_event *event)
{
	const struct mip6_addr *addr = &event->address.addr;
	struct wtru_instance *i;

	if (!mip6_addr_is_link_local(addr)) {
		i = wtru_instance_find(w, addr);
		if (i && event->address.duplicate && i->maybe_bound)
			i->failed_ifindex = link->ifindex;
		else if (i && event->address.usable && i->failed_ifindex == link->ifindex)
			i->failed_ifindex = 0;
		return;
	}
	if (event->address.present) {
		link->link_local = *addr;
		link->link_local_failed = event->address.duplicate;
	} else if (mip6_addr_equal(&link->link_local, addr)) {
		link->link_local = (struct mip6_addr){0};
		link->link_local_failed = false;
	}
}

/* Is this a link that the HoA is at home on, where its home agent may still defend it? */
static bool is_defended(struct wtru *w, struct wtru_link *link, const struct wtru_instance *i,
                        const struct wtru_prefix **ret_prefix)
{
	if (!link->up || !link->confirmed || link->current < 0 || !i->maybe_bound ||
	    w->now >= i->live_until || (i->fixed && !wtru_home_is_on(w, link, i)))
		return false;
	*ret_prefix = wtru_router_prefix(wtru_link_router(link), &i->hoa, w->now);
	return *ret_prefix != NULL;
}

static void without_dad(struct wtru *w, uint32_t ifindex, const struct mip6_addr *addr, uint8_t len,
                        uint32_t valid_s)
{
	struct wtru_action action = {.type = WTRU_ACTION_WITHOUT_DAD};

	action.address.ifindex = ifindex;
	action.address.addr = *addr;
	action.address.prefix_len = len;
	action.address.valid_s = valid_s;
	wtru_emit(w, &action);
}

static void undo_on(struct wtru *w, struct wtru_link *link, struct wtru_instance *i)
{
	const struct wtru_prefix *prefix;

	if (!is_defended(w, link, i, &prefix))
		return;
	if (i->failed_ifindex == link->ifindex && !i->fixed) {
		i->failed_ifindex = 0;
		if (prefix->autonomous && prefix->prefix.len <= 64)
			without_dad(w, link->ifindex, &i->hoa, prefix->prefix.len, prefix->valid_s);
	}
	if (link->link_local_failed && i->link_local &&
	    same_identifier(&link->link_local, &i->hoa)) {
		link->link_local_failed = false;
		without_dad(w, link->ifindex, &link->link_local, 64, MIP6_LIFETIME_INFINITE);
	}
}

void wtru_link_local_undo_dad(struct wtru *w)
{
	for (size_t n = 0; n < w->config.links_max; n++) {
		struct wtru_link *link = &w->link[n];

		for (size_t k = 0; link->used && k < w->instance_count; k++)
			undo_on(w, link, &w->instance[w->order[k]]);
	}
}

void wtru_link_local_advertise(struct wtru *w, const struct wtru_instance *i)
{
	const struct wtru_link *link = wtru_link_find(w, i->ifindex);
	struct wtru_action na = {.type = WTRU_ACTION_SEND_NA};

	/* Section 11.5.5: MUST be for each home address, including the link-local one. */
	na.na.ifindex = i->ifindex;
	na.na.hoa = i->hoa;
	wtru_emit(w, &na);
	if (!link || link->link_local_failed || !mip6_addr_is_link_local(&link->link_local))
		return;
	na.na.hoa = link->link_local;
	wtru_emit(w, &na);
}
