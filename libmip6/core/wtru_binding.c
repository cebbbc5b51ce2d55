// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The binding update list: BUs out (RFC 6275 sections 11.7.1 and 11.8; RFC 4285).
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
 * at least, whatever the clock does.
 *
 * Owned here: the exchange of each instance, its sequence number and timestamps.
 */
#include "wtru_private.h"

bool wtru_exchange_at_home(enum wtru_exchange exchange)
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
	 * RFC 6275 section 11.8: the first registration gives a home agent the time for DAD, and so
	 * does the first one after a binding was over (section 11.7.1). A D-GW that knows us by an
	 * anchor claim does none.
	 */
	if (i->exchange == WTRU_EXCHANGE_REGISTER &&
	    (!i->maybe_bound || w->now >= i->live_until || i->discovery.fresh) &&
	    (i->discovery.fresh || i->claim == WTRU_CLAIM_UNKNOWN || !w->config.claim ||
	     (i->fixed && i->claim != WTRU_CLAIM_ACCEPTED)) &&
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

	if (mip6_addr_is_unspecified(&w->config.home_pgw) || (i->fixed && !*there))
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
	else if (wtru_exchange_at_home(exchange))
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
	 * Away from its link no RA renews the HoA: an accepted registration does (wtru_ba.c).
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
		wtru_link_find(w, wtru_exchange_at_home(i->exchange) ? i->ifindex : i->coa_ifindex);

	return link && link->up;
}

const struct mip6_addr *wtru_binding_peer(const struct wtru_instance *i)
{
	return wtru_exchange_at_home(i->exchange) ? &i->anchor : &i->peer;
}

enum wtru_esp wtru_binding_esp(struct wtru *w, const struct wtru_instance *i,
                               const struct mip6_addr *peer)
{
	return w->env->esp ? w->env->esp(w->env->ctx, &i->hoa, peer) : WTRU_ESP_NONE;
}

const struct mip6_auth_sa *wtru_binding_sa(struct wtru *w, const struct wtru_instance *i,
                                           const struct mip6_addr *peer)
{
	return i->plain || wtru_binding_esp(w, i, peer) ? NULL : w->env->find_sa(w->env->ctx, peer);
}

static void send_bu(struct wtru *w, struct wtru_instance *i)
{
	bool home = wtru_exchange_at_home(i->exchange);
	const struct mip6_addr *coa = home ? &i->hoa : &i->coa;
	const struct mip6_addr *peer = wtru_binding_peer(i);
	enum wtru_esp esp = wtru_binding_esp(w, i, peer);
	const struct mip6_auth_sa *sa = wtru_binding_sa(w, i, peer);
	struct mip6_mh mh = {.type = MIP6_MH_BU};
	struct mip6_packet packet = {.src = *coa, .dst = *peer, .esp = esp != WTRU_ESP_NONE};
	struct wtru_sent *sent = &i->sent[i->sent_next];
	const struct mip6_auth_sa *aaa = NULL;
	uint8_t data[MIP6_MH_MAX];

	i->seq++;
	mh.bu.seq = i->seq;
	/*
	 * Both MUST be set; K tells that the IKE endpoint moves with us; L that the home agent is
	 * to defend our link-local address too. A chaining agent is on no home link.
	 */
	mh.bu.flags = MIP6_BU_A | MIP6_BU_H;
	if (i->link_local && i->exchange == WTRU_EXCHANGE_REGISTER &&
	    mip6_addr_equal(peer, &i->anchor))
		mh.bu.flags |= MIP6_BU_L;
	if (esp == WTRU_ESP_IKE)
		mh.bu.flags |= MIP6_BU_K;
	mh.bu.lifetime_s4 = i->exchange == WTRU_EXCHANGE_REGISTER ? ask_lifetime(w, i) : 0;
	i->asked_s4 = mh.bu.lifetime_s4;
	/* MUST be in all home registrations (section 11.7.1). */
	mh.opt.has = MIP6_HAS_ALT_COA;
	mh.opt.alt_coa = *coa;
	if (w->config.identity[0] != '\0' && !i->plain) {
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
	/*
	 * With ESP too: static keys know no replay protection (RFC 4303 section 3.4.3). A home
	 * agent that does not know the option skips it.
	 */
	if (sa || (esp && !i->plain)) {
		mh.opt.has |= MIP6_HAS_MESG_ID;
		mh.opt.mesg_id = next_mesg_id(w, i);
		sent->mesg_id = mh.opt.mesg_id;
	}
	i->sent_next = (i->sent_next + 1) % WTRU_SENT_MAX;
	if (i->sent_count < WTRU_SENT_MAX)
		i->sent_count++;
	if (i->exchange == WTRU_EXCHANGE_REGISTER) {
		mip6_time end = w->now + mh.bu.lifetime_s4 * MIP6_LIFETIME_UNIT_S * MIP6_S;

		i->maybe_bound = true;
		i->live_until = end > i->live_until ? end : i->live_until;
	}

	packet.mh = data;
	/*
	 * In every BU: whether the anchor knows the key that follows from it, or must ask our operator
	 * (again), we need not know.
	 */
	if (sa && w->env->find_aaa)
		aaa = w->env->find_aaa(w->env->ctx, peer);
	packet.mh_len = mip6_auth_encode_aaa(&mh, sa, aaa, coa, &i->hoa, data, sizeof(data));
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

	if (i->tries > 0 || wtru_exchange_at_home(i->exchange))
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

void wtru_binding_correct(struct wtru *w, struct wtru_instance *i, bool *done)
{
	if (*done)
		return;
	*done = true;
	i->wait_ms = initial_wait_ms(w, i);
	wtru_binding_transmit(w, i);
}

void wtru_binding_claim(struct wtru *w, struct wtru_instance *i)
{
	if (!w->config.claim || i->state != WTRU_HOME || i->exchange != WTRU_EXCHANGE_NONE)
		return;
	/* A plain home agent has no use for it; one that we have a key for may. */
	if (i->fixed && (!mip6_addr_is_routable(&i->anchor) || !wtru_binding_sa(w, i, &i->anchor)))
		return;
	if (i->claim == WTRU_CLAIM_NONE)
		i->claim = WTRU_CLAIM_SENT;
	wtru_binding_start(w, i, WTRU_EXCHANGE_CLAIM);
}

/*
 * The claim is renewed at half the prefix's lifetime, well before the D-GW forgets who owns the
 * HoA.
 */
void wtru_binding_claim_again(struct wtru *w, struct wtru_instance *i)
{
	mip6_time half = i->prefix_valid_s * MIP6_S / 2;

	if (i->prefix_valid_s == MIP6_LIFETIME_INFINITE || !w->config.claim)
		i->due = MIP6_TIME_NEVER;
	else
		i->due = w->now + (half < 30 * MIP6_S ? 30 * MIP6_S : half);
}

bool wtru_binding_fall_back(struct wtru *w, struct wtru_instance *i, uint8_t status)
{
	if (mip6_addr_is_unspecified(&w->config.home_pgw) || i->fallback ||
	    (i->fixed && !*i->operator_name) || i->exchange != WTRU_EXCHANGE_REGISTER ||
	    !mip6_addr_equal(&i->peer, &i->anchor))
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
		    others_answer(w, i) && wtru_binding_fall_back(w, i, 0))
			return;
		if (wtru_discovery_silent(w, i))
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
