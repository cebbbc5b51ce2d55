// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pool of unique prefixes: who gets which prefix, what can be taken back, what a flood of
 * forged solicitations can and cannot do.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "ha-dgw/pool.h"

struct world {
	uint32_t random;
	size_t in_use_count;
	struct mip6_prefix in_use[8];
	size_t dropped;
	struct mip6_prefix last_dropped;
};

static uint32_t world_random(void *ctx)
{
	struct world *w = ctx;

	w->random = w->random * 1664525u + 1013904223u;
	return w->random >> 8;
}

static bool world_in_use(void *ctx, const struct mip6_prefix *prefix)
{
	const struct world *w = ctx;

	for (size_t i = 0; i < w->in_use_count; i++)
		if (mip6_prefix_equal(&w->in_use[i], prefix))
			return true;
	return false;
}

static void world_dropped(void *ctx, const struct pool_lease *lease)
{
	struct world *w = ctx;

	w->dropped++;
	w->last_dropped = lease->prefix;
}

static const struct mip6_addr base = {{0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0xf0, 0x00}};

static struct pool *open_pool(struct world *w, uint8_t len, size_t max, uint32_t rate)
{
	struct pool_config config = {
		.prefix = mip6_prefix_make(&base, len),
		.unique_len = 64,
		.leases_max = max,
		.unconfirmed = 60 * MIP6_S,
		.new_per_s = rate,
		.new_burst = rate,
	};
	struct pool_env env = {w, world_random, world_in_use, world_dropped};
	struct pool *pool = NULL;

	ck_assert_int_eq(pool_open(&pool, &config, &env), 0);
	return pool;
}

static struct mip6_addr link_local(uint32_t n)
{
	struct mip6_addr a = {{0xfe, 0x80}};

	a.b[12] = (uint8_t)(n >> 24);
	a.b[13] = (uint8_t)(n >> 16);
	a.b[14] = (uint8_t)(n >> 8);
	a.b[15] = (uint8_t)n;
	return a;
}

static struct pool_lease *ask(struct pool *pool, uint32_t n, mip6_time now,
                              enum pool_result *result)
{
	uint8_t mac[6] = {2,         0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
	                  (uint8_t)n};
	struct mip6_addr ll = link_local(n);

	return pool_request(pool, mac, 6, &ll, now, result, NULL);
}

START_TEST(same_asker_same_prefix)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 52, 4096, 1000);
	enum pool_result result;
	struct mip6_prefix first;
	struct pool_lease *lease = ask(pool, 1, MIP6_S, &result);

	ck_assert_ptr_nonnull(lease);
	ck_assert_int_eq(result, POOL_NEW);
	ck_assert(!lease->confirmed);
	ck_assert_int_eq(lease->expires, 61 * MIP6_S);
	ck_assert_int_eq(lease->prefix.len, 64);
	first = lease->prefix;
	for (uint32_t n = 2; n < 500; n++) {
		lease = ask(pool, n, MIP6_S, &result);
		ck_assert_ptr_nonnull(lease);
		ck_assert(!mip6_prefix_equal(&lease->prefix, &first));
		ck_assert(
			mip6_prefix_contains(&(struct mip6_prefix){base, 52}, &lease->prefix.addr));
	}
	lease = ask(pool, 1, 2 * MIP6_S, &result);
	ck_assert_int_eq(result, POOL_KNOWN);
	ck_assert(mip6_prefix_equal(&lease->prefix, &first));
	ck_assert_uint_eq(pool_count(pool), 499);
	ck_assert_ptr_eq(pool_find(pool, &first.addr), lease);
	pool_close(pool);

	/* Another run without records and with another seed: the first guess is the same. */
	w.random = 77;
	pool = open_pool(&w, 52, 4096, 1000);
	lease = ask(pool, 1, MIP6_S, &result);
	ck_assert(mip6_prefix_equal(&lease->prefix, &first));
	pool_close(pool);
}
END_TEST

START_TEST(every_prefix_once)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 58, 4096, 1000);
	bool seen[64] = {false};
	struct mip6_prefix reserved;
	enum pool_result result;

	ck_assert_uint_eq(pool_size(pool), 64);
	reserved = mip6_prefix_make(&base, 64);
	pool_reserve(pool, &reserved);
	pool_reserve(pool, &reserved);
	ck_assert_uint_eq(pool_size(pool), 63);
	for (uint32_t n = 0; n < 63; n++) {
		struct pool_lease *lease = ask(pool, n, MIP6_S, &result);

		ck_assert_ptr_nonnull(lease);
		ck_assert(!seen[lease->prefix.addr.b[7]]);
		seen[lease->prefix.addr.b[7]] = true;
		lease->present = true;
		pool_confirm(pool, lease, 100 * MIP6_S);
	}
	ck_assert(!seen[0]);
	ck_assert_ptr_null(ask(pool, 1000, MIP6_S, &result));
	ck_assert_int_eq(result, POOL_FULL);
	pool_close(pool);
}
END_TEST

START_TEST(unconfirmed_ends_confirmed_stays)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 58, 4096, 1000);
	enum pool_result result;
	struct pool_lease *a = ask(pool, 1, 0, &result), *b = ask(pool, 2, 0, &result);
	struct pool_lease *c = ask(pool, 3, 0, &result);

	ck_assert(pool_confirm(pool, a, 900 * MIP6_S));
	ck_assert(!pool_confirm(pool, a, 900 * MIP6_S));
	w.in_use[w.in_use_count++] = c->prefix; /* claimed, though never seen reachable */
	pool_expire(pool, 59 * MIP6_S);
	ck_assert_uint_eq(w.dropped, 0);
	pool_expire(pool, 60 * MIP6_S);
	ck_assert_uint_eq(w.dropped, 1);
	ck_assert(mip6_prefix_equal(&w.last_dropped, &b->prefix));
	ck_assert(c->confirmed);
	ck_assert_uint_eq(pool_unconfirmed_count(pool), 0);
	pool_expire(pool, 901 * MIP6_S);
	ck_assert_uint_eq(w.dropped, 2);
	ck_assert_uint_eq(pool_count(pool), 1); /* the owned one, for as long as it is owned */
	w.in_use_count = 0;
	pool_release(pool, &c->prefix, 902 * MIP6_S);
	ck_assert_uint_eq(pool_count(pool), 0);
	pool_close(pool);
}
END_TEST

START_TEST(release_spares_who_is_here)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 58, 4096, 1000);
	enum pool_result result;
	struct pool_lease *a = ask(pool, 1, 0, &result);

	a->present = true;
	pool_confirm(pool, a, 900 * MIP6_S);
	pool_release(pool, &a->prefix, MIP6_S);
	ck_assert_uint_eq(pool_count(pool), 1);
	a->present = false;
	w.in_use[w.in_use_count++] = a->prefix;
	pool_release(pool, &a->prefix, MIP6_S);
	ck_assert_uint_eq(pool_count(pool), 1);
	w.in_use_count = 0;
	pool_release(pool, &a->prefix, MIP6_S);
	ck_assert_uint_eq(pool_count(pool), 0);
	pool_close(pool);
}
END_TEST

START_TEST(flood_cannot_evict_the_proven)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 56, 4096, 100000);
	enum pool_result result;
	struct pool_lease *claimed = ask(pool, 1, 0, &result), *here = ask(pool, 2, 0, &result);
	struct mip6_prefix claimed_prefix = claimed->prefix, here_prefix = here->prefix;

	w.in_use[w.in_use_count++] = claimed->prefix;
	here->present = true;
	pool_confirm(pool, here, 900 * MIP6_S);
	for (uint32_t n = 100; n < 20000; n++) {
		ask(pool, n, MIP6_S + n, &result);
		ck_assert_uint_le(pool_unconfirmed_count(pool), 256 / 4 + 1);
	}
	ck_assert_ptr_nonnull(pool_find(pool, &claimed_prefix.addr));
	ck_assert_ptr_eq(ask(pool, 1, 2 * MIP6_S, &result), pool_find(pool, &claimed_prefix.addr));
	ck_assert_ptr_eq(ask(pool, 2, 2 * MIP6_S, &result), pool_find(pool, &here_prefix.addr));
	ck_assert_int_eq(result, POOL_KNOWN);
	pool_close(pool);
}
END_TEST

START_TEST(new_leases_are_limited)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 52, 4096, 10);
	enum pool_result result;

	for (uint32_t n = 0; n < 10; n++)
		ck_assert_ptr_nonnull(ask(pool, n, MIP6_S, &result));
	ck_assert_ptr_null(ask(pool, 10, MIP6_S, &result));
	ck_assert_int_eq(result, POOL_LIMITED);
	ck_assert_ptr_nonnull(ask(pool, 3, MIP6_S, &result)); /* a known one always */
	ck_assert_ptr_null(ask(pool, 10, MIP6_S + 99 * MIP6_MS, &result));
	ck_assert_ptr_nonnull(ask(pool, 10, MIP6_S + 100 * MIP6_MS, &result));
	ck_assert_ptr_null(ask(pool, 11, MIP6_S + 100 * MIP6_MS, &result));
	pool_close(pool);
}
END_TEST

START_TEST(borrowed_link_layer_address)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 52, 4096, 1000);
	enum pool_result result;
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, mac2[6] = {2, 0, 0, 0, 0, 2};
	struct mip6_addr victim = link_local(1), thief = link_local(2), other = link_local(3);
	struct pool_lease *a = pool_request(pool, mac, 6, &victim, 0, &result, NULL), *b;

	/* Nothing known of the victim: its link-local address may have changed. */
	b = pool_request(pool, mac, 6, &thief, 1, &result, NULL);
	ck_assert_ptr_eq(a, b);
	b = pool_request(pool, mac, 6, &victim, 2, &result, NULL);
	ck_assert_ptr_eq(a, b);
	/* Away, but an owner. */
	w.in_use[w.in_use_count++] = a->prefix;
	b = pool_request(pool, mac, 6, &thief, 3, &result, NULL);
	ck_assert_ptr_ne(a, b);
	ck_assert(mip6_addr_equal(&a->link_local, &victim));
	ck_assert_ptr_eq(pool_find_link_local(pool, &thief), b);
	/* Here. */
	w.in_use_count = 0;
	a->present = true;
	pool_confirm(pool, a, 900 * MIP6_S);
	ck_assert_ptr_eq(pool_request(pool, mac, 6, &thief, 4, &result, NULL), b);
	ck_assert_ptr_eq(pool_request(pool, mac, 6, &victim, 4, &result, NULL), a);
	/* No link-layer address at all, as from an optimistic address. */
	ck_assert_ptr_eq(pool_request(pool, NULL, 0, &thief, 4, &result, NULL), b);
	ck_assert_ptr_eq(pool_request(pool, NULL, 0, &victim, 4, &result, NULL), a);
	ck_assert_int_eq(result, POOL_KNOWN);
	/* First without, then with one: still the same. */
	b = pool_request(pool, NULL, 0, &other, 5, &result, NULL);
	ck_assert_int_eq(result, POOL_NEW);
	ck_assert_ptr_eq(pool_request(pool, mac2, 6, &other, 6, &result, NULL), b);
	ck_assert_ptr_eq(pool_find_link_local(pool, &other), b);
	pool_close(pool);
}
END_TEST

START_TEST(restore)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 52, 4096, 1000);
	struct pool_key key = {6, {2, 0, 0, 0, 0, 1}};
	struct mip6_addr ll = link_local(1), outside = {{0x20, 0x01, 0x0d, 0xb8, 0, 2}};
	struct mip6_prefix prefix = mip6_prefix_make(&base, 64), other;
	enum pool_result result;
	struct pool_lease *lease;

	prefix.addr.b[7] = 9;
	lease = pool_restore(pool, &key, &prefix, &ll, 100 * MIP6_S);
	ck_assert_ptr_nonnull(lease);
	ck_assert(lease->confirmed);
	ck_assert_ptr_null(pool_restore(pool, &key, &prefix, &ll, 100 * MIP6_S)); /* twice */
	other = prefix;
	other.len = 60;
	key.octets[5] = 2;
	ck_assert_ptr_null(pool_restore(pool, &key, &other, &ll, 100 * MIP6_S));
	other = mip6_prefix_make(&outside, 64);
	ck_assert_ptr_null(pool_restore(pool, &key, &other, &ll, 100 * MIP6_S));
	key.len = 0;
	prefix.addr.b[7] = 10;
	ck_assert_ptr_null(pool_restore(pool, &key, &prefix, &ll, 100 * MIP6_S));
	ck_assert_ptr_eq(ask(pool, 1, MIP6_S, &result), lease);
	pool_close(pool);
}
END_TEST

START_TEST(walk_may_drop)
{
	struct world w = {0};
	struct pool *pool = open_pool(&w, 52, 4096, 1000);
	enum pool_result result;
	size_t cursor = 0, seen = 0;
	struct pool_lease *lease;

	ck_assert_ptr_null(pool_next(pool, &cursor));
	for (uint32_t n = 0; n < 40; n++) {
		lease = ask(pool, n, 0, &result);
		if (n % 2 == 0)
			pool_confirm(pool, lease, 5 * MIP6_S);
	}
	cursor = 0;
	while ((lease = pool_next(pool, &cursor)) != NULL) {
		seen++;
		pool_release(pool, &lease->prefix, MIP6_S);
	}
	ck_assert_uint_eq(seen, 40);
	for (size_t odd = 0; odd < 5000; odd++) {
		cursor = odd;
		ck_assert_ptr_null(pool_next(pool, &cursor));
	}
	cursor = UINT32_MAX;
	ck_assert_ptr_null(pool_next(pool, &cursor));
	ck_assert_uint_eq(pool_count(pool), 0);
	pool_close(pool);
}
END_TEST

START_TEST(odd_configurations)
{
	struct world w = {0};
	struct pool_env env = {&w, world_random, world_in_use, world_dropped};
	struct pool_config config = {
		.prefix = mip6_prefix_make(&base, 64), .unique_len = 64, .leases_max = 9};
	struct pool *pool = NULL;
	struct mip6_addr ll = link_local(1);
	enum pool_result result;

	ck_assert_int_eq(pool_open(&pool, &config, &env), -EINVAL);
	config.prefix.len = 0;
	config.prefix.addr = (struct mip6_addr){{0}};
	config.new_per_s = config.new_burst = 1;
	ck_assert_int_eq(pool_open(&pool, &config, &env), 0);
	ck_assert_uint_eq(pool_size(pool), 9);
	ck_assert_ptr_nonnull(pool_request(pool, NULL, 0, &ll, 0, &result, NULL));
	pool_close(pool);
	pool_close(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dgw_pool");
	TCase *tc = tcase_create("pool");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, same_asker_same_prefix);
	tcase_add_test(tc, every_prefix_once);
	tcase_add_test(tc, unconfirmed_ends_confirmed_stays);
	tcase_add_test(tc, release_spares_who_is_here);
	tcase_add_test(tc, flood_cannot_evict_the_proven);
	tcase_add_test(tc, new_leases_are_limited);
	tcase_add_test(tc, borrowed_link_layer_address);
	tcase_add_test(tc, restore);
	tcase_add_test(tc, walk_may_drop);
	tcase_add_test(tc, odd_configurations);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
