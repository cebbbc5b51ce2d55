/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of libmip6/io share: a directory of one's own, and a collector of reports. */
#ifndef TESTS_UNIT_IO_FIXTURE_H
#define TESTS_UNIT_IO_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Checked fixture: makes a temporary directory, and removes it with all that is in it. */
void io_fixture_setup(void);
void io_fixture_teardown(void);

/* "<directory>/<name>", in one of a few rotating buffers. */
const char *io_path(const char *name);
/* Write text (len octets) to the file of that name with this mode; returns its path. */
const char *io_write(const char *name, const void *text, size_t len, mode_t mode);
bool io_exists(const char *name);

/* Reports: "LINE: TEXT\n" one after the other. */
struct io_reports {
	char text[8192];
	size_t len;
	unsigned int count;
};

/* A config_report; ctx is a struct io_reports. */
void io_report(void *reports, const char *file, unsigned int line, const char *text);
bool io_reported(const struct io_reports *reports, unsigned int line, const char *part);

/* From now on no file can grow past size octets, as on a full disk; SIZE_MAX: no limit. */
void io_limit_files(size_t size);

#endif
