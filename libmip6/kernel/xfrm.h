/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IPsec in the kernel (XFRM) for Mobile IPv6, RFC 6275 section 5, RFC 4877: security associations,
 * policies, care-of states (Home Address option, type 2 routing header), moves of key management
 * (XFRM_MSG_MIGRATE), policies of single sockets.
 *
 * Requests are synchronous and acknowledged, as in rtnl.h: 0 or a negative errno, the kernel's text
 * in xfrm_error(). Setting what is there already and removing what is gone both succeed. What we
 * make is known by its reqid (XFRM_REQID_*), security associations also by XFRM_OWNER: those of an
 * IKE daemon have our reqids too, and are not ours to remove.
 */
#ifndef MIP6_KERNEL_XFRM_H
#define MIP6_KERNEL_XFRM_H

#include <mip6/base.h>

/* reqid of security associations: which policy they serve. */
#define XFRM_REQID_NODE 10600    /* Mobility Headers between WTRU and home agent; all of them */
#define XFRM_REQID_GATEWAY 10601 /* between gateways */
#define XFRM_REQID_PAYLOAD 10602 /* reverse tunnels */
#define XFRM_REQID_LAST 10609
#define XFRM_OWNER 0x6d697036u /* in the sequence number of a state: made by us, with static keys \
	                        */

#define XFRM_KEY_MAX 64
#define XFRM_PRIORITY 1000 /* of our policies; IKE daemons put theirs behind */
#define XFRM_PRIORITY_TUNNEL 2006 /* behind those of single protocols; known as ours by this, too */

enum xfrm_cipher { XFRM_CIPHER_NULL, XFRM_CIPHER_AES_CBC };
enum xfrm_auth { XFRM_AUTH_SHA1_96, XFRM_AUTH_SHA256_128 };
enum xfrm_direction { XFRM_DIRECTION_IN, XFRM_DIRECTION_OUT, XFRM_DIRECTION_FORWARD };

/* What a packet must be. protocol 0: any. mh_type 0: any; of Mobility Headers only. */
struct xfrm_match {
	struct mip6_prefix src;
	struct mip6_prefix dst;
	uint8_t protocol;
	uint8_t mh_type;
};

/* A security association of ESP. spi and the key's octets as on the wire, spi in host order. */
struct xfrm_sa {
	struct mip6_addr src; /* transport: may be unspecified, any source */
	struct mip6_addr dst;
	uint32_t spi;
	uint32_t reqid;
	bool tunnel;             /* mode: tunnel or transport */
	bool ours;               /* XFRM_OWNER; filled by lists, xfrm_sa_set() makes it so */
	struct xfrm_match match; /* a packet that is not so is dropped by this SA */
	enum xfrm_cipher cipher;
	enum xfrm_auth auth;
	uint8_t cipher_key_len; /* octets: 16, 24 or 32; 0 for XFRM_CIPHER_NULL */
	uint8_t auth_key_len;
	uint8_t cipher_key[XFRM_KEY_MAX];
	uint8_t auth_key[XFRM_KEY_MAX];
	uint64_t packets, bytes; /* that it carried; filled by lists */
};

/* One of two kinds of care-of states: how packets of a home address travel. */
enum xfrm_care_of { XFRM_CARE_OF_HAO, XFRM_CARE_OF_ROUTE2 };

struct xfrm_policy {
	enum xfrm_direction direction;
	struct xfrm_match match;
	uint32_t priority; /* 0: XFRM_PRIORITY */
	uint32_t reqid;    /* of the ESP template */
	bool bypass;       /* allow in clear; nothing below counts */
	bool optional;     /* in: take what comes in clear, too ("level use") */
	bool tunnel;       /* ESP in tunnel mode between tunnel_src and tunnel_dst */
	struct mip6_addr tunnel_src;
	struct mip6_addr tunnel_dst;
	/* Transport mode: also a care-of state of this kind if there is one ("level use"). */
	bool has_care_of;
	enum xfrm_care_of care_of;
};

/* For XFRM_MSG_MIGRATE (RFC 6275 section 10.3.1, flag K): of every policy of one SA pair. */
struct xfrm_migration {
	enum xfrm_direction direction;
	struct xfrm_match match; /* of the policy */
	uint32_t reqid;
	bool tunnel;
	/* Ends of the SA before and after; transport mode: HoA and home agent, which do not change.
	 */
	struct mip6_addr old_src, old_dst, new_src, new_dst;
	/* Where key management runs now; local unspecified: nothing is said about it. */
	struct mip6_addr km_local, km_remote;
};

struct xfrm;

int xfrm_open(struct xfrm **ret);
void xfrm_close(struct xfrm *xfrm); /* NULL is allowed */
const char *xfrm_error(const struct xfrm *xfrm);
/*
 * Can this kernel do it: ESP, and mobility's care-of states? Makes an SA of no use and removes it.
 * 0; or -EPROTONOSUPPORT with a sentence for the operator ("this kernel has no ESP: …") in why.
 */
int xfrm_probe(struct xfrm *xfrm, char *why, size_t size);

/* Identified by dst and spi; one that differs is replaced. */
int xfrm_sa_set(struct xfrm *xfrm, const struct xfrm_sa *sa);
int xfrm_sa_remove(struct xfrm *xfrm, const struct mip6_addr *dst, uint32_t spi);
/* -ESRCH when there is none. */
int xfrm_sa_get(struct xfrm *xfrm, const struct mip6_addr *dst, uint32_t spi, struct xfrm_sa *ret);
/*
 * Those with a reqid of ours, whoever made them. Keys are there; the object is wiped afterwards.
 */
int xfrm_sa_list(struct xfrm *xfrm, void (*each)(void *ctx, const struct xfrm_sa *), void *ctx);

/* Every one that ESP has, whatever its reqid; else the same. */
int xfrm_sa_list_all(struct xfrm *xfrm, void (*each)(void *ctx, const struct xfrm_sa *), void *ctx);

/* Identified by direction and match. */
int xfrm_policy_set(struct xfrm *xfrm, const struct xfrm_policy *policy);
int xfrm_policy_remove(struct xfrm *xfrm, const struct xfrm_policy *policy);
/* Those with an ESP template whose reqid is ours, and those of tunnels. */
int xfrm_policy_list(struct xfrm *xfrm, void (*each)(void *ctx, const struct xfrm_policy *),
                     void *ctx);

/*
 * Packets from src to dst travel by coa. With src, dst and coa unspecified: whatever comes in is
 * taken (a wildcard; policies must then say what else it needs). mark: of the packets whose way to
 * the care-of address, or from it, is looked for; 0: none.
 */
int xfrm_care_of_set(struct xfrm *xfrm, enum xfrm_care_of kind, const struct mip6_addr *src,
                     const struct mip6_addr *dst, const struct mip6_addr *coa, uint32_t mark);
int xfrm_care_of_remove(struct xfrm *xfrm, enum xfrm_care_of kind, const struct mip6_addr *src,
                        const struct mip6_addr *dst);
/*
 * Every care-of state there is, except the wildcards. Nobody but a mobility daemon makes such.
 */
int xfrm_care_of_list(struct xfrm *xfrm,
                      void (*each)(void *ctx, enum xfrm_care_of kind, const struct mip6_addr *src,
                                   const struct mip6_addr *dst, const struct mip6_addr *coa),
                      void *ctx);

/* The policy must exist. */
int xfrm_migrate(struct xfrm *xfrm, const struct xfrm_migration *migration);

/*
 * The reqids of the SAs of ESP in transport mode from src to dst, whoever made them, at most count of
 * them, each once. Returns how many there are, or a negative errno.
 */
int xfrm_reqids(struct xfrm *xfrm, const struct mip6_addr *src, const struct mip6_addr *dst,
                uint32_t *ret, size_t count);

/* What all SAs of ESP in tunnel mode from src to dst with this reqid (0: any) have carried. */
int xfrm_counts(struct xfrm *xfrm, const struct mip6_addr *src, const struct mip6_addr *dst,
                uint32_t reqid, uint64_t *ret_packets, uint64_t *ret_bytes);

/*
 * Tell key management that the SAs of this reqid are negotiated between local and remote from now on
 * (RFC 6275 section 10.3.1, flag K). By XFRM_MSG_MIGRATE of a policy that concerns no packet and is made
 * when it is missing: so no policy per WTRU is needed, and the SAs themselves stay untouched.
 */
int xfrm_move_keying(struct xfrm *xfrm, uint32_t reqid, const struct mip6_addr *local,
                     const struct mip6_addr *remote);
/* Remove that policy. */
int xfrm_stop_keying(struct xfrm *xfrm);

/* Remove our own SAs, policies with our reqids, and all care-of states. */
int xfrm_flush(struct xfrm *xfrm);

/*
 * From now on the socket sends and gets only what this policy asks for (match is ignored: all of
 * it). It is the socket's own: comes before all others, and goes with it.
 */
int xfrm_socket_policy(int fd, const struct xfrm_policy *policy);

#endif
