// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ip6tnl data plane: its device and its nftables table, made, adopted from an earlier process,
 * and removed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane_ip6tnl_state.h"

#define ALIAS "Mobile IPv6 tunnels"

static const char *device_name(enum dataplane_role role)
{
	return role == DATAPLANE_WTRU ? "mip6-wtru" : "mip6";
}

struct ip6tnl_devices ip6tnl_devices(enum dataplane_role role, bool chains)
{
	return (struct ip6tnl_devices){
		.tunnel = device_name(role),
		.narrow = role == DATAPLANE_WTRU ? "mip6-wtru-cut" : "mip6-cut",
		.narrow_up = chains ? "mip6-cut-up" : NULL,
	};
}

static const char *table_name(enum dataplane_role role)
{
	return role == DATAPLANE_WTRU ? "mip6_wtru" : "mip6_gateway";
}

static void remove_device(struct rtnl *rtnl, const char *name)
{
	struct rtnl_link link;

	if (name && rtnl_link_by_name(rtnl, name, &link) == 0)
		rtnl_link_remove(rtnl, link.ifindex);
}

static void remove_all(struct rtnl *rtnl, enum dataplane_role role, struct ip6tnl_filter *filter)
{
	const struct ip6tnl_devices devices = ip6tnl_devices(role, role == DATAPLANE_GATEWAY);

	if (role == DATAPLANE_WTRU) {
		ip6tnl_forget_uplinks(rtnl);
	} else {
		rtnl_rule_remove(rtnl, &ip6tnl_chain_rule);
		rtnl_rule_remove(rtnl, &ip6tnl_home_rule);
	}
	/* Their routes go with them; the check of what comes in goes last. */
	remove_device(rtnl, devices.tunnel);
	remove_device(rtnl, devices.narrow);
	remove_device(rtnl, devices.narrow_up);
	ip6tnl_filter_remove(filter);
}

void dataplane_ip6tnl_clean(struct rtnl *rtnl, enum dataplane_role role)
{
	struct ip6tnl_filter filter;

	if (ip6tnl_filter_open(&filter, table_name(role)) < 0)
		return;
	if (ip6tnl_filter_exists(&filter))
		remove_all(rtnl, role, &filter);
	ip6tnl_filter_close(&filter);
}

void ip6tnl_close(struct dataplane *dp, bool keep)
{
	if (!dp)
		return;
	dataplane_icmp_close(&dp->icmp);
	ip6tnl_unbound_close(&dp->unbound_socket);
	ip6tnl_narrow_close(dp, keep);
	ev_timer_stop(dp->loop, &dp->timer);
	if (!keep)
		remove_all(dp->rtnl, dp->role, &dp->filter);
	ip6tnl_filter_close(&dp->filter);
	dataplane_table_free(dp->table);
	dataplane_peers_free(&dp->peers);
	free(dp->extra);
	free(dp);
}

static void set_value(const char *name, const char *key, int value)
{
	char path[80];

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", name, key);
	rtnl_sysctl_set(path, value);
}

static int make_device(struct dataplane *dp)
{
	const char *name = device_name(dp->role);
	int rc;

	dp->mtu = MTU_STANDARD - OVERHEAD;
	rc = rtnl_tunnel_add(dp->rtnl, name, ALIAS, dp->mtu, &dp->ifindex);
	if (rc < 0) {
		log_err("data plane: cannot make the device %s: %s%s", name, strerror(-rc),
		        rc == -EEXIST ? " (another program has an ip6tnl device in external mode)"
		                      : "");
		return rc;
	}
	/* No link-local address, no Router Solicitations. */
	set_value(name, "addr_gen_mode", 1);
	set_value(name, "accept_ra", 0);
	return rtnl_link_set_up(dp->rtnl, dp->ifindex, true);
}

static void adopt(void *ctx, const struct mip6_addr *outer, const struct mip6_addr *addr,
                  const void *data, uint32_t size)
{
	struct dataplane *dp = ctx;
	struct dataplane_binding binding = {.home = mip6_prefix_make(addr, 128), .peer = *outer};
	struct dataplane_slot *s;
	struct kept kept;
	uint32_t slot;

	if (size < sizeof(kept))
		return;
	memcpy(&kept, data, sizeof(kept));
	binding.local = kept.local;
	if (!kept.current ||
	    dataplane_table_add(dp->table, &binding, DATAPLANE_TABLE_NONE, &slot) < 0)
		return;
	ip6tnl_local_use(dp, &binding.local);
	s = dataplane_table_get(dp->table, slot);
	s->outer_mtu = ip6tnl_standard_mtu(dp, &s->binding);
	if (s->outer_mtu < MTU_STANDARD) {
		/* Perhaps learnt, perhaps the link's: asked again when this ends. */
		s->mtu_until = clock_monotonic() + MTU_LIFETIME;
		ip6tnl_ends_at(dp, s->mtu_until);
	}
}

static void adopt_chain(void *ctx, const struct mip6_addr *outer, const struct mip6_addr *addr,
                        const void *data, uint32_t size)
{
	struct dataplane *dp = ctx;
	const struct mip6_prefix home = {.addr = *addr, .len = 128};
	struct dataplane_slot *s =
		dataplane_table_get(dp->table, dataplane_table_find(dp->table, &home));

	(void)data;
	(void)size;
	if (!s)
		return;
	s->binding.second = *outer;
	s->second_mtu = ip6tnl_second_mtu(&s->binding);
}

/* Pairs before a change, and those that have no room: remembered until the walk is over. */
struct doubtful {
	struct dataplane *dp;
	size_t count;
	struct {
		struct mip6_addr outer, addr;
	} v[32];
};

static void find_doubtful(void *ctx, const struct mip6_addr *outer, const struct mip6_addr *addr,
                          const void *data, uint32_t size)
{
	struct doubtful *d = ctx;
	const struct mip6_prefix home = mip6_prefix_make(addr, 128);
	const struct dataplane_slot *s =
		dataplane_table_get(d->dp->table, dataplane_table_find(d->dp->table, &home));

	(void)data;
	(void)size;
	if ((s && mip6_addr_equal(&s->binding.peer, outer)) ||
	    d->count == sizeof(d->v) / sizeof(d->v[0]))
		return;
	d->v[d->count].outer = *outer;
	d->v[d->count++].addr = *addr;
}

static int forget_doubtful(struct dataplane *dp)
{
	struct doubtful d;
	int rc;

	do {
		d = (struct doubtful){.dp = dp};
		rc = ip6tnl_filter_walk(&dp->filter, IP6TNL_ACCEPT, find_doubtful, &d);
		for (size_t i = 0; rc == 0 && i < d.count; i++) {
			ip6tnl_filter_begin(&dp->filter);
			ip6tnl_filter_delete(&dp->filter, IP6TNL_ACCEPT, &d.v[i].outer,
			                     &d.v[i].addr);
			rc = ip6tnl_filter_commit(&dp->filter);
		}
	} while (rc == 0 && d.count);
	return rc;
}

static void adopt_local(void *ctx, const struct mip6_addr *outer, const struct mip6_addr *addr,
                        const void *data, uint32_t size)
{
	struct dataplane *dp = ctx;

	(void)outer;
	(void)data;
	(void)size;
	if (!ip6tnl_local_find(dp, addr) && dp->local_count < LOCALS_MAX)
		dp->locals[dp->local_count++] = (struct local){.addr = *addr};
}

static int adopt_all(struct dataplane *dp, const struct rtnl_link *link)
{
	const struct ip6tnl_devices devices = ip6tnl_devices(dp->role, dp->chains);
	int rc = ip6tnl_filter_install(&dp->filter, dp->role, &devices, false);

	dp->ifindex = link->ifindex;
	dp->mtu = link->mtu;
	if (rc == 0)
		rc = ip6tnl_filter_walk(&dp->filter, IP6TNL_ACCEPT, adopt, dp);
	if (rc == 0)
		rc = ip6tnl_filter_walk(&dp->filter, IP6TNL_ANCHORS, adopt_chain, dp);
	if (rc == 0)
		rc = forget_doubtful(dp);
	if (rc == 0)
		rc = ip6tnl_filter_walk(&dp->filter, IP6TNL_LOCALS, adopt_local, dp);
	if (rc == 0)
		log_info("data plane: adopted bindings=%zu", dataplane_table_count(dp->table));
	return rc;
}

static bool unbound_arrived(void *ctx, const struct mip6_addr *outer_src,
                            const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src)
{
	struct dataplane *dp = ctx;
	const struct mip6_prefix home = {.addr = *inner_src, .len = 128};
	bool end = ip6tnl_local_find(dp, outer_dst) != NULL, ours = end;

	for (size_t i = 0; i < dp->home_prefix_count && !ours; i++)
		ours = mip6_prefix_contains(&dp->home_prefixes[i], inner_src);
	if (!ours || !mip6_addr_is_routable(inner_src) ||
	    dataplane_table_find(dp->table, &home) != DATAPLANE_TABLE_NONE)
		return false;
	if (!end)
		dp->elsewhere++;
	dp->unbound(dp->ctx, outer_src, outer_dst, inner_src);
	return true;
}

static int open_chains(struct dataplane *dp)
{
	char why[160];
	int rc = ip6tnl_probe_chains(why, sizeof(why));

	if (rc < 0) {
		log_err("data plane: no chains: %s", why);
		return rc;
	}
	return ip6tnl_narrow_device_up(dp);
}

static int open_parts(struct dataplane *dp, size_t max)
{
	const struct ip6tnl_devices devices = ip6tnl_devices(dp->role, dp->chains);
	struct rtnl_link link;
	bool adopted;
	int rc = dataplane_table_new(&dp->table, max);

	dp->extra = calloc(max, sizeof(*dp->extra));
	if (rc == 0 && !dp->extra)
		rc = -ENOMEM;
	if (rc == 0)
		rc = ip6tnl_filter_open(&dp->filter, table_name(dp->role));
	if (rc < 0)
		return rc;
	/* Nobody else has it open: one gateway in a network namespace. */
	if (dp->role == DATAPLANE_GATEWAY)
		rc = ip6tnl_narrow_device(dp, true);
	if (rc == 0 && dp->chains)
		rc = open_chains(dp);
	if (rc < 0)
		return rc;
	/* An earlier process of ours with the other data plane. */
	dataplane_objects_clean(dp->role);
	adopted = rtnl_link_by_name(dp->rtnl, device_name(dp->role), &link) == 0;
	if (adopted && !ip6tnl_filter_exists(&dp->filter)) {
		rtnl_link_remove(dp->rtnl, link.ifindex);
		adopted = false;
	}
	if (dp->role == DATAPLANE_WTRU)
		ip6tnl_forget_uplinks(dp->rtnl);
	if (adopted) {
		rc = adopt_all(dp, &link);
	} else {
		rc = ip6tnl_filter_install(&dp->filter, dp->role, &devices, true);
		dp->made = true;
		if (rc == 0)
			rc = make_device(dp);
	}
	if (rc == 0 && !mip6_addr_is_unspecified(&dp->local)) {
		ip6tnl_filter_begin(&dp->filter);
		if (!ip6tnl_local_find(dp, &dp->local)) {
			ip6tnl_local_put(dp, &dp->local);
			rc = ip6tnl_filter_commit(&dp->filter);
		}
		ip6tnl_local_use(dp, &dp->local);
	}
	if (rc == 0 && dp->role == DATAPLANE_GATEWAY)
		rc = rtnl_rule_set(dp->rtnl, &ip6tnl_home_rule);
	if (rc == 0 && dp->chains)
		rc = rtnl_rule_set(dp->rtnl, &ip6tnl_chain_rule);
	if (rc == 0)
		rc = dataplane_icmp_open(&dp->icmp);
	if (rc == 0 && dp->unbound)
		rc = ip6tnl_unbound_open(&dp->unbound_socket);
	ip6tnl_timer_set(dp, clock_monotonic() + DATAPLANE_GRACE);
	return rc;
}

int ip6tnl_open(struct dataplane **ret, const struct dataplane_config *config)
{
	struct dataplane *dp = calloc(1, sizeof(*dp));
	int rc;

	if (!dp)
		return -ENOMEM;
	dp->loop = config->loop;
	dp->rtnl = config->rtnl;
	dp->role = config->role;
	dp->chains = config->role == DATAPLANE_GATEWAY && config->chains;
	dp->ctx = config->ctx;
	dp->unbound = config->role == DATAPLANE_GATEWAY ? config->unbound : NULL;
	dp->mtu_changed = config->mtu_changed;
	dp->local = config->local;
	for (size_t i = 0; i < config->home_prefix_count && i < HOME_PREFIXES_MAX; i++)
		dp->home_prefixes[dp->home_prefix_count++] = config->home_prefixes[i];
	dp->icmp = (struct dataplane_icmp){.peers = &dp->peers,

	                                   .loop = config->loop,
	                                   .fd = -1,
	                                   .ctx = dp,
	                                   .too_big = ip6tnl_packet_too_big};
	dp->unbound_socket = (struct ip6tnl_unbound){
		.loop = config->loop, .fd = -1, .ctx = dp, .arrived = unbound_arrived};
	ip6tnl_narrow_init(dp);
	ip6tnl_timer_init(dp);
	rc = open_parts(dp, config->bindings_max);
	if (rc < 0) {
		ip6tnl_close(dp, !dp->made);
		return rc;
	}
	*ret = dp;
	return 0;
}
