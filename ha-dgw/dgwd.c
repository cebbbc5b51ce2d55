// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Glue of the D-GW daemon in either role: what comes from the network, the kernel and the operator
 * goes to the role and its core; what the core wants is carried out by the role's actions. No
 * decision about mobility is taken here.
 *
 * Time is read once per turn of the loop. At the end of a turn, after all packets of the turn have
 * left, the records are written and the timer is set to the core's next deadline.
 */
#include "dgwd.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"

/* What the cores need from outside. */

uint32_t dgwd_random(void *ctx)
{
	(void)ctx;
	return clock_random();
}

int64_t dgwd_unix_us(void *ctx)
{
	(void)ctx;
	return clock_unix_us();
}

const struct ha_identity *dgwd_find_identity(void *ctx, const char *nai)
{
	const struct dgwd *d = ctx;

	return d->keys != NULL ? keys_find(d->keys, nai) : NULL;
}

const struct ha_peer *dgwd_find_peer(void *ctx, const struct mip6_addr *addr)
{
	const struct dgwd *d = ctx;

	return d->keys != NULL ? keys_find_peer(d->keys, addr) : NULL;
}

/* To and from the network */

void dgwd_send(struct dgwd *d, const struct mip6_packet *packet, uint32_t ifindex)
{
	int error = packet->esp ? esp_prepare(d, packet) : 0;

	if (error == 0)
		error = ifindex != 0 ? transport_send_on_link(d->transport, packet, ifindex)
		                     : transport_send(d->transport, packet);
	if (error != 0)
		log_limited(&d->log_send, d->now, LOG_LEVEL_WARNING,
		            "cannot send to=%s error=\"%s\"", addr_text(&packet->dst),
		            strerror(-error));
}

static void on_packet(void *ctx, const struct mip6_packet *packet, uint32_t ifindex)
{
	struct dgwd *d = ctx;

	d->role->packet(d, packet, ifindex);
}

static void on_bad_packet(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                          enum mip6_decode result, size_t offset)
{
	struct dgwd *d = ctx;

	if ((size_t)result < sizeof(d->bad_packets) / sizeof(d->bad_packets[0]))
		d->bad_packets[result]++;
	log_limited(&d->log_bad, d->now, LOG_LEVEL_DEBUG,
	            "bad packet from=%s reason=\"%s\" offset=%zu", addr_text(src),
	            mip6_decode_name(result), offset);
	d->role->bad_packet(d, src, dst, result);
}

static void on_home_address(void *ctx, const struct mip6_packet *packet)
{
	struct dgwd *d = ctx;

	d->role->home_address(d, packet);
}

static void on_icmp6(void *ctx, const struct mip6_packet *packet, const struct mip6_icmp6 *msg)
{
	struct dgwd *d = ctx;

	if (d->role->icmp6 != NULL)
		d->role->icmp6(d, packet, msg);
}

static void on_unbound(void *ctx, const struct mip6_addr *outer_src,
                       const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src)
{
	struct dgwd *d = ctx;

	if (d->core_memory != NULL)
		d->role->unbound(d, outer_src, outer_dst, inner_src);
}

/* From the kernel */

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

static void prepare_forwarding(struct dgwd *d)
{
	size_t before = d->sysctls.count;
	char why[32];

	snprintf(why, sizeof(why), "a %s is a router", d->role->title);
	if (sysctls_want(&d->sysctls, "net/ipv6/conf/all/forwarding", 1, why) != 0)
		log_err("this %s will not forward packets: set sysctl "
		        "net.ipv6.conf.all.forwarding=1",
		        d->role->title);
	if (d->sysctls.count != before)
		records_save_sysctls(d->records, &d->sysctls);
}

static void on_access(void *ctx, const struct rtnl_link *link)
{
	struct dgwd *d = ctx;

	if (d->role->access != NULL)
		d->role->access(d, link);
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
		        "arrive there are not tunnelled",
		        link->name, strerror(-error));
	else if (attach)
		log_debug("watching interface=%s", link->name);
}

static void on_addresses(void *ctx)
{
	struct dgwd *d = ctx;

	esp_peers_configure(d);
	d->role->configure(d);
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

	if (d->role->neighbour != NULL)
		d->role->neighbour(d, neighbour);
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

	(void)loop;
	(void)events;
	if (d->role->deadline(d) <= d->now)
		d->role->timer(d);
}

static void save_all(struct dgwd *d)
{
	records_set_restart_counter(d->records, d->restart_counter);
	records_save_sysctls(d->records, &d->sysctls);
	if (d->role->save != NULL)
		d->role->save(d);
}

static void flush(struct dgwd *d)
{
	bool waiting = false;

	for (size_t i = 0; i < DGWD_STORES; i++)
		if (d->stores[i] != NULL && store_flush(d->stores[i], d->now) != 0)
			waiting = true;
	if (records_problem(d->records) != NULL && records_retry(d->records, d->now))
		save_all(d);
	records_flush(d->records);
	waiting = waiting || records_problem(d->records) != NULL;
	if (waiting != d->unstored) {
		d->unstored = waiting;
		d->role->configure(d);
	}
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

static void on_turn_end(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct dgwd *d = prepare->data;
	mip6_time deadline = d->role->deadline(d), in;

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
	struct keys *keys = NULL;

	if (dgw_config_read(d->options.config_file, &config, control_report_mistake, mistakes) != 0)
		return -EINVAL;
	*ret_key = dgw_config_needs_restart(&d->config, &config);
	if (*ret_key != NULL) {
		dgw_config_free(&config);
		return -ENOTSUP;
	}
	if ((config.keys_file[0] != '\0' &&
	     keys_read(&keys, config.keys_file, control_report_mistake, mistakes) != 0) ||
	    esp_admit(d, &config, keys, control_report_mistake, mistakes) != 0) {
		keys_free(keys);
		dgw_config_free(&config);
		return -EINVAL;
	}
	dgw_config_free(&d->config);
	keys_free(d->keys);
	d->config = config;
	d->keys = keys;
	if (!d->options.debug)
		log_set_level((enum log_level)dgw_config_log_level(&d->config));
	esp_peers_configure(d);
	keying_reload(d);
	d->role->configure(d);
	log_info("configuration reloaded file=%s", d->options.config_file);
	if (d->config.open_lab_mode)
		log_warning(DGWD_OPEN_WARNING);
	control_publish(d->control, "reloaded", json_object_new_object());
	return 0;
}

/* Start and end */

static int open_kernel(struct dgwd *d)
{
	const struct links_handler links_handler = {d, on_access, on_attach, on_addresses};
	const struct transport_handler transport_handler = {
		.ctx = d,
		.packet = on_packet,
		.bad = on_bad_packet,
		.icmp6 = on_icmp6,
		.home_address = d->role->home_address != NULL ? on_home_address : NULL,
	};
	struct mip6_prefix home[2];
	struct dataplane_config dp_config = {
		.loop = d->loop,
		.role = DATAPLANE_GATEWAY,
		.bindings_max = d->config.bindings_max,
		.chains = d->config.role == DGW_ROLE_PGW,
		.home_prefixes = home,
		.ctx = d,
		.unbound = on_unbound,
	};
	int error = rtnl_open(&d->rtnl);

	if (error != 0) {
		log_err("cannot open rtnetlink error=\"%s\"", strerror(-error));
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
	char path[PATH_MAX];
	int error = 0;

	for (size_t i = 0; i < DGWD_STORES && error == 0 && d->role->stores[i] != NULL; i++) {
		error = file_in(path, d->options.statedir, d->role->stores[i]);
		if (error == 0)
			error = store_open(&d->stores[i], path);
	}
	if (error == 0)
		error = file_in(path, d->options.statedir, d->role->records);
	if (error == 0)
		error = records_open(&d->records, path);
	if (error != 0) {
		log_err("cannot start error=\"%s\"", strerror(-error));
		return error;
	}
	records_load_sysctls(d->records, &d->sysctls);
	d->restart_counter = records_restart_counter(d->records);
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
	int error = rtnl_monitor_start(d->rtnl, d->loop, &monitor);

	if (error != 0) {
		log_err("cannot watch links and addresses error=\"%s\"", strerror(-error));
		return error;
	}
	links_settle(d->links);
	prepare_forwarding(d);
	error = d->role->start(d);
	if (error != 0) {
		log_err("out of memory: \"bindings-max\" %u is too much", d->config.bindings_max);
		return error;
	}
	/* What is left of bindings counts from now, and opening all that took its time. */
	d->now = clock_monotonic();
	tunnels_restore(d);
	esp_peers_configure(d);
	d->role->configure(d); /* the restart counter may be another now */
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

	*d = (struct dgwd){
		.role = config->role == DGW_ROLE_PGW ? &pgw_role : &dgw_role,
		.options = *options,
		.config = *config,
		.keys = keys,
	};
	tunnels_init(d); /* what is restored may need its timer, before the watchers start */
	d->started = d->now = clock_monotonic();
	if (d->config.open_lab_mode)
		log_warning(DGWD_OPEN_WARNING);
	d->loop = ev_default_loop(0);
	if (d->loop == NULL) {
		log_err("cannot make an event loop");
		return -ENOMEM;
	}
	error = open_kernel(d);
	if (error == 0)
		error = open_records(d);
	if (error == 0 && d->role->open != NULL)
		error = d->role->open(d);
	if (error == 0)
		error = esp_peers_open(d);
	if (error == 0)
		error = open_core(d);
	if (error != 0)
		return error;
	error = file_in(path, d->options.rundir, "dgwd.sock");
	if (error == 0)
		error = control_open(&d->control, d->loop, path, "mip6-dgwd", d->role->commands, d);
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
	if (d->role->close != NULL) /* farewell first, while everything still works */
		d->role->close(d, keep);
	if (d->dp != NULL)
		d->dp_ops->close(d->dp, keep);
	esp_close(d, keep);
	esp_peers_close(d, keep);
	if (d->transport != NULL)
		transport_close(d->transport);
	if (!keep) {
		links_close(d->links);
		sysctls_restore(&d->sysctls);
		if (d->records != NULL)
			records_save_sysctls(d->records, &d->sysctls);
	}
	for (size_t i = 0; i < DGWD_STORES; i++)
		store_close(d->stores[i]);
	records_close(d->records);
	if (d->rtnl != NULL)
		rtnl_close(d->rtnl);
	free(d->core_memory);
	keys_free(d->keys);
	dgw_config_free(&d->config);
}
