// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decoding of rtnetlink messages. Pure: a message in memory in, one object out. Attributes are read
 * by bounded iteration and used only when they have the length that their type demands; attributes
 * that we do not know are skipped.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/rtnl_internal.h"

static bool attr_u8(const struct nlattr *attr, uint8_t *ret)
{
	if (mnl_attr_get_payload_len(attr) < sizeof(*ret))
		return false;
	*ret = mnl_attr_get_u8(attr);
	return true;
}

static bool attr_u32(const struct nlattr *attr, uint32_t *ret)
{
	if (mnl_attr_get_payload_len(attr) < sizeof(*ret))
		return false;
	memcpy(ret, mnl_attr_get_payload(attr), sizeof(*ret));
	return true;
}

static bool attr_addr(const struct nlattr *attr, struct mip6_addr *ret)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(ret->b))
		return false;
	memcpy(ret->b, mnl_attr_get_payload(attr), sizeof(ret->b));
	return true;
}

static void attr_lladdr(const struct nlattr *attr, uint8_t *ret_len, uint8_t *ret)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > RTNL_LLADDR_MAX)
		return;
	memcpy(ret, mnl_attr_get_payload(attr), len);
	*ret_len = (uint8_t)len;
}

static void attr_errors(const struct nlattr *attr, struct rtnl_object *ret)
{
	struct rtnl_link_stats64 stats = {0};
	size_t len = mnl_attr_get_payload_len(attr);

	/* Longer on newer kernels. */
	memcpy(&stats, mnl_attr_get_payload(attr), len < sizeof(stats) ? len : sizeof(stats));
	ret->errors.rx = stats.rx_errors;
	ret->errors.tx = stats.tx_errors;
}

/* The header after the netlink header, or NULL when the message is too short for it. */
static const void *header(const struct nlmsghdr *nlh, size_t len)
{
	return mnl_nlmsg_get_payload_len(nlh) < len ? NULL : mnl_nlmsg_get_payload(nlh);
}

static bool parse_link(const struct nlmsghdr *nlh, struct rtnl_object *ret)
{
	const struct ifinfomsg *info = header(nlh, sizeof(*info));
	struct rtnl_link *link = &ret->link;
	const struct nlattr *attr;

	/* A bridge tells of its ports under its own family, also that one left, which is no
	 * removal. */
	if (!info || info->ifi_family != AF_UNSPEC || info->ifi_index <= 0)
		return false;
	ret->type = RTNL_OBJECT_LINK;
	link->ifindex = (uint32_t)info->ifi_index;
	link->present = nlh->nlmsg_type == RTM_NEWLINK;
	link->up = link->present && (info->ifi_flags & IFF_UP) && (info->ifi_flags & IFF_LOWER_UP);
	netlink_for_each_attr(attr, nlh, sizeof(*info)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME: {
			size_t len =
				strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

			if (len == 0 || len >= sizeof(link->name))
				return false;
			memcpy(link->name, mnl_attr_get_payload(attr), len);
			link->name[len] = '\0';
			break;
		}
		case IFLA_MTU:
			(void)attr_u32(attr, &link->mtu);
			break;
		case IFLA_ADDRESS:
			attr_lladdr(attr, &link->lladdr_len, link->lladdr);
			break;
		case IFLA_CARRIER_CHANGES:
			(void)attr_u32(attr, &link->carrier_changes);
			break;
		case IFLA_STATS64:
			attr_errors(attr, ret);
			break;
		case IFLA_WIRELESS:
					break;
		default:
			break;
		}
	}
	return true;
}

static bool parse_address(const struct nlmsghdr *nlh, struct rtnl_object *ret)
{
	const struct ifaddrmsg *ifa = header(nlh, sizeof(*ifa));
	struct rtnl_address *address = &ret->address;
	const struct nlattr *attr;
	bool has_addr = false;
	bool has_local = false;

	if (!ifa || ifa->ifa_family != AF_INET6 || ifa->ifa_prefixlen > 128 || ifa->ifa_index == 0)
		return false;
	ret->type = RTNL_OBJECT_ADDRESS;
	address->ifindex = ifa->ifa_index;
	address->prefix_len = ifa->ifa_prefixlen;
	address->present = nlh->nlmsg_type == RTM_NEWADDR;
	address->flags = ifa->ifa_flags;
	address->preferred_s = UINT32_MAX;
	address->valid_s = UINT32_MAX;
	netlink_for_each_attr(attr, nlh, sizeof(*ifa)) {
		switch (mnl_attr_get_type(attr)) {
		case IFA_LOCAL: /* with a peer address, IFA_ADDRESS is the peer's */
			has_local = attr_addr(attr, &address->addr);
			break;
		case IFA_ADDRESS:
			if (!has_local)
				has_addr = attr_addr(attr, &address->addr);
			break;
		case IFA_FLAGS:
			(void)attr_u32(attr, &address->flags);
			break;
		case IFA_CACHEINFO: {
			struct ifa_cacheinfo info;

			if (mnl_attr_get_payload_len(attr) < sizeof(info))
				break;
			memcpy(&info, mnl_attr_get_payload(attr), sizeof(info));
			address->preferred_s = info.ifa_prefered;
			address->valid_s = info.ifa_valid;
			break;
		}
		case IFA_PROTO:
			(void)attr_u8(attr, &address->protocol);
			break;
		default:
			break;
		}
	}
	ret->protocol = address->protocol;
	return has_addr || has_local;
}

static void parse_bpf_encap(const struct nlattr *encap, struct rtnl_route *route)
{
	const struct nlattr *attr;

	netlink_for_each_nested(attr, encap) {
		/* The program's descriptor is not told; that there is one is. */
		if (mnl_attr_get_type(attr) == LWT_BPF_XMIT)
			route->lwt_xmit_fd = -1;
	}
}

static bool parse_route(const struct nlmsghdr *nlh, struct rtnl_object *ret)
{
	const struct rtmsg *rtm = header(nlh, sizeof(*rtm));
	struct rtnl_route *route = &ret->route;
	const struct nlattr *encap = NULL;
	const struct nlattr *attr, *metric;
	struct mip6_addr dst = {{0}}, from = {{0}};
	uint16_t encap_type = 0;

	if (!rtm || rtm->rtm_family != AF_INET6 || rtm->rtm_dst_len > 128 ||
	    rtm->rtm_src_len > 128 || (rtm->rtm_flags & RTM_F_CLONED))
		return false;
	ret->type = RTNL_OBJECT_ROUTE;
	ret->protocol = rtm->rtm_protocol;
	route->protocol = rtm->rtm_protocol;
	route->type = rtm->rtm_type;
	route->table = rtm->rtm_table;
	netlink_for_each_attr(attr, nlh, sizeof(*rtm)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_TABLE:
			(void)attr_u32(attr, &route->table);
			break;
		case RTA_DST:
			if (!attr_addr(attr, &dst))
				return false;
			break;
		case RTA_SRC:
			if (!attr_addr(attr, &from))
				return false;
			break;
		case RTA_OIF:
			(void)attr_u32(attr, &route->ifindex);
			break;
		case RTA_GATEWAY:
			(void)attr_addr(attr, &route->gateway);
			break;
		case RTA_PREFSRC:
			(void)attr_addr(attr, &route->src);
			break;
		case RTA_PRIORITY:
			(void)attr_u32(attr, &route->metric);
			break;
		case RTA_METRICS:
			netlink_for_each_nested(metric, attr) {
				if (mnl_attr_get_type(metric) == RTAX_MTU)
					(void)attr_u32(metric, &route->mtu);
			}
			break;
		case RTA_ENCAP_TYPE:
			if (mnl_attr_get_payload_len(attr) >= sizeof(encap_type))
				encap_type = mnl_attr_get_u16(attr);
			break;
		case RTA_ENCAP:
			encap = attr;
			break;
		default:
			break;
		}
	}
	route->dst = mip6_prefix_make(&dst, rtm->rtm_dst_len);
	route->from = mip6_prefix_make(&from, rtm->rtm_src_len);
	if (encap && encap_type == LWTUNNEL_ENCAP_BPF)
		parse_bpf_encap(encap, route);
	return true;
}

static bool parse_rule(const struct nlmsghdr *nlh, struct rtnl_object *ret)
{
	const struct fib_rule_hdr *frh = header(nlh, sizeof(*frh));
	struct rtnl_rule *rule = &ret->rule;
	struct mip6_addr src = {{0}}, dst = {{0}};
	struct fib_rule_port_range ports;
	const struct nlattr *attr;
	uint32_t suppress;

	if (!frh || frh->family != AF_INET6 || frh->src_len > 128 || frh->dst_len > 128)
		return false;
	ret->type = RTNL_OBJECT_RULE;
	rule->table = frh->table;
	rule->suppress_prefix_len = -1;
	netlink_for_each_attr(attr, nlh, sizeof(*frh)) {
		switch (mnl_attr_get_type(attr)) {
		case FRA_PRIORITY:
			(void)attr_u32(attr, &rule->priority);
			break;
		case FRA_TABLE:
			(void)attr_u32(attr, &rule->table);
			break;
		case FRA_FWMARK:
			(void)attr_u32(attr, &rule->mark);
			break;
		case FRA_SPORT_RANGE:
			if (mnl_attr_get_payload_len(attr) >= sizeof(ports)) {
				memcpy(&ports, mnl_attr_get_payload(attr), sizeof(ports));
				rule->udp_src = ports.start;
			}
			break;
		case FRA_SRC:
			if (!attr_addr(attr, &src))
				return false;
			break;
		case FRA_DST:
			if (!attr_addr(attr, &dst))
				return false;
			break;
		case FRA_FWMASK:
			(void)attr_u32(attr, &rule->mark_mask);
			if (rule->mark_mask == UINT32_MAX)
				rule->mark_mask = 0;
			break;
		case FRA_SUPPRESS_PREFIXLEN:
			if (attr_u32(attr, &suppress))
				rule->suppress_prefix_len = (int32_t)suppress;
			break;
		case FRA_PROTOCOL:
			(void)attr_u8(attr, &ret->protocol);
			break;
		default:
			break;
		}
	}
	rule->src = mip6_prefix_make(&src, frh->src_len);
	rule->dst = mip6_prefix_make(&dst, frh->dst_len);
	return true;
}

static bool parse_neighbour(const struct nlmsghdr *nlh, struct rtnl_object *ret)
{
	const struct ndmsg *ndm = header(nlh, sizeof(*ndm));
	struct rtnl_neighbour *neighbour = &ret->neighbour;
	const struct nlattr *attr;
	bool has_addr = false;

	if (!ndm || ndm->ndm_family != AF_INET6)
		return false;
	ret->type = RTNL_OBJECT_NEIGHBOUR;
	neighbour->ifindex = (uint32_t)ndm->ndm_ifindex;
	neighbour->proxy = ndm->ndm_flags & NTF_PROXY;
	neighbour->state = nlh->nlmsg_type == RTM_NEWNEIGH ? ndm->ndm_state : 0;
	netlink_for_each_attr(attr, nlh, sizeof(*ndm)) {
		switch (mnl_attr_get_type(attr)) {
		case NDA_DST:
			has_addr = attr_addr(attr, &neighbour->addr);
			break;
		case NDA_LLADDR:
			attr_lladdr(attr, &neighbour->lladdr_len, neighbour->lladdr);
			break;
		case NDA_PROTOCOL:
			(void)attr_u8(attr, &ret->protocol);
			break;
		default:
			break;
		}
	}
	return has_addr;
}

bool rtnl_parse(const struct nlmsghdr *nlh, struct rtnl_object *ret)
{
	struct rtnl_object object;
	bool ok;

	memset(&object, 0, sizeof(object));
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		ok = parse_link(nlh, &object);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		ok = parse_address(nlh, &object);
		break;
	case RTM_NEWROUTE:
		ok = parse_route(nlh, &object);
		break;
	case RTM_NEWRULE:
		ok = parse_rule(nlh, &object);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		ok = parse_neighbour(nlh, &object);
		break;
	default:
		return false;
	}
	if (ok)
		*ret = object;
	return ok;
}

int rtnl_parse_ack(const struct nlmsghdr *nlh, const char **ret_text)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	size_t offset = sizeof(*err);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
		return -EBADMSG;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return err->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		/* The request is repeated in full before the attributes. */
		if (err->msg.nlmsg_len < sizeof(err->msg) ||
		    err->msg.nlmsg_len > mnl_nlmsg_get_payload_len(nlh) - sizeof(err->error))
			return err->error;
		offset += err->msg.nlmsg_len - sizeof(err->msg);
	}
	netlink_for_each_attr(attr, nlh, (unsigned int)offset) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			*ret_text = mnl_attr_get_str(attr);
	}
	return err->error;
}
