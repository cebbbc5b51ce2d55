// SPDX-License-Identifier: GPL-2.0-or-later
/* Chaining agents at a D-GW: what a PGW may bind for its WTRUs, and how it is left. */
#include "ha_fixture.h"

#include <stdlib.h>

#define ALICE "alice@example.org"
#define PGW "2001:db8:f::1"

static struct ha_peer pgw;

static const struct ha_peer *find_peer(void *ctx, const struct mip6_addr *addr)
{
	(void)ctx;
	return mip6_addr_equal(addr, &pgw.addr) ? &pgw : NULL;
}

static void with_peer(struct fx *fx)
{
	pgw = (struct ha_peer){.addr = fx_addr(PGW), .realm = "Example.ORG", .sa_count = 1};
	pgw.sa[0] = (struct mip6_auth_sa){
		.spi = 5000, .algorithm = MIP6_AUTH_HMAC_SHA256_128, .key_len = 32};
	memset(pgw.sa[0].key, 'P', 32);
	fx->env.find_peer = find_peer;
}

/* alice owns the HoA: she claimed it. */
static void claim(struct fx *fx)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .nai = ALICE}), 0);
}

static int by_pgw(struct fx *fx, uint32_t lifetime_s)
{
	return fx_bu(fx, &(struct fx_bu){.src = PGW,
	                                 .hoa = FX_UNIQUE,
	                                 .alt_coa = PGW,
	                                 .lifetime_s = lifetime_s,
	                                 .nai = ALICE,
	                                 .sa = &pgw.sa[0]});
}

fx_test(binds_what_its_wtru_owns)
{
	struct mip6_addr coa = fx_addr(PGW), hoa = fx_addr(FX_UNIQUE);

	with_peer(fx);
	claim(fx);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
	ck_assert(fx_bound(fx, FX_UNIQUE, PGW));
	ck_assert(mip6_auth_verify(&fx->sent[0].mh, fx->sent[0].data, fx->sent[0].packet.mh_len,
	                           &pgw.sa[0], &coa, &hoa));
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_PEER_BU), 1);
	/* And gives it up for its WTRU. */
	ck_assert_int_eq(by_pgw(fx, 0), 0);
	ck_assert(!fx_owned(fx, FX_UNIQUE, ALICE));
}

fx_test(not_what_nobody_owns)
{
	with_peer(fx);
	ck_assert_int_eq(by_pgw(fx, 60), MIP6_BA_PROHIBITED);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

/* What was refused because nobody owned the HoA is good for nothing when somebody does. */
fx_test(replay_of_refused)
{
	uint64_t refused;

	with_peer(fx);
	ck_assert_int_eq(by_pgw(fx, 60), MIP6_BA_PROHIBITED);
	refused = fx->sent[0].mh.opt.mesg_id;
	claim(fx);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = PGW,
	                                           .hoa = FX_UNIQUE,
	                                           .alt_coa = PGW,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .mesg_id = refused,
	                                           .sa = &pgw.sa[0]}),
	                 MIP6_BA_ID_MISMATCH);
	ck_assert(!fx_bound(fx, FX_UNIQUE, PGW));
	ck_assert_int_eq(by_pgw(fx, 60), 0);
}

fx_test(not_for_another_realm)
{
	with_peer(fx);
	claim(fx);
	memcpy(pgw.realm, "b.example", sizeof("b.example"));
	ck_assert_int_eq(by_pgw(fx, 60), MIP6_BA_PROHIBITED);
	memcpy(pgw.realm, "ample.org", sizeof("ample.org"));
	ck_assert_int_eq(by_pgw(fx, 60), MIP6_BA_PROHIBITED);
}

fx_test(not_for_somebody_else)
{
	with_peer(fx);
	claim(fx);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = PGW,
	                                           .hoa = FX_UNIQUE,
	                                           .alt_coa = PGW,
	                                           .lifetime_s = 60,
	                                           .nai = "bob@example.org",
	                                           .sa = &pgw.sa[0]}),
	                 MIP6_BA_PROHIBITED);
}

fx_test(not_to_another_address)
{
	with_peer(fx);
	claim(fx);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = PGW,
	                                           .hoa = FX_UNIQUE,
	                                           .alt_coa = FX_COA,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .sa = &pgw.sa[0]}),
	                 MIP6_BA_PROHIBITED);
}

fx_test(not_with_the_key_of_the_wtru)
{
	with_peer(fx);
	claim(fx);
	/* From the PGW's address only the PGW's association counts, and from elsewhere it does not.
	 */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = PGW,
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 MIP6_BA_AUTH_FAIL);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA,
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .sa = &pgw.sa[0]}),
	                 MIP6_BA_AUTH_FAIL);
	ck_assert(!fx_bound(fx, FX_UNIQUE, PGW));
}

fx_test(clocks_of_wtru_and_pgw_are_two)
{
	with_peer(fx);
	/* The WTRU's clock is 5 s ahead, inside the window; the PGW's is right. */
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .nai = ALICE, .skew_us = 5 * MIP6_S}),
		0);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
	/* A replay of what it sent is none the less found. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = PGW,
	                                           .hoa = FX_UNIQUE,
	                                           .alt_coa = PGW,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .sa = &pgw.sa[0],
	                                           .skew_us = -MIP6_MS}),
	                 MIP6_BA_ID_MISMATCH);
}

static const struct fx_sent *find(const struct fx *fx, enum mip6_mh_type type)
{
	for (size_t i = 0; i < fx->sent_count; i++) {
		if (fx->sent[i].mh.type == type)
			return &fx->sent[i];
	}
	return NULL;
}

fx_test(is_told_when_the_wtru_leaves_it)
{
	struct mip6_addr to = fx_addr(PGW), hoa = fx_addr(FX_UNIQUE);
	struct mip6_packet head = {.src = fx_addr(PGW), .dst = fx_addr(FX_GW), .has_hao = true};
	struct mip6_mh bra = {.type = MIP6_MH_REVOCATION};
	const struct fx_sent *bri;

	with_peer(fx);
	claim(fx);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
	/*
	 *  WTRU         D-GW          PGW
	 *   |--- BU ----->|             |
	 *   |             |--- BRI ---->|   trigger 4: it has moved
	 *   |<-- BA 0 ----|             |
	 *   |             |<-- BRA -----|
	 */
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .nai = ALICE});
	ck_assert_uint_eq(fx->sent_count, 2);
	bri = find(fx, MIP6_MH_REVOCATION);
	ck_assert_ptr_nonnull(bri);
	ck_assert(mip6_addr_equal(&bri->packet.dst, &to));
	ck_assert(bri->packet.has_rh2 && mip6_addr_equal(&bri->packet.rh2, &hoa));
	ck_assert_int_eq(bri->mh.revocation.trigger, MIP6_REVOCATION_HANDOVER);
	ck_assert(mip6_auth_verify(&bri->mh, bri->data, bri->packet.mh_len, &pgw.sa[0], &to, &hoa));
	bra.revocation.type = MIP6_REVOCATION_BRA;
	bra.revocation.seq = bri->mh.revocation.seq;
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	/* Until it has answered, what it still sends comes too late. */
	ck_assert_int_eq(by_pgw(fx, 60), MIP6_BA_PROHIBITED);
	head.hao = hoa;
	fx_mh(fx, &head, &bra, &pgw.sa[0], PGW, FX_UNIQUE);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
}

fx_test(is_told_when_the_wtru_is_home)
{
	unsigned int bris = 0;

	with_peer(fx);
	claim(fx);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
	fx_send_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .nai = ALICE});
	ck_assert_ptr_nonnull(find(fx, MIP6_MH_REVOCATION));
	ck_assert_ptr_nonnull(find(fx, MIP6_MH_BA));
	ck_assert(!fx_bound(fx, FX_UNIQUE, PGW));
	/* Not answered: once more, and no more. */
	fx_advance(fx, 20 * MIP6_S);
	for (size_t i = 0; i < fx->sent_count; i++)
		bris += fx->sent[i].mh.type == MIP6_MH_REVOCATION;
	ck_assert_uint_eq(bris, 1);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
}

fx_test(is_revoked_with_its_own_key)
{
	struct ha_event event = {.type = HA_EVENT_REVOKE};
	struct mip6_addr to = fx_addr(PGW), hoa = fx_addr(FX_UNIQUE);

	with_peer(fx);
	claim(fx);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
	event.revoke.hoa = hoa;
	fx_clear(fx);
	fx_event(fx, &event);
	ck_assert(mip6_addr_equal(&fx_only(fx)->packet.dst, &to));
	ck_assert_int_eq(fx_only(fx)->mh.revocation.trigger, MIP6_REVOCATION_ADMINISTRATIVE);
	ck_assert(mip6_auth_verify(&fx_only(fx)->mh, fx_only(fx)->data, fx_only(fx)->packet.mh_len,
	                           &pgw.sa[0], &to, &hoa));
}

fx_test(is_known_again_after_a_restart)
{
	struct ha_event event = {.type = HA_EVENT_RESTORE};
	struct ha_record record;

	with_peer(fx);
	claim(fx);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
	record = fx->saved;
	fx_restart(fx);
	event.restore = &record;
	fx_event(fx, &event);
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .nai = ALICE});
	ck_assert_ptr_nonnull(find(fx, MIP6_MH_REVOCATION));
}

fx_test(open_mode_needs_no_ownership)
{
	with_peer(fx);
	fx->config.open = true;
	fx_restart(fx);
	ck_assert_int_eq(by_pgw(fx, 60), 0);
	ck_assert(fx_bound(fx, FX_UNIQUE, PGW));
}

int main(void)
{
	Suite *suite = suite_create("ha_peer");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, binds_what_its_wtru_owns);
	tcase_add_test(tcase, not_what_nobody_owns);
	tcase_add_test(tcase, replay_of_refused);
	tcase_add_test(tcase, not_for_another_realm);
	tcase_add_test(tcase, not_for_somebody_else);
	tcase_add_test(tcase, not_to_another_address);
	tcase_add_test(tcase, not_with_the_key_of_the_wtru);
	tcase_add_test(tcase, clocks_of_wtru_and_pgw_are_two);
	tcase_add_test(tcase, is_told_when_the_wtru_leaves_it);
	tcase_add_test(tcase, is_told_when_the_wtru_is_home);
	tcase_add_test(tcase, is_revoked_with_its_own_key);
	tcase_add_test(tcase, is_known_again_after_a_restart);
	tcase_add_test(tcase, open_mode_needs_no_ownership);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
