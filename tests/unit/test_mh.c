// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Mobility Header: vectors written by hand from the formats in the RFCs, every kind of error
 * with its offset, every truncation, random round trips.
 */
#include <check.h>
#include <mip6/mh.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/wire.h"

#define CAP 2048

static const struct mip6_addr addr_a = {{0x20, 0x01, 0x0d, 0xb8, 0, 0xa, [15] = 1}};

/* Encoding gives exactly these octets; decoding them gives the message back. */
static void check_vector(const struct mip6_mh *mh, const char *hex)
{
	uint8_t want[CAP], got[CAP];
	size_t len = test_unhex(hex, want, sizeof(want)), got_len, offset;
	struct mip6_mh back;

	got_len = mip6_mh_encode(mh, got, sizeof(got), NULL);
	ck_assert_uint_eq(got_len, len);
	ck_assert_mem_eq(got, want, len);
	ck_assert_int_eq(mip6_mh_decode(want, len, &back, &offset), MIP6_DECODE_OK);
	ck_assert(test_mh_equal(mh, &back));
	/* One octet less room: not encodable. */
	ck_assert_uint_eq(mip6_mh_encode(mh, got, len - 1, NULL), 0);
}

/* Decoding fails in this way at this offset, and leaves the result alone. */
static void check_error(const char *hex, enum mip6_decode result, size_t offset)
{
	uint8_t data[CAP];
	size_t len = test_unhex(hex, data, sizeof(data)), got_offset = SIZE_MAX;
	struct mip6_mh mh, before;

	memset(&mh, 0x5a, sizeof(mh));
	before = mh;
	ck_assert_int_eq(mip6_mh_decode(data, len, &mh, &got_offset), result);
	ck_assert_uint_eq(got_offset, offset);
	ck_assert_mem_eq(&mh, &before, sizeof(mh));
}

static void decode(const char *hex, struct mip6_mh *ret)
{
	uint8_t data[CAP];
	size_t len = test_unhex(hex, data, sizeof(data)), offset;

	ck_assert_int_eq(mip6_mh_decode(data, len, ret, &offset), MIP6_DECODE_OK);
}

START_TEST(messages_without_options)
{
	check_vector(&(struct mip6_mh){.type = MIP6_MH_BRR}, "3b 00 00 00 0000 0000");
	check_vector(
		&(struct mip6_mh){.type = MIP6_MH_HOTI, .test_init.cookie = 0x0102030405060708},
		"3b 01 01 00 0000 0000 0102030405060708");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_COTI, .test_init.cookie = 0xff},
	             "3b 01 02 00 0000 0000 00000000000000ff");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_HOT,
	                               .test = {.nonce_index = 0x1122,
	                                        .cookie = 0x0102030405060708,
	                                        .keygen_token = 0x1112131415161718}},
	             "3b 02 03 00 0000 1122 0102030405060708 1112131415161718");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_COT, .test = {.keygen_token = 1}},
	             "3b 02 04 00 0000 0000 0000000000000000 0000000000000001");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_BU,
	                               .bu = {.seq = 0x1f9d,
	                                      .flags = MIP6_BU_A | MIP6_BU_H,
	                                      .lifetime_s4 = 0x545f}},
	             "3b 01 05 00 0000 1f9d c000 545f 01020000");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_BU, .bu = {.flags = MIP6_BU_L | MIP6_BU_K}},
	             "3b 01 05 00 0000 0000 3000 0000 01020000");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_BA,
	                               .ba = {.status = MIP6_BA_SEQ_OUT_OF_WINDOW,
	                                      .flags = MIP6_BA_K,
	                                      .seq = 0xfffe,
	                                      .lifetime_s4 = 0x0102}},
	             "3b 01 06 00 0000 87 80 fffe 0102 01020000");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_BE,
	                               .be = {.status = MIP6_BE_UNKNOWN_MH_TYPE, .hoa = addr_a}},
	             "3b 02 07 00 0000 02 00 20010db8000a00000000000000000001");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_HEARTBEAT, .heartbeat = {.seq = 0xdeadbeef}},
	             "3b 01 0d 00 0000 0000 deadbeef 01020000");
	check_vector(&(struct mip6_mh){.type = MIP6_MH_REVOCATION,
	                               .revocation = {.type = MIP6_REVOCATION_BRI,
	                                              .trigger = MIP6_REVOCATION_ADMINISTRATIVE,
	                                              .seq = 0x1234,
	                                              .flags = MIP6_REVOCATION_G}},
	             "3b 01 10 00 0000 01 01 1234 2000 01020000");
	check_vector(
		&(struct mip6_mh){.type = MIP6_MH_REVOCATION,
	                          .revocation = {.type = MIP6_REVOCATION_BRA,
	                                         .trigger = 128,
	                                         .seq = 1,
	                                         .flags = MIP6_REVOCATION_P | MIP6_REVOCATION_V}},
		"3b 01 10 00 0000 02 80 0001 c000 01020000");
}
END_TEST

/* One option each, in the least padding that its alignment allows. */
START_TEST(options_are_aligned)
{
	struct mip6_mh mh = {.type = MIP6_MH_BA, .opt.has = MIP6_HAS_REFRESH_ADVICE};

	mh.opt.refresh_interval_s4 = 0x0a0b;
	check_vector(&mh, "3b 01 06 00 0000 00 00 0000 0000 02 02 0a0b");

	/* 8n + 6 */
	mh = (struct mip6_mh){.type = MIP6_MH_BU, .opt.has = MIP6_HAS_ALT_COA};
	mh.opt.alt_coa = addr_a;
	check_vector(&mh, "3b 03 05 00 0000 0000 0000 0000 0100 03 10"
	                  "20010db8000a00000000000000000001");

	/* 2n; binding authorisation data at 8n + 2, ending the message */
	mh.opt.has = MIP6_HAS_NONCE_INDICES | MIP6_HAS_BINDING_AUTH;
	mh.opt.home_nonce = 0x0102;
	mh.opt.coa_nonce = 0x0304;
	memcpy(mh.opt.binding_auth, "abcdefghijkl", 12);
	check_vector(&mh, "3b 03 05 00 0000 0000 0000 0000 04 04 0102 0304"
	                  "05 0c 6162636465666768696a6b6c");

	/* no alignment */
	mh.opt.has = MIP6_HAS_MN_ID;
	mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
	mh.opt.mn_id_len = 3;
	memcpy(mh.opt.mn_id, "a@b", 4);
	check_vector(&mh, "3b 02 05 00 0000 0000 0000 0000 08 04 01 614062 0104 00000000");

	/* 4n + 1 */
	mh.opt.has = MIP6_HAS_AUTH;
	mh.opt.auth_spi = 0x01020304;
	mh.opt.auth_len = 12;
	memcpy(mh.opt.auth_data, "ABCDEFGHIJKL", 12);
	check_vector(&mh, "3b 03 05 00 0000 0000 0000 0000 00 09 11 01 01020304"
	                  "4142434445464748494a4b4c");

	/* 8n + 2 */
	mh.opt.has = MIP6_HAS_MESG_ID;
	mh.opt.mesg_id = 0x0102030405060708;
	check_vector(&mh, "3b 03 05 00 0000 0000 0000 0000 0104 00000000 0a 08 0102030405060708"
	                  "01020000");

	/* 8n + 4 */
	mh.opt.has = MIP6_HAS_ANCHOR;
	mh.opt.anchor = addr_a;
	check_vector(&mh, "3b 03 05 00 0000 0000 0000 0000 12 12 01 00"
	                  "20010db8000a00000000000000000001");

	mh.opt.has = MIP6_HAS_EXPERIMENTAL;
	mh.opt.experimental_len = 3;
	memcpy(mh.opt.experimental, "\7\2\3", 3);
	check_vector(&mh, "3b 02 05 00 0000 0000 0000 0000 12 03 070203 0105 0000000000");

	/* 4n + 2 */
	mh.opt.has = MIP6_HAS_VENDOR;
	mh.opt.vendor_id = 0x00000a0b;
	mh.opt.vendor_subtype = 7;
	mh.opt.vendor_len = 1;
	mh.opt.vendor[0] = 0xee;
	check_vector(&mh, "3b 02 05 00 0000 0000 0000 0000 0100 13 06 00000a0b 07 ee 0100");

	/* 4n + 2 */
	mh = (struct mip6_mh){.type = MIP6_MH_HEARTBEAT, .opt.has = MIP6_HAS_RESTART_COUNTER};
	mh.heartbeat.flags = MIP6_HEARTBEAT_R | MIP6_HEARTBEAT_U;
	mh.heartbeat.seq = 1;
	mh.opt.restart_counter = 5;
	check_vector(&mh, "3b 02 0d 00 0000 0003 00000001 0100 1c 04 00000005 01020000");
}
END_TEST

/* What an extended, authenticated BU looks like: identity and replay protection before the HMAC. */
START_TEST(options_are_ordered)
{
	struct mip6_mh mh = {.type = MIP6_MH_BU, .bu = {5, MIP6_BU_A | MIP6_BU_H, 10}};
	struct mip6_options *o = &mh.opt;
	uint8_t data[CAP];
	size_t at;

	o->has = MIP6_HAS_AUTH | MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID | MIP6_HAS_ANCHOR;
	o->mn_id_subtype = MIP6_MN_ID_NAI;
	o->mn_id_len = 3;
	memcpy(o->mn_id, "a@b", 4);
	o->mesg_id = 1;
	o->anchor = addr_a;
	o->auth_spi = 3;
	o->auth_len = 12;
	check_vector(&mh, "3b 08 05 00 0000 0005 c000 000a 08 04 01 614062 0a 08 0000000000000001"
	                  "12 12 01 00 20010db8000a00000000000000000001"
	                  "00 09 11 01 00000003 000000000000000000000000 01020000");
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), &at), 72);
	ck_assert_uint_eq(at, 56);
	o->has &= ~(uint32_t)MIP6_HAS_AUTH;
	ck_assert_uint_ne(mip6_mh_encode(&mh, data, sizeof(data), &at), 0);
	ck_assert_uint_eq(at, 0);
}
END_TEST

START_TEST(reserved_bits_are_ignored_and_not_sent)
{
	struct mip6_mh mh;
	uint8_t data[CAP];

	decode("3b 01 05 ff 0000 0001 ffff 0002 00000000", &mh);
	ck_assert_uint_eq(mh.bu.flags, 0xf000);
	mh.bu.flags = 0xffff;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 16);
	ck_assert_uint_eq(data[8], 0xf0);
	ck_assert_uint_eq(data[9], 0);
	ck_assert_uint_eq(data[3], 0);

	decode("3b 01 06 00 0000 00 ff 0001 0002 00000000", &mh);
	ck_assert_uint_eq(mh.ba.flags, 0x80);
	decode("3b 01 0d 00 0000 ffff 00000001 00000000", &mh);
	ck_assert_uint_eq(mh.heartbeat.flags, 3);
	mh.heartbeat.flags = 0xffff;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 16);
	ck_assert_uint_eq(data[6], 0);
	ck_assert_uint_eq(data[7], 3);
	decode("3b 01 10 00 0000 01 00 0001 ffff 00000000", &mh);
	ck_assert_uint_eq(mh.revocation.flags, 0xe000);
	mh.revocation.flags = 0xffff;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 16);
	ck_assert_uint_eq(data[10], 0xe0);
	ck_assert_uint_eq(data[11], 0);
	/* The reserved octet of an Anchoring D-GW option. */
	decode("3b 03 05 00 0000 0000 0000 0000 12 12 01 ff 20010db8000a00000000000000000001", &mh);
	ck_assert_uint_eq(mh.opt.has, MIP6_HAS_ANCHOR);
	/* Content of PadN. */
	decode("3b 01 05 00 0000 0001 0000 0002 01 02 ff ff", &mh);
}
END_TEST

START_TEST(unknown_options_are_skipped_and_recorded)
{
	struct mip6_mh mh;
	uint8_t data[CAP];
	size_t offset;

	/* Types 200 (empty), 201 (1 octet), then a known one. */
	decode("3b 02 06 00 0000 00 00 0000 0000 c8 00 c9 01 ff 00 02 02 0007 0100", &mh);
	ck_assert_uint_eq(mh.opt.has, MIP6_HAS_REFRESH_ADVICE);
	ck_assert_uint_eq(mh.opt.refresh_interval_s4, 7);
	ck_assert_uint_eq(mh.opt.unknown_total, 2);
	ck_assert_uint_eq(mh.opt.unknown[0].type, 200);
	ck_assert_uint_eq(mh.opt.unknown[0].len, 0);
	ck_assert_uint_eq(mh.opt.unknown[0].offset, 12);
	ck_assert_uint_eq(mh.opt.unknown[1].type, 201);
	ck_assert_uint_eq(mh.opt.unknown[1].len, 1);
	ck_assert_uint_eq(mh.opt.unknown[1].offset, 14);

	/* More than are kept: counted. */
	memset(data, 0, sizeof(data));
	data[0] = 59;
	data[2] = MIP6_MH_BRR;
	data[1] = 40 / 8 - 1;
	for (size_t i = 8; i < 40; i += 2)
		data[i] = 99;
	ck_assert_int_eq(mip6_mh_decode(data, 40, &mh, &offset), MIP6_DECODE_OK);
	ck_assert_uint_eq(mh.opt.unknown_total, 16);
	ck_assert_uint_eq(mh.opt.unknown[MIP6_UNKNOWN_MAX - 1].offset, 22);

	/* Longer than we keep: as if unknown. */
	memset(data, 0, sizeof(data));
	data[0] = 59;
	data[2] = MIP6_MH_BRR;
	data[1] = 80 / 8 - 1;
	data[8] = MIP6_OPT_EXPERIMENTAL;
	data[9] = 70;
	ck_assert_int_eq(mip6_mh_decode(data, 80, &mh, &offset), MIP6_DECODE_OK);
	ck_assert_uint_eq(mh.opt.has, 0);
	ck_assert_uint_eq(mh.opt.unknown_total, 1);
	data[8] = MIP6_OPT_VENDOR;
	ck_assert_int_eq(mip6_mh_decode(data, 80, &mh, &offset), MIP6_DECODE_OK);
	ck_assert_uint_eq(mh.opt.has, 0);
	ck_assert_uint_eq(mh.opt.unknown[0].len, 70);
}
END_TEST

START_TEST(repeated_options)
{
	struct mip6_mh mh;

	/* Refresh advice twice. */
	check_error("3b 02 06 00 0000 00 00 0000 0000 02 02 0001 02 02 0002 0102 0000",
	            MIP6_DECODE_BAD_OPTION, 16);
	/* The Anchoring D-GW twice: exactly one per BU; the core says so to the sender. */
	decode("3b 06 05 00 0000 0000 0000 0000 12 12 01 00 20010db8000a00000000000000000001"
	       "0102 0000 12 12 01 00 20010db8000a00000000000000000002",
	       &mh);
	ck_assert_uint_eq(mh.opt.has, MIP6_HAS_ANCHOR | MIP6_HAS_ANCHOR_BAD);
	ck_assert_uint_eq(mh.opt.anchor.b[15], 1);
	ck_assert_uint_eq(mh.opt.unknown_total, 1);
	/* One that is too short. */
	decode("3b 02 05 00 0000 0000 0000 0000 12 0a 01 00 20010db8000a0000", &mh);
	ck_assert(mh.opt.has & MIP6_HAS_ANCHOR_BAD);
	ck_assert(!(mh.opt.has & MIP6_HAS_ANCHOR));
	/* An anchor and somebody else's experiment go together. */
	decode("3b 04 05 00 0000 0000 0000 0000 12 12 01 00 20010db8000a00000000000000000001"
	       "12 02 09 09 0102 0000",
	       &mh);
	ck_assert_uint_eq(mh.opt.has, MIP6_HAS_ANCHOR | MIP6_HAS_EXPERIMENTAL);
	/* Several vendors may speak (RFC 5094): the first is kept. */
	decode("3b 03 05 00 0000 0000 0000 0000 0100 13 06 00000a0b 07 ee"
	       "13 05 00000a0c 01 0101 00",
	       &mh);
	ck_assert_uint_eq(mh.opt.vendor_id, 0xa0b);
	ck_assert_uint_eq(mh.opt.unknown_total, 1);
	ck_assert_uint_eq(mh.opt.unknown[0].type, MIP6_OPT_VENDOR);
	ck_assert_uint_eq(mh.opt.unknown[0].offset, 22);
	/* So may experiments, whose type all share. */
	decode("3b 02 05 00 0000 0000 0000 0000 12 01 03 12 01 04 0104 00000000", &mh);
	ck_assert_uint_eq(mh.opt.experimental[0], 3);
	ck_assert_uint_eq(mh.opt.unknown_total, 1);
}
END_TEST

START_TEST(lengths_of_options_are_checked)
{
	uint8_t data[CAP];
	struct mip6_mh mh;
	size_t offset;

	check_error("3b 02 06 00 0000 00 00 0000 0000 02 01 00 00 0106 0000 0000 0000",
	            MIP6_DECODE_BAD_OPTION, 13);
	check_error("3b 02 06 00 0000 00 00 0000 0000 02 03 000000 00 0104 0000 0000",
	            MIP6_DECODE_BAD_OPTION, 13);
	check_error("3b 02 05 00 0000 0000 0000 0000 0100 03 06 0000 0000 0000 0000",
	            MIP6_DECODE_BAD_OPTION, 15);
	/* MN-ID without an identity. */
	check_error("3b 01 05 00 0000 0000 0000 0000 08 01 01 00", MIP6_DECODE_BAD_OPTION, 13);
	/* An NAI with a NUL in it. */
	check_error("3b 02 05 00 0000 0000 0000 0000 08 04 01 610062 0104 00000000",
	            MIP6_DECODE_BAD_OPTION, 12);
	/* An NAI of 254 octets. */
	memset(data, 'a', sizeof(data));
	memcpy(data, "\x3b\x21\x05\0\0\0\0\0\0\0\0\0\x08\xff\x01", 15);
	data[269] = data[270] = data[271] = 0;
	ck_assert_int_eq(mip6_mh_decode(data, 272, &mh, &offset), MIP6_DECODE_BAD_OPTION);
	ck_assert_uint_eq(offset, 13);
	/* Authentication without a whole SPI. */
	check_error("3b 01 05 00 0000 0000 0000 0000 09 02 01 00", MIP6_DECODE_BAD_OPTION, 13);
	/* A length past the end, and a type without a length. */
	check_error("3b 01 05 00 0000 0000 0000 0000 63 03 00 00", MIP6_DECODE_TRUNCATED, 13);
	check_error("3b 01 05 00 0000 0000 0000 0000 00 00 00 63", MIP6_DECODE_TRUNCATED, 15);
	check_error("3b 01 05 00 0000 0000 0000 0000 01 ff 00 00", MIP6_DECODE_TRUNCATED, 13);
}
END_TEST

START_TEST(nothing_follows_authentication)
{
	struct mip6_mh mh;

	/* RFC 4285: padding may follow, */
	decode("3b 03 05 00 0000 0000 0000 0000 00 09 05 01 00000003 01 06 000000000000 0000 0000",
	       &mh);
	ck_assert_uint_eq(mh.opt.auth_offset, 20);
	ck_assert_uint_eq(mh.opt.auth_len, 0);
	/* an option that we act upon may not, */
	check_error("3b 03 05 00 0000 0000 0000 0000 00 09 05 01 00000003 02 02 0001 "
	            "0106 000000000000",
	            MIP6_DECODE_BAD_OPTION, 20);
	/* nor one that somebody else might understand. */
	check_error("3b 03 05 00 0000 0000 0000 0000 00 09 05 01 00000003 63 02 0001 "
	            "0106 000000000000",
	            MIP6_DECODE_BAD_OPTION, 20);
	/* MN-HA, then MN-AAA: fine. The other way round: discard. */
	decode("3b 03 05 00 0000 0000 0000 0000 00 09 05 01 00000003 00 09 05 02 00000004 0102 "
	       "0000",
	       &mh);
	ck_assert_uint_eq(mh.opt.has, MIP6_HAS_AUTH | MIP6_HAS_AAA);
	ck_assert_uint_eq(mh.opt.auth_spi, 3);
	ck_assert_uint_eq(mh.opt.aaa_spi, 4);
	ck_assert_uint_eq(mh.opt.auth_offset, 20);
	ck_assert_uint_eq(mh.opt.aaa_offset, 28);
	check_error("3b 03 05 00 0000 0000 0000 0000 00 09 05 02 00000003"
	            "00 09 05 01 00000004 0102 0000",
	            MIP6_DECODE_BAD_OPTION, 21);
	/* Two of one subtype. */
	check_error("3b 03 05 00 0000 0000 0000 0000 00 09 05 01 00000003"
	            "00 09 05 01 00000003 0102 0000",
	            MIP6_DECODE_BAD_OPTION, 21);
	/* A subtype of the future is skipped. */
	decode("3b 02 05 00 0000 0000 0000 0000 00 09 05 07 00000003 0102 0000", &mh);
	ck_assert_uint_eq(mh.opt.has, 0);
	ck_assert_uint_eq(mh.opt.unknown_total, 1);

	/* RFC 6275 section 6.2: not even padding behind binding authorisation data. */
	check_error("3b 03 05 00 0000 0000 0000 0000 05 0c 000000000000000000000000 0104 00000000",
	            MIP6_DECODE_BAD_OPTION, 26);
}
END_TEST

START_TEST(headers_are_checked)
{
	/* RFC 6275 section 9.2, in its order: type, payload protocol, length. */
	check_error("3a 00 09 00 0000 0000", MIP6_DECODE_UNKNOWN_TYPE, 2);
	check_error("3b 00 08 00 0000 0000", MIP6_DECODE_UNKNOWN_TYPE, 2);
	check_error("3b 00 ff 00 0000 0000", MIP6_DECODE_UNKNOWN_TYPE, 2);
	check_error("3a 00 05 00 0000 0000", MIP6_DECODE_BAD_PROTO, 0);
	check_error("3b 00 05 00 0000 0000", MIP6_DECODE_BAD_LENGTH, 1);
	check_error("3b 01 03 00 0000 0000 0000 0000 0000 0000", MIP6_DECODE_BAD_LENGTH, 1);
	check_error("3b 01 07 00 0000 0000 0000 0000 0000 0000", MIP6_DECODE_BAD_LENGTH, 1);
	/* More octets than the header says. */
	check_error("3b 00 00 00 0000 0000 00", MIP6_DECODE_BAD_LENGTH, 1);
	check_error("3b 01 00 00 0000 0000", MIP6_DECODE_TRUNCATED, 1);
	check_error("3b", MIP6_DECODE_TRUNCATED, 0);
	check_error("", MIP6_DECODE_TRUNCATED, 0);
}
END_TEST

START_TEST(the_longest_message)
{
	static uint8_t data[2048];
	struct mip6_mh mh;
	size_t offset;

	data[0] = 59;
	data[2] = MIP6_MH_BRR;
	data[1] = MIP6_MH_MAX / 8 - 1;
	ck_assert_int_eq(mip6_mh_decode(data, MIP6_MH_MAX, &mh, &offset), MIP6_DECODE_OK);
	data[1] = MIP6_MH_MAX / 8;
	ck_assert_int_eq(mip6_mh_decode(data, MIP6_MH_MAX + 8, &mh, &offset),
	                 MIP6_DECODE_BAD_LENGTH);
	data[1] = 255;
	ck_assert_int_eq(mip6_mh_decode(data, 2048, &mh, &offset), MIP6_DECODE_BAD_LENGTH);
}
END_TEST

START_TEST(values_out_of_range_are_not_encoded)
{
	uint8_t data[CAP];
	struct mip6_mh good = {.type = MIP6_MH_BU}, mh;

	ck_assert_uint_ne(mip6_mh_encode(&good, data, sizeof(data), NULL), 0);
	mh = good;
	mh.type = (enum mip6_mh_type)8;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);
	mh.type = (enum mip6_mh_type) - 1;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);

	mh = good;
	mh.opt.has = MIP6_HAS_MN_ID;
	mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);
	mh.opt.mn_id_len = MIP6_NAI_MAX + 1;
	memset(mh.opt.mn_id, 'a', MIP6_NAI_MAX);
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);
	mh.opt.mn_id_len = MIP6_NAI_MAX;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 272);
	mh.opt.mn_id[100] = '\0';
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);

	mh = good;
	mh.opt.has = MIP6_HAS_AUTH;
	mh.opt.auth_len = MIP6_AUTH_DATA_MAX + 1;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);
	mh.opt.has = MIP6_HAS_AAA;
	mh.opt.aaa_len = MIP6_AUTH_DATA_MAX + 1;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);

	mh = good;
	mh.opt.has = MIP6_HAS_EXPERIMENTAL;
	mh.opt.experimental_len = MIP6_OPAQUE_MAX + 1;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);
	/* This would be read as an anchor. */
	mh.opt.experimental_len = 18;
	mh.opt.experimental[0] = MIP6_EXPERIMENTAL_ANCHOR;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);

	mh = good;
	mh.opt.has = MIP6_HAS_VENDOR;
	mh.opt.vendor_len = MIP6_OPAQUE_MAX + 1;
	ck_assert_uint_eq(mip6_mh_encode(&mh, data, sizeof(data), NULL), 0);
}
END_TEST

/* decode(encode(x)) == x, for all lengths of buffers no octet too far, and no truncation decodes.
 */
START_TEST(random_round_trips)
{
	struct test_rng rng = test_rng_seeded("test_mh");

	for (unsigned int i = 0; i < 20000; i++) {
		struct mip6_mh mh, back;
		uint8_t data[CAP], again[CAP];
		size_t len, offset, at = 0;

		test_random_mh(&rng, &mh);
		len = mip6_mh_encode(&mh, data, sizeof(data), &at);
		ck_assert_uint_ge(len, 8);
		ck_assert_uint_eq(len % 8, 0);
		ck_assert_int_eq(mip6_mh_decode(data, len, &back, &offset), MIP6_DECODE_OK);
		ck_assert(test_mh_equal(&mh, &back));
		ck_assert_uint_eq(back.opt.unknown_total, 0);
		if (mh.opt.has & MIP6_HAS_AUTH)
			ck_assert_uint_eq(back.opt.auth_offset, at);
		ck_assert_uint_eq(mip6_mh_encode(&back, again, sizeof(again), NULL), len);
		ck_assert_mem_eq(data, again, len);
	}
}
END_TEST

START_TEST(every_truncation)
{
	struct test_rng rng = test_rng_seeded("test_mh");

	for (unsigned int i = 0; i < 200; i++) {
		struct mip6_mh mh, back;
		uint8_t data[CAP];
		size_t len, offset;

		test_random_mh(&rng, &mh);
		len = mip6_mh_encode(&mh, data, sizeof(data), NULL);
		for (size_t cut = 0; cut < len; cut++) {
			/* Exactly as many octets as claimed, so that a sanitizer sees the rest. */
			uint8_t *exact = malloc(cut ? cut : 1);

			memcpy(exact, data, cut);
			ck_assert_int_eq(mip6_mh_decode(exact, cut, &back, &offset),
			                 MIP6_DECODE_TRUNCATED);
			ck_assert(cut == 0 || offset < cut);
			/* The same with a header length that fits: never past the end. */
			if (cut >= 8 && cut % 8 == 0) {
				exact[1] = (uint8_t)(cut / 8 - 1);
				(void)mip6_mh_decode(exact, cut, &back, &offset);
			}
			free(exact);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mh");
	TCase *t = tcase_create("mh");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, messages_without_options);
	tcase_add_test(t, options_are_aligned);
	tcase_add_test(t, options_are_ordered);
	tcase_add_test(t, reserved_bits_are_ignored_and_not_sent);
	tcase_add_test(t, unknown_options_are_skipped_and_recorded);
	tcase_add_test(t, repeated_options);
	tcase_add_test(t, lengths_of_options_are_checked);
	tcase_add_test(t, nothing_follows_authentication);
	tcase_add_test(t, headers_are_checked);
	tcase_add_test(t, the_longest_message);
	tcase_add_test(t, values_out_of_range_are_not_encoded);
	tcase_add_test(t, random_round_trips);
	tcase_add_test(t, every_truncation);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
