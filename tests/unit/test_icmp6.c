// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ICMPv6: vectors by hand for every message and option, the validation of RFC 4861 sections 6.1 and
 * 7.1, the PvD option's name, every truncation, random round trips.
 */
#include <check.h>
#include <mip6/icmp6.h>
#include <stdlib.h>

#include "../common/wire.h"

#define CAP 2048

static const struct mip6_addr src = {{0xfe, 0x80, [15] = 1}};
static const struct mip6_addr dst = {{0xff, 0x02, [15] = 1}};
static const struct mip6_addr target = {{0x20, 0x01, 0x0d, 0xb8, 0, 0xa, [15] = 1}};

#define TARGET "20010db8000a00000000000000000001"

/* The checksum of the vector is 0000: it is computed here, apart. */
static void check_vector(const struct mip6_icmp6 *msg, const char *hex)
{
	uint8_t want[CAP], got[CAP];
	size_t len = test_unhex(hex, want, sizeof(want)), offset;
	struct mip6_icmp6 back;
	uint16_t sum = mip6_checksum(&src, &dst, 58, want, len);

	want[2] = (uint8_t)(sum >> 8);
	want[3] = (uint8_t)sum;
	ck_assert_uint_eq(mip6_icmp6_encode(msg, &src, &dst, got, sizeof(got)), len);
	ck_assert_mem_eq(got, want, len);
	ck_assert_uint_eq(mip6_icmp6_encode(msg, &src, &dst, got, len - 1), 0);
	ck_assert_int_eq(mip6_icmp6_decode(want, len, 255, &back, &offset), MIP6_DECODE_OK);
	ck_assert(test_icmp6_equal(msg, &back));
}

static enum mip6_decode decode(const char *hex, uint8_t hop_limit, struct mip6_icmp6 *ret,
                               size_t *ret_offset)
{
	static uint8_t data[CAP];
	size_t len = test_unhex(hex, data, sizeof(data));

	return mip6_icmp6_decode(data, len, hop_limit, ret, ret_offset);
}

static void check_error(const char *hex, enum mip6_decode result, size_t offset)
{
	struct mip6_icmp6 m, before;
	size_t got = SIZE_MAX;

	memset(&m, 0x5a, sizeof(m));
	before = m;
	ck_assert_int_eq(decode(hex, 255, &m, &got), result);
	ck_assert_uint_eq(got, offset);
	ck_assert_mem_eq(&m, &before, sizeof(m));
}

START_TEST(messages)
{
	struct mip6_icmp6 m = {.type = MIP6_ICMP6_RS};
	static const uint8_t packet[] = {0x60, 0, 0, 0};

	check_vector(&m, "85 00 0000 00000000");
	m.opt.lladdr_len = 6;
	memcpy(m.opt.lladdr, "\2\0\0\0\0\1", 6);
	check_vector(&m, "85 00 0000 00000000 01 01 020000000001");

	m = (struct mip6_icmp6){.type = MIP6_ICMP6_NS, .neighbour.target = target};
	check_vector(&m, "87 00 0000 00000000" TARGET);
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_NA, .neighbour.target = target};
	m.neighbour.flags = MIP6_NA_R | MIP6_NA_O;
	m.opt.lladdr_len = 8;
	memcpy(m.opt.lladdr, "\1\2\3\4\5\6\7\10", 8);
	check_vector(&m, "88 00 0000 a0000000" TARGET "02 02 0102030405060708 000000000000");

	m = (struct mip6_icmp6){.type = MIP6_ICMP6_TOO_BIG,
	                        .error = {.value = 1460, .data = packet, .len = 4}};
	check_vector(&m, "02 00 0000 000005b4 60000000");
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_PARAMETER_PROBLEM, .code = 2};
	m.error.value = 46;
	m.error.data = packet;
	check_vector(&m, "04 02 0000 0000002e");
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_TIME_EXCEEDED};
	m.error.data = packet;
	check_vector(&m, "03 00 0000 00000000");
	m.type = MIP6_ICMP6_UNREACHABLE;
	m.code = 3;
	check_vector(&m, "01 03 0000 00000000");
}
END_TEST

START_TEST(mobility_messages)
{
	struct mip6_icmp6 m = {.type = MIP6_ICMP6_HAAD_REQUEST, .discovery.id = 0x1234};

	check_vector(&m, "90 00 0000 1234 0000");
	m.type = MIP6_ICMP6_HAAD_REPLY;
	check_vector(&m, "91 00 0000 1234 0000");
	m.discovery.count = 2;
	m.discovery.addr[0] = target;
	m.discovery.addr[1] = src;
	check_vector(&m, "91 00 0000 1234 0000" TARGET "fe800000000000000000000000000001");
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_MPS, .discovery.id = 1};
	check_vector(&m, "92 00 0000 0001 0000");
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_MPA, .discovery = {.id = 1, .flags = 0x4000}};
	m.opt.pio_count = 1;
	m.opt.pio[0] = (struct mip6_pio){target, 64, MIP6_PIO_A | MIP6_PIO_R, 100, 50};
	check_vector(&m, "93 00 0000 0001 4000 03 04 40 60 00000064 00000032 00000000" TARGET);
	/* Not bound to the link: any hop limit. */
	ck_assert_int_eq(decode("92 00 0000 0001 0000", 3, &m, &(size_t){0}), MIP6_DECODE_OK);
}
END_TEST

START_TEST(router_advertisements)
{
	struct mip6_icmp6 m = {.type = MIP6_ICMP6_RA,
	                       .ra = {.hop_limit = 64,
	                              .flags = MIP6_RA_H,
	                              .preference = 1,
	                              .router_lifetime_s = 1800,
	                              .reachable_ms = 0x01020304,
	                              .retrans_ms = 5}};

	check_vector(&m, "86 00 0000 40 28 0708 01020304 00000005");
	m.ra.preference = 3;
	m.ra.flags = MIP6_RA_M | MIP6_RA_O;
	check_vector(&m, "86 00 0000 40 d8 0708 01020304 00000005");
	m.opt.lladdr_len = 6;
	memcpy(m.opt.lladdr, "\2\0\0\0\0\1", 6);
	m.opt.pio_count = 2;
	m.opt.pio[0] = (struct mip6_pio){{{0x20, 0x01, 0x0d, 0xb8}}, 64, MIP6_PIO_A, 600, 300};
	m.opt.pio[1] = (struct mip6_pio){target, 64, MIP6_PIO_R, UINT32_MAX, 0};
	m.opt.has_mtu = true;
	m.opt.mtu = 1500;
	m.opt.has_interval = true;
	m.opt.interval_ms = 70;
	m.opt.has_home_agent = true;
	m.opt.home_agent_preference = 9;
	m.opt.home_agent_lifetime_s = 1800;
	m.opt.has_pvd = true;
	m.opt.pvd_flags = MIP6_PVD_H;
	m.opt.pvd_delay = 1;
	m.opt.pvd_seq = 123;
	strcpy(m.opt.pvd, "example.org"); /* the option of RFC 8801 figure 2 */
	check_vector(&m, "86 00 0000 40 d8 0708 01020304 00000005 01 01 020000000001"
	                 "03 04 40 40 00000258 0000012c 00000000 20010db8000000000000000000000000"
	                 "03 04 40 20 ffffffff 00000000 00000000" TARGET "05 01 0000 000005dc"
	                 "07 01 0000 00000046 08 01 0000 0009 0708"
	                 "15 03 80 01 007b 07 6578616d706c65 03 6f7267 00 0000000000");
}
END_TEST

START_TEST(reserved_bits_and_preferences)
{
	uint8_t data[CAP];
	struct mip6_icmp6 m;
	size_t offset;

	ck_assert_int_eq(decode("86 00 0000 40 27 0708 00000000 00000000", 255, &m, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_uint_eq(m.ra.flags, MIP6_RA_H);
	ck_assert_uint_eq(m.ra.preference, 0);
	/* RFC 4191: the reserved value is medium, and without router lifetime there is none. */
	ck_assert_int_eq(decode("86 00 0000 40 10 0708 00000000 00000000", 255, &m, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_uint_eq(m.ra.preference, 0);
	ck_assert_int_eq(decode("86 00 0000 40 08 0000 00000000 00000000", 255, &m, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_uint_eq(m.ra.preference, 0);
	ck_assert_int_eq(decode("88 00 0000 ffffffff" TARGET, 255, &m, &offset), MIP6_DECODE_OK);
	ck_assert_uint_eq(m.neighbour.flags, 0xe0);
	m.neighbour.flags = 0xff;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 24);
	ck_assert_uint_eq(data[4], 0xe0);
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_RA, .ra.flags = 0xff};
	m.opt.pio_count = 1;
	m.opt.pio[0].flags = 0xff;
	m.opt.has_pvd = true;
	m.opt.pvd_flags = 0xff;
	strcpy(m.opt.pvd, "A-Z_0.9");
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 16 + 32 + 16);
	ck_assert_uint_eq(data[5], 0xe0);
	ck_assert_uint_eq(data[16 + 3], 0xe0);
	ck_assert_uint_eq(data[48 + 2], 0xc0);
	ck_assert_int_eq(mip6_icmp6_decode(data, 64, 255, &m, &offset), MIP6_DECODE_OK);
	ck_assert_str_eq(m.opt.pvd, "A-Z_0.9");
	ck_assert_int_eq(decode("93 00 0000 0001 ffff", 64, &m, &offset), MIP6_DECODE_OK);
	ck_assert_uint_eq(m.discovery.flags, 0xc000);
}
END_TEST

START_TEST(neighbour_discovery_is_validated)
{
	struct mip6_icmp6 m;
	size_t offset;

	static const char *const nd[] = {
		"85 00 0000 00000000", "86 00 0000 40 00 0708 00000000 00000000",
		"87 00 0000 00000000" TARGET, "88 00 0000 00000000" TARGET};

	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(decode(nd[i], 255, &m, &offset), MIP6_DECODE_OK);
		ck_assert_int_eq(decode(nd[i], 254, &m, &offset), MIP6_DECODE_DISCARD);
	}
	check_error("85 01 0000 00000000", MIP6_DECODE_DISCARD, 1);
	check_error("92 01 0000 0001 0000", MIP6_DECODE_DISCARD, 1);
	check_error("87 00 0000 00000000 ff020000000000000000000000000001", MIP6_DECODE_DISCARD, 4);
	check_error("88 00 0000 00000000 ff020000000000000000000000000001 02 01 000000000000",
	            MIP6_DECODE_DISCARD, 24);
	check_error("85 00 0000 000000", MIP6_DECODE_TRUNCATED, 0);
	check_error("85", MIP6_DECODE_TRUNCATED, 0);
	check_error("", MIP6_DECODE_TRUNCATED, 0);
	check_error("80 00 0000 00000000", MIP6_DECODE_UNKNOWN_TYPE, 0);
	/* An option of length 0, one past the end, one without length. */
	check_error("85 00 0000 00000000 63 00 000000000000", MIP6_DECODE_DISCARD, 9);
	check_error("85 00 0000 00000000 63 02 000000000000", MIP6_DECODE_TRUNCATED, 9);
	check_error("85 00 0000 00000000 63", MIP6_DECODE_TRUNCATED, 8);
	/* Options of fixed length with another one. */
	check_error("86 00 0000 40 00 0708 00000000 00000000 03 01 000000000000",
	            MIP6_DECODE_BAD_OPTION, 17);
	check_error("86 00 0000 40 00 0708 00000000 00000000 05 02 0000000000000000000000000000",
	            MIP6_DECODE_BAD_OPTION, 17);
	/* An address list that ends within an address. */
	check_error("91 00 0000 1234 0000 20010db8", MIP6_DECODE_DISCARD, 8);
}
END_TEST

START_TEST(options_that_are_ignored)
{
	struct mip6_icmp6 m;
	size_t offset;

	/* Unknown; prefix in a solicitation, even of another length; target address there. */
	ck_assert_int_eq(decode("85 00 0000 00000000 63 01 000000000000 03 01 000000000000"
	                        "02 01 010101010101",
	                        255, &m, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_uint_eq(m.opt.pio_count, 0);
	ck_assert_uint_eq(m.opt.lladdr_len, 0);
	/* Advertisement interval only in a Router Advertisement (RFC 6275 section 7.3). */
	ck_assert_int_eq(decode("93 00 0000 0001 0000 07 01 0000 00000046", 64, &m, &offset),
	                 MIP6_DECODE_OK);
	ck_assert(!m.opt.has_interval);
	/* A prefix length over 128. */
	ck_assert_int_eq(
		decode("93 00 0000 0001 0000 03 04 81 60 00000064 00000032 00000000" TARGET, 64, &m,
	               &offset),
		MIP6_DECODE_OK);
	ck_assert_uint_eq(m.opt.pio_count, 0);
	/* Link-layer addresses of other lengths; of two, the first. */
	ck_assert_int_eq(
		decode("85 00 0000 00000000 01 03 00000000000000000000000000000000000000000000"
	               "01 01 020000000001 01 01 020000000002",
	               255, &m, &offset),
		MIP6_DECODE_OK);
	ck_assert_uint_eq(m.opt.lladdr_len, 6);
	ck_assert_uint_eq(m.opt.lladdr[5], 1);
	/* All but the first PvD (RFC 8801 section 3.3). */
	ck_assert_int_eq(decode("86 00 0000 40 00 0708 00000000 00000000"
	                        "15 02 0000 0001 01 61 00 00000000 000000"
	                        "15 02 0000 0002 01 62 00 00000000 000000"
	                        "05 01 0000 000005dc 05 01 0000 000005dd",
	                        255, &m, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_str_eq(m.opt.pvd, "a");
	ck_assert_uint_eq(m.opt.pvd_seq, 1);
	ck_assert_uint_eq(m.opt.mtu, 1500);
}
END_TEST

START_TEST(more_than_is_kept)
{
	static uint8_t data[16 + 20 * 32], reply[8 + 20 * 16];
	struct mip6_icmp6 m;
	size_t offset;

	data[0] = MIP6_ICMP6_RA;
	for (size_t i = 0; i < 20; i++) {
		data[16 + 32 * i] = 3;
		data[16 + 32 * i + 1] = 4;
		data[16 + 32 * i + 2] = (uint8_t)i;
	}
	ck_assert_int_eq(mip6_icmp6_decode(data, sizeof(data), 255, &m, &offset), MIP6_DECODE_OK);
	ck_assert_uint_eq(m.opt.pio_count, MIP6_PIO_MAX);
	ck_assert_uint_eq(m.opt.pio[MIP6_PIO_MAX - 1].len, MIP6_PIO_MAX - 1);
	reply[0] = MIP6_ICMP6_HAAD_REPLY;
	ck_assert_int_eq(mip6_icmp6_decode(reply, sizeof(reply), 64, &m, &offset), MIP6_DECODE_OK);
	ck_assert_uint_eq(m.discovery.count, MIP6_HAAD_MAX);
}
END_TEST

static bool pvd_is_read(const char *name_hex)
{
	char hex[256] = "86 00 0000 40 00 0708 00000000 00000000 15 02 0000 0000 ";
	struct mip6_icmp6 m;
	size_t offset;

	strcat(hex, name_hex);
	ck_assert_int_eq(decode(hex, 255, &m, &offset), MIP6_DECODE_OK);
	return m.opt.has_pvd;
}

START_TEST(operator_names_on_the_wire)
{
	ck_assert(pvd_is_read("01 61 01 62 00 00000000 00"));
	ck_assert(!pvd_is_read("00 000000000000000000"));    /* the root */
	ck_assert(!pvd_is_read("01 2e 00 00000000000000"));  /* a dot within a label */
	ck_assert(!pvd_is_read("01 00 00 00000000000000"));  /* a NUL */
	ck_assert(!pvd_is_read("09 616161616161616161"));    /* no end */
	ck_assert(!pvd_is_read("0a 616161616161616161"));    /* past the end */
	ck_assert(!pvd_is_read("01 61 c0 06 000000000000")); /* compression */
	ck_assert(!pvd_is_read("40 616161616161616161"));    /* a label of 64 */
}
END_TEST

START_TEST(operator_names_in_text)
{
	struct mip6_icmp6 m = {.type = MIP6_ICMP6_RA, .opt.has_pvd = true}, back;
	uint8_t data[CAP];
	size_t len, offset;
	static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "a b", "\xc3\xbc"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(m.opt.pvd, bad[i]);
		ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	}
	/* A label of 63 is the longest, a name of 253 too. */
	memset(m.opt.pvd, 'a', sizeof(m.opt.pvd));
	m.opt.pvd[64] = '\0';
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	memset(m.opt.pvd, 'a', sizeof(m.opt.pvd));
	m.opt.pvd[63] = m.opt.pvd[127] = m.opt.pvd[191] = '.';
	/* No NUL at all. */
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m.opt.pvd[253] = '\0';
	len = mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data));
	ck_assert_uint_eq(len, 16 + 264);
	ck_assert_int_eq(mip6_icmp6_decode(data, len, 255, &back, &offset), MIP6_DECODE_OK);
	ck_assert_str_eq(back.opt.pvd, m.opt.pvd);
	/* One octet more on the wire: the last label is 62 instead of 61. */
	data[16 + 6 + 192] = 62;
	data[16 + 6 + 192 + 63] = 0;
	data[16 + 6 + 192 + 62] = 'a';
	ck_assert_int_eq(mip6_icmp6_decode(data, len, 255, &back, &offset), MIP6_DECODE_OK);
	ck_assert(!back.opt.has_pvd);
}
END_TEST

START_TEST(values_out_of_range_are_not_encoded)
{
	struct mip6_icmp6 good = {.type = MIP6_ICMP6_RA, .ra.router_lifetime_s = 1}, m;
	uint8_t data[CAP];

	ck_assert_uint_eq(mip6_icmp6_encode(&good, &src, &dst, data, sizeof(data)), 16);
	m = good;
	m.type = 128;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m = good;
	m.code = 1;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m = good;
	m.ra.preference = 2;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m = good;
	m.opt.lladdr_len = 7;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m = good;
	m.opt.pio_count = MIP6_PIO_MAX + 1;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m = good;
	m.opt.pio_count = 1;
	m.opt.pio[0].len = 129;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m = good;
	m.opt.has_pvd = true;
	strcpy(m.opt.pvd, "a");
	m.opt.pvd_delay = 16;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	/* Options that the message cannot have. */
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_RS, .opt.has_mtu = true};
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_MPA, .opt.lladdr_len = 6};
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
	m = (struct mip6_icmp6){.type = MIP6_ICMP6_HAAD_REPLY};
	m.discovery.count = MIP6_HAAD_MAX + 1;
	ck_assert_uint_eq(mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data)), 0);
}
END_TEST

START_TEST(random_round_trips)
{
	struct test_rng rng = test_rng_seeded("test_icmp6");

	for (unsigned int i = 0; i < 20000; i++) {
		uint8_t data[CAP], again[CAP], error[64];
		struct mip6_icmp6 m, back;
		size_t len, offset;

		test_random_icmp6(&rng, &m, error);
		len = mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data));
		ck_assert_uint_ge(len, 8);
		ck_assert_uint_eq(mip6_checksum(&src, &dst, 58, data, len), 0);
		ck_assert_int_eq(mip6_icmp6_decode(data, len, 255, &back, &offset), MIP6_DECODE_OK);
		ck_assert(test_icmp6_equal(&m, &back));
		ck_assert_uint_eq(mip6_icmp6_encode(&back, &src, &dst, again, sizeof(again)), len);
		ck_assert_mem_eq(data, again, len);
	}
}
END_TEST

START_TEST(every_truncation)
{
	struct test_rng rng = test_rng_seeded("test_icmp6");

	for (unsigned int i = 0; i < 200; i++) {
		uint8_t data[CAP], error[64];
		struct mip6_icmp6 m, back;
		enum mip6_decode result;
		size_t len, offset;

		test_random_icmp6(&rng, &m, error);
		len = mip6_icmp6_encode(&m, &src, &dst, data, sizeof(data));
		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *exact = malloc(cut ? cut : 1);

			memcpy(exact, data, cut);
			result = mip6_icmp6_decode(exact, cut, 255, &back, &offset);
			/* Cut between options it is a shorter message, within one it is not. */
			ck_assert(
				result == MIP6_DECODE_OK || result == MIP6_DECODE_TRUNCATED ||
				(m.type == MIP6_ICMP6_HAAD_REPLY && result == MIP6_DECODE_DISCARD));
			if (result == MIP6_DECODE_OK)
				ck_assert(m.type < 128 || cut % 8 == 0 ||
				          m.type == MIP6_ICMP6_HAAD_REQUEST);
			free(exact);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("icmp6");
	TCase *t = tcase_create("icmp6");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, messages);
	tcase_add_test(t, mobility_messages);
	tcase_add_test(t, router_advertisements);
	tcase_add_test(t, reserved_bits_and_preferences);
	tcase_add_test(t, neighbour_discovery_is_validated);
	tcase_add_test(t, options_that_are_ignored);
	tcase_add_test(t, more_than_is_kept);
	tcase_add_test(t, operator_names_on_the_wire);
	tcase_add_test(t, operator_names_in_text);
	tcase_add_test(t, values_out_of_range_are_not_encoded);
	tcase_add_test(t, random_round_trips);
	tcase_add_test(t, every_truncation);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
