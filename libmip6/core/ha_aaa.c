// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * WTRUs that this home agent does not know: their operator's AAA server is asked (RFC 4285 section
 * 5.2). The BU waits meanwhile; with the answer it goes through all tests as if it came now. A
 * server that accepts gives the MN-HA key of this WTRU and this home agent, too. It is kept for a
 * while, so that nothing waits at a handover.
 *
 * Owns the keys and the BUs that wait. It never asks for what no server is configured for, nor more
 * often than the configuration says; neighbours on the access link, where claims come from, have
 * slots and a rate of their own, which nobody elsewhere can use up.
 */
#include "ha_private.h"

static void key_remove(struct ha *ha, uint32_t slot)
{
	struct ha_aaa_key *key = &ha->aaa_keys[slot];

	if (key->prev != HA_NONE)
		ha->aaa_keys[key->prev].next = key->next;
	else
		ha->aaa_first = key->next;
	if (key->next != HA_NONE)
		ha->aaa_keys[key->next].prev = key->prev;
	else
		ha->aaa_last = key->prev;
	ha->names[key->name].aaa = HA_NONE;
	ha_name_unref(ha, key->name);
	mip6_auth_wipe(key, sizeof(*key));
	core_pool_give(&ha->aaa_pool, slot);
}

/* A slot for the key of nai, the last in the list; NULL when there is no room for the name. */
static struct ha_aaa_key *key_add(const struct ha_ctx *c, const char *nai)
{
	struct ha *ha = c->ha;
	uint32_t name = ha_name_get(ha, nai, ha_clock(c)), slot;
	struct ha_aaa_key *key;

	if (name == HA_NONE)
		return NULL;
	ha_name_ref(ha, name);
	if (ha->names[name].aaa != HA_NONE)
		key_remove(ha, ha->names[name].aaa);
	slot = core_pool_take(&ha->aaa_pool);
	if (slot == HA_NONE) {
		/* The one that was accepted longest ago: its WTRU is asked about again. */
		key_remove(ha, ha->aaa_first);
		slot = core_pool_take(&ha->aaa_pool);
	}
	key = &ha->aaa_keys[slot];
	*key = (struct ha_aaa_key){.name = name, .prev = ha->aaa_last, .next = HA_NONE};
	if (ha->aaa_last != HA_NONE)
		ha->aaa_keys[ha->aaa_last].next = slot;
	else
		ha->aaa_first = slot;
	ha->aaa_last = slot;
	ha->names[name].aaa = slot;
	return key;
}

static bool asks(const struct ha_ctx *c, const char *nai)
{
	return c->ha->aaa_pool.size > 0 && c->env->asks_aaa != NULL &&
	       c->env->asks_aaa(c->env->ctx, nai);
}

static struct ha_aaa_key *key_find(const struct ha_ctx *c, const char *nai)
{
	struct ha *ha = c->ha;
	uint32_t name = ha_name_find(ha, nai);
	uint32_t slot = name == HA_NONE ? HA_NONE : ha->names[name].aaa;

	if (slot == HA_NONE)
		return NULL;
	if (ha->aaa_keys[slot].until <= c->now || !asks(c, nai)) {
		key_remove(ha, slot);
		return NULL;
	}
	return &ha->aaa_keys[slot];
}

const struct ha_identity *ha_identity(const struct ha_ctx *c, const char *nai)
{
	const struct ha_identity *known = c->env->find_identity(c->env->ctx, nai);
	const struct ha_aaa_key *key;
	struct ha_identity *made;
	size_t slot;

	/* Keys in our own configuration go first. */
	if ((known != NULL && known->sa_count > 0) || c->ha->aaa_pool.size == 0)
		return known;
	key = key_find(c, nai);
	if (key == NULL)
		return known;
	for (slot = 0; slot < HA_AAA_SCRATCH; slot++)
		if (strcmp(c->ha->aaa_scratch[slot].nai, nai) == 0)
			break;
	if (slot == HA_AAA_SCRATCH) {
		slot = c->ha->aaa_scratch_next;
		c->ha->aaa_scratch_next = (slot + 1) % HA_AAA_SCRATCH;
	}
	made = &c->ha->aaa_scratch[slot];
	*made = (struct ha_identity){.sa_count = 1};
	if (known != NULL) {
		made->home = known->home;
		made->home_count = known->home_count;
	}
	memcpy(made->nai, nai, strlen(nai) + 1);
	made->sa[0].spi = MIP6_AUTH_SPI_DEFAULT;
	made->sa[0].algorithm = MIP6_AUTH_HMAC_SHA1;
	made->sa[0].key_len = key->key_len;
	memcpy(made->sa[0].key, key->key, key->key_len);
	return made;
}

/* --- BUs that wait --- */

static bool waits(const struct ha_aaa_wait *wait, mip6_time now)
{
	return wait->used && wait->deadline > now;
}

/* The slot where a BU like this waits, or one that is free; NULL: others have both. */
static struct ha_aaa_wait *wait_slot(const struct ha_ctx *c, const struct ha_bu *bu)
{
	uint64_t hash = ha_hash(c->ha, bu->nai, strlen(bu->nai)) ^
	                ha_hash(c->ha, &bu->hoa, sizeof(bu->hoa));
	struct ha_aaa_wait *half =
		c->ha->aaa_waits + (bu->on_access_link ? HA_AAA_WAITS_MAX / 2 : 0);
	struct ha_aaa_wait *slots[2] = {&half[hash % (HA_AAA_WAITS_MAX / 2)],
	                                &half[(hash >> 32) % (HA_AAA_WAITS_MAX / 2)]};

	for (size_t i = 0; i < 2; i++)
		if (waits(slots[i], c->now) && strcmp(slots[i]->nai, bu->nai) == 0 &&
		    mip6_addr_equal(&slots[i]->hoa, &bu->hoa))
			return slots[i];
	for (size_t i = 0; i < 2; i++)
		if (!waits(slots[i], c->now))
			return slots[i];
	return NULL;
}

static uint32_t token(const struct ha *ha, const struct ha_aaa_wait *wait)
{
	return wait->generation << 8 | (uint32_t)(wait - ha->aaa_waits);
}

static bool rate_allows(const struct ha_ctx *c, bool on_access_link)
{
	if (core_bucket_take(&c->ha->aaa_bucket[on_access_link], c->ha->config.aaa_rate, c->now))
		return true;
	ha_count(c, HA_STAT_AAA_BUSY);
	return false;
}

static void ask(const struct ha_ctx *c, struct ha_aaa_wait *wait)
{
	struct ha_action action = {.type = HA_ACTION_ASK_AAA};

	memcpy(wait->asked, wait->digest, sizeof(wait->asked));
	wait->deadline = c->now + HA_AAA_TIMEOUT;
	wait->generation++; /* an answer to an earlier question is not for this one */
	action.aaa.query = token(c->ha, wait);
	action.aaa.nai = wait->nai;
	action.aaa.hoa = wait->hoa;
	action.aaa.home_agent = wait->packet.dst;
	memcpy(action.aaa.digest, wait->digest, sizeof(action.aaa.digest));
	memcpy(action.aaa.authenticator, wait->authenticator, sizeof(action.aaa.authenticator));
	ha_count(c, HA_STAT_AAA_ASKED);
	ha_emit(c, &action);
}

/* Keep the BU: of several the latest counts. */
static void keep(const struct ha_bu *bu, const uint8_t digest[MIP6_AAA_LEN],
                 struct ha_aaa_wait *wait)
{
	wait->packet = *bu->packet;
	memcpy(wait->mh, bu->packet->mh, bu->packet->mh_len);
	wait->packet.mh = wait->mh;
	wait->on_access_link = bu->on_access_link;
	memcpy(wait->digest, digest, sizeof(wait->digest));
	memcpy(wait->authenticator, bu->mh->opt.aaa_data, sizeof(wait->authenticator));
}

/* A new question in a slot that is free. */
static void start(const struct ha_ctx *c, const struct ha_bu *bu,
                  const uint8_t digest[MIP6_AAA_LEN], struct ha_aaa_wait *wait, bool renewal)
{
	wait->used = true;
	wait->renewal = renewal;
	wait->hoa = bu->hoa;
	memcpy(wait->nai, bu->nai, strlen(bu->nai) + 1);
	keep(bu, digest, wait);
	ask(c, wait);
}

/* Is there anything that an AAA server could be asked about? */
static bool askable(const struct ha_ctx *c, const struct ha_bu *bu, uint8_t digest[MIP6_AAA_LEN])
{
	const struct ha_identity *known;

	if (bu->peer != NULL || !bu->has_mn_id || bu->home == NULL || !(bu->flags & MIP6_BU_H) ||
	    bu->packet->mh_len > HA_AAA_MH_MAX || !asks(c, bu->nai))
		return false;
	known = c->env->find_identity(c->env->ctx, bu->nai);
	return (known == NULL || known->sa_count == 0) &&
	       mip6_aaa_digest(bu->mh, bu->packet->mh, bu->packet->mh_len, &bu->coa, &bu->hoa,
	                       digest);
}

bool ha_aaa_ask(const struct ha_ctx *c, const struct ha_bu *bu)
{
	uint8_t digest[MIP6_AAA_LEN];
	struct ha_aaa_wait *wait;

	if (c->aaa_asked || !askable(c, bu, digest))
		return false;
	wait = wait_slot(c, bu);
	if (wait == NULL) {
		ha_count(c, HA_STAT_AAA_BUSY);
	} else if (waits(wait, c->now)) {
		/* The question is on its way already; its answer has the key for this BU, too. */
		wait->renewal = false;
		keep(bu, digest, wait);
	} else if (rate_allows(c, bu->on_access_link)) {
		start(c, bu, digest, wait, false);
	}
	return true;
}

bool ha_aaa_proves(const struct ha_ctx *c, const struct ha_bu *bu)
{
	uint8_t digest[MIP6_AAA_LEN];

	return c->aaa_proved != NULL && askable(c, bu, digest) &&
	       memcmp(digest, c->aaa_proved, sizeof(digest)) == 0;
}

void ha_aaa_renew(const struct ha_ctx *c, const struct ha_bu *bu)
{
	struct ha_aaa_key *key;
	uint8_t digest[MIP6_AAA_LEN];
	struct ha_aaa_wait *wait;

	if (c->aaa_asked || !(bu->mh->opt.has & MIP6_HAS_AAA) || !askable(c, bu, digest))
		return;
	key = key_find(c, bu->nai);
	if (key == NULL || key->renew_at > c->now)
		return;
	wait = wait_slot(c, bu);
	if (wait == NULL || waits(wait, c->now) || !rate_allows(c, bu->on_access_link))
		return;
	key->renew_at = c->now + (key->until - c->now) / 4 + MIP6_S;
	start(c, bu, digest, wait, true);
}

static bool take_key(const struct ha_ctx *c, const struct ha_aaa_wait *wait,
                     const struct ha_aaa_answer *answer)
{
	mip6_time lifetime = (mip6_time)answer->lifetime_s * MIP6_S;
	struct ha_aaa_key *key;

	if (answer->key_len < HA_AAA_KEY_MIN || answer->key_len > MIP6_AUTH_KEY_MAX ||
	    answer->lifetime_s == 0)
		return false;
	key = key_add(c, wait->nai);
	if (key == NULL)
		return false;
	key->until = c->now + lifetime;
	key->renew_at = c->now + lifetime / 2;
	key->key_len = answer->key_len;
	memcpy(key->key, answer->key, answer->key_len);
	return true;
}

void ha_process_aaa(const struct ha_ctx *c, const struct ha_aaa_answer *answer)
{
	struct ha_aaa_wait *wait = &c->ha->aaa_waits[answer->query & (HA_AAA_WAITS_MAX - 1)];
	struct ha_ctx again = *c;
	struct mip6_mh mh;
	size_t offset;
	bool latest, accepted;

	if (c->ha->aaa_pool.size == 0 || !waits(wait, c->now) ||
	    token(c->ha, wait) != answer->query)
		return; /* too late */
	latest = memcmp(wait->asked, wait->digest, sizeof(wait->asked)) == 0;
	accepted = answer->result == HA_AAA_ACCEPTED && take_key(c, wait, answer);
	ha_count(c, accepted                            ? HA_STAT_AAA_ACCEPTED
	            : answer->result == HA_AAA_REJECTED ? HA_STAT_AAA_REJECTED
	                                                : HA_STAT_AAA_FAILED);
	/*
	 * Somebody else may have asked in this WTRU's name: that says nothing of the BU that came
	 * behind.
	 */
	if (!accepted && answer->result == HA_AAA_REJECTED && !latest &&
	    rate_allows(c, wait->on_access_link)) {
		ask(c, wait);
		return;
	}
	wait->used = false;
	/*
	 * RFC 4285 section 5.3: without a security association the BU is dropped. A key that we
	 * have ends by its time only: who renews it with a wrong authenticator may be somebody
	 * else.
	 */
	if (!accepted || wait->renewal)
		return;
	again.aaa_asked = true;
	again.aaa_proved = latest ? wait->asked : NULL;
	if (mip6_mh_decode(wait->packet.mh, wait->packet.mh_len, &mh, &offset) == MIP6_DECODE_OK)
		ha_process_bu(&again, &wait->packet, &mh, wait->on_access_link);
}
