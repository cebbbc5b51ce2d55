/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel knows about the paths that tunnels take. */
#ifndef MIP6_KERNEL_DATAPLANE_PATH_H
#define MIP6_KERNEL_DATAPLANE_PATH_H

#include <mip6/base.h>

/*
 * MTU of tunnel packets from local to the peer: of route, link, and what was learnt, less what IPsec
 * takes when it is for them; 1500 when it is not known.
 */
uint32_t dataplane_mtu_of_path(const struct mip6_addr *local, const struct mip6_addr *peer);
/* The WTRU's uplink: its link MTU, or what the router's MTU option made of it; 1500 likewise. */
uint32_t dataplane_mtu_of_link(uint32_t ifindex);

#endif
