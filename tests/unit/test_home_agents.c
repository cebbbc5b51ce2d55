// SPDX-License-Identifier: GPL-2.0-or-later
/* The Home Agents List and the answers made of it (RFC 6275 section 10.5). */
#include <check.h>
#include <stdlib.h>

#include <mip6/home_agents.h>

static const struct mip6_addr link_local = {{0xfe, 0x80, [15] = 2}};
static struct home_agents list;
static uint32_t seed;

static void setup(void)
{
	list = (struct home_agents){0};
	seed = 1;
}

static uint32_t next_random(void *ctx)
{
	(void)ctx;
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static struct mip6_addr global(uint8_t n)
{
	return (struct mip6_addr){{0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = n}};
}

static struct mip6_addr neighbour(uint8_t n)
{
	struct mip6_addr addr = link_local;

	addr.b[15] = n;
	return addr;
}

static struct mip6_icmp6 advertisement(uint8_t n, uint16_t router_lifetime_s)
{
	struct mip6_icmp6 ra = {.type = MIP6_ICMP6_RA};

	ra.ra.flags = MIP6_RA_H;
	ra.ra.router_lifetime_s = router_lifetime_s;
	ra.opt.pio_count = 1;
	ra.opt.pio[0] = (struct mip6_pio){
		.prefix = global(n), .len = 64, .flags = MIP6_PIO_R | MIP6_PIO_L | MIP6_PIO_A};
	return ra;
}

static struct mip6_icmp6 preferred(uint8_t n, uint16_t preference, uint16_t lifetime_s)
{
	struct mip6_icmp6 ra = advertisement(n, 1800);

	ra.opt.has_home_agent = true;
	ra.opt.home_agent_preference = preference;
	ra.opt.home_agent_lifetime_s = lifetime_s;
	return ra;
}

static enum home_agents_result hear(uint8_t n, const struct mip6_icmp6 *ra, mip6_time now)
{
	struct mip6_addr src = neighbour(n);

	return home_agents_heard(&list, &src, ra, now);
}

static struct mip6_icmp6 ask(const struct home_agent *self, mip6_time now)
{
	struct mip6_icmp6 reply;

	home_agents_reply(&list, self, 0x1234, now, next_random, NULL, &reply);
	ck_assert_int_eq(reply.type, MIP6_ICMP6_HAAD_REPLY);
	ck_assert_uint_eq(reply.discovery.id, 0x1234);
	return reply;
}

START_TEST(anycast_address)
{
	const struct mip6_prefix prefix = {global(0), 64};
	const struct mip6_addr want = {{0x20, 0x01, 0x0d, 0xb8, 0, 2, 0, 0, 0xfd, 0xff, 0xff, 0xff,
	                                0xff, 0xff, 0xff, 0xfe}};
	struct mip6_addr addr = home_agents_anycast(&prefix);

	ck_assert(mip6_addr_equal(&addr, &want));
}
END_TEST

/* Section 10.5.1, step by step. */
START_TEST(heard_and_gone)
{
	struct mip6_icmp6 ra = advertisement(2, 100), no_ha = advertisement(2, 100);
	struct mip6_icmp6 zero = advertisement(2, 0);

	no_ha.ra.flags = 0;
	/* No H bit, or no lifetime: nothing to learn. */
	ck_assert_int_eq(hear(2, &no_ha, 0), HOME_AGENTS_IGNORED);
	ck_assert_int_eq(hear(2, &zero, 0), HOME_AGENTS_IGNORED);
	/* Without the option: preference 0, the router's lifetime. */
	ck_assert_int_eq(hear(2, &ra, 0), HOME_AGENTS_ADDED);
	ck_assert_uint_eq(list.agent[0].preference, 0);
	ck_assert_int_eq(list.agent[0].expires, 100 * MIP6_S);
	ck_assert_uint_eq(list.agent[0].address_count, 1);
	/* With it: both are taken from it, whatever the router's lifetime. */
	ra = preferred(2, 7, 30);
	ra.ra.router_lifetime_s = 0;
	ck_assert_int_eq(hear(2, &ra, MIP6_S), HOME_AGENTS_RENEWED);
	ck_assert_uint_eq(list.agent[0].preference, 7);
	ck_assert_int_eq(list.agent[0].expires, 31 * MIP6_S);
	/* Lifetime 0, or the H bit gone: out. */
	ck_assert_int_eq(hear(2, &zero, 2 * MIP6_S), HOME_AGENTS_REMOVED);
	ck_assert_uint_eq(list.count, 0);
	hear(2, &ra, 2 * MIP6_S);
	ck_assert_int_eq(hear(2, &no_ha, 3 * MIP6_S), HOME_AGENTS_REMOVED);
	/* Nothing heard any more: deleted when the lifetime is over. */
	hear(2, &ra, 4 * MIP6_S);
	home_agents_expire(&list, 34 * MIP6_S - 1);
	ck_assert_uint_eq(list.count, 1);
	home_agents_expire(&list, 34 * MIP6_S);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(addresses_with_the_r_bit_only)
{
	struct mip6_icmp6 ra = advertisement(2, 100);

	ra.opt.pio_count = 4;
	ra.opt.pio[1] = ra.opt.pio[0]; /* twice the same */
	ra.opt.pio[2] = (struct mip6_pio){.prefix = global(3), .len = 64, .flags = MIP6_PIO_A};
	ra.opt.pio[3] = (struct mip6_pio){
		.prefix = link_local, .len = 64, .flags = MIP6_PIO_R}; /* not global */
	hear(2, &ra, 0);
	ck_assert_uint_eq(list.agent[0].address_count, 1);
	/* Another advertisement adds to it; when it is full the oldest goes. */
	for (uint8_t n = 10; n < 10 + HOME_AGENT_ADDRESSES_MAX; n++) {
		ra = advertisement(n, 100);
		hear(2, &ra, 0);
	}
	ck_assert_uint_eq(list.agent[0].address_count, HOME_AGENT_ADDRESSES_MAX);
	for (uint8_t i = 0; i < HOME_AGENT_ADDRESSES_MAX; i++)
		ck_assert_uint_eq(list.agent[0].address[i].b[15], 10 + i);
}
END_TEST

START_TEST(full)
{
	struct mip6_icmp6 ra = advertisement(2, 100);

	for (uint8_t n = 0; n < HOME_AGENTS_MAX; n++)
		ck_assert_int_eq(hear((uint8_t)(n + 1), &ra, 0), HOME_AGENTS_ADDED);
	ck_assert_int_eq(hear(99, &ra, 0), HOME_AGENTS_FULL);
	ck_assert_int_eq(hear(1, &ra, 0), HOME_AGENTS_RENEWED);
	/* There is room again when the others' time is over. */
	ck_assert_int_eq(hear(99, &ra, 100 * MIP6_S), HOME_AGENTS_ADDED);
	ck_assert_uint_eq(list.count, 1);
}
END_TEST

START_TEST(preference_decides)
{
	const struct home_agent self = {
		.preference = 5, .address_count = 1, .address = {global(1)}};
	struct mip6_icmp6 low = advertisement(2, 100), high = preferred(3, 9, 100), reply;

	hear(2, &low, 0);
	hear(3, &high, 0);
	for (int i = 0; i < 20; i++) {
		reply = ask(&self, 0);
		ck_assert_uint_eq(reply.discovery.count, 3);
		ck_assert_uint_eq(reply.discovery.addr[0].b[15], 3);
		ck_assert_uint_eq(reply.discovery.addr[1].b[15], 1);
		ck_assert_uint_eq(reply.discovery.addr[2].b[15], 2);
	}
	/* Only whose lifetime lasts. */
	reply = ask(&self, 100 * MIP6_S);
	ck_assert_uint_eq(reply.discovery.count, 1);
	ck_assert_uint_eq(reply.discovery.addr[0].b[15], 1);
}
END_TEST

START_TEST(equal_ones_at_random)
{
	const struct home_agent self = {.address_count = 2, .address = {global(1), global(4)}};
	struct mip6_icmp6 ra = advertisement(2, 100), reply;
	unsigned int self_first = 0, one_before_four = 0;

	hear(2, &ra, 0);
	for (int i = 0; i < 200; i++) {
		size_t place[5] = {0};

		reply = ask(&self, 0);
		ck_assert_uint_eq(reply.discovery.count, 3);
		for (size_t n = 0; n < 3; n++)
			place[reply.discovery.addr[n].b[15]] = n;
		/* The addresses of one are together. */
		ck_assert(place[2] != 1);
		self_first += place[2] == 2;
		one_before_four += place[1] < place[4];
	}
	ck_assert_uint_gt(self_first, 50);
	ck_assert_uint_lt(self_first, 150);
	ck_assert_uint_gt(one_before_four, 50);
	ck_assert_uint_lt(one_before_four, 150);
}
END_TEST

/* Section 10.5.1: the packet fits within 1280 octets, with the most preferred ones. */
START_TEST(no_more_than_fit)
{
	const struct home_agent self = {
		.preference = 1, .address_count = 1, .address = {global(1)}};
	struct mip6_addr src = global(1), dst = global(9);
	struct mip6_icmp6 reply;
	uint8_t data[2048];
	size_t len;

	for (uint8_t n = 2; n < 2 + HOME_AGENTS_MAX; n++) {
		struct mip6_icmp6 ra = preferred(n, n, 100);

		ra.opt.pio_count = 2;
		ra.opt.pio[1] = ra.opt.pio[0];
		ra.opt.pio[1].prefix.b[14] = 1;
		hear(n, &ra, 0);
	}
	reply = ask(&self, 0);
	ck_assert_uint_eq(reply.discovery.count, MIP6_HAAD_MAX);
	ck_assert_uint_eq(reply.discovery.addr[0].b[15], 1 + HOME_AGENTS_MAX);
	for (size_t i = 1; i < reply.discovery.count; i++)
		ck_assert(reply.discovery.addr[i - 1].b[15] >= reply.discovery.addr[i].b[15]);
	len = mip6_icmp6_encode(&reply, &src, &dst, data, sizeof(data));
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_le(40 + len, 1280);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("home agents");
	TCase *tcase = tcase_create("list");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, anycast_address);
	tcase_add_test(tcase, heard_and_gone);
	tcase_add_test(tcase, addresses_with_the_r_bit_only);
	tcase_add_test(tcase, full);
	tcase_add_test(tcase, preference_decides);
	tcase_add_test(tcase, equal_ones_at_random);
	tcase_add_test(tcase, no_more_than_fit);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
