// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The role of a PGW: connects the chain core to the daemon. No decision about mobility is taken
 * here. There is no access link: neither advertisements nor addresses are given, nothing is
 * defended.
 */
#include "dgwd.h"

#include <errno.h>
#include <stdlib.h>

/* Transmissions to an anchor before a WTRU that waits is told that there was no answer. */
#define TRANSMISSIONS 3
#define RETRANSMIT_MAX_MS 32000

static const struct mip6_auth_sa *find_anchor_sa(void *ctx, const struct mip6_addr *anchor)
{
	const struct ha_peer *peer = dgwd_find_peer(ctx, anchor);

	return peer != NULL ? &peer->sa[0] : NULL;
}

static struct chain_env core_env(struct dgwd *d)
{
	return (struct chain_env){
		.ctx = d,
		.random = dgwd_random,
		.unix_us = dgwd_unix_us,
		.find_identity = dgwd_find_identity,
		.find_anchor_sa = find_anchor_sa,
	};
}

static void core_config(const struct dgwd *d, struct chain_config *ret)
{
	const struct dgw_config *c = &d->config;

	*ret = (struct chain_config){
		.address = c->address,
		.chains_max = c->bindings_max,
		.identity_chains_max = c->identity_bindings_max,
		.lifetime_max_s = c->binding_lifetime_max_s,
		/* RFC 6275 section 10.3.1: MUST be omitted when bindings are on disk. */
		.refresh_percent = d->unstored ? c->refresh_percent : 0,
		.replay_window_s = c->replay_window_s,
		.error_rate = DGWD_ERROR_RATE,
		.open = c->open_lab_mode,
		.restart_counter = d->restart_counter,
		.retransmit_initial_ms = c->retransmit_initial_ms,
		.retransmit_max_ms = RETRANSMIT_MAX_MS,
		.retransmit_count = TRANSMISSIONS,
		.heartbeat_interval_ms = c->heartbeat_interval_ms,
		.heartbeat_missing_max = c->heartbeat_missing_max,
	};
	dgw_config_roaming(c, ret);
}

void pgw_step(struct dgwd *d, const struct chain_event *event)
{
	struct chain_env env = core_env(d);
	struct chain_actions actions = {.ctx = d, .emit = pgw_emit};

	chain_step(d->pgw.core, event, d->now, &env, &actions);
}

static void take_packet(struct dgwd *d, const struct mip6_packet *packet, uint32_t ifindex)
{
	struct chain_event event = {.type = CHAIN_EVENT_MH, .mh = packet};

	(void)ifindex;
	pgw_step(d, &event);
}

static void take_bad_packet(struct dgwd *d, const struct mip6_addr *src,
                            const struct mip6_addr *dst, enum mip6_decode result)
{
	struct chain_event event = {.type = CHAIN_EVENT_MH_BAD};

	event.bad.src = *src;
	event.bad.dst = *dst;
	event.bad.result = result;
	pgw_step(d, &event);
}

static void take_unbound(struct dgwd *d, const struct mip6_addr *outer_src,
                         const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src)
{
	struct chain_event event = {.type = CHAIN_EVENT_UNBOUND};

	event.unbound.outer_src = *outer_src;
	event.unbound.outer_dst = *outer_dst;
	event.unbound.inner_src = *inner_src;
	pgw_step(d, &event);
}

static mip6_time deadline(const struct dgwd *d)
{
	return chain_deadline(d->pgw.core);
}

static void take_timer(struct dgwd *d)
{
	struct chain_event event = {.type = CHAIN_EVENT_TIMER};

	pgw_step(d, &event);
}

static bool revoke_chain(struct dgwd *d, const struct mip6_addr *hoa)
{
	struct chain_event event = {.type = CHAIN_EVENT_REVOKE};
	struct chain_info info;

	event.revoke.hoa = *hoa;
	if (!chain_find(d->pgw.core, hoa, &info))
		return false;
	pgw_step(d, &event);
	return true;
}

static void configure(struct dgwd *d)
{
	static struct chain_config config; /* large */

	core_config(d, &config);
	if (d->pgw.core != NULL)
		chain_reconfigure(d->pgw.core, &config);
}

static int start(struct dgwd *d)
{
	static struct chain_config config; /* large */
	struct chain_env env = core_env(d);

	core_config(d, &config);
	d->core_memory = malloc(chain_memory_size(&config));
	if (d->core_memory == NULL)
		return -ENOMEM;
	d->pgw.core = chain_init(d->core_memory, &config, &env);
	return 0;
}

const struct dgwd_role pgw_role = {
	.name = "pgw",
	.title = "PGW",
	.item = "chain",
	.stores =
		{
			[PGW_STORE_WTRU] = "pgw-wtrus.db",
			[PGW_STORE_ANCHOR] = "pgw-anchors.db",
		},
	.records = "pgw-records.db",
	.commands = pgw_commands,
	.start = start,
	.restore = pgw_restore,
	.configure = configure,
	.repair = pgw_repair,
	.packet = take_packet,
	.bad_packet = take_bad_packet,
	.unbound = take_unbound,
	.deadline = deadline,
	.timer = take_timer,
	.revoke = revoke_chain,
	.status = pgw_status,
	.stats = pgw_stats,
};
