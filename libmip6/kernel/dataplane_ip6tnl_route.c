// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ip6tnl data plane: its routes. At the gateway one per home, in a table of ours that is looked
 * up before the main table, and for chains one more, by source, to the anchor; at the WTRU those of
 * the tunnel packets themselves, from each CoA by the router that it belongs to.
 */
#include "kernel/dataplane_ip6tnl_state.h"

const struct rtnl_rule ip6tnl_home_rule = {
	.priority = HOME_RULE, .table = HOME_TABLE, .suppress_prefix_len = -1};
const struct rtnl_rule ip6tnl_chain_rule = {
	.priority = CHAIN_RULE,
	.mark = IP6TNL_MARK_UP,
	.mark_mask = IP6TNL_MARK_UP,
	.table = CHAIN_TABLE,
	.suppress_prefix_len = -1,
};

/* Into the tunnel from local to peer, or, where the path is too narrow, to be cut. */
static void lead(const struct dataplane *dp, struct rtnl_route *route, const struct narrow *narrow,
                 const struct mip6_addr *local, const struct mip6_addr *peer, uint32_t outer_mtu)
{
	route->mtu = ip6tnl_inner_mtu(outer_mtu);
	route->mtu_lock = true;
	if (ip6tnl_is_narrow(outer_mtu)) {
		route->ifindex = narrow->ifindex;
		return;
	}
	route->ifindex = dp->ifindex;
	route->encap_src = *local;
	route->encap_dst = *peer;
}

static struct rtnl_route home_route(const struct dataplane *dp, const struct dataplane_slot *s)
{
	struct rtnl_route route = {.dst = s->binding.home, .table = HOME_TABLE};

	lead(dp, &route, &dp->narrow, &s->binding.local, &s->binding.peer, s->outer_mtu);
	return route;
}

static struct rtnl_route anchor_route(const struct dataplane *dp, const struct dataplane_slot *s)
{
	struct rtnl_route route = {.from = s->binding.home, .table = CHAIN_TABLE};

	lead(dp, &route, &dp->narrow_up, &s->binding.local, &s->binding.second, s->second_mtu);
	return route;
}

int ip6tnl_set_home_route(struct dataplane *dp, uint32_t slot)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct rtnl_route route;
	int rc;

	if (dp->role != DATAPLANE_GATEWAY)
		return 0;
	route = home_route(dp, s);
	rc = rtnl_route_set(dp->rtnl, &route);
	dp->extra[slot].routed = rc == 0;
	return rc;
}

int ip6tnl_remove_home_route(struct dataplane *dp, uint32_t slot)
{
	struct rtnl_route route;

	if (dp->role != DATAPLANE_GATEWAY)
		return 0;
	route = home_route(dp, dataplane_table_get(dp->table, slot));
	return rtnl_route_remove(dp->rtnl, &route);
}

int ip6tnl_set_anchor_route(struct dataplane *dp, uint32_t slot)
{
	const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct rtnl_route route;
	int rc;

	if (!ip6tnl_is_chain(&s->binding))
		return ip6tnl_remove_anchor_route(dp, slot);
	route = anchor_route(dp, s);
	rc = rtnl_route_set(dp->rtnl, &route);
	dp->extra[slot].routed_up = rc == 0;
	return rc;
}

int ip6tnl_remove_anchor_route(struct dataplane *dp, uint32_t slot)
{
	const struct rtnl_route route = {.from = dataplane_table_get(dp->table, slot)->binding.home,
	                                 .table = CHAIN_TABLE};

	/* One that was adopted may have a route although nobody has set it since. */
	if (!dp->chains)
		return 0;
	dp->extra[slot].routed_up = false;
	return rtnl_route_remove(dp->rtnl, &route);
}

void ip6tnl_widen_device(struct dataplane *dp, uint32_t mtu)
{
	if (mtu > dp->mtu && rtnl_link_set_mtu(dp->rtnl, dp->ifindex, mtu) == 0)
		dp->mtu = mtu;
}

static uint32_t uplink_table(uint32_t slot, bool odd)
{
	return UPLINK_TABLE + 2 * slot + odd;
}

static struct rtnl_rule uplink_rule(const struct mip6_addr *local, const struct mip6_addr *peer,
                                    uint32_t table)
{
	return (struct rtnl_rule){
		.priority = UPLINK_RULE,
		.src = mip6_prefix_make(local, 128),
		.dst = mip6_prefix_make(peer, 128),
		.table = table,
		.suppress_prefix_len = -1,
	};
}

void ip6tnl_remove_uplink(struct dataplane *dp, uint32_t slot, bool odd,
                          const struct mip6_addr *local, const struct mip6_addr *peer)
{
	struct rtnl_rule rule = uplink_rule(local, peer, uplink_table(slot, odd));
	struct rtnl_route route = {.table = rule.table};

	rtnl_rule_remove(dp->rtnl, &rule);
	rtnl_route_remove(dp->rtnl, &route);
}

int ip6tnl_set_uplink(struct dataplane *dp, uint32_t slot)
{
	const struct dataplane_binding *binding = &dataplane_table_get(dp->table, slot)->binding;
	struct extra *x = &dp->extra[slot];
	struct rtnl_rule rule =
		uplink_rule(&binding->local, &binding->peer, uplink_table(slot, x->odd));
	struct rtnl_route route = {
		.table = rule.table, .ifindex = binding->ifindex, .gateway = binding->router};
	int rc;

	if (dp->role != DATAPLANE_WTRU || !binding->ifindex)
		return 0;
	rc = rtnl_route_set(dp->rtnl, &route);
	if (rc == 0)
		rc = rtnl_rule_set(dp->rtnl, &rule);
	if (rc == 0) {
		x->uplink = binding->ifindex;
		x->router = binding->router;
	}
	return rc;
}

static void forget_uplink(void *ctx, const struct rtnl_rule *rule)
{
	struct rtnl_route route = {.table = rule->table};

	if (rule->priority != UPLINK_RULE)
		return;
	rtnl_rule_remove(ctx, rule);
	rtnl_route_remove(ctx, &route);
}

void ip6tnl_forget_uplinks(struct rtnl *rtnl)
{
	rtnl_rule_list(rtnl, forget_uplink, rtnl);
}
