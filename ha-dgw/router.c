// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The access router.
 *
 * Multicast Router Advertisements go out at random intervals (RFC 4861 section 6.2.4 with the
 * limits of RFC 6275 section 7.5). A solicitation is answered in the same turn of the loop, by
 * unicast: its link-layer address goes into the neighbour cache first, so that nothing has to be
 * resolved. RFC 4861 section 6.2.6 wants a random delay of such answers so that the routers of a
 * link do not all answer at once, to the same host; here each WTRU gets an answer of its own, with
 * its own prefix, and waiting would be an interruption of its connections. Limits per neighbour and
 * in all take the place of the delay.
 *
 * A unique prefix is advertised to its WTRU only, again at each third of the preferred lifetime
 * while the WTRU is here; those packets also make the kernel probe the neighbour, which tells us
 * who left.
 *
 * Owns the pool and the routes from unique prefixes to link-local addresses. Knows nothing of
 * bindings but whether a prefix is tunnelled.
 */
#include "router.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "io/log.h"

/* Answers to one neighbour with a prefix in that time, to all others together per second. */
#define NEIGHBOUR_BURST 10
#define NEIGHBOUR_WINDOW MIP6_S
#define ALL_RATE 100
#define ALL_BURST 256
/* RFC 4861 section 10: initial advertisements come quicker. */
#define INITIAL_COUNT 3
#define INITIAL_INTERVAL_MS 16000
#define RETRY (50 * MIP6_MS)
/* A new prefix is advertised again this often unless its WTRU has shown that it is there. */
#define REPEATS 3
#define REPEAT MIP6_S
#define HOUSEKEEPING_S 1.0
#define REFRESH_MAX 1000 /* unicast advertisements of each housekeeping */

struct router {
	struct router_config config;
	struct router_env env;
	struct pool *pool;
	bool up;
	bool adopted;
	struct rtnl_link link;
	ev_timer multicast;
	ev_timer housekeeping;
	mip6_time last_multicast;
	unsigned int initial_left;
	bool blocked; /* our link-local address is tentative: nothing can be sent */
	mip6_time answer_tokens, answer_tokens_at;
	uint64_t stats[ROUTER_STAT_COUNT];
	struct log_limit log_pool, log_send, log_route, log_other;
};

static const char *const stat_names[] = {
	[ROUTER_STAT_RS] = "router-solicitations",
	[ROUTER_STAT_RS_LIMITED] = "router-solicitations-limited",
	[ROUTER_STAT_RA_UNICAST] = "router-advertisements-unicast",
	[ROUTER_STAT_RA_MULTICAST] = "router-advertisements-multicast",
	[ROUTER_STAT_RA_ERRORS] = "router-advertisement-errors",
	[ROUTER_STAT_NO_PREFIX] = "no-prefix",
};

static const struct mip6_addr all_nodes = {{0xff, 0x02, [15] = 1}};
static const struct mip6_addr all_routers = {{0xff, 0x02, [15] = 2}};

const char *router_stat_name(enum router_stat stat)
{
	return stat_names[stat];
}

static bool may_advertise(const struct router *router)
{
	return router->up && router->config.has_home_agent;
}

static void arm_multicast(struct router *router, mip6_time in)
{
	ev_timer_stop(router->env.loop, &router->multicast);
	ev_timer_set(&router->multicast, in > 0 ? (double)in / 1e6 : 0., 0.);
	ev_timer_start(router->env.loop, &router->multicast);
}

static int send_ra(struct router *router, const struct mip6_addr *dst, const struct mip6_icmp6 *ra)
{
	static const struct mip6_addr any;
	int error = nd_send(router->env.nd, router->link.ifindex, &any, dst, ra);

	if (error == -EADDRNOTAVAIL) {
		/* The link has just come up; this goes out once our address has passed DAD. */
		router->blocked = true;
		arm_multicast(router, RETRY);
	} else if (error != 0) {
		router->stats[ROUTER_STAT_RA_ERRORS]++;
		log_limited(
			&router->log_send, *router->env.now, LOG_LEVEL_WARNING,
			"cannot send Router Advertisement to=%s interface=%s error=\"%s\"%s",
			addr_text(dst), router->link.name, strerror(-error),
			error == -ENOBUFS || error == -EINVAL
				? ": more neighbours than sysctl net.ipv6.neigh.default.gc_thresh3?"
				: "");
	} else if (mip6_addr_is_multicast(dst)) {
		router->stats[ROUTER_STAT_RA_MULTICAST]++;
	} else {
		router->stats[ROUTER_STAT_RA_UNICAST]++;
	}
	return error;
}

static uint32_t random_between(const struct router *router, uint32_t min, uint32_t max)
{
	return min +
	       (uint32_t)((uint64_t)router->env.random(router->env.ctx) * (max - min + 1) >> 32);
}

static void advertise_due(struct router *router);

static void send_multicast(struct router *router)
{
	const struct router_config *c = &router->config;
	struct mip6_icmp6 ra;
	uint32_t interval;

	interval = random_between(router, c->interval_min_ms, c->ra.interval_max_ms);
	if (router->initial_left > 0 && interval > INITIAL_INTERVAL_MS)
		interval = INITIAL_INTERVAL_MS;
	arm_multicast(router, interval * MIP6_MS);
	if (!may_advertise(router))
		return;
	ra_compose(&ra, &c->ra, NULL);
	if (send_ra(router, &all_nodes, &ra) != 0)
		return;
	router->last_multicast = *router->env.now;
	if (router->initial_left > 0)
		router->initial_left--;
	if (router->blocked) {
		router->blocked = false;
		advertise_due(router);
	}
}

static void on_multicast(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	send_multicast(timer->data);
}

/* A host that has no address yet: RFC 4861 section 6.2.6, by multicast, but not more often than
 * that. */
static void answer_by_multicast(struct router *router)
{
	mip6_time due = router->last_multicast + router->config.interval_min_ms * MIP6_MS;

	if (router->last_multicast == 0 || due <= *router->env.now)
		send_multicast(router);
	else if (ev_timer_remaining(router->env.loop, &router->multicast) >
	         (double)(due - *router->env.now) / 1e6)
		arm_multicast(router, due - *router->env.now);
}

/*
 * It stays while the prefix is tunnelled: the data plane's routes come first, and there are packets
 * that must go to the link all the same (transport_send_on_link()).
 */
static void want_route(struct router *router, struct pool_lease *lease, bool wanted)
{
	struct rtnl_route route = {
		.dst = lease->prefix,
		.table = RT_TABLE_MAIN,
		.ifindex = router->link.ifindex,
	};
	int error;

	wanted = wanted && router->adopted && router->up &&
	         !mip6_addr_is_unspecified(&lease->link_local);
	if (wanted == lease->routed)
		return;
	/* Otherwise it is the HoA of a WTRU whose link-local address is not known: on link. */
	if (mip6_addr_is_link_local(&lease->link_local))
		route.gateway = lease->link_local;
	error = wanted ? rtnl_route_set(router->env.rtnl, &route)
	               : rtnl_route_remove(router->env.rtnl, &route);
	if (error != 0 && (wanted || router->up))
		log_limited(&router->log_route, *router->env.now, LOG_LEVEL_WARNING,
		            "cannot %s route=%s via=%s interface=%s error=\"%s\"",
		            wanted ? "set" : "remove", prefix_text(&lease->prefix),
		            addr_text(&lease->link_local), router->link.name,
		            rtnl_error(router->env.rtnl));
	lease->routed = wanted && error == 0;
}

/* A third of the lifetime after which hosts would stop using a prefix. */
static mip6_time refresh_interval(const struct ra_params *ra)
{
	/* One that is deprecated is still valid. */
	return (ra->preferred_s != 0 ? ra->preferred_s : ra->valid_s) * MIP6_S / 3;
}

static void advertise_to(struct router *router, const struct mip6_addr *to,
                         struct pool_lease *lease)
{
	struct mip6_icmp6 ra;
	int error;

	ra_compose(&ra, &router->config.ra, lease != NULL ? &lease->prefix : NULL);
	error = send_ra(router, to, &ra);
	if (lease == NULL)
		return;
	if (error != 0)
		lease->refresh_at = *router->env.now;
	else if (lease->confirmed || ++lease->repeats > REPEATS)
		lease->refresh_at = *router->env.now + refresh_interval(&router->config.ra);
	else
		lease->refresh_at = *router->env.now + REPEAT;
}

/* The prefix may be used until the lifetime that we last advertised ends. */
static mip6_time advertised_until(const struct router *router)
{
	return *router->env.now + router->config.ra.valid_s * MIP6_S;
}

static void confirm(struct router *router, struct pool_lease *lease)
{
	if (pool_confirm(router->pool, lease, advertised_until(router))) {
		log_info("prefix=%s given to=%s", prefix_text(&lease->prefix),
		         addr_text(&lease->link_local));
		router->env.save(router->env.ctx, lease);
	}
}

static bool take_token(struct router *router)
{
	mip6_time cost = MIP6_S / ALL_RATE, now = *router->env.now;

	router->answer_tokens += now - router->answer_tokens_at;
	router->answer_tokens_at = now;
	if (router->answer_tokens > cost * ALL_BURST)
		router->answer_tokens = cost * ALL_BURST;
	if (router->answer_tokens < cost)
		return false;
	router->answer_tokens -= cost;
	return true;
}

static bool neighbour_may_ask(struct router *router, struct pool_lease *lease)
{
	mip6_time now = *router->env.now;

	if (now - lease->answers_since >= NEIGHBOUR_WINDOW) {
		lease->answers_since = now;
		lease->answers = 0;
	}
	return ++lease->answers <= NEIGHBOUR_BURST;
}

/* NULL without one; *ret_answer: to be answered all the same. */
static struct pool_lease *lease_for(struct router *router, const struct nd_packet *packet,
                                    bool *ret_answer)
{
	const struct mip6_nd_options *opt = &packet->msg->opt;
	struct pool_lease *lease;
	enum pool_result result;
	bool moved;

	*ret_answer = true;
	/* The route of a unique prefix needs a link-local next hop. */
	if (router->pool == NULL || !mip6_addr_is_link_local(&packet->src))
		return NULL;
	lease = pool_request(router->pool, opt->lladdr, opt->lladdr_len, &packet->src,
	                     *router->env.now, &result, &moved);
	if (lease == NULL) {
		/*
		 * Too many at once: it asks again. Each answer costs an entry in the kernel's
		 * neighbour cache, which a flood must not fill.
		 */
		*ret_answer = result == POOL_FULL;
		router->stats[ROUTER_STAT_NO_PREFIX]++;
		log_limited(&router->log_pool, *router->env.now, LOG_LEVEL_WARNING,
		            "no unique prefix for neighbour=%s: %s", addr_text(&packet->src),
		            result == POOL_FULL ? "all of \"unique-prefixes\" are taken"
		                                : "too many new neighbours at once");
		return NULL;
	}
	if (moved) {
		lease->routed = false; /* to be replaced: the route has the same destination */
		if (lease->confirmed)
			router->env.save(router->env.ctx, lease);
	}
	return lease;
}

void router_solicited(struct router *router, const struct nd_packet *packet)
{
	const struct mip6_nd_options *opt = &packet->msg->opt;
	struct pool_lease *lease;
	bool answer;

	if (!may_advertise(router) || packet->ifindex != router->link.ifindex)
		return;
	router->stats[ROUTER_STAT_RS]++;
	if (mip6_addr_is_unspecified(&packet->src)) {
		answer_by_multicast(router);
		return;
	}
	/* A flood of strangers must not keep those whom we know from their answers. */
	lease = lease_for(router, packet, &answer);
	if (!answer || (lease != NULL ? !neighbour_may_ask(router, lease) : !take_token(router))) {
		router->stats[ROUTER_STAT_RS_LIMITED]++;
		return;
	}
	/* RFC 4861 section 6.2.6: the cache takes the address, in state STALE. */
	if (opt->lladdr_len > 0 && opt->lladdr_len == router->link.lladdr_len)
		rtnl_neighbour_set(router->env.rtnl, router->link.ifindex, &packet->src,
		                   opt->lladdr, opt->lladdr_len);
	advertise_to(router, &packet->src, lease);
	if (lease == NULL)
		return;
	lease->present = true;
	if (lease->confirmed)
		pool_confirm(router->pool, lease, advertised_until(router));
	want_route(router, lease, true);
}

void router_other(struct router *router, const struct nd_packet *packet)
{
	if (!router->up || packet->ifindex != router->link.ifindex ||
	    packet->msg->ra.router_lifetime_s == 0)
		return;
	/* RFC 4861 section 6.2.7 wants routers to look at each other. */
	log_limited(&router->log_other, *router->env.now, LOG_LEVEL_WARNING,
	            "another router advertises itself on interface=%s from=%s: WTRUs may use it "
	            "instead of this D-GW",
	            router->link.name, addr_text(&packet->src));
}

void router_neighbour(struct router *router, const struct rtnl_neighbour *neighbour)
{
	struct pool_lease *lease;

	if (router->pool == NULL || !router->up || neighbour->ifindex != router->link.ifindex ||
	    neighbour->proxy)
		return;
	if (!(neighbour->state & (NUD_REACHABLE | NUD_FAILED)))
		return;
	/* Other addresses of the prefix tell nothing: their packets may have forged sources. */
	lease = pool_find_link_local(router->pool, &neighbour->addr);
	if (lease == NULL)
		return;
	if (neighbour->state & NUD_REACHABLE) {
		if (!lease->tunnelled)
			lease->present = true;
		confirm(router, lease);
	} else {
		if (lease->present)
			log_debug("neighbour=%s left prefix=%s", addr_text(&neighbour->addr),
			          prefix_text(&lease->prefix));
		lease->present = false;
	}
}

/* Unicast advertisements of prefixes before their lifetimes end, and of new ones until they took.
 */
static void advertise_due(struct router *router)
{
	size_t cursor = 0, sent = 0;
	struct pool_lease *lease;

	if (!may_advertise(router) || router->pool == NULL)
		return;
	while ((lease = pool_next(router->pool, &cursor)) != NULL) {
		if (!lease->present || lease->refresh_at > *router->env.now ||
		    (!lease->confirmed && lease->repeats > REPEATS))
			continue;
		if (router->blocked || ++sent > REFRESH_MAX)
			break;
		advertise_to(router, &lease->link_local, lease);
		if (lease->confirmed)
			pool_confirm(router->pool, lease, advertised_until(router));
	}
}

static void on_housekeeping(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct router *router = timer->data;

	(void)loop;
	(void)events;
	pool_expire(router->pool, *router->env.now);
	advertise_due(router);
}

void router_tunnelled(struct router *router, const struct mip6_prefix *prefix, bool tunnelled)
{
	struct pool_lease *lease =
		router->pool != NULL ? pool_find(router->pool, &prefix->addr) : NULL;

	if (lease == NULL)
		return;
	lease->tunnelled = tunnelled;
	if (tunnelled) {
		lease->present = false;
		confirm(router, lease);
	}
}

void router_claimed(struct router *router, const struct mip6_addr *hoa)
{
	struct pool_lease *lease;

	if (router->pool == NULL)
		return;
	lease = pool_find(router->pool, hoa);
	if (lease == NULL) {
		lease = pool_adopt(router->pool, hoa, advertised_until(router));
		if (lease == NULL)
			return;
		log_info("prefix=%s given to=%s", prefix_text(&lease->prefix), addr_text(hoa));
		router->env.save(router->env.ctx, lease);
	}
	lease->present = true;
	confirm(router, lease);
	want_route(router, lease, true);
}

void router_released(struct router *router, const struct mip6_prefix *prefix)
{
	if (router->pool != NULL)
		pool_release(router->pool, prefix, *router->env.now);
}

static void on_dropped(void *ctx, const struct pool_lease *lease)
{
	struct router *router = ctx;
	struct pool_lease last = *lease;

	if (lease->confirmed)
		log_info("prefix=%s returned by=%s", prefix_text(&lease->prefix),
		         addr_text(&lease->link_local));
	want_route(router, &last, false);
	router->env.forget(router->env.ctx, &lease->prefix);
}

static bool prefix_in_use(void *ctx, const struct mip6_prefix *prefix)
{
	const struct router *router = ctx;

	return router->env.prefix_in_use(router->env.ctx, prefix);
}

static uint32_t pool_random(void *ctx)
{
	const struct router *router = ctx;

	return router->env.random(router->env.ctx);
}

void router_restore(struct router *router, const struct pool_key *key,
                    const struct mip6_prefix *prefix, const struct mip6_addr *link_local,
                    mip6_time expires)
{
	struct pool_lease *lease = NULL;

	if (router->pool != NULL)
		lease = pool_restore(router->pool, key, prefix, link_local, expires);
	if (lease == NULL)
		router->env.forget(router->env.ctx, prefix);
	else
		lease->present = true; /* the first refresh makes the kernel ask */
}

struct leftovers {
	struct router *router;
	size_t count, space;
	struct rtnl_route *routes;
};

static void collect(void *ctx, const struct rtnl_route *route)
{
	struct leftovers *l = ctx;
	const struct pool_config *c = &l->router->config.pool;
	struct rtnl_route *more;

	/* Ours by protocol, and of the kind that want_route() makes. */
	if (route->dst.len != c->unique_len ||
	    !mip6_prefix_contains(&c->prefix, &route->dst.addr) ||
	    (!mip6_addr_is_link_local(&route->gateway) &&
	     route->ifindex != l->router->link.ifindex))
		return;
	if (l->count == l->space) {
		l->space = l->space == 0 ? 64 : l->space * 2;
		more = reallocarray(l->routes, l->space, sizeof(*more));
		if (more == NULL) {
			l->space = l->count;
			return;
		}
		l->routes = more;
	}
	l->routes[l->count++] = *route;
}

static void set_all_routes(struct router *router)
{
	size_t cursor = 0;
	struct pool_lease *lease;

	if (router->pool == NULL)
		return;
	while ((lease = pool_next(router->pool, &cursor)) != NULL)
		want_route(router, lease, true);
}

/* A route of an earlier run: as a lease wants it, or of a lease whose record is lost, or of nobody.
 */
static void adopt_route(struct router *router, const struct rtnl_route *route)
{
	struct pool_lease *lease = pool_find(router->pool, &route->dst.addr);
	struct pool_key key = {.len = sizeof(route->gateway.b)};
	bool here = router->up && route->ifindex == router->link.ifindex;

	if (lease == NULL && here && mip6_addr_is_link_local(&route->gateway)) {
		memcpy(key.octets, route->gateway.b, sizeof(route->gateway.b));
		lease = pool_restore(router->pool, &key, &route->dst, &route->gateway,
		                     advertised_until(router));
		if (lease != NULL) {
			lease->present = lease->routed = true;
			router->env.save(router->env.ctx, lease);
		}
	}
	if (lease != NULL && lease->routed && here &&
	    (!mip6_addr_is_link_local(&lease->link_local) ||
	     mip6_addr_equal(&route->gateway, &lease->link_local)))
		return;
	log_info("removed route=%s of an earlier run", prefix_text(&route->dst));
	rtnl_route_remove(router->env.rtnl, route);
}

void router_adopt(struct router *router)
{
	struct leftovers left = {.router = router};

	router->adopted = true;
	if (router->pool == NULL)
		return;
	set_all_routes(router);
	rtnl_route_list(router->env.rtnl, collect, &left);
	for (size_t i = 0; i < left.count; i++)
		adopt_route(router, &left.routes[i]);
	free(left.routes);
}

static void start_link(struct router *router)
{
	int error = nd_join(router->env.nd, router->link.ifindex, &all_routers);

	if (error != 0)
		log_err("cannot hear solicitations interface=%s error=\"%s\"", router->link.name,
		        strerror(-error));
	router->initial_left = INITIAL_COUNT;
	router->last_multicast = 0;
	set_all_routes(router);
	send_multicast(router);
}

static void stop_link(struct router *router)
{
	size_t cursor = 0;
	struct pool_lease *lease;

	ev_timer_stop(router->env.loop, &router->multicast);
	nd_leave(router->env.nd, router->link.ifindex, &all_routers);
	/* The kernel removed the routes with the link. */
	while (router->pool != NULL && (lease = pool_next(router->pool, &cursor)) != NULL)
		lease->routed = false;
}

void router_link(struct router *router, const struct rtnl_link *link)
{
	bool same = router->up && link != NULL && link->ifindex == router->link.ifindex;

	if (router->up && !same) {
		router->up = false;
		stop_link(router);
	}
	if (link == NULL)
		return;
	router->link = *link;
	router->config.ra.mtu = link->mtu;
	router->config.ra.lladdr_len = link->lladdr_len;
	memcpy(router->config.ra.lladdr, link->lladdr, sizeof(router->config.ra.lladdr));
	router->up = true;
	if (!same)
		start_link(router);
}

static void take_config(struct router *router, const struct router_config *config)
{
	struct ra_params was = router->config.ra;

	router->config = *config;
	router->config.ra.mtu = was.mtu;
	router->config.ra.lladdr_len = was.lladdr_len;
	memcpy(router->config.ra.lladdr, was.lladdr, sizeof(was.lladdr));
}

void router_configure(struct router *router, const struct router_config *config)
{
	const struct ra_params *was = &router->config.ra;
	bool could = may_advertise(router);
	bool other =
		was->valid_s != config->ra.valid_s || was->preferred_s != config->ra.preferred_s;
	struct pool_lease *lease;
	size_t cursor = 0;

	take_config(router, config);
	if (router->pool != NULL)
		pool_set_limits(router->pool, config->pool.unconfirmed, config->pool.new_per_s,
		                config->pool.new_burst);
	/* Other lifetimes are told soon, also to who has a prefix to itself. */
	while (other && router->pool != NULL && (lease = pool_next(router->pool, &cursor)) != NULL)
		lease->refresh_at = *router->env.now;
	/* Shorter intervals count at once; whoever waits for us hears of it. */
	if (!could && may_advertise(router))
		router->initial_left = INITIAL_COUNT;
	if (may_advertise(router) && router->adopted)
		send_multicast(router);
}

int router_open(struct router **ret, const struct router_config *config,
                const struct router_env *env)
{
	struct router *router = calloc(1, sizeof(*router));
	struct pool_env pool_env = {router, pool_random, prefix_in_use, on_dropped};
	int error;

	if (router == NULL)
		return -ENOMEM;
	router->env = *env;
	take_config(router, config);
	if (config->has_pool) {
		error = pool_open(&router->pool, &config->pool, &pool_env);
		if (error != 0) {
			free(router);
			return error;
		}
		pool_reserve(router->pool, &(struct mip6_prefix){config->ra.home_agent, 128});
	}
	ev_init(&router->multicast, on_multicast);
	router->multicast.data = router;
	ev_timer_init(&router->housekeeping, on_housekeeping, HOUSEKEEPING_S, HOUSEKEEPING_S);
	router->housekeeping.data = router;
	if (router->pool != NULL)
		ev_timer_start(env->loop, &router->housekeeping);
	*ret = router;
	return 0;
}

uint64_t router_stat_get(const struct router *router, enum router_stat stat)
{
	return router->stats[stat];
}

struct pool *router_pool(const struct router *router)
{
	return router->pool;
}

void router_close(struct router *router)
{
	size_t cursor = 0;
	struct pool_lease *lease;
	struct mip6_icmp6 ra;

	if (router == NULL)
		return;
	if (may_advertise(router)) {
		ra_compose_final(&ra, &router->config.ra);
		send_ra(router, &all_nodes, &ra);
	}
	router->adopted = false; /* no routes wanted */
	while (router->pool != NULL && (lease = pool_next(router->pool, &cursor)) != NULL)
		want_route(router, lease, true);
	ev_timer_stop(router->env.loop, &router->multicast);
	ev_timer_stop(router->env.loop, &router->housekeeping);
	pool_close(router->pool);
	free(router);
}
