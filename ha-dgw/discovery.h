/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What WTRUs that are away may ask about their home link: its home agents (dynamic home agent
 * address discovery, RFC 6275 section 10.5) and its prefixes (mobile prefix discovery,
 * section 10.6).
 */
#ifndef DGW_DISCOVERY_H
#define DGW_DISCOVERY_H

#include <ev.h>
#include <json-c/json.h>

#include <mip6/ha.h>

#include "kernel/nd.h"
#include "kernel/rtnl.h"
#include "kernel/transport.h"
#include "ra.h"

enum discovery_stat {
	DISCOVERY_STAT_REQUEST,         /* for home agent addresses */
	DISCOVERY_STAT_REQUEST_INVALID, /* not to the anycast address, or from no routable address
	                                 */
	DISCOVERY_STAT_REQUEST_LIMITED, /* not answered: too many */
	DISCOVERY_STAT_REPLY,
	DISCOVERY_STAT_MPS,         /* solicitations of mobile prefixes */
	DISCOVERY_STAT_MPS_NO_HAO,  /* without Home Address option, or with a routing header */
	DISCOVERY_STAT_MPS_UNBOUND, /* the option's address is not bound to where it comes from */
	DISCOVERY_STAT_MPS_UNPROTECTED, /* needs ESP and came without */
	DISCOVERY_STAT_MPS_LIMITED,     /* there was no room for it */
	DISCOVERY_STAT_MPS_OFF,         /* not answered, as the configuration says */
	DISCOVERY_STAT_MPA_SOLICITED,
	DISCOVERY_STAT_MPA_UNSOLICITED,
	DISCOVERY_STAT_MPA_RETRANSMITTED,
	DISCOVERY_STAT_SEND_ERRORS,
	DISCOVERY_STAT_HOME_AGENTS_FULL, /* advertisements of home agents for which there was no
	                                    room */
	DISCOVERY_STAT_COUNT,
};

const char *discovery_stat_name(enum discovery_stat stat);

struct discovery_config {
	struct ra_params ra; /* what the access link is told */
	bool has_home_agent; /* ra.home_agent is there */
	bool learn;          /* from other home agents on the access link */
	bool answer_prefixes; /* Mobile Prefix Solicitations … */
	bool tell_prefixes;   /* … and tell of prefixes unasked */
	bool has_pool;
	struct mip6_prefix pool; /* out of which unique prefixes come, of this length */
	uint8_t unique_len;
	uint32_t interval_min_s, interval_max_s;
};

struct discovery_env {
	void *ctx;
	struct ev_loop *loop;
	const mip6_time *now; /* of this turn of the loop */
	struct nd *nd;
	struct transport *transport;
	size_t bindings_max;
	uint32_t (*random)(void *ctx);
	bool (*find)(void *ctx, const struct mip6_addr *hoa, struct ha_binding_info *ret);
	/* Is this the address of a chaining agent? What is sent there cannot reach a WTRU. */
	bool (*is_peer)(void *ctx, const struct mip6_addr *addr);
	/* Must what is said about this home address be inside ESP (RFC 6275 section 5.4)? */
	bool (*needs_esp)(void *ctx, const struct mip6_addr *hoa);
	/* Before a packet with mip6_packet.esp is sent. 0 or a negative errno. */
	int (*prepare_esp)(void *ctx, const struct mip6_packet *packet);
	/* A solicitation that is not answered: is its Home Address option good? */
	void (*unverified)(void *ctx, const struct mip6_packet *packet);
};

struct discovery;

/* 0 or negative errno. */
int discovery_open(struct discovery **ret, const struct discovery_config *config,
                   const struct discovery_env *env);
/* New values: WTRUs that are away are told when they concern prefixes. */
void discovery_configure(struct discovery *d, const struct discovery_config *config);
void discovery_close(struct discovery *d); /* NULL is allowed */

/* The access link is up, or changed; NULL: down or gone. */
void discovery_link(struct discovery *d, const struct rtnl_link *link);
/* A Router Advertisement of somebody else. */
void discovery_heard(struct discovery *d, const struct nd_packet *packet);
/* A Home Agent Address Discovery Request. */
void discovery_request(struct discovery *d, const struct nd_packet *packet);
/* What the transport hears: a Mobile Prefix Solicitation, we hope. */
void discovery_icmp6(struct discovery *d, const struct mip6_packet *packet,
                     const struct mip6_icmp6 *msg);

/* hoa is bound, for the first time, elsewhere, or again; or not any more. */
void discovery_bound(struct discovery *d, const struct mip6_addr *hoa);
void discovery_unbound(struct discovery *d, const struct mip6_addr *hoa);

uint64_t discovery_stat_get(const struct discovery *d, enum discovery_stat stat);
/* The answer to `home-agents`. */
struct json_object *discovery_json(struct discovery *d);

#endif
