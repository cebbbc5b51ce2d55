// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A state file, and a key file, of any octets: read, or refused; a state file that was refused is
 * out of the way afterwards, and one that was read can be written and read again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "io/keys.h"
#include "io/log.h"
#include "io/state_file.h"

static char path[64], aside[80];

static void remove_files(void)
{
	unlink(path);
	unlink(aside);
}

static void report(void *ctx, const char *file, unsigned int line, const char *text)
{
	(void)file;
	(void)line;
	FUZZ_CHECK(text[0] != '\0');
	++*(size_t *)ctx;
}

static void write_file(const uint8_t *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	close(fd);
}

static void state(void)
{
	struct json_object *object, *again;
	struct state_file file;
	int err;

	FUZZ_CHECK(state_file_init(&file, path) == 0);
	err = state_file_load(&file, &object);
	if (err < 0) {
		FUZZ_CHECK(err == -EBADMSG);
		FUZZ_CHECK(access(path, F_OK) < 0 && access(aside, F_OK) == 0);
		return;
	}
	FUZZ_CHECK(state_file_save(&file, object) == 0);
	FUZZ_CHECK(state_file_load(&file, &again) == 0);
	FUZZ_CHECK(strcmp(json_object_to_json_string(object), json_object_to_json_string(again)) ==
	           0);
	json_object_put(object);
	json_object_put(again);
}

static void keys(void)
{
	const struct mip6_addr addr = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
	struct keys_wtru *of_wtru;
	struct keys *of_dgw;
	size_t reports = 0;

	if (keys_read(&of_dgw, path, report, &reports) == 0) {
		FUZZ_CHECK(reports == 0);
		keys_find(of_dgw, "a@x");
		keys_find_owner(of_dgw, &addr);
		keys_free(of_dgw);
	} else {
		FUZZ_CHECK(reports > 0);
	}
	reports = 0;
	if (keys_wtru_read(&of_wtru, path, report, &reports) == 0) {
		FUZZ_CHECK(reports == 0);
		keys_wtru_find(of_wtru, &addr);
		keys_wtru_free(of_wtru);
	} else {
		FUZZ_CHECK(reports > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (path[0] == '\0') {
		log_init("fuzz", 0);
		/* In memory where possible: this renames thousands of files. */
		snprintf(path, sizeof(path), "%s/mip6-fuzz-%ld.json",
		         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
		snprintf(aside, sizeof(aside), "%s.corrupt", path);
		atexit(remove_files);
	}
	write_file(data, len);
	keys();
	state();
	return 0;
}
