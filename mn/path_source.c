// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules and route of a preferred source; path_source.h says how they work. Keeps no state. */
#include "path_source.h"

#include "path.h"

static const struct rtnl_rule rules[] = {
	{.priority = PATH_RULE_SOURCED,
         .src = {.len = 1},
         .table = PATH_TABLE_DEFAULT,
         .suppress_prefix_len = -1},
	{.priority = PATH_RULE_SOURCED,
         .src = {.addr = {{0x80}}, .len = 1},
         .table = PATH_TABLE_DEFAULT,
         .suppress_prefix_len = -1},
	{.priority = PATH_RULE_UNSOURCED, .table = PATH_TABLE_SOURCE, .suppress_prefix_len = -1},
};
#define RULES (sizeof(rules) / sizeof(rules[0]))

int path_source_set(struct rtnl *rtnl, const struct mip6_addr *hoa, const struct rtnl_route *route)
{
	struct rtnl_route source = *route;
	int err;

	source.table = PATH_TABLE_SOURCE;
	source.metric = 0;
	source.src = *hoa;
	err = rtnl_route_set(rtnl, &source);
	/* The last one leads there: all that must not go there is kept from it by then. */
	for (size_t i = 0; !err && i < RULES; i++)
		err = rtnl_rule_set(rtnl, &rules[i]);
	return err;
}

int path_source_clear(struct rtnl *rtnl)
{
	const struct rtnl_route source = {.table = PATH_TABLE_SOURCE};
	int ret = 0;

	for (size_t i = RULES; i > 0; i--) {
		int err = rtnl_rule_remove(rtnl, &rules[i - 1]);

		ret = err ? err : ret;
	}
	return ret ? ret : rtnl_route_remove(rtnl, &source);
}
