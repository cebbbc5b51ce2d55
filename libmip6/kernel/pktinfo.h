/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of single packets, as ancillary data (RFC 3542 section 6). */
#ifndef MIP6_KERNEL_PKTINFO_H
#define MIP6_KERNEL_PKTINFO_H

#include <sys/socket.h>

#include <mip6/base.h>

/*
 * Send with this source, which routing goes by, on this link (0: any). A socket that makes its own
 * IPv6 headers has no source otherwise. 0 or a negative errno.
 */
int pktinfo_send(int fd, const struct mip6_addr *src, uint32_t ifindex,
                 const struct mip6_addr *dst, void *data, size_t len);

/* Where a received packet was sent to. False: nobody said. ret_ifindex may be NULL. */
bool pktinfo_destination(struct msghdr *msg, struct mip6_addr *ret, uint32_t *ret_ifindex);

#endif
