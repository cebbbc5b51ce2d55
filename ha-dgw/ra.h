/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Router Advertisement of the D-GW says (RFC 4861 section 6.2.3, RFC 6275 section 7, RFC
 * 8273, RFC 8801). Pure: composes the message, sends nothing.
 */
#ifndef DGW_RA_H
#define DGW_RA_H

#include <mip6/icmp6.h>

struct ra_params {
	struct mip6_addr home_agent; /* our global address, for the PIO with the R bit */
	bool has_shared;
	struct mip6_prefix shared;       /* prefix on the link, for everybody */
	struct mip6_addr shared_address; /* our address in it */
	uint16_t router_lifetime_s;
	uint32_t interval_max_ms; /* of unsolicited multicasts */
	uint32_t valid_s, preferred_s;
	uint32_t mtu;       /* of the link; 0: not told */
	uint8_t lladdr_len; /* ours on the link */
	uint8_t lladdr[MIP6_LLADDR_MAX];
	const char *operator_name; /* "" or NULL: none */
	uint16_t home_agent_preference;
	uint16_t home_agent_lifetime_s; /* 0: as the router's */
};

/* unique: the prefix for the one receiver of this RA, or NULL. */
void ra_compose(struct mip6_icmp6 *ret, const struct ra_params *params,
                const struct mip6_prefix *unique);
/*
 * The Prefix Information options of that, which are those of a Mobile Prefix Advertisement too (RFC
 * 6275 section 10.6.1).
 */
void ra_add_prefixes(struct mip6_icmp6 *msg, const struct ra_params *params,
                     const struct mip6_prefix *unique);
/* As what a home agent we present ourselves. */
uint16_t ra_home_agent_lifetime(const struct ra_params *params);
/* The last words of a router that stops (RFC 4861 section 6.2.5): not a default router any more. */
void ra_compose_final(struct mip6_icmp6 *ret, const struct ra_params *params);

#endif
