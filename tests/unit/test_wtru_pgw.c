// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core across operators: D-GW 1 and 2 belong to operator A, which is ours and has the PGW,
 * 3 and 4 to operator B. What is anchored at the other operator than the one we are attached to
 * goes through the PGW, by extended BU (docs/protocol.md, chain).
 */
#include "wtru_fixture.h"

static struct wtru_override operators[4];

static struct mip6_addr pgw(void)
{
	return world_anchor(0xf);
}

static void setup_operators(void)
{
	world_init(&world);
	for (unsigned int n = 1; n <= 4; n++) {
		struct mip6_addr net = world_addr(n, 0);

		operators[n - 1].prefix = mip6_prefix_make(&net, 48);
		memcpy(operators[n - 1].operator_name, n <= 2 ? "a.example" : "B.example", 10);
	}
	memcpy(operators[2].operator_name, "b.EXAMPLE", 10); /* domain names have no case */
	world.config.linger_s = 10000;
	world.config.overrides = operators;
	world.config.override_count = 4;
	world.config.home_pgw = pgw();
	memcpy(world.config.operator_name, "a.example", 10);
	world_open(&world);
}

/* Attach to D-GW n; what was sent for other HoAs stays on record. */
static void move_on(unsigned int n)
{
	pass(2 * MIP6_S);
	world_clear(&world);
	move(n);
}

/* The BU for the HoA of D-GW n went to dst, naming its anchor if extended. */
static void check_bu(unsigned int n, struct mip6_addr dst, bool extended)
{
	const struct world_action *bu = world_bu(&world, HOA(n));
	struct mip6_addr anchor = world_anchor(n);

	ck_assert_ptr_nonnull(bu);
	ck_assert(mip6_addr_equal(&bu->a.packet.dst, &dst));
	ck_assert_int_eq((bu->mh.opt.has & MIP6_HAS_ANCHOR) != 0, extended);
	if (extended)
		ck_assert(mip6_addr_equal(&bu->mh.opt.anchor, &anchor));
}

static void answer(unsigned int n, uint8_t status)
{
	world_answer(&world, world_bu(&world, HOA(n)), status, status == 0 ? 600 : 0);
}

/* The tunnel of D-GW n's HoA, as last wanted. */
static struct mip6_addr tunnel_end(unsigned int n)
{
	struct mip6_addr hoa = HOA(n), end = {{0}};
	const struct world_action *action;

	for (size_t k = 0; (action = world_find(&world, WTRU_ACTION_WANT_BINDING, k)) != NULL;
	     k++) {
		if (mip6_addr_equal(&action->a.binding.hoa, &hoa))
			end = action->a.binding.anchor;
	}
	return end;
}

static void check_tunnel(unsigned int n, struct mip6_addr end)
{
	struct mip6_addr is = tunnel_end(n);

	ck_assert(mip6_addr_equal(&is, &end));
}

static void start_at_1(void)
{
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	answer(1, 0);
}

/* 1 → 2 → 3 → 4 → 1, as in the flow diagrams. */
START_TEST(all_the_way)
{
	struct wtru_instance_info info;
	struct mip6_addr via = pgw();

	start_at_1();
	move_on(2);
	check_bu(1, world_anchor(1), false); /* inside one operator: directly */
	answer(1, 0);
	check_tunnel(1, world_anchor(1));
	answer(2, 0);
	move_on(3);
	check_bu(1, pgw(), true);
	check_bu(2, pgw(), true);
	/* The claim at the new D-GW is its own business. */
	check_bu(3, world_anchor(3), false);
	answer(1, 0);
	answer(2, 0);
	answer(3, 0);
	check_tunnel(1, pgw());
	check_tunnel(2, pgw());
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_int_eq(info.state, WTRU_BOUND);
	ck_assert(mip6_addr_equal(&info.peer, &via));
	move_on(4);
	check_bu(1, pgw(), true);
	check_bu(2, pgw(), true);
	check_bu(3, world_anchor(3), false); /* inside the visited operator: directly */
	answer(1, 0);
	answer(2, 0);
	answer(3, 0);
	check_tunnel(3, world_anchor(3));
	move_on(1);
	check_bu(1, world_anchor(1), false); /* home */
	ck_assert(!world_bu(&world, HOA(1))->a.packet.has_hao);
	answer(1, 0);
	via = world_anchor(1);
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_int_eq(info.state, WTRU_HOME);
	ck_assert(mip6_addr_equal(&info.peer, &via));
	check_bu(2, world_anchor(2), false); /* back to direct */
	check_bu(3, pgw(), true);            /* and B's, from here, through our PGW */
	check_bu(4, pgw(), true);
	answer(2, 0);
	answer(3, 0);
	check_tunnel(2, world_anchor(2));
	check_tunnel(3, pgw());
}
END_TEST

/* All anchors at once: no BU waits for another's answer. */
START_TEST(in_parallel)
{
	start_at_1();
	move_on(2);
	answer(1, 0);
	answer(2, 0);
	move_on(3);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	ck_assert_uint_eq(world_bu_count(&world, HOA(2)), 1);
	ck_assert_int_eq(world_bu(&world, HOA(1))->at, world_bu(&world, HOA(2))->at);
}
END_TEST

START_TEST(nobody_says_whose_it_is)
{
	world.config.override_count = 0; /* the advertisements all name one operator */
	ck_assert(wtru_reconfigure(world.w, &world.config));
	start_at_1();
	move_on(3);
	check_bu(1, world_anchor(1), false);
}
END_TEST

START_TEST(without_a_pgw)
{
	world.config.home_pgw = (struct mip6_addr){{0}};
	ck_assert(wtru_reconfigure(world.w, &world.config));
	start_at_1();
	move_on(3);
	check_bu(1, world_anchor(1), false);
	/* Nothing to fall back to. */
	answer(1, MIP6_BA_PROHIBITED);
	ck_assert_int_eq(world_state(&world, HOA(1)), WTRU_REFUSED);
}
END_TEST

START_TEST(falls_back_when_refused)
{
	memcpy(operators[1].operator_name, "a.example", 10);
	start_at_1();
	move_on(2);
	check_bu(1, world_anchor(1), false);
	answer(1, MIP6_BA_PROHIBITED);
	check_bu(1, pgw(), true); /* at once */
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_FALLBACK), 1);
	ck_assert_int_eq(world_notice(&world, WTRU_NOTICE_FALLBACK)->a.notice.status,
	                 MIP6_BA_PROHIBITED);
	answer(1, 0);
	check_tunnel(1, pgw());
	/* The PGW's refusal is final. */
	world_clear(&world);
	pass(600 * MIP6_S);
	check_bu(1, pgw(), true);
	answer(1, MIP6_BA_PROHIBITED);
	ck_assert_int_eq(world_state(&world, HOA(1)), WTRU_REFUSED);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_FALLBACK), 0);
}
END_TEST

START_TEST(falls_back_when_silent)
{
	start_at_1();
	move_on(2);
	/* D-GW 2 answers the claim; D-GW 1 does not answer. */
	pass(MIP6_MS);
	answer(2, 0);
	pass(6 * MIP6_S);
	check_bu(1, pgw(), true);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_FALLBACK), 1);
	/* At the next move the direct way is tried again. */
	answer(1, 0);
	move_on(1);
	answer(1, 0);
	move_on(2);
	answer(2, 0); /* the care-of address is home first */
	pass(50 * MIP6_MS);
	check_bu(1, world_anchor(1), false);
}
END_TEST

START_TEST(stays_when_nobody_answers)
{
	start_at_1();
	move_on(2);
	pass(60 * MIP6_S);
	check_bu(1, world_anchor(1), false);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_FALLBACK), 0);
}
END_TEST

START_TEST(hears_the_pgw)
{
	struct mip6_packet packet = {.src = pgw(), .dst = HOA(3)};
	struct mip6_mh mh = {.type = MIP6_MH_BE};
	uint8_t data[MIP6_MH_MAX];

	start_at_1();
	move_on(3);
	answer(1, 0);
	pass(2 * MIP6_S);
	world_clear(&world);
	mh.be.status = MIP6_BE_UNKNOWN_BINDING;
	mh.be.hoa = HOA(1);
	packet.mh = data;
	packet.mh_len = mip6_mh_encode(&mh, data, sizeof(data), NULL);
	/* Not the anchor's to say now. */
	packet.src = world_anchor(1);
	world_mh(&world, &packet);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	packet.src = pgw();
	world_mh(&world, &packet);
	check_bu(1, pgw(), true);
}
END_TEST

START_TEST(released_where_it_is_bound)
{
	struct wtru_event event = {.type = WTRU_EVENT_RELEASE};

	start_at_1();
	move_on(3);
	answer(1, 0);
	pass(2 * MIP6_S);
	world_clear(&world);
	event.release.hoa = HOA(1);
	world_step(&world, &event);
	check_bu(1, pgw(), true);
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.lifetime_s4, 0);
	answer(1, 0);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
}
END_TEST

START_TEST(survives_a_restart)
{
	struct wtru_event event = {.type = WTRU_EVENT_RESTORE};
	struct mip6_addr hoa = HOA(1);
	struct wtru_record record;
	size_t n = 0;

	start_at_1();
	move_on(3);
	answer(1, 0);
	while (wtru_record_get(world.w, n, &record) && !mip6_addr_equal(&record.hoa, &hoa))
		n++;
	ck_assert(mip6_addr_equal(&record.hoa, &hoa));
	free(world.memory);
	world_open(&world);
	world_clear(&world);
	event.restore = &record;
	world_step(&world, &event);
	check_tunnel(1, pgw());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_pgw");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, setup_operators, teardown);
	tcase_add_test(tcase, all_the_way);
	tcase_add_test(tcase, in_parallel);
	tcase_add_test(tcase, nobody_says_whose_it_is);
	tcase_add_test(tcase, without_a_pgw);
	tcase_add_test(tcase, falls_back_when_refused);
	tcase_add_test(tcase, falls_back_when_silent);
	tcase_add_test(tcase, stays_when_nobody_answers);
	tcase_add_test(tcase, hears_the_pgw);
	tcase_add_test(tcase, released_where_it_is_bound);
	tcase_add_test(tcase, survives_a_restart);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
