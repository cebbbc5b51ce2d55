// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a WTRU asks about the home link of a configured home that it is not on: home agents (RFC
 * 6275 section 11.4.1) and prefixes (sections 11.4.2 and 11.4.3).
 */
#include <check.h>
#include <stdlib.h>

#include "wtru_world.h"

#define LINK 2
#define HOME 9 /* the D-GW of the home network */

static struct world world;
static struct wtru_home home;

static struct mip6_addr hoa(void)
{
	return world_addr(HOME, 0x7);
}

static struct mip6_addr coa(unsigned int dgw)
{
	return world_addr(dgw, 0x100);
}

/* A home agent on the home link that the configuration does not know. */
static struct mip6_addr agent(unsigned int n)
{
	return world_addr(HOME, 0xa00 + n);
}

#define assert_addr(got, want)                                 \
	do {                                                   \
		struct mip6_addr got_ = (got), want_ = (want); \
		ck_assert_mem_eq(&got_, &want_, sizeof(got_)); \
	} while (0)
#define assert_state(s) ck_assert_int_eq(world_state(&world, hoa()), (int)(s))

static void open_world(bool with_agent)
{
	world_init(&world);
	home = (struct wtru_home){.hoa = hoa(), .prefix_len = 64};
	if (with_agent)
		home.agent = world_anchor(HOME);
	world.config.homes = &home;
	world.config.home_count = 1;
	world_open(&world);
	world_link(&world, LINK, 0, true);
}

static void setup(void)
{
	open_world(false);
}

static void teardown(void)
{
	world_close(&world);
}

static void pass(mip6_time time)
{
	world_until(&world, world.now + time);
}

/* The last ICMPv6 message of that type since world_clear(), and how many there were. */
static const struct world_action *sent(uint8_t type, size_t *ret_count)
{
	const struct world_action *last = NULL, *action;
	size_t count = 0;

	for (size_t n = 0; (action = world_find(&world, WTRU_ACTION_SEND_ICMP6, n)) != NULL; n++) {
		if (action->a.icmp6.type != type)
			continue;
		last = action;
		count++;
	}
	if (ret_count != NULL)
		*ret_count = count;
	return last;
}

static size_t sent_count(uint8_t type)
{
	size_t count;

	sent(type, &count);
	return count;
}

static void receive(const struct mip6_packet *packet, const struct mip6_icmp6 *msg)
{
	struct wtru_event event = {.type = WTRU_EVENT_ICMP6,
	                           .icmp6 = {.packet = packet, .msg = msg}};

	world_step(&world, &event);
}

/* A reply to the last request with these home agents. */
static void reply(size_t count, const struct mip6_addr *agents)
{
	const struct world_action *request = sent(MIP6_ICMP6_HAAD_REQUEST, NULL);
	struct mip6_packet packet = {.src = agent(1)};
	struct mip6_icmp6 msg = {.type = MIP6_ICMP6_HAAD_REPLY};

	ck_assert_ptr_nonnull(request);
	packet.dst = request->a.icmp6.packet.src;
	msg.discovery.id = request->a.icmp6.id;
	msg.discovery.count = (uint8_t)count;
	memcpy(msg.discovery.addr, agents, count * sizeof(*agents));
	receive(&packet, &msg);
}

static struct mip6_icmp6 advertisement(uint16_t id, uint32_t valid_s, uint32_t preferred_s)
{
	struct mip6_icmp6 msg = {.type = MIP6_ICMP6_MPA};

	msg.discovery.id = id;
	msg.opt.pio_count = 1;
	msg.opt.pio[0] = (struct mip6_pio){
		.prefix = world_addr(HOME, 1),
		.len = 64,
		.flags = MIP6_PIO_L | MIP6_PIO_A | MIP6_PIO_R,
		.valid_s = valid_s,
		.preferred_s = preferred_s,
	};
	return msg;
}

static struct mip6_packet from_agent(void)
{
	return (struct mip6_packet){
		.src = world_anchor(HOME), .dst = coa(1), .has_rh2 = true, .rh2 = hoa()};
}

/* The answer to the last solicitation. */
static void advertise(uint32_t valid_s, uint32_t preferred_s)
{
	const struct world_action *mps = sent(MIP6_ICMP6_MPS, NULL);
	struct mip6_packet packet = from_agent();
	struct mip6_icmp6 msg;

	ck_assert_ptr_nonnull(mps);
	msg = advertisement(mps->a.icmp6.id, valid_s, preferred_s);
	receive(&packet, &msg);
}

static uint64_t stat(enum wtru_stat which)
{
	return wtru_stat_get(world.w, which);
}

/* With a configured home agent, registered from D-GW 1. */
static void bound(void)
{
	world_close(&world);
	open_world(true);
	world_attach(&world, LINK, 1);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	assert_state(WTRU_BOUND);
}

START_TEST(asks_where_no_home_agent_is_known)
{
	const struct mip6_addr anycast = {{0x20, 0x01, 0x0d, 0xb8, 0, HOME, 0, 1, 0xfd, 0xff, 0xff,
	                                   0xff, 0xff, 0xff, 0xff, 0xfe}};
	const struct mip6_addr agents[] = {agent(1), agent(2)};
	const struct world_action *action;

	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 0);
	world_attach(&world, LINK, 1);
	assert_state(WTRU_AWAY);
	action = sent(MIP6_ICMP6_HAAD_REQUEST, NULL);
	ck_assert_ptr_nonnull(action);
	assert_addr(action->a.icmp6.packet.src, coa(1));
	assert_addr(action->a.icmp6.packet.dst, anycast);
	ck_assert(!action->a.icmp6.packet.has_hao && !action->a.icmp6.packet.has_rh2);
	reply(2, agents);
	/* Section 11.4.1: the first in the list. */
	assert_state(WTRU_REGISTERING);
	assert_addr(world_bu(&world, hoa())->a.packet.dst, agent(1));
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_AGENT), 1);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	assert_state(WTRU_BOUND);
	world_clear(&world);
	pass(400 * MIP6_S);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 0);
}
END_TEST

/* INITIAL_DHAAD_TIMEOUT, twice as long each time, DHAAD_RETRIES times. */
START_TEST(repeats_the_request)
{
	static const int waits_s[] = {3, 6, 12, 24};
	uint16_t id;

	world_attach(&world, LINK, 1);
	id = sent(MIP6_ICMP6_HAAD_REQUEST, NULL)->a.icmp6.id;
	for (size_t n = 0; n < 4; n++) {
		world_clear(&world);
		pass(waits_s[n] * MIP6_S - MIP6_MS);
		ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 0);
		pass(MIP6_MS);
		ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 1);
		ck_assert_uint_eq(sent(MIP6_ICMP6_HAAD_REQUEST, NULL)->a.icmp6.id, id);
	}
	world_clear(&world);
	pass(200 * MIP6_S);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 0);
	/* Another time, or from elsewhere. */
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	assert_addr(sent(MIP6_ICMP6_HAAD_REQUEST, NULL)->a.icmp6.packet.src, coa(2));
	world_clear(&world);
	pass(93 * MIP6_S + 299 * MIP6_S);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 4);
	pass(2 * MIP6_S);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 5);
}
END_TEST

START_TEST(takes_only_its_own_reply)
{
	struct mip6_addr one = agent(1);
	struct mip6_packet packet = {.src = agent(1), .dst = coa(1)};
	struct mip6_icmp6 msg = {.type = MIP6_ICMP6_HAAD_REPLY};

	world_attach(&world, LINK, 1);
	msg.discovery.id = (uint16_t)(sent(MIP6_ICMP6_HAAD_REQUEST, NULL)->a.icmp6.id + 1);
	msg.discovery.count = 1;
	msg.discovery.addr[0] = one;
	receive(&packet, &msg);
	msg.discovery.id--;
	packet.dst = coa(2);
	receive(&packet, &msg);
	ck_assert_uint_eq(stat(WTRU_STAT_HAAD_UNMATCHED), 2);
	assert_state(WTRU_AWAY);
	/* Nothing in it that could be a home agent. */
	one = world_router(1);
	reply(1, &one);
	assert_state(WTRU_AWAY);
	ck_assert_uint_eq(stat(WTRU_STAT_HAAD_ANSWERED), 1);
	/* And only once. */
	one = agent(1);
	reply(1, &one);
	ck_assert_uint_eq(stat(WTRU_STAT_HAAD_UNMATCHED), 3);
}
END_TEST

/* Section 11.4.1: one after the other, each with InitialBindackTimeoutFirstReg at least. */
START_TEST(tries_them_in_turn)
{
	const struct mip6_addr agents[] = {agent(1), agent(2), agent(3)};
	mip6_time first;

	world_attach(&world, LINK, 1);
	reply(3, agents);
	first = world.now;
	assert_addr(world_bu(&world, hoa())->a.packet.dst, agent(1));
	while (mip6_addr_equal(&world_bu(&world, hoa())->a.packet.dst, &agents[0]))
		pass(100 * MIP6_MS);
	ck_assert_int_ge(world.now - first, 1500 * MIP6_MS);
	ck_assert_int_le(world.now - first, 10 * MIP6_S);
	assert_addr(world_bu(&world, hoa())->a.packet.dst, agent(2));
	/* One that refuses: the next at once. */
	world_answer(&world, world_bu(&world, hoa()), MIP6_BA_INSUFFICIENT_RESOURCES, 0);
	assert_addr(world_bu(&world, hoa())->a.packet.dst, agent(3));
	assert_state(WTRU_REGISTERING);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	assert_state(WTRU_BOUND);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_AGENT), 3);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 1);
}
END_TEST

/* The home agent that served goes: others are asked for, it is asked on, and last of all again. */
START_TEST(replaces_one_that_fails)
{
	const struct mip6_addr agents[] = {world_anchor(HOME), agent(2)};
	size_t before;

	bound();
	world_clear(&world);
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	/* A new registration MUST be attempted first with the present one. */
	assert_addr(world_bu(&world, hoa())->a.packet.dst, world_anchor(HOME));
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 0);
	pass(20 * MIP6_S);
	ck_assert_uint_ge(sent_count(MIP6_ICMP6_HAAD_REQUEST), 1);
	assert_addr(world_bu(&world, hoa())->a.packet.dst, world_anchor(HOME));
	before = world_bu_count(&world, hoa());
	pass(20 * MIP6_S);
	ck_assert_uint_gt(world_bu_count(&world, hoa()), before);
	reply(2, agents);
	/* Not the one that does not answer. */
	assert_addr(world_bu(&world, hoa())->a.packet.dst, agent(2));
	/* Nor does this one: the configured one again. */
	pass(10 * MIP6_S);
	assert_addr(world_bu(&world, hoa())->a.packet.dst, world_anchor(HOME));
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	assert_state(WTRU_BOUND);
	world_clear(&world);
	pass(60 * MIP6_S);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 0);
}
END_TEST

START_TEST(stays_with_one_that_comes_back)
{
	const struct mip6_addr agents[] = {agent(2)};

	bound();
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	pass(20 * MIP6_S);
	ck_assert_uint_ge(sent_count(MIP6_ICMP6_HAAD_REQUEST), 1);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	assert_state(WTRU_BOUND);
	reply(1, agents); /* too late */
	assert_state(WTRU_BOUND);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_AGENT), 0);
}
END_TEST

/* A forged reply does not lead to a home agent without the key that the configured one has. */
START_TEST(keeps_its_protection)
{
	const struct mip6_addr agents[] = {agent(1), agent(2)};

	world_close(&world);
	world_init(&world);
	home.agent = world_anchor(HOME);
	world.has_sa = true;
	world.sa_peer = home.agent;
	world.config.homes = &home;
	world.config.home_count = 1;
	world_open(&world);
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	pass(30 * MIP6_S);
	reply(2, agents);
	ck_assert_uint_eq(stat(WTRU_STAT_HAAD_ANSWERED), 1);
	pass(100 * MIP6_S);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_AGENT), 0);
	assert_addr(world_bu(&world, hoa())->a.packet.dst, home.agent);
	ck_assert(world_bu(&world, hoa())->mh.opt.has & MIP6_HAS_AUTH);
}
END_TEST

/* Sections 6.7 and 11.4.2: once registered, when nothing is known of the home prefix. */
START_TEST(solicits_and_believes)
{
	struct wtru_instance_info info;
	const struct world_action *mps;

	bound();
	mps = sent(MIP6_ICMP6_MPS, NULL);
	ck_assert_ptr_nonnull(mps);
	assert_addr(mps->a.icmp6.packet.src, coa(1));
	assert_addr(mps->a.icmp6.packet.dst, world_anchor(HOME));
	ck_assert(mps->a.icmp6.packet.has_hao);
	assert_addr(mps->a.icmp6.packet.hao, hoa());
	advertise(4000, 2000);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA), 1);
	ck_assert_uint_eq(world_notice(&world, WTRU_NOTICE_PREFIX)->a.notice.lifetime_s, 4000);
	world_info(&world, hoa(), &info);
	ck_assert_int_eq(info.valid_until, world.now + 4000 * MIP6_S);
	world_clear(&world);
	/* Before it is about to become invalid, again; registrations do not count as that. */
	for (mip6_time t = 0; t < 2900; t += 100) {
		pass(100 * MIP6_S);
		if (world_bu(&world, hoa()))
			world_answer(&world, world_bu(&world, hoa()), 0, 600);
	}
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 0);
	pass(101 * MIP6_S);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 1);
	world_answer(&world, world_bu(&world, hoa()), 0, 600);
	advertise(8000, 2000);
	world_info(&world, hoa(), &info);
	ck_assert_int_eq(info.valid_until, world.now + 8000 * MIP6_S);
}
END_TEST

/* INITIAL_SOLICIT_TIMER, doubled; with a random identifier each time. */
START_TEST(repeats_the_solicitation)
{
	static const int waits_s[] = {3, 6, 12, 24};
	uint16_t id;

	bound();
	id = sent(MIP6_ICMP6_MPS, NULL)->a.icmp6.id;
	for (size_t n = 0; n < 4; n++) {
		world_clear(&world);
		pass(waits_s[n] * MIP6_S - MIP6_MS);
		ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 0);
		pass(MIP6_MS);
		ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 1);
		ck_assert_uint_ne(sent(MIP6_ICMP6_MPS, NULL)->a.icmp6.id, id);
		id = sent(MIP6_ICMP6_MPS, NULL)->a.icmp6.id;
	}
	/* A home agent that does not know the question is not asked for ever. */
	world_clear(&world);
	pass(400 * MIP6_S);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 0);
	assert_state(WTRU_BOUND);
}
END_TEST

/* Section 11.4.3: every test fails once. */
START_TEST(refuses_what_is_not_an_answer)
{
	const struct world_action *mps;
	struct mip6_packet packet = from_agent();
	struct mip6_icmp6 msg;
	struct wtru_instance_info info;

	bound();
	mps = sent(MIP6_ICMP6_MPS, NULL);
	msg = advertisement(mps->a.icmp6.id, 100, 100);
	packet.src = agent(1);
	receive(&packet, &msg);
	packet = from_agent();
	packet.has_rh2 = false;
	packet.dst = hoa();
	receive(&packet, &msg);
	packet = from_agent();
	packet.rh2 = agent(1);
	receive(&packet, &msg);
	packet = from_agent();
	packet.dst = coa(2);
	receive(&packet, &msg);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA_UNMATCHED), 4);
	packet = from_agent();
	msg.discovery.id++;
	receive(&packet, &msg);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA_UNSOLICITED), 1);
	world_info(&world, hoa(), &info);
	ck_assert_int_eq(info.valid_until, MIP6_TIME_NEVER);
	/* The right one, and the same again: no other advertisement counts for this value. */
	advertise(5000, 5000);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA), 1);
	msg = advertisement(mps->a.icmp6.id, 100, 100);
	receive(&packet, &msg);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA_UNSOLICITED), 2);
	world_info(&world, hoa(), &info);
	ck_assert_int_eq(info.valid_until, world.now + 5000 * MIP6_S);
}
END_TEST

/*
 * Section 5.4: inside ESP where Binding Updates are. What comes without is discarded, what comes
 * within is believed at once (RFC 4862 section 5.5.3).
 */
START_TEST(inside_esp)
{
	const struct world_action *mps;
	struct mip6_packet packet = from_agent();
	struct mip6_icmp6 msg;
	struct wtru_instance_info info;
	struct world_ba ba;

	world_close(&world);
	open_world(true);
	world.esp = WTRU_ESP_STATIC;
	world_attach(&world, LINK, 1);
	world_ba_make(&world, &ba, world_bu(&world, hoa()), 0, 600);
	ba.packet.esp = true;
	world_ba_send(&world, &ba);
	assert_state(WTRU_BOUND);
	mps = sent(MIP6_ICMP6_MPS, NULL);
	ck_assert_ptr_nonnull(mps);
	ck_assert(mps->a.icmp6.packet.esp);
	msg = advertisement(mps->a.icmp6.id, 20000, 20000);
	receive(&packet, &msg);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA_UNPROTECTED), 1);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA), 0);
	packet.esp = true;
	receive(&packet, &msg);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA), 1);
	/* Unasked, in clear: not even worth a question. */
	pass(10 * MIP6_S);
	world_clear(&world);
	packet.esp = false;
	receive(&packet, &msg);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA_UNPROTECTED), 2);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 0);
	packet.esp = true;
	receive(&packet, &msg);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 1);
	msg = advertisement(sent(MIP6_ICMP6_MPS, NULL)->a.icmp6.id, 60, 60);
	receive(&packet, &msg);
	world_info(&world, hoa(), &info);
	ck_assert_int_eq(info.valid_until, world.now + 60 * MIP6_S);
}
END_TEST

/* An unsolicited one is discarded, and asked for; at most once per second. */
START_TEST(asks_for_what_came_unasked)
{
	struct mip6_packet packet = from_agent();
	struct mip6_icmp6 msg = advertisement(1, 100, 100);

	bound();
	advertise(5000, 5000);
	pass(10 * MIP6_S);
	world_clear(&world);
	for (int n = 0; n < 50; n++) {
		receive(&packet, &msg);
		pass(10 * MIP6_MS);
		msg.discovery.id++;
	}
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 1);
	advertise(6000, 6000);
	ck_assert_uint_eq(stat(WTRU_STAT_MPA), 2);
	/* Status 1 asks too (section 6.1.8). */
	pass(600 * MIP6_S);
	world_clear(&world);
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	world_answer(&world, world_bu(&world, hoa()), MIP6_BA_PREFIX_DISCOVERY_NEEDED, 600);
	assert_state(WTRU_BOUND);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_MPS), 1);
}
END_TEST

/* Renumbering: deprecated first, two hours at least, then over. */
START_TEST(home_prefix_ends)
{
	struct wtru_instance_info info;
	mip6_time end;

	bound();
	home.prefer = true;
	wtru_reconfigure(world.w, &world.config);
	advertise(100000, 100000);
	pass(MIP6_S);
	assert_addr(world_find(&world, WTRU_ACTION_WANT_DEFAULT,
	                       world_count(&world, WTRU_ACTION_WANT_DEFAULT) - 1)
	                    ->a.attachment.source,
	            hoa());
	/* Nobody may take it away at once (RFC 4862 section 5.5.3). */
	pass(10 * MIP6_S);
	receive(
		&(struct mip6_packet){
			.src = world_anchor(HOME), .dst = coa(1), .has_rh2 = true, .rh2 = hoa()},
		&(struct mip6_icmp6){.type = MIP6_ICMP6_MPA, .discovery = {.id = 1}});
	pass(MIP6_S);
	advertise(0, 0);
	world_info(&world, hoa(), &info);
	end = world.now + 7200 * MIP6_S;
	ck_assert_int_eq(info.valid_until, end);
	/* Deprecated: new connections have another source. */
	assert_addr(world_find(&world, WTRU_ACTION_WANT_DEFAULT,
	                       world_count(&world, WTRU_ACTION_WANT_DEFAULT) - 1)
	                    ->a.attachment.source,
	            coa(1));
	world_clear(&world);
	while (world.now < end - 2 * MIP6_S) {
		pass(MIP6_S);
		if (world_bu(&world, hoa())) {
			const struct world_action *bu = world_bu(&world, hoa());

			/* No binding outlives it. */
			ck_assert_int_le(world.now + bu->mh.bu.lifetime_s4 * 4 * MIP6_S,
			                 end + 4 * MIP6_S);
			world_answer(&world, bu, 0, 600);
			world_clear(&world);
		}
		if (sent(MIP6_ICMP6_MPS, NULL)) {
			advertise(0, 0);
			world_clear(&world);
		}
	}
	assert_state(WTRU_BOUND);
	world_clear(&world);
	pass(3 * MIP6_S);
	assert_state(WTRU_REFUSED);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_INVALID), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_HOA), 1);
	/* It stays so wherever we go. */
	world_clear(&world);
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, 2);
	pass(1000 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, hoa()), 0);
	ck_assert_uint_eq(sent_count(MIP6_ICMP6_HAAD_REQUEST), 0);
	/* Until somebody says something else. */
	wtru_reconfigure(world.w, &world.config);
	pass(MIP6_S);
	assert_state(WTRU_REGISTERING);
	ck_assert_uint_ge(world_count(&world, WTRU_ACTION_WANT_HOA), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_discovery");
	TCase *tc = tcase_create("discovery");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, asks_where_no_home_agent_is_known);
	tcase_add_test(tc, repeats_the_request);
	tcase_add_test(tc, takes_only_its_own_reply);
	tcase_add_test(tc, tries_them_in_turn);
	tcase_add_test(tc, replaces_one_that_fails);
	tcase_add_test(tc, stays_with_one_that_comes_back);
	tcase_add_test(tc, keeps_its_protection);
	tcase_add_test(tc, solicits_and_believes);
	tcase_add_test(tc, repeats_the_solicitation);
	tcase_add_test(tc, refuses_what_is_not_an_answer);
	tcase_add_test(tc, inside_esp);
	tcase_add_test(tc, asks_for_what_came_unasked);
	tcase_add_test(tc, home_prefix_ends);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
