// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A datagram of netlink messages: rtnetlink objects, acknowledgements, sock_diag answers, IPsec; and the
 * same octets as a line of /proc/net/raw6. What the parsers return keeps the bounds of its types.
 */
#include <string.h>

#include "kernel/rtnl_internal.h"
#include "kernel/sockets_internal.h"
#include "kernel/xfrm_internal.h"

#include "fuzz.h"

static void check_object(const struct rtnl_object *o)
{
	switch (o->type) {
	case RTNL_OBJECT_LINK:
		FUZZ_CHECK(memchr(o->link.name, '\0', sizeof(o->link.name)));
		FUZZ_CHECK(o->link.lladdr_len <= RTNL_LLADDR_MAX);
		FUZZ_CHECK(o->link.ifindex > 0);
		FUZZ_CHECK(o->link.present || !o->link.up);
		break;
	case RTNL_OBJECT_ADDRESS:
		FUZZ_CHECK(o->address.prefix_len <= 128);
		FUZZ_CHECK(o->address.ifindex > 0);
		break;
	case RTNL_OBJECT_ROUTE:
		FUZZ_CHECK(o->route.dst.len <= 128);
		FUZZ_CHECK(mip6_prefix_contains(&o->route.dst, &o->route.dst.addr));
		break;
	case RTNL_OBJECT_RULE:
		FUZZ_CHECK(o->rule.src.len <= 128 && o->rule.dst.len <= 128);
		break;
	case RTNL_OBJECT_NEIGHBOUR:
		FUZZ_CHECK(o->neighbour.lladdr_len <= RTNL_LLADDR_MAX);
		break;
	}
}

static void check_xfrm(const struct nlmsghdr *nlh)
{
	struct xfrm_care_of_state state;
	struct xfrm_policy policy;
	struct xfrm_sa sa;

	if (xfrm_parse_sa(nlh, &sa)) {
		FUZZ_CHECK(sa.match.src.len <= 128 && sa.match.dst.len <= 128);
		FUZZ_CHECK(sa.cipher_key_len <= XFRM_KEY_MAX && sa.auth_key_len <= XFRM_KEY_MAX);
		FUZZ_CHECK(xfrm_sa_equal(&sa, &sa));
	}
	if (xfrm_parse_policy(nlh, &policy))
		FUZZ_CHECK(policy.match.src.len <= 128 && policy.match.dst.len <= 128);
	(void)xfrm_parse_care_of(nlh, &state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct mip6_addr addrs[] = {{{0x20, 1, 0x0d, 0xb8, [15] = 1}}, {{0}}};
	const struct nlmsghdr *nlh;
	uint32_t counts[2] = {0, 0};
	size_t left;
	char line[256];

	if (len > 65536)
		return 0;
	netlink_for_each_message(nlh, left, data, len) {
		struct rtnl_object object;
		const char *text = NULL;

		if (rtnl_parse(nlh, &object))
			check_object(&object);
		(void)rtnl_parse_ack(nlh, &text);
		FUZZ_CHECK(!text || (text > (const char *)nlh &&
				     text + strlen(text) < (const char *)nlh + nlh->nlmsg_len));
		sockets_count_message(nlh, addrs, 2, counts);
		check_xfrm(nlh);
	}
	len = len < sizeof(line) ? len : sizeof(line) - 1;
	memcpy(line, data, len);
	line[len] = '\0';
	sockets_count_line(line, addrs, 2, counts);
	return 0;
}
