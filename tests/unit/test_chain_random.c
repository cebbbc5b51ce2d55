// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A chain core between two real D-GW cores and WTRUs that ask for anything at any time, over a
 * network that loses and delays; revocations on both sides, restarts of all. After every event: no
 * half chain. At the end: nothing is left anywhere.
 */
#include <check.h>
#include <mip6/chain.h>
#include <stdio.h>
#include <stdlib.h>

#define GATEWAYS 2
#define HOAS 4 /* two at each D-GW */
#define COAS 3
#define QUEUE 256
#define EVENTS 4000

struct flight {
	struct mip6_packet packet;
	uint8_t data[MIP6_MH_MAX];
	mip6_time at;
	bool used;
};

static struct {
	uint64_t rng;
	mip6_time now;
	struct chain_config config;
	struct chain *chain;
	void *memory;
	struct ha_config ha_config[GATEWAYS];
	struct ha *ha[GATEWAYS];
	void *ha_memory[GATEWAYS];
	struct ha_identity alice;
	struct ha_peer pgw;
	struct mip6_addr hoas[HOAS], coas[COAS], gateways[GATEWAYS];
	struct flight queue[QUEUE];
	bool wanted[HOAS];
	struct mip6_addr wanted_coa[HOAS], wanted_anchor[HOAS];
	bool saved[HOAS];
	struct chain_record records[HOAS];
	struct ha_record ha_records[HOAS];
	bool ha_saved[HOAS];
	uint16_t seq;
	unsigned int loss; /* percent */
} t;

static uint32_t rnd(void *ctx)
{
	(void)ctx;
	t.rng ^= t.rng << 13;
	t.rng ^= t.rng >> 7;
	t.rng ^= t.rng << 17;
	return (uint32_t)(t.rng >> 16);
}

static unsigned int pick(unsigned int n)
{
	return rnd(NULL) % n;
}

static int64_t unix_us(void *ctx)
{
	(void)ctx;
	return t.now + INT64_C(1800000000) * MIP6_S;
}

static const struct ha_identity *find_identity(void *ctx, const char *nai)
{
	(void)ctx;
	return strcmp(nai, t.alice.nai) == 0 ? &t.alice : NULL;
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
	return mip6_addr_equal(addr, &t.pgw.addr) ? &t.pgw : NULL;
}

static const struct mip6_auth_sa *find_anchor_sa(void *ctx, const struct mip6_addr *anchor)
{
	(void)ctx;
	(void)anchor;
	return &t.pgw.sa[0];
}

static struct mip6_addr addr(unsigned int net, unsigned int subnet, unsigned int host)
{
	struct mip6_addr a = {{0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)net, 0, (uint8_t)subnet}};

	a.b[15] = (uint8_t)host;
	return a;
}

static unsigned int hoa_index(const struct mip6_addr *hoa)
{
	for (unsigned int i = 0; i < HOAS; i++) {
		if (mip6_addr_equal(hoa, &t.hoas[i]))
			return i;
	}
	ck_abort_msg("a home address that nobody asked for");
	return 0;
}

/* --- the network --- */

static void fly(const struct mip6_packet *packet)
{
	if (pick(100) < t.loss)
		return;
	for (unsigned int i = 0; i < QUEUE; i++) {
		struct flight *f = &t.queue[i];

		if (f->used)
			continue;
		f->used = true;
		f->packet = *packet;
		memcpy(f->data, packet->mh, packet->mh_len);
		f->packet.mh = f->data;
		f->at = t.now + (1 + pick(20)) * MIP6_MS;
		return;
	}
}

static void ha_emit(void *ctx, const struct ha_action *action)
{
	(void)ctx;
	if (action->type == HA_ACTION_SEND)
		fly(&action->packet);
	if (action->type == HA_ACTION_SAVE) {
		t.ha_records[hoa_index(&action->save->hoa)] = *action->save;
		t.ha_saved[hoa_index(&action->save->hoa)] = true;
	}
	if (action->type == HA_ACTION_FORGET)
		t.ha_saved[hoa_index(&action->forget)] = false;
}

static void chain_emit_test(void *ctx, const struct chain_action *action)
{
	unsigned int i;

	(void)ctx;
	switch (action->type) {
	case CHAIN_ACTION_SEND:
		fly(&action->packet);
		break;
	case CHAIN_ACTION_WANT_CHAIN:
		i = hoa_index(&action->chain.hoa);
		t.wanted[i] = true;
		t.wanted_coa[i] = action->chain.coa;
		t.wanted_anchor[i] = action->chain.anchor;
		break;
	case CHAIN_ACTION_UNWANT_CHAIN:
		t.wanted[hoa_index(&action->chain.hoa)] = false;
		break;
	case CHAIN_ACTION_SAVE:
		i = hoa_index(&action->save->wtru.hoa);
		t.saved[i] = true;
		t.records[i] = *action->save;
		break;
	case CHAIN_ACTION_FORGET:
		t.saved[hoa_index(&action->forget)] = false;
		break;
	case CHAIN_ACTION_NOTIFY:
		break;
	}
}

static const struct chain_env chain_env = {.random = rnd,
                                           .unix_us = unix_us,
                                           .find_identity = find_identity,
                                           .find_anchor_sa = find_anchor_sa};
static const struct ha_env ha_env = {.random = rnd,
                                     .unix_us = unix_us,
                                     .find_identity = find_identity,
                                     .find_owner = find_owner,
                                     .find_peer = find_peer};
static const struct chain_actions chain_actions = {.emit = chain_emit_test};
static const struct ha_actions ha_actions = {.emit = ha_emit};

/* --- invariants --- */

static void check_invariants(void)
{
	struct ha_binding_info binding;
	struct chain_info info;
	size_t cursor = 0;
	unsigned int bound = 0;

	while (chain_next(t.chain, &cursor, &info)) {
		unsigned int i = hoa_index(&info.hoa);
		bool wtru = !mip6_addr_is_unspecified(&info.coa);

		/* The anchor's leg without the WTRU's: only on its way in or out. */
		ck_assert(wtru || info.state != CHAIN_BOUND);
		ck_assert_int_eq(wtru, t.wanted[i]);
		if (!wtru)
			continue;
		bound++;
		ck_assert(mip6_addr_equal(&info.coa, &t.wanted_coa[i]));
		ck_assert(mip6_addr_equal(&info.anchor, &t.wanted_anchor[i]));
		ck_assert_int_gt(info.wtru_expires, t.now);
		/* It never outlives what the anchor grants. */
		if (info.state == CHAIN_BOUND)
			ck_assert_int_le(info.wtru_expires, info.anchor_expires);
		ck_assert(t.saved[i]);
	}
	/* The WTRU's leg without the anchor's: never. */
	ck_assert_uint_eq(ha_binding_count(chain_wtru_side(t.chain)), bound);
	cursor = 0;
	while (ha_binding_next(chain_wtru_side(t.chain), &cursor, &binding)) {
		if (!mip6_addr_is_unspecified(&binding.coa))
			ck_assert(chain_find(t.chain, &binding.hoa, &info));
	}
	ck_assert_uint_le(chain_count(t.chain), t.config.chains_max);
}

/* --- events --- */

static void step_chain(const struct chain_event *event)
{
	chain_step(t.chain, event, t.now, &chain_env, &chain_actions);
	check_invariants();
}

static void step_ha(unsigned int g, const struct ha_event *event)
{
	ha_step(t.ha[g], event, t.now, &ha_env, &ha_actions);
}

static void deliver(const struct mip6_packet *packet)
{
	struct chain_event at_pgw = {.type = CHAIN_EVENT_MH, .mh = packet};
	struct ha_event at_gateway = {.type = HA_EVENT_MH};

	if (mip6_addr_equal(&packet->dst, &t.config.address)) {
		step_chain(&at_pgw);
		return;
	}
	at_gateway.mh.packet = packet;
	for (unsigned int g = 0; g < GATEWAYS; g++) {
		if (mip6_addr_equal(&packet->dst, &t.gateways[g]))
			step_ha(g, &at_gateway);
	}
}

static void advance(mip6_time by)
{
	mip6_time until = t.now + by;
	const struct chain_event chain_timer = {.type = CHAIN_EVENT_TIMER};
	const struct ha_event ha_timer = {.type = HA_EVENT_TIMER};

	for (;;) {
		struct flight *first = NULL;
		mip6_time next = chain_deadline(t.chain);

		for (unsigned int i = 0; i < QUEUE; i++) {
			if (t.queue[i].used && (first == NULL || t.queue[i].at < first->at))
				first = &t.queue[i];
		}
		for (unsigned int g = 0; g < GATEWAYS; g++)
			next = ha_deadline(t.ha[g]) < next ? ha_deadline(t.ha[g]) : next;
		if (first != NULL && first->at < next)
			next = first->at;
		if (next > until)
			break;
		t.now = next > t.now ? next : t.now;
		if (first != NULL && first->at <= t.now) {
			struct flight copy = *first;

			copy.packet.mh = copy.data;
			first->used = false;
			deliver(&copy.packet);
			continue;
		}
		for (unsigned int g = 0; g < GATEWAYS; g++) {
			if (ha_deadline(t.ha[g]) <= t.now)
				step_ha(g, &ha_timer);
		}
		if (chain_deadline(t.chain) <= t.now)
			step_chain(&chain_timer);
	}
	t.now = until;
}

static void send_bu(const struct mip6_addr *dst, const struct mip6_addr *coa,
                    const struct mip6_addr *hoa, const struct mip6_addr *anchor,
                    uint16_t lifetime_s4)
{
	bool home = mip6_addr_equal(coa, hoa);
	struct mip6_packet packet = {.src = *coa, .dst = *dst, .has_hao = !home, .hao = *hoa};
	struct mip6_mh mh = {
		.type = MIP6_MH_BU,
		.bu = {.seq = ++t.seq, .flags = MIP6_BU_A | MIP6_BU_H, .lifetime_s4 = lifetime_s4},
		.opt = {.has = MIP6_HAS_ALT_COA | MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID,
	                .alt_coa = *coa,
	                .mn_id_subtype = MIP6_MN_ID_NAI,
	                .mn_id_len = (uint8_t)strlen(t.alice.nai),
	                .mesg_id = mip6_ntp_from_unix_us(unix_us(NULL))},
	};
	uint8_t data[MIP6_MH_MAX];

	memcpy(mh.opt.mn_id, t.alice.nai, strlen(t.alice.nai) + 1);
	if (anchor != NULL) {
		mh.opt.has |= MIP6_HAS_ANCHOR;
		mh.opt.anchor = *anchor;
	}
	packet.mh = data;
	packet.mh_len = mip6_auth_encode(&mh, &t.alice.sa[0], coa, hoa, data, sizeof(data));
	fly(&packet);
}

static void start_pgw(void)
{
	free(t.memory);
	t.memory = malloc(chain_memory_size(&t.config));
	ck_assert_ptr_nonnull(t.memory);
	memset(t.memory, 0xa5, chain_memory_size(&t.config));
	t.chain = chain_init(t.memory, &t.config, &chain_env);
	memset(t.wanted, 0, sizeof(t.wanted)); /* the kernel's state goes with the process */
}

static void restart_pgw(bool with_records)
{
	struct chain_event event = {.type = CHAIN_EVENT_RESTORE};
	struct chain_record records[HOAS];
	bool saved[HOAS];

	memcpy(records, t.records, sizeof(records));
	memcpy(saved, t.saved, sizeof(saved));
	if (!with_records) {
		memset(t.saved, 0, sizeof(t.saved));
		t.config.restart_counter++;
	}
	start_pgw();
	for (unsigned int i = 0; i < HOAS && with_records; i++) {
		event.restore = &records[i];
		if (saved[i])
			chain_step(t.chain, &event, t.now, &chain_env, &chain_actions);
	}
	check_invariants();
}

static void restart_gateway(unsigned int g, bool with_records)
{
	struct ha_event event = {.type = HA_EVENT_RESTORE};
	struct ha_record records[HOAS];
	bool saved[HOAS];

	memcpy(records, t.ha_records, sizeof(records));
	memcpy(saved, t.ha_saved, sizeof(saved));
	if (!with_records)
		t.ha_config[g].restart_counter++;
	free(t.ha_memory[g]);
	t.ha_memory[g] = malloc(ha_memory_size(&t.ha_config[g]));
	ck_assert_ptr_nonnull(t.ha_memory[g]);
	t.ha[g] = ha_init(t.ha_memory[g], &t.ha_config[g], &ha_env);
	for (unsigned int i = 0; i < HOAS; i++) {
		if (i % GATEWAYS != g)
			continue;
		event.restore = &records[i];
		if (saved[i] && with_records)
			step_ha(g, &event);
		else
			t.ha_saved[i] = false;
	}
}

static void random_event(void)
{
	unsigned int h = pick(HOAS), g = h % GATEWAYS;
	struct chain_event revoke = {.type = CHAIN_EVENT_REVOKE};
	struct ha_event ha_revoke = {.type = HA_EVENT_REVOKE};
	unsigned int what = pick(100);

	if (what < 50) /* extended: register, refresh, move */
		send_bu(&t.config.address, &t.coas[pick(COAS)], &t.hoas[h], &t.gateways[g],
		        (uint16_t)(1 + pick(30)));
	else if (what < 58) /* extended: release */
		send_bu(&t.config.address, &t.coas[pick(COAS)], &t.hoas[h], &t.gateways[g], 0);
	else if (what < 62) /* names the wrong one */
		send_bu(&t.config.address, &t.coas[pick(COAS)], &t.hoas[h],
		        &t.gateways[(g + 1) % GATEWAYS], 10);
	else if (what < 72) /* direct */
		send_bu(&t.gateways[g], &t.coas[pick(COAS)], &t.hoas[h], NULL,
		        (uint16_t)(1 + pick(30)));
	else if (what < 88) /* at home: claim, or return */
		send_bu(&t.gateways[g], &t.hoas[h], &t.hoas[h], NULL, 0);
	else if (what < 91) {
		revoke.revoke.hoa = t.hoas[h];
		step_chain(&revoke);
	} else if (what < 94) {
		ha_revoke.revoke.hoa = t.hoas[h];
		step_ha(g, &ha_revoke);
	} else if (what < 97) {
		restart_pgw(pick(2) == 0);
	} else {
		restart_gateway(pick(GATEWAYS), pick(2) == 0);
	}
}

static void begin(uint64_t seed, unsigned int loss)
{
	memset(&t, 0, sizeof(t));
	t.rng = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	t.now = 1000 * MIP6_S;
	t.loss = loss;
	memcpy(t.alice.nai, "alice@example.org", sizeof("alice@example.org"));
	t.alice.sa_count = 1;
	t.alice.sa[0] = (struct mip6_auth_sa){
		.spi = MIP6_AUTH_SPI_DEFAULT, .algorithm = MIP6_AUTH_HMAC_SHA1, .key_len = 16};
	t.pgw.addr = addr(0xf, 0, 1);
	memcpy(t.pgw.realm, "example.org", sizeof("example.org"));
	t.pgw.sa_count = 1;
	t.pgw.sa[0] = t.alice.sa[0];
	t.pgw.sa[0].key[0] = 'P';
	for (unsigned int i = 0; i < COAS; i++)
		t.coas[i] = addr(0xc, i, 1);
	t.config = (struct chain_config){
		.address = t.pgw.addr,
		.chains_max = HOAS - 1, /* the limit is met */
		.identity_chains_max = HOAS,
		.lifetime_max_s = 60,
		.replay_window_s = 7,
		.error_rate = 1000,
		.retransmit_initial_ms = 1000,
		.retransmit_max_ms = 8000,
		.retransmit_count = 3,
		.heartbeat_interval_ms = 3000,
		.heartbeat_missing_max = 3,
		.roaming_count = GATEWAYS,
	};
	for (unsigned int g = 0; g < GATEWAYS; g++) {
		struct mip6_addr net = addr(g + 1, 0, 0);

		t.gateways[g] = addr(g + 1, 0, 1);
		t.config.roaming[g].prefix_count = 1;
		t.config.roaming[g].prefixes[0] = mip6_prefix_make(&net, 48);
		t.config.roaming[g].anchor_count = 1;
		t.config.roaming[g].anchors[0] = t.gateways[g];
		t.ha_config[g] = (struct ha_config){
			.bindings_max = 16,
			.identity_bindings_max = 16,
			.lifetime_max_s = 60,
			.ownership_s = 30,
			.replay_window_s = 7,
			.error_rate = 1000,
			.address_count = 1,
			.addresses = {t.gateways[g]},
			.prefix_count = 1,
			.prefixes = {{mip6_prefix_make(&net, 48), 64}},
		};
	}
	for (unsigned int i = 0; i < HOAS; i++)
		t.hoas[i] = addr(1 + i % GATEWAYS, 1 + i, 1);
	start_pgw();
	for (unsigned int g = 0; g < GATEWAYS; g++)
		restart_gateway(g, false);
}

static void end(void)
{
	free(t.memory);
	for (unsigned int g = 0; g < GATEWAYS; g++)
		free(t.ha_memory[g]);
}

START_TEST(no_half_chain)
{
	uint64_t made = 0;

	begin((uint64_t)_i + 1, _i % 3 == 0 ? 0 : _i % 3 == 1 ? 5 : 30);
	for (unsigned int n = 0; n < EVENTS; n++) {
		random_event();
		advance((1 + pick(pick(10) == 0 ? 5000 : 100)) * MIP6_MS);
		made += chain_stat_get(t.chain, CHAIN_STAT_CHAINS_MADE) > 0;
	}
	ck_assert_uint_gt(made, 0);
	/* Nobody asks for anything any more: all of it is gone in the time of the longest lifetime.
	 */
	advance(200 * MIP6_S);
	ck_assert_uint_eq(chain_count(t.chain), 0);
	ck_assert_uint_eq(ha_ownership_count(chain_wtru_side(t.chain)), 0);
	for (unsigned int i = 0; i < HOAS; i++)
		ck_assert(!t.wanted[i] && !t.saved[i]);
	for (unsigned int g = 0; g < GATEWAYS; g++)
		ck_assert_uint_eq(ha_ownership_count(t.ha[g]), 0);
	end();
}
END_TEST

/* After all faults, a WTRU that keeps asking has its path back. */
START_TEST(recovers)
{
	struct chain_info info;
	struct ha_binding_info binding;
	unsigned int tries;

	begin((uint64_t)_i + 1000, 10);
	t.config.chains_max = HOAS;
	restart_pgw(false);
	for (unsigned int n = 0; n < 300; n++) {
		random_event();
		advance((1 + pick(200)) * MIP6_MS);
	}
	t.loss = 0;
	advance(8 * MIP6_S); /* what is under way, revocations not answered included */
	/* It has been home, so that it owns its address. */
	send_bu(&t.gateways[0], &t.hoas[0], &t.hoas[0], NULL, 0);
	advance(MIP6_S);
	for (tries = 0; tries < 10; tries++) {
		send_bu(&t.config.address, &t.coas[0], &t.hoas[0], &t.gateways[0], 15);
		advance(2 * MIP6_S);
		if (chain_find(t.chain, &t.hoas[0], &info) && info.state == CHAIN_BOUND &&
		    ha_binding_find(t.ha[0], &t.hoas[0], &binding) &&
		    mip6_addr_equal(&binding.coa, &t.config.address))
			break;
	}
	ck_assert_uint_lt(tries, 10);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chain_random");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, no_half_chain, 0, 6);
	tcase_add_loop_test(tcase, recovers, 0, 40);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
