// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The second security association with a peer: reverse tunnels of home addresses inside ESP, in
 * tunnel mode between home address and anywhere (RFC 4877 section 6.4). A WTRU asks for it once the
 * first one, for Mobility Headers, is there, and again until it has it; a gateway that does not
 * offer it leaves the first as it is. Its reqid follows from the peer's: IKE_PAYLOAD_REQID().
 *
 * charon moves it when it hears by XFRM_MSG_MIGRATE that the peer has moved.
 */
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/ike_internal.h"
#include "io/log.h"

#define TRY_STEP (5 * MIP6_S)
#define TRY_MAX (60 * MIP6_S)
#define TUNNELS_MAX 16 /* for one home address */

static struct ike_tunnel *find(const struct ike_peer *peer, const struct mip6_addr *hoa)
{
	for (struct ike_tunnel *t = peer->tunnels; t; t = t->next)
		if (mip6_addr_equal(&t->hoa, hoa))
			return t;
	return NULL;
}

static bool tell(const struct ike_peer *peer, const struct mip6_addr *hoa, bool up)
{
	const struct ike_handler *handler = &peer->ike->handler;

	return !handler->tunnel || handler->tunnel(handler->ctx, ike_peer_nai(peer), hoa, up);
}

static void drop(struct ike_peer *peer, struct ike_tunnel *tunnel)
{
	struct ike_tunnel **p = &peer->tunnels;
	struct mip6_addr hoa = tunnel->hoa;

	while (*p != tunnel)
		p = &(*p)->next;
	*p = tunnel->next;
	free(tunnel);
	log_info("tunnel inside IPsec down hoa=%s%s%s", addr_text(&hoa),
	         peer->ike->config.gateway ? " nai=" : "", ike_peer_nai(peer));
	(void)tell(peer, &hoa, false);
}

void ike_tunnels_drop(struct ike_peer *peer)
{
	while (peer->tunnels)
		drop(peer, peer->tunnels);
}

void ike_tunnels_free(struct ike_peer *peer)
{
	while (peer->tunnels) {
		struct ike_tunnel *next = peer->tunnels->next;

		free(peer->tunnels);
		peer->tunnels = next;
	}
}

/* True: there, and this identity's. */
static bool add(struct ike_peer *peer, const struct mip6_addr *hoa)
{
	struct ike_tunnel *tunnel;
	size_t count = 0;

	for (tunnel = peer->tunnels; tunnel; tunnel = tunnel->next)
		count++;
	tunnel = count < IKE_HOAS_MAX ? calloc(1, sizeof(*tunnel)) : NULL;
	if (!tunnel)
		return false;
	*tunnel = (struct ike_tunnel){*hoa, peer->tunnels, peer->ike->list_number, 1};
	peer->tunnels = tunnel;
	if (tell(peer, hoa, true))
		return true;
	peer->tunnels = tunnel->next;
	free(tunnel);
	return false;
}

/* Rekeying makes two for a while; more than some an attacker. */
static void count(struct ike *ike, struct ike_tunnel *tunnel, const char *name, uint32_t ike_id)
{
	if (tunnel->seen != ike->list_number) {
		tunnel->seen = ike->list_number;
		tunnel->count = 0;
	}
	if (++tunnel->count <= TUNNELS_MAX)
		return;
	log_limited(&ike->limit, clock_monotonic(), LOG_LEVEL_WARNING,
	            "too many tunnels inside IPsec hoa=%s", addr_text(&tunnel->hoa));
	ike_terminate(ike, name, ike_id);
	tunnel->count = 0;
	ike->list_due = true;
}

void ike_tunnel_got(struct ike *ike, const struct ike_child *child)
{
	struct ike_peer *peer = ike_peer_of_reqid(ike, IKE_PAYLOAD_REQID(child->reqid));
	const struct mip6_addr *hoa = ike->config.gateway ? &child->remote : &child->local;
	struct ike_tunnel *tunnel;
	char name[IKE_NAME_SIZE];

	ike_connection_name(name, IKE_PAYLOAD_REQID(child->reqid));
	if (!peer || peer->gone || !child->installed || strcmp(name, child->connection) != 0)
		return;
	if (child->narrowed) {
		/* With another child of its own it has agreed upon less: what that one is for. */
		log_limited(&ike->limit, clock_monotonic(), LOG_LEVEL_WARNING,
		            "no tunnel inside IPsec hoa=%s: the other side does not offer it, and "
		            "nothing of this address leaves without",
		            addr_text(hoa));
		peer->tunnel_tries = TRY_MAX / TRY_STEP;
		peer->tunnel_next = clock_monotonic() + TRY_MAX;
		ike_terminate_tunnel(ike, child->ike_id);
		return;
	}
	tunnel = find(peer, hoa);
	if (tunnel) {
		count(ike, tunnel, name, child->ike_id);
		return;
	}
	if (mip6_addr_is_unspecified(hoa) || !peer->payload ||
	    (!ike->config.gateway && !mip6_addr_equal(hoa, &peer->hoa)) || !add(peer, hoa)) {
		log_limited(&ike->limit, clock_monotonic(), LOG_LEVEL_WARNING,
		            "tunnel inside IPsec refused hoa=%s nai=%s", addr_text(hoa),
		            ike_peer_nai(peer));
		ike_terminate_tunnel(ike, child->ike_id);
		return;
	}
	peer->tunnel_tries = 0;
	log_info("tunnel inside IPsec up hoa=%s%s%s", addr_text(hoa),
	         ike->config.gateway ? " nai=" : "", ike_peer_nai(peer));
}

void ike_tunnels_remove_unseen(struct ike_peer *peer)
{
	struct ike_tunnel *next;

	for (struct ike_tunnel *t = peer->tunnels; t; t = next) {
		next = t->next;
		if (t->seen != peer->ike->list_number)
			drop(peer, t);
	}
}

bool ike_tunnels_seen(const struct ike_peer *peer)
{
	for (const struct ike_tunnel *t = peer->tunnels; t; t = t->next)
		if (t->seen == peer->ike->list_number)
			return true;
	return false;
}

/* At a WTRU. When to look again. */
mip6_time ike_tunnel_try(struct ike_peer *peer, mip6_time now)
{
	mip6_time wait = ++peer->tunnel_tries * TRY_STEP;

	if (!peer->payload || !peer->sas || peer->tunnels) {
		peer->tunnel_tries = 0;
		return MIP6_TIME_NEVER;
	}
	if (peer->tunnel_tries > 1 && now < peer->tunnel_next) {
		peer->tunnel_tries--;
		return peer->tunnel_next;
	}
	if (peer->tunnel_tries > 2)
		log_limited(&peer->ike->limit, now, LOG_LEVEL_WARNING,
		            "no tunnel inside IPsec yet hoa=%s anchor=%s, and nothing of this "
		            "address leaves without; negotiating again",
		            peer->label, addr_text(&peer->anchor));
	ike_initiate(peer, IKE_CHILD_TUNNEL);
	peer->tunnel_next = now + (wait < TRY_MAX ? wait : TRY_MAX);
	return peer->tunnel_next;
}

void ike_want_payload(struct ike *ike, const struct mip6_addr *hoa, bool wanted)
{
	struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (!peer || peer->payload == wanted)
		return;
	peer->payload = wanted;
	peer->loaded = false;
	ike_peer_dirty(peer);
	if (!wanted && peer->tunnels)
		ike_terminate_tunnel_of(ike, peer->reqid);
	ike_tunnels_drop(peer);
	ike_pump(ike);
}

bool ike_moves(const struct ike *ike, const struct mip6_addr *hoa)
{
	const struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	return peer && !peer->mobike && !ike->config.mobike;
}

uint32_t ike_payload(const struct ike *ike, const struct mip6_prefix *home)
{
	for (const struct ike_peer *peer = ike->peers; peer; peer = peer->next)
		for (const struct ike_tunnel *t = peer->tunnels; t; t = t->next)
			if (mip6_prefix_contains(home, &t->hoa))
				return IKE_PAYLOAD_REQID(peer->reqid);
	return 0;
}
