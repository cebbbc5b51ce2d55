// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Back home, before the de-registration: the home agent's link-layer address (RFC 6275 section
 * 11.5.5).
 *
 * As long as the home agent defends the HoA, no Neighbor Solicitation may come from it, and the
 * kernel's would. Most often the home agent is the router, whose advertisement has told its
 * link-layer address. Where it is another node on the home link, it is asked for the HoA itself,
 * from the unspecified address: who defends that is the home agent. The BU waits for the answer, and
 * the HoA stays unused on the link; without any answer it goes the kernel's way.
 *
 * Owned here: what was learnt of the home agent of each instance, and the timer of the question.
 */
#include "wtru_private.h"

#define SOLICITATIONS 3      /* RFC 4861 section 10: MAX_MULTICAST_SOLICIT */
#define RETRANS (1 * MIP6_S) /* RETRANS_TIMER */

static bool router_is_agent(const struct wtru_router *router, const struct wtru_instance *i)
{
	return router->lladdr_len > 0 && mip6_addr_equal(&router->anchor, &i->anchor);
}

/* Is the home agent reached without a router? */
static bool agent_on_link(const struct wtru_instance *i)
{
	struct mip6_prefix home = mip6_prefix_make(&i->hoa, i->prefix_len);

	return i->shared && mip6_prefix_contains(&home, &i->anchor);
}

static void solicit(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_action action = {.type = WTRU_ACTION_FIND_AGENT};

	i->agent.tries++;
	i->agent.elapsed = false;
	i->agent.due = w->now + RETRANS;
	action.na.ifindex = i->agent.ifindex;
	action.na.hoa = i->hoa;
	wtru_emit(w, &action);
}

bool wtru_return_ready(struct wtru *w, struct wtru_instance *i, struct wtru_link *link)
{
	struct wtru_agent *agent = &i->agent;

	if (!i->maybe_bound || w->now >= i->live_until || !agent_on_link(i) ||
	    router_is_agent(wtru_link_router(link), i)) {
		agent->due = MIP6_TIME_NEVER;
		return true;
	}
	if (agent->ifindex != link->ifindex || agent->generation != link->generation) {
		*agent = (struct wtru_agent){
			.ifindex = link->ifindex,
			.generation = link->generation,
			.due = MIP6_TIME_NEVER,
			.elapsed = true,
		};
	}
	/* Else it was answered, or nobody will. */
	if (agent->elapsed && agent->tries < SOLICITATIONS)
		solicit(w, i);
	return agent->due == MIP6_TIME_NEVER;
}

void wtru_return_timer(struct wtru *w, struct wtru_instance *i)
{
	if (w->now < i->agent.due)
		return;
	i->agent.due = MIP6_TIME_NEVER;
	i->agent.elapsed = true;
}

bool wtru_return_advertised(struct wtru *w, const struct wtru_event *event)
{
	struct wtru_instance *i = wtru_instance_find(w, &event->advertised.target);

	if (!i || i->agent.due == MIP6_TIME_NEVER ||
	    i->agent.ifindex != event->advertised.ifindex || event->advertised.lladdr_len == 0 ||
	    event->advertised.lladdr_len > MIP6_LLADDR_MAX)
		return false;
	i->agent.lladdr_len = event->advertised.lladdr_len;
	memcpy(i->agent.lladdr, event->advertised.lladdr, i->agent.lladdr_len);
	i->agent.due = MIP6_TIME_NEVER;
	return true;
}

void wtru_return_learn_agent(struct wtru *w, struct wtru_instance *i,
                             const struct wtru_router *router)
{
	struct wtru_action action = {.type = WTRU_ACTION_LEARN_NEIGHBOUR};
	const uint8_t *lladdr = i->agent.lladdr;

	action.neighbour.lladdr_len = i->agent.lladdr_len;
	if (router_is_agent(router, i)) {
		action.neighbour.lladdr_len = router->lladdr_len;
		lladdr = router->lladdr;
	}
	/* The next time it may be another one. */
	i->agent.ifindex = 0;
	if (!i->shared || action.neighbour.lladdr_len == 0)
		return;
	action.neighbour.ifindex = i->ifindex;
	action.neighbour.addr = i->anchor;
	memcpy(action.neighbour.lladdr, lladdr, action.neighbour.lladdr_len);
	i->agent.lladdr_len = 0;
	wtru_emit(w, &action); /* SHOULD be recorded */
}
