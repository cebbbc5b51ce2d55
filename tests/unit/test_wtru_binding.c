// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core, binding update list: back-off, sequence numbers, every BA status, refresh, RFC
 * 4285 authentication and timestamps, forged and replayed answers, anchor claims.
 */
#include <stdlib.h>

#include "wtru_fixture.h"

/* In use, so that nothing is released while time passes. */
static void pass_in_use(mip6_time time)
{
	mip6_time end = world.now + time;

	keep(HOA(1), true);
	world_until(&world, end);
}

START_TEST(back_off_is_exact)
{
	const struct world_action *bu = away();
	mip6_time at = bu->at, wait = MIP6_S;
	uint16_t seq = bu->mh.bu.seq;

	world_clear(&world);
	pass_in_use(200 * MIP6_S);
	/*
	 * 1, 2, 4, 8, 16, 32, 32, … seconds; each with the next sequence number (RFC 6275 section
	 * 11.8).
	 */
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 10);
	for (size_t n = 0, k = 0; n < 10; k++) {
		const struct world_action *action = world_find(&world, WTRU_ACTION_SEND, k);

		ck_assert_ptr_nonnull(action);
		if (action->mh.type != MIP6_MH_BU)
			continue;
		at += wait;
		wait = wait < 32 * MIP6_S ? 2 * wait : wait;
		seq++;
		ck_assert_int_eq(action->at, at);
		ck_assert_uint_eq(action->mh.bu.seq, seq);
		n++;
	}
	ck_assert_uint_eq(stat(BU_RETRANSMITTED), 10);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_TIMEOUT), 10);
	assert_state(1, WTRU_REGISTERING);
}
END_TEST

/* A BA answers any transmission of its exchange; a second one answers nothing any more. */
START_TEST(late_and_repeated_answer)
{
	struct world_action first = *away();
	struct wtru_instance_info info;

	pass_in_use(4 * MIP6_S);
	world_answer(&world, &first, 0, 600);
	assert_state(1, WTRU_BOUND);
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_uint_eq(info.rtt_us, 4000000);
	/* Counted from the transmission that was answered (section 11.7.3). */
	ck_assert_int_eq(info.expires, first.at + 600 * MIP6_S);
	world_answer(&world, &first, 0, 600);
	ck_assert_uint_eq(stat(BA_UNMATCHED), 1);
	world_answer(&world, &first, MIP6_BA_PROHIBITED, 0);
	assert_state(1, WTRU_BOUND);
	ck_assert_uint_eq(stat(BA_ACCEPTED), 3);
}
END_TEST

START_TEST(forged_answers)
{
	const struct world_action *bu = away();
	struct world_ba ba;

	world_ba_make(&world, &ba, bu, 0, 600);
	ba.packet.src = world_anchor(9);
	world_ba_send(&world, &ba);
	world_ba_make(&world, &ba, bu, 0, 600);
	ba.packet.rh2 = HOA(9);
	world_ba_send(&world, &ba);
	world_ba_make(&world, &ba, bu, 0, 600);
	ba.packet.has_rh2 = false; /* to the CoA, which is a HoA without such an exchange */
	world_ba_send(&world, &ba);
	ck_assert_uint_eq(stat(BA_UNMATCHED), 3);
	world_ba_make(&world, &ba, bu, 0, 600);
	ba.mh.ba.seq++;
	world_ba_send(&world, &ba);
	world_ba_make(&world, &ba, bu, 0, 600);
	ba.mh.ba.seq--;
	world_ba_send(&world, &ba);
	ck_assert_uint_eq(stat(BA_BAD_SEQ), 2);
	assert_state(1, WTRU_REGISTERING);
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
}
END_TEST

/* The answer to a BU for the CoA before the last is none. */
START_TEST(answer_for_old_coa)
{
	struct world_action old = *away();

	pass(2 * MIP6_S);
	move(3);
	world_answer(&world, &old, 0, 600);
	ck_assert_uint_eq(stat(BA_BAD_SEQ), 1);
	assert_state(1, WTRU_REGISTERING);
}
END_TEST

START_TEST(sequence_wraps)
{
	const struct world_action *bu;
	uint16_t last;

	world.fixed_random = true;
	world.random = 0xfffd;
	bu = away(); /* claim 0xfffe, BU 0xffff */
	ck_assert_uint_eq(bu->mh.bu.seq, 0xffff);
	pass_in_use(MIP6_S);
	bu = world_bu(&world, HOA(1));
	last = bu->mh.bu.seq;
	ck_assert_uint_eq(last, 0);
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
}
END_TEST

static uint8_t refusals[] = {
	MIP6_BA_UNSPECIFIED,
	MIP6_BA_PROHIBITED,
	MIP6_BA_INSUFFICIENT_RESOURCES,
	MIP6_BA_HOME_REG_UNSUPPORTED,
	MIP6_BA_NOT_HOME_SUBNET,
	MIP6_BA_NOT_HOME_AGENT,
	MIP6_BA_EXPIRED_HOME_NONCE,
	MIP6_BA_TYPE_CHANGE,
	MIP6_BA_ID_MISMATCH,
	MIP6_BA_MESG_ID_REQUIRED,
	MIP6_BA_AUTH_FAIL,
	MIP6_BA_INVALID_COA,
	200,
};

START_TEST(refusal)
{
	const struct world_action *bu = away();
	uint8_t status = refusals[_i];
	mip6_time wait = 10 * MIP6_S, at;
	struct wtru_instance_info info;

	pass_in_use(0);
	world_answer(&world, bu, status, 0);
	assert_state(1, WTRU_REFUSED);
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_uint_eq(info.status, status);
	ck_assert_uint_eq(world_notice(&world, WTRU_NOTICE_REFUSED)->a.notice.status, status);
	ck_assert_uint_eq(stat(BA_ERROR), 1);
	/* Again after 10, 20, 40, … 300 s. */
	for (size_t n = 0; n < 7; n++) {
		at = world.now;
		world_clear(&world);
		pass(wait - 1);
		ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
		pass(1);
		bu = world_bu(&world, HOA(1));
		ck_assert_ptr_nonnull(bu);
		ck_assert_int_eq(bu->at, at + wait);
		world_answer(&world, bu, status, 0);
		wait = 2 * wait > 300 * MIP6_S ? 300 * MIP6_S : 2 * wait;
	}
	/* The next handover does not wait. */
	world_clear(&world);
	move(3);
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	world_answer(&world, bu, status, 0);
	world_clear(&world);
	pass(10 * MIP6_S); /* and the wait starts anew */
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
}
END_TEST

/* RFC 6275 section 11.7.1: after 134 the HoA MUST NOT be used again. */
START_TEST(duplicate_address)
{
	const struct world_action *bu = away();

	/* That the interface still has it from its former link does not make it ours there. */
	world_answer(&world, bu, MIP6_BA_DAD_FAILED, 0);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_ENDED), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	ck_assert(world_find(&world, WTRU_ACTION_UNWANT_HOA, 0)->a.hoa.ended);
}
END_TEST

START_TEST(sequence_out_of_window)
{
	const struct world_action *bu = away();
	struct world_ba ba;
	mip6_time at = world.now;

	world_ba_make(&world, &ba, bu, MIP6_BA_SEQ_OUT_OF_WINDOW, 0);
	ba.mh.ba.seq = 0x7000;
	world_clear(&world);
	world_ba_send(&world, &ba);
	/* The next number, at once. */
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	ck_assert_uint_eq(bu->mh.bu.seq, 0x7001);
	/* A second time only with the back-off. */
	ba.mh.ba.seq = 0x7100;
	world_clear(&world);
	world_ba_send(&world, &ba);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	pass_in_use(MIP6_S);
	bu = world_bu(&world, HOA(1));
	ck_assert_uint_eq(bu->mh.bu.seq, 0x7101);
	ck_assert_int_eq(bu->at, at + MIP6_S);
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
	/* Out of an exchange it means nothing. */
	ba.mh.ba.seq = 1;
	world_ba_send(&world, &ba);
	ck_assert_uint_eq(stat(BA_UNMATCHED), 1);
}
END_TEST

START_TEST(refresh)
{
	const struct world_action *bu = away();
	struct world_ba ba;
	mip6_time at = bu->at;

	world_answer(&world, bu, MIP6_BA_PREFIX_DISCOVERY_NEEDED, 100); /* less than asked for */
	assert_state(1, WTRU_BOUND);
	world_clear(&world);
	pass_in_use(84999 * MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	pass(MIP6_MS);
	bu = world_bu(&world, HOA(1));
	ck_assert_int_eq(bu->at, at + 85 * MIP6_S);
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 150);
	assert_state(1, WTRU_BOUND);
	/* With advice: when advised. */
	at = bu->at;
	world_ba_make(&world, &ba, bu, 0, 600);
	ba.mh.opt.has |= MIP6_HAS_REFRESH_ADVICE;
	ba.mh.opt.refresh_interval_s4 = 10;
	world_clear(&world);
	world_ba_send(&world, &ba);
	pass(40 * MIP6_S);
	bu = world_bu(&world, HOA(1));
	ck_assert_int_eq(bu->at, at + 40 * MIP6_S);
	/*
	 * Never answered again: it expires where the anchor forgets it, and is asked for all the
	 * same.
	 */
	pass_in_use(at + 599 * MIP6_S - world.now);
	assert_state(1, WTRU_BOUND);
	pass(2 * MIP6_S);
	assert_state(1, WTRU_REGISTERING);
	world_clear(&world);
	pass(32 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
}
END_TEST

START_TEST(lifetimes)
{
	const struct world_action *bu;
	struct wtru_event event = {.type = WTRU_EVENT_ADDRESS};

	world.config.lifetime_s = 500000;
	world.config.use_interval_ms = 60000;
	wtru_reconfigure(world.w, &world.config);
	bu = away();
	/* The HoA is valid for 7200 s since two seconds ago, the CoA for 7200 s. */
	ck_assert_uint_eq(bu->mh.bu.lifetime_s4, 7198 / 4);
	/* Granted: the HoA lives on, and the CoA's lifetime is what counts. */
	world_answer(&world, bu, 0, 7196);
	event.address.ifindex = LINK;
	event.address.addr = HOA(2);
	event.address.prefix_len = 64;
	event.address.present = event.address.usable = true;
	event.address.valid_s = 7000;
	world_step(&world, &event);
	world_clear(&world);
	pass_in_use(7196 * MIP6_S / 100 * 85);
	/* The RA gave the CoA 7200 s: those less the time that has passed. */
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.lifetime_s4, (7200 - 6117) / 4);
	/* Accepted for no time: refused in effect. */
	world_answer(&world, world_bu(&world, HOA(1)), 0, 0);
	assert_state(1, WTRU_REFUSED);
}
END_TEST

/* RFC 6275 section 11.5.3: MUST NOT be more than three BUs within a second. */
START_TEST(update_rate)
{
	mip6_time start;

	away();
	pass(2 * MIP6_S);
	world_clear(&world);
	start = world.now;
	for (unsigned int n = 3; n < 13; n++) {
		move(n);
		pass(20 * MIP6_MS);
	}
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 3);
	pass(900 * MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 4);
	/* The one that had to wait tells the CoA of now. */
	assert_addr(world_bu(&world, HOA(1))->a.packet.src, HOA(12));
	ck_assert_int_eq(world_bu(&world, HOA(1))->at, start + MIP6_S);
}
END_TEST

START_TEST(authenticated)
{
	const struct world_action *bu;
	struct world_ba ba;
	uint64_t id;

	world.has_sa = true;
	bu = away();
	ck_assert_uint_eq(bu->mh.opt.has & (MIP6_HAS_AUTH | MIP6_HAS_MESG_ID),
	                  MIP6_HAS_AUTH | MIP6_HAS_MESG_ID);
	ck_assert(mip6_auth_verify(&bu->mh, bu->a.packet.mh, bu->a.packet.mh_len, &world.sa,
	                           &bu->a.packet.src, &bu->a.packet.hao));
	id = bu->mh.opt.mesg_id;
	ck_assert(id == mip6_ntp_from_unix_us(world.unix_us + bu->at));
	/* Without authenticator, with a wrong key, with another timestamp, without timestamp. */
	world.has_sa = false;
	world_ba_make(&world, &ba, bu, 0, 600);
	ba.packet.mh = ba.data;
	ba.packet.mh_len =
		mip6_auth_encode(&ba.mh, NULL, &ba.coa, &ba.hoa, ba.data, sizeof(ba.data));
	world.has_sa = true;
	world_mh(&world, &ba.packet);
	ck_assert_uint_eq(stat(BA_BAD_AUTH), 1);
	ba.packet.mh_len = mip6_auth_encode(
		&ba.mh,
		&(struct mip6_auth_sa){.spi = 3, .algorithm = MIP6_AUTH_HMAC_SHA1, .key_len = 16},
		&ba.coa, &ba.hoa, ba.data, sizeof(ba.data));
	world_mh(&world, &ba.packet);
	ck_assert_uint_eq(stat(BA_BAD_AUTH), 2);
	ba.mh.opt.mesg_id++;
	world_ba_send(&world, &ba);
	ba.mh.opt.has = 0;
	world_ba_send(&world, &ba);
	ck_assert_uint_eq(stat(BA_BAD_SEQ), 2);
	/* One bit of a right one. */
	world_ba_make(&world, &ba, bu, 0, 600);
	ba.packet.mh = ba.data;
	ba.packet.mh_len =
		mip6_auth_encode(&ba.mh, &world.sa, &ba.coa, &ba.hoa, ba.data, sizeof(ba.data));
	ba.data[11] ^= 1; /* lifetime */
	world_mh(&world, &ba.packet);
	ck_assert_uint_eq(stat(BA_BAD_AUTH), 3);
	assert_state(1, WTRU_REGISTERING);
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
	/* The clock stands still or goes back: timestamps grow all the same. */
	world.unix_us -= 3600 * MIP6_S;
	move(3);
	ck_assert(world_bu(&world, HOA(1))->mh.opt.mesg_id == id + 1);
}
END_TEST

/* Status 146 cannot be authenticated by who has the wrong key: shown, but it stops nothing. */
START_TEST(wrong_key)
{
	struct world_action bu;
	struct world_ba ba;
	struct wtru_instance_info info;

	world.has_sa = true;
	bu = *away();
	world_ba_make(&world, &ba, &bu, MIP6_BA_AUTH_FAIL, 0);
	ba.packet.mh = ba.data;
	ba.packet.mh_len = mip6_mh_encode(&ba.mh, ba.data, sizeof(ba.data), NULL);
	world_mh(&world, &ba.packet);
	world_mh(&world, &ba.packet);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_REFUSED), 1);
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_uint_eq(info.status, MIP6_BA_AUTH_FAIL);
	assert_state(1, WTRU_REGISTERING);
	world_clear(&world);
	pass_in_use(MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	/* 135 and 144 without authenticator are nothing. */
	world_clear(&world);
	ba.mh.ba.status = MIP6_BA_SEQ_OUT_OF_WINDOW;
	ba.packet.mh_len = mip6_mh_encode(&ba.mh, ba.data, sizeof(ba.data), NULL);
	world_mh(&world, &ba.packet);
	ba.mh.ba.status = MIP6_BA_ID_MISMATCH;
	ba.packet.mh_len = mip6_mh_encode(&ba.mh, ba.data, sizeof(ba.data), NULL);
	world_mh(&world, &ba.packet);
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

/* RFC 6275 section 5.1: with ESP there is no authentication option, and nothing without it counts.
 */
START_TEST(inside_esp)
{
	const struct world_action *bu;
	struct world_ba ba;
	uint64_t before;

	world.has_sa = true; /* of no use here */
	world.esp = WTRU_ESP_STATIC;
	bu = away();
	ck_assert(bu->a.packet.esp);
	ck_assert(!(bu->mh.opt.has & MIP6_HAS_AUTH) && bu->mh.opt.has & MIP6_HAS_MESG_ID);
	ck_assert(!(bu->mh.bu.flags & MIP6_BU_K));
	world_ba_make(&world, &ba, bu, 0, 600);
	before = stat(BA_UNPROTECTED);
	world_ba_send(&world, &ba);
	ck_assert_uint_eq(stat(BA_UNPROTECTED), before + 1);
	assert_state(1, WTRU_REGISTERING);
	ba.packet.esp = true;
	world_ba_send(&world, &ba);
	assert_state(1, WTRU_BOUND);
}
END_TEST

/* A home agent that knows no timestamps; and whose IKE moves with us. */
START_TEST(inside_esp_undated)
{
	const struct world_action *bu;
	struct world_ba ba;

	world.esp = WTRU_ESP_IKE;
	bu = away();
	ck_assert(bu->mh.bu.flags & MIP6_BU_K);
	world_ba_make(&world, &ba, bu, 0, 600);
	ba.mh.opt.has &= ~(uint32_t)MIP6_HAS_MESG_ID;
	ba.packet.esp = true;
	world_ba_send(&world, &ba);
	assert_state(1, WTRU_BOUND);
}
END_TEST

START_TEST(clock_is_wrong)
{
	const struct world_action *bu;
	struct world_ba ba;
	struct wtru_record record;
	int64_t offset = -(int64_t)86400 * MIP6_S; /* the anchor is a day behind us */
	uint64_t id;

	world.has_sa = true;
	bu = away();
	world_ba_make(&world, &ba, bu, MIP6_BA_ID_MISMATCH, 0);
	id = mip6_ntp_from_unix_us(world.unix_us + world.now + offset);
	ba.mh.opt.mesg_id = (id & ~(uint64_t)UINT32_MAX) | (bu->mh.opt.mesg_id & UINT32_MAX);
	world_clear(&world);
	world_ba_send(&world, &ba);
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	/* Our clock was accepted at the claim: no timestamp may go below that one. */
	ck_assert(wtru_record_get(world.w, 1, &record));
	assert_addr(record.hoa, HOA(1));
	ck_assert_int_ge(record.clock_offset_us, offset - MIP6_S);
	ck_assert_int_le(record.clock_offset_us, offset + MIP6_S);
	/* The anchor's clock goes forward again; the second correction waits for the back-off. */
	world_ba_make(&world, &ba, bu, MIP6_BA_ID_MISMATCH, 0);
	id = mip6_ntp_from_unix_us(world.unix_us + world.now + 3600 * MIP6_S);
	ba.mh.opt.mesg_id = (id & ~(uint64_t)UINT32_MAX) | (bu->mh.opt.mesg_id & UINT32_MAX);
	world_clear(&world);
	world_ba_send(&world, &ba);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	pass_in_use(MIP6_S);
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	id = bu->mh.opt.mesg_id >> 32;
	ck_assert_int_le(
		llabs((int64_t)id -
	              (int64_t)(mip6_ntp_from_unix_us(world.unix_us + world.now + 3600 * MIP6_S) >>
	                        32)),
		1);
	world_answer(&world, bu, 0, 600);
	assert_state(1, WTRU_BOUND);
}
END_TEST

START_TEST(clock_is_wrong_at_claim)
{
	const struct world_action *bu;
	struct world_ba ba;
	uint64_t id;

	world.has_sa = true;
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	bu = world_bu(&world, HOA(1));
	world_ba_make(&world, &ba, bu, MIP6_BA_ID_MISMATCH, 0);
	id = mip6_ntp_from_unix_us(world.unix_us + world.now - 86400 * MIP6_S);
	ba.mh.opt.mesg_id = (id & ~(uint64_t)UINT32_MAX) | (bu->mh.opt.mesg_id & UINT32_MAX);
	world_clear(&world);
	world_ba_send(&world, &ba);
	bu = world_bu(&world, HOA(1));
	ck_assert_ptr_nonnull(bu);
	/* Within a second of the anchor's clock. */
	ck_assert_int_le(llabs((int64_t)(bu->mh.opt.mesg_id >> 32) - (int64_t)(id >> 32)), 1);
	world_answer(&world, bu, 0, 0);
	ck_assert_uint_eq(stat(BA_ACCEPTED), 1);
}
END_TEST

START_TEST(claims)
{
	static const struct {
		uint8_t status;
		enum wtru_claim_state claim;
	} table[] = {
		{0, WTRU_CLAIM_ACCEPTED},
		{MIP6_BA_NOT_HOME_AGENT, WTRU_CLAIM_UNKNOWN},
		{MIP6_BA_PROHIBITED, WTRU_CLAIM_REFUSED},
	};
	struct wtru_instance_info info;
	const struct world_action *bu;

	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	/* Lost: sent again with the same back-off, eight times, then left alone for a while. */
	world_clear(&world);
	pass(200 * MIP6_S);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 7);
	bu = world_bu(&world, HOA(1));
	/* Moved before it was answered: the BU simply goes on with the numbers. */
	move(2);
	ck_assert_uint_eq(world_bu(&world, HOA(1))->mh.bu.seq, bu->mh.bu.seq + 1);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	assert_state(1, WTRU_BOUND);
	ck_assert(world_info(&world, HOA(2), &info));
	ck_assert_int_eq((int)info.claim, WTRU_CLAIM_SENT);
	for (unsigned int n = 0; n < 3; n++) {
		move(3 + n);
		world_answer(&world, world_bu(&world, HOA(3 + n)), table[n].status, 0);
		ck_assert(world_info(&world, HOA(3 + n), &info));
		ck_assert_int_eq((int)info.claim, (int)table[n].claim);
		assert_state(3 + n, WTRU_HOME);
		pass(2 * MIP6_S);
	}
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_CLAIMED), 3);
	/* A claim's answer does not come by routing header. */
	move(7);
	{
		struct mip6_mh mh = {.type = MIP6_MH_BA};
		struct mip6_addr hoa = HOA(7);

		mh.ba.seq = world_bu(&world, hoa)->mh.bu.seq;
		message(&mh, world_anchor(7), HOA(7), &hoa, NULL);
	}
	ck_assert(world_info(&world, HOA(7), &info));
	ck_assert_int_eq((int)info.claim, WTRU_CLAIM_SENT);
}
END_TEST

START_TEST(no_claims)
{
	world.config.claim = false;
	world_close(&world);
	world_init(&world);
	world.config.claim = false;
	world_open(&world);
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	ck_assert(wtru_deadline(world.w) == world.now + 1800 * MIP6_S);
	move(2);
	/*
	 * First registration at a home agent that never saw us: 1.5 s for its DAD (section 11.8).
	 */
	pass_in_use(1499 * MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	pass(MIP6_MS);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_binding");
	TCase *tc = tcase_create("binding");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, back_off_is_exact);
	tcase_add_test(tc, late_and_repeated_answer);
	tcase_add_test(tc, forged_answers);
	tcase_add_test(tc, answer_for_old_coa);
	tcase_add_test(tc, sequence_wraps);
	tcase_add_loop_test(tc, refusal, 0, (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(tc, duplicate_address);
	tcase_add_test(tc, sequence_out_of_window);
	tcase_add_test(tc, refresh);
	tcase_add_test(tc, lifetimes);
	tcase_add_test(tc, update_rate);
	tcase_add_test(tc, authenticated);
	tcase_add_test(tc, wrong_key);
	tcase_add_test(tc, inside_esp);
	tcase_add_test(tc, inside_esp_undated);
	tcase_add_test(tc, clock_is_wrong);
	tcase_add_test(tc, clock_is_wrong_at_claim);
	tcase_add_test(tc, claims);
	tcase_add_test(tc, no_claims);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
