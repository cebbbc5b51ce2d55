// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The schedule of Mobile Prefix Advertisements (RFC 6275 sections 6.8 and 10.6.2).
 *
 * Of each bound home address it is known when the last advertisement was sent, whether a
 * solicitation waits for its answer, and when the next unsolicited one is due: after a change, as a
 * repetition, or because none was sent for MaxMobPfxAdvInterval. A solicitation acknowledges.
 *
 * The contents are composed at the time of sending and are always the whole list, so that a change
 * while something is scheduled needs no more than the schedule. Nothing here sends.
 */
#include <mip6/mobile_prefix.h>

#include "tables.h"

struct entry {
	struct mip6_addr hoa;
	bool used;
	bool answer; /* a solicitation waits */
	bool silent; /* all repetitions went unanswered */
	uint16_t answer_id;
	struct mip6_addr answer_to;
	mip6_time answer_due;
	mip6_time push_due; /* unsolicited */
	uint8_t pushed;     /* transmissions of this one so far */
	mip6_time sent;     /* the last one of either kind */
};

struct mobile_prefix {
	struct mobile_prefix_config config;
	mip6_time forgotten_sent; /* the latest to a home address that is not bound any more */
	uint64_t key[2];
	size_t count;
	uint32_t mask;
	uint32_t *hash;
	struct core_pool pool;
	struct core_heap heap;
	struct entry *entries;
};

static size_t place(uint8_t *base, size_t *pos, size_t count, size_t size, void *ret)
{
	size_t align = _Alignof(max_align_t);
	void *at = base != NULL ? base + *pos : NULL;

	if (base != NULL)
		memcpy(ret, &at, sizeof(at));
	*pos += (count * size + align - 1) & ~(align - 1);
	return *pos;
}

static size_t lay_out(struct mobile_prefix *m, uint8_t *base, size_t n)
{
	struct mobile_prefix unused, *t = m != NULL ? m : &unused;
	size_t pos = 0, buckets = 1;

	while (buckets < n)
		buckets *= 2;
	place(NULL, &pos, 1, sizeof(*m), NULL);
	place(base, &pos, buckets, sizeof(*t->hash), &t->hash);
	place(base, &pos, n, sizeof(*t->pool.next), &t->pool.next);
	place(base, &pos, n, sizeof(*t->heap.timers), &t->heap.timers);
	place(base, &pos, n, sizeof(*t->heap.pos), &t->heap.pos);
	place(base, &pos, n, sizeof(*t->entries), &t->entries);
	if (base != NULL) {
		m->mask = (uint32_t)(buckets - 1);
		m->pool.size = (uint32_t)n;
		m->pool.free = CORE_NONE;
		memset(m->hash, 0xff, buckets * sizeof(*m->hash)); /* all ones is CORE_NONE */
	}
	return pos;
}

size_t mobile_prefix_memory_size(size_t entries_max)
{
	return lay_out(NULL, NULL, entries_max);
}

struct mobile_prefix *mobile_prefix_init(void *memory, size_t entries_max,
                                         const struct mobile_prefix_config *config)
{
	struct mobile_prefix *m = memory;

	memset(m, 0, sizeof(*m));
	m->config = *config;
	m->forgotten_sent = -MOBILE_PREFIX_SPACING; /* nothing before the time began */
	for (unsigned int i = 0; i < 2; i++)
		m->key[i] =
			(uint64_t)config->random(config->ctx) << 32 | config->random(config->ctx);
	lay_out(m, memory, entries_max);
	return m;
}

static uint32_t *bucket(const struct mobile_prefix *m, const struct mip6_addr *hoa)
{
	return &m->hash[core_hash(m->key, hoa, sizeof(*hoa)) & m->mask];
}

static struct entry *find(const struct mobile_prefix *m, const struct mip6_addr *hoa)
{
	uint32_t slot = *bucket(m, hoa);

	while (slot != CORE_NONE && !mip6_addr_equal(&m->entries[slot].hoa, hoa))
		slot = m->pool.next[slot];
	return slot == CORE_NONE ? NULL : &m->entries[slot];
}

static void arm(struct mobile_prefix *m, const struct entry *e)
{
	mip6_time at = e->answer && e->answer_due < e->push_due ? e->answer_due : e->push_due;

	core_heap_set(&m->heap, (uint32_t)(e - m->entries), at);
}

/* RAND_ADV_DELAY of section 10.6.2. */
static mip6_time random_delay(const struct mobile_prefix *m)
{
	const struct mobile_prefix_config *c = &m->config;
	uint32_t max_s = c->preferred_s < c->interval_max_s ? c->preferred_s : c->interval_max_s;
	uint32_t min_s = c->interval_min_s;
	uint32_t range_s = max_s > min_s ? max_s - min_s : min_s - max_s;
	uint32_t value = c->random(c->ctx);

	/* In microseconds rather than whole seconds: the advertisements spread out. */
	return min_s * MIP6_S + (mip6_time)((uint64_t)value * range_s / UINT32_MAX) * MIP6_S +
	       (range_s ? value % MIP6_S : 0);
}

static void schedule(struct mobile_prefix *m, struct entry *e, mip6_time at)
{
	e->pushed = 0;
	e->silent = false;
	e->push_due = m->config.only_solicited ? MIP6_TIME_NEVER : at;
	arm(m, e);
}

void mobile_prefix_configure(struct mobile_prefix *m, const struct mobile_prefix_config *config,
                             mip6_time now)
{
	bool other = m->config.only_solicited != config->only_solicited;

	m->config = *config;
	for (uint32_t slot = 0; other && slot < m->pool.fresh; slot++)
		if (m->entries[slot].used)
			schedule(m, &m->entries[slot], now + random_delay(m));
}

void mobile_prefix_bound(struct mobile_prefix *m, const struct mip6_addr *hoa, mip6_time now)
{
	struct entry *e = find(m, hoa);
	uint32_t slot;

	if (e != NULL) {
		/* Section 10.6.2: it is there after all; begin transmitting again. */
		if (e->silent)
			schedule(m, e, now + random_delay(m));
		return;
	}
	slot = core_pool_take(&m->pool);
	if (slot == CORE_NONE)
		return;
	e = &m->entries[slot];
	*e = (struct entry){.hoa = *hoa, .used = true, .sent = now - MOBILE_PREFIX_SPACING};
	/* Section 6.8 holds, too, for who gives its binding up and makes it again at once. */
	if (e->sent < m->forgotten_sent)
		e->sent = m->forgotten_sent;
	m->heap.pos[slot] = CORE_NONE;
	core_chain_add(bucket(m, hoa), &m->pool, slot);
	m->count++;
	/* None was sent in the last MaxMobPfxAdvInterval, as far as we know. */
	schedule(m, e, now + random_delay(m));
}

void mobile_prefix_unbound(struct mobile_prefix *m, const struct mip6_addr *hoa)
{
	struct entry *e = find(m, hoa);
	uint32_t slot;

	if (e == NULL)
		return;
	if (m->forgotten_sent < e->sent)
		m->forgotten_sent = e->sent;
	slot = (uint32_t)(e - m->entries);
	core_heap_set(&m->heap, slot, MIP6_TIME_NEVER);
	core_chain_remove(bucket(m, hoa), &m->pool, slot);
	e->used = false;
	core_pool_give(&m->pool, slot);
	m->count--;
}

bool mobile_prefix_solicited(struct mobile_prefix *m, const struct mip6_addr *hoa,
                             const struct mip6_addr *coa, uint16_t id, mip6_time now)
{
	struct entry *e = find(m, hoa);

	if (e == NULL)
		return false;
	/* Right away, but at most one per second; of several the last one is answered. */
	if (!e->answer)
		e->answer_due = e->sent + MOBILE_PREFIX_SPACING > now
		                        ? e->sent + MOBILE_PREFIX_SPACING
		                        : now;
	e->answer = true;
	e->answer_id = id;
	e->answer_to = *coa;
	/* It acknowledges what was sent, and tells what was to be. */
	schedule(m, e, MIP6_TIME_NEVER);
	return true;
}

void mobile_prefix_changed(struct mobile_prefix *m, mip6_time now)
{
	for (uint32_t slot = 0; slot < m->pool.fresh; slot++) {
		struct entry *e = &m->entries[slot];
		mip6_time at;

		if (!e->used)
			continue;
		at = now + random_delay(m);
		/* What is scheduled stays where it is, and says the new; a repetition is replaced.
		 */
		if (e->pushed == 0 && e->push_due <= at)
			continue;
		schedule(m, e, at);
	}
}

mip6_time mobile_prefix_deadline(const struct mobile_prefix *m)
{
	return core_heap_first(&m->heap);
}

static void sent_unsolicited(struct mobile_prefix *m, struct entry *e, mip6_time now)
{
	e->pushed++;
	/* The first repetition after PREFIX_ADV_TIMEOUT, then twice as long each time. */
	if (e->pushed <= MOBILE_PREFIX_RETRIES) {
		e->push_due = now + (MOBILE_PREFIX_TIMEOUT << (e->pushed - 1));
		return;
	}
	e->silent = true;
	e->pushed = 0;
	e->push_due = now + m->config.interval_max_s * MIP6_S + random_delay(m);
}

/* The first entry that is due and may be sent to. */
static struct entry *next_entry(struct mobile_prefix *m, mip6_time now)
{
	while (core_heap_first(&m->heap) <= now) {
		struct entry *e = &m->entries[m->heap.timers[0].slot];
		mip6_time free_at = e->sent + MOBILE_PREFIX_SPACING;

		if (free_at <= now || (e->answer && e->answer_due <= now))
			return e;
		e->push_due = free_at;
		arm(m, e);
	}
	return NULL;
}

bool mobile_prefix_next(struct mobile_prefix *m, mip6_time now, struct mobile_prefix_due *ret)
{
	struct entry *e = next_entry(m, now);

	if (e == NULL)
		return false;
	*ret = (struct mobile_prefix_due){.hoa = e->hoa};
	if (e->answer && e->answer_due <= now) {
		ret->solicited = true;
		ret->id = e->answer_id;
		ret->coa = e->answer_to;
		e->answer = false;
		schedule(m, e, now + m->config.interval_max_s * MIP6_S + random_delay(m));
	} else {
		ret->again = e->pushed > 0;
		ret->id = (uint16_t)m->config.random(m->config.ctx);
		sent_unsolicited(m, e, now);
	}
	e->sent = now;
	arm(m, e);
	return true;
}

size_t mobile_prefix_count(const struct mobile_prefix *m)
{
	return m->count;
}
