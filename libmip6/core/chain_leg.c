// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The anchors' legs: the binding update list of the PGW (RFC 6275 section 11.1) with its exchanges
 * (11.7, 11.8), and their records. The PGW sends what a mobile node sends that has the HoA and is
 * at the PGW's address; the identity is the WTRU's, the security association the PGW's own.
 *
 * Whatever ends a leg ends its chain: each function that deletes one tells the WTRUs' side.
 */
#include "chain_private.h"

static uint32_t *bucket(const struct chain *chain, const struct mip6_addr *hoa)
{
	return ha_bucket(chain->ha, chain->leg_hash, ha_hash(chain->ha, hoa, sizeof(*hoa)));
}

struct chain_leg *chain_leg_find(const struct chain *chain, const struct mip6_addr *hoa)
{
	uint32_t slot = *bucket(chain, hoa);

	while (slot != CORE_NONE && !mip6_addr_equal(&chain->legs[slot].hoa, hoa))
		slot = chain->leg_pool.next[slot];
	return slot == CORE_NONE ? NULL : &chain->legs[slot];
}

struct chain_leg *chain_leg_new(const struct chain_ctx *c, const struct mip6_addr *hoa,
                                const struct mip6_addr *anchor, uint32_t identity)
{
	struct chain *chain = c->chain;
	uint32_t anchor_slot = chain_anchor_get(c, anchor);
	uint32_t slot;
	struct chain_leg *leg;

	if (anchor_slot == CORE_NONE)
		return NULL;
	slot = core_pool_take(&chain->leg_pool);
	if (slot == CORE_NONE)
		return NULL;
	leg = &chain->legs[slot];
	chain->timers.pos[slot] = CORE_NONE;
	*leg = (struct chain_leg){
		.hoa = *hoa,
		.expires = MIP6_TIME_NEVER,
		.due = MIP6_TIME_NEVER,
		.hinted = c->now - CHAIN_HINT_INTERVAL,
		.identity = identity,
		.seq = (uint16_t)c->env->random(c->env->ctx),
		.used = true,
		.state = CHAIN_REGISTERING,
	};
	ha_name_ref(chain->ha, identity);
	core_chain_add(bucket(chain, hoa), &chain->leg_pool, slot);
	chain_anchor_join(c, leg, anchor_slot);
	chain->leg_count++;
	return leg;
}

void chain_leg_delete(const struct chain_ctx *c, struct chain_leg *leg)
{
	struct chain *chain = c->chain;
	uint32_t slot = chain_leg_slot(chain, leg);

	if (leg->state == CHAIN_BOUND)
		chain_count_stat(c, CHAIN_STAT_CHAINS_ENDED);
	core_heap_set(&chain->timers, slot, MIP6_TIME_NEVER);
	chain_anchor_leave(c, leg);
	core_chain_remove(bucket(chain, &leg->hoa), &chain->leg_pool, slot);
	ha_name_unref(chain->ha, leg->identity);
	leg->used = false;
	core_pool_give(&chain->leg_pool, slot);
	chain->leg_count--;
}

void chain_leg_arm(struct chain *chain, struct chain_leg *leg)
{
	mip6_time at = leg->due;

	if (leg->state == CHAIN_BOUND && leg->expires < at)
		at = leg->expires;
	core_heap_set(&chain->timers, chain_leg_slot(chain, leg), at);
}

uint32_t chain_leg_left_s(const struct chain_ctx *c, const struct chain_leg *leg)
{
	if (leg->state != CHAIN_BOUND || leg->expires <= c->now)
		return 0;
	return (uint32_t)((leg->expires - c->now) / MIP6_S);
}

/* --- sending --- */

/* RFC 4285 section 6: close to the anchor's time of day, and greater than all before. */
static uint64_t next_mesg_id(const struct chain_ctx *c, struct chain_leg *leg)
{
	const struct chain_anchor *anchor = &c->chain->anchors[leg->anchor];
	uint64_t id = mip6_ntp_from_unix_us(c->env->unix_us(c->env->ctx) + anchor->clock_offset_us);

	leg->mesg_id = id > leg->mesg_id ? id : leg->mesg_id + 1;
	return leg->mesg_id;
}

static uint16_t ask_lifetime(const struct chain_ctx *c, const struct chain_leg *leg)
{
	uint32_t s4 = c->chain->config.lifetime_max_s / MIP6_LIFETIME_UNIT_S;
	uint32_t last_s4 = leg->give_up ? 0 : CHAIN_RUN_OUT_S4;

	if (leg->exchange == CHAIN_EXCHANGE_CLOSE)
		s4 = last_s4;
	return (uint16_t)(s4 > UINT16_MAX ? UINT16_MAX : s4);
}

static void transmit(const struct chain_ctx *c, struct chain_leg *leg)
{
	const struct chain_config *config = &c->chain->config;
	const struct chain_anchor *anchor = &c->chain->anchors[leg->anchor];
	const struct mip6_auth_sa *sa = c->env->find_anchor_sa(c->env->ctx, &anchor->addr);
	const char *nai = ha_name_text(c->chain->ha, leg->identity);
	struct chain_sent *sent = &leg->sent[leg->sent_next];
	struct mip6_packet head = {
		.src = config->address,
		.dst = anchor->addr,
		.has_hao = true,
		.hao = leg->hoa,
	};
	struct mip6_mh mh = {.type = MIP6_MH_BU};

	mh.bu.seq = ++leg->seq;
	mh.bu.flags = MIP6_BU_A | MIP6_BU_H;
	mh.bu.lifetime_s4 = leg->asked_s4 = ask_lifetime(c, leg);
	mh.opt.has = MIP6_HAS_ALT_COA;
	mh.opt.alt_coa = config->address;
	if (*nai != '\0') {
		/* The anchor decides by whose the HoA is. */
		mh.opt.has |= MIP6_HAS_MN_ID;
		mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
		mh.opt.mn_id_len = (uint8_t)strlen(nai);
		memcpy(mh.opt.mn_id, nai, (size_t)mh.opt.mn_id_len + 1);
	}
	*sent = (struct chain_sent){.seq = leg->seq, .at = c->now};
	if (sa != NULL) {
		mh.opt.has |= MIP6_HAS_MESG_ID;
		mh.opt.mesg_id = sent->mesg_id = next_mesg_id(c, leg);
	}
	leg->sent_next = (uint8_t)((leg->sent_next + 1) % CHAIN_SENT_MAX);
	if (leg->sent_count < CHAIN_SENT_MAX)
		leg->sent_count++;
	chain_count_stat(c, CHAIN_STAT_ANCHOR_BU_SENT);
	if (leg->tries > 0)
		chain_count_stat(c, CHAIN_STAT_ANCHOR_BU_RETRANSMITTED);
	if (leg->tries < UINT8_MAX)
		leg->tries++;
	leg->due = c->now + leg->wait_ms * MIP6_MS;
	/* Section 11.8: MUST be doubled, up to a maximum. */
	leg->wait_ms = leg->wait_ms > config->retransmit_max_ms / 2 ? config->retransmit_max_ms
	                                                            : leg->wait_ms * 2;
	chain_leg_arm(c->chain, leg);
	chain_send(c, &head, &mh, sa);
}

static void start(const struct chain_ctx *c, struct chain_leg *leg, enum chain_exchange exchange)
{
	leg->exchange = exchange;
	leg->tries = 0;
	leg->sent_count = leg->sent_next = 0;
	leg->resynced = false;
	leg->wait_ms = c->chain->config.retransmit_initial_ms;
	transmit(c, leg);
}

static void stop(struct chain_leg *leg)
{
	leg->exchange = CHAIN_EXCHANGE_NONE;
	leg->sent_count = 0;
	leg->due = MIP6_TIME_NEVER;
}

void chain_leg_register(const struct chain_ctx *c, struct chain_leg *leg)
{
	if (leg->exchange == CHAIN_EXCHANGE_REGISTER)
		return;
	if (leg->state == CHAIN_CLOSING) {
		leg->state = CHAIN_REGISTERING;
		leg->expires = MIP6_TIME_NEVER;
	}
	start(c, leg, CHAIN_EXCHANGE_REGISTER);
}

void chain_leg_close(const struct chain_ctx *c, struct chain_leg *leg, bool give_up)
{
	if (leg->state == CHAIN_CLOSING && (leg->give_up || !give_up))
		return;
	if (leg->state == CHAIN_BOUND)
		chain_count_stat(c, CHAIN_STAT_CHAINS_ENDED);
	leg->state = CHAIN_CLOSING;
	leg->give_up = give_up;
	leg->expires = MIP6_TIME_NEVER;
	start(c, leg, CHAIN_EXCHANGE_CLOSE);
}

/* --- how it ends --- */

/* The status for the WTRU: what concerned our own message to the anchor does not concern it. */
static uint8_t status_for_wtru(uint8_t status)
{
	switch (status) {
	case MIP6_BA_SEQ_OUT_OF_WINDOW:
	case MIP6_BA_ID_MISMATCH:
	case MIP6_BA_MESG_ID_REQUIRED:
	case MIP6_BA_AUTH_FAIL:
		return MIP6_BA_UNSPECIFIED;
	default:
		return status;
	}
}

/* The leg goes, and with it whatever the WTRUs' side has of this HoA. */
static void end(const struct chain_ctx *c, struct chain_leg *leg, uint8_t status)
{
	struct mip6_addr hoa = leg->hoa;
	bool waiting = leg->waiting;

	chain_leg_delete(c, leg);
	if (waiting)
		chain_tell(c, HA_EVENT_RELAYED, &hoa, status);
	chain_tell(c, HA_EVENT_LOST, &hoa, 0);
}

void chain_leg_lost(const struct chain_ctx *c, struct chain_leg *leg, enum chain_notice why,
                    uint8_t status)
{
	chain_notify(c, why, leg, status);
	chain_count_stat(c, CHAIN_STAT_ANCHOR_LOST);
	end(c, leg, status >= 128 ? status : MIP6_BA_UNSPECIFIED);
}

/* A CLOSE is over, answered or not; there may be a WTRU that waits for it. */
static void closed(const struct chain_ctx *c, struct chain_leg *leg, uint8_t status)
{
	/* 133: the anchor had nothing any more, which is what was wanted. */
	end(c, leg, status == MIP6_BA_NOT_HOME_AGENT ? MIP6_BA_ACCEPTED : status);
}

static void refused(const struct chain_ctx *c, struct chain_leg *leg, uint8_t status)
{
	chain_count_stat(c, CHAIN_STAT_ANCHOR_REFUSED);
	if (leg->exchange == CHAIN_EXCHANGE_CLOSE)
		closed(c, leg, status_for_wtru(status));
	else if (leg->state == CHAIN_BOUND)
		chain_leg_lost(c, leg, CHAIN_NOTICE_LOST, status_for_wtru(status));
	else
		end(c, leg, status_for_wtru(status));
}

static void accepted(const struct chain_ctx *c, struct chain_leg *leg, const struct mip6_mh *mh,
                     const struct chain_sent *sent)
{
	uint16_t granted_s4 =
		mh->ba.lifetime_s4 < leg->asked_s4 ? mh->ba.lifetime_s4 : leg->asked_s4;
	mip6_time lifetime = (mip6_time)granted_s4 * MIP6_LIFETIME_UNIT_S * MIP6_S;
	mip6_time refresh = lifetime / 2;
	const struct ha_entry *entry;

	chain_count_stat(c, CHAIN_STAT_ANCHOR_ACCEPTED);
	leg->rtt_us = c->now - sent->at > UINT32_MAX ? UINT32_MAX : (uint32_t)(c->now - sent->at);
	if (leg->exchange == CHAIN_EXCHANGE_CLOSE) {
		closed(c, leg, MIP6_BA_ACCEPTED);
		return;
	}
	if (granted_s4 == 0) {
		refused(c, leg, MIP6_BA_INSUFFICIENT_RESOURCES); /* for no time at all */
		return;
	}
	/* Half of the lifetime is always left: the WTRU's leg never has to be shorter. */
	if (mh->opt.has & MIP6_HAS_REFRESH_ADVICE) {
		mip6_time advice =
			(mip6_time)mh->opt.refresh_interval_s4 * MIP6_LIFETIME_UNIT_S * MIP6_S;

		refresh = advice > 0 && advice < refresh ? advice : refresh;
	}
	if (leg->state != CHAIN_BOUND)
		chain_count_stat(c, CHAIN_STAT_CHAINS_MADE);
	leg->state = CHAIN_BOUND;
	leg->lifetime_s = (uint32_t)granted_s4 * MIP6_LIFETIME_UNIT_S;
	/* Section 11.7.3: counted from when the BU was sent. */
	leg->expires = sent->at + lifetime;
	stop(leg);
	leg->due = sent->at + refresh;
	chain_leg_arm(c->chain, leg);
	if (leg->waiting) {
		leg->waiting = false;
		chain_tell(c, HA_EVENT_RELAYED, &leg->hoa, MIP6_BA_ACCEPTED);
	} else {
		chain_save(c, leg);
	}
	/* The WTRU may have given up, or become unacceptable, meanwhile. */
	entry = ha_entry_find(c->chain->ha, &leg->hoa);
	if (leg->used && leg->state == CHAIN_BOUND &&
	    (entry == NULL || !(entry->flags & HA_ENTRY_BOUND)))
		chain_leg_close(c, leg, false);
}

static const struct chain_sent *find_sent(const struct chain_leg *leg, const struct mip6_mh *mh,
                                          bool has_sa)
{
	uint64_t mask = mh->ba.status == MIP6_BA_ID_MISMATCH ? UINT32_MAX : UINT64_MAX;

	for (size_t i = 0; i < leg->sent_count; i++) {
		const struct chain_sent *sent = &leg->sent[i];

		if (mh->ba.status != MIP6_BA_SEQ_OUT_OF_WINDOW && sent->seq != mh->ba.seq)
			continue;
		/* RFC 4285 section 6: a BA with another timestamp MUST be discarded. */
		if (has_sa && (!(mh->opt.has & MIP6_HAS_MESG_ID) ||
		               ((mh->opt.mesg_id ^ sent->mesg_id) & mask) != 0))
			continue;
		return sent;
	}
	return NULL;
}

/* The anchor has told what was wrong with our message: once per exchange, try again at once. */
static bool resync(const struct chain_ctx *c, struct chain_leg *leg, const struct mip6_mh *mh,
                   bool has_sa)
{
	struct chain_anchor *anchor = &c->chain->anchors[leg->anchor];

	if (leg->resynced)
		return false;
	if (mh->ba.status == MIP6_BA_SEQ_OUT_OF_WINDOW) {
		leg->seq = mh->ba.seq; /* section 11.7.1 */
	} else if (mh->ba.status == MIP6_BA_ID_MISMATCH && has_sa) {
		/* RFC 4285 section 6: the upper 32 bits are the seconds of its clock. */
		anchor->clock_offset_us =
			mip6_ntp_to_unix_us((mh->opt.mesg_id >> 32 << 32) | UINT32_C(0x80000000)) -
			c->env->unix_us(c->env->ctx);
		leg->mesg_id = leg->mesg_id_accepted;
	} else {
		return false;
	}
	leg->resynced = true;
	transmit(c, leg);
	return true;
}

void chain_process_ba(const struct chain_ctx *c, const struct mip6_packet *packet,
                      const struct mip6_mh *mh)
{
	struct chain_leg *leg = packet->has_rh2 ? chain_leg_find(c->chain, &packet->rh2) : NULL;
	const struct mip6_auth_sa *sa;
	const struct chain_sent *sent;

	/* Section 9.5.4: by type 2 routing header, to whom it sent the BU for. */
	if (leg == NULL || packet->has_hao || leg->exchange == CHAIN_EXCHANGE_NONE ||
	    !mip6_addr_equal(&packet->src, &c->chain->anchors[leg->anchor].addr)) {
		chain_count_stat(c, CHAIN_STAT_BA_UNMATCHED);
		return;
	}
	sa = c->env->find_anchor_sa(c->env->ctx, &packet->src);
	if (sa != NULL && !mip6_auth_verify(mh, packet->mh, packet->mh_len, sa,
	                                    &c->chain->config.address, &leg->hoa)) {
		chain_count_stat(c, CHAIN_STAT_BA_BAD_AUTH);
		return;
	}
	sent = find_sent(leg, mh, sa != NULL);
	if (sent == NULL) {
		chain_count_stat(c, CHAIN_STAT_BA_UNMATCHED);
		return;
	}
	if (mh->ba.status < 128) {
		leg->mesg_id_accepted = sent->mesg_id;
		accepted(c, leg, mh, sent);
	} else if (!resync(c, leg, mh, sa != NULL)) {
		refused(c, leg, mh->ba.status);
	}
}

void chain_leg_due(const struct chain_ctx *c, struct chain_leg *leg)
{
	bool used_up = leg->tries >= c->chain->config.retransmit_count;

	if (leg->state == CHAIN_BOUND && leg->expires <= c->now) {
		chain_leg_lost(c, leg, CHAIN_NOTICE_LOST, 0);
		return;
	}
	switch (leg->exchange) {
	case CHAIN_EXCHANGE_NONE:
		if (chain_roaming(c->chain, &leg->hoa, &c->chain->anchors[leg->anchor].addr) !=
		    NULL) {
			start(c, leg, CHAIN_EXCHANGE_REGISTER);
			return;
		}
		/* The operator took it out of the roaming list. */
		chain_tell(c, HA_EVENT_REVOKE, &leg->hoa, 0);
		chain_leg_close(c, leg, true);
		return;
	case CHAIN_EXCHANGE_REGISTER:
		if (used_up && leg->state != CHAIN_BOUND) {
			chain_count_stat(c, CHAIN_STAT_ANCHOR_NO_ANSWER);
			end(c, leg, MIP6_BA_INSUFFICIENT_RESOURCES);
			return;
		}
		if (used_up && leg->waiting) {
			leg->waiting = false;
			chain_tell(c, HA_EVENT_RELAYED, &leg->hoa, MIP6_BA_INSUFFICIENT_RESOURCES);
		}
		/* What is bound may stay so until it runs out: the anchor may come back. */
		transmit(c, leg);
		return;
	case CHAIN_EXCHANGE_CLOSE:
		if (used_up) {
			chain_count_stat(c, CHAIN_STAT_ANCHOR_NO_ANSWER);
			closed(c, leg, MIP6_BA_INSUFFICIENT_RESOURCES);
			return;
		}
		transmit(c, leg);
		return;
	}
}

/* --- restart --- */

void chain_restore(const struct chain_ctx *c, const struct chain_record *record)
{
	const struct mip6_addr *hoa = &record->wtru.hoa;
	struct ha_event event = {.type = HA_EVENT_RESTORE};
	int64_t left = record->anchor_expires_unix_us - c->env->unix_us(c->env->ctx);
	bool allowed = chain_roaming(c->chain, hoa, &record->anchor) != NULL;
	const struct ha_entry *entry;
	struct chain_leg *leg;
	uint32_t name;

	if (chain_leg_find(c->chain, hoa) != NULL)
		return;
	if (left > (int64_t)record->anchor_lifetime_s * MIP6_S)
		left = (int64_t)record->anchor_lifetime_s * MIP6_S;
	name = left > 0 && allowed ? ha_name_get(c->chain->ha, record->wtru.nai, 0) : CORE_NONE;
	leg = name != CORE_NONE ? chain_leg_new(c, hoa, &record->anchor, name) : NULL;
	if (leg == NULL) {
		struct chain_action forget = {.type = CHAIN_ACTION_FORGET};

		/* No leg, no chain; the WTRU hears of it when it next sends something. */
		forget.forget = *hoa;
		chain_emit(c, &forget);
		return;
	}
	leg->seq = record->anchor_seq;
	leg->lifetime_s = record->anchor_lifetime_s;
	leg->expires = c->now + left;
	leg->state = CHAIN_BOUND;
	/* As planned; what is overdue is spread over two seconds. */
	leg->due = leg->expires - (mip6_time)leg->lifetime_s * MIP6_S / 2;
	if (leg->due <= c->now)
		leg->due = c->now + c->env->random(c->env->ctx) % (2 * MIP6_S);
	chain_leg_arm(c->chain, leg);
	event.restore = &record->wtru;
	chain_ha(c, &event);
	entry = ha_entry_find(c->chain->ha, hoa);
	if (leg->used && leg->state == CHAIN_BOUND &&
	    (entry == NULL || !(entry->flags & HA_ENTRY_BOUND)))
		chain_leg_close(c, leg, false);
}
