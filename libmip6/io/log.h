/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logging of the daemons: one line per event, `key=value`, to standard error (systemd adds the
 * time).
 *
 * err: the operator must act; warning: a peer or the kernel misbehaved; info: bindings change;
 * debug: packets. Never key material. Lines that a remote host can trigger go through
 * log_limited().
 */
#ifndef MIP6_IO_LOG_H
#define MIP6_IO_LOG_H

#include <stdarg.h>

#include <mip6/base.h>

enum log_level {
	LOG_LEVEL_ERR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* name is printed on a terminal; under systemd lines start with "<level>" instead. Borrowed. */
void log_init(const char *name, enum log_level level);
void log_set_level(enum log_level level);
enum log_level log_level_get(void);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...) log_write(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                           \
	do {                                                     \
		if (log_level_get() >= LOG_LEVEL_DEBUG)          \
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)

/* At most burst lines each 10 s per limit object, then one line that counts the suppressed ones. */
struct log_limit {
	mip6_time window_start;
	unsigned int count;
	unsigned int suppressed;
};

void log_limited(struct log_limit *limit, mip6_time now, enum log_level level, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/* Text of an address or prefix, in one of a few rotating static buffers: for one printf only. */
const char *addr_text(const struct mip6_addr *addr);
const char *prefix_text(const struct mip6_prefix *prefix);
/* 0 or -EINVAL. A prefix without "/len" is a /128. Bits past len must be zero. */
int addr_parse(const char *text, struct mip6_addr *ret);
int prefix_parse(const char *text, struct mip6_prefix *ret);

#endif
