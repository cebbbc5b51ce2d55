// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The peers of IKE by reqid and by name, and their security associations by home address.
 *
 * A reqid is made from the name: after a restart of the daemon it is the same, and so what charon
 * and the kernel still have stays good. Two peers never share one.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "io/ike_internal.h"

#define PROBES_MAX 16

uint32_t ike_reqid_base(const struct ike *ike)
{
	return ike->config.gateway ? IKE_REQID_GATEWAY : IKE_REQID;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = ((const struct ike_peer *)a)->reqid, y = ((const struct ike_peer *)b)->reqid;

	return x < y ? -1 : x > y;
}

struct ike_peer *ike_peer_of_reqid(const struct ike *ike, uint32_t reqid)
{
	const struct ike_peer key = {.reqid = reqid};
	void *found = tfind(&key, &ike->by_reqid, compare);

	return found ? *(struct ike_peer **)found : NULL;
}

/* The n-th choice of a reqid: the same after a restart, for whoever asks first. */
static uint32_t choose_reqid(uint32_t base, const char *label, uint32_t n)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *p = label; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619u;
	hash = (hash >> 24 ^ hash) + n;
	return base | (hash & ~IKE_REQID_MASK);
}

/* Goes on over gaps, which those that went have left. */
struct ike_peer *ike_peer_of_label(const struct ike *ike, const char *label, uint32_t *ret_free)
{
	uint32_t free_reqid = 0;

	for (uint32_t n = 0; n < PROBES_MAX; n++) {
		uint32_t reqid = choose_reqid(ike_reqid_base(ike), label, n);
		struct ike_peer *peer = ike_peer_of_reqid(ike, reqid);

		if (peer && !peer->gone && strcmp(peer->label, label) == 0)
			return peer;
		if (!peer && !free_reqid)
			free_reqid = reqid;
	}
	if (ret_free)
		*ret_free = free_reqid;
	return NULL;
}

struct ike_peer *ike_peer_of_hoa(const struct ike *ike, const struct mip6_addr *hoa)
{
	return ike_peer_of_label(ike, addr_text(hoa), NULL);
}

void ike_peer_dirty(struct ike_peer *peer)
{
	struct ike *ike = peer->ike;

	peer->refused = false;
	if (peer->dirty)
		return;
	peer->dirty = true;
	peer->next_dirty = NULL;
	*ike->last_dirty = peer;
	ike->last_dirty = &peer->next_dirty;
}

struct ike_peer *ike_peer_add(struct ike *ike, const char *label)
{
	struct ike_peer *peer;
	uint32_t reqid = 0;

	peer = ike_peer_of_label(ike, label, &reqid);
	if (peer)
		return peer;
	peer = ike->peer_count < IKE_PEERS_MAX && reqid ? calloc(1, sizeof(*peer)) : NULL;
	if (!peer)
		return NULL;
	peer->ike = ike;
	peer->reqid = reqid;
	peer->label = strdup(label);
	if (!peer->label || !tsearch(peer, &ike->by_reqid, compare)) {
		free(peer->label);
		free(peer);
		return NULL;
	}
	peer->next = ike->peers;
	ike->peers = peer;
	ike->peer_count++;
	return peer;
}

void ike_peer_free(struct ike_peer *peer)
{
	while (peer->sas)
		ike_sa_remove(peer, peer->sas);
	ike_tunnels_free(peer);
	tdelete(peer, &peer->ike->by_reqid, compare);
	mip6_auth_wipe(peer->key, sizeof(peer->key));
	free(peer->hoas);
	free(peer->label);
	free(peer->reason);
	free(peer);
}

static void unqueue(struct ike *ike, struct ike_peer *peer)
{
	struct ike_peer **p = &ike->dirty;

	while (*p && *p != peer)
		p = &(*p)->next_dirty;
	if (!*p)
		return;
	*p = peer->next_dirty;
	if (ike->last_dirty == &peer->next_dirty)
		ike->last_dirty = p;
	peer->dirty = false;
}

void ike_reap(struct ike *ike)
{
	struct ike_peer **p = &ike->peers;

	while (*p) {
		struct ike_peer *peer = *p;

		if (!peer->gone || peer->pending) {
			p = &peer->next;
			continue;
		}
		if (peer->dirty)
			unqueue(ike, peer);
		*p = peer->next;
		ike->peer_count--;
		ike_peer_free(peer);
	}
}

const char *ike_peer_nai(const struct ike_peer *peer)
{
	return peer->ike->config.gateway ? peer->label : "";
}

/* Security associations */

static int compare_hoa(const void *a, const void *b)
{
	return memcmp(&((const struct ike_sa *)a)->hoa, &((const struct ike_sa *)b)->hoa,
	              sizeof(struct mip6_addr));
}

struct ike_sa *ike_sa_find(const struct ike *ike, const struct mip6_addr *hoa)
{
	const struct ike_sa key = {.hoa = *hoa};
	void *found = tfind(&key, &ike->by_hoa, compare_hoa);

	return found ? *(struct ike_sa **)found : NULL;
}

int ike_sa_add(struct ike_peer *peer, const struct mip6_addr *hoa)
{
	struct ike_sa *sa = peer->sas;
	size_t count = 0;

	for (; sa; sa = sa->next)
		count++;
	if (count >= IKE_HOAS_MAX)
		return -ENOSPC;
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return -ENOMEM;
	*sa = (struct ike_sa){
		.hoa = *hoa,
		.peer = peer,
		.next = peer->sas,
		.seen = peer->ike->list_number,
		.oldest = UINT32_MAX,
	};
	if (!tsearch(sa, &peer->ike->by_hoa, compare_hoa)) {
		free(sa);
		return -ENOMEM;
	}
	peer->sas = sa;
	return 0;
}

void ike_sa_remove(struct ike_peer *peer, struct ike_sa *sa)
{
	struct ike_sa **p = &peer->sas;

	while (*p != sa)
		p = &(*p)->next;
	*p = sa->next;
	tdelete(sa, &peer->ike->by_hoa, compare_hoa);
	free(sa);
}
