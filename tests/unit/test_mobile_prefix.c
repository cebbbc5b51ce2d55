// SPDX-License-Identifier: GPL-2.0-or-later
/* When Mobile Prefix Advertisements are sent (RFC 6275 sections 6.8 and 10.6.2). */
#include <check.h>
#include <stdlib.h>

#include <mip6/mobile_prefix.h>

#define ENTRIES 4
#define MINIMUM 600
#define MAXIMUM 86400
#define PREFERRED 3600

static uint32_t seed;
static void *memory;
static struct mobile_prefix *m;
static const struct mip6_addr hoa = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x99}};
static const struct mip6_addr coa = {{0x20, 0x01, 0x0d, 0xb8, 0, 3, [15] = 0x99}};

static uint32_t next_random(void *ctx)
{
	(void)ctx;
	seed = seed * 1664525 + 1013904223;
	return seed;
}

static struct mobile_prefix_config config(void)
{
	return (struct mobile_prefix_config){
		.interval_min_s = MINIMUM,
		.interval_max_s = MAXIMUM,
		.preferred_s = PREFERRED,
		.random = next_random,
	};
}

static void setup(void)
{
	struct mobile_prefix_config c = config();

	seed = 1;
	memory = malloc(mobile_prefix_memory_size(ENTRIES));
	ck_assert_ptr_nonnull(memory);
	m = mobile_prefix_init(memory, ENTRIES, &c);
}

static void teardown(void)
{
	free(memory);
}

static struct mobile_prefix_due take(mip6_time now)
{
	struct mobile_prefix_due due;

	ck_assert(mobile_prefix_next(m, now, &due));
	ck_assert(mip6_addr_equal(&due.hoa, &hoa));
	return due;
}

static void nothing(mip6_time now)
{
	struct mobile_prefix_due due;

	ck_assert(!mobile_prefix_next(m, now, &due));
}

/* RAND_ADV_DELAY: between the minimum and the lesser of maximum and preferred lifetime. */
START_TEST(first_one_at_random)
{
	mip6_time least = MIP6_TIME_NEVER, most = 0;

	for (int i = 0; i < 200; i++) {
		mip6_time at;

		mobile_prefix_bound(m, &hoa, 0);
		at = mobile_prefix_deadline(m);
		least = at < least ? at : least;
		most = at > most ? at : most;
		mobile_prefix_unbound(m, &hoa);
		ck_assert_int_eq(mobile_prefix_deadline(m), MIP6_TIME_NEVER);
	}
	ck_assert_int_ge(least, MINIMUM * MIP6_S);
	ck_assert_int_le(most, (PREFERRED + 1) * MIP6_S);
	ck_assert_int_gt(most - least, (PREFERRED - MINIMUM) / 2 * MIP6_S);
}
END_TEST

START_TEST(repeated_until_acknowledged)
{
	struct mobile_prefix_due due;
	mip6_time at;

	mobile_prefix_bound(m, &hoa, 0);
	at = mobile_prefix_deadline(m);
	nothing(at - 1);
	due = take(at);
	ck_assert(!due.solicited && !due.again);
	/* PREFIX_ADV_TIMEOUT, then twice as long each time, PREFIX_ADV_RETRIES times. */
	ck_assert_int_eq(mobile_prefix_deadline(m), at + 3 * MIP6_S);
	at += 3 * MIP6_S;
	ck_assert(take(at).again);
	ck_assert_int_eq(mobile_prefix_deadline(m), at + 6 * MIP6_S);
	at += 6 * MIP6_S;
	ck_assert(take(at).again);
	ck_assert(mobile_prefix_solicited(m, &hoa, &coa, 77, at + 2 * MIP6_S));
	at += 2 * MIP6_S;
	due = take(at);
	ck_assert(due.solicited && !due.again);
	ck_assert_uint_eq(due.id, 77);
	ck_assert(mip6_addr_equal(&due.coa, &coa));
	/* Then none before MaxMobPfxAdvInterval. */
	ck_assert_int_ge(mobile_prefix_deadline(m), at + (MAXIMUM + MINIMUM) * MIP6_S);
}
END_TEST

START_TEST(given_up_until_the_next_binding_update)
{
	mip6_time at;

	mobile_prefix_bound(m, &hoa, 0);
	for (int i = 0; i < 1 + MOBILE_PREFIX_RETRIES; i++) {
		at = mobile_prefix_deadline(m);
		take(at);
	}
	ck_assert_int_ge(mobile_prefix_deadline(m), at + MAXIMUM * MIP6_S);
	mobile_prefix_bound(m, &hoa, at + 10 * MIP6_S);
	ck_assert_int_le(mobile_prefix_deadline(m), at + (10 + PREFERRED + 1) * MIP6_S);
	ck_assert(!take(mobile_prefix_deadline(m)).again);
}
END_TEST

START_TEST(one_per_second)
{
	mip6_time now = 50 * MIP6_S;
	struct mobile_prefix_due due;

	mobile_prefix_bound(m, &hoa, 0);
	ck_assert(mobile_prefix_solicited(m, &hoa, &coa, 1, now));
	ck_assert_uint_eq(take(now).id, 1);
	ck_assert(mobile_prefix_solicited(m, &hoa, &coa, 2, now + 1));
	ck_assert(mobile_prefix_solicited(m, &hoa, &coa, 3, now + 2));
	nothing(now + MIP6_S - 1);
	ck_assert_int_eq(mobile_prefix_deadline(m), now + MIP6_S);
	due = take(now + MIP6_S);
	ck_assert(due.solicited);
	ck_assert_uint_eq(due.id, 3);
	nothing(now + MIP6_S);
	nothing(now + 100 * MIP6_S);
}
END_TEST

/* Giving the binding up and making it again does not help. */
START_TEST(one_per_second_over_bindings)
{
	mip6_time now = 5 * MIP6_S;

	mobile_prefix_bound(m, &hoa, now);
	ck_assert(mobile_prefix_solicited(m, &hoa, &coa, 1, now));
	ck_assert(take(now).solicited);
	mobile_prefix_unbound(m, &hoa);
	mobile_prefix_bound(m, &hoa, now + 1);
	ck_assert(mobile_prefix_solicited(m, &hoa, &coa, 2, now + 2));
	nothing(now + MIP6_S - 1);
	ck_assert_uint_eq(take(now + MIP6_S).id, 2);
}
END_TEST

START_TEST(change_schedules)
{
	mip6_time at, now = 10 * MIP6_S;

	mobile_prefix_bound(m, &hoa, 0);
	mobile_prefix_solicited(m, &hoa, &coa, 1, now);
	take(now);
	mobile_prefix_changed(m, now);
	at = mobile_prefix_deadline(m);
	ck_assert_int_ge(at, now + MINIMUM * MIP6_S);
	ck_assert_int_le(at, now + (PREFERRED + 1) * MIP6_S);
	/* Another change before it is sent: it stays where it is. */
	for (int i = 0; i < 100; i++)
		mobile_prefix_changed(m, now + MIP6_S);
	ck_assert_int_le(mobile_prefix_deadline(m), at);
	at = mobile_prefix_deadline(m);
	ck_assert(!take(at).again);
	/* While it is not acknowledged: a new one takes the place of the repetition. */
	mobile_prefix_changed(m, at + MIP6_S);
	nothing(at + 3 * MIP6_S);
	ck_assert(!take(mobile_prefix_deadline(m)).again);
}
END_TEST

START_TEST(unbound_gets_nothing)
{
	mobile_prefix_bound(m, &hoa, 0);
	mobile_prefix_solicited(m, &hoa, &coa, 1, 0);
	mobile_prefix_unbound(m, &hoa);
	mobile_prefix_unbound(m, &hoa);
	nothing(MIP6_TIME_NEVER - 1);
	ck_assert(!mobile_prefix_solicited(m, &hoa, &coa, 1, 0));
	ck_assert_uint_eq(mobile_prefix_count(m), 0);
}
END_TEST

/* Any order of things: never two to one in a second, never one to who is not bound. */
START_TEST(random_order)
{
	mip6_time sent[ENTRIES + 2], now = 0;
	bool bound[ENTRIES + 2] = {0};

	for (size_t i = 0; i < ENTRIES + 2; i++)
		sent[i] = -MIP6_S;
	for (int i = 0; i < 20000; i++) {
		struct mip6_addr addr = hoa;
		struct mobile_prefix_due due;
		uint8_t n = (uint8_t)(next_random(NULL) >> 16) % (ENTRIES + 2);

		addr.b[15] = n;
		now += next_random(NULL) % (2 * MIP6_S);
		switch ((next_random(NULL) >> 16) % 5) {
		case 0:
			mobile_prefix_bound(m, &addr, now);
			bound[n] = true;
			break;
		case 1:
			mobile_prefix_unbound(m, &addr);
			bound[n] = false;
			sent[n] = now - MIP6_S; /* one that is bound later is another */
			break;
		case 2:
			mobile_prefix_changed(m, now);
			break;
		default:
			mobile_prefix_solicited(m, &addr, &coa, (uint16_t)i, now);
			break;
		}
		while (mobile_prefix_next(m, now, &due)) {
			n = due.hoa.b[15];
			ck_assert(bound[n]);
			ck_assert_int_ge(now - sent[n], MIP6_S);
			sent[n] = now;
		}
		ck_assert_int_gt(mobile_prefix_deadline(m), now);
		ck_assert_uint_le(mobile_prefix_count(m), ENTRIES);
	}
}
END_TEST

/* RFC 6275 section 8.4: it MUST be configurable. */
START_TEST(only_when_asked)
{
	struct mobile_prefix_config c = config();
	mip6_time now = 1000 * MIP6_S;

	c.only_solicited = true;
	mobile_prefix_configure(m, &c, now);
	mobile_prefix_bound(m, &hoa, now);
	mobile_prefix_changed(m, now);
	ck_assert_int_eq(mobile_prefix_deadline(m), MIP6_TIME_NEVER);
	ck_assert(mobile_prefix_solicited(m, &hoa, &coa, 7, now));
	ck_assert(take(now).solicited);
	ck_assert_int_eq(mobile_prefix_deadline(m), MIP6_TIME_NEVER);
	/* Allowed again: told as after a change. */
	c.only_solicited = false;
	mobile_prefix_configure(m, &c, now);
	ck_assert_int_ge(mobile_prefix_deadline(m), now + MINIMUM * MIP6_S);
	ck_assert_int_lt(mobile_prefix_deadline(m), now + PREFERRED * MIP6_S);
	/* Not any more: what was scheduled is not sent, what was asked is answered. */
	ck_assert(mobile_prefix_solicited(m, &hoa, &coa, 8, now));
	c.only_solicited = true;
	mobile_prefix_configure(m, &c, now);
	ck_assert_uint_eq(take(now + MIP6_S).id, 8);
	ck_assert_int_eq(mobile_prefix_deadline(m), MIP6_TIME_NEVER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mobile prefixes");
	TCase *tcase = tcase_create("schedule");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, first_one_at_random);
	tcase_add_test(tcase, repeated_until_acknowledged);
	tcase_add_test(tcase, given_up_until_the_next_binding_update);
	tcase_add_test(tcase, one_per_second);
	tcase_add_test(tcase, one_per_second_over_bindings);
	tcase_add_test(tcase, change_schedules);
	tcase_add_test(tcase, unbound_gets_nothing);
	tcase_add_test(tcase, only_when_asked);
	tcase_add_test(tcase, random_order);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
