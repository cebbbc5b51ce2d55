/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mip6-dgwd in the role of a PGW, as an object: the chain core and everything of the world that it
 * is connected to. The pgw_*.c files share it; nothing outside does, but for main().
 */
#ifndef DGW_PGW_H
#define DGW_PGW_H

#include <ev.h>

#include <mip6/chain.h>

#include "config.h"
#include "io/control_common.h"
#include "io/daemon.h"
#include "io/keys.h"
#include "io/log.h"
#include "io/store.h"
#include "kernel/dataplane.h"
#include "kernel/rtnl.h"
#include "kernel/transport.h"
#include "links.h"
#include "records.h"
#include "sysctls.h"

struct pgw {
	struct daemon_options options;
	struct dgw_config config;
	struct keys *keys; /* NULL in open lab mode */
	mip6_time started;
	mip6_time now; /* of this turn of the loop */

	struct ev_loop *loop;
	ev_check turn_begin;
	ev_prepare turn_end;
	ev_timer core_timer;
	ev_timer flush_timer;
	ev_timer repair_timer;
	ev_signal signals[4];
	bool keep; /* the end is a change of guards: leave everything in the kernel */

	struct rtnl *rtnl;
	struct transport *transport;
	const struct dataplane_ops *dp_ops;
	struct dataplane *dp;
	char dp_why[256];
	/* The two legs of each chain; a chain is restored when both have it. */
	struct store *wtru_store, *anchor_store;
	struct records *records; /* restart counter, kernel settings */
	struct control *control;
	struct links *links;
	struct sysctls sysctls;
	void *core_memory;
	struct chain *core;
	uint32_t restart_counter;

	uint64_t bad_packets[MIP6_DECODE_DISCARD + 1];
	uint64_t dataplane_errors;
	struct log_limit log_send, log_bad, log_dataplane, log_notice;
};

/* As dgwd_open() and dgwd_close(). */
int pgw_open(struct pgw *p, const struct daemon_options *options, struct dgw_config *config,
             struct keys *keys);
void pgw_close(struct pgw *p, bool keep);
void pgw_step(struct pgw *p, const struct chain_event *event);
/* As dgwd_reload(). */
int pgw_reload(struct pgw *p, struct control_mistakes *mistakes, const char **ret_key);
void pgw_warnings(const struct pgw *p, void (*each)(void *ctx, const char *text), void *ctx);

/* pgw_actions.c: the receiver of the core's actions; ctx is the struct pgw. */
void pgw_emit(void *ctx, const struct chain_action *action);
/* Ask the data plane again for every chain of the core. */
void pgw_repair(struct pgw *p);
/* Read back the chains of an earlier run, and remove tunnels that none of them wants. */
void pgw_restore(struct pgw *p);

/* pgw_commands.c */
extern const struct control_command pgw_commands[];
void pgw_publish(struct pgw *p, const struct chain_action *action);

#endif
