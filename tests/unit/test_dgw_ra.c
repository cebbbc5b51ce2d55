// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the D-GW's Router Advertisements say, as a receiver decodes them.
 */
#include <check.h>
#include <stdlib.h>

#include "ha-dgw/ra.h"

static const struct mip6_addr home_agent = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
static const struct mip6_addr shared_address = {{0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 1}};
static const struct mip6_addr shared_prefix = {{0x20, 0x01, 0x0d, 0xb8, 0, 2}};
static const struct mip6_addr unique_prefix = {{0x20, 0x01, 0x0d, 0xb8, 0, 0xf0, 0, 7}};

static struct ra_params params(void)
{
	return (struct ra_params){
		.home_agent = home_agent,
		.router_lifetime_s = 60,
		.interval_max_ms = 4000,
		.valid_s = 900,
		.preferred_s = 300,
		.mtu = 1500,
		.lladdr_len = 6,
		.lladdr = {2, 0, 0, 0, 0, 1},
		.operator_name = "operator.example",
	};
}

/* Over the wire and back. */
static struct mip6_icmp6 received(const struct mip6_icmp6 *sent)
{
	static const struct mip6_addr src = {{0xfe, 0x80, [15] = 1}},
				      dst = {{0xff, 0x02, [15] = 1}};
	struct mip6_icmp6 ret;
	uint8_t data[1280];
	size_t offset, len = mip6_icmp6_encode(sent, &src, &dst, data, sizeof(data));

	ck_assert_uint_gt(len, 0);
	ck_assert_int_eq(mip6_icmp6_decode(data, len, 255, &ret, &offset), MIP6_DECODE_OK);
	return ret;
}

START_TEST(unique_prefix_for_one)
{
	struct ra_params p = params();
	struct mip6_prefix unique = {unique_prefix, 64};
	struct mip6_icmp6 ra;

	ra_compose(&ra, &p, &unique);
	ra = received(&ra);
	ck_assert_int_eq(ra.type, MIP6_ICMP6_RA);
	ck_assert_int_eq(ra.ra.flags, MIP6_RA_H);
	ck_assert_int_eq(ra.ra.router_lifetime_s, 60);
	ck_assert_int_eq(ra.opt.lladdr_len, 6);
	ck_assert_uint_eq(ra.opt.mtu, 1500);
	ck_assert_uint_eq(ra.opt.interval_ms, 4000);
	ck_assert_str_eq(ra.opt.pvd, "operator.example");
	ck_assert(!ra.opt.has_home_agent);
	ck_assert_int_eq(ra.opt.pio_count, 2);
	/* RFC 8273 section 4: not on link, for address configuration. */
	ck_assert_int_eq(ra.opt.pio[0].flags, MIP6_PIO_A);
	ck_assert(mip6_addr_equal(&ra.opt.pio[0].prefix, &unique_prefix));
	ck_assert_int_eq(ra.opt.pio[0].len, 64);
	ck_assert_uint_eq(ra.opt.pio[0].valid_s, 900);
	ck_assert_uint_eq(ra.opt.pio[0].preferred_s, 300);
	/* RFC 6275 section 7.2: all of our address. */
	ck_assert_int_eq(ra.opt.pio[1].flags, MIP6_PIO_R);
	ck_assert(mip6_addr_equal(&ra.opt.pio[1].prefix, &home_agent));
}
END_TEST

START_TEST(nothing_unique_for_all)
{
	struct ra_params p = params();
	struct mip6_icmp6 ra;

	ra_compose(&ra, &p, NULL);
	ra = received(&ra);
	ck_assert_int_eq(ra.opt.pio_count, 1);
	ck_assert_int_eq(ra.opt.pio[0].flags, MIP6_PIO_R);
}
END_TEST

START_TEST(shared_prefix_carries_the_anchor)
{
	struct ra_params p = params();
	struct mip6_icmp6 ra;

	p.has_shared = true;
	p.shared = (struct mip6_prefix){shared_prefix, 64};
	p.shared_address = p.home_agent = shared_address;
	ra_compose(&ra, &p, NULL);
	ra = received(&ra);
	ck_assert_int_eq(ra.opt.pio_count, 1);
	ck_assert_int_eq(ra.opt.pio[0].flags, MIP6_PIO_L | MIP6_PIO_A | MIP6_PIO_R);
	ck_assert(mip6_addr_equal(&ra.opt.pio[0].prefix, &shared_address));

	p.home_agent = home_agent; /* both, and the first with the R flag is the home agent's */
	ra_compose(&ra, &p, &(struct mip6_prefix){unique_prefix, 64});
	ra = received(&ra);
	ck_assert_int_eq(ra.opt.pio_count, 3);
	ck_assert_int_eq(ra.opt.pio[0].flags, MIP6_PIO_A);
	ck_assert(mip6_addr_equal(&ra.opt.pio[1].prefix, &home_agent));
	ck_assert(mip6_addr_equal(&ra.opt.pio[2].prefix, &shared_address));
}
END_TEST

/* RFC 6275 section 7.4: only what is not said otherwise. */
START_TEST(home_agent_information)
{
	struct ra_params p = params();
	struct mip6_icmp6 ra, mpa = {.type = MIP6_ICMP6_MPA};

	p.home_agent_preference = 7;
	ra_compose(&ra, &p, NULL);
	ra = received(&ra);
	ck_assert(ra.opt.has_home_agent);
	ck_assert_uint_eq(ra.opt.home_agent_preference, 7);
	ck_assert_uint_eq(ra.opt.home_agent_lifetime_s, 60);
	p.home_agent_preference = 0;
	p.home_agent_lifetime_s = 500;
	ra_compose(&ra, &p, NULL);
	ra = received(&ra);
	ck_assert(ra.opt.has_home_agent);
	ck_assert_uint_eq(ra.opt.home_agent_preference, 0);
	ck_assert_uint_eq(ra.opt.home_agent_lifetime_s, 500);
	/* The same prefixes for who is away (section 10.6.1), and nothing else. */
	ra_add_prefixes(&mpa, &p, NULL);
	mpa = received(&mpa);
	ck_assert_uint_eq(mpa.opt.pio_count, ra.opt.pio_count);
	ck_assert_mem_eq(mpa.opt.pio, ra.opt.pio, sizeof(ra.opt.pio[0]));
	ck_assert(!mpa.opt.has_home_agent);
}
END_TEST

START_TEST(short_intervals_and_no_default_route)
{
	struct ra_params p = params();
	struct mip6_icmp6 ra;

	p.interval_max_ms = 70;
	p.router_lifetime_s = 0;
	p.operator_name = "";
	ra_compose(&ra, &p, NULL);
	ra = received(&ra);
	ck_assert_uint_eq(ra.opt.interval_ms, 90); /* RFC 6275 section 7.5 */
	ck_assert(ra.opt.has_home_agent);
	ck_assert_uint_gt(ra.opt.home_agent_lifetime_s, 0);
	ck_assert(!ra.opt.has_pvd);
}
END_TEST

START_TEST(farewell)
{
	struct ra_params p = params();
	struct mip6_icmp6 ra;

	ra_compose_final(&ra, &p);
	ra = received(&ra);
	ck_assert_int_eq(ra.ra.router_lifetime_s, 0);
	ck_assert(!ra.opt.has_home_agent); /* its lifetime is the router's: 0 */
	ck_assert_int_eq(ra.opt.pio_count, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dgw_ra");
	TCase *tc = tcase_create("ra");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, unique_prefix_for_one);
	tcase_add_test(tc, nothing_unique_for_all);
	tcase_add_test(tc, shared_prefix_carries_the_anchor);
	tcase_add_test(tc, home_agent_information);
	tcase_add_test(tc, short_intervals_and_no_default_route);
	tcase_add_test(tc, farewell);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
