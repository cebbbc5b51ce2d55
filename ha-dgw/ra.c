// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Composes the Router Advertisements of the D-GW.
 *
 * RFC 4861 section 6.2.3 for the base, RFC 6275 sections 7.1 to 7.5 for the H flag, the R flag with
 * our whole address in a Prefix Information option, and the Advertisement Interval; RFC 8273
 * section 4 for the unique prefix: A set, L clear, so that nothing of it is taken to be on link;
 * RFC 8801 for the operator's name.
 *
 * Which address is the anchor's is seen in the same option as the prefix (shared prefix), or in the
 * first option with the R flag (unique prefix). Owns no state.
 */
#include "ra.h"

#include <stdio.h>

/* Home agents without a default route to offer still serve; RFC 6275 section 7.4's lifetime is in
 * s. */
#define HOME_AGENT_LIFETIME_S 1800

static void add_pio(struct mip6_icmp6 *ra, const struct mip6_addr *addr, uint8_t len, uint8_t flags,
                    const struct ra_params *params)
{
	ra->opt.pio[ra->opt.pio_count++] = (struct mip6_pio){
		.prefix = *addr,
		.len = len,
		.flags = flags,
		.valid_s = params->valid_s,
		.preferred_s = params->preferred_s,
	};
}

uint16_t ra_home_agent_lifetime(const struct ra_params *params)
{
	if (params->home_agent_lifetime_s != 0)
		return params->home_agent_lifetime_s;
	/* RFC 6275 section 7.4: as the router lifetime, but a value of 0 MUST NOT be used. */
	return params->router_lifetime_s != 0 ? params->router_lifetime_s : HOME_AGENT_LIFETIME_S;
}

void ra_add_prefixes(struct mip6_icmp6 *msg, const struct ra_params *params,
                     const struct mip6_prefix *unique)
{
	if (unique != NULL)
		add_pio(msg, &unique->addr, unique->len, MIP6_PIO_A, params);
	/* RFC 6275 section 7.2: the whole address, with the R bit. */
	if (!params->has_shared || !mip6_addr_equal(&params->shared_address, &params->home_agent))
		add_pio(msg, &params->home_agent, 64, MIP6_PIO_R, params);
	if (params->has_shared)
		add_pio(msg, &params->shared_address, params->shared.len,
		        MIP6_PIO_L | MIP6_PIO_A | MIP6_PIO_R, params);
}

void ra_compose(struct mip6_icmp6 *ret, const struct ra_params *params,
                const struct mip6_prefix *unique)
{
	*ret = (struct mip6_icmp6){.type = MIP6_ICMP6_RA};
	ret->ra.hop_limit = 64;
	ret->ra.flags = MIP6_RA_H;
	ret->ra.router_lifetime_s = params->router_lifetime_s;
	/* RFC 6275 section 7.5: home agents MUST include the source link-layer address. */
	ret->opt.lladdr_len = params->lladdr_len;
	memcpy(ret->opt.lladdr, params->lladdr, sizeof(ret->opt.lladdr));
	ret->opt.has_mtu = params->mtu != 0;
	ret->opt.mtu = params->mtu;
	/* RFC 6275 section 7.5: below 200 ms add 20 ms for the granularity of clocks and
	 * schedulers. */
	ret->opt.has_interval = true;
	ret->opt.interval_ms = params->interval_max_ms + (params->interval_max_ms < 200 ? 20 : 0);
	/* RFC 6275 section 7.4: without the option the preference is 0, the lifetime the router's.
	 */
	if (params->home_agent_preference != 0 ||
	    ra_home_agent_lifetime(params) != params->router_lifetime_s) {
		ret->opt.has_home_agent = true;
		ret->opt.home_agent_preference = params->home_agent_preference;
		ret->opt.home_agent_lifetime_s = ra_home_agent_lifetime(params);
	}
	if (params->operator_name != NULL && params->operator_name[0] != '\0') {
		ret->opt.has_pvd = true;
		snprintf(ret->opt.pvd, sizeof(ret->opt.pvd), "%s", params->operator_name);
	}
	ra_add_prefixes(ret, params, unique);
}

void ra_compose_final(struct mip6_icmp6 *ret, const struct ra_params *params)
{
	struct ra_params last = *params;

	last.router_lifetime_s = 0;
	ra_compose(ret, &last, NULL);
	ret->opt.has_home_agent = false;
}
