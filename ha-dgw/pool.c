// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pool of unique prefixes (RFC 8273).
 *
 * Slot i of an array is prefix i of the pool, so that a prefix finds its lease by arithmetic; keys
 * find theirs through hash chains. Leases hang on one of two lists, unconfirmed and confirmed, each
 * in the order of last use: what may be taken back is found at the head.
 *
 * A WTRU's first guess is the slot that its key hashes to, so that a gateway that lost its records
 * still tends to give everybody the prefix of before. Whoever forges keys to collide only costs a
 * bounded scan, and only as often as new leases are allowed.
 *
 * Never sends, never touches routes: pool_env.dropped() tells the router.
 */
#include "pool.h"

#include <errno.h>
#include <stdlib.h>

#define NONE UINT32_MAX
#define SLOTS_MAX (UINT32_C(1) << 20)
/* Unconfirmed leases at a time: this part of the pool, but not less than the floor. */
#define UNCONFIRMED_PART 4
#define UNCONFIRMED_FLOOR 16

struct slot {
	struct pool_lease lease;
	bool used;
	bool reserved;
	bool confirmed_list;
	uint32_t chain;      /* next in the hash chain of the key */
	uint32_t ll_chain;   /* next in the hash chain of the link-local address */
	uint32_t prev, next; /* in the list */
};

struct list {
	uint32_t head, tail;
	size_t count;
};

struct pool {
	struct pool_config config;
	struct pool_env env;
	uint32_t seed;
	uint32_t slot_count;
	size_t reserved_count;
	uint32_t bucket_mask;
	uint32_t *buckets;    /* by key */
	uint32_t *ll_buckets; /* by link-local address */
	struct list unconfirmed, confirmed;
	mip6_time tokens_at; /* tokens of the rate limit, in units of time */
	mip6_time tokens;
	struct slot slots[];
};

static uint32_t hash(const struct pool_key *key, uint32_t seed)
{
	uint32_t h = 2166136261u ^ seed; /* FNV-1a, then a finalizer */

	for (size_t i = 0; i < key->len && i < sizeof(key->octets); i++)
		h = (h ^ key->octets[i]) * 16777619u;
	h ^= h >> 16;
	h *= 0x7feb352du;
	h ^= h >> 15;
	h *= 0x846ca68bu;
	return h ^ (h >> 16);
}

static bool key_equal(const struct pool_key *a, const struct pool_key *b)
{
	return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

/* Prefix i of the pool. unique_len is at most 64, so that the index lies in the upper half. */
static struct mip6_prefix slot_prefix(const struct pool *pool, uint32_t i)
{
	struct mip6_prefix p = {pool->config.prefix.addr, pool->config.unique_len};
	uint64_t high = 0;

	for (size_t n = 0; n < 8; n++)
		high = high << 8 | p.addr.b[n];
	high |= (uint64_t)i << (64 - p.len);
	for (size_t n = 8; n-- > 0; high >>= 8)
		p.addr.b[n] = (uint8_t)high;
	return p;
}

/* The slot that addr lies in, or NONE. */
static uint32_t slot_index(const struct pool *pool, const struct mip6_addr *addr)
{
	uint64_t high = 0;

	if (!mip6_prefix_contains(&pool->config.prefix, addr))
		return NONE;
	for (size_t n = 0; n < 8; n++)
		high = high << 8 | addr->b[n];
	if (pool->config.prefix.len > 0)
		high &= UINT64_MAX >> pool->config.prefix.len;
	high >>= 64 - pool->config.unique_len;
	return high < pool->slot_count ? (uint32_t)high : NONE;
}

static uint32_t index_of(const struct pool *pool, const struct slot *slot)
{
	return (uint32_t)(slot - pool->slots);
}

static struct slot *slot_of(struct pool *pool, struct pool_lease *lease)
{
	return &pool->slots[slot_index(pool, &lease->prefix.addr)];
}

static struct list *list_of(struct pool *pool, const struct slot *slot)
{
	return slot->confirmed_list ? &pool->confirmed : &pool->unconfirmed;
}

static void list_remove(struct pool *pool, struct slot *slot)
{
	struct list *list = list_of(pool, slot);

	if (slot->prev == NONE)
		list->head = slot->next;
	else
		pool->slots[slot->prev].next = slot->next;
	if (slot->next == NONE)
		list->tail = slot->prev;
	else
		pool->slots[slot->next].prev = slot->prev;
	list->count--;
}

static void list_append(struct pool *pool, struct slot *slot, bool confirmed)
{
	struct list *list = confirmed ? &pool->confirmed : &pool->unconfirmed;
	uint32_t i = index_of(pool, slot);

	slot->confirmed_list = confirmed;
	slot->lease.confirmed = confirmed;
	slot->prev = list->tail;
	slot->next = NONE;
	if (list->tail == NONE)
		list->head = i;
	else
		pool->slots[list->tail].next = i;
	list->tail = i;
	list->count++;
}

static void touch(struct pool *pool, struct slot *slot)
{
	list_remove(pool, slot);
	list_append(pool, slot, slot->confirmed_list);
}

static uint32_t *bucket_of(struct pool *pool, const struct pool_key *key)
{
	return &pool->buckets[hash(key, pool->seed) & pool->bucket_mask];
}

static struct slot *find_key(struct pool *pool, const struct pool_key *key)
{
	for (uint32_t i = *bucket_of(pool, key); i != NONE; i = pool->slots[i].chain)
		if (key_equal(&pool->slots[i].lease.key, key))
			return &pool->slots[i];
	return NULL;
}

static uint32_t *ll_bucket_of(struct pool *pool, const struct mip6_addr *link_local)
{
	struct pool_key key = {.len = sizeof(link_local->b)};

	memcpy(key.octets, link_local->b, sizeof(link_local->b));
	return &pool->ll_buckets[hash(&key, pool->seed) & pool->bucket_mask];
}

static struct slot *find_link_local(struct pool *pool, const struct mip6_addr *link_local)
{
	for (uint32_t i = *ll_bucket_of(pool, link_local); i != NONE; i = pool->slots[i].ll_chain)
		if (mip6_addr_equal(&pool->slots[i].lease.link_local, link_local))
			return &pool->slots[i];
	return NULL;
}

/* Take the slot out of the chain of its link-local address, and with a new one into that one's. */
static void set_link_local(struct pool *pool, struct slot *slot, const struct mip6_addr *link_local)
{
	uint32_t i = index_of(pool, slot), *link;

	if (!mip6_addr_is_unspecified(&slot->lease.link_local)) {
		for (link = ll_bucket_of(pool, &slot->lease.link_local); *link != i;
		     link = &pool->slots[*link].ll_chain)
			;
		*link = slot->ll_chain;
	}
	slot->lease.link_local = *link_local;
	if (!mip6_addr_is_unspecified(link_local)) {
		link = ll_bucket_of(pool, link_local);
		slot->ll_chain = *link;
		*link = i;
	}
}

static void take(struct pool *pool, struct slot *slot, const struct pool_key *key, bool confirmed)
{
	uint32_t *bucket = bucket_of(pool, key);
	uint32_t i = index_of(pool, slot);

	slot->lease = (struct pool_lease){.key = *key, .prefix = slot_prefix(pool, i)};
	slot->used = true;
	slot->chain = *bucket;
	*bucket = i;
	list_append(pool, slot, confirmed);
}

static void drop(struct pool *pool, struct slot *slot)
{
	static const struct mip6_addr none;
	uint32_t i = index_of(pool, slot);
	uint32_t *link;

	pool->env.dropped(pool->env.ctx, &slot->lease);
	set_link_local(pool, slot, &none);
	for (link = bucket_of(pool, &slot->lease.key); *link != i; link = &pool->slots[*link].chain)
		;
	*link = slot->chain;
	list_remove(pool, slot);
	slot->used = false;
}

static bool in_use(const struct pool *pool, const struct slot *slot)
{
	return slot->lease.tunnelled || pool->env.in_use(pool->env.ctx, &slot->lease.prefix);
}

int pool_open(struct pool **ret, const struct pool_config *config, const struct pool_env *env)
{
	uint32_t count = SLOTS_MAX, buckets = 16;
	struct pool *pool;

	if (config->unique_len > 64 || config->unique_len <= config->prefix.len)
		return -EINVAL;
	if (config->unique_len - config->prefix.len < 20)
		count = UINT32_C(1) << (config->unique_len - config->prefix.len);
	if (count > config->leases_max)
		count = (uint32_t)config->leases_max;
	if (count == 0)
		return -EINVAL;
	while (buckets < count)
		buckets *= 2;
	pool = calloc(1, sizeof(*pool) + count * sizeof(pool->slots[0]));
	if (pool == NULL)
		return -ENOMEM;
	pool->buckets = malloc(2 * buckets * sizeof(*pool->buckets));
	if (pool->buckets == NULL) {
		free(pool);
		return -ENOMEM;
	}
	pool->ll_buckets = pool->buckets + buckets;
	for (uint32_t i = 0; i < 2 * buckets; i++)
		pool->buckets[i] = NONE;
	pool->config = *config;
	pool->env = *env;
	pool->seed = env->random(env->ctx);
	pool->slot_count = count;
	pool->bucket_mask = buckets - 1;
	pool->unconfirmed = pool->confirmed = (struct list){NONE, NONE, 0};
	pool->tokens = MIP6_TIME_NEVER; /* full; cut to the burst at the first use */
	*ret = pool;
	return 0;
}

void pool_close(struct pool *pool)
{
	if (pool == NULL)
		return;
	free(pool->buckets);
	free(pool);
}

void pool_set_limits(struct pool *pool, mip6_time unconfirmed, uint32_t new_per_s,
                     uint32_t new_burst)
{
	pool->config.unconfirmed = unconfirmed;
	pool->config.new_per_s = new_per_s;
	pool->config.new_burst = new_burst;
}

void pool_reserve(struct pool *pool, const struct mip6_prefix *prefix)
{
	uint32_t first = slot_index(pool, &prefix->addr), last = first;

	if (mip6_prefix_contains(prefix, &pool->config.prefix.addr) &&
	    prefix->len <= pool->config.prefix.len) {
		first = 0;
		last = pool->slot_count - 1;
	} else if (first == NONE) {
		return;
	} else if (prefix->len < pool->config.unique_len) {
		uint64_t n = UINT64_C(1) << (pool->config.unique_len - prefix->len);

		last = n > pool->slot_count - first ? pool->slot_count - 1
		                                    : first + (uint32_t)n - 1;
	}
	for (uint32_t i = first; i <= last; i++) {
		pool->reserved_count += !pool->slots[i].reserved;
		pool->slots[i].reserved = true;
	}
}

/* Token bucket: one new lease costs 1 s / new_per_s. */
static bool may_make_new(struct pool *pool, mip6_time now)
{
	mip6_time cost = MIP6_S / (pool->config.new_per_s > 0 ? pool->config.new_per_s : 1);
	mip6_time most = cost * pool->config.new_burst;

	if (pool->tokens > most || now - pool->tokens_at > most - pool->tokens)
		pool->tokens = most;
	else
		pool->tokens += now - pool->tokens_at;
	pool->tokens_at = now;
	if (pool->tokens < cost)
		return false;
	pool->tokens -= cost;
	return true;
}

/* The oldest lease of a list that may be taken back, ended; or NULL. */
static struct slot *take_back(struct pool *pool, struct list *list)
{
	for (uint32_t i = list->head; i != NONE; i = pool->slots[i].next) {
		struct slot *slot = &pool->slots[i];

		if (slot->reserved || (slot->lease.confirmed && slot->lease.present) ||
		    in_use(pool, slot))
			continue;
		drop(pool, slot);
		return slot;
	}
	return NULL;
}

static bool is_free(const struct pool *pool, uint32_t i)
{
	struct mip6_prefix prefix;

	if (pool->slots[i].used || pool->slots[i].reserved)
		return false;
	/* Owned in the core without a lease here: restored, or bound without ever asking. */
	prefix = slot_prefix(pool, i);
	return !pool->env.in_use(pool->env.ctx, &prefix);
}

static struct slot *find_free(struct pool *pool, const struct pool_key *key)
{
	size_t limit = pool->slot_count / UNCONFIRMED_PART;
	struct slot *slot;
	uint32_t i;

	if (limit < UNCONFIRMED_FLOOR)
		limit = UNCONFIRMED_FLOOR;
	if (pool->unconfirmed.count >= limit) {
		slot = take_back(pool, &pool->unconfirmed);
		if (slot != NULL)
			return slot;
	}
	if (pool_count(pool) + pool->reserved_count < pool->slot_count) {
		i = hash(key, 0) % pool->slot_count;
		if (is_free(pool, i))
			return &pool->slots[i];
		i = pool->env.random(pool->env.ctx) % pool->slot_count;
		for (uint32_t n = 0; n < pool->slot_count; n++) {
			if (is_free(pool, i))
				return &pool->slots[i];
			i = i + 1 < pool->slot_count ? i + 1 : 0;
		}
	}
	slot = take_back(pool, &pool->unconfirmed);
	return slot != NULL ? slot : take_back(pool, &pool->confirmed);
}

/* Who is it? With *ret_key, the key of a lease to be made when nobody is known. */
static struct slot *identify(struct pool *pool, const uint8_t *lladdr, uint8_t lladdr_len,
                             const struct mip6_addr *link_local, struct pool_key *ret_key)
{
	struct slot *slot = NULL;

	*ret_key = (struct pool_key){.len = sizeof(link_local->b)};
	memcpy(ret_key->octets, link_local->b, sizeof(link_local->b));
	if (lladdr_len > 0 && lladdr_len <= 8) {
		struct pool_key key = {.len = lladdr_len};

		memcpy(key.octets, lladdr, lladdr_len);
		slot = find_key(pool, &key);
		if (slot == NULL)
			*ret_key = key;
		/* Somebody else's link-layer address buys neither its prefix nor its traffic. */
		else if (!mip6_addr_is_unspecified(&slot->lease.link_local) &&
		         !mip6_addr_equal(&slot->lease.link_local, link_local) &&
		         ((slot->lease.confirmed && slot->lease.present) || in_use(pool, slot)))
			slot = NULL;
	}
	/* A solicitation from an optimistic address carries no link-layer address (RFC 4429). */
	return slot != NULL ? slot : find_link_local(pool, link_local);
}

struct pool_lease *pool_request(struct pool *pool, const uint8_t *lladdr, uint8_t lladdr_len,
                                const struct mip6_addr *link_local, mip6_time now,
                                enum pool_result *ret_result, bool *ret_moved)
{
	struct pool_key key;
	struct slot *slot = identify(pool, lladdr, lladdr_len, link_local, &key);

	*ret_result = POOL_KNOWN;
	if (slot != NULL) {
		touch(pool, slot);
	} else {
		if (!may_make_new(pool, now)) {
			*ret_result = POOL_LIMITED;
			return NULL;
		}
		slot = find_free(pool, &key);
		if (slot == NULL) {
			*ret_result = POOL_FULL;
			return NULL;
		}
		take(pool, slot, &key, false);
		*ret_result = POOL_NEW;
	}
	if (!slot->lease.confirmed && slot->lease.expires < now + pool->config.unconfirmed)
		slot->lease.expires = now + pool->config.unconfirmed;
	if (ret_moved != NULL)
		*ret_moved = !mip6_addr_equal(&slot->lease.link_local, link_local);
	set_link_local(pool, slot, link_local);
	return &slot->lease;
}

struct pool_lease *pool_restore(struct pool *pool, const struct pool_key *key,
                                const struct mip6_prefix *prefix,
                                const struct mip6_addr *link_local, mip6_time expires)
{
	uint32_t i = slot_index(pool, &prefix->addr);
	struct mip6_prefix is;

	if (i == NONE || key->len == 0 || (key->len > 8 && key->len != 16))
		return NULL;
	is = slot_prefix(pool, i);
	if (!mip6_prefix_equal(&is, prefix) || pool->slots[i].used || pool->slots[i].reserved ||
	    find_key(pool, key) != NULL)
		return NULL;
	take(pool, &pool->slots[i], key, true);
	set_link_local(pool, &pool->slots[i], link_local);
	pool->slots[i].lease.expires = expires;
	return &pool->slots[i].lease;
}

struct pool_lease *pool_adopt(struct pool *pool, const struct mip6_addr *hoa, mip6_time expires)
{
	struct pool_key key = {.len = sizeof(hoa->b)};
	struct mip6_prefix prefix = mip6_prefix_make(hoa, pool->config.unique_len);

	memcpy(key.octets, hoa->b, sizeof(hoa->b));
	return pool_restore(pool, &key, &prefix, hoa, expires);
}

struct pool_lease *pool_find(struct pool *pool, const struct mip6_addr *addr)
{
	uint32_t i = slot_index(pool, addr);

	return i != NONE && pool->slots[i].used ? &pool->slots[i].lease : NULL;
}

struct pool_lease *pool_find_link_local(struct pool *pool, const struct mip6_addr *link_local)
{
	struct slot *slot = find_link_local(pool, link_local);

	return slot != NULL ? &slot->lease : NULL;
}

bool pool_confirm(struct pool *pool, struct pool_lease *lease, mip6_time expires)
{
	struct slot *slot = slot_of(pool, lease);
	bool fresh = !lease->confirmed;

	list_remove(pool, slot);
	list_append(pool, slot, true);
	if (lease->expires < expires || fresh)
		lease->expires = expires;
	return fresh;
}

void pool_release(struct pool *pool, const struct mip6_prefix *prefix, mip6_time now)
{
	struct pool_lease *lease = pool_find(pool, &prefix->addr);

	if (lease == NULL || pool->env.in_use(pool->env.ctx, &lease->prefix))
		return;
	lease->tunnelled = false;
	if (!lease->present || lease->expires <= now)
		drop(pool, slot_of(pool, lease));
}

void pool_expire(struct pool *pool, mip6_time now)
{
	size_t cursor = 0;
	struct pool_lease *lease;

	while ((lease = pool_next(pool, &cursor)) != NULL) {
		struct slot *slot = slot_of(pool, lease);

		if (lease->expires > now)
			continue;
		if (!in_use(pool, slot))
			drop(pool, slot);
		else if (!lease->confirmed) /* an owner proves more than a reachable neighbour */
			pool_confirm(pool, lease, lease->expires);
	}
}

struct pool_lease *pool_next(struct pool *pool, size_t *cursor)
{
	/* 0: the start; SIZE_MAX: the end; else the next slot + 1. */
	uint32_t i = *cursor == 0 ? pool->unconfirmed.head : (uint32_t)(*cursor - 1);
	uint32_t next;

	if (*cursor == 0 && i == NONE)
		i = pool->confirmed.head;
	/* The cursor may be a client's: anything, or of a lease that has ended since. */
	if (*cursor > pool->slot_count || i == NONE || !pool->slots[i].used)
		return NULL;
	next = pool->slots[i].next;
	if (next == NONE && !pool->slots[i].confirmed_list)
		next = pool->confirmed.head;
	*cursor = next == NONE ? SIZE_MAX : (size_t)next + 1;
	return &pool->slots[i].lease;
}

size_t pool_size(const struct pool *pool)
{
	return pool->slot_count - pool->reserved_count;
}

size_t pool_count(const struct pool *pool)
{
	return pool->unconfirmed.count + pool->confirmed.count;
}

size_t pool_unconfirmed_count(const struct pool *pool)
{
	return pool->unconfirmed.count;
}
