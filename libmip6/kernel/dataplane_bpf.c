// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The BPF data plane: bindings live in a BPF hash that the programs on the links look up (bpf/), and in
 * a table of our own for everything that user space does with them. Needs no tunnel device and no kernel
 * with ip6_tunnel.
 *
 * Order matters when a gateway's binding comes and goes: the binding first, then its route; the other way
 * round at the end. So no packet meets a route without a binding.
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
#include "kernel/dataplane_bpf.h"
#include "kernel/dataplane_locals.h"

/* RFC 8201 section 4: not sooner than ten minutes. */
#define MTU_LIFETIME (600 * MIP6_S)
#define MTU_MIN 1280
#define MTU_STANDARD 1500
/* Slots looked at per timer turn, so that a million bindings do not stall the loop. */
#define SCAN_SLOTS 8192
/* Pause between two scans of a table that is larger. */
#define SCAN_PAUSE (30 * MIP6_S)

#define HOME_PREFIXES_MAX 16
/* As often as the programs report at most. */
#define UNBOUND_PAUSE (10 * MIP6_MS)

struct dataplane {
	struct ev_loop *loop;
	struct rtnl *rtnl;
	enum dataplane_role role;
	void *ctx;
	void (*unbound)(void *ctx, const struct mip6_addr *outer_src, const struct mip6_addr *outer_dst,
			const struct mip6_addr *inner_src);
	void (*mtu_changed)(void *ctx, const struct mip6_prefix *home, uint16_t mtu);
	struct mip6_addr local;
	struct mip6_prefix home_prefixes[HOME_PREFIXES_MAX];
	size_t home_prefix_count;
	mip6_time unbound_next; /* no call of unbound() before, for what user space saw itself */
	struct dataplane_objects objects;
	struct dataplane_table *table;
	struct dataplane_locals locals;
	struct dataplane_slow slow;
	struct dataplane_icmp icmp;
	struct dataplane_fragment fragment;
	int tun; /* WTRU: made when first needed */
	uint32_t tun_ifindex;
	struct dataplane_counters by_hand; /* what user space had to do itself */
	uint32_t lengths[128]; /* bindings by prefix length */
	size_t reduced;        /* bindings with a learnt MTU */
	uint32_t scan;         /* next slot to look at */
	mip6_time scan_next;   /* earliest end seen in this pass */
	struct ev_timer timer;
	struct ring_buffer *events;
	struct ev_io events_watcher;
};

static struct tunnel_addr to_words(const struct mip6_addr *addr)
{
	struct tunnel_addr words;

	memcpy(&words, addr, sizeof(words));
	return words;
}

static struct mip6_addr from_words(const struct tunnel_addr *words)
{
	struct mip6_addr addr;

	memcpy(&addr, words, sizeof(addr));
	return addr;
}

static struct tunnel_key key_of(const struct mip6_prefix *home)
{
	return (struct tunnel_key){.addr = to_words(&home->addr), .len = home->len};
}

/* Of inner packets. Never below the IPv6 minimum, which every sender may use (RFC 8200 section 5). */
static uint16_t inner_mtu(uint32_t outer_mtu)
{
	uint32_t mtu = outer_mtu - TUNNEL_OVERHEAD;

	if (mtu < MTU_MIN)
		mtu = MTU_MIN;
	return mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu;
}

/* Of inner packets whose outer packet goes whole. */
static uint16_t whole_mtu(uint32_t outer_mtu)
{
	uint32_t mtu = outer_mtu - TUNNEL_OVERHEAD;

	return mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu;
}

/* What the kernel knows about the path from here to the peer: route, link and learnt MTU. */
static uint32_t path_mtu_of_kernel(const struct mip6_addr *peer)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	socklen_t size = sizeof(mtu);

	memcpy(&to.sin6_addr, peer, 16);
	if (fd < 0)
		return MTU_STANDARD;
	/* Connecting a datagram socket sends nothing. */
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &size) < 0 || mtu < MTU_MIN)
		mtu = MTU_STANDARD;
	close(fd);
	return (uint32_t)mtu;
}

/* The WTRU's uplink: its link MTU, or what the router's MTU option made of it. */
static uint32_t link_mtu(uint32_t ifindex)
{
	char name[IF_NAMESIZE], path[64];
	int mtu;

	if (!ifindex || !if_indextoname(ifindex, name))
		return MTU_STANDARD;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/mtu", name);
	if (rtnl_sysctl_get(path, &mtu) < 0 || mtu < MTU_MIN)
		return MTU_STANDARD;
	return (uint32_t)mtu;
}

static uint32_t standard_mtu(const struct dataplane *dp, const struct dataplane_binding *binding)
{
	return dp->role == DATAPLANE_WTRU ? link_mtu(binding->ifindex)
					  : path_mtu_of_kernel(&binding->peer);
}

/* Write the slot's binding into the kernel. */
static int slot_publish(struct dataplane *dp, uint32_t slot)
{
	const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct tunnel_key key = key_of(&s->binding.home);
	struct tunnel_binding value = {
		.local = to_words(&s->binding.local),
		.peer = to_words(&s->binding.peer),
		.old_local = to_words(&s->old_local),
		.old_peer = to_words(&s->old_peer),
		.old_until = (uint64_t)s->old_until * 1000,
		.slot = slot,
		.link = s->binding.ifindex,
		.mtu = inner_mtu(s->outer_mtu),
		.whole = whole_mtu(s->outer_mtu),
	};

	return bpf_map_update_elem(dp->objects.bindings, &key, &value, BPF_ANY) < 0 ? -errno : 0;
}

/* The gateway's route for the slow path, if it is not there or has another MTU. */
static int slot_route(struct dataplane *dp, struct dataplane_slot *s)
{
	int rc;

	if (dp->role != DATAPLANE_GATEWAY || s->routed_mtu == s->outer_mtu)
		return 0;
	rc = dataplane_slow_set(&dp->slow, dp->rtnl, dp->objects.route, &s->binding.home, s->outer_mtu);
	if (rc == 0)
		s->routed_mtu = s->outer_mtu;
	return rc;
}

/* Tell the programs which prefix lengths exist besides 128, longest first. */
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
	return bpf_map_update_elem(dp->objects.settings, &zero, &settings, BPF_ANY) < 0 ? -errno : 0;
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

static void timer_set(struct dataplane *dp, mip6_time at)
{
	mip6_time now = clock_monotonic();

	if (at == MIP6_TIME_NEVER)
		return;
	if (ev_is_active(&dp->timer)) {
		double left = ev_timer_remaining(dp->loop, &dp->timer);

		if (now + (mip6_time)(left * 1e6) <= at)
			return;
		ev_timer_stop(dp->loop, &dp->timer);
	}
	ev_now_update(dp->loop);
	ev_timer_set(&dp->timer, at > now ? (double)(at - now) / 1e6 + 0.001 : 0., 0.);
	ev_timer_start(dp->loop, &dp->timer);
}

static int slot_set_mtu(struct dataplane *dp, uint32_t slot, uint32_t outer_mtu, mip6_time until)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	uint32_t before = s->outer_mtu;
	int rc, rc_route;

	if (until && !s->mtu_until)
		dp->reduced++;
	if (!until && s->mtu_until)
		dp->reduced--;
	s->mtu_until = until;
	s->outer_mtu = outer_mtu;
	rc = slot_publish(dp, slot);
	rc_route = slot_route(dp, s);
	if (outer_mtu != before && dp->mtu_changed) {
		struct mip6_prefix home = s->binding.home;

		dp->mtu_changed(dp->ctx, &home, inner_mtu(outer_mtu));
	}
	return rc < 0 ? rc : rc_route;
}

/* Learnt MTUs end; a part of the table per turn. Returns when to go on. */
static mip6_time scan_mtus(struct dataplane *dp, mip6_time now)
{
	uint32_t top = dataplane_table_top(dp->table);
	mip6_time next;

	if (!dp->reduced)
		return MIP6_TIME_NEVER;
	for (uint32_t i = 0; i < SCAN_SLOTS && dp->scan < top; i++, dp->scan++) {
		const struct dataplane_slot *s = dataplane_table_get(dp->table, dp->scan);

		if (!s || !s->mtu_until)
			continue;
		if (s->mtu_until <= now)
			slot_set_mtu(dp, dp->scan, standard_mtu(dp, &s->binding), 0);
		else if (s->mtu_until < dp->scan_next)
			dp->scan_next = s->mtu_until;
	}
	if (dp->scan < top)
		return now;
	next = dp->scan_next;
	dp->scan = 0;
	dp->scan_next = MIP6_TIME_NEVER;
	/* A large table is not walked for each single end. */
	if (top > SCAN_SLOTS && next < now + SCAN_PAUSE)
		next = now + SCAN_PAUSE;
	return dp->reduced ? next : MIP6_TIME_NEVER;
}

static void timer_due(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct dataplane *dp = timer->data;
	mip6_time now = clock_monotonic();
	mip6_time locals = dataplane_locals_expire(&dp->locals, now);
	mip6_time mtus = scan_mtus(dp, now);

	(void)loop;
	(void)revents;
	timer_set(dp, locals < mtus ? locals : mtus);
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
	ev_io_init(&dp->events_watcher, events_readable, ring_buffer__epoll_fd(dp->events), EV_READ);
	dp->events_watcher.data = dp;
	ev_io_start(dp->loop, &dp->events_watcher);
	return 0;
}

/* The binding that covers addr: the /128 or a shorter home prefix. */
static uint32_t slot_covering(const struct dataplane *dp, const struct mip6_addr *addr)
{
	struct mip6_prefix home = {.addr = *addr, .len = 128};
	uint32_t slot = dataplane_table_find(dp->table, &home);

	for (uint8_t len = 127; slot == DATAPLANE_TABLE_NONE && len > 0; len--) {
		if (!dp->lengths[len])
			continue;
		home = mip6_prefix_make(addr, len);
		slot = dataplane_table_find(dp->table, &home);
	}
	return slot;
}

static int set_path_mtu(struct dataplane *dp, const struct mip6_addr *peer, uint32_t outer_mtu)
{
	uint32_t slot = dataplane_table_first_of(dp->table, peer);
	mip6_time until = clock_monotonic() + MTU_LIFETIME;
	int ret = 0;

	if (outer_mtu < MTU_MIN)
		return -EINVAL;
	for (; slot != DATAPLANE_TABLE_NONE; slot = dataplane_table_next_of(dp->table, slot)) {
		int rc;

		if (dataplane_table_get(dp->table, slot)->outer_mtu < outer_mtu)
			continue; /* says nothing new */
		rc = slot_set_mtu(dp, slot, outer_mtu, until);
		if (rc < 0)
			ret = rc;
	}
	timer_set(dp, until);
	return ret;
}

static bool packet_too_big(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
			   uint32_t outer_mtu, const uint8_t *inner, size_t len, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *s;
	struct mip6_addr addr;
	uint32_t slot;

	(void)len;
	/* Believed only when the packet that it quotes is one that we may have sent. */
	memcpy(&addr, inner + (dp->role == DATAPLANE_WTRU ? 8 : 24), sizeof(addr));
	slot = slot_covering(dp, &addr);
	s = dataplane_table_get(dp->table, slot);
	if (!s || !mip6_addr_equal(&s->binding.local, src) || !mip6_addr_equal(&s->binding.peer, dst))
		return false;
	log_debug("data plane: path MTU peer=%s mtu=%u", addr_text(dst), outer_mtu);
	set_path_mtu(dp, dst, outer_mtu);
	/* A packet that the sender cannot make smaller is no matter for the sender (RFC 2473, 7.1). */
	*ret_mtu = inner_mtu(outer_mtu);
	return ((uint32_t)inner[4] << 8 | inner[5]) + 40 > *ret_mtu;
}

static bool slot_accepts(const struct dataplane_slot *s, const struct mip6_addr *src,
			 const struct mip6_addr *dst)
{
	if (mip6_addr_equal(&s->binding.peer, src) && mip6_addr_equal(&s->binding.local, dst))
		return true;
	return s->old_until > clock_monotonic() && mip6_addr_equal(&s->old_peer, src) &&
	       mip6_addr_equal(&s->old_local, dst);
}

/* The statistics of what user space did itself; BPF may lose a count against it. */
static void count_by_hand(struct dataplane *dp, uint32_t slot, size_t len, bool sent)
{
	struct tunnel_stats stats;

	if (sent)
		dp->by_hand.encapsulated++;
	else
		dp->by_hand.decapsulated++;
	if (bpf_map_lookup_elem(dp->objects.stats, &slot, &stats) < 0)
		return;
	if (sent) {
		stats.tx_packets++;
		stats.tx_bytes += len;
		stats.last_tx = (uint64_t)clock_monotonic() * 1000;
	} else {
		stats.rx_packets++;
		stats.rx_bytes += len;
	}
	bpf_map_update_elem(dp->objects.stats, &slot, &stats, BPF_ANY);
}

static bool tunnel_entry(void *ctx, const uint8_t *inner, size_t len, struct mip6_addr *ret_local,
			 struct mip6_addr *ret_peer, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *s;
	struct mip6_addr src, dst;
	uint32_t slot;

	memcpy(&src, inner + 8, sizeof(src));
	memcpy(&dst, inner + 24, sizeof(dst));
	slot = slot_covering(dp, dp->role == DATAPLANE_WTRU ? &src : &dst);
	s = dataplane_table_get(dp->table, slot);
	if (!s || !mip6_addr_is_routable(&src) || !mip6_addr_is_routable(&dst)) {
		dp->by_hand.drop_no_binding += !s;
		return false;
	}
	if (inner[6] == IPPROTO_IPV6 && dataplane_locals_has(&dp->locals, &src)) {
		dp->by_hand.drop_loop++;
		return false;
	}
	*ret_local = s->binding.local;
	*ret_peer = s->binding.peer;
	*ret_mtu = s->outer_mtu;
	count_by_hand(dp, slot, len, true);
	return true;
}

/*
 * A tunnelled packet for an address of ours that the programs do not know yet: after a restart without
 * bindings, say. From one of our homes all the same? Then the WTRU must be told.
 */
static void report_forgotten(struct dataplane *dp, const struct mip6_addr *src, const struct mip6_addr *dst,
			     const struct mip6_addr *inner_src)
{
	mip6_time now = clock_monotonic();
	size_t i = 0;

	while (i < dp->home_prefix_count && !mip6_prefix_contains(&dp->home_prefixes[i], inner_src))
		i++;
	if (i == dp->home_prefix_count || slot_covering(dp, inner_src) != DATAPLANE_TABLE_NONE)
		return;
	dp->by_hand.drop_no_binding++;
	if (!dp->unbound || now < dp->unbound_next)
		return;
	dp->unbound_next = now + UNBOUND_PAUSE;
	dp->unbound(dp->ctx, src, dst, inner_src);
}

/* The same checks as in bpf/, RFC 6275 sections 10.4.5 and 11.3.2. */
static bool tunnel_exit(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
			const uint8_t *inner, size_t len)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *s;
	struct mip6_addr inner_src, inner_dst;
	bool wtru = dp->role == DATAPLANE_WTRU;
	uint32_t slot;

	memcpy(&inner_src, inner + 8, sizeof(inner_src));
	memcpy(&inner_dst, inner + 24, sizeof(inner_dst));
	if (!dataplane_locals_has(&dp->locals, dst)) {
		report_forgotten(dp, src, dst, &inner_src);
		return false; /* or another tunnel of this host */
	}
	if (!mip6_addr_is_routable(&inner_src) || !mip6_addr_is_routable(&inner_dst) ||
	    ((size_t)inner[4] << 8 | inner[5]) + 40 != len) {
		dp->by_hand.drop_malformed++;
		return false;
	}
	slot = slot_covering(dp, wtru ? &inner_dst : &inner_src);
	s = dataplane_table_get(dp->table, slot);
	if (!s) {
		dp->by_hand.drop_no_binding++;
		return false;
	}
	if (!slot_accepts(s, src, dst) ||
	    (wtru && slot_covering(dp, &inner_src) != DATAPLANE_TABLE_NONE)) {
		dp->by_hand.drop_wrong_source++;
		return false;
	}
	if (inner[6] == IPPROTO_IPV6 && dataplane_locals_has(&dp->locals, &inner_dst)) {
		dp->by_hand.drop_loop++;
		return false;
	}
	count_by_hand(dp, slot, len, false);
	return true;
}

/* The device that packets by hand go through: the gateway has it, the WTRU makes it. */
static int tunnel_device(void *ctx)
{
	struct dataplane *dp = ctx;

	if (dp->role == DATAPLANE_GATEWAY)
		return dp->slow.tun;
	if (dp->tun < 0) {
		dp->tun = dataplane_tun_open("mip6-wtru", false, false, &dp->tun_ifindex);
		if (dp->tun >= 0)
			dataplane_fragment_device(&dp->fragment, dp->tun);
	}
	return dp->tun;
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
		if (s->outer_mtu < MTU_STANDARD) {
			/* Perhaps learnt, perhaps the link's: asked again when this ends. */
			s->mtu_until = clock_monotonic() + MTU_LIFETIME;
			dp->reduced++;
		}
	}
	if (have_bad)
		bpf_map_delete_elem(dp->objects.bindings, &bad);
	if (dp->reduced)
		timer_set(dp, clock_monotonic() + MTU_LIFETIME);
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
	free(dp);
}

static int open_parts(struct dataplane *dp, size_t max)
{
	bool adopted = false;
	int rc = dataplane_table_new(&dp->table, max);

	if (rc == 0)
		rc = dataplane_objects_load(&dp->objects, dp->role, max, &adopted);
	if (rc < 0)
		return rc;
	dp->locals.map = dp->objects.locals;
	if (adopted)
		adopt_bindings(dp);
	if (!mip6_addr_is_unspecified(&dp->local))
		rc = dataplane_locals_use(&dp->locals, &dp->local);
	if (rc == 0)
		rc = lengths_publish(dp);
	if (rc < 0)
		return rc;
	dataplane_locals_sync(&dp->locals);
	if (dp->role == DATAPLANE_GATEWAY)
		rc = dataplane_slow_open(&dp->slow, dp->rtnl, !adopted);
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
	for (size_t i = 0; i < config->home_prefix_count && i < HOME_PREFIXES_MAX; i++)
		dp->home_prefixes[dp->home_prefix_count++] = config->home_prefixes[i];
	dp->objects = (struct dataplane_objects)DATAPLANE_OBJECTS_NONE;
	dp->slow.tun = -1;
	dp->icmp = (struct dataplane_icmp){
		.loop = config->loop, .fd = -1, .ctx = dp, .too_big = packet_too_big};
	dp->fragment = (struct dataplane_fragment){
		.loop = config->loop, .tun = -1, .raw = -1, .out = -1, .ctx = dp,
		.entry = tunnel_entry, .exit = tunnel_exit, .device = tunnel_device};
	dp->tun = -1;
	dp->scan_next = MIP6_TIME_NEVER;
	ev_timer_init(&dp->timer, timer_due, 0., 0.);
	dp->timer.data = dp;
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
	s->outer_mtu = standard_mtu(dp, binding);
	bpf_map_update_elem(dp->objects.stats, &slot, &nothing, BPF_ANY);
	rc = length_use(dp, binding->home.len);
	if (rc < 0)
		goto fail_length;
	rc = dataplane_locals_use(&dp->locals, &binding->local);
	if (rc < 0)
		goto fail_local;
	rc = slot_publish(dp, slot);
	if (rc < 0)
		goto fail_publish;
	rc = slot_route(dp, s);
	if (rc == 0)
		return 0;
	bpf_map_delete_elem(dp->objects.bindings, &(struct tunnel_key){
		.addr = to_words(&binding->home.addr), .len = binding->home.len});
fail_publish:
	dataplane_locals_unuse(&dp->locals, &binding->local, 0);
fail_local:
	length_unuse(dp, binding->home.len);
fail_length:
	dataplane_table_remove(dp->table, slot);
	return rc;
}

static int binding_change(struct dataplane *dp, uint32_t slot, const struct dataplane_binding *binding)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct dataplane_binding old = s->binding;
	mip6_time now = clock_monotonic();
	int rc;

	if (mip6_addr_equal(&old.local, &binding->local) && mip6_addr_equal(&old.peer, &binding->peer)) {
		s->binding = *binding;
		if (old.ifindex == binding->ifindex)
			return slot_route(dp, s);
		if (!s->mtu_until)
			s->outer_mtu = standard_mtu(dp, binding);
		rc = slot_publish(dp, slot);
		return rc < 0 ? rc : slot_route(dp, s);
	}
	rc = dataplane_locals_use(&dp->locals, &binding->local);
	if (rc < 0)
		return rc;
	dataplane_table_set(dp->table, slot, binding);
	s->old_local = old.local;
	s->old_peer = old.peer;
	s->old_until = now + DATAPLANE_GRACE;
	/* Another path: what was learnt about the old one is void. */
	rc = slot_set_mtu(dp, slot, standard_mtu(dp, binding), 0);
	dataplane_locals_unuse(&dp->locals, &old.local, now);
	timer_set(dp, now + DATAPLANE_GRACE);
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
	dataplane_locals_unuse(&dp->locals, &s->binding.local, now);
	length_unuse(dp, home->len);
	dataplane_table_remove(dp->table, slot);
	timer_set(dp, now + DATAPLANE_GRACE);
	return ret;
}

static int bpf_list(struct dataplane *dp, void (*each)(void *ctx, const struct dataplane_binding *binding),
		    void *ctx)
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

static int bpf_stats(struct dataplane *dp, const struct mip6_prefix *home, struct dataplane_stats *ret)
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
		.mtu = inner_mtu(s->outer_mtu),
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
	ret->mtu = inner_mtu(s->outer_mtu);
	/* A path too narrow for whole outer packets: all goes through user space. */
	if (whole_mtu(s->outer_mtu) < ret->mtu) {
		if (tunnel_device(dp) < 0)
			return dp->tun;
		ret->ifindex = dp->tun_ifindex;
		ret->gateway = (struct mip6_addr){0};
	}
	return 0;
}

const struct dataplane_ops dataplane_bpf = {
	.name = "bpf",
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
	.path_mtu = set_path_mtu,
	.close = bpf_close,
};
