// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bindings of the BPF data plane in the kernel, and their MTU: the link's, or what Packet Too Big
 * taught, which ends after a while (RFC 2473 section 7, RFC 8201). One timer for all, no wake-up
 * without need.
 */
#include <errno.h>

#include <bpf/bpf.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane_bpf_state.h"
#include "kernel/dataplane_path.h"
#include "kernel/xfrm.h"

/* RFC 8201 section 4: not sooner than ten minutes. */
#define MTU_LIFETIME (600 * MIP6_S)
/* Slots looked at per timer turn, so that a million bindings do not stall the loop. */
#define SCAN_SLOTS 8192
/* Pause between two scans of a table that is larger. */
#define SCAN_PAUSE (30 * MIP6_S)

uint32_t dataplane_standard_mtu(const struct dataplane *dp, const struct dataplane_binding *binding)
{
	return dp->role == DATAPLANE_WTRU ? dataplane_mtu_of_link(binding->ifindex)
	                                  : dataplane_mtu_of_path(&binding->local, &binding->peer);
}

/* Write the slot's binding into the kernel. */
int dataplane_slot_publish(struct dataplane *dp, uint32_t slot)
{
	const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct tunnel_key key = key_of(&s->binding.home);
	struct tunnel_binding value = {
		.local = to_words(&s->binding.local),
		.peer = to_words(&s->binding.peer),
		.old_local = to_words(&s->old_local),
		.old_peer = to_words(&s->old_peer),
		.old_until = (uint64_t)s->old_until * 1000,
		.second = to_words(&s->binding.second),
		.slot = slot,
		.link = s->binding.ifindex,
		.mtu = dataplane_inner_mtu(s->outer_mtu),
		.whole = dataplane_whole_mtu(s->outer_mtu),
		.second_whole = s->second_mtu ? dataplane_whole_mtu(s->second_mtu) : 0,
	};

	return bpf_map_update_elem(dp->objects.bindings, &key, &value, BPF_ANY) < 0 ? -errno : 0;
}

void dataplane_second_mtu(struct dataplane *dp, struct dataplane_slot *s, uint32_t outer_mtu,
                          mip6_time until)
{
	if (until && !s->second_until)
		dp->reduced++;
	if (!until && s->second_until)
		dp->reduced--;
	s->second_mtu = outer_mtu;
	s->second_until = until;
}

/* The gateway's route for the slow path, if it is not there or has another MTU. */
int dataplane_slot_route(struct dataplane *dp, struct dataplane_slot *s)
{
	int rc;

	if (dp->role != DATAPLANE_GATEWAY || s->routed_mtu == s->outer_mtu)
		return 0;
	rc = dataplane_slow_set(&dp->slow, dp->rtnl, dp->objects.route, &s->binding.home,
	                        s->outer_mtu);
	if (rc == 0)
		s->routed_mtu = s->outer_mtu;
	return rc;
}

void dataplane_timer_set(struct dataplane *dp, mip6_time at)
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

int dataplane_slot_set_mtu(struct dataplane *dp, uint32_t slot, uint32_t outer_mtu, mip6_time until)
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
	rc = dataplane_slot_publish(dp, slot);
	rc_route = dataplane_slot_route(dp, s);
	if (outer_mtu != before && dp->mtu_changed) {
		struct mip6_prefix home = s->binding.home;

		dp->mtu_changed(dp->ctx, &home, dataplane_inner_mtu(outer_mtu));
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
		struct dataplane_slot *s = dataplane_table_get(dp->table, dp->scan);

		if (s && s->second_until && s->second_until <= now) {
			dataplane_second_mtu(dp, s, 0, 0);
			dataplane_slot_publish(dp, dp->scan);
		} else if (s && s->second_until && s->second_until < dp->scan_next) {
			dp->scan_next = s->second_until;
		}
		if (!s || !s->mtu_until)
			continue;
		if (s->mtu_until <= now)
			dataplane_slot_set_mtu(dp, dp->scan,
			                       dataplane_standard_mtu(dp, &s->binding), 0);
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
	dataplane_timer_set(dp, locals < mtus ? locals : mtus);
}

void dataplane_timer_init(struct dataplane *dp)
{
	dp->scan_next = MIP6_TIME_NEVER;
	ev_timer_init(&dp->timer, timer_due, 0., 0.);
	dp->timer.data = dp;
}

void dataplane_mtu_adopted(struct dataplane *dp, struct dataplane_slot *s)
{
	s->mtu_until = clock_monotonic() + MTU_LIFETIME;
	dp->reduced++;
	dataplane_timer_set(dp, s->mtu_until);
}

/* The binding that covers addr: the /128 or a shorter home prefix. */
uint32_t dataplane_slot_covering(const struct dataplane *dp, const struct mip6_addr *addr)
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

/* Tunnels with these have another MTU now. */
static void ask_again(struct dataplane *dp, const struct mip6_addr *peer)
{
	uint32_t slot = dataplane_table_first_of(dp->table, peer);

	for (; slot != DATAPLANE_TABLE_NONE; slot = dataplane_table_next_of(dp->table, slot)) {
		const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);

		dataplane_slot_set_mtu(dp, slot, dataplane_standard_mtu(dp, &s->binding), 0);
	}
}

static int publish_peers(struct dataplane *dp, const struct mip6_addr *peers, size_t count)
{
	struct tunnel_settings settings;
	uint32_t zero = 0, one = 1;

	for (size_t i = 0; i < dp->peers.count; i++) {
		struct tunnel_addr key = to_words(&dp->peers.v[i]);

		bpf_map_delete_elem(dp->objects.peers, &key);
	}
	for (size_t i = 0; i < count; i++) {
		struct tunnel_addr key = to_words(&peers[i]);

		if (bpf_map_update_elem(dp->objects.peers, &key, &one, BPF_ANY) < 0)
			return -errno;
	}
	if (bpf_map_lookup_elem(dp->objects.settings, &zero, &settings) < 0)
		return -errno;
	settings.peers = (uint32_t)count;
	settings.reqid = XFRM_REQID_GATEWAY;
	return bpf_map_update_elem(dp->objects.settings, &zero, &settings, BPF_ANY) < 0 ? -errno
	                                                                                : 0;
}

int dataplane_protect(struct dataplane *dp, const struct mip6_addr *peers, size_t count)
{
	struct dataplane_peers before = dp->peers;
	int rc;

	if (dp->role != DATAPLANE_GATEWAY || count > DATAPLANE_PEERS_MAX)
		return -EINVAL;
	rc = publish_peers(dp, peers, count);
	if (rc < 0)
		return rc;
	dp->peers = (struct dataplane_peers){0};
	rc = dataplane_peers_set(&dp->peers, peers, count);
	for (size_t i = 0; i < count; i++)
		if (!dataplane_peers_has(&before, &peers[i]))
			ask_again(dp, &peers[i]);
	for (size_t i = 0; i < before.count; i++)
		if (!dataplane_peers_has(&dp->peers, &before.v[i]))
			ask_again(dp, &before.v[i]);
	dataplane_peers_free(&before);
	return rc;
}

int dataplane_path_mtu(struct dataplane *dp, const struct mip6_addr *peer, uint32_t outer_mtu)
{
	uint32_t slot = dataplane_table_first_of(dp->table, peer);
	mip6_time until = clock_monotonic() + MTU_LIFETIME;
	int ret = 0;

	if (outer_mtu < DATAPLANE_MTU_MIN)
		return -EINVAL;
	for (; slot != DATAPLANE_TABLE_NONE; slot = dataplane_table_next_of(dp->table, slot)) {
		int rc;

		if (dataplane_table_get(dp->table, slot)->outer_mtu < outer_mtu)
			continue; /* says nothing new */
		rc = dataplane_slot_set_mtu(dp, slot, outer_mtu, until);
		if (rc < 0)
			ret = rc;
	}
	dataplane_timer_set(dp, until);
	return ret;
}

/* The binding by whose second tunnel, from src to dst, inner came from the WTRU of a chain; or
 * NONE. */
static uint32_t second_slot(const struct dataplane *dp, const struct mip6_addr *src,
                            const struct mip6_addr *dst, const uint8_t *inner)
{
	struct mip6_addr hoa;
	const struct dataplane_slot *s;
	uint32_t slot;

	memcpy(&hoa, inner + 8, sizeof(hoa));
	slot = dataplane_slot_covering(dp, &hoa);
	s = dataplane_table_get(dp->table, slot);
	return s && !mip6_addr_is_unspecified(dst) && mip6_addr_equal(&s->binding.local, src) &&
	                       mip6_addr_equal(&s->binding.second, dst)
	               ? slot
	               : DATAPLANE_TABLE_NONE;
}

/* Is inner, by its addresses, one that we may have sent from src to dst? */
static bool in_first_tunnel(const struct dataplane *dp, const struct mip6_addr *src,
                            const struct mip6_addr *dst, const uint8_t *inner)
{
	const struct dataplane_slot *s;
	struct mip6_addr addr;

	memcpy(&addr, inner + (dp->role == DATAPLANE_WTRU ? 8 : 24), sizeof(addr));
	s = dataplane_table_get(dp->table, dataplane_slot_covering(dp, &addr));
	return s && mip6_addr_equal(&s->binding.local, src) &&
	       mip6_addr_equal(&s->binding.peer, dst);
}

bool dataplane_packet_is_tunnelled(void *ctx, const struct mip6_addr *src,
                                   const struct mip6_addr *dst, const uint8_t *inner)
{
	const struct dataplane *dp = ctx;

	return in_first_tunnel(dp, src, dst, inner) ||
	       (dp->role == DATAPLANE_GATEWAY &&
	        second_slot(dp, src, dst, inner) != DATAPLANE_TABLE_NONE);
}

/*
 * One that came from the WTRU of a chain, on its way to the anchor: the WTRU must send less. What
 * it cannot make smaller goes in fragments.
 */
static bool too_big_for_second(struct dataplane *dp, const struct mip6_addr *src,
                               const struct mip6_addr *dst, uint32_t outer_mtu,
                               const uint8_t *inner, uint32_t *ret_mtu)
{
	uint32_t slot = second_slot(dp, src, dst, inner);
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);

	if (!s)
		return false;
	if (outer_mtu >= DATAPLANE_MTU_MIN && outer_mtu < DATAPLANE_MTU_MIN + TUNNEL_OVERHEAD &&
	    (!s->second_mtu || outer_mtu < s->second_mtu)) {
		mip6_time until = clock_monotonic() + MTU_LIFETIME;

		log_debug("data plane: path MTU anchor=%s mtu=%u", addr_text(dst), outer_mtu);
		dataplane_second_mtu(dp, s, outer_mtu, until);
		dataplane_slot_publish(dp, slot);
		dataplane_timer_set(dp, until);
	}
	*ret_mtu = dataplane_inner_mtu(outer_mtu);
	return ((uint32_t)inner[4] << 8 | inner[5]) + 40 > *ret_mtu;
}

bool dataplane_packet_too_big(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                              uint32_t outer_mtu, const uint8_t *inner, size_t len,
                              uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;

	(void)len;
	if (dp->role == DATAPLANE_GATEWAY &&
	    too_big_for_second(dp, src, dst, outer_mtu, inner, ret_mtu))
		return true;
	/* Believed only when the packet that it quotes is one that we may have sent. */
	if (!in_first_tunnel(dp, src, dst, inner))
		return false;
	log_debug("data plane: path MTU peer=%s mtu=%u", addr_text(dst), outer_mtu);
	dataplane_path_mtu(dp, dst, outer_mtu);
	/* A packet that the sender cannot make smaller is no matter for the sender (RFC 2473, 7.1).
	 */
	*ret_mtu = dataplane_inner_mtu(outer_mtu);
	return ((uint32_t)inner[4] << 8 | inner[5]) + 40 > *ret_mtu;
}
