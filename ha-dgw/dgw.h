/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The role of a D-GW: home-agent core and access router. For struct dgwd and the files dgw*.c. */
#ifndef DGW_DGW_H
#define DGW_DGW_H

#include <mip6/ha.h>

#include "discovery.h"
#include "io/control.h"
#include "kernel/nd.h"
#include "proxy.h"
#include "router.h"

struct dgwd;

enum dgw_store {
	DGW_STORE_BINDINGS,
};

struct dgw {
	struct nd *nd;
	struct router *router;
	struct proxy *proxy;
	struct discovery *discovery;
	struct radius *radius;
	struct ha *core;
	/* Given back by the core during a step; the router hears of it after the step. */
	size_t released_count, released_space;
	struct mip6_prefix *released;
};

extern const struct dgwd_role dgw_role;

void dgw_step(struct dgwd *d, const struct ha_event *event);

/* dgw_actions.c: the receiver of the core's actions; ctx is the struct dgwd. */
void dgw_emit(void *ctx, const struct ha_action *action);
void dgw_repair(struct dgwd *d);
/* The tunnel of one home address. */
void dgw_repair_one(struct dgwd *d, const struct mip6_addr *hoa);

/* aaa.c */
int aaa_open(struct dgwd *d); /* 0 or -ENOMEM */
void aaa_configure(struct dgwd *d);
/* For the environment of the core. */
bool aaa_serves(void *ctx, const char *nai);
void aaa_ask(struct dgwd *d, const struct ha_action *action);
void aaa_status(struct dgwd *d, struct json_object *ok);
void aaa_stats(struct dgwd *d, struct json_object *ok);

/* dgw_commands.c */
extern const struct control_command dgw_commands[];
void dgw_status(struct dgwd *d, struct json_object *ok);
void dgw_stats(struct dgwd *d, struct json_object *ok);
void dgw_publish(struct dgwd *d, const struct ha_action *action);

#endif
