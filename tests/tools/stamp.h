/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clocks, and times of arrival as the kernel saw them, for the measuring tools. */
#ifndef STAMP_H
#define STAMP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* CLOCK_MONOTONIC, which all network namespaces share. */
int64_t now_ns(void);
/* Make receive_stamped() on this socket exact. Exits on failure. */
void socket_stamp(int fd);
/*
 * recvmsg() without blocking: the sender's address goes to ret_from (NULL: not wanted, from_size
 * 0), the kernel's time of arrival, on CLOCK_MONOTONIC, to *ret_ns. Returns as recvmsg().
 */
ssize_t receive_stamped(int fd, void *data, size_t cap, void *ret_from, size_t from_size,
                        int64_t *ret_ns);
/* Print to standard error and exit with status 1. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
