// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The WTRU's tunnels (RFC 6275 section 11.3.1 and 11.3.2, bidirectional tunnelling): on the
 * uplinks' egress packets from a bound HoA get an outer header CoA to anchor, on their ingress
 * packets from the anchor are taken out of theirs and go up the stack. Everything else passes
 * untouched.
 */
#include "tunnel.bpf.h"

static __always_inline int egress(struct __sk_buff *skb, __u32 l2)
{
	struct tunnel_binding *b;
	struct header inner;
	__u32 len, mtu = 0;

	if (!is_ipv6(skb) || !load_header(skb, l2, &inner))
		return TC_ACT_UNSPEC;
	b = find_host(&inner.src);
	if (!b || b->link != skb->ifindex)
		return TC_ACT_UNSPEC;
	/* What cannot leave the link does not: Neighbour Discovery needs it (section 11.3.1). */
	if (addr_is_link_local(&inner.dst) || addr_is_link_multicast(&inner.dst))
		return TC_ACT_UNSPEC;
	if (addr_is_multicast(&inner.dst))
		return drop(TUNNEL_DROP_MULTICAST);
	/* De-registration from the HoA goes without the tunnel (section 11.5.5). */
	if (inner.next_header == PROTOCOL_MH && addr_equal(&inner.dst, &b->peer))
		return TC_ACT_UNSPEC;

	len = inner.payload_len ? bpf_ntohs(inner.payload_len) + HEADER_LEN : skb->len - l2;
	/* No decrement: who forwards for others did that before the packet came here (RFC
	 * 2473, 3.1). */
	if (encapsulate(skb, l2, &inner, b, len, OUTER_HOP_LIMIT))
		return drop(TUNNEL_DROP_FAILED);
	/*
	 * Routes carry the tunnel's MTU, so this is somebody who ignores routes. A longer frame
	 * would vanish in the driver uncounted.
	 */
	if (bpf_check_mtu(skb, 0, &mtu, 0, BPF_MTU_CHK_SEGS) > 0)
		return drop(TUNNEL_TOO_BIG);
	account_tx(skb, b, len);
	return TC_ACT_UNSPEC;
}

static __always_inline int ingress(struct __sk_buff *skb, __u32 l2)
{
	struct tunnel_binding *b;
	struct header outer, inner;
	int offset;
	bool mark;

	if (!is_ipv6(skb) || skb->pkt_type != PACKET_HOST || !load_header(skb, l2, &outer))
		return TC_ACT_UNSPEC;
	if (outer.next_header != PROTOCOL_IPV6 && outer.next_header != PROTOCOL_DSTOPTS)
		return TC_ACT_UNSPEC;
	offset = tunnel_offset(skb, l2, &outer);
	if (offset == 0)
		return TC_ACT_UNSPEC;
	/* Other people's tunnels are none of our business, whatever is in them. */
	if (offset < 0 || !load_header(skb, l2 + (__u32)offset, &inner) ||
	    !length_fits(skb, &outer, &inner, offset) || addr_is_unroutable(&inner.src))
		return is_ours(&outer.dst) ? drop(TUNNEL_DROP_MALFORMED) : TC_ACT_UNSPEC;
	b = find_host(&inner.dst);
	if (!b)
		return is_ours(&outer.dst) ? drop(TUNNEL_DROP_NO_BINDING) : TC_ACT_UNSPEC;
	/*
	 * RFC 6275 section 11.3.2: from the anchor, or nothing; and never from ourselves. Which of
	 * our addresses it is sent to does not matter: between two links that both work, the anchor
	 * uses the new CoA before we do and the old one for as long as packets are under way.
	 */
	if (!peer_matches(b, &outer.src) || find_host(&inner.src))
		return drop(TUNNEL_DROP_WRONG_SOURCE);
	if (!ecn_passes(&outer, &inner, &mark))
		return drop(TUNNEL_DROP_MALFORMED);
	if (decapsulate(skb, l2, &inner, offset, mark))
		return drop(TUNNEL_DROP_FAILED);
	account_rx(skb, b, bpf_ntohs(inner.payload_len) + HEADER_LEN);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int wtru_out_ether(struct __sk_buff *skb)
{
	return egress(skb, ETH_HLEN);
}

SEC("tc")
int wtru_out_plain(struct __sk_buff *skb)
{
	return egress(skb, 0);
}

SEC("tc")
int wtru_in_ether(struct __sk_buff *skb)
{
	settings_get(); /* keeps the map with the program, for a restarted daemon */
	return ingress(skb, ETH_HLEN);
}

SEC("tc")
int wtru_in_plain(struct __sk_buff *skb)
{
	settings_get();
	return ingress(skb, 0);
}
