// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The BPF data plane: bindings live in a BPF hash that the programs on the links look up (bpf/),
 * and in a table of our own for everything that user space does with them. Needs no tunnel device
 * and no kernel with ip6_tunnel.
 *
 * Order matters when a gateway's binding comes and goes: the binding first, then its route; the
 * other way round at the end. So no packet meets a route without a binding.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane_bpf_state.h"

/* Tell the programs which prefix lengths exist besides 128, longest first, and which device is ours. */
static int lengths_publish(struct dataplane *dp)
{
	struct tunnel_settings settings;
	uint32_t zero = 0;
	size_t used = 0;

	if (bpf_map_lookup_elem(dp->objects.settings, &zero, &settings) < 0)
		return -errno;
	memset(settings.lengths, 0, sizeof(settings.lengths));
	for (uint32_t len = 127; len > 0; len--) {
		if (!dp->lengths[len])
			continue;
		if (used == TUNNEL_LENGTHS)
			return -ENOSPC;
		settings.lengths[used++] = len;
	}
	settings.layout = TUNNEL_LAYOUT;
	settings.device = dp->slow.ifindex;
	return bpf_map_update_elem(dp->objects.settings, &zero, &settings, BPF_ANY) < 0 ? -errno
	                                                                                : 0;
}

static int length_use(struct dataplane *dp, uint8_t len)
{
	int rc = 0;

	if (len < 128 && dp->lengths[len]++ == 0) {
		rc = lengths_publish(dp);
		if (rc < 0)
			dp->lengths[len]--;
	}
	return rc;
}

static void length_unuse(struct dataplane *dp, uint8_t len)
{
	if (len < 128 && --dp->lengths[len] == 0)
		lengths_publish(dp);
}

static int event_arrived(void *ctx, void *data, size_t size)
{
	struct dataplane *dp = ctx;
	struct tunnel_event event;
	struct mip6_addr outer_src, outer_dst, inner_src;

	if (size < sizeof(event))
		return 0;
	memcpy(&event, data, sizeof(event));
	outer_src = from_words(&event.outer_src);
	outer_dst = from_words(&event.outer_dst);
	inner_src = from_words(&event.inner_src);
	dp->unbound(dp->ctx, &outer_src, &outer_dst, &inner_src);
	return 0;
}

static void events_readable(struct ev_loop *loop, struct ev_io *watcher, int revents)
{
	struct dataplane *dp = watcher->data;

	(void)loop;
	(void)revents;
	ring_buffer__consume(dp->events);
}

static int events_open(struct dataplane *dp)
{
	if (dp->objects.events < 0 || !dp->unbound)
		return 0;
	dp->events = ring_buffer__new(dp->objects.events, event_arrived, dp, NULL);
	if (!dp->events)
		return -errno;
	ev_io_init(&dp->events_watcher, events_readable, ring_buffer__epoll_fd(dp->events),
	           EV_READ);
	dp->events_watcher.data = dp;
	ev_io_start(dp->loop, &dp->events_watcher);
	return 0;
}

/* Take the bindings that the adopted map holds into the table. */
static void adopt_bindings(struct dataplane *dp)
{
	struct tunnel_key key, *previous = NULL, bad;
	bool have_bad = false;

	while (bpf_map_get_next_key(dp->objects.bindings, previous, &key) == 0) {
		struct dataplane_binding binding = {0};
		struct dataplane_slot *s;
		struct tunnel_binding value;
		uint32_t slot;

		/* Deleting the key that iteration stands on would start it again. */
		if (have_bad)
			bpf_map_delete_elem(dp->objects.bindings, &bad);
		have_bad = false;
		previous = &key;
		if (bpf_map_lookup_elem(dp->objects.bindings, &key, &value) < 0)
			continue;
		binding.home.addr = from_words(&key.addr);
		binding.home.len = (uint8_t)key.len;
		binding.local = from_words(&value.local);
		binding.peer = from_words(&value.peer);
		binding.second = from_words(&value.second);
		binding.ifindex = value.link;
		if (dataplane_table_add(dp->table, &binding, value.slot, &slot) < 0 ||
		    dataplane_locals_use(&dp->locals, &binding.local) < 0) {
			bad = key;
			have_bad = true;
			continue;
		}
		if (key.len < 128)
			dp->lengths[key.len]++;
		s = dataplane_table_get(dp->table, slot);
		s->outer_mtu = value.whole + (uint32_t)TUNNEL_OVERHEAD;
		s->old_local = from_words(&value.old_local);
		s->old_peer = from_words(&value.old_peer);
		s->old_until = (mip6_time)(value.old_until / 1000);
		if (s->outer_mtu < DATAPLANE_MTU_STANDARD) {
			/* Perhaps learnt, perhaps the link's: asked again when this ends. */
			dataplane_mtu_adopted(dp, s);
		}
	}
	if (have_bad)
		bpf_map_delete_elem(dp->objects.bindings, &bad);
}

static void reattach(void *ctx, uint32_t ifindex)
{
	struct dataplane *dp = ctx;

	dataplane_tc_attach(&dp->objects, dp->role, ifindex);
}

static void detach(void *ctx, uint32_t ifindex)
{
	struct dataplane *dp = ctx;

	dataplane_tc_detach(&dp->objects, dp->role, ifindex);
}

static void bpf_close(struct dataplane *dp, bool keep)
{
	if (!dp)
		return;
	if (!keep && dp->objects.bindings >= 0)
		dataplane_tc_each(dp->role, detach, dp);
	dataplane_icmp_close(&dp->icmp);
	dataplane_fragment_close(&dp->fragment);
	dataplane_slow_close(&dp->slow, dp->rtnl, keep);
	if (dp->tun >= 0)
		dataplane_tun_close(dp->tun, false);
	if (dp->events) {
		ev_io_stop(dp->loop, &dp->events_watcher);
		ring_buffer__free(dp->events);
	}
	ev_timer_stop(dp->loop, &dp->timer);
	dataplane_objects_close(&dp->objects);
	dataplane_table_free(dp->table);
	dataplane_peers_free(&dp->peers);
	free(dp);
}

static int open_parts(struct dataplane *dp, size_t max)
{
	bool adopted = false;
	int rc = dataplane_table_new(&dp->table, max);

	/* An earlier process of ours with the other data plane. */
	dataplane_ip6tnl_clean(dp->rtnl, dp->role);
	if (rc == 0)
		rc = dataplane_objects_load(&dp->objects, dp->role, max, &adopted);
	if (rc < 0)
		return rc;
	dp->locals.map = dp->objects.locals;
	if (adopted)
		adopt_bindings(dp);
	if (!mip6_addr_is_unspecified(&dp->local))
		rc = dataplane_locals_use(&dp->locals, &dp->local);
	if (rc < 0)
		return rc;
	dataplane_locals_sync(&dp->locals);
	if (dp->role == DATAPLANE_GATEWAY)
		rc = dataplane_slow_open(&dp->slow, dp->rtnl, !adopted);
	if (rc == 0)
		rc = lengths_publish(dp);
	if (rc == 0)
		rc = dataplane_icmp_open(&dp->icmp);
	if (rc == 0)
		rc = dataplane_fragment_open(&dp->fragment);
	if (rc == 0 && dp->slow.tun >= 0)
		dataplane_fragment_device(&dp->fragment, dp->slow.tun);
	if (rc == 0)
		rc = events_open(dp);
	/* Only now the new programs: everything that they look up is there. */
	if (rc == 0)
		dataplane_tc_each(dp->role, adopted ? reattach : detach, dp);
	if (rc == 0 && adopted)
		log_info("data plane: adopted bindings=%zu", dataplane_table_count(dp->table));
	return rc;
}

static int bpf_open(struct dataplane **ret, const struct dataplane_config *config)
{
	struct dataplane *dp = calloc(1, sizeof(*dp));
	int rc;

	if (!dp)
		return -ENOMEM;
	dp->loop = config->loop;
	dp->rtnl = config->rtnl;
	dp->role = config->role;
	dp->ctx = config->ctx;
	dp->unbound = config->unbound;
	dp->mtu_changed = config->mtu_changed;
	dp->local = config->local;
	for (size_t i = 0; i < config->home_prefix_count && i < DATAPLANE_HOMES_MAX; i++)
		dp->home_prefixes[dp->home_prefix_count++] = config->home_prefixes[i];
	dp->objects = (struct dataplane_objects)DATAPLANE_OBJECTS_NONE;
	dp->slow.tun = -1;
	dp->icmp = (struct dataplane_icmp){
		.peers = &dp->peers,
		.loop = config->loop,
		.fd = -1,
		.ctx = dp,
		.too_big = dataplane_packet_too_big,
		.tunnelled = dataplane_packet_is_tunnelled,
	};
	dp->fragment = (struct dataplane_fragment){.loop = config->loop,
	                                           .tun = -1,
	                                           .raw = -1,
	                                           .out = -1,
	                                           .ctx = dp,
	                                           .entry = dataplane_hand_entry,
	                                           .exit = dataplane_hand_exit,
	                                           .second = dataplane_hand_second,
	                                           .chain = dataplane_hand_chain,
	                                           .device = dataplane_hand_device};
	dp->tun = -1;
	dataplane_timer_init(dp);
	rc = open_parts(dp, config->bindings_max);
	if (rc < 0) {
		bpf_close(dp, true);
		return rc;
	}
	*ret = dp;
	return 0;
}

static int bpf_probe(enum dataplane_role role, char *ret_why, size_t size)
{
	return dataplane_objects_probe(role, ret_why, size);
}

static int bpf_attach(struct dataplane *dp, uint32_t ifindex)
{
	return dataplane_tc_attach(&dp->objects, dp->role, ifindex);
}

static int bpf_detach(struct dataplane *dp, uint32_t ifindex)
{
	return dataplane_tc_detach(&dp->objects, dp->role, ifindex);
}

static int binding_add(struct dataplane *dp, const struct dataplane_binding *binding)
{
	static const struct tunnel_stats nothing;
	struct dataplane_slot *s;
	uint32_t slot;
	int rc = dataplane_table_add(dp->table, binding, DATAPLANE_TABLE_NONE, &slot);

	if (rc < 0)
		return rc;
	s = dataplane_table_get(dp->table, slot);
	s->outer_mtu = dataplane_standard_mtu(dp, binding);
	bpf_map_update_elem(dp->objects.stats, &slot, &nothing, BPF_ANY);
	rc = length_use(dp, binding->home.len);
	if (rc < 0)
		goto fail_length;
	rc = dataplane_locals_use(&dp->locals, &binding->local);
	if (rc < 0)
		goto fail_local;
	rc = dataplane_slot_publish(dp, slot);
	if (rc < 0)
		goto fail_publish;
	rc = dataplane_slot_route(dp, s);
	if (rc == 0)
		return 0;
	bpf_map_delete_elem(dp->objects.bindings,
	                    &(struct tunnel_key){.addr = to_words(&binding->home.addr),
	                                         .len = binding->home.len});
fail_publish:
	dataplane_locals_unuse(&dp->locals, &binding->local, 0);
fail_local:
	length_unuse(dp, binding->home.len);
fail_length:
	dataplane_table_remove(dp->table, slot);
	return rc;
}

static int binding_change(struct dataplane *dp, uint32_t slot,
                          const struct dataplane_binding *binding)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct dataplane_binding old = s->binding;
	mip6_time now = clock_monotonic();
	int rc;

	if (mip6_addr_equal(&old.local, &binding->local) &&
	    mip6_addr_equal(&old.peer, &binding->peer)) {
		s->binding = *binding;
		if (old.ifindex == binding->ifindex &&
		    mip6_addr_equal(&old.second, &binding->second))
			return dataplane_slot_route(dp, s);
		if (!s->mtu_until)
			s->outer_mtu = dataplane_standard_mtu(dp, binding);
		dataplane_second_mtu(dp, s, 0, 0);
		rc = dataplane_slot_publish(dp, slot);
		return rc < 0 ? rc : dataplane_slot_route(dp, s);
	}
	rc = dataplane_locals_use(&dp->locals, &binding->local);
	if (rc < 0)
		return rc;
	dataplane_table_set(dp->table, slot, binding);
	s->old_local = old.local;
	s->old_peer = old.peer;
	s->old_until = now + DATAPLANE_GRACE;
	if (!mip6_addr_equal(&old.second, &binding->second))
		dataplane_second_mtu(dp, s, 0, 0);
	/* Another path: what was learnt about the old one is void. */
	rc = dataplane_slot_set_mtu(dp, slot, dataplane_standard_mtu(dp, binding), 0);
	dataplane_locals_unuse(&dp->locals, &old.local, now);
	dataplane_timer_set(dp, now + DATAPLANE_GRACE);
	return rc;
}

static int bpf_want_binding(struct dataplane *dp, const struct dataplane_binding *binding)
{
	struct mip6_prefix home = mip6_prefix_make(&binding->home.addr, binding->home.len);
	uint32_t slot;

	if (home.len == 0 || !mip6_prefix_equal(&home, &binding->home) ||
	    (dp->role == DATAPLANE_WTRU && home.len != 128) || !mip6_addr_is_routable(&home.addr) ||
	    !mip6_addr_is_routable(&binding->local) || !mip6_addr_is_routable(&binding->peer))
		return -EINVAL;
	slot = dataplane_table_find(dp->table, &home);
	return slot == DATAPLANE_TABLE_NONE ? binding_add(dp, binding)
	                                    : binding_change(dp, slot, binding);
}

static int bpf_unwant_binding(struct dataplane *dp, const struct mip6_prefix *home)
{
	uint32_t slot = dataplane_table_find(dp->table, home);
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct tunnel_key key = key_of(home);
	mip6_time now = clock_monotonic();
	int ret = 0, rc;

	if (!s)
		return 0;
	if (dp->role == DATAPLANE_GATEWAY)
		ret = dataplane_slow_remove(&dp->slow, dp->rtnl, home);
	rc = bpf_map_delete_elem(dp->objects.bindings, &key) < 0 ? -errno : 0;
	if (rc < 0 && rc != -ENOENT)
		ret = rc;
	if (s->mtu_until)
		dp->reduced--;
	if (s->second_until)
		dp->reduced--;
	dataplane_locals_unuse(&dp->locals, &s->binding.local, now);
	length_unuse(dp, home->len);
	dataplane_table_remove(dp->table, slot);
	dataplane_timer_set(dp, now + DATAPLANE_GRACE);
	return ret;
}

static int bpf_list(struct dataplane *dp,
                    void (*each)(void *ctx, const struct dataplane_binding *binding), void *ctx)
{
	for (uint32_t slot = 0; slot < dataplane_table_top(dp->table); slot++) {
		const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
		struct dataplane_binding binding;

		if (!s)
			continue;
		binding = s->binding; /* `each` may unwant it */
		each(ctx, &binding);
	}
	return 0;
}

static int bpf_stats(struct dataplane *dp, const struct mip6_prefix *home,
                     struct dataplane_stats *ret)
{
	uint32_t slot = dataplane_table_find(dp->table, home);
	const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct tunnel_stats stats;

	if (!s)
		return -ENOENT;
	if (bpf_map_lookup_elem(dp->objects.stats, &slot, &stats) < 0)
		return -errno;
	*ret = (struct dataplane_stats){
		.tx_packets = stats.tx_packets,
		.tx_bytes = stats.tx_bytes,
		.rx_packets = stats.rx_packets,
		.rx_bytes = stats.rx_bytes,
		.last_tx = (mip6_time)(stats.last_tx / 1000),
		.mtu = dataplane_inner_mtu(s->outer_mtu),
	};
	return 0;
}

static int bpf_counters(struct dataplane *dp, struct dataplane_counters *ret)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t sums[TUNNEL_COUNTERS] = {0}, *values;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (uint32_t which = 0; which < TUNNEL_COUNTERS; which++) {
		if (bpf_map_lookup_elem(dp->objects.counters, &which, values) < 0) {
			free(values);
			return -errno;
		}
		for (int cpu = 0; cpu < cpus; cpu++)
			sums[which] += values[cpu];
	}
	free(values);
	*ret = (struct dataplane_counters){
		.drop_no_binding = sums[TUNNEL_DROP_NO_BINDING] + dp->by_hand.drop_no_binding,
		.drop_wrong_source = sums[TUNNEL_DROP_WRONG_SOURCE] + dp->by_hand.drop_wrong_source,
		.drop_malformed = sums[TUNNEL_DROP_MALFORMED] + dp->by_hand.drop_malformed,
		.drop_multicast = sums[TUNNEL_DROP_MULTICAST],
		.drop_loop = sums[TUNNEL_DROP_LOOP] + dp->by_hand.drop_loop,
		.drop_unprotected = sums[TUNNEL_DROP_UNPROTECTED],
		.drop_failed = sums[TUNNEL_DROP_FAILED],
		.too_big = sums[TUNNEL_TOO_BIG],
		.encapsulated = sums[TUNNEL_ENCAPSULATED] + dp->by_hand.encapsulated,
		.decapsulated = sums[TUNNEL_DECAPSULATED] + dp->by_hand.decapsulated,
	};
	return 0;
}

static int bpf_route(struct dataplane *dp, const struct mip6_prefix *home, struct rtnl_route *ret)
{
	const struct dataplane_slot *s =
		dataplane_table_get(dp->table, dataplane_table_find(dp->table, home));

	if (!s)
		return -ENOENT;
	ret->ifindex = s->binding.ifindex;
	ret->gateway = s->binding.router;
	ret->mtu = dataplane_inner_mtu(s->outer_mtu);
	/* A path too narrow for whole outer packets: all goes through user space. */
	if (dataplane_whole_mtu(s->outer_mtu) < ret->mtu) {
		if (dataplane_hand_device(dp) < 0)
			return dp->tun;
		ret->ifindex = dp->tun_ifindex;
		ret->gateway = (struct mip6_addr){0};
	}
	return 0;
}

const struct dataplane_ops dataplane_bpf = {
	.name = "bpf",
	.by_source = true,
	.probe = bpf_probe,
	.open = bpf_open,
	.attach = bpf_attach,
	.detach = bpf_detach,
	.want_binding = bpf_want_binding,
	.unwant_binding = bpf_unwant_binding,
	.list = bpf_list,
	.stats = bpf_stats,
	.counters = bpf_counters,
	.route = bpf_route,
	.path_mtu = dataplane_path_mtu,
	.protect = dataplane_protect,
	.close = bpf_close,
};
