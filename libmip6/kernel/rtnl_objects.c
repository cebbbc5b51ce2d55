// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests for links, addresses, rules and neighbours: each makes one message and hands it to
 * rtnl.c. Routes, which need more thought, are in rtnl_route.c. Keeps no state.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "kernel/rtnl_internal.h"

static int link_get(struct rtnl *rtnl, uint32_t ifindex, const char *name, struct rtnl_link *ret)
{
	struct rtnl_request request;
	struct rtnl_object object;
	struct ifinfomsg *info;
	struct nlmsghdr *nlh;
	int r;

	nlh = rtnl_request_begin(&request, RTM_GETLINK, 0, sizeof(*info), &info);
	info->ifi_index = (int)ifindex;
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	r = rtnl_talk(rtnl, nlh, RTNL_TOLERATE_NONE, &object);
	if (r < 0)
		return r;
	if (object.type != RTNL_OBJECT_LINK)
		return -EBADMSG;
	*ret = object.link;
	return 0;
}

int rtnl_link_by_name(struct rtnl *rtnl, const char *name, struct rtnl_link *ret)
{
	size_t len = strlen(name);

	/* No link can have such a name. */
	if (len == 0 || len >= IFNAMSIZ)
		return -ENODEV;
	return link_get(rtnl, 0, name, ret);
}

int rtnl_link_by_index(struct rtnl *rtnl, uint32_t ifindex, struct rtnl_link *ret)
{
	if (ifindex == 0 || ifindex > INT32_MAX)
		return -ENODEV;
	return link_get(rtnl, ifindex, NULL, ret);
}

int rtnl_link_set_up(struct rtnl *rtnl, uint32_t ifindex, bool up)
{
	struct rtnl_request request;
	struct ifinfomsg *info;
	struct nlmsghdr *nlh;

	nlh = rtnl_request_begin(&request, RTM_NEWLINK, 0, sizeof(*info), &info);
	info->ifi_index = (int)ifindex;
	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return rtnl_talk(rtnl, nlh, RTNL_TOLERATE_NONE, NULL);
}

static struct nlmsghdr *address_request(struct rtnl_request *request, uint16_t type, uint16_t flags,
					uint32_t ifindex, const struct mip6_addr *addr,
					uint8_t prefix_len)
{
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh;

	nlh = rtnl_request_begin(request, type, flags, sizeof(*ifa), &ifa);
	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = prefix_len;
	ifa->ifa_index = ifindex;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	rtnl_put_addr(nlh, IFA_LOCAL, addr);
	return nlh;
}

int rtnl_address_set(struct rtnl *rtnl, const struct rtnl_address *address)
{
	struct ifa_cacheinfo lifetime = {
		.ifa_prefered = address->preferred_s,
		.ifa_valid = address->valid_s,
	};
	struct rtnl_request request;
	struct nlmsghdr *nlh;

	if (address->prefix_len > 128)
		return -EINVAL;
	nlh = address_request(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, address->ifindex,
			      &address->addr, address->prefix_len);
	mnl_attr_put_u32(nlh, IFA_FLAGS, address->flags);
	mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(lifetime), &lifetime);
	mnl_attr_put_u8(nlh, IFA_PROTO, address->protocol ? address->protocol : RTNL_PROTOCOL);
	return rtnl_talk(rtnl, nlh, RTNL_TOLERATE_NONE, NULL);
}

int rtnl_address_remove(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr,
			uint8_t prefix_len)
{
	struct rtnl_request request;

	return rtnl_talk(rtnl, address_request(&request, RTM_DELADDR, 0, ifindex, addr, prefix_len),
			 RTNL_TOLERATE_GONE, NULL);
}

int rtnl_dump_type(struct rtnl *rtnl, uint16_t type, struct rtnl_list *ret)
{
	struct rtnl_request request;
	struct nlmsghdr *nlh;
	union {
		struct ifinfomsg *info;
		struct ifaddrmsg *ifa;
		struct ndmsg *ndm;
		void *any;
	} u;

	switch (type) {
	case RTM_GETLINK:
		nlh = rtnl_request_begin(&request, type, 0, sizeof(*u.info), &u.any);
		mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		break;
	case RTM_GETADDR:
		nlh = rtnl_request_begin(&request, type, 0, sizeof(*u.ifa), &u.any);
		u.ifa->ifa_family = AF_INET6;
		break;
	case RTM_GETNEIGH:
		nlh = rtnl_request_begin(&request, type, 0, sizeof(*u.ndm), &u.any);
		u.ndm->ndm_family = AF_INET6;
		break;
	default:
		return -EINVAL;
	}
	return rtnl_dump(rtnl, nlh, ret);
}

int rtnl_address_list(struct rtnl *rtnl, void (*each)(void *ctx, const struct rtnl_address *),
		      void *ctx)
{
	struct rtnl_list list;
	int r = rtnl_dump_type(rtnl, RTM_GETADDR, &list);

	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].type == RTNL_OBJECT_ADDRESS)
			each(ctx, &list.items[i].address);
	}
	free(list.items);
	return 0;
}

static struct nlmsghdr *rule_request(struct rtnl_request *request, uint16_t type, uint16_t flags,
				     const struct rtnl_rule *rule)
{
	struct fib_rule_hdr *frh;
	struct nlmsghdr *nlh;

	nlh = rtnl_request_begin(request, type, flags, sizeof(*frh), &frh);
	frh->family = AF_INET6;
	frh->action = FR_ACT_TO_TBL;
	frh->src_len = rule->src.len;
	frh->dst_len = rule->dst.len;
	frh->table = rule->table < 256 ? (uint8_t)rule->table : RT_TABLE_UNSPEC;
	if (rule->src.len)
		rtnl_put_addr(nlh, FRA_SRC, &rule->src.addr);
	if (rule->dst.len)
		rtnl_put_addr(nlh, FRA_DST, &rule->dst.addr);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u32(nlh, FRA_TABLE, rule->table);
	if (rule->mark) {
		mnl_attr_put_u32(nlh, FRA_FWMARK, rule->mark);
		mnl_attr_put_u32(nlh, FRA_FWMASK, rule->mark_mask ? rule->mark_mask : UINT32_MAX);
	}
	if (rule->udp_src) {
		const struct fib_rule_port_range ports = {rule->udp_src, rule->udp_src};

		mnl_attr_put_u8(nlh, FRA_IP_PROTO, IPPROTO_UDP);
		mnl_attr_put(nlh, FRA_SPORT_RANGE, sizeof(ports), &ports);
	}
	if (rule->suppress_prefix_len >= 0)
		mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, (uint32_t)rule->suppress_prefix_len);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, RTNL_PROTOCOL);
	return nlh;
}

int rtnl_rule_set(struct rtnl *rtnl, const struct rtnl_rule *rule)
{
	struct rtnl_request request;

	/* Without NLM_F_EXCL the kernel adds the same rule as often as it is asked to. */
	return rtnl_talk(rtnl, rule_request(&request, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule),
			 RTNL_TOLERATE_EXISTS, NULL);
}

int rtnl_rule_remove(struct rtnl *rtnl, const struct rtnl_rule *rule)
{
	struct rtnl_request request;

	return rtnl_talk(rtnl, rule_request(&request, RTM_DELRULE, 0, rule), RTNL_TOLERATE_GONE,
			 NULL);
}

int rtnl_rule_list(struct rtnl *rtnl, void (*each)(void *ctx, const struct rtnl_rule *), void *ctx)
{
	struct rtnl_request request;
	struct fib_rule_hdr *frh;
	struct rtnl_list list;
	struct nlmsghdr *nlh;
	int r;

	nlh = rtnl_request_begin(&request, RTM_GETRULE, 0, sizeof(*frh), &frh);
	frh->family = AF_INET6;
	r = rtnl_dump(rtnl, nlh, &list);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].type == RTNL_OBJECT_RULE &&
		    list.items[i].protocol == RTNL_PROTOCOL)
			each(ctx, &list.items[i].rule);
	}
	free(list.items);
	return 0;
}

static struct nlmsghdr *neighbour_request(struct rtnl_request *request, uint16_t type,
					  uint16_t flags, uint32_t ifindex,
					  const struct mip6_addr *addr, uint8_t ntf)
{
	struct nlmsghdr *nlh;
	struct ndmsg *ndm;

	nlh = rtnl_request_begin(request, type, flags, sizeof(*ndm), &ndm);
	ndm->ndm_family = AF_INET6;
	ndm->ndm_ifindex = (int)ifindex;
	ndm->ndm_flags = ntf;
	rtnl_put_addr(nlh, NDA_DST, addr);
	if (type == RTM_NEWNEIGH)
		mnl_attr_put_u8(nlh, NDA_PROTOCOL, RTNL_PROTOCOL);
	return nlh;
}

int rtnl_proxy_set(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr)
{
	struct rtnl_request request;

	return rtnl_talk(rtnl,
			 neighbour_request(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
					   ifindex, addr, NTF_PROXY),
			 RTNL_TOLERATE_EXISTS, NULL);
}

int rtnl_proxy_remove(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr)
{
	struct rtnl_request request;

	return rtnl_talk(rtnl,
			 neighbour_request(&request, RTM_DELNEIGH, 0, ifindex, addr, NTF_PROXY),
			 RTNL_TOLERATE_GONE, NULL);
}

int rtnl_proxy_list(struct rtnl *rtnl, void (*each)(void *ctx, const struct rtnl_neighbour *),
		    void *ctx)
{
	struct rtnl_request request;
	struct rtnl_list list;
	struct nlmsghdr *nlh;
	struct ndmsg *ndm;
	int r;

	nlh = rtnl_request_begin(&request, RTM_GETNEIGH, 0, sizeof(*ndm), &ndm);
	ndm->ndm_family = AF_INET6;
	ndm->ndm_flags = NTF_PROXY;
	r = rtnl_dump(rtnl, nlh, &list);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].type == RTNL_OBJECT_NEIGHBOUR && list.items[i].neighbour.proxy &&
		    list.items[i].protocol == RTNL_PROTOCOL)
			each(ctx, &list.items[i].neighbour);
	}
	free(list.items);
	return 0;
}

int rtnl_neighbour_set(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr,
		       const uint8_t *lladdr, uint8_t lladdr_len)
{
	struct rtnl_request request;
	struct nlmsghdr *nlh;
	struct ndmsg *ndm;

	if (lladdr_len > RTNL_LLADDR_MAX)
		return -EINVAL;
	nlh = neighbour_request(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex, addr,
				0);
	ndm = mnl_nlmsg_get_payload(nlh);
	ndm->ndm_state = NUD_STALE;
	if (lladdr_len)
		mnl_attr_put(nlh, NDA_LLADDR, lladdr_len, lladdr);
	return rtnl_talk(rtnl, nlh, RTNL_TOLERATE_NONE, NULL);
}

int rtnl_neighbour_remove(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr)
{
	struct rtnl_request request;

	return rtnl_talk(rtnl, neighbour_request(&request, RTM_DELNEIGH, 0, ifindex, addr, 0),
			 RTNL_TOLERATE_GONE, NULL);
}
