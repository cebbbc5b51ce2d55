// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core, two links and home: make before break, returning home (RFC 6275 section 11.5.5),
 * addresses that come and go.
 */
#include "wtru_fixture.h"

/* Make before break: a better link takes over while the old one works. */
START_TEST(better_link)
{
	const struct world_action *bu, *want;

	at_first();
	world_link(&world, OTHER, 1, true);
	world_attach(&world, OTHER, 2); /* worse: nothing changes, but it has an instance */
	assert_state(1, WTRU_HOME);
	assert_state(2, WTRU_HOME);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_DEFAULT), 0);
	world_link(&world, LINK, 2, true); /* ranks turn round */
	assert_state(1, WTRU_REGISTERING);
	assert_state(2, WTRU_HOME);
	want = world_find(&world, WTRU_ACTION_WANT_BINDING, 0);
	ck_assert(want->a.binding.receive_only);
	assert_addr(want->a.binding.coa, HOA(2));
	bu = world_bu(&world, HOA(1));
	/* Ready to receive before the anchor can send: nothing is lost. */
	ck_assert(want < bu);
	world_clear(&world);
	world_answer(&world, bu, 0, 600);
	want = world_find(&world, WTRU_ACTION_WANT_BINDING, 0);
	ck_assert(!want->a.binding.receive_only);
	assert_addr(want->a.binding.coa, HOA(2));
	assert_state(1, WTRU_BOUND);
	/* Losing the old link now is no event. */
	world_clear(&world);
	world_link(&world, LINK, 2, false);
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

/* An address that a link still has natively is not ours to remove, however the instance ends. */
START_TEST(ended_but_native)
{
	static const struct wtru_event stop = {.type = WTRU_EVENT_STOP};

	at_first();
	world_link(&world, OTHER, 1, true);
	world_attach(&world, OTHER, 2);
	world_link(&world, LINK, 2, true);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	assert_state(1, WTRU_BOUND);
	world_clear(&world);
	world_step(&world, &stop);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_HOA), 1);
	ck_assert(!world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
}
END_TEST

/* The old link dies before the anchor answered: the tunnel changes at once. */
START_TEST(better_link_then_old_lost)
{
	const struct world_action *want;

	at_first();
	world_link(&world, OTHER, 1, true);
	world_attach(&world, OTHER, 2);
	world_link(&world, LINK, 2, true);
	world_clear(&world);
	world_link(&world, LINK, 2, false);
	want = world_find(&world, WTRU_ACTION_WANT_BINDING, 0);
	ck_assert_ptr_nonnull(want);
	ck_assert(!want->a.binding.receive_only);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
}
END_TEST

/* From tunnel to tunnel over two working links: the old one serves until the BA. */
START_TEST(tunnel_changes_with_the_answer)
{
	const struct world_action *bu, *want;

	at_first();
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_answer(&world, world_bu(&world, HOA(2)), 0, 0);
	world_link(&world, OTHER, 1, true);
	world_attach(&world, OTHER, 3);
	world_clear(&world);
	world_link(&world, LINK, 2, true);
	bu = world_bu(&world, HOA(1));
	assert_addr(bu->a.packet.src, HOA(3));
	/* Only the HoA that was native on the left link gets a new want now. */
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_BINDING), 1);
	assert_addr(world_find(&world, WTRU_ACTION_WANT_BINDING, 0)->a.binding.hoa, HOA(2));
	world_clear(&world);
	world_answer(&world, bu, 0, 600);
	want = world_find(&world, WTRU_ACTION_WANT_BINDING, 0);
	assert_addr(want->a.binding.hoa, HOA(1));
	assert_addr(want->a.binding.coa, HOA(3));
	ck_assert_uint_eq(want->a.binding.ifindex, OTHER);
}
END_TEST

/*
 * The HoA is asked for from a better link while this host has it at home over the other: the home
 * agent that looks for duplicates finds us (status 134). So there it stays, and works.
 */
START_TEST(duplicate_is_this_host)
{
	const struct world_action *bu;

	at_first();
	world_link(&world, OTHER, 1, true);
	world_attach(&world, OTHER, 2);
	world_link(&world, LINK, 2, true); /* ranks turn round */
	assert_state(1, WTRU_REGISTERING);
	bu = world_bu(&world, HOA(1));
	world_clear(&world);
	world_answer(&world, bu, MIP6_BA_DAD_FAILED, 0);
	assert_state(1, WTRU_RETURNING);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_ENDED), 0);
	ck_assert(!world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	/* No binding was made: there is none to end. */
	bu = world_bu(&world, HOA(1));
	ck_assert(bu && !bu->a.packet.has_hao);
	world_answer(&world, bu, MIP6_BA_NOT_HOME_AGENT, 0);
	assert_state(1, WTRU_HOME);
	world_clear(&world);
	pass(300 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	/* When that link goes, nobody has it any more. */
	world_link(&world, LINK, 2, false);
	bu = world_bu(&world, HOA(1));
	ck_assert(bu && bu->a.packet.has_hao);
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
}
END_TEST

/* The same while that link is in doubt: the HoA and its tunnel stay, it is asked for again. */
START_TEST(duplicate_on_link_in_doubt)
{
	static const struct wtru_event resume = {.type = WTRU_EVENT_RESUME};
	const struct world_action *bu;

	at_first();
	world_link(&world, OTHER, 1, true);
	world_attach(&world, OTHER, 2);
	world_step(&world, &resume);
	world_ra(&world, OTHER, 2, true); /* the other one is silent */
	assert_state(1, WTRU_REGISTERING);
	bu = world_bu(&world, HOA(1));
	world_clear(&world);
	world_answer(&world, bu, MIP6_BA_DAD_FAILED, 0);
	assert_state(1, WTRU_REFUSED);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_HOA), 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 0);
	/* Somebody took the address off that link. */
	world_address(&world, LINK, HOA(1), false);
	pass(10 * MIP6_S);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	assert_state(1, WTRU_BOUND);
	/* And if it was somebody else: not again. */
	world_clear(&world);
	world_flap(&world, OTHER, 0);
	world_attach(&world, OTHER, 3);
	world_answer(&world, world_bu(&world, HOA(1)), MIP6_BA_DAD_FAILED, 0);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
}
END_TEST

START_TEST(carrier_lost_with_other_link)
{
	at_first();
	world_link(&world, OTHER, 1, true);
	world_attach(&world, OTHER, 2);
	world_clear(&world);
	world_link(&world, LINK, 0, false);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_DEFAULT), 1);
	assert_state(1, WTRU_REGISTERING);
	assert_state(2, WTRU_HOME);
	ck_assert(!world_find(&world, WTRU_ACTION_WANT_BINDING, 0)->a.binding.receive_only);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	/* It comes back to the same router: home again, the other HoA is bound over it. */
	world_clear(&world);
	world_link(&world, LINK, 0, true);
	world_ra(&world, LINK, 1, true);
	assert_state(1, WTRU_RETURNING);
	assert_state(2, WTRU_REGISTERING);
}
END_TEST

START_TEST(returning_home)
{
	const struct world_action *bu;

	at_first();
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_clear(&world);
	move(1);
	assert_state(1, WTRU_RETURNING);
	bu = world_bu(&world, HOA(1));
	/* RFC 6275 section 11.5.5: source HoA, no Home Address option, lifetime 0, A and H. */
	assert_addr(bu->a.packet.src, HOA(1));
	ck_assert(!bu->a.packet.has_hao);
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 0);
	ck_assert_uint_eq(bu->mh.bu.flags, MIP6_BU_A | MIP6_BU_H);
	assert_addr(bu->mh.opt.alt_coa, HOA(1));
	/* The tunnel's rule is gone before the BU, whose source it would catch. */
	assert_before(world_find(&world, WTRU_ACTION_UNWANT_BINDING, 0), bu);
	ck_assert(!world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_NA), 0);
	world_clear(&world);
	world_answer(&world, bu, 0, 0);
	assert_state(1, WTRU_HOME);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_NA), 1);
	assert_addr(world_find(&world, WTRU_ACTION_SEND_NA, 0)->a.na.hoa, HOA(1));
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_HOME), 1);
}
END_TEST

START_TEST(returning_home_over_second_link)
{
	const struct world_action *bu, *want;

	at_first();
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_link(&world, LINK, 5, true);
	world_link(&world, OTHER, 1, true);
	world_clear(&world);
	world_attach(&world, OTHER, 1); /* the D-GW of before, on another interface */
	assert_state(1, WTRU_RETURNING);
	want = world_find(&world, WTRU_ACTION_WANT_BINDING, 0);
	ck_assert_ptr_nonnull(want);
	ck_assert(want->a.binding.receive_only);
	bu = world_bu(&world, HOA(1));
	ck_assert(!bu->a.packet.has_hao);
	assert_before(want, bu);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 0);
	world_clear(&world);
	world_answer(&world, bu, 0, 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	assert_state(1, WTRU_HOME);
}
END_TEST

START_TEST(returning_home_waits_for_address)
{
	at_first();
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_address(&world, LINK, HOA(1), false); /* the network manager cleans up */
	assert_state(1, WTRU_BOUND);
	world_flap(&world, LINK, 0);
	world_ra(&world, LINK, 1, true);
	world_clear(&world);
	world_address(&world, LINK, world_addr(1, 0x200), true);
	assert_state(1, WTRU_AWAY);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	pass(500 * MIP6_MS);
	world_address(&world, LINK, HOA(1), true);
	assert_state(1, WTRU_RETURNING);
}
END_TEST

START_TEST(returning_home_without_address)
{
	at_first();
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_address(&world, LINK, HOA(1), false);
	world_flap(&world, LINK, 0);
	world_ra(&world, LINK, 1, true);
	world_address(&world, LINK, world_addr(1, 0x200), true);
	world_clear(&world);
	pass(999 * MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	/* It never comes: bound to the new address by its own anchor. */
	pass(2 * MIP6_MS);
	assert_state(1, WTRU_REGISTERING);
	assert_addr(world_bu(&world, HOA(1))->a.packet.src, world_addr(1, 0x200));
}
END_TEST

START_TEST(returning_refused_and_lost)
{
	const struct world_action *bu;
	mip6_time start;

	at_first();
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	move(1);
	start = world.now;
	bu = world_bu(&world, HOA(1));
	world_clear(&world);
	pass(MIP6_S);
	ck_assert_int_eq(world_bu(&world, HOA(1))->at, start + MIP6_S);
	bu = world_bu(&world, HOA(1));
	world_answer(&world, bu, MIP6_BA_INSUFFICIENT_RESOURCES, 0);
	assert_state(1, WTRU_RETURNING);
	world_clear(&world);
	pass(10 * MIP6_S);
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	world_answer(&world, bu, MIP6_BA_NOT_HOME_AGENT, 0); /* it knows of no binding: home */
	assert_state(1, WTRU_HOME);
}
END_TEST

/* D-GW 1 with a prefix that its link shares (on_link), or one for us alone. */
static void attach_shared(bool on_link)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	struct mip6_addr link_local = {.b = {0xfe, 0x80, [14] = 1}};
	struct mip6_icmp6 msg;

	world_ra_fill(&msg, 1, true);
	if (on_link)
		msg.opt.pio[0].flags |= MIP6_PIO_L;
	event.ra.ifindex = LINK;
	event.ra.router = world_router(1);
	event.ra.msg = &msg;
	world_address(&world, LINK, link_local, true);
	world_step(&world, &event);
}

static void dad_fails(unsigned int dgw)
{
	struct wtru_event event = {.type = WTRU_EVENT_ADDRESS};

	/* The kernel takes an autoconfigured duplicate away. */
	event.address.ifindex = LINK;
	event.address.addr = HOA(dgw);
	event.address.prefix_len = 64;
	event.address.duplicate = true;
	world_step(&world, &event);
}

/* Others on the home link: the home agent defends the link-local address as well. */
START_TEST(shared_link)
{
	world_link(&world, LINK, 0, true);
	attach_shared(true);
	world_address(&world, LINK, HOA(1), true);
	move(2);
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.flags, MIP6_BU_A | MIP6_BU_H | MIP6_BU_L);
}
END_TEST

START_TEST(link_of_our_own)
{
	world_link(&world, LINK, 0, true);
	attach_shared(false);
	world_address(&world, LINK, HOA(1), true);
	move(2);
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.flags, MIP6_BU_A | MIP6_BU_H);
}
END_TEST

/*
 * The interface lost the HoA and gets it anew at home: DAD finds the home agent, which defends it.
 * RFC 6275 section 11.5.5: MUST NOT be performed.
 */
START_TEST(dad_finds_the_home_agent)
{
	const struct world_action *again;

	world_link(&world, LINK, 0, true);
	attach_shared(true);
	world_address(&world, LINK, HOA(1), true);
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	world_address(&world, LINK, HOA(1), false);
	pass(2 * MIP6_S);
	world_clear(&world);
	world_flap(&world, LINK, 0);
	dad_fails(1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 0);
	attach_shared(true);
	again = world_find(&world, WTRU_ACTION_WITHOUT_DAD, 0);
	ck_assert_ptr_nonnull(again);
	assert_addr(again->a.address.addr, HOA(1));
	ck_assert_uint_eq(again->a.address.prefix_len, 64);
	ck_assert_uint_eq(again->a.address.valid_s, 7200);
	world_address(&world, LINK, HOA(1), true);
	assert_state(1, WTRU_RETURNING);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 1);
	/* Optimistic, it was used before DAD failed. */
	world_clear(&world);
	dad_fails(1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 1);
	world_address(&world, LINK, HOA(1), true);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 0);
	assert_state(1, WTRU_HOME);
	/* And now it is somebody else. */
	world_clear(&world);
	dad_fails(1);
	pass(3 * MIP6_S);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 0);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
}
END_TEST

START_TEST(dad_after_the_binding)
{
	world_link(&world, LINK, 0, true);
	attach_shared(true);
	world_address(&world, LINK, HOA(1), true);
	move(2);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	keep(HOA(1), true);
	world_address(&world, LINK, HOA(1), false);
	world_link(&world, LINK, 0, false);
	pass(700 * MIP6_S);
	world_clear(&world);
	world_link(&world, LINK, 0, true);
	attach_shared(true);
	dad_fails(1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 0);
}
END_TEST

/* The network manager removes the old address before any RA of the new router: the HoA lives. */
START_TEST(address_removed_on_move)
{
	at_first();
	world_address(&world, LINK, HOA(1), false);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_HOA), 1);
	assert_state(1, WTRU_AWAY);
	pass(500 * MIP6_MS);
	move(2);
	assert_state(1, WTRU_REGISTERING);
	pass(3 * MIP6_S);
	ck_assert_int_ne(world_state(&world, HOA(1)), -1);
}
END_TEST

/* The same, and the new address takes its time. */
START_TEST(address_removed_on_slow_move)
{
	at_first();
	world_address(&world, LINK, HOA(1), false);
	world_flap(&world, LINK, 0);
	world_ra(&world, LINK, 2, true);
	pass(5 * MIP6_S);
	assert_state(1, WTRU_AWAY);
	world_address(&world, LINK, HOA(2), true);
	assert_state(1, WTRU_REGISTERING);
}
END_TEST

START_TEST(address_ended_at_home)
{
	at_first();
	world_address(&world, LINK, HOA(1), false);
	pass(1999 * MIP6_MS);
	assert_state(1, WTRU_AWAY);
	pass(2 * MIP6_MS);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert(world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_ENDED), 1);
}
END_TEST

START_TEST(address_back_in_time)
{
	at_first();
	world_address(&world, LINK, HOA(1), false);
	pass(MIP6_S);
	world_address(&world, LINK, HOA(1), true);
	assert_state(1, WTRU_HOME);
	ck_assert(!world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
	pass(3 * MIP6_S);
	assert_state(1, WTRU_HOME);
}
END_TEST

START_TEST(link_gone)
{
	at_first();
	world_link_gone(&world, LINK);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_DEFAULT), 1);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_DETACHED), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_HOA), 1);
	assert_state(1, WTRU_AWAY);
	world_link(&world, OTHER, 0, true);
	world_attach(&world, OTHER, 2);
	assert_state(1, WTRU_REGISTERING);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_home");
	TCase *tc = tcase_create("home");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, better_link);
	tcase_add_test(tc, ended_but_native);
	tcase_add_test(tc, better_link_then_old_lost);
	tcase_add_test(tc, tunnel_changes_with_the_answer);
	tcase_add_test(tc, duplicate_is_this_host);
	tcase_add_test(tc, duplicate_on_link_in_doubt);
	tcase_add_test(tc, carrier_lost_with_other_link);
	tcase_add_test(tc, returning_home);
	tcase_add_test(tc, returning_home_over_second_link);
	tcase_add_test(tc, returning_home_waits_for_address);
	tcase_add_test(tc, returning_home_without_address);
	tcase_add_test(tc, returning_refused_and_lost);
	tcase_add_test(tc, shared_link);
	tcase_add_test(tc, link_of_our_own);
	tcase_add_test(tc, dad_finds_the_home_agent);
	tcase_add_test(tc, dad_after_the_binding);
	tcase_add_test(tc, address_removed_on_move);
	tcase_add_test(tc, address_removed_on_slow_move);
	tcase_add_test(tc, address_ended_at_home);
	tcase_add_test(tc, address_back_in_time);
	tcase_add_test(tc, link_gone);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
