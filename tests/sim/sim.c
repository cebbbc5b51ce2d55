// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Simulated networks: many WTRUs, D-GWs and, with several operators, PGWs with the real protocol
 * cores, in virtual time, under random moves, faults, crashes, clock steps, attacks and operators'
 * commands. A run has three phases:
 *
 *   chaos: everything may happen; the laws that must hold at any moment are checked as it does
 *   calm:  no more faults and moves; every session must have its path back within a bounded time
 *   drain: nobody uses anything; every instance must be gone everywhere within its bound
 *
 * The same seed and options give the same run; a failure names them. Without options a few small
 * runs and a larger one, in seconds.
 */
#include "world.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define CALM_S 420    /* a refused WTRU asks again after at most 300 s */
#define LOOP_MAX_S 20 /* two retransmissions at the largest time-out would be more */
#define DRAIN_S 600   /* linger, lifetime and ownership, and what time-outs add */

enum {
	NODE_CHECK = 1u << 30,
	NODE_GATEWAY = 1u << 29,
	NODE_RESTART = 1u << 28,
	NODE_PGW = 1u << 27,
};

struct sim {
	struct world world;
	struct world_options options;
	uint64_t events;
	bool chaos;
	unsigned int moves, crashes, attacks, revocations, broken;
};

static struct mip6_addr *random_session(struct sim *sim, unsigned int w)
{
	struct world_wtru *wtru = &sim->world.wtrus[w];

	if (wtru->session_count == 0)
		return NULL;
	return &wtru->sessions[world_random(&sim->world, (uint32_t)wtru->session_count)].hoa;
}

/* --- what people do --- */

static void move(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;
	unsigned int link = world_random(world, world->options.links);
	unsigned int gateway = world_random(world, world->options.gateways);

	sim->moves++;
	if (world_random(world, 20) == 0)
		world_detach(world, w, link);
	else
		world_attach(world, w, link, gateway, world_random(world, 4) != 0);
}

/*
 * Across operators a home address is bound only for who owns it already: until the D-GW knows, a
 * move there would end it.
 */
static bool owned(struct world *world, unsigned int w, const struct mip6_addr *hoa)
{
	const struct world_gateway *g = &world->gateways[world_home(world, hoa)];
	struct ha_binding_info info;

	return world->options.operators == 0 || (g->up && ha_binding_find(g->ha, hoa, &info) &&
	                                         strcmp(info.nai, world->identities[w].nai) == 0);
}

static void open_session(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;
	struct mip6_addr newest;
	struct wtru_instance_info info;

	if (!world->wtrus[w].up)
		return;
	newest = world_newest(world, w);
	if (world_instance(world, w, &newest, &info) && info.state == WTRU_HOME &&
	    owned(world, w, &newest))
		world_use(world, w, &newest, 1);
}

static void close_session(struct sim *sim, unsigned int w)
{
	struct mip6_addr *hoa = random_session(sim, w);
	struct mip6_addr copy;

	if (hoa == NULL)
		return;
	copy = *hoa;
	world_use(&sim->world, w, &copy, 0);
}

static void send_data(struct sim *sim, unsigned int w)
{
	struct mip6_addr *hoa = random_session(sim, w);

	if (hoa != NULL)
		world_send_data(&sim->world, w, hoa);
}

static void revoke(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;
	struct mip6_addr *session = random_session(sim, w);
	struct world_gateway *g;
	struct ha_binding_info info;
	struct mip6_addr hoa;

	if (session == NULL)
		return;
	hoa = *session;
	g = &world->gateways[world_home(world, &hoa)];
	if (!g->up || !ha_binding_find(g->ha, &hoa, &info))
		return;
	sim->revocations++;
	/* Without a binding nobody is told: the address is somebody else's from now on. */
	if (info.expires == MIP6_TIME_NEVER || world->options.operators > 0)
		world_use(world, w, &hoa, 0);
	world_revoke(world, g->index, &hoa);
}

/* Its own operator ends a chain: the WTRU is told, and the anchor. */
static void revoke_chain(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;
	struct mip6_addr *session = random_session(sim, w);
	struct world_pgw *p;
	struct chain_info info;
	struct mip6_addr hoa;

	if (session == NULL || world->options.operators == 0)
		return;
	hoa = *session;
	p = &world->pgws[w % world->options.operators];
	if (!p->up || !chain_find(p->chain, &hoa, &info))
		return;
	sim->revocations++;
	world_use(world, w, &hoa, 0);
	world_revoke_chain(world, p->index, &hoa);
}

static int64_t random_step(struct world *world)
{
	static const int64_t sizes_ms[] = {300, 3000, 6500, 20000, 3600000};
	int64_t step = sizes_ms[world_random(world, 5)] * MIP6_MS;

	return world_random(world, 2) ? step : -step;
}

static void crash_wtru(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;

	sim->crashes++;
	world_crash_wtru(world, w);
	world_schedule(world, world->now + world_random(world, 5000000), NODE_RESTART | w);
}

static void restart_wtru(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;
	bool with_state = world_random(world, 8) != 0;

	/* Without its state it cannot know what it had. */
	while (!with_state && world->wtrus[w].session_count > 0) {
		struct mip6_addr hoa = world->wtrus[w].sessions[0].hoa;

		world_use(world, w, &hoa, 0);
	}
	world_start_wtru(world, w, with_state);
}

/* Somebody else's WTRU, with a key of its own, wants the HoA that a session of w uses. */
static void steal(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;
	unsigned int thief = world_random(world, world->options.wtrus);
	struct mip6_addr *hoa = random_session(sim, w);
	const struct ha_identity *identity;
	struct ha_binding_info info;
	struct world_gateway *g;
	struct mip6_packet head = {0};
	struct mip6_mh mh = {.type = MIP6_MH_BU};
	struct mip6_addr coa;

	if (hoa == NULL || thief == w)
		return;
	g = &world->gateways[world_home(world, hoa)];
	/* What nobody owns is for whoever comes first. */
	if (!g->up || !ha_binding_find(g->ha, hoa, &info))
		return;
	identity = &world->identities[world_random(world, 3) ? thief : w];
	coa = world_address_at(world, thief, world_random(world, world->options.gateways));
	mh.bu.seq = (uint16_t)world_random(world, 65536);
	mh.bu.flags = MIP6_BU_A | MIP6_BU_H;
	mh.bu.lifetime_s4 = (uint16_t)(world_random(world, 2) ? 15 : 0);
	mh.opt.has = MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID;
	mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
	mh.opt.mn_id_len = (uint8_t)strlen(identity->nai);
	memcpy(mh.opt.mn_id, identity->nai, strlen(identity->nai) + 1);
	mh.opt.mesg_id = mip6_ntp_from_unix_us(g->env.unix_us(g->env.ctx));
	if (mip6_addr_is_unspecified(&coa))
		return;
	head.src = coa;
	head.dst = g->addr;
	head.has_hao = world_random(world, 4) != 0;
	head.hao = *hoa;
	if (!head.has_hao)
		head.src = coa = *hoa; /* a false claim */
	world_inject(world, &head, &mh, &world->wtrus[thief].sa, &coa, hoa);
}

static void attack(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;

	if (world->options.open)
		return;
	sim->attacks++;
	if (world_random(world, 3) == 0)
		steal(sim, w);
	else if (world->capture_count > 0)
		world_replay(world, world->capture_serial -
		                            world_random(world, (uint32_t)world->capture_count));
}

static void live(struct sim *sim, unsigned int w)
{
	struct world *world = &sim->world;
	unsigned int what = world_random(world, 100);

	if (what < 40)
		move(sim, w);
	else if (what < 58)
		open_session(sim, w);
	else if (what < 68)
		close_session(sim, w);
	else if (what < 82)
		send_data(sim, w);
	else if (what < 90)
		attack(sim, w);
	else if (what < 93)
		world->wtrus[w].clock_us += random_step(world);
	else if (what < 97 && world->wtrus[w].up)
		crash_wtru(sim, w);
	else if (what < 98)
		revoke(sim, w);
	else if (what < 99)
		revoke_chain(sim, w);
	world_schedule(world, world->now + MIP6_MS + world_random(world, 20000000), w);
}

/*
 * A D-GW comes back. If it forgot who owns what (its disk is gone, or its clock was set forward),
 * that cannot be claimed again from another operator's network.
 */
static void start_gateway(struct sim *sim, unsigned int g, bool with_state)
{
	struct world *world = &sim->world;

	world_start_gateway(world, g, with_state);
	for (unsigned int w = 0; world->options.operators > 0 && w < world->options.wtrus; w++) {
		struct world_wtru *wtru = &world->wtrus[w];

		for (size_t i = wtru->session_count; i-- > 0;) {
			struct mip6_addr hoa = wtru->sessions[i].hoa;

			if (world_home(world, &hoa) == (int)g && !owned(world, w, &hoa))
				world_use(world, w, &hoa, 0);
		}
	}
}

static void live_pgw(struct sim *sim, unsigned int p)
{
	struct world *world = &sim->world;
	mip6_time next = world_random(world, 120000000);

	if (!world->pgws[p].up) {
		world_start_pgw(world, p, world_random(world, 4) != 0);
	} else if (world_random(world, 3) == 0) {
		world->pgws[p].clock_us += random_step(world);
	} else {
		sim->crashes++;
		world_crash_pgw(world, p);
		next = world_random(world, 8000000);
	}
	world_schedule(world, world->now + MIP6_MS + next, NODE_PGW | p);
}

static void live_gateway(struct sim *sim, unsigned int g)
{
	struct world *world = &sim->world;
	mip6_time next = world_random(world, 120000000);

	if (!world->gateways[g].up) {
		start_gateway(sim, g, world_random(world, 4) != 0);
	} else if (world_random(world, 3) == 0) {
		world->gateways[g].clock_us += random_step(world);
	} else {
		sim->crashes++;
		world_crash_gateway(world, g);
		next = world_random(world, 8000000);
	}
	world_schedule(world, world->now + MIP6_MS + next, NODE_GATEWAY | g);
}

/* --- laws that one action alone cannot break --- */

static void check_gateway(struct world *world, const struct world_gateway *g)
{
	struct ha_binding_info info;
	size_t cursor = 0;

	if (!g->up)
		return;
	while (ha_binding_next(g->ha, &cursor, &info)) {
		const struct ha_record *record = world_map_get(&g->disk, &info.hoa);
		const struct world_tunnel *tunnel = world_map_get(&g->tunnels, &info.hoa);
		bool bound = info.expires != MIP6_TIME_NEVER;

		if (bound != (tunnel != NULL) ||
		    (bound && !mip6_addr_equal(&tunnel->coa, &info.coa)))
			world_fail(world, "g%u: its kernel has another binding", g->index);
		if (!info.pending_dad && record == NULL)
			world_fail(world, "g%u: an entry that is not on disk", g->index);
		if (bound &&
		    (info.expires <= world->now ||
		     info.expires - world->now > (mip6_time)g->config.lifetime_max_s * MIP6_S))
			world_fail(world, "g%u: a binding outlives its lifetime", g->index);
		if (!info.pending_dad &&
		    (info.owned_until <= world->now ||
		     info.owned_until - world->now >
		             (mip6_time)(g->config.lifetime_max_s + g->config.ownership_s) *
		                     MIP6_S))
			world_fail(world, "g%u: an owner outlives its time", g->index);
	}
}

/*
 * No forwarding loop. BUs that overtake each other, or of which one is lost, may make one while a
 * WTRU comes home to one D-GW and leaves another; it must be gone with the retransmissions.
 */
static void check_loops(struct world *world, struct world_gateway *g)
{
	for (size_t i = 0; i < g->tunnels.cap; i++) {
		struct world_tunnel *tunnel = g->tunnels.slots[i].value;

		if (tunnel == NULL)
			continue;
		if (world_route(world, &g->tunnels.slots[i].key) != WORLD_LOOP)
			tunnel->looping = 0;
		else if (++tunnel->looping > (world->options.no_claim
		                                      ? world->options.lifetime_s + LOOP_MAX_S
		                                      : LOOP_MAX_S))
			world_fail(world, "a packet for w%u goes round between tunnels",
			           world_owner(&g->tunnels.slots[i].key));
	}
}

static void check_wtru(struct world *world, const struct world_wtru *w)
{
	struct wtru_instance_info info;
	size_t count = 0;

	if (!w->up)
		return;
	while (wtru_instance_get(w->core, count, &info)) {
		if (info.state == WTRU_BOUND && world_map_get(&w->tunnels, &info.hoa) == NULL)
			world_fail(world, "w%u is bound without a tunnel", w->index);
		count++;
	}
	if (count > w->config.instances_max)
		world_fail(world, "w%u has too many instances", w->index);
}

static void check_all(struct world *world)
{
	for (unsigned int g = 0; g < world->options.gateways; g++)
		check_gateway(world, &world->gateways[g]);
	for (unsigned int g = 0; g < world->options.gateways; g++)
		check_loops(world, &world->gateways[g]);
	for (unsigned int w = 0; w < world->options.wtrus; w++)
		check_wtru(world, &world->wtrus[w]);
	for (unsigned int p = 0; p < world->options.operators; p++)
		world_pgw_check(&world->pgws[p]);
}

static void driver(void *ctx, const struct world_event *event)
{
	struct sim *sim = ctx;
	struct world *world = &sim->world;

	if (event->node == NODE_CHECK) {
		check_all(world);
		world_schedule(world, world->now + MIP6_S, NODE_CHECK);
	} else if (event->node & NODE_RESTART) {
		restart_wtru(sim, event->node & ~(unsigned int)NODE_RESTART);
	} else if (!sim->chaos) {
		return;
	} else if (event->node & NODE_GATEWAY) {
		live_gateway(sim, event->node & ~(unsigned int)NODE_GATEWAY);
	} else if (event->node & NODE_PGW) {
		live_pgw(sim, event->node & ~(unsigned int)NODE_PGW);
	} else {
		live(sim, event->node);
	}
}

/* Nothing that is in use ends, unless the operator wants it. */
static void notice(void *ctx, unsigned int w, const struct wtru_action *action)
{
	struct sim *sim = ctx;
	struct world_wtru *wtru = &sim->world.wtrus[w];

	for (size_t i = 0; i < wtru->session_count; i++) {
		struct mip6_addr hoa = wtru->sessions[i].hoa;

		if (!mip6_addr_equal(&hoa, &action->notice.hoa))
			continue;
		if (action->notice.what == WTRU_NOTICE_REVOKED) {
			world_use(&sim->world, w, &hoa, 0);
			return;
		}
		if (action->notice.what == WTRU_NOTICE_ENDED)
			world_fail(&sim->world, "w%u ends an address of g%d that is in use", w,
			           world_home(&sim->world, &hoa));
	}
}

/* --- phases --- */

static void start_chaos(struct sim *sim)
{
	struct world *world = &sim->world;

	sim->chaos = true;
	world->faults = (struct world_faults){
		.loss = world_random(world, 100),
		.duplicate = world_random(world, 60),
		.late = world_random(world, 80),
		.delay_min = MIP6_MS,
		.delay_max = (1 + world_random(world, 60)) * MIP6_MS,
		.late_max = 3 * MIP6_S,
	};
	for (unsigned int w = 0; w < world->options.wtrus; w++) {
		world_attach(world, w, 0, world_random(world, world->options.gateways), true);
		world_schedule(world, world->now + world_random(world, 10000000), w);
	}
	for (unsigned int g = 0; g < world->options.gateways; g++)
		world_schedule(world, world->now + world_random(world, 120000000),
		               NODE_GATEWAY | g);
	for (unsigned int p = 0; p < world->options.operators; p++)
		world_schedule(world, world->now + world_random(world, 120000000), NODE_PGW | p);
	world_schedule(world, world->now + MIP6_S, NODE_CHECK);
}

static void check_sessions(struct world *world)
{
	for (unsigned int w = 0; w < world->options.wtrus; w++) {
		for (size_t i = 0; i < world->wtrus[w].session_count; i++) {
			struct mip6_addr hoa = world->wtrus[w].sessions[i].hoa;
			struct wtru_instance_info info;

			if (!world_instance(world, w, &hoa, &info))
				world_fail(world, "w%u has lost its address of g%d", w,
				           world_home(world, &hoa));
			else if (world_route(world, &hoa) != (int)w)
				world_fail(world,
				           "w%u, %s, status %u: its address of g%d is "
				           "not reached",
				           w, wtru_instance_state_name(info.state), info.status,
				           world_home(world, &hoa));
			else if (!world_send_data(world, w, &hoa))
				world_fail(world, "w%u, %s: cannot send from its address of g%d", w,
				           wtru_instance_state_name(info.state),
				           world_home(world, &hoa));
		}
	}
}

static void calm(struct sim *sim)
{
	struct world *world = &sim->world;

	sim->chaos = false;
	world->faults = (struct world_faults){
		.delay_min = MIP6_MS,
		.delay_max = 20 * MIP6_MS,
	};
	for (unsigned int g = 0; g < world->options.gateways; g++)
		start_gateway(sim, g, true);
	for (unsigned int p = 0; p < world->options.operators; p++)
		world_start_pgw(world, p, true);
	for (unsigned int w = 0; w < world->options.wtrus; w++) {
		if (world->wtrus[w].at[0] < 0)
			world_attach(world, w, 0, world_random(world, world->options.gateways),
			             true);
	}
	world_advance(world, CALM_S * MIP6_S);
	check_sessions(world);
}

static void drain(struct sim *sim)
{
	struct world *world = &sim->world;

	for (unsigned int w = 0; w < world->options.wtrus; w++)
		world->wtrus[w].session_count = 0;
	world_advance(world, DRAIN_S * MIP6_S);
	for (unsigned int w = 0; w < world->options.wtrus; w++) {
		const struct world_wtru *wtru = &world->wtrus[w];
		struct wtru_instance_info info;

		for (size_t i = 0; wtru_instance_get(wtru->core, i, &info); i++) {
			if (info.state != WTRU_HOME)
				world_fail(world, "w%u still has an unused address of g%d: %s", w,
				           world_home(world, &info.hoa),
				           wtru_instance_state_name(info.state));
		}
		if (wtru->tunnels.count != 0 || wtru->hoas.count != 0)
			world_fail(world, "w%u still has %zu tunnels and %zu old addresses", w,
			           wtru->tunnels.count, wtru->hoas.count);
	}
	for (unsigned int i = 0; i < world->options.gateways; i++) {
		const struct world_gateway *g = &world->gateways[i];
		struct ha_binding_info info;
		size_t cursor = 0;

		while (ha_binding_next(g->ha, &cursor, &info)) {
			if (world_route(world, &info.hoa) < 0)
				world_fail(world, "g%u keeps an address that nobody has", i);
		}
		if (g->disk.count != ha_ownership_count(g->ha))
			world_fail(world, "g%u has %zu records for %zu entries", i, g->disk.count,
			           ha_ownership_count(g->ha));
	}
	for (unsigned int i = 0; i < world->options.operators; i++) {
		const struct world_pgw *p = &world->pgws[i];

		if (chain_count(p->chain) != 0 || p->chains.count != 0 || p->disk.count != 0)
			world_fail(world, "p%u still has %zu chains, %zu records", i,
			           chain_count(p->chain), p->disk.count);
	}
}

/* Where a WTRU stands, at the end of a trace. */
static void dump(const struct world *world, unsigned int w)
{
	const struct world_wtru *wtru = &world->wtrus[w];
	struct wtru_instance_info info;
	struct wtru_link_info link;

	for (size_t i = 0; wtru_link_get(wtru->core, i, &link); i++)
		printf("w%u link %u at g%d: %s%s%s, thinks g%d\n", w, link.ifindex - 1,
		       wtru->at[link.ifindex - 1], link.up ? "up" : "down",
		       link.attached ? " attached" : "", link.primary ? " primary" : "",
		       link.attached ? world_home(world, &link.coa) : -1);
	for (size_t i = 0; wtru_instance_get(wtru->core, i, &info); i++)
		printf("w%u h%d.%u %s, status %u, %u sockets\n", w, world_home(world, &info.hoa),
		       info.hoa.b[12], wtru_instance_state_name(info.state), info.status,
		       info.sockets);
}

static bool run(const struct world_options *options, uint64_t events, bool verbose)
{
	struct sim sim = {.options = *options};
	struct world *world = &sim.world;
	const char *phase = "chaos";

	world_init(world, options);
	world->driver = driver;
	world->driver_ctx = &sim;
	world->notice = notice;
	world->notice_ctx = &sim;
	start_chaos(&sim);
	world_run(world, MIP6_TIME_NEVER, events);
	if (world->failure[0] == '\0') {
		phase = "calm";
		calm(&sim);
	}
	if (world->failure[0] == '\0') {
		phase = "drain";
		drain(&sim);
	}
	for (unsigned int w = 0; options->notes && w < options->wtrus; w++)
		dump(world, w);
	if (options->trace)
		fputs(world_trace(world), stdout);
	if (world->failure[0] != '\0')
		printf("FAILED in %s after %llu events, at %.6f s: %s\n"
		       "replay: --seed %llu --wtrus %u --dgws %u --operators %u --links %u "
		       "--events %llu --heartbeat-ms %u%s%s\n",
		       phase, (unsigned long long)world->events, (double)world->now / 1e6,
		       world->failure, (unsigned long long)options->seed, options->wtrus,
		       options->gateways, options->operators, options->links,
		       (unsigned long long)events, options->heartbeat_ms,
		       options->open ? " --open" : "", options->no_claim ? " --no-claim" : "");
	else if (verbose)
		printf("seed %llu: %llu events, %llu messages, %u moves, %u crashes, %u attacks, "
		       "%u revocations, %.0f s simulated: ok\n",
		       (unsigned long long)options->seed, (unsigned long long)world->events,
		       (unsigned long long)world->packets, sim.moves, sim.crashes, sim.attacks,
		       sim.revocations, (double)world->now / 1e6);
	bool ok = world->failure[0] == '\0';

	world_free(world);
	return ok;
}

/* What `make check` runs. */
static bool run_default(void)
{
	bool ok = true;

	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct world_options options = {
			.seed = seed,
			.wtrus = 10 + (unsigned int)seed * 2,
			.gateways = 2 + (unsigned int)seed % 5,
			.links = 1 + (unsigned int)seed % 2,
			.heartbeat_ms = seed % 3 ? 5000 : 0,
			.open = seed % 4 == 0,
			.no_claim = seed % 5 == 0,
		};

		ok = run(&options, 50000, true) && ok;
	}
	for (uint64_t seed = 200; seed < 205; seed++) {
		struct world_options options = {
			.seed = seed,
			.wtrus = 8 + (unsigned int)(seed % 5) * 4,
			.gateways = 4 + (unsigned int)(seed % 4),
			.operators = 2 + (unsigned int)(seed % 3),
			.links = 1 + (unsigned int)(seed % 2),
			.heartbeat_ms = seed % 4 ? 5000 : 0,
			.open = seed == 204,
		};

		ok = run(&options, 50000, true) && ok;
	}
	ok = run(&(struct world_options){.seed = 100,
	                                 .wtrus = 300,
	                                 .gateways = 12,
	                                 .links = 2,
	                                 .heartbeat_ms = 5000},
	         200000, true) &&
	     ok;
	return ok;
}

static void usage(FILE *out)
{
	fputs("usage: sim [--seed N] [--seeds COUNT] [--wtrus N] [--dgws N] [--links 1|2]\n"
	      "           [--operators N] [--events N] [--open] [--no-claim] [--heartbeat-ms N] "
	      "[--trace]\n"
	      "Without options: the runs of `make check`.\n",
	      out);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"seed", required_argument, NULL, 's'},
		{"seeds", required_argument, NULL, 'n'},
		{"wtrus", required_argument, NULL, 'w'},
		{"dgws", required_argument, NULL, 'g'},
		{"operators", required_argument, NULL, 'p'},
		{"links", required_argument, NULL, 'l'},
		{"events", required_argument, NULL, 'e'},
		{"heartbeat-ms", required_argument, NULL, 'b'},
		{"open", no_argument, NULL, 'o'},
		{"no-claim", no_argument, NULL, 'c'},
		{"trace", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct world_options options = {
		.seed = 1, .wtrus = 100, .gateways = 8, .links = 2, .heartbeat_ms = 5000};
	uint64_t events = 200000, seeds = 1;
	bool ok = true;
	int opt;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 1)
		return run_default() ? EXIT_SUCCESS : EXIT_FAILURE;
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		unsigned long long value = optarg != NULL ? strtoull(optarg, NULL, 0) : 0;

		switch (opt) {
		case 's':
			options.seed = value;
			break;
		case 'n':
			seeds = value;
			break;
		case 'w':
			options.wtrus = (unsigned int)value;
			break;
		case 'g':
			options.gateways = (unsigned int)value;
			break;
		case 'p':
			options.operators = (unsigned int)value;
			break;
		case 'l':
			options.links = (unsigned int)value;
			break;
		case 'e':
			events = value;
			break;
		case 'b':
			options.heartbeat_ms = (uint32_t)value;
			break;
		case 'o':
			options.open = true;
			break;
		case 'c':
			options.no_claim = true;
			break;
		case 't':
			options.trace = options.notes = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (options.wtrus == 0 || options.wtrus > 100000 || options.gateways == 0 ||
	    options.gateways > 4000 ||
	    (options.operators > 0 && options.gateways > CHAIN_ROAMING_MAX) || options.links == 0 ||
	    options.links > WORLD_LINKS) {
		usage(stderr);
		return 2;
	}
	for (uint64_t i = 0; i < seeds; i++) {
		ok = run(&options, events, true) && ok;
		options.seed++;
	}
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
