/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Maps and helpers of both roles' BPF programs. They run at clsact hooks; l2 is the length of the
 * link-layer header: 14 on Ethernet, 0 on point-to-point links without one.
 *
 * Passing is always TC_ACT_UNSPEC: other people's filters behind ours still see the packet.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "tunnel.h"

#define PACKET_HOST 0
#define PROTOCOL_HOPOPTS 0
#define PROTOCOL_IPV6 41
#define PROTOCOL_ROUTING 43
#define PROTOCOL_FRAGMENT 44
#define PROTOCOL_ICMPV6 58
#define PROTOCOL_DSTOPTS 60
#define PROTOCOL_MH 135
#define HEADER_LEN 40
/* Outer hop limit, RFC 2473 section 6.3. */
#define OUTER_HOP_LIMIT 64

#define EALREADY 114

char _license[] SEC("license") = "Dual BSD/GPL";

/* An IPv6 header with addresses as words. */
struct header {
	__u32 first; /* version, traffic class, flow label */
	__u16 payload_len;
	__u8 next_header;
	__u8 hop_limit;
	struct tunnel_addr src, dst;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct tunnel_key);
	__type(value, struct tunnel_binding);
} mip6_bindings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct tunnel_stats);
} mip6_stats SEC(".maps");

/* Addresses of ours that tunnels end at. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct tunnel_addr);
	__type(value, __u32);
} mip6_locals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TUNNEL_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} mip6_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tunnel_settings);
} mip6_settings SEC(".maps");

static __always_inline void count(__u32 which, __u64 n)
{
	__u64 *counter = bpf_map_lookup_elem(&mip6_counters, &which);

	if (counter)
		*counter += n;
}

static __always_inline int drop(__u32 which)
{
	count(which, 1);
	return TC_ACT_SHOT;
}

static __always_inline struct tunnel_settings *settings_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&mip6_settings, &zero);
}

static __always_inline bool addr_equal(const struct tunnel_addr *a, const struct tunnel_addr *b)
{
	return a->w[0] == b->w[0] && a->w[1] == b->w[1];
}

static __always_inline bool addr_is_multicast(const struct tunnel_addr *a)
{
	return (bpf_be64_to_cpu(a->w[0]) >> 56) == 0xff;
}

static __always_inline bool addr_is_link_local(const struct tunnel_addr *a)
{
	return (bpf_be64_to_cpu(a->w[0]) >> 54) == 0xfe80 >> 6;
}

/* Multicast of interface or link scope (RFC 4291 section 2.7). */
static __always_inline bool addr_is_link_multicast(const struct tunnel_addr *a)
{
	__u64 high = bpf_be64_to_cpu(a->w[0]);

	return high >> 56 == 0xff && (high >> 48 & 0x0f) <= 2;
}

/* ::, ::1, IPv4-mapped and everything else below 1::; link-local; multicast. */
static __always_inline bool addr_is_unroutable(const struct tunnel_addr *a)
{
	return a->w[0] == 0 || addr_is_link_local(a) || addr_is_multicast(a);
}

static __always_inline bool is_ours(const struct tunnel_addr *a)
{
	return bpf_map_lookup_elem(&mip6_locals, a) != NULL;
}

static __always_inline bool load_header(struct __sk_buff *skb, __u32 offset, struct header *ret)
{
	return bpf_skb_load_bytes(skb, offset, ret, sizeof(*ret)) == 0 &&
	       (ret->first & bpf_htonl(0xf0000000)) == bpf_htonl(0x60000000);
}

/* An untagged IPv6 packet? VLAN-tagged ones belong to the VLAN's own interface. */
static __always_inline bool is_ipv6(const struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IPV6) && !skb->vlan_present;
}

static __always_inline struct tunnel_binding *find_host(const struct tunnel_addr *addr)
{
	struct tunnel_key key = {.addr = *addr, .len = 128};

	return bpf_map_lookup_elem(&mip6_bindings, &key);
}

static __always_inline bool pair_matches(const struct tunnel_binding *b,
                                         const struct tunnel_addr *src,
                                         const struct tunnel_addr *dst)
{
	if (addr_equal(&b->peer, src) && addr_equal(&b->local, dst))
		return true;
	return b->old_until && addr_equal(&b->old_peer, src) && addr_equal(&b->old_local, dst) &&
	       bpf_ktime_get_ns() < b->old_until;
}

static __always_inline bool peer_matches(const struct tunnel_binding *b,
                                         const struct tunnel_addr *src)
{
	if (addr_equal(&b->peer, src))
		return true;
	return b->old_until && addr_equal(&b->old_peer, src) && bpf_ktime_get_ns() < b->old_until;
}

static __always_inline __u32 packets_of(const struct __sk_buff *skb)
{
	return skb->gso_segs > 1 ? skb->gso_segs : 1;
}

static __always_inline void account_tx(const struct __sk_buff *skb, const struct tunnel_binding *b,
                                       __u32 len)
{
	__u32 slot = b->slot, packets = packets_of(skb);
	struct tunnel_stats *stats = bpf_map_lookup_elem(&mip6_stats, &slot);

	if (stats) {
		__sync_fetch_and_add(&stats->tx_packets, packets);
		__sync_fetch_and_add(&stats->tx_bytes, len);
		stats->last_tx = bpf_ktime_get_ns();
	}
	count(TUNNEL_ENCAPSULATED, packets);
}

static __always_inline void account_rx(const struct __sk_buff *skb, const struct tunnel_binding *b,
                                       __u32 len)
{
	__u32 slot = b->slot, packets = packets_of(skb);
	struct tunnel_stats *stats = bpf_map_lookup_elem(&mip6_stats, &slot);

	if (stats) {
		__sync_fetch_and_add(&stats->rx_packets, packets);
		__sync_fetch_and_add(&stats->rx_bytes, len);
	}
	count(TUNNEL_DECAPSULATED, packets);
}

/*
 * The outer header: traffic class and flow label are the inner ones (RFC 6040 section 4.1: the ECN
 * field is copied; RFC 6438: the network balances load by the flow label).
 */
static __always_inline void outer_header(struct header *outer, const struct header *inner,
                                         const struct tunnel_binding *b, __u32 inner_len,
                                         __u8 hop_limit)
{
	outer->first = inner->first;
	/* A segmentation offload packet past 65535 octets: each segment gets its own length later.
	 */
	outer->payload_len = inner_len <= 0xffff ? bpf_htons((__u16)inner_len) : 0;
	outer->next_header = PROTOCOL_IPV6;
	outer->hop_limit = hop_limit;
	outer->src = b->local;
	outer->dst = b->peer;
}

/*
 * Put the outer header in front. 0 or negative. Fixed GSO: segments keep their size, senders were
 * told the tunnel's MTU. EALREADY: the packet still carries the marks of a tunnel that BPF took off
 * it on another virtual link; they are then exactly right for this one.
 */
static __always_inline long encapsulate(struct __sk_buff *skb, __u32 l2, const struct header *inner,
                                        const struct tunnel_binding *b, __u32 inner_len,
                                        __u8 hop_limit)
{
	struct header outer;
	long rc;

	outer_header(&outer, inner, b, inner_len, hop_limit);
	rc = bpf_skb_adjust_room(skb, HEADER_LEN, BPF_ADJ_ROOM_MAC,
	                         BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6);
	if (rc == -EALREADY)
		rc = bpf_skb_adjust_room(skb, HEADER_LEN, BPF_ADJ_ROOM_MAC,
		                         BPF_F_ADJ_ROOM_FIXED_GSO);
	if (rc == 0)
		rc = bpf_skb_store_bytes(skb, l2, &outer, sizeof(outer), BPF_F_RECOMPUTE_CSUM);
	return rc;
}

/*
 * The octets in front of the inner header, from outer: 40, or 48 with a Destination Options header
 * that carries the Tunnel Encapsulation Limit (RFC 2473 section 4.1.1). 0: not a tunnelled packet;
 * negative: malformed. Longer options headers are nothing that a tunnel entry point sends.
 */
static __always_inline int tunnel_offset(struct __sk_buff *skb, __u32 l2,
                                         const struct header *outer)
{
	__u8 opt[8];

	if (outer->next_header == PROTOCOL_IPV6)
		return HEADER_LEN;
	if (outer->next_header != PROTOCOL_DSTOPTS)
		return 0;
	if (bpf_skb_load_bytes(skb, l2 + HEADER_LEN, opt, sizeof(opt)))
		return -1;
	if (opt[0] != PROTOCOL_IPV6)
		return 0;
	if (opt[1] != 0)
		return -1;
	/* Option first, padding behind, or the other way round. */
	if (opt[2] == 4 && opt[3] == 1 && opt[5] <= 1)
		return HEADER_LEN + (int)sizeof(opt);
	if (opt[2] == 1 && opt[3] == 1 && opt[5] == 4 && opt[6] == 1)
		return HEADER_LEN + (int)sizeof(opt);
	/* Nothing but padding. */
	if (opt[2] == 1 && opt[3] == 4)
		return HEADER_LEN + (int)sizeof(opt);
	return -1;
}

/* Do the lengths fit: inner packet within what the outer header says is there? */
static __always_inline bool length_fits(const struct __sk_buff *skb, const struct header *outer,
                                        const struct header *inner, int offset)
{
	__u32 room = (__u32)bpf_ntohs(outer->payload_len) - (__u32)(offset - HEADER_LEN);

	if (skb->gso_size)
		return true;
	return bpf_ntohs(inner->payload_len) + HEADER_LEN <= room && room <= skb->len;
}

/*
 * Congestion marks (RFC 6040 section 4.2): false when the packet must be dropped (CE outside, not
 * ECN-capable inside). *ret_mark: the inner header becomes CE.
 */
static __always_inline bool ecn_passes(const struct header *outer, const struct header *inner,
                                       bool *ret_mark)
{
	__u32 out = bpf_ntohl(outer->first) >> 20 & 3, in = bpf_ntohl(inner->first) >> 20 & 3;

	*ret_mark = out == 3 && in != 3;
	return out != 3 || in != 0;
}

/* Take off what is in front of the inner header. */
static __always_inline long decapsulate(struct __sk_buff *skb, __u32 l2, const struct header *inner,
                                        int offset, bool mark)
{
	/* Only the two values that exist: the verifier wants a bounded length. */
	long rc = bpf_skb_adjust_room(skb, offset == HEADER_LEN ? -HEADER_LEN : -(HEADER_LEN + 8),
	                              BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);

	if (rc == 0 && mark) {
		__u32 first = inner->first | bpf_htonl(3U << 20);

		rc = bpf_skb_store_bytes(skb, l2, &first, sizeof(first), BPF_F_RECOMPUTE_CSUM);
	}
	return rc;
}
