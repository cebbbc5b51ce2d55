// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole packets: vectors by hand for each of the four shapes, the order of extension headers, every
 * kind of error with its offset, every truncation.
 */
#include <check.h>
#include <mip6/packet.h>
#include <stdlib.h>

#include "../common/wire.h"

#define CAP 2048

static const struct mip6_addr coa = {{0x20, 0x01, 0x0d, 0xb8, 0, 0xb, [15] = 2}};
static const struct mip6_addr hoa = {{0x20, 0x01, 0x0d, 0xb8, 0, 0xa, [15] = 1}};
static const struct mip6_addr ha = {{0x20, 0x01, 0x0d, 0xb8, 0, 0xa, [15] = 0xff}};
static const uint8_t brr[8] = {59, 0, 0, 0, 0, 0, 0, 0};

#define COA "20010db8000b00000000000000000002"
#define HOA "20010db8000a00000000000000000001"
#define HA "20010db8000a000000000000000000ff"
#define HAO "0102 0000 c9 10" HOA
/* The checksum of a BRR between HoA and HA; the sum does not depend on the direction. */
#define BRR "3b 00 00 00 67ea 0000"

static void check_vector(const struct mip6_packet *p, const char *hex)
{
	uint8_t want[CAP], got[CAP];
	size_t len = test_unhex(hex, want, sizeof(want)), offset;
	struct mip6_packet back;

	ck_assert_uint_eq(mip6_packet_encode(p, got, sizeof(got)), len);
	ck_assert_mem_eq(got, want, len);
	ck_assert_uint_eq(mip6_packet_encode(p, got, len - 1), 0);
	ck_assert_int_eq(
		mip6_packet_decode(&p->src, &p->dst, want[6], want + 40, len - 40, &back, &offset),
		MIP6_DECODE_OK);
	ck_assert(mip6_addr_equal(&back.src, &p->src));
	ck_assert(mip6_addr_equal(&back.dst, &p->dst));
	ck_assert_int_eq(back.has_hao, p->has_hao);
	ck_assert_int_eq(back.has_rh2, p->has_rh2);
	if (p->has_hao)
		ck_assert(mip6_addr_equal(&back.hao, &p->hao));
	if (p->has_rh2)
		ck_assert(mip6_addr_equal(&back.rh2, &p->rh2));
	ck_assert_uint_eq(back.mh_len, p->mh_len);
	ck_assert_ptr_eq(back.mh, want + len - p->mh_len);
}

static enum mip6_decode decode(const struct mip6_addr *src, const struct mip6_addr *dst,
                               uint8_t next_header, const char *hex, struct mip6_packet *ret,
                               size_t *ret_offset)
{
	static uint8_t data[CAP];
	size_t len = test_unhex(hex, data, sizeof(data));

	return mip6_packet_decode(src, dst, next_header, data, len, ret, ret_offset);
}

static void check_error(uint8_t next_header, const char *hex, enum mip6_decode result,
                        size_t offset)
{
	struct mip6_packet p, before;
	size_t got = SIZE_MAX;

	memset(&p, 0x5a, sizeof(p));
	before = p;
	ck_assert_int_eq(decode(&coa, &ha, next_header, hex, &p, &got), result);
	ck_assert_uint_eq(got, offset);
	ck_assert_mem_eq(&p, &before, sizeof(p));
}

START_TEST(the_four_shapes)
{
	struct mip6_packet p = {.src = hoa, .dst = ha, .mh = brr, .mh_len = sizeof(brr)};

	check_vector(&p, "60000000 0008 87 40" HOA HA BRR);
	/* WTRU to home agent: the checksum is over the HoA (RFC 6275 section 6.1.1). */
	p = (struct mip6_packet){.src = coa,
	                         .dst = ha,
	                         .has_hao = true,
	                         .hao = hoa,
	                         .mh = brr,
	                         .mh_len = sizeof(brr)};
	check_vector(&p, "60000000 0020 3c 40" COA HA "87 02" HAO BRR);
	/* Home agent to WTRU: over the final destination, the HoA. */
	p = (struct mip6_packet){.src = ha,
	                         .dst = coa,
	                         .has_rh2 = true,
	                         .rh2 = hoa,
	                         .mh = brr,
	                         .mh_len = sizeof(brr)};
	check_vector(&p, "60000000 0020 2b 40" HA COA "87 02 02 01 00000000" HOA BRR);
	/* Between two mobile nodes. */
	p = (struct mip6_packet){.src = coa,
	                         .dst = coa,
	                         .has_hao = true,
	                         .hao = ha,
	                         .has_rh2 = true,
	                         .rh2 = hoa,
	                         .mh = brr,
	                         .mh_len = sizeof(brr)};
	check_vector(&p, "60000000 0038 2b 40" COA COA "3c 02 02 01 00000000" HOA
	                 "87 02 0102 0000 c9 10" HA BRR);
	ck_assert_ptr_eq(mip6_packet_source(&p), &p.hao);
	ck_assert_ptr_eq(mip6_packet_destination(&p), &p.rh2);
	p.has_hao = p.has_rh2 = false;
	ck_assert_ptr_eq(mip6_packet_source(&p), &p.src);
	ck_assert_ptr_eq(mip6_packet_destination(&p), &p.dst);
}
END_TEST

START_TEST(what_is_not_encoded)
{
	static uint8_t big[1304] = {59};
	struct mip6_packet p = {.src = hoa, .dst = ha, .mh = big, .mh_len = 1240};
	uint8_t buf[CAP];

	big[1] = 1240 / 8 - 1;
	ck_assert_uint_eq(mip6_packet_encode(&p, buf, sizeof(buf)), 1280);
	p.has_hao = true;
	ck_assert_uint_eq(mip6_packet_encode(&p, buf, sizeof(buf)), 0);
	/* A length that is not the message's own. */
	p.has_hao = false;
	p.mh_len = 1232;
	ck_assert_uint_eq(mip6_packet_encode(&p, buf, sizeof(buf)), 0);
	p.mh_len = 0;
	ck_assert_uint_eq(mip6_packet_encode(&p, buf, sizeof(buf)), 0);
	/* The caller's message is not changed. */
	p.mh = brr;
	p.mh_len = sizeof(brr);
	ck_assert_uint_eq(mip6_packet_encode(&p, buf, sizeof(buf)), 48);
	ck_assert_uint_eq(brr[4] | brr[5], 0);
}
END_TEST

START_TEST(a_routing_header_that_the_kernel_has_processed)
{
	struct mip6_packet p;
	size_t offset;

	ck_assert_int_eq(decode(&ha, &hoa, 43, "87 02 02 00 00000000" COA BRR, &p, &offset),
	                 MIP6_DECODE_OK);
	ck_assert(p.has_rh2);
	ck_assert(mip6_addr_equal(&p.dst, &coa));
	ck_assert(mip6_addr_equal(&p.rh2, &hoa));
}
END_TEST

START_TEST(other_extension_headers)
{
	struct mip6_packet p;
	size_t offset;

	/* Options to skip, a tunnel encapsulation limit among them, and other headers before. */
	ck_assert_int_eq(decode(&coa, &ha, 60,
	                        "3c 00 04 01 04 01 00 00" /* destination options */
	                        "87 03 c9 10" HOA "3e 00 00 010100 0104 00000000" BRR,
	                        &p, &offset),
	                 MIP6_DECODE_OK);
	ck_assert(p.has_hao);
	/* A routing header of another type with nothing left is ignored (RFC 8200 section 4.4). */
	ck_assert_int_eq(decode(&hoa, &ha, 43, "87 00 00 00 00000000" BRR, &p, &offset),
	                 MIP6_DECODE_OK);
	ck_assert(!p.has_rh2);
	/* It comes before the type 2 header. */
	ck_assert_int_eq(decode(&ha, &coa, 43, "2b 00 00 00 00000000 87 02 02 01 00000000" HOA BRR,
	                        &p, &offset),
	                 MIP6_DECODE_OK);
	ck_assert(p.has_rh2);
	/* Octets behind the message are not part of it. */
	ck_assert_int_eq(decode(&hoa, &ha, 135, BRR "ffff", &p, &offset), MIP6_DECODE_OK);
	ck_assert_uint_eq(p.mh_len, 8);
}
END_TEST

START_TEST(errors_in_destination_options)
{
	/* Header past the end; header cut. */
	check_error(60, "87 03" HAO, MIP6_DECODE_TRUNCATED, 1);
	check_error(60, "87", MIP6_DECODE_TRUNCATED, 0);
	/* Option past the header, option without length. */
	check_error(60, "87 00 01 05 00000000" BRR, MIP6_DECODE_BAD_HEADER, 3);
	check_error(60, "87 00 01 03 000000 04" BRR, MIP6_DECODE_BAD_HEADER, 7);
	/* HAO of another length. */
	check_error(60, "87 02 c9 0f 20010db8000a000000000000000000 0103 000000" BRR,
	            MIP6_DECODE_BAD_HEADER, 3);
	/* Unknown options that must not be skipped: 01 discard, 10 and 11 answer. */
	check_error(60, "87 00 44 04 00000000" BRR, MIP6_DECODE_DISCARD, 2);
	check_error(60, "87 00 84 04 00000000" BRR, MIP6_DECODE_BAD_HEADER, 2);
	check_error(60, "87 00 c4 04 00000000" BRR, MIP6_DECODE_BAD_HEADER, 2);
	/* HAO twice, in one header and in two. */
	check_error(60, "87 04 c9 10" HOA "c9 10" HOA "0100" BRR, MIP6_DECODE_DISCARD, 20);
	check_error(60, "3c 02" HAO "87 02" HAO BRR, MIP6_DECODE_DISCARD, 30);
	/* A home address that is not unicast routable (RFC 6275 section 9.3.1). */
	check_error(60, "87 02 0102 0000 c9 10 fe800000000000000000000000000001" BRR,
	            MIP6_DECODE_DISCARD, 6);
	check_error(60, "87 02 0102 0000 c9 10 ff0e0000000000000000000000000001" BRR,
	            MIP6_DECODE_DISCARD, 6);
	check_error(60, "87 02 0102 0000 c9 10 00000000000000000000000000000000" BRR,
	            MIP6_DECODE_DISCARD, 6);
}
END_TEST

START_TEST(errors_in_routing_headers)
{
	struct mip6_packet p;
	size_t offset;

	/* RFC 6275 section 11.3.3. */
	check_error(43, "87 00 02 01 00000000" BRR, MIP6_DECODE_DISCARD, 1);
	check_error(43, "87 04 02 01 00000000" HOA COA BRR, MIP6_DECODE_DISCARD, 1);
	check_error(43, "87 02 02 02 00000000" HOA BRR, MIP6_DECODE_DISCARD, 3);
	check_error(43, "87 02 02 01 00000000 fe800000000000000000000000000001" BRR,
	            MIP6_DECODE_DISCARD, 8);
	check_error(43, "2b 02 02 01 00000000" HOA "87 02 02 01 00000000" HOA BRR,
	            MIP6_DECODE_DISCARD, 26);
	/* The HAO is behind the routing header (section 6.3). */
	check_error(60, "2b 02" HAO "87 02 02 01 00000000" HOA BRR, MIP6_DECODE_DISCARD, 26);
	/* Another type with something left (RFC 8200 section 4.4). */
	check_error(43, "87 02 00 01 00000000" HOA BRR, MIP6_DECODE_BAD_HEADER, 2);
	/* Sent to an address that cannot have been a CoA. */
	ck_assert_int_eq(decode(&ha, &(struct mip6_addr){{0xff, 0x0e, [15] = 1}}, 43,
	                        "87 02 02 01 00000000" HOA BRR, &p, &offset),
	                 MIP6_DECODE_DISCARD);
}
END_TEST

START_TEST(errors_around_the_message)
{
	check_error(135, "3b 01 00 00 67ea 0000", MIP6_DECODE_TRUNCATED, 1);
	check_error(135, "3b", MIP6_DECODE_TRUNCATED, 0);
	check_error(135, "", MIP6_DECODE_TRUNCATED, 0);
	/* The checksum of HoA, HA on a packet from the CoA without a HAO. */
	check_error(135, BRR, MIP6_DECODE_BAD_CHECKSUM, 4);
	check_error(60, "87 02" HAO "3b 00 00 00 67eb 0000", MIP6_DECODE_BAD_CHECKSUM, 28);
	/* UDP, no next header, fragment, hop-by-hop. */
	check_error(60, "11 02" HAO BRR, MIP6_DECODE_NOT_MH, 24);
	check_error(60, "3b 02" HAO, MIP6_DECODE_NOT_MH, 24);
	check_error(44, BRR, MIP6_DECODE_NOT_MH, 0);
	check_error(0, BRR, MIP6_DECODE_NOT_MH, 0);
}
END_TEST

START_TEST(headers_around_another_payload)
{
	struct mip6_packet p;
	uint8_t data[CAP], next = 0;
	size_t offset, len;

	len = test_unhex("3a 02" HAO "92 00 0000 0001 0000", data, sizeof(data));
	ck_assert_int_eq(mip6_packet_decode_headers(&coa, &ha, 60, data, len, &p, &next, &offset),
	                 MIP6_DECODE_OK);
	ck_assert(p.has_hao);
	ck_assert(mip6_addr_equal(&p.hao, &hoa));
	ck_assert_uint_eq(next, 58);
	ck_assert_uint_eq(p.mh_len, 8);
	ck_assert_ptr_eq(p.mh, data + 24);
	data[3] = 200;
	ck_assert_int_eq(mip6_packet_decode_headers(&coa, &ha, 60, data, len, &p, &next, &offset),
	                 MIP6_DECODE_BAD_HEADER);
	ck_assert_int_eq(mip6_packet_decode_headers(&coa, &ha, 58, data, 0, &p, &next, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_uint_eq(p.mh_len, 0);
}
END_TEST

START_TEST(another_payload_is_encoded_as_it_is)
{
	uint8_t payload[8], want[CAP], got[CAP];
	struct mip6_packet p = {.src = coa, .dst = ha, .has_hao = true, .hao = hoa, .mh = payload};
	size_t len;

	p.mh_len = test_unhex("92 00 1234 0001 0000", payload, sizeof(payload));
	len = test_unhex("60000000 0020 3c 40" COA HA "3a 02" HAO "92 00 1234 0001 0000", want,
	                 sizeof(want));
	ck_assert_uint_eq(mip6_packet_encode_headers(&p, 58, got, sizeof(got)), len);
	ck_assert_mem_eq(got, want, len);
	ck_assert_uint_eq(mip6_packet_encode_headers(&p, 58, got, len - 1), 0);
	p = (struct mip6_packet){.src = ha,
	                         .dst = coa,
	                         .has_rh2 = true,
	                         .rh2 = hoa,
	                         .mh = payload,
	                         .mh_len = sizeof(payload)};
	len = test_unhex("60000000 0020 2b 40" HA COA "3a 02 02 01 00000000" HOA
	                 "92 00 1234 0001 0000",
	                 want, sizeof(want));
	ck_assert_uint_eq(mip6_packet_encode_headers(&p, 58, got, sizeof(got)), len);
	ck_assert_mem_eq(got, want, len);
	p.mh_len = MIP6_PACKET_MAX;
	ck_assert_uint_eq(mip6_packet_encode_headers(&p, 58, got, sizeof(got)), 0);
}
END_TEST

START_TEST(random_round_trips_and_truncations)
{
	struct test_rng rng = test_rng_seeded("test_packet");

	for (unsigned int i = 0; i < 2000; i++) {
		struct mip6_packet p = {.has_hao = i & 1, .has_rh2 = i & 2}, back;
		uint8_t mh[MIP6_MH_MAX], buf[CAP];
		struct mip6_mh msg;
		size_t len, offset;

		test_random_mh(&rng, &msg);
		test_rng_bytes(&rng, &p.src, 16);
		test_rng_bytes(&rng, &p.dst, 16);
		test_rng_bytes(&rng, &p.hao, 16);
		test_rng_bytes(&rng, &p.rh2, 16);
		p.src.b[0] = p.dst.b[0] = p.hao.b[0] = p.rh2.b[0] = 0x20;
		p.mh = mh;
		p.mh_len = mip6_mh_encode(&msg, mh, sizeof(mh), NULL);
		len = mip6_packet_encode(&p, buf, sizeof(buf));
		ck_assert_uint_ne(len, 0);
		ck_assert_int_eq(mip6_packet_decode(&p.src, &p.dst, buf[6], buf + 40, len - 40,
		                                    &back, &offset),
		                 MIP6_DECODE_OK);
		ck_assert(mip6_addr_equal(mip6_packet_source(&p), mip6_packet_source(&back)));
		ck_assert(mip6_addr_equal(mip6_packet_destination(&p),
		                          mip6_packet_destination(&back)));
		ck_assert(mip6_addr_equal(&p.dst, &back.dst));
		ck_assert_uint_eq(back.mh_len, p.mh_len);
		if (i >= 40)
			continue;
		for (size_t cut = 0; cut < len - 40; cut++) {
			uint8_t *exact = malloc(cut ? cut : 1);

			memcpy(exact, buf + 40, cut);
			ck_assert_int_eq(mip6_packet_decode(&p.src, &p.dst, buf[6], exact, cut,
			                                    &back, &offset),
			                 MIP6_DECODE_TRUNCATED);
			ck_assert(cut == 0 || offset <= cut);
			free(exact);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("packet");
	TCase *t = tcase_create("packet");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_four_shapes);
	tcase_add_test(t, what_is_not_encoded);
	tcase_add_test(t, a_routing_header_that_the_kernel_has_processed);
	tcase_add_test(t, other_extension_headers);
	tcase_add_test(t, errors_in_destination_options);
	tcase_add_test(t, errors_in_routing_headers);
	tcase_add_test(t, errors_around_the_message);
	tcase_add_test(t, headers_around_another_payload);
	tcase_add_test(t, another_payload_is_encoded_as_it_is);
	tcase_add_test(t, random_round_trips_and_truncations);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
