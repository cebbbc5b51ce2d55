// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ip6tnl data plane: the kernel's own tunnel driver, one device in external mode for all
 * bindings, and the outer addresses on the routes through it (`ip -6 route` shows `encap ip6`). At
 * the WTRU the default route in each HoA's table, at the gateway one route per home in a table of
 * ours. A chain has a second route, to its anchor, for what came out of the tunnel from that home.
 *
 * Why not a device per anchor: changing its local address takes it out of the kernel's tables for a
 * grace period, in which packets are lost, and it would receive at one address only; replacing a
 * route loses nothing, and the device receives at all addresses. What such a device does not do is
 * check anything; that, and the statistics, are dataplane_ip6tnl_rules.c's matter.
 *
 * The kernel itself sends Packet Too Big and Time Exceeded, relays those about outer packets (RFC
 * 2473 section 8), fragments and reassembles; here only the MTUs of the routes follow.
 *
 * Order: a home is accepted before packets are sent to it, and no longer sent to before it is
 * forgotten.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane_ip6tnl_state.h"

/* Addresses that tunnels end at. */

struct local *ip6tnl_local_find(struct dataplane *dp, const struct mip6_addr *addr)
{
	for (size_t i = 0; i < dp->local_count; i++)
		if (mip6_addr_equal(&dp->locals[i].addr, addr))
			return &dp->locals[i];
	return NULL;
}

int ip6tnl_local_put(struct dataplane *dp, const struct mip6_addr *addr)
{
	if (ip6tnl_local_find(dp, addr))
		return 0;
	if (dp->local_count == LOCALS_MAX)
		return -ENOSPC;
	ip6tnl_filter_add(&dp->filter, IP6TNL_LOCALS, NULL, addr, NULL, 0);
	return 0;
}

void ip6tnl_local_use(struct dataplane *dp, const struct mip6_addr *addr)
{
	struct local *local = ip6tnl_local_find(dp, addr);

	if (!local) {
		local = &dp->locals[dp->local_count++];
		*local = (struct local){.addr = *addr};
	}
	local->uses++;
}

static void local_unuse(struct dataplane *dp, const struct mip6_addr *addr)
{
	struct local *local = ip6tnl_local_find(dp, addr);

	if (!local || --local->uses > 0)
		return;
	local->until = clock_monotonic() + DATAPLANE_GRACE;
	ip6tnl_timer_set(dp, local->until);
}

mip6_time ip6tnl_locals_expire(struct dataplane *dp, mip6_time now)
{
	mip6_time next = MIP6_TIME_NEVER;

	for (size_t i = 0; i < dp->local_count;) {
		struct local *local = &dp->locals[i];

		if (local->uses == 0 && local->until <= now) {
			ip6tnl_filter_begin(&dp->filter);
			ip6tnl_filter_delete(&dp->filter, IP6TNL_LOCALS, NULL, &local->addr);
			ip6tnl_filter_commit(&dp->filter);
			*local = dp->locals[--dp->local_count];
			continue;
		}
		if (local->uses == 0 && local->until < next)
			next = local->until;
		i++;
	}
	return next;
}

static int ip6tnl_probe(enum dataplane_role role, char *ret_why, size_t size)
{
	struct rtnl *rtnl;
	int rc = rtnl_open(&rtnl);

	if (rc == 0) {
		rc = rtnl_tunnel_probe(rtnl);
		rtnl_close(rtnl);
	}
	if (rc < 0) {
		snprintf(ret_why, size, "no ip6_tunnel: %s", strerror(-rc));
		return rc;
	}
	rc = ip6tnl_filter_probe(role);
	if (rc < 0) {
		snprintf(ret_why, size, "nftables: %s", strerror(-rc));
		return rc;
	}
	rc = access("/dev/net/tun", R_OK | W_OK) < 0 ? -errno : 0;
	if (rc < 0)
		snprintf(ret_why, size, "/dev/net/tun: %s (CONFIG_TUN)", strerror(-rc));
	return rc;
}

int ip6tnl_probe_chains(char *ret_why, size_t size)
{
	struct rtnl *rtnl;
	int rc = rtnl_open(&rtnl);

	if (rc < 0)
		return rc;
	rc = rtnl_route_from_probe(rtnl);
	rtnl_close(rtnl);
	if (rc < 0)
		snprintf(ret_why, size, "no routes by source: %s (CONFIG_IPV6_SUBTREES)",
		         strerror(-rc));
	return rc;
}

/* The device receives and sends over any link. */
static int ip6tnl_attach(struct dataplane *dp, uint32_t ifindex)
{
	(void)dp;
	(void)ifindex;
	return 0;
}

/* Bindings. */

static void put_accept(struct dataplane *dp, const struct mip6_addr *peer,
                       const struct dataplane_binding *binding, bool current)
{
	struct kept kept = {.current = current, .local = binding->local};

	ip6tnl_filter_add(&dp->filter, IP6TNL_ACCEPT, peer, &binding->home.addr, &kept,
	                  sizeof(kept));
}

static void put_home(struct dataplane *dp, const struct mip6_addr *home, bool add)
{
	static const enum ip6tnl_set sets[] = {IP6TNL_HOMES, IP6TNL_TX, IP6TNL_RX};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (add)
			ip6tnl_filter_add(&dp->filter, sets[i], NULL, home, NULL, 0);
		else
			ip6tnl_filter_delete(&dp->filter, sets[i], NULL, home);
	}
}

/* What a chain has besides. */
static void put_chain(struct dataplane *dp, const struct dataplane_binding *binding, bool add)
{
	if (!ip6tnl_is_chain(binding))
		return;
	if (add) {
		ip6tnl_filter_add(&dp->filter, IP6TNL_CHAINS, NULL, &binding->home.addr, NULL, 0);
		ip6tnl_filter_add(&dp->filter, IP6TNL_ANCHORS, &binding->second,
		                  &binding->home.addr, NULL, 0);
	} else {
		ip6tnl_filter_delete(&dp->filter, IP6TNL_CHAINS, NULL, &binding->home.addr);
		ip6tnl_filter_delete(&dp->filter, IP6TNL_ANCHORS, &binding->second,
		                     &binding->home.addr);
	}
}

static void binding_drop(struct dataplane *dp, uint32_t slot, int *ret)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct extra *x = &dp->extra[slot];
	int rc = ip6tnl_remove_home_route(dp, slot);

	if (rc < 0)
		*ret = rc;
	rc = ip6tnl_remove_anchor_route(dp, slot);
	if (rc < 0)
		*ret = rc;
	ip6tnl_filter_begin(&dp->filter);
	ip6tnl_put_old_away(dp, slot);
	put_chain(dp, &s->binding, false);
	ip6tnl_filter_delete(&dp->filter, IP6TNL_ACCEPT, &s->binding.peer, &s->binding.home.addr);
	put_home(dp, &s->binding.home.addr, false);
	rc = ip6tnl_filter_commit(&dp->filter);
	if (rc < 0)
		*ret = rc;
	ip6tnl_forget_old(dp, slot);
	if (x->uplink)
		ip6tnl_remove_uplink(dp, slot, x->odd, &s->binding.local, &s->binding.peer);
	local_unuse(dp, &s->binding.local);
	*x = (struct extra){0};
	dataplane_table_remove(dp->table, slot);
}

static int set_routes(struct dataplane *dp, uint32_t slot)
{
	int rc = ip6tnl_set_uplink(dp, slot);

	if (rc == 0)
		rc = ip6tnl_set_home_route(dp, slot);
	if (rc == 0)
		rc = ip6tnl_set_anchor_route(dp, slot);
	return rc;
}

static int binding_add(struct dataplane *dp, const struct dataplane_binding *binding)
{
	struct dataplane_slot *s;
	uint32_t slot;
	int rc = dataplane_table_add(dp->table, binding, DATAPLANE_TABLE_NONE, &slot), ignored;

	if (rc < 0)
		return rc;
	s = dataplane_table_get(dp->table, slot);
	s->outer_mtu = ip6tnl_standard_mtu(dp, binding);
	s->second_mtu = ip6tnl_second_mtu(binding);
	ip6tnl_widen_device(dp, ip6tnl_inner_mtu(s->outer_mtu));
	dp->extra[slot] = (struct extra){0};
	ip6tnl_filter_begin(&dp->filter);
	rc = ip6tnl_local_put(dp, &binding->local);
	put_accept(dp, &binding->peer, binding, true);
	put_home(dp, &binding->home.addr, true);
	put_chain(dp, binding, true);
	if (rc == 0)
		rc = ip6tnl_filter_commit(&dp->filter);
	if (rc < 0) {
		dataplane_table_remove(dp->table, slot);
		return rc;
	}
	ip6tnl_local_use(dp, &binding->local);
	rc = set_routes(dp, slot);
	if (rc < 0)
		binding_drop(dp, slot, &ignored);
	return rc;
}

/* Another local, peer or anchor: the new is accepted too, then sent to; the old pair ends later. */
static int binding_move(struct dataplane *dp, uint32_t slot,
                        const struct dataplane_binding *binding)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct dataplane_binding old = s->binding;
	struct extra *x = &dp->extra[slot];
	bool same_peer = mip6_addr_equal(&old.peer, &binding->peer);
	mip6_time now = clock_monotonic();
	uint32_t before = s->outer_mtu;
	int rc;

	ip6tnl_filter_begin(&dp->filter);
	rc = ip6tnl_local_put(dp, &binding->local);
	ip6tnl_put_old_away(dp, slot);
	ip6tnl_filter_delete(&dp->filter, IP6TNL_ACCEPT, &old.peer, &old.home.addr);
	if (!same_peer)
		put_accept(dp, &old.peer, &old, false);
	put_accept(dp, &binding->peer, binding, true);
	put_chain(dp, &old, false);
	put_chain(dp, binding, true);
	if (rc == 0)
		rc = ip6tnl_filter_commit(&dp->filter);
	if (rc < 0)
		return rc;
	ip6tnl_local_use(dp, &binding->local);
	ip6tnl_forget_old(dp, slot);
	dataplane_table_set(dp->table, slot, binding);
	s->old_local = old.local;
	s->old_peer = old.peer;
	s->old_until = now + DATAPLANE_GRACE;
	x->old_accepted = !same_peer;
	x->old_uplink = x->uplink != 0;
	if (x->uplink)
		x->odd = !x->odd;
	x->uplink = 0;
	/* Another path: what was learnt about the old one is void. */
	s->mtu_until = 0;
	s->outer_mtu = ip6tnl_standard_mtu(dp, binding);
	if (!mip6_addr_equal(&old.second, &binding->second) ||
	    !mip6_addr_equal(&old.local, &binding->local)) {
		s->second_until = 0;
		s->second_mtu = ip6tnl_second_mtu(binding);
	}
	ip6tnl_widen_device(dp, ip6tnl_inner_mtu(s->outer_mtu));
	rc = set_routes(dp, slot);
	local_unuse(dp, &old.local);
	ip6tnl_ends_at(dp, s->old_until);
	if (before != s->outer_mtu && dp->mtu_changed)
		dp->mtu_changed(dp->ctx, &binding->home, ip6tnl_inner_mtu(s->outer_mtu));
	return rc;
}

/* Another way to the same peer, or nothing new, or something that an adopted binding lacks. */
static int binding_refresh(struct dataplane *dp, uint32_t slot,
                           const struct dataplane_binding *binding)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct extra *x = &dp->extra[slot];
	bool another = s->binding.ifindex != binding->ifindex;
	int rc = 0;

	s->binding = *binding;
	if (another && !s->mtu_until)
		rc = ip6tnl_slot_set_mtu(dp, slot, ip6tnl_standard_mtu(dp, binding), 0);
	if (rc == 0 && x->uplink && !binding->ifindex) {
		ip6tnl_remove_uplink(dp, slot, x->odd, &binding->local, &binding->peer);
		x->uplink = 0;
	}
	if (rc == 0)
		rc = ip6tnl_set_uplink(dp, slot);
	if (rc == 0 && !x->routed)
		rc = ip6tnl_set_home_route(dp, slot);
	if (rc == 0 && !x->routed_up && ip6tnl_is_chain(binding))
		rc = ip6tnl_set_anchor_route(dp, slot);
	return rc;
}

static int ip6tnl_want_binding(struct dataplane *dp, const struct dataplane_binding *binding)
{
	struct mip6_prefix home = mip6_prefix_make(&binding->home.addr, binding->home.len);
	const struct dataplane_slot *s;
	uint32_t slot;

	if (home.len == 0 || !mip6_prefix_equal(&home, &binding->home) ||
	    !mip6_addr_is_routable(&home.addr) || !mip6_addr_is_routable(&binding->local) ||
	    !mip6_addr_is_routable(&binding->peer))
		return -EINVAL;
	if (ip6tnl_is_chain(binding) && !mip6_addr_is_routable(&binding->second))
		return -EINVAL;
	if (ip6tnl_is_chain(binding) && !dp->chains)
		return -EOPNOTSUPP;
	if (home.len != 128) /* the sets hold addresses; see dataplane.h */
		return dp->role == DATAPLANE_WTRU ? -EINVAL : -EOPNOTSUPP;
	slot = dataplane_table_find(dp->table, &home);
	if (slot == DATAPLANE_TABLE_NONE)
		return binding_add(dp, binding);
	s = dataplane_table_get(dp->table, slot);
	if (mip6_addr_equal(&s->binding.local, &binding->local) &&
	    mip6_addr_equal(&s->binding.peer, &binding->peer) &&
	    mip6_addr_equal(&s->binding.second, &binding->second))
		return binding_refresh(dp, slot, binding);
	return binding_move(dp, slot, binding);
}

static int ip6tnl_unwant_binding(struct dataplane *dp, const struct mip6_prefix *home)
{
	uint32_t slot = dataplane_table_find(dp->table, home);
	int ret = 0;

	if (slot != DATAPLANE_TABLE_NONE)
		binding_drop(dp, slot, &ret);
	return ret;
}

static int ip6tnl_list(struct dataplane *dp,
                       void (*each)(void *ctx, const struct dataplane_binding *binding), void *ctx)
{
	for (uint32_t slot = 0; slot < dataplane_table_top(dp->table); slot++) {
		const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
		struct dataplane_binding binding;

		if (!s)
			continue;
		binding = s->binding; /* `each` may unwant it */
		each(ctx, &binding);
	}
	return 0;
}

static struct extra *extra_of(struct dataplane *dp, const struct mip6_addr *home)
{
	const struct mip6_prefix prefix = mip6_prefix_make(home, 128);
	uint32_t slot = dataplane_table_find(dp->table, &prefix);

	return slot == DATAPLANE_TABLE_NONE ? NULL : &dp->extra[slot];
}

static void counted_tx(void *ctx, const struct mip6_addr *home, uint64_t packets, uint64_t bytes)
{
	struct extra *x = extra_of(ctx, home);

	if (!x)
		return;
	/* The kernel does not say when; between two looks at it is the later one. */
	if (x->tx_packets != packets)
		x->last_tx = clock_monotonic();
	x->tx_packets = packets;
	x->tx_bytes = bytes;
}

static void counted_rx(void *ctx, const struct mip6_addr *home, uint64_t packets, uint64_t bytes)
{
	struct extra *x = extra_of(ctx, home);

	if (!x)
		return;
	x->rx_packets = packets;
	x->rx_bytes = bytes;
}

static int look_at_counters(struct dataplane *dp, const struct mip6_addr *home)
{
	const struct mip6_addr *one = dp->role == DATAPLANE_WTRU ? NULL : home;
	mip6_time now = clock_monotonic();
	int rc;

	if (!one && dp->counted && now < dp->counted + COUNTS_LIFETIME)
		return 0;
	rc = ip6tnl_filter_counts(&dp->filter, IP6TNL_TX, one, counted_tx, dp);
	if (rc == 0)
		rc = ip6tnl_filter_counts(&dp->filter, IP6TNL_RX, one, counted_rx, dp);
	if (rc == 0)
		dp->counted = now;
	return rc;
}

static int ip6tnl_stats(struct dataplane *dp, const struct mip6_prefix *home,
                        struct dataplane_stats *ret)
{
	uint32_t slot = dataplane_table_find(dp->table, home);
	const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	const struct extra *x;
	int rc;

	if (!s)
		return -ENOENT;
	x = &dp->extra[slot];
	rc = look_at_counters(dp, &home->addr);
	if (rc < 0)
		return rc;
	*ret = (struct dataplane_stats){
		.tx_packets = x->tx_packets,
		.tx_bytes = x->tx_bytes,
		.rx_packets = x->rx_packets,
		.rx_bytes = x->rx_bytes,
		.last_tx = x->last_tx,
		.mtu = ip6tnl_inner_mtu(s->outer_mtu),
	};
	return 0;
}

static int ip6tnl_counters(struct dataplane *dp, struct dataplane_counters *ret)
{
	uint64_t sums[IP6TNL_COUNTERS], rx_errors = 0, tx_errors = 0;
	int rc = ip6tnl_filter_counters(&dp->filter, sums);

	if (rc == 0)
		rc = rtnl_link_errors(dp->rtnl, dp->ifindex, &rx_errors, &tx_errors);
	if (rc < 0)
		return rc;
	*ret = (struct dataplane_counters){
		.drop_no_binding =
			sums[IP6TNL_NO_BINDING] + dp->elsewhere + dp->by_hand.drop_no_binding,
		.drop_wrong_source = sums[IP6TNL_WRONG_SOURCE],
		.drop_malformed = sums[IP6TNL_MALFORMED] + rx_errors,
		.drop_multicast = sums[IP6TNL_MULTICAST],
		.drop_loop = sums[IP6TNL_LOOP] + dp->by_hand.drop_loop,
		.drop_unprotected = sums[IP6TNL_UNPROTECTED],
		.drop_failed = tx_errors,
		.too_big = sums[IP6TNL_TOO_BIG],
		.encapsulated = sums[IP6TNL_ENCAPSULATED],
		.decapsulated = sums[IP6TNL_DECAPSULATED],
	};
	return 0;
}

static int ip6tnl_route(struct dataplane *dp, const struct mip6_prefix *home,
                        struct rtnl_route *ret)
{
	const struct dataplane_slot *s =
		dataplane_table_get(dp->table, dataplane_table_find(dp->table, home));

	if (!s)
		return -ENOENT;
	ret->gateway = (struct mip6_addr){0};
	ret->mtu = ip6tnl_inner_mtu(s->outer_mtu);
	if (ip6tnl_is_narrow(s->outer_mtu)) {
		int rc = ip6tnl_narrow_device(dp, false);

		ret->ifindex = dp->narrow.ifindex;
		return rc;
	}
	ret->ifindex = dp->ifindex;
	ret->encap_src = s->binding.local;
	ret->encap_dst = s->binding.peer;
	return 0;
}

const struct dataplane_ops dataplane_ip6tnl = {
	.name = "ip6tnl",
	.probe = ip6tnl_probe,
	.probe_chains = ip6tnl_probe_chains,
	.open = ip6tnl_open,
	.attach = ip6tnl_attach,
	.detach = ip6tnl_attach,
	.want_binding = ip6tnl_want_binding,
	.unwant_binding = ip6tnl_unwant_binding,
	.list = ip6tnl_list,
	.stats = ip6tnl_stats,
	.counters = ip6tnl_counters,
	.route = ip6tnl_route,
	.path_mtu = ip6tnl_path_mtu,
	.protect = ip6tnl_protect,
	.close = ip6tnl_close,
};
