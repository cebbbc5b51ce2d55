// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file of bindings of any octets. It is read or put aside; either way the store then keeps what it is
 * given. The input replaces a part of a good file: one octet for how far from its beginning (in 64 octets),
 * then what stands there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "io/log.h"
#include "io/store.h"

#define FILE_MAX 65536

static char path[64];
static uint8_t good[FILE_MAX];
static size_t good_len;

static const struct ha_record sample = {
	.hoa = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
	.coa = {{0x20, 0x01, 0x0d, 0xb8, [15] = 2}},
	.home_agent = {{0x20, 0x01, 0x0d, 0xb8, [15] = 3}},
	.nai = "wtru@example.org",
	.seq = 77,
	.lifetime_s = 600,
	.expires_unix_us = INT64_C(1700000600000000),
	.owned_until_unix_us = INT64_C(1700003600000000),
	.mesg_id = 5,
};

static void remove_files(void)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".corrupt", ".corrupt-wal"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char name[96];

		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
}

static void see(void *ctx, const struct ha_record *record)
{
	struct ha_record *found = ctx;

	FUZZ_CHECK(memchr(record->nai, '\0', sizeof(record->nai)) != NULL);
	FUZZ_CHECK(mip6_addr_is_routable(&record->hoa));
	if (mip6_addr_equal(&record->hoa, &sample.hoa))
		*found = *record;
}

static void setup(void)
{
	struct store *store;
	FILE *f;

	log_init("fuzz", 0);
	snprintf(path, sizeof(path), "%s/mip6-fuzz-%ld.db",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
	atexit(remove_files);
	remove_files();
	FUZZ_CHECK(store_open(&store, path) == 0);
	FUZZ_CHECK(store_put(store, &sample) == 0 && store_flush(store, MIP6_S) == 0);
	store_close(store);
	f = fopen(path, "rb");
	FUZZ_CHECK(f != NULL);
	good_len = fread(good, 1, sizeof(good), f);
	fclose(f);
	FUZZ_CHECK(good_len > 0 && good_len < FILE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t file[FILE_MAX];
	struct ha_record found = {0};
	struct store *store;
	size_t at, size;
	int fd;

	if (path[0] == '\0')
		setup();
	if (len < 1 || len > FILE_MAX / 2)
		return 0;
	remove_files();
	at = data[0] * (size_t)64 % good_len;
	memcpy(file, good, good_len);
	memcpy(file + at, data + 1, len - 1);
	size = at + len - 1 > good_len ? at + len - 1 : good_len;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, file, size) == (ssize_t)size);
	close(fd);

	FUZZ_CHECK(store_open(&store, path) == 0);
	store_walk(store, see, &found);
	FUZZ_CHECK(store_put(store, &sample) == 0);
	/* A table that refuses every row is beyond repair while it runs; it says so and goes on. */
	if (store_flush(store, MIP6_S) == 0) {
		store_close(store);
		FUZZ_CHECK(store_open(&store, path) == 0);
		store_walk(store, see, &found);
	} else {
		FUZZ_CHECK(store_problem(store) != NULL && store_pending(store) > 0);
	}
	store_close(store);
	return 0;
}
