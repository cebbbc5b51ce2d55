// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The life of an entry: binding, ownership, expiry, refresh requests, revocation, and the records
 * that bring it back after a restart (RFC 6275 sections 9.5.5, 9.6 and 10.4.1, RFC 5846 as
 * initiator).
 *
 * Every change of what the kernel or the disk should hold is emitted from here.
 */
#include "ha_private.h"

const struct ha_home_prefix *ha_home_prefix(const struct ha *ha, const struct mip6_addr *hoa)
{
	for (size_t i = 0; i < ha->config.prefix_count; i++) {
		if (mip6_prefix_contains(&ha->config.prefixes[i].prefix, hoa))
			return &ha->config.prefixes[i];
	}
	return NULL;
}

bool ha_is_own_address(const struct ha *ha, const struct mip6_addr *addr)
{
	for (size_t i = 0; i < ha->config.address_count; i++) {
		if (mip6_addr_equal(&ha->config.addresses[i], addr))
			return true;
	}
	return false;
}

void ha_notify(const struct ha_ctx *c, enum ha_notice what, const struct ha_entry *entry)
{
	struct ha_action action = {.type = HA_ACTION_NOTIFY};

	action.notice.what = what;
	action.notice.hoa = entry->hoa;
	action.notice.coa = entry->coa;
	action.notice.nai = ha_name_text(c->ha, entry->identity);
	action.notice.lifetime_s = entry->lifetime_s;
	ha_emit(c, &action);
}

static void emit_binding(const struct ha_ctx *c, enum ha_action_type type,
                         const struct ha_entry *entry)
{
	struct ha_action action = {.type = type};

	/* One HoA each, also out of a unique prefix: its other addresses may be at home. */
	action.binding.prefix = mip6_prefix_make(&entry->hoa, 128);
	action.binding.hoa = entry->hoa;
	action.binding.coa = entry->coa;
	action.binding.home_agent = entry->home_agent;
	ha_emit(c, &action);
}

static void emit_proxy(const struct ha_ctx *c, enum ha_action_type type,
                       const struct ha_entry *entry)
{
	struct ha_action action = {.type = type};

	/* A unique prefix is routed to its WTRU: nobody on the link resolves its addresses. */
	if (entry->group != HA_NONE)
		return;
	action.proxy.hoa = entry->hoa;
	action.proxy.link_local = entry->link_local == HA_LINK_LOCAL_DEFENDED;
	ha_emit(c, &action);
}

void ha_defend(const struct ha_ctx *c, const struct ha_entry *entry)
{
	emit_proxy(c, HA_ACTION_WANT_PROXY, entry);
}

void ha_save(const struct ha_ctx *c, const struct ha_entry *entry)
{
	int64_t unix_us = c->env->unix_us(c->env->ctx);
	struct ha_record record = {
		.hoa = entry->hoa,
		.home_agent = entry->home_agent,
		.seq = entry->seq,
		.flags = entry->bu_flags,
		.owned_until_unix_us = unix_us + (entry->owned_until - c->now),
		.mesg_id = entry->mesg_id,
		.claimed = entry->flags & HA_ENTRY_CLAIMED,
	};
	struct ha_action action = {.type = HA_ACTION_SAVE, .save = &record};
	const char *nai = ha_name_text(c->ha, entry->identity);

	memcpy(record.nai, nai, strlen(nai) + 1);
	/* What DAD has not said yet is to be asked again. */
	if (entry->link_local != HA_LINK_LOCAL_DEFENDED)
		record.flags &= (uint16_t)~MIP6_BU_L;
	if (entry->flags & HA_ENTRY_BOUND) {
		record.coa = entry->coa;
		record.lifetime_s = entry->lifetime_s;
		record.expires_unix_us = unix_us + (entry->expires - c->now);
	}
	ha_emit(c, &action);
}

void ha_bind(const struct ha_ctx *c, struct ha_entry *entry)
{
	bool bound = entry->flags & HA_ENTRY_BOUND;

	entry->flags &= (uint8_t)~HA_ENTRY_REVOKING;
	entry->flags |= HA_ENTRY_BOUND | HA_ENTRY_OWNED;
	entry->owned_until = entry->expires + (mip6_time)c->ha->config.ownership_s * MIP6_S;
	entry->tries = 0;
	if (!bound)
		c->ha->bound_count++;
	emit_binding(c, HA_ACTION_WANT_BINDING, entry);
	if (!bound)
		ha_defend(c, entry);
	ha_entry_arm(c->ha, entry);
}

void ha_unbind(const struct ha_ctx *c, struct ha_entry *entry)
{
	if (!(entry->flags & HA_ENTRY_BOUND))
		return;
	/* Section 10.3.2: MUST stop intercepting. */
	emit_proxy(c, HA_ACTION_UNWANT_PROXY, entry);
	emit_binding(c, HA_ACTION_UNWANT_BINDING, entry);
	entry->flags &= (uint8_t)~HA_ENTRY_BOUND;
	entry->link_local = HA_LINK_LOCAL_NONE;
	entry->expires = MIP6_TIME_NEVER;
	c->ha->bound_count--;
	ha_entry_arm(c->ha, entry);
}

void ha_give_up(const struct ha_ctx *c, struct ha_entry *entry)
{
	struct ha_action forget = {.type = HA_ACTION_FORGET};
	struct ha_action released = {.type = HA_ACTION_RELEASED};
	bool last = true;

	ha_unbind(c, entry);
	forget.forget = entry->hoa;
	released.released = mip6_prefix_make(&entry->hoa, 128);
	if (entry->group != HA_NONE) {
		released.released = c->ha->groups[entry->group].prefix;
		last = ha_group_leave(c->ha, entry);
	}
	ha_entry_delete(c->ha, entry);
	ha_emit(c, &forget);
	if (last)
		ha_emit(c, &released);
}

void ha_process_lost(const struct ha_ctx *c, const struct mip6_addr *hoa)
{
	struct ha_entry *entry = ha_entry_find(c->ha, hoa);

	/* Being revoked, its WTRU is told already, and until it answers. */
	if (entry == NULL || entry->flags & HA_ENTRY_REVOKING)
		return;
	/* What the WTRU would learn from its next tunnelled packet. */
	if (entry->flags & HA_ENTRY_BOUND)
		ha_send_be(c, MIP6_BE_UNKNOWN_BINDING, &entry->home_agent, &entry->coa, hoa);
	ha_give_up(c, entry);
}

/* --- restart --- */

static int64_t time_left(int64_t until_unix_us, int64_t unix_us)
{
	return until_unix_us > unix_us ? until_unix_us - unix_us : 0;
}

/* The binding has ended: tell its WTRU, which is at the entry's CoA, until it answers. */
static void revoke(const struct ha_ctx *c, struct ha_entry *entry)
{
	entry->flags |= HA_ENTRY_REVOKING;
	entry->flags &= (uint8_t)~HA_ENTRY_CLAIMED;
	/*
	 * RFC 5846 section 5.1: no collision among those outstanding. One counter for all; an
	 * acknowledgement is matched with its HoA as well.
	 */
	entry->revoke_seq = c->ha->revoke_seq++;
	entry->tries = 0;
	entry->retry_at = c->now + HA_BRI_DELAY;
	ha_save(c, entry);
	ha_send_bri(c, entry);
	ha_entry_arm(c->ha, entry);
}

void ha_restore(const struct ha_ctx *c, const struct ha_record *record)
{
	struct ha *ha = c->ha;
	const struct ha_home_prefix *home = ha_home_prefix(ha, &record->hoa);
	int64_t unix_us = c->env->unix_us(c->env->ctx);
	struct ha_action forget = {.type = HA_ACTION_FORGET};
	int64_t left = time_left(record->expires_unix_us, unix_us);
	int64_t owned = time_left(record->owned_until_unix_us, unix_us);
	bool bound = !mip6_addr_is_unspecified(&record->coa) && left > 0;
	/* Of a prefix that is not ours any more. (A chaining agent's WTRUs hear of that from their
	 * anchors.) */
	bool withdrawn = bound && home == NULL && c->env->relay == NULL &&
	                 ha_is_own_address(ha, &record->home_agent);
	int64_t owned_max = (int64_t)ha->config.ownership_s * MIP6_S;
	struct ha_entry *entry;
	uint32_t name;

	forget.forget = record->hoa;
	if (ha_entry_find(ha, &record->hoa) != NULL)
		return;
	/* Never longer than was granted, whatever became of the clock meanwhile (section 10.3.1).
	 */
	if (left > (int64_t)record->lifetime_s * MIP6_S)
		left = (int64_t)record->lifetime_s * MIP6_S;
	if (home != NULL && home->valid_s != 0 && left > home->valid_s * MIP6_S)
		left = home->valid_s * MIP6_S;
	owned_max += bound ? left : 0;
	if (owned > owned_max)
		owned = owned_max;
	if (bound && owned < left)
		owned = left;
	/* The tunnel ends at that address of ours, or nowhere. */
	if (!withdrawn && (home == NULL || owned <= 0 ||
	                   (bound && !ha_is_own_address(ha, &record->home_agent)))) {
		ha_emit(c, &forget);
		return;
	}
	name = ha_name_get(ha, record->nai, ha_clock(c));
	if (name == HA_NONE)
		return;
	entry = ha_entry_new(ha, &record->hoa);
	if (entry == NULL)
		return;
	entry->identity = name;
	ha_name_hold(ha, name);
	if (home != NULL && home->unique_len != 0) {
		struct mip6_prefix prefix = mip6_prefix_make(&record->hoa, home->unique_len);

		ha_group_join(ha, entry, &prefix);
	}
	entry->home_agent = record->home_agent;
	entry->seq = record->seq;
	entry->bu_flags = record->flags;
	entry->mesg_id = record->mesg_id;
	entry->lifetime_s = record->lifetime_s;
	entry->flags |= HA_ENTRY_OWNED | (record->claimed ? HA_ENTRY_CLAIMED : 0);
	/* A wall clock that was set back since must not lock the owner out: see clock_offset_us. */
	if (record->mesg_id > ha_clock(c) + ((uint64_t)ha->config.replay_window_s << 32))
		ha->clock_offset_us = mip6_ntp_to_unix_us(record->mesg_id) - c->now;
	if (bound) {
		entry->coa = record->coa;
		if (ha_find_peer(c, &record->coa) != NULL)
			entry->flags |= HA_ENTRY_VIA_PEER;
	}
	if (bound && !withdrawn) {
		entry->expires = c->now + left;
		if (record->flags & MIP6_BU_L)
			entry->link_local = HA_LINK_LOCAL_DEFENDED;
		ha_bind(c, entry);
	}
	entry->owned_until = c->now + owned;
	ha_entry_arm(ha, entry);
	if (withdrawn) {
		/* It belongs to nobody: not longer than its WTRU is being told. */
		entry->owned_until = c->now + HA_BRI_DELAY + HA_BRI_DELAY_MAX;
		ha_count(c, HA_STAT_REVOKED);
		ha_notify(c, HA_NOTICE_REVOKED, entry);
		revoke(c, entry);
	}
}

/* --- revocation --- */

void ha_revoke(const struct ha_ctx *c, const struct mip6_addr *hoa)
{
	struct ha_entry *entry = ha_entry_find(c->ha, hoa);

	if (entry == NULL || entry->flags & HA_ENTRY_REVOKING)
		return;
	ha_count(c, HA_STAT_REVOKED);
	ha_notify(c, HA_NOTICE_REVOKED, entry);
	if (!(entry->flags & HA_ENTRY_BOUND)) {
		/* Nobody to tell: the ownership ends. */
		ha_give_up(c, entry);
		return;
	}
	ha_unbind(c, entry);
	revoke(c, entry);
}

void ha_part(const struct ha_ctx *c, struct ha_entry *entry)
{
	if (!(entry->flags & HA_ENTRY_VIA_PEER))
		return;
	entry->flags &= (uint8_t)~HA_ENTRY_VIA_PEER;
	entry->flags |= HA_ENTRY_PARTING;
	entry->peer = entry->coa;
	entry->parting_seq = c->ha->revoke_seq++;
	entry->parting_tries = 0;
	entry->parting_at = c->now + HA_BRI_DELAY;
	ha_send_parting(c, entry);
	ha_entry_arm(c->ha, entry);
}

/* The acknowledgement of a chaining agent that the WTRU has left. */
static void parted(const struct ha_ctx *c, struct ha_entry *entry, const struct mip6_packet *packet,
                   const struct mip6_mh *mh)
{
	const struct mip6_auth_sa *sa = ha_parting_sa(c, entry);

	if (!c->ha->config.open &&
	    (sa == NULL ||
	     !mip6_auth_verify(mh, packet->mh, packet->mh_len, sa, &packet->src, &entry->hoa))) {
		ha_count(c, HA_STAT_BU_BAD_AUTH);
		return;
	}
	entry->flags &= (uint8_t)~HA_ENTRY_PARTING;
	ha_entry_arm(c->ha, entry);
}

void ha_process_revocation(const struct ha_ctx *c, const struct mip6_packet *packet,
                           const struct mip6_mh *mh)
{
	const struct mip6_addr *hoa = mip6_packet_source(packet);
	struct ha_entry *entry = ha_entry_run(c, ha_entry_find(c->ha, hoa));
	const struct mip6_auth_sa *sa;
	bool esp;

	if (mh->revocation.type == MIP6_REVOCATION_BRA && entry != NULL &&
	    entry->flags & HA_ENTRY_PARTING && entry->parting_seq == mh->revocation.seq &&
	    mip6_addr_equal(&packet->src, &entry->peer)) {
		parted(c, entry, packet, mh);
		return;
	}
	/* Section 6.2.2: MUST match an outstanding indication, else silently discard. */
	if (mh->revocation.type != MIP6_REVOCATION_BRA || entry == NULL ||
	    !(entry->flags & HA_ENTRY_REVOKING) || entry->revoke_seq != mh->revocation.seq) {
		ha_count(c, HA_STAT_MH_UNEXPECTED);
		return;
	}
	/* Section 6.2: MUST be protected as the binding was. */
	esp = !(entry->flags & HA_ENTRY_VIA_PEER) && ha_find_esp(c, hoa) != NULL;
	if (esp && !packet->esp) {
		ha_count(c, HA_STAT_BU_UNPROTECTED);
		return;
	}
	sa = ha_entry_sa(c, entry);
	if (!esp && !c->ha->config.open &&
	    (sa == NULL ||
	     !mip6_auth_verify(mh, packet->mh, packet->mh_len, sa, &packet->src, hoa))) {
		ha_count(c, HA_STAT_BU_BAD_AUTH);
		return;
	}
	/* The WTRU knows: nobody uses the HoA any more. Had it refused, it would stay its owner's.
	 */
	entry->flags &= (uint8_t)~HA_ENTRY_REVOKING;
	if (mh->revocation.trigger < 128)
		ha_give_up(c, entry);
	else
		ha_entry_arm(c->ha, entry);
}

/* --- timers --- */

static void expire(const struct ha_ctx *c, struct ha_entry *entry)
{
	ha_count(c, HA_STAT_EXPIRED);
	ha_unbind(c, entry);
	ha_notify(c, HA_NOTICE_EXPIRED, entry);
	/* Nobody defends the HoA now: the next registration needs DAD again. */
	entry->flags &= (uint8_t)~HA_ENTRY_CLAIMED;
	/* A BU that waits keeps the entry, but the record must not bring the binding back. */
	if (entry->owned_until > c->now || entry->flags & HA_ENTRY_PENDING)
		ha_save(c, entry);
}

/* RFC 6275 section 10.3.1: a binding MUST NOT outlive the valid lifetime of its prefix. */
static void keep_within_prefix(const struct ha_ctx *c, struct ha_entry *entry)
{
	const struct ha_home_prefix *home = ha_home_prefix(c->ha, &entry->hoa);

	if (!(entry->flags & HA_ENTRY_BOUND))
		return;
	if (home == NULL) {
		ha_revoke(c, &entry->hoa);
		return;
	}
	if (home->valid_s == 0 || entry->expires - c->now <= home->valid_s * MIP6_S)
		return;
	ha_count(c, HA_STAT_SHORTENED);
	entry->lifetime_s = home->valid_s;
	entry->expires = c->now + home->valid_s * MIP6_S;
	entry->owned_until = entry->expires + (mip6_time)c->ha->config.ownership_s * MIP6_S;
	entry->tries = 0;
	ha_save(c, entry);
	/* The answer to the refresh says the rest: lifetime, and status 1. */
	ha_send_brr(c, entry);
	ha_entry_arm(c->ha, entry);
}

/* Nobody can own what is not in a home prefix, once whoever had it has been told. */
static bool is_withdrawn(const struct ha_ctx *c, const struct ha_entry *entry)
{
	return !(entry->flags & (HA_ENTRY_REVOKING | HA_ENTRY_PARTING)) &&
	       ha_home_prefix(c->ha, &entry->hoa) == NULL;
}

struct ha_entry *ha_entry_run(const struct ha_ctx *c, struct ha_entry *entry)
{
	if (entry == NULL)
		return NULL;
	if (core_heap_at(&c->ha->timers, ha_entry_index(c->ha, entry)) == HA_RECONFIGURED) {
		ha_entry_arm(c->ha, entry);
		keep_within_prefix(c, entry);
	}
	if (entry->flags & HA_ENTRY_PENDING && c->ha->pendings[entry->pending].deadline <= c->now) {
		struct mip6_addr hoa = entry->hoa;

		ha_finish_dad(c, entry, MIP6_BA_UNSPECIFIED);
		entry = ha_entry_find(c->ha, &hoa);
		if (entry == NULL)
			return NULL;
	}
	if (entry->flags & HA_ENTRY_BOUND) {
		if (entry->expires <= c->now) {
			expire(c, entry);
		} else if (entry->tries < HA_BRR_MAX &&
		           core_heap_at(&c->ha->timers, ha_entry_index(c->ha, entry)) <= c->now) {
			/* 9.5.5: whether it is in active use we cannot tell; that it is kept, we
			 * can. */
			entry->tries++;
			ha_send_brr(c, entry);
		}
	}
	if (entry->flags & HA_ENTRY_REVOKING && entry->retry_at <= c->now) {
		if (entry->tries >= HA_BRI_RETRIES_MAX) {
			/* Unreachable. Its ownership runs out by itself: it may still use the HoA.
			 */
			entry->flags &= (uint8_t)~HA_ENTRY_REVOKING;
		} else {
			mip6_time delay = HA_BRI_DELAY << ++entry->tries; /* doubled each time */

			entry->retry_at =
				c->now + (delay > HA_BRI_DELAY_MAX ? HA_BRI_DELAY_MAX : delay);
			ha_send_bri(c, entry);
		}
	}
	if (entry->flags & HA_ENTRY_PARTING && entry->parting_at <= c->now) {
		if (entry->parting_tries >= HA_BRI_RETRIES_MAX) {
			entry->flags &= (uint8_t)~HA_ENTRY_PARTING;
		} else {
			entry->parting_tries++;
			entry->parting_at = c->now + HA_BRI_DELAY_MAX;
			ha_send_parting(c, entry);
		}
	}
	if (entry->flags & HA_ENTRY_OWNED &&
	    !(entry->flags & (HA_ENTRY_BOUND | HA_ENTRY_PENDING)) &&
	    (entry->owned_until <= c->now || is_withdrawn(c, entry))) {
		ha_give_up(c, entry);
		return NULL;
	}
	ha_entry_arm(c->ha, entry);
	return entry;
}

void ha_run_timers(const struct ha_ctx *c)
{
	struct ha *ha = c->ha;

	for (unsigned int i = 0; i < HA_TIMERS_PER_STEP; i++) {
		if (core_heap_first(&ha->timers) > c->now)
			break;
		ha_entry_run(c, &ha->entries[ha->timers.timers[0].slot]);
	}
}
