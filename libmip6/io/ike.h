/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IKEv2 for Mobility Headers (RFC 4877), by strongSwan's charon: connections and secrets that it
 * must know, security associations that it has made (docs/security.md, "IPsec by IKE").
 *
 * A peer is one connection of charon's. Of a WTRU: one for each home address, from the care-of
 * address to the anchor, which it starts itself and starts again until it stands. Of a gateway: one
 * for each identity, which waits for that WTRU. The reqid belongs to the peer: no two identities,
 * and no two home addresses of a WTRU, share one, so that a policy with that reqid lets in what
 * that peer protects, and nothing else.
 *
 * charon owns the security associations, policies are the caller's. charon may be absent or
 * restart: what it must know is loaded again, and until it says otherwise SAs count as they were.
 */
#ifndef MIP6_IO_IKE_H
#define MIP6_IO_IKE_H

#include <ev.h>

#include <mip6/auth.h>
#include <mip6/mh.h>

#include "kernel/xfrm.h"

/* Every reqid of ours has these upper bits, at a WTRU and at a gateway. */
#define IKE_REQID 0x6d000000u
#define IKE_REQID_GATEWAY 0x6e000000u
#define IKE_REQID_MASK 0xff000000u
/* Of a peer's second SA, for reverse tunnels; and back. */
#define IKE_PAYLOAD_REQID(reqid) ((reqid) ^ 0x06000000u)
/* Home addresses of one identity with SAs, at a gateway. */
#define IKE_HOAS_MAX 16
#define IKE_PREFIXES_MAX 4
#define IKE_PEERS_MAX 100000

enum ike_state {
	IKE_NONE,       /* no such peer */
	IKE_NO_CHARON,  /* charon is not there, and nothing is known of SAs */
	IKE_LOADING,    /* it gets to know the connection */
	IKE_REFUSED,    /* it refused the connection or secret: the log says why */
	IKE_CONNECTING, /* WTRU: negotiation is under way, or begins again soon */
	IKE_WAITING,    /* gateway: loaded */
	IKE_UP,         /* there is an SA */
};

/* "up", "connecting", … for people and the control protocol. */
const char *ike_state_name(enum ike_state state);

/* PEM texts; owned by whoever filled it in: ike_credentials_free(). */
struct ike_credentials {
	char *certificate;
	char *key; /* wiped */
	char *ca;
};

/*
 * Read the files named; the key's must have mode 0600 or less. All three "": returns 0, and nothing
 * is there (pre-shared keys then). 0, or a negative errno after report(ctx, file, text).
 */
int ike_credentials_read(struct ike_credentials *ret, const char *certificate, const char *key,
                         const char *ca,
                         void (*report)(void *ctx, const char *file, unsigned int line,
                                        const char *text),
                         void *ctx);
void ike_credentials_free(struct ike_credentials *credentials);
bool ike_credentials_equal(const struct ike_credentials *a, const struct ike_credentials *b);

struct ike_handler {
	void *ctx;
	/*
	 * There is an SA now, or there is none any more, for Mobility Headers between hoa and the
	 * home agent. nai: the authenticated identity at the other end; "" at a WTRU. Gateway:
	 * return false and the SA is ended (this identity may not have this address).
	 */
	bool (*up)(void *ctx, const char *nai, const struct mip6_addr *hoa, uint32_t reqid);
	void (*down)(void *ctx, const char *nai, const struct mip6_addr *hoa);
	/*
	 * The same for the SA of the reverse tunnel of this home address; false when it is up and
	 * must not be. May be NULL.
	 */
	bool (*tunnel)(void *ctx, const char *nai, const struct mip6_addr *hoa, bool up);
	/* Gateway: this identity has this home address still, or it is not known yet. */
	bool (*wanted)(void *ctx, const char *nai, const struct mip6_addr *hoa);
};

/* The security associations of ESP in the kernel, whoever made them. 0 or a negative errno. */
struct ike_kernel {
	void *ctx;
	int (*list)(void *ctx, void (*each)(void *each_ctx, const struct xfrm_sa *sa),
	            void *each_ctx);
	/* One that is gone already is none to complain about. */
	int (*remove)(void *ctx, const struct mip6_addr *dst, uint32_t spi);
};

/* That of this machine. Borrows. */
struct ike_kernel ike_kernel_of(struct xfrm *xfrm);

struct ike_config {
	const char *socket; /* charon's */
	bool gateway;
	bool payload; /* gateway: offers reverse tunnels inside ESP */
	char identity[MIP6_NAI_MAX + 1];               /* WTRU: our own; "": the home address */
	bool mobike;                                   /* WTRU: with every home agent */
	struct mip6_addr address;                      /* gateway: the home agent's */
	struct mip6_prefix prefixes[IKE_PREFIXES_MAX]; /* gateway: of home addresses */
	size_t prefix_count;
	const struct ike_credentials *credentials; /* borrowed until ike_close() */
	/* Where to look for what a killed charon has left; all zero: nowhere. */
	struct ike_kernel kernel;
};

struct ike;

int ike_open(struct ike **ret, struct ev_loop *loop, const struct ike_config *config,
             const struct ike_handler *handler);
/*
 * keep: leave everything to the next process. Else SAs are ended and what was loaded is taken back,
 * as far as charon answers within a second; then the kernel has none of ours. No callbacks. NULL is
 * allowed.
 */
void ike_close(struct ike *ike, bool keep);
/* 0: charon is there; else why not, as vici_error(). */
int ike_error(const struct ike *ike);
/* charon has said what SAs there are, since we are connected. */
bool ike_is_listed(const struct ike *ike);

/*
 * WTRU. Idempotent; a new coa only tells charon where to negotiate from next time: what stands is
 * moved by XFRM_MSG_MIGRATE. key_len 0: by certificate. Returns the reqid, 0 without memory.
 */
uint32_t ike_want(struct ike *ike, const struct mip6_addr *hoa, const struct mip6_addr *anchor,
                  const struct mip6_addr *coa, const uint8_t *key, size_t key_len);
/* After ike_want(): its reverse tunnel shall be inside ESP, or shall not any more. */
void ike_want_payload(struct ike *ike, const struct mip6_addr *hoa, bool wanted);
/* Ends its SA. */
void ike_unwant(struct ike *ike, const struct mip6_addr *hoa);
/*
 * A message inside the SA had an answer, or had none: after two in a row we negotiate another. The
 * SA serves until that is there, which up() tells, or until that had no answer for some time.
 */
void ike_answered(struct ike *ike, const struct mip6_addr *hoa);
void ike_silent(struct ike *ike, const struct mip6_addr *hoa);
/* The home agent said with K = 0 that it cannot move the IKE endpoint: MOBIKE does from now on. */
void ike_use_mobike(struct ike *ike, const struct mip6_addr *hoa);
/* XFRM_MSG_MIGRATE moves it, as far as is known. */
bool ike_moves(const struct ike *ike, const struct mip6_addr *hoa);
enum ike_state ike_state(const struct ike *ike, const struct mip6_addr *hoa);
/* Why there is no SA, for people; NULL: there is one, or that is not known. Valid until the next
 * call. */
const char *ike_reason(const struct ike *ike, const struct mip6_addr *hoa);

/* The reqid of an identity, or at a WTRU of a home address as text; 0: unknown. */
uint32_t ike_reqid(const struct ike *ike, const char *name);

/* The reqid of the SA for the reverse tunnel of a home address in here; 0: there is none. */
uint32_t ike_payload(const struct ike *ike, const struct mip6_prefix *home);

/* Gateway: the identities, all of them between begin and end; who is missing is forgotten. */
void ike_identities_begin(struct ike *ike);
int ike_identity(struct ike *ike, const char *nai, const uint8_t *key, size_t key_len);
void ike_identities_end(struct ike *ike);
/*
 * This identity has this home address: what it negotiates from elsewhere is between that address
 * and the home agent. The oldest without an SA is forgotten when there are more than IKE_HOAS_MAX.
 * 0 or -ENOENT, -ENOSPC, -ENOMEM.
 */
int ike_learn(struct ike *ike, const char *nai, const struct mip6_addr *hoa);
/* The identity that has an SA for hoa, or NULL. Valid until the next call of anything here. */
const char *ike_owner(const struct ike *ike, const struct mip6_addr *hoa);

#endif
