// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ip6tnl data plane: paths narrower than 1320 octets (RFC 2473 section 7.1 (b)). The tunnel
 * driver sends no outer packet in fragments, it refuses the inner one; so homes behind such a path
 * have a route through a TUN device, and dataplane_fragment.c cuts what it reads there. What comes
 * in fragments the kernel reassembles and the tunnel device takes, as any other.
 *
 * The gateway always has the device: a second gateway process in this network namespace finds it
 * taken. With chains it has a second one, for what goes to the anchors: a packet from one home to
 * another would not tell which of its two ways it is on.
 */
#include <errno.h>
#include <netinet/in.h>

#include "io/log.h"
#include "kernel/dataplane_ip6tnl_state.h"

/* What the rules check of those in the kernel's own tunnels. */
static bool may_enter(struct dataplane *dp, const struct dataplane_slot *s, const uint8_t *inner)
{
	struct mip6_addr src, dst;

	memcpy(&src, inner + 8, sizeof(src));
	memcpy(&dst, inner + 24, sizeof(dst));
	/* The kernel's own multicast reports among them. */
	if (!mip6_addr_is_routable(&src) || !mip6_addr_is_routable(&dst))
		return false;
	if (!s) {
		dp->by_hand.drop_no_binding++;
		return false;
	}
	if (inner[6] == IPPROTO_IPV6 && ip6tnl_local_find(dp, &src)) {
		dp->by_hand.drop_loop++;
		return false;
	}
	return true;
}

static const struct dataplane_slot *slot_of(struct dataplane *dp, const uint8_t *home)
{
	struct mip6_prefix prefix = {.len = 128};

	memcpy(&prefix.addr, home, sizeof(prefix.addr));
	return dataplane_table_get(dp->table, dataplane_table_find(dp->table, &prefix));
}

/* The tunnel of an inner packet. */
static bool entry(void *ctx, const uint8_t *inner, size_t len, struct mip6_addr *ret_local,
                  struct mip6_addr *ret_peer, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *s = slot_of(dp, inner + (dp->role == DATAPLANE_WTRU ? 8 : 24));

	(void)len;
	if (!may_enter(dp, s, inner))
		return false;
	*ret_local = s->binding.local;
	*ret_peer = s->binding.peer;
	*ret_mtu = dataplane_peers_piece(&dp->peers, ret_peer, s->outer_mtu);
	return true;
}

/* The same of one that goes to the anchor of its chain. */
static bool entry_up(void *ctx, const uint8_t *inner, size_t len, struct mip6_addr *ret_local,
                     struct mip6_addr *ret_peer, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *s = slot_of(dp, inner + 8);

	(void)len;
	if (!may_enter(dp, s && ip6tnl_is_chain(&s->binding) ? s : NULL, inner))
		return false;
	*ret_local = s->binding.local;
	*ret_peer = s->binding.second;
	*ret_mtu = dataplane_peers_piece(&dp->peers, ret_peer, s->second_mtu);
	return true;
}

void ip6tnl_narrow_init(struct dataplane *dp)
{
	dp->narrow = (struct narrow){.tun = -1};
	dp->narrow.fragment = (struct dataplane_fragment){
		.loop = dp->loop, .tun = -1, .raw = -1, .out = -1, .ctx = dp, .entry = entry};
	dp->narrow_up = dp->narrow;
	dp->narrow_up.fragment.entry = entry_up;
}

static int open_device(struct narrow *narrow, const char *name, bool persist)
{
	int rc;

	if (narrow->tun >= 0)
		return 0;
	rc = dataplane_fragment_open(&narrow->fragment);
	if (rc < 0)
		return rc;
	rc = dataplane_tun_open(name, false, persist, &narrow->ifindex);
	if (rc < 0) {
		dataplane_fragment_close(&narrow->fragment);
		return rc;
	}
	narrow->tun = rc;
	dataplane_fragment_device(&narrow->fragment, narrow->tun);
	return 0;
}

int ip6tnl_narrow_device(struct dataplane *dp, bool persist)
{
	return open_device(&dp->narrow, ip6tnl_devices(dp->role, false).narrow, persist);
}

int ip6tnl_narrow_device_up(struct dataplane *dp)
{
	return open_device(&dp->narrow_up, ip6tnl_devices(dp->role, true).narrow_up, true);
}

static void close_device(struct narrow *narrow, bool keep)
{
	dataplane_fragment_close(&narrow->fragment);
	if (narrow->tun >= 0)
		dataplane_tun_close(narrow->tun, keep);
	narrow->tun = -1;
}

void ip6tnl_narrow_close(struct dataplane *dp, bool keep)
{
	close_device(&dp->narrow, keep && dp->role == DATAPLANE_GATEWAY);
	close_device(&dp->narrow_up, keep);
}
