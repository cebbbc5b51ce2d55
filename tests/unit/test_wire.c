// SPDX-License-Identifier: GPL-2.0-or-later
/* The bounded reader and writer, the checksum, prefixes and sequence numbers. */
#include <check.h>
#include <mip6/mh.h>
#include <mip6/wire.h>
#include <stdlib.h>

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};

START_TEST(reader_reads_big_endian)
{
	struct mip6_reader r;
	struct mip6_addr a;
	uint8_t two[2];

	mip6_reader_init(&r, bytes, sizeof(bytes));
	ck_assert_uint_eq(mip6_reader_u8(&r), 1);
	ck_assert_uint_eq(mip6_reader_u16(&r), 0x0203);
	ck_assert_uint_eq(mip6_reader_u32(&r), 0x04050607);
	ck_assert_uint_eq(mip6_reader_u64(&r), 0x08090a0b0c0d0e0fu);
	mip6_reader_skip(&r, 1);
	mip6_reader_bytes(&r, two, 2);
	ck_assert_uint_eq(two[0], 17);
	ck_assert_uint_eq(two[1], 18);
	ck_assert_uint_eq(mip6_reader_left(&r), 0);
	ck_assert(!r.failed);

	mip6_reader_init(&r, bytes, sizeof(bytes));
	mip6_reader_skip(&r, 2);
	mip6_reader_addr(&r, &a);
	ck_assert_mem_eq(a.b, bytes + 2, 16);
	ck_assert(!r.failed);
}
END_TEST

START_TEST(reader_failure_sticks)
{
	struct mip6_reader r;
	struct mip6_addr a;
	uint8_t out[4] = {9, 9, 9, 9};

	mip6_reader_init(&r, bytes, 3);
	ck_assert_uint_eq(mip6_reader_u32(&r), 0);
	ck_assert(r.failed);
	ck_assert_uint_eq(mip6_reader_u8(&r), 0);
	ck_assert_uint_eq(mip6_reader_u16(&r), 0);
	ck_assert_uint_eq(mip6_reader_u64(&r), 0);
	ck_assert_uint_eq(mip6_reader_left(&r), 0);
	mip6_reader_bytes(&r, out, sizeof(out));
	ck_assert_uint_eq(out[0] | out[1] | out[2] | out[3], 0);
	mip6_reader_addr(&r, &a);
	ck_assert(mip6_addr_is_unspecified(&a));
	ck_assert_ptr_null(mip6_reader_view(&r, 0));

	/* A length that would wrap a sum of position and length. */
	mip6_reader_init(&r, bytes, 3);
	mip6_reader_skip(&r, 1);
	ck_assert_ptr_null(mip6_reader_view(&r, SIZE_MAX));
	ck_assert(r.failed);

	mip6_reader_init(&r, NULL, 0);
	ck_assert_ptr_nonnull(mip6_reader_view(&r, 0));
	ck_assert(!r.failed);
	ck_assert_uint_eq(mip6_reader_u8(&r), 0);
	ck_assert(r.failed);
}
END_TEST

START_TEST(reader_sub_is_bounded)
{
	struct mip6_reader r, sub;

	mip6_reader_init(&r, bytes, sizeof(bytes));
	mip6_reader_skip(&r, 1);
	sub = mip6_reader_sub(&r, 2);
	ck_assert_uint_eq(mip6_reader_u16(&sub), 0x0203);
	ck_assert_uint_eq(mip6_reader_u8(&sub), 0);
	ck_assert(sub.failed);
	ck_assert(!r.failed);
	ck_assert_uint_eq(mip6_reader_u8(&r), 4);
	sub = mip6_reader_sub(&r, 100);
	ck_assert(sub.failed);
	ck_assert(r.failed);
	ck_assert_uint_eq(mip6_reader_u8(&sub), 0);
}
END_TEST

START_TEST(writer_writes_big_endian)
{
	uint8_t buf[40];
	struct mip6_writer w;
	static const uint8_t want[] = {1,  2,  3,  4,  5,  6,  7,  8, 9, 10, 11, 12,
	                               13, 14, 15, 1,  2,  3,  4,  5, 6, 7,  8,  9,
	                               10, 11, 12, 13, 14, 15, 16, 0, 0, 7,  8};

	mip6_writer_init(&w, buf, sizeof(buf));
	mip6_writer_u8(&w, 1);
	mip6_writer_u16(&w, 0x0203);
	mip6_writer_u32(&w, 0x04050607);
	mip6_writer_u64(&w, 0x08090a0b0c0d0e0fu);
	mip6_writer_addr(&w, (const struct mip6_addr *)bytes);
	mip6_writer_zero(&w, 2);
	mip6_writer_bytes(&w, bytes + 6, 2);
	ck_assert(!w.failed);
	ck_assert_uint_eq(w.pos, sizeof(want));
	ck_assert_mem_eq(buf, want, sizeof(want));
	mip6_writer_patch_u8(&w, 34, 0xaa);
	mip6_writer_patch_u16(&w, 0, 0xbbcc);
	ck_assert(!w.failed);
	ck_assert_uint_eq(buf[34], 0xaa);
	ck_assert_uint_eq(buf[0], 0xbb);
	ck_assert_uint_eq(buf[1], 0xcc);
}
END_TEST

START_TEST(writer_never_passes_the_end)
{
	/* Every capacity, a guard behind it. */
	for (size_t cap = 0; cap < 20; cap++) {
		uint8_t buf[32];
		struct mip6_writer w;

		memset(buf, 0x55, sizeof(buf));
		mip6_writer_init(&w, buf, cap);
		mip6_writer_u8(&w, 0);
		mip6_writer_u16(&w, 0);
		mip6_writer_u32(&w, 0);
		mip6_writer_u64(&w, 0);
		mip6_writer_zero(&w, 3);
		ck_assert_int_eq(w.failed, cap < 18);
		mip6_writer_bytes(&w, bytes, SIZE_MAX);
		ck_assert(w.failed);
		for (size_t i = cap; i < sizeof(buf); i++)
			ck_assert_uint_eq(buf[i], 0x55);
	}
}
END_TEST

START_TEST(patching_needs_written_octets)
{
	uint8_t buf[8] = {0};
	struct mip6_writer w;

	mip6_writer_init(&w, buf, sizeof(buf));
	mip6_writer_u8(&w, 1);
	mip6_writer_patch_u16(&w, 0, 2);
	ck_assert(w.failed);

	mip6_writer_init(&w, buf, sizeof(buf));
	mip6_writer_u16(&w, 1);
	mip6_writer_patch_u16(&w, 0, 0x0203);
	ck_assert(!w.failed);
	ck_assert_uint_eq(buf[1], 3);
	mip6_writer_patch_u8(&w, 2, 2);
	ck_assert(w.failed);

	mip6_writer_init(&w, buf, sizeof(buf));
	mip6_writer_u32(&w, 1);
	mip6_writer_patch_u16(&w, SIZE_MAX, 2);
	ck_assert(w.failed);
}
END_TEST

/* The sum done the slow way, word by word with the carry brought round at once. */
static uint16_t slow_checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2) {
		sum += (uint32_t)data[i] << 8 | (i + 1 < len ? data[i + 1] : 0);
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)~sum;
}

START_TEST(checksum_of_every_length)
{
	static const struct mip6_addr src = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
	static const struct mip6_addr dst = {{0x20, 0x01, 0x0d, 0xb8, 0xff, [15] = 0xfe}};
	uint8_t all[40 + 300] = {0};

	for (size_t len = 0; len <= 300; len++) {
		memcpy(all, &src, 16);
		memcpy(all + 16, &dst, 16);
		all[34] = (uint8_t)(len >> 8);
		all[35] = (uint8_t)len;
		all[39] = 135;
		for (size_t i = 0; i < len; i++)
			all[40 + i] = (uint8_t)(0xff - i * 7);
		ck_assert_uint_eq(mip6_checksum(&src, &dst, 135, all + 40, len),
		                  slow_checksum(all, 40 + len));
	}
}
END_TEST

START_TEST(checksum_verifies_to_zero)
{
	struct mip6_addr src = {{0xfe, 0x80, [15] = 1}}, dst = {{0xff, 2, [15] = 1}};
	uint8_t msg[8] = {133, 0, 0, 0, 0, 0, 0, 0};
	uint16_t sum = mip6_checksum(&src, &dst, 58, msg, sizeof(msg));

	/* fe80 + 1 + ff02 + 1 + 8 + 58 + 8500, carries round, inverted. */
	ck_assert_uint_eq(sum, 0x7d37);
	msg[2] = (uint8_t)(sum >> 8);
	msg[3] = (uint8_t)sum;
	ck_assert_uint_eq(mip6_checksum(&src, &dst, 58, msg, sizeof(msg)), 0);
}
END_TEST

START_TEST(prefixes)
{
	struct mip6_addr a = {{0x20, 0x01, 0x0d, 0xb8, 0xab, 0xcd, 0xef, 0xff, [8] = 0xff}};
	struct mip6_prefix p = mip6_prefix_make(&a, 52), q = mip6_prefix_make(&a, 51);
	struct mip6_prefix all = mip6_prefix_make(&a, 0), host = mip6_prefix_make(&a, 200);

	ck_assert_uint_eq(p.addr.b[6], 0xe0);
	ck_assert_uint_eq(p.addr.b[7], 0);
	ck_assert_uint_eq(p.addr.b[8], 0);
	ck_assert(mip6_prefix_contains(&p, &a));
	ck_assert(!mip6_prefix_equal(&p, &q));
	ck_assert(mip6_prefix_contains(&all, &a));
	ck_assert(mip6_addr_is_unspecified(&all.addr));
	ck_assert_uint_eq(host.len, 128);
	ck_assert(mip6_addr_equal(&host.addr, &a));
	a.b[6] = 0xdf;
	ck_assert(!mip6_prefix_contains(&p, &a));
}
END_TEST

START_TEST(sequence_numbers_wrap)
{
	ck_assert(mip6_seq_after(1, 0));
	ck_assert(!mip6_seq_after(0, 0));
	ck_assert(!mip6_seq_after(0, 1));
	ck_assert(mip6_seq_after(0, 65535));
	ck_assert(mip6_seq_after(32767, 0));
	ck_assert(!mip6_seq_after(32768, 0));
	ck_assert(mip6_seq_after(15, 65000));
}
END_TEST

START_TEST(kinds_of_addresses)
{
	struct mip6_addr a = {{0}};

	ck_assert(!mip6_addr_is_routable(&a));
	a.b[15] = 1;
	ck_assert(mip6_addr_is_loopback(&a));
	ck_assert(!mip6_addr_is_routable(&a));
	a.b[10] = a.b[11] = 0xff;
	ck_assert(!mip6_addr_is_routable(&a));
	a.b[0] = 0xfe;
	a.b[1] = 0xbf;
	ck_assert(!mip6_addr_is_routable(&a));
	a.b[1] = 0xc0;
	ck_assert(mip6_addr_is_routable(&a));
	a.b[0] = 0xff;
	ck_assert(!mip6_addr_is_routable(&a));
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(mip6_mh_type_name(MIP6_MH_BU), "BU");
	ck_assert_str_eq(mip6_mh_type_name(MIP6_MH_REVOCATION), "Revocation");
	ck_assert_str_eq(mip6_mh_type_name(255), "unknown");
	ck_assert_str_eq(mip6_ba_status_name(135), "sequence number out of window");
	ck_assert_str_eq(mip6_ba_status_name(2), "unknown");
	ck_assert_str_eq(mip6_decode_name(MIP6_DECODE_OK), "ok");
	ck_assert_str_eq(mip6_decode_name((enum mip6_decode)999), "unknown");
	for (unsigned int i = 0; i <= MIP6_DECODE_DISCARD; i++)
		ck_assert_str_ne(mip6_decode_name((enum mip6_decode)i), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire");
	TCase *t = tcase_create("wire");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, reader_reads_big_endian);
	tcase_add_test(t, reader_failure_sticks);
	tcase_add_test(t, reader_sub_is_bounded);
	tcase_add_test(t, writer_writes_big_endian);
	tcase_add_test(t, writer_never_passes_the_end);
	tcase_add_test(t, patching_needs_written_octets);
	tcase_add_test(t, checksum_of_every_length);
	tcase_add_test(t, checksum_verifies_to_zero);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, sequence_numbers_wrap);
	tcase_add_test(t, kinds_of_addresses);
	tcase_add_test(t, names);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
