// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the D-GW remembers besides bindings: over a restart, with a corrupt file, without a usable
 * one.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ha-dgw/records.h"
#include "io/log.h"

static char directory[64];
static char path[96];

static void setup(void)
{
	snprintf(directory, sizeof(directory), "/tmp/test_dgw_records_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/leases.db", directory);
	log_init("test", LOG_LEVEL_ERR);
}

static void teardown(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static struct pool_lease lease(uint8_t n)
{
	struct pool_lease l = {.key = {6, {2, 0, 0, 0, 0, n}}, .confirmed = true};

	l.prefix.addr = (struct mip6_addr){{0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, n}};
	l.prefix.len = 64;
	l.link_local = (struct mip6_addr){{0xfe, 0x80, [15] = n}};
	return l;
}

struct seen {
	size_t count;
	bool wrong;
	struct records *forget; /* forget each while walking */
};

static void see(void *ctx, const struct pool_key *key, const struct mip6_prefix *prefix,
                const struct mip6_addr *link_local)
{
	struct seen *seen = ctx;
	uint8_t n = prefix->addr.b[7];
	struct pool_lease l = lease(n);

	seen->count++;
	if (!mip6_prefix_equal(prefix, &l.prefix) || key->len != 6 || key->octets[5] != n ||
	    !mip6_addr_equal(link_local, &l.link_local))
		seen->wrong = true;
	if (seen->forget != NULL)
		records_forget_lease(seen->forget, prefix);
}

static size_t count(struct records *records)
{
	struct seen seen = {0};

	records_walk_leases(records, see, &seen);
	ck_assert(!seen.wrong);
	return seen.count;
}

static struct records *opened(void)
{
	struct records *records = NULL;

	ck_assert_int_eq(records_open(&records, path), 0);
	return records;
}

START_TEST(over_a_restart)
{
	struct records *records = opened();
	struct sysctls sysctls = {0}, again = {0};
	struct seen seen = {0};
	struct stat st;

	ck_assert_int_eq(records_restart_counter(records), 0);
	for (uint8_t n = 1; n <= 100; n++) {
		struct pool_lease l = lease(n);

		records_save_lease(records, &l);
		records_save_lease(records, &l);
		if (n % 2 == 0)
			records_forget_lease(records, &l.prefix);
	}
	records_set_restart_counter(records, UINT32_MAX);
	sysctls.count = 2;
	snprintf(sysctls.saved[0].path, sizeof(sysctls.saved[0].path),
	         "net/ipv6/conf/all/forwarding");
	sysctls.saved[0].was = 0;
	sysctls.saved[0].is = 1;
	snprintf(sysctls.saved[1].path, sizeof(sysctls.saved[1].path), "net/ipv6/../../kernel/x");
	records_save_sysctls(records, &sysctls);
	records_flush(records);
	records_close(records);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);

	records = opened();
	ck_assert_ptr_null(records_problem(records));
	ck_assert_uint_eq(records_restart_counter(records), UINT32_MAX);
	records_load_sysctls(records, &again);
	ck_assert_uint_eq(again.count, 1); /* no way out of net/ipv6 */
	ck_assert_str_eq(again.saved[0].path, sysctls.saved[0].path);
	ck_assert_int_eq(again.saved[0].is, 1);
	ck_assert_uint_eq(count(records), 50);
	seen.forget = records;
	records_walk_leases(records, see, &seen);
	ck_assert_uint_eq(seen.count, 50);
	records_close(records);
	records = opened();
	ck_assert_uint_eq(count(records), 0);
	records_close(records);
}
END_TEST

START_TEST(unflushed_is_lost_but_harmless)
{
	struct records *records = opened();
	struct pool_lease l = lease(1);

	records_save_lease(records, &l);
	records_flush(records);
	records_flush(records);
	ck_assert_uint_eq(count(records), 1);
	records_close(records);
	records_close(NULL);
}
END_TEST

START_TEST(corrupt_file)
{
	char aside[128];
	FILE *file = fopen(path, "w");
	struct records *records;
	struct pool_lease l = lease(1);

	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < 2000; i++)
		fputs("this is no database ", file);
	fclose(file);
	records = opened();
	ck_assert_ptr_null(records_problem(records));
	records_save_lease(records, &l);
	records_flush(records);
	ck_assert_uint_eq(count(records), 1);
	records_close(records);
	snprintf(aside, sizeof(aside), "%s.corrupt", path);
	ck_assert_int_eq(access(aside, F_OK), 0);
}
END_TEST

START_TEST(other_tables)
{
	struct records *records = opened();
	struct pool_lease l = lease(1);
	char command[256];

	records_close(records);
	/* A database, but not ours: of a version to come. */
	snprintf(command, sizeof(command),
	         "printf 'garbage' | dd of=%s bs=1 seek=60 conv=notrunc 2>&1", path);
	ck_assert_int_eq(system(command), 0);
	records = opened();
	records_save_lease(records, &l);
	records_flush(records);
	ck_assert_ptr_null(records_problem(records));
	ck_assert_uint_eq(count(records), 1);
	records_close(records);
}
END_TEST

START_TEST(no_usable_file)
{
	struct records *records = NULL;
	struct pool_lease l = lease(1);

	/* A directory in its place: whoever runs this, nobody can write to it. */
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(records_open(&records, path), 0);
	ck_assert_ptr_nonnull(records_problem(records));
	records_save_lease(records, &l);
	records_forget_lease(records, &l.prefix);
	records_set_restart_counter(records, 7);
	ck_assert_uint_eq(records_restart_counter(records), 0);
	records_flush(records);
	ck_assert_uint_eq(count(records), 0);
	ck_assert(!records_retry(records, 1 * MIP6_S));
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert(!records_retry(records, 1 * MIP6_S + 1)); /* not more than once a second */
	ck_assert(records_retry(records, 2 * MIP6_S));
	ck_assert_ptr_null(records_problem(records));
	records_save_lease(records, &l);
	records_flush(records);
	ck_assert_uint_eq(count(records), 1);
	ck_assert(!records_retry(records, 9 * MIP6_S));
	records_close(records);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dgw_records");
	TCase *tc = tcase_create("records");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, over_a_restart);
	tcase_add_test(tc, unflushed_is_lost_but_harmless);
	tcase_add_test(tc, corrupt_file);
	tcase_add_test(tc, other_tables);
	tcase_add_test(tc, no_usable_file);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
