/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What both daemons do alike as processes: options, exit codes, privileges, readiness, signals.
 */
#ifndef MIP6_IO_PROCESS_H
#define MIP6_IO_PROCESS_H

#include <sys/capability.h>

#include <mip6/base.h>

#include "io/confine.h"

/* Exit codes, documented in the man pages. */
enum process_exit {
	PROCESS_EXIT_OK = 0,
	PROCESS_EXIT_FAILURE = 1, /* failed while running, or could not start: the log says why */
	PROCESS_EXIT_USAGE = 2,   /* bad option or bad configuration */
	PROCESS_EXIT_KERNEL = 3,  /* a kernel feature or a capability is missing */
	PROCESS_EXIT_RUNNING = 4, /* another daemon runs already */
};

/*
 * What must not end a daemon: SIGPIPE (a reader of its log that went away) and SIGXFSZ (a file size
 * limit, which then is an error like a full disk).
 */
void process_ignore_signals(void);
/* No core dumps, no ptrace, no huge pages: before keys are read. 0 or negative errno. */
int process_protect_memory(void);
/* 0, or -EPERM after an error line that names each missing capability and how to get it. */
int process_check_capabilities(const cap_value_t *caps, size_t count);
/* Keep exactly caps (permitted and effective), drop all others and the bounding set. */
int process_drop_capabilities(const cap_value_t *caps, size_t count);
/*
 * What a daemon keeps that has loaded its BPF programs and opened its maps: CAP_NET_ADMIN, CAP_NET_RAW,
 * and CAP_BPF on a kernel that asks for it at every use of a map that is open. Then its system calls are
 * confined, see confine.h. 0, or negative errno after an error line.
 */
int process_settle(enum confine_program program);
/*
 * One daemon per lock file (under /run/mip6 by default): 0 and the lock is held until exit; -EBUSY
 * with *ret_pid when another has it.
 */
int process_lock(const char *path, int *ret_fd, int *ret_pid);
/* sd_notify(3) protocol, when $NOTIFY_SOCKET is set; otherwise nothing. */
void process_notify(const char *state);
/* mkdir -p with mode 0755. 0 or negative errno. */
int process_make_directory(const char *path);

#endif
