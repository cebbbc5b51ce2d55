// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core with configured homes: there from the start, bound wherever a CoA is, at home by
 * the rules of RFC 6275 sections 11.5.2 and 11.5.5, and never given up.
 */
#include "wtru_fixture.h"

#define HOME 9 /* the D-GW of the home network */

static struct wtru_home home;

static struct mip6_addr hoa(void)
{
	return world_addr(HOME, 0x7);
}

#define assert_home(s) ck_assert_int_eq(world_state(&world, hoa()), (int)(s))

static void setup_home(void)
{
	world_init(&world);
	home = (struct wtru_home){.hoa = hoa(), .prefix_len = 64, .agent = world_anchor(HOME)};
	world.config.homes = &home;
	world.config.home_count = 1;
	world_open(&world);
}

/* A plain router's RA of the home link: prefix on link, source link-layer address. */
static void home_ra(uint32_t ifindex)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	struct mip6_icmp6 msg;

	world_ra_fill(&msg, HOME, true);
	msg.opt.has_pvd = false;
	msg.opt.pio[0].flags = MIP6_PIO_A | MIP6_PIO_L;
	msg.opt.lladdr_len = 6;
	memcpy(msg.opt.lladdr, "\x02\0\0\0\0\x09", 6);
	event.ra.ifindex = ifindex;
	event.ra.router = world_router(HOME);
	event.ra.msg = &msg;
	world_step(&world, &event);
}

/* What the kernel says after WANT_NATIVE. */
static void native(uint32_t ifindex, bool present)
{
	world_address(&world, ifindex, hoa(), present);
}

/* At D-GW dgw, the HoA registered from there. */
static void bound_at(unsigned int dgw)
{
	world_link(&world, LINK, 0, true);
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, dgw);
	assert_home(WTRU_REGISTERING);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	assert_home(WTRU_BOUND);
	world_clear(&world);
}

static void at_home(void)
{
	world_link(&world, LINK, 0, true);
	home_ra(LINK);
	world_address(&world, LINK, world_addr(HOME, 0x100), true);
	native(LINK, true);
	assert_home(WTRU_HOME);
	world_clear(&world);
}

START_TEST(there_from_the_start)
{
	struct wtru_instance_info info;

	/* Due at once, with no link at all. */
	ck_assert(wtru_deadline(world.w) <= world.now);
	pass(MIP6_S);
	ck_assert(world_info(&world, hoa(), &info));
	ck_assert(info.fixed);
	assert_home(WTRU_AWAY);
	assert_addr(info.anchor, world_anchor(HOME));
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_HOA), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND), 0);
}
END_TEST

START_TEST(booted_away)
{
	const struct world_action *bu;

	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	bu = world_bu(&world, hoa());
	ck_assert_ptr_nonnull(bu);
	assert_addr(bu->a.packet.src, world_addr(1, 0x100));
	assert_addr(bu->a.packet.dst, world_anchor(HOME));
	ck_assert(bu->a.packet.has_hao);
	assert_addr(bu->a.packet.hao, hoa());
	/* RFC 6275 section 11.7.1: A and H, K clear without IPsec, Alternate CoA. */
	ck_assert_uint_eq(bu->mh.bu.flags, MIP6_BU_A | MIP6_BU_H);
	assert_addr(bu->mh.opt.alt_coa, world_addr(1, 0x100));
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 150);
	ck_assert(!(bu->mh.opt.has & MIP6_HAS_AUTH));
	assert_addr(world_find(&world, WTRU_ACTION_WANT_BINDING, 0)->a.binding.anchor,
	            world_anchor(HOME));
	/* InitialBindackTimeoutFirstReg: the home agent performs DAD first. */
	world_clear(&world);
	pass(1400 * MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	pass(200 * MIP6_MS);
	bu = world_bu(&world, hoa());
	ck_assert_ptr_nonnull(bu);
	world_answer(&world, bu, 0, 420);
	assert_home(WTRU_BOUND);
	/* The address of the D-GW there serves new connections. */
	ck_assert_int_eq(world_state(&world, world_addr(1, 0x100)), WTRU_HOME);
}
END_TEST

START_TEST(never_torn_down)
{
	struct wtru_event release = {.type = WTRU_EVENT_RELEASE, .release = {hoa()}};

	bound_at(1);
	for (int n = 0; n < 120; n++) {
		world_use(&world, hoa(), 0, 0);
		pass(MIP6_S);
	}
	assert_home(WTRU_BOUND);
	world_step(&world, &release);
	assert_home(WTRU_BOUND);
	/* It moves along, unused. */
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	assert_home(WTRU_REGISTERING);
	assert_addr(world_bu(&world, hoa())->a.packet.src, world_addr(2, 0x100));
}
END_TEST

START_TEST(plain_home_agent)
{
	const struct world_action *bu;

	world_close(&world);
	world_init(&world);
	world.has_sa = true;
	home.plain = true;
	world.config.homes = &home;
	world.config.home_count = 1;
	world_open(&world);
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	bu = world_bu(&world, hoa());
	ck_assert_uint_eq(bu->mh.opt.has, MIP6_HAS_ALT_COA);
	/* The others authenticate. */
	ck_assert(world_bu(&world, world_addr(1, 0x100))->mh.opt.has & MIP6_HAS_AUTH);
}
END_TEST

START_TEST(started_at_home)
{
	const struct world_action *want;

	world_link(&world, LINK, 0, true);
	home_ra(LINK);
	want = world_find(&world, WTRU_ACTION_WANT_NATIVE, 0);
	ck_assert_ptr_nonnull(want);
	ck_assert(want->a.native.dad); /* nobody defends it */
	ck_assert_uint_eq(want->a.native.ifindex, LINK);
	ck_assert_uint_eq(want->a.native.prefix_len, 64);
	world_address(&world, LINK, world_addr(HOME, 0x100), true);
	native(LINK, true);
	assert_home(WTRU_HOME);
	/* No key for the home agent: it is not told anything. */
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_HOA), 1);
	/* New connections use the address that the link gave. */
	assert_addr(world_find(&world, WTRU_ACTION_WANT_DEFAULT, 0)->a.attachment.source,
	            world_addr(HOME, 0x100));
	world_clear(&world);
	pass(600 * MIP6_S);
	assert_home(WTRU_HOME);
}
END_TEST

START_TEST(leaves_and_returns)
{
	const struct world_action *bu, *want;

	at_home();
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 1);
	bu = world_bu(&world, hoa());
	ck_assert(bu && bu->a.packet.has_hao);
	/* BU first; then it stays on our own interface only, and the tunnel is there at once. */
	assert_before(bu, world_find(&world, WTRU_ACTION_WANT_HOA, 0));
	assert_before(bu, world_find(&world, WTRU_ACTION_UNWANT_NATIVE, 0));
	ck_assert(!world_find(&world, WTRU_ACTION_WANT_BINDING, 0)->a.binding.receive_only);
	native(LINK, false);
	world_address(&world, LINK, world_addr(HOME, 0x100), false);
	world_answer(&world, bu, 0, 600);
	assert_home(WTRU_BOUND);
	world_clear(&world);

	world_flap(&world, LINK, 0);
	home_ra(LINK);
	want = world_find(&world, WTRU_ACTION_WANT_NATIVE, 0);
	ck_assert_ptr_nonnull(want);
	ck_assert(!want->a.native.dad); /* MUST NOT while the home agent defends it */
	world_address(&world, LINK, world_addr(HOME, 0x100), true);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	native(LINK, true);
	assert_home(WTRU_RETURNING);
	bu = world_bu(&world, hoa());
	assert_addr(bu->a.packet.src, hoa());
	ck_assert(!bu->a.packet.has_hao);
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 0);
	assert_addr(bu->mh.opt.alt_coa, hoa());
	want = world_find(&world, WTRU_ACTION_LEARN_NEIGHBOUR, 0);
	assert_before(want, bu);
	assert_addr(want->a.neighbour.addr, world_anchor(HOME));
	ck_assert_uint_eq(want->a.neighbour.lladdr_len, 6);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_NA), 0);
	world_clear(&world);
	world_answer(&world, bu, 0, 0);
	assert_home(WTRU_HOME);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_NA), 1);
}
END_TEST

START_TEST(returns_after_expiry)
{
	at_home();
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 1);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	world_link(&world, LINK, 0, false);
	pass(700 * MIP6_S);
	world_clear(&world);
	world_link(&world, LINK, 0, true);
	home_ra(LINK);
	/* SHOULD perform DAD once the binding has expired. */
	ck_assert(world_find(&world, WTRU_ACTION_WANT_NATIVE, 0)->a.native.dad);
}
END_TEST

/* Section 11.7.1: a new binding of a HoA that exists is made like that of a new HoA. */
START_TEST(bound_after_expiry)
{
	bound_at(1);
	world_link(&world, LINK, 0, false);
	pass(700 * MIP6_S);
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 2);
	ck_assert_uint_ge(world_bu_count(&world, hoa()), 1);
	world_clear(&world);
	pass(1499 * MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	pass(MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 1);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	/* While it lives the home agent need not look for duplicates. */
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 1);
	world_clear(&world);
	pass(MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 1);
}
END_TEST

/* Statuses that end other instances. */
START_TEST(duplicate_at_home_agent)
{
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	world_answer(&world, world_bu(&world, hoa()), MIP6_BA_DAD_FAILED, 0);
	assert_home(WTRU_REFUSED);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	world_clear(&world);
	/* Section 11.7.1: MUST NOT be used again, here or elsewhere. */
	pass(1000 * MIP6_S);
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	/* The operator says that it has been settled. */
	ck_assert(wtru_reconfigure(world.w, &world.config));
	pass(MIP6_S);
	ck_assert_uint_ge(world_bu_count(&world, hoa()), 1);
}
END_TEST

/*
 * From a home link that still works to a better one: the home agent looks for duplicates before the
 * address is off the former.
 */
START_TEST(duplicate_was_this_host)
{
	const struct world_action *bu;

	world_link(&world, LINK, 3, true);
	home_ra(LINK);
	world_address(&world, LINK, world_addr(HOME, 0x100), true);
	native(LINK, true);
	assert_home(WTRU_HOME);
	world_clear(&world);
	world_link(&world, OTHER, 0, true);
	world_attach(&world, OTHER, 1);
	bu = world_bu(&world, hoa());
	ck_assert(bu && bu->a.packet.has_hao);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_NATIVE), 1);
	native(LINK, false);
	world_clear(&world);
	world_answer(&world, bu, MIP6_BA_DAD_FAILED, 0);
	assert_home(WTRU_REFUSED);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 0);
	pass(10 * MIP6_S);
	bu = world_bu(&world, hoa());
	ck_assert_ptr_nonnull(bu);
	world_clear(&world);
	/* Now it is nobody of us. */
	world_answer(&world, bu, MIP6_BA_DAD_FAILED, 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	pass(1000 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
}
END_TEST

START_TEST(refused_and_asked_again)
{
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	world_answer(&world, world_bu(&world, hoa()), MIP6_BA_NOT_HOME_AGENT, 0);
	assert_home(WTRU_REFUSED);
	world_clear(&world);
	pass(11 * MIP6_S);
	ck_assert_uint_ge(world_bu_count(&world, hoa()), 1);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	assert_home(WTRU_BOUND);
}
END_TEST

START_TEST(duplicate_at_home)
{
	struct wtru_event event = {.type = WTRU_EVENT_ADDRESS};

	world_link(&world, LINK, 0, true);
	home_ra(LINK);
	world_address(&world, LINK, world_addr(HOME, 0x100), true);
	event.address.ifindex = LINK;
	event.address.addr = hoa();
	event.address.prefix_len = 64;
	event.address.present = event.address.duplicate = true;
	event.address.valid_s = MIP6_LIFETIME_INFINITE;
	world_step(&world, &event);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_NATIVE), 1);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_REFUSED), 1);
	assert_home(WTRU_AWAY);
	native(LINK, false);
	world_clear(&world);
	/* Never bound from its own home link; tried again there. */
	pass(29 * MIP6_S);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_NATIVE), 0);
	pass(2 * MIP6_S);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_NATIVE), 1);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	native(LINK, true);
	assert_home(WTRU_HOME);
}
END_TEST

START_TEST(address_removed_at_home)
{
	at_home();
	native(LINK, false);
	assert_home(WTRU_AWAY);
	pass(2 * MIP6_S);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_NATIVE), 1);
	native(LINK, true);
	assert_home(WTRU_HOME);
}
END_TEST

/* A worse link is the home link: used only when the better one goes. */
START_TEST(home_on_worse_link)
{
	const struct world_action *want;

	bound_at(1);
	world_link(&world, OTHER, 5, true);
	home_ra(OTHER);
	world_address(&world, OTHER, world_addr(HOME, 0x100), true);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_NATIVE), 0);
	world_link(&world, LINK, 0, false);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_NATIVE), 1);
	native(OTHER, true);
	assert_home(WTRU_RETURNING);
	world_answer(&world, world_bu(&world, hoa()), 0, 0);
	assert_home(WTRU_HOME);
	/* The better link again: off the home link, or the home agent would see a duplicate. */
	world_clear(&world);
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	assert_home(WTRU_REGISTERING);
	ck_assert_uint_ge(world_count(&world, WTRU_ACTION_UNWANT_NATIVE), 1);
	for (size_t n = 0; (want = world_find(&world, WTRU_ACTION_WANT_BINDING, n)); n++) {
		if (mip6_addr_equal(&want->a.binding.hoa, &home.hoa))
			ck_assert(!want->a.binding.receive_only);
	}
	native(OTHER, false);
	world_clear(&world);
	pass(5 * MIP6_S);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WANT_NATIVE), 0);
}
END_TEST

START_TEST(home_agent_from_the_home_link)
{
	struct wtru_instance_info info;

	world_close(&world);
	world_init(&world);
	home.agent = (struct mip6_addr){{0}};
	world.config.homes = &home;
	world.config.home_count = 1;
	world_open(&world);
	/* Away, nobody knows whom to tell. */
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	pass(10 * MIP6_S);
	assert_home(WTRU_AWAY);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	world_flap(&world, LINK, 0);
	at_home();
	ck_assert(world_info(&world, hoa(), &info));
	assert_addr(info.anchor, world_anchor(HOME));
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	assert_addr(world_bu(&world, hoa())->a.packet.dst, world_anchor(HOME));
}
END_TEST

START_TEST(preferred_source)
{
	const struct world_action *bu, *want;

	world_close(&world);
	world_init(&world);
	home.prefer = true;
	world.config.homes = &home;
	world.config.home_count = 1;
	world_open(&world);
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	bu = world_bu(&world, hoa());
	world_answer(&world, bu, MIP6_BA_INSUFFICIENT_RESOURCES, 0);
	assert_home(WTRU_REFUSED);
	world_clear(&world);
	pass(11 * MIP6_S);
	bu = world_bu(&world, hoa());
	world_clear(&world);
	world_answer(&world, bu, 0, 600);
	want = world_find(&world, WTRU_ACTION_WANT_DEFAULT, 0);
	ck_assert_ptr_nonnull(want);
	assert_addr(want->a.attachment.source, hoa());
	assert_addr(want->a.attachment.coa, world_addr(1, 0x100));
	/* And back when the configuration says so. */
	world_clear(&world);
	home.prefer = false;
	ck_assert(wtru_reconfigure(world.w, &world.config));
	pass(MIP6_S);
	want = world_find(&world, WTRU_ACTION_WANT_DEFAULT, 0);
	ck_assert_ptr_nonnull(want);
	assert_addr(want->a.attachment.source, world_addr(1, 0x100));
	assert_home(WTRU_BOUND);
}
END_TEST

START_TEST(taken_out_of_the_configuration)
{
	const struct world_action *bu;

	bound_at(1);
	world.config.home_count = 0;
	ck_assert(wtru_reconfigure(world.w, &world.config));
	pass(5 * MIP6_S);
	world_use(&world, hoa(), 0, 0);
	assert_home(WTRU_BOUND); /* as any other it has its time to linger */
	pass(6 * MIP6_S);
	world_use(&world, hoa(), 0, 0);
	assert_home(WTRU_RELEASING);
	bu = world_bu(&world, hoa());
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 0);
	world_answer(&world, bu, 0, 0);
	ck_assert_int_eq(world_state(&world, hoa()), -1);
}
END_TEST

static struct mip6_addr link_local(unsigned int identifier)
{
	struct mip6_addr addr = {.b = {0xfe, 0x80}};

	addr.b[15] = (uint8_t)identifier;
	return addr;
}

static void link_local_fails(uint32_t ifindex, unsigned int identifier)
{
	struct wtru_event event = {.type = WTRU_EVENT_ADDRESS};

	event.address.ifindex = ifindex;
	event.address.addr = link_local(identifier);
	event.address.prefix_len = 64;
	event.address.present = event.address.duplicate = true;
	event.address.valid_s = MIP6_LIFETIME_INFINITE;
	world_step(&world, &event);
}

/* RFC 6275 section 11.7.1: L says that the link-local address has the HoA's identifier. */
START_TEST(link_local_flag)
{
	const struct world_action *bu;
	struct wtru_record record;

	world_link(&world, LINK, 0, true);
	world_address(&world, LINK, link_local(0x7), true);
	world_attach(&world, LINK, 1);
	bu = world_bu(&world, hoa());
	ck_assert_uint_eq(bu->mh.bu.flags, MIP6_BU_A | MIP6_BU_H | MIP6_BU_L);
	/* The address that the D-GW gave has another one. */
	ck_assert_uint_eq(world_bu(&world, world_addr(1, 0x100))->mh.bu.flags,
	                  MIP6_BU_A | MIP6_BU_H);
	world_answer(&world, bu, 0, 600);
	for (size_t n = 0; wtru_record_get(world.w, n, &record); n++)
		ck_assert(record.link_local == mip6_addr_equal(&record.hoa, &home.hoa));
	/* As long as the binding lasts, whatever becomes of the interface's address. */
	world_address(&world, LINK, link_local(0x7), false);
	world_address(&world, LINK, link_local(0x8), true);
	world_clear(&world);
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	ck_assert_uint_eq(world_bu(&world, hoa())->mh.bu.flags, MIP6_BU_A | MIP6_BU_H | MIP6_BU_L);
}
END_TEST

START_TEST(link_local_at_home)
{
	const struct world_action *bu;

	world_link(&world, LINK, 0, true);
	world_address(&world, LINK, link_local(0x7), true);
	at_home();
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 1);
	bu = world_bu(&world, hoa());
	ck_assert_uint_eq(bu->mh.bu.flags, MIP6_BU_A | MIP6_BU_H | MIP6_BU_L);
	native(LINK, false);
	world_answer(&world, bu, 0, 600);
	/* MUST NOT be asked for by DAD at home; away from there DAD is right. */
	link_local_fails(LINK, 0x7);
	world_clear(&world);
	pass(10 * MIP6_S);
	world_flap(&world, LINK, 0);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 0);
	home_ra(LINK);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 1);
	assert_addr(world_find(&world, WTRU_ACTION_WITHOUT_DAD, 0)->a.address.addr,
	            link_local(0x7));
	ck_assert_uint_eq(world_find(&world, WTRU_ACTION_WITHOUT_DAD, 0)->a.address.ifindex, LINK);
	world_address(&world, LINK, link_local(0x7), true);
	native(LINK, true);
	bu = world_bu(&world, hoa());
	ck_assert_uint_eq(bu->mh.bu.flags, MIP6_BU_A | MIP6_BU_H);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_NA), 0);
	world_answer(&world, bu, 0, 0);
	assert_home(WTRU_HOME);
	/* A Neighbor Advertisement for each of its addresses, including the link-local one. */
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_SEND_NA), 2);
	assert_addr(world_find(&world, WTRU_ACTION_SEND_NA, 0)->a.na.hoa, hoa());
	assert_addr(world_find(&world, WTRU_ACTION_SEND_NA, 1)->a.na.hoa, link_local(0x7));
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 1);
	/* No binding any more: whoever has it now is somebody else. */
	link_local_fails(LINK, 0x7);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_WITHOUT_DAD), 1);
}
END_TEST

/* The home agent is another node on the home link than its router. */
static struct mip6_addr agent_on_link(void)
{
	return world_addr(HOME, 0xa);
}

/* At D-GW 1, bound to that agent; then on the home link, with the address. */
static void back_with_agent_on_link(void)
{
	world_close(&world);
	world_init(&world);
	home.agent = agent_on_link();
	world.config.homes = &home;
	world.config.home_count = 1;
	world_open(&world);
	bound_at(1);
	pass(2 * MIP6_S);
	world_flap(&world, LINK, 0);
	home_ra(LINK);
	world_address(&world, LINK, world_addr(HOME, 0x100), true);
	world_clear(&world);
	native(LINK, true);
}

static void advertised(struct mip6_addr target, uint8_t lladdr_len)
{
	struct wtru_event event = {.type = WTRU_EVENT_ADVERTISED};

	event.advertised.ifindex = LINK;
	event.advertised.target = target;
	event.advertised.lladdr_len = lladdr_len;
	memcpy(event.advertised.lladdr, "\x02\0\0\0\0\x0a", 6);
	world_step(&world, &event);
}

/* RFC 6275 section 11.5.5: it is asked for the HoA, from the unspecified address, before the BU. */
START_TEST(finds_the_home_agent)
{
	const struct world_action *find, *learn, *bu;

	back_with_agent_on_link();
	find = world_find(&world, WTRU_ACTION_FIND_AGENT, 0);
	ck_assert_ptr_nonnull(find);
	assert_addr(find->a.na.hoa, hoa());
	ck_assert_uint_eq(find->a.na.ifindex, LINK);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	assert_home(WTRU_AWAY);
	/* Until the BU has been sent the HoA is not used there. */
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_HOA), 0);
	/* Of something else, and without an address. */
	advertised(world_addr(HOME, 0x8), 6);
	advertised(hoa(), 0);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	/* Lost: asked again. */
	pass(MIP6_S);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_FIND_AGENT), 2);
	advertised(hoa(), 6);
	learn = world_find(&world, WTRU_ACTION_LEARN_NEIGHBOUR, 0);
	bu = world_bu(&world, hoa());
	assert_before(learn, bu);
	assert_addr(learn->a.neighbour.addr, agent_on_link());
	ck_assert_uint_eq(learn->a.neighbour.lladdr_len, 6);
	ck_assert_mem_eq(learn->a.neighbour.lladdr, "\x02\0\0\0\0\x0a", 6);
	assert_addr(bu->a.packet.src, hoa());
	assert_addr(bu->a.packet.dst, agent_on_link());
	assert_home(WTRU_RETURNING);
	/* What comes later is not for us. */
	world_clear(&world);
	advertised(hoa(), 6);
	ck_assert_uint_eq(world.count, 0);
	pass(900 * MIP6_MS);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_FIND_AGENT), 0);
	world_answer(&world, world_bu(&world, hoa()) ? world_bu(&world, hoa()) : bu, 0, 0);
	assert_home(WTRU_HOME);
}
END_TEST

START_TEST(finds_no_home_agent)
{
	back_with_agent_on_link();
	pass(2900 * MIP6_MS);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_FIND_AGENT), 3);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	/* Then the kernel looks for it, as it looks for everybody. */
	pass(200 * MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_LEARN_NEIGHBOUR), 0);
	assert_home(WTRU_RETURNING);
	/* Away again while it would have waited. */
	back_with_agent_on_link();
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	assert_home(WTRU_REGISTERING);
	world_clear(&world);
	pass(900 * MIP6_MS);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_FIND_AGENT), 0);
}
END_TEST

/* A record of the last run knows the binding; the configuration still says what it is. */
START_TEST(restored)
{
	struct wtru_record record = {
		.hoa = hoa(),
		.prefix_len = 64,
		.anchor = world_anchor(HOME),
		.peer = world_anchor(HOME),
		.seq = 77,
		.bound = true,
		.link_local = true,
		.coa = world_addr(1, 0x100),
		.router = world_router(1),
		.ifindex = LINK,
		.valid_until_unix_us = INT64_MAX,
	};
	struct wtru_event event = {.type = WTRU_EVENT_RESTORE, .restore = &record};
	struct wtru_instance_info info;

	world_step(&world, &event);
	world_link(&world, LINK, 0, true);
	home_ra(LINK);
	ck_assert(!world_find(&world, WTRU_ACTION_WANT_NATIVE, 0)->a.native.dad);
	world_address(&world, LINK, world_addr(HOME, 0x100), true);
	native(LINK, true);
	assert_home(WTRU_RETURNING);
	ck_assert(world_info(&world, hoa(), &info));
	ck_assert(info.fixed);
	/* The flag of the binding that may exist. */
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 1);
	ck_assert_uint_eq(world_bu(&world, hoa())->mh.bu.flags, MIP6_BU_A | MIP6_BU_H | MIP6_BU_L);
}
END_TEST

START_TEST(stopped)
{
	static const struct wtru_event stop = {.type = WTRU_EVENT_STOP};
	const struct world_action *bu;

	bound_at(1);
	world_step(&world, &stop);
	bu = world_bu(&world, hoa());
	ck_assert(bu && bu->mh.bu.lifetime_s4 == 0 && bu->a.packet.has_hao);
	ck_assert_int_eq(world_state(&world, hoa()), -1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_static");
	TCase *tc = tcase_create("static");

	tcase_add_checked_fixture(tc, setup_home, teardown);
	tcase_add_test(tc, there_from_the_start);
	tcase_add_test(tc, booted_away);
	tcase_add_test(tc, never_torn_down);
	tcase_add_test(tc, plain_home_agent);
	tcase_add_test(tc, started_at_home);
	tcase_add_test(tc, leaves_and_returns);
	tcase_add_test(tc, returns_after_expiry);
	tcase_add_test(tc, bound_after_expiry);
	tcase_add_test(tc, duplicate_at_home_agent);
	tcase_add_test(tc, duplicate_was_this_host);
	tcase_add_test(tc, refused_and_asked_again);
	tcase_add_test(tc, duplicate_at_home);
	tcase_add_test(tc, address_removed_at_home);
	tcase_add_test(tc, home_on_worse_link);
	tcase_add_test(tc, home_agent_from_the_home_link);
	tcase_add_test(tc, preferred_source);
	tcase_add_test(tc, taken_out_of_the_configuration);
	tcase_add_test(tc, link_local_flag);
	tcase_add_test(tc, link_local_at_home);
	tcase_add_test(tc, finds_the_home_agent);
	tcase_add_test(tc, finds_no_home_agent);
	tcase_add_test(tc, restored);
	tcase_add_test(tc, stopped);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
