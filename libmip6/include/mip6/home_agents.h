/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Home Agents List of a home link (RFC 6275 section 10.5.1): who else serves as a home agent
 * there, and in which order a mobile node that asks is told of them. Pure: random numbers and time
 * are arguments.
 */
#ifndef MIP6_HOME_AGENTS_H
#define MIP6_HOME_AGENTS_H

#include <mip6/icmp6.h>

#define HOME_AGENTS_MAX 16          /* others; what comes when the list is full is not taken */
#define HOME_AGENT_ADDRESSES_MAX 4  /* of each */

/*
 * Interface identifier of the Mobile IPv6 Home-Agents anycast address (RFC 2526: identifier 126).
 */
#define HOME_AGENTS_ANYCAST_ID UINT64_C(0xfdfffffffffffffe)

struct home_agent {
	/* who it is: the source of its advertisements; unused of ourselves */
	struct mip6_addr link_local;
	uint16_t preference;         /* higher is better */
	mip6_time expires;
	size_t address_count;
	struct mip6_addr address[HOME_AGENT_ADDRESSES_MAX]; /* global */
};

struct home_agents {
	size_t count;
	struct home_agent agent[HOME_AGENTS_MAX];
};

enum home_agents_result {
	HOME_AGENTS_IGNORED, /* no home agent, and none that was known */
	HOME_AGENTS_ADDED,
	HOME_AGENTS_RENEWED,
	HOME_AGENTS_REMOVED,
	HOME_AGENTS_FULL,
};

/*
 * The anycast address of the home agents of a /64; of a shorter prefix that with zeros up to /64.
 */
struct mip6_addr home_agents_anycast(const struct mip6_prefix *prefix);

/* A valid Router Advertisement from src, heard on the home link. */
enum home_agents_result home_agents_heard(struct home_agents *list, const struct mip6_addr *src,
					  const struct mip6_icmp6 *ra, mip6_time now);
/* Drop those whose lifetime is over. */
void home_agents_expire(struct home_agents *list, mip6_time now);

/*
 * Fill the addresses of a Home Agent Address Discovery Reply: those of self and of the list, the
 * most preferred first, equal ones in random order; so many that the packet keeps to the minimum
 * MTU.
 */
void home_agents_reply(struct home_agents *list, const struct home_agent *self, uint16_t id,
		       mip6_time now, uint32_t (*random)(void *ctx), void *ctx,
		       struct mip6_icmp6 *ret);

#endif
