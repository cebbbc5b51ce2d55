// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Security associations as charon tells of them, by events and by lists. An event that one is there
 * is believed. One that it is gone leads to a list: there may be a second for the same addresses,
 * of a negotiation that crossed. What a complete list lacks is gone.
 *
 * A gateway asks the daemon about each new one, whose identity may not have that home address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/ike_internal.h"
#include "io/log.h"

#define PAIRS_MAX 16 /* for one home address */
#define LIST_GAP MIP6_S
#define LIST_SHARE 20 /* lists take a twentieth of the time at most */

void ike_sa_down(struct ike_peer *peer, struct ike_sa *sa)
{
	struct mip6_addr hoa = sa->hoa;

	ike_sa_remove(peer, sa);
	peer->doubted = false;
	log_info("IPsec down hoa=%s%s%s", addr_text(&hoa), peer->ike->config.gateway ? " nai=" : "",
	         ike_peer_nai(peer));
	peer->ike->handler.down(peer->ike->handler.ctx, ike_peer_nai(peer), &hoa);
}

int ike_learn_hoa(struct ike_peer *peer, const struct mip6_addr *hoa)
{
	size_t at = 0;

	while (at < peer->hoa_count && !mip6_addr_equal(&peer->hoas[at], hoa))
		at++;
	if (at == peer->hoa_count && peer->hoa_count < IKE_HOAS_MAX) {
		struct mip6_addr *hoas =
			reallocarray(peer->hoas, peer->hoa_count + 1, sizeof(*hoas));

		if (!hoas)
			return -ENOMEM;
		peer->hoas = hoas;
		peer->hoa_count++;
	} else if (at == peer->hoa_count) {
		do {
			if (at-- == 0)
				return -ENOSPC;
		} while (ike_sa_find(peer->ike, &peer->hoas[at]));
	}
	memmove(peer->hoas + 1, peer->hoas, at * sizeof(*hoa));
	peer->hoas[0] = *hoa;
	return 0;
}

/*
 * One more pair for a home address that has one. Negotiations that cross, and a WTRU whose charon
 * was killed, make some; a WTRU that makes more and more loses those of before.
 */
static void count(struct ike_sa *sa, uint32_t ike_id)
{
	struct ike *ike = sa->peer->ike;
	char name[IKE_NAME_SIZE];

	if (sa->seen != ike->list_number) {
		sa->seen = ike->list_number;
		sa->count = 0;
		sa->oldest = ike_id;
	}
	if (ike_id < sa->oldest)
		sa->oldest = ike_id;
	if (++sa->count <= PAIRS_MAX)
		return;
	ike_connection_name(name, sa->peer->reqid);
	log_limited(&ike->limit, clock_monotonic(), LOG_LEVEL_WARNING,
	            "too many security associations hoa=%s nai=%s", addr_text(&sa->hoa),
	            ike_peer_nai(sa->peer));
	ike_terminate(ike, name, sa->oldest);
	sa->count = 0;
	sa->oldest = UINT32_MAX;
	ike->list_due = true;
}

/*
 * At a WTRU one more follows where that before was doubted. It takes its place; what waits for an
 * answer is sent again, inside the new one.
 */
static void renewed(struct ike_peer *peer, uint32_t ike_id)
{
	struct ike *ike = peer->ike;
	uint32_t before = peer->ike_id;
	char name[IKE_NAME_SIZE];

	if (!ike->told_up) {
		/* In a list, after IKE's own rekeying. */
		if (ike_id > before)
			peer->ike_id = ike_id;
		return;
	}
	log_info("IPsec renewed hoa=%s", peer->label);
	peer->ike_id = ike_id;
	peer->doubted = false;
	peer->tries = peer->silences = 0;
	ike_connection_name(name, peer->reqid);
	if (before && before != ike_id)
		ike_terminate(ike, name, before);
	(void)ike->handler.up(ike->handler.ctx, "", &peer->hoa, peer->reqid);
}

static void got_child(void *ctx, const struct ike_child *child)
{
	struct ike *ike = ctx;
	struct ike_peer *peer = ike_peer_of_reqid(ike, child->reqid);
	const struct mip6_addr *hoa = ike->config.gateway ? &child->remote : &child->local;
	const struct mip6_addr *agent = ike->config.gateway ? &child->local : &child->remote;
	bool general = ike->config.gateway && child->general;
	char name[IKE_NAME_SIZE];
	struct ike_sa *sa;

	if (child->tunnel) {
		ike_tunnel_got(ike, child);
		return;
	}
	ike_connection_name(name, child->reqid);
	if (!child->installed || (peer && peer->gone) || strcmp(name, child->connection) != 0)
		return;
	if (!peer && (child->reqid & IKE_REQID_MASK) == ike_reqid_base(ike))
		ike_withdraw(ike, child->reqid); /* of an earlier process */
	if (!peer || (!ike->config.gateway && !mip6_addr_equal(hoa, &peer->hoa)))
		return;
	if (!mip6_addr_equal(agent, ike->config.gateway ? &ike->config.address : &peer->anchor)) {
		ike_terminate(ike, name, child->ike_id); /* the home agent had another address */
		return;
	}
	sa = ike_sa_find(ike, hoa);
	if (sa && sa->peer == peer) {
		count(sa, child->ike_id);
		if (!ike->config.gateway)
			renewed(peer, child->ike_id);
		return;
	}
	peer->tries = 0;
	peer->silences = 0;
	peer->doubted = false;
	peer->ike_id = child->ike_id;
	/* First come, first served, where nobody is known to own it. */
	if (sa || !ike->handler.up(ike->handler.ctx, ike_peer_nai(peer), hoa, peer->reqid) ||
	    (general ? ike_learn_hoa(peer, hoa) || ike_load(peer) : ike_sa_add(peer, hoa))) {
		log_limited(&ike->limit, clock_monotonic(), LOG_LEVEL_WARNING,
		            "IPsec refused hoa=%s nai=%s", addr_text(hoa), ike_peer_nai(peer));
		general = true;
	}
	if (general) {
		/* Negotiated again it will be right: see write_children(). */
		ike_terminate(ike, name, child->ike_id);
		return;
	}
	ike_reason_set(peer, NULL);
	ike_orphans_changed(ike);
	log_info("IPsec up hoa=%s%s%s", addr_text(hoa), ike->config.gateway ? " nai=" : "",
	         ike_peer_nai(peer));
}

static void remove_unseen(struct ike_peer *peer, mip6_time now)
{
	struct ike_sa *next;

	ike_tunnels_remove_unseen(peer);
	for (struct ike_sa *sa = peer->sas; sa; sa = next) {
		next = sa->next;
		if (peer->gone || sa->seen == peer->ike->list_number)
			continue;
		peer->next_try = now;
		ike_sa_down(peer, sa);
	}
}

static void on_listed(void *ctx, int error, const struct vici_message *message)
{
	struct ike *ike = ctx;
	mip6_time now = clock_monotonic();

	(void)message;
	ike->listing = false;
	ike->list_after = now + LIST_GAP;
	if (now - ike->list_began > LIST_GAP / LIST_SHARE)
		ike->list_after = now + LIST_SHARE * (now - ike->list_began);
	if (!error) {
		ike->listed = true;
		ike->depth++;
		for (struct ike_peer *peer = ike->peers; peer; peer = peer->next)
			remove_unseen(peer, now);
		ike->depth--;
	} else {
		ike->list_due = true;
	}
	ike_orphans_end(ike, !error);
	ike_pump(ike);
}

void ike_list(struct ike *ike, mip6_time now)
{
	ike_orphans_begin(ike, now);
	if (vici_request(ike->vici, "list-sas", NULL, on_listed, ike)) {
		ike_orphans_end(ike, false);
		return;
	}
	ike->list_due = false;
	ike->listing = true;
	ike->list_began = now;
	ike->list_number++;
}

void ike_on_event(void *ctx, const char *name, const struct vici_message *message)
{
	struct ike *ike = ctx;
	char up[8];

	if (strcmp(name, "log") == 0) {
		ike_reason_said(ike, message);
		return;
	}
	ike->depth++;
	if (strcmp(name, "list-sa") == 0)
		ike_orphans_listed(ike, message);
	ike->told_up = strcmp(name, "list-sa") != 0 && vici_find(message, "up", up, sizeof(up));
	if (strcmp(name, "list-sa") == 0 || ike->told_up)
		ike_read_children(message, got_child, ike);
	else
		ike->list_due = true;
	ike->depth--;
	ike_pump(ike);
}
