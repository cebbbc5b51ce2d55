// SPDX-License-Identifier: LGPL-2.1-or-later
/* Gateways whose tunnels with us are inside ESP. Owns nothing in the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/dataplane_peers.h"

/*
 * What ESP in tunnel mode adds at most: an IPv6 header, SPI and sequence number, initialisation
 * vector, padding with its two octets, and integrity value (RFC 4303, 3602, 4868).
 */
#define ESP_ROOM (40 + 8 + 16 + 17 + 16)
#define MTU_MIN 1280

bool dataplane_peers_has(const struct dataplane_peers *peers, const struct mip6_addr *addr)
{
	for (size_t i = 0; i < peers->count; i++)
		if (mip6_addr_equal(&peers->v[i], addr))
			return true;
	return false;
}

int dataplane_peers_set(struct dataplane_peers *peers, const struct mip6_addr *v, size_t count)
{
	struct mip6_addr *copy = NULL;

	if (count > DATAPLANE_PEERS_MAX)
		return -ENOSPC;
	if (count) {
		copy = calloc(count, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, v, count * sizeof(*copy));
	}
	free(peers->v);
	peers->v = copy;
	peers->count = count;
	return 0;
}

void dataplane_peers_free(struct dataplane_peers *peers)
{
	free(peers->v);
	*peers = (struct dataplane_peers){0};
}

uint32_t dataplane_peers_piece(const struct dataplane_peers *peers, const struct mip6_addr *peer,
                               uint32_t mtu)
{
	/* The narrowest path that there may be: pieces are for narrow paths alone. */
	return dataplane_peers_has(peers, peer) ? MTU_MIN - ESP_ROOM : mtu;
}
