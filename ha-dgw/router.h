/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The access router: Router Advertisements, unique prefixes and their routes on the access link
 * (RFC 4861 section 6.2, RFC 6275 section 7, RFC 8273).
 */
#ifndef DGW_ROUTER_H
#define DGW_ROUTER_H

#include <ev.h>

#include "kernel/nd.h"
#include "kernel/rtnl.h"
#include "pool.h"
#include "ra.h"

enum router_stat {
	ROUTER_STAT_RS,         /* solicitations on the access link */
	ROUTER_STAT_RS_LIMITED, /* not answered: too many, of one neighbour or of all */
	ROUTER_STAT_RA_UNICAST,
	ROUTER_STAT_RA_MULTICAST,
	ROUTER_STAT_RA_ERRORS, /* could not be sent */
	ROUTER_STAT_NO_PREFIX, /* there was no unique prefix to give: pool full, or new ones limited
	                        */
	ROUTER_STAT_COUNT,
};

const char *router_stat_name(enum router_stat stat);

struct router_config {
	struct ra_params ra;      /* lladdr and mtu are the link's and need not be filled */
	uint32_t interval_min_ms; /* interval_max_ms is in ra */
	bool has_home_agent;      /* without, nothing is advertised */
	bool has_pool;
	struct pool_config pool;
};

struct router_env {
	void *ctx;
	struct ev_loop *loop;
	const mip6_time *now; /* of this turn of the loop */
	struct rtnl *rtnl;
	struct nd *nd;
	uint32_t (*random)(void *ctx);
	bool (*prefix_in_use)(void *ctx, const struct mip6_prefix *prefix);
	/* Keep, and drop, the record of a lease. */
	void (*save)(void *ctx, const struct pool_lease *lease);
	void (*forget)(void *ctx, const struct mip6_prefix *prefix);
};

struct router;

/* 0 or negative errno. */
int router_open(struct router **ret, const struct router_config *config,
                const struct router_env *env);
/* New values; those of the pool other than its limits do not change. */
void router_configure(struct router *router, const struct router_config *config);
/* Before the first link: a lease of the last run. */
void router_restore(struct router *router, const struct pool_key *key,
                    const struct mip6_prefix *prefix, const struct mip6_addr *link_local,
                    mip6_time expires);
/*
 * All leases are restored and all bindings told: set the routes of leases, and remove those that an
 * earlier run left in the kernel and that no lease wants.
 */
void router_adopt(struct router *router);
/* The access link is up, or changed; NULL: down or gone. */
void router_link(struct router *router, const struct rtnl_link *link);
void router_solicited(struct router *router, const struct nd_packet *packet);
/* Somebody else's Router Advertisement. */
void router_other(struct router *router, const struct nd_packet *packet);
void router_neighbour(struct router *router, const struct rtnl_neighbour *neighbour);
/* A binding for prefix came up or ended: its packets go through the tunnel, or to the link again.
 */
void router_tunnelled(struct router *router, const struct mip6_prefix *prefix, bool tunnelled);
/* The owner of hoa proved on the access link that it is here. */
void router_claimed(struct router *router, const struct mip6_addr *hoa);
/* Nobody owns prefix any more. */
void router_released(struct router *router, const struct mip6_prefix *prefix);

uint64_t router_stat_get(const struct router *router, enum router_stat stat);
struct pool *router_pool(const struct router *router); /* NULL without unique prefixes */
/* Says farewell on the link (RFC 4861 section 6.2.5) and removes the routes. NULL is allowed. */
void router_close(struct router *router);

#endif
