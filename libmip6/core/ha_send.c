// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the home agent sends: Binding Acknowledgements (RFC 6275 sections 9.5.4 and 10.3), Binding
 * Refresh Requests (9.5.5), Binding Errors (9.3.3), revocations (RFC 5846), heartbeats (RFC 5847);
 * and how often it may. Parameter Problems for malformed headers are the kernel's or the daemon's
 * matter.
 */
#include "ha_private.h"

void ha_emit(const struct ha_ctx *c, const struct ha_action *action)
{
	c->actions->emit(c->actions->ctx, action);
}

bool ha_error_allowed(const struct ha_ctx *c)
{
	if (core_bucket_take(&c->ha->error_bucket, c->ha->config.error_rate, c->now))
		return true;
	ha_count(c, HA_STAT_RATE_LIMITED);
	return false;
}

bool ha_peer_error_allowed(const struct ha_ctx *c, const char *nai)
{
	/*
	 * Own buckets for those who authenticated, so that no flood from elsewhere takes their
	 * answers away; by identity, so that neither do replays of somebody's old messages take
	 * away another's.
	 */
	mip6_time *full = &c->ha->peer_slots[ha_hash(c->ha, nai, strlen(nai)) % HA_PEER_SLOTS];
	mip6_time from = *full > c->now ? *full : c->now;

	if (from - c->now > (HA_PEER_BURST - 1) * HA_PEER_INTERVAL) {
		ha_count(c, HA_STAT_RATE_LIMITED);
		return false;
	}
	*full = from + HA_PEER_INTERVAL;
	return true;
}

static void send_packet(const struct ha_ctx *c, const struct mip6_packet *head, bool on_link,
                        const struct mip6_mh *mh, const struct mip6_auth_sa *sa,
                        const struct mip6_addr *coa, const struct mip6_addr *hoa)
{
	uint8_t data[MIP6_MH_MAX];
	struct ha_action action = {.type = HA_ACTION_SEND, .on_link = on_link, .packet = *head};

	action.packet.mh = data;
	action.packet.mh_len = mip6_auth_encode(mh, sa, coa, hoa, data, sizeof(data));
	if (action.packet.mh_len > 0)
		ha_emit(c, &action);
}

static void set_mn_id(struct mip6_options *opt, const char *nai)
{
	opt->has |= MIP6_HAS_MN_ID;
	opt->mn_id_subtype = MIP6_MN_ID_NAI;
	opt->mn_id_len = (uint8_t)strlen(nai);
	memcpy(opt->mn_id, nai, (size_t)opt->mn_id_len + 1);
}

void ha_send_ba(const struct ha_ctx *c, const struct ha_bu *bu, uint8_t status, uint16_t seq,
                uint32_t lifetime_s)
{
	/*
	 * Section 9.5.4: to the source of the BU whatever the binding says, with a type 2 routing
	 * header unless the BU came from the HoA itself.
	 */
	struct mip6_packet head = {
		.src = bu->home_agent,
		.dst = bu->src,
		.has_rh2 = !bu->direct,
		.rh2 = bu->hoa,
		.esp = bu->peer == NULL && ha_find_esp(c, &bu->hoa) != NULL,
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_BA,
		.ba =
			{
				.status = status,
				.seq = seq,
				.lifetime_s4 = (uint16_t)(lifetime_s / MIP6_LIFETIME_UNIT_S),
			},
	};
	uint64_t advice = (uint64_t)mh.ba.lifetime_s4 * c->ha->config.refresh_percent / 100;

	/* 10.3.1: MUST be clear in the answer to one with K clear. */
	if (status < 128 && c->ha->config.moves_keying && head.esp && bu->flags & MIP6_BU_K)
		mh.ba.flags |= MIP6_BA_K;
	if (status < 128 && advice > 0 && advice < mh.ba.lifetime_s4) {
		/* 10.3.1: MUST be less than the lifetime returned; omitted in a de-registration. */
		mh.opt.has |= MIP6_HAS_REFRESH_ADVICE;
		mh.opt.refresh_interval_s4 = (uint16_t)advice;
	}
	if (bu->has_mn_id)
		set_mn_id(&mh.opt, bu->nai);
	if (bu->has_mesg_id) {
		/* RFC 4285 section 6: MUST be in the answer when it was in the BU. */
		mh.opt.has |= MIP6_HAS_MESG_ID;
		mh.opt.mesg_id = bu->answer_id;
	}
	/* Section 10.3.2: a sender on the home link, whose packets may go into a tunnel now. */
	send_packet(c, &head, bu->direct && bu->on_access_link && bu->home != NULL, &mh, bu->sa,
	            &bu->coa, &bu->hoa);
}

/* From the home agent to the WTRU behind a binding (RFC 6275 section 9.3.2). */
static struct mip6_packet to_wtru(const struct ha_entry *entry)
{
	return (struct mip6_packet){
		.src = entry->home_agent,
		.dst = entry->coa,
		.has_rh2 = true,
		.rh2 = entry->hoa,
	};
}

void ha_send_brr(const struct ha_ctx *c, const struct ha_entry *entry)
{
	struct mip6_packet head = to_wtru(entry);
	struct mip6_mh mh = {.type = MIP6_MH_BRR};

	ha_count(c, HA_STAT_BRR_SENT);
	send_packet(c, &head, false, &mh, NULL, &entry->coa, &entry->hoa);
}

static void send_bri(const struct ha_ctx *c, const struct mip6_packet *head,
                     const struct ha_entry *entry, const struct mip6_auth_sa *sa,
                     enum mip6_revocation_trigger trigger, uint16_t seq)
{
	struct mip6_mh mh = {
		.type = MIP6_MH_REVOCATION,
		.revocation = {.type = MIP6_REVOCATION_BRI,
	                       .trigger = (uint8_t)trigger,
	                       .seq = seq},
	};

	/*
	 * RFC 5846 section 6.2: protected as the binding was. And with a time, newer than that of
	 * the binding that it ends: sent again by somebody else it must not end a later one.
	 */
	if (sa != NULL || head->esp) {
		uint64_t now = ha_clock(c);

		set_mn_id(&mh.opt, ha_name_text(c->ha, entry->identity));
		mh.opt.has |= MIP6_HAS_MESG_ID;
		mh.opt.mesg_id = now > entry->mesg_id ? now : entry->mesg_id + 1;
	}
	send_packet(c, head, false, &mh, sa, &head->dst, &entry->hoa);
}

void ha_send_bri(const struct ha_ctx *c, const struct ha_entry *entry)
{
	struct mip6_packet head = to_wtru(entry); /* RFC 5846 section 7 */

	head.esp = !(entry->flags & HA_ENTRY_VIA_PEER) && ha_find_esp(c, &entry->hoa) != NULL;
	send_bri(c, &head, entry, ha_entry_sa(c, entry), MIP6_REVOCATION_ADMINISTRATIVE,
	         entry->revoke_seq);
}

void ha_send_parting(const struct ha_ctx *c, const struct ha_entry *entry)
{
	struct mip6_packet head = to_wtru(entry);

	head.dst = entry->peer;
	send_bri(c, &head, entry, ha_parting_sa(c, entry), MIP6_REVOCATION_HANDOVER,
	         entry->parting_seq);
}

void ha_send_be(const struct ha_ctx *c, enum mip6_be_status status, const struct mip6_addr *from,
                const struct mip6_addr *to, const struct mip6_addr *hoa)
{
	struct mip6_packet head = {.src = *from, .dst = *to};
	struct mip6_mh mh = {.type = MIP6_MH_BE, .be = {.status = (uint8_t)status, .hoa = *hoa}};

	/* RFC 6275 section 9.3.3: only to a unicast address, and rate-limited. */
	if (mip6_addr_is_multicast(to) || mip6_addr_is_unspecified(to) ||
	    !ha_is_own_address(c->ha, from) || !ha_error_allowed(c))
		return;
	ha_count(c, HA_STAT_BE_SENT);
	send_packet(c, &head, false, &mh, NULL, to, hoa);
}

void ha_process_heartbeat(const struct ha_ctx *c, const struct mip6_packet *packet,
                          const struct mip6_mh *mh)
{
	const struct mip6_addr *hoa = mip6_packet_source(packet);
	const struct ha_entry *entry = ha_entry_find(c->ha, hoa);
	struct mip6_packet head = {
		.src = packet->dst,
		.dst = packet->src,
		.has_rh2 = packet->has_hao,
		.rh2 = packet->hao,
	};
	struct mip6_mh answer = {
		.type = MIP6_MH_HEARTBEAT,
		.heartbeat = {.flags = MIP6_HEARTBEAT_R, .seq = mh->heartbeat.seq},
		.opt =
			{
				.has = MIP6_HAS_RESTART_COUNTER,
				.restart_counter = c->ha->config.restart_counter,
			},
	};

	/* We ask nobody: a response belongs to nothing. */
	if (mh->heartbeat.flags & MIP6_HEARTBEAT_R || !ha_is_own_address(c->ha, &packet->dst) ||
	    packet->has_rh2 || !mip6_addr_is_routable(&packet->src) ||
	    !mip6_addr_is_routable(hoa)) {
		ha_count(c, HA_STAT_MH_UNEXPECTED);
		return;
	}
	ha_count(c, HA_STAT_HEARTBEAT);
	/*
	 * RFC 5847 section 3: MUST respond whether or not there is a binding. It knows no
	 * authentication: what names its HoA and comes from where we tunnel to anyway is answered
	 * always; the rest once per second for each binding that there is, and as often as errors
	 * are.
	 */
	if ((entry == NULL || !(entry->flags & HA_ENTRY_BOUND) ||
	     !mip6_addr_equal(&entry->coa, &packet->src)) &&
	    !core_bucket_take(&c->ha->heartbeat_bucket,
	                      (uint64_t)c->ha->config.error_rate + c->ha->bound_count, c->now)) {
		ha_count(c, HA_STAT_RATE_LIMITED);
		return;
	}
	send_packet(c, &head, false, &answer, NULL, &packet->src, hoa);
}
