/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The D-GW daemon as an object: the home-agent core, the access router, and everything of the world
 * that they are connected to. The modules of this folder share it; nothing outside does.
 */
#ifndef DGW_DGWD_H
#define DGW_DGWD_H

#include <ev.h>

#include <mip6/ha.h>

#include "config.h"
#include "io/control_common.h"
#include "io/daemon.h"
#include "io/keys.h"
#include "io/log.h"
#include "io/store.h"
#include "kernel/dataplane.h"
#include "kernel/nd.h"
#include "kernel/rtnl.h"
#include "kernel/transport.h"
#include "links.h"
#include "proxy.h"
#include "records.h"
#include "router.h"
#include "sysctls.h"

struct dgwd {
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
	struct nd *nd;
	struct transport *transport;
	const struct dataplane_ops *dp_ops;
	struct dataplane *dp;
	char dp_why[256];
	struct store *store;
	struct records *records;
	struct control *control;

	struct links *links;
	struct sysctls sysctls;
	struct router *router;
	struct proxy *proxy;
	void *core_memory;
	struct ha *core;
	uint32_t restart_counter;

	/* Given back by the core during a step; the router hears of it after the step. */
	size_t released_count, released_space;
	struct mip6_prefix *released;
	/* While restoring: bindings found in the kernel, sorted; and which are wanted. */
	size_t found_count, found_space;
	struct found_binding *found;

	uint64_t bad_packets[MIP6_DECODE_DISCARD + 1];
	uint64_t dataplane_errors;
	struct log_limit log_send, log_bad, log_dataplane, log_notice;
};

/*
 * Takes over config and keys, also on failure. 0 or a negative errno after an error line; after a
 * failure dgwd_close(…, true).
 */
int dgwd_open(struct dgwd *d, const struct daemon_options *options, struct dgw_config *config,
              struct keys *keys);
/* keep: leave the kernel as it is, for the next process; else nothing of ours remains. */
void dgwd_close(struct dgwd *d, bool keep);
void dgwd_step(struct dgwd *d, const struct ha_event *event);
/*
 * Read the configuration and keys files again. 0; -EINVAL with mistakes; -ENOTSUP with *ret_key,
 * the key that would need a restart. On failure nothing was changed.
 */
int dgwd_reload(struct dgwd *d, struct control_mistakes *mistakes, const char **ret_key);
/* "open-lab-mode" is on, or no home agent address, …: calls each with every such text. */
void dgwd_warnings(const struct dgwd *d, void (*each)(void *ctx, const char *text), void *ctx);

/* actions.c: the receiver of the core's actions; ctx is the struct dgwd. */
void actions_emit(void *ctx, const struct ha_action *action);
/* Ask the data plane again for every binding of the core. */
void actions_repair(struct dgwd *d);

/* restore.c */
/* Read back leases and bindings, and remove from the kernel what none of them wants. */
void restore_leases(struct dgwd *d);
void restore_bindings(struct dgwd *d);
/* A binding that the core wants during restore_bindings(). */
void restore_wanted(struct dgwd *d, const struct mip6_prefix *home);

/* commands.c */
extern const struct control_command dgwd_commands[];
void commands_publish(struct dgwd *d, const struct ha_action *action);

#endif
