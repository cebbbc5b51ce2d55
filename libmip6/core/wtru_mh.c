// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The Mobility Header messages that a WTRU gets, and what anchors send unasked: Binding Refresh
 * Requests and Binding Errors (RFC 6275 sections 11.7.4 and 11.3.6), revocations (RFC 5846 section
 * 10).
 *
 * BRR, BE and heartbeats carry no authentication: they can cause one BU per second and no more. A
 * revocation is protected as the registration is.
 */
#include "wtru_private.h"

static void on_brr(struct wtru *w, const struct mip6_packet *packet)
{
	struct wtru_instance *i = wtru_instance_find(w, mip6_packet_destination(packet));

	/* RFC 6275 section 11.7.4: no answer for what is not in the binding update list. */
	if (!i || !wtru_instance_is_away(i) || !mip6_addr_equal(&packet->src, &i->peer)) {
		wtru_count(w, WTRU_STAT_MH_UNEXPECTED);
		return;
	}
	wtru_count(w, WTRU_STAT_BRR);
	wtru_binding_hint(w, i);
}

static void on_be(struct wtru *w, const struct mip6_packet *packet, const struct mip6_mh *mh)
{
	struct wtru_instance *i;

	if (mh->be.status == MIP6_BE_UNKNOWN_MH_TYPE) {
		wtru_count(w, WTRU_STAT_BE);
		wtru_heartbeat_unknown(w, &packet->src);
		return;
	}
	/* RFC 6275 section 11.3.6: MUST be ignored without a binding update list entry. */
	i = wtru_instance_find(w, &mh->be.hoa);
	if (!i || !wtru_instance_is_away(i) || !mip6_addr_equal(&packet->src, &i->peer) ||
	    mh->be.status != MIP6_BE_UNKNOWN_BINDING) {
		wtru_count(w, WTRU_STAT_BE_UNMATCHED);
		return;
	}
	wtru_count(w, WTRU_STAT_BE);
	/* Data may overtake the BU at the anchor; what it says of them is news from before the BA.
	 */
	if (w->now - i->accepted >= WTRU_HINT_INTERVAL)
		wtru_binding_hint(w, i);
}

/* RFC 5846 section 5.2 */
enum bra_status {
	BRA_SUCCESS = 0,
	BRA_IPV4_OPTION_REQUIRED = 129,
	BRA_GLOBAL_NOT_AUTHORIZED = 130,
	BRA_TRIGGER_NOT_SUPPORTED = 133,
	BRA_PROXY_NOT_SUPPORTED = 135,
};

#define TRIGGER_OUT_OF_SYNC 7 /* RFC 5846 section 5.1: possible out-of-sync BCE state */

static enum bra_status judge_bri(const struct mip6_revocation *bri)
{
	if (bri->flags & MIP6_REVOCATION_P)
		return BRA_PROXY_NOT_SUPPORTED;
	if (bri->flags & MIP6_REVOCATION_V)
		return BRA_IPV4_OPTION_REQUIRED; /* there is no IPv4 binding to revoke */
	if (bri->flags & MIP6_REVOCATION_G)
		return BRA_GLOBAL_NOT_AUTHORIZED; /* between mobility agents only */
	/* 2 to 4 tell of handovers between access gateways; above 127 only with G. */
	if ((bri->trigger >= 2 && bri->trigger <= 4) || bri->trigger >= 128)
		return BRA_TRIGGER_NOT_SUPPORTED;
	return BRA_SUCCESS;
}

static void send_bra(struct wtru *w, const struct wtru_instance *i, const struct mip6_auth_sa *sa,
                     const struct mip6_revocation *bri, uint8_t status)
{
	struct mip6_mh mh = {.type = MIP6_MH_REVOCATION};
	struct mip6_packet packet = {
		.src = i->coa,
		.dst = i->peer,
		.has_hao = true,
		.hao = i->hoa,
		.esp = wtru_binding_esp(w, i, &i->peer) != WTRU_ESP_NONE,
	};
	uint8_t data[MIP6_MH_MAX];

	mh.revocation.type = MIP6_REVOCATION_BRA;
	mh.revocation.trigger = status;
	/* RFC 5846 section 6.1.2: sequence number and flags MUST be those of the BRI. */
	mh.revocation.seq = bri->seq;
	mh.revocation.flags =
		bri->flags & (MIP6_REVOCATION_P | MIP6_REVOCATION_V | MIP6_REVOCATION_G);
	packet.mh = data;
	packet.mh_len = mip6_auth_encode(&mh, sa, &i->coa, &i->hoa, data, sizeof(data));
	if (packet.mh_len > 0)
		wtru_send(w, &packet);
}

static void on_revocation(struct wtru *w, const struct mip6_packet *packet,
                          const struct mip6_mh *mh)
{
	struct wtru_instance *i = packet->has_rh2 ? wtru_instance_find(w, &packet->rh2) : NULL;
	const struct mip6_auth_sa *sa;
	enum bra_status status;
	bool esp;

	/* RFC 5846 section 10: HoA in the routing header, with an entry; else silently discard. */
	if (!i || mh->revocation.type != MIP6_REVOCATION_BRI || !wtru_instance_is_away(i) ||
	    i->state == WTRU_AWAY || !mip6_addr_equal(&packet->src, &i->peer)) {
		wtru_count(w, WTRU_STAT_MH_UNEXPECTED);
		return;
	}
	/* Section 6.2: MUST be protected as the registration is. */
	esp = wtru_binding_esp(w, i, &i->peer) != WTRU_ESP_NONE;
	if (esp && !packet->esp) {
		wtru_count(w, WTRU_STAT_BA_UNPROTECTED);
		return;
	}
	sa = wtru_binding_sa(w, i, &i->peer);
	if (sa && !mip6_auth_verify(mh, packet->mh, packet->mh_len, sa, &i->coa, &i->hoa)) {
		wtru_count(w, WTRU_STAT_BA_BAD_AUTH);
		return;
	}
	/* One of before the present binding was accepted: somebody sends it again. */
	if ((sa || esp) && mh->opt.has & MIP6_HAS_MESG_ID &&
	    mh->opt.mesg_id <= i->mesg_id_accepted) {
		wtru_count(w, WTRU_STAT_BA_BAD_AUTH);
		return;
	}
	status = judge_bri(&mh->revocation);
	send_bra(w, i, sa, &mh->revocation, (uint8_t)status);
	if (status != BRA_SUCCESS)
		return;
	if (mh->revocation.trigger == TRIGGER_OUT_OF_SYNC) {
		wtru_binding_hint(w, i); /* nobody's will: the binding only has to be made again */
		return;
	}
	/*
	 * The HoA is of no use without its anchor, and asking again would be asking for the same.
	 */
	wtru_count(w, WTRU_STAT_REVOKED);
	wtru_notify(w, WTRU_NOTICE_REVOKED, i, mh->revocation.trigger);
	if (i->fixed) {
		wtru_binding_cancel(i);
		wtru_instance_untunnel(w, i);
		wtru_binding_refused(w, i, MIP6_BA_PROHIBITED);
		return;
	}
	wtru_instance_end(w, i);
}

/*
 * RFC 6275 section 9.2: a Binding Error MUST be issued; section 9.3.3: to unicast addresses only,
 * and not too many.
 */
static void on_unknown_type(struct wtru *w, const struct mip6_packet *packet)
{
	struct mip6_packet answer = {.src = packet->dst, .dst = packet->src};
	struct mip6_mh mh = {.type = MIP6_MH_BE, .be.status = MIP6_BE_UNKNOWN_MH_TYPE};
	uint8_t data[MIP6_MH_MAX];

	if (!mip6_addr_is_routable(&packet->src) || !mip6_addr_is_routable(&packet->dst) ||
	    w->now < w->error_next)
		return;
	w->error_next = w->now + WTRU_HINT_INTERVAL;
	if (packet->has_hao)
		mh.be.hoa = packet->hao;
	answer.mh = data;
	answer.mh_len = mip6_mh_encode(&mh, data, sizeof(data), NULL);
	if (answer.mh_len > 0)
		wtru_send(w, &answer);
	wtru_count(w, WTRU_STAT_BE_SENT);
}

void wtru_mh(struct wtru *w, const struct mip6_packet *packet)
{
	struct mip6_mh mh;
	enum mip6_decode result;
	size_t offset;

	result = mip6_mh_decode(packet->mh, packet->mh_len, &mh, &offset);
	if (result == MIP6_DECODE_UNKNOWN_TYPE)
		on_unknown_type(w, packet);
	if (result != MIP6_DECODE_OK) {
		wtru_count(w, WTRU_STAT_MH_MALFORMED);
		return;
	}
	switch (mh.type) {
	case MIP6_MH_BA:
		wtru_ba(w, packet, &mh);
		return;
	case MIP6_MH_BRR:
		on_brr(w, packet);
		return;
	case MIP6_MH_BE:
		on_be(w, packet, &mh);
		return;
	case MIP6_MH_HEARTBEAT:
		wtru_heartbeat(w, packet, &mh);
		return;
	case MIP6_MH_REVOCATION:
		on_revocation(w, packet, &mh);
		return;
	case MIP6_MH_HOTI:
	case MIP6_MH_COTI:
	case MIP6_MH_HOT:
	case MIP6_MH_COT:
	case MIP6_MH_BU:
		break;
	}
	/* Route optimisation is not used: nothing of it is expected, nor any BU. */
	wtru_count(w, WTRU_STAT_MH_UNEXPECTED);
}
