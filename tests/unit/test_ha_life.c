// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a binding after it was made: expiry, refresh requests, revocation, restart; and the
 * messages that are no Binding Updates.
 */
#include "ha_fixture.h"

#include <stdlib.h>

#define ALICE "alice@example.org"

static void register_unique(struct fx *fx)
{
	ck_assert_int_eq(
		fx_bu(fx,
	              &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 10, .lifetime_s = 60, .nai = ALICE}),
		0);
}

static void register_shared(struct fx *fx)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .nai = ALICE}), 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .lifetime_s = 60, .nai = ALICE}),
	                 0);
}

fx_test(expiry)
{
	register_shared(fx);
	fx_advance(fx, 56 * MIP6_S);
	ck_assert_str_eq(fx->order, "");
	fx_advance(fx, 4 * MIP6_S - 2 * MIP6_MS);
	ck_assert_str_eq(fx->order, "SS"); /* two refresh requests */
	ck_assert_int_eq(fx->sent[0].mh.type, MIP6_MH_BRR);
	struct mip6_addr coa = fx_addr(FX_COA), hoa = fx_addr(FX_HOA);
	ck_assert(mip6_addr_equal(&fx->sent[0].packet.dst, &coa));
	ck_assert(fx->sent[0].packet.has_rh2 && mip6_addr_equal(&fx->sent[0].packet.rh2, &hoa));
	fx_advance(fx, 4 * MIP6_MS);
	ck_assert_str_eq(fx->order, "pbNV");
	ck_assert_int_eq(fx->last[HA_ACTION_NOTIFY].notice.what, HA_NOTICE_EXPIRED);
	ck_assert(mip6_addr_is_unspecified(&fx->saved.coa));
	ck_assert(!fx->saved.claimed);
	ck_assert(fx_owned(fx, FX_HOA, ALICE));
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
	fx_advance(fx, 300 * MIP6_S);
	ck_assert_str_eq(fx->order, "FR");
	ck_assert_uint_eq(fx->last[HA_ACTION_RELEASED].released.len, 128);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	ck_assert_int_eq(ha_deadline(fx->ha), MIP6_TIME_NEVER);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_EXPIRED), 1);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BRR_SENT), 2);
}

fx_test(refresh_in_time)
{
	register_unique(fx);
	fx_advance(fx, MIP6_S);
	for (uint16_t i = 0; i < 5; i++) {
		fx_advance(fx, 56 * MIP6_S); /* past the first request */
		ck_assert_str_eq(fx->order, "S");
		ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE,
		                                           .lifetime_s = 60,
		                                           .seq = (uint16_t)(11 + i),
		                                           .nai = ALICE}),
		                 0);
		fx_advance(fx, MIP6_S);
		ck_assert_str_eq(fx->order, "");
	}
	ck_assert_uint_eq(ha_binding_count(fx->ha), 1);
}

fx_test(late_timer)
{
	/* A message comes after the lifetime but before the timer: the binding is over. */
	register_unique(fx);
	fx->now += 60 * MIP6_S;
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .seq = 11,
	                                           .src = FX_COA2,
	                                           .nai = ALICE}),
	                 0);
	ck_assert_str_eq(fx->order, "bNVBVSN");
	ck_assert_int_eq(fx->last[HA_ACTION_NOTIFY].notice.what, HA_NOTICE_REGISTERED);
}

fx_test(claim_runs_out)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .nai = ALICE}), 0);
	fx_advance(fx, 299 * MIP6_S);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .nai = ALICE}), 0);
	fx_advance(fx, 299 * MIP6_S);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 1);
	fx_advance(fx, 2 * MIP6_S);
	ck_assert_str_eq(fx->order, "FR");
	ck_assert_uint_eq(fx->last[HA_ACTION_RELEASED].released.len, 64);
}

/* --- restart --- */

static void restore(struct fx *fx, const struct ha_record *record)
{
	const struct ha_event event = {.type = HA_EVENT_RESTORE, .restore = record};

	fx_clear(fx);
	fx_event(fx, &event);
}

fx_test(restore_binding)
{
	struct ha_record record;
	struct ha_binding_info info;
	struct mip6_addr hoa = fx_addr(FX_HOA);

	register_shared(fx);
	record = fx->saved;
	ck_assert(record.claimed);
	fx->now += 19 * MIP6_S;
	fx_restart(fx);
	restore(fx, &record);
	ck_assert_str_eq(fx->order, "BP");
	ck_assert(fx_bound(fx, FX_HOA, FX_COA));
	ck_assert(ha_binding_find(fx->ha, &hoa, &info));
	ck_assert_int_eq(info.expires - fx->now, 40 * MIP6_S);
	ck_assert_int_eq(info.owned_until - fx->now, 340 * MIP6_S);
	ck_assert_str_eq(info.nai, ALICE);
	ck_assert(mip6_addr_equal(&info.home_agent, &fx->config.addresses[0]));
	restore(fx, &record); /* once is enough */
	ck_assert_str_eq(fx->order, "");
	/* What was sent before the restart is a replay; refreshing goes on. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .mesg_id = record.mesg_id}),
	                 MIP6_BA_ID_MISMATCH);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .lifetime_s = 60, .nai = ALICE}),
	                 0);
	ck_assert_int_eq(fx->last[HA_ACTION_NOTIFY].notice.what, HA_NOTICE_REFRESHED);
	fx_advance(fx, 61 * MIP6_S);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
}

fx_test(restore_expired)
{
	struct ha_record record;

	register_shared(fx);
	record = fx->saved;
	fx->now += 70 * MIP6_S;
	fx_restart(fx);
	restore(fx, &record);
	ck_assert_str_eq(fx->order, "");
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
	ck_assert(fx_owned(fx, FX_HOA, ALICE));
	fx->now += 300 * MIP6_S;
	fx_restart(fx);
	restore(fx, &record);
	ck_assert_str_eq(fx->order, "F");
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

fx_test(restore_with_wrong_clock)
{
	struct ha_binding_info info;
	struct mip6_addr hoa = fx_addr(FX_UNIQUE);
	struct ha_record record;

	register_unique(fx);
	record = fx->saved;
	fx->unix_offset_us -= 86400 * MIP6_S;
	fx_restart(fx);
	restore(fx, &record);
	ck_assert(ha_binding_find(fx->ha, &hoa, &info));
	ck_assert_int_le(info.expires - fx->now, 60 * MIP6_S);
	ck_assert_int_le(info.owned_until - fx->now, 360 * MIP6_S);
}

fx_test(restore_elsewhere)
{
	struct ha_record record;

	register_unique(fx);
	record = fx->saved;
	fx->config.addresses[0] = fx_addr("2001:db8:a::9"); /* the tunnel's end has changed */
	fx_restart(fx);
	restore(fx, &record);
	ck_assert_str_eq(fx->order, "F");
	fx->config.prefix_count = 1; /* and the pool has gone */
	fx_restart(fx);
	restore(fx, &record);
	ck_assert_str_eq(fx->order, "F");
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

fx_test(restore_group)
{
	/* Two addresses of one unique prefix come back as one. */
	struct ha_record records[2];

	register_unique(fx);
	records[0] = fx->saved;
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE_B, .nai = ALICE}), 0);
	records[1] = fx->saved;
	fx_restart(fx);
	restore(fx, &records[0]);
	restore(fx, &records[1]);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = "2001:db8:b:1::3",
	                                           .lifetime_s = 60,
	                                           .nai = "bob@example.org"}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .nai = ALICE}), 0);
	ck_assert_uint_eq(fx->count[HA_ACTION_RELEASED], 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE_B, .nai = ALICE}), 0);
	ck_assert_uint_eq(fx->count[HA_ACTION_RELEASED], 1);
}

/* --- revocation --- */

static void revoke(struct fx *fx, const char *hoa)
{
	struct ha_event event = {.type = HA_EVENT_REVOKE};

	event.revoke.hoa = fx_addr(hoa);
	fx_clear(fx);
	fx_event(fx, &event);
}

static void acknowledge(struct fx *fx, uint16_t seq, uint8_t status, const struct mip6_auth_sa *sa)
{
	struct mip6_packet head = {
		.src = fx_addr(FX_COA),
		.dst = fx_addr(FX_GW),
		.has_hao = true,
		.hao = fx_addr(FX_UNIQUE),
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_REVOCATION,
		.revocation = {.type = MIP6_REVOCATION_BRA, .trigger = status, .seq = seq},
		.opt.has = MIP6_HAS_MN_ID,
		.opt.mn_id_subtype = MIP6_MN_ID_NAI,
		.opt.mn_id_len = sizeof(ALICE) - 1,
		.opt.mn_id = ALICE,
	};

	fx_clear(fx);
	fx_mh(fx, &head, &mh, sa, FX_COA, FX_UNIQUE);
}

fx_test(revocation)
{
	struct mip6_addr coa = fx_addr(FX_COA), hoa = fx_addr(FX_UNIQUE);
	const struct mip6_auth_sa *sa = &fx->identities[0].sa[0];
	struct fx_sent first;

	register_unique(fx);
	revoke(fx, FX_UNIQUE);
	ck_assert_str_eq(fx->order, "NbVS");
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
	first = *fx_only(fx);
	ck_assert_int_eq(first.mh.type, MIP6_MH_REVOCATION);
	ck_assert_int_eq(first.mh.revocation.type, MIP6_REVOCATION_BRI);
	ck_assert_int_eq(first.mh.revocation.trigger, MIP6_REVOCATION_ADMINISTRATIVE);
	ck_assert_uint_eq(first.mh.revocation.flags, 0);
	/* Newer than what the binding is from. */
	ck_assert(first.mh.opt.has & MIP6_HAS_MESG_ID);
	ck_assert_uint_ge(first.mh.opt.mesg_id,
	                  mip6_ntp_from_unix_us(fx->now + fx->unix_offset_us));
	ck_assert(mip6_addr_equal(&first.packet.dst, &coa));
	ck_assert(first.packet.has_rh2 && mip6_addr_equal(&first.packet.rh2, &hoa));
	ck_assert(mip6_auth_verify(&first.mh, first.data, first.packet.mh_len, sa, &coa, &hoa));
	/* Retransmitted after a second; only its time is another. */
	fx_advance(fx, MIP6_S);
	ck_assert_uint_eq(fx_only(fx)->packet.mh_len, first.packet.mh_len);
	ck_assert_mem_eq(&fx->sent[0].mh.revocation, &first.mh.revocation,
	                 sizeof(first.mh.revocation));
	/* Refused meanwhile. */
	ck_assert_int_eq(
		fx_bu(fx,
	              &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .seq = 11, .nai = ALICE}),
		MIP6_BA_PROHIBITED);
	/* Acknowledgements that are not. */
	acknowledge(fx, (uint16_t)(first.mh.revocation.seq + 1), 0, sa);
	acknowledge(fx, first.mh.revocation.seq, 0, NULL);
	acknowledge(fx, first.mh.revocation.seq, 0, &fx->identities[1].sa[0]);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 1);
	acknowledge(fx, first.mh.revocation.seq, 0, sa);
	ck_assert_str_eq(fx->order, "FR");
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	ck_assert_int_eq(ha_deadline(fx->ha), MIP6_TIME_NEVER);
}

fx_test(revocation_unanswered)
{
	register_unique(fx);
	revoke(fx, FX_UNIQUE);
	fx_advance(fx, 60 * MIP6_S);
	ck_assert_str_eq(fx->order, "S"); /* BRIMaxRetriesNumber is 1 */
	/* It still owns the address, and may have it again. */
	ck_assert(fx_owned(fx, FX_UNIQUE, ALICE));
	ck_assert_int_eq(
		fx_bu(fx,
	              &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .seq = 11, .nai = ALICE}),
		0);
}

fx_test(revocation_and_home)
{
	register_unique(fx);
	revoke(fx, FX_UNIQUE);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .seq = 11, .nai = ALICE}), 0);
	fx_advance(fx, 60 * MIP6_S);
	ck_assert_str_eq(fx->order, "");
	ck_assert(fx_owned(fx, FX_UNIQUE, ALICE));
	/* Nothing bound: the ownership ends at once. */
	revoke(fx, FX_UNIQUE);
	ck_assert_str_eq(fx->order, "NFR");
	revoke(fx, FX_UNIQUE);
	ck_assert_str_eq(fx->order, "");
}

/* --- other messages --- */

static void heartbeat(struct fx *fx, const char *src, const char *hoa, uint16_t flags)
{
	struct mip6_packet head = {
		.src = fx_addr(src),
		.dst = fx_addr(FX_GW),
		.has_hao = hoa != NULL,
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_HEARTBEAT,
		.heartbeat = {.flags = flags, .seq = 0x12345678},
	};

	if (hoa != NULL)
		head.hao = fx_addr(hoa);
	fx_mh(fx, &head, &mh, NULL, src, hoa != NULL ? hoa : src);
}

fx_test(heartbeats)
{
	struct mip6_addr coa = fx_addr(FX_COA), hoa = fx_addr(FX_UNIQUE);

	heartbeat(fx, FX_COA, FX_UNIQUE, 0);
	ck_assert_int_eq(fx_only(fx)->mh.type, MIP6_MH_HEARTBEAT);
	ck_assert_uint_eq(fx->sent[0].mh.heartbeat.flags, MIP6_HEARTBEAT_R);
	ck_assert_uint_eq(fx->sent[0].mh.heartbeat.seq, 0x12345678);
	ck_assert_uint_eq(fx->sent[0].mh.opt.restart_counter, 42);
	ck_assert(mip6_addr_equal(&fx->sent[0].packet.dst, &coa));
	ck_assert(fx->sent[0].packet.has_rh2 && mip6_addr_equal(&fx->sent[0].packet.rh2, &hoa));
	fx_clear(fx);
	heartbeat(fx, FX_COA, NULL, 0);
	ck_assert(!fx_only(fx)->packet.has_rh2);
	/* A response is no request. */
	fx_clear(fx);
	heartbeat(fx, FX_COA, FX_UNIQUE, MIP6_HEARTBEAT_R);
	heartbeat(fx, FX_COA, FX_UNIQUE, MIP6_HEARTBEAT_R | MIP6_HEARTBEAT_U);
	heartbeat(fx, "ff02::1", NULL, 0);
	ck_assert_uint_eq(fx->sent_count, 0);
	/* A flood from nobody. */
	for (unsigned int i = 0; i < 50; i++)
		heartbeat(fx, FX_COA2, NULL, 0);
	ck_assert_uint_le(fx->sent_count, 10);
	/* One more for each binding: a WTRU need not name its HoA. From where one points to:
	 * always. */
	register_unique(fx);
	fx_clear(fx);
	for (unsigned int i = 0; i < 50; i++)
		heartbeat(fx, FX_COA, FX_UNIQUE, 0);
	ck_assert_uint_eq(fx->sent_count, 50);
}

static void unbound(struct fx *fx, const char *outer_src, const char *inner_src)
{
	struct ha_event event = {.type = HA_EVENT_UNBOUND};

	event.unbound.outer_src = fx_addr(outer_src);
	event.unbound.outer_dst = fx_addr(FX_GW);
	event.unbound.inner_src = fx_addr(inner_src);
	fx_clear(fx);
	fx_event(fx, &event);
}

fx_test(binding_error)
{
	struct mip6_addr coa = fx_addr(FX_COA), hoa = fx_addr(FX_UNIQUE);

	unbound(fx, FX_COA, FX_UNIQUE);
	ck_assert_int_eq(fx_only(fx)->mh.type, MIP6_MH_BE);
	ck_assert_int_eq(fx->sent[0].mh.be.status, MIP6_BE_UNKNOWN_BINDING);
	ck_assert(mip6_addr_equal(&fx->sent[0].mh.be.hoa, &hoa));
	ck_assert(mip6_addr_equal(&fx->sent[0].packet.dst, &coa));
	ck_assert(!fx->sent[0].packet.has_rh2);
	unbound(fx, FX_COA, "2001:db8:ffff::1"); /* never ours */
	ck_assert_uint_eq(fx->sent_count, 0);
	unbound(fx, "ff02::1", FX_UNIQUE);
	ck_assert_uint_eq(fx->sent_count, 0);
	register_unique(fx);
	unbound(fx, FX_COA2, FX_UNIQUE); /* its BU is on the way */
	ck_assert_uint_eq(fx->sent_count, 0);
	for (unsigned int i = 0, answers = 0; i < 100; i++) {
		unbound(fx, FX_COA, FX_UNIQUE_B);
		answers += (unsigned int)fx->sent_count;
		ck_assert_uint_le(answers, 10);
	}
}

fx_test(bad_messages)
{
	static const struct {
		enum mip6_decode result;
		enum ha_stat stat;
	} cases[] = {
		{MIP6_DECODE_TRUNCATED, HA_STAT_MH_TRUNCATED},
		{MIP6_DECODE_BAD_CHECKSUM, HA_STAT_MH_BAD_CHECKSUM},
		{MIP6_DECODE_BAD_PROTO, HA_STAT_MH_BAD_FORMAT},
		{MIP6_DECODE_BAD_LENGTH, HA_STAT_MH_BAD_FORMAT},
		{MIP6_DECODE_BAD_OPTION, HA_STAT_MH_BAD_FORMAT},
		{MIP6_DECODE_BAD_HEADER, HA_STAT_MH_BAD_FORMAT},
		{MIP6_DECODE_DISCARD, HA_STAT_MH_BAD_FORMAT},
		{MIP6_DECODE_NOT_MH, HA_STAT_MH_UNEXPECTED},
		{MIP6_DECODE_UNKNOWN_TYPE, HA_STAT_MH_UNKNOWN_TYPE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ha_event event = {.type = HA_EVENT_MH_BAD};
		uint64_t before = ha_stat_get(fx->ha, cases[i].stat);

		event.bad.src = fx_addr(FX_COA);
		event.bad.dst = fx_addr(FX_GW);
		event.bad.result = cases[i].result;
		fx_clear(fx);
		fx_event(fx, &event);
		ck_assert_uint_eq(ha_stat_get(fx->ha, cases[i].stat), before + 1);
		ck_assert_uint_eq(fx->sent_count, cases[i].result == MIP6_DECODE_UNKNOWN_TYPE);
	}
	ck_assert_int_eq(fx->sent[0].mh.be.status, MIP6_BE_UNKNOWN_MH_TYPE);
	ck_assert(mip6_addr_is_unspecified(&fx->sent[0].mh.be.hoa));
}

/* RFC 6275 section 9.3.3: the home address of the option, if there is one, bound or not. */
fx_test(unknown_type)
{
	static const uint8_t data[8] = {59, 0, 99};
	struct mip6_packet packet = {
		.src = fx_addr(FX_COA2), .dst = fx_addr(FX_GW), .mh = data, .mh_len = sizeof(data)};
	struct ha_event event = {.type = HA_EVENT_MH, .mh.packet = &packet};

	fx_event(fx, &event);
	ck_assert_int_eq(fx_only(fx)->mh.be.status, MIP6_BE_UNKNOWN_MH_TYPE);
	ck_assert(mip6_addr_is_unspecified(&fx->sent[0].mh.be.hoa));
	register_unique(fx);
	packet.has_hao = true;
	for (int i = 0; i < 2; i++) {
		packet.hao = fx_addr(i == 0 ? FX_UNIQUE : "2001:db8:ff::1");
		fx_clear(fx);
		fx_event(fx, &event);
		ck_assert_int_eq(fx_only(fx)->mh.type, MIP6_MH_BE);
		ck_assert_int_eq(fx->sent[0].mh.be.status, MIP6_BE_UNKNOWN_MH_TYPE);
		ck_assert(mip6_addr_equal(&fx->sent[0].mh.be.hoa, &packet.hao));
		/* To the address on the wire, without a routing header. */
		ck_assert(mip6_addr_equal(&fx->sent[0].packet.dst, &packet.src));
		ck_assert(!fx->sent[0].packet.has_rh2);
	}
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
}

/* RFC 6275 section 9.3.1: a Home Address option is worth what the binding says. */
fx_test(home_address_options)
{
	struct ha_event event = {.type = HA_EVENT_HOME_ADDRESS};

	event.home_address.src = fx_addr(FX_COA);
	event.home_address.dst = fx_addr(FX_GW);
	event.home_address.hoa = fx_addr(FX_HOA);
	fx_event(fx, &event);
	ck_assert_uint_eq(fx->sent_count, 1);
	ck_assert_int_eq(fx->sent[0].mh.be.status, MIP6_BE_UNKNOWN_BINDING);
	ck_assert(mip6_addr_equal(&fx->sent[0].mh.be.hoa, &event.home_address.hoa));
	ck_assert(mip6_addr_equal(&fx->sent[0].packet.dst, &event.home_address.src));

	register_unique(fx);
	event.home_address.hoa = fx_addr(FX_UNIQUE);
	fx_clear(fx);
	fx_event(fx, &event);
	ck_assert_uint_eq(fx->sent_count, 0); /* verified */

	event.home_address.src = fx_addr(FX_COA2);
	fx_event(fx, &event);
	ck_assert_uint_eq(fx->sent_count, 1);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_HAO_UNVERIFIED), 2);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA)); /* unchanged (9.1) */

	/* Also while its BU waits for DAD, and while its binding is revoked: there is none. */
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA2, .lifetime_s = 60, .nai = ALICE});
	ck_assert_uint_eq(fx->count[HA_ACTION_START_DAD], 1);
	event.home_address.hoa = fx_addr(FX_HOA2);
	fx_clear(fx);
	fx_event(fx, &event);
	ck_assert_int_eq(fx_only(fx)->mh.be.status, MIP6_BE_UNKNOWN_BINDING);
	revoke(fx, FX_UNIQUE);
	event.home_address.src = fx_addr(FX_COA);
	event.home_address.hoa = fx_addr(FX_UNIQUE);
	fx_clear(fx);
	fx_event(fx, &event);
	ck_assert_int_eq(fx_only(fx)->mh.be.status, MIP6_BE_UNKNOWN_BINDING);
}

fx_test(unexpected_messages)
{
	static const enum mip6_mh_type types[] = {MIP6_MH_BRR, MIP6_MH_HOTI, MIP6_MH_COTI,
	                                          MIP6_MH_HOT, MIP6_MH_COT,  MIP6_MH_BA,
	                                          MIP6_MH_BE};
	struct mip6_packet head = {.src = fx_addr(FX_COA), .dst = fx_addr(FX_GW)};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct mip6_mh mh = {.type = types[i]};

		fx_mh(fx, &head, &mh, NULL, FX_COA, FX_COA);
		ck_assert_uint_eq(fx->sent_count, 0);
		ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_MH_UNEXPECTED), i + 1);
	}
}

fx_test(reconfiguration)
{
	struct ha_config config = fx->config;

	register_unique(fx);
	config.bindings_max++;
	ck_assert(!ha_reconfigure(fx->ha, &config));
	config = fx->config;
	config.prefixes[1].unique_len = 60;
	ck_assert(!ha_reconfigure(fx->ha, &config));
	config = fx->config;
	config.lifetime_max_s = 20;
	ck_assert(ha_reconfigure(fx->ha, &config));
	ck_assert_int_eq(
		fx_bu(fx,
	              &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .seq = 11, .nai = ALICE}),
		0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.lifetime_s4, 5);
}

START_TEST(names)
{
	for (unsigned int i = 0; i < HA_STAT_COUNT; i++) {
		ck_assert_ptr_nonnull(ha_stat_name((enum ha_stat)i));
		for (unsigned int j = 0; j < i; j++)
			ck_assert_str_ne(ha_stat_name((enum ha_stat)i),
			                 ha_stat_name((enum ha_stat)j));
	}
	for (unsigned int i = 0; i <= HA_NOTICE_REFUSED; i++)
		ck_assert_str_ne(ha_notice_name((enum ha_notice)i), "unknown");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ha_life");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, expiry);
	tcase_add_test(tcase, refresh_in_time);
	tcase_add_test(tcase, late_timer);
	tcase_add_test(tcase, claim_runs_out);
	tcase_add_test(tcase, restore_binding);
	tcase_add_test(tcase, restore_expired);
	tcase_add_test(tcase, restore_with_wrong_clock);
	tcase_add_test(tcase, restore_elsewhere);
	tcase_add_test(tcase, restore_group);
	tcase_add_test(tcase, revocation);
	tcase_add_test(tcase, revocation_unanswered);
	tcase_add_test(tcase, revocation_and_home);
	tcase_add_test(tcase, heartbeats);
	tcase_add_test(tcase, binding_error);
	tcase_add_test(tcase, bad_messages);
	tcase_add_test(tcase, unknown_type);
	tcase_add_test(tcase, home_address_options);
	tcase_add_test(tcase, unexpected_messages);
	tcase_add_test(tcase, reconfiguration);
	tcase_add_test(tcase, names);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
