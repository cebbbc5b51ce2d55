// SPDX-License-Identifier: GPL-2.0-or-later
/* The chain core: how chains are made, kept, moved and torn down, message by message. */
#include "chain_fixture.h"

#include <stdlib.h>

/* Nothing of hoa is left. */
static void check_gone(const struct cx *cx, const char *hoa)
{
	struct mip6_addr addr = cx_addr(hoa);
	struct chain_info info;
	struct ha_binding_info binding;

	ck_assert(!cx_info(cx, hoa, &info));
	ck_assert(!ha_binding_find(chain_wtru_side(cx->chain), &addr, &binding));
}

cx_test(made)
{
	const struct cx_sent *bu, *ba;
	struct mip6_addr pgw = cx_addr(CX_PGW), hoa = cx_addr(CX_HOA), coa = cx_addr(CX_COA),
			 anchor = cx_addr(CX_ANCHOR);

	/*
	 *  WTRU            PGW             D-GW
	 *   |-- extended BU ->|                |
	 *   |                 |-- BU, HAO ---->|   CoA = PGW, MN-ID = the WTRU's
	 *   |                 |<- BA 0, RH2 ---|
	 *   |<-- BA 0, RH2 ---|                |
	 */
	cx_bu(cx, &(struct cx_bu){.lifetime_s = 120});
	ck_assert_uint_eq(cx->sent_count, 1);
	bu = cx_to(cx, CX_ANCHOR);
	ck_assert_ptr_nonnull(bu);
	ck_assert_int_eq(bu->mh.type, MIP6_MH_BU);
	ck_assert(mip6_addr_equal(&bu->packet.src, &pgw));
	ck_assert(bu->packet.has_hao && mip6_addr_equal(&bu->packet.hao, &hoa));
	ck_assert(bu->mh.opt.has & MIP6_HAS_ALT_COA && mip6_addr_equal(&bu->mh.opt.alt_coa, &pgw));
	ck_assert_str_eq(bu->mh.opt.mn_id, cx->alice.nai);
	ck_assert(!(bu->mh.opt.has & MIP6_HAS_ANCHOR));
	ck_assert_uint_eq(bu->mh.bu.flags, MIP6_BU_A | MIP6_BU_H);
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 600 / 4);
	ck_assert(
		mip6_auth_verify(&bu->mh, bu->data, bu->packet.mh_len, &cx->anchor_sa, &pgw, &hoa));
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_WANT_CHAIN], 0);
	cx_ba(cx, bu, 0, 600);
	ba = cx_to(cx, CX_COA);
	ck_assert_ptr_nonnull(ba);
	ck_assert_uint_eq(cx->sent_count, 1);
	ck_assert_int_eq(ba->mh.ba.status, 0);
	ck_assert_uint_eq(ba->mh.ba.lifetime_s4, 120 / 4);
	ck_assert(ba->packet.has_rh2 && mip6_addr_equal(&ba->packet.rh2, &hoa));
	ck_assert(mip6_auth_verify(&ba->mh, ba->data, ba->packet.mh_len, &cx->alice.sa[0], &coa,
	                           &hoa));
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_WANT_CHAIN], 1);
	ck_assert(mip6_addr_equal(&cx->last[CHAIN_ACTION_WANT_CHAIN].chain.anchor, &anchor));
	ck_assert(mip6_addr_equal(&cx->last[CHAIN_ACTION_WANT_CHAIN].chain.coa, &coa));
	ck_assert(mip6_addr_equal(&cx->last[CHAIN_ACTION_WANT_CHAIN].chain.address, &pgw));
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_SAVE], 1);
	ck_assert(mip6_addr_equal(&cx->saved.anchor, &anchor));
	ck_assert_uint_eq(chain_count(cx->chain), 1);
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_CHAINS_MADE), 1);
}

cx_test(lifetime_of_the_anchor_bounds)
{
	cx_bu(cx, &(struct cx_bu){.lifetime_s = 300});
	cx_ba(cx, cx_to(cx, CX_ANCHOR), 0, 60);
	/* 60 s from when the BU was sent; 1 ms has passed. */
	ck_assert_uint_eq(cx_to(cx, CX_COA)->mh.ba.lifetime_s4, 56 / 4);
}

cx_test(moves_touch_one_leg)
{
	struct mip6_addr coa2 = cx_addr(CX_COA2);

	cx_chain(cx, CX_HOA, 300);
	cx_bu(cx, &(struct cx_bu){.coa = CX_COA2, .lifetime_s = 300});
	ck_assert_uint_eq(cx->sent_count, 1);
	ck_assert_int_eq(cx_status(cx, CX_COA2), 0);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_WANT_CHAIN], 1);
	ck_assert(mip6_addr_equal(&cx->last[CHAIN_ACTION_WANT_CHAIN].chain.coa, &coa2));
	ck_assert(cx_bound(cx, CX_HOA, CX_COA2));
}

cx_test(refresh_of_the_wtru)
{
	cx_chain(cx, CX_HOA, 300);
	cx_advance(cx, 60 * MIP6_S);
	cx_bu(cx, &(struct cx_bu){.lifetime_s = 100});
	ck_assert_uint_eq(cx->sent_count, 1); /* nothing to the anchor */
	ck_assert_uint_eq(cx_to(cx, CX_COA)->mh.ba.lifetime_s4, 100 / 4);
}

cx_test(refresh_of_the_anchor)
{
	struct chain_info before, after;

	cx_chain(cx, CX_HOA, 300);
	ck_assert(cx_info(cx, CX_HOA, &before));
	cx_advance(cx, 151 * MIP6_S);
	ck_assert_uint_ge(cx->sent_count, 1);
	for (size_t i = 0; i < cx->sent_count; i++) {
		if (cx->sent[i].mh.type == MIP6_MH_BU) {
			ck_assert_uint_eq(cx->sent[i].mh.bu.lifetime_s4, 600 / 4);
			cx_ba(cx, &cx->sent[i], 0, 300);
			break;
		}
	}
	ck_assert_uint_eq(cx->sent_count, 0); /* the WTRU hears nothing */
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_SAVE], 1);
	ck_assert(cx_info(cx, CX_HOA, &after));
	ck_assert_int_gt(after.anchor_expires, before.anchor_expires + 100 * MIP6_S);
	ck_assert_int_eq(after.wtru_expires, before.wtru_expires);
}

/* --- what the WTRU may not ask --- */

static int refused(struct cx *cx, const struct cx_bu *bu)
{
	struct mip6_addr hoa = cx_addr(bu->hoa != NULL ? bu->hoa : CX_HOA);
	struct chain_info info;

	cx_bu(cx, bu);
	ck_assert_uint_le(cx->sent_count, 1);
	ck_assert(!chain_find(cx->chain, &hoa, &info));
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_WANT_CHAIN], 0);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_SAVE], 0);
	return cx_status(cx, CX_COA);
}

cx_test(refuses_outside_the_roaming_list)
{
	ck_assert_int_eq(
		refused(cx, &(struct cx_bu){.anchor = "2001:db8:dead::1", .lifetime_s = 60}),
		MIP6_BA_PROHIBITED);
	/* A D-GW of the list, but it does not anchor this HoA. */
	ck_assert_int_eq(refused(cx, &(struct cx_bu){.anchor = CX_ANCHOR2, .lifetime_s = 60}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_BU_NOT_ROAMING), 2);
}

cx_test(refuses_itself)
{
	ck_assert_int_eq(refused(cx, &(struct cx_bu){.anchor = CX_PGW, .lifetime_s = 60}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_BU_SELF), 1);
}

cx_test(refuses_without_option)
{
	ck_assert_int_eq(refused(cx, &(struct cx_bu){.no_anchor = true, .lifetime_s = 60}),
	                 MIP6_BA_HOME_REG_UNSUPPORTED);
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_BU_NO_OPTION), 1);
}

/* An unauthenticated BU, for open mode, with these octets as one more option. */
static void raw_bu(struct cx *cx, const uint8_t *option, size_t len)
{
	struct mip6_packet packet = {
		.src = cx_addr(CX_COA),
		.dst = cx_addr(CX_PGW),
		.has_hao = true,
		.hao = cx_addr(CX_HOA),
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_BU,
		.bu = {.seq = ++cx->wtru_seq, .flags = MIP6_BU_A | MIP6_BU_H, .lifetime_s4 = 15},
		.opt = {.has = MIP6_HAS_ANCHOR | MIP6_HAS_EXPERIMENTAL,
	                .anchor = cx_addr(CX_ANCHOR)},
	};
	struct chain_event event = {.type = CHAIN_EVENT_MH, .mh = &packet};
	uint8_t data[MIP6_MH_MAX];
	size_t i;

	/* A place holder, whose octets are then put in. */
	mh.opt.experimental_len = (uint8_t)(len - 2);
	memset(mh.opt.experimental, 0xee, len - 2);
	packet.mh_len = mip6_mh_encode(&mh, data, sizeof(data), NULL);
	ck_assert_uint_gt(packet.mh_len, 0);
	for (i = 0; i + len <= packet.mh_len; i++) {
		if (data[i] == MIP6_OPT_EXPERIMENTAL && data[i + 2] == 0xee)
			break;
	}
	ck_assert_uint_le(i + len, packet.mh_len);
	memcpy(data + i, option, len);
	packet.mh = data;
	cx->now += MIP6_MS;
	cx_clear(cx);
	cx_event(cx, &event);
}

cx_test(refuses_two_options_and_wrong_lengths)
{
	uint8_t second[20] = {18, 18, 1, 0, 0x20, 1, 0xd, 0xb8};
	static const uint8_t shorter[] = {18, 10, 1, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0};
	static const uint8_t empty[] = {18, 1, 1};

	cx->config.open = true;
	cx_restart(cx);
	raw_bu(cx, second, sizeof(second));
	ck_assert_int_eq(cx_status(cx, CX_COA), MIP6_BA_UNSPECIFIED);
	raw_bu(cx, shorter, sizeof(shorter));
	ck_assert_int_eq(cx_status(cx, CX_COA), MIP6_BA_UNSPECIFIED);
	raw_bu(cx, empty, sizeof(empty));
	ck_assert_int_eq(cx_status(cx, CX_COA), MIP6_BA_UNSPECIFIED);
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_BU_BAD_OPTION), 3);
	check_gone(cx, CX_HOA);
}

cx_test(refuses_strangers)
{
	struct mip6_auth_sa wrong = cx->alice.sa[0];

	/* A WTRU of another operator is not known here: nothing at all (RFC 4285 section 5.1.1). */
	ck_assert_int_eq(refused(cx, &(struct cx_bu){.nai = "eve@b.example", .lifetime_s = 60}),
	                 -1);
	wrong.key[0] ^= 1;
	ck_assert_int_eq(refused(cx, &(struct cx_bu){.sa = &wrong, .lifetime_s = 60}),
	                 MIP6_BA_AUTH_FAIL);
	ck_assert_uint_eq(ha_stat_get(chain_wtru_side(cx->chain), HA_STAT_BU_BAD_AUTH), 2);
}

cx_test(refuses_another_anchor)
{
	cx->config.roaming[1].prefixes[0] = cx->config.roaming[0].prefixes[0];
	cx_restart(cx);
	cx_chain(cx, CX_HOA, 300);
	cx_bu(cx, &(struct cx_bu){.anchor = CX_ANCHOR2, .lifetime_s = 60});
	ck_assert_int_eq(cx_status(cx, CX_COA), MIP6_BA_PROHIBITED);
	ck_assert(cx_bound(cx, CX_HOA, CX_COA));
}

cx_test(refuses_beyond_its_limits)
{
	cx->config.identity_chains_max = 2;
	cx_restart(cx);
	cx_chain(cx, CX_HOA, 300);
	cx_chain(cx, CX_HOA2, 300);
	ck_assert_int_eq(refused(cx, &(struct cx_bu){.hoa = "2001:db8:a:3::1", .lifetime_s = 60}),
	                 MIP6_BA_INSUFFICIENT_RESOURCES);
	ck_assert_uint_eq(chain_count(cx->chain), 2);
}

/* --- what the anchor says --- */

cx_test(passes_the_anchors_refusal_on)
{
	static const struct {
		uint8_t anchor, wtru;
	} table[] = {
		{MIP6_BA_PROHIBITED, MIP6_BA_PROHIBITED},
		{MIP6_BA_NOT_HOME_SUBNET, MIP6_BA_NOT_HOME_SUBNET},
		{MIP6_BA_DAD_FAILED, MIP6_BA_DAD_FAILED},
		{MIP6_BA_INSUFFICIENT_RESOURCES, MIP6_BA_INSUFFICIENT_RESOURCES},
		/* About the PGW's own message. */
		{MIP6_BA_AUTH_FAIL, MIP6_BA_UNSPECIFIED},
		{MIP6_BA_MESG_ID_REQUIRED, MIP6_BA_UNSPECIFIED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		cx_bu(cx, &(struct cx_bu){.lifetime_s = 60});
		cx_ba(cx, cx_to(cx, CX_ANCHOR), table[i].anchor, 0);
		ck_assert_int_eq(cx_status(cx, CX_COA), table[i].wtru);
		check_gone(cx, CX_HOA);
		ck_assert_uint_eq(cx->count[CHAIN_ACTION_WANT_CHAIN], 0);
	}
}

cx_test(no_answer_is_130)
{
	unsigned int bus = 0;

	cx_bu(cx, &(struct cx_bu){.lifetime_s = 60});
	cx_advance(cx, 6900 * MIP6_MS);
	for (size_t i = 0; i < cx->sent_count; i++)
		bus += cx->sent[i].mh.type == MIP6_MH_BU;
	ck_assert_uint_eq(bus, 2); /* after 1 and 3 s */
	cx_advance(cx, 200 * MIP6_MS);
	ck_assert_int_eq(cx_status(cx, CX_COA), MIP6_BA_INSUFFICIENT_RESOURCES);
	check_gone(cx, CX_HOA);
}

cx_test(the_wtru_asks_again_meanwhile)
{
	struct cx_sent first;

	cx_bu(cx, &(struct cx_bu){.lifetime_s = 60});
	first = *cx_to(cx, CX_ANCHOR);
	first.packet.mh = first.data;
	/* It moves on before anything is answered: one BU at the anchor, the answer to the latest.
	 */
	cx_bu(cx, &(struct cx_bu){.coa = CX_COA2, .lifetime_s = 60});
	ck_assert_uint_eq(cx->sent_count, 0);
	cx_ba(cx, &first, 0, 60);
	ck_assert_int_eq(cx_status(cx, CX_COA2), 0);
	ck_assert_int_eq(cx_status(cx, CX_COA), -1);
	ck_assert(cx_bound(cx, CX_HOA, CX_COA2));
}

cx_test(learns_sequence_and_clock)
{
	struct cx_sent bu;
	struct mip6_packet head;
	struct mip6_mh mh = {.type = MIP6_MH_BA, .ba = {.status = MIP6_BA_ID_MISMATCH}};
	uint64_t theirs;

	cx_bu(cx, &(struct cx_bu){.lifetime_s = 60});
	bu = *cx_to(cx, CX_ANCHOR);
	head = (struct mip6_packet){
		.src = bu.packet.dst, .dst = bu.packet.src, .has_rh2 = true, .rh2 = bu.packet.hao};
	/* Its clock is an hour ahead. */
	theirs = bu.mh.opt.mesg_id + (UINT64_C(3600) << 32);
	mh.ba.seq = bu.mh.bu.seq;
	mh.opt.has = MIP6_HAS_MESG_ID;
	mh.opt.mesg_id = (theirs >> 32 << 32) | (bu.mh.opt.mesg_id & UINT32_MAX);
	cx_clear(cx);
	cx_mh(cx, &head, &mh, &cx->anchor_sa, CX_PGW, CX_HOA);
	ck_assert_uint_eq(cx->sent_count, 1);
	bu = *cx_to(cx, CX_ANCHOR);
	ck_assert_uint_ge(bu.mh.opt.mesg_id + (UINT64_C(1) << 32), theirs);
	ck_assert_uint_le(bu.mh.opt.mesg_id, theirs + (UINT64_C(1) << 32));
	/* Once per exchange: the next such answer is a refusal. */
	bu.packet.mh = bu.data;
	cx_ba(cx, &bu, MIP6_BA_ID_MISMATCH, 0);
	ck_assert_int_eq(cx_status(cx, CX_COA), MIP6_BA_UNSPECIFIED);
	check_gone(cx, CX_HOA);
}

cx_test(ignores_forged_answers)
{
	struct cx_sent bu, other;

	cx_bu(cx, &(struct cx_bu){.lifetime_s = 60});
	bu = *cx_to(cx, CX_ANCHOR);
	/* Another sender. */
	other = bu;
	other.packet.dst = cx_addr("2001:db8:dead::1");
	cx_ba(cx, &other, 0, 60);
	/* Another number. */
	other = bu;
	other.mh.bu.seq++;
	cx_ba(cx, &other, 0, 60);
	/* Another time. */
	other = bu;
	other.mh.opt.mesg_id++;
	cx_ba(cx, &other, 0, 60);
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_BA_UNMATCHED), 3);
	/* Another key. */
	cx->anchor_sa.key[0] ^= 1;
	other = bu;
	{
		struct mip6_auth_sa wrong = cx->anchor_sa;
		struct mip6_packet head = {.src = bu.packet.dst,
		                           .dst = bu.packet.src,
		                           .has_rh2 = true,
		                           .rh2 = bu.packet.hao};
		struct mip6_mh mh = {
			.type = MIP6_MH_BA,
			.ba = {.seq = bu.mh.bu.seq, .lifetime_s4 = 15},
			.opt = {.has = MIP6_HAS_MESG_ID, .mesg_id = bu.mh.opt.mesg_id}};

		cx->anchor_sa.key[0] ^= 1;
		cx_mh(cx, &head, &mh, &wrong, CX_PGW, CX_HOA);
	}
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_BA_BAD_AUTH), 1);
	ck_assert(!cx_bound(cx, CX_HOA, CX_COA));
	bu.packet.mh = bu.data;
	cx_ba(cx, &bu, 0, 60);
	ck_assert(cx_bound(cx, CX_HOA, CX_COA));
}

/* --- how chains end --- */

cx_test(released)
{
	cx_chain(cx, CX_HOA, 300);
	/*
	 *  WTRU            PGW             D-GW
	 *   |-- BU, lt 0 ---->|-- BU, lt 0 --->|
	 *   |                 |<- BA 0 --------|
	 *   |<-- BA 0 --------|                |
	 */
	cx_bu(cx, &(struct cx_bu){0});
	ck_assert_uint_eq(cx->sent_count, 1);
	ck_assert_uint_eq(cx_to(cx, CX_ANCHOR)->mh.bu.lifetime_s4, 0);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_UNWANT_CHAIN], 0);
	cx_ba(cx, cx_to(cx, CX_ANCHOR), 0, 0);
	ck_assert_int_eq(cx_status(cx, CX_COA), 0);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_UNWANT_CHAIN], 1);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_FORGET], 1);
	check_gone(cx, CX_HOA);
	/* And nothing to give up now. */
	cx_bu(cx, &(struct cx_bu){0});
	ck_assert_int_eq(cx_status(cx, CX_COA), MIP6_BA_NOT_HOME_AGENT);
	check_gone(cx, CX_HOA);
}

cx_test(released_without_answer)
{
	cx_chain(cx, CX_HOA, 300);
	cx_bu(cx, &(struct cx_bu){0});
	cx_advance(cx, 8 * MIP6_S);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_UNWANT_CHAIN], 1);
	check_gone(cx, CX_HOA);
}

cx_test(release_taken_back)
{
	cx_chain(cx, CX_HOA, 300);
	cx_bu(cx, &(struct cx_bu){0});
	cx_bu(cx, &(struct cx_bu){.coa = CX_COA2, .lifetime_s = 300});
	ck_assert_uint_eq(cx_to(cx, CX_ANCHOR)->mh.bu.lifetime_s4, 150);
	cx_ba(cx, cx_to(cx, CX_ANCHOR), 0, 300);
	ck_assert_int_eq(cx_status(cx, CX_COA2), 0);
	ck_assert(cx_bound(cx, CX_HOA, CX_COA2));
}

cx_test(the_wtru_vanishes)
{
	bool ran_out = false;

	cx_chain(cx, CX_HOA, 40);
	/* The anchor's leg is refreshed at half time, but not for a WTRU that is gone. */
	cx_advance(cx, 21 * MIP6_S);
	for (size_t i = 0; i < cx->sent_count; i++) {
		if (cx->sent[i].mh.type == MIP6_MH_BU) {
			cx_ba(cx, &cx->sent[i], 0, 40);
			break;
		}
	}
	cx_advance(cx, 20 * MIP6_S);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_UNWANT_CHAIN], 1);
	for (size_t i = 0; i < cx->sent_count; i++) {
		const struct cx_sent *sent = &cx->sent[i];

		/* Not 0: the WTRU keeps the ownership of its HoA for now. */
		if (sent->mh.type == MIP6_MH_BU && sent->mh.bu.lifetime_s4 == 1) {
			ran_out = true;
			cx_ba(cx, sent, 0, 4);
			break;
		}
	}
	ck_assert(ran_out);
	check_gone(cx, CX_HOA);
}

cx_test(the_anchor_dies)
{
	cx->config.heartbeat_interval_ms = 10000;
	cx_restart(cx);
	cx_chain(cx, CX_HOA, 60);
	cx_advance(cx, 35 * MIP6_S);
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_HEARTBEAT_LOST), 2);
	/* A WTRU that refreshes gets what there is left of the anchor's leg, and no more. */
	cx_bu(cx, &(struct cx_bu){.lifetime_s = 60});
	ck_assert_int_eq(cx_status(cx, CX_COA), 0);
	ck_assert_uint_le(cx_to(cx, CX_COA)->mh.ba.lifetime_s4, 25 / 4);
	cx_advance(cx, 30 * MIP6_S);
	ck_assert_uint_eq(chain_stat_get(cx->chain, CHAIN_STAT_HEARTBEAT_LOST), 5);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_UNWANT_CHAIN], 1);
	cx_advance(cx, 10 * MIP6_S);
	check_gone(cx, CX_HOA);
}

cx_test(the_anchor_refuses_the_refresh)
{
	struct mip6_addr hoa = cx_addr(CX_HOA);

	cx_chain(cx, CX_HOA, 300);
	cx_advance(cx, 149 * MIP6_S);
	cx_advance(cx, 2 * MIP6_S);
	ck_assert_int_eq(cx->sent[cx->sent_count - 1].mh.type, MIP6_MH_BU);
	cx_ba(cx, &cx->sent[cx->sent_count - 1], MIP6_BA_PROHIBITED, 0);
	ck_assert_int_eq(cx_to(cx, CX_COA)->mh.type, MIP6_MH_BE);
	ck_assert(mip6_addr_equal(&cx_to(cx, CX_COA)->mh.be.hoa, &hoa));
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_UNWANT_CHAIN], 1);
	check_gone(cx, CX_HOA);
}

cx_test(revoked_by_our_operator)
{
	struct cx_sent bu, bri;
	struct mip6_packet head = {.src = cx_addr(CX_COA),
	                           .dst = cx_addr(CX_PGW),
	                           .has_hao = true,
	                           .hao = cx_addr(CX_HOA)};
	struct mip6_mh bra = {.type = MIP6_MH_REVOCATION};

	cx_chain(cx, CX_HOA, 300);
	cx_revoke(cx, CX_HOA);
	ck_assert_uint_eq(cx->sent_count, 2);
	bri = *cx_to(cx, CX_COA);
	ck_assert_int_eq(bri.mh.type, MIP6_MH_REVOCATION);
	ck_assert_int_eq(bri.mh.revocation.type, MIP6_REVOCATION_BRI);
	bu = *cx_to(cx, CX_ANCHOR);
	ck_assert_uint_eq(bu.mh.bu.lifetime_s4, 0);
	bu.packet.mh = bu.data;
	cx_ba(cx, &bu, 0, 0);
	ck_assert_uint_eq(chain_count(cx->chain), 0);
	/* The WTRU may ask, but is told again. */
	cx_bu(cx, &(struct cx_bu){.lifetime_s = 60});
	ck_assert_int_eq(cx_status(cx, CX_COA), MIP6_BA_PROHIBITED);
	bra.revocation.type = MIP6_REVOCATION_BRA;
	bra.revocation.seq = bri.mh.revocation.seq;
	cx_mh(cx, &head, &bra, &cx->alice.sa[0], CX_COA, CX_HOA);
	check_gone(cx, CX_HOA);
}

cx_test(revoked_by_the_anchor)
{
	cx_chain(cx, CX_HOA, 300);
	cx_bri(cx, CX_HOA, MIP6_REVOCATION_ADMINISTRATIVE, 77);
	ck_assert_int_eq(cx_to(cx, CX_ANCHOR)->mh.revocation.type, MIP6_REVOCATION_BRA);
	ck_assert_int_eq(cx_to(cx, CX_ANCHOR)->mh.revocation.trigger, 0);
	ck_assert_int_eq(cx_to(cx, CX_ANCHOR)->mh.revocation.seq, 77);
	ck_assert_int_eq(cx_to(cx, CX_COA)->mh.revocation.type, MIP6_REVOCATION_BRI);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_UNWANT_CHAIN], 1);
	ck_assert_uint_eq(chain_count(cx->chain), 0);
	/* Our answer was lost: another one. */
	cx_bri(cx, CX_HOA, MIP6_REVOCATION_ADMINISTRATIVE, 77);
	ck_assert_int_eq(cx_to(cx, CX_ANCHOR)->mh.revocation.type, MIP6_REVOCATION_BRA);
	ck_assert_int_eq(cx_to(cx, CX_ANCHOR)->mh.revocation.trigger, 128);
}

cx_test(left_by_the_wtru)
{
	cx_chain(cx, CX_HOA, 300);
	cx_bri(cx, CX_HOA, MIP6_REVOCATION_HANDOVER, 5);
	ck_assert_int_eq(cx_to(cx, CX_ANCHOR)->mh.revocation.type, MIP6_REVOCATION_BRA);
	/* If it still believes in us, it shall ask. */
	ck_assert_int_eq(cx_to(cx, CX_COA)->mh.type, MIP6_MH_BE);
	check_gone(cx, CX_HOA);
}

cx_test(forged_revocations)
{
	struct mip6_auth_sa right = cx->anchor_sa;

	cx_chain(cx, CX_HOA, 300);
	cx->anchor_sa.key[0] ^= 1;
	{
		struct mip6_packet head = {.src = cx_addr(CX_ANCHOR),
		                           .dst = cx_addr(CX_PGW),
		                           .has_rh2 = true,
		                           .rh2 = cx_addr(CX_HOA)};
		struct mip6_mh mh = {.type = MIP6_MH_REVOCATION,
		                     .revocation = {.type = MIP6_REVOCATION_BRI, .trigger = 1}};
		struct mip6_auth_sa wrong = cx->anchor_sa;

		cx->anchor_sa = right;
		cx_mh(cx, &head, &mh, &wrong, CX_PGW, CX_HOA);
		/* By the right key, but not from the anchor of this chain. */
		head.src = cx_addr(CX_ANCHOR2);
		cx_mh(cx, &head, &mh, &right, CX_PGW, CX_HOA);
	}
	ck_assert(cx_bound(cx, CX_HOA, CX_COA));
}

/* --- restarts --- */

static void answer_heartbeat(struct cx *cx, uint32_t restart_counter)
{
	for (size_t i = cx->sent_count; i-- > 0;) {
		struct mip6_packet head;
		struct mip6_mh mh = {.type = MIP6_MH_HEARTBEAT};

		if (cx->sent[i].mh.type != MIP6_MH_HEARTBEAT)
			continue;
		head = (struct mip6_packet){.src = cx->sent[i].packet.dst,
		                            .dst = cx->sent[i].packet.src};
		mh.heartbeat.flags = MIP6_HEARTBEAT_R;
		mh.heartbeat.seq = cx->sent[i].mh.heartbeat.seq;
		mh.opt.has = MIP6_HAS_RESTART_COUNTER;
		mh.opt.restart_counter = restart_counter;
		cx_mh(cx, &head, &mh, NULL, CX_ANCHOR, CX_ANCHOR);
		return;
	}
	ck_abort_msg("no heartbeat");
}

cx_test(the_anchor_restarts)
{
	unsigned int bus = 0;

	cx->config.heartbeat_interval_ms = 10000;
	cx_restart(cx);
	cx_chain(cx, CX_HOA, 300);
	cx_chain(cx, CX_HOA2, 300);
	cx_advance(cx, 10 * MIP6_S);
	answer_heartbeat(cx, 1);
	cx_advance(cx, 10 * MIP6_S);
	ck_assert_uint_eq(cx->sent_count, 1);
	answer_heartbeat(cx, 2);
	ck_assert_int_eq(cx->last[CHAIN_ACTION_NOTIFY].notice.what, CHAIN_NOTICE_RESTARTED);
	cx_advance(cx, 100 * MIP6_MS);
	for (size_t i = 0; i < cx->sent_count; i++)
		bus += cx->sent[i].mh.type == MIP6_MH_BU;
	ck_assert_uint_eq(bus, 2);
}

cx_test(hints_of_the_anchor)
{
	struct mip6_packet head = {.src = cx_addr(CX_ANCHOR), .dst = cx_addr(CX_PGW)};
	struct mip6_mh mh = {.type = MIP6_MH_BE,
	                     .be = {.status = MIP6_BE_UNKNOWN_BINDING, .hoa = cx_addr(CX_HOA)}};

	cx_chain(cx, CX_HOA, 300);
	cx_advance(cx, 2 * MIP6_S);
	cx_mh(cx, &head, &mh, NULL, CX_ANCHOR, CX_ANCHOR);
	ck_assert_uint_eq(cx_to(cx, CX_ANCHOR)->mh.bu.lifetime_s4, 150);
	cx_ba(cx, cx_to(cx, CX_ANCHOR), 0, 300);
	/* No more than one per second. */
	cx_clear(cx);
	cx_mh(cx, &head, &mh, NULL, CX_ANCHOR, CX_ANCHOR);
	ck_assert_uint_eq(cx->sent_count, 0);
	/* Nor from anybody else. */
	cx_advance(cx, 2 * MIP6_S);
	head.src = cx_addr(CX_ANCHOR2);
	cx_mh(cx, &head, &mh, NULL, CX_ANCHOR, CX_ANCHOR);
	ck_assert_uint_eq(cx->sent_count, 0);
}

cx_test(restored)
{
	struct chain_event event = {.type = CHAIN_EVENT_RESTORE};
	struct chain_record record;

	cx_chain(cx, CX_HOA, 300);
	record = cx->saved;
	cx_restart(cx);
	event.restore = &record;
	cx_event(cx, &event);
	ck_assert_uint_eq(cx->sent_count, 0); /* nobody notices */
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_WANT_CHAIN], 1);
	ck_assert(cx_bound(cx, CX_HOA, CX_COA));
	/* A move goes on as before; what was sent before is a replay. */
	cx_bu(cx, &(struct cx_bu){.coa = CX_COA2, .lifetime_s = 300});
	ck_assert_int_eq(cx_status(cx, CX_COA2), 0);
}

cx_test(restored_too_late)
{
	struct chain_event event = {.type = CHAIN_EVENT_RESTORE};
	struct chain_record record;

	cx_chain(cx, CX_HOA, 300);
	record = cx->saved;
	/* The WTRU's leg is over, the anchor's is not: it is told. */
	record.wtru.expires_unix_us = cx->now + cx->unix_offset_us;
	cx_restart(cx);
	event.restore = &record;
	cx_event(cx, &event);
	ck_assert_uint_eq(cx_to(cx, CX_ANCHOR)->mh.bu.lifetime_s4, 1);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_WANT_CHAIN], 0);
	cx_ba(cx, cx_to(cx, CX_ANCHOR), 0, 4);
	check_gone(cx, CX_HOA);
	/* The anchor's is over: no chain. */
	record = cx->saved;
	record.anchor_expires_unix_us = cx->now + cx->unix_offset_us;
	cx_restart(cx);
	cx_event(cx, &event);
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_FORGET], 1);
	check_gone(cx, CX_HOA);
}

cx_test(out_of_the_roaming_list)
{
	cx_chain(cx, CX_HOA, 300);
	cx->config.roaming_count = 0;
	ck_assert(chain_reconfigure(cx->chain, &cx->config));
	ck_assert(cx_bound(cx, CX_HOA, CX_COA));
	cx_advance(cx, 151 * MIP6_S);
	ck_assert(!cx_bound(cx, CX_HOA, CX_COA));
	ck_assert_uint_eq(cx->count[CHAIN_ACTION_UNWANT_CHAIN], 1);
	cx->config.chains_max++;
	ck_assert(!chain_reconfigure(cx->chain, &cx->config));
}

cx_test(unbound_packets)
{
	struct chain_event event = {.type = CHAIN_EVENT_UNBOUND};

	event.unbound.outer_src = cx_addr(CX_COA);
	event.unbound.outer_dst = cx_addr(CX_PGW);
	event.unbound.inner_src = cx_addr(CX_HOA);
	cx_event(cx, &event);
	ck_assert_int_eq(cx_to(cx, CX_COA)->mh.type, MIP6_MH_BE);
	cx_chain(cx, CX_HOA, 300);
	cx_clear(cx);
	event.unbound.outer_src = cx_addr(CX_ANCHOR);
	event.unbound.inner_src = cx_addr("2001:db8:e::1");
	cx_event(cx, &event);
	ck_assert_uint_eq(cx->sent_count, 0);
}

cx_test(names)
{
	for (int i = 0; i < CHAIN_STAT_COUNT; i++)
		ck_assert_str_ne(chain_stat_name((enum chain_stat)i), "unknown");
	for (int i = 0; i <= CHAIN_NOTICE_RESTARTED; i++)
		ck_assert_str_ne(chain_notice_name((enum chain_notice)i), "unknown");
	for (int i = 0; i <= CHAIN_CLOSING; i++)
		ck_assert_str_ne(chain_state_name((enum chain_state)i), "unknown");
	ck_assert_ptr_nonnull(cx->chain);
}

int main(void)
{
	Suite *suite = suite_create("chain");
	TCase *tcase = tcase_create("chain");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, made);
	tcase_add_test(tcase, lifetime_of_the_anchor_bounds);
	tcase_add_test(tcase, moves_touch_one_leg);
	tcase_add_test(tcase, refresh_of_the_wtru);
	tcase_add_test(tcase, refresh_of_the_anchor);
	tcase_add_test(tcase, refuses_outside_the_roaming_list);
	tcase_add_test(tcase, refuses_itself);
	tcase_add_test(tcase, refuses_without_option);
	tcase_add_test(tcase, refuses_two_options_and_wrong_lengths);
	tcase_add_test(tcase, refuses_strangers);
	tcase_add_test(tcase, refuses_another_anchor);
	tcase_add_test(tcase, refuses_beyond_its_limits);
	tcase_add_test(tcase, passes_the_anchors_refusal_on);
	tcase_add_test(tcase, no_answer_is_130);
	tcase_add_test(tcase, the_wtru_asks_again_meanwhile);
	tcase_add_test(tcase, learns_sequence_and_clock);
	tcase_add_test(tcase, ignores_forged_answers);
	tcase_add_test(tcase, released);
	tcase_add_test(tcase, released_without_answer);
	tcase_add_test(tcase, release_taken_back);
	tcase_add_test(tcase, the_wtru_vanishes);
	tcase_add_test(tcase, the_anchor_dies);
	tcase_add_test(tcase, the_anchor_refuses_the_refresh);
	tcase_add_test(tcase, revoked_by_our_operator);
	tcase_add_test(tcase, revoked_by_the_anchor);
	tcase_add_test(tcase, left_by_the_wtru);
	tcase_add_test(tcase, forged_revocations);
	tcase_add_test(tcase, the_anchor_restarts);
	tcase_add_test(tcase, hints_of_the_anchor);
	tcase_add_test(tcase, restored);
	tcase_add_test(tcase, restored_too_late);
	tcase_add_test(tcase, out_of_the_roaming_list);
	tcase_add_test(tcase, unbound_packets);
	tcase_add_test(tcase, names);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
