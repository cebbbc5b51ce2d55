// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exchanges of WTRU core and home-agent core (see exchange.h): what a home agent does not grant, or
 * takes back: revocations, refusals by status, and replays of all that was ever said.
 */
#include <stdio.h>

#include "exchange.h"

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

int main(void)
{
	Suite *suite = suite_create("exchange_refused");
	TCase *tcase = tcase_create("all");

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
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
