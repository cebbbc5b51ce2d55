// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home-agent core and WTRUs that it does not know: it asks their operator's AAA server, keeps
 * the BU, and answers it after the answer (RFC 4285 section 5.2).
 */
#include <stdio.h>
#include <stdlib.h>

#include "ha_fixture.h"

#define DAVE "dave@b.example"

static const struct mip6_auth_sa aaa_key = {.key_len = 20, .key = "dave's MN-AAA key..."};
static const struct mip6_auth_sa other_key = {.key_len = 20, .key = "somebody else's key."};
static const struct mip6_auth_sa other_sa = {.spi = MIP6_AUTH_SPI_DEFAULT,
                                             .algorithm = MIP6_AUTH_HMAC_SHA1,
                                             .key_len = 20,
                                             .key = "somebody else's key."};

static bool asks_aaa(void *ctx, const char *nai)
{
	const char *at = strchr(nai, '@');

	(void)ctx;
	return at != NULL && strcmp(at, "@b.example") == 0;
}

static struct mip6_auth_sa derived(void)
{
	struct mip6_addr gw = fx_addr(FX_GW);
	struct mip6_auth_sa sa;

	mip6_aaa_derive(&aaa_key, &gw, &sa);
	return sa;
}

static void with_aaa(struct fx *fx)
{
	fx->env.asks_aaa = asks_aaa;
	fx->config.aaa_keys_max = 4;
	fx->config.aaa_rate = 10;
	fx_restart(fx);
}

static void answer(struct fx *fx, uint32_t query, enum ha_aaa_result result,
                   const struct mip6_auth_sa *sa, uint32_t lifetime_s)
{
	struct ha_aaa_answer answer = {.query = query, .result = result, .lifetime_s = lifetime_s};
	struct ha_event event = {.type = HA_EVENT_AAA, .aaa = &answer};

	if (sa != NULL) {
		answer.key_len = sa->key_len;
		memcpy(answer.key, sa->key, sa->key_len);
	}
	fx_clear(fx);
	fx_event(fx, &event);
}

static uint32_t asked(const struct fx *fx)
{
	ck_assert_uint_eq(fx->count[HA_ACTION_ASK_AAA], 1);
	ck_assert_uint_eq(fx->sent_count, 0);
	return fx->last[HA_ACTION_ASK_AAA].aaa.query;
}

static const struct mip6_auth_sa *dave_sa(void)
{
	static struct mip6_auth_sa sa;

	sa = derived();
	return &sa;
}

/* A claim as a WTRU sends it that shares its key with its operator. */
static struct fx_bu claim(void)
{
	return (struct fx_bu){.src = FX_UNIQUE, .nai = DAVE, .sa = dave_sa(), .aaa = &aaa_key};
}

static struct fx_bu move(const char *coa)
{
	return (struct fx_bu){.src = coa,
	                      .hoa = FX_UNIQUE,
	                      .lifetime_s = 60,
	                      .nai = DAVE,
	                      .sa = dave_sa(),
	                      .aaa = &aaa_key};
}

static void claimed(struct fx *fx)
{
	struct fx_bu bu = claim();

	with_aaa(fx);
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
}

/*
 *   WTRU -- BU (MN-HA, MN-AAA) --> D-GW -- question --> AAA
 *        <-- BA 0 (MN-HA) ------        <-- accepted, key
 *   WTRU -- BU from elsewhere ---> D-GW
 *        <-- BA 0 ---------------
 */
fx_test(accepted)
{
	const struct mip6_auth_sa *sa = dave_sa();
	struct mip6_addr hoa = fx_addr(FX_UNIQUE), gw = fx_addr(FX_GW);
	struct fx_bu bu = claim();
	const struct ha_action *ask = &fx->last[HA_ACTION_ASK_AAA];

	with_aaa(fx);
	fx_send_bu(fx, &bu);
	asked(fx);
	ck_assert(mip6_addr_equal(&ask->aaa.hoa, &hoa));
	ck_assert(mip6_addr_equal(&ask->aaa.home_agent, &gw));
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	answer(fx, ask->aaa.query, HA_AAA_ACCEPTED, sa, 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
	ck_assert(fx->last[HA_ACTION_SEND].on_link);
	ck_assert(mip6_auth_verify(&fx->sent[0].mh, fx->sent[0].data, fx->sent[0].packet.mh_len, sa,
	                           &hoa, &hoa));
	/* The answer to an MN-AAA option MUST NOT have one (section 5.2). */
	ck_assert_uint_eq(fx->sent[0].mh.opt.has & MIP6_HAS_AAA, 0);
	ck_assert(fx_owned(fx, FX_UNIQUE, DAVE));
	/* The move waits for nobody. */
	bu = move(FX_COA);
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	ck_assert_uint_eq(fx->count[HA_ACTION_ASK_AAA], 0);
	/* Somebody else cannot have it. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = "alice@example.org"}),
	                 MIP6_BA_PROHIBITED);
	/* An answer counts once. */
	answer(fx, ask->aaa.query, HA_AAA_ACCEPTED, &other_key, 1000);
	ck_assert_str_eq(fx->order, "");
	bu = move(FX_COA2);
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
}

/* Without a key of ours in the BU the word of the server is enough. */
fx_test(accepted_without_mn_ha)
{
	struct mip6_addr hoa = fx_addr(FX_UNIQUE);
	struct fx_bu bu = claim();
	uint32_t query;

	with_aaa(fx);
	bu.no_auth = true;
	fx_send_bu(fx, &bu);
	query = asked(fx);
	answer(fx, query, HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
	ck_assert(mip6_auth_verify(&fx->sent[0].mh, fx->sent[0].data, fx->sent[0].packet.mh_len,
	                           dave_sa(), &hoa, &hoa));
	/* Each of these is asked about; and what was said of one is not said of another. */
	fx_send_bu(fx, &bu);
	query = asked(fx);
	fx_send_bu(fx, &bu);
	ck_assert_str_eq(fx->order, "");
	answer(fx, query, HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_uint_eq(fx->sent_count, 0);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_AAA_ASKED), 2);
}

fx_test(rejected)
{
	struct fx_bu bu = claim();

	with_aaa(fx);
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_REJECTED, NULL, 0);
	/* Section 5.3: without a security association the BU is dropped. */
	ck_assert_str_eq(fx->order, "");
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_AAA_REJECTED), 1);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	/* The next one is asked about again, and so on after no answer, */
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_NO_ANSWER, NULL, 0);
	ck_assert_str_eq(fx->order, "");
	fx_send_bu(fx, &bu);
	/* and after one without a key that could be used. */
	answer(fx, asked(fx), HA_AAA_ACCEPTED, NULL, 1000);
	ck_assert_str_eq(fx->order, "");
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_ACCEPTED, dave_sa(), 0);
	ck_assert_str_eq(fx->order, "");
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_AAA_FAILED), 3);
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
}

/* The server has given another key than this WTRU uses: it is told so, and nothing changes. */
fx_test(accepted_with_another_key)
{
	struct fx_bu bu = claim();

	with_aaa(fx);
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_ACCEPTED, &other_key, 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, MIP6_BA_AUTH_FAIL);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	/* It asks again: the server may have learnt. */
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
}

fx_test(duplicates_are_absorbed)
{
	struct fx_bu bu = claim();
	uint32_t query;

	with_aaa(fx);
	bu.seq = 1;
	fx_send_bu(fx, &bu);
	query = asked(fx);
	for (uint16_t seq = 2; seq < 5; seq++) {
		bu.seq = seq;
		fx_send_bu(fx, &bu);
		ck_assert_str_eq(fx->order, "");
	}
	answer(fx, query, HA_AAA_ACCEPTED, dave_sa(), 1000);
	/* One answer, to the latest. */
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
	ck_assert_uint_eq(fx_only(fx)->mh.ba.seq, 4);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_AAA_ASKED), 1);
}

/* Who asks in somebody's name does not keep the owner out. */
fx_test(forged_before_and_behind)
{
	struct fx_bu bu = claim(), forged = claim();
	uint32_t query;

	with_aaa(fx);
	forged.sa = &other_sa;
	forged.aaa = &other_key;
	fx_send_bu(fx, &forged);
	query = asked(fx);
	fx_send_bu(fx, &bu);
	ck_assert_str_eq(fx->order, "");
	answer(fx, query, HA_AAA_REJECTED, NULL, 0);
	/* Not what was asked: the one behind is asked about now. */
	query = asked(fx);
	fx_send_bu(fx, &forged);
	answer(fx, query, HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, MIP6_BA_AUTH_FAIL);
	/* The key is known now. */
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
}

/* The time stamp is looked at after the answer (section 6), which may teach the WTRU our clock. */
fx_test(time_stamps)
{
	struct fx_bu bu = claim();
	uint64_t old;

	with_aaa(fx);
	old = fx_ntp(fx);
	bu.skew_us = -60 * MIP6_S;
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, MIP6_BA_ID_MISMATCH);
	bu.skew_us = 0;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	/* A replay while a BU waits, or later. */
	bu.mesg_id = old;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_ID_MISMATCH);
}

fx_test(keys_end)
{
	struct fx_bu bu = move(FX_COA);

	claimed(fx);
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	/* In its second half a BU is occasion to ask again, but does not wait. */
	fx_advance(fx, 550 * MIP6_S);
	bu = move(FX_COA2);
	fx_send_bu(fx, &bu);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
	ck_assert_uint_eq(fx->count[HA_ACTION_ASK_AAA], 1);
	/* A rejection does not end the key: anybody could have made the MN-AAA option wrong. */
	answer(fx, fx->last[HA_ACTION_ASK_AAA].aaa.query, HA_AAA_REJECTED, NULL, 0);
	ck_assert_str_eq(fx->order, "");
	bu = move(FX_COA);
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_uint_eq(fx->count[HA_ACTION_ASK_AAA], 0);
	fx_advance(fx, 200 * MIP6_S);
	bu = move(FX_COA2);
	fx_send_bu(fx, &bu);
	ck_assert_uint_eq(fx->count[HA_ACTION_ASK_AAA], 1);
	answer(fx, fx->last[HA_ACTION_ASK_AAA].aaa.query, HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_str_eq(fx->order, "");
	fx_advance(fx, 400 * MIP6_S);
	bu = move(FX_COA);
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	/* Time ends it. */
	fx_advance(fx, 601 * MIP6_S);
	bu = move(FX_COA2);
	fx_send_bu(fx, &bu);
	asked(fx);
}

/* No more is kept, asked, or asked per second than the configuration says. */
fx_test(limits)
{
	struct fx_bu bu = move(FX_COA);
	char nai[32];
	unsigned int asked_count = 0;

	with_aaa(fx);
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(nai, sizeof(nai), "x%u@b.example", i);
		bu.nai = nai;
		fx_send_bu(fx, &bu);
		ck_assert_uint_eq(fx->sent_count, 0);
		asked_count += (unsigned int)fx->count[HA_ACTION_ASK_AAA];
	}
	ck_assert_uint_ge(asked_count, 10);
	ck_assert_uint_le(asked_count, 11);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_AAA_BUSY), 100 - asked_count);
	/* Neighbours have their own. */
	bu = claim();
	fx_send_bu(fx, &bu);
	answer(fx, asked(fx), HA_AAA_ACCEPTED, dave_sa(), 1000);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
	/* The key accepted longest ago makes room. */
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(nai, sizeof(nai), "y%u@b.example", i);
		fx->now += MIP6_S;
		bu = (struct fx_bu){.src = FX_UNIQUE_B, .nai = nai, .aaa = &aaa_key};
		fx_send_bu(fx, &bu);
		answer(fx, asked(fx), HA_AAA_ACCEPTED, dave_sa(), 1000);
		ck_assert_int_eq(fx_only(fx)->mh.ba.status, MIP6_BA_PROHIBITED);
	}
	bu = claim();
	fx_send_bu(fx, &bu);
	asked(fx);
}

/* Nobody is asked about these. */
fx_test(not_asked)
{
	struct fx_bu bu = claim();

	with_aaa(fx);
	bu.nai = "dave@c.example"; /* no server */
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_str_eq(fx->order, "");
	bu = claim();
	bu.aaa = NULL;
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_str_eq(fx->order, "");
	bu = move(FX_COA);
	bu.hoa = "2001:db8:f::1"; /* not our prefix */
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_str_eq(fx->order, "");
	bu = claim();
	bu.clear_flags = MIP6_BU_H;
	ck_assert_int_eq(fx_bu(fx, &bu), -1);
	ck_assert_str_eq(fx->order, "");
	/* Our own keys go first. */
	memcpy(fx->identities[0].nai, "alice@b.example", 16);
	bu = claim();
	bu.nai = "alice@b.example";
	bu.sa = &other_sa;
	ck_assert_int_eq(fx_bu(fx, &bu), MIP6_BA_AUTH_FAIL);
	ck_assert_uint_eq(fx->count[HA_ACTION_ASK_AAA], 0);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_AAA_ASKED), 0);
	/* Lost answers free the slot. */
	bu = claim();
	fx_send_bu(fx, &bu);
	asked(fx);
	fx_advance(fx, 61 * MIP6_S);
	fx_send_bu(fx, &bu);
	asked(fx);
}

int main(void)
{
	Suite *s = suite_create("ha_aaa");
	TCase *t = tcase_create("ha_aaa");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(t, accepted);
	tcase_add_test(t, accepted_without_mn_ha);
	tcase_add_test(t, rejected);
	tcase_add_test(t, accepted_with_another_key);
	tcase_add_test(t, duplicates_are_absorbed);
	tcase_add_test(t, forged_before_and_behind);
	tcase_add_test(t, time_stamps);
	tcase_add_test(t, keys_end);
	tcase_add_test(t, limits);
	tcase_add_test(t, not_asked);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
