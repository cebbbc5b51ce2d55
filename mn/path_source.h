/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A preferred HoA as the source of new connections, where a data plane goes by routes: a socket that
 * has no source yet finds the route into the HoA's tunnel, which gives it that source.
 *
 *   PATH_RULE_SOURCED   from ::/1, 8000::/1 → PATH_TABLE_DEFAULT: whoever has a source already
 *   PATH_RULE_UNSOURCED all                 → PATH_TABLE_SOURCE: default route into the tunnel
 *
 * The kernel matches a rule with a source prefix only when the packet has a source, be it of all
 * addresses; so what gets to the second rule has none. Between those of path.h.
 */
#ifndef MIP6_MN_PATH_SOURCE_H
#define MIP6_MN_PATH_SOURCE_H

#include "kernel/rtnl.h"

#define PATH_RULE_SOURCED 31993
#define PATH_RULE_UNSOURCED 31994
#define PATH_TABLE_SOURCE 10602

/* route: the HoA's default route into its tunnel, of any table. 0 or a negative errno. */
int path_source_set(struct rtnl *rtnl, const struct mip6_addr *hoa, const struct rtnl_route *route);
int path_source_clear(struct rtnl *rtnl);

#endif
