/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The WTRU's own routing: where new connections go, and how each old HoA reaches its tunnel,
 * without touching what others put into the kernel.
 *
 * Policy rules of ours, all with RTNL_PROTOCOL, in the order in which the kernel looks at them:
 *
 *   PATH_RULE_AWAY     marked   → PATH_TABLE_DEFAULT: what has a Home Address option, and must not
 *                                 be led astray by routes of links that we left
 *   PATH_RULE_HOA      from HoA → the HoA's own table: default route into its tunnel
 *   PATH_RULE_STALE    all      → PATH_TABLE_STALE: on-link prefixes of links that we left, now
 *                                 reached like any other destination
 *   PATH_RULE_SPECIFIC all      → main, default routes excepted: everybody else's routes
 *   (path_source.h)             → where new connections have a preferred source
 *   PATH_RULE_DEFAULT  all      → PATH_TABLE_DEFAULT: default route of the attachment in use
 *
 * So no default router or on-link route of a gateway that we left is in the way, whoever put it
 * there. Old HoAs are kept as deprecated /128 addresses on the loopback interface.
 */
#ifndef MIP6_MN_PATH_H
#define MIP6_MN_PATH_H

#include <mip6/wtru.h>

#include "kernel/dataplane.h"
#include "kernel/rtnl.h"

#define PATH_RULE_AWAY 31989
#define PATH_RULE_HOA 31990
#define PATH_RULE_STALE 31991
#define PATH_RULE_SPECIFIC 31992
#define PATH_RULE_DEFAULT 31995

#define PATH_MARK 0x6d000000 /* of packets with a Home Address option */

#define PATH_TABLE_DEFAULT 10600
#define PATH_TABLE_STALE 10601
#define PATH_TABLE_HOA 10610 /* first of as many as there are instances */

struct path;

/*
 * Make the path of a WTRU with at most instances_max HoAs, and learn what an earlier process of
 * ours left. All pointers are borrowed. 0 or a negative errno.
 */
int path_open(struct path **ret, struct rtnl *rtnl, const struct dataplane_ops *ops,
              struct dataplane *dp, size_t instances_max);
/* Another data plane in front of that; what is wanted is set with it at the next path_refresh(). */
void path_set_dataplane(struct path *path, const struct dataplane_ops *ops, struct dataplane *dp);
/* Remove what an earlier process left and nobody has wanted since path_open(). */
void path_adopted(struct path *path);

/*
 * From now on home addresses are configured as such (IFA_F_HOMEADDRESS): then the kernel's own Mobile
 * IPv6 takes packets for them by type 2 routing header (RFC 6275 section 11.3.3).
 */
void path_mark_home(struct path *path);

/* The wants of the WTRU core (mip6/wtru.h); failures are logged, see path_failing(). */
void path_want_default(struct path *path, uint32_t ifindex, const struct mip6_addr *router,
                       const struct mip6_addr *coa, const struct mip6_addr *source);
void path_unwant_default(struct path *path);
/*
 * After all wants of a move: forget the router that was left. Packets that wait for its link-layer
 * address go nowhere any more, and TCP does not repeat a segment as long as it waits there.
 */
void path_settled(struct path *path);
void path_want_hoa(struct path *path, const struct mip6_addr *hoa, uint8_t prefix_len);
void path_unwant_hoa(struct path *path, const struct mip6_addr *hoa, bool ended);
/* A configured HoA on its home link, as a permanent address there. */
void path_want_native(struct path *path, uint32_t ifindex, const struct mip6_addr *hoa,
                      uint8_t prefix_len, bool dad);
void path_unwant_native(struct path *path, uint32_t ifindex, const struct mip6_addr *hoa);
void path_learn_neighbour(struct path *path, uint32_t ifindex, const struct mip6_addr *addr,
                          const uint8_t *lladdr, uint8_t lladdr_len);
void path_want_binding(struct path *path, const struct wtru_tunnel *tunnel);
void path_unwant_binding(struct path *path, const struct mip6_addr *hoa);

/*
 * After the wants of one step: a HoA's packets are led into its own table only now, or when its
 * tunnel is there, so that none falls into the gap between the two wants.
 */
void path_settle(struct path *path);

/*
 * Set again whatever is wanted: after the kernel dropped routes with a link, or after a failure.
 * Returns the number of objects that still fail.
 */
size_t path_refresh(struct path *path);

/* True while something wanted could not be set: try path_refresh() later. */
bool path_failing(const struct path *path);

/* keep: leave everything in the kernel for the next process. Otherwise remove all of it. */
void path_close(struct path *path, bool keep);

#endif
