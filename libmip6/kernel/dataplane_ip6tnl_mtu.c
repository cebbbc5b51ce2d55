// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ip6tnl data plane: MTUs of tunnels (the link's, or what Packet Too Big taught, which ends
 * after a while: RFC 2473 section 7, RFC 8201), and what else ends by time: the pair of addresses
 * before a change. One timer for all.
 */
#include <errno.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane_ip6tnl_state.h"
#include "kernel/dataplane_path.h"

uint32_t ip6tnl_standard_mtu(const struct dataplane *dp, const struct dataplane_binding *binding)
{
	return dp->role == DATAPLANE_WTRU ? dataplane_mtu_of_link(binding->ifindex)
	                                  : dataplane_mtu_of_path(&binding->local, &binding->peer);
}

uint32_t ip6tnl_second_mtu(const struct dataplane_binding *binding)
{
	return ip6tnl_is_chain(binding) ? dataplane_mtu_of_path(&binding->local, &binding->second)
	                                : 0;
}

void ip6tnl_timer_set(struct dataplane *dp, mip6_time at)
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

/* Ends of things. */

static bool has_end(const struct dataplane *dp, uint32_t slot)
{
	const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);

	return s->mtu_until || s->old_until || s->second_until;
}

void ip6tnl_put_old_away(struct dataplane *dp, uint32_t slot)
{
	const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);

	if (dp->extra[slot].old_accepted)
		ip6tnl_filter_delete(&dp->filter, IP6TNL_ACCEPT, &s->old_peer,
		                     &s->binding.home.addr);
}

void ip6tnl_forget_old(struct dataplane *dp, uint32_t slot)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	struct extra *x = &dp->extra[slot];

	if (x->old_uplink)
		ip6tnl_remove_uplink(dp, slot, !x->odd, &s->old_local, &s->old_peer);
	x->old_accepted = x->old_uplink = false;
	s->old_until = 0;
}

int ip6tnl_slot_set_mtu(struct dataplane *dp, uint32_t slot, uint32_t outer_mtu, mip6_time until)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	uint32_t before = s->outer_mtu;
	int rc = 0;

	s->mtu_until = until;
	s->outer_mtu = outer_mtu;
	ip6tnl_widen_device(dp, ip6tnl_inner_mtu(outer_mtu));
	if (outer_mtu == before)
		return 0;
	rc = ip6tnl_set_home_route(dp, slot);
	if (dp->mtu_changed) {
		struct mip6_prefix home = s->binding.home;

		dp->mtu_changed(dp->ctx, &home, ip6tnl_inner_mtu(outer_mtu));
	}
	return rc;
}

static int set_second_mtu(struct dataplane *dp, uint32_t slot, uint32_t outer_mtu, mip6_time until)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);
	uint32_t before = s->second_mtu;

	s->second_until = until;
	s->second_mtu = outer_mtu;
	ip6tnl_widen_device(dp, ip6tnl_inner_mtu(outer_mtu));
	return outer_mtu == before ? 0 : ip6tnl_set_anchor_route(dp, slot);
}

static void slot_expire(struct dataplane *dp, uint32_t slot, mip6_time now)
{
	struct dataplane_slot *s = dataplane_table_get(dp->table, slot);

	if (s->old_until && s->old_until <= now) {
		ip6tnl_filter_begin(&dp->filter);
		ip6tnl_put_old_away(dp, slot);
		if (dp->extra[slot].old_accepted && ip6tnl_filter_commit(&dp->filter) < 0)
			log_warning("data plane: cannot forget the previous care-of address of=%s",
			            addr_text(&s->binding.home.addr));
		ip6tnl_forget_old(dp, slot);
	}
	if (s->mtu_until && s->mtu_until <= now)
		ip6tnl_slot_set_mtu(dp, slot, ip6tnl_standard_mtu(dp, &s->binding), 0);
	if (s->second_until && s->second_until <= now)
		set_second_mtu(dp, slot, ip6tnl_second_mtu(&s->binding), 0);
}

static mip6_time slots_expire(struct dataplane *dp, mip6_time now)
{
	uint32_t top = dataplane_table_top(dp->table);
	mip6_time next = MIP6_TIME_NEVER;

	if (!dp->ends)
		return MIP6_TIME_NEVER;
	if (top > SCAN_SOON && now < dp->scanned + SCAN_PAUSE)
		return dp->scanned + SCAN_PAUSE;
	dp->scanned = now;
	dp->ends = 0;
	for (uint32_t slot = 0; slot < top; slot++) {
		const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);

		if (!s || !has_end(dp, slot))
			continue;
		slot_expire(dp, slot, now);
		dp->ends += has_end(dp, slot);
		if (s->mtu_until && s->mtu_until < next)
			next = s->mtu_until;
		if (s->old_until && s->old_until < next)
			next = s->old_until;
		if (s->second_until && s->second_until < next)
			next = s->second_until;
	}
	return next == MIP6_TIME_NEVER ? next : next + ENDS_TOGETHER;
}

static void timer_due(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct dataplane *dp = timer->data;
	mip6_time now = clock_monotonic();
	mip6_time locals = ip6tnl_locals_expire(dp, now), slots = slots_expire(dp, now);

	(void)loop;
	(void)revents;
	ip6tnl_timer_set(dp, locals < slots ? locals : slots);
}

void ip6tnl_timer_init(struct dataplane *dp)
{
	ev_timer_init(&dp->timer, timer_due, 0., 0.);
	dp->timer.data = dp;
}

void ip6tnl_ends_at(struct dataplane *dp, mip6_time at)
{
	dp->ends++;
	ip6tnl_timer_set(dp, at + ENDS_TOGETHER);
}

/* Path MTU. */

int ip6tnl_path_mtu(struct dataplane *dp, const struct mip6_addr *peer, uint32_t outer_mtu)
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
		rc = ip6tnl_slot_set_mtu(dp, slot, outer_mtu, until);
		if (rc < 0)
			ret = rc;
	}
	ip6tnl_ends_at(dp, until);
	return ret;
}

/* Tunnels with gateways that are in one of these alone have another MTU now. */
static void ask_again(struct dataplane *dp, const struct dataplane_peers *a,
                      const struct dataplane_peers *b)
{
	for (uint32_t slot = 0; slot < dataplane_table_top(dp->table); slot++) {
		const struct dataplane_slot *s = dataplane_table_get(dp->table, slot);

		if (s && dataplane_peers_has(a, &s->binding.peer) !=
		                 dataplane_peers_has(b, &s->binding.peer))
			ip6tnl_slot_set_mtu(dp, slot, ip6tnl_standard_mtu(dp, &s->binding), 0);
		if (s && ip6tnl_is_chain(&s->binding) &&
		    dataplane_peers_has(a, &s->binding.second) !=
		            dataplane_peers_has(b, &s->binding.second))
			set_second_mtu(dp, slot, ip6tnl_second_mtu(&s->binding), 0);
	}
}

static int put_peer(struct dataplane *dp, const struct mip6_addr *peer, bool add)
{
	ip6tnl_filter_begin(&dp->filter);
	if (add)
		ip6tnl_filter_add(&dp->filter, IP6TNL_PEERS, NULL, peer, NULL, 0);
	else
		ip6tnl_filter_delete(&dp->filter, IP6TNL_PEERS, NULL, peer);
	return ip6tnl_filter_commit(&dp->filter);
}

static void found_peer(void *ctx, const struct mip6_addr *outer, const struct mip6_addr *addr,
                       const void *data, uint32_t size)
{
	struct dataplane_peers *found = ctx;

	(void)outer;
	(void)data;
	(void)size;
	if (found->count < DATAPLANE_PEERS_MAX)
		found->v[found->count++] = *addr;
}

int ip6tnl_protect(struct dataplane *dp, const struct mip6_addr *peers, size_t count)
{
	struct mip6_addr room[DATAPLANE_PEERS_MAX];
	struct dataplane_peers before = dp->peers, found = {.v = room}, now = {0};
	int rc;

	if (dp->role != DATAPLANE_GATEWAY)
		return -EINVAL;
	rc = dataplane_peers_set(&now, peers, count);
	/* In the kernel may be those of an earlier process. */
	if (rc == 0)
		rc = ip6tnl_filter_walk(&dp->filter, IP6TNL_PEERS, found_peer, &found);
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (!dataplane_peers_has(&found, &peers[i]))
			rc = put_peer(dp, &peers[i], true);
	for (size_t i = 0; rc == 0 && i < found.count; i++)
		if (!dataplane_peers_has(&now, &found.v[i]))
			rc = put_peer(dp, &found.v[i], false);
	if (rc < 0) {
		dataplane_peers_free(&now);
		return rc;
	}
	dp->peers = now;
	ask_again(dp, &before, &now);
	dataplane_peers_free(&before);
	return 0;
}

/* What a WTRU sent, on its way to the anchor of its chain. */
static void second_too_big(struct dataplane *dp, const struct mip6_addr *src,
                           const struct mip6_addr *dst, uint32_t outer_mtu, const uint8_t *inner)
{
	struct mip6_prefix home = {.len = 128};
	struct dataplane_slot *s;
	uint32_t slot;

	memcpy(&home.addr, inner + 8, sizeof(home.addr));
	slot = dataplane_table_find(dp->table, &home);
	s = dataplane_table_get(dp->table, slot);
	if (!s || !ip6tnl_is_chain(&s->binding) || !mip6_addr_equal(&s->binding.local, src) ||
	    !mip6_addr_equal(&s->binding.second, dst) || outer_mtu < MTU_MIN ||
	    outer_mtu > s->second_mtu)
		return;
	log_debug("data plane: path MTU anchor=%s mtu=%u", addr_text(dst), outer_mtu);
	set_second_mtu(dp, slot, outer_mtu, clock_monotonic() + MTU_LIFETIME);
	ip6tnl_ends_at(dp, s->second_until);
}

bool ip6tnl_packet_too_big(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                           uint32_t outer_mtu, const uint8_t *inner, size_t len, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *s;
	struct mip6_prefix home = {.len = 128};

	(void)len;
	(void)ret_mtu;
	second_too_big(dp, src, dst, outer_mtu, inner);
	/* Believed only when the packet that it quotes is one that we may have sent. */
	memcpy(&home.addr, inner + (dp->role == DATAPLANE_WTRU ? 8 : 24), sizeof(home.addr));
	s = dataplane_table_get(dp->table, dataplane_table_find(dp->table, &home));
	if (s && mip6_addr_equal(&s->binding.local, src) &&
	    mip6_addr_equal(&s->binding.peer, dst)) {
		log_debug("data plane: path MTU peer=%s mtu=%u", addr_text(dst), outer_mtu);
		ip6tnl_path_mtu(dp, dst, outer_mtu);
	}
	return false; /* the tunnel driver tells the inner source itself */
}
