// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of the XFRM module, octet by octet, as <linux/xfrm.h> lays them out; what is read back
 * from them; and every truncation of each.
 */
#include <check.h>
#include <stdlib.h>

#include "kernel/xfrm_internal.h"

#define HOA                                           \
	{                                             \
		{                                     \
			0x20, 1, 0x0d, 0xb8, [15] = 1 \
		}                                     \
	}
#define HOME_AGENT                                    \
	{                                             \
		{                                     \
			0x20, 1, 0x0d, 0xb8, [15] = 2 \
		}                                     \
	}

static const struct mip6_addr unspecified;
static const struct mip6_addr hoa = HOA;
static const struct mip6_addr home_agent = HOME_AGENT;
static const struct mip6_addr coa = {{0x20, 1, 0x0d, 0xb8, 0, 5, [15] = 3}};
static const struct mip6_addr new_coa = {{0x20, 1, 0x0d, 0xb8, 0, 6, [15] = 4}};

/* All in the octet order of the machine that the expectations are written for. */
static const uint8_t expect_sa[] = {
	0xb4, 1,    0,    0,    0x10, 0,    1,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0x20, 1,    0x0d, 0xb8, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    2,    0x20, 1,    0x0d, 0xb8, 0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    1,    0,    0,    0,    0,    0,    0,    0,    0,    0x0a, 0,    0x80, 0x80,
	0x87, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x20, 1,    0x0d,
	0xb8, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    2,    0,    0,
	0x10, 1,    0x32, 0,    0,    0,    0x20, 1,    0x0d, 0xb8, 0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    1,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x36, 0x70, 0x69, 0x6d, 0x68,
	0x29, 0,    0,    0x0a, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0x6c, 0,    0x14, 0,    0x68, 0x6d, 0x61, 0x63, 0x28, 0x73, 0x68, 0x61, 0x32, 0x35, 0x36,
	0x29, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    1,    0,    0,    0x80, 0,    0,
	0,    0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d,
	0x2e, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c,
	0x3d, 0x3e, 0x3f, 0x58, 0,    2,    0,    0x63, 0x62, 0x63, 0x28, 0x61, 0x65, 0x73, 0x29,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x80, 0,    0,    0,
	0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    0x0a, 0x0b, 0x0c, 0x0d, 0x0e,
	0x0f,
};
static const uint8_t expect_sa_id[] = {
	0x28, 0, 0, 0, 0x11, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0x20, 1, 0x0d, 0xb8,
	0,    0, 0, 0, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0x10, 1, 0x0a, 0, 0x32, 0,
};
static const uint8_t expect_wildcard[] = {
	4,    1,    0,    0,    0x10, 0,    1,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x0a, 0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0x3c, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0x0a, 0,    2,    0,    8,    0,    0,    0,    0,    0,    0,    0,
	0x14, 0,    0x0e, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,
};
static const uint8_t expect_route2[] = {
	4,    1,    0,    0,    0x1a, 0,    1,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x0a, 0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x20, 1,    0x0d,
	0xb8, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    1,    0,    0,
	0,    0,    0x2b, 0,    0,    0,    0x20, 1,    0x0d, 0xb8, 0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    2,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0x0a, 0,    2,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0x14, 0,    0x0e, 0,    0x20, 1,    0x0d, 0xb8, 0,    5,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    3,
};
static const uint8_t expect_care_of_id[] = {
	0x3c, 0, 0,    0, 0x11, 0, 1,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8,
	0,    0, 0,    0, 0,    0, 0,    0,    0, 0, 0, 2, 0, 0, 0, 0, 0x0a, 0, 0x3c, 0,
	0x14, 0, 0x0d, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0,    1,
};
static const uint8_t expect_policy[] = {
	0x3c, 1,    0,    0,    0x19, 0,    1,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0x20, 1,    0x0d, 0xb8, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    2,    0x20, 1,    0x0d, 0xb8, 0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    5,    0xff, 0xff, 0x0a, 0,    0x80, 0x40,
	0x87, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0xe8, 3,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0x84, 0,    5,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x32, 0,
	0,    0,    0x0a, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0x68, 0x29, 0,    0,    0,    0,    0,    0,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0x3c, 0,    0,    0,    0x0a, 0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
	2,    0,    1,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff,
};
static const uint8_t expect_migrate[] = {
	0xd8, 0, 0,    0,    0x21, 0,    1,    0,    0,    0, 0,    0,    0,    0, 0,    0,
	0x20, 1, 0x0d, 0xb8, 0,    0,    0,    0,    0,    0, 0,    0,    0,    0, 0,    2,
	0x20, 1, 0x0d, 0xb8, 0,    0,    0,    0,    0,    0, 0,    0,    0,    0, 0,    1,
	0,    0, 0,    0,    0,    5,    0xff, 0xff, 0x0a, 0, 0x80, 0x80, 0x87, 0, 0,    0,
	0,    0, 0,    0,    0,    0,    0,    0,    0,    0, 0,    0,    1,    0, 0,    0,
	0x0a, 0, 0x10, 0,    0,    0,    0,    0,    0,    0, 0,    0,    0x50, 0, 0x11, 0,
	0x20, 1, 0x0d, 0xb8, 0,    0,    0,    0,    0,    0, 0,    0,    0,    0, 0,    2,
	0x20, 1, 0x0d, 0xb8, 0,    0,    0,    0,    0,    0, 0,    0,    0,    0, 0,    1,
	0x20, 1, 0x0d, 0xb8, 0,    0,    0,    0,    0,    0, 0,    0,    0,    0, 0,    2,
	0x20, 1, 0x0d, 0xb8, 0,    0,    0,    0,    0,    0, 0,    0,    0,    0, 0,    1,
	0x32, 0, 0,    0,    0x68, 0x29, 0,    0,    0x0a, 0, 0x0a, 0,    0x2c, 0, 0x13, 0,
	0x20, 1, 0x0d, 0xb8, 0,    6,    0,    0,    0,    0, 0,    0,    0,    0, 0,    4,
	0x20, 1, 0x0d, 0xb8, 0,    0,    0,    0,    0,    0, 0,    0,    0,    0, 0,    2,
	0,    0, 0,    0,    0x0a, 0,    0,    0,
};

static bool little_endian(void)
{
	const uint16_t one = 1;

	return *(const uint8_t *)&one == 1;
}

static void check_octets(const struct nlmsghdr *nlh, const uint8_t *expect, size_t len)
{
	const uint8_t *got = (const uint8_t *)nlh;

	if (!little_endian())
		return;
	ck_assert_uint_eq(nlh->nlmsg_len, len);
	for (size_t i = 0; i < len; i++)
		ck_assert_msg(got[i] == expect[i], "octet %zu is %u, not %u", i, got[i], expect[i]);
}

static struct xfrm_sa make_sa(void)
{
	struct xfrm_sa sa = {
		.src = HOA,
		.dst = HOME_AGENT,
		.spi = 0x1001,
		.reqid = XFRM_REQID_NODE,
		.match = {.src = mip6_prefix_make(&hoa, 128),
	                  .dst = mip6_prefix_make(&home_agent, 128),
	                  .protocol = 135},
		.cipher = XFRM_CIPHER_AES_CBC,
		.auth = XFRM_AUTH_SHA256_128,
		.cipher_key_len = 16,
		.auth_key_len = 32,
	};

	for (uint8_t i = 0; i < 32; i++) {
		sa.cipher_key[i] = i < 16 ? i : 0;
		sa.auth_key[i] = (uint8_t)(0x20 + i);
	}
	return sa;
}

static struct xfrm_policy make_policy(void)
{
	return (struct xfrm_policy){
		.direction = XFRM_DIRECTION_IN,
		.match = {.src = mip6_prefix_make(&hoa, 64),
	                  .dst = mip6_prefix_make(&home_agent, 128),
	                  .protocol = 135,
	                  .mh_type = 5},
		.reqid = XFRM_REQID_NODE,
		.has_care_of = true,
		.care_of = XFRM_CARE_OF_HAO,
	};
}

static struct xfrm_migration make_migration(void)
{
	return (struct xfrm_migration){
		.direction = XFRM_DIRECTION_OUT,
		.match = {.src = mip6_prefix_make(&hoa, 128),
	                  .dst = mip6_prefix_make(&home_agent, 128),
	                  .protocol = 135,
	                  .mh_type = 5},
		.reqid = XFRM_REQID_NODE,
		.old_src = hoa,
		.old_dst = home_agent,
		.new_src = hoa,
		.new_dst = home_agent,
		.km_local = new_coa,
		.km_remote = home_agent,
	};
}

START_TEST(test_sa)
{
	struct xfrm_sa sa = make_sa(), back;
	struct xfrm_request request;
	struct nlmsghdr *nlh = xfrm_build_sa(&request, XFRM_MSG_NEWSA, &sa);

	check_octets(nlh, expect_sa, sizeof(expect_sa));
	ck_assert(xfrm_parse_sa(nlh, &back));
	ck_assert(back.ours);
	ck_assert(xfrm_sa_equal(&sa, &back));
	back.auth_key[31]++;
	ck_assert(!xfrm_sa_equal(&sa, &back));
	check_octets(xfrm_build_sa_id(&request, XFRM_MSG_DELSA, &home_agent, 0x1001), expect_sa_id,
	             sizeof(expect_sa_id));
}
END_TEST

static uint32_t mark_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	netlink_for_each_attr(attr, nlh, sizeof(struct xfrm_usersa_info)) {
		if (mnl_attr_get_type(attr) == XFRMA_SET_MARK)
			return mnl_attr_get_u32(attr);
	}
	return 0;
}

START_TEST(test_care_of)
{
	struct xfrm_care_of_state state = {.kind = XFRM_CARE_OF_HAO}, back;
	struct xfrm_request request;
	struct nlmsghdr *nlh = xfrm_build_care_of(&request, XFRM_MSG_NEWSA, &state);
	struct xfrm_sa sa;

	check_octets(nlh, expect_wildcard, sizeof(expect_wildcard));
	state = (struct xfrm_care_of_state){XFRM_CARE_OF_ROUTE2, home_agent, hoa, coa, 0};
	nlh = xfrm_build_care_of(&request, XFRM_MSG_UPDSA, &state);
	check_octets(nlh, expect_route2, sizeof(expect_route2));
	nlh->nlmsg_type = XFRM_MSG_NEWSA;
	ck_assert(xfrm_parse_care_of(nlh, &back));
	ck_assert(!xfrm_parse_sa(nlh, &sa));
	ck_assert_int_eq(back.kind, XFRM_CARE_OF_ROUTE2);
	ck_assert(mip6_addr_equal(&back.src, &home_agent));
	ck_assert(mip6_addr_equal(&back.dst, &hoa));
	ck_assert(mip6_addr_equal(&back.coa, &coa));
	state = (struct xfrm_care_of_state){XFRM_CARE_OF_HAO, hoa, home_agent, unspecified, 0};
	check_octets(xfrm_build_care_of_id(&request, &state), expect_care_of_id,
	             sizeof(expect_care_of_id));
	state.mark = 0x6d000000;
	nlh = xfrm_build_care_of(&request, XFRM_MSG_NEWSA, &state);
	ck_assert_uint_eq(mark_of(nlh), 0x6d000000);
}
END_TEST

START_TEST(test_policy)
{
	struct xfrm_policy policy = make_policy(), back;
	struct xfrm_request request;
	struct nlmsghdr *nlh = xfrm_build_policy(&request, &policy);

	check_octets(nlh, expect_policy, sizeof(expect_policy));
	nlh->nlmsg_type = XFRM_MSG_NEWPOLICY;
	ck_assert(xfrm_parse_policy(nlh, &back));
	ck_assert_int_eq(back.direction, XFRM_DIRECTION_IN);
	ck_assert_uint_eq(back.match.mh_type, 5);
	ck_assert_uint_eq(back.match.src.len, 64);
	ck_assert_uint_eq(back.reqid, XFRM_REQID_NODE);
	ck_assert(!back.bypass && !back.tunnel && back.has_care_of);
	ck_assert_int_eq(back.care_of, XFRM_CARE_OF_HAO);
	policy = (struct xfrm_policy){.direction = XFRM_DIRECTION_FORWARD,
	                              .reqid = XFRM_REQID_PAYLOAD,
	                              .tunnel = true,
	                              .tunnel_src = coa,
	                              .tunnel_dst = home_agent};
	nlh = xfrm_build_policy(&request, &policy);
	nlh->nlmsg_type = XFRM_MSG_NEWPOLICY;
	ck_assert(xfrm_parse_policy(nlh, &back));
	ck_assert_int_eq(back.direction, XFRM_DIRECTION_FORWARD);
	ck_assert(back.tunnel && mip6_addr_equal(&back.tunnel_src, &coa) &&
	          mip6_addr_equal(&back.tunnel_dst, &home_agent));
	policy = (struct xfrm_policy){.direction = XFRM_DIRECTION_OUT, .bypass = true};
	nlh = xfrm_build_policy(&request, &policy);
	nlh->nlmsg_type = XFRM_MSG_NEWPOLICY;
	ck_assert(xfrm_parse_policy(nlh, &back));
	ck_assert(back.bypass);
}
END_TEST

START_TEST(test_migrate)
{
	struct xfrm_migration migration = make_migration();
	struct xfrm_request request;

	check_octets(xfrm_build_migrate(&request, &migration), expect_migrate,
	             sizeof(expect_migrate));
}
END_TEST

/* A copy of exactly this length, so that a sanitizer sees every octet read beyond it. */
static void parse_all(const struct nlmsghdr *nlh, size_t len)
{
	struct nlmsghdr *copy = malloc(len);
	struct xfrm_care_of_state state;
	struct xfrm_policy policy;
	struct xfrm_sa sa;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, nlh, len);
	copy->nlmsg_len = (uint32_t)len;
	(void)xfrm_parse_sa(copy, &sa);
	(void)xfrm_parse_care_of(copy, &state);
	(void)xfrm_parse_policy(copy, &policy);
	free(copy);
}

/* A policy of no packet's; one migration is the policy's, the other names the reqid. */
START_TEST(test_keying)
{
	struct xfrm_request request;
	struct xfrm_user_kmaddress km;
	struct xfrm_user_migrate move;
	const struct nlmsghdr *nlh = xfrm_build_keying(&request, false);
	struct xfrm_policy policy;
	const struct nlattr *attr;
	unsigned int seen = 0;

	ck_assert_int_eq(nlh->nlmsg_type, XFRM_MSG_UPDPOLICY);
	ck_assert_int_eq(xfrm_build_keying(&request, true)->nlmsg_type, XFRM_MSG_DELPOLICY);
	request.nlh = *xfrm_build_keying(&request, false);
	request.nlh.nlmsg_type = XFRM_MSG_NEWPOLICY;
	ck_assert(xfrm_parse_policy(&request.nlh, &policy));
	ck_assert_int_eq(policy.match.src.addr.b[0], 1); /* 0100::/64 discards */
	ck_assert_uint_eq(policy.match.src.len, 128);
	ck_assert_uint_eq(policy.reqid, 0);
	nlh = xfrm_build_move_keying(&request, 0x6d000007, &new_coa, &home_agent);
	ck_assert_int_eq(nlh->nlmsg_type, XFRM_MSG_MIGRATE);
	netlink_for_each_attr (attr, nlh, sizeof(struct xfrm_userpolicy_id)) {
		if (mnl_attr_get_type(attr) == XFRMA_MIGRATE) {
			ck_assert_uint_eq(mnl_attr_get_payload_len(attr), 2 * sizeof(move));
			memcpy(&move, mnl_attr_get_payload(attr), sizeof(move));
			ck_assert_uint_eq(move.reqid, 0);
			memcpy(&move, (const char *)mnl_attr_get_payload(attr) + sizeof(move),
			       sizeof(move));
			ck_assert_uint_eq(move.reqid, 0x6d000007);
			ck_assert_uint_eq(move.old_saddr.a6[0], move.new_saddr.a6[0]);
			seen |= 1;
		} else if (mnl_attr_get_type(attr) == XFRMA_KMADDRESS) {
			memcpy(&km, mnl_attr_get_payload(attr), sizeof(km));
			ck_assert_mem_eq(&km.local, &new_coa, 16);
			ck_assert_mem_eq(&km.remote, &home_agent, 16);
			ck_assert_uint_eq(km.family, AF_INET6);
			seen |= 2;
		}
	}
	ck_assert_uint_eq(seen, 3);
	nlh = xfrm_build_dump_between(&request, &hoa, &home_agent);
	ck_assert_uint_eq(nlh->nlmsg_len, NLMSG_HDRLEN + 4 + sizeof(struct xfrm_address_filter));
}
END_TEST

START_TEST(test_truncated)
{
	struct xfrm_request request;
	struct xfrm_sa sa = make_sa();
	struct xfrm_policy policy = make_policy();
	struct nlmsghdr *nlh = xfrm_build_sa(&request, XFRM_MSG_NEWSA, &sa);

	for (size_t len = sizeof(*nlh); len <= request.nlh.nlmsg_len; len++)
		parse_all(nlh, len);
	/* Keys that claim to be longer than they are. */
	for (size_t at = sizeof(*nlh) + sizeof(struct xfrm_usersa_info); at < nlh->nlmsg_len;
	     at++) {
		uint8_t was = request.data[at];

		request.data[at] = 0xff;
		parse_all(nlh, nlh->nlmsg_len);
		request.data[at] = was;
	}
	nlh = xfrm_build_policy(&request, &policy);
	nlh->nlmsg_type = XFRM_MSG_NEWPOLICY;
	for (size_t len = sizeof(*nlh); len <= request.nlh.nlmsg_len; len++)
		parse_all(nlh, len);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("xfrm");
	TCase *tc = tcase_create("messages");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_sa);
	tcase_add_test(tc, test_care_of);
	tcase_add_test(tc, test_policy);
	tcase_add_test(tc, test_migrate);
	tcase_add_test(tc, test_keying);
	tcase_add_test(tc, test_truncated);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
