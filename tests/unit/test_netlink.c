// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parsers of netlink messages and what else of the kernel modules needs no kernel: messages built
 * by hand, every field looked at; then every truncation and every single wrong length of each of
 * them.
 */
#include <check.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/lwtunnel.h>
#include <linux/neighbour.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "kernel/rtnl_internal.h"
#include "kernel/sockets_internal.h"

static const struct mip6_addr one = {{0x20, 1, 0x0d, 0xb8, [15] = 1}};
static const struct mip6_addr two = {{0x20, 1, 0x0d, 0xb8, [15] = 2}};
static const struct mip6_addr router = {{0xfe, 0x80, [15] = 1}};

static struct nlmsghdr *make_link(struct rtnl_request *r, uint16_t type, uint8_t family)
{
	static const uint8_t lladdr[6] = {2, 0, 0, 0, 0, 7};
	struct ifinfomsg *info;
	struct nlmsghdr *nlh = rtnl_request_begin(r, type, 0, sizeof(*info), &info);

	info->ifi_family = family;
	info->ifi_type = ARPHRD_ETHER;
	info->ifi_index = 7;
	info->ifi_flags = IFF_UP | IFF_LOWER_UP;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "wlan0");
	mnl_attr_put_u32(nlh, IFLA_MTU, 1500);
	mnl_attr_put(nlh, IFLA_ADDRESS, sizeof(lladdr), lladdr);
	mnl_attr_put_u32(nlh, IFLA_CARRIER_CHANGES, 5);
	mnl_attr_put_u32(nlh, 9999, 1); /* of a later kernel */
	return nlh;
}

static struct nlmsghdr *make_address(struct rtnl_request *r, uint16_t type)
{
	struct ifa_cacheinfo info = {.ifa_prefered = 10, .ifa_valid = 20};
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh = rtnl_request_begin(r, type, 0, sizeof(*ifa), &ifa);

	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = 64;
	ifa->ifa_index = 3;
	ifa->ifa_flags = 0x80;
	rtnl_put_addr(nlh, IFA_ADDRESS, &one);
	mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(info), &info);
	mnl_attr_put_u32(nlh, IFA_FLAGS, 0x80 | IFA_F_NOPREFIXROUTE);
	mnl_attr_put_u8(nlh, IFA_PROTO, RTNL_PROTOCOL);
	return nlh;
}

static struct nlmsghdr *make_route(struct rtnl_request *r)
{
	struct nlattr *nest, *xmit;
	struct rtmsg *rtm;
	struct nlmsghdr *nlh = rtnl_request_begin(r, RTM_NEWROUTE, 0, sizeof(*rtm), &rtm);

	rtm->rtm_family = AF_INET6;
	rtm->rtm_dst_len = 48;
	rtm->rtm_table = RT_TABLE_COMPAT;
	rtm->rtm_protocol = RTNL_PROTOCOL;
	rtm->rtm_type = RTN_UNICAST;
	rtnl_put_addr(nlh, RTA_DST, &one);
	rtnl_put_addr(nlh, RTA_GATEWAY, &router);
	rtnl_put_addr(nlh, RTA_PREFSRC, &two);
	mnl_attr_put_u32(nlh, RTA_TABLE, 30001);
	mnl_attr_put_u32(nlh, RTA_OIF, 4);
	mnl_attr_put_u32(nlh, RTA_PRIORITY, 77);
	nest = mnl_attr_nest_start(nlh, RTA_METRICS);
	mnl_attr_put_u32(nlh, RTAX_HOPLIMIT, 3);
	mnl_attr_put_u32(nlh, RTAX_MTU, 1460);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, RTA_ENCAP);
	xmit = mnl_attr_nest_start(nlh, LWT_BPF_XMIT);
	mnl_attr_put_strz(nlh, LWT_BPF_PROG_NAME, "mip6");
	mnl_attr_nest_end(nlh, xmit);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_put_u16(nlh, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_BPF);
	return nlh;
}

static struct nlmsghdr *make_rule(struct rtnl_request *r)
{
	struct fib_rule_hdr *frh;
	struct nlmsghdr *nlh = rtnl_request_begin(r, RTM_NEWRULE, 0, sizeof(*frh), &frh);

	frh->family = AF_INET6;
	frh->src_len = 128;
	frh->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(nlh, FRA_PRIORITY, 31990);
	mnl_attr_put_u32(nlh, FRA_TABLE, 30001);
	mnl_attr_put_u32(nlh, FRA_FWMARK, 77);
	mnl_attr_put_u32(nlh, FRA_FWMASK, 0xff);
	mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, 0);
	rtnl_put_addr(nlh, FRA_SRC, &one);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, RTNL_PROTOCOL);
	return nlh;
}

static struct nlmsghdr *make_neighbour(struct rtnl_request *r, uint16_t type)
{
	static const uint8_t lladdr[6] = {2, 0, 0, 0, 0, 9};
	struct ndmsg *ndm;
	struct nlmsghdr *nlh = rtnl_request_begin(r, type, 0, sizeof(*ndm), &ndm);

	ndm->ndm_family = AF_INET6;
	ndm->ndm_ifindex = 5;
	ndm->ndm_state = NUD_STALE;
	rtnl_put_addr(nlh, NDA_DST, &one);
	mnl_attr_put(nlh, NDA_LLADDR, sizeof(lladdr), lladdr);
	mnl_attr_put_u8(nlh, NDA_PROTOCOL, RTNL_PROTOCOL);
	return nlh;
}

START_TEST(link_message)
{
	struct rtnl_request r;
	struct rtnl_object o;

	ck_assert(rtnl_parse(make_link(&r, RTM_NEWLINK, AF_UNSPEC), &o));
	ck_assert_int_eq(o.type, RTNL_OBJECT_LINK);
	ck_assert_uint_eq(o.link.ifindex, 7);
	ck_assert_str_eq(o.link.name, "wlan0");
	ck_assert(o.link.present && o.link.up);
	ck_assert_uint_eq(o.link.mtu, 1500);
	ck_assert_uint_eq(o.link.lladdr_len, 6);
	ck_assert_uint_eq(o.link.lladdr[5], 7);
	ck_assert_uint_eq(o.link.carrier_changes, 5);

	ck_assert(rtnl_parse(make_link(&r, RTM_DELLINK, AF_UNSPEC), &o));
	ck_assert(!o.link.present && !o.link.up);
	/* A port that leaves its bridge. */
	ck_assert(!rtnl_parse(make_link(&r, RTM_DELLINK, AF_BRIDGE), &o));
}
END_TEST

START_TEST(link_without_carrier)
{
	struct rtnl_request r;
	struct nlmsghdr *nlh = make_link(&r, RTM_NEWLINK, AF_UNSPEC);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct rtnl_object o;

	info->ifi_flags = IFF_UP;
	ck_assert(rtnl_parse(nlh, &o));
	ck_assert(o.link.present && !o.link.up);
	info->ifi_flags = IFF_LOWER_UP;
	ck_assert(rtnl_parse(nlh, &o));
	ck_assert(!o.link.up);
}
END_TEST

START_TEST(link_name_without_end)
{
	struct rtnl_request r;
	struct ifinfomsg *info;
	struct nlmsghdr *nlh = rtnl_request_begin(&r, RTM_NEWLINK, 0, sizeof(*info), &info);
	struct rtnl_object o;

	info->ifi_index = 1;
	mnl_attr_put(nlh, IFLA_IFNAME, 16, "0123456789abcdef");
	ck_assert(!rtnl_parse(nlh, &o));
	nlh = rtnl_request_begin(&r, RTM_NEWLINK, 0, sizeof(*info), &info);
	info->ifi_index = 1;
	mnl_attr_put(nlh, IFLA_IFNAME, 15, "0123456789abcde");
	ck_assert(rtnl_parse(nlh, &o));
	ck_assert_str_eq(o.link.name, "0123456789abcde");
}
END_TEST

START_TEST(address_message)
{
	struct rtnl_request r;
	struct nlmsghdr *nlh = make_address(&r, RTM_NEWADDR);
	struct rtnl_object o;

	ck_assert(rtnl_parse(nlh, &o));
	ck_assert_int_eq(o.type, RTNL_OBJECT_ADDRESS);
	ck_assert(o.address.present && mip6_addr_equal(&o.address.addr, &one));
	ck_assert_uint_eq(o.address.ifindex, 3);
	ck_assert_uint_eq(o.address.prefix_len, 64);
	ck_assert_uint_eq(o.address.flags, 0x80 | IFA_F_NOPREFIXROUTE);
	ck_assert_uint_eq(o.address.preferred_s, 10);
	ck_assert_uint_eq(o.address.valid_s, 20);
	ck_assert_uint_eq(o.address.protocol, RTNL_PROTOCOL);
	ck_assert_uint_eq(o.protocol, RTNL_PROTOCOL);

	/* With a peer, the local one is ours, wherever it stands. */
	rtnl_put_addr(nlh, IFA_LOCAL, &two);
	ck_assert(rtnl_parse(nlh, &o));
	ck_assert(mip6_addr_equal(&o.address.addr, &two));
	rtnl_put_addr(nlh, IFA_ADDRESS, &one);
	ck_assert(rtnl_parse(nlh, &o));
	ck_assert(mip6_addr_equal(&o.address.addr, &two));

	ck_assert(rtnl_parse(make_address(&r, RTM_DELADDR), &o));
	ck_assert(!o.address.present);
}
END_TEST

START_TEST(address_of_others)
{
	struct rtnl_request r;
	struct nlmsghdr *nlh = make_address(&r, RTM_NEWADDR);
	struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct rtnl_object o;

	ifa->ifa_family = AF_INET;
	ck_assert(!rtnl_parse(nlh, &o));
	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = 129;
	ck_assert(!rtnl_parse(nlh, &o));
	/* No address at all, and infinite lifetimes. */
	nlh = rtnl_request_begin(&r, RTM_NEWADDR, 0, sizeof(*ifa), &ifa);
	ifa->ifa_family = AF_INET6;
	ifa->ifa_index = 1;
	ck_assert(!rtnl_parse(nlh, &o));
	rtnl_put_addr(nlh, IFA_ADDRESS, &one);
	ck_assert(rtnl_parse(nlh, &o));
	ck_assert_uint_eq(o.address.valid_s, UINT32_MAX);
	ck_assert_uint_eq(o.address.preferred_s, UINT32_MAX);
}
END_TEST

START_TEST(route_message)
{
	struct rtnl_request r;
	struct nlmsghdr *nlh = make_route(&r);
	struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct rtnl_object o;

	ck_assert(rtnl_parse(nlh, &o));
	ck_assert_int_eq(o.type, RTNL_OBJECT_ROUTE);
	ck_assert_uint_eq(o.route.table, 30001);
	ck_assert_uint_eq(o.route.dst.len, 48);
	ck_assert_uint_eq(o.route.dst.addr.b[15], 0); /* past the prefix */
	ck_assert_uint_eq(o.route.dst.addr.b[0], 0x20);
	ck_assert(mip6_addr_equal(&o.route.gateway, &router));
	ck_assert(mip6_addr_equal(&o.route.src, &two));
	ck_assert_uint_eq(o.route.ifindex, 4);
	ck_assert_uint_eq(o.route.metric, 77);
	ck_assert_uint_eq(o.route.mtu, 1460);
	ck_assert_int_eq(o.route.lwt_xmit_fd, -1);
	ck_assert_uint_eq(o.route.type, RTN_UNICAST);
	ck_assert_uint_eq(o.route.protocol, RTNL_PROTOCOL);
	ck_assert_uint_eq(o.route.from.len, 0);
	rtnl_put_addr(nlh, RTA_SRC, &two);
	rtm->rtm_src_len = 64;
	ck_assert(rtnl_parse(nlh, &o));
	ck_assert_uint_eq(o.route.from.len, 64);
	ck_assert(mip6_prefix_contains(&o.route.from, &two));
	rtm->rtm_src_len = 129;
	ck_assert(!rtnl_parse(nlh, &o));
	rtm->rtm_src_len = 0;
	rtm->rtm_flags = RTM_F_CLONED;
	ck_assert(!rtnl_parse(nlh, &o));
	rtm->rtm_flags = 0;
	rtm->rtm_family = AF_INET;
	ck_assert(!rtnl_parse(nlh, &o));
}
END_TEST

START_TEST(rule_message)
{
	struct rtnl_request r;
	struct rtnl_object o;

	ck_assert(rtnl_parse(make_rule(&r), &o));
	ck_assert_int_eq(o.type, RTNL_OBJECT_RULE);
	ck_assert_uint_eq(o.rule.priority, 31990);
	ck_assert_uint_eq(o.rule.table, 30001);
	ck_assert_uint_eq(o.rule.mark, 77);
	ck_assert_int_eq(o.rule.suppress_prefix_len, 0);
	ck_assert_uint_eq(o.rule.src.len, 128);
	ck_assert(mip6_addr_equal(&o.rule.src.addr, &one));
	ck_assert_uint_eq(o.rule.dst.len, 0);
	ck_assert_uint_eq(o.rule.mark_mask, 0xff);
	ck_assert_uint_eq(o.protocol, RTNL_PROTOCOL);
}
END_TEST

START_TEST(neighbour_message)
{
	struct rtnl_request r;
	struct nlmsghdr *nlh = make_neighbour(&r, RTM_NEWNEIGH);
	struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	struct rtnl_object o;

	ck_assert(rtnl_parse(nlh, &o));
	ck_assert_int_eq(o.type, RTNL_OBJECT_NEIGHBOUR);
	ck_assert_uint_eq(o.neighbour.ifindex, 5);
	ck_assert_uint_eq(o.neighbour.state, NUD_STALE);
	ck_assert_uint_eq(o.neighbour.lladdr_len, 6);
	ck_assert(!o.neighbour.proxy && mip6_addr_equal(&o.neighbour.addr, &one));
	ndm->ndm_flags = NTF_PROXY;
	ck_assert(rtnl_parse(nlh, &o));
	ck_assert(o.neighbour.proxy);
	ck_assert(rtnl_parse(make_neighbour(&r, RTM_DELNEIGH), &o));
	ck_assert_uint_eq(o.neighbour.state, 0);
}
END_TEST

static struct nlmsghdr *make_nth(struct rtnl_request *r, int n)
{
	switch (n) {
	case 0:
		return make_link(r, RTM_NEWLINK, AF_UNSPEC);
	case 1:
		return make_address(r, RTM_NEWADDR);
	case 2:
		return make_route(r);
	case 3:
		return make_rule(r);
	default:
		return make_neighbour(r, RTM_NEWNEIGH);
	}
}

/* Each message in memory of exactly its size, so that a sanitizer sees an access past it. */
static void parse_exact(const void *data, size_t len)
{
	struct nlmsghdr *nlh = malloc(len);
	struct rtnl_object o;

	ck_assert_ptr_nonnull(nlh);
	memcpy(nlh, data, len);
	nlh->nlmsg_len = (uint32_t)len;
	(void)rtnl_parse(nlh, &o);
	free(nlh);
}

START_TEST(every_truncation)
{
	struct rtnl_request r;
	struct nlmsghdr *nlh = make_nth(&r, _i);

	for (size_t len = sizeof(*nlh); len <= nlh->nlmsg_len; len++)
		parse_exact(nlh, len);
}
END_TEST

/* Any octet, so also any attribute's length and type, with any of some nasty values. */
START_TEST(every_wrong_octet)
{
	static const uint8_t values[] = {0, 1, 3, 4, 5, 0x7f, 0x80, 0xff};
	struct rtnl_request r;
	struct nlmsghdr *nlh = make_nth(&r, _i);

	for (size_t at = sizeof(*nlh); at < nlh->nlmsg_len; at++) {
		uint8_t old = r.data[at];

		for (size_t i = 0; i < sizeof(values); i++) {
			r.data[at] = values[i];
			parse_exact(nlh, nlh->nlmsg_len);
		}
		r.data[at] = old;
	}
}
END_TEST

START_TEST(diag_message)
{
	const struct mip6_addr addrs[2] = {one, two};
	uint32_t counts[2] = {0, 0};
	struct inet_diag_msg *msg;
	struct rtnl_request r;
	struct nlmsghdr *nlh = rtnl_request_begin(&r, SOCK_DIAG_BY_FAMILY, 0, sizeof(*msg), &msg);

	msg->idiag_family = AF_INET6;
	memcpy(msg->id.idiag_src, two.b, sizeof(two.b));
	sockets_count_message(nlh, addrs, 2, counts);
	ck_assert_uint_eq(counts[0], 0);
	ck_assert_uint_eq(counts[1], 1);
	msg->idiag_family = AF_INET;
	sockets_count_message(nlh, addrs, 2, counts);
	msg->idiag_family = AF_INET6;
	msg->id.idiag_src[3] ^= 1;
	sockets_count_message(nlh, addrs, 2, counts);
	nlh->nlmsg_len -= 1;
	msg->id.idiag_src[3] ^= 1;
	sockets_count_message(nlh, addrs, 2, counts);
	ck_assert_uint_eq(counts[0] + counts[1], 1);
}
END_TEST

START_TEST(proc_line)
{
	const struct mip6_addr addrs[2] = {one, {{[15] = 1}}};
	uint32_t counts[2] = {0, 0};
	uint32_t words[4];
	char line[200];

	memcpy(words, one.b, sizeof(words));
	snprintf(line, sizeof(line),
		 "   58: %08X%08X%08X%08X:003A 00000000000000000000000000000000:0000 07 "
		 "00000000:0\n",
		 words[0], words[1], words[2], words[3]);
	sockets_count_line("  sl  local_address                         remote_address\n", addrs, 2,
			   counts);
	ck_assert_uint_eq(counts[0] + counts[1], 0);
	sockets_count_line(line, addrs, 2, counts);
	ck_assert_uint_eq(counts[0], 1);
	ck_assert_uint_eq(counts[1], 0);
	line[20] = '\0';
	sockets_count_line(line, addrs, 2, counts);
	sockets_count_line("", addrs, 2, counts);
	ck_assert_uint_eq(counts[0], 1);
}
END_TEST

/* As the kernel runs a filter program: true when it passes this address. */
static bool run_filter(const uint8_t *program, size_t len, const struct mip6_addr *addr)
{
	size_t at = 0;

	while (at < len) {
		struct inet_diag_bc_op op;
		struct inet_diag_hostcond host;
		bool yes = false;

		ck_assert_uint_le(at + sizeof(op), len);
		memcpy(&op, program + at, sizeof(op));
		if (op.code == INET_DIAG_BC_S_COND) {
			ck_assert_uint_le(at + sizeof(op) + sizeof(host) + 16, len);
			memcpy(&host, program + at + sizeof(op), sizeof(host));
			ck_assert_int_eq(host.family, AF_INET6);
			ck_assert_int_eq(host.prefix_len, 128);
			ck_assert_int_eq(host.port, -1);
			yes = memcmp(program + at + sizeof(op) + sizeof(host), addr->b, 16) == 0;
		} else {
			ck_assert_int_eq(op.code, INET_DIAG_BC_JMP);
		}
		ck_assert_uint_gt(yes ? op.yes : op.no, 0);
		at += yes ? op.yes : op.no;
	}
	return at == len;
}

START_TEST(diag_filter)
{
	struct mip6_addr addrs[70];
	struct mip6_addr other = {{0xfd}};
	uint8_t program[2048];

	memset(addrs, 0, sizeof(addrs));
	for (uint8_t i = 0; i < 70; i++)
		addrs[i].b[15] = i;
	ck_assert_uint_eq(sockets_filter(addrs, 0, program, sizeof(program)), 0);
	ck_assert_uint_eq(sockets_filter(addrs, 65, program, sizeof(program)), 0);
	ck_assert_uint_eq(sockets_filter(addrs, 1, program, 27), 0);
	for (size_t n = 1; n <= 64; n++) {
		size_t len = sockets_filter(addrs, n, program, sizeof(program));

		ck_assert_uint_eq(len, n * 32 - 4);
		for (size_t i = 0; i < 70; i++)
			ck_assert(run_filter(program, len, &addrs[i]) == (i < n));
		ck_assert(!run_filter(program, len, &other));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("netlink");
	SRunner *runner = srunner_create(suite);
	TCase *tc = tcase_create("rtnl");
	int failed;

	tcase_add_test(tc, link_message);
	tcase_add_test(tc, link_without_carrier);
	tcase_add_test(tc, link_name_without_end);
	tcase_add_test(tc, address_message);
	tcase_add_test(tc, address_of_others);
	tcase_add_test(tc, route_message);
	tcase_add_test(tc, rule_message);
	tcase_add_test(tc, neighbour_message);
	tcase_add_loop_test(tc, every_truncation, 0, 5);
	tcase_add_loop_test(tc, every_wrong_octet, 0, 5);
	suite_add_tcase(suite, tc);
	tc = tcase_create("sockets");
	tcase_add_test(tc, diag_message);
	tcase_add_test(tc, proc_line);
	tcase_add_test(tc, diag_filter);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
