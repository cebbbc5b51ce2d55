// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exchanges of WTRU core and home-agent core (see exchange.h): the main path, loss, clocks,
 * restarts, two links, moves that no event tells of.
 */
#include "exchange.h"

/* --- the main path --- */

START_TEST(registration)
{
	begin(&(struct world_options){0});
	/*
	 *  WTRU                        g0
	 *   |--- BU, CoA = HoA, lt 0 -->|   anchor claim
	 *   |<-- BA 0 ------------------|
	 */
	move(0);
	expect("w0>g0 BU claim h0\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert_int_eq(instance(0).state, WTRU_HOME);
	ck_assert_int_eq(instance(0).claim, WTRU_CLAIM_ACCEPTED);
	ck_assert(reaches(0));
	use(0, 1);
	/*
	 *  WTRU at g1        g0          g1
	 *   |--- BU, HAO ---->|           |   first: what keeps a connection
	 *   |--- BU, claim ---|---------->|
	 *   |<-- BA 0 --------|           |
	 *   |<-- BA 0 --------|-----------|
	 */
	move(1);
	expect("w0>g0 BU h0 c1\n"
	       "w0>g1 BU claim h1\n"
	       "g0>w0 BA 0 h0\n"
	       "g1>w0 BA 0 h1\n");
	ck_assert_int_eq(instance(0).state, WTRU_BOUND);
	ck_assert(reaches(0));
	ck_assert(reaches(1));
	struct mip6_addr newest = world_newest(net, 0), here = address(1);
	ck_assert(mip6_addr_equal(&newest, &here));
	finish();
}
END_TEST

START_TEST(three_anchors)
{
	begin(&(struct world_options){0});
	move(0);
	use(0, 1);
	move(1);
	use(1, 1);
	world_trace(net);
	/*
	 *  WTRU at g2     g0   g1   g2
	 *   |-- BU h1 ---------->|    |   every live HoA at once, newest first
	 *   |-- BU h0 ---->|     |    |
	 *   |-- claim h2 --------|--->|
	 */
	move(2);
	expect("w0>g1 BU h1 c2\n"
	       "w0>g0 BU h0 c2\n"
	       "w0>g2 BU claim h2\n"
	       "g1>w0 BA 0 h1\n"
	       "g0>w0 BA 0 h0\n"
	       "g2>w0 BA 0 h2\n");
	ck_assert(reaches(0) && reaches(1) && reaches(2));
	use(2, 1);
	world_advance(net, MIP6_S); /* MAX_UPDATE_RATE: three BUs per HoA and second */
	/*
	 *  WTRU at g1     g0   g1   g2
	 *   |-- claim h1 ------->|    |   back home: the binding goes, before others lead here
	 *   |-- BU h2 -------------->|
	 *   |-- BU h0 ---->|
	 */
	move(1);
	expect("w0>g1 BU claim h1\n"
	       "g1>w0 BA 0 h1\n"
	       "w0>g2 BU h2 c1\n"
	       "w0>g0 BU h0 c1\n"
	       "g2>w0 BA 0 h2\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert_int_eq(instance(1).state, WTRU_HOME);
	ck_assert_uint_eq(ha_binding_count(anchor(1)), 0);
	ck_assert(reaches(0) && reaches(1) && reaches(2));
	finish();
}
END_TEST

START_TEST(return_home)
{
	begin(&(struct world_options){0});
	away_from_g0();
	/*
	 *  WTRU at g0     g0   g1
	 *   |-- BU, CoA = HoA, lt 0, no HAO -->|
	 *   |<- BA 0, no routing header -------|
	 */
	use(1, 1);
	move(0);
	expect("w0>g0 BU claim h0\n"
	       "g0>w0 BA 0 h0\n"
	       "w0>g1 BU h1 c0\n"
	       "g1>w0 BA 0 h1\n");
	ck_assert_int_eq(instance(0).state, WTRU_HOME);
	ck_assert_uint_eq(ha_binding_count(anchor(0)), 0);
	ck_assert_uint_eq(ha_ownership_count(anchor(0)), 1);
	ck_assert_uint_eq(net->wtrus[0].tunnels.count, 1);
	ck_assert(reaches(0) && reaches(1));
	finish();
}
END_TEST

START_TEST(shared_prefix)
{
	begin(&(struct world_options){.shared_only = true});
	away_from_g0();
	ck_assert_uint_eq(net->gateways[0].proxies.count, 1);
	move(0);
	ck_assert_uint_eq(net->gateways[0].proxies.count, 0);
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(shared_prefix_without_claim)
{
	begin(&(struct world_options){.shared_only = true, .no_claim = true});
	move(0);
	expect("");
	use(0, 1);
	/*
	 *  WTRU at g1      g0
	 *   |--- BU h0 ---->|
	 *   |               | DAD, 1 s
	 *   |<-- BA 0 ------|   before the WTRU's first time-out of 1.5 s
	 */
	move(1);
	expect("w0>g0 BU h0 c1\n");
	world_advance(net, MIP6_S);
	expect("g0>w0 BA 0 h0\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(refresh)
{
	begin(&(struct world_options){0});
	away_from_g0();
	/* At 85 % of 60 s; the claim of h1 again at half the prefix's 240 s. */
	world_advance(net, 60 * MIP6_S);
	expect("w0>g0 BU h0 c1\n"
	       "g0>w0 BA 0 h0\n");
	for (unsigned int i = 0; i < 100; i++) {
		world_advance(net, 10 * MIP6_S);
		ck_assert(reaches(0));
	}
	finish();
}
END_TEST

START_TEST(release)
{
	begin(&(struct world_options){.linger_s = 10});
	away_from_g0();
	use(0, 0);
	/*
	 *  WTRU at g1      g0
	 *   |               |   10 s without a socket
	 *   |--- BU, HAO, lt 0 -->|
	 *   |<-- BA 0 ------|
	 */
	world_advance(net, 12 * MIP6_S);
	expect("w0>g0 BU release h0 c1\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert(!has_instance(0));
	ck_assert_uint_eq(ha_ownership_count(anchor(0)), 0);
	ck_assert_uint_eq(net->wtrus[0].tunnels.count, 0);
	ck_assert_uint_eq(net->wtrus[0].hoas.count, 0);
	ck_assert_uint_eq(net->gateways[0].unique_of[0], 0);
	finish();
}
END_TEST

/* --- loss --- */

START_TEST(lost_messages)
{
	struct dropper dropper = {MIP6_MH_BU, 0, 0};

	begin(&(struct world_options){.no_claim = true});
	net->drop = drop;
	net->drop_ctx = &dropper;
	move(0);
	use(0, 1);
	/* Retransmitted after 1.5 s (first registration), doubled each time: 1.5, 3, 6. */
	dropper.count = 2;
	move(1);
	world_advance(net, 5 * MIP6_S);
	expect("w0>g0 BU h0 c1 lost\n"
	       "w0>g0 BU h0 c1 lost\n"
	       "w0>g0 BU h0 c1\n"
	       "g0>w0 BA 0 h0\n");
	/* A lost BA: the anchor has the binding, and answers the next BU alike. */
	dropper = (struct dropper){MIP6_MH_BA, 1, 0};
	move(2);
	expect("w0>g1 BU h1 c2\n"
	       "w0>g0 BU h0 c2\n"
	       "g1>w0 BA 0 h1\n"
	       "g0>w0 BA 0 h0 lost\n");
	ck_assert(reaches(0));
	world_advance(net, 2 * MIP6_S);
	expect("w0>g0 BU h0 c2\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert_int_eq(instance(0).state, WTRU_BOUND);
	world_advance(net, 25 * MIP6_S); /* h1 is not used, and goes */
	ck_assert(!has_instance(1));
	world_trace(net);
	/* The answer to a release is lost: the anchor says 133 to the next, and that is as good. */
	dropper.count = 1;
	use(0, 0);
	world_advance(net, 22 * MIP6_S);
	expect("w0>g0 BU release h0 c2\n"
	       "g0>w0 BA 0 h0 lost\n"
	       "w0>g0 BU release h0 c2\n"
	       "g0>w0 BA 133 h0\n");
	ck_assert(!has_instance(0));
	finish();
}
END_TEST

START_TEST(all_lost_and_expired)
{
	struct dropper dropper = {MIP6_MH_BU, UINT32_MAX, 0};

	begin(&(struct world_options){0});
	away_from_g0();
	net->drop = drop;
	net->drop_ctx = &dropper;
	world_advance(net, 70 * MIP6_S);
	ck_assert_uint_eq(ha_binding_count(anchor(0)), 0);
	ck_assert_uint_eq(ha_stat_get(anchor(0), HA_STAT_EXPIRED), 1);
	ck_assert_uint_eq(ha_stat_get(anchor(0), HA_STAT_BRR_SENT), 2);
	dropper.count = 0;
	world_advance(net, 17 * MIP6_S); /* the longest time-out here is 16 s */
	ck_assert(reaches(0));
	finish();
}
END_TEST

/* --- time --- */

START_TEST(clock_skew)
{
	begin(&(struct world_options){0});
	net->wtrus[0].clock_us = 3600 * MIP6_S;
	/*
	 *  WTRU, an hour ahead        g0
	 *   |--- BU claim, 13:00 ----->|
	 *   |<-- BA 144, 12:00 --------|
	 *   |--- BU claim, 12:00 ----->|
	 *   |<-- BA 0 -----------------|
	 */
	move(0);
	expect("w0>g0 BU claim h0\n"
	       "g0>w0 BA 144 h0\n"
	       "w0>g0 BU claim h0\n"
	       "g0>w0 BA 0 h0\n");
	/* The offset is known now. */
	use(0, 1);
	move(2);
	expect("w0>g0 BU h0 c2\n"
	       "w0>g2 BU claim h2\n"
	       "g0>w0 BA 0 h0\n"
	       "g2>w0 BA 144 h2\n"
	       "w0>g2 BU claim h2\n"
	       "g2>w0 BA 0 h2\n");
	/* And set back by two hours, in the middle of it. */
	net->wtrus[0].clock_us = -3600 * MIP6_S;
	world_advance(net, 60 * MIP6_S);
	expect("w0>g0 BU h0 c2\n"
	       "g0>w0 BA 144 h0\n"
	       "w0>g0 BU h0 c2\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(anchor_clock_steps)
{
	static const int64_t steps[] = {1, 6, -6, 30, -30, 86400, -86400};

	begin(&(struct world_options){0});
	away_from_g0();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		net->gateways[0].clock_us += steps[i] * MIP6_S;
		world_advance(net, 60 * MIP6_S);
		ck_assert_int_eq(instance(0).state, WTRU_BOUND);
		ck_assert(reaches(0));
	}
	finish();
}
END_TEST

START_TEST(anchor_forgets_in_the_past)
{
	begin(&(struct world_options){0});
	net->gateways[0].clock_us = 3600 * MIP6_S;
	away_from_g0();
	net->gateways[0].clock_us = 0;
	world_crash_gateway(net, 0);
	world_advance(net, 2 * MIP6_S);
	world_start_gateway(net, 0, false);
	/* What it accepted an hour later is nothing to it now. */
	move(2);
	expect("w0>g1 BU h1 c2\n"
	       "w0>g0 BU h0 c2\n"
	       "w0>g2 BU claim h2\n"
	       "g1>w0 BA 0 h1\n"
	       "g0>w0 BA 144 h0\n"
	       "g2>w0 BA 0 h2\n"
	       "w0>g0 BU h0 c2\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

/* --- restarts --- */

START_TEST(anchor_restarts_with_state)
{
	begin(&(struct world_options){.heartbeat_ms = 5000});
	away_from_g0();
	world_crash_gateway(net, 0);
	world_advance(net, 3 * MIP6_S);
	ck_assert(!reaches(0));
	world_start_gateway(net, 0, true);
	ck_assert(reaches(0));
	world_trace(net);
	/* Nobody notices. */
	world_advance(net, 11 * MIP6_S);
	expect("w0>g0 alive?\n"
	       "g0>w0 alive\n"
	       "w0>g0 alive?\n"
	       "g0>w0 alive\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(anchor_restarts_without_state)
{
	begin(&(struct world_options){.heartbeat_ms = 5000});
	away_from_g0();
	world_advance(net, 6 * MIP6_S); /* a heartbeat has told the restart counter */
	world_crash_gateway(net, 0);
	world_start_gateway(net, 0, false);
	world_trace(net);
	ck_assert_uint_eq(ha_ownership_count(anchor(0)), 0);
	/*
	 *  WTRU at g1      g0, as good as new
	 *   |--- alive? --->|
	 *   |<-- alive, 2 --|   was 1
	 *   |--- BU h0 ---->|
	 *   |<-- BA 0 ------|
	 */
	world_advance(net, 5 * MIP6_S);
	expect("w0>g0 alive?\n"
	       "g0>w0 alive\n"
	       "w0>g0 BU h0 c1\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(binding_error)
{
	begin(&(struct world_options){0});
	away_from_g0();
	world_advance(net, MIP6_S); /* a BE right after a BA is about data that overtook the BU */
	world_crash_gateway(net, 0);
	world_start_gateway(net, 0, false);
	/*
	 *  WTRU at g1           g0, as good as new
	 *   |=== data, tunnel ===>|
	 *   |<-- BE 1 ------------|
	 *   |--- BU h0 ---------->|
	 *   |<-- BA 0 ------------|
	 */
	ck_assert(!reaches(0));
	struct mip6_addr hoa = address(0);
	world_send_data(net, 0, &hoa);
	settle();
	expect("g0>w0 BE 1 h0\n"
	       "w0>g0 BU h0 c1\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(wtru_restarts)
{
	begin(&(struct world_options){0});
	away_from_g0();
	world_crash_wtru(net, 0);
	world_advance(net, 2 * MIP6_S);
	world_start_wtru(net, 0, true);
	settle();
	ck_assert(reaches(0));
	ck_assert_int_eq(instance(0).state, WTRU_BOUND);
	ck_assert_uint_eq(ha_binding_count(anchor(0)), 1);
	/* Moved while it was down. */
	world_crash_wtru(net, 0);
	world_attach(net, 0, 0, 2, true);
	world_start_wtru(net, 0, true);
	settle();
	ck_assert(reaches(0));
	finish();
}
END_TEST

/* --- links --- */

START_TEST(two_links)
{
	begin(&(struct world_options){.links = 2});
	/* Cellular first, at g1; then Wi-Fi at g0, which is better, while cellular goes on. */
	world_attach(net, 0, 1, 1, true);
	settle();
	struct mip6_addr cellular = world_newest(net, 0);
	world_use(net, 0, &cellular, 1);
	world_attach(net, 0, 0, 0, true);
	settle();
	ck_assert_int_eq(world_route(net, &cellular), 0);
	ck_assert(world_send_data(net, 0, &cellular));
	struct mip6_addr newest = world_newest(net, 0), here = address(0);
	ck_assert(mip6_addr_equal(&newest, &here));
	use(0, 1);
	/* Wi-Fi breaks off: everything over cellular, whose HoA is native there. */
	world_detach(net, 0, 0);
	settle();
	ck_assert(reaches(0));
	ck_assert_int_eq(world_route(net, &cellular), 0);
	ck_assert(world_send_data(net, 0, &cellular));
	ck_assert_uint_eq(ha_binding_count(anchor(1)), 0);
	finish();
}
END_TEST

START_TEST(silent_move)
{
	begin(&(struct world_options){0});
	move(0);
	use(0, 1);
	world_trace(net);
	/* No carrier event: the RA of an unknown home agent is all that tells. */
	world_attach(net, 0, 0, 1, false);
	world_advance(net, 1200 * MIP6_MS);
	expect("w0>g0 BU h0 c1\n"
	       "w0>g1 BU claim h1\n"
	       "g0>w0 BA 0 h0\n"
	       "g1>w0 BA 0 h1\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(silent_return)
{
	begin(&(struct world_options){0});
	move(2);
	use(2, 1);
	move(1);
	world_advance(net, 100 * MIP6_S);
	struct mip6_addr hoa = address(2);
	/*
	 * g2 is known, so g1 is asked first whether it is still there. Then: g2's RA to all says
	 * nothing of the WTRU's own prefix. The WTRU asks, or its address would run out where it is
	 * at home.
	 */
	world_attach(net, 0, 0, 2, false);
	world_advance(net, 2 * MIP6_S);
	ck_assert_int_eq(instance(2).state, WTRU_HOME);
	for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
		const struct world_address *a = &net->wtrus[0].addresses[i];

		if (a->used && mip6_addr_equal(&a->addr, &hoa))
			ck_assert_int_gt(a->valid_until, net->now + 230 * MIP6_S);
	}
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exchange");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, registration);
	tcase_add_test(tcase, three_anchors);
	tcase_add_test(tcase, return_home);
	tcase_add_test(tcase, shared_prefix);
	tcase_add_test(tcase, shared_prefix_without_claim);
	tcase_add_test(tcase, refresh);
	tcase_add_test(tcase, release);
	tcase_add_test(tcase, lost_messages);
	tcase_add_test(tcase, all_lost_and_expired);
	tcase_add_test(tcase, clock_skew);
	tcase_add_test(tcase, anchor_clock_steps);
	tcase_add_test(tcase, anchor_forgets_in_the_past);
	tcase_add_test(tcase, anchor_restarts_with_state);
	tcase_add_test(tcase, anchor_restarts_without_state);
	tcase_add_test(tcase, binding_error);
	tcase_add_test(tcase, wtru_restarts);
	tcase_add_test(tcase, two_links);
	tcase_add_test(tcase, silent_move);
	tcase_add_test(tcase, silent_return);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
