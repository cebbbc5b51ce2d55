/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The D-GW's interfaces and global addresses: which link is the access link, which are the core's,
 * and what the home agent address is.
 */
#ifndef DGW_LINKS_H
#define DGW_LINKS_H

#include "config.h"
#include "kernel/rtnl.h"

#define LINKS_ADDRESS_MAX 16

struct links_handler {
	void *ctx;
	/* The access link came up, changed while up, or (NULL) is down or gone. */
	void (*access)(void *ctx, const struct rtnl_link *link);
	/* The data plane is to watch this link (access or core), or not any more. */
	void (*attach)(void *ctx, const struct rtnl_link *link, bool attach);
	/* links_addresses() has other content. */
	void (*addresses)(void *ctx);
};

struct links;

/* config is borrowed and must outlive the result. */
int links_open(struct links **ret, struct rtnl *rtnl, const struct dgw_config *config,
               const struct links_handler *handler);
void links_close(struct links *links); /* NULL is allowed; removes addresses that we set */

/* To be called by the rtnetlink monitor. */
void links_link(struct links *links, const struct rtnl_link *link);
void links_address(struct links *links, const struct rtnl_address *address);
void links_resync_begin(struct links *links);
void links_resync_end(struct links *links);
/* After the monitor has reported everything that exists: set the missing home agent address. */
void links_settle(struct links *links);

/* The access link while it is up, else NULL. */
const struct rtnl_link *links_access(const struct links *links);
/* NULL when there is none yet. */
const struct mip6_addr *links_home_agent(const struct links *links);
/* Our global addresses, the home agent address first; at most LINKS_ADDRESS_MAX. */
size_t links_addresses(const struct links *links, struct mip6_addr *ret);
const char *links_name(const struct links *links, uint32_t ifindex); /* "?" when unknown */

#endif
