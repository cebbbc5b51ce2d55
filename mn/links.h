/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that the WTRU uses: what happens on them becomes events of the WTRU core, and its
 * Neighbour Discovery actions go out on them. They belong to the kernel and to whatever manages the
 * network; we only switch optimistic DAD on (RFC 4429), and switch it back at the end.
 */
#ifndef MIP6_MN_LINKS_H
#define MIP6_MN_LINKS_H

#include <ev.h>
#include <json.h>

#include <mip6/wtru.h>

#include "config.h"
#include "kernel/rtnl.h"

struct links;

struct links_handler {
	void *ctx;
	void (*event)(void *ctx, const struct wtru_event *event);
	/* A managed link came, or came up again: the data plane must watch it. */
	void (*attach)(void *ctx, uint32_t ifindex);
	/* The kernel's objects may have changed behind our back (messages were lost). */
	void (*resync)(void *ctx);
};

/* rtnl, config (which may change in place) and handler's ctx are borrowed. 0 or a negative errno
 * after an error line. */
int links_open(struct links **ret, struct ev_loop *loop, struct rtnl *rtnl,
               const struct mnd_config *config, const struct links_handler *handler);
/* Report everything that exists, then watch. */
int links_start(struct links *links);
/* The configuration has changed in place: look at the interfaces again. */
void links_reconfigure(struct links *links);

void links_send_rs(struct links *links, uint32_t ifindex);
void links_send_probe(struct links *links, uint32_t ifindex, const struct mip6_addr *router);
void links_send_na(struct links *links, uint32_t ifindex, const struct mip6_addr *hoa);
/* NS for hoa from the unspecified address. */
void links_find_agent(struct links *links, uint32_t ifindex, const struct mip6_addr *hoa);
/* Configure an address that DAD refused, as its maker would have, but without DAD. */
void links_without_dad(struct links *links, uint32_t ifindex, const struct mip6_addr *addr,
                       uint8_t prefix_len, uint32_t valid_s);

/* Name of a managed link, or "?"; valid until the next loop turn. */
const char *links_name(const struct links *links, uint32_t ifindex);
uint64_t links_malformed(const struct links *links);
uint64_t links_send_errors(const struct links *links);

/*
 * Kernel settings that were changed, with their former values, for the state file; and from there
 * after a crash, before links_start(), so that the values restored at the end are the true ones.
 */
struct json_object *links_save_settings(const struct links *links);
void links_load_settings(struct links *links, struct json_object *saved);

/* restore: put the former settings back. */
void links_close(struct links *links, bool restore);

#endif
