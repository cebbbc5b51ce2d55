// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The gateway's slow path: one route per bound home, with an LWT program on it that encapsulates,
 * through a device of our own. It carries what the gateway itself sends to a HoA, and what the fast
 * path leaves to the stack so that the kernel answers Packet Too Big and Time Exceeded.
 *
 * Why a device: the kernel sends Redirects when a packet leaves by the link that it came from, so
 * the route must name a link that nothing ever comes from. It is a TUN device. The LWT program
 * takes nearly every packet before it gets there; the rest is for dataplane_fragment.c. It is
 * persistent, and its removal removes all routes.
 *
 * The routes are in a table of our own, looked up before the main table: there the on-link route of
 * a shared home prefix, or the one to a WTRU's own prefix, would be in the way.
 *
 * Cost: about 1 kB of kernel memory per route.
 */
#include "kernel/dataplane_bpf.h"

#define DEVICE "mip6"
#define TABLE 10500
#define RULE_PRIORITY 31900

static const struct rtnl_rule table_rule = {
	.priority = RULE_PRIORITY, .table = TABLE, .suppress_prefix_len = -1};

int dataplane_slow_open(struct dataplane_slow *slow, struct rtnl *rtnl, bool fresh)
{
	int fd = dataplane_tun_open(DEVICE, fresh, true, &slow->ifindex), rc;

	if (fd < 0)
		return fd;
	rc = rtnl_rule_set(rtnl, &table_rule);
	if (rc < 0) {
		dataplane_tun_close(fd, true);
		return rc;
	}
	slow->tun = fd;
	return 0;
}

static struct rtnl_route route_of(const struct dataplane_slow *slow, const struct mip6_prefix *home)
{
	return (struct rtnl_route){.dst = *home, .table = TABLE, .ifindex = slow->ifindex};
}

int dataplane_slow_set(const struct dataplane_slow *slow, struct rtnl *rtnl, int program,
                       const struct mip6_prefix *home, uint32_t outer_mtu)
{
	struct rtnl_route route = route_of(slow, home);

	/*
	 * The kernel subtracts the headroom itself: 1500 here is Packet Too Big 1460 for the
	 * sender. Not less than 1280 for the sender (RFC 2473 section 7.1 (b)): what then does not
	 * fit is fragmented.
	 */
	route.mtu = outer_mtu < 1280 + TUNNEL_OVERHEAD ? 1280 + TUNNEL_OVERHEAD : outer_mtu;
	route.lwt_xmit_fd = program;
	route.lwt_headroom = TUNNEL_OVERHEAD;
	return rtnl_route_set(rtnl, &route);
}

int dataplane_slow_remove(const struct dataplane_slow *slow, struct rtnl *rtnl,
                          const struct mip6_prefix *home)
{
	struct rtnl_route route = route_of(slow, home);

	return rtnl_route_remove(rtnl, &route);
}

void dataplane_slow_close(struct dataplane_slow *slow, struct rtnl *rtnl, bool keep)
{
	if (slow->tun < 0)
		return;
	if (!keep)
		rtnl_rule_remove(rtnl, &table_rule);
	dataplane_tun_close(slow->tun, keep);
	slow->tun = -1;
}
