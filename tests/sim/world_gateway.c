// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A simulated D-GW: the home-agent core with its kernel, disk and pool of prefixes. The laws that
 * one action can break are checked where it comes.
 */
#include "world_private.h"

#include <stdio.h>
#include <stdlib.h>

#define UNIX_BASE_US (INT64_C(1800000000) * MIP6_S)

static uint32_t gateway_random(void *ctx)
{
	struct world_gateway *g = ctx;

	return world_random(g->world, UINT32_MAX);
}

static int64_t gateway_unix_us(void *ctx)
{
	const struct world_gateway *g = ctx;

	return UNIX_BASE_US + g->world->now + g->clock_us;
}

static const struct ha_identity *find_identity(void *ctx, const char *nai)
{
	const struct world_gateway *g = ctx;
	unsigned int w;

	if (sscanf(nai, "w%u@", &w) != 1 || w >= g->world->options.wtrus ||
	    strcmp(g->world->identities[w].nai, nai) != 0)
		return NULL;
	return &g->world->identities[w];
}

static const struct ha_identity *find_owner(void *ctx, const struct mip6_addr *hoa)
{
	(void)ctx;
	(void)hoa;
	return NULL;
}

static const struct ha_peer *find_peer(void *ctx, const struct mip6_addr *addr)
{
	const struct world_gateway *g = ctx;

	return world_find_peer(g->world, addr);
}

static void want_tunnel(struct world_gateway *g, const struct ha_action *action)
{
	struct world *world = g->world;
	const struct mip6_addr *hoa = &action->binding.hoa;
	struct world_tunnel *tunnel = world_alloc(sizeof(*tunnel));
	int p = world_pgw_at(world, &action->binding.coa);

	tunnel->coa = action->binding.coa;
	world_map_put(&g->tunnels, hoa, tunnel);
	if (!mip6_addr_equal(&action->binding.home_agent, &g->addr) ||
	    !mip6_addr_equal(&action->binding.prefix.addr, hoa))
		world_fail(world, "g%u wants a tunnel of the wrong shape", g->index);
	/* A packet for a live HoA is never delivered to a WTRU that does not own it. */
	if (p >= 0 && world_owner(hoa) % world->options.operators != (unsigned int)p)
		world_fail(world, "g%u binds an address of w%u to p%d", g->index, world_owner(hoa),
		           p);
	if (p < 0 && world_owner(hoa) != world_owner(&tunnel->coa))
		world_fail(world, "g%u binds an address of w%u to w%u", g->index, world_owner(hoa),
		           world_owner(&tunnel->coa));
}

static void released(struct world_gateway *g, const struct mip6_prefix *prefix)
{
	uint16_t number = (uint16_t)(prefix->addr.b[6] << 8 | prefix->addr.b[7]);

	if (ha_prefix_in_use(g->ha, prefix))
		world_fail(g->world, "g%u releases a prefix that is in use", g->index);
	for (unsigned int w = 0; g->unique && w < g->world->options.wtrus; w++) {
		bool here = false;

		if (g->unique_of[w] != number)
			continue;
		for (unsigned int l = 0; l < WORLD_LINKS; l++)
			here = here || g->world->wtrus[w].at[l] == (int)g->index;
		world_note(g->world, "g%u releases /64 %u of w%u%s\n", g->index, number, w,
		           here ? ", who is here" : "");
		if (!here)
			g->unique_of[w] = 0;
	}
}

static void emit(void *ctx, const struct ha_action *action)
{
	struct world_gateway *g = ctx;
	struct world *world = g->world;
	struct ha_record *record;

	switch (action->type) {
	case HA_ACTION_SEND:
		world_send(world, &action->packet, action->on_link ? WORLD_ON_LINK : -1);
		break;
	case HA_ACTION_WANT_BINDING:
		want_tunnel(g, action);
		break;
	case HA_ACTION_UNWANT_BINDING:
		if (world_map_get(&g->tunnels, &action->binding.hoa) == NULL)
			world_fail(world, "g%u drops a tunnel that is not there", g->index);
		world_map_remove(&g->tunnels, &action->binding.hoa);
		break;
	case HA_ACTION_WANT_PROXY:
		if (g->unique)
			world_fail(world, "g%u defends a unique address", g->index);
		world_map_put(&g->proxies, &action->proxy.hoa, world_alloc(1));
		break;
	case HA_ACTION_UNWANT_PROXY:
		if (world_map_get(&g->proxies, &action->proxy.hoa) == NULL)
			world_fail(world, "g%u drops a proxy that is not there", g->index);
		world_map_remove(&g->proxies, &action->proxy.hoa);
		break;
	case HA_ACTION_START_DAD:
		world_push(world, &(struct world_event){.type = WORLD_DAD,
		                                        .at = world->now + MIP6_S,
		                                        .node = g->index,
		                                        .addr = action->dad.hoa});
		break;
	case HA_ACTION_SAVE:
		record = world_alloc(sizeof(*record));
		*record = *action->save;
		world_map_put(&g->disk, &record->hoa, record);
		break;
	case HA_ACTION_FORGET:
		world_map_remove(&g->disk, &action->forget);
		break;
	case HA_ACTION_RELEASED:
		released(g, &action->released);
		break;
	case HA_ACTION_ASK_AAA:
	case HA_ACTION_NOTIFY:
		break;
	}
}

static void arm(struct world_gateway *g)
{
	mip6_time at = ha_deadline(g->ha);

	if (at == g->timer)
		return;
	g->timer = at;
	if (at != MIP6_TIME_NEVER)
		world_push(g->world, &(struct world_event){.type = WORLD_GATEWAY_TIMER,
		                                           .at = at,
		                                           .node = g->index});
}

void world_gateway_step(struct world_gateway *g, const struct ha_event *event)
{
	static const struct ha_event timer = {.type = HA_EVENT_TIMER};
	struct world *world = g->world;
	unsigned int rounds = 0;

	ha_step(g->ha, event, world->now, &g->env, &g->actions);
	/* No binding outlives its lifetime: what is due is done now. */
	while (ha_deadline(g->ha) <= world->now) {
		ha_step(g->ha, &timer, world->now, &g->env, &g->actions);
		if (++rounds > 1000) {
			world_fail(world, "g%u: a timer that is never done", g->index);
			return;
		}
	}
	/* Memory is bounded, and the kernel has what the core believes. */
	if (ha_ownership_count(g->ha) > g->config.bindings_max)
		world_fail(world, "g%u has more entries than allowed", g->index);
	if (g->tunnels.count != ha_binding_count(g->ha) ||
	    g->proxies.count != (g->unique ? 0 : g->tunnels.count))
		world_fail(world, "g%u: %zu bindings, %zu tunnels, %zu proxies", g->index,
		           ha_binding_count(g->ha), g->tunnels.count, g->proxies.count);
	arm(g);
}

void world_gateway_receive(struct world_gateway *g, const struct world_event *event)
{
	struct ha_event ha = {.type = HA_EVENT_MH};
	struct mip6_packet packet;
	uint64_t accepted = ha_stat_get(g->ha, HA_STAT_BU_ACCEPTED);
	struct world_capture *c = &g->world->captures[event->capture % WORLD_CAPTURES];
	enum mip6_decode result;
	size_t offset;

	result = mip6_packet_decode(&event->src, &event->dst, event->next_header, event->data,
	                            event->len, &packet, &offset);
	if (result == MIP6_DECODE_OK) {
		ha.mh.packet = &packet;
		ha.mh.on_access_link =
			event->sender >= 0 &&
			world_wtru_native(&g->world->wtrus[event->sender], &event->src, g->index);
	} else {
		ha.type = HA_EVENT_MH_BAD;
		ha.bad.src = event->src;
		ha.bad.dst = event->dst;
		ha.bad.result = result;
	}
	world_gateway_step(g, &ha);
	if (event->capture == 0 || event->capture != c->serial)
		return;
	/*
	 * What was taken from the wire and has arrived already is good for nothing. Except that
	 * after a restart the home agent cannot know what it refused before as ahead of time.
	 */
	if (event->replay && (c->accepted || c->delivered == g->runs) &&
	    ha_stat_get(g->ha, HA_STAT_BU_ACCEPTED) != accepted)
		world_fail(g->world, "g%u accepts a replay", g->index);
	c->delivered = g->runs;
	c->accepted = c->accepted || ha_stat_get(g->ha, HA_STAT_BU_ACCEPTED) != accepted;
}

void world_gateway_timer(struct world_gateway *g, const struct world_event *event)
{
	if (!g->up || event->at < g->timer)
		return; /* armed for another time since */
	g->timer = MIP6_TIME_NEVER;
	world_gateway_step(g, &(struct ha_event){.type = HA_EVENT_TIMER});
}

void world_gateway_dad(struct world_gateway *g, const struct world_event *event)
{
	struct ha_event ha = {.type = HA_EVENT_DAD};
	unsigned int owner = world_owner(&event->addr);

	if (!g->up)
		return;
	ha.dad.hoa = event->addr;
	ha.dad.duplicate = g->world->dad_duplicate ||
	                   (owner < g->world->options.wtrus &&
	                    world_wtru_native(&g->world->wtrus[owner], &event->addr, g->index));
	world_gateway_step(g, &ha);
}

uint16_t world_gateway_assign(struct world_gateway *g, unsigned int wtru)
{
	bool taken = true;

	if (!g->unique || g->unique_of[wtru] != 0)
		return g->unique_of[wtru];
	while (taken) {
		struct mip6_addr addr;
		struct mip6_prefix prefix;

		g->unique_last = (uint16_t)(g->unique_last == UINT16_MAX ? 1 : g->unique_last + 1);
		addr = world_unique_address(g->index, g->unique_last, 0);
		prefix = (struct mip6_prefix){addr, 64};
		taken = g->up && ha_prefix_in_use(g->ha, &prefix);
		for (unsigned int w = 0; !taken && w < g->world->options.wtrus; w++)
			taken = g->unique_of[w] == g->unique_last;
	}
	world_note(g->world, "g%u gives /64 %u to w%u\n", g->index, g->unique_last, wtru);
	g->unique_of[wtru] = g->unique_last;
	return g->unique_last;
}

static void start(struct world_gateway *g)
{
	if (g->memory == NULL)
		g->memory = world_alloc(ha_memory_size(&g->config));
	g->ha = ha_init(g->memory, &g->config, &g->env);
	g->up = true;
	g->runs++;
	g->timer = MIP6_TIME_NEVER;
}

void world_crash_gateway(struct world *world, unsigned int gateway)
{
	struct world_gateway *g = &world->gateways[gateway];

	world_note(world, "g%u crashes\n", gateway);
	g->up = false;
	world_map_clear(&g->tunnels);
	world_map_clear(&g->proxies);
}

void world_start_gateway(struct world *world, unsigned int gateway, bool with_state)
{
	struct world_gateway *g = &world->gateways[gateway];
	size_t count = 0;
	struct ha_record *records;

	if (g->up)
		return;
	world_note(world, "g%u starts %s state\n", gateway, with_state ? "with" : "without");
	if (!with_state) {
		world_map_clear(&g->disk);
		g->config.restart_counter++;
	}
	start(g);
	/* A copy: restoring may write. */
	records = world_alloc((g->disk.count + 1) * sizeof(*records));
	for (size_t i = 0; i < g->disk.cap; i++) {
		if (g->disk.slots[i].value != NULL)
			records[count++] = *(struct ha_record *)g->disk.slots[i].value;
	}
	for (size_t i = 0; i < count; i++)
		world_gateway_step(
			g, &(struct ha_event){.type = HA_EVENT_RESTORE, .restore = &records[i]});
	free(records);
}

void world_revoke(struct world *world, unsigned int gateway, const struct mip6_addr *hoa)
{
	struct ha_event event = {.type = HA_EVENT_REVOKE};

	event.revoke.hoa = *hoa;
	if (world->gateways[gateway].up)
		world_gateway_step(&world->gateways[gateway], &event);
}

void world_gateway_init(struct world *world, unsigned int index)
{
	const struct world_options *options = &world->options;
	struct world_gateway *g = &world->gateways[index];
	struct ha_home_prefix *home = &g->config.prefixes[0];

	g->index = index;
	g->world = world;
	g->unique = options->unique_only || (!options->shared_only && index % 2 == 1);
	g->env = (struct ha_env){
		.ctx = g,
		.random = gateway_random,
		.unix_us = gateway_unix_us,
		.find_identity = find_identity,
		.find_owner = find_owner,
		.find_peer = find_peer,
	};
	g->actions = (struct ha_actions){g, emit};
	g->unique_of = world_alloc(options->wtrus * sizeof(*g->unique_of));
	g->addr = g->unique ? world_unique_address(0x1000 + index, 0, 1)
	                    : world_shared_address(index, 0);
	if (!g->unique)
		g->addr.b[8] = 0xfe;
	/* Many have the same link-local address, as in life. */
	g->router = (struct mip6_addr){{0xfe, 0x80, [15] = (uint8_t)(index % 3 == 2 ? index : 1)}};
	g->config = (struct ha_config){
		.bindings_max = 4 * (size_t)options->wtrus + 64,
		.identity_bindings_max = 64,
		.lifetime_max_s = 4 * WORLD_LIFETIME_S,
		.ownership_s = WORLD_OWNERSHIP_S,
		.replay_window_s = 7,
		.error_rate = 20,
		.open = options->open,
		.restart_counter = 1,
		.address_count = 1,
		.addresses = {g->addr},
		.prefix_count = 1,
	};
	home->prefix.addr =
		g->unique ? world_unique_address(index, 0, 0) : world_shared_address(index, 0);
	home->prefix.len = g->unique ? 48 : 64;
	home->unique_len = g->unique ? 64 : 0;
	start(g);
}

void world_gateway_free(struct world_gateway *g)
{
	world_map_clear(&g->tunnels);
	world_map_clear(&g->proxies);
	world_map_clear(&g->disk);
	free(g->unique_of);
	free(g->memory);
}
