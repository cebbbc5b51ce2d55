// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keeps charon told what it must know, and itself told which security associations there are.
 *
 * All is by wanting: a peer is `dirty` until charon has its connection, and a WTRU's peer without
 * an SA is tried again until it has one. After each connection to charon everything is dirty, then
 * a list of all SAs shows which of those known are gone.
 *
 * Owns the VICI client and the peers with their keys. Makes no policy, and no SA itself. A peer
 * that is to go is freed in ike_pump(), when nobody up the stack holds it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/ike_internal.h"
#include "io/log.h"

#define LOADS_MAX 16
#define TRY_FIRST (10 * MIP6_S) /* key exchange may take a slow machine seconds */
#define TRY_STEP (10 * MIP6_S)
#define TRY_MAX (60 * MIP6_S)
/* One lost message is no lost SA. */
#define SILENCES_MAX 2
#define ABSENT_AFTER (2 * MIP6_S)
#define END_MAX_S 1.0

static const char *const events[] = {"child-updown", "list-sa", "log", NULL};

/* The engine */

static void load_dirty(struct ike *ike)
{
	while (ike->dirty && ike->loads < LOADS_MAX) {
		struct ike_peer *peer = ike->dirty;

		if (!peer->gone && ike_load(peer))
			return; /* again after the next answer */
		ike->dirty = peer->next_dirty;
		if (!ike->dirty)
			ike->last_dirty = &ike->dirty;
		peer->dirty = false;
	}
}

static void try_peer(struct ike_peer *peer, mip6_time now)
{
	mip6_time wait = TRY_FIRST + peer->tries * TRY_STEP;
	char name[IKE_NAME_SIZE];

	if (peer->doubted && peer->tries) {
		/* Nor has this an answer: begin with nothing. */
		peer->doubted = false;
		peer->ike->depth++;
		ike_sa_down(peer, peer->sas);
		peer->ike->depth--;
	}
	if (peer->tries) {
		log_limited(&peer->ike->limit, now, LOG_LEVEL_WARNING,
		            "no IPsec yet hoa=%s anchor=%s; negotiating again", peer->label,
		            addr_text(&peer->anchor));
		ike_connection_name(name, peer->reqid);
		ike_terminate(peer->ike, name, 0);
	}
	ike_initiate(peer, IKE_CHILD);
	peer->tries++;
	peer->next_try = now + (wait < TRY_MAX ? wait : TRY_MAX);
}

static mip6_time try_peers(struct ike *ike, mip6_time now)
{
	mip6_time next = MIP6_TIME_NEVER;

	for (struct ike_peer *peer = ike->peers; peer; peer = peer->next) {
		if (peer->gone || peer->dirty || !(peer->loaded || peer->refused))
			continue;
		if (peer->sas && !peer->doubted) {
			mip6_time again = ike->listed ? ike_tunnel_try(peer, now) : next;

			next = again < next ? again : next;
			continue;
		}
		if (peer->refused && now >= peer->next_try) {
			ike_peer_dirty(peer);
			continue;
		}
		if (!peer->refused && !ike->listed)
			continue;
		if (!peer->refused && now >= peer->next_try)
			try_peer(peer, now);
		if (peer->next_try < next)
			next = peer->next_try;
	}
	return next;
}

static void arm(struct ike *ike, mip6_time now, mip6_time next)
{
	ev_timer_stop(ike->loop, &ike->timer);
	if (next == MIP6_TIME_NEVER)
		return;
	ev_now_update(ike->loop);
	ev_timer_set(&ike->timer,
	             next > now ? (double)(next - now) / (double)MIP6_S + 0.001 : 0.001, 0.);
	ev_timer_start(ike->loop, &ike->timer);
}

void ike_pump(struct ike *ike)
{
	mip6_time now = clock_monotonic(), next = MIP6_TIME_NEVER, orphans;

	if (ike->depth)
		return;
	if (!vici_is_up(ike->vici)) {
		if (ike->absent_since && now - ike->absent_since >= ABSENT_AFTER) {
			ike->absent_since = 0;
			log_err("no IKE: charon is not there socket=%s error=\"%s\"; trying again",
			        ike->config.socket, strerror(-vici_error(ike->vici)));
		}
		ike_reap(ike);
		arm(ike, now,
		    ike->absent_since ? ike->absent_since + ABSENT_AFTER : MIP6_TIME_NEVER);
		return;
	}
	if (!ike->config.gateway)
		next = try_peers(ike, now);
	load_dirty(ike);
	orphans = ike_orphans_next(ike, now);
	if (orphans < next)
		next = orphans;
	if (ike->list_due && !ike->listing && !ike->dirty && !ike->loads) {
		if (now >= ike->list_after)
			ike_list(ike, now);
		else if (ike->list_after < next)
			next = ike->list_after;
	}
	if (ike->dirty && now + MIP6_S < next)
		next = now + MIP6_S;
	ike_reap(ike);
	arm(ike, now, next);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop;
	(void)revents;
	ike_pump(timer->data);
}

static void on_up(void *ctx)
{
	struct ike *ike = ctx;

	log_info("charon is there socket=%s", ike->config.socket);
	ike->absent_since = 0;
	ike->loads = 0;
	ike->listing = ike->listed = false;
	ike->list_due = true;
	ike->list_after = 0;
	ike->orphans_due = true;
	ike->orphans_after = 0;
	ike_load_private_key(ike);
	for (struct ike_peer *peer = ike->peers; peer; peer = peer->next) {
		peer->loaded = false;
		peer->tries = 0;
		peer->next_try = 0;
		if (!peer->gone)
			ike_peer_dirty(peer);
	}
	ike_pump(ike);
}

static void on_down(void *ctx, int error)
{
	struct ike *ike = ctx;

	(void)error;
	log_warning("charon went away; sessions go on with the keys that they have");
	ike->absent_since = clock_monotonic();
	ike->listed = false;
	ike_pump(ike);
}

int ike_open(struct ike **ret, struct ev_loop *loop, const struct ike_config *config,
             const struct ike_handler *handler)
{
	struct ike *ike = calloc(1, sizeof(*ike));
	struct vici_handler vici_handler = {
		.ctx = ike,
		.up = on_up,
		.down = on_down,
		.event = ike_on_event,
	};
	int err;

	if (!ike)
		return -ENOMEM;
	ike->loop = loop;
	ike->config = *config;
	ike->handler = *handler;
	ike->last_dirty = &ike->dirty;
	ike->absent_since = clock_monotonic();
	ev_timer_init(&ike->timer, on_timer, 0., 0.);
	ike->timer.data = ike;
	err = vici_open(&ike->vici, loop, config->socket, events, &vici_handler);
	if (err) {
		free(ike);
		return err;
	}
	arm(ike, 0, ABSENT_AFTER);
	*ret = ike;
	return 0;
}

void ike_close(struct ike *ike, bool keep)
{
	if (!ike)
		return;
	ev_timer_stop(ike->loop, &ike->timer);
	ike->depth++;
	if (!keep && vici_is_up(ike->vici)) {
		for (struct ike_peer *peer = ike->peers; peer; peer = peer->next)
			if (!peer->gone)
				ike_withdraw(ike, peer->reqid);
		vici_flush(ike->vici, END_MAX_S);
	}
	if (!keep)
		ike_orphans_all(ike);
	vici_close(ike->vici);
	while (ike->peers) {
		struct ike_peer *peer = ike->peers;

		ike->peers = peer->next;
		ike_peer_free(peer);
	}
	mip6_auth_wipe(ike->scratch, sizeof(ike->scratch));
	free(ike);
}

int ike_error(const struct ike *ike)
{
	return vici_is_up(ike->vici) ? 0 : vici_error(ike->vici);
}

bool ike_is_listed(const struct ike *ike)
{
	return ike->listed;
}

/* When nobody up the stack holds a peer. */
static void pump_soon(struct ike *ike)
{
	ev_timer_stop(ike->loop, &ike->timer);
	ev_timer_set(&ike->timer, 0., 0.);
	ev_timer_start(ike->loop, &ike->timer);
}

/* A WTRU's side */

static bool set_key(struct ike_peer *peer, const uint8_t *key, size_t key_len)
{
	if (key_len == peer->key_len && (!key_len || memcmp(peer->key, key, key_len) == 0))
		return false;
	mip6_auth_wipe(peer->key, sizeof(peer->key));
	if (key_len)
		memcpy(peer->key, key, key_len);
	peer->key_len = key_len;
	return true;
}

uint32_t ike_want(struct ike *ike, const struct mip6_addr *hoa, const struct mip6_addr *anchor,
                  const struct mip6_addr *coa, const uint8_t *key, size_t key_len)
{
	struct ike_peer *peer = ike_peer_add(ike, addr_text(hoa));
	bool moved;

	if (!peer || key_len > sizeof(peer->key))
		return 0;
	peer->hoa = *hoa;
	peer->mobike = peer->mobike || ike->config.mobike;
	moved = !mip6_addr_equal(&peer->coa, coa) || !mip6_addr_equal(&peer->anchor, anchor);
	if (set_key(peer, key, key_len) || moved) {
		peer->anchor = *anchor;
		peer->coa = *coa;
		peer->loaded = false;
		peer->next_try = 0;
		ike_peer_dirty(peer);
		pump_soon(ike);
	}
	return peer->reqid;
}

static void drop_peer(struct ike_peer *peer)
{
	ike_withdraw(peer->ike, peer->reqid);
	peer->gone = true;
	while (peer->sas)
		ike_sa_remove(peer, peer->sas);
	ike_tunnels_free(peer);
}

/* Some peers are gone. */
static void dropped(struct ike *ike)
{
	if (!vici_is_up(ike->vici))
		ike_orphans_unwanted(ike);
	ike_orphans_changed(ike);
	pump_soon(ike);
}

void ike_unwant(struct ike *ike, const struct mip6_addr *hoa)
{
	struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (!peer)
		return;
	drop_peer(peer);
	dropped(ike);
}

static void lose(struct ike_peer *peer)
{
	struct ike *ike = peer->ike;

	peer->silences = 0;
	if (!peer->sas || peer->doubted || !vici_is_up(ike->vici))
		return; /* it is being negotiated already, or cannot be */
	log_warning("no answer inside IPsec hoa=%s anchor=%s; negotiating again", peer->label,
	            addr_text(&peer->anchor));
	/* The path may be to blame: what there is stays until there is another. */
	peer->doubted = true;
	peer->tries = 0;
	peer->next_try = 0;
	ike_pump(ike);
}

void ike_answered(struct ike *ike, const struct mip6_addr *hoa)
{
	struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (peer) {
		peer->silences = 0;
		peer->doubted = false;
	}
}

void ike_silent(struct ike *ike, const struct mip6_addr *hoa)
{
	struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (peer && ++peer->silences >= SILENCES_MAX)
		lose(peer);
}

void ike_use_mobike(struct ike *ike, const struct mip6_addr *hoa)
{
	struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (!peer || peer->mobike)
		return;
	log_info("the home agent does not move IKE hoa=%s anchor=%s; MOBIKE does", peer->label,
	         addr_text(&peer->anchor));
	peer->mobike = true;
	peer->loaded = false;
	ike_peer_dirty(peer);
	lose(peer);
}

enum ike_state ike_state(const struct ike *ike, const struct mip6_addr *hoa)
{
	const struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (!peer)
		return IKE_NONE;
	if (peer->sas)
		return IKE_UP;
	if (!vici_is_up(ike->vici))
		return IKE_NO_CHARON;
	if (peer->refused)
		return IKE_REFUSED;
	return peer->loaded ? IKE_CONNECTING : IKE_LOADING;
}

/* A gateway's side */

void ike_identities_begin(struct ike *ike)
{
	for (struct ike_peer *peer = ike->peers; peer; peer = peer->next)
		peer->mentioned = false;
}

int ike_identity(struct ike *ike, const char *nai, const uint8_t *key, size_t key_len)
{
	struct ike_peer *peer = ike_peer_add(ike, nai);

	if (!peer)
		return ike->peer_count < IKE_PEERS_MAX ? -ENOMEM : -ENOSPC;
	peer->mentioned = true;
	peer->payload = ike->config.payload;
	if (set_key(peer, key, key_len < sizeof(peer->key) ? key_len : sizeof(peer->key)) ||
	    !(peer->loaded || peer->refused))
		ike_peer_dirty(peer);
	return 0;
}

void ike_identities_end(struct ike *ike)
{
	bool any = false;

	ike->depth++;
	for (struct ike_peer *peer = ike->peers; peer; peer = peer->next) {
		if (peer->mentioned || peer->gone)
			continue;
		while (peer->sas)
			ike_sa_down(peer, peer->sas);
		ike_tunnels_drop(peer);
		drop_peer(peer);
		any = true;
	}
	ike->depth--;
	if (any)
		dropped(ike);
	ike_pump(ike);
}

uint32_t ike_reqid(const struct ike *ike, const char *name)
{
	const struct ike_peer *peer = ike_peer_of_label(ike, name, NULL);

	return peer ? peer->reqid : 0;
}

const char *ike_owner(const struct ike *ike, const struct mip6_addr *hoa)
{
	const struct ike_sa *sa = ike_sa_find(ike, hoa);

	return sa ? ike_peer_nai(sa->peer) : NULL;
}

int ike_learn(struct ike *ike, const char *nai, const struct mip6_addr *hoa)
{
	struct ike_peer *peer = ike_peer_of_label(ike, nai, NULL);
	int err;

	if (!peer)
		return -ENOENT;
	for (size_t i = 0; i < peer->hoa_count; i++)
		if (mip6_addr_equal(&peer->hoas[i], hoa))
			return 0;
	err = ike_learn_hoa(peer, hoa);
	if (err)
		return err;
	ike_peer_dirty(peer);
	ike_pump(ike);
	return 0;
}
