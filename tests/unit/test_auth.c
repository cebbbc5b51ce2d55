// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RFC 4285 authentication. The authenticators in here were computed by another HMAC implementation
 * (Python's hmac module) over octets laid out by hand: care-of address, home address, message up to
 * the SPI with checksum 0.
 */
#include <check.h>
#include <mip6/auth.h>
#include <stdlib.h>

#include "../common/wire.h"

#define CAP 2048

static const struct mip6_addr coa = {{0x20, 0x01, 0x0d, 0xb8, 0, 0xb, [15] = 2}};
static const struct mip6_addr hoa = {{0x20, 0x01, 0x0d, 0xb8, 0, 0xa, [15] = 1}};

static const struct mip6_auth_sa sa_sha1 = {.spi = MIP6_AUTH_SPI_DEFAULT,
                                            .algorithm = MIP6_AUTH_HMAC_SHA1,
                                            .key_len = 16,
                                            .key = "0123456789abcdef"};
static const struct mip6_auth_sa sa_sha256 = {.spi = 0x01020304,
                                              .algorithm = MIP6_AUTH_HMAC_SHA256_128,
                                              .key_len = 16,
                                              .key = "0123456789abcdef"};

static struct mip6_mh extended_bu(void)
{
	struct mip6_mh mh = {.type = MIP6_MH_BU, .bu = {5, MIP6_BU_A | MIP6_BU_H, 10}};

	mh.opt.has = MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID | MIP6_HAS_ANCHOR;
	mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
	mh.opt.mn_id_len = 3;
	memcpy(mh.opt.mn_id, "a@b", 4);
	mh.opt.mesg_id = 1;
	mh.opt.anchor = hoa;
	return mh;
}

static void check_known(const struct mip6_mh *mh, const struct mip6_auth_sa *sa, const char *hex)
{
	uint8_t want[CAP], got[CAP];
	size_t len = test_unhex(hex, want, sizeof(want)), offset;
	struct mip6_mh back;

	ck_assert_uint_eq(mip6_auth_encode(mh, sa, &coa, &hoa, got, sizeof(got)), len);
	ck_assert_mem_eq(got, want, len);
	ck_assert_int_eq(mip6_mh_decode(got, len, &back, &offset), MIP6_DECODE_OK);
	ck_assert(mip6_auth_verify(&back, got, len, sa, &coa, &hoa));
	/* The checksum on the wire is not covered. */
	got[4] = 0x12;
	got[5] = 0x34;
	ck_assert(mip6_auth_verify(&back, got, len, sa, &coa, &hoa));
	/* Both addresses are. */
	ck_assert(!mip6_auth_verify(&back, got, len, sa, &hoa, &hoa));
	ck_assert(!mip6_auth_verify(&back, got, len, sa, &coa, &coa));
}

START_TEST(known_answers)
{
	struct mip6_mh mh = extended_bu();
	struct mip6_auth_sa long_key = {
		.spi = 256, .algorithm = MIP6_AUTH_HMAC_SHA1, .key_len = 64};
	struct mip6_mh ba = {.type = MIP6_MH_BA, .ba = {.seq = 7, .lifetime_s4 = 100}};

	check_known(&mh, &sa_sha1,
	            "3b 08 05 00 0000 0005 c000 000a 08 04 01 614062 0a 08 0000000000000001"
	            "12 12 01 00 20010db8000a00000000000000000001"
	            "00 09 11 01 00000003 fec4c940f2bf4d88d2aa0532 01020000");
	check_known(&mh, &sa_sha256,
	            "3b 08 05 00 0000 0005 c000 000a 08 04 01 614062 0a 08 0000000000000001"
	            "12 12 01 00 20010db8000a00000000000000000001"
	            "00 09 15 01 01020304 8b9beab04aabd5aa729ebbe9f2813133");
	for (uint8_t i = 0; i < 64; i++)
		long_key.key[i] = i;
	check_known(&ba, &long_key,
	            "3b 03 06 00 0000 00 00 0007 0064 00 09 11 01 00000100"
	            "7ba163aed606b08774fb9173");
}
END_TEST

START_TEST(without_an_association)
{
	struct mip6_mh mh = extended_bu(), back;
	uint8_t data[CAP], plain[CAP];
	size_t len, offset;

	len = mip6_mh_encode(&mh, plain, sizeof(plain), NULL);
	/* Whatever the message says of authentication is dropped. */
	mh.opt.has |= MIP6_HAS_AUTH;
	ck_assert_uint_eq(mip6_auth_encode(&mh, NULL, &coa, &hoa, data, sizeof(data)), len);
	ck_assert_mem_eq(data, plain, len);
	ck_assert_int_eq(mip6_mh_decode(data, len, &back, &offset), MIP6_DECODE_OK);
	ck_assert(!mip6_auth_verify(&back, data, len, &sa_sha1, &coa, &hoa));
}
END_TEST

START_TEST(another_association_does_not_verify)
{
	struct mip6_mh mh = extended_bu(), back;
	struct mip6_auth_sa sa;
	uint8_t data[CAP];
	size_t len, offset;

	len = mip6_auth_encode(&mh, &sa_sha1, &coa, &hoa, data, sizeof(data));
	ck_assert_int_eq(mip6_mh_decode(data, len, &back, &offset), MIP6_DECODE_OK);
	sa = sa_sha1;
	sa.spi = 4;
	ck_assert(!mip6_auth_verify(&back, data, len, &sa, &coa, &hoa));
	sa = sa_sha1;
	sa.algorithm = MIP6_AUTH_HMAC_SHA256_128;
	ck_assert(!mip6_auth_verify(&back, data, len, &sa, &coa, &hoa));
	sa = sa_sha1;
	sa.key[15] ^= 1;
	ck_assert(!mip6_auth_verify(&back, data, len, &sa, &coa, &hoa));
	sa = sa_sha1;
	sa.key_len = 17; /* HMAC pads with zeros: a longer key must differ in them */
	sa.key[16] = 1;
	ck_assert(!mip6_auth_verify(&back, data, len, &sa, &coa, &hoa));
	/* The MN-AAA option is somebody else's to verify. */
	back.opt.has = MIP6_HAS_AAA;
	ck_assert(!mip6_auth_verify(&back, data, len, &sa_sha1, &coa, &hoa));
}
END_TEST

START_TEST(unusable_associations)
{
	struct mip6_mh mh = extended_bu(), back;
	struct mip6_auth_sa sa;
	uint8_t data[CAP];
	size_t len, offset;

	sa = sa_sha1;
	sa.spi = 2;
	ck_assert_uint_eq(mip6_auth_encode(&mh, &sa, &coa, &hoa, data, sizeof(data)), 0);
	sa = sa_sha1;
	sa.key_len = 15;
	ck_assert_uint_eq(mip6_auth_encode(&mh, &sa, &coa, &hoa, data, sizeof(data)), 0);
	sa.key_len = MIP6_AUTH_KEY_MAX + 1;
	ck_assert_uint_eq(mip6_auth_encode(&mh, &sa, &coa, &hoa, data, sizeof(data)), 0);
	sa = sa_sha1;
	sa.algorithm = (enum mip6_auth_algorithm)0;
	ck_assert_uint_eq(mip6_auth_data_len(sa.algorithm), 0);
	ck_assert_uint_eq(mip6_auth_encode(&mh, &sa, &coa, &hoa, data, sizeof(data)), 0);
	/* Nor does an option without data verify for an algorithm that has none. */
	mh.opt.has |= MIP6_HAS_AUTH;
	mh.opt.auth_spi = sa.spi;
	mh.opt.auth_len = 0;
	len = mip6_mh_encode(&mh, data, sizeof(data), NULL);
	ck_assert_int_eq(mip6_mh_decode(data, len, &back, &offset), MIP6_DECODE_OK);
	ck_assert(!mip6_auth_verify(&back, data, len, &sa, &coa, &hoa));
	/* No room. */
	mh = extended_bu();
	ck_assert_uint_eq(mip6_auth_encode(&mh, &sa_sha1, &coa, &hoa, data, 64), 0);
}
END_TEST

/* Offsets that decoding did not give are refused, not followed. */
START_TEST(foreign_offsets)
{
	struct mip6_mh mh = extended_bu(), back;
	uint8_t data[CAP];
	size_t len, offset;

	len = mip6_auth_encode(&mh, &sa_sha1, &coa, &hoa, data, sizeof(data));
	ck_assert_int_eq(mip6_mh_decode(data, len, &back, &offset), MIP6_DECODE_OK);
	back.opt.auth_offset = 0;
	ck_assert(!mip6_auth_verify(&back, data, len, &sa_sha1, &coa, &hoa));
	back.opt.auth_offset = 65535;
	ck_assert(!mip6_auth_verify(&back, data, len, &sa_sha1, &coa, &hoa));
	ck_assert(!mip6_auth_verify(&back, data, 8, &sa_sha1, &coa, &hoa));
}
END_TEST

/*
 * Any one bit flipped: either it does not decode, or it does not verify; but for the checksum and
 * the padding behind the option, which the authenticator does not cover and which change nothing.
 */
START_TEST(flipped_bits)
{
	struct test_rng rng = test_rng_seeded("test_auth");

	for (unsigned int i = 0; i < 60; i++) {
		const struct mip6_auth_sa *sa = i % 2 ? &sa_sha1 : &sa_sha256;
		struct mip6_mh mh, original, back;
		uint8_t data[CAP];
		size_t len, offset, end;

		test_random_mh(&rng, &mh);
		mh.opt.has &= ~(uint32_t)(MIP6_HAS_BINDING_AUTH | MIP6_HAS_AAA);
		len = mip6_auth_encode(&mh, sa, &coa, &hoa, data, sizeof(data));
		ck_assert_int_eq(mip6_mh_decode(data, len, &original, &offset), MIP6_DECODE_OK);
		ck_assert(mip6_auth_verify(&original, data, len, sa, &coa, &hoa));
		end = (size_t)original.opt.auth_offset + original.opt.auth_len;
		for (size_t bit = 0; bit < 8 * len; bit++) {
			size_t at = bit / 8;

			data[at] ^= (uint8_t)(1u << bit % 8);
			if (mip6_mh_decode(data, len, &back, &offset) == MIP6_DECODE_OK &&
			    mip6_auth_verify(&back, data, len, sa, &coa, &hoa)) {
				ck_assert_msg(at == 4 || at == 5 || at >= end, "octet %zu of %zu",
				              at, len);
				ck_assert(test_mh_equal(&original, &back));
			}
			data[at] ^= (uint8_t)(1u << bit % 8);
		}
	}
}
END_TEST

static const struct mip6_auth_sa sa_aaa = {.key_len = 26, .key = "MN-AAA key of the operator"};

/* The same vectors, by Python's hmac and hashlib, with an MN-AAA option behind. */
START_TEST(known_aaa_answers)
{
	struct mip6_mh mh = extended_bu(), back;
	uint8_t want[CAP], got[CAP], mac[MIP6_AAA_LEN], want_mac[MIP6_AAA_LEN];
	struct mip6_auth_sa sa;
	size_t len, offset;

	len = test_unhex("3b 0b 05 00 0000 0005 c000 000a 08 04 01 614062 0a 08 0000000000000001"
	                 "12 12 01 00 20010db8000a00000000000000000001"
	                 "00 09 11 01 00000003 3d6ee5727fb21530e9d62fb9"
	                 "00 09 19 02 00000003 57807edfdf8ea893cccd829e60bba22f214b53b2",
	                 want, sizeof(want));
	ck_assert_uint_eq(
		mip6_auth_encode_aaa(&mh, &sa_sha1, &sa_aaa, &coa, &hoa, got, sizeof(got)), len);
	ck_assert_mem_eq(got, want, len);
	got[5] = 0x34; /* the checksum on the wire is not covered */
	ck_assert_int_eq(mip6_mh_decode(got, len, &back, &offset), MIP6_DECODE_OK);
	ck_assert(mip6_auth_verify(&back, got, len, &sa_sha1, &coa, &hoa));
	ck_assert(mip6_aaa_digest(&back, got, len, &coa, &hoa, mac));
	test_unhex("a33aaddc59f7d5c8de838eb25ebad92834a64545", want_mac, sizeof(want_mac));
	ck_assert_mem_eq(mac, want_mac, sizeof(mac));

	/* What is behind the MN-HA option is none of its business. */
	got[len - 1] ^= 1;
	ck_assert(mip6_auth_verify(&back, got, len, &sa_sha1, &coa, &hoa));

	/* Without an MN-HA option. */
	len = test_unhex("3b 09 05 00 0000 0005 c000 000a 08 04 01 614062 0a 08 0000000000000001"
	                 "12 12 01 00 20010db8000a00000000000000000001"
	                 "00 09 19 02 00000003 ffbb5f7ecd2c345cff09de217aaf6a0693e9df97 0102 0000",
	                 want, sizeof(want));
	ck_assert_uint_eq(mip6_auth_encode_aaa(&mh, NULL, &sa_aaa, &coa, &hoa, got, sizeof(got)),
	                  len);
	ck_assert_mem_eq(got, want, len);

	/* The key that follows for the home agent at hoa. */
	mip6_aaa_derive(&sa_aaa, &hoa, &sa);
	ck_assert_uint_eq(sa.spi, 3);
	ck_assert_uint_eq(sa.key_len, 40);
	ck_assert_mem_eq(sa.key, "7ce484bdfc7b63ac6d0fbfea4bf0301aec031c87", 40);
	ck_assert_uint_ne(mip6_auth_encode(&mh, &sa, &coa, &hoa, got, sizeof(got)), 0);
}
END_TEST

START_TEST(unjudgeable_aaa)
{
	struct mip6_mh mh = extended_bu(), back;
	uint8_t data[CAP], mac[MIP6_AAA_LEN];
	size_t len, offset;

	len = mip6_auth_encode_aaa(&mh, &sa_sha1, &sa_aaa, &coa, &hoa, data, sizeof(data));
	ck_assert_int_eq(mip6_mh_decode(data, len, &back, &offset), MIP6_DECODE_OK);
	mh = back;
	mh.opt.aaa_spi = 5; /* 3GPP2's */
	ck_assert(!mip6_aaa_digest(&mh, data, len, &coa, &hoa, mac));
	mh = back;
	mh.opt.aaa_len = 12;
	ck_assert(!mip6_aaa_digest(&mh, data, len, &coa, &hoa, mac));
	mh = back;
	mh.opt.has &= ~(uint32_t)MIP6_HAS_AAA;
	ck_assert(!mip6_aaa_digest(&mh, data, len, &coa, &hoa, mac));
	mh = back;
	mh.opt.aaa_offset = 5;
	ck_assert(!mip6_aaa_digest(&mh, data, len, &coa, &hoa, mac));
	mh.opt.aaa_offset = 65535;
	ck_assert(!mip6_aaa_digest(&mh, data, len, &coa, &hoa, mac));
}
END_TEST

START_TEST(timestamps)
{
	struct test_rng rng = test_rng_seeded("test_auth");
	const int64_t era_end_s = INT64_C(2085978496); /* 2036-02-07 06:28:16 */

	ck_assert(mip6_ntp_from_unix_us(0) == UINT64_C(0x83aa7e8000000000));
	ck_assert(mip6_ntp_from_unix_us(500000) == UINT64_C(0x83aa7e8080000000));
	ck_assert(mip6_ntp_from_unix_us(-500000) == UINT64_C(0x83aa7e7f80000000));
	ck_assert(mip6_ntp_to_unix_us(UINT64_C(0x83aa7e8080000000)) == 500000);
	/* The era of 2036: the seconds start again at 0. */
	ck_assert(mip6_ntp_from_unix_us(era_end_s * 1000000) == 0);
	ck_assert(mip6_ntp_to_unix_us(0) == era_end_s * 1000000);
	for (unsigned int i = 0; i < 100000; i++) {
		int64_t us = (int64_t)(test_rng_u64(&rng) % (UINT64_C(4200000000) * 1000000));
		uint64_t ntp = mip6_ntp_from_unix_us(us);

		ck_assert(mip6_ntp_to_unix_us(ntp) == us);
		/* Later is greater, within an era: RFC 4285 section 6 compares them. */
		if (us + 1 != era_end_s * 1000000)
			ck_assert(mip6_ntp_from_unix_us(us + 1) > ntp);
	}
}
END_TEST

START_TEST(wiping)
{
	uint8_t secret[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	mip6_auth_wipe(secret, sizeof(secret) - 1);
	for (size_t i = 0; i < sizeof(secret) - 1; i++)
		ck_assert_uint_eq(secret[i], 0);
	ck_assert_uint_eq(secret[7], 8);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("auth");
	TCase *t = tcase_create("auth");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, known_answers);
	tcase_add_test(t, without_an_association);
	tcase_add_test(t, another_association_does_not_verify);
	tcase_add_test(t, unusable_associations);
	tcase_add_test(t, foreign_offsets);
	tcase_add_test(t, flipped_bits);
	tcase_add_test(t, known_aaa_answers);
	tcase_add_test(t, unjudgeable_aaa);
	tcase_add_test(t, timestamps);
	tcase_add_test(t, wiping);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
