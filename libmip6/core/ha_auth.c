// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who sent a Binding Update, whether it is fresh, and whether the sender may have what it asks for
 * (RFC 4285; RFC 6275 sections 5.1 and 10.3.1: only the right node can control a home address).
 *
 * Reads the tables of bindings, changes none, emits nothing.
 */
#include "ha_private.h"

uint64_t ha_clock(const struct ha_ctx *c)
{
	return mip6_ntp_from_unix_us(c->now + c->ha->clock_offset_us);
}

void ha_clock_update(const struct ha_ctx *c)
{
	int64_t offset = c->env->unix_us(c->env->ctx) - c->now;

	if (!c->ha->clock_started || offset > c->ha->clock_offset_us)
		c->ha->clock_offset_us = offset;
	c->ha->clock_started = true;
}

const struct mip6_auth_sa *ha_find_sa(const struct ha_identity *identity, uint32_t spi)
{
	size_t count = identity == NULL ? 0 : identity->sa_count;

	for (size_t i = 0; i < count; i++) {
		if (spi == 0 || identity->sa[i].spi == spi)
			return &identity->sa[i];
	}
	return NULL;
}

const struct ha_peer *ha_find_peer(const struct ha_ctx *c, const struct mip6_addr *addr)
{
	return c->env->find_peer == NULL ? NULL : c->env->find_peer(c->env->ctx, addr);
}

const struct mip6_auth_sa *ha_peer_sa(const struct ha_peer *peer, uint32_t spi)
{
	size_t count = peer == NULL ? 0 : peer->sa_count;

	for (size_t i = 0; i < count; i++) {
		if (spi == 0 || peer->sa[i].spi == spi)
			return &peer->sa[i];
	}
	return NULL;
}

const struct mip6_auth_sa *ha_parting_sa(const struct ha_ctx *c, const struct ha_entry *entry)
{
	return ha_peer_sa(ha_find_peer(c, &entry->peer), 0);
}

const struct mip6_auth_sa *ha_entry_sa(const struct ha_ctx *c, const struct ha_entry *entry)
{
	const char *nai = ha_name_text(c->ha, entry->identity);

	if (entry->flags & HA_ENTRY_VIA_PEER)
		return ha_peer_sa(ha_find_peer(c, &entry->coa), entry->spi);
	return *nai == '\0' ? NULL : ha_find_sa(ha_identity(c, nai), entry->spi);
}

/* The greatest timestamp that was accepted for this HoA from this identity. */
static uint64_t last_timestamp(const struct ha_ctx *c, const struct ha_bu *bu,
                               const struct ha_entry *entry)
{
	const struct ha *ha = c->ha;
	uint64_t last = ha->start_floor;
	uint32_t name = ha_name_find(ha, bu->nai);
	uint64_t floor = 0;

	if (entry != NULL && entry->identity == name) {
		uint64_t of_entry = bu->peer != NULL ? entry->peer_mesg_id : entry->mesg_id;

		last = of_entry != 0 ? of_entry : last;
		if (entry->pending != HA_NONE) {
			const struct ha_pending *pending = &ha->pendings[entry->pending];

			if (pending->from_peer == (bu->peer != NULL) && pending->mesg_id > last)
				last = pending->mesg_id;
		}
		return last;
	}
	/* Without an entry, whatever was given up before must stay so. */
	if (name != HA_NONE)
		floor = bu->peer != NULL ? ha->names[name].peer_floor : ha->names[name].floor;
	return floor > last ? floor : last;
}

/* What stands for this message in the table of refused ones. */
static uint64_t refused_key(const struct ha_ctx *c, const struct ha_bu *bu)
{
	uint64_t key[3] = {bu->mesg_id};

	memcpy(key + 1, &bu->hoa, sizeof(bu->hoa));
	return ha_hash(c->ha, key, sizeof(key));
}

void ha_refused(const struct ha_ctx *c, const struct ha_bu *bu)
{
	uint64_t key = refused_key(c, bu);

	c->ha->refused[key % HA_REFUSED_SLOTS] = key;
}

/* RFC 4285 section 6: close enough to our time of day, and greater than all accepted before. */
static bool timestamp_valid(const struct ha_ctx *c, const struct ha_bu *bu,
                            const struct ha_entry *entry)
{
	uint64_t window = (uint64_t)c->ha->config.replay_window_s << 32;
	uint64_t now = ha_clock(c), key = refused_key(c, bu);

	if (bu->mesg_id > now + window) {
		ha_refused(c, bu);
		return false;
	}
	return bu->mesg_id + window >= now && bu->mesg_id > last_timestamp(c, bu, entry) &&
	       c->ha->refused[key % HA_REFUSED_SLOTS] != key;
}

const struct ha_identity *ha_find_esp(const struct ha_ctx *c, const struct mip6_addr *hoa)
{
	return c->env->find_esp == NULL ? NULL : c->env->find_esp(c->env->ctx, hoa);
}

/*
 * A BU that came inside ESP: its security association is of this HoA and no other, and of this
 * identity (RFC 6275 section 5.1). Static keys know no replay protection (RFC 4303 section 3.4.3);
 * whoever has ever sent timestamps must go on to do so.
 */
static bool authenticate_esp(const struct ha_ctx *c, struct ha_bu *bu, const struct ha_entry *entry,
                             const struct ha_identity *owner, uint8_t *ret_status)
{
	if (owner == NULL || (bu->has_mn_id && strcmp(bu->nai, owner->nai) != 0)) {
		ha_count(c, HA_STAT_BU_BAD_AUTH);
		return false;
	}
	bu->nai = owner->nai;
	bu->authentic = true;
	if (bu->has_mesg_id && !timestamp_valid(c, bu, entry)) {
		ha_count(c, HA_STAT_BU_REPLAYED);
		bu->answer_id = (ha_clock(c) >> 32 << 32) | (bu->mesg_id & UINT32_MAX);
		*ret_status = MIP6_BA_ID_MISMATCH;
	} else if (!bu->has_mesg_id && last_timestamp(c, bu, entry) != c->ha->start_floor) {
		ha_count(c, HA_STAT_BU_REPLAYED);
		*ret_status = MIP6_BA_MESG_ID_REQUIRED;
	}
	return true;
}

bool ha_authenticate(const struct ha_ctx *c, struct ha_bu *bu, const struct ha_entry *entry,
                     uint8_t *ret_status)
{
	const struct mip6_options *opt = &bu->mh->opt;
	const struct ha_identity *identity = NULL, *owner = ha_find_esp(c, &bu->hoa);
	bool has_auth = opt->has & MIP6_HAS_AUTH;

	*ret_status = MIP6_BA_ACCEPTED;
	bu->nai = "";
	if (opt->has & MIP6_HAS_MN_ID && opt->mn_id_subtype == MIP6_MN_ID_NAI &&
	    strlen(opt->mn_id) == opt->mn_id_len) {
		bu->has_mn_id = true;
		bu->nai = opt->mn_id;
		identity = ha_identity(c, opt->mn_id);
		if (identity != NULL)
			bu->nai = identity->nai; /* as the configuration spells it */
	}
	if (bu->packet->esp)
		return authenticate_esp(c, bu, entry, owner, ret_status);
	/* A chaining agent speaks for the WTRU that it names, under its own SA. */
	bu->peer = ha_find_peer(c, &bu->src);
	if (bu->peer == NULL && (owner != NULL || c->ha->config.esp_only)) {
		/* RFC 6275 section 5.1: MUST be protected. */
		ha_count(c, HA_STAT_BU_UNPROTECTED);
		return false;
	}
	if (has_auth)
		bu->sa = bu->peer != NULL ? ha_peer_sa(bu->peer, opt->auth_spi)
		                          : ha_find_sa(identity, opt->auth_spi);
	if (bu->sa != NULL) {
		bu->spi = bu->sa->spi;
		bu->authentic = mip6_auth_verify(bu->mh, bu->packet->mh, bu->packet->mh_len, bu->sa,
		                                 &bu->coa, &bu->hoa);
	}
	if (c->ha->config.open) {
		/* Nobody need authenticate, but whoever did gets an answer that it can verify. */
		if (!bu->authentic) {
			bu->sa = NULL;
			bu->spi = 0;
		}
		return true;
	}
	/* Section 5.2: the word of the AAA server is as good as the MN-HA option. */
	if (!has_auth && ha_aaa_proves(c, bu)) {
		bu->sa = ha_find_sa(identity, 0);
		bu->authentic = has_auth = bu->sa != NULL;
		bu->spi = bu->authentic ? bu->sa->spi : 0;
	}
	if (!bu->authentic && ha_aaa_ask(c, bu))
		return false;
	if (bu->authentic)
		ha_aaa_renew(c, bu);
	/*
	 * Section 5: without the option, or (section 5.1.1) from somebody with whom there is no SA
	 * at all, silently discard.
	 */
	if (!has_auth || (bu->peer != NULL ? bu->peer->sa_count == 0
	                                   : identity == NULL || identity->sa_count == 0)) {
		ha_count(c, HA_STAT_BU_BAD_AUTH);
		return false;
	}
	if (!bu->authentic) {
		/* Section 5.1.1: MUST answer; signed when the SPI says with what. */
		ha_count(c, HA_STAT_BU_BAD_AUTH);
		*ret_status = MIP6_BA_AUTH_FAIL;
	} else if (!bu->has_mesg_id) {
		/* Section 6: our policy is timestamps. */
		ha_count(c, HA_STAT_BU_REPLAYED);
		*ret_status = MIP6_BA_MESG_ID_REQUIRED;
	} else if (!timestamp_valid(c, bu, entry)) {
		/* Section 6: their low-order half, and our own time of day above it. */
		ha_count(c, HA_STAT_BU_REPLAYED);
		bu->answer_id = (ha_clock(c) >> 32 << 32) | (bu->mesg_id & UINT32_MAX);
		*ret_status = MIP6_BA_ID_MISMATCH;
	}
	return true;
}

static bool same_owner(const struct ha *ha, uint32_t name, const char *nai)
{
	const char *owner = ha_name_text(ha, name);

	/* Open mode without identities: whoever asks. */
	return *owner == '\0' || strcmp(owner, nai) == 0;
}

/* Nobody but nai owns addr, by configuration, claim, binding or unique prefix. */
static bool owned_by_nobody_else(const struct ha_ctx *c, const struct mip6_addr *addr,
                                 const struct ha_home_prefix *home, const struct ha_entry *entry,
                                 const char *nai)
{
	const struct ha_identity *owner = c->env->find_owner(c->env->ctx, addr);

	if (owner != NULL && strcmp(owner->nai, nai) != 0)
		return false;
	if (entry != NULL && !same_owner(c->ha, entry->identity, nai))
		return false;
	if (home->unique_len != 0) {
		struct mip6_prefix prefix = mip6_prefix_make(addr, home->unique_len);
		const struct ha_group *group = ha_group_find(c->ha, &prefix);

		if (group != NULL && !same_owner(c->ha, group->identity, nai))
			return false;
	}
	return true;
}

static bool same_realm(const char *nai, const char *realm)
{
	const char *at = NULL;

	for (const char *p = nai; *p != '\0'; p++)
		at = *p == '@' ? p : at;
	if (at == NULL || strlen(at + 1) != strlen(realm))
		return false;
	for (size_t i = 0; realm[i] != '\0'; i++) {
		char a = at[1 + i], b = realm[i];

		a = (char)(a >= 'A' && a <= 'Z' ? a + 32 : a);
		b = (char)(b >= 'A' && b <= 'Z' ? b + 32 : b);
		if (a != b)
			return false;
	}
	return true;
}

/*
 * A chaining agent is believed that it has authenticated a WTRU of its own operator; it may have
 * what that WTRU owns here already, for itself as the CoA, and nothing else.
 */
static bool peer_may(const struct ha_ctx *c, const struct ha_bu *bu, const struct ha_entry *entry)
{
	const struct ha_identity *owner = c->env->find_owner(c->env->ctx, &bu->hoa);

	if (!bu->has_mn_id || !same_realm(bu->nai, bu->peer->realm) ||
	    !mip6_addr_equal(&bu->coa, &bu->src))
		return false;
	/* It lags behind: it is just being told that the WTRU has left it. */
	if (entry != NULL && entry->flags & HA_ENTRY_PARTING &&
	    mip6_addr_equal(&entry->peer, &bu->src))
		return false;
	if (c->ha->config.open)
		return true;
	return (owner != NULL && strcmp(owner->nai, bu->nai) == 0) ||
	       (entry != NULL && entry->flags & HA_ENTRY_OWNED &&
	        strcmp(ha_name_text(c->ha, entry->identity), bu->nai) == 0);
}

bool ha_authorise(const struct ha_ctx *c, const struct ha_bu *bu, const struct ha_entry *entry)
{
	/* Our own addresses, and the Subnet-Router anycast address (RFC 4291 section 2.6.1), are
	 * ours. */
	if (ha_is_own_address(c->ha, &bu->hoa) || mip6_addr_equal(&bu->hoa, &bu->home->prefix.addr))
		return false;
	if (bu->peer != NULL && !peer_may(c, bu, entry))
		return false;
	return owned_by_nobody_else(c, &bu->hoa, bu->home, entry, bu->nai);
}

bool ha_coa_allowed(const struct ha_ctx *c, const struct ha_bu *bu)
{
	const struct ha_home_prefix *home = ha_home_prefix(c->ha, &bu->coa);
	const struct ha_entry *entry = ha_entry_find(c->ha, &bu->coa);

	if (ha_is_own_address(c->ha, &bu->coa))
		return false;
	/*
	 * A CoA that is bound itself would send the packet round again. As no binding is made
	 * towards a bound address, no chain of bindings here can ever close to a loop.
	 */
	if (entry != NULL && entry->flags & HA_ENTRY_BOUND)
		return false;
	/* Our own home prefix is a place to be (a second HoA on this link), but not that of others.
	 */
	return home == NULL || owned_by_nobody_else(c, &bu->coa, home, entry, bu->nai);
}
