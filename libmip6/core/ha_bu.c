// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Binding Updates: the tests in the order of RFC 6275 sections 9.5.1 and 10.3, then registration,
 * anchor claim, return home, or release; and duplicate address detection in between.
 *
 * A BU that is not authentic changes nothing. What it costs is one hash lookup and one
 * authenticator.
 */
#include "ha_private.h"

static void refuse_with(const struct ha_ctx *c, const struct ha_bu *bu, uint8_t status,
                        uint16_t seq)
{
	struct ha_action action = {.type = HA_ACTION_NOTIFY};

	ha_count(c, HA_STAT_BU_REFUSED);
	if (bu->authentic && bu->has_mesg_id && status != MIP6_BA_ID_MISMATCH)
		ha_refused(c, bu);
	if (bu->authentic ? !ha_peer_error_allowed(c, bu->nai) : !ha_error_allowed(c))
		return;
	ha_send_ba(c, bu, status, seq, 0);
	/* Told only as often as answered: whoever listens writes it somewhere. */
	action.notice.what = HA_NOTICE_REFUSED;
	action.notice.hoa = bu->hoa;
	action.notice.coa = bu->coa;
	action.notice.nai = bu->nai;
	action.notice.status = status;
	ha_emit(c, &action);
}

static void refuse(const struct ha_ctx *c, const struct ha_bu *bu, enum mip6_ba_status status)
{
	refuse_with(c, bu, (uint8_t)status, bu->seq);
}

static void refuse_for(const struct ha_ctx *c, const struct ha_bu *bu, enum ha_stat cause,
                       enum mip6_ba_status status)
{
	ha_count(c, cause);
	refuse(c, bu, status);
}

/* A new entry that belongs to the sender; NULL when a limit is reached. */
static struct ha_entry *new_entry(const struct ha_ctx *c, const struct ha_bu *bu)
{
	struct ha *ha = c->ha;
	uint32_t max = ha->config.identity_bindings_max;
	bool unique = bu->home->unique_len != 0;
	struct mip6_prefix prefix = mip6_prefix_make(&bu->hoa, bu->home->unique_len);
	const struct ha_group *group = unique ? ha_group_find(ha, &prefix) : NULL;
	uint32_t name = ha_name_get(ha, bu->nai, ha_clock(c));
	struct ha_entry *entry;

	if (name == HA_NONE)
		return NULL;
	if (*bu->nai != '\0' ? ha->names[name].count >= max : group != NULL && group->count >= max)
		return NULL;
	entry = ha_entry_new(ha, &bu->hoa);
	if (entry == NULL)
		return NULL;
	entry->identity = name;
	ha_name_hold(ha, name);
	if (unique)
		ha_group_join(ha, entry, &prefix);
	return entry;
}

static void remember_id(struct ha_entry *entry, const struct ha_bu *bu)
{
	uint64_t *last = bu->peer != NULL ? &entry->peer_mesg_id : &entry->mesg_id;

	if (bu->mesg_id > *last)
		*last = bu->mesg_id;
}

/* What every accepted BU leaves in its entry. */
static void remember(struct ha_entry *entry, const struct ha_bu *bu)
{
	entry->seq = bu->seq;
	entry->bu_flags = bu->flags;
	entry->home_agent = bu->home_agent;
	entry->spi = bu->spi;
	remember_id(entry, bu);
}

/*
 * 10.3.1: MUST NOT be greater than asked for, nor than what is left of the prefix's valid lifetime;
 * and the units of the wire are 4 s.
 */
static uint32_t lifetime_granted(const struct ha_ctx *c, const struct ha_bu *bu)
{
	uint32_t max = c->ha->config.lifetime_max_s;

	if (bu->home->valid_s != 0 && bu->home->valid_s < max)
		max = bu->home->valid_s;
	if (c->env->relay != NULL) {
		uint32_t relayed = c->env->relay->lifetime_s(c->env->relay->ctx, &bu->hoa);

		max = relayed < max ? relayed : max;
	}
	if (bu->lifetime_s < max)
		max = bu->lifetime_s;
	return max - max % MIP6_LIFETIME_UNIT_S;
}

/*
 * 10.3.1: MUST be 1 when the prefix is deprecated, or becomes so during the lifetime of the
 * binding, or invalid at its end, all in units of the wire; else MUST be 0.
 */
static enum mip6_ba_status status_accepted(const struct ha_bu *bu, uint32_t lifetime_s)
{
	uint32_t lifetime_s4 = lifetime_s / MIP6_LIFETIME_UNIT_S;
	const struct ha_home_prefix *home = bu->home;

	if (home->valid_s != 0 && (home->preferred_s / MIP6_LIFETIME_UNIT_S < lifetime_s4 ||
	                           home->valid_s / MIP6_LIFETIME_UNIT_S <= lifetime_s4))
		return MIP6_BA_PREFIX_DISCOVERY_NEEDED;
	return MIP6_BA_ACCEPTED;
}

static void start_dad(const struct ha_ctx *c, const struct ha_bu *bu, bool only_link_local)
{
	struct ha_action action = {.type = HA_ACTION_START_DAD};

	action.dad.hoa = bu->hoa;
	action.dad.link_local = bu->flags & MIP6_BU_L; /* 10.3.1 */
	action.dad.only_link_local = only_link_local;
	ha_emit(c, &action);
}

/*
 * The link-local address of an accepted BU. A claim says nothing of it: it may be another's, a
 * router's even. DAD asks for it then without delay for its WTRU, and it is defended afterwards.
 * True: ask now.
 */
static bool settle_link_local(const struct ha_bu *bu, struct ha_entry *entry)
{
	bool asked = bu->packet == NULL && entry->link_local == HA_LINK_LOCAL_ASKED;

	if (bu->packet != NULL && !(entry->flags & HA_ENTRY_BOUND))
		entry->link_local = HA_LINK_LOCAL_NONE; /* of a detection that came to nothing */
	if (!(bu->flags & MIP6_BU_L) || bu->home->unique_len != 0) {
		entry->link_local = HA_LINK_LOCAL_NONE;
		return false;
	}
	if (asked)
		entry->link_local = HA_LINK_LOCAL_DEFENDED;
	if (entry->link_local != HA_LINK_LOCAL_NONE)
		return false;
	entry->link_local = HA_LINK_LOCAL_ASKED;
	return true;
}

static void accept(const struct ha_ctx *c, const struct ha_bu *bu, struct ha_entry *entry)
{
	bool bound = entry->flags & HA_ENTRY_BOUND;
	bool moved = bound && !mip6_addr_equal(&entry->coa, &bu->coa);
	bool defended = entry->link_local == HA_LINK_LOCAL_DEFENDED;
	bool asks = settle_link_local(bu, entry);
	uint32_t lifetime_s = lifetime_granted(c, bu);

	remember(entry, bu);
	if (moved)
		ha_part(c, entry);
	entry->coa = bu->coa;
	entry->flags &= (uint8_t)~HA_ENTRY_VIA_PEER;
	if (bu->peer != NULL)
		entry->flags |= HA_ENTRY_VIA_PEER;
	entry->lifetime_s = lifetime_s;
	entry->expires = c->now + (mip6_time)lifetime_s * MIP6_S;
	ha_bind(c, entry);
	if (bound && defended && entry->link_local == HA_LINK_LOCAL_NONE)
		ha_defend(c, entry);
	ha_save(c, entry);
	ha_count(c, HA_STAT_BU_ACCEPTED);
	ha_send_ba(c, bu, (uint8_t)status_accepted(bu, lifetime_s), bu->seq, lifetime_s);
	if (asks)
		start_dad(c, bu, true);
	ha_notify(c,
	          !bound  ? HA_NOTICE_REGISTERED
	          : moved ? HA_NOTICE_MOVED
	                  : HA_NOTICE_REFRESHED,
	          entry);
}

/*
 * Keep the BU until DAD is over, or the relay has its answer; of several the latest counts, and
 * gets the answer.
 */
static void wait_for_answer(const struct ha_ctx *c, const struct ha_bu *bu, struct ha_entry *entry)
{
	const struct ha_relay *relay = c->env->relay;
	bool running = entry->flags & HA_ENTRY_PENDING;
	struct ha_pending *pending =
		running ? &c->ha->pendings[entry->pending] : ha_pending_new(c->ha, entry);

	if (pending == NULL) {
		refuse_for(c, bu, HA_STAT_BU_LIMIT, MIP6_BA_INSUFFICIENT_RESOURCES);
		if (!(entry->flags & HA_ENTRY_OWNED))
			ha_entry_delete(c->ha, entry);
		return;
	}
	*pending = (struct ha_pending){
		.src = bu->src,
		.coa = bu->coa,
		.home_agent = bu->home_agent,
		.mesg_id = bu->mesg_id,
		.deadline = running ? pending->deadline
	                            : c->now + (relay != NULL ? HA_RELAY_TIMEOUT : HA_DAD_TIMEOUT),
		.spi = bu->spi,
		.lifetime_s = bu->lifetime_s,
		.seq = bu->seq,
		.bu_flags = bu->flags,
		.has_mesg_id = bu->has_mesg_id,
		.has_mn_id = bu->has_mn_id,
		.from_peer = bu->peer != NULL,
	};
	ha_entry_arm(c->ha, entry);
	if (relay != NULL) {
		relay->ask(relay->ctx, &bu->hoa, bu->deregister);
	} else if (!running) {
		entry->link_local =
			bu->flags & MIP6_BU_L ? HA_LINK_LOCAL_ASKED : HA_LINK_LOCAL_NONE;
		start_dad(c, bu, false);
	}
}

/* De-registration from away: the WTRU has no use for the HoA any more. */
static void release(const struct ha_ctx *c, const struct ha_bu *bu, struct ha_entry *entry)
{
	bool known = entry != NULL && entry->flags & HA_ENTRY_OWNED;

	if (entry != NULL) {
		remember(entry, bu);
		entry->coa = bu->coa;
		if (known)
			ha_notify(c, HA_NOTICE_RELEASED, entry);
		ha_give_up(c, entry);
	}
	if (!known) {
		/* 10.3.2: no entry for this WTRU. */
		refuse_for(c, bu, HA_STAT_BU_NOT_HOME, MIP6_BA_NOT_HOME_AGENT);
		return;
	}
	ha_count(c, HA_STAT_BU_ACCEPTED);
	ha_send_ba(c, bu, MIP6_BA_ACCEPTED, bu->seq, 0);
}

void ha_finish_dad(const struct ha_ctx *c, struct ha_entry *entry, uint8_t status)
{
	const struct ha_pending *p = &c->ha->pendings[entry->pending];
	char nai[MIP6_NAI_MAX + 1];
	struct ha_bu bu = {
		.src = p->src,
		.home_agent = p->home_agent,
		.hoa = entry->hoa,
		.coa = p->coa,
		.seq = p->seq,
		.flags = p->bu_flags,
		.lifetime_s = p->lifetime_s,
		.has_mn_id = p->has_mn_id,
		.has_mesg_id = p->has_mesg_id,
		.mesg_id = p->mesg_id,
		.answer_id = p->mesg_id,
		.spi = p->spi,
		.nai = nai,
		.home = ha_home_prefix(c->ha, &entry->hoa),
	};

	/* A copy: the identity may go with the entry. */
	memcpy(nai, ha_name_text(c->ha, entry->identity),
	       strlen(ha_name_text(c->ha, entry->identity)) + 1);
	if (p->from_peer)
		bu.peer = ha_find_peer(c, &p->src);
	if (p->spi != 0) {
		bu.sa = p->from_peer ? ha_peer_sa(bu.peer, p->spi)
		                     : ha_find_sa(ha_identity(c, nai), p->spi);
		bu.authentic = bu.sa != NULL;
	} else {
		bu.authentic = !p->from_peer && ha_find_esp(c, &entry->hoa) != NULL;
	}
	ha_pending_delete(c->ha, entry);
	/* Something changed while we waited. */
	if (status == MIP6_BA_ACCEPTED && bu.home == NULL) {
		ha_count(c, HA_STAT_BU_NOT_HOME);
		status = MIP6_BA_NOT_HOME_SUBNET;
	} else if (status == MIP6_BA_ACCEPTED && !ha_coa_allowed(c, &bu)) {
		ha_count(c, HA_STAT_BU_BAD_COA);
		status = MIP6_BA_INVALID_COA;
	}
	if (status == MIP6_BA_ACCEPTED) {
		if (p->lifetime_s == 0)
			release(c, &bu, entry);
		else
			accept(c, &bu, entry);
		return;
	}
	remember_id(entry, &bu);
	if (!(entry->flags & HA_ENTRY_OWNED))
		ha_entry_delete(c->ha, entry);
	else
		ha_entry_arm(c->ha, entry);
	refuse(c, &bu, status);
}

void ha_process_relayed(const struct ha_ctx *c, const struct mip6_addr *hoa, uint8_t status)
{
	struct ha_entry *entry = ha_entry_find(c->ha, hoa);

	if (entry != NULL && entry->flags & HA_ENTRY_PENDING)
		ha_finish_dad(c, entry, status);
}

/* DAD of the link-local address of a binding: if it is another's, only the HoA is defended. */
static void link_local_asked(const struct ha_ctx *c, struct ha_entry *entry, bool duplicate)
{
	bool defended = entry->link_local == HA_LINK_LOCAL_DEFENDED;

	if (entry->link_local == HA_LINK_LOCAL_NONE || (defended && !duplicate))
		return;
	if (duplicate)
		ha_count(c, HA_STAT_DAD_FAILED);
	entry->link_local = duplicate ? HA_LINK_LOCAL_NONE : HA_LINK_LOCAL_DEFENDED;
	if (defended || !duplicate)
		ha_defend(c, entry);
	ha_save(c, entry);
}

void ha_process_dad(const struct ha_ctx *c, const struct mip6_addr *hoa, bool duplicate)
{
	struct ha_entry *entry = ha_entry_find(c->ha, hoa);

	/* The BU that asked for it was overtaken by a return home or a time-out. */
	if (entry == NULL || !(entry->flags & (HA_ENTRY_PENDING | HA_ENTRY_BOUND)))
		return;
	if (!(entry->flags & HA_ENTRY_PENDING)) {
		link_local_asked(c, entry, duplicate);
		return;
	}
	if (duplicate)
		ha_count(c, HA_STAT_DAD_FAILED);
	ha_finish_dad(c, entry, duplicate ? MIP6_BA_DAD_FAILED : MIP6_BA_ACCEPTED);
}

static bool must_ask(const struct ha_ctx *c, const struct ha_bu *bu, const struct ha_entry *entry)
{
	const struct ha_relay *relay = c->env->relay;

	if (relay != NULL)
		/* A move touches this side alone, unless the other is about to end. */
		return !(entry->flags & HA_ENTRY_BOUND) || entry->flags & HA_ENTRY_PENDING ||
		       relay->lifetime_s(relay->ctx, &bu->hoa) < MIP6_LIFETIME_UNIT_S;
	/*
	 * MUST perform DAD unless there is a binding already. A HoA that its owner claimed was seen
	 * in use by that owner on this very link after its own DAD, and is asked for by the same
	 * identity; a unique prefix has no other node on it. The
	 * link-local address of a claimed one is asked for afterwards.
	 */
	return bu->home->unique_len == 0 && !(entry->flags & (HA_ENTRY_BOUND | HA_ENTRY_CLAIMED));
}

/* Section 10.3.1. */
static void register_coa(const struct ha_ctx *c, const struct ha_bu *bu, struct ha_entry *entry)
{
	if (!bu->packet->has_hao) {
		/* MUST be present; there is no status for it. */
		ha_count(c, HA_STAT_BU_NO_HAO);
		return;
	}
	if (!ha_coa_allowed(c, bu)) {
		refuse_for(c, bu, HA_STAT_BU_BAD_COA, MIP6_BA_INVALID_COA);
		return;
	}
	if (entry != NULL && entry->flags & HA_ENTRY_REVOKING) {
		/* RFC 5846 section 7: ours to decide. The operator wanted the binding to end. */
		entry->coa = bu->coa; /* the next indication finds the WTRU there */
		refuse_for(c, bu, HA_STAT_BU_NOT_OWNER, MIP6_BA_PROHIBITED);
		return;
	}
	if (entry == NULL)
		entry = new_entry(c, bu);
	if (entry == NULL) {
		refuse_for(c, bu, HA_STAT_BU_LIMIT, MIP6_BA_INSUFFICIENT_RESOURCES);
		return;
	}
	if (must_ask(c, bu, entry))
		wait_for_answer(c, bu, entry);
	else
		accept(c, bu, entry);
}

/* The WTRU is at home: anchor claim, or the end of a binding (section 10.3.2). */
static void claim(const struct ha_ctx *c, const struct ha_bu *bu, struct ha_entry *entry)
{
	bool bound = entry != NULL && entry->flags & HA_ENTRY_BOUND;

	if (entry == NULL)
		entry = new_entry(c, bu);
	if (entry == NULL) {
		refuse_for(c, bu, HA_STAT_BU_LIMIT, MIP6_BA_INSUFFICIENT_RESOURCES);
		return;
	}
	/* DAD that still runs would find the WTRU itself. */
	ha_pending_delete(c->ha, entry);
	if (bound)
		ha_part(c, entry);
	ha_unbind(c, entry);
	remember(entry, bu);
	entry->flags &= (uint8_t) ~(HA_ENTRY_REVOKING | HA_ENTRY_CLAIMED);
	entry->flags |= HA_ENTRY_OWNED;
	if (bu->direct && bu->on_access_link)
		entry->flags |= HA_ENTRY_CLAIMED;
	entry->coa = bu->hoa;
	entry->lifetime_s = 0;
	entry->owned_until = c->now + (mip6_time)c->ha->config.ownership_s * MIP6_S;
	/* 10.3.2: an older BU that arrives late must not bring the binding back. */
	entry->seq_until = c->now + HA_MAX_DELETE_BCE_TIMEOUT;
	ha_entry_arm(c->ha, entry);
	ha_save(c, entry);
	ha_count(c, HA_STAT_BU_ACCEPTED);
	if (!bound)
		ha_count(c, HA_STAT_CLAIMS);
	ha_send_ba(c, bu, MIP6_BA_ACCEPTED, bu->seq, 0);
	ha_notify(c, bound ? HA_NOTICE_RETURNED : HA_NOTICE_CLAIMED, entry);
}

/*
 * The sequence number, when no timestamp did its work (RFC 4285 section 7): true when it is new.
 * With a binding, or shortly after one ended at home, or while a BU waits for DAD.
 */
static bool sequence_valid(const struct ha_ctx *c, const struct ha_bu *bu,
                           const struct ha_entry *entry, uint16_t *ret_last)
{
	if (entry == NULL || (bu->authentic && bu->has_mesg_id && !c->ha->config.open))
		return true;
	if (entry->flags & HA_ENTRY_PENDING)
		*ret_last = c->ha->pendings[entry->pending].seq;
	else if (entry->flags & HA_ENTRY_BOUND || c->now < entry->seq_until)
		*ret_last = entry->seq;
	else
		return true;
	return mip6_seq_after(bu->seq, *ret_last);
}

static struct ha_bu resolve(const struct mip6_packet *packet, const struct mip6_mh *mh)
{
	struct ha_bu bu = {
		.src = packet->src,
		.home_agent = packet->dst,
		.hoa = *mip6_packet_source(packet),
		.coa = mh->opt.has & MIP6_HAS_ALT_COA ? mh->opt.alt_coa : packet->src,
		.seq = mh->bu.seq,
		.flags = mh->bu.flags & (MIP6_BU_A | MIP6_BU_H | MIP6_BU_L | MIP6_BU_K),
		.lifetime_s = (uint32_t)mh->bu.lifetime_s4 * MIP6_LIFETIME_UNIT_S,
		.has_mesg_id = mh->opt.has & MIP6_HAS_MESG_ID,
		.packet = packet,
		.mh = mh,
		.nai = "",
	};

	if (bu.has_mesg_id)
		bu.answer_id = bu.mesg_id = mh->opt.mesg_id;
	bu.at_home = mip6_addr_equal(&bu.coa, &bu.hoa);
	bu.deregister = bu.at_home || bu.lifetime_s == 0;
	bu.direct = mip6_addr_equal(&bu.src, &bu.hoa);
	return bu;
}

/* Tests that need no authentication: false when the BU MUST be silently discarded. */
static bool well_formed(const struct ha_ctx *c, const struct ha_bu *bu)
{
	const struct mip6_packet *packet = bu->packet;

	if (!ha_is_own_address(c->ha, &packet->dst) || packet->has_rh2 ||
	    mip6_addr_is_multicast(&packet->src) || mip6_addr_is_unspecified(&packet->src) ||
	    !mip6_addr_is_routable(&bu->hoa)) { /* 9.5.1, 9.3.1, 9.5.4 */
		ha_count(c, HA_STAT_MH_UNEXPECTED);
		return false;
	}
	if (!mip6_addr_is_routable(&bu->coa)) { /* 6.1.7 */
		ha_count(c, HA_STAT_BU_BAD_COA);
		return false;
	}
	/* 9.5.1: MUST NOT be present in a home registration. */
	if (bu->flags & MIP6_BU_H && bu->mh->opt.has & MIP6_HAS_NONCE_INDICES) {
		ha_count(c, HA_STAT_MH_UNEXPECTED);
		return false;
	}
	return true;
}

/* The status to refuse a BU with because of what it says, or does not say, of its anchor. */
static uint8_t relayable(const struct ha_ctx *c, const struct ha_bu *bu)
{
	const struct ha_relay *relay = c->env->relay;

	if (relay == NULL) {
		/* An extended BU is for a chaining agent. */
		return bu->mh->opt.has & (MIP6_HAS_ANCHOR | MIP6_HAS_ANCHOR_BAD)
		               ? MIP6_BA_PROHIBITED
		               : MIP6_BA_ACCEPTED;
	}
	/* Nobody is at home at a chaining agent. */
	return bu->at_home ? MIP6_BA_PROHIBITED : relay->admit(relay->ctx, bu->mh, &bu->hoa);
}

void ha_process_bu(const struct ha_ctx *c, const struct mip6_packet *packet,
                   const struct mip6_mh *mh, bool on_access_link)
{
	struct ha_bu bu = resolve(packet, mh);
	struct ha_entry *entry;
	uint16_t last_seq = 0;
	uint8_t status;

	ha_count(c, HA_STAT_BU);
	bu.on_access_link = on_access_link;
	if (!well_formed(c, &bu))
		return;
	bu.home = ha_home_prefix(c->ha, &bu.hoa);
	entry = ha_entry_run(c, ha_entry_find(c->ha, &bu.hoa));
	if (!ha_authenticate(c, &bu, entry, &status))
		return;
	if (bu.peer != NULL)
		ha_count(c, HA_STAT_PEER_BU);
	if (status != MIP6_BA_ACCEPTED) {
		refuse(c, &bu, status);
		return;
	}
	if (!(bu.flags & MIP6_BU_H)) {
		/*
		 * For a correspondent node, which we are not: without return routability no such BU
		 * is valid (9.5.1) and it MUST be silently discarded, unless it would change the
		 * type of a home registration.
		 */
		if (entry != NULL && entry->flags & HA_ENTRY_BOUND && ha_authorise(c, &bu, entry))
			refuse(c, &bu, MIP6_BA_TYPE_CHANGE);
		else
			ha_count(c, HA_STAT_MH_UNEXPECTED);
		return;
	}
	if (c->ha->config.prefix_count == 0)
		refuse(c, &bu, MIP6_BA_HOME_REG_UNSUPPORTED);
	else if (bu.home == NULL)
		refuse_for(c, &bu, HA_STAT_BU_NOT_HOME,
		           bu.deregister ? MIP6_BA_NOT_HOME_AGENT : MIP6_BA_NOT_HOME_SUBNET);
	else if (!ha_authorise(c, &bu, entry))
		refuse_for(c, &bu, HA_STAT_BU_NOT_OWNER, MIP6_BA_PROHIBITED);
	else if (!sequence_valid(c, &bu, entry, &last_seq)) {
		ha_count(c, HA_STAT_BU_BAD_SEQ);
		refuse_with(c, &bu, MIP6_BA_SEQ_OUT_OF_WINDOW, last_seq);
	} else if ((status = relayable(c, &bu)) != MIP6_BA_ACCEPTED)
		refuse_for(c, &bu, HA_STAT_BU_NOT_RELAYED, status);
	else if (!bu.deregister)
		register_coa(c, &bu, entry);
	else if (bu.at_home)
		claim(c, &bu, entry);
	else if (c->env->relay != NULL && entry != NULL && entry->flags & HA_ENTRY_OWNED)
		wait_for_answer(c, &bu, entry);
	else
		release(c, &bu, entry);
}
