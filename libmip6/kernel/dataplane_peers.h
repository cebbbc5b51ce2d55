/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gateways whose tunnels with us are inside ESP, as a data plane knows them. Pure memory. */
#ifndef MIP6_KERNEL_DATAPLANE_PEERS_H
#define MIP6_KERNEL_DATAPLANE_PEERS_H

#include <mip6/base.h>

#define DATAPLANE_PEERS_MAX 256

struct dataplane_peers {
	struct mip6_addr *v;
	size_t count;
};

bool dataplane_peers_has(const struct dataplane_peers *peers, const struct mip6_addr *addr);
/* Replace all. -ENOSPC beyond DATAPLANE_PEERS_MAX, -ENOMEM; then nothing is changed. */
int dataplane_peers_set(struct dataplane_peers *peers, const struct mip6_addr *v, size_t count);
void dataplane_peers_free(struct dataplane_peers *peers);
/*
 * How long the pieces of outer packets to peer may be on a path of mtu octets: with such a gateway
 * each piece goes into ESP by itself.
 */
uint32_t dataplane_peers_piece(const struct dataplane_peers *peers, const struct mip6_addr *peer,
                               uint32_t mtu);

#endif
