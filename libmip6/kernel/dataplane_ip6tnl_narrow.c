// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ip6tnl data plane: paths narrower than 1320 octets (RFC 2473 section 7.1 (b)). The tunnel
 * driver sends no outer packet in fragments, it refuses the inner one; so homes behind such a path
 * have a route through a TUN device, and dataplane_fragment.c cuts what it reads there. What comes
 * in fragments the kernel reassembles and the tunnel device takes, as any other.
 *
 * The gateway always has the device: a second gateway process in this network namespace finds it
 * taken.
 */
#include <errno.h>
#include <netinet/in.h>

#include "io/log.h"
#include "kernel/dataplane_ip6tnl_state.h"

/* The tunnel of an inner packet: what the rules check of those in the kernel's own. */
static bool entry(void *ctx, const uint8_t *inner, size_t len, struct mip6_addr *ret_local,
                  struct mip6_addr *ret_peer, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	struct mip6_prefix home = {.len = 128};
	const struct dataplane_slot *s;
	struct mip6_addr src, dst;

	(void)len;
	memcpy(&src, inner + 8, sizeof(src));
	memcpy(&dst, inner + 24, sizeof(dst));
	home.addr = dp->role == DATAPLANE_WTRU ? src : dst;
	s = dataplane_table_get(dp->table, dataplane_table_find(dp->table, &home));
	if (!s || !mip6_addr_is_routable(&src) || !mip6_addr_is_routable(&dst)) {
		dp->by_hand.drop_no_binding += !s;
		return false;
	}
	if (inner[6] == IPPROTO_IPV6 && ip6tnl_local_find(dp, &src)) {
		dp->by_hand.drop_loop++;
		return false;
	}
	*ret_local = s->binding.local;
	*ret_peer = s->binding.peer;
	*ret_mtu = s->outer_mtu;
	return true;
}

void ip6tnl_narrow_init(struct dataplane *dp)
{
	dp->tun = -1;
	dp->fragment = (struct dataplane_fragment){
		.loop = dp->loop, .tun = -1, .raw = -1, .out = -1, .ctx = dp, .entry = entry};
}

int ip6tnl_narrow_device(struct dataplane *dp, bool persist)
{
	int rc;

	if (dp->tun >= 0)
		return 0;
	rc = dataplane_fragment_open(&dp->fragment);
	if (rc < 0)
		return rc;
	rc = dataplane_tun_open(ip6tnl_narrow_name(dp->role), false, persist, &dp->tun_ifindex);
	if (rc < 0) {
		dataplane_fragment_close(&dp->fragment);
		return rc;
	}
	dp->tun = rc;
	dataplane_fragment_device(&dp->fragment, dp->tun);
	return 0;
}

void ip6tnl_narrow_close(struct dataplane *dp, bool keep)
{
	dataplane_fragment_close(&dp->fragment);
	if (dp->tun >= 0)
		dataplane_tun_close(dp->tun, keep && dp->role == DATAPLANE_GATEWAY);
	dp->tun = -1;
}
