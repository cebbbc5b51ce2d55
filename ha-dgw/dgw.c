// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The role of a D-GW: connects the home-agent core and the access router to the daemon. No decision
 * about mobility is taken here.
 *
 * A D-GW waits for its access link and for a home agent address, and serves what it can meanwhile.
 */
#include "dgwd.h"

#include <errno.h>
#include <stdlib.h>

/* RFC 8273 leaves the numbers to us: see pool.h. */
#define UNCONFIRMED_LEASE (60 * MIP6_S)
#define NEW_LEASES_PER_S 100
#define NEW_LEASES_BURST 256
/* To AAA servers, of neighbours, and of everybody else. */
#define QUESTIONS_PER_S 50

/* What the core and the router need from outside. */

static const struct ha_identity *find_owner(void *ctx, const struct mip6_addr *hoa)
{
	const struct dgwd *d = ctx;
	const struct ha_identity *owner =
		d->keys != NULL ? keys_find_esp_owner(d->keys, hoa) : NULL;

	if (owner != NULL && d->esp.xfrm != NULL)
		return owner;
	return d->keys != NULL ? keys_find_owner(d->keys, hoa) : NULL;
}

static bool prefix_in_use(void *ctx, const struct mip6_prefix *prefix)
{
	struct dgwd *d = ctx;
	const struct keys_esp *esp =
		d->keys != NULL ? keys_find_esp(d->keys, &prefix->addr, KEYS_ESP_SIGNALLING) : NULL;

	/* Somebody's security association for a whole pool: all of it may be handed out to him. */
	if (esp != NULL && esp->home.len < prefix->len)
		return d->dgw.core == NULL || ha_prefix_in_use(d->dgw.core, prefix);
	/*
	 * Before the bindings are restored nothing may be taken for free; and what is somebody's by
	 * configuration never is.
	 */
	return d->dgw.core == NULL || ha_prefix_in_use(d->dgw.core, prefix) ||
	       find_owner(d, &prefix->addr) != NULL;
}

static bool find_binding(void *ctx, const struct mip6_addr *hoa, struct ha_binding_info *ret)
{
	const struct dgwd *d = ctx;

	return d->dgw.core != NULL && ha_binding_find(d->dgw.core, hoa, ret);
}

static bool is_peer(void *ctx, const struct mip6_addr *addr)
{
	return dgwd_find_peer(ctx, addr) != NULL;
}

static void save_lease(void *ctx, const struct pool_lease *lease)
{
	struct dgwd *d = ctx;

	records_save_lease(d->records, lease);
}

static void forget_lease(void *ctx, const struct mip6_prefix *prefix)
{
	struct dgwd *d = ctx;

	records_forget_lease(d->records, prefix);
}

static struct ha_env core_env(struct dgwd *d)
{
	return (struct ha_env){
		.ctx = d,
		.random = dgwd_random,
		.unix_us = dgwd_unix_us,
		.find_identity = dgwd_find_identity,
		.find_owner = find_owner,
		.find_esp = esp_find_owner,
		.find_peer = dgwd_find_peer,
		.asks_aaa = aaa_serves,
	};
}

static struct ha_config core_config(const struct dgwd *d)
{
	const struct dgw_config *c = &d->config;
	struct ha_config config = {
		.bindings_max = c->bindings_max,
		.identity_bindings_max = c->identity_bindings_max,
		.lifetime_max_s = c->binding_lifetime_max_s,
		/* RFC 6275 section 10.3.1: MUST be omitted when bindings are on disk. */
		.refresh_percent = d->unstored ? c->refresh_percent : 0,
		.ownership_s = c->ownership_s,
		.replay_window_s = c->replay_window_s,
		.error_rate = DGWD_ERROR_RATE,
		.aaa_keys_max = c->bindings_max,
		.aaa_rate = QUESTIONS_PER_S,
		.open = c->open_lab_mode,
		.esp_only = c->protection != DGW_PROTECTION_RFC4285,
		.moves_keying = c->protection == DGW_PROTECTION_IKE && c->ike_migrate,
		.restart_counter = d->restart_counter,
	};

	_Static_assert(LINKS_ADDRESS_MAX <= HA_ADDRESS_MAX, "addresses fit");
	config.address_count = links_addresses(d->links, config.addresses);
	if (c->shared_prefix.len != 0)
		config.prefixes[config.prefix_count++].prefix = c->shared_prefix;
	if (c->unique_prefixes.len != 0) {
		config.prefixes[config.prefix_count].unique_len = 64;
		config.prefixes[config.prefix_count++].prefix = c->unique_prefixes;
	}
	for (size_t i = 0; i < config.prefix_count; i++) {
		config.prefixes[i].valid_s = c->valid_lifetime_s;
		config.prefixes[i].preferred_s = c->preferred_lifetime_s;
	}
	return config;
}

static struct router_config router_config(const struct dgwd *d)
{
	const struct dgw_config *c = &d->config;
	const struct mip6_addr *home_agent = links_home_agent(d->links);
	struct router_config config = {
		.ra =
			{
				.router_lifetime_s = (uint16_t)c->router_lifetime_s,
				.interval_max_ms = c->ra_interval_max_ms,
				.valid_s = c->valid_lifetime_s,
				.preferred_s = c->preferred_lifetime_s,
				.operator_name = c->operator_name,
				.home_agent_preference = (uint16_t)c->home_agent_preference,
				.home_agent_lifetime_s = (uint16_t)c->home_agent_lifetime_s,
			},
		.interval_min_ms = c->ra_interval_min_ms,
		.has_home_agent = home_agent != NULL,
		.has_pool = c->unique_prefixes.len != 0,
		.pool =
			{
				.prefix = c->unique_prefixes,
				.unique_len = 64,
				.leases_max = c->bindings_max,
				.unconfirmed = UNCONFIRMED_LEASE,
				.new_per_s = NEW_LEASES_PER_S,
				.new_burst = NEW_LEASES_BURST,
			},
	};

	if (home_agent != NULL)
		config.ra.home_agent = *home_agent;
	config.ra.has_shared = dgw_config_shared_address(c, &config.ra.shared_address);
	config.ra.shared = c->shared_prefix;
	return config;
}

static struct discovery_config discovery_config(const struct dgwd *d)
{
	struct router_config router = router_config(d);

	return (struct discovery_config){
		.ra = router.ra,
		.has_home_agent = router.has_home_agent,
		.learn = d->config.home_agents_learn,
		.answer_prefixes =
			d->config.mobile_prefix_advertisements != DGW_MOBILE_PREFIXES_NONE,
		.tell_prefixes = d->config.mobile_prefix_advertisements == DGW_MOBILE_PREFIXES_ALL,
		.has_pool = router.has_pool,
		.pool = router.pool.prefix,
		.unique_len = router.pool.unique_len,
		.interval_min_s = d->config.mobile_prefix_interval_min_s,
		.interval_max_s = d->config.mobile_prefix_interval_max_s,
	};
}

void dgw_step(struct dgwd *d, const struct ha_event *event)
{
	struct ha_env env = core_env(d);
	struct ha_actions actions = {.ctx = d, .emit = dgw_emit};

	ha_step(d->dgw.core, event, d->now, &env, &actions);
	/* The pool asks the core what is in use, which it may not do in the middle of a step. */
	esp_collect(d);
	for (size_t i = 0; i < d->dgw.released_count; i++)
		router_released(d->dgw.router, &d->dgw.released[i]);
	d->dgw.released_count = 0;
}

/* From the network */

static void take_packet(struct dgwd *d, const struct mip6_packet *packet, uint32_t ifindex)
{
	const struct rtnl_link *access = links_access(d->links);
	struct ha_event event = {.type = HA_EVENT_MH};

	event.mh.packet = packet;
	event.mh.on_access_link = access != NULL && access->ifindex == ifindex;
	dgw_step(d, &event);
}

static void take_bad_packet(struct dgwd *d, const struct mip6_addr *src,
                            const struct mip6_addr *dst, enum mip6_decode result)
{
	struct ha_event event = {.type = HA_EVENT_MH_BAD};

	event.bad.src = *src;
	event.bad.dst = *dst;
	event.bad.result = result;
	dgw_step(d, &event);
}

static void take_home_address(struct dgwd *d, const struct mip6_packet *packet)
{
	struct ha_event event = {.type = HA_EVENT_HOME_ADDRESS};

	event.home_address.src = packet->src;
	event.home_address.dst = packet->dst;
	event.home_address.hoa = packet->hao;
	dgw_step(d, &event);
}

static void take_unbound(struct dgwd *d, const struct mip6_addr *outer_src,
                         const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src)
{
	struct ha_event event = {.type = HA_EVENT_UNBOUND};

	event.unbound.outer_src = *outer_src;
	event.unbound.outer_dst = *outer_dst;
	event.unbound.inner_src = *inner_src;
	dgw_step(d, &event);
}

static void take_icmp6(struct dgwd *d, const struct mip6_packet *packet,
                       const struct mip6_icmp6 *msg)
{
	discovery_icmp6(d->dgw.discovery, packet, msg);
}

static bool needs_esp(void *ctx, const struct mip6_addr *hoa)
{
	return esp_is_needed(ctx, hoa);
}

static int prepare_esp(void *ctx, const struct mip6_packet *packet)
{
	return esp_prepare(ctx, packet);
}

static void on_unverified(void *ctx, const struct mip6_packet *packet)
{
	take_home_address(ctx, packet);
}

static void on_nd(void *ctx, const struct nd_packet *packet)
{
	struct dgwd *d = ctx;

	switch (packet->msg->type) {
	case MIP6_ICMP6_RS:
		router_solicited(d->dgw.router, packet);
		break;
	case MIP6_ICMP6_RA:
		router_other(d->dgw.router, packet);
		discovery_heard(d->dgw.discovery, packet);
		break;
	case MIP6_ICMP6_HAAD_REQUEST:
		discovery_request(d->dgw.discovery, packet);
		break;
	default:
		proxy_heard(d->dgw.proxy, packet);
		break;
	}
}

static void on_detected(void *ctx, const struct mip6_addr *hoa, bool duplicate)
{
	struct dgwd *d = ctx;
	struct ha_event event = {.type = HA_EVENT_DAD};

	event.dad.hoa = *hoa;
	event.dad.duplicate = duplicate;
	dgw_step(d, &event);
}

/* From the kernel */

static void prepare_access(struct dgwd *d, const char *name)
{
	size_t before = d->sysctls.count;

	sysctls_want_of(&d->sysctls, "conf", name, "accept_ra", 0,
	                "a router must not follow advertisements on its own access link");
	if (d->config.shared_prefix.len != 0) {
		sysctls_want_of(&d->sysctls, "conf", name, "proxy_ndp", 1,
		                "to defend home addresses on the shared prefix");
		/* What is sent to a defended address itself is looked at only with this one. */
		sysctls_want_of(&d->sysctls, "conf", "all", "proxy_ndp", 1,
		                "neighbours make sure of home addresses on the shared prefix");
		sysctls_want_of(&d->sysctls, "neigh", name, "proxy_delay", 0,
		                "neighbours of a moved WTRU need not wait");
	}
	if (d->sysctls.count != before)
		records_save_sysctls(d->records, &d->sysctls);
}

/* A neighbour cache with room for as many WTRUs, and for those who only pretend. */
static void prepare_neighbours(struct dgwd *d)
{
	static const char *const paths[] = {"net/ipv6/neigh/default/gc_thresh3",
	                                    "net/ipv6/neigh/default/gc_thresh2",
	                                    "net/ipv6/neigh/default/gc_thresh1"};
	size_t before = d->sysctls.count;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		sysctls_at_least(&d->sysctls, paths[i], (int)(d->config.bindings_max << (2 - i)),
		                 "room for as many neighbours as bindings");
	if (d->sysctls.count != before)
		records_save_sysctls(d->records, &d->sysctls);
}

static void take_access(struct dgwd *d, const struct rtnl_link *link)
{
	if (link != NULL) {
		prepare_access(d, link->name);
		log_debug("access interface=%s up", link->name);
	} else {
		log_warning("access interface=%s is down or gone; waiting for it",
		            d->config.interface);
	}
	router_link(d->dgw.router, link);
	proxy_link(d->dgw.proxy, link);
	discovery_link(d->dgw.discovery, link);
}

static void take_neighbour(struct dgwd *d, const struct rtnl_neighbour *neighbour)
{
	router_neighbour(d->dgw.router, neighbour);
}

/* From the loop and the operator */

static mip6_time deadline(const struct dgwd *d)
{
	return ha_deadline(d->dgw.core);
}

static void take_timer(struct dgwd *d)
{
	struct ha_event event = {.type = HA_EVENT_TIMER};

	dgw_step(d, &event);
}

static bool revoke_binding(struct dgwd *d, const struct mip6_addr *hoa)
{
	struct ha_event event = {.type = HA_EVENT_REVOKE};
	struct ha_binding_info info;

	event.revoke.hoa = *hoa;
	if (!ha_binding_find(d->dgw.core, hoa, &info))
		return false;
	dgw_step(d, &event);
	return true;
}

static void configure(struct dgwd *d)
{
	struct discovery_config discovery = discovery_config(d);
	struct router_config router = router_config(d);

	esp_configure(d);
	router_configure(d->dgw.router, &router);
	discovery_configure(d->dgw.discovery, &discovery);
	aaa_configure(d);
	if (d->dgw.core != NULL) {
		struct ha_config core = core_config(d);

		ha_reconfigure(d->dgw.core, &core);
	}
}

/* Start and end */

static void restore_lease(void *ctx, const struct pool_key *key, const struct mip6_prefix *prefix,
                          const struct mip6_addr *link_local)
{
	struct dgwd *d = ctx;

	/* Whoever has it may have heard an advertisement just before the end. */
	router_restore(d->dgw.router, key, prefix, link_local,
	               d->now + d->config.valid_lifetime_s * MIP6_S);
}

static int open_role(struct dgwd *d)
{
	static const uint8_t nd_types[] = {MIP6_ICMP6_RS, MIP6_ICMP6_RA, MIP6_ICMP6_NS,
	                                   MIP6_ICMP6_NA, MIP6_ICMP6_HAAD_REQUEST};
	const struct nd_handler nd_handler = {d, on_nd};
	const struct discovery_config discovery = discovery_config(d);
	const struct router_config config = router_config(d);
	int error = nd_open(&d->dgw.nd, d->loop, nd_types, sizeof(nd_types), &nd_handler);
	const struct proxy_env proxy_env = {
		.ctx = d,
		.loop = d->loop,
		.now = &d->now,
		.rtnl = d->rtnl,
		.nd = d->dgw.nd,
		.detected = on_detected,
	};
	const struct router_env router_env = {
		.ctx = d,
		.loop = d->loop,
		.now = &d->now,
		.rtnl = d->rtnl,
		.nd = d->dgw.nd,
		.random = dgwd_random,
		.prefix_in_use = prefix_in_use,
		.save = save_lease,
		.forget = forget_lease,
	};
	const struct discovery_env discovery_env = {
		.ctx = d,
		.loop = d->loop,
		.now = &d->now,
		.nd = d->dgw.nd,
		.transport = d->transport,
		.bindings_max = d->config.bindings_max,
		.random = dgwd_random,
		.find = find_binding,
		.is_peer = is_peer,
		.needs_esp = needs_esp,
		.prepare_esp = prepare_esp,
		.unverified = on_unverified,
	};

	if (error != 0) {
		log_err("cannot open an ICMPv6 socket error=\"%s\"", strerror(-error));
		return error;
	}
	error = proxy_open(&d->dgw.proxy, &proxy_env);
	if (error == 0)
		error = aaa_open(d);
	if (error == 0)
		error = router_open(&d->dgw.router, &config, &router_env);
	if (error == 0)
		error = discovery_open(&d->dgw.discovery, &discovery, &discovery_env);
	if (error != 0) {
		log_err("cannot start error=\"%s\"", strerror(-error));
		return error;
	}
	records_walk_leases(d->records, restore_lease, d);
	return esp_open(d);
}

static int start(struct dgwd *d)
{
	struct ha_config config = core_config(d);
	struct ha_env env = core_env(d);

	prepare_neighbours(d);
	d->core_memory = malloc(ha_memory_size(&config));
	if (d->core_memory == NULL)
		return -ENOMEM;
	d->dgw.core = ha_init(d->core_memory, &config, &env);
	return 0;
}

static void restore_record(void *ctx, const struct ha_record *record)
{
	struct ha_event event = {.type = HA_EVENT_RESTORE, .restore = record};

	dgw_step(ctx, &event);
}

static size_t restore(struct dgwd *d)
{
	struct ha_binding_info info;
	size_t cursor = 0;

	store_walk(d->stores[DGW_STORE_BINDINGS], restore_record, d);
	router_adopt(d->dgw.router);
	proxy_adopt(d->dgw.proxy);
	while (ha_binding_next(d->dgw.core, &cursor, &info))
		discovery_bound(d->dgw.discovery, &info.hoa);
	return ha_ownership_count(d->dgw.core);
}

static void save(struct dgwd *d)
{
	struct pool *pool = router_pool(d->dgw.router);
	const struct pool_lease *lease;
	size_t cursor = 0;

	while (pool != NULL && (lease = pool_next(pool, &cursor)) != NULL)
		if (lease->confirmed)
			records_save_lease(d->records, lease);
}

static void close_role(struct dgwd *d, bool keep)
{
	discovery_close(d->dgw.discovery);
	if (!keep) {
		router_close(d->dgw.router);
		proxy_close(d->dgw.proxy);
	}
	radius_close(d->dgw.radius);
	if (d->dgw.nd != NULL)
		nd_close(d->dgw.nd);
	free(d->dgw.released);
}

const struct dgwd_role dgw_role = {
	.name = "dgw",
	.title = "D-GW",
	.item = "binding",
	.stores = {[DGW_STORE_BINDINGS] = "dgwd-bindings.db"},
	.records = "dgwd-leases.db",
	.commands = dgw_commands,
	.open = open_role,
	.start = start,
	.restore = restore,
	.close = close_role,
	.configure = configure,
	.save = save,
	.repair = dgw_repair,
	.packet = take_packet,
	.bad_packet = take_bad_packet,
	.home_address = take_home_address,
	.unbound = take_unbound,
	.icmp6 = take_icmp6,
	.access = take_access,
	.neighbour = take_neighbour,
	.deadline = deadline,
	.timer = take_timer,
	.revoke = revoke_binding,
	.status = dgw_status,
	.stats = dgw_stats,
};
