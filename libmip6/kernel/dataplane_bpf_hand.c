// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What user space does with packets itself, where BPF cannot: the same checks as in bpf/, and the
 * same counters. See dataplane_fragment.c for which packets these are.
 */
#include <errno.h>

#include <bpf/bpf.h>
#include <netinet/in.h>

#include "io/clock.h"
#include "kernel/dataplane_bpf_state.h"

/* As often as the programs report at most. */
#define UNBOUND_PAUSE (10 * MIP6_MS)

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

bool dataplane_hand_entry(void *ctx, const uint8_t *inner, size_t len, struct mip6_addr *ret_local,
                          struct mip6_addr *ret_peer, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *s;
	struct mip6_addr src, dst;
	uint32_t slot;

	memcpy(&src, inner + 8, sizeof(src));
	memcpy(&dst, inner + 24, sizeof(dst));
	slot = dataplane_slot_covering(dp, dp->role == DATAPLANE_WTRU ? &src : &dst);
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
	*ret_mtu = dataplane_peers_piece(&dp->peers, ret_peer, s->outer_mtu);
	count_by_hand(dp, slot, len, true);
	return true;
}

/*
 * A tunnelled packet for an address of ours that the programs do not know yet: after a restart
 * without bindings, say. From one of our homes all the same? Then the WTRU must be told.
 */
static void report_forgotten(struct dataplane *dp, const struct mip6_addr *src,
                             const struct mip6_addr *dst, const struct mip6_addr *inner_src)
{
	mip6_time now = clock_monotonic();
	size_t i = 0;

	while (i < dp->home_prefix_count && !mip6_prefix_contains(&dp->home_prefixes[i], inner_src))
		i++;
	if (i == dp->home_prefix_count ||
	    dataplane_slot_covering(dp, inner_src) != DATAPLANE_TABLE_NONE)
		return;
	dp->by_hand.drop_no_binding++;
	if (!dp->unbound || now < dp->unbound_next)
		return;
	dp->unbound_next = now + UNBOUND_PAUSE;
	dp->unbound(dp->ctx, src, dst, inner_src);
}

/* The same checks as in bpf/, RFC 6275 sections 10.4.5 and 11.3.2. */
bool dataplane_hand_exit(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
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
	slot = dataplane_slot_covering(dp, wtru ? &inner_dst : &inner_src);
	s = dataplane_table_get(dp->table, slot);
	if (!s) {
		dp->by_hand.drop_no_binding++;
		return false;
	}
	if (!slot_accepts(s, src, dst) ||
	    (wtru && dataplane_slot_covering(dp, &inner_src) != DATAPLANE_TABLE_NONE)) {
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

/* BPF has done all but cut it: the outer packet of a chain, towards the anchor. */
bool dataplane_hand_second(void *ctx, const uint8_t *outer, size_t len, struct mip6_addr *ret_local,
                           struct mip6_addr *ret_peer, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *s;
	struct mip6_addr local, peer, hoa;

	if (dp->role != DATAPLANE_GATEWAY || len < 80 || outer[6] != IPPROTO_IPV6)
		return false;
	memcpy(&local, outer + 8, sizeof(local));
	memcpy(&peer, outer + 24, sizeof(peer));
	memcpy(&hoa, outer + 48, sizeof(hoa));
	s = dataplane_table_get(dp->table, dataplane_slot_covering(dp, &hoa));
	if (!s || mip6_addr_is_unspecified(&peer) || !mip6_addr_equal(&s->binding.local, &local) ||
	    !mip6_addr_equal(&s->binding.second, &peer))
		return false;
	*ret_local = local;
	*ret_peer = peer;
	*ret_mtu = dataplane_peers_piece(&dp->peers, ret_peer,
	                                 s->second_mtu ? s->second_mtu : DATAPLANE_MTU_STANDARD);
	return true;
}

/* What came in fragments for a chain: the same as BPF does, in both directions. */
int dataplane_hand_chain(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                         uint8_t *inner, size_t len, struct mip6_addr *ret_local,
                         struct mip6_addr *ret_peer, uint32_t *ret_mtu)
{
	struct dataplane *dp = ctx;
	const struct dataplane_slot *to, *from;
	struct mip6_addr inner_src, inner_dst;
	uint32_t slot;

	if (dp->role != DATAPLANE_GATEWAY)
		return 0;
	memcpy(&inner_src, inner + 8, sizeof(inner_src));
	memcpy(&inner_dst, inner + 24, sizeof(inner_dst));
	slot = dataplane_slot_covering(dp, &inner_dst);
	to = dataplane_table_get(dp->table, slot);
	if (to && !mip6_addr_is_unspecified(&to->binding.second) &&
	    mip6_addr_equal(&to->binding.second, src) && mip6_addr_equal(&to->binding.local, dst)) {
		*ret_local = to->binding.local;
		*ret_peer = to->binding.peer;
		*ret_mtu = to->outer_mtu;
	} else {
		slot = dataplane_slot_covering(dp, &inner_src);
		from = dataplane_table_get(dp->table, slot);
		if (!from || mip6_addr_is_unspecified(&from->binding.second) ||
		    !slot_accepts(from, src, dst))
			return 0; /* exit drops it, and counts why */
		*ret_local = from->binding.local;
		*ret_peer = from->binding.second;
		*ret_mtu = dataplane_peers_piece(&dp->peers, ret_peer,
		                                 from->second_mtu ? from->second_mtu
		                                                  : DATAPLANE_MTU_STANDARD);
	}
	if (inner[7] <= 1 || ((size_t)inner[4] << 8 | inner[5]) + 40 != len ||
	    !mip6_addr_is_routable(&inner_src) || !mip6_addr_is_routable(&inner_dst)) {
		dp->by_hand.drop_malformed++;
		return -EINVAL;
	}
	inner[7]--;
	count_by_hand(dp, slot, len, true);
	count_by_hand(dp, slot, len, false);
	return 1;
}

/* The device that packets by hand go through: the gateway has it, the WTRU makes it. */
int dataplane_hand_device(void *ctx)
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
