// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Glue of mip6-dgwd in the role of a PGW: what comes from the network and the kernel goes into the
 * chain core; what that wants is carried out by pgw_actions.c. No decision about mobility is taken
 * here. There is no access link: neither advertisements nor addresses are given, nothing is
 * defended.
 *
 * Time is read once per turn of the loop. At the end of a turn, after all packets of the turn have
 * left, the records are written and the timer is set to the core's next deadline.
 */
#include "pgw.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"

/* Answers to strangers per second, all of them together. */
#define ERROR_RATE 100
/* Transmissions to an anchor before a WTRU that waits is told that there was no answer. */
#define TRANSMISSIONS 3
#define RETRANSMIT_MAX_MS 32000

/* What the core needs from outside. */

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
	struct pgw *p = ctx;

	return p->keys != NULL ? keys_find(p->keys, nai) : NULL;
}

static const struct mip6_auth_sa *env_find_anchor_sa(void *ctx, const struct mip6_addr *anchor)
{
	struct pgw *p = ctx;
	const struct ha_peer *peer = p->keys != NULL ? keys_find_peer(p->keys, anchor) : NULL;

	return peer != NULL ? &peer->sa[0] : NULL;
}

static struct chain_env core_env(struct pgw *p)
{
	return (struct chain_env){
		.ctx = p,
		.random = env_random,
		.unix_us = env_unix_us,
		.find_identity = env_find_identity,
		.find_anchor_sa = env_find_anchor_sa,
	};
}

static void core_config(const struct pgw *p, struct chain_config *ret)
{
	const struct dgw_config *c = &p->config;

	*ret = (struct chain_config){
		.address = c->address,
		.chains_max = c->bindings_max,
		.identity_chains_max = c->identity_bindings_max,
		.lifetime_max_s = c->binding_lifetime_max_s,
		.refresh_percent = c->refresh_percent,
		.replay_window_s = c->replay_window_s,
		.error_rate = ERROR_RATE,
		.open = c->open_lab_mode,
		.restart_counter = p->restart_counter,
		.retransmit_initial_ms = c->retransmit_initial_ms,
		.retransmit_max_ms = RETRANSMIT_MAX_MS,
		.retransmit_count = TRANSMISSIONS,
		.heartbeat_interval_ms = c->heartbeat_interval_ms,
		.heartbeat_missing_max = c->heartbeat_missing_max,
	};
	dgw_config_roaming(c, ret);
}

void pgw_step(struct pgw *p, const struct chain_event *event)
{
	struct chain_env env = core_env(p);
	struct chain_actions actions = {.ctx = p, .emit = pgw_emit};

	chain_step(p->core, event, p->now, &env, &actions);
}

/* From the network */

static void on_packet(void *ctx, const struct mip6_packet *packet, uint32_t ifindex)
{
	struct chain_event event = {.type = CHAIN_EVENT_MH, .mh = packet};

	(void)ifindex;
	pgw_step(ctx, &event);
}

static void on_bad_packet(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                          enum mip6_decode result, size_t offset)
{
	struct pgw *p = ctx;
	struct chain_event event = {.type = CHAIN_EVENT_MH_BAD};

	if ((size_t)result < sizeof(p->bad_packets) / sizeof(p->bad_packets[0]))
		p->bad_packets[result]++;
	log_limited(&p->log_bad, p->now, LOG_LEVEL_DEBUG,
	            "bad packet from=%s reason=\"%s\" offset=%zu", addr_text(src),
	            mip6_decode_name(result), offset);
	event.bad.src = *src;
	event.bad.dst = *dst;
	event.bad.result = result;
	pgw_step(p, &event);
}

static void on_unbound(void *ctx, const struct mip6_addr *outer_src,
                       const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src)
{
	struct pgw *p = ctx;
	struct chain_event event = {.type = CHAIN_EVENT_UNBOUND};

	event.unbound.outer_src = *outer_src;
	event.unbound.outer_dst = *outer_dst;
	event.unbound.inner_src = *inner_src;
	if (p->core != NULL)
		pgw_step(p, &event);
}

/* From the kernel */

/* With forwarding on, the kernel ignores advertisements from the core unless told otherwise. */
static void prepare_link(struct pgw *p, const char *name)
{
	char path[96];
	int value, forwarding;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/accept_ra", name);
	if (rtnl_sysctl_get(path, &value) != 0 || value != 1 ||
	    rtnl_sysctl_get("net/ipv6/conf/all/forwarding", &forwarding) != 0 || forwarding != 0)
		return;
	sysctls_want(&p->sysctls, path, 2, "the default route may come from an advertisement");
	records_save_sysctls(p->records, &p->sysctls);
}

static void prepare_forwarding(struct pgw *p)
{
	size_t before = p->sysctls.count;

	if (sysctls_want(&p->sysctls, "net/ipv6/conf/all/forwarding", 1, "a PGW is a router") != 0)
		log_err("this PGW will not forward packets: set sysctl "
		        "net.ipv6.conf.all.forwarding=1");
	if (p->sysctls.count != before)
		records_save_sysctls(p->records, &p->sysctls);
}

static void on_access(void *ctx, const struct rtnl_link *link)
{
	(void)ctx; /* there is none */
	(void)link;
}

static void on_attach(void *ctx, const struct rtnl_link *link, bool attach)
{
	struct pgw *p = ctx;
	int error;

	if (attach)
		prepare_link(p, link->name);
	error = attach ? p->dp_ops->attach(p->dp, link->ifindex)
	               : p->dp_ops->detach(p->dp, link->ifindex);
	if (error != 0 && attach)
		log_err("cannot watch interface=%s error=\"%s\": tunnelled packets that arrive "
		        "there are not forwarded",
		        link->name, strerror(-error));
	else if (attach)
		log_debug("watching interface=%s", link->name);
}

static void on_addresses(void *ctx)
{
	(void)ctx; /* ours is configured */
}

static void on_link(void *ctx, const struct rtnl_link *link)
{
	struct pgw *p = ctx;

	links_link(p->links, link);
}

static void on_address(void *ctx, const struct rtnl_address *address)
{
	struct pgw *p = ctx;

	links_address(p->links, address);
}

static void on_neighbour(void *ctx, const struct rtnl_neighbour *neighbour)
{
	(void)ctx;
	(void)neighbour;
}

static void on_resync_begin(void *ctx)
{
	struct pgw *p = ctx;

	links_resync_begin(p->links);
}

static void on_resync_end(void *ctx)
{
	struct pgw *p = ctx;

	links_resync_end(p->links);
}

/* From the loop */

static void on_turn_begin(struct ev_loop *loop, ev_check *check, int events)
{
	struct pgw *p = check->data;

	(void)loop;
	(void)events;
	p->now = clock_monotonic();
}

static void on_core_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct pgw *p = timer->data;
	struct chain_event event = {.type = CHAIN_EVENT_TIMER};

	(void)loop;
	(void)events;
	if (chain_deadline(p->core) <= p->now)
		pgw_step(p, &event);
}

static void flush(struct pgw *p)
{
	bool waiting = store_flush(p->wtru_store, p->now) != 0;

	waiting = store_flush(p->anchor_store, p->now) != 0 || waiting;
	if (records_problem(p->records) != NULL && records_retry(p->records, p->now)) {
		records_set_restart_counter(p->records, p->restart_counter);
		records_save_sysctls(p->records, &p->sysctls);
	}
	records_flush(p->records);
	waiting = waiting || records_problem(p->records) != NULL;
	if (waiting && !ev_is_active(&p->flush_timer)) {
		ev_timer_set(&p->flush_timer, (double)STORE_RETRY / 1e6, 0.);
		ev_timer_start(p->loop, &p->flush_timer);
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
	pgw_repair(timer->data);
}

static void on_turn_end(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct pgw *p = prepare->data;
	mip6_time deadline = chain_deadline(p->core), in;

	(void)events;
	flush(p);
	ev_timer_stop(loop, &p->core_timer);
	if (deadline == MIP6_TIME_NEVER)
		return;
	in = deadline - p->now;
	ev_timer_set(&p->core_timer, in > 0 ? (double)in / 1e6 : 0., 0.);
	ev_timer_start(loop, &p->core_timer);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	static struct control_mistakes mistakes;
	struct pgw *p = watcher->data;
	const char *key = NULL;
	int error;

	(void)events;
	if (watcher->signum != SIGHUP) {
		p->keep = watcher->signum == SIGUSR2;
		log_info("stopping signal=%d%s", watcher->signum,
		         p->keep ? ": everything stays in place for the next process" : "");
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	mistakes = (struct control_mistakes){0};
	error = pgw_reload(p, &mistakes, &key);
	if (error == -ENOTSUP)
		log_err("configuration not reloaded: \"%s\" changes only with a restart", key);
	else if (error != 0)
		log_err("configuration not reloaded: it has mistakes; nothing was changed");
}

int pgw_reload(struct pgw *p, struct control_mistakes *mistakes, const char **ret_key)
{
	static struct chain_config core; /* large */
	struct dgw_config config;
	struct keys *keys = NULL;

	if (dgw_config_read(p->options.config_file, &config, control_report_mistake, mistakes) != 0)
		return -EINVAL;
	*ret_key = dgw_config_needs_restart(&p->config, &config);
	if (*ret_key != NULL) {
		dgw_config_free(&config);
		return -ENOTSUP;
	}
	if (config.keys_file[0] != '\0' &&
	    keys_read(&keys, config.keys_file, control_report_mistake, mistakes) != 0) {
		dgw_config_free(&config);
		return -EINVAL;
	}
	dgw_config_free(&p->config);
	keys_free(p->keys);
	p->config = config;
	p->keys = keys;
	if (!p->options.debug)
		log_set_level((enum log_level)dgw_config_log_level(&p->config));
	core_config(p, &core);
	chain_reconfigure(p->core, &core);
	log_info("configuration reloaded file=%s", p->options.config_file);
	if (p->config.open_lab_mode)
		log_warning("open-lab-mode: anybody may register; never do this outside a lab");
	control_publish(p->control, "reloaded", json_object_new_object());
	return 0;
}

void pgw_warnings(const struct pgw *p, void (*each)(void *ctx, const char *text), void *ctx)
{
	if (p->config.open_lab_mode)
		each(ctx, "open-lab-mode: anybody may register; never do this outside a lab");
	if (store_problem(p->wtru_store) != NULL)
		each(ctx, store_problem(p->wtru_store));
	else if (store_problem(p->anchor_store) != NULL)
		each(ctx, store_problem(p->anchor_store));
	if (records_problem(p->records) != NULL)
		each(ctx, records_problem(p->records));
}

/* Start and end */

static int open_kernel(struct pgw *p)
{
	const struct links_handler links_handler = {p, on_access, on_attach, on_addresses};
	const struct transport_handler transport_handler = {p, on_packet, on_bad_packet};
	struct dataplane_config dp_config = {
		.loop = p->loop,
		.role = DATAPLANE_GATEWAY,
		.bindings_max = p->config.bindings_max,
		.local = p->config.address,
		.ctx = p,
		.unbound = on_unbound,
	};
	int error = rtnl_open(&p->rtnl);

	if (error != 0) {
		log_err("cannot open rtnetlink error=\"%s\"", strerror(-error));
		return error;
	}
	p->dp_ops = dataplane_choose(DATAPLANE_GATEWAY, dgw_config_dataplane(&p->config), p->dp_why,
	                             sizeof(p->dp_why));
	if (p->dp_ops == NULL) {
		log_err("no data plane works here: %s", p->dp_why);
		return -EOPNOTSUPP;
	}
	dp_config.rtnl = p->rtnl;
	error = p->dp_ops->open(&p->dp, &dp_config);
	if (error != 0) {
		log_err("cannot open dataplane=%s error=\"%s\"%s", p->dp_ops->name,
		        strerror(-error),
		        error == -EBUSY ? ": another mip6-dgwd runs in this network namespace"
		                        : "");
		return error;
	}
	log_info("dataplane=%s why=\"%s\"", p->dp_ops->name, p->dp_why);
	error = transport_open(&p->transport, p->loop, &transport_handler);
	if (error == 0)
		error = links_open(&p->links, p->rtnl, &p->config, &links_handler);
	if (error != 0)
		log_err("cannot start error=\"%s\"", strerror(-error));
	return error;
}

static int file_in(char path[PATH_MAX], const char *directory, const char *name)
{
	int len = snprintf(path, PATH_MAX, "%s/%s", directory, name);

	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int open_records(struct pgw *p)
{
	char path[PATH_MAX];
	int error = file_in(path, p->options.statedir, "pgw-wtrus.db");

	if (error == 0)
		error = store_open(&p->wtru_store, path);
	if (error == 0)
		error = file_in(path, p->options.statedir, "pgw-anchors.db");
	if (error == 0)
		error = store_open(&p->anchor_store, path);
	if (error == 0)
		error = file_in(path, p->options.statedir, "pgw-records.db");
	if (error == 0)
		error = records_open(&p->records, path);
	if (error != 0) {
		log_err("cannot start error=\"%s\"", strerror(-error));
		return error;
	}
	records_load_sysctls(p->records, &p->sysctls);
	p->restart_counter = records_restart_counter(p->records);
	return 0;
}

static int open_core(struct pgw *p)
{
	static struct chain_config config; /* large */
	const struct rtnl_monitor monitor = {
		.ctx = p,
		.link = on_link,
		.address = on_address,
		.neighbour = on_neighbour,
		.resync_begin = on_resync_begin,
		.resync_end = on_resync_end,
	};
	struct chain_env env = core_env(p);
	int error = rtnl_monitor_start(p->rtnl, p->loop, &monitor);

	if (error != 0) {
		log_err("cannot watch links and addresses error=\"%s\"", strerror(-error));
		return error;
	}
	links_settle(p->links);
	prepare_forwarding(p);
	core_config(p, &config);
	p->core_memory = malloc(chain_memory_size(&config));
	if (p->core_memory == NULL) {
		log_err("out of memory: \"bindings-max\" %u is too much", p->config.bindings_max);
		return -ENOMEM;
	}
	p->core = chain_init(p->core_memory, &config, &env);
	pgw_restore(p);
	core_config(p, &config); /* the restart counter may be another now */
	chain_reconfigure(p->core, &config);
	return 0;
}

static void start_watchers(struct pgw *p)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGUSR2, SIGHUP};

	ev_check_init(&p->turn_begin, on_turn_begin);
	p->turn_begin.data = p;
	ev_set_priority(&p->turn_begin, EV_MAXPRI); /* before everything else of the turn */
	ev_check_start(p->loop, &p->turn_begin);
	ev_prepare_init(&p->turn_end, on_turn_end);
	p->turn_end.data = p;
	ev_set_priority(&p->turn_end, EV_MINPRI);
	ev_prepare_start(p->loop, &p->turn_end);
	ev_init(&p->core_timer, on_core_timer);
	p->core_timer.data = p;
	ev_init(&p->flush_timer, on_flush_timer);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		ev_signal_init(&p->signals[i], on_signal, signals[i]);
		p->signals[i].data = p;
		ev_signal_start(p->loop, &p->signals[i]);
	}
}

int pgw_open(struct pgw *p, const struct daemon_options *options, struct dgw_config *config,
             struct keys *keys)
{
	char path[PATH_MAX];
	int error;

	*p = (struct pgw){.options = *options, .config = *config, .keys = keys};
	/* Chains are restored before the other watchers start. */
	ev_init(&p->repair_timer, on_repair);
	p->repair_timer.data = p;
	p->started = p->now = clock_monotonic();
	if (p->config.open_lab_mode)
		log_warning("open-lab-mode: anybody may register; never do this outside a lab");
	p->loop = ev_default_loop(0);
	if (p->loop == NULL) {
		log_err("cannot make an event loop");
		return -ENOMEM;
	}
	error = open_kernel(p);
	if (error == 0)
		error = open_records(p);
	if (error == 0)
		error = open_core(p);
	if (error != 0)
		return error;
	error = file_in(path, p->options.rundir, "dgwd.sock");
	if (error == 0)
		error = control_open(&p->control, p->loop, path, "mip6-dgwd", pgw_commands, p);
	if (error == -EADDRINUSE)
		log_err("control socket=%s is in use: another mip6-dgwd runs", path);
	else if (error != 0)
		log_err("cannot open control socket=%s error=\"%s\"", path, strerror(-error));
	if (error != 0)
		return error;
	start_watchers(p);
	return 0;
}

void pgw_close(struct pgw *p, bool keep)
{
	control_close(p->control);
	if (p->dp != NULL)
		p->dp_ops->close(p->dp, keep);
	if (p->transport != NULL)
		transport_close(p->transport);
	if (!keep) {
		links_close(p->links);
		sysctls_restore(&p->sysctls);
		if (p->records != NULL)
			records_save_sysctls(p->records, &p->sysctls);
	}
	store_close(p->wtru_store);
	store_close(p->anchor_store);
	records_close(p->records);
	if (p->rtnl != NULL)
		rtnl_close(p->rtnl);
	free(p->core_memory);
	keys_free(p->keys);
	dgw_config_free(&p->config);
}
