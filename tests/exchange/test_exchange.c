// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * WTRU core and home-agent core talking to each other, message by message. Above each step stands
 * what goes over the network; the trace must be just that. "h0" is the home address from D-GW g0,
 * "c1" the care-of address at g1.
 */
#include "../sim/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct world world;
static struct world *const net = &world;

static void begin(const struct world_options *given)
{
	struct world_options options = *given;

	if (options.wtrus == 0)
		options.wtrus = 1;
	if (options.gateways == 0)
		options.gateways = 3;
	options.trace = true;
	options.seed = 7;
	if (!options.shared_only)
		options.unique_only = true;
	world_init(net, &options);
}

static void finish(void)
{
	ck_assert_str_eq(net->failure, "");
	world_free(net);
}

/* Let what is under way arrive; no timer of the cores is that short. */
static void settle(void)
{
	world_advance(net, 100 * MIP6_MS);
	ck_assert_str_eq(net->failure, "");
}

static void move(unsigned int gateway)
{
	world_attach(net, 0, 0, gateway, true);
	settle();
}

static struct mip6_addr address(unsigned int gateway)
{
	return world_address_at(net, 0, gateway);
}

static void use(unsigned int gateway, uint32_t sockets)
{
	struct mip6_addr hoa = address(gateway);

	world_use(net, 0, &hoa, sockets);
}

#define expect(text) ck_assert_str_eq(world_trace(net), text)

static bool reaches(unsigned int gateway)
{
	struct mip6_addr hoa = address(gateway);

	return world_route(net, &hoa) == 0 && world_send_data(net, 0, &hoa);
}

static struct wtru_instance_info instance(unsigned int gateway)
{
	struct mip6_addr hoa = address(gateway);
	struct wtru_instance_info info;

	ck_assert(world_instance(net, 0, &hoa, &info));
	return info;
}

static bool has_instance(unsigned int gateway)
{
	struct mip6_addr hoa = address(gateway);
	struct wtru_instance_info info;

	return world_instance(net, 0, &hoa, &info);
}

static const struct ha *anchor(unsigned int gateway)
{
	return net->gateways[gateway].ha;
}

/* A WTRU that was claimed at g0, has a session, and moved on to g1. */
static void away_from_g0(void)
{
	move(0);
	use(0, 1);
	move(1);
	world_trace(net);
	ck_assert(reaches(0));
}

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

struct dropper {
	enum mip6_mh_type type;
	unsigned int count;
	unsigned int gateway;
};

static bool drop(void *ctx, const struct mip6_packet *packet, const struct mip6_mh *mh)
{
	struct dropper *d = ctx;

	const struct mip6_addr *gateway = &net->gateways[d->gateway].addr;

	if (d->count == 0 || mh->type != d->type ||
	    !(mip6_addr_equal(&packet->src, gateway) || mip6_addr_equal(&packet->dst, gateway)))
		return false;
	d->count--;
	return true;
}

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

/* --- revocation --- */

START_TEST(revocation)
{
	begin(&(struct world_options){0});
	away_from_g0();
	struct mip6_addr hoa = address(0);
	/*
	 *  WTRU at g1      g0
	 *   |<-- BRI -------|   the operator's wish
	 *   |--- BRA 0 ---->|
	 */
	world_revoke(net, 0, &hoa);
	settle();
	expect("g0>w0 BRI h0\n"
	       "w0>g0 BRA 0 h0\n");
	struct wtru_instance_info info;
	ck_assert(!world_instance(net, 0, &hoa, &info));
	ck_assert_uint_eq(ha_ownership_count(anchor(0)), 0);
	ck_assert_uint_eq(net->wtrus[0].tunnels.count, 0);
	finish();
}
END_TEST

START_TEST(revocation_lost)
{
	struct dropper dropper = {MIP6_MH_REVOCATION, 1, 0};

	begin(&(struct world_options){0});
	away_from_g0();
	net->drop = drop;
	net->drop_ctx = &dropper;
	struct mip6_addr hoa = address(0);
	world_revoke(net, 0, &hoa);
	world_advance(net, 2 * MIP6_S);
	expect("g0>w0 BRI h0 lost\n"
	       "g0>w0 BRI h0\n"
	       "w0>g0 BRA 0 h0\n");
	ck_assert_uint_eq(ha_ownership_count(anchor(0)), 0);
	finish();
}
END_TEST

START_TEST(revocation_crosses_a_move)
{
	/* The indication goes to where the WTRU is no more; its BU tells where it is now. */
	begin(&(struct world_options){0});
	away_from_g0();
	struct mip6_addr hoa = address(0);
	world_revoke(net, 0, &hoa);
	world_attach(net, 0, 0, 2, true);
	world_advance(net, 3 * MIP6_S);
	struct wtru_instance_info info;
	ck_assert(!world_instance(net, 0, &hoa, &info));
	ck_assert_uint_eq(ha_ownership_count(anchor(0)), 0);
	finish();
}
END_TEST

/* --- refusals, and what the WTRU makes of them --- */

/* What w1 says in w0's affairs, with its own key or none. */
static void meddle(unsigned int gateway, uint16_t lifetime_s4, const struct mip6_addr *coa,
                   uint16_t flags)
{
	static const char nai[] = "w1@example.org";
	struct mip6_addr hoa = world_address_at(net, 0, gateway);
	struct mip6_packet head = {
		.src = *coa,
		.dst = net->gateways[gateway].addr,
		.has_hao = true,
		.hao = hoa,
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_BU,
		.bu = {.seq = 1000, .flags = flags, .lifetime_s4 = lifetime_s4},
		.opt.has = MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID,
		.opt.mn_id_subtype = MIP6_MN_ID_NAI,
		.opt.mn_id_len = sizeof(nai) - 1,
		.opt.mn_id = "w1@example.org",
	};

	mh.opt.mesg_id = mip6_ntp_from_unix_us(net->wtrus[1].env.unix_us(net->wtrus[1].env.ctx));
	world_inject(net, &head, &mh, &net->wtrus[1].sa, coa, &hoa);
}

START_TEST(refused_129)
{
	begin(&(struct world_options){.wtrus = 2});
	world_attach(net, 1, 0, 1, true);
	away_from_g0();
	struct mip6_addr coa = world_address_at(net, 1, 1);
	/*
	 *  w1                 g0
	 *   |--- BU h0 of w0 ->|
	 *   |<-- BA 129 -------|   and w0 goes on
	 */
	meddle(0, 15, &coa, MIP6_BU_A | MIP6_BU_H);
	settle();
	expect("w1>g0 BU h0 c1\n"
	       "g0>w1 BA 129 h0\n");
	meddle(0, 0, &coa, MIP6_BU_A | MIP6_BU_H);
	settle();
	expect("w1>g0 BU release h0 c1\n"
	       "g0>w1 BA 129 h0\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(refused_129_victim)
{
	/* The D-GW lost its state, and w1 was quicker: now w0 is refused, and keeps asking. */
	begin(&(struct world_options){.wtrus = 2});
	away_from_g0();
	world_crash_gateway(net, 0);
	world_start_gateway(net, 0, false);
	world_advance(net, 55 * MIP6_S);
	world_trace(net);
	ck_assert(reaches(0)); /* the refresh came first, so w1 is too late */
	struct mip6_addr coa = world_address_at(net, 0, 1);
	meddle(0, 15, &coa, MIP6_BU_A | MIP6_BU_H);
	settle();
	expect("w0>g0 BU h0 c1\n" /* as the source address has it */
	       "g0>w0 BA 129 h0\n");
	ck_assert(reaches(0));
	ck_assert_int_eq(instance(0).state, WTRU_BOUND);
	finish();
}
END_TEST

/* Change g0's settings; the WTRU claims there, then moves on with a session. */
static void refused_by(const struct ha_config *config, uint8_t claim_status, uint8_t status)
{
	char text[128];

	ck_assert(ha_reconfigure(net->gateways[0].ha, config));
	move(0);
	snprintf(text, sizeof(text), "w0>g0 BU claim h0\ng0>w0 BA %u h0\n", claim_status);
	expect(text);
	ck_assert_int_eq(instance(0).claim,
	                 claim_status == 133 ? WTRU_CLAIM_UNKNOWN : WTRU_CLAIM_REFUSED);
	use(0, 1);
	move(1);
	snprintf(text, sizeof(text),
	         "w0>g0 BU h0 c1\nw0>g1 BU claim h1\ng0>w0 BA %u h0\ng1>w0 BA 0 h1\n", status);
	expect(text);
	ck_assert_int_eq(instance(0).state, WTRU_REFUSED);
	ck_assert_uint_eq(instance(0).status, status);
	/* It is asked again after 10 s, and gets what it wants. */
	ck_assert(ha_reconfigure(net->gateways[0].ha, &net->gateways[0].config));
	world_advance(net, 10 * MIP6_S);
	expect("w0>g0 BU h0 c1\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert_int_eq(instance(0).state, WTRU_BOUND);
	ck_assert(reaches(0));
}

START_TEST(refused_130)
{
	begin(&(struct world_options){0});
	struct ha_config config = net->gateways[0].config;
	config.identity_bindings_max = 0;
	refused_by(&config, 130, 130);
	finish();
}
END_TEST

START_TEST(refused_131)
{
	begin(&(struct world_options){0});
	struct ha_config config = net->gateways[0].config;
	config.prefix_count = 0;
	refused_by(&config, 131, 131);
	finish();
}
END_TEST

START_TEST(refused_132_133)
{
	begin(&(struct world_options){0});
	struct ha_config config = net->gateways[0].config;
	config.prefixes[0].prefix.addr.b[4] = 0xee; /* another network */
	refused_by(&config, 133, 132);
	finish();
}
END_TEST

START_TEST(refused_134)
{
	begin(&(struct world_options){.shared_only = true, .no_claim = true});
	net->dad_duplicate = true;
	move(0);
	use(0, 1);
	/*
	 *  WTRU at g1      g0              somebody at g0
	 *   |--- BU h0 ---->|--- NS ---------->|
	 *   |               |<-- NA -----------|
	 *   |<-- BA 134 ----|                      the HoA must not be used again
	 */
	move(1);
	world_advance(net, MIP6_S);
	expect("w0>g0 BU h0 c1\n"
	       "g0>w0 BA 134 h0\n");
	ck_assert_uint_eq(ha_ownership_count(anchor(0)), 0);
	finish();
}
END_TEST

START_TEST(refused_135)
{
	begin(&(struct world_options){.open = true});
	away_from_g0();
	/* Somebody pushes the sequence number on (open mode has nothing against it). */
	struct mip6_addr coa = world_address_at(net, 0, 1), hoa = address(0);
	struct ha_binding_info info;
	ck_assert(ha_binding_find(anchor(0), &hoa, &info));
	struct mip6_packet head = {
		.src = coa, .dst = net->gateways[0].addr, .has_hao = true, .hao = hoa};
	struct mip6_mh mh = {
		.type = MIP6_MH_BU,
		.bu = {.seq = (uint16_t)(info.seq + 1000),
	               .flags = MIP6_BU_A | MIP6_BU_H,
	               .lifetime_s4 = 15},
		.opt.has = MIP6_HAS_MN_ID,
		.opt.mn_id_subtype = MIP6_MN_ID_NAI,
		.opt.mn_id_len = sizeof("w0@example.org") - 1,
		.opt.mn_id = "w0@example.org",
	};
	world_inject(net, &head, &mh, NULL, &coa, &hoa);
	settle();
	world_trace(net);
	/*
	 *  WTRU at g2      g0
	 *   |--- BU, n+1 -->|
	 *   |<-- BA 135, n+1000
	 *   |--- BU, n+1001 ->|
	 *   |<-- BA 0 ------|
	 */
	world_advance(net, MIP6_S); /* MAX_UPDATE_RATE: three BUs per HoA and second */
	move(2);
	expect("w0>g1 BU h1 c2\n"
	       "w0>g0 BU h0 c2\n"
	       "w0>g2 BU claim h2\n"
	       "g1>w0 BA 0 h1\n"
	       "g0>w0 BA 135 h0\n"
	       "g2>w0 BA 0 h2\n"
	       "w0>g0 BU h0 c2\n"
	       "g0>w0 BA 0 h0\n");
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(refused_139)
{
	begin(&(struct world_options){.wtrus = 2});
	world_attach(net, 1, 0, 1, true);
	move(0);
	/* w1 itself, without the H flag: its own binding stays what it is. */
	world_attach(net, 1, 0, 0, true);
	settle();
	struct mip6_addr hoa = world_address_at(net, 1, 0);
	world_use(net, 1, &hoa, 1);
	world_attach(net, 1, 0, 1, true);
	settle();
	ck_assert_int_eq(world_route(net, &hoa), 1);
	world_trace(net);
	struct mip6_addr coa = world_address_at(net, 1, 1);
	struct mip6_packet head = {
		.src = coa, .dst = net->gateways[0].addr, .has_hao = true, .hao = hoa};
	struct mip6_mh mh = {
		.type = MIP6_MH_BU,
		.bu = {.seq = 1, .flags = MIP6_BU_A, .lifetime_s4 = 15},
		.opt.has = MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID,
		.opt.mn_id_subtype = MIP6_MN_ID_NAI,
		.opt.mn_id_len = sizeof("w1@example.org") - 1,
		.opt.mn_id = "w1@example.org",
	};
	mh.opt.mesg_id = mip6_ntp_from_unix_us(net->wtrus[1].env.unix_us(net->wtrus[1].env.ctx));
	world_inject(net, &head, &mh, &net->wtrus[1].sa, &coa, &hoa);
	settle();
	expect("w1>g0 BU h0 c1\n"
	       "g0>w1 BA 139 h0\n");
	ck_assert_int_eq(world_route(net, &hoa), 1);
	finish();
}
END_TEST

START_TEST(refused_146)
{
	begin(&(struct world_options){0});
	away_from_g0();
	/* The key changes on one side only. */
	net->wtrus[0].sa.key[0] ^= 1;
	move(2);
	expect("w0>g1 BU h1 c2\n"
	       "w0>g0 BU h0 c2\n"
	       "w0>g2 BU claim h2\n"
	       "g1>w0 BA 146 h1\n"
	       "g0>w0 BA 146 h0\n"
	       "g2>w0 BA 146 h2\n");
	ck_assert_uint_eq(instance(0).status, 146);
	ck_assert_uint_eq(ha_stat_get(anchor(0), HA_STAT_BU_BAD_AUTH), 1);
	ck_assert(!reaches(0));
	/* And on the other. */
	net->wtrus[0].sa.key[0] ^= 1;
	world_advance(net, 2 * MIP6_S);
	ck_assert(reaches(0));
	finish();
}
END_TEST

START_TEST(replays)
{
	begin(&(struct world_options){0});
	away_from_g0();
	move(2);
	ck_assert(reaches(0));
	/* All that was ever said, again. */
	for (uint64_t i = 1; i <= net->capture_serial; i++) {
		world_replay(net, i);
		settle();
		ck_assert(reaches(0));
		ck_assert_int_eq(instance(0).state, WTRU_BOUND);
	}
	use(0, 0);
	world_advance(net, 25 * MIP6_S);
	ck_assert(!has_instance(0));
	for (uint64_t i = 1; i <= net->capture_serial; i++) {
		world_replay(net, i);
		settle();
		ck_assert_uint_eq(ha_ownership_count(anchor(0)), 0);
	}
	finish();
}
END_TEST

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
	SRunner *runner;
	int failed;

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
	tcase_add_test(tcase, revocation);
	tcase_add_test(tcase, revocation_lost);
	tcase_add_test(tcase, revocation_crosses_a_move);
	tcase_add_test(tcase, refused_129);
	tcase_add_test(tcase, refused_129_victim);
	tcase_add_test(tcase, refused_130);
	tcase_add_test(tcase, refused_131);
	tcase_add_test(tcase, refused_132_133);
	tcase_add_test(tcase, refused_134);
	tcase_add_test(tcase, refused_135);
	tcase_add_test(tcase, refused_139);
	tcase_add_test(tcase, refused_146);
	tcase_add_test(tcase, replays);
	tcase_add_test(tcase, two_links);
	tcase_add_test(tcase, silent_move);
	tcase_add_test(tcase, silent_return);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
