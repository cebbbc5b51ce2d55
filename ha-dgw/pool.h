/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pool of unique prefixes (RFC 8273): which WTRU on the access link has which /64.
 *
 * A lease is made by a Router Solicitation, so anybody on the link can ask for one, also under
 * forged link-layer addresses. Until something proves that the asker exists (its neighbour entry
 * became reachable, or it claimed an address), a lease is *unconfirmed*: short, limited in number
 * and rate, and the first to be taken back. What the home-agent core knows an owner of is never
 * taken back.
 *
 * No I/O: time, random numbers and the core's knowledge come in through struct pool_env.
 */
#ifndef DGW_POOL_H
#define DGW_POOL_H

#include <mip6/base.h>

/* Who a lease belongs to: a link-layer address, or a link-local IPv6 address where there is none.
 */
struct pool_key {
	uint8_t len; /* 1 to 8: link-layer address; 16: IPv6 address */
	uint8_t octets[16];
};

struct pool_lease {
	struct pool_key key;
	struct mip6_prefix prefix;
	/* Of the WTRU: next hop of the prefix; or, when that is not known, its HoA. The pool's to
	 * change. */
	struct mip6_addr link_local;
	mip6_time expires; /* unless the core has a use for the prefix */
	bool confirmed;
	bool present;   /* believed to be on the access link */
	bool tunnelled; /* bound away from home */
	/* Unicast Router Advertisements: the router's own bookkeeping. */
	mip6_time refresh_at;
	uint8_t repeats; /* advertised so often while unconfirmed */
	mip6_time answers_since;
	uint32_t answers;
	bool routed; /* the route to link_local is in the kernel */
};

struct pool_env {
	void *ctx;
	uint32_t (*random)(void *ctx);
	/* True when somebody owns an address in prefix: it must stay with its lease. */
	bool (*in_use)(void *ctx, const struct mip6_prefix *prefix);
	/* The lease, valid during the call, ends: remove its route and its record. */
	void (*dropped)(void *ctx, const struct pool_lease *lease);
};

struct pool_config {
	struct mip6_prefix prefix; /* the pool */
	uint8_t unique_len;        /* of one lease, above prefix.len and at most 64 */
	size_t leases_max;     /* of a larger pool only the first leases_max prefixes are used */
	mip6_time unconfirmed; /* how long an unconfirmed lease lasts */
	uint32_t new_per_s;    /* new leases per second, in the long run */
	uint32_t new_burst;
};

enum pool_result {
	POOL_KNOWN, /* the lease that this key had */
	POOL_NEW,
	POOL_FULL,    /* nothing free, and nothing may be taken back */
	POOL_LIMITED, /* too many new ones just now */
};

struct pool;

/* 0, -ENOMEM, or -EINVAL for a configuration without a single prefix. */
int pool_open(struct pool **ret, const struct pool_config *config, const struct pool_env *env);
void pool_close(struct pool *pool); /* NULL is allowed; dropped() is not called */
/* Never hand out what overlaps prefix (addresses of ours, a shared prefix, configured homes). */
void pool_reserve(struct pool *pool, const struct mip6_prefix *prefix);
/* Rate of new leases, length of unconfirmed ones: new values at run time. */
void pool_set_limits(struct pool *pool, mip6_time unconfirmed, uint32_t new_per_s,
                     uint32_t new_burst);

/*
 * The lease of a WTRU that asks, known by its link-layer address (lladdr_len 0: none) and
 * link-local address. Whoever asks with the link-layer address of somebody who is here or owns
 * addresses, but from another link-local address, gets a lease of its own; without a link-layer
 * address the link-local one tells who it is. NULL with FULL and LIMITED. *ret_moved (may be NULL):
 * the lease has another link_local than before.
 */
struct pool_lease *pool_request(struct pool *pool, const uint8_t *lladdr, uint8_t lladdr_len,
                                const struct mip6_addr *link_local, mip6_time now,
                                enum pool_result *ret_result, bool *ret_moved);
/* A lease of the last run; confirmed. NULL when the prefix is not the pool's, reserved or taken. */
struct pool_lease *pool_restore(struct pool *pool, const struct pool_key *key,
                                const struct mip6_prefix *prefix,
                                const struct mip6_addr *link_local, mip6_time expires);
/*
 * The owner of hoa proved that it is on the link, and has no lease (records were lost): give it one
 * of the prefix that hoa lies in; confirmed, with hoa in place of the link-local address. NULL as
 * above.
 */
struct pool_lease *pool_adopt(struct pool *pool, const struct mip6_addr *hoa, mip6_time expires);
/* The lease that contains addr, or NULL. */
struct pool_lease *pool_find(struct pool *pool, const struct mip6_addr *addr);
/* The lease whose WTRU has this link-local address, or NULL. */
struct pool_lease *pool_find_link_local(struct pool *pool, const struct mip6_addr *link_local);
/* The WTRU exists: the lease lasts until `expires` at least. True when it was not confirmed before.
 */
bool pool_confirm(struct pool *pool, struct pool_lease *lease, mip6_time expires);
/* Nobody owns an address in prefix any more: the lease ends, unless its WTRU is here and uses it.
 */
void pool_release(struct pool *pool, const struct mip6_prefix *prefix, mip6_time now);
/* End what has expired and is not in use. */
void pool_expire(struct pool *pool, mip6_time now);
/*
 * Walk: *cursor from 0 until NULL. The lease returned last may be dropped during the walk.
 * Harmless, if of no use, with any other value of *cursor.
 */
struct pool_lease *pool_next(struct pool *pool, size_t *cursor);

size_t pool_size(const struct pool *pool);  /* prefixes that can be handed out */
size_t pool_count(const struct pool *pool); /* leases */
size_t pool_unconfirmed_count(const struct pool *pool);

#endif
