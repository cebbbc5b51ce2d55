// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keeps charon told what it must know, and itself told which security associations there are.
 *
 * All is by wanting: a peer is `dirty` until charon has its connection, and a WTRU's peer without
 * an SA is tried again until it has one. After each connection to charon everything is dirty, then
 * a list of all SAs shows which of those known are gone. What charon tells as gone leads to another
 * list rather than to a belief: there may be a second SA for the same addresses, of a negotiation
 * that crossed.
 *
 * Owns the VICI client and the peers with their keys. Makes no policy, and no SA itself. A peer
 * that is to go is freed in pump(), when nobody up the stack holds it.
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
#define REFUSED_AGAIN (30 * MIP6_S)
#define LIST_GAP MIP6_S
/* One lost message is no lost SA. */
#define SILENCES_MAX 2
#define LIST_SHARE 20 /* lists take a twentieth of the time at most */
#define ABSENT_AFTER (2 * MIP6_S)
#define END_MAX_S 1.0

static const char *const events[] = {"child-updown", "list-sa", NULL};

static void pump(struct ike *ike);

/* Requests */

static int request(struct ike *ike, const char *command, const struct vici_writer *w,
                   vici_answer answer, struct ike_peer *peer)
{
	struct vici_message message;
	int err = vici_writer_end(w, &message);

	if (!err)
		err = vici_request(ike->vici, command, &message, answer, peer);
	if (!err && peer && answer)
		peer->pending++;
	mip6_auth_wipe(ike->scratch, w->len < sizeof(ike->scratch) ? w->len : sizeof(ike->scratch));
	if (err && err != -ENOTCONN)
		log_warning("cannot ask charon command=%s error=\"%s\"", command, strerror(-err));
	return err;
}

static void begin(struct ike *ike, struct vici_writer *w)
{
	vici_writer_init(w, ike->scratch, sizeof(ike->scratch));
}

static void describe(const struct ike_peer *peer, struct ike_connection *ret)
{
	const struct ike_config *config = &peer->ike->config;

	*ret = (struct ike_connection){
		.reqid = peer->reqid,
		.gateway = config->gateway,
		.mobike = peer->mobike,
		.coa = peer->coa,
		.hoa = peer->hoa,
		.anchor = config->gateway ? config->address : peer->anchor,
		.prefixes = config->prefixes,
		.prefix_count = config->prefix_count,
		.hoas = peer->hoas,
		.hoa_count = peer->hoa_count,
		.credentials = config->credentials && config->credentials->key ? config->credentials
	                                                                       : NULL,
	};
	ike_connection_name(ret->name, peer->reqid);
	/* The home agent is known by its address, which a certificate must name: nobody poses as
	 * it. */
	snprintf(config->gateway ? ret->local_id : ret->remote_id, sizeof(ret->local_id), "%s",
	         addr_text(&ret->anchor));
	if (config->gateway)
		snprintf(ret->remote_id, sizeof(ret->remote_id), "%s", peer->label);
	else
		snprintf(ret->local_id, sizeof(ret->local_id), "%s",
		         config->identity[0] ? config->identity : peer->label);
}

static void on_loaded(void *ctx, int error, const struct vici_message *message)
{
	struct ike_peer *peer = ctx;
	char text[128] = "";

	peer->pending--;
	peer->ike->loads--;
	if (!error) {
		peer->loaded = true;
	} else if (error != -ECONNRESET) {
		peer->refused = true;
		peer->next_try = clock_monotonic() + REFUSED_AGAIN;
		if (message)
			vici_find(message, "errmsg", text, sizeof(text));
		log_err("charon refuses the connection of=%s reason=\"%s\"", peer->label,
		        text[0] ? text : strerror(-error));
	}
	pump(peer->ike);
}

static void on_secret(void *ctx, int error, const struct vici_message *message)
{
	struct ike_peer *peer = ctx;
	char text[128] = "";

	peer->pending--;
	if (message && error)
		vici_find(message, "errmsg", text, sizeof(text));
	if (error && error != -ECONNRESET)
		log_err("charon refuses the key of=%s reason=\"%s\"", peer->label, text);
}

static int load(struct ike_peer *peer)
{
	struct ike *ike = peer->ike;
	struct ike_connection connection;
	struct vici_writer w;
	int err = 0;

	describe(peer, &connection);
	if (!connection.credentials && !peer->key_len) {
		peer->refused = true;
		log_err("no key and no certificate for IKE with=%s", peer->label);
		return 0;
	}
	if (!connection.credentials) {
		begin(ike, &w);
		ike_write_secret(&w, &connection, peer->key, peer->key_len);
		err = request(ike, "load-shared", &w, on_secret, peer);
	}
	if (!err) {
		begin(ike, &w);
		ike_write_connection(&w, &connection);
		err = request(ike, "load-conn", &w, on_loaded, peer);
	}
	if (!err)
		ike->loads++;
	return err;
}

static void terminate(struct ike *ike, const char *name, uint32_t ike_id)
{
	struct vici_writer w;

	begin(ike, &w);
	ike_write_terminate(&w, name, ike_id);
	request(ike, "terminate", &w, NULL, NULL);
}

static void on_initiated(void *ctx, int error, const struct vici_message *message)
{
	struct ike_peer *peer = ctx;
	char text[128] = "";

	peer->pending--;
	if (error && error != -ECONNRESET) {
		if (message)
			vici_find(message, "errmsg", text, sizeof(text));
		log_limited(&peer->ike->limit, clock_monotonic(), LOG_LEVEL_WARNING,
		            "charon does not negotiate hoa=%s reason=\"%s\"", peer->label, text);
	}
}

static void initiate(struct ike_peer *peer, mip6_time now)
{
	struct ike *ike = peer->ike;
	char name[IKE_NAME_SIZE];
	struct vici_writer w;
	mip6_time wait = TRY_FIRST + peer->tries * TRY_STEP;

	ike_connection_name(name, peer->reqid);
	if (peer->tries) {
		log_limited(&ike->limit, now, LOG_LEVEL_WARNING,
		            "no IPsec yet hoa=%s anchor=%s; negotiating again", peer->label,
		            addr_text(&peer->anchor));
		terminate(ike, name, 0);
	}
	begin(ike, &w);
	ike_write_initiate(&w, name);
	request(ike, "initiate", &w, on_initiated, peer);
	peer->tries++;
	peer->next_try = now + (wait < TRY_MAX ? wait : TRY_MAX);
}

/* Take back what was loaded for a peer, and end its SAs. */
static void withdraw(struct ike_peer *peer)
{
	struct ike *ike = peer->ike;
	char name[IKE_NAME_SIZE];
	struct vici_writer w;

	if (!vici_is_up(ike->vici))
		return;
	ike_connection_name(name, peer->reqid);
	terminate(ike, name, 0);
	begin(ike, &w);
	vici_text(&w, "name", name);
	request(ike, "unload-conn", &w, NULL, NULL);
	if (!peer->key_len)
		return;
	begin(ike, &w);
	vici_text(&w, "id", name);
	request(ike, "unload-shared", &w, NULL, NULL);
}

/* Security associations */

static void remove_sa(struct ike_peer *peer, struct ike_sa *sa)
{
	struct mip6_addr hoa = sa->hoa;

	ike_sa_remove(peer, sa);
	log_info("IPsec down hoa=%s%s%s", addr_text(&hoa), peer->ike->config.gateway ? " nai=" : "",
	         ike_peer_nai(peer));
	peer->ike->handler.down(peer->ike->handler.ctx, ike_peer_nai(peer), &hoa);
}

/* Put a known home address in front of all others. */
static int learn(struct ike_peer *peer, const struct mip6_addr *hoa)
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

static void got_child(void *ctx, const struct ike_child *child)
{
	struct ike *ike = ctx;
	struct ike_peer *peer = ike_peer_of_reqid(ike, child->reqid);
	const struct mip6_addr *hoa = ike->config.gateway ? &child->remote : &child->local;
	const struct mip6_addr *agent = ike->config.gateway ? &child->local : &child->remote;
	bool general = ike->config.gateway && child->general;
	char name[IKE_NAME_SIZE];
	struct ike_sa *sa;

	if (!peer || peer->gone || !child->installed)
		return;
	ike_connection_name(name, peer->reqid);
	if (strcmp(name, child->connection) != 0 ||
	    !mip6_addr_equal(agent, ike->config.gateway ? &ike->config.address : &peer->anchor) ||
	    (!ike->config.gateway && !mip6_addr_equal(hoa, &peer->hoa)))
		return;
	peer->tries = 0;
	peer->silences = 0;
	sa = ike_sa_find(ike, hoa);
	if (sa && sa->peer == peer) {
		sa->seen = ike->list_number;
		return;
	}
	/* First come, first served, where nobody is known to own it. */
	if (sa || !ike->handler.up(ike->handler.ctx, ike_peer_nai(peer), hoa, peer->reqid) ||
	    (general ? learn(peer, hoa) || load(peer) : ike_sa_add(peer, hoa))) {
		log_limited(&ike->limit, clock_monotonic(), LOG_LEVEL_WARNING,
		            "IPsec refused hoa=%s nai=%s", addr_text(hoa), ike_peer_nai(peer));
		general = true;
	}
	if (general) {
		/* Negotiated again it will be right: see write_children(). */
		terminate(ike, name, child->ike_id);
		return;
	}
	log_info("IPsec up hoa=%s%s%s", addr_text(hoa), ike->config.gateway ? " nai=" : "",
	         ike_peer_nai(peer));
}

static void remove_unseen(struct ike_peer *peer, mip6_time now)
{
	struct ike_sa *next;

	for (struct ike_sa *sa = peer->sas; sa; sa = next) {
		next = sa->next;
		if (peer->gone || sa->seen == peer->ike->list_number)
			continue;
		peer->next_try = now;
		remove_sa(peer, sa);
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
	}
	pump(ike);
}

static void list(struct ike *ike, mip6_time now)
{
	if (vici_request(ike->vici, "list-sas", NULL, on_listed, ike))
		return;
	ike->list_due = false;
	ike->listing = true;
	ike->list_began = now;
	ike->list_number++;
}

static void on_event(void *ctx, const char *name, const struct vici_message *message)
{
	struct ike *ike = ctx;
	char up[8];

	ike->depth++;
	if (strcmp(name, "list-sa") == 0 || vici_find(message, "up", up, sizeof(up)))
		ike_read_children(message, got_child, ike);
	else
		ike->list_due = true;
	ike->depth--;
	pump(ike);
}

/* The engine */

static void load_dirty(struct ike *ike)
{
	while (ike->dirty && ike->loads < LOADS_MAX) {
		struct ike_peer *peer = ike->dirty;

		if (!peer->gone && load(peer))
			return; /* again after the next answer */
		ike->dirty = peer->next_dirty;
		if (!ike->dirty)
			ike->last_dirty = &ike->dirty;
		peer->dirty = false;
	}
}

static mip6_time try_peers(struct ike *ike, mip6_time now)
{
	mip6_time next = MIP6_TIME_NEVER;

	for (struct ike_peer *peer = ike->peers; peer; peer = peer->next) {
		if (peer->gone || peer->dirty || peer->sas || !(peer->loaded || peer->refused))
			continue;
		if (peer->refused && now >= peer->next_try) {
			ike_peer_dirty(peer);
			continue;
		}
		if (!peer->refused && !ike->listed)
			continue;
		if (!peer->refused && now >= peer->next_try)
			initiate(peer, now);
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

static void pump(struct ike *ike)
{
	mip6_time now = clock_monotonic(), next = MIP6_TIME_NEVER;

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
	if (ike->list_due && !ike->listing && !ike->dirty && !ike->loads) {
		if (now >= ike->list_after)
			list(ike, now);
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
	pump(timer->data);
}

static void load_private_key(struct ike *ike)
{
	struct vici_writer w;

	if (!ike->config.credentials || !ike->config.credentials->key)
		return;
	begin(ike, &w);
	vici_text(&w, "type", "any");
	vici_text(&w, "data", ike->config.credentials->key);
	request(ike, "load-key", &w, NULL, NULL);
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
	load_private_key(ike);
	for (struct ike_peer *peer = ike->peers; peer; peer = peer->next) {
		peer->loaded = false;
		peer->tries = 0;
		peer->next_try = 0;
		if (!peer->gone)
			ike_peer_dirty(peer);
	}
	pump(ike);
}

static void on_down(void *ctx, int error)
{
	struct ike *ike = ctx;

	(void)error;
	log_warning("charon went away; sessions go on with the keys that they have");
	ike->absent_since = clock_monotonic();
	ike->listed = false;
	pump(ike);
}

int ike_open(struct ike **ret, struct ev_loop *loop, const struct ike_config *config,
             const struct ike_handler *handler)
{
	struct ike *ike = calloc(1, sizeof(*ike));
	struct vici_handler vici_handler = {
		.ctx = ike,
		.up = on_up,
		.down = on_down,
		.event = on_event,
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
				withdraw(peer);
		vici_flush(ike->vici, END_MAX_S);
	}
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
	moved = !mip6_addr_equal(&peer->coa, coa) || !mip6_addr_equal(&peer->anchor, anchor);
	if (set_key(peer, key, key_len) || moved) {
		peer->anchor = *anchor;
		peer->coa = *coa;
		peer->loaded = false;
		peer->next_try = 0;
		ike_peer_dirty(peer);
		ev_timer_stop(ike->loop, &ike->timer);
		ev_timer_set(&ike->timer, 0., 0.);
		ev_timer_start(ike->loop, &ike->timer);
	}
	return peer->reqid;
}

static void drop_peer(struct ike_peer *peer)
{
	withdraw(peer);
	peer->gone = true;
	while (peer->sas)
		ike_sa_remove(peer, peer->sas);
}

void ike_unwant(struct ike *ike, const struct mip6_addr *hoa)
{
	struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (peer)
		drop_peer(peer);
}

static void lose(struct ike_peer *peer)
{
	struct ike *ike = peer->ike;

	peer->silences = 0;
	if (!peer->sas || !vici_is_up(ike->vici))
		return; /* it is being negotiated already, or cannot be */
	log_warning("no answer inside IPsec hoa=%s anchor=%s; negotiating again", peer->label,
	            addr_text(&peer->anchor));
	ike->depth++;
	remove_sa(peer, peer->sas);
	ike->depth--;
	peer->tries = 1;
	peer->next_try = 0;
	pump(ike);
}

void ike_answered(struct ike *ike, const struct mip6_addr *hoa)
{
	struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (peer)
		peer->silences = 0;
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
	if (set_key(peer, key, key_len < sizeof(peer->key) ? key_len : sizeof(peer->key)) ||
	    !(peer->loaded || peer->refused))
		ike_peer_dirty(peer);
	return 0;
}

void ike_identities_end(struct ike *ike)
{
	ike->depth++;
	for (struct ike_peer *peer = ike->peers; peer; peer = peer->next) {
		if (peer->mentioned || peer->gone)
			continue;
		while (peer->sas)
			remove_sa(peer, peer->sas);
		drop_peer(peer);
	}
	ike->depth--;
	pump(ike);
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
	err = learn(peer, hoa);
	if (err)
		return err;
	ike_peer_dirty(peer);
	pump(ike);
	return 0;
}
