/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The WTRU daemon as an object: the core, and everything of the world that it is connected to. The
 * modules of this folder share it; nothing outside does.
 */
#ifndef MIP6_MN_MND_H
#define MIP6_MN_MND_H

#include <ev.h>

#include <mip6/wtru.h>

#include "config.h"
#include "esp.h"
#include "io/control_common.h"
#include "io/daemon.h"
#include "io/keys.h"
#include "io/log.h"
#include "io/state_file.h"
#include "kernel/dataplane.h"
#include "kernel/rtnl.h"
#include "kernel/sockets.h"
#include "kernel/transport.h"
#include "keying.h"
#include "links.h"
#include "path.h"

/* How the daemon ends. */
enum mnd_end {
	MND_END_STOP, /* for good: de-register, remove everything */
	MND_END_KEEP, /* leave kernel objects and bindings to the next process */
};

struct mnd {
	struct ev_loop *loop;
	struct daemon_options options;
	struct mnd_config config;
	struct wtru *core;
	struct keys_wtru *keys;
	struct rtnl *rtnl;
	struct links *links;
	struct path *path;
	const struct dataplane_ops *dp_ops;
	struct dataplane *dp;
	char dp_why[160];
	struct transport *transport;
	struct esp esp;
	struct keying keying;
	struct sockets *sockets;
	struct control *control;
	struct state_file state;
	mip6_time started;

	struct ev_timer timer;     /* wtru_deadline() */
	struct ev_prepare prepare; /* end of a loop turn */
	struct ev_timer retry;     /* kernel objects that could not be set */
	struct ev_io clock_watch;  /* the wall clock was set, or the machine slept */
	struct ev_signal sigterm, sigint, sighup, sigusr2;
	bool save_due;
	bool use_due;
	bool refresh_due;
	enum mnd_end end;
	struct log_limit limit_send, limit_bad;
	uint64_t malformed[CONTROL_DROPPED_COUNT]; /* by enum mip6_decode */
};

/* mnd.c */
int mnd_open(struct mnd *mnd, const struct daemon_options *options, struct mnd_config *config,
             struct keys_wtru *keys);
void mnd_close(struct mnd *mnd, enum mnd_end end);
/* Feed the core. Not from inside an action. */
void mnd_step(struct mnd *mnd, const struct wtru_event *event);
/* Read the configuration and the keys again. 0, or a negative errno and nothing changed. */
int mnd_reload(struct mnd *mnd, struct control_mistakes *mistakes);

/* state.c: the state file. */
void state_save(struct mnd *mnd);
void state_load(struct mnd *mnd);

/* commands.c: the control socket. */
extern const struct control_command mnd_commands[];
void commands_publish(struct mnd *mnd, const struct wtru_action *action);

#endif
