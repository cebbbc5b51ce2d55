// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Routes. The kernel's NLM_F_REPLACE takes the place of the first IPv6 route with the same
 * destination and metric, whoever made it. In tables of our own nobody else has routes, so that is
 * what we want; in the main and local tables it would throw out the route of another program or of
 * the kernel itself, so there a route is added exclusively, and replaced only after a look at whose
 * it is. Keeps no state.
 */
#include <errno.h>
#include <linux/lwtunnel.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "kernel/rtnl_internal.h"

#define ROUTE_METRIC_STANDARD 1024 /* what the kernel takes for 0 */

static uint32_t route_metric(const struct rtnl_route *route)
{
	return route->metric ? route->metric : ROUTE_METRIC_STANDARD;
}

/* What identifies a route. */
static struct nlmsghdr *route_request(struct rtnl_request *request, uint16_t type, uint16_t flags,
				      const struct rtnl_route *route, struct rtmsg **ret_rtm)
{
	struct nlmsghdr *nlh;
	struct rtmsg *rtm;

	nlh = rtnl_request_begin(request, type, flags, sizeof(*rtm), &rtm);
	rtm->rtm_family = AF_INET6;
	rtm->rtm_dst_len = route->dst.len;
	rtm->rtm_src_len = route->from.len;
	rtm->rtm_protocol = RTNL_PROTOCOL;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	rtm->rtm_type = route->type ? route->type : RTN_UNICAST;
	rtm->rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC;
	if (route->dst.len)
		rtnl_put_addr(nlh, RTA_DST, &route->dst.addr);
	if (route->from.len)
		rtnl_put_addr(nlh, RTA_SRC, &route->from.addr);
	mnl_attr_put_u32(nlh, RTA_TABLE, route->table);
	mnl_attr_put_u32(nlh, RTA_PRIORITY, route_metric(route));
	*ret_rtm = rtm;
	return nlh;
}

static void put_encap(struct nlmsghdr *nlh, const struct rtnl_route *route)
{
	struct nlattr *encap, *xmit;

	mnl_attr_put_u16(nlh, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_BPF);
	encap = mnl_attr_nest_start(nlh, RTA_ENCAP);
	xmit = mnl_attr_nest_start(nlh, LWT_BPF_XMIT);
	mnl_attr_put_u32(nlh, LWT_BPF_PROG_FD, (uint32_t)route->lwt_xmit_fd);
	/* The kernel insists on a name; it is what `ip -6 route` shows. */
	mnl_attr_put_strz(nlh, LWT_BPF_PROG_NAME, "mip6");
	mnl_attr_nest_end(nlh, xmit);
	if (route->lwt_headroom)
		mnl_attr_put_u32(nlh, LWT_BPF_XMIT_HEADROOM, route->lwt_headroom);
	mnl_attr_nest_end(nlh, encap);
}

static void put_tunnel(struct nlmsghdr *nlh, const struct rtnl_route *route)
{
	struct nlattr *encap;

	mnl_attr_put_u16(nlh, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_IP6);
	encap = mnl_attr_nest_start(nlh, RTA_ENCAP);
	rtnl_put_addr(nlh, LWTUNNEL_IP6_SRC, &route->encap_src);
	rtnl_put_addr(nlh, LWTUNNEL_IP6_DST, &route->encap_dst);
	mnl_attr_put_u8(nlh, LWTUNNEL_IP6_HOPLIMIT, 64);
	mnl_attr_nest_end(nlh, encap);
}

static struct nlmsghdr *set_request(struct rtnl_request *request, uint16_t flags,
				    const struct rtnl_route *route)
{
	struct nlmsghdr *nlh;
	struct rtmsg *rtm;

	nlh = route_request(request, RTM_NEWROUTE, flags, route, &rtm);
	if (route->ifindex)
		mnl_attr_put_u32(nlh, RTA_OIF, route->ifindex);
	if (!mip6_addr_is_unspecified(&route->gateway)) {
		rtnl_put_addr(nlh, RTA_GATEWAY, &route->gateway);
		/* A router's global address need not be in a prefix that is on link for us. */
		if (route->ifindex && !mip6_addr_is_link_local(&route->gateway))
			rtm->rtm_flags |= RTNH_F_ONLINK;
	}
	if (!mip6_addr_is_unspecified(&route->src))
		rtnl_put_addr(nlh, RTA_PREFSRC, &route->src);
	if (route->mtu) {
		struct nlattr *metrics = mnl_attr_nest_start(nlh, RTA_METRICS);

		mnl_attr_put_u32(nlh, RTAX_MTU, route->mtu);
		if (route->mtu_lock)
			mnl_attr_put_u32(nlh, RTAX_LOCK, 1U << RTAX_MTU);
		mnl_attr_nest_end(nlh, metrics);
	}
	if (route->lwt_xmit_fd > 0)
		put_encap(nlh, route);
	else if (!mip6_addr_is_unspecified(&route->encap_dst))
		put_tunnel(nlh, route);
	return nlh;
}

/* Dump the routes with RTNL_PROTOCOL, of one table if that is not 0. */
static int dump_ours(struct rtnl *rtnl, uint32_t table, struct rtnl_list *ret)
{
	struct rtnl_request request;
	struct nlmsghdr *nlh;
	struct rtmsg *rtm;

	nlh = rtnl_request_begin(&request, RTM_GETROUTE, 0, sizeof(*rtm), &rtm);
	rtm->rtm_family = AF_INET6;
	rtm->rtm_protocol = RTNL_PROTOCOL;
	if (table)
		mnl_attr_put_u32(nlh, RTA_TABLE, table);
	return rtnl_dump(rtnl, nlh, ret);
}

/* 1 when a route of ours has the identity of this one, 0 when none has, or negative errno. */
static int ours_exists(struct rtnl *rtnl, const struct rtnl_route *route)
{
	struct rtnl_list list;
	int r = dump_ours(rtnl, route->table, &list);

	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count && r == 0; i++) {
		const struct rtnl_object *o = &list.items[i];

		if (o->type == RTNL_OBJECT_ROUTE && o->protocol == RTNL_PROTOCOL &&
		    o->route.table == route->table && o->route.metric == route_metric(route) &&
		    mip6_prefix_equal(&o->route.dst, &route->dst) &&
		    mip6_prefix_equal(&o->route.from, &route->from))
			r = 1;
	}
	free(list.items);
	return r;
}

/* In a table that is not ours alone. Since every set is exclusive, ours is the first if it is
 * there. */
static int set_shared(struct rtnl *rtnl, const struct rtnl_route *route)
{
	struct rtnl_request request;
	int r, found;

	r = rtnl_talk(rtnl, set_request(&request, NLM_F_CREATE | NLM_F_EXCL, route),
		      RTNL_TOLERATE_NONE, NULL);
	if (r != -EEXIST)
		return r;
	found = ours_exists(rtnl, route);
	if (found <= 0)
		return found < 0 ? found : -EEXIST;
	return rtnl_talk(rtnl, set_request(&request, NLM_F_CREATE | NLM_F_REPLACE, route),
			 RTNL_TOLERATE_NONE, NULL);
}

int rtnl_route_set(struct rtnl *rtnl, const struct rtnl_route *route)
{
	struct rtnl_request request;

	if (route->dst.len > 128 || route->from.len > 128 || route->table == RT_TABLE_UNSPEC)
		return -EINVAL;
	if (route->table == RT_TABLE_MAIN || route->table == RT_TABLE_LOCAL)
		return set_shared(rtnl, route);
	return rtnl_talk(rtnl, set_request(&request, NLM_F_CREATE | NLM_F_REPLACE, route),
			 RTNL_TOLERATE_NONE, NULL);
}

int rtnl_route_remove(struct rtnl *rtnl, const struct rtnl_route *route)
{
	struct rtnl_request request;
	struct rtmsg *rtm;

	if (route->dst.len > 128 || route->from.len > 128 || route->table == RT_TABLE_UNSPEC)
		return -EINVAL;
	/* rtm_protocol keeps the kernel from taking a route that is not ours. */
	return rtnl_talk(rtnl, route_request(&request, RTM_DELROUTE, 0, route, &rtm),
			 RTNL_TOLERATE_GONE, NULL);
}

int rtnl_route_from_probe(struct rtnl *rtnl)
{
	/* The kernel looks at the source before it misses the link. */
	const struct mip6_addr any = {{0xfd, [15] = 1}};
	const struct rtnl_route route = {
		.from = mip6_prefix_make(&any, 128), .table = UINT32_MAX, .ifindex = INT32_MAX};
	struct rtnl_request request;
	int r = rtnl_talk(rtnl, set_request(&request, NLM_F_CREATE, &route), RTNL_TOLERATE_NONE,
			  NULL);

	return r == -ENODEV ? 0 : r < 0 ? r : -EBADMSG;
}

int rtnl_route_list(struct rtnl *rtnl, void (*each)(void *ctx, const struct rtnl_route *),
		    void *ctx)
{
	struct rtnl_list list;
	int r = dump_ours(rtnl, 0, &list);

	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].type == RTNL_OBJECT_ROUTE &&
		    list.items[i].protocol == RTNL_PROTOCOL)
			each(ctx, &list.items[i].route);
	}
	free(list.items);
	return 0;
}
