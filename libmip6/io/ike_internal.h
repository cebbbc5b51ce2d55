/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of IKE. */
#ifndef MIP6_IO_IKE_INTERNAL_H
#define MIP6_IO_IKE_INTERNAL_H

#include "io/ike.h"
#include "io/log.h"
#include "io/vici.h"

#define IKE_NAME_SIZE 16 /* "mip6-6d012345" */
#define IKE_MESSAGE_MAX (192 * 1024)
#define IKE_CHILD "mh"
#define IKE_CHILD_TUNNEL "tunnel"

/* What charon must know of one peer. */
struct ike_connection {
	char name[IKE_NAME_SIZE];
	uint32_t reqid;
	bool gateway;
	bool mobike;
	bool payload;
	char local_id[MIP6_NAI_MAX + 1];
	char remote_id[MIP6_NAI_MAX + 1];
	struct mip6_addr coa;    /* WTRU: local address of IKE */
	struct mip6_addr hoa;    /* WTRU */
	struct mip6_addr anchor; /* the home agent */
	const struct mip6_prefix *prefixes;
	size_t prefix_count;
	const struct mip6_addr *hoas; /* gateway: those that are known */
	size_t hoa_count;
	const struct ike_credentials *credentials; /* NULL: pre-shared key */
};

/* One child SA as charon tells it. */
struct ike_child {
	char connection[IKE_NAME_SIZE];
	uint32_t reqid;
	uint32_t ike_id;                /* charon's number of the IKE SA */
	/* Traffic selectors, one address each; of a tunnel, unspecified at one side. */
	struct mip6_addr local, remote;
	bool installed;
	bool tunnel;
	bool narrowed; /* a tunnel, but not to anywhere */
	bool general; /* gateway: of no home address that was known when it was negotiated */
};

struct ike_sa {
	struct mip6_addr hoa;
	struct ike_peer *peer;
	struct ike_sa *next; /* of the same peer */
	unsigned int seen;   /* in the list of this number */
	unsigned int count;  /* since then: how many pairs charon has for it */
	uint32_t oldest;     /* the lowest number of their IKE SAs */
};

/* The reverse tunnel of a home address. */
struct ike_tunnel {
	struct mip6_addr hoa;
	struct ike_tunnel *next;
	unsigned int seen;  /* as in struct ike_sa */
	unsigned int count; /* in that list */
};

struct ike_peer {
	struct ike *ike;
	struct ike_peer *next;
	struct ike_peer *next_dirty;
	uint32_t reqid;
	char *label; /* the identity, or the home address as text */
	struct mip6_addr hoa, anchor, coa;
	uint8_t key[MIP6_AUTH_KEY_MAX];
	size_t key_len;
	bool mobike;
	bool payload; /* tunnels are wanted */
	bool dirty, loaded, refused, mentioned, gone;
	unsigned int pending; /* answers that will come with this peer as ctx */
	struct ike_sa *sas;
	struct ike_tunnel *tunnels;
	unsigned int tunnel_tries;
	mip6_time tunnel_next;
	struct mip6_addr *hoas; /* gateway: known home addresses */
	size_t hoa_count;
	unsigned int silences; /* messages without an answer, one after the other */
	unsigned int tries;
	mip6_time next_try;
	bool doubted;    /* WTRU: there is an SA that has no answers; another is being negotiated */
	uint32_t ike_id; /* WTRU: of the SA; 0: not known */
	char *reason;    /* WTRU: why there is no SA; NULL: not known */
};

struct ike {
	struct ev_loop *loop;
	struct ike_config config;
	struct ike_handler handler;
	struct vici *vici;
	ev_timer timer;
	void *by_reqid, *by_hoa; /* peers and SAs; tsearch(3) */
	struct ike_peer *peers;
	size_t peer_count;
	struct ike_peer *dirty, **last_dirty;
	unsigned int loads;
	unsigned int list_number;
	bool list_due, listing, listed; /* listed: since charon came */
	mip6_time list_began, list_after;
	mip6_time absent_since; /* 0: it is there, or its absence is logged */
	bool told_up;           /* the event at hand is about a new SA */
	unsigned int depth;     /* inside callbacks: free nothing */
	struct log_limit limit, limit_reason;
	/* Between the beginning and the end of a list: what the kernel had before. */
	struct ike_orphan *orphans;
	size_t orphan_count, orphan_space;
	bool orphans_due, orphans_looking;
	mip6_time orphans_after, orphans_earliest;
	uint8_t scratch[IKE_MESSAGE_MAX];
};

/* ike_peer.c: the tables. */
uint32_t ike_reqid_base(const struct ike *ike);
struct ike_peer *ike_peer_of_reqid(const struct ike *ike, uint32_t reqid);
/* NULL when there is none; then *ret_free (may be NULL) is a reqid for it, or 0. */
struct ike_peer *ike_peer_of_label(const struct ike *ike, const char *label, uint32_t *ret_free);
struct ike_peer *ike_peer_of_hoa(const struct ike *ike, const struct mip6_addr *hoa);
/* The one with this label, or a new one; NULL without memory, or when there are too many. */
struct ike_peer *ike_peer_add(struct ike *ike, const char *label);
/* Remove from the tables, wipe and free; the list of all is the caller's matter. */
void ike_peer_free(struct ike_peer *peer);
/* charon must hear of it again. */
void ike_peer_dirty(struct ike_peer *peer);
/* Free all that are gone and wait for no answer. */
void ike_reap(struct ike *ike);
const char *ike_peer_nai(const struct ike_peer *peer);
struct ike_sa *ike_sa_find(const struct ike *ike, const struct mip6_addr *hoa);
int ike_sa_add(struct ike_peer *peer, const struct mip6_addr *hoa);
void ike_sa_remove(struct ike_peer *peer, struct ike_sa *sa);

/* ike.c: whatever is due. Not inside callbacks of the user's. */
void ike_pump(struct ike *ike);

/* ike_request.c: 0 or a negative errno where it says so; else failures are logged. */
void ike_load_private_key(struct ike *ike);
int ike_load(struct ike_peer *peer);
void ike_initiate(struct ike_peer *peer, const char *child);
/* The tunnels of one IKE SA, or of a peer. */
void ike_terminate_tunnel(struct ike *ike, uint32_t ike_id);
void ike_terminate_tunnel_of(struct ike *ike, uint32_t reqid);
/* ike_id 0: all of that connection. */
void ike_terminate(struct ike *ike, const char *name, uint32_t ike_id);
/* Take back what was loaded under this number, and end its SAs. */
void ike_withdraw(struct ike *ike, uint32_t reqid);

/* ike_sa.c */
void ike_on_event(void *ctx, const char *name, const struct vici_message *message);
void ike_list(struct ike *ike, mip6_time now);
void ike_sa_down(struct ike_peer *peer, struct ike_sa *sa);
/* Put a known home address in front of all others. 0, -ENOSPC, -ENOMEM. */
int ike_learn_hoa(struct ike_peer *peer, const struct mip6_addr *hoa);

/* ike_tunnel.c */
void ike_tunnel_got(struct ike *ike, const struct ike_child *child);
void ike_tunnels_remove_unseen(struct ike_peer *peer);
void ike_tunnels_drop(struct ike_peer *peer);
/* The same, and nobody is told. */
void ike_tunnels_free(struct ike_peer *peer);
/* One of this peer was in the last list. */
bool ike_tunnels_seen(const struct ike_peer *peer);
/* At a WTRU. Returns when to do it again. */
mip6_time ike_tunnel_try(struct ike_peer *peer, mip6_time now);

/* ike_orphan.c: around each list of charon's, when one is due. */
void ike_orphans_begin(struct ike *ike, mip6_time now);
void ike_orphans_listed(struct ike *ike, const struct vici_message *event);
void ike_orphans_end(struct ike *ike, bool complete);
/* Ask for a list when it is time, or when that will be. */
mip6_time ike_orphans_next(struct ike *ike, mip6_time now);
/* There may be some to remove that had to stay before. */
void ike_orphans_changed(struct ike *ike);
/* While there is no charon: those that nobody wants. */
void ike_orphans_unwanted(struct ike *ike);
/* Whatever the kernel has of ours, orphan or not. */
void ike_orphans_all(struct ike *ike);

/* ike_reason.c: what charon logs; NULL: nothing is known any more. */
void ike_reason_said(struct ike *ike, const struct vici_message *event);
void ike_reason_set(struct ike_peer *peer, const char *text);

/* ike_message.c */
void ike_connection_name(char ret[IKE_NAME_SIZE], uint32_t reqid);
/* Each writes the message of a command of that name. */
void ike_write_connection(struct vici_writer *w, const struct ike_connection *connection);
void ike_write_secret(struct vici_writer *w, const struct ike_connection *connection,
                      const uint8_t *key, size_t key_len);
void ike_write_initiate(struct vici_writer *w, const char *name, const char *child);
/* Without waiting for the other end. ike_id 0: all of that connection. */
void ike_write_terminate(struct vici_writer *w, const char *name, uint32_t ike_id);
/* Only the child with this name, of one IKE SA, or (ike_id 0) of a connection. */
void ike_write_terminate_child(struct vici_writer *w, const char *child, const char *name,
                               uint32_t ike_id);
/*
 * The children in a list-sa or child-updown event, of connections of ours, one after the other;
 * those that are not for one address on both sides, or tunnels for one, are left out.
 */
void ike_read_children(const struct vici_message *event,
                       void (*each)(void *ctx, const struct ike_child *child), void *ctx);
/* The SPIs of all children in it, of whatever connection, of both directions. */
void ike_read_spis(const struct vici_message *event, void (*each)(void *ctx, uint32_t spi),
                   void *ctx);

#endif
