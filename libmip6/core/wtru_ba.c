// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Binding Acknowledgements: what they change in the binding update list (RFC 6275 section 11.7.3,
 * RFC 4285 section 6).
 *
 * With a security association only a BA that it authenticates is believed, with ESP only one that
 * came inside it. Status 146 (we use the
 * wrong key) comes under a key that we do not have, so it is shown to the user and changes nothing
 * else: a forged one must not stop a WTRU. 144 counts only when authenticated, as RFC 4285 section
 * 6 demands; it teaches how far the anchor's clock is from ours. Only then may the next timestamp
 * be smaller than the last, but never than the last accepted one.
 *
 * Owned here: the granted lifetimes of each instance.
 */
#include "wtru_private.h"

/* No replay window is so large: 60 s in the units of timestamps. */
#define ANCHOR_SET_BACK (UINT64_C(60) << 32)

/* Those who waited for it: see waits_for_home() in wtru_binding.c. */
static void home_is_free(struct wtru *w, const struct wtru_instance *home)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (i->exchange != WTRU_EXCHANGE_NONE && !wtru_exchange_at_home(i->exchange) &&
		    i->tries == 0 && i->put_off && mip6_addr_equal(&i->coa, &home->hoa))
			wtru_binding_transmit(w, i);
	}
}

static void home_reached(struct wtru *w, struct wtru_instance *i, uint8_t status)
{
	i->maybe_bound = false;
	i->state = WTRU_HOME;
	wtru_instance_untunnel(w, i);
	/* RFC 6275 section 11.5.5: MUST be multicast after the BA. */
	wtru_link_local_advertise(w, i);
	/* The same BU is an anchor claim. */
	i->claim = status == MIP6_BA_NOT_HOME_AGENT ? WTRU_CLAIM_UNKNOWN : WTRU_CLAIM_ACCEPTED;
	wtru_notify(w, WTRU_NOTICE_HOME, i, status);
	wtru_binding_claim_again(w, i);
	home_is_free(w, i);
	w->dirty = true;
}

void wtru_binding_refused(struct wtru *w, struct wtru_instance *i, uint8_t status)
{
	i->refused_wait_s = i->refused_wait_s == 0 ? WTRU_REFUSED_INITIAL_S : i->refused_wait_s * 2;
	if (i->refused_wait_s > WTRU_REFUSED_MAX_S)
		i->refused_wait_s = WTRU_REFUSED_MAX_S;
	i->due = w->now + i->refused_wait_s * MIP6_S;
	i->expires = MIP6_TIME_NEVER;
	i->lifetime_s = 0;
	if (i->state != WTRU_RETURNING)
		i->state = WTRU_REFUSED;
	wtru_notify(w, WTRU_NOTICE_REFUSED, i, status);
	w->dirty = true;
}

static void accept(struct wtru *w, struct wtru_instance *i, const struct mip6_mh *mh,
                   const struct wtru_sent *sent)
{
	uint32_t granted_s4 = mh->ba.lifetime_s4 < i->asked_s4 ? mh->ba.lifetime_s4 : i->asked_s4;
	mip6_time lifetime, refresh;

	if (granted_s4 == 0) {
		wtru_binding_refused(w, i, mh->ba.status); /* accepted for no time at all */
		return;
	}
	i->refused_wait_s = 0;
	i->lifetime_s = granted_s4 * MIP6_LIFETIME_UNIT_S;
	/*
	 * Section 11.7.3: the lifetime counts from when the BU was sent, less what was not granted.
	 * The transmission that was answered is the one that made the binding.
	 */
	lifetime = i->lifetime_s * MIP6_S;
	i->expires = sent->at + lifetime;
	refresh = lifetime / 100 * 85;
	if (mh->opt.has & MIP6_HAS_REFRESH_ADVICE) {
		mip6_time advice = mh->opt.refresh_interval_s4 * MIP6_LIFETIME_UNIT_S * MIP6_S;

		if (advice > 0 && advice < refresh)
			refresh = advice;
	}
	i->due = sent->at + refresh;
	if (i->due < w->now + MIP6_S)
		i->due = w->now + MIP6_S;
	/*
	 * The anchor keeps the HoA for us: its valid lifetime starts again. Unless the home agent
	 * itself has told how long that is.
	 */
	if (i->valid_until != MIP6_TIME_NEVER && !i->discovery.told) {
		mip6_time valid = i->prefix_valid_s == MIP6_LIFETIME_INFINITE
		                          ? lifetime
		                          : i->prefix_valid_s * MIP6_S;

		if (valid < lifetime)
			valid = lifetime;
		if (w->now + valid > i->valid_until) {
			i->valid_until = w->now + valid;
			i->valid_until_unix_us = w->env->unix_us(w->env->ctx) + valid;
		}
	}
	i->state = WTRU_BOUND;
	wtru_instance_tunnel(w, i);
	/* Status 1 asks for prefix discovery. */
	wtru_discovery_accepted(i, mh->ba.status);
	wtru_notify(w, WTRU_NOTICE_BOUND, i, mh->ba.status);
	w->dirty = true;
}

static void accepted(struct wtru *w, struct wtru_instance *i, const struct mip6_mh *mh,
                     const struct wtru_sent *sent)
{
	enum wtru_exchange exchange = i->exchange;

	wtru_count(w, WTRU_STAT_BA_ACCEPTED);
	i->answered = w->now;
	i->rtt_us = w->now - sent->at > UINT32_MAX ? UINT32_MAX : (uint32_t)(w->now - sent->at);
	i->mesg_id_accepted = sent->mesg_id;
	i->k = mh->ba.flags & MIP6_BA_K;
	wtru_binding_cancel(i);
	switch (exchange) {
	case WTRU_EXCHANGE_REGISTER:
		i->accepted = w->now;
		accept(w, i, mh, sent);
		break;
	case WTRU_EXCHANGE_RELEASE:
		i->maybe_bound = false;
		wtru_instance_end(w, i);
		break;
	case WTRU_EXCHANGE_CLAIM:
		i->claim = WTRU_CLAIM_ACCEPTED;
		wtru_notify(w, WTRU_NOTICE_CLAIMED, i, mh->ba.status);
		wtru_binding_claim_again(w, i);
		w->dirty = true;
		break;
	case WTRU_EXCHANGE_RETURN:
		home_reached(w, i, mh->ba.status);
		break;
	case WTRU_EXCHANGE_NONE:
		break;
	}
}

/*
 * Was it this host that DAD found? On its link that has the HoA, and has not been left for another
 * router since it was at home there; or did a configured home go from that link only while its BU
 * was under way?
 */
static bool duplicate_is_ours(struct wtru *w, const struct wtru_instance *i,
                              const struct wtru_sent *sent)
{
	struct wtru_link *link = wtru_link_find(w, i->ifindex);

	return (link && link->up && link->generation == i->generation &&
	        wtru_link_find_address(link, &i->hoa)) ||
	       i->native_gone >= sent->at;
}

static void rejected(struct wtru *w, struct wtru_instance *i, uint8_t status,
                     const struct wtru_sent *sent)
{
	enum wtru_exchange exchange = i->exchange;

	if (status == MIP6_BA_PROHIBITED && wtru_binding_fall_back(w, i, status))
		return;
	/* RFC 6275 section 11.4.1: when it is rejected, with another home agent. */
	if (status != MIP6_BA_DAD_FAILED && wtru_discovery_failed(w, i))
		return;
	wtru_binding_cancel(i);
	switch (exchange) {
	case WTRU_EXCHANGE_REGISTER:
		/*
		 * RFC 6275 section 11.7.1: after status 134 the HoA MUST NOT be used again;
		 * somebody else has it. Unless that somebody is this host, there over its other
		 * link: then that is where the HoA is at home, or it is asked for again later.
		 */
		if (status == MIP6_BA_DAD_FAILED && wtru_link_home(w, i)) {
			wtru_instance_at_home(w, i);
			return;
		}
		if (status == MIP6_BA_DAD_FAILED && !duplicate_is_ours(w, i, sent)) {
			if (i->fixed) {
				i->duplicate = true;
				wtru_binding_refused(w, i, status);
				i->due = MIP6_TIME_NEVER;
				wtru_instance_untunnel(w, i);
				return;
			}
			wtru_notify(w, WTRU_NOTICE_REFUSED, i, status);
			wtru_instance_end(w, i);
			return;
		}
		wtru_binding_refused(w, i, status);
		break;
	case WTRU_EXCHANGE_RELEASE:
		wtru_instance_end(
			w, i); /* 133: it was gone already; else there is nothing left to try */
		break;
	case WTRU_EXCHANGE_CLAIM:
		i->claim =
			status == MIP6_BA_NOT_HOME_AGENT ? WTRU_CLAIM_UNKNOWN : WTRU_CLAIM_REFUSED;
		wtru_notify(w, WTRU_NOTICE_CLAIMED, i, status);
		wtru_binding_claim_again(w, i);
		break;
	case WTRU_EXCHANGE_RETURN:
		if (status == MIP6_BA_NOT_HOME_AGENT)
			home_reached(w, i, status); /* no binding there: what we wanted */
		else
			wtru_binding_refused(w, i, status);
		break;
	case WTRU_EXCHANGE_NONE:
		break;
	}
}

static const struct wtru_sent *find_sent(const struct wtru_instance *i, const struct mip6_mh *mh,
                                         bool any_seq, bool has_sa)
{
	for (size_t n = 0; n < i->sent_count; n++) {
		const struct wtru_sent *sent = &i->sent[n];
		uint64_t mask = mh->ba.status == MIP6_BA_ID_MISMATCH ? UINT32_MAX : UINT64_MAX;

		if (!any_seq && sent->seq != mh->ba.seq)
			continue;
		/*
		 * RFC 4285 section 6: the timestamp of the BU comes back, but for the upper half
		 * when the status is 144; a BA with another MUST be discarded.
		 */
		if (has_sa && (!(mh->opt.has & MIP6_HAS_MESG_ID) ||
		               ((mh->opt.mesg_id ^ sent->mesg_id) & mask) != 0))
			continue;
		return sent;
	}
	return NULL;
}

void wtru_ba(struct wtru *w, const struct mip6_packet *packet, const struct mip6_mh *mh)
{
	struct wtru_instance *i = wtru_instance_find(w, mip6_packet_destination(packet));
	uint8_t status = mh->ba.status;
	const struct mip6_auth_sa *sa;
	const struct wtru_sent *sent;
	bool esp, dated;

	/*
	 * The answer to a BU with a Home Address option comes by type 2 routing header, the one to
	 * a BU from the HoA itself does not (RFC 6275 section 9.5.4).
	 */
	if (!i || i->exchange == WTRU_EXCHANGE_NONE ||
	    !mip6_addr_equal(&packet->src, wtru_binding_peer(i)) || packet->has_hao ||
	    packet->has_rh2 == wtru_exchange_at_home(i->exchange)) {
		wtru_count(w, WTRU_STAT_BA_UNMATCHED);
		return;
	}
	esp = wtru_binding_esp(w, i, wtru_binding_peer(i)) != WTRU_ESP_NONE;
	if (esp && !packet->esp) {
		/* RFC 6275 section 5.1: MUST be protected; else it is not our home agent's. */
		wtru_count(w, WTRU_STAT_BA_UNPROTECTED);
		return;
	}
	sa = wtru_binding_sa(w, i, wtru_binding_peer(i));
	/* A home agent that ESP proves may know no timestamps. */
	dated = sa || (esp && mh->opt.has & MIP6_HAS_MESG_ID);
	if (sa &&
	    !mip6_auth_verify(mh, packet->mh, packet->mh_len, sa,
	                      wtru_exchange_at_home(i->exchange) ? &i->hoa : &i->coa, &i->hoa)) {
		wtru_count(w, WTRU_STAT_BA_BAD_AUTH);
		if (status == MIP6_BA_AUTH_FAIL && !i->auth_fail_told &&
		    find_sent(i, mh, false, false)) {
			i->auth_fail_told = true;
			i->status = status;
			wtru_notify(w, WTRU_NOTICE_REFUSED, i, status);
		}
		return;
	}
	sent = find_sent(i, mh, status == MIP6_BA_SEQ_OUT_OF_WINDOW, dated);
	if (!sent) {
		wtru_count(w, WTRU_STAT_BA_BAD_SEQ);
		return;
	}
	i->status = status;
	if (status < MIP6_BA_UNSPECIFIED) {
		accepted(w, i, mh, sent);
		return;
	}
	wtru_count(w, WTRU_STAT_BA_ERROR);
	if (status == MIP6_BA_SEQ_OUT_OF_WINDOW) {
		/* Section 11.7.1: MUST store it and use the next for the next BU. */
		i->seq = mh->ba.seq;
		wtru_binding_correct(w, i, &i->seq_resynced);
	} else if (status == MIP6_BA_ID_MISMATCH && dated) {
		/* RFC 4285 section 6: the upper 32 bits are the seconds of the anchor's clock. */
		i->clock_offset_us = mip6_ntp_to_unix_us((mh->opt.mesg_id & ~(uint64_t)UINT32_MAX) |
		                                         0x80000000u) -
		                     w->env->unix_us(w->env->ctx);
		i->mesg_id = i->mesg_id_accepted;
		/*
		 * An anchor whose clock was set back and that has lost its state, or it would keep
		 * to its own last time, has forgotten what it accepted. To insist would be in vain.
		 */
		if (mh->opt.mesg_id + ANCHOR_SET_BACK < i->mesg_id)
			i->mesg_id = 0;
		wtru_binding_correct(w, i, &i->id_resynced);
	} else {
		rejected(w, i, status, sent);
	}
}
