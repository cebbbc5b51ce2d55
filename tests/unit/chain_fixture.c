// SPDX-License-Identifier: GPL-2.0-or-later
/* See chain_fixture.h. */
#include "chain_fixture.h"

#include <arpa/inet.h>
#include <stdlib.h>

struct mip6_addr cx_addr(const char *text)
{
	struct mip6_addr addr;

	ck_assert_msg(inet_pton(AF_INET6, text, &addr) == 1, "%s", text);
	return addr;
}

static uint32_t cx_random(void *ctx)
{
	struct cx *cx = ctx;

	cx->random = cx->random * 1664525 + 1013904223;
	return cx->random;
}

static int64_t cx_unix_us(void *ctx)
{
	const struct cx *cx = ctx;

	return cx->now + cx->unix_offset_us;
}

static const struct ha_identity *cx_find_identity(void *ctx, const char *nai)
{
	const struct cx *cx = ctx;

	return strcmp(nai, cx->alice.nai) == 0 ? &cx->alice : NULL;
}

static const struct mip6_auth_sa *cx_find_anchor_sa(void *ctx, const struct mip6_addr *anchor)
{
	const struct cx *cx = ctx;

	(void)anchor;
	return cx->no_anchor_sa ? NULL : &cx->anchor_sa;
}

static void cx_emit(void *ctx, const struct chain_action *action)
{
	struct cx *cx = ctx;

	cx->count[action->type]++;
	cx->last[action->type] = *action;
	if (action->type == CHAIN_ACTION_SAVE)
		cx->saved = *action->save;
	if (action->type == CHAIN_ACTION_SEND && cx->sent_count < CX_SENT_MAX) {
		struct cx_sent *sent = &cx->sent[cx->sent_count++];
		uint8_t wire[MIP6_PACKET_MAX];
		size_t offset;

		ck_assert_uint_gt(mip6_packet_encode(&action->packet, wire, sizeof(wire)), 0);
		sent->packet = action->packet;
		memcpy(sent->data, action->packet.mh, action->packet.mh_len);
		sent->packet.mh = sent->data;
		ck_assert_int_eq(
			mip6_mh_decode(sent->data, sent->packet.mh_len, &sent->mh, &offset),
			MIP6_DECODE_OK);
	}
}

void cx_clear(struct cx *cx)
{
	cx->sent_count = 0;
	memset(cx->count, 0, sizeof(cx->count));
}

void cx_restart(struct cx *cx)
{
	size_t size = chain_memory_size(&cx->config);

	free(cx->memory);
	cx->memory = malloc(size);
	ck_assert_ptr_nonnull(cx->memory);
	memset(cx->memory, 0xa5, size);
	cx->chain = chain_init(cx->memory, &cx->config, &cx->env);
	cx_clear(cx);
	cx->now += MIP6_S;
}

void cx_start(struct cx *cx)
{
	memset(cx, 0, sizeof(*cx));
	cx->now = 1000 * MIP6_S;
	cx->unix_offset_us = INT64_C(1800000000) * MIP6_S;
	cx->random = 1;
	cx->env =
		(struct chain_env){cx, cx_random, cx_unix_us, cx_find_identity, cx_find_anchor_sa};
	cx->actions = (struct chain_actions){cx, cx_emit};
	memcpy(cx->alice.nai, "alice@example.org", sizeof("alice@example.org"));
	cx->alice.sa_count = 1;
	cx->alice.sa[0] = (struct mip6_auth_sa){
		.spi = MIP6_AUTH_SPI_DEFAULT, .algorithm = MIP6_AUTH_HMAC_SHA1, .key_len = 16};
	memset(cx->alice.sa[0].key, 'a', 16);
	cx->anchor_sa = (struct mip6_auth_sa){
		.spi = 1000, .algorithm = MIP6_AUTH_HMAC_SHA256_128, .key_len = 32};
	memset(cx->anchor_sa.key, 'G', 32);
	cx->config = (struct chain_config){
		.address = cx_addr(CX_PGW),
		.chains_max = 16,
		.identity_chains_max = 8,
		.lifetime_max_s = 600,
		.replay_window_s = 7,
		.error_rate = 10,
		.restart_counter = 42,
		.retransmit_initial_ms = 1000,
		.retransmit_max_ms = 8000,
		.retransmit_count = 3,
		.heartbeat_interval_ms = 0, /* those who want them say so */
		.heartbeat_missing_max = 3,
		.roaming_count = 2,
	};
	cx->config.roaming[0] = (struct chain_roaming){
		.operator_name = "a.example",
		.prefix_count = 1,
		.prefixes = {{cx_addr("2001:db8:a::"), 48}},
		.anchor_count = 1,
		.anchors = {cx_addr(CX_ANCHOR)},
	};
	cx->config.roaming[1] = (struct chain_roaming){
		.operator_name = "a.example",
		.prefix_count = 1,
		.prefixes = {{cx_addr("2001:db8:b::"), 48}},
		.anchor_count = 1,
		.anchors = {cx_addr(CX_ANCHOR2)},
	};
	cx_restart(cx);
}

void cx_stop(struct cx *cx)
{
	free(cx->memory);
}

void cx_event(struct cx *cx, const struct chain_event *event)
{
	chain_step(cx->chain, event, cx->now, &cx->env, &cx->actions);
}

void cx_mh(struct cx *cx, const struct mip6_packet *head, const struct mip6_mh *mh,
           const struct mip6_auth_sa *sa, const char *coa, const char *hoa)
{
	struct mip6_addr c = cx_addr(coa), h = cx_addr(hoa);
	struct mip6_packet packet = *head;
	uint8_t data[MIP6_MH_MAX];
	struct chain_event event = {.type = CHAIN_EVENT_MH, .mh = &packet};

	packet.mh = data;
	packet.mh_len = mip6_auth_encode(mh, sa, &c, &h, data, sizeof(data));
	ck_assert_uint_gt(packet.mh_len, 0);
	cx_event(cx, &event);
}

static uint64_t ntp(const struct cx *cx)
{
	return mip6_ntp_from_unix_us(cx->now + cx->unix_offset_us);
}

void cx_bu(struct cx *cx, const struct cx_bu *bu)
{
	const char *hoa = bu->hoa != NULL ? bu->hoa : CX_HOA;
	const char *coa = bu->coa != NULL ? bu->coa : CX_COA;
	const char *nai = bu->nai != NULL ? bu->nai : cx->alice.nai;
	struct mip6_packet head = {
		.src = cx_addr(coa),
		.dst = cx->config.address,
		.has_hao = true,
		.hao = cx_addr(hoa),
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_BU,
		.bu = {.seq = ++cx->wtru_seq,
	               .flags = MIP6_BU_A | MIP6_BU_H,
	               .lifetime_s4 = (uint16_t)(bu->lifetime_s / 4)},
		.opt = {.has = MIP6_HAS_ALT_COA | MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID,
	                .alt_coa = head.src,
	                .mn_id_subtype = MIP6_MN_ID_NAI,
	                .mn_id_len = (uint8_t)strlen(nai)},
	};
	const struct mip6_auth_sa *sa = bu->sa != NULL ? bu->sa : &cx->alice.sa[0];

	cx->now += MIP6_MS; /* no two messages at the same time */
	cx_clear(cx);
	memcpy(mh.opt.mn_id, nai, strlen(nai) + 1);
	mh.opt.mesg_id = ntp(cx);
	if (!bu->no_anchor) {
		mh.opt.has |= MIP6_HAS_ANCHOR;
		mh.opt.anchor = cx_addr(bu->anchor != NULL ? bu->anchor : CX_ANCHOR);
	}
	cx_mh(cx, &head, &mh, sa, coa, hoa);
}

void cx_advance(struct cx *cx, mip6_time by)
{
	mip6_time until = cx->now + by;
	const struct chain_event event = {.type = CHAIN_EVENT_TIMER};

	cx_clear(cx);
	while (chain_deadline(cx->chain) <= until) {
		if (chain_deadline(cx->chain) > cx->now)
			cx->now = chain_deadline(cx->chain);
		cx_event(cx, &event);
	}
	cx->now = until;
}

void cx_revoke(struct cx *cx, const char *hoa)
{
	struct chain_event event = {.type = CHAIN_EVENT_REVOKE};

	event.revoke.hoa = cx_addr(hoa);
	cx_clear(cx);
	cx_event(cx, &event);
}

void cx_ba(struct cx *cx, const struct cx_sent *bu, uint8_t status, uint32_t lifetime_s)
{
	struct cx_sent got = *bu; /* it lies in what is cleared */
	struct mip6_packet head = {
		.src = got.packet.dst,
		.dst = got.packet.src,
		.has_rh2 = true,
		.rh2 = got.packet.hao,
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_BA,
		.ba = {.status = status,
	               .seq = got.mh.bu.seq,
	               .lifetime_s4 = (uint16_t)(lifetime_s / 4)},
		.opt = {.has = got.mh.opt.has & MIP6_HAS_MESG_ID, .mesg_id = got.mh.opt.mesg_id},
	};
	char hoa[INET6_ADDRSTRLEN];

	ck_assert_int_eq(got.mh.type, MIP6_MH_BU);
	inet_ntop(AF_INET6, &got.packet.hao, hoa, sizeof(hoa));
	cx->now += MIP6_MS;
	cx_clear(cx);
	cx_mh(cx, &head, &mh, cx->no_anchor_sa ? NULL : &cx->anchor_sa, CX_PGW, hoa);
}

void cx_bri(struct cx *cx, const char *hoa, uint8_t trigger, uint16_t seq)
{
	struct mip6_packet head = {
		.src = cx_addr(CX_ANCHOR),
		.dst = cx_addr(CX_PGW),
		.has_rh2 = true,
		.rh2 = cx_addr(hoa),
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_REVOCATION,
		.revocation = {.type = MIP6_REVOCATION_BRI, .trigger = trigger, .seq = seq},
	};

	cx_clear(cx);
	cx_mh(cx, &head, &mh, &cx->anchor_sa, CX_PGW, hoa);
}

const struct cx_sent *cx_to(const struct cx *cx, const char *dst)
{
	struct mip6_addr addr = cx_addr(dst);
	const struct cx_sent *found = NULL;

	for (size_t i = 0; i < cx->sent_count; i++) {
		if (!mip6_addr_equal(&cx->sent[i].packet.dst, &addr))
			continue;
		ck_assert_msg(found == NULL, "more than one packet to %s", dst);
		found = &cx->sent[i];
	}
	return found;
}

int cx_status(const struct cx *cx, const char *dst)
{
	const struct cx_sent *sent = cx_to(cx, dst);

	if (sent == NULL)
		return -1;
	ck_assert_int_eq(sent->mh.type, MIP6_MH_BA);
	return sent->mh.ba.status;
}

bool cx_info(const struct cx *cx, const char *hoa, struct chain_info *ret)
{
	struct mip6_addr addr = cx_addr(hoa);

	return chain_find(cx->chain, &addr, ret);
}

bool cx_bound(const struct cx *cx, const char *hoa, const char *coa)
{
	struct mip6_addr c = cx_addr(coa);
	struct chain_info info;

	return cx_info(cx, hoa, &info) && info.state == CHAIN_BOUND &&
	       mip6_addr_equal(&info.coa, &c);
}

void cx_chain(struct cx *cx, const char *hoa, uint32_t lifetime_s)
{
	cx_bu(cx, &(struct cx_bu){.hoa = hoa, .lifetime_s = lifetime_s});
	ck_assert_ptr_nonnull(cx_to(cx, CX_ANCHOR));
	cx_ba(cx, cx_to(cx, CX_ANCHOR), 0, lifetime_s);
	ck_assert_int_eq(cx_status(cx, CX_COA), 0);
	ck_assert(cx_bound(cx, hoa, CX_COA));
}
