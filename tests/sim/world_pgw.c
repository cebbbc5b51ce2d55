// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A simulated PGW: the chain core with its kernel and disk, for the WTRUs of one operator; and the
 * border between operators, which nothing passes but what is for a PGW or comes from one. The laws
 * that one action can break are checked where it comes.
 */
#include "world_private.h"

#include <stdio.h>
#include <stdlib.h>

#define UNIX_BASE_US (INT64_C(1800000000) * MIP6_S)
#define HALF_MAX_S 60 /* a leg without the other: transmissions to the anchor, and once more */

static uint32_t pgw_random(void *ctx)
{
	struct world_pgw *p = ctx;

	return world_random(p->world, UINT32_MAX);
}

static int64_t pgw_unix_us(void *ctx)
{
	const struct world_pgw *p = ctx;

	return UNIX_BASE_US + p->world->now + p->clock_us;
}

/* A PGW knows the WTRUs of its operator, nobody else. */
static const struct ha_identity *find_identity(void *ctx, const char *nai)
{
	const struct world_pgw *p = ctx;
	unsigned int w;

	if (sscanf(nai, "w%u@", &w) != 1 || w >= p->world->options.wtrus ||
	    w % p->world->options.operators != p->index ||
	    strcmp(p->world->identities[w].nai, nai) != 0)
		return NULL;
	return &p->world->identities[w];
}

static const struct mip6_auth_sa *find_anchor_sa(void *ctx, const struct mip6_addr *anchor)
{
	const struct world_pgw *p = ctx;

	(void)anchor;
	return p->world->options.open ? NULL : &p->peer.sa[0];
}

int world_pgw_at(const struct world *world, const struct mip6_addr *addr)
{
	for (unsigned int p = 0; p < world->options.operators; p++) {
		if (mip6_addr_equal(addr, &world->pgws[p].config.address))
			return (int)p;
	}
	return -1;
}

const struct ha_peer *world_find_peer(const struct world *world, const struct mip6_addr *addr)
{
	int p = world_pgw_at(world, addr);

	return p < 0 ? NULL : &world->pgws[p].peer;
}

/* -1: a PGW, or no address of this world; it may talk to all. */
static int operator_at(const struct world *world, const struct mip6_addr *addr)
{
	int g = world_gateway_at(world, addr);

	if (g < 0)
		g = world_home(world, addr);
	return g < 0 ? -1 : g % (int)world->options.operators;
}

bool world_border_passes(const struct world *world, const struct mip6_addr *src,
                         const struct mip6_addr *dst)
{
	int from, to;

	if (world->options.operators == 0)
		return true;
	from = operator_at(world, src);
	to = operator_at(world, dst);
	return from < 0 || to < 0 || from == to;
}

/* --- what the core wants --- */

static void want_chain(struct world_pgw *p, const struct chain_action *action)
{
	struct world *world = p->world;
	struct world_chain *chain = world_alloc(sizeof(*chain));
	unsigned int owner = world_owner(&action->chain.hoa);
	int g = world_gateway_at(world, &action->chain.anchor);

	chain->coa = action->chain.coa;
	chain->anchor = action->chain.anchor;
	world_map_put(&p->chains, &action->chain.hoa, chain);
	if (!mip6_addr_equal(&action->chain.address, &p->config.address) || g < 0 ||
	    g != world_home(world, &action->chain.hoa))
		world_fail(world, "p%u wants a chain of the wrong shape", p->index);
	if (owner != world_owner(&chain->coa) || owner % world->options.operators != p->index)
		world_fail(world, "p%u chains an address of w%u to w%u", p->index, owner,
		           world_owner(&chain->coa));
}

static void emit(void *ctx, const struct chain_action *action)
{
	struct world_pgw *p = ctx;
	struct chain_record *record;

	switch (action->type) {
	case CHAIN_ACTION_SEND:
		world_send(p->world, &action->packet, -1);
		break;
	case CHAIN_ACTION_WANT_CHAIN:
		want_chain(p, action);
		break;
	case CHAIN_ACTION_UNWANT_CHAIN:
		if (world_map_get(&p->chains, &action->chain.hoa) == NULL)
			world_fail(p->world, "p%u drops a chain that is not there", p->index);
		world_map_remove(&p->chains, &action->chain.hoa);
		break;
	case CHAIN_ACTION_SAVE:
		record = world_alloc(sizeof(*record));
		*record = *action->save;
		world_map_put(&p->disk, &record->wtru.hoa, record);
		break;
	case CHAIN_ACTION_FORGET:
		world_map_remove(&p->disk, &action->forget);
		break;
	case CHAIN_ACTION_NOTIFY:
		world_note_address(p->world, 'p', p->index, chain_notice_name(action->notice.what),
		                   &action->notice.hoa, action->notice.status);
		break;
	}
}

static void arm(struct world_pgw *p)
{
	mip6_time at = chain_deadline(p->chain);

	if (at == p->timer)
		return;
	p->timer = at;
	if (at != MIP6_TIME_NEVER)
		world_push(p->world, &(struct world_event){
					     .type = WORLD_PGW_TIMER, .at = at, .node = p->index});
}

void world_pgw_step(struct world_pgw *p, const struct chain_event *event)
{
	static const struct chain_event timer = {.type = CHAIN_EVENT_TIMER};
	struct world *world = p->world;
	unsigned int rounds = 0;

	chain_step(p->chain, event, world->now, &p->env, &p->actions);
	while (chain_deadline(p->chain) <= world->now) {
		chain_step(p->chain, &timer, world->now, &p->env, &p->actions);
		if (++rounds > 1000) {
			world_fail(world, "p%u: a timer that is never done", p->index);
			return;
		}
	}
	/* Memory is bounded, the kernel has what the core believes, and no WTRU's leg is alone. */
	if (chain_count(p->chain) > p->config.chains_max)
		world_fail(world, "p%u has more chains than allowed", p->index);
	if (p->chains.count != ha_binding_count(chain_wtru_side(p->chain)) ||
	    p->chains.count > chain_count(p->chain))
		world_fail(world, "p%u: %zu legs of WTRUs, %zu tunnels, %zu legs of anchors",
		           p->index, ha_binding_count(chain_wtru_side(p->chain)), p->chains.count,
		           chain_count(p->chain));
	arm(p);
}

void world_pgw_receive(struct world_pgw *p, const struct world_event *event)
{
	struct chain_event step = {.type = CHAIN_EVENT_MH};
	struct world_capture *c = &p->world->captures[event->capture % WORLD_CAPTURES];
	struct mip6_packet packet;
	enum mip6_decode result;
	uint64_t accepted, asked;
	size_t offset;
	bool effect;

	result = mip6_packet_decode(&event->src, &event->dst, event->next_header, event->data,
	                            event->len, &packet, &offset);
	if (result == MIP6_DECODE_OK) {
		step.mh = &packet;
	} else {
		step.type = CHAIN_EVENT_MH_BAD;
		step.bad.src = event->src;
		step.bad.dst = event->dst;
		step.bad.result = result;
	}
	/* What is due now is not the message's doing. */
	world_pgw_step(p, &(struct chain_event){.type = CHAIN_EVENT_TIMER});
	accepted = ha_stat_get(chain_wtru_side(p->chain), HA_STAT_BU_ACCEPTED);
	asked = chain_stat_get(p->chain, CHAIN_STAT_ANCHOR_BU_SENT);
	world_pgw_step(p, &step);
	if (event->capture == 0 || event->capture != c->serial)
		return;
	effect = ha_stat_get(chain_wtru_side(p->chain), HA_STAT_BU_ACCEPTED) != accepted ||
	         chain_stat_get(p->chain, CHAIN_STAT_ANCHOR_BU_SENT) != asked;
	/* As at a D-GW: see world_gateway_receive(). Without its records it knows of no run before.
	 */
	if (event->replay && effect &&
	    (c->delivered == p->runs || (c->accepted && c->delivered >= p->remembers)))
		world_fail(p->world, "p%u accepts a replay", p->index);
	c->delivered = p->runs;
	c->accepted = c->accepted || effect;
}

void world_pgw_timer(struct world_pgw *p, const struct world_event *event)
{
	if (!p->up || event->at < p->timer)
		return; /* armed for another time since */
	p->timer = MIP6_TIME_NEVER;
	world_pgw_step(p, &(struct chain_event){.type = CHAIN_EVENT_TIMER});
}

/* --- laws --- */

static void check_chain(struct world_pgw *p, const struct chain_info *info)
{
	struct world *world = p->world;
	const struct world_chain *chain = world_map_get(&p->chains, &info->hoa);
	bool bound = info->wtru_expires != MIP6_TIME_NEVER;
	bool saved = world_map_get(&p->disk, &info->hoa) != NULL;

	if (bound != (chain != NULL) ||
	    (bound && (!mip6_addr_equal(&chain->coa, &info->coa) ||
	               !mip6_addr_equal(&chain->anchor, &info->anchor))))
		world_fail(world, "p%u: its kernel has another chain", p->index);
	/* Until a release is answered, or a release taken back, the record may stay. */
	if (bound ? info->state == CHAIN_BOUND && !saved : saved)
		world_fail(world, "p%u: %s, %s, and on disk%s: the chain of w%u", p->index,
		           bound ? "bound" : "not bound", chain_state_name(info->state),
		           saved ? "" : " not", world_owner(&info->hoa));
	if (bound &&
	    (info->wtru_expires <= world->now ||
	     info->wtru_expires - world->now > (mip6_time)p->config.lifetime_max_s * MIP6_S))
		world_fail(world, "p%u: a WTRU's leg outlives its lifetime", p->index);
	if (info->anchor_expires != MIP6_TIME_NEVER &&
	    (info->anchor_expires <= world->now ||
	     info->anchor_expires - world->now > (mip6_time)p->config.lifetime_max_s * MIP6_S))
		world_fail(world, "p%u: an anchor's leg outlives its lifetime", p->index);
	/* The lifetimes of the legs are in step. */
	if (bound && info->state == CHAIN_BOUND &&
	    info->wtru_expires > info->anchor_expires + MIP6_S)
		world_fail(world, "p%u: a WTRU's leg outlives the anchor's", p->index);
}

void world_pgw_check(struct world_pgw *p)
{
	struct world_map half = {0};
	struct chain_info info;
	size_t cursor = 0;

	if (!p->up)
		return;
	/* Half a chain, being made or being closed, is neither for long. */
	while (chain_next(p->chain, &cursor, &info)) {
		const struct world_half *old = world_map_get(&p->half, &info.hoa);
		struct world_half *now;

		check_chain(p, &info);
		if (info.state == CHAIN_BOUND && info.wtru_expires != MIP6_TIME_NEVER)
			continue;
		now = world_alloc(sizeof(*now));
		now->state = info.state;
		now->seconds = old != NULL && old->state == info.state ? old->seconds + 1 : 0;
		if (now->seconds > HALF_MAX_S)
			world_fail(p->world, "p%u: half a chain of w%u, %s, for %u s", p->index,
			           world_owner(&info.hoa), chain_state_name(info.state),
			           now->seconds);
		world_map_put(&half, &info.hoa, now);
	}
	world_map_clear(&p->half);
	p->half = half;
}

/* --- life --- */

static void start(struct world_pgw *p)
{
	p->chain = chain_init(p->memory, &p->config, &p->env);
	p->up = true;
	p->runs++;
	p->timer = MIP6_TIME_NEVER;
}

void world_crash_pgw(struct world *world, unsigned int pgw)
{
	struct world_pgw *p = &world->pgws[pgw];

	world_note(world, "p%u crashes\n", pgw);
	p->up = false;
	world_map_clear(&p->chains);
	world_map_clear(&p->half);
}

void world_start_pgw(struct world *world, unsigned int pgw, bool with_state)
{
	struct world_pgw *p = &world->pgws[pgw];
	struct chain_record *records;
	size_t count = 0;

	if (p->up)
		return;
	world_note(world, "p%u starts %s state\n", pgw, with_state ? "with" : "without");
	if (!with_state) {
		world_map_clear(&p->disk);
		p->config.restart_counter++;
	}
	start(p);
	if (!with_state)
		p->remembers = p->runs;
	/* A copy: restoring may write. */
	records = world_alloc((p->disk.count + 1) * sizeof(*records));
	for (size_t i = 0; i < p->disk.cap; i++) {
		if (p->disk.slots[i].value != NULL)
			records[count++] = *(struct chain_record *)p->disk.slots[i].value;
	}
	for (size_t i = 0; i < count; i++)
		world_pgw_step(p, &(struct chain_event){.type = CHAIN_EVENT_RESTORE,
		                                        .restore = &records[i]});
	free(records);
}

void world_revoke_chain(struct world *world, unsigned int pgw, const struct mip6_addr *hoa)
{
	struct chain_event event = {.type = CHAIN_EVENT_REVOKE};

	event.revoke.hoa = *hoa;
	if (world->pgws[pgw].up)
		world_pgw_step(&world->pgws[pgw], &event);
}

/* Every D-GW, of whatever operator, is one of its partners; after all D-GWs. */
void world_pgw_init(struct world *world, unsigned int index)
{
	const struct world_options *options = &world->options;
	struct world_pgw *p = &world->pgws[index];

	p->index = index;
	p->world = world;
	p->config = (struct chain_config){
		.address = world_shared_address(0x3000 + index, 1),
		.chains_max = 4 * (size_t)options->wtrus + 64,
		.identity_chains_max = 64,
		.lifetime_max_s = 4 * WORLD_LIFETIME_S,
		.replay_window_s = 7,
		.error_rate = 20,
		.open = options->open,
		.restart_counter = 1,
		.retransmit_initial_ms = 1000,
		.retransmit_max_ms = 16000,
		.retransmit_count = 3,
		.heartbeat_interval_ms = options->heartbeat_ms,
		.heartbeat_missing_max = 3,
		.roaming_count = options->gateways,
	};
	for (unsigned int g = 0; g < options->gateways; g++) {
		struct chain_roaming *entry = &p->config.roaming[g];

		snprintf(entry->operator_name, sizeof(entry->operator_name), "op%u.example",
		         g % options->operators);
		entry->prefix_count = entry->anchor_count = 1;
		entry->prefixes[0] = world->gateways[g].config.prefixes[0].prefix;
		entry->anchors[0] = world->gateways[g].addr;
	}
	p->peer.addr = p->config.address;
	snprintf(p->peer.realm, sizeof(p->peer.realm), "op%u.example", index);
	if (!options->open) {
		p->peer.sa_count = 1;
		p->peer.sa[0] = (struct mip6_auth_sa){
			.spi = 2000 + index,
			.algorithm = MIP6_AUTH_HMAC_SHA256_128,
			.key_len = 16,
			.key = {(uint8_t)index, 0xaa},
		};
	}
	p->env = (struct chain_env){
		.ctx = p,
		.random = pgw_random,
		.unix_us = pgw_unix_us,
		.find_identity = find_identity,
		.find_anchor_sa = find_anchor_sa,
	};
	p->actions = (struct chain_actions){p, emit};
	p->memory = world_alloc(chain_memory_size(&p->config));
	start(p);
}

void world_pgw_free(struct world_pgw *p)
{
	world_map_clear(&p->chains);
	world_map_clear(&p->disk);
	world_map_clear(&p->half);
	free(p->memory);
}
