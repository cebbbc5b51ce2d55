// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The Home Agents List of a home link, and the answer to those who ask for home agents (RFC 6275
 * sections 10.1 and 10.5, RFC 2526).
 *
 * The list has a fixed size and is the caller's. It holds others only; what we are ourselves comes
 * with each question. Nothing here sends.
 */
#include <mip6/home_agents.h>

#define MTU_MIN 1280
#define REPLY_HEADERS 48 /* IPv6, and the fixed part of the reply */

_Static_assert(REPLY_HEADERS + MIP6_HAAD_MAX * sizeof(struct mip6_addr) <= MTU_MIN,
               "section 10.5.1: the reply fits within the minimum MTU");

struct mip6_addr home_agents_anycast(const struct mip6_prefix *prefix)
{
	struct mip6_addr addr = mip6_prefix_make(&prefix->addr, 64).addr;

	for (unsigned int i = 0; i < 8; i++)
		addr.b[8 + i] = (uint8_t)(HOME_AGENTS_ANYCAST_ID >> (56 - 8 * i));
	return addr;
}

static struct home_agent *find(struct home_agents *list, const struct mip6_addr *link_local)
{
	for (size_t i = 0; i < list->count; i++)
		if (mip6_addr_equal(&list->agent[i].link_local, link_local))
			return &list->agent[i];
	return NULL;
}

static void drop(struct home_agents *list, struct home_agent *agent)
{
	*agent = list->agent[--list->count];
}

static void add_address(struct home_agent *agent, const struct mip6_addr *addr)
{
	for (size_t i = 0; i < agent->address_count; i++)
		if (mip6_addr_equal(&agent->address[i], addr))
			return;
	/* A home agent that was renumbered: the one longest known makes room. */
	if (agent->address_count == HOME_AGENT_ADDRESSES_MAX)
		memmove(&agent->address[0], &agent->address[1],
		        --agent->address_count * sizeof(agent->address[0]));
	agent->address[agent->address_count++] = *addr;
}

enum home_agents_result home_agents_heard(struct home_agents *list, const struct mip6_addr *src,
                                          const struct mip6_icmp6 *ra, mip6_time now)
{
	enum home_agents_result result = HOME_AGENTS_RENEWED;
	const struct mip6_nd_options *opt = &ra->opt;
	struct home_agent *agent;
	uint32_t lifetime_s;

	home_agents_expire(list, now);
	agent = find(list, src);
	/* Section 10.5.1: without the option the preference MUST be taken as 0. */
	lifetime_s = opt->has_home_agent ? opt->home_agent_lifetime_s : ra->ra.router_lifetime_s;
	if (!(ra->ra.flags & MIP6_RA_H) || lifetime_s == 0) {
		if (agent == NULL)
			return HOME_AGENTS_IGNORED;
		drop(list, agent);
		return HOME_AGENTS_REMOVED;
	}
	if (agent == NULL) {
		if (list->count == HOME_AGENTS_MAX)
			return HOME_AGENTS_FULL;
		agent = &list->agent[list->count++];
		*agent = (struct home_agent){.link_local = *src};
		result = HOME_AGENTS_ADDED;
	}
	agent->preference = opt->has_home_agent ? opt->home_agent_preference : 0;
	agent->expires = now + lifetime_s * MIP6_S;
	for (size_t i = 0; i < opt->pio_count; i++)
		if ((opt->pio[i].flags & MIP6_PIO_R) && mip6_addr_is_routable(&opt->pio[i].prefix))
			add_address(agent, &opt->pio[i].prefix);
	return result;
}

void home_agents_expire(struct home_agents *list, mip6_time now)
{
	for (size_t i = list->count; i-- > 0;)
		if (list->agent[i].expires <= now)
			drop(list, &list->agent[i]);
}

/* Fisher and Yates; n is small, so that the remainder's bias is nothing. */
static void shuffle(uint8_t *order, size_t n, uint32_t (*random)(void *ctx), void *ctx)
{
	for (; n > 1; n--) {
		size_t other = random(ctx) % n;
		uint8_t last = order[n - 1];

		order[n - 1] = order[other];
		order[other] = last;
	}
}

static void append(struct mip6_icmp6 *reply, const struct home_agent *agent,
                   uint32_t (*random)(void *ctx), void *ctx)
{
	uint8_t order[HOME_AGENT_ADDRESSES_MAX];

	for (size_t i = 0; i < agent->address_count; i++)
		order[i] = (uint8_t)i;
	shuffle(order, agent->address_count, random, ctx);
	for (size_t i = 0; i < agent->address_count && reply->discovery.count < MIP6_HAAD_MAX; i++)
		reply->discovery.addr[reply->discovery.count++] = agent->address[order[i]];
}

void home_agents_reply(struct home_agents *list, const struct home_agent *self, uint16_t id,
                       mip6_time now, uint32_t (*random)(void *ctx), void *ctx,
                       struct mip6_icmp6 *ret)
{
	const struct home_agent *agents[HOME_AGENTS_MAX + 1];
	uint8_t order[HOME_AGENTS_MAX + 1];
	size_t count = 0;

	home_agents_expire(list, now);
	agents[count++] = self;
	for (size_t i = 0; i < list->count; i++)
		agents[count++] = &list->agent[i];
	for (size_t i = 0; i < count; i++)
		order[i] = (uint8_t)i;
	/* In random order first: the sort keeps that of equals. */
	shuffle(order, count, random, ctx);
	for (size_t i = 1; i < count; i++) {
		uint8_t moved = order[i];
		size_t at = i;

		for (; at > 0 && agents[order[at - 1]]->preference < agents[moved]->preference;
		     at--)
			order[at] = order[at - 1];
		order[at] = moved;
	}
	*ret = (struct mip6_icmp6){.type = MIP6_ICMP6_HAAD_REPLY};
	ret->discovery.id = id;
	for (size_t i = 0; i < count; i++)
		append(ret, agents[order[i]], random, ctx);
}
