// SPDX-License-Identifier: GPL-2.0-or-later
/* State on disk: it survives, and trouble with it never stops its user. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/log.h"
#include "io/state_file.h"
#include "io/store.h"
#include "io_fixture.h"

static struct ha_record record_make(unsigned int n)
{
	struct ha_record record = {
		.hoa = {{0x20, 0x01, 0x0d, 0xb8, [12] = (uint8_t)(n >> 24), (uint8_t)(n >> 16),
	                 (uint8_t)(n >> 8), (uint8_t)n}},
		.coa = {{0x20, 0x01, 0x0d, 0xb8, 0xff, [15] = (uint8_t)n}},
		.home_agent = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
		.seq = (uint16_t)(65535 - n),
		.flags = 0xc000,
		.lifetime_s = 60 + n,
		.expires_unix_us = 1700000000000000 + n,
		.owned_until_unix_us = 1800000000000000 + n,
		.mesg_id = 0xfedcba9876543210u + n,
		.claimed = n % 2 == 0,
	};

	snprintf(record.nai, sizeof(record.nai), "wtru%u@example.org", n);
	return record;
}

struct collected {
	struct ha_record records[512];
	size_t count;
};

static void collect(void *ctx, const struct ha_record *record)
{
	struct collected *collected = ctx;

	if (collected->count < 512)
		collected->records[collected->count] = *record;
	collected->count++;
}

static bool has(const struct collected *collected, const struct ha_record *record)
{
	for (size_t i = 0; i < collected->count; i++) {
		const struct ha_record *r = &collected->records[i];

		if (!mip6_addr_equal(&r->hoa, &record->hoa))
			continue;
		return mip6_addr_equal(&r->coa, &record->coa) &&
		       mip6_addr_equal(&r->home_agent, &record->home_agent) &&
		       strcmp(r->nai, record->nai) == 0 && r->seq == record->seq &&
		       r->flags == record->flags && r->lifetime_s == record->lifetime_s &&
		       r->expires_unix_us == record->expires_unix_us &&
		       r->owned_until_unix_us == record->owned_until_unix_us &&
		       r->mesg_id == record->mesg_id && r->claimed == record->claimed;
	}
	return false;
}

static struct store *open_store(const char *name, struct collected *ret)
{
	struct store *store;

	ck_assert_int_eq(store_open(&store, io_path(name)), 0);
	ret->count = 0;
	store_walk(store, collect, ret);
	return store;
}

static void put(struct store *store, unsigned int n)
{
	struct ha_record record = record_make(n);

	ck_assert_int_eq(store_put(store, &record), 0);
}

static int take(struct store *store, unsigned int n)
{
	struct ha_record record = record_make(n);

	return store_remove(store, &record.hoa);
}

static void expect(const struct collected *collected, unsigned int n, bool there)
{
	struct ha_record record = record_make(n);

	ck_assert_msg(has(collected, &record) == there, "record %u", n);
}

START_TEST(test_store_survives)
{
	static struct collected got;
	struct store *store = open_store("b.db", &got);
	struct ha_record changed = record_make(7);

	ck_assert_uint_eq(got.count, 0);
	for (unsigned int n = 0; n < 300; n++)
		put(store, n);
	changed.seq = 99;
	ck_assert_int_eq(store_put(store, &changed), 0);
	ck_assert_int_eq(take(store, 8), 0);
	ck_assert_uint_eq(store_pending(store), 300);
	ck_assert_int_eq(store_flush(store, 1), 0);
	ck_assert_uint_eq(store_pending(store), 0);
	ck_assert_int_eq(take(store, 9), 0);
	ck_assert_int_eq(take(store, 4000), 0);
	store_close(store);
	store = open_store("b.db", &got);
	ck_assert_uint_eq(got.count, 298);
	expect(&got, 0, true);
	expect(&got, 299, true);
	expect(&got, 8, false);
	expect(&got, 9, false);
	ck_assert(has(&got, &changed));
	ck_assert_ptr_null(store_problem(store));
	store_close(store);
}
END_TEST

START_TEST(test_store_mode)
{
	static struct collected got;
	struct store *store = open_store("dir/b.db", &got);
	struct stat st;

	put(store, 1);
	ck_assert_int_eq(store_flush(store, 1), 0);
	ck_assert_int_eq(stat(io_path("dir/b.db"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(stat(io_path("dir/b.db-wal"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	store_close(store);
}
END_TEST

/* What was flushed is there after kill -9; what was not, is not. */
START_TEST(test_store_kill)
{
	static struct collected got;
	struct store *store;
	int pipes[2], status;
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		store = open_store("b.db", &got);
		for (unsigned int n = 0; n < 100; n++) {
			put(store, n);
			store_flush(store, 1 + n);
		}
		put(store, 1000);
		c = 1;
		if (write(pipes[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(pipes[0], &c, 1), 1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	store = open_store("b.db", &got);
	ck_assert_uint_eq(got.count, 100);
	expect(&got, 99, true);
	expect(&got, 1000, false);
	store_close(store);
}
END_TEST

START_TEST(test_store_full)
{
	static struct collected got;
	struct store *store = open_store("b.db", &got);
	int first, again, too_soon, after;
	size_t pending;
	bool problem;

	put(store, 1);
	ck_assert_int_eq(store_flush(store, 1), 0);
	for (unsigned int n = 2; n < 400; n++)
		put(store, n);
	/* Nothing may be asserted while the limit holds: the test's own report is a file too. */
	io_limit_files(4096);
	first = store_flush(store, 10);
	problem = store_problem(store) != NULL;
	pending = store_pending(store);
	again = store_flush(store, 10 + 2 * STORE_RETRY);
	/* Never written, removed again: nothing is kept of it. Written: its removal waits. */
	take(store, 5);
	take(store, 1);
	io_limit_files(SIZE_MAX);
	too_soon = store_flush(store, 10 + 2 * STORE_RETRY + 1);
	after = store_flush(store, 10 + 4 * STORE_RETRY);
	ck_assert_int_lt(first, 0);
	ck_assert(problem);
	ck_assert_uint_eq(pending, 398);
	ck_assert_int_lt(again, 0);
	ck_assert_int_lt(too_soon, 0);
	ck_assert_int_eq(after, 0);
	ck_assert_ptr_null(store_problem(store));
	store_close(store);
	store = open_store("b.db", &got);
	ck_assert_uint_eq(got.count, 397);
	expect(&got, 1, false);
	expect(&got, 5, false);
	expect(&got, 399, true);
	store_close(store);
}
END_TEST

/* A disk that stays full while bindings come and go must not cost memory without end. */
START_TEST(test_store_churn)
{
	static struct collected got;
	struct store *store = open_store("b.db", &got);
	size_t most = 0, end;

	put(store, 0);
	ck_assert_int_eq(store_flush(store, 1), 0);
	io_limit_files(4096);
	for (unsigned int n = 1; n < 5000; n++) {
		struct ha_record record = record_make(n);

		store_put(store, &record);
		if (n > 10)
			take(store, n - 10);
		store_flush(store, 10 + n * STORE_RETRY);
		if (store_pending(store) > most)
			most = store_pending(store);
	}
	end = store_pending(store);
	io_limit_files(SIZE_MAX);
	ck_assert_int_eq(store_flush(store, 10000 * STORE_RETRY), 0);
	ck_assert_uint_le(most, 64);
	ck_assert_uint_le(end, 64);
	store_close(store);
	store = open_store("b.db", &got);
	for (unsigned int n = 4990; n < 5000; n++)
		expect(&got, n, true);
	store_close(store);
}
END_TEST

static void fill(const char *name)
{
	static struct collected got;
	struct store *store = open_store(name, &got);

	for (unsigned int n = 0; n < 500; n++)
		put(store, n);
	ck_assert_int_eq(store_flush(store, 1), 0);
	store_close(store);
}

/* What is put there now is there later. */
static void works(const char *name, unsigned int n)
{
	static struct collected got;
	struct store *store = open_store(name, &got);

	put(store, n);
	ck_assert_int_eq(store_flush(store, 2 * STORE_RETRY), 0);
	store_close(store);
	store = open_store(name, &got);
	expect(&got, n, true);
	store_close(store);
}

START_TEST(test_store_garbage)
{
	static struct collected got;
	struct store *store;

	io_write("b.db", "this is no database, but it is long enough to look like one, or is it?\n",
	         72, 0600);
	store = open_store("b.db", &got);
	ck_assert_uint_eq(got.count, 0);
	ck_assert(io_exists("b.db.corrupt"));
	put(store, 1);
	ck_assert_int_eq(store_flush(store, 1), 0);
	store_close(store);
	store = open_store("b.db", &got);
	ck_assert_uint_eq(got.count, 1);
	store_close(store);
}
END_TEST

/* Octets changed anywhere: no crash, and afterwards a store that works. */
START_TEST(test_store_damage)
{
	struct stat st;
	off_t at;
	int fd;

	fill("b.db");
	ck_assert_int_eq(stat(io_path("b.db"), &st), 0);
	at = st.st_size * _i / 24;
	fd = open(io_path("b.db"), O_RDWR);
	for (off_t i = at; i < at + 300 && i < st.st_size; i++)
		ck_assert_int_eq(pwrite(fd, "\x5a", 1, i), 1);
	close(fd);
	works("b.db", 1001);
}
END_TEST

START_TEST(test_store_truncated)
{
	struct stat st;

	fill("b.db");
	ck_assert_int_eq(stat(io_path("b.db"), &st), 0);
	ck_assert_int_eq(truncate(io_path("b.db"), st.st_size * _i / 8), 0);
	works("b.db", 1001);
}
END_TEST

/* The file is replaced by garbage while the daemon runs: later flushes work again. */
START_TEST(test_store_replaced)
{
	static struct collected got;
	struct store *store = open_store("b.db", &got);
	char garbage[8192];

	put(store, 1);
	ck_assert_int_eq(store_flush(store, 1), 0);
	store_close(store);
	store = open_store("b.db", &got);
	memset(garbage, 'x', sizeof(garbage));
	io_write("b.db", garbage, sizeof(garbage), 0600);
	for (unsigned int n = 2; n < 500; n++)
		put(store, n);
	store_flush(store, 1);
	store_close(store);
	works("b.db", 2000);
}
END_TEST

START_TEST(test_store_unusable_place)
{
	static struct collected got;
	struct store *store;
	int before, after;

	/* Its directory is a file for now. */
	io_write("d", "", 0, 0600);
	store = open_store("d/b.db", &got);
	ck_assert_ptr_nonnull(store_problem(store));
	put(store, 1);
	before = store_flush(store, 1);
	ck_assert_int_lt(before, 0);
	ck_assert_int_eq(unlink(io_path("d")), 0);
	ck_assert_int_eq(mkdir(io_path("d"), 0700), 0);
	after = store_flush(store, 2 * STORE_RETRY);
	ck_assert_int_eq(after, 0);
	store_close(store);
	store = open_store("d/b.db", &got);
	expect(&got, 1, true);
	store_close(store);
}
END_TEST

START_TEST(test_state_file)
{
	struct json_object *object = json_object_new_object(), *back;
	struct state_file file;
	struct stat st;

	json_object_object_add(object, "a", json_object_new_string("b"));
	ck_assert_int_eq(state_file_init(&file, io_path("sub/dir/state")), 0);
	ck_assert_int_eq(state_file_load(&file, &back), -ENOENT);
	ck_assert_int_eq(state_file_save(&file, object), 0);
	ck_assert_int_eq(stat(file.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(state_file_load(&file, &back), 0);
	ck_assert(json_object_equal(object, back));
	ck_assert(!io_exists("sub/dir/state.tmp"));
	json_object_put(back);
	json_object_put(object);
}
END_TEST

START_TEST(test_state_corrupt)
{
	static const char *const bad[] = {
		"", "{", "[]", "{}x", "{\"a\":1", "\"a\"", "{\"a\":\"\xff\"}"};
	struct json_object *back;
	struct state_file file;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(
			state_file_init(&file, io_write("state", bad[i], strlen(bad[i]), 0600)), 0);
		ck_assert_msg(state_file_load(&file, &back) == -EBADMSG, "%s", bad[i]);
		ck_assert(!io_exists("state"));
		ck_assert(io_exists("state.corrupt"));
		ck_assert_int_eq(state_file_load(&file, &back), -ENOENT);
	}
}
END_TEST

START_TEST(test_state_full)
{
	struct json_object *object = json_object_new_object(), *back;
	struct state_file file;
	int full, kept, after;

	json_object_object_add(object, "a", json_object_new_int(1));
	ck_assert_int_eq(state_file_init(&file, io_path("state")), 0);
	ck_assert_int_eq(state_file_save(&file, object), 0);
	json_object_object_add(object, "long", json_object_new_string_len((char[300]){'x'}, 300));
	io_limit_files(64);
	full = state_file_save(&file, object);
	kept = state_file_load(&file, &back);
	io_limit_files(SIZE_MAX);
	ck_assert_int_eq(full, -EFBIG);
	ck_assert_int_eq(file.error, -EFBIG);
	ck_assert_int_eq(kept, 0); /* the earlier one is untouched */
	ck_assert(!io_exists("state.tmp"));
	json_object_put(back);
	after = state_file_save(&file, object);
	ck_assert_int_eq(after, 0);
	ck_assert_int_eq(file.error, 0);
	json_object_put(object);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tcase = tcase_create("store");
	SRunner *runner = srunner_create(suite);
	int failed;

	log_init("test", 0);
	tcase_add_checked_fixture(tcase, io_fixture_setup, io_fixture_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_store_survives);
	tcase_add_test(tcase, test_store_mode);
	tcase_add_test(tcase, test_store_kill);
	tcase_add_test(tcase, test_store_full);
	tcase_add_test(tcase, test_store_churn);
	tcase_add_test(tcase, test_store_garbage);
	tcase_add_loop_test(tcase, test_store_damage, 0, 24);
	tcase_add_loop_test(tcase, test_store_truncated, 0, 8);
	tcase_add_test(tcase, test_store_replaced);
	tcase_add_test(tcase, test_store_unusable_place);
	tcase_add_test(tcase, test_state_file);
	tcase_add_test(tcase, test_state_corrupt);
	tcase_add_test(tcase, test_state_full);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
