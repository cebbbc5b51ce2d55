// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What we ask of charon for a peer: know this connection and this secret, negotiate, end that SA,
 * forget all of it (strongSwan's VICI commands load-conn, load-shared, load-key, initiate,
 * terminate, unload-*). An answer only changes the peer's flags; what comes of them is decided in
 * ike.c.
 *
 * Never waits: requests are queued, and answers come from the loop.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/clock.h"
#include "io/ike_internal.h"
#include "io/log.h"

#define REFUSED_AGAIN (30 * MIP6_S)

static int request_of(struct ike *ike, const char *command, const struct vici_writer *w,
                      vici_answer answer, void *ctx)
{
	struct vici_message message;
	int err = vici_writer_end(w, &message);

	if (!err)
		err = vici_request(ike->vici, command, &message, answer, ctx);
	mip6_auth_wipe(ike->scratch, w->len < sizeof(ike->scratch) ? w->len : sizeof(ike->scratch));
	if (err && err != -ENOTCONN)
		log_limited(&ike->limit, clock_monotonic(), LOG_LEVEL_WARNING,
		            "cannot ask charon command=%s error=\"%s\"", command, strerror(-err));
	return err;
}

static int request(struct ike *ike, const char *command, const struct vici_writer *w,
                   vici_answer answer, struct ike_peer *peer)
{
	int err = request_of(ike, command, w, answer, peer);

	if (!err && peer && answer)
		peer->pending++;
	return err;
}

static void begin(struct ike *ike, struct vici_writer *w)
{
	vici_writer_init(w, ike->scratch, sizeof(ike->scratch));
}

static const struct ike_credentials *credentials_of(const struct ike *ike)
{
	const struct ike_credentials *credentials = ike->config.credentials;

	return credentials && credentials->key ? credentials : NULL;
}

static void describe(const struct ike_peer *peer, struct ike_connection *ret)
{
	const struct ike_config *config = &peer->ike->config;

	*ret = (struct ike_connection){
		.reqid = peer->reqid,
		.gateway = config->gateway,
		.mobike = peer->mobike,
		.payload = config->gateway ? config->payload : peer->payload,
		.coa = peer->coa,
		.hoa = peer->hoa,
		.anchor = config->gateway ? config->address : peer->anchor,
		.prefixes = config->prefixes,
		.prefix_count = config->prefix_count,
		.hoas = peer->hoas,
		.hoa_count = peer->hoa_count,
		.credentials = credentials_of(peer->ike),
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
		if (!text[0])
			snprintf(text, sizeof(text), "%s", strerror(-error));
		ike_reason_set(peer, text);
		log_err("charon refuses the connection of=%s reason=\"%s\"", peer->label, text);
	}
	ike_pump(peer->ike);
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

int ike_load(struct ike_peer *peer)
{
	struct ike *ike = peer->ike;
	struct ike_connection connection;
	struct vici_writer w;
	int err = 0;

	describe(peer, &connection);
	if (!connection.credentials && !peer->key_len) {
		peer->refused = true;
		ike_reason_set(peer, "no key and no certificate for IKE with this anchor");
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

void ike_terminate(struct ike *ike, const char *name, uint32_t ike_id)
{
	struct vici_writer w;

	begin(ike, &w);
	ike_write_terminate(&w, name, ike_id);
	request(ike, "terminate", &w, NULL, NULL);
}

void ike_terminate_tunnel(struct ike *ike, uint32_t ike_id)
{
	struct vici_writer w;

	begin(ike, &w);
	ike_write_terminate_child(&w, IKE_CHILD_TUNNEL, NULL, ike_id);
	request(ike, "terminate", &w, NULL, NULL);
}

void ike_terminate_tunnel_of(struct ike *ike, uint32_t reqid)
{
	char name[IKE_NAME_SIZE];
	struct vici_writer w;

	ike_connection_name(name, reqid);
	begin(ike, &w);
	ike_write_terminate_child(&w, IKE_CHILD_TUNNEL, name, 0);
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

void ike_initiate(struct ike_peer *peer, const char *child)
{
	struct ike *ike = peer->ike;
	char name[IKE_NAME_SIZE];
	struct vici_writer w;

	ike_connection_name(name, peer->reqid);
	begin(ike, &w);
	ike_write_initiate(&w, name, child);
	request(ike, "initiate", &w, on_initiated, peer);
}

void ike_withdraw(struct ike *ike, uint32_t reqid)
{
	char name[IKE_NAME_SIZE];
	struct vici_writer w;

	if (!vici_is_up(ike->vici))
		return;
	ike_connection_name(name, reqid);
	ike_terminate(ike, name, 0);
	begin(ike, &w);
	vici_text(&w, "name", name);
	request(ike, "unload-conn", &w, NULL, NULL);
	if (credentials_of(ike))
		return;
	begin(ike, &w);
	vici_text(&w, "id", name);
	request(ike, "unload-shared", &w, NULL, NULL);
}

static void on_private_key(void *ctx, int error, const struct vici_message *message)
{
	char text[128] = "";

	(void)ctx;
	if (message && error)
		vici_find(message, "errmsg", text, sizeof(text));
	if (error && error != -ECONNRESET)
		log_err("charon refuses the private key reason=\"%s\"", text);
}

void ike_load_private_key(struct ike *ike)
{
	struct vici_writer w;

	if (!credentials_of(ike))
		return;
	begin(ike, &w);
	vici_text(&w, "type", "any");
	vici_text(&w, "data", ike->config.credentials->key);
	request_of(ike, "load-key", &w, on_private_key, ike);
}
