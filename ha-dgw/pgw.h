/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The role of a PGW: the chain core. For struct dgwd and the files pgw*.c. */
#ifndef DGW_PGW_H
#define DGW_PGW_H

#include <mip6/chain.h>

#include "io/control.h"

struct dgwd;

/* The stores: two legs of each chain; a chain is restored when both have it. */
enum pgw_store {
	PGW_STORE_WTRU,
	PGW_STORE_ANCHOR,
};

struct pgw {
	struct chain *core;
};

extern const struct dgwd_role pgw_role;

void pgw_step(struct dgwd *d, const struct chain_event *event);

/* pgw_actions.c: the receiver of the core's actions; ctx is the struct dgwd. */
void pgw_emit(void *ctx, const struct chain_action *action);
void pgw_repair(struct dgwd *d);
size_t pgw_restore(struct dgwd *d);

/* pgw_commands.c */
extern const struct control_command pgw_commands[];
void pgw_status(struct dgwd *d, struct json_object *ok);
void pgw_stats(struct dgwd *d, struct json_object *ok);
void pgw_publish(struct dgwd *d, const struct chain_action *action);

#endif
