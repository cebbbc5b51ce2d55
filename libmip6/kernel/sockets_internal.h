/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the socket count that touch no kernel, for tests and fuzzing. */
#ifndef MIP6_KERNEL_SOCKETS_INTERNAL_H
#define MIP6_KERNEL_SOCKETS_INTERNAL_H

#include <linux/netlink.h>

#include "kernel/sockets.h"

/* Add one for a sock_diag message about an IPv6 socket with one of these local addresses. */
void sockets_count_message(const struct nlmsghdr *nlh, const struct mip6_addr *addrs, size_t count,
			   uint32_t *counts);
/* The same for a line of /proc/net/raw6. */
void sockets_count_line(const char *line, const struct mip6_addr *addrs, size_t count,
			uint32_t *counts);
/*
 * A sock_diag filter program that passes sockets with one of these local addresses. Returns its
 * length, or 0 when it does not fit in size octets.
 */
size_t sockets_filter(const struct mip6_addr *addrs, size_t count, void *program, size_t size);

#endif
