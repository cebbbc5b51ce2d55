// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The binding update list: BUs out, BAs in, and what else a home agent sends (RFC 6275
 * sections 11.7 and 11.8, 11.3.6; RFC 4285; RFC 5846 section 10).
 *
 * An exchange is one thing that the anchor is asked for; its BU is transmitted again, each time
 * with the next sequence number (section 11.8: a MUST), until a BA answers one of its
 * transmissions. Time-outs double from the initial to the largest value, then stay there for as
 * long as the binding is wanted (a MAY of section 11.8). No exchange sends more than
 * MAX_UPDATE_RATE BUs within a second for one HoA; the next one then waits. The limit counts per
 * HoA, not per anchor: 16 HoAs of one anchor must all move at once, and section 11.8 itself wants a
 * back-off of their own for different HoAs.
 *
 * Timestamps (RFC 4285 section 6) grow strictly with each transmission of an instance, by one unit
 * at least, whatever the clock does. Status 144 teaches how far the anchor's clock is from ours;
 * only then may the next timestamp be smaller than the last, but never than the last accepted one.
 *
 * What is believed: with a security association only a BA that it authenticates. Status 146 (we use
 * the wrong key) comes under a key that we do not have, so it is shown to the user and changes
 * nothing else: a forged one must not stop a WTRU. 144 counts only when authenticated, as RFC 4285
 * section 6 demands. BRR, BE and heartbeats carry no authentication: they can cause one BU per
 * second and no more.
 *
 * Owned here: the exchange of each instance, its sequence number, timestamps and lifetimes.
 */
#include "wtru_private.h"

/* No replay window is so large: 60 s in the units of timestamps. */
#define ANCHOR_SET_BACK (UINT64_C(60) << 32)

static bool is_at_home(enum wtru_exchange exchange)
{
	return exchange == WTRU_EXCHANGE_CLAIM || exchange == WTRU_EXCHANGE_RETURN;
}

void wtru_binding_cancel(struct wtru_instance *i)
{
	i->exchange = WTRU_EXCHANGE_NONE;
	i->due = MIP6_TIME_NEVER;
}

static uint32_t initial_wait_ms(const struct wtru *w, const struct wtru_instance *i)
{
	uint32_t initial = w->config.retransmit_initial_ms;

	/*
	 * RFC 6275 section 11.8: the first registration gives a home agent the time for DAD. A D-GW
	 * that knows us by an anchor claim does none.
	 */
	if (i->exchange == WTRU_EXCHANGE_REGISTER && !i->maybe_bound &&
	    (i->claim == WTRU_CLAIM_UNKNOWN || !w->config.claim) &&
	    initial < WTRU_FIRST_REGISTRATION_MS)
		initial = WTRU_FIRST_REGISTRATION_MS;
	return initial;
}

static bool same_operator(const char *a, const char *b)
{
	size_t n = 0;

	if (!*a || !*b)
		return true; /* nobody says that there is more than one */
	for (; a[n] && b[n]; n++) {
		/* Domain names: in any case of letters. */
		uint8_t x = (uint8_t)a[n], y = (uint8_t)b[n];

		x = x >= 'A' && x <= 'Z' ? (uint8_t)(x + 32) : x;
		y = y >= 'A' && y <= 'Z' ? (uint8_t)(y + 32) : y;
		if (x != y)
			return false;
	}
	return a[n] == b[n];
}

/* May the anchor be told directly from where we are? */
static bool is_direct(struct wtru *w, const struct wtru_instance *i)
{
	struct wtru_link *link = wtru_link_find(w, i->coa_ifindex);
	const struct wtru_router *router = link ? wtru_link_router(link) : NULL;
	const char *here = router ? wtru_operator_of(w, router, &i->coa) : "";
	const char *there = i->operator_name;

	if (mip6_addr_is_unspecified(&w->config.home_pgw))
		return true;
	return !i->fallback && same_operator(*here ? here : w->config.operator_name,
	                                     *there ? there : w->config.operator_name);
}

static void set_peer(struct wtru_instance *i, const struct mip6_addr *peer)
{
	if (mip6_addr_equal(&i->peer, peer))
		return;
	i->peer = *peer;
	/* Another clock, and another memory of what we sent. */
	i->clock_offset_us = 0;
	i->mesg_id = i->mesg_id_accepted = 0;
}

static void choose_peer(struct wtru *w, struct wtru_instance *i)
{
	bool direct = is_direct(w, i);

	set_peer(i, direct ? &i->anchor : &w->config.home_pgw);
	if (direct)
		i->direct_since = w->now;
}

void wtru_binding_start(struct wtru *w, struct wtru_instance *i, enum wtru_exchange exchange)
{
	i->exchange = exchange;
	if (exchange == WTRU_EXCHANGE_REGISTER)
		choose_peer(w, i);
	else if (is_at_home(exchange))
		set_peer(i, &i->anchor);
	i->tries = 0;
	i->sent_count = 0;
	i->sent_next = 0;
	i->seq_resynced = false;
	i->id_resynced = false;
	i->auth_fail_told = false;
	i->wait_ms = initial_wait_ms(w, i);
	wtru_binding_transmit(w, i);
}

/*
 * Seconds/4 to ask for: as configured, within the lifetimes of CoA and HoA (RFC 6275 section
 * 11.7.1).
 */
static uint16_t ask_lifetime(struct wtru *w, const struct wtru_instance *i)
{
	struct wtru_link *link = wtru_link_find(w, i->coa_ifindex);
	struct wtru_address *coa = link ? wtru_link_find_address(link, &i->coa) : NULL;
	mip6_time lifetime = w->config.lifetime_s * MIP6_S;
	mip6_time units;

	if (coa) {
		mip6_time until = wtru_link_valid_until(w, link, coa);

		if (until != MIP6_TIME_NEVER && until - w->now < lifetime)
			lifetime = until - w->now;
	}
	/*
	 * Away from its link no RA renews the HoA: an accepted registration does (see accept()).
	 * One that is over all the same is asked for as configured: whether it may live on is the
	 * anchor's to say.
	 */
	if (i->valid_until != MIP6_TIME_NEVER && i->valid_until > w->now &&
	    i->valid_until - w->now < lifetime)
		lifetime = i->valid_until - w->now;
	units = lifetime / (MIP6_LIFETIME_UNIT_S * MIP6_S);
	if (units < 1)
		units = 1; /* MUST be non-zero */
	return units > UINT16_MAX ? UINT16_MAX : (uint16_t)units;
}

static uint64_t next_mesg_id(struct wtru *w, struct wtru_instance *i)
{
	uint64_t id = mip6_ntp_from_unix_us(w->env->unix_us(w->env->ctx) + i->clock_offset_us);

	/* RFC 4285 section 6: MUST be greater than in any previous successful BU. */
	if (id <= i->mesg_id)
		id = i->mesg_id + 1;
	i->mesg_id = id;
	return id;
}

static bool uplink_works(struct wtru *w, const struct wtru_instance *i)
{
	struct wtru_link *link =
		wtru_link_find(w, is_at_home(i->exchange) ? i->ifindex : i->coa_ifindex);

	return link && link->up;
}

/* Whom the exchange is with. */
static const struct mip6_addr *peer_of(const struct wtru_instance *i)
{
	return is_at_home(i->exchange) ? &i->anchor : &i->peer;
}

static void send_bu(struct wtru *w, struct wtru_instance *i)
{
	bool home = is_at_home(i->exchange);
	const struct mip6_addr *coa = home ? &i->hoa : &i->coa;
	const struct mip6_addr *peer = peer_of(i);
	const struct mip6_auth_sa *sa = w->env->find_sa(w->env->ctx, peer);
	struct mip6_mh mh = {.type = MIP6_MH_BU};
	struct mip6_packet packet = {.src = *coa, .dst = *peer};
	struct wtru_sent *sent = &i->sent[i->sent_next];
	uint8_t data[MIP6_MH_MAX];

	i->seq++;
	mh.bu.seq = i->seq;
	/*
	 * Both MUST be set; K and L stay clear: no IKE endpoint moves, no link-local address is
	 * bound.
	 */
	mh.bu.flags = MIP6_BU_A | MIP6_BU_H;
	mh.bu.lifetime_s4 = i->exchange == WTRU_EXCHANGE_REGISTER ? ask_lifetime(w, i) : 0;
	i->asked_s4 = mh.bu.lifetime_s4;
	/* MUST be in all home registrations (section 11.7.1). */
	mh.opt.has = MIP6_HAS_ALT_COA;
	mh.opt.alt_coa = *coa;
	if (w->config.identity[0] != '\0') {
		mh.opt.has |= MIP6_HAS_MN_ID;
		mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
		mh.opt.mn_id_len = (uint8_t)strnlen(w->config.identity, MIP6_NAI_MAX);
		memcpy(mh.opt.mn_id, w->config.identity, mh.opt.mn_id_len);
	}
	if (!mip6_addr_equal(peer, &i->anchor)) {
		/* An extended BU: to the chaining agent, which tells the anchor. */
		mh.opt.has |= MIP6_HAS_ANCHOR;
		mh.opt.anchor = i->anchor;
	}
	*sent = (struct wtru_sent){.seq = i->seq, .at = w->now};
	if (sa) {
		mh.opt.has |= MIP6_HAS_MESG_ID;
		mh.opt.mesg_id = next_mesg_id(w, i);
		sent->mesg_id = mh.opt.mesg_id;
	}
	i->sent_next = (i->sent_next + 1) % WTRU_SENT_MAX;
	if (i->sent_count < WTRU_SENT_MAX)
		i->sent_count++;
	if (i->exchange == WTRU_EXCHANGE_REGISTER)
		i->maybe_bound = true;

	packet.mh = data;
	packet.mh_len = mip6_auth_encode(&mh, sa, coa, &i->hoa, data, sizeof(data));
	if (!home) {
		packet.has_hao = true;
		packet.hao = i->hoa;
	}
	if (packet.mh_len > 0)
		wtru_send(w, &packet);
	wtru_count(w, WTRU_STAT_BU_SENT);
	if (i->tries > 0)
		wtru_count(w, WTRU_STAT_BU_RETRANSMITTED);
	wtru_notify(w, WTRU_NOTICE_BU_SENT, i, 0);
}

/*
 * The care-of address is a home address that is on its way home. As long as its D-GW has the old
 * binding, whatever anchors send to this care-of address goes into that tunnel, to where we were
 * before; and when the anchor there is told to tunnel to here, packets circle. So the D-GW goes
 * first, for a moment.
 */
static bool waits_for_home(struct wtru *w, const struct wtru_instance *i)
{
	const struct wtru_instance *home;

	if (i->tries > 0 || is_at_home(i->exchange))
		return false;
	home = wtru_instance_find(w, &i->coa);
	return home && home->state == WTRU_RETURNING && home->exchange == WTRU_EXCHANGE_RETURN &&
	       home->tries <= 1;
}

void wtru_binding_transmit(struct wtru *w, struct wtru_instance *i)
{
	mip6_time oldest = i->recent[i->recent_next];
	bool waited = i->put_off;

	i->put_off = false;
	if (!uplink_works(w, i)) {
		i->due = MIP6_TIME_NEVER; /* goes on when the link is back */
		return;
	}
	if (!waited && waits_for_home(w, i)) {
		i->due = w->now + WTRU_HOME_FIRST;
		i->put_off = true;
		return;
	}
	/* RFC 6275 section 11.5.3: MUST NOT be more than MAX_UPDATE_RATE within a second. */
	if (i->recent_count == WTRU_UPDATE_RATE_MAX && w->now - oldest < MIP6_S) {
		i->due = oldest + MIP6_S;
		i->put_off = true;
		return;
	}
	i->recent[i->recent_next] = w->now;
	i->recent_next = (i->recent_next + 1) % WTRU_UPDATE_RATE_MAX;
	if (i->recent_count < WTRU_UPDATE_RATE_MAX)
		i->recent_count++;
	send_bu(w, i);
	i->tries++;
	i->due = w->now + i->wait_ms * MIP6_MS;
	/* RFC 6275 section 11.8: the period MUST be doubled, up to MAX_BINDACK_TIMEOUT. */
	i->wait_ms = i->wait_ms >= w->config.retransmit_max_ms / 2 + w->config.retransmit_max_ms % 2
	                     ? w->config.retransmit_max_ms
	                     : i->wait_ms * 2;
}

void wtru_binding_claim(struct wtru *w, struct wtru_instance *i)
{
	if (!w->config.claim || i->state != WTRU_HOME || i->exchange != WTRU_EXCHANGE_NONE)
		return;
	if (i->claim == WTRU_CLAIM_NONE)
		i->claim = WTRU_CLAIM_SENT;
	wtru_binding_start(w, i, WTRU_EXCHANGE_CLAIM);
}

/*
 * The claim is renewed at half the prefix's lifetime, well before the D-GW forgets who owns the
 * HoA.
 */
static void claim_again(struct wtru *w, struct wtru_instance *i)
{
	mip6_time half = i->prefix_valid_s * MIP6_S / 2;

	if (i->prefix_valid_s == MIP6_LIFETIME_INFINITE || !w->config.claim)
		i->due = MIP6_TIME_NEVER;
	else
		i->due = w->now + (half < 30 * MIP6_S ? 30 * MIP6_S : half);
}

/*
 * The anchor will not be told from here (129), or does not hear us while others do: a border
 * between operators of which nobody said anything. False when there is nothing to fall back to.
 */
static bool fall_back(struct wtru *w, struct wtru_instance *i, uint8_t status)
{
	if (mip6_addr_is_unspecified(&w->config.home_pgw) || i->fallback ||
	    i->exchange != WTRU_EXCHANGE_REGISTER || !mip6_addr_equal(&i->peer, &i->anchor))
		return false;
	i->fallback = true;
	wtru_notify(w, WTRU_NOTICE_FALLBACK, i, status);
	wtru_binding_cancel(i);
	wtru_binding_start(w, i, WTRU_EXCHANGE_REGISTER);
	if (i->want_binding && !i->path_receive_only)
		wtru_instance_tunnel(w, i);
	return true;
}

/* Has anybody else been answered since this anchor was asked? */
static bool others_answer(const struct wtru *w, const struct wtru_instance *silent)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		const struct wtru_instance *i = &w->instance[w->order[n]];

		if (i != silent && i->answered > silent->direct_since)
			return true;
	}
	return false;
}

/* i->due has come: a retransmission, or the start of the next exchange. */
void wtru_binding_due(struct wtru *w, struct wtru_instance *i)
{
	i->due = MIP6_TIME_NEVER;
	if (i->exchange == WTRU_EXCHANGE_NONE) {
		switch (i->state) {
		case WTRU_HOME:
			wtru_binding_claim(w, i);
			break;
		case WTRU_BOUND:
		case WTRU_REGISTERING:
		case WTRU_REFUSED:
			wtru_binding_start(w, i, WTRU_EXCHANGE_REGISTER);
			break;
		case WTRU_RETURNING:
			wtru_binding_start(w, i, WTRU_EXCHANGE_RETURN);
			break;
		case WTRU_AWAY:
		case WTRU_RELEASING:
			break;
		}
		return;
	}
	if (i->exchange == WTRU_EXCHANGE_RELEASE && i->tries >= WTRU_RELEASE_TRIES) {
		wtru_instance_end(w, i);
		return;
	}
	if (i->exchange == WTRU_EXCHANGE_CLAIM && i->tries >= WTRU_CLAIM_TRIES) {
		i->claim = WTRU_CLAIM_NONE;
		i->exchange = WTRU_EXCHANGE_NONE;
		i->due = w->now + WTRU_CLAIM_PAUSE;
		return;
	}
	if (!i->put_off) {
		wtru_notify(w, WTRU_NOTICE_TIMEOUT, i, 0);
		if (i->state == WTRU_REGISTERING && i->tries >= WTRU_SILENT_TRIES &&
		    others_answer(w, i) && fall_back(w, i, 0))
			return;
	}
	wtru_binding_transmit(w, i);
}

bool wtru_binding_hint(struct wtru *w, struct wtru_instance *i)
{
	if (i->state != WTRU_BOUND || w->now - i->hinted < WTRU_HINT_INTERVAL)
		return false;
	i->hinted = w->now;
	if (i->exchange == WTRU_EXCHANGE_NONE)
		wtru_binding_start(w, i, WTRU_EXCHANGE_REGISTER);
	return true;
}

/* Binding Acknowledgement (RFC 6275 section 11.7.3) */

/* Those who waited for it: see waits_for_home(). */
static void home_is_free(struct wtru *w, const struct wtru_instance *home)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (i->exchange != WTRU_EXCHANGE_NONE && !is_at_home(i->exchange) &&
		    i->tries == 0 && i->put_off && mip6_addr_equal(&i->coa, &home->hoa))
			wtru_binding_transmit(w, i);
	}
}

static void home_reached(struct wtru *w, struct wtru_instance *i, uint8_t status)
{
	struct wtru_action na = {.type = WTRU_ACTION_SEND_NA};

	i->maybe_bound = false;
	i->state = WTRU_HOME;
	wtru_instance_untunnel(w, i);
	/* RFC 6275 section 11.5.5: MUST be multicast after the BA. */
	na.na.ifindex = i->ifindex;
	na.na.hoa = i->hoa;
	wtru_emit(w, &na);
	/* The same BU is an anchor claim. */
	i->claim = status == MIP6_BA_NOT_HOME_AGENT ? WTRU_CLAIM_UNKNOWN : WTRU_CLAIM_ACCEPTED;
	wtru_notify(w, WTRU_NOTICE_HOME, i, status);
	claim_again(w, i);
	home_is_free(w, i);
	w->dirty = true;
}

static void refused(struct wtru *w, struct wtru_instance *i, uint8_t status)
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
		refused(w, i, mh->ba.status); /* accepted for no time at all */
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
	/* The anchor keeps the HoA for us: its valid lifetime starts again. */
	if (i->valid_until != MIP6_TIME_NEVER) {
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
	/*
	 * Status 1 asks for prefix discovery; what a HoA's prefix is worth is learnt here from each
	 * registration, so there is nothing to ask.
	 */
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
		claim_again(w, i);
		w->dirty = true;
		break;
	case WTRU_EXCHANGE_RETURN:
		home_reached(w, i, mh->ba.status);
		break;
	case WTRU_EXCHANGE_NONE:
		break;
	}
}

static bool on_some_link(struct wtru *w, const struct mip6_addr *addr)
{
	for (size_t n = 0; n < w->config.links_max; n++) {
		struct wtru_link *link = &w->link[n];

		if (link->used && link->up && wtru_link_find_address(link, addr))
			return true;
	}
	return false;
}

static void rejected(struct wtru *w, struct wtru_instance *i, uint8_t status)
{
	enum wtru_exchange exchange = i->exchange;

	if (status == MIP6_BA_PROHIBITED && fall_back(w, i, status))
		return;
	wtru_binding_cancel(i);
	switch (exchange) {
	case WTRU_EXCHANGE_REGISTER:
		/*
		 * RFC 6275 section 11.7.1: after status 134 the HoA MUST NOT be used again;
		 * somebody else has it. Unless that somebody is this host, there over its other
		 * link: then that is where the HoA is at home.
		 */
		if (status == MIP6_BA_DAD_FAILED && wtru_link_home(w, i)) {
			wtru_instance_at_home(w, i);
			return;
		}
		if (status == MIP6_BA_DAD_FAILED && !on_some_link(w, &i->hoa)) {
			wtru_notify(w, WTRU_NOTICE_REFUSED, i, status);
			wtru_instance_end(w, i);
			return;
		}
		refused(w, i, status);
		break;
	case WTRU_EXCHANGE_RELEASE:
		wtru_instance_end(
			w, i); /* 133: it was gone already; else there is nothing left to try */
		break;
	case WTRU_EXCHANGE_CLAIM:
		i->claim =
			status == MIP6_BA_NOT_HOME_AGENT ? WTRU_CLAIM_UNKNOWN : WTRU_CLAIM_REFUSED;
		wtru_notify(w, WTRU_NOTICE_CLAIMED, i, status);
		claim_again(w, i);
		break;
	case WTRU_EXCHANGE_RETURN:
		if (status == MIP6_BA_NOT_HOME_AGENT)
			home_reached(w, i, status); /* no binding there: what we wanted */
		else
			refused(w, i, status);
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

/* The next transmission of the exchange, now: the anchor has told what was wrong with the last. */
static void send_corrected(struct wtru *w, struct wtru_instance *i, bool *done)
{
	if (*done)
		return; /* once at once, then the back-off paces it */
	*done = true;
	i->wait_ms = initial_wait_ms(w, i);
	wtru_binding_transmit(w, i);
}

static void on_ba(struct wtru *w, const struct mip6_packet *packet, const struct mip6_mh *mh)
{
	struct wtru_instance *i = wtru_instance_find(w, mip6_packet_destination(packet));
	uint8_t status = mh->ba.status;
	const struct mip6_auth_sa *sa;
	const struct wtru_sent *sent;

	/*
	 * The answer to a BU with a Home Address option comes by type 2 routing header, the one to
	 * a BU from the HoA itself does not (RFC 6275 section 9.5.4).
	 */
	if (!i || i->exchange == WTRU_EXCHANGE_NONE || !mip6_addr_equal(&packet->src, peer_of(i)) ||
	    packet->has_hao || packet->has_rh2 == is_at_home(i->exchange)) {
		wtru_count(w, WTRU_STAT_BA_UNMATCHED);
		return;
	}
	sa = w->env->find_sa(w->env->ctx, peer_of(i));
	if (sa && !mip6_auth_verify(mh, packet->mh, packet->mh_len, sa,
	                            is_at_home(i->exchange) ? &i->hoa : &i->coa, &i->hoa)) {
		wtru_count(w, WTRU_STAT_BA_BAD_AUTH);
		if (status == MIP6_BA_AUTH_FAIL && !i->auth_fail_told &&
		    find_sent(i, mh, false, false)) {
			i->auth_fail_told = true;
			i->status = status;
			wtru_notify(w, WTRU_NOTICE_REFUSED, i, status);
		}
		return;
	}
	sent = find_sent(i, mh, status == MIP6_BA_SEQ_OUT_OF_WINDOW, sa != NULL);
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
		send_corrected(w, i, &i->seq_resynced);
	} else if (status == MIP6_BA_ID_MISMATCH && sa) {
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
		send_corrected(w, i, &i->id_resynced);
	} else {
		rejected(w, i, status);
	}
}

/* The rest of what anchors send */

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

enum bra_status { /* RFC 5846 section 5.2 */
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
	struct mip6_packet packet = {.src = i->coa, .dst = i->peer, .has_hao = true, .hao = i->hoa};
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

	/* RFC 5846 section 10: HoA in the routing header, with an entry; else silently discard. */
	if (!i || mh->revocation.type != MIP6_REVOCATION_BRI || !wtru_instance_is_away(i) ||
	    i->state == WTRU_AWAY || !mip6_addr_equal(&packet->src, &i->peer)) {
		wtru_count(w, WTRU_STAT_MH_UNEXPECTED);
		return;
	}
	/* Section 6.2: MUST be protected as the registration is. */
	sa = w->env->find_sa(w->env->ctx, &i->peer);
	if (sa && !mip6_auth_verify(mh, packet->mh, packet->mh_len, sa, &i->coa, &i->hoa)) {
		wtru_count(w, WTRU_STAT_BA_BAD_AUTH);
		return;
	}
	/* One of before the present binding was accepted: somebody sends it again. */
	if (sa && mh->opt.has & MIP6_HAS_MESG_ID && mh->opt.mesg_id <= i->mesg_id_accepted) {
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
	wtru_instance_end(w, i);
}

void wtru_binding_mh(struct wtru *w, const struct mip6_packet *packet)
{
	struct mip6_mh mh;
	size_t offset;

	if (mip6_mh_decode(packet->mh, packet->mh_len, &mh, &offset) != MIP6_DECODE_OK) {
		wtru_count(w, WTRU_STAT_MH_MALFORMED);
		return;
	}
	switch (mh.type) {
	case MIP6_MH_BA:
		on_ba(w, packet, &mh);
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
