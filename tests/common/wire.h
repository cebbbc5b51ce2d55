/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What several tests of the wire codec share: bytes from hexadecimal text, comparison of decoded
 * messages, random messages from a seed.
 */
#ifndef TESTS_COMMON_WIRE_H
#define TESTS_COMMON_WIRE_H

#include <mip6/icmp6.h>
#include <mip6/mh.h>

/* Octets of text like "3b 00 05"; white space is ignored. Returns their count; aborts when it
 * cannot. */
size_t test_unhex(const char *text, uint8_t *ret, size_t cap);

/* A deterministic source of random numbers (splitmix64); any seed is good. */
struct test_rng {
	uint64_t state;
};

uint64_t test_rng_u64(struct test_rng *rng);
/* 0 to below - 1; below is not 0. */
uint32_t test_rng_below(struct test_rng *rng, uint32_t below);
void test_rng_bytes(struct test_rng *rng, void *ret, size_t len);
/* From TEST_SEED in the environment, else from the clock; printed, so that a failure replays. */
struct test_rng test_rng_seeded(const char *test);

/* Encodable messages of any type with any set of options. */
void test_random_mh(struct test_rng *rng, struct mip6_mh *ret);
/* The data of an error message is borrowed from `data`, 64 octets. */
void test_random_icmp6(struct test_rng *rng, struct mip6_icmp6 *ret, uint8_t data[64]);

/* Equal in all that encoding preserves: not in what was skipped, nor in offsets. */
bool test_mh_equal(const struct mip6_mh *a, const struct mip6_mh *b);
bool test_icmp6_equal(const struct mip6_icmp6 *a, const struct mip6_icmp6 *b);

#endif
