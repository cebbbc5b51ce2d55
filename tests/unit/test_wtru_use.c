// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core, life of an instance: use checks and linger time, release, pins, limits, heartbeats
 * with restart counter (RFC 5847), restart from records, resume, stop.
 */
#include <stdlib.h>

#include "wtru_fixture.h"

/* HoA 1 bound over D-GW 2, everything answered. */
static void bound_away(void)
{
	world_answer(&world, away(), 0, 600);
	assert_state(1, WTRU_BOUND);
	world_clear(&world);
}

static void simple(enum wtru_event_type type, struct mip6_addr hoa)
{
	struct wtru_event event = {.type = type};

	if (type == WTRU_EVENT_RELEASE)
		event.release.hoa = hoa;
	world_step(&world, &event);
}

START_TEST(idle_is_released)
{
	const struct world_action *bu;
	mip6_time left;

	bound_away();
	left = world.now;
	/* The tick after the change comes within the use interval; each asks once. */
	for (unsigned int n = 0; n < 9; n++) {
		pass(MIP6_S);
		ck_assert_uint_eq(world_count(&world, WTRU_ACTION_CHECK_USE), n + 1);
		world_use(&world, HOA(1), 0, 0);
		assert_state(1, WTRU_BOUND);
	}
	pass(MIP6_S);
	ck_assert_int_eq(world.now, left + 10 * MIP6_S);
	world_clear(&world);
	world_use(&world, HOA(1), 0, 0);
	assert_state(1, WTRU_RELEASING);
	bu = world_bu(&world, HOA(1));
	/* From the CoA, with HAO, lifetime 0. */
	ck_assert(bu->a.packet.has_hao);
	assert_addr(bu->a.packet.src, HOA(2));
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 0);
	assert_addr(bu->mh.opt.alt_coa, HOA(2));
	world_clear(&world);
	world_answer(&world, bu, 0, 0);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	ck_assert(world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_ENDED), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SAVE), 1);
	/* Without old anchors nothing ticks. */
	world_clear(&world);
	world.timer_steps = 0;
	pass(1000 * MIP6_S);
	ck_assert_uint_eq(world.timer_steps, 0);
}
END_TEST

START_TEST(use_keeps)
{
	bound_away();
	pass(9 * MIP6_S);
	world_use(&world, HOA(1), 1, 0);
	pass(9 * MIP6_S);
	world_use(&world, HOA(1), 0, 0);
	assert_state(1, WTRU_BOUND);
	/* Traffic without a socket of ours (forwarding) counts too. */
	world_use(&world, HOA(1), 0, world.now - MIP6_S);
	pass(8 * MIP6_S);
	world_use(&world, HOA(1), 0, 0);
	assert_state(1, WTRU_BOUND);
	pass(MIP6_S);
	world_use(&world, HOA(1), 0, 0);
	assert_state(1, WTRU_RELEASING);
	/* A socket appears: taken back. */
	world_clear(&world);
	world_use(&world, HOA(1), 1, 0);
	assert_state(1, WTRU_REGISTERING);
	ck_assert_uint_gt(world_bu(&world, HOA(1))->mh.bu.lifetime_s4, 0);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	assert_state(1, WTRU_BOUND);
	/* Use of what is at home, or of nothing, means nothing. */
	world_clear(&world);
	world_use(&world, HOA(2), 0, 0);
	world_use(&world, HOA(9), 0, 0);
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

START_TEST(release_without_answer)
{
	mip6_time start;

	bound_away();
	simple(WTRU_EVENT_RELEASE, HOA(1));
	start = world.now;
	assert_state(1, WTRU_RELEASING);
	pass(6 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 3);
	assert_state(1, WTRU_RELEASING);
	pass(MIP6_S);
	ck_assert_int_eq(world.now, start + 7 * MIP6_S);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 3);
	/* At home there is nothing to release. */
	simple(WTRU_EVENT_RELEASE, HOA(2));
	assert_state(2, WTRU_HOME);
}
END_TEST

START_TEST(release_answers)
{
	static const uint8_t status[] = {0, MIP6_BA_NOT_HOME_AGENT, MIP6_BA_PROHIBITED};

	bound_away();
	simple(WTRU_EVENT_RELEASE, HOA(1));
	world_answer(&world, world_bu(&world, HOA(1)), status[_i], 0);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
}
END_TEST

START_TEST(release_while_moving)
{
	bound_away();
	simple(WTRU_EVENT_RELEASE, HOA(1));
	world_clear(&world);
	move(3);
	assert_state(1, WTRU_RELEASING);
	assert_addr(world_bu(&world, HOA(1))->a.packet.src, HOA(3));
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.lifetime_s4, 0);
	/* And home in the middle of it: it stays. */
	pass(MIP6_S);
	simple(WTRU_EVENT_RELEASE, HOA(2));
	move(1);
	assert_state(1, WTRU_RETURNING);
}
END_TEST

START_TEST(release_when_detached)
{
	bound_away();
	world_link_gone(&world, LINK);
	assert_state(1, WTRU_AWAY);
	world_clear(&world);
	simple(WTRU_EVENT_RELEASE, HOA(1));
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND), 0);
}
END_TEST

START_TEST(kept)
{
	struct wtru_instance_info info;

	bound_away();
	keep(HOA(1), true);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SAVE), 1);
	pass(100 * MIP6_S);
	world_use(&world, HOA(1), 0, 0);
	assert_state(1, WTRU_BOUND);
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert(info.keep);
	keep(HOA(1), false);
	world_use(&world, HOA(1), 0, 0);
	assert_state(1, WTRU_BOUND); /* the linger time starts again */
	pass(10 * MIP6_S);
	world_use(&world, HOA(1), 0, 0);
	assert_state(1, WTRU_RELEASING);
	keep(HOA(1), true);
	assert_state(1, WTRU_REGISTERING);
	/* The operator's release overrides the pin. */
	simple(WTRU_EVENT_RELEASE, HOA(1));
	assert_state(1, WTRU_RELEASING);
	keep(HOA(9), true);
}
END_TEST

/* An idle HoA whose own link is still there as a second one goes home instead of away. */
START_TEST(idle_goes_home_on_other_link)
{
	const struct world_action *bu;

	world_link(&world, LINK, 1, true);
	world_attach(&world, LINK, 1);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 0);
	world_link(&world, OTHER, 0, true);
	world_attach(&world, OTHER, 2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	assert_state(1, WTRU_BOUND);
	pass(10 * MIP6_S);
	world_clear(&world);
	world_use(&world, HOA(1), 0, 0);
	assert_state(1, WTRU_RETURNING);
	bu = world_bu(&world, HOA(1));
	ck_assert(!bu->a.packet.has_hao);
	ck_assert(!world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
	world_answer(&world, bu, 0, 0);
	assert_state(1, WTRU_HOME);
	pass(100 * MIP6_S);
	assert_state(1, WTRU_HOME);
	/* The better link goes: home is the primary one now, the other's HoA is bound over it. */
	world_clear(&world);
	world_link(&world, OTHER, 0, false);
	assert_state(1, WTRU_HOME);
	assert_state(2, WTRU_REGISTERING);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
}
END_TEST

START_TEST(limit)
{
	world_close(&world);
	world_init(&world);
	world.config.instances_max = 3;
	world_open(&world);
	world_link(&world, LINK, 0, true);
	for (unsigned int n = 1; n <= 3; n++) {
		move(n);
		pass(2 * MIP6_S);
		for (unsigned int k = 1; k < n; k++)
			world_use(&world, HOA(k), 1, 0);
	}
	world_clear(&world);
	move(4);
	/* All in use: the new address goes unprotected, but is the CoA of the others. Told once. */
	ck_assert_int_eq(world_state(&world, HOA(4)), -1);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_LIMIT), 1);
	for (unsigned int n = 1; n <= 3; n++)
		assert_addr(world_bu(&world, HOA(n))->a.packet.src, HOA(4));
	world_ra(&world, LINK, 4, true);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_LIMIT), 1);
	/* The oldest pinned, the next unused: that one makes room. */
	pass(2 * MIP6_S);
	keep(HOA(1), true);
	world_use(&world, HOA(1), 0, 0);
	world_use(&world, HOA(3), 1, 0);
	world_clear(&world);
	world_use(&world, HOA(2), 0, 0);
	ck_assert_int_eq(world_state(&world, HOA(2)), -1);
	ck_assert_int_ne(world_state(&world, HOA(1)), -1);
	ck_assert_int_ne(world_state(&world, HOA(3)), -1);
	assert_state(4, WTRU_HOME);
	/* Its anchor was told. */
	ck_assert_uint_eq(world_bu(&world, HOA(2))->mh.bu.lifetime_s4, 0);
}
END_TEST

static const struct world_action *heartbeat(void)
{
	for (size_t n = world.count; n > 0; n--) {
		if (world.actions[n - 1].a.type == WTRU_ACTION_SEND &&
		    world.actions[n - 1].mh.type == MIP6_MH_HEARTBEAT)
			return &world.actions[n - 1];
	}
	return NULL;
}

static void answer_heartbeat(uint32_t counter, uint32_t seq_add)
{
	struct mip6_mh mh = {.type = MIP6_MH_HEARTBEAT};

	mh.heartbeat.flags = MIP6_HEARTBEAT_R;
	mh.heartbeat.seq = heartbeat()->mh.heartbeat.seq + seq_add;
	mh.opt.has = MIP6_HAS_RESTART_COUNTER;
	mh.opt.restart_counter = counter;
	message(&mh, world_anchor(1), HOA(2), NULL, NULL);
}

static void with_heartbeats(void)
{
	world.config.heartbeat_interval_ms = 2000;
	wtru_reconfigure(world.w, &world.config);
	bound_away();
	keep(HOA(1), true);
	world_clear(&world);
}

START_TEST(heartbeat_restart)
{
	struct mip6_mh mh = {.type = MIP6_MH_HEARTBEAT};

	with_heartbeats();
	pass(MIP6_S);
	/* With the use check, from the CoA to the anchor, nothing else in the packet. */
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_CHECK_USE), 1);
	ck_assert_ptr_nonnull(heartbeat());
	assert_addr(heartbeat()->a.packet.src, HOA(2));
	assert_addr(heartbeat()->a.packet.dst, world_anchor(1));
	ck_assert(!heartbeat()->a.packet.has_hao);
	answer_heartbeat(7, 1); /* a guess */
	ck_assert_uint_eq(stat(HEARTBEAT_ANSWERED), 0);
	answer_heartbeat(7, 0);
	answer_heartbeat(8, 0); /* a repeated one */
	ck_assert_uint_eq(stat(HEARTBEAT_ANSWERED), 1);
	world_clear(&world);
	pass(MIP6_S);
	ck_assert_ptr_null(heartbeat());
	pass(MIP6_S);
	answer_heartbeat(7, 0);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	/* It came back without its state. */
	pass(2 * MIP6_S);
	answer_heartbeat(8, 0);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_RESTARTED), 1);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	/* It says so by itself: the number does not count. */
	pass(MIP6_S);
	mh.heartbeat.flags = MIP6_HEARTBEAT_R | MIP6_HEARTBEAT_U;
	mh.opt.has = MIP6_HAS_RESTART_COUNTER;
	mh.opt.restart_counter = 9;
	message(&mh, world_anchor(1), HOA(2), NULL, NULL);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_RESTARTED), 2);
	/* At most once per second. */
	mh.opt.restart_counter = 10;
	message(&mh, world_anchor(1), HOA(2), NULL, NULL);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_RESTARTED), 2);
	message(&mh, world_anchor(9), HOA(2), NULL, NULL); /* binds nothing of ours */
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_RESTARTED), 2);
}
END_TEST

START_TEST(heartbeat_lost)
{
	with_heartbeats();
	pass(6 * MIP6_S); /* three sent, two of them lost for sure */
	ck_assert_uint_eq(stat(HEARTBEAT_SENT), 3);
	ck_assert_uint_eq(stat(HEARTBEAT_LOST), 2);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	pass(2 * MIP6_S);
	ck_assert_uint_eq(stat(HEARTBEAT_LOST), 3);
	ck_assert_uint_ge(world_bu_count(&world, HOA(1)), 1);
}
END_TEST

START_TEST(heartbeat_unknown)
{
	struct mip6_mh be = {.type = MIP6_MH_BE};

	with_heartbeats();
	be.be.status = MIP6_BE_UNKNOWN_MH_TYPE;
	message(&be, world_anchor(1), HOA(2), NULL, NULL); /* nothing was sent */
	pass(MIP6_S);
	ck_assert_uint_eq(stat(HEARTBEAT_SENT), 1);
	message(&be, world_anchor(1), HOA(2), NULL, NULL);
	pass(10 * MIP6_S);
	ck_assert_uint_eq(stat(HEARTBEAT_SENT), 1);
	ck_assert_uint_eq(stat(HEARTBEAT_LOST), 0);
}
END_TEST

START_TEST(heartbeat_request)
{
	struct mip6_mh mh = {.type = MIP6_MH_HEARTBEAT};

	with_heartbeats();
	mh.heartbeat.seq = 99;
	message(&mh, world_anchor(9), HOA(2), NULL, NULL); /* has no binding of ours */
	ck_assert_ptr_null(heartbeat());
	message(&mh, world_anchor(1), HOA(2), NULL, NULL);
	ck_assert_uint_eq(heartbeat()->mh.heartbeat.seq, 99);
	ck_assert_uint_eq(heartbeat()->mh.heartbeat.flags, MIP6_HEARTBEAT_R);
	assert_addr(heartbeat()->a.packet.dst, world_anchor(1));
	message(&mh, world_anchor(1), HOA(2), NULL, NULL);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND), 1);
}
END_TEST

/* Stop without stopping, as after kill -9: records into a new core. */
static void restart(void)
{
	struct wtru_record record[8];
	size_t count = 0;

	while (wtru_record_get(world.w, count, &record[count]))
		count++;
	free(world.memory);
	world_open(&world);
	world_clear(&world);
	/* Records come oldest first in the file or not; order must not matter. */
	for (size_t n = 0; n < count; n++) {
		struct wtru_event event = {.type = WTRU_EVENT_RESTORE, .restore = &record[n]};

		world_step(&world, &event);
	}
}

START_TEST(restore)
{
	const struct world_action *want, *bu;
	struct wtru_record record;
	uint16_t seq = 0;

	bound_away();
	for (size_t n = 0; wtru_record_get(world.w, n, &record); n++) {
		if (record.bound)
			seq = record.seq;
	}
	pass(5 * MIP6_S);
	restart();
	/* What was wanted is wanted again at once: the tunnel in the kernel is adopted. */
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_HOA), 2);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_BINDING), 1);
	want = world_find(&world, WTRU_ACTION_WANT_BINDING, 0);
	assert_addr(want->a.binding.hoa, HOA(1));
	assert_addr(want->a.binding.coa, HOA(2));
	assert_addr(want->a.binding.router, world_router(2));
	assert_addr(want->a.binding.anchor, world_anchor(1));
	ck_assert_uint_eq(want->a.binding.ifindex, LINK);
	assert_state(1, WTRU_AWAY);
	world_clear(&world);
	world_link(&world, LINK, 0, true);
	world_address(&world, LINK, HOA(2), true);
	world_ra(&world, LINK, 2, true);
	assert_state(1, WTRU_REGISTERING);
	assert_state(2, WTRU_HOME);
	bu = world_bu(&world, HOA(1));
	ck_assert_uint_eq(bu->mh.bu.seq, (uint16_t)(seq + 65));
	/* The same tunnel: it is not touched. HoA 2 needs our copy no more. */
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_BINDING), 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_HOA), 1);
	ck_assert(!world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
}
END_TEST

START_TEST(restore_at_home)
{
	bound_away();
	restart();
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	/* A binding may exist: it is taken back properly. */
	assert_state(1, WTRU_RETURNING);
	assert_state(2, WTRU_REGISTERING);
}
END_TEST

START_TEST(restore_released)
{
	bound_away();
	simple(WTRU_EVENT_RELEASE, HOA(1));
	restart();
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 3);
	assert_state(1, WTRU_RELEASING);
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.lifetime_s4, 0);
	assert_state(2, WTRU_REGISTERING);
}
END_TEST

START_TEST(restore_nonsense)
{
	struct wtru_record record = {.hoa = HOA(1), .anchor = world_anchor(1), .prefix_len = 64};
	struct wtru_event event = {.type = WTRU_EVENT_RESTORE, .restore = &record};

	record.hoa = world_router(1);
	world_step(&world, &event);
	record.hoa = HOA(1);
	record.anchor = (struct mip6_addr){{0}};
	world_step(&world, &event);
	record.anchor = world_anchor(1);
	record.prefix_len = 200;
	world_step(&world, &event);
	record.prefix_len = 64;
	record.bound = true;
	world_step(&world, &event);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	record.bound = false;
	record.valid_until_unix_us = INT64_MIN;
	memset(record.operator_name, 'x', sizeof(record.operator_name));
	world_step(&world, &event);
	assert_state(1, WTRU_AWAY);
	world_clear(&world);
	world_step(&world, &event); /* twice */
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

START_TEST(resume)
{
	const struct world_action *bu;

	bound_away();
	pass(5 * MIP6_S);
	world_clear(&world);
	world.now += 3600 * MIP6_S;
	simple(WTRU_EVENT_RESUME, HOA(1));
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	bu = world_bu(&world, HOA(1));
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
	world_ra(&world, LINK, 2, true);
	assert_state(1, WTRU_BOUND);
	/* Woken up elsewhere: the first RA decides, without a probe. */
	simple(WTRU_EVENT_RESUME, HOA(1));
	world_clear(&world);
	world_attach(&world, LINK, 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 0);
	assert_state(1, WTRU_RETURNING);
}
END_TEST

START_TEST(stop)
{
	bound_away();
	pass(2 * MIP6_S);
	world_clear(&world);
	simple(WTRU_EVENT_STOP, HOA(1));
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.lifetime_s4, 0);
	ck_assert_uint_eq(world_bu_count(&world, HOA(2)), 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_HOA), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_DEFAULT), 1);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert(wtru_deadline(world.w) == MIP6_TIME_NEVER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_use");
	TCase *tc = tcase_create("use");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, idle_is_released);
	tcase_add_test(tc, use_keeps);
	tcase_add_test(tc, release_without_answer);
	tcase_add_loop_test(tc, release_answers, 0, 3);
	tcase_add_test(tc, release_while_moving);
	tcase_add_test(tc, release_when_detached);
	tcase_add_test(tc, kept);
	tcase_add_test(tc, idle_goes_home_on_other_link);
	tcase_add_test(tc, limit);
	tcase_add_test(tc, heartbeat_restart);
	tcase_add_test(tc, heartbeat_lost);
	tcase_add_test(tc, heartbeat_unknown);
	tcase_add_test(tc, heartbeat_request);
	tcase_add_test(tc, restore);
	tcase_add_test(tc, restore_at_home);
	tcase_add_test(tc, restore_released);
	tcase_add_test(tc, restore_nonsense);
	tcase_add_test(tc, resume);
	tcase_add_test(tc, stop);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
