// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests for links that we make and remove ourselves: tunnel devices in external ("collect
 * metadata") mode. Keeps no state.
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <netinet/in.h>

#include "kernel/rtnl_internal.h"

#define KIND "ip6tnl"

static struct nlmsghdr *link_request(struct rtnl_request *request, uint16_t type, uint16_t flags,
                                     uint32_t ifindex, struct ifinfomsg **ret_info)
{
	struct nlmsghdr *nlh =
		rtnl_request_begin(request, type, flags, sizeof(**ret_info), ret_info);

	(*ret_info)->ifi_index = (int)ifindex;
	return nlh;
}

static struct nlmsghdr *tunnel_request(struct rtnl_request *request, const char *name, uint32_t mtu,
                                       uint8_t proto)
{
	struct nlattr *info, *data;
	struct ifinfomsg *header;
	struct nlmsghdr *nlh =
		link_request(request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, &header);

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, KIND);
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put(nlh, IFLA_IPTUN_COLLECT_METADATA, 0, NULL);
	mnl_attr_put_u8(nlh, IFLA_IPTUN_PROTO, proto);
	mnl_attr_put_u32(nlh, IFLA_IPTUN_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return nlh;
}

int rtnl_tunnel_probe(struct rtnl *rtnl)
{
	struct rtnl_request request;
	/* The driver refuses this protocol, so that nothing is made; without a driver it is not
	 * asked. */
	int r = rtnl_talk(rtnl, tunnel_request(&request, "mip6probe", 1460, IPPROTO_NONE),
	                  RTNL_TOLERATE_NONE, NULL);

	return r == -EINVAL ? 0 : r < 0 ? r : -EBADMSG;
}

int rtnl_tunnel_add(struct rtnl *rtnl, const char *name, const char *alias, uint32_t mtu,
                    uint32_t *ret_ifindex)
{
	struct rtnl_request request;
	struct ifinfomsg *header;
	struct rtnl_link link;
	struct nlmsghdr *nlh;
	int r;

	r = rtnl_talk(rtnl, tunnel_request(&request, name, mtu, IPPROTO_IPV6), RTNL_TOLERATE_NONE,
	              NULL);
	if (r < 0)
		return r;
	r = rtnl_link_by_name(rtnl, name, &link);
	if (r < 0)
		return r;
	nlh = link_request(&request, RTM_NEWLINK, 0, link.ifindex, &header);
	mnl_attr_put_strz(nlh, IFLA_IFALIAS, alias);
	r = rtnl_talk(rtnl, nlh, RTNL_TOLERATE_NONE, NULL);
	if (r < 0) {
		rtnl_link_remove(rtnl, link.ifindex);
		return r;
	}
	*ret_ifindex = link.ifindex;
	return 0;
}

int rtnl_link_set_mtu(struct rtnl *rtnl, uint32_t ifindex, uint32_t mtu)
{
	struct rtnl_request request;
	struct ifinfomsg *header;
	struct nlmsghdr *nlh = link_request(&request, RTM_NEWLINK, 0, ifindex, &header);

	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	return rtnl_talk(rtnl, nlh, RTNL_TOLERATE_NONE, NULL);
}

int rtnl_link_remove(struct rtnl *rtnl, uint32_t ifindex)
{
	struct rtnl_request request;
	struct ifinfomsg *header;

	return rtnl_talk(rtnl, link_request(&request, RTM_DELLINK, 0, ifindex, &header),
	                 RTNL_TOLERATE_GONE, NULL);
}

int rtnl_link_errors(struct rtnl *rtnl, uint32_t ifindex, uint64_t *ret_rx, uint64_t *ret_tx)
{
	struct rtnl_request request;
	struct rtnl_object object;
	struct ifinfomsg *header;
	int r = rtnl_talk(rtnl, link_request(&request, RTM_GETLINK, 0, ifindex, &header),
	                  RTNL_TOLERATE_NONE, &object);

	if (r < 0)
		return r;
	*ret_rx = object.errors.rx;
	*ret_tx = object.errors.tx;
	return 0;
}
