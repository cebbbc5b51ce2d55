// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Logging to standard error, one write(2) per line so that lines of several processes do not mix.
 *
 * Under systemd (JOURNAL_STREAM) a line starts with the "<level>" that sd-daemon(3) describes;
 * otherwise with the daemon's name and, when it is not plain information, the level. Octets that
 * could forge a line or steer a terminal are replaced: texts from the network end up here.
 */
#include "io/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOG_LINE_MAX 2048
#define LOG_WINDOW (10 * MIP6_S)
#define LOG_BURST 5

static struct {
	const char *name;
	enum log_level level;
	bool journal;
} state = {.name = "mip6", .level = LOG_LEVEL_INFO};

void log_init(const char *name, enum log_level level)
{
	state.name = name;
	state.level = level;
	state.journal = getenv("JOURNAL_STREAM") != NULL && !isatty(STDERR_FILENO);
}

void log_set_level(enum log_level level)
{
	state.level = level;
}

enum log_level log_level_get(void)
{
	return state.level;
}

static const char *log_level_text(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERR:
		return "error: ";
	case LOG_LEVEL_WARNING:
		return "warning: ";
	case LOG_LEVEL_INFO:
		return "";
	case LOG_LEVEL_DEBUG:
		return "debug: ";
	}
	return "";
}

static void log_vwrite(enum log_level level, const char *format, va_list ap)
{
	char line[LOG_LINE_MAX];
	int saved_errno = errno;
	int head, body;
	size_t len;

	if (level > state.level)
		return;
	if (state.journal)
		head = snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		head = snprintf(line, sizeof(line), "%.32s: %s", state.name, log_level_text(level));
	body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, ap);
	if (body < 0)
		return;
	len = (size_t)head + (size_t)body;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	for (size_t i = (size_t)head; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0) {
		/* Standard error is gone or full: there is nowhere to say so. */
	}
	errno = saved_errno;
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_vwrite(level, format, ap);
	va_end(ap);
}

void log_limited(struct log_limit *limit, mip6_time now, enum log_level level, const char *format,
                 ...)
{
	va_list ap;

	if (level > state.level)
		return;
	if (limit->count == 0 || now - limit->window_start >= LOG_WINDOW) {
		if (limit->suppressed > 0)
			log_write(level, "%u more lines of the following kind were not logged",
			          limit->suppressed);
		limit->window_start = now;
		limit->count = 0;
		limit->suppressed = 0;
	}
	if (limit->count >= LOG_BURST) {
		limit->suppressed++;
		return;
	}
	limit->count++;
	va_start(ap, format);
	log_vwrite(level, format, ap);
	va_end(ap);
}
