// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core, the chain core of its PGW and the home-agent cores of four D-GWs talking to each
 * other, message by message: the inter-operator procedure. D-GW 1 and 2 are of operator A, ours, 3
 * and 4 of B. What goes over the network stands above each step, and the trace must be just that;
 * each message takes 10 ms, and none crosses the border but by the PGW.
 */
#include <check.h>
#include <mip6/chain.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/wtru_world.h"

#define LINK 2
#define GATEWAYS 4
#define DELAY (10 * MIP6_MS)
#define HOA(n) world_addr(n, 0x100)
#define QUEUE 128

struct flight {
	struct mip6_packet packet;
	uint8_t data[MIP6_MH_MAX];
	mip6_time at;
};

static struct world world; /* the WTRU */
static struct wtru_override operators[GATEWAYS];
static struct chain *chain;
static void *chain_memory;
static struct ha *gateways[GATEWAYS + 1]; /* from 1 */
static void *gateway_memory[GATEWAYS + 1];
static struct ha_identity wtru_identity;
static struct ha_peer pgw_peer;
static struct flight queue[QUEUE];
static size_t queued;
static size_t seen; /* actions of the WTRU that are on their way */
static int here;    /* D-GW that the WTRU is at */
static char trace[4096];
static bool border_crossed;

static struct mip6_addr pgw(void)
{
	return world_anchor(0xf);
}

static uint32_t any(void *ctx)
{
	static uint32_t value = 1;

	(void)ctx;
	return value = value * 1664525u + 1013904223u;
}

static int64_t unix_us(void *ctx)
{
	(void)ctx;
	return world.unix_us + world.now;
}

static const struct ha_identity *find_identity(void *ctx, const char *nai)
{
	(void)ctx;
	return strcmp(nai, wtru_identity.nai) == 0 ? &wtru_identity : NULL;
}

static const struct ha_identity *find_owner(void *ctx, const struct mip6_addr *hoa)
{
	(void)ctx;
	(void)hoa;
	return NULL;
}

static const struct ha_peer *find_peer(void *ctx, const struct mip6_addr *addr)
{
	(void)ctx;
	return mip6_addr_equal(addr, &pgw_peer.addr) ? &pgw_peer : NULL;
}

static const struct mip6_auth_sa *find_anchor_sa(void *ctx, const struct mip6_addr *anchor)
{
	(void)ctx;
	(void)anchor;
	return &pgw_peer.sa[0];
}

/* --- names, for the trace --- */

static void name(char text[16], const struct mip6_addr *addr)
{
	struct mip6_addr is;

	if (mip6_addr_equal(addr, &pgw_peer.addr)) {
		snprintf(text, 16, "pgw");
		return;
	}
	for (unsigned int n = 1; n <= GATEWAYS; n++) {
		is = world_anchor(n);
		if (mip6_addr_equal(addr, &is)) {
			snprintf(text, 16, "g%u", n);
			return;
		}
	}
	snprintf(text, 16, "w");
}

/* Is it in the network of D-GW n? 0: the PGW's. */
static int place(const struct mip6_addr *addr)
{
	return mip6_addr_equal(addr, &pgw_peer.addr) ? 0 : addr->b[5];
}

static void note(const struct mip6_packet *packet)
{
	char from[16], to[16], what[64];
	const struct mip6_addr *hoa = packet->has_hao   ? &packet->hao
	                              : packet->has_rh2 ? &packet->rh2
	                                                : &packet->src;
	size_t len = strlen(trace), offset;
	struct mip6_mh mh;
	int a = place(&packet->src), b = place(&packet->dst);

	/* Operator A: 1 and 2; B: 3 and 4. */
	if (a != 0 && b != 0 && (a <= 2) != (b <= 2))
		border_crossed = true;
	ck_assert_int_eq(mip6_mh_decode(packet->mh, packet->mh_len, &mh, &offset), MIP6_DECODE_OK);
	name(from, &packet->src);
	name(to, &packet->dst);
	if (mh.type == MIP6_MH_BU && !packet->has_hao)
		snprintf(what, sizeof(what), "claim");
	else if (mh.type == MIP6_MH_BU)
		snprintf(what, sizeof(what), "%s%s", mh.opt.has & MIP6_HAS_ANCHOR ? "BU+" : "BU",
		         mh.bu.lifetime_s4 == 0 ? " end" : "");
	else if (mh.type == MIP6_MH_BA)
		snprintf(what, sizeof(what), "BA %u", mh.ba.status);
	else if (mh.type == MIP6_MH_REVOCATION)
		snprintf(what, sizeof(what), "%s %u",
		         mh.revocation.type == MIP6_REVOCATION_BRI ? "BRI" : "BRA",
		         mh.revocation.trigger);
	else
		snprintf(what, sizeof(what), "%s", mip6_mh_type_name(mh.type));
	if (!packet->has_hao && packet->has_rh2 == false && mh.type == MIP6_MH_BA)
		hoa = &packet->dst;
	if (mh.type == MIP6_MH_BE)
		hoa = &mh.be.hoa;
	snprintf(trace + len, sizeof(trace) - len, "%s>%s %s h%u\n", from, to, what, hoa->b[5]);
}

/* --- the network --- */

static void fly(const struct mip6_packet *packet)
{
	struct flight *f = &queue[queued];

	ck_assert_uint_lt(queued, QUEUE);
	note(packet);
	queued++;
	f->packet = *packet;
	memcpy(f->data, packet->mh, packet->mh_len);
	f->at = world.now + DELAY;
}

static void from_gateway(void *ctx, const struct ha_action *action)
{
	(void)ctx;
	if (action->type == HA_ACTION_SEND)
		fly(&action->packet);
}

static void from_pgw(void *ctx, const struct chain_action *action)
{
	(void)ctx;
	if (action->type == CHAIN_ACTION_SEND)
		fly(&action->packet);
}

/* Put on the network what the WTRU has sent. */
static void take(void)
{
	for (; seen < world.count; seen++) {
		const struct world_action *action = &world.actions[seen];

		if (action->a.type == WTRU_ACTION_SEND)
			fly(&action->a.packet);
	}
}

static const struct chain_env chain_env = {.random = any,
                                           .unix_us = unix_us,
                                           .find_identity = find_identity,
                                           .find_anchor_sa = find_anchor_sa};
static const struct ha_env ha_env = {.random = any,
                                     .unix_us = unix_us,
                                     .find_identity = find_identity,
                                     .find_owner = find_owner,
                                     .find_peer = find_peer};
static const struct chain_actions chain_actions = {.emit = from_pgw};
static const struct ha_actions ha_actions = {.emit = from_gateway};

static void deliver(struct flight *f)
{
	struct chain_event at_pgw = {.type = CHAIN_EVENT_MH, .mh = &f->packet};
	struct ha_event at_gateway = {.type = HA_EVENT_MH};

	f->packet.mh = f->data;
	if (mip6_addr_equal(&f->packet.dst, &pgw_peer.addr)) {
		chain_step(chain, &at_pgw, world.now, &chain_env, &chain_actions);
		return;
	}
	for (unsigned int n = 1; n <= GATEWAYS; n++) {
		struct mip6_addr address = world_anchor(n);

		if (!mip6_addr_equal(&f->packet.dst, &address))
			continue;
		at_gateway.mh.packet = &f->packet;
		at_gateway.mh.on_access_link = (int)n == here && !f->packet.has_hao;
		ha_step(gateways[n], &at_gateway, world.now, &ha_env, &ha_actions);
		return;
	}
	world_mh(&world, &f->packet);
	take();
}

/* Everything that happens until then. */
static void pass(mip6_time by)
{
	mip6_time until = world.now + by;
	const struct chain_event chain_timer = {.type = CHAIN_EVENT_TIMER};
	const struct ha_event ha_timer = {.type = HA_EVENT_TIMER};

	for (;;) {
		mip6_time next = wtru_deadline(world.w);

		next = chain_deadline(chain) < next ? chain_deadline(chain) : next;
		for (unsigned int n = 1; n <= GATEWAYS; n++)
			next = ha_deadline(gateways[n]) < next ? ha_deadline(gateways[n]) : next;
		if (queued > 0 && queue[0].at <= next) {
			struct flight first = queue[0];

			if (first.at > until)
				break;
			memmove(queue, queue + 1, --queued * sizeof(*queue));
			world_until(&world, first.at);
			take();
			deliver(&first);
			continue;
		}
		if (next > until)
			break;
		world_until(&world, next > world.now ? next : world.now);
		take();
		if (chain_deadline(chain) <= world.now)
			chain_step(chain, &chain_timer, world.now, &chain_env, &chain_actions);
		for (unsigned int n = 1; n <= GATEWAYS; n++) {
			if (ha_deadline(gateways[n]) <= world.now)
				ha_step(gateways[n], &ha_timer, world.now, &ha_env, &ha_actions);
		}
	}
	world_until(&world, until);
	take();
}

#define expect(text)                           \
	do {                                   \
		ck_assert_str_eq(trace, text); \
		trace[0] = '\0';               \
		ck_assert(!border_crossed);    \
	} while (0)

/* Attach to D-GW n. What is sent in the same instant is on the trace. */
static void move(unsigned int n)
{
	pass(2 * MIP6_S);
	trace[0] = '\0';
	world_clear(&world);
	seen = 0;
	here = (int)n;
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, n);
	take();
}

static void setup(void)
{
	static struct chain_config config;
	struct ha_config ha = {
		.bindings_max = 64,
		.identity_bindings_max = 64,
		.lifetime_max_s = 600,
		.ownership_s = 300,
		.replay_window_s = 7,
		.error_rate = 100,
		.address_count = 1,
		.prefix_count = 1,
	};

	world_init(&world);
	world.has_sa = true;
	world.config.linger_s = 100000;
	memcpy(wtru_identity.nai, world.config.identity, sizeof(wtru_identity.nai));
	wtru_identity.sa_count = 1;
	wtru_identity.sa[0] = world.sa;
	pgw_peer = (struct ha_peer){.addr = pgw(), .realm = "example.net", .sa_count = 1};
	pgw_peer.sa[0] = world.sa;
	pgw_peer.sa[0].key[0] ^= 0xff;
	config = (struct chain_config){
		.address = pgw(),
		.chains_max = 64,
		.identity_chains_max = 64,
		.lifetime_max_s = 600,
		.replay_window_s = 7,
		.error_rate = 100,
		.retransmit_initial_ms = 1000,
		.retransmit_max_ms = 32000,
		.retransmit_count = 3,
		.roaming_count = GATEWAYS,
	};
	for (unsigned int n = 1; n <= GATEWAYS; n++) {
		struct mip6_addr net = world_anchor(n);

		operators[n - 1].prefix = mip6_prefix_make(&net, 48);
		memcpy(operators[n - 1].operator_name, n <= 2 ? "a.example" : "b.example", 10);
		config.roaming[n - 1].prefix_count = config.roaming[n - 1].anchor_count = 1;
		config.roaming[n - 1].prefixes[0] = operators[n - 1].prefix;
		config.roaming[n - 1].anchors[0] = net;
		ha.addresses[0] = net;
		ha.prefixes[0].prefix = operators[n - 1].prefix;
		ha.prefixes[0].unique_len = 64;
		gateway_memory[n] = malloc(ha_memory_size(&ha));
		ck_assert_ptr_nonnull(gateway_memory[n]);
		gateways[n] = ha_init(gateway_memory[n], &ha, &ha_env);
	}
	world.config.overrides = operators;
	world.config.override_count = GATEWAYS;
	world.config.home_pgw = pgw();
	chain_memory = malloc(chain_memory_size(&config));
	ck_assert_ptr_nonnull(chain_memory);
	chain = chain_init(chain_memory, &config, &chain_env);
	world_open(&world);
	world.now += MIP6_S; /* after the start of everything */
	queued = seen = 0;
	border_crossed = false;
	trace[0] = '\0';
	world_link(&world, LINK, 0, true);
	here = 1;
	world_attach(&world, LINK, 1);
	take();
}

static void teardown(void)
{
	free(chain_memory);
	for (unsigned int n = 1; n <= GATEWAYS; n++)
		free(gateway_memory[n]);
	world_close(&world);
}

static void check_bound(unsigned int n, struct mip6_addr coa)
{
	struct mip6_addr hoa = HOA(n);
	struct ha_binding_info binding;

	ck_assert_int_eq(world_state(&world, hoa), WTRU_BOUND);
	ck_assert(ha_binding_find(gateways[n], &hoa, &binding));
	ck_assert(mip6_addr_equal(&binding.coa, &coa));
}

START_TEST(the_whole_procedure)
{
	struct mip6_addr hoa = HOA(2);
	struct chain_info info;

	move(2);
	expect("w>g1 BU h1\n"
	       "w>g2 claim h2\n");
	pass(2 * DELAY);
	expect("g1>w BA 0 h1\n"
	       "g2>w BA 0 h2\n");
	check_bound(1, HOA(2));
	/*
	 *  WTRU at g3     PGW         g1    g2    g3
	 *   |-- BU+ h2 --->|           |     |     |
	 *   |-- BU+ h1 --->|           |     |     |
	 *   |-- claim -----------------|-----|---->|
	 *   |              |-- BU h2 --|---->|     |
	 *   |              |-- BU h1 ->|     |     |
	 *   |              |<- BA 0 ---|-----|     |
	 *   |<- BA 0 ------|           |     |     |    2 round trips after the move
	 */
	move(3);
	expect("w>pgw BU+ h2\n"
	       "w>pgw BU+ h1\n"
	       "w>g3 claim h3\n");
	pass(4 * DELAY);
	expect("pgw>g2 BU h2\n"
	       "pgw>g1 BU h1\n"
	       "g3>w BA 0 h3\n"
	       "g2>pgw BA 0 h2\n"
	       "g1>pgw BA 0 h1\n"
	       "pgw>w BA 0 h2\n"
	       "pgw>w BA 0 h1\n");
	check_bound(1, pgw());
	check_bound(2, pgw());
	/*
	 *  WTRU at g4     PGW         g3    g4
	 *   |-- BU h3 ----------------->|     |       inside the visited operator
	 *   |-- BU+ h2 --->|            |     |
	 *   |-- BU+ h1 --->|            |     |       their legs alone: 1 round trip
	 */
	move(4);
	expect("w>g3 BU h3\n"
	       "w>pgw BU+ h2\n"
	       "w>pgw BU+ h1\n"
	       "w>g4 claim h4\n");
	pass(2 * DELAY);
	expect("g3>w BA 0 h3\n"
	       "pgw>w BA 0 h2\n"
	       "pgw>w BA 0 h1\n"
	       "g4>w BA 0 h4\n");
	check_bound(1, pgw());
	check_bound(3, HOA(4));
	ck_assert(chain_find(chain, &hoa, &info));
	hoa = HOA(4);
	ck_assert(mip6_addr_equal(&info.coa, &hoa));
	/*
	 *  WTRU at g1     PGW         g1    g2    g3    g4
	 *   |-- claim h1 -------------->|     |     |     |   home: the PGW is told by g1
	 *   |              |<-- BRI 4 --|     |     |     |
	 *   |-- BU h2, directly --------|---->|     |     |
	 *   |              |<-- BRI 4 --------|     |     |
	 *   |-- BU+ h3, h4 >|-- BU ---------------->|---->|
	 */
	move(1);
	pass(20 * DELAY);
	expect("w>g1 claim h1\n"
	       "g1>pgw BRI 4 h1\n"
	       "g1>w BA 0 h1\n"
	       "w>g2 BU h2\n"
	       "w>pgw BU+ h3\n"
	       "w>pgw BU+ h4\n"
	       "pgw>g1 BRA 0 h1\n"
	       "pgw>w BE h1\n"
	       "g2>pgw BRI 4 h2\n"
	       "g2>w BA 0 h2\n"
	       "pgw>g3 BU h3\n"
	       "pgw>g4 BU h4\n"
	       "pgw>g2 BRA 0 h2\n"
	       "pgw>w BE h2\n"
	       "g3>pgw BA 0 h3\n"
	       "g4>pgw BA 0 h4\n"
	       "pgw>w BA 0 h3\n"
	       "pgw>w BA 0 h4\n");
	check_bound(2, HOA(1));
	check_bound(3, pgw());
	check_bound(4, pgw());
	ck_assert_int_eq(world_state(&world, HOA(1)), WTRU_HOME);
	ck_assert_uint_eq(chain_count(chain), 2);
}
END_TEST

START_TEST(given_up)
{
	struct wtru_event event = {.type = WTRU_EVENT_RELEASE};

	move(3);
	pass(MIP6_S);
	check_bound(1, pgw());
	trace[0] = '\0';
	event.release.hoa = HOA(1);
	world_step(&world, &event);
	take();
	pass(4 * DELAY);
	expect("w>pgw BU+ end h1\n"
	       "pgw>g1 BU end h1\n"
	       "g1>pgw BA 0 h1\n"
	       "pgw>w BA 0 h1\n");
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert_uint_eq(chain_count(chain), 0);
	ck_assert_uint_eq(ha_ownership_count(gateways[1]), 0);
}
END_TEST

/* Both legs live on for hours, each refreshed by itself. */
START_TEST(refreshed)
{
	move(3);
	pass(3600 * MIP6_S);
	check_bound(1, pgw());
	ck_assert_uint_eq(chain_count(chain), 1);
	ck_assert_uint_eq(chain_stat_get(chain, CHAIN_STAT_CHAINS_MADE), 1);
	ck_assert_uint_ge(chain_stat_get(chain, CHAIN_STAT_ANCHOR_ACCEPTED), 10);
	ck_assert(!border_crossed);
}
END_TEST

START_TEST(ended_by_the_anchor)
{
	struct ha_event event = {.type = HA_EVENT_REVOKE};

	move(3);
	pass(MIP6_S);
	trace[0] = '\0';
	event.revoke.hoa = HOA(1);
	ha_step(gateways[1], &event, world.now, &ha_env, &ha_actions);
	pass(4 * DELAY);
	expect("g1>pgw BRI 1 h1\n"
	       "pgw>g1 BRA 0 h1\n"
	       "pgw>w BRI 1 h1\n"
	       "w>pgw BRA 0 h1\n");
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert_uint_eq(chain_count(chain), 0);
	ck_assert_uint_eq(ha_ownership_count(chain_wtru_side(chain)), 0);
	ck_assert_uint_eq(ha_ownership_count(gateways[1]), 0);
}
END_TEST

START_TEST(ended_by_our_operator)
{
	struct chain_event event = {.type = CHAIN_EVENT_REVOKE};

	move(3);
	pass(MIP6_S);
	trace[0] = '\0';
	event.revoke.hoa = HOA(1);
	chain_step(chain, &event, world.now, &chain_env, &chain_actions);
	pass(4 * DELAY);
	expect("pgw>w BRI 1 h1\n"
	       "pgw>g1 BU end h1\n"
	       "w>pgw BRA 0 h1\n"
	       "g1>pgw BA 0 h1\n");
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert_uint_eq(chain_count(chain), 0);
	ck_assert_uint_eq(ha_ownership_count(gateways[1]), 0);
}
END_TEST

/* The anchor refuses to go on: the WTRU asks, and hears why. */
START_TEST(the_anchor_forgets)
{
	struct wtru_instance_info info;

	move(3);
	pass(MIP6_S);
	/* Its PGW is no peer any more. */
	memcpy(pgw_peer.realm, "elsewhere.example", sizeof("elsewhere.example"));
	trace[0] = '\0';
	pass(301 * MIP6_S);
	expect("pgw>g1 BU h1\n"
	       "g1>pgw BA 129 h1\n"
	       "pgw>w BE h1\n"
	       "w>pgw BU+ h1\n"
	       "pgw>g1 BU h1\n"
	       "g1>pgw BA 129 h1\n"
	       "pgw>w BA 129 h1\n");
	ck_assert(world_info(&world, HOA(1), &info));
	ck_assert_int_eq(info.state, WTRU_REFUSED);
	ck_assert_uint_eq(chain_count(chain), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chain_exchange");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_whole_procedure);
	tcase_add_test(tcase, given_up);
	tcase_add_test(tcase, refreshed);
	tcase_add_test(tcase, ended_by_the_anchor);
	tcase_add_test(tcase, ended_by_our_operator);
	tcase_add_test(tcase, the_anchor_forgets);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
