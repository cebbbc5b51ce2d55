// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Glue of the D-GW daemon: what comes from the network and the kernel goes into the home-agent core
 * and the access router; what the core wants is carried out by actions.c. No decision about
 * mobility is taken here.
 *
 * Time is read once per turn of the loop. At the end of a turn, after all packets of the turn have
 * left, the records are written and the timer is set to the core's next deadline.
 *
 * The daemon waits for its access link and for a home agent address, and serves what it can
 * meanwhile.
 */
#include "dgwd.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>

#include "io/clock.h"

/* Answers to strangers per second, all of them together. */
#define ERROR_RATE 100
/* RFC 8273 leaves the numbers to us: see pool.h. */
#define UNCONFIRMED_LEASE (60 * MIP6_S)
#define NEW_LEASES_PER_S 100
#define NEW_LEASES_BURST 256

/* What the core and the router need from outside. */

static uint32_t env_random(void *ctx)
{
	(void)ctx;
	return clock_random();
}

static int64_t env_unix_us(void *ctx)
{
	(void)ctx;
	return clock_unix_us();
}

static const struct ha_identity *env_find_identity(void *ctx, const char *nai)
{
	struct dgwd *d = ctx;

	return d->keys != NULL ? keys_find(d->keys, nai) : NULL;
}

static const struct ha_identity *env_find_owner(void *ctx, const struct mip6_addr *hoa)
{
	struct dgwd *d = ctx;

	return d->keys != NULL ? keys_find_owner(d->keys, hoa) : NULL;
}

static const struct ha_peer *env_find_peer(void *ctx, const struct mip6_addr *addr)
{
	struct dgwd *d = ctx;

	return d->keys != NULL ? keys_find_peer(d->keys, addr) : NULL;
}

static bool env_prefix_in_use(void *ctx, const struct mip6_prefix *prefix)
{
	struct dgwd *d = ctx;

	/* Before the bindings are restored nothing may be taken for free; and what is somebody's by
	 * configuration never is. */
	return d->core == NULL || ha_prefix_in_use(d->core, prefix) ||
	       env_find_owner(d, &prefix->addr) != NULL;
}

static void env_save_lease(void *ctx, const struct pool_lease *lease)
{
	struct dgwd *d = ctx;

	records_save_lease(d->records, lease);
}

static void env_forget_lease(void *ctx, const struct mip6_prefix *prefix)
{
	struct dgwd *d = ctx;

	records_forget_lease(d->records, prefix);
}

static struct ha_env core_env(struct dgwd *d)
{
	return (struct ha_env){
		.ctx = d,
		.random = env_random,
		.unix_us = env_unix_us,
		.find_identity = env_find_identity,
		.find_owner = env_find_owner,
		.find_peer = env_find_peer,
	};
}

static struct ha_config core_config(const struct dgwd *d)
{
	const struct dgw_config *c = &d->config;
	struct ha_config config = {
		.bindings_max = c->bindings_max,
		.identity_bindings_max = c->identity_bindings_max,
		.lifetime_max_s = c->binding_lifetime_max_s,
		.refresh_percent = c->refresh_percent,
		.ownership_s = c->ownership_s,
		.replay_window_s = c->replay_window_s,
		.error_rate = ERROR_RATE,
		.open = c->open_lab_mode,
		.restart_counter = d->restart_counter,
	};

	_Static_assert(LINKS_ADDRESS_MAX <= HA_ADDRESS_MAX, "addresses fit");
	config.address_count = links_addresses(d->links, config.addresses);
	if (c->shared_prefix.len != 0)
		config.prefixes[config.prefix_count++] =
			(struct ha_home_prefix){.prefix = c->shared_prefix};
	if (c->unique_prefixes.len != 0)
		config.prefixes[config.prefix_count++] =
			(struct ha_home_prefix){.prefix = c->unique_prefixes, .unique_len = 64};
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

void dgwd_step(struct dgwd *d, const struct ha_event *event)
{
	struct ha_env env = core_env(d);
	struct ha_actions actions = {.ctx = d, .emit = actions_emit};

	ha_step(d->core, event, d->now, &env, &actions);
	/* The pool asks the core what is in use, which it may not do in the middle of a step. */
	for (size_t i = 0; i < d->released_count; i++)
		router_released(d->router, &d->released[i]);
	d->released_count = 0;
}

/* From the network */

static void on_packet(void *ctx, const struct mip6_packet *packet, uint32_t ifindex)
{
	struct dgwd *d = ctx;
	const struct rtnl_link *access = links_access(d->links);
	struct ha_event event = {.type = HA_EVENT_MH};

	event.mh.packet = packet;
	event.mh.on_access_link = access != NULL && access->ifindex == ifindex;
	dgwd_step(d, &event);
}

static void on_bad_packet(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                          enum mip6_decode result, size_t offset)
{
	struct dgwd *d = ctx;
	struct ha_event event = {.type = HA_EVENT_MH_BAD};

	if ((size_t)result < sizeof(d->bad_packets) / sizeof(d->bad_packets[0]))
		d->bad_packets[result]++;
	log_limited(&d->log_bad, d->now, LOG_LEVEL_DEBUG,
	            "bad packet from=%s reason=\"%s\" offset=%zu", addr_text(src),
	            mip6_decode_name(result), offset);
	event.bad.src = *src;
	event.bad.dst = *dst;
	event.bad.result = result;
	dgwd_step(d, &event);
}

static void on_nd(void *ctx, const struct nd_packet *packet)
{
	struct dgwd *d = ctx;

	if (packet->msg->type == MIP6_ICMP6_RS)
		router_solicited(d->router, packet);
	else if (packet->msg->type == MIP6_ICMP6_RA)
		router_other(d->router, packet);
	else
		proxy_heard(d->proxy, packet);
}

static void on_unbound(void *ctx, const struct mip6_addr *outer_src,
                       const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src)
{
	struct dgwd *d = ctx;
	struct ha_event event = {.type = HA_EVENT_UNBOUND};

	event.unbound.outer_src = *outer_src;
	event.unbound.outer_dst = *outer_dst;
	event.unbound.inner_src = *inner_src;
	if (d->core != NULL)
		dgwd_step(d, &event);
}

static void on_detected(void *ctx, const struct mip6_addr *hoa, bool duplicate)
{
	struct dgwd *d = ctx;
	struct ha_event event = {.type = HA_EVENT_DAD};

	event.dad.hoa = *hoa;
	event.dad.duplicate = duplicate;
	dgwd_step(d, &event);
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
		sysctls_want_of(&d->sysctls, "neigh", name, "proxy_delay", 0,
		                "neighbours of a moved WTRU need not wait");
	}
	if (d->sysctls.count != before)
		records_save_sysctls(d->records, &d->sysctls);
}

static void prepare_forwarding(struct dgwd *d)
{
	size_t before = d->sysctls.count;

	if (sysctls_want(&d->sysctls, "net/ipv6/conf/all/forwarding", 1, "a D-GW is a router") != 0)
		log_err("this D-GW will not forward packets: set sysctl "
		        "net.ipv6.conf.all.forwarding=1");
	/* A neighbour cache with room for as many WTRUs, and for those who only pretend. */
	for (size_t i = 0; i < 3; i++) {
		static const char *const paths[] = {"net/ipv6/neigh/default/gc_thresh3",
		                                    "net/ipv6/neigh/default/gc_thresh2",
		                                    "net/ipv6/neigh/default/gc_thresh1"};
		int room = (int)(d->config.bindings_max << (2 - i));

		sysctls_at_least(&d->sysctls, paths[i], room,
		                 "room for as many neighbours as bindings");
	}
	if (d->sysctls.count != before)
		records_save_sysctls(d->records, &d->sysctls);
}

/* With forwarding on, the kernel ignores advertisements from the core unless told otherwise. */
static void prepare_core(struct dgwd *d, const char *name)
{
	char path[96];
	int value, forwarding;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/accept_ra", name);
	if (rtnl_sysctl_get(path, &value) != 0 || value != 1 ||
	    rtnl_sysctl_get("net/ipv6/conf/all/forwarding", &forwarding) != 0 || forwarding != 0)
		return;
	sysctls_want(&d->sysctls, path, 2, "the default route may come from an advertisement");
	records_save_sysctls(d->records, &d->sysctls);
}

static void on_access(void *ctx, const struct rtnl_link *link)
{
	struct dgwd *d = ctx;

	if (link != NULL) {
		prepare_access(d, link->name);
		log_debug("access interface=%s up", link->name);
	} else {
		log_warning("access interface=%s is down or gone; waiting for it",
		            d->config.interface);
	}
	router_link(d->router, link);
	proxy_link(d->proxy, link);
}

static void on_attach(void *ctx, const struct rtnl_link *link, bool attach)
{
	struct dgwd *d = ctx;
	int error;

	if (attach && strcmp(link->name, d->config.interface) != 0)
		prepare_core(d, link->name);
	error = attach ? d->dp_ops->attach(d->dp, link->ifindex)
	               : d->dp_ops->detach(d->dp, link->ifindex);
	if (error != 0 && attach)
		log_err("cannot watch interface=%s error=\"%s\": packets for moved WTRUs that "
		        "arrive "
		        "there are not tunnelled",
		        link->name, strerror(-error));
	else if (attach)
		log_debug("watching interface=%s", link->name);
}

static void on_addresses(void *ctx)
{
	struct dgwd *d = ctx;
	struct router_config config = router_config(d);

	router_configure(d->router, &config);
	if (d->core != NULL) {
		struct ha_config core = core_config(d);

		ha_reconfigure(d->core, &core);
	}
}

static void on_link(void *ctx, const struct rtnl_link *link)
{
	struct dgwd *d = ctx;

	links_link(d->links, link);
}

static void on_address(void *ctx, const struct rtnl_address *address)
{
	struct dgwd *d = ctx;

	links_address(d->links, address);
}

static void on_neighbour(void *ctx, const struct rtnl_neighbour *neighbour)
{
	struct dgwd *d = ctx;

	router_neighbour(d->router, neighbour);
}

static void on_resync_begin(void *ctx)
{
	struct dgwd *d = ctx;

	links_resync_begin(d->links);
}

static void on_resync_end(void *ctx)
{
	struct dgwd *d = ctx;

	links_resync_end(d->links);
}

/* From the loop */

static void on_turn_begin(struct ev_loop *loop, ev_check *check, int events)
{
	struct dgwd *d = check->data;

	(void)loop;
	(void)events;
	d->now = clock_monotonic();
}

static void on_core_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct dgwd *d = timer->data;
	struct ha_event event = {.type = HA_EVENT_TIMER};

	(void)loop;
	(void)events;
	if (ha_deadline(d->core) <= d->now)
		dgwd_step(d, &event);
}

static void save_all_leases(struct dgwd *d)
{
	struct pool *pool = router_pool(d->router);
	const struct pool_lease *lease;
	size_t cursor = 0;

	records_set_restart_counter(d->records, d->restart_counter);
	records_save_sysctls(d->records, &d->sysctls);
	while (pool != NULL && (lease = pool_next(pool, &cursor)) != NULL)
		if (lease->confirmed)
			records_save_lease(d->records, lease);
}

static void flush(struct dgwd *d)
{
	bool waiting = store_flush(d->store, d->now) != 0;

	if (records_problem(d->records) != NULL && records_retry(d->records, d->now))
		save_all_leases(d);
	records_flush(d->records);
	waiting = waiting || records_problem(d->records) != NULL;
	if (waiting && !ev_is_active(&d->flush_timer)) {
		ev_timer_set(&d->flush_timer, (double)STORE_RETRY / 1e6, 0.);
		ev_timer_start(d->loop, &d->flush_timer);
	}
}

static void on_flush_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events; /* the end of this turn does it */
}

static void on_repair(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	actions_repair(timer->data);
}

static void on_turn_end(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct dgwd *d = prepare->data;
	mip6_time deadline = ha_deadline(d->core), in;

	(void)events;
	flush(d);
	ev_timer_stop(loop, &d->core_timer);
	if (deadline == MIP6_TIME_NEVER)
		return;
	in = deadline - d->now;
	ev_timer_set(&d->core_timer, in > 0 ? (double)in / 1e6 : 0., 0.);
	ev_timer_start(loop, &d->core_timer);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	static struct control_mistakes mistakes;
	struct dgwd *d = watcher->data;
	const char *key = NULL;
	int error;

	(void)events;
	if (watcher->signum != SIGHUP) {
		d->keep = watcher->signum == SIGUSR2;
		log_info("stopping signal=%d%s", watcher->signum,
		         d->keep ? ": everything stays in place for the next process" : "");
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	mistakes = (struct control_mistakes){0};
	error = dgwd_reload(d, &mistakes, &key);
	if (error == -ENOTSUP)
		log_err("configuration not reloaded: \"%s\" changes only with a restart", key);
	else if (error != 0)
		log_err("configuration not reloaded: it has mistakes; nothing was changed");
}

int dgwd_reload(struct dgwd *d, struct control_mistakes *mistakes, const char **ret_key)
{
	struct dgw_config config;
	struct router_config router;
	struct ha_config core;
	struct keys *keys = NULL;
	int error;

	error = dgw_config_read(d->options.config_file, &config, control_report_mistake, mistakes);
	if (error != 0)
		return -EINVAL;
	*ret_key = dgw_config_needs_restart(&d->config, &config);
	if (*ret_key != NULL) {
		dgw_config_free(&config);
		return -ENOTSUP;
	}
	if (config.keys_file[0] != '\0' &&
	    keys_read(&keys, config.keys_file, control_report_mistake, mistakes) != 0) {
		dgw_config_free(&config);
		return -EINVAL;
	}
	dgw_config_free(&d->config);
	keys_free(d->keys);
	d->config = config;
	d->keys = keys;
	if (!d->options.debug)
		log_set_level((enum log_level)dgw_config_log_level(&d->config));
	core = core_config(d);
	ha_reconfigure(d->core, &core);
	router = router_config(d);
	router_configure(d->router, &router);
	log_info("configuration reloaded file=%s", d->options.config_file);
	if (d->config.open_lab_mode)
		log_warning("open-lab-mode: anybody may register; never do this outside a lab");
	control_publish(d->control, "reloaded", json_object_new_object());
	return 0;
}

void dgwd_warnings(const struct dgwd *d, void (*each)(void *ctx, const char *text), void *ctx)
{
	if (d->config.open_lab_mode)
		each(ctx, "open-lab-mode: anybody may register; never do this outside a lab");
	if (links_access(d->links) == NULL)
		each(ctx, "waiting for the access interface to be there and up");
	if (links_home_agent(d->links) == NULL)
		each(ctx,
		     "waiting for a home agent address: give \"address\", or a global address to "
		     "lo or to a core interface");
	if (store_problem(d->store) != NULL)
		each(ctx, store_problem(d->store));
	if (records_problem(d->records) != NULL)
		each(ctx, records_problem(d->records));
}

/* Start and end */

static int open_kernel(struct dgwd *d)
{
	static const uint8_t nd_types[] = {MIP6_ICMP6_RS, MIP6_ICMP6_RA, MIP6_ICMP6_NS,
	                                   MIP6_ICMP6_NA};
	const struct nd_handler nd_handler = {d, on_nd};
	const struct links_handler links_handler = {d, on_access, on_attach, on_addresses};
	const struct transport_handler transport_handler = {d, on_packet, on_bad_packet};
	const struct proxy_env proxy_env = {
		.ctx = d,
		.loop = d->loop,
		.now = &d->now,
		.detected = on_detected,
	};
	struct mip6_prefix home[2];
	struct dataplane_config dp_config = {
		.loop = d->loop,
		.role = DATAPLANE_GATEWAY,
		.bindings_max = d->config.bindings_max,
		.home_prefixes = home,
		.ctx = d,
		.unbound = on_unbound,
	};
	struct proxy_env proxy = proxy_env;
	int error;

	error = rtnl_open(&d->rtnl);
	if (error != 0) {
		log_err("cannot open rtnetlink error=\"%s\"", strerror(-error));
		return error;
	}
	error = nd_open(&d->nd, d->loop, nd_types, sizeof(nd_types), &nd_handler);
	if (error != 0) {
		log_err("cannot open an ICMPv6 socket error=\"%s\"", strerror(-error));
		return error;
	}
	d->dp_ops = dataplane_choose(DATAPLANE_GATEWAY, dgw_config_dataplane(&d->config), d->dp_why,
	                             sizeof(d->dp_why));
	if (d->dp_ops == NULL) {
		log_err("no data plane works here: %s", d->dp_why);
		return -EOPNOTSUPP;
	}
	if (d->config.unique_prefixes.len != 0)
		home[dp_config.home_prefix_count++] = d->config.unique_prefixes;
	if (d->config.shared_prefix.len != 0)
		home[dp_config.home_prefix_count++] = d->config.shared_prefix;
	dp_config.rtnl = d->rtnl;
	dgw_config_home_agent(&d->config, &dp_config.local);
	error = d->dp_ops->open(&d->dp, &dp_config);
	if (error != 0) {
		log_err("cannot open dataplane=%s error=\"%s\"%s", d->dp_ops->name,
		        strerror(-error),
		        error == -EBUSY ? ": another mip6-dgwd runs in this network namespace"
		                        : "");
		return error;
	}
	log_info("dataplane=%s why=\"%s\"", d->dp_ops->name, d->dp_why);
	error = transport_open(&d->transport, d->loop, &transport_handler);
	if (error != 0)
		return error;
	proxy.rtnl = d->rtnl;
	proxy.nd = d->nd;
	error = proxy_open(&d->proxy, &proxy);
	if (error == 0)
		error = links_open(&d->links, d->rtnl, &d->config, &links_handler);
	if (error != 0)
		log_err("cannot start error=\"%s\"", strerror(-error));
	return error;
}

static int file_in(char path[PATH_MAX], const char *directory, const char *name)
{
	int len = snprintf(path, PATH_MAX, "%s/%s", directory, name);

	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int open_records(struct dgwd *d)
{
	struct router_env env = {
		.ctx = d,
		.loop = d->loop,
		.now = &d->now,
		.rtnl = d->rtnl,
		.nd = d->nd,
		.random = env_random,
		.prefix_in_use = env_prefix_in_use,
		.save = env_save_lease,
		.forget = env_forget_lease,
	};
	struct router_config config = router_config(d);
	char path[PATH_MAX];
	int error;

	error = file_in(path, d->options.statedir, "dgwd-bindings.db");
	if (error == 0)
		error = store_open(&d->store, path);
	if (error == 0)
		error = file_in(path, d->options.statedir, "dgwd-leases.db");
	if (error == 0)
		error = records_open(&d->records, path);
	if (error == 0)
		error = router_open(&d->router, &config, &env);
	if (error != 0) {
		log_err("cannot start error=\"%s\"", strerror(-error));
		return error;
	}
	records_load_sysctls(d->records, &d->sysctls);
	d->restart_counter = records_restart_counter(d->records);
	restore_leases(d);
	return 0;
}

static int open_core(struct dgwd *d)
{
	const struct rtnl_monitor monitor = {
		.ctx = d,
		.link = on_link,
		.address = on_address,
		.neighbour = on_neighbour,
		.resync_begin = on_resync_begin,
		.resync_end = on_resync_end,
	};
	struct ha_config config;
	struct ha_env env = core_env(d);
	int error = rtnl_monitor_start(d->rtnl, d->loop, &monitor);

	if (error != 0) {
		log_err("cannot watch links and addresses error=\"%s\"", strerror(-error));
		return error;
	}
	links_settle(d->links);
	prepare_forwarding(d);
	config = core_config(d);
	d->core_memory = malloc(ha_memory_size(&config));
	if (d->core_memory == NULL) {
		log_err("out of memory: \"bindings-max\" %u is too much", d->config.bindings_max);
		return -ENOMEM;
	}
	d->core = ha_init(d->core_memory, &config, &env);
	restore_bindings(d);
	config = core_config(d); /* the restart counter may be another now */
	ha_reconfigure(d->core, &config);
	router_adopt(d->router);
	proxy_adopt(d->proxy);
	return 0;
}

static void start_watchers(struct dgwd *d)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGUSR2, SIGHUP};

	ev_check_init(&d->turn_begin, on_turn_begin);
	d->turn_begin.data = d;
	ev_set_priority(&d->turn_begin, EV_MAXPRI); /* before everything else of the turn */
	ev_check_start(d->loop, &d->turn_begin);
	ev_prepare_init(&d->turn_end, on_turn_end);
	d->turn_end.data = d;
	ev_set_priority(&d->turn_end, EV_MINPRI);
	ev_prepare_start(d->loop, &d->turn_end);
	ev_init(&d->core_timer, on_core_timer);
	d->core_timer.data = d;
	ev_init(&d->flush_timer, on_flush_timer);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		ev_signal_init(&d->signals[i], on_signal, signals[i]);
		d->signals[i].data = d;
		ev_signal_start(d->loop, &d->signals[i]);
	}
}

int dgwd_open(struct dgwd *d, const struct daemon_options *options, struct dgw_config *config,
              struct keys *keys)
{
	char path[PATH_MAX];
	int error;

	*d = (struct dgwd){.options = *options, .config = *config, .keys = keys};
	/* Bindings are restored before the other watchers start. */
	ev_init(&d->repair_timer, on_repair);
	d->repair_timer.data = d;
	d->started = d->now = clock_monotonic();
	if (d->config.open_lab_mode)
		log_warning("open-lab-mode: anybody may register; never do this outside a lab");
	d->loop = ev_default_loop(0);
	if (d->loop == NULL) {
		log_err("cannot make an event loop");
		return -ENOMEM;
	}
	error = open_kernel(d);
	if (error == 0)
		error = open_records(d);
	if (error == 0)
		error = open_core(d);
	if (error != 0)
		return error;
	error = file_in(path, d->options.rundir, "dgwd.sock");
	if (error == 0)
		error = control_open(&d->control, d->loop, path, "mip6-dgwd", dgwd_commands, d);
	if (error == -EADDRINUSE)
		log_err("control socket=%s is in use: another mip6-dgwd runs", path);
	else if (error != 0)
		log_err("cannot open control socket=%s error=\"%s\"", path, strerror(-error));
	if (error != 0)
		return error;
	start_watchers(d);
	return 0;
}

void dgwd_close(struct dgwd *d, bool keep)
{
	control_close(d->control);
	if (!keep) {
		/* Farewell first, while everything still works. */
		router_close(d->router);
		proxy_close(d->proxy);
	}
	if (d->dp != NULL)
		d->dp_ops->close(d->dp, keep);
	if (d->transport != NULL)
		transport_close(d->transport);
	if (!keep) {
		links_close(d->links);
		sysctls_restore(&d->sysctls);
		if (d->records != NULL)
			records_save_sysctls(d->records, &d->sysctls);
	}
	store_close(d->store);
	records_close(d->records);
	if (d->nd != NULL)
		nd_close(d->nd);
	if (d->rtnl != NULL)
		rtnl_close(d->rtnl);
	free(d->core_memory);
	free(d->released);
	keys_free(d->keys);
	dgw_config_free(&d->config);
}
