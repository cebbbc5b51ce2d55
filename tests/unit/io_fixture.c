// SPDX-License-Identifier: GPL-2.0-or-later
/* Temporary directories and reports for the tests of libmip6/io. */
#include "io_fixture.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[PATH_MAX];

void io_fixture_setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(directory, sizeof(directory), "%s/mip6-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void io_fixture_teardown(void)
{
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *io_path(const char *name)
{
	static char paths[4][PATH_MAX + 64];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

const char *io_write(const char *name, const void *text, size_t len, mode_t mode)
{
	const char *path = io_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

bool io_exists(const char *name)
{
	return access(io_path(name), F_OK) == 0;
}

void io_report(void *ctx, const char *file, unsigned int line, const char *text)
{
	struct io_reports *reports = ctx;
	int n;

	(void)file;
	n = snprintf(reports->text + reports->len, sizeof(reports->text) - reports->len, "%u: %s\n",
	             line, text);
	ck_assert_int_gt(n, 0);
	reports->len += (size_t)n;
	ck_assert_uint_lt(reports->len, sizeof(reports->text));
	reports->count++;
}

bool io_reported(const struct io_reports *reports, unsigned int line, const char *part)
{
	const char *p = reports->text;

	while (*p != '\0') {
		const char *end = strchr(p, '\n');
		char one[2048];

		snprintf(one, sizeof(one), "%.*s", (int)(end - p), p);
		if (strtoul(one, NULL, 10) == line && strstr(one, part) != NULL)
			return true;
		p = end + 1;
	}
	return false;
}

void io_limit_files(size_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size == SIZE_MAX ? limit.rlim_max : size;
	setrlimit(RLIMIT_FSIZE, &limit);
}
