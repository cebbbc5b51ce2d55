// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home agent under random events, with a model of what it asked the world for: after every
 * event the bindings, proxies and records wanted are those that it has; no limit is passed, nothing
 * outlives its time, no loop is made. And with many bindings.
 *
 * HA_RANDOM_SEED replays a failure; HA_SCALE sets the number of bindings of the large test.
 */
#include "ha_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HOAS 12
#define COAS 4

static const char *const hoas[HOAS] = {
	"2001:db8:a::100", "2001:db8:a::200", "2001:db8:a::300",  "2001:db8:a::400",
	"2001:db8:b:1::1", "2001:db8:b:1::2", "2001:db8:b:2::1",  "2001:db8:b:2::2",
	"2001:db8:b:3::1", "2001:db8:b:4::1", "2001:db8:ffff::1", "2001:db8:b:5::1",
};
static const char *const coas[COAS] = {"2001:db8:c::100", "2001:db8:c:1::100", "2001:db8:c:2::1",
                                       FX_GW};

struct model {
	struct fx fx;
	uint64_t seed;
	bool want[HOAS], proxy[HOAS], link_local[HOAS], saved[HOAS];
	struct mip6_addr coa[HOAS];
	struct ha_record record[HOAS];
	bool dad[HOAS];
	unsigned int unauthenticated; /* answers to such */
	bool expect_unauthenticated;
	uint16_t seq;
};

static uint64_t next(struct model *m)
{
	/* xorshift64* */
	m->seed ^= m->seed >> 12;
	m->seed ^= m->seed << 25;
	m->seed ^= m->seed >> 27;
	return m->seed * UINT64_C(2685821657736338717) >> 11;
}

static unsigned int pick(struct model *m, unsigned int n)
{
	return (unsigned int)(next(m) % n);
}

static unsigned int which(const struct mip6_addr *hoa)
{
	for (unsigned int i = 0; i < HOAS; i++) {
		struct mip6_addr addr = fx_addr(hoas[i]);

		if (mip6_addr_equal(&addr, hoa))
			return i;
	}
	ck_abort_msg("an address from nowhere");
	return 0;
}

static void observe(void *ctx, const struct ha_action *action)
{
	struct model *m = ctx;
	unsigned int i;

	switch (action->type) {
	case HA_ACTION_SEND:
		m->unauthenticated += m->expect_unauthenticated;
		break;
	case HA_ACTION_WANT_BINDING:
		i = which(&action->binding.hoa);
		m->want[i] = true;
		m->coa[i] = action->binding.coa;
		break;
	case HA_ACTION_UNWANT_BINDING:
		i = which(&action->binding.hoa);
		ck_assert(m->want[i]);
		m->want[i] = false;
		break;
	case HA_ACTION_WANT_PROXY:
		i = which(&action->proxy.hoa);
		ck_assert(!m->proxy[i] || m->link_local[i] != action->proxy.link_local);
		m->proxy[i] = true;
		m->link_local[i] = action->proxy.link_local;
		break;
	case HA_ACTION_UNWANT_PROXY:
		i = which(&action->proxy.hoa);
		ck_assert(m->proxy[i]);
		m->proxy[i] = false;
		break;
	case HA_ACTION_START_DAD:
		m->dad[which(&action->dad.hoa)] = true;
		break;
	case HA_ACTION_SAVE:
		i = which(&action->save->hoa);
		m->saved[i] = true;
		m->record[i] = *action->save;
		break;
	case HA_ACTION_FORGET:
		m->saved[which(&action->forget)] = false;
		break;
	case HA_ACTION_RELEASED:
		ck_assert(!ha_prefix_in_use(m->fx.ha, &action->released));
		break;
	case HA_ACTION_ASK_AAA:
	case HA_ACTION_NOTIFY:
		break;
	}
}

static void check_entry(const struct model *m, const struct ha_binding_info *info)
{
	const struct fx *fx = &m->fx;
	unsigned int i = which(&info->hoa);
	bool bound = info->expires != MIP6_TIME_NEVER;
	const struct ha_home_prefix *home;
	struct mip6_addr at = info->hoa;

	ck_assert_int_eq(m->want[i], bound);
	ck_assert_int_eq(m->proxy[i], bound && i < 4);
	if (bound) {
		ck_assert(mip6_addr_equal(&m->coa[i], &info->coa));
		ck_assert_int_gt(info->expires, fx->now);
		ck_assert_int_le(info->expires - fx->now,
		                 (mip6_time)fx->config.lifetime_max_s * MIP6_S);
		/* Never longer than its prefix, as that is now. */
		home = &fx->config.prefixes[i < 4 ? 0 : 1];
		ck_assert(i < 4 || fx->config.prefix_count == 2);
		ck_assert(home->valid_s == 0 ||
		          info->expires - fx->now <= (mip6_time)home->valid_s * MIP6_S);
		/* What is defended besides was asked for. */
		ck_assert(!(i < 4 && m->link_local[i]) || info->flags & MIP6_BU_L);
	}
	if (info->owned_until != MIP6_TIME_NEVER) {
		ck_assert(m->saved[i]);
		ck_assert_str_eq(m->record[i].nai, info->nai);
		ck_assert_uint_eq(m->record[i].seq, info->seq);
		/* A record whose binding ran out while we were down stays as it was. */
		ck_assert(bound ? mip6_addr_equal(&m->record[i].coa, &info->coa)
		                : mip6_addr_is_unspecified(&m->record[i].coa) ||
		                          m->record[i].expires_unix_us <=
		                                  fx->now + fx->unix_offset_us);
		ck_assert(info->owned_until > fx->now || info->pending_dad);
		ck_assert_int_le(info->owned_until - fx->now,
		                 (mip6_time)(fx->config.lifetime_max_s + fx->config.ownership_s) *
		                         MIP6_S);
	} else {
		ck_assert(info->pending_dad);
	}
	/* Following the bindings ends somewhere. */
	for (unsigned int hops = 0;; hops++) {
		struct ha_binding_info step;

		ck_assert_uint_lt(hops, HOAS);
		if (!ha_binding_find(fx->ha, &at, &step) || step.expires == MIP6_TIME_NEVER)
			break;
		at = step.coa;
	}
	/* One owner per unique prefix. */
	for (unsigned int j = 4; i >= 4 && j < HOAS; j++) {
		struct mip6_addr other = fx_addr(hoas[j]);
		struct mip6_prefix unique = mip6_prefix_make(&info->hoa, 64);
		struct ha_binding_info mate;

		/* In open mode, what nobody in particular owns is whoever's. */
		if (!fx->config.open && mip6_prefix_contains(&unique, &other) &&
		    ha_binding_find(fx->ha, &other, &mate))
			ck_assert_str_eq(mate.nai, info->nai);
	}
}

static void check_all(const struct model *m)
{
	const struct fx *fx = &m->fx;
	struct ha_binding_info info;
	size_t cursor = 0, bound = 0, entries = 0, wanted = 0;

	while (ha_binding_next(fx->ha, &cursor, &info)) {
		check_entry(m, &info);
		entries++;
		bound += info.expires != MIP6_TIME_NEVER;
	}
	for (unsigned int i = 0; i < HOAS; i++)
		wanted += m->want[i];
	ck_assert_uint_eq(bound, ha_binding_count(fx->ha));
	ck_assert_uint_eq(wanted, bound);
	ck_assert_uint_eq(entries, ha_ownership_count(fx->ha));
	ck_assert_uint_le(entries, fx->config.bindings_max);
	ck_assert_int_gt(ha_deadline(fx->ha), fx->now);
}

static void random_bu(struct model *m)
{
	static const char *const nais[] = {"alice@example.org", "bob@example.org",
	                                   "carol@example.org", "mallory@example.org", NULL};
	struct fx *fx = &m->fx;
	struct mip6_auth_sa wrong = fx->identities[0].sa[0];
	const char *hoa = hoas[pick(m, HOAS)];
	struct fx_bu bu = {
		.src = pick(m, 6) ? coas[pick(m, COAS)] : hoas[pick(m, HOAS)],
		.hoa = hoa,
		.seq = (uint16_t)(m->seq += (uint16_t)pick(m, 3)),
		.lifetime_s = pick(m, 4) ? pick(m, 200) * 4 : 0,
		.nai = nais[pick(m, pick(m, 4) ? 2 : 5)],
		.skew_us = pick(m, 10) ? 0 : ((int64_t)pick(m, 20) - 10) * MIP6_S,
		.no_auth = pick(m, 20) == 0,
		.no_mesg_id = pick(m, 20) == 0,
		.off_link = pick(m, 2),
	};

	if (pick(m, 4) == 0) { /* claim */
		bu.src = hoa;
		bu.hoa = NULL;
	}
	if (pick(m, 10) == 0)
		bu.alt_coa = pick(m, 2) ? hoas[pick(m, HOAS)] : coas[pick(m, COAS)];
	if (pick(m, 20) == 0)
		bu.clear_flags = MIP6_BU_H;
	if (pick(m, 3) == 0)
		bu.set_flags = MIP6_BU_L;
	if (pick(m, 30) == 0)
		bu.extra_has = MIP6_HAS_ANCHOR;
	if (pick(m, 5) == 0) {
		wrong.key[5] ^= 1;
		bu.sa = &wrong;
		m->expect_unauthenticated = true;
	}
	fx_send_bu(fx, &bu);
	m->expect_unauthenticated = false;
}

static void crash(struct model *m)
{
	struct fx *fx = &m->fx;
	struct ha_record records[HOAS];
	bool saved[HOAS], with_state = pick(m, 2);

	memcpy(records, m->record, sizeof(records));
	memcpy(saved, m->saved, sizeof(saved));
	memset(m->want, 0, sizeof(m->want));
	memset(m->proxy, 0, sizeof(m->proxy));
	memset(m->dad, 0, sizeof(m->dad));
	if (!with_state)
		memset(m->saved, 0, sizeof(m->saved));
	fx->actions = (struct ha_actions){m, observe};
	fx_restart(fx);
	for (unsigned int i = 0; with_state && i < HOAS; i++) {
		struct ha_event event = {.type = HA_EVENT_RESTORE, .restore = &records[i]};

		if (saved[i])
			fx_event(fx, &event);
	}
}

/* Lifetimes of prefixes change, and the pool comes and goes. */
static void reconfigure(struct model *m)
{
	struct ha_config *config = &m->fx.config;

	for (unsigned int i = 0; i < 2; i++) {
		config->prefixes[i].valid_s = pick(m, 3) ? 4 + pick(m, 800) : 0;
		config->prefixes[i].preferred_s = pick(m, 800);
	}
	config->prefix_count = pick(m, 4) ? 2 : 1;
	ck_assert(ha_reconfigure(m->fx.ha, config));
}

static void random_event(struct model *m)
{
	struct fx *fx = &m->fx;
	struct ha_event event = {.type = HA_EVENT_TIMER};
	struct mip6_addr hoa = fx_addr(hoas[pick(m, HOAS)]);
	unsigned int kind = pick(m, 100);

	fx->now += pick(m, 5) ? pick(m, 1000) : (mip6_time)pick(m, 100) * MIP6_S;
	if (kind < 60) {
		random_bu(m);
	} else if (kind < 75) {
		for (unsigned int i = 0; i < HOAS; i++) {
			if (!m->dad[i] || pick(m, 2))
				continue;
			m->dad[i] = false;
			event.type = HA_EVENT_DAD;
			event.dad.hoa = fx_addr(hoas[i]);
			event.dad.duplicate = pick(m, 4) == 0;
			fx_event(fx, &event);
		}
	} else if (kind < 80) {
		event.type = HA_EVENT_REVOKE;
		event.revoke.hoa = hoa;
		fx_event(fx, &event);
	} else if (kind < 90) {
		event.type = HA_EVENT_UNBOUND;
		event.unbound.outer_src = fx_addr(coas[pick(m, COAS)]);
		event.unbound.outer_dst = fx_addr(FX_GW);
		event.unbound.inner_src = hoa;
		m->expect_unauthenticated = true;
		/* Time may have passed: what is due first is no answer. */
		fx_event(fx, &(struct ha_event){.type = HA_EVENT_TIMER});
		m->unauthenticated = 0;
		fx_event(fx, &event);
		m->expect_unauthenticated = false;
	} else if (kind < 93) {
		reconfigure(m);
	} else if (kind < 99) {
		fx->unix_offset_us += pick(m, 50) ? 0 : (int64_t)pick(m, 7200) * MIP6_S;
	} else {
		crash(m);
	}
	/* Whatever is due. */
	event.type = HA_EVENT_TIMER;
	while (ha_deadline(fx->ha) <= fx->now)
		fx_event(fx, &event);
}

static void run_random(bool open)
{
	const char *given = getenv("HA_RANDOM_SEED");
	static struct model model;
	struct model *m = &model;

	for (uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : 1;; seed++) {
		fx_start(&m->fx);
		m->seed = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
		m->fx.config.bindings_max = 8;
		m->fx.config.identity_bindings_max = 5;
		m->fx.config.open = open;
		m->fx.actions = (struct ha_actions){m, observe};
		memset(m->want, 0, sizeof(m->want));
		memset(m->proxy, 0, sizeof(m->proxy));
		memset(m->saved, 0, sizeof(m->saved));
		memset(m->dad, 0, sizeof(m->dad));
		fx_restart(&m->fx);
		/* libcheck prints the location; the seed goes before it. */
		printf("seed %llu%s\r", (unsigned long long)seed, open ? " open" : "");
		for (unsigned int i = 0; i < 2000; i++) {
			random_event(m);
			check_all(m);
		}
		fx_stop(&m->fx);
		if (given != NULL || seed == 10)
			break;
	}
}

START_TEST(random_closed)
{
	run_random(false);
}
END_TEST

START_TEST(random_open)
{
	run_random(true);
}
END_TEST

/* Messages that are noise, or nearly right. */
fx_test(noise)
{
	static const char nai[] = "alice@example.org";
	uint8_t good[MIP6_MH_MAX];
	struct mip6_addr coa = fx_addr(FX_COA), hoa = fx_addr(FX_UNIQUE);
	struct mip6_mh mh = {.type = MIP6_MH_BU};
	size_t len;

	mh.bu.flags = MIP6_BU_A | MIP6_BU_H;
	mh.bu.lifetime_s4 = 15;
	mh.opt.has = MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID | MIP6_HAS_ALT_COA;
	mh.opt.alt_coa = coa;
	mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
	mh.opt.mn_id_len = sizeof(nai) - 1;
	memcpy(mh.opt.mn_id, nai, sizeof(nai));
	mh.opt.mesg_id = fx_ntp(fx) + 1;
	len = mip6_auth_encode(&mh, &fx->identities[0].sa[0], &coa, &hoa, good, sizeof(good));
	ck_assert_uint_gt(len, 0);
	for (unsigned int i = 0; i < 100000; i++) {
		uint8_t *data = malloc(len); /* exact, for the sanitizers */
		struct mip6_packet packet = {.src = coa,
		                             .dst = fx->config.addresses[0],
		                             .has_hao = true,
		                             .hao = hoa,
		                             .mh = data};
		struct ha_event event = {.type = HA_EVENT_MH};
		unsigned int flips = 1 + (fx->random = fx->random * 1664525 + 1013904223) % 4;

		ck_assert_ptr_nonnull(data);
		memcpy(data, good, len);
		packet.mh_len = (fx->random >> 8) % 4 ? len : (fx->random >> 10) % (len + 1);
		for (unsigned int j = 0; j < flips; j++) {
			fx->random = fx->random * 1664525 + 1013904223;
			data[(fx->random >> 8) % len] ^= (uint8_t)(1 + (fx->random >> 24) % 255);
		}
		/* The checksum field is not under the authenticator. */
		if (packet.mh_len == len && memcmp(data, good, 4) == 0 &&
		    memcmp(data + 6, good + 6, len - 6) == 0) {
			free(data);
			continue;
		}
		event.mh.packet = &packet;
		fx->now += 50;
		fx_clear(fx);
		fx_event(fx, &event);
		free(data);
		ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	}
}

/* Many bindings: in the memory that was asked for, found, moved, and gone in time. */
fx_test(scale)
{
	const char *given = getenv("HA_SCALE");
	unsigned int n = given != NULL ? (unsigned int)strtoul(given, NULL, 0) : 100000;
	struct fx_bu bu = {.lifetime_s = 100000};
	char hoa[48], nai[32];
	clock_t start;

	fx->config.open = true;
	fx->config.bindings_max = n;
	fx->config.identity_bindings_max = 1 + n / 60000;
	fx->config.lifetime_max_s = 100000;
	ck_assert_uint_le(ha_memory_size(&fx->config), (size_t)n * 512 + (1 << 20));
	fx_restart(fx);
	bu.hoa = hoa;
	bu.nai = nai;
	start = clock();
	for (unsigned int i = 0; i < n; i++) {
		snprintf(hoa, sizeof(hoa), "2001:db8:b:%x::%x:1", 1 + i % 60000, i / 60000);
		snprintf(nai, sizeof(nai), "wtru%u@example.org", i % 60000);
		bu.seq = 1;
		ck_assert_int_eq(fx_bu(fx, &bu), 0);
	}
	ck_assert_uint_eq(ha_binding_count(fx->ha), n);
	printf("%u bindings, %zu octets each: filled in %.2f us each", n,
	       ha_memory_size(&fx->config) / n,
	       (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC / n);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = "2001:db8:b:ffff::1", .lifetime_s = 60}),
	                 MIP6_BA_INSUFFICIENT_RESOURCES);
	start = clock();
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int j = (unsigned int)((uint64_t)i * 7919 % n);

		snprintf(hoa, sizeof(hoa), "2001:db8:b:%x::%x:1", 1 + j % 60000, j / 60000);
		snprintf(nai, sizeof(nai), "wtru%u@example.org", j % 60000);
		bu.src = FX_COA2;
		bu.seq = (uint16_t)(bu.seq + 1);
		fx_send_bu(fx, &bu);
		ck_assert_uint_eq(fx->sent_count, 1);
	}
	printf(", moved in %.2f us each\n",
	       (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC / 20000);
	fx_advance(fx, 102000 * MIP6_S);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	ck_assert_int_eq(ha_deadline(fx->ha), MIP6_TIME_NEVER);
}

int main(void)
{
	Suite *suite = suite_create("ha_random");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	setvbuf(stdout, NULL, _IONBF, 0);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, random_closed);
	tcase_add_test(tcase, random_open);
	tcase_add_test(tcase, noise);
	tcase_add_test(tcase, scale);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
