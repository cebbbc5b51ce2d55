// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core, movement detection: attaching, handover of many anchors at once, silent moves, two
 * routers on one link, carrier loss, choice of the CoA (RFC 6275 sections 11.5.1 to 11.5.4).
 */
#include "wtru_fixture.h"

START_TEST(attach)
{
	const struct world_action *bu, *action;
	struct wtru_instance_info info;
	struct wtru_link_info link;

	world_link(&world, LINK, 0, false);
	ck_assert_uint_eq(world.count, 0);
	ck_assert(wtru_deadline(world.w) == MIP6_TIME_NEVER);
	world_link(&world, LINK, 0, true);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	world_clear(&world);
	world_ra(&world, LINK, 1, true);
	ck_assert_uint_eq(world.count, 0);
	world_address(&world, LINK, HOA(1), true);
	action = world_find(&world, WTRU_ACTION_WANT_DEFAULT, 0);
	ck_assert_ptr_nonnull(action);
	ck_assert_uint_eq(action->a.attachment.ifindex, LINK);
	assert_addr(action->a.attachment.router, world_router(1));
	assert_addr(action->a.attachment.coa, HOA(1));
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_ATTACHED), 1);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_CREATED), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SAVE), 1);
	/* The claim: from the HoA itself, nothing else in the packet. */
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	ck_assert(!bu->a.packet.has_hao);
	assert_addr(bu->a.packet.dst, world_anchor(1));
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 0);
	ck_assert_uint_eq(bu->mh.bu.flags, MIP6_BU_A | MIP6_BU_H);
	assert_addr(bu->mh.opt.alt_coa, HOA(1));
	ck_assert_str_eq(bu->mh.opt.mn_id, "wtru@example.net");
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_int_eq((int)info.state, WTRU_HOME);
	ck_assert_int_eq((int)info.claim, WTRU_CLAIM_SENT);
	ck_assert(info.primary);
	ck_assert_str_eq(info.operator_name, "operator.example");
	world_answer(&world, bu, 0, 0);
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_int_eq((int)info.claim, WTRU_CLAIM_ACCEPTED);
	ck_assert(wtru_link_get(world.w, 0, &link));
	ck_assert(link.attached && link.primary && link.up);
	assert_addr(link.coa, HOA(1));
	assert_addr(link.anchor, world_anchor(1));
	ck_assert(!wtru_link_get(world.w, 1, &link));
	/* At home nothing is due but the claim's renewal at half the prefix's lifetime. */
	world_clear(&world);
	world.timer_steps = 0;
	pass(1799 * MIP6_S);
	ck_assert_uint_eq(world.timer_steps, 0);
	world_ra(&world, LINK, 1, true);
	pass(1799 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	pass(2 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
}
END_TEST

START_TEST(address_before_ra)
{
	world_link(&world, LINK, 0, true);
	world_clear(&world);
	world_address(&world, LINK, HOA(1), true);
	ck_assert_uint_eq(world.count, 0);
	world_ra(&world, LINK, 1, true);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_DEFAULT), 1);
	assert_state(1, WTRU_HOME);
}
END_TEST

START_TEST(rs_backs_off)
{
	mip6_time start = world.now, want = start;
	mip6_time wait = 50 * MIP6_MS;

	world_link(&world, LINK, 0, true);
	pass(10 * MIP6_S);
	for (size_t n = 0; n < 7; n++) {
		ck_assert_int_eq(world_find(&world, WTRU_ACTION_SEND_RS, n)->at, want);
		want += wait;
		wait *= 2;
	}
	/*
	 * The D-GW's multicast RA has no prefix of ours: ask at once, though the back-off has
	 * grown.
	 */
	world_clear(&world);
	world_ra(&world, LINK, 1, false);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 0);
	pass(7 * MIP6_S);
	ck_assert_uint_ge(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	world_attach(&world, LINK, 1);
	world_clear(&world);
	pass(100 * MIP6_S);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 0);
}
END_TEST

START_TEST(handover)
{
	const struct world_action *bu, *want;
	struct wtru_instance_info info;

	at_first();
	move(2);
	assert_state(1, WTRU_REGISTERING);
	assert_state(2, WTRU_HOME);
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	ck_assert(bu->a.packet.has_hao);
	assert_addr(bu->a.packet.hao, HOA(1));
	assert_addr(bu->a.packet.src, HOA(2));
	assert_addr(bu->a.packet.dst, world_anchor(1));
	assert_addr(bu->mh.opt.alt_coa, HOA(2));
	ck_assert_uint_eq(bu->mh.bu.flags, MIP6_BU_A | MIP6_BU_H);
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 150);
	ck_assert(!(bu->mh.opt.has & (MIP6_HAS_AUTH | MIP6_HAS_MESG_ID)));
	want = world_find(&world, WTRU_ACTION_WANT_BINDING, 0);
	ck_assert_ptr_nonnull(want);
	assert_addr(want->a.binding.hoa, HOA(1));
	assert_addr(want->a.binding.coa, HOA(2));
	assert_addr(want->a.binding.anchor, world_anchor(1));
	assert_addr(want->a.binding.router, world_router(2));
	ck_assert_uint_eq(want->a.binding.ifindex, LINK);
	ck_assert(!want->a.binding.receive_only);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_HOA), 1);
	/* In this order: default route, BU of the old HoA, its wants; what can wait comes last. */
	assert_before(world_find(&world, WTRU_ACTION_WANT_DEFAULT, 0), bu);
	assert_before(bu, want);
	assert_before(want, world_bu(&world, HOA(2)));
	world_clear(&world);
	world.now += 30 * MIP6_MS;
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_uint_eq(info.rtt_us, 30000);
	ck_assert_uint_eq(info.lifetime_s, 600);
	assert_addr(info.coa, HOA(2));
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_BINDING), 0);
	ck_assert_uint_eq(wtru_stat_get(world.w, WTRU_STAT_HANDOVERS), 1);
}
END_TEST

START_TEST(sixteen_anchors_in_one_step)
{
	world_link(&world, LINK, 0, true);
	for (unsigned int n = 1; n <= 16; n++) {
		move(n);
		for (unsigned int k = 1; k < n; k++)
			world_answer(&world, world_bu(&world, HOA(k)), 0, 600);
		world_answer(&world, world_bu(&world, HOA(n)), 0, 0);
		pass(2 * MIP6_S);
		for (unsigned int k = 1; k <= n; k++)
			world_use(&world, HOA(k), 1, 0);
		world_clear(&world);
	}
	world_flap(&world, LINK, 0);
	world_ra(&world, LINK, 17, true);
	world_clear(&world);
	/* One step: */
	world_address(&world, LINK, HOA(17), true);
	for (unsigned int k = 1; k <= 16; k++) {
		const struct world_action *bu = world_bu(&world, HOA(k));

		ck_assert_uint_eq(world_bu_count(&world, HOA(k)), 1);
		assert_addr(bu->mh.opt.alt_coa, HOA(17));
		assert_addr(bu->a.packet.dst, world_anchor(k));
		/* No tunnel is touched before all BUs have left. */
		assert_before(bu, world_find(&world, WTRU_ACTION_WANT_BINDING, 0));
	}
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_BINDING), 16);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_HOA), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SAVE), 1);
	for (unsigned int k = 1; k <= 16; k++) {
		world_answer(&world, world_bu(&world, HOA(k)), 0, 600);
		assert_state(k, WTRU_BOUND);
	}
}
END_TEST

START_TEST(silent_move_to_unknown)
{
	at_first();
	world_ra(&world, LINK, 2, true);
	/* Not usable yet: everything stays. */
	assert_state(1, WTRU_HOME);
	ck_assert_uint_eq(world.count, 0);
	world_address(&world, LINK, HOA(2), true);
	assert_state(1, WTRU_REGISTERING);
	ck_assert(!world_find(&world, WTRU_ACTION_WANT_BINDING, 0)->a.binding.receive_only);
}
END_TEST

START_TEST(multicast_ra_asks_for_prefix)
{
	at_first();
	pass(MIP6_S);
	world_ra(&world, LINK, 2, false);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	world_ra(&world, LINK, 2, false);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	pass(50 * MIP6_MS);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 2);
	world_attach(&world, LINK, 2);
	assert_state(2, WTRU_HOME);
	/* Further multicast RAs of the same D-GW mean nothing. */
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_answer(&world, world_bu(&world, HOA(2)), 0, 0);
	world_clear(&world);
	world_ra(&world, LINK, 2, false);
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

/* Two routers on one link: the second is taken eagerly, then neither takes over from the other. */
START_TEST(two_routers_do_not_flip_flop)
{
	at_first();
	world_attach(&world, LINK, 2);
	assert_state(2, WTRU_HOME);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_answer(&world, world_bu(&world, HOA(2)), 0, 0);
	world_clear(&world);
	for (unsigned int n = 0; n < 20; n++) {
		world_ra(&world, LINK, 1, true);
		ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 1);
		assert_addr(world_find(&world, WTRU_ACTION_SEND_PROBE, 0)->a.probe.router,
		            world_router(2));
		pass(10 * MIP6_MS);
		world_neighbour(&world, LINK, 2, true);
		world_ra(&world, LINK, 2, true);
		pass(90 * MIP6_MS);
		world_clear(&world);
	}
	ck_assert_uint_eq(wtru_stat_get(world.w, WTRU_STAT_HANDOVERS), 1);
	assert_state(1, WTRU_BOUND);
}
END_TEST

START_TEST(silent_move_to_known)
{
	mip6_time asked;

	at_first();
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_answer(&world, world_bu(&world, HOA(2)), 0, 0);
	world_clear(&world);
	asked = world.now;
	world_ra(&world, LINK, 1, true);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 1);
	world_ra(&world, LINK, 1, true);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 1);
	ck_assert_int_eq(wtru_deadline(world.w), asked + 40 * MIP6_MS);
	pass(39 * MIP6_MS);
	assert_state(2, WTRU_HOME);
	pass(1 * MIP6_MS);
	/* The address of the earlier visit is still there. */
	assert_state(1, WTRU_RETURNING);
	assert_state(2, WTRU_REGISTERING);
}
END_TEST

/* A known router that was silent for three of its intervals cannot have been on this link. */
START_TEST(silent_move_to_long_unheard)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	struct mip6_icmp6 msg;

	world_link(&world, LINK, 0, true);
	world_ra_fill(&msg, 1, true);
	msg.opt.has_interval = true;
	msg.opt.interval_ms = 70;
	event.ra.ifindex = LINK;
	event.ra.router = world_router(1);
	event.ra.msg = &msg;
	world_step(&world, &event);
	world_address(&world, LINK, HOA(1), true);
	move(2);
	pass(200 * MIP6_MS);
	world_step(&world, &event);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 1);
	world_neighbour(&world, LINK, 2, true);
	assert_state(2, WTRU_HOME);
	pass(220 * MIP6_MS);
	world_step(&world, &event);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 1);
	assert_state(2, WTRU_REGISTERING);
}
END_TEST

/* All D-GWs are fe80::1: the R address tells them apart, silently and both ways. */
START_TEST(same_link_local)
{
	struct mip6_addr router = world_router(1);

	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	world_ra_from(&world, LINK, 2, true, router, 1800);
	world_address(&world, LINK, HOA(2), true);
	assert_state(1, WTRU_REGISTERING);
	assert_state(2, WTRU_HOME);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_clear(&world);
	world_ra_from(&world, LINK, 1, true, router, 1800);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 0);
	assert_state(1, WTRU_RETURNING);
	assert_state(2, WTRU_REGISTERING);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 0);
	assert_state(1, WTRU_HOME);
	/* Also the multicast RA, which has only the R address. */
	world_ra_from(&world, LINK, 2, false, router, 1800);
	assert_state(1, WTRU_REGISTERING);
	assert_state(2, WTRU_RETURNING);
}
END_TEST

/*
 * Back at the first D-GW, whose HoA becomes the care-of address of the second: the first D-GW hears
 * of it before the other anchors do, but they do not wait for its answer for long.
 */
START_TEST(home_goes_first)
{
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	pass(2 * MIP6_S);
	world_clear(&world);
	move(1);
	assert_state(1, WTRU_RETURNING);
	assert_state(2, WTRU_REGISTERING);
	ck_assert_ptr_nonnull(world_bu(&world, HOA(1)));
	ck_assert_ptr_null(world_bu(&world, HOA(2)));
	world_answer(&world, world_bu(&world, HOA(1)), 0, 0);
	ck_assert_ptr_nonnull(world_bu(&world, HOA(2)));
	world_answer(&world, world_bu(&world, HOA(2)), 0, 600);
	assert_state(2, WTRU_BOUND);
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	pass(2 * MIP6_S);
	world_clear(&world);
	move(1);
	pass(19 * MIP6_MS);
	ck_assert_ptr_null(world_bu(&world, HOA(2)));
	pass(2 * MIP6_MS);
	ck_assert_ptr_nonnull(world_bu(&world, HOA(2)));
}
END_TEST

START_TEST(plain_router_with_new_prefix)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	struct mip6_icmp6 msg;

	at_first();
	world_ra_fill(&msg, 9, true);
	msg.ra.flags = 0;
	event.ra.ifindex = LINK;
	event.ra.router = world_router(9);
	event.ra.msg = &msg;
	world_step(&world, &event);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 1);
	pass(40 * MIP6_MS);
	world_address(&world, LINK, HOA(9), true);
	/* Its address serves as CoA, but has no anchor and so no instance. */
	assert_state(1, WTRU_REGISTERING);
	ck_assert_int_eq(world_state(&world, HOA(9)), -1);
	assert_addr(world_bu(&world, HOA(1))->a.packet.src, HOA(9));
}
END_TEST

/* A shared prefix, with the R address in an option of its own, before or after, or in the same. */
START_TEST(shared_prefix)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	struct mip6_icmp6 msg;
	struct mip6_addr router = world_addr(1, 1);
	struct wtru_instance_info info;
	struct wtru_link_info link;
	struct mip6_pio first;

	world_ra_fill(&msg, 1, true);
	msg.opt.pio[1].prefix = router;
	msg.opt.pio[1].valid_s = 60;
	first = msg.opt.pio[0];
	if (_i == 1) {
		msg.opt.pio[0] = msg.opt.pio[1];
		msg.opt.pio[1] = first;
	} else if (_i == 2) {
		msg.opt.pio_count = 1;
		msg.opt.pio[0].prefix = router;
		msg.opt.pio[0].flags = MIP6_PIO_A | MIP6_PIO_L | MIP6_PIO_R;
	}
	event.ra.ifindex = LINK;
	event.ra.router = world_router(1);
	event.ra.msg = &msg;
	world_link(&world, LINK, 0, true);
	world_step(&world, &event);
	world_address(&world, LINK, HOA(1), true);
	ck_assert(world_info(&world, HOA(1), &info));
	assert_addr(info.anchor, router);
	pass(100 * MIP6_S);
	world_address(&world, LINK, HOA(1), true);
	assert_state(1, WTRU_HOME);
	ck_assert(wtru_link_get(world.w, 0, &link));
	ck_assert(link.attached);
	pass(1700 * MIP6_S);
	world_step(&world, &event);
	move(2);
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.lifetime_s4, 150);
	assert_addr(world_bu(&world, HOA(1))->a.packet.dst, router);
}
END_TEST

START_TEST(router_lifetime_zero)
{
	at_first();
	pass(MIP6_S);
	world_ra_from(&world, LINK, 1, true, world_router(1), 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	world_attach(&world, LINK, 2);
	assert_state(1, WTRU_REGISTERING);
	assert_state(2, WTRU_HOME);
}
END_TEST

START_TEST(nud_failure)
{
	at_first();
	pass(MIP6_S);
	world_neighbour(&world, LINK, 1, false);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_DEFAULT), 0);
	assert_state(1, WTRU_HOME);
	/* It answers after all. */
	world_clear(&world);
	world_ra(&world, LINK, 1, true);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	/* It does not: whoever answers the RS is it. */
	world_neighbour(&world, LINK, 1, false);
	world_attach(&world, LINK, 2);
	assert_state(1, WTRU_REGISTERING);
}
END_TEST

START_TEST(router_expires)
{
	at_first();
	world_ra_from(&world, LINK, 1, true, world_router(1), 2);
	pass(1999 * MIP6_MS);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 0);
	pass(2 * MIP6_MS);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	assert_state(1, WTRU_HOME);
}
END_TEST

START_TEST(flap_without_move)
{
	at_first();
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_answer(&world, world_bu(&world, HOA(2)), 0, 0);
	pass(MIP6_S);
	world_use(&world, HOA(1), 1, 0);
	world_clear(&world);
	world_link(&world, LINK, 0, false);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_DETACHED), 1);
	pass(3 * MIP6_S);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_DEFAULT), 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_HOA), 0);
	world_link(&world, LINK, 0, true);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 1);
	world_ra(&world, LINK, 2, false);
	/* Not even a BU; the routes that the carrier took with it are said again. */
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND), 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_DEFAULT), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_BINDING), 1);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_ATTACHED), 1);
	assert_state(1, WTRU_BOUND);
	assert_state(2, WTRU_HOME);
	/* A flap that is one event, then another router that is known: a move, without a probe. */
	world_clear(&world);
	move(1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_PROBE), 0);
	assert_state(2, WTRU_REGISTERING);
	assert_state(1, WTRU_RETURNING);
}
END_TEST

START_TEST(retransmission_waits_for_carrier)
{
	at_first();
	move(2);
	world_clear(&world);
	world_link(&world, LINK, 0, false);
	pass(100 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	world_link(&world, LINK, 0, true);
	world_ra(&world, LINK, 2, true);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
}
END_TEST

static void address(struct mip6_addr addr, bool deprecated, bool temporary)
{
	struct wtru_event event = {.type = WTRU_EVENT_ADDRESS};

	event.address.ifindex = LINK;
	event.address.addr = addr;
	event.address.prefix_len = 64;
	event.address.present = true;
	event.address.usable = true;
	event.address.deprecated = deprecated;
	event.address.temporary = temporary;
	event.address.valid_s = 100;
	world_step(&world, &event);
}

START_TEST(coa_choice)
{
	struct wtru_link_info link;

	world_link(&world, LINK, 0, true);
	world_ra(&world, LINK, 1, true);
	address(world_addr(1, 1), true, false);
	ck_assert(wtru_link_get(world.w, 0, &link));
	assert_addr(link.coa, world_addr(1, 1));
	address(world_addr(1, 2), false, true);
	ck_assert(wtru_link_get(world.w, 0, &link));
	assert_addr(link.coa, world_addr(1, 2));
	address(world_addr(1, 3), false, false);
	address(world_addr(1, 4), false, false);
	address(world_addr(1, 5), false, true);
	address(world_addr(1, 3), false, false); /* changed, not newer */
	address(world_addr(9, 6), false, false); /* of no prefix of this router */
	ck_assert(wtru_link_get(world.w, 0, &link));
	assert_addr(link.coa, world_addr(1, 4));
	/* Each of them is an instance of its own, at home. */
	for (unsigned int n = 1; n <= 5; n++)
		ck_assert_int_eq(world_state(&world, world_addr(1, n)), WTRU_HOME);
	ck_assert_int_eq(world_state(&world, world_addr(9, 6)), -1);
	/* Tentative ones wait. */
	address(world_addr(1, 7), false, false);
	ck_assert(wtru_link_get(world.w, 0, &link));
	assert_addr(link.coa, world_addr(1, 7));
}
END_TEST

START_TEST(configured_anchor)
{
	const struct wtru_override overrides[] = {
		{.prefix = {.addr = world_addr(1, 0), .len = 48}, .operator_name = "wide"},
		{.prefix = {.addr = world_addr(1, 0), .len = 64},
	         .has_anchor = true,
	         .anchor = world_anchor(77),
	         .operator_name = "narrow"},
	};
	struct wtru_instance_info info;

	world.config.overrides = overrides;
	world.config.override_count = 2;
	ck_assert(wtru_reconfigure(world.w, &world.config));
	world.config.instances_max++;
	ck_assert(!wtru_reconfigure(world.w, &world.config));
	world.config.instances_max--;
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	ck_assert(world_info(&world, HOA(1), &info));
	assert_addr(info.anchor, world_anchor(77));
	ck_assert_str_eq(info.operator_name, "narrow");
}
END_TEST

START_TEST(ignored)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	struct mip6_icmp6 msg;

	world_ra(&world, LINK, 1, true); /* no such link */
	world_address(&world, LINK, HOA(1), true);
	world_neighbour(&world, LINK, 1, false);
	world_link_gone(&world, LINK);
	world_link(&world, LINK, 0, false);
	world_ra(&world, LINK, 1, true); /* down */
	world_link(&world, LINK, 0, true);
	world_clear(&world);
	world_ra_from(&world, LINK, 1, true, world_anchor(1), 1800); /* no link-local source */
	world_ra_fill(&msg, 1, true);
	msg.type = MIP6_ICMP6_NA;
	event.ra.ifindex = LINK;
	event.ra.router = world_router(1);
	event.ra.msg = &msg;
	world_step(&world, &event);
	ck_assert_uint_eq(wtru_stat_get(world.w, WTRU_STAT_RA_IGNORED), 4);
	world_address(&world, LINK, world_router(1), true);
	ck_assert_uint_eq(world.count, 0);
	for (uint32_t n = 10; n < 20; n++)
		world_link(&world, n, 0, true); /* more than links_max */
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_RS), 3);
}
END_TEST

START_TEST(names)
{
	for (int n = 0; n < WTRU_STAT_COUNT; n++)
		ck_assert_str_ne(wtru_stat_name((enum wtru_stat)n), "unknown");
	ck_assert_str_eq(wtru_stat_name(WTRU_STAT_COUNT), "unknown");
	ck_assert_str_eq(wtru_instance_state_name(WTRU_REGISTERING), "registering");
	ck_assert_str_eq(wtru_claim_state_name(WTRU_CLAIM_ACCEPTED), "accepted");
	for (int n = 0; n <= WTRU_NOTICE_LIMIT; n++)
		ck_assert_str_ne(wtru_notice_name((enum wtru_notice)n), "unknown");
	ck_assert_uint_eq(wtru_stat_get(world.w, WTRU_STAT_COUNT), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_move");
	TCase *tc = tcase_create("move");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, attach);
	tcase_add_test(tc, address_before_ra);
	tcase_add_test(tc, rs_backs_off);
	tcase_add_test(tc, handover);
	tcase_add_test(tc, sixteen_anchors_in_one_step);
	tcase_add_test(tc, silent_move_to_unknown);
	tcase_add_test(tc, multicast_ra_asks_for_prefix);
	tcase_add_test(tc, two_routers_do_not_flip_flop);
	tcase_add_test(tc, silent_move_to_known);
	tcase_add_test(tc, silent_move_to_long_unheard);
	tcase_add_test(tc, same_link_local);
	tcase_add_test(tc, home_goes_first);
	tcase_add_test(tc, plain_router_with_new_prefix);
	tcase_add_loop_test(tc, shared_prefix, 0, 3);
	tcase_add_test(tc, router_lifetime_zero);
	tcase_add_test(tc, nud_failure);
	tcase_add_test(tc, router_expires);
	tcase_add_test(tc, flap_without_move);
	tcase_add_test(tc, retransmission_waits_for_carrier);
	tcase_add_test(tc, coa_choice);
	tcase_add_test(tc, configured_anchor);
	tcase_add_test(tc, ignored);
	tcase_add_test(tc, names);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
