/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Defence of home addresses on the shared prefix: proxy Neighbour Discovery while their WTRU is
 * away (RFC 6275 section 10.4.1) and duplicate address detection before (section 10.3.1, RFC 4862).
 */
#ifndef DGW_PROXY_H
#define DGW_PROXY_H

#include <ev.h>

#include "kernel/nd.h"
#include "kernel/rtnl.h"

struct proxy_env {
	void *ctx;
	struct ev_loop *loop;
	const mip6_time *now; /* of this turn of the loop */
	struct rtnl *rtnl;
	struct nd *nd;
	/* The answer to proxy_detect(); never from inside it. */
	void (*detected)(void *ctx, const struct mip6_addr *hoa, bool duplicate);
};

struct proxy;

int proxy_open(struct proxy **ret, const struct proxy_env *env);
/* The access link is up, or changed; NULL: down or gone. What is defended is set up again. */
void proxy_link(struct proxy *proxy, const struct rtnl_link *link);
/* All bindings of the last run are told: remove what it left in the kernel and nobody wants. */
void proxy_adopt(struct proxy *proxy);
/* Defend hoa, with link_local also fe80:: with its interface identifier. Harmless to repeat. */
void proxy_want(struct proxy *proxy, const struct mip6_addr *hoa, bool link_local, bool router);
void proxy_unwant(struct proxy *proxy, const struct mip6_addr *hoa);
/*
 * Does a neighbour use, or want, hoa (address), or fe80:: with its interface identifier (link_local)?
 */
void proxy_detect(struct proxy *proxy, const struct mip6_addr *hoa, bool address, bool link_local);
/* A Neighbour Solicitation or Advertisement on the access link. */
void proxy_heard(struct proxy *proxy, const struct nd_packet *packet);
size_t proxy_count(const struct proxy *proxy);
/* Removes everything from the kernel. NULL is allowed. */
void proxy_close(struct proxy *proxy);

#endif
