// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Glue of the WTRU daemon: events from the kernel and from peers go into the core, its actions go
 * out to the modules that know how. No decision about mobility is taken here.
 *
 * Time is read once per event. Work that may wait (use check, state file) is done at the end of the
 * loop turn, after the Binding Updates have left.
 */
#include "mnd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "io/clock.h"

#define RETRY_S 1.0

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

static const struct mip6_auth_sa *env_find_sa(void *ctx, const struct mip6_addr *anchor)
{
	struct mnd *mnd = ctx;

	return mnd->keys ? keys_wtru_find(mnd->keys, anchor) : NULL;
}

static const struct mip6_auth_sa *env_find_aaa(void *ctx, const struct mip6_addr *anchor)
{
	struct mnd *mnd = ctx;

	return mnd->keys ? keys_wtru_find_aaa(mnd->keys, anchor) : NULL;
}

/* Actions */

static void retry_later(struct mnd *mnd)
{
	if (!ev_is_active(&mnd->retry)) {
		ev_timer_set(&mnd->retry, RETRY_S, 0.);
		ev_timer_start(mnd->loop, &mnd->retry);
	}
}

static void log_sent(struct mnd *mnd, const struct mip6_packet *packet, int err)
{
	/*
	 * Retransmission repairs it; the operator must know only when it does not. Nor of what
	 * waits for a security association that is being negotiated.
	 */
	if (err == -EAGAIN && packet->esp)
		log_debug("no security association yet to=%s", addr_text(&packet->dst));
	else if (err)
		log_limited(&mnd->limit_send, clock_monotonic(), LOG_LEVEL_WARNING,
		            "cannot send to=%s error=\"%s\"", addr_text(&packet->dst),
		            strerror(-err));
}

static void send_packet(struct mnd *mnd, const struct mip6_packet *packet)
{
	int err = packet->esp ? esp_prepare(mnd, packet) : 0;

	if (!err)
		err = transport_send(mnd->transport, packet);
	log_sent(mnd, packet, err);
}

static void send_icmp6(struct mnd *mnd, const struct wtru_action *action)
{
	const struct mip6_packet *packet = &action->icmp6.packet;
	struct mip6_icmp6 msg = {.type = action->icmp6.type};
	int err = packet->esp ? esp_prepare(mnd, packet) : 0;

	msg.discovery.id = action->icmp6.id;
	if (!err)
		err = transport_send_icmp6(mnd->transport, packet, &msg);
	log_sent(mnd, packet, err);
}

static void log_notice(struct mnd *mnd, const struct wtru_action *action)
{
	const char *what = wtru_notice_name(action->notice.what);

	switch (action->notice.what) {
	case WTRU_NOTICE_ATTACHED:
		log_info("%s interface=%s coa=%s anchor=%s", what,
		         links_name(mnd->links, action->notice.ifindex),
		         addr_text(&action->notice.coa), addr_text(&action->notice.anchor));
		break;
	case WTRU_NOTICE_REFUSED:
		log_warning("%s hoa=%s anchor=%s status=%u reason=\"%s\"", what,
		            addr_text(&action->notice.hoa), addr_text(&action->notice.anchor),
		            action->notice.status, mip6_ba_status_name(action->notice.status));
		break;
	case WTRU_NOTICE_FALLBACK:
		log_warning("%s hoa=%s anchor=%s status=%u: it does not serve us here; asking the "
		            "PGW",
		            what, addr_text(&action->notice.hoa), addr_text(&action->notice.anchor),
		            action->notice.status);
		break;
	case WTRU_NOTICE_LIMIT:
		log_err("%s hoa=%s: this address will not survive a move; raise instances-max",
		        what, addr_text(&action->notice.hoa));
		break;
	case WTRU_NOTICE_TIMEOUT:
	case WTRU_NOTICE_RESTARTED:
	case WTRU_NOTICE_REVOKED:
		log_warning("%s hoa=%s anchor=%s", what, addr_text(&action->notice.hoa),
		            addr_text(&action->notice.anchor));
		break;
	case WTRU_NOTICE_BU_SENT:
		log_debug("%s hoa=%s coa=%s anchor=%s", what, addr_text(&action->notice.hoa),
		          addr_text(&action->notice.coa), addr_text(&action->notice.anchor));
		break;
	case WTRU_NOTICE_BOUND:
		log_info("%s hoa=%s coa=%s anchor=%s lifetime_s=%u", what,
		         addr_text(&action->notice.hoa), addr_text(&action->notice.coa),
		         addr_text(&action->notice.anchor), action->notice.lifetime_s);
		break;
	case WTRU_NOTICE_CLAIMED:
		log_info("%s hoa=%s anchor=%s status=%u", what, addr_text(&action->notice.hoa),
		         addr_text(&action->notice.anchor), action->notice.status);
		break;
	case WTRU_NOTICE_CREATED:
	case WTRU_NOTICE_HOME:
	case WTRU_NOTICE_ENDED:
		log_info("%s hoa=%s anchor=%s", what, addr_text(&action->notice.hoa),
		         addr_text(&action->notice.anchor));
		break;
	case WTRU_NOTICE_AGENT:
		log_info("%s hoa=%s: trying home agent=%s", what, addr_text(&action->notice.hoa),
		         addr_text(&action->notice.anchor));
		break;
	case WTRU_NOTICE_PREFIX:
		log_info("%s hoa=%s valid_s=%u", what, addr_text(&action->notice.hoa),
		         action->notice.lifetime_s);
		break;
	case WTRU_NOTICE_INVALID:
		log_err("%s hoa=%s: its home prefix is not valid any more", what,
		        addr_text(&action->notice.hoa));
		break;
	case WTRU_NOTICE_DETACHED:
		log_info("%s interface=%s", what, links_name(mnd->links, action->notice.ifindex));
		break;
	}
}

static void on_action(void *ctx, const struct wtru_action *action)
{
	struct mnd *mnd = ctx;

	switch (action->type) {
	case WTRU_ACTION_SEND:
		send_packet(mnd, &action->packet);
		break;
	case WTRU_ACTION_SEND_ICMP6:
		send_icmp6(mnd, action);
		break;
	case WTRU_ACTION_SEND_RS:
		links_send_rs(mnd->links, action->probe.ifindex);
		break;
	case WTRU_ACTION_SEND_PROBE:
		links_send_probe(mnd->links, action->probe.ifindex, &action->probe.router);
		break;
	case WTRU_ACTION_SEND_NA:
		links_send_na(mnd->links, action->na.ifindex, &action->na.hoa);
		break;
	case WTRU_ACTION_FIND_AGENT:
		links_find_agent(mnd->links, action->na.ifindex, &action->na.hoa);
		break;
	case WTRU_ACTION_WANT_DEFAULT:
		path_want_default(mnd->path, action->attachment.ifindex, &action->attachment.router,
		                  &action->attachment.coa, &action->attachment.source);
		break;
	case WTRU_ACTION_WANT_NATIVE:
		path_want_native(mnd->path, action->native.ifindex, &action->native.hoa,
		                 action->native.prefix_len, action->native.dad);
		break;
	case WTRU_ACTION_UNWANT_NATIVE:
		path_unwant_native(mnd->path, action->native.ifindex, &action->native.hoa);
		break;
	case WTRU_ACTION_WITHOUT_DAD:
		links_without_dad(mnd->links, action->address.ifindex, &action->address.addr,
		                  action->address.prefix_len, action->address.valid_s);
		break;
	case WTRU_ACTION_LEARN_NEIGHBOUR:
		path_learn_neighbour(mnd->path, action->neighbour.ifindex, &action->neighbour.addr,
		                     action->neighbour.lladdr, action->neighbour.lladdr_len);
		break;
	case WTRU_ACTION_UNWANT_DEFAULT:
		path_unwant_default(mnd->path);
		break;
	case WTRU_ACTION_WANT_HOA:
		path_want_hoa(mnd->path, &action->hoa.hoa, action->hoa.prefix_len);
		break;
	case WTRU_ACTION_UNWANT_HOA:
		path_unwant_hoa(mnd->path, &action->hoa.hoa, action->hoa.ended);
		break;
	case WTRU_ACTION_WANT_BINDING:
		path_want_binding(mnd->path, &action->binding);
		break;
	case WTRU_ACTION_UNWANT_BINDING:
		path_unwant_binding(mnd->path, &action->binding.hoa);
		break;
	case WTRU_ACTION_CHECK_USE:
		mnd->use_due = true;
		break;
	case WTRU_ACTION_SAVE:
		mnd->save_due = true;
		break;
	case WTRU_ACTION_NOTIFY:
		log_notice(mnd, action);
		keying_notice(mnd, action);
		commands_publish(mnd, action);
		break;
	}
}

static void arm_timer(struct mnd *mnd, mip6_time now)
{
	mip6_time deadline = wtru_deadline(mnd->core);

	ev_timer_stop(mnd->loop, &mnd->timer);
	if (deadline == MIP6_TIME_NEVER)
		return;
	/* A hair late rather than early, so that the deadline has passed when the timer fires. */
	ev_timer_set(&mnd->timer,
	             deadline > now ? (double)(deadline - now) / (double)MIP6_S + 0.0001 : 0., 0.);
	ev_timer_start(mnd->loop, &mnd->timer);
}

void mnd_step(struct mnd *mnd, const struct wtru_event *event)
{
	const struct wtru_env env = {
		.ctx = mnd,
		.random = env_random,
		.unix_us = env_unix_us,
		.find_sa = env_find_sa,
		.esp = esp_of,
		.find_aaa = env_find_aaa,
	};
	const struct wtru_actions actions = {.ctx = mnd, .emit = on_action};
	mip6_time now = clock_monotonic();

	wtru_step(mnd->core, event, now, &env, &actions);
	path_settle(mnd->path);
	if (path_failing(mnd->path))
		retry_later(mnd);
	ev_now_update(mnd->loop);
	arm_timer(mnd, now);
}

/* Events */

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct wtru_event event = {.type = WTRU_EVENT_TIMER};

	(void)loop;
	(void)revents;
	mnd_step(timer->data, &event);
}

static void on_retry(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct mnd *mnd = timer->data;

	(void)loop;
	(void)revents;
	if (path_failing(mnd->path) && path_refresh(mnd->path))
		retry_later(mnd);
}

static void on_link_event(void *ctx, const struct wtru_event *event)
{
	mnd_step(ctx, event);
}

static void on_link_attach(void *ctx, uint32_t ifindex)
{
	struct mnd *mnd = ctx;
	int err = mnd->dp_ops->attach(mnd->dp, ifindex);

	if (err)
		log_err("cannot attach dataplane=%s interface=%s error=\"%s\"; no tunnel over it",
		        mnd->dp_ops->name, links_name(mnd->links, ifindex), strerror(-err));
	mnd->save_due = true;
}

static void on_resync(void *ctx)
{
	struct mnd *mnd = ctx;

	mnd->refresh_due = true;
}

static void on_packet(void *ctx, const struct mip6_packet *packet, uint32_t ifindex)
{
	struct wtru_event event = {.type = WTRU_EVENT_MH, .mh = {.packet = packet}};

	(void)ifindex;
	mnd_step(ctx, &event);
}

static void on_icmp6(void *ctx, const struct mip6_packet *packet, const struct mip6_icmp6 *msg)
{
	struct wtru_event event = {
		.type = WTRU_EVENT_ICMP6,
		.icmp6 = {.packet = packet, .msg = msg},
	};

	mnd_step(ctx, &event);
}

static void on_bad_packet(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                          enum mip6_decode result, size_t offset)
{
	struct mnd *mnd = ctx;

	(void)dst;
	mnd->malformed[result]++;
	log_limited(&mnd->limit_bad, clock_monotonic(), LOG_LEVEL_WARNING,
	            "dropped a Mobility Header from=%s reason=%s offset=%zu", addr_text(src),
	            mip6_decode_name(result), offset);
}

static void on_mtu_changed(void *ctx, const struct mip6_prefix *home, uint16_t mtu)
{
	struct mnd *mnd = ctx;

	log_debug("path MTU home=%s mtu=%u", prefix_text(home), mtu);
	mnd->refresh_due = true;
}

static void check_use(struct mnd *mnd)
{
	struct wtru_instance_info info;
	struct mip6_addr *addrs;
	uint32_t *counts;
	size_t count = 0;
	int err;

	addrs = calloc(mnd->config.instances_max, sizeof(*addrs));
	counts = calloc(mnd->config.instances_max, sizeof(*counts));
	for (size_t i = 0; addrs && counts && wtru_instance_get(mnd->core, i, &info); i++)
		if (info.state != WTRU_HOME)
			addrs[count++] = info.hoa;
	err = !addrs || !counts ? -ENOMEM : 0;
	if (!err && count)
		err = sockets_count(mnd->sockets, addrs, count, counts);
	if (err)
		log_warning("cannot list sockets error=\"%s\"; old addresses stay", strerror(-err));
	for (size_t i = 0; !err && i < count; i++) {
		struct wtru_event event = {
			.type = WTRU_EVENT_USE,
			.use = {.hoa = addrs[i], .sockets = counts[i]},
		};
		struct mip6_prefix home = mip6_prefix_make(&addrs[i], 128);
		struct dataplane_stats stats;

		if (mnd->dp_ops->stats(mnd->dp, &home, &stats) == 0)
			event.use.last_use = stats.last_tx;
		mnd_step(mnd, &event);
	}
	free(addrs);
	free(counts);
}

static void on_prepare(struct ev_loop *loop, struct ev_prepare *prepare, int revents)
{
	struct mnd *mnd = prepare->data;

	(void)loop;
	(void)revents;
	if (mnd->refresh_due) {
		mnd->refresh_due = false;
		if (path_refresh(mnd->path))
			retry_later(mnd);
	}
	path_settled(mnd->path);
	if (mnd->use_due) {
		mnd->use_due = false;
		check_use(mnd);
	}
	if (mnd->save_due)
		esp_collect(mnd);
	if (mnd->save_due && !ev_is_active(&mnd->retry)) {
		state_save(mnd);
		if (mnd->save_due)
			retry_later(mnd);
	}
}

/* The kernel tells when the wall clock is set, which waking from sleep is too. */
static void arm_clock_watch(struct mnd *mnd)
{
	struct itimerspec never = {.it_value = {.tv_sec = INT32_MAX}};

	if (timerfd_settime(mnd->clock_watch.fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
	                    &never, NULL))
		log_debug("cannot watch the clock error=\"%s\"", strerror(errno));
}

static void on_clock(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct mnd *mnd = io->data;
	struct wtru_event event = {.type = WTRU_EVENT_RESUME};
	uint64_t expirations;

	(void)loop;
	(void)revents;
	if (read(io->fd, &expirations, sizeof(expirations)) < 0 && errno == EAGAIN)
		return;
	arm_clock_watch(mnd);
	log_info("the clock was set or the machine slept; registering again");
	mnd_step(mnd, &event);
}

static void on_signal(struct ev_loop *loop, struct ev_signal *sig, int revents)
{
	struct mnd *mnd = sig->data;

	(void)revents;
	if (sig->signum == SIGHUP) {
		struct control_mistakes mistakes = {0};

		mnd_reload(mnd, &mistakes);
		return;
	}
	mnd->end = sig->signum == SIGUSR2 ? MND_END_KEEP : MND_END_STOP;
	ev_break(loop, EVBREAK_ALL);
}

int mnd_reload(struct mnd *mnd, struct control_mistakes *mistakes)
{
	struct mnd_config old = mnd->config, config;
	struct keys_wtru *keys = NULL;
	struct wtru_config core_config;
	struct wtru_event event = {.type = WTRU_EVENT_TIMER};
	int err;

	process_notify("RELOADING=1");
	err = mnd_config_read(mnd->options.config_file, &config, control_report_mistake, mistakes);
	if (!err && config.key_file[0]) {
		err = keys_wtru_read(&keys, config.key_file, control_report_mistake, mistakes);
		if (err)
			mnd_config_free(&config);
	}
	if (!err) {
		err = esp_admit(mnd, &config, control_report_mistake, mistakes);
		if (err) {
			keys_wtru_free(keys);
			mnd_config_free(&config);
		}
	}
	if (err) {
		process_notify("READY=1");
		return err;
	}
	mnd_config_core(&config, &core_config);
	if (wtru_reconfigure(mnd->core, &core_config)) {
		if (config.dataplane != old.dataplane)
			log_warning("\"dataplane\" takes effect at the next restart");
		keys_wtru_free(mnd->keys);
		mnd->keys = keys;
		mnd->config = config;
		esp_reload(mnd);
		mnd_step(mnd, &event);
		links_reconfigure(mnd->links);
		mnd_config_free(&old);
		if (!mnd->options.debug)
			log_set_level((enum log_level)mnd_config_log_level(&mnd->config));
		log_info("configuration loaded again");
	} else {
		control_report_mistake(mistakes, mnd->options.config_file, 0,
		                       "\"instances-max\" and \"links-max\" need a restart");
		keys_wtru_free(keys);
		mnd_config_free(&config);
		err = -EINVAL;
	}
	process_notify("READY=1");
	return err;
}

/* Start and end */

static int open_dataplane(struct mnd *mnd)
{
	struct dataplane_config config = {
		.loop = mnd->loop,
		.rtnl = mnd->rtnl,
		.role = DATAPLANE_WTRU,
		.bindings_max = mnd->config.instances_max,
		.ctx = mnd,
		.mtu_changed = on_mtu_changed,
	};
	int err;

	mnd->dp_ops = dataplane_choose(DATAPLANE_WTRU, mnd_dataplane_names[mnd->config.dataplane],
	                               mnd->dp_why, sizeof(mnd->dp_why));
	if (!mnd->dp_ops) {
		log_err("no data plane works here: %s", mnd->dp_why);
		return -EOPNOTSUPP;
	}
	err = mnd->dp_ops->open(&mnd->dp, &config);
	if (err)
		log_err("cannot open dataplane=%s error=\"%s\"", mnd->dp_ops->name, strerror(-err));
	return err;
}

static int open_core(struct mnd *mnd)
{
	struct wtru_config config;
	void *memory;

	mnd_config_core(&mnd->config, &config);
	memory = calloc(1, wtru_memory_size(&config));
	if (!memory)
		return -ENOMEM;
	mnd->core = wtru_init(memory, &config);
	return 0;
}

static void start_watchers(struct mnd *mnd)
{
	struct {
		struct ev_signal *watcher;
		int signum;
	} signals[] = {
		{&mnd->sigterm, SIGTERM},
		{&mnd->sigint, SIGINT},
		{&mnd->sighup, SIGHUP},
		{&mnd->sigusr2, SIGUSR2},
	};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		ev_signal_init(signals[i].watcher, on_signal, signals[i].signum);
		signals[i].watcher->data = mnd;
		ev_signal_start(mnd->loop, signals[i].watcher);
	}
	ev_init(&mnd->timer, on_timer);
	mnd->timer.data = mnd;
	ev_init(&mnd->retry, on_retry);
	mnd->retry.data = mnd;
	ev_prepare_init(&mnd->prepare, on_prepare);
	mnd->prepare.data = mnd;
	ev_prepare_start(mnd->loop, &mnd->prepare);
	ev_io_init(&mnd->clock_watch, on_clock,
	           timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC), EV_READ);
	mnd->clock_watch.data = mnd;
	if (mnd->clock_watch.fd >= 0) {
		arm_clock_watch(mnd);
		ev_io_start(mnd->loop, &mnd->clock_watch);
	}
}

int mnd_open(struct mnd *mnd, const struct daemon_options *options, struct mnd_config *config,
             struct keys_wtru *keys)
{
	struct transport_handler transport_handler = {
		.ctx = mnd,
		.packet = on_packet,
		.bad = on_bad_packet,
		.icmp6 = on_icmp6,
	};
	struct links_handler links_handler = {
		.ctx = mnd,
		.event = on_link_event,
		.attach = on_link_attach,
		.resync = on_resync,
	};
	struct wtru_event event = {.type = WTRU_EVENT_TIMER};
	char path[256];
	int err;

	*mnd = (struct mnd){
		.loop = ev_default_loop(EVFLAG_AUTO),
		.options = *options,
		.config = *config,
		.keys = keys,
		.started = clock_monotonic(),
	};
	if (!mnd->loop) {
		log_err("no event loop");
		return -EIO;
	}
	start_watchers(mnd);
	snprintf(path, sizeof(path), "%s/mnd.sock", options->rundir);
	err = control_open(&mnd->control, mnd->loop, path, "mip6-mnd", mnd_commands, mnd);
	if (err) {
		log_err("cannot listen socket=%s error=\"%s\"%s", path, strerror(-err),
		        err == -EADDRINUSE ? "; another mip6-mnd runs" : "");
		return err;
	}
	err = rtnl_open(&mnd->rtnl);
	if (err) {
		log_err("cannot open rtnetlink error=\"%s\"", strerror(-err));
		return err;
	}
	err = sockets_open(&mnd->sockets);
	if (err) {
		log_err("cannot open sock_diag error=\"%s\"", strerror(-err));
		return err;
	}
	snprintf(path, sizeof(path), "%s/mnd.json", options->statedir);
	err = open_dataplane(mnd);
	if (!err)
		err = esp_open(mnd);
	if (!err)
		err = open_core(mnd);
	if (!err)
		err = path_open(&mnd->path, mnd->rtnl, mnd->dp_ops, mnd->dp,
		                mnd->config.instances_max);
	if (!err)
		err = state_file_init(&mnd->state, path);
	if (!err)
		err = links_open(&mnd->links, mnd->loop, mnd->rtnl, &mnd->config, &links_handler);
	if (!err)
		err = transport_open(&mnd->transport, mnd->loop, &transport_handler);
	if (!err)
		err = esp_start(mnd);
	if (err)
		return err;
	transport_mark(mnd->transport, PATH_MARK);
	state_load(mnd);
	err = links_start(mnd->links);
	if (err)
		return err;
	mnd_step(mnd, &event); /* configured homes are there even without any link */
	path_adopted(mnd->path);
	esp_collect(mnd);
	keying_sync(mnd);
	mnd->refresh_due = mnd->refresh_due || mnd->keying.ike;
	log_info("running dataplane=%s why=\"%s\" transport=\"%s\"", mnd->dp_ops->name, mnd->dp_why,
	         transport_describe(mnd->transport));
	return 0;
}

void mnd_close(struct mnd *mnd, enum mnd_end end)
{
	bool keep = end == MND_END_KEEP;

	if (mnd->core && mnd->transport && mnd->links) {
		struct wtru_event event = {.type = WTRU_EVENT_STOP};

		if (keep) {
			state_save(mnd);
		} else {
			mnd_step(mnd, &event);
			unlink(mnd->state.path);
		}
	}
	control_close(mnd->control);
	path_close(mnd->path, keep);
	links_close(mnd->links, !keep);
	if (mnd->dp)
		mnd->dp_ops->close(mnd->dp, keep);
	esp_close(mnd, keep);
	transport_close(mnd->transport);
	sockets_close(mnd->sockets);
	rtnl_close(mnd->rtnl);
	keys_wtru_free(mnd->keys);
	free(mnd->core);
	mnd_config_free(&mnd->config);
	if (mnd->clock_watch.fd > 0)
		close(mnd->clock_watch.fd);
	if (mnd->loop)
		ev_loop_destroy(mnd->loop);
}
