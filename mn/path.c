// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU's own routing; path.h has the picture.
 *
 * Each HoA that is wanted has a slot, and by it a routing table of its own. That table ends in an
 * unreachable default route: while there is no binding, packets from the HoA go nowhere rather than
 * out of a link where the address does not belong (RFC 6275 section 11.3.1). The state is what the
 * core wants; everything is set again from it at any time. Objects that an earlier process left are
 * marked as found until they are wanted; path_adopted() removes the others.
 */
#include "path.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "io/log.h"
#include "path_source.h"

#define LOOPBACK_IFINDEX 1 /* in every network namespace */
#define TUNNEL_METRIC 1024
#define BACKSTOP_METRIC 4096
#define PATH_NATIVES_MAX 32

struct entry {
	struct mip6_addr hoa;
	bool used;
	bool wanted;     /* hoa kept by us */
	bool bound;      /* tunnel wanted */
	bool failed;     /* something of it could not be set */
	bool rule_due;   /* its rule comes when its table is complete */
	bool overridden; /* its on-link prefix has a route in PATH_TABLE_STALE */
	uint8_t prefix_len;
	struct wtru_tunnel tunnel; /* when bound */
};

/* A configured HoA on its home link. */
struct native {
	bool used;
	bool wanted; /* else an earlier process left it */
	bool dad;
	bool failed;
	uint32_t ifindex;
	struct mip6_addr hoa;
	uint8_t prefix_len;
};

struct path {
	struct rtnl *rtnl;
	const struct dataplane_ops *ops;
	struct dataplane *dp;
	bool home_flag; /* path_mark_home() */
	bool have_default;
	bool have_rules; /* general_rules are in the kernel: the first move sets them, all others
	                    need not */
	bool default_failed;
	uint32_t default_ifindex;
	struct mip6_addr default_router, default_coa;
	struct mip6_addr source; /* of new connections: the CoA, or a preferred HoA */
	bool sourced;            /* path_source_set() */
	struct native natives[PATH_NATIVES_MAX];
	/* The router of the last default, and one that its link has left since path_settled(). */
	struct mip6_addr last_router, left_router;
	uint32_t last_ifindex, left_ifindex;
	size_t count;
	struct entry entries[];
};

static struct entry *find(struct path *path, const struct mip6_addr *hoa)
{
	for (size_t i = 0; i < path->count; i++)
		if (path->entries[i].used && mip6_addr_equal(&path->entries[i].hoa, hoa))
			return &path->entries[i];
	return NULL;
}

static struct entry *make(struct path *path, const struct mip6_addr *hoa)
{
	struct entry *entry = find(path, hoa);

	for (size_t i = 0; !entry && i < path->count; i++) {
		if (!path->entries[i].used) {
			entry = &path->entries[i];
			*entry = (struct entry){.used = true, .hoa = *hoa, .prefix_len = 128};
		}
	}
	return entry;
}

static uint32_t table_of(const struct path *path, const struct entry *entry)
{
	return PATH_TABLE_HOA + (uint32_t)(entry - path->entries);
}

static struct mip6_prefix host(const struct mip6_addr *addr)
{
	return mip6_prefix_make(addr, 128);
}

/* Log a failed change once, where it is handled. Returns whether it failed. */
static bool failed(const struct path *path, int err, const char *what, const struct mip6_addr *addr)
{
	if (err)
		log_warning("kernel refused what=\"%s\" address=%s error=\"%s\" detail=\"%s\"",
		            what, addr ? addr_text(addr) : "-", strerror(-err),
		            rtnl_error(path->rtnl));
	return err != 0;
}

static struct rtnl_rule hoa_rule(const struct path *path, const struct entry *entry)
{
	return (struct rtnl_rule){
		.priority = PATH_RULE_HOA,
		.src = host(&entry->hoa),
		.table = table_of(path, entry),
		.suppress_prefix_len = -1,
	};
}

static struct rtnl_route backstop_route(const struct path *path, const struct entry *entry)
{
	return (struct rtnl_route){
		.table = table_of(path, entry),
		.type = RTN_UNREACHABLE,
		.metric = BACKSTOP_METRIC,
	};
}

static struct rtnl_route default_route(struct path *path)
{
	const struct entry *away = path->ops->by_source ? NULL : find(path, &path->source);

	/* What an away HoA sends must not take this route: update_source() has another. */
	return (struct rtnl_route){
		.table = PATH_TABLE_DEFAULT,
		.ifindex = path->default_ifindex,
		.gateway = path->default_router,
		.src = away && away->wanted ? path->default_coa : path->source,
	};
}

/* Lead new connections into the tunnel of a preferred HoA. Returns whether that failed. */
static bool update_source(struct path *path)
{
	bool preferred = path->have_default && !path->ops->by_source &&
	                 !mip6_addr_equal(&path->source, &path->default_coa);
	struct entry *entry = preferred ? find(path, &path->source) : NULL;
	struct rtnl_route route = {0};
	struct mip6_prefix home;

	if (entry && entry->wanted && entry->bound && !entry->tunnel.receive_only) {
		home = host(&entry->hoa);
		path->sourced = true;
		return failed(path, path->ops->route(path->dp, &home, &route), "tunnel route",
		              &entry->hoa) ||
		       failed(path, path_source_set(path->rtnl, &entry->hoa, &route),
		              "preferred source", &entry->hoa);
	}
	if (path->sourced)
		failed(path, path_source_clear(path->rtnl), "remove preferred source",
		       &path->source);
	path->sourced = false;
	return false;
}

static const struct rtnl_rule general_rules[] = {
	{.priority = PATH_RULE_AWAY,
         .mark = PATH_MARK,
         .table = PATH_TABLE_DEFAULT,
         .suppress_prefix_len = -1},
	{.priority = PATH_RULE_STALE, .table = PATH_TABLE_STALE, .suppress_prefix_len = -1},
	{.priority = PATH_RULE_SPECIFIC, .table = RT_TABLE_MAIN, .suppress_prefix_len = 0},
	{.priority = PATH_RULE_DEFAULT, .table = PATH_TABLE_DEFAULT, .suppress_prefix_len = -1},
};

/* The on-link prefix of a link that we left is stale, unless the present CoA is of the same prefix.
 */
static bool is_stale(const struct path *path, const struct entry *entry)
{
	struct mip6_prefix prefix = mip6_prefix_make(&entry->hoa, entry->prefix_len);

	return entry->used && entry->bound && entry->prefix_len > 0 && entry->prefix_len < 128 &&
	       path->have_default && !mip6_prefix_contains(&prefix, &path->default_coa);
}

static bool prefix_is_stale(const struct path *path, const struct mip6_prefix *prefix)
{
	for (size_t i = 0; i < path->count; i++) {
		const struct entry *entry = &path->entries[i];

		if (is_stale(path, entry) && entry->prefix_len == prefix->len &&
		    mip6_prefix_contains(prefix, &entry->hoa))
			return true;
	}
	return false;
}

/* Override the HoA's on-link prefix, or stop overriding it. Returns whether that failed. */
static bool update_stale(struct path *path, struct entry *entry)
{
	struct rtnl_route route = {
		.dst = mip6_prefix_make(&entry->hoa, entry->prefix_len),
		.table = PATH_TABLE_STALE,
	};
	bool bad = false;

	if (is_stale(path, entry)) {
		route.ifindex = path->default_ifindex;
		route.gateway = path->default_router;
		bad = failed(path, rtnl_route_set(path->rtnl, &route), "stale prefix route",
		             &entry->hoa);
		entry->overridden = true;
	} else if (entry->overridden) {
		if (!prefix_is_stale(path, &route.dst))
			bad = failed(path, rtnl_route_remove(path->rtnl, &route),
			             "remove stale prefix route", &entry->hoa);
		entry->overridden = false;
	}
	return bad;
}

static bool set_rule(struct path *path, struct entry *entry)
{
	struct rtnl_rule rule = hoa_rule(path, entry);

	entry->rule_due = false;
	return failed(path, rtnl_rule_set(path->rtnl, &rule), "home address rule", &entry->hoa);
}

static bool set_hoa(struct path *path, struct entry *entry)
{
	struct rtnl_route backstop = backstop_route(path, entry);
	struct rtnl_address address = {
		.ifindex = LOOPBACK_IFINDEX,
		.addr = entry->hoa,
		.prefix_len = 128,
		.flags = path->home_flag ? IFA_F_NODAD | IFA_F_HOMEADDRESS : IFA_F_NODAD,
		.preferred_s = 0,
		.valid_s = UINT32_MAX,
	};
	bool bad = false;

	entry->rule_due = true;
	bad |= failed(path, rtnl_address_set(path->rtnl, &address), "home address", &entry->hoa);
	bad |= failed(path, rtnl_route_set(path->rtnl, &backstop), "backstop route", &entry->hoa);
	return bad;
}

static bool set_binding(struct path *path, struct entry *entry)
{
	struct dataplane_binding binding = {
		.home = host(&entry->hoa),
		.local = entry->tunnel.coa,
		.peer = entry->tunnel.anchor,
		.ifindex = entry->tunnel.ifindex,
		.router = entry->tunnel.router,
		.receive_only = entry->tunnel.receive_only,
	};
	/* While the HoA is reachable natively, what it sends goes over its own link. */
	struct rtnl_route route = {
		.ifindex = entry->tunnel.native_ifindex,
		.gateway = entry->tunnel.native_router,
	};
	bool bad = failed(path, path->ops->want_binding(path->dp, &binding), "tunnel", &entry->hoa);

	if (bad)
		return true;
	if (!entry->wanted)
		return false; /* home: what it sends follows the ordinary routes */
	if (!entry->tunnel.receive_only)
		bad = failed(path, path->ops->route(path->dp, &binding.home, &route),
		             "tunnel route", &entry->hoa);
	if (bad)
		return true;
	route.table = table_of(path, entry);
	route.metric = TUNNEL_METRIC;
	bad = failed(path, rtnl_route_set(path->rtnl, &route), "tunnel route", &entry->hoa);
	if (entry->rule_due)
		bad |= set_rule(path, entry);
	if (mip6_addr_equal(&entry->hoa, &path->source))
		bad |= update_source(path);
	return bad | update_stale(path, entry);
}

static bool set_default(struct path *path)
{
	struct rtnl_route route = default_route(path);
	bool bad = failed(path, rtnl_route_set(path->rtnl, &route), "default route",
	                  &path->default_coa);

	if (!path->have_rules) {
		bool bad_rules = false;

		for (size_t i = 0; i < sizeof(general_rules) / sizeof(general_rules[0]); i++)
			bad_rules |= failed(path, rtnl_rule_set(path->rtnl, &general_rules[i]),
			                    "rule", NULL);
		path->have_rules = !bad_rules;
		bad |= bad_rules;
	}
	bad |= update_source(path);
	/* Those that stay stale are set with their tunnels, after the Binding Updates have left. */
	for (size_t i = 0; i < path->count; i++)
		if (!is_stale(path, &path->entries[i]))
			bad |= update_stale(path, &path->entries[i]);
	return bad;
}

void path_want_default(struct path *path, uint32_t ifindex, const struct mip6_addr *router,
                       const struct mip6_addr *coa, const struct mip6_addr *source)
{
	path->have_default = true;
	path->default_ifindex = ifindex;
	path->default_router = *router;
	path->default_coa = *coa;
	path->source = *source;
	path->default_failed = set_default(path);
	if (path->last_ifindex == ifindex && !mip6_addr_equal(&path->last_router, router)) {
		path->left_ifindex = ifindex;
		path->left_router = path->last_router;
	}
	path->last_ifindex = ifindex;
	path->last_router = *router;
}

/* This HoA comes, goes, or comes home: if it is the preferred source, that is set otherwise now. */
static void source_changed(struct path *path, const struct mip6_addr *hoa)
{
	if (path->have_default && !path->ops->by_source && mip6_addr_equal(&path->source, hoa) &&
	    !mip6_addr_equal(&path->source, &path->default_coa))
		path->default_failed = set_default(path);
}

void path_settled(struct path *path)
{
	if (!path->left_ifindex || mip6_addr_equal(&path->left_router, &path->last_router))
		return;
	failed(path, rtnl_neighbour_remove(path->rtnl, path->left_ifindex, &path->left_router),
	       "forget the router that was left", &path->left_router);
	path->left_ifindex = 0;
}

void path_unwant_default(struct path *path)
{
	struct rtnl_route route = default_route(path);

	if (!path->have_default)
		return;
	path->have_default = path->have_rules = path->default_failed = false;
	update_source(path);
	for (size_t i = 0; i < path->count; i++)
		update_stale(path, &path->entries[i]);
	for (size_t i = 0; i < sizeof(general_rules) / sizeof(general_rules[0]); i++)
		failed(path, rtnl_rule_remove(path->rtnl, &general_rules[i]), "remove rule", NULL);
	failed(path, rtnl_route_remove(path->rtnl, &route), "remove default route",
	       &path->default_coa);
}

/* What path_want_hoa() and path_unwant_hoa() do to the same address on other links. */
struct elsewhere {
	struct path *path;
	const struct mip6_addr *hoa;
	size_t count;
	struct rtnl_address found[4];
};

static void note_elsewhere(void *ctx, const struct rtnl_address *address)
{
	struct elsewhere *e = ctx;

	if (address->ifindex != LOOPBACK_IFINDEX && mip6_addr_equal(&address->addr, e->hoa) &&
	    e->count < sizeof(e->found) / sizeof(e->found[0]))
		e->found[e->count++] = *address;
}

/*
 * The address that its link still has must not be chosen for new connections (RFC 6724 section 5,
 * rule 3). Without IFA_F_NOPREFIXROUTE the change would add an on-link route for its prefix.
 */
static void deprecate_elsewhere(struct path *path, const struct mip6_addr *hoa)
{
	struct elsewhere e = {.path = path, .hoa = hoa};

	if (failed(path, rtnl_address_list(path->rtnl, note_elsewhere, &e), "list addresses", hoa))
		return;
	for (size_t i = 0; i < e.count; i++) {
		e.found[i].preferred_s = 0;
		e.found[i].flags |= IFA_F_NOPREFIXROUTE;
		failed(path, rtnl_address_set(path->rtnl, &e.found[i]), "deprecate", hoa);
	}
}

static void remove_elsewhere(struct path *path, const struct mip6_addr *hoa)
{
	struct elsewhere e = {.path = path, .hoa = hoa};

	if (failed(path, rtnl_address_list(path->rtnl, note_elsewhere, &e), "list addresses", hoa))
		return;
	for (size_t i = 0; i < e.count; i++)
		failed(path,
		       rtnl_address_remove(path->rtnl, e.found[i].ifindex, hoa,
		                           e.found[i].prefix_len),
		       "remove address", hoa);
}

void path_want_hoa(struct path *path, const struct mip6_addr *hoa, uint8_t prefix_len)
{
	struct entry *entry = make(path, hoa);

	if (!entry) {
		log_err("no routing table left for address=%s; raise instances-max",
		        addr_text(hoa));
		return;
	}
	entry->prefix_len = prefix_len;
	entry->failed |= set_hoa(path, entry);
	if (!entry->wanted)
		deprecate_elsewhere(path, hoa);
	entry->wanted = true;
	source_changed(path, hoa);
}

/* Take the HoA's own routing away: from then on its packets follow the ordinary routes. */
static void remove_hoa(struct path *path, struct entry *entry)
{
	struct rtnl_rule rule = hoa_rule(path, entry);
	struct rtnl_route backstop = backstop_route(path, entry);
	struct rtnl_route tunnel = {.table = table_of(path, entry), .metric = TUNNEL_METRIC};

	failed(path, rtnl_rule_remove(path->rtnl, &rule), "remove home address rule", &entry->hoa);
	failed(path, rtnl_route_remove(path->rtnl, &tunnel), "remove tunnel route", &entry->hoa);
	failed(path, rtnl_route_remove(path->rtnl, &backstop), "remove backstop route",
	       &entry->hoa);
	failed(path, rtnl_address_remove(path->rtnl, LOOPBACK_IFINDEX, &entry->hoa, 128),
	       "remove home address", &entry->hoa);
	entry->wanted = entry->rule_due = false;
	source_changed(path, &entry->hoa);
}

static void remove_binding(struct path *path, struct entry *entry)
{
	struct mip6_prefix home = host(&entry->hoa);
	struct rtnl_route tunnel = {.table = table_of(path, entry), .metric = TUNNEL_METRIC};

	entry->bound = false;
	update_stale(path, entry);
	source_changed(path, &entry->hoa);
	failed(path, rtnl_route_remove(path->rtnl, &tunnel), "remove tunnel route", &entry->hoa);
	failed(path, path->ops->unwant_binding(path->dp, &home), "remove tunnel", &entry->hoa);
}

static void remove_entry(struct path *path, struct entry *entry)
{
	remove_hoa(path, entry);
	remove_binding(path, entry);
	*entry = (struct entry){0};
}

void path_unwant_hoa(struct path *path, const struct mip6_addr *hoa, bool ended)
{
	struct entry *entry = find(path, hoa);

	/* Back home over another link, the tunnel goes on receiving until it is unwanted too. */
	if (entry && entry->bound && entry->tunnel.receive_only && !ended)
		remove_hoa(path, entry);
	else if (entry)
		remove_entry(path, entry);
	if (ended)
		remove_elsewhere(path, hoa);
}

/* Configured HoAs at home */

static struct native *find_native(struct path *path, uint32_t ifindex, const struct mip6_addr *hoa)
{
	for (size_t i = 0; i < PATH_NATIVES_MAX; i++) {
		struct native *native = &path->natives[i];

		if (native->used && native->ifindex == ifindex &&
		    mip6_addr_equal(&native->hoa, hoa))
			return native;
	}
	return NULL;
}

static struct native *make_native(struct path *path, uint32_t ifindex, const struct mip6_addr *hoa)
{
	struct native *native = find_native(path, ifindex, hoa);

	for (size_t i = 0; !native && i < PATH_NATIVES_MAX; i++) {
		if (!path->natives[i].used) {
			native = &path->natives[i];
			*native = (struct native){.used = true, .ifindex = ifindex, .hoa = *hoa};
		}
	}
	return native;
}

static void set_native(struct path *path, struct native *native)
{
	/* Which prefixes are on link, Router Advertisements say. */
	struct rtnl_address address = {
		.ifindex = native->ifindex,
		.addr = native->hoa,
		.prefix_len = native->prefix_len,
		.flags = IFA_F_NOPREFIXROUTE | (native->dad ? 0 : IFA_F_NODAD),
		.preferred_s = UINT32_MAX,
		.valid_s = UINT32_MAX,
	};

	native->failed = failed(path, rtnl_address_set(path->rtnl, &address),
	                        "home address at home", &native->hoa);
}

static void remove_native(struct path *path, struct native *native)
{
	failed(path,
	       rtnl_address_remove(path->rtnl, native->ifindex, &native->hoa, native->prefix_len),
	       "remove home address at home", &native->hoa);
	*native = (struct native){0};
}

void path_want_native(struct path *path, uint32_t ifindex, const struct mip6_addr *hoa,
                      uint8_t prefix_len, bool dad)
{
	struct native *native = make_native(path, ifindex, hoa);

	if (!native)
		return; /* more links than homes have ever been on */
	native->prefix_len = prefix_len;
	native->dad = dad;
	native->wanted = true;
	set_native(path, native);
}

void path_unwant_native(struct path *path, uint32_t ifindex, const struct mip6_addr *hoa)
{
	struct native *native = make_native(path, ifindex, hoa);

	if (!native)
		return;
	if (!native->wanted)
		remove_elsewhere(path, hoa); /* with whatever prefix length somebody gave it */
	else
		remove_native(path, native);
	*native = (struct native){0};
}

void path_learn_neighbour(struct path *path, uint32_t ifindex, const struct mip6_addr *addr,
                          const uint8_t *lladdr, uint8_t lladdr_len)
{
	failed(path, rtnl_neighbour_set(path->rtnl, ifindex, addr, lladdr, lladdr_len),
	       "record a neighbour", addr);
}

void path_want_binding(struct path *path, const struct wtru_tunnel *tunnel)
{
	struct entry *entry = make(path, &tunnel->hoa);

	if (!entry) {
		log_err("no routing table left for address=%s; raise instances-max",
		        addr_text(&tunnel->hoa));
		return;
	}
	entry->prefix_len = tunnel->prefix_len;
	entry->tunnel = *tunnel;
	entry->bound = true;
	entry->failed |= set_binding(path, entry);
}

void path_unwant_binding(struct path *path, const struct mip6_addr *hoa)
{
	struct entry *entry = find(path, hoa);

	if (!entry || !entry->bound)
		return;
	if (entry->wanted)
		remove_binding(path, entry);
	else
		remove_entry(path, entry);
}

size_t path_refresh(struct path *path)
{
	size_t bad = 0;

	path->have_rules = false;
	if (path->have_default)
		path->default_failed = set_default(path);
	bad += path->default_failed;
	for (size_t i = 0; i < PATH_NATIVES_MAX; i++) {
		if (path->natives[i].wanted && path->natives[i].failed)
			set_native(path, &path->natives[i]);
		bad += path->natives[i].failed;
	}
	for (size_t i = 0; i < path->count; i++) {
		struct entry *entry = &path->entries[i];

		if (!entry->used)
			continue;
		entry->failed = false;
		if (entry->wanted)
			entry->failed |= set_hoa(path, entry);
		if (entry->bound)
			entry->failed |= set_binding(path, entry);
		if (entry->rule_due)
			entry->failed |= set_rule(path, entry);
		bad += entry->failed;
	}
	return bad;
}

void path_settle(struct path *path)
{
	for (size_t i = 0; i < path->count; i++)
		if (path->entries[i].used && path->entries[i].rule_due)
			path->entries[i].failed |= set_rule(path, &path->entries[i]);
}

bool path_failing(const struct path *path)
{
	bool bad = path->default_failed;

	for (size_t i = 0; !bad && i < PATH_NATIVES_MAX; i++)
		bad = path->natives[i].failed;
	for (size_t i = 0; !bad && i < path->count; i++)
		bad = path->entries[i].used && path->entries[i].failed;
	return bad;
}

/* Adoption: what an earlier process left becomes entries that nobody wants yet. */

static void found_rule(void *ctx, const struct rtnl_rule *rule)
{
	struct path *path = ctx;
	size_t slot = rule->table - PATH_TABLE_HOA;

	if (rule->priority == PATH_RULE_HOA && rule->src.len == 128 &&
	    rule->table >= PATH_TABLE_HOA && slot < path->count && !path->entries[slot].used)
		path->entries[slot] =
			(struct entry){.used = true, .hoa = rule->src.addr, .prefix_len = 128};
}

static void found_address(void *ctx, const struct rtnl_address *address)
{
	struct path *path = ctx;
	struct native *native;

	if (address->ifindex != LOOPBACK_IFINDEX && address->protocol == RTNL_PROTOCOL) {
		native = make_native(path, address->ifindex, &address->addr);
		if (native)
			native->prefix_len = address->prefix_len;
	}
	/* Only we put deprecated host addresses on the loopback interface. */
	if (address->ifindex == LOOPBACK_IFINDEX && address->prefix_len == 128 &&
	    address->preferred_s == 0 && !mip6_addr_is_loopback(&address->addr))
		make(path, &address->addr);
}

static void found_binding(void *ctx, const struct dataplane_binding *binding)
{
	make(ctx, &binding->home.addr);
}

void path_mark_home(struct path *path)
{
	path->home_flag = true;
}

void path_set_dataplane(struct path *path, const struct dataplane_ops *ops, struct dataplane *dp)
{
	path->ops = ops;
	path->dp = dp;
}

int path_open(struct path **ret, struct rtnl *rtnl, const struct dataplane_ops *ops,
              struct dataplane *dp, size_t instances_max)
{
	/* Room for what an earlier process with a larger configuration left. */
	size_t count = instances_max * 2;
	struct path *path = calloc(1, sizeof(*path) + count * sizeof(path->entries[0]));
	int err;

	if (!path)
		return -ENOMEM;
	path->rtnl = rtnl;
	path->ops = ops;
	path->dp = dp;
	path->count = count;
	err = rtnl_rule_list(rtnl, found_rule, path);
	if (!err)
		err = rtnl_address_list(rtnl, found_address, path);
	if (!err)
		err = ops->list(dp, found_binding, path);
	if (err) {
		free(path);
		return err;
	}
	*ret = path;
	return 0;
}

/* Routes that are in our tables but that nobody wants. */
struct leftovers {
	const struct path *path;
	size_t count;
	struct rtnl_route found[64];
};

static bool route_is_wanted(const struct path *path, const struct rtnl_route *route)
{
	size_t slot = route->table - PATH_TABLE_HOA;

	if (route->table == PATH_TABLE_DEFAULT)
		return path->have_default;
	if (route->table == PATH_TABLE_STALE)
		return prefix_is_stale(path, &route->dst);
	if (route->table == PATH_TABLE_SOURCE)
		return path->sourced;
	return route->table >= PATH_TABLE_HOA && slot < path->count && path->entries[slot].used;
}

static void note_leftover(void *ctx, const struct rtnl_route *route)
{
	struct leftovers *left = ctx;

	if (route->table >= PATH_TABLE_DEFAULT &&
	    route->table < PATH_TABLE_HOA + left->path->count &&
	    !route_is_wanted(left->path, route) &&
	    left->count < sizeof(left->found) / sizeof(left->found[0]))
		left->found[left->count++] = *route;
}

static void remove_leftover_routes(struct path *path)
{
	struct leftovers left = {.path = path};

	do {
		left.count = 0;
		if (failed(path, rtnl_route_list(path->rtnl, note_leftover, &left), "list routes",
		           NULL))
			return;
		for (size_t i = 0; i < left.count; i++)
			if (failed(path, rtnl_route_remove(path->rtnl, &left.found[i]),
			           "remove route", &left.found[i].dst.addr))
				return;
	} while (left.count == sizeof(left.found) / sizeof(left.found[0]));
}

void path_adopted(struct path *path)
{
	for (size_t i = 0; i < path->count; i++) {
		struct entry *entry = &path->entries[i];

		if (entry->used && !entry->wanted && !entry->bound) {
			log_info("removing what an earlier run left address=%s",
			         addr_text(&entry->hoa));
			remove_entry(path, entry);
		}
	}
	if (!path->have_default)
		for (size_t i = 0; i < sizeof(general_rules) / sizeof(general_rules[0]); i++)
			failed(path, rtnl_rule_remove(path->rtnl, &general_rules[i]), "remove rule",
			       NULL);
	if (!path->sourced)
		failed(path, path_source_clear(path->rtnl), "remove preferred source", NULL);
	remove_leftover_routes(path);
}

void path_close(struct path *path, bool keep)
{
	if (!path)
		return;
	if (!keep) {
		for (size_t i = 0; i < path->count; i++)
			if (path->entries[i].used)
				remove_entry(path, &path->entries[i]);
		for (size_t i = 0; i < PATH_NATIVES_MAX; i++)
			if (path->natives[i].used)
				remove_native(path, &path->natives[i]);
		path_unwant_default(path);
		remove_leftover_routes(path);
	}
	free(path);
}
