// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Authentication and replay protection at the home agent (RFC 4285), and how often it answers those
 * who have none.
 */
#include "ha_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define ALICE "alice@example.org"
#define BOB "bob@example.org"

static const struct fx_bu usual = {.hoa = FX_UNIQUE, .seq = 10, .lifetime_s = 60, .nai = ALICE};

static void expect_untouched(struct fx *fx)
{
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	ck_assert_uint_eq(fx->count[HA_ACTION_WANT_BINDING], 0);
	ck_assert_uint_eq(fx->count[HA_ACTION_SAVE], 0);
}

static bool signed_by(const struct fx *fx, unsigned int sa, const char *coa)
{
	struct mip6_addr c = fx_addr(coa), h = fx_addr(FX_UNIQUE);

	return mip6_auth_verify(&fx->sent[0].mh, fx->sent[0].data, fx->sent[0].packet.mh_len,
	                        &fx->identities[0].sa[sa], &c, &h);
}

fx_test(discarded)
{
	struct mip6_auth_sa sa = fx->identities[0].sa[0];
	struct fx_bu bu = usual;

	bu.no_auth = true; /* section 5 */
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	bu = usual;
	bu.nai = NULL;
	bu.sa = &sa;
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	bu.nai = "nobody@example.org";
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	bu.nai = "carol@example.org"; /* has no SA: section 5.1.1 */
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_BAD_AUTH), 4);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

fx_test(wrong_key)
{
	struct mip6_auth_sa sa = fx->identities[0].sa[0];
	struct fx_bu bu = usual;

	ck_assert_int_eq(fx_bu(fx, &usual), 0);
	bu.src = FX_COA2;
	bu.sa = &sa;
	sa.key[0] ^= 1;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_AUTH_FAIL);
	ck_assert(signed_by(fx, 0, FX_COA2));
	expect_untouched(fx);
	sa = fx->identities[0].sa[0];
	sa.spi = 77;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_AUTH_FAIL);
	ck_assert(!(fx->sent[0].mh.opt.has & MIP6_HAS_AUTH));
	expect_untouched(fx);
	/* bob's key for alice's name */
	bu.sa = &fx->identities[1].sa[0];
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_AUTH_FAIL);
	expect_untouched(fx);
}

/* RFC 6275 section 5.1: what the security association of ESP proves, and what comes without. */
fx_test(inside_esp)
{
	struct fx_bu bu = usual;

	fx->esp_hoa = fx_addr(FX_UNIQUE);
	/* Without ESP no key helps, whoever's. */
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_UNPROTECTED), 1);
	bu.esp = bu.no_auth = true;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert(fx->sent[0].packet.esp && !(fx->sent[0].mh.opt.has & MIP6_HAS_AUTH));
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	/* Somebody else's name in it. */
	bu.nai = "bob@example.org";
	bu.src = FX_COA2;
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	/* Another home address, for which there is none, is not proved by it. */
	bu.nai = "alice@example.org";
	bu.hoa = FX_UNIQUE_B;
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_BAD_AUTH), 2);
	/* A message of before, sent again: its time is over. Without a time: not any more. */
	bu = usual;
	bu.esp = bu.no_auth = true;
	bu.src = FX_COA2;
	bu.skew_us = -MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	bu.skew_us = 0;
	bu.no_mesg_id = true;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_MESG_ID_REQUIRED);
	expect_untouched(fx);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
}

/* A home agent that knows nothing of timestamps may have such WTRUs; sequence numbers remain. */
fx_test(inside_esp_undated)
{
	struct fx_bu bu = usual;

	fx->esp_hoa = fx_addr(FX_UNIQUE);
	bu.esp = bu.no_auth = bu.no_mesg_id = true;
	bu.nai = NULL;
	bu.seq = 10;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert(fx_owned(fx, FX_UNIQUE, "alice@example.org"));
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_SEQ_OUT_OF_WINDOW);
	bu.seq++;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
}

/*
 * RFC 6275 sections 10.3.1 and 10.3.2, flag K: set in the answer when it was in the BU, when keys
 * are made by IKE, and when that can follow the CoA; clear otherwise.
 */
fx_test(key_mobility)
{
	struct fx_bu bu = usual, plain = {.hoa = FX_UNIQUE_B, .lifetime_s = 60, .nai = usual.nai};
	struct mip6_addr hoa = fx_addr(FX_UNIQUE);
	struct ha_binding_info info;

	fx->config.moves_keying = true;
	fx_restart(fx);
	fx->esp_hoa = hoa;
	bu.esp = bu.no_auth = true;
	bu.set_flags = MIP6_BU_K;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.flags, MIP6_BA_K);
	ck_assert(ha_binding_find(fx->ha, &hoa, &info) && info.flags & MIP6_BU_K);
	/* Moves, with and without it. */
	bu.src = FX_COA2;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.flags, MIP6_BA_K);
	bu.src = FX_COA;
	bu.set_flags = 0;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.flags, 0);
	ck_assert(ha_binding_find(fx->ha, &hoa, &info) && !(info.flags & MIP6_BU_K));
	/* Not in an error. */
	bu.set_flags = MIP6_BU_K;
	bu.alt_coa = FX_GW;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_INVALID_COA);
	ck_assert_uint_eq(fx->sent[0].mh.ba.flags, 0);
	/* A return home: IKE goes on with the home address. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE,
	                                           .nai = usual.nai,
	                                           .esp = true,
	                                           .no_auth = true,
	                                           .set_flags = MIP6_BU_K}),
	                 0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.flags, MIP6_BA_K);
	/* No security association: nothing that could move. */
	plain.set_flags = MIP6_BU_K;
	ck_assert_int_eq(fx_bu(fx, &plain), 0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.flags, 0);
	/* Keys that were given: likewise. */
	fx->config.moves_keying = false;
	ck_assert(ha_reconfigure(fx->ha, &fx->config));
	bu.alt_coa = NULL;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.flags, 0);
}

fx_test(esp_only)
{
	struct fx_bu bu = usual;

	fx->config.esp_only = true;
	fx_restart(fx);
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_UNPROTECTED), 1);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

/* RFC 5846 section 6.2: a revocation is protected as the binding was. */
fx_test(revoked_inside_esp)
{
	struct ha_event revoke = {.type = HA_EVENT_REVOKE};
	struct mip6_packet packet = {.src = fx_addr(FX_COA),
	                             .dst = fx_addr(FX_GW),
	                             .has_hao = true,
	                             .hao = fx_addr(FX_UNIQUE)};
	struct mip6_mh bra = {.type = MIP6_MH_REVOCATION,
	                      .revocation = {.type = MIP6_REVOCATION_BRA}};
	struct fx_bu bu = usual;

	fx->esp_hoa = fx_addr(FX_UNIQUE);
	bu.esp = bu.no_auth = true;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	fx_clear(fx);
	revoke.revoke.hoa = fx_addr(FX_UNIQUE);
	fx_event(fx, &revoke);
	ck_assert_uint_eq(fx->sent_count, 1);
	ck_assert(fx->sent[0].packet.esp && fx->sent[0].mh.opt.has & MIP6_HAS_MESG_ID);
	bra.revocation.seq = fx->sent[0].mh.revocation.seq;
	fx_mh(fx, &packet, &bra, NULL, FX_COA, FX_UNIQUE);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_UNPROTECTED), 1);
	ck_assert(fx_owned(fx, FX_UNIQUE, "alice@example.org"));
	packet.esp = true;
	fx_mh(fx, &packet, &bra, NULL, FX_COA, FX_UNIQUE);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

fx_test(other_algorithm)
{
	struct fx_bu bu = usual;

	bu.sa = &fx->identities[0].sa[1];
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert(signed_by(fx, 1, FX_COA));
}

fx_test(mesg_id_required)
{
	struct fx_bu bu = usual;

	bu.no_mesg_id = true;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_MESG_ID_REQUIRED);
	ck_assert(signed_by(fx, 0, FX_COA));
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

fx_test(clock_skew)
{
	static const int64_t skews[] = {8, -8, 3600, -86400};
	struct fx_bu bu = usual;

	for (size_t i = 0; i < 4; i++) {
		uint64_t sent;

		bu.skew_us = skews[i] * MIP6_S;
		ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
		sent = mip6_ntp_from_unix_us(fx->now + fx->unix_offset_us + bu.skew_us);
		/* Our seconds, its fraction; believable. */
		ck_assert_uint_eq(fx->sent[0].mh.opt.mesg_id >> 32, fx_ntp(fx) >> 32);
		ck_assert_uint_eq(fx->sent[0].mh.opt.mesg_id & UINT32_MAX, sent & UINT32_MAX);
		ck_assert(signed_by(fx, 0, FX_COA));
		ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	}
	bu.skew_us = -6 * MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH); /* before we started */
	fx->now += 10 * MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	bu.skew_us = 6 * MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
}

fx_test(replay)
{
	struct fx_bu bu = usual;
	uint64_t first;

	ck_assert_int_eq(fx_bu(fx, &usual), 0);
	first = fx_ntp(fx);
	bu.seq = 11;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	/* Byte for byte, from the same source. */
	bu = usual;
	bu.mesg_id = first;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	expect_untouched(fx);
	/* From another source: the CoA is under the authenticator. */
	bu.src = FX_COA2;
	bu.sa = &fx->identities[1].sa[0];
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_AUTH_FAIL);
	expect_untouched(fx);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_REPLAYED), 1);
}

/* A clock that is ahead makes messages that are good later, for whoever recorded them. */
fx_test(replay_of_early)
{
	struct fx_bu bu = usual;
	uint64_t early;

	bu.skew_us = 45 * MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	early = mip6_ntp_from_unix_us(fx->now + fx->unix_offset_us + 45 * MIP6_S);
	ck_assert_int_eq(fx_bu(fx, &usual), 0);
	fx->now += 40 * MIP6_S;
	bu = usual;
	bu.src = FX_COA2;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	bu.src = FX_COA;
	bu.mesg_id = early;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA2));
}

fx_test(replay_after_release)
{
	struct fx_bu bu = usual;
	uint64_t first;

	ck_assert_int_eq(fx_bu(fx, &usual), 0);
	first = fx_ntp(fx);
	bu.lifetime_s = 0;
	bu.seq = 11;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	bu = usual;
	bu.mesg_id = first;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	/* Not even for another of its addresses; but a new message will do. */
	bu.hoa = "2001:db8:b:44::1";
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	bu.mesg_id = 0;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
}

fx_test(replay_after_restart)
{
	struct fx_bu bu = usual;

	ck_assert_int_eq(fx_bu(fx, &usual), 0);
	bu.mesg_id = fx_ntp(fx);
	fx_restart(fx); /* nothing on record */
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

fx_test(reordered)
{
	/* The later of two BUs comes first; the earlier must not move the binding back. */
	struct fx_bu bu = usual;

	bu.mesg_id = fx_ntp(fx) + (UINT64_C(1) << 32);
	bu.src = FX_COA2;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	bu.mesg_id -= 1000;
	bu.src = FX_COA;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA2));
}

fx_test(our_clock_set_back)
{
	int64_t before = fx->unix_offset_us;
	struct fx_bu bu = usual;

	ck_assert_int_eq(fx_bu(fx, &usual), 0);
	fx->unix_offset_us -= 3600 * MIP6_S;
	bu.skew_us = 3600 * MIP6_S; /* the WTRU's clock is what it was */
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	fx->now += 60 * MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	/* A restart with the record, by the wrong clock. */
	struct ha_record record = fx->saved;
	struct ha_event event = {.type = HA_EVENT_RESTORE, .restore = &record};

	fx_restart(fx);
	fx_event(fx, &event);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	fx->now += 5 * MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	/* Forward again. */
	fx->unix_offset_us = before;
	bu.skew_us = 0;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
}

fx_test(flood)
{
	struct mip6_auth_sa wrong = fx->identities[0].sa[0];
	struct fx_bu bu = usual;
	unsigned int answers = 0;
	uint64_t limited;

	wrong.key[3] ^= 0x80;
	ck_assert_int_eq(fx_bu(fx, &usual), 0);
	bu.sa = &wrong;
	for (unsigned int i = 0; i < 2000; i++) /* 1 ms apart */
		answers += fx_bu(fx, &bu) >= 0;
	/* error_rate is 10 per second; one second's worth at once. */
	ck_assert_uint_ge(answers, 20);
	ck_assert_uint_le(answers, 31);
	limited = ha_stat_get(fx->ha, HA_STAT_RATE_LIMITED);
	ck_assert_uint_eq(limited, 2000 - answers);
	/* Who authenticates is answered nevertheless. */
	bu = usual;
	bu.nai = BOB;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_PROHIBITED);
	bu = usual;
	bu.skew_us = 60 * MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
	/* Replays of alice's messages take nothing away from bob. */
	bu.skew_us = 0;
	bu.mesg_id = fx_ntp(fx) - (UINT64_C(2) << 32);
	answers = 0;
	for (unsigned int i = 0; i < 1000; i++)
		answers += fx_bu(fx, &bu) >= 0;
	ck_assert_uint_le(answers, 16);
	bu = usual;
	bu.nai = BOB;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_PROHIBITED);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
}

fx_test(no_error_answers)
{
	struct fx_bu bu = usual;

	fx->config.error_rate = 0;
	fx_restart(fx);
	bu.sa = &fx->identities[1].sa[0];
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_int_eq(fx_bu(fx, &usual), 0);
}

/* Names beyond 63 octets, more names than entries, and names that come back. */
fx_test(names)
{
	char nai[MIP6_NAI_MAX + 1];

	fx->config.open = true;
	fx->config.bindings_max = 8;
	fx_restart(fx);
	for (unsigned int i = 0; i < 400; i++) {
		size_t len = i % 3 == 0 ? MIP6_NAI_MAX : i % 3 == 1 ? 63 : 64;
		char hoa[48];

		memset(nai, 'a' + (int)(i % 7), len);
		nai[len] = '\0';
		snprintf(nai, sizeof(nai), "%u", i);
		nai[strlen(nai)] = '@';
		snprintf(hoa, sizeof(hoa), "2001:db8:b:%x::1", i + 1);
		fx->now += 10 * MIP6_S;
		ck_assert_int_eq(
			fx_bu(fx, &(struct fx_bu){.hoa = hoa, .lifetime_s = 60, .nai = nai}), 0);
		ck_assert_str_eq(fx->sent[0].mh.opt.mn_id, nai);
		ck_assert(fx_owned(fx, hoa, nai));
		ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = hoa, .seq = 1, .nai = nai}), 0);
	}
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

int main(void)
{
	Suite *suite = suite_create("ha_auth");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, discarded);
	tcase_add_test(tcase, wrong_key);
	tcase_add_test(tcase, inside_esp);
	tcase_add_test(tcase, inside_esp_undated);
	tcase_add_test(tcase, key_mobility);
	tcase_add_test(tcase, esp_only);
	tcase_add_test(tcase, revoked_inside_esp);
	tcase_add_test(tcase, other_algorithm);
	tcase_add_test(tcase, mesg_id_required);
	tcase_add_test(tcase, clock_skew);
	tcase_add_test(tcase, replay);
	tcase_add_test(tcase, replay_of_early);
	tcase_add_test(tcase, replay_after_release);
	tcase_add_test(tcase, replay_after_restart);
	tcase_add_test(tcase, reordered);
	tcase_add_test(tcase, our_clock_set_back);
	tcase_add_test(tcase, flood);
	tcase_add_test(tcase, no_error_answers);
	tcase_add_test(tcase, names);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
