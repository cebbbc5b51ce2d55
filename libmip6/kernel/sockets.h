/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses an address: sockets by local address, through sock_diag. */
#ifndef MIP6_KERNEL_SOCKETS_H
#define MIP6_KERNEL_SOCKETS_H

#include <mip6/base.h>

struct sockets;

int sockets_open(struct sockets **ret);
/*
 * Count the sockets that could still talk from each of the count addresses, in one pass: TCP in
 * every state but TIME_WAIT, CLOSE and LISTEN; UDP, UDP-Lite and raw sockets bound or connected
 * with that local address. 0 or negative errno; a protocol whose diag module is missing is skipped,
 * once with a warning.
 */
int sockets_count(struct sockets *sockets, const struct mip6_addr *addrs, size_t count,
		  uint32_t *ret_counts);
void sockets_close(struct sockets *sockets);

#endif
