// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The gateway's tunnels (RFC 6275 sections 10.4.1, 10.4.2, 10.4.5): on the ingress of access and
 * core links packets for a bound home get an outer header to its CoA and go on to be routed;
 * tunnelled packets whose (outer source, inner source) is a binding are taken out of theirs. What
 * is too big or at its last hop goes to the stack as it is, whose route for the home runs
 * gateway_route: so it is the kernel that sends Packet Too Big and Time Exceeded. A chained home
 * has two tunnels, to its WTRU and to its anchor: what comes out of one goes into the other. What
 * goes to a gateway that we share ESP with is left to the stack and its policies as any other; what
 * comes from it passes here a second time, out of ESP.
 */
#include "tunnel.bpf.h"

/* Tunnels in each other that are looked into. */
#define NESTED_MAX 5

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} mip6_events SEC(".maps");

/* Gateways whose tunnels with us are inside ESP. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct tunnel_addr);
	__type(value, __u32);
} mip6_peers SEC(".maps");

/* Whether the kernel has IPsec at all. */
const volatile bool has_xfrm = true;

/* Did the packet come out of an association of ours with its source? */
static __always_inline bool came_in_esp(struct __sk_buff *skb, const struct tunnel_addr *src,
                                        const struct tunnel_settings *settings)
{
	struct bpf_xfrm_state state = {};
	struct tunnel_addr remote;

	if (!has_xfrm || bpf_skb_get_xfrm_state(skb, 0, &state, sizeof(state), 0))
		return false;
	__builtin_memcpy(&remote, state.remote_ipv6, sizeof(remote));
	return state.reqid == settings->reqid && addr_equal(&remote, src);
}

/* A tunnelled packet, or with extension headers, so perhaps a piece of one. */
static __always_inline bool may_be_tunnelled(const struct header *h)
{
	return h->next_header == PROTOCOL_IPV6 || h->next_header == PROTOCOL_HOPOPTS ||
	       h->next_header == PROTOCOL_ROUTING || h->next_header == PROTOCOL_FRAGMENT ||
	       h->next_header == PROTOCOL_DSTOPTS;
}

/* Which binding covers addr: the /128, then shorter home prefixes, longest first. */
static __noinline struct tunnel_binding *find(const struct tunnel_addr *addr,
                                              const struct tunnel_settings *settings)
{
	struct tunnel_binding *b = find_host(addr);

	if (b)
		return b;
	for (int i = 0; i < TUNNEL_LENGTHS; i++) {
		struct tunnel_key key = {};
		__u32 len = settings->lengths[i];

		if (len == 0 || len > 127)
			break;
		key.len = len;
		if (len <= 64) {
			key.addr.w[0] = addr->w[0] & bpf_cpu_to_be64(~0ULL << (64 - len));
		} else {
			key.addr.w[0] = addr->w[0];
			key.addr.w[1] = addr->w[1] & bpf_cpu_to_be64(~0ULL << (128 - len));
		}
		b = bpf_map_lookup_elem(&mip6_bindings, &key);
		if (b)
			return b;
	}
	return NULL;
}

/* Neighbour Discovery (RFC 4861) is for the node that defends the HoA: for us (section 10.4.1). */
static __always_inline bool is_neighbour_discovery(struct __sk_buff *skb, __u32 l2,
                                                   const struct header *h)
{
	__u8 type;

	return h->next_header == PROTOCOL_ICMPV6 && h->hop_limit == 255 &&
	       bpf_skb_load_bytes(skb, l2 + HEADER_LEN, &type, 1) == 0 && type >= 133 &&
	       type <= 137;
}

/* Does the packet, or each segment that it will be cut into, fit? offset: of the inner header. */
static __always_inline bool fits(struct __sk_buff *skb, __u32 offset, const struct header *h,
                                 __u32 len, __u32 mtu)
{
	__u32 headers;
	__u8 doff;

	if (!skb->gso_size)
		return len <= mtu;
	if (h->next_header == 17) {
		headers = HEADER_LEN + 8;
	} else if (h->next_header == 6 &&
	           bpf_skb_load_bytes(skb, offset + HEADER_LEN + 12, &doff, 1) == 0) {
		headers = HEADER_LEN + ((__u32)doff >> 4) * 4;
	} else {
		/* Extension headers before the transport header: leave them room. */
		headers = HEADER_LEN + 60 + 40;
	}
	return skb->gso_size + headers <= mtu;
}

static __always_inline __u32 length_of(const struct __sk_buff *skb, __u32 offset,
                                       const struct header *h)
{
	return h->payload_len ? bpf_ntohs(h->payload_len) + HEADER_LEN : skb->len - offset;
}

static __always_inline void report_unbound(struct tunnel_settings *settings,
                                           const struct header *outer, const struct header *inner)
{
	__u64 now = bpf_ktime_get_ns();
	struct tunnel_event *event;

	/* A flood must not become work in user space: 100 events a second are enough to act on. */
	if (now < settings->next_event)
		return;
	settings->next_event = now + 10 * 1000 * 1000;
	event = bpf_ringbuf_reserve(&mip6_events, sizeof(*event), 0);
	if (!event)
		return;
	event->outer_src = outer->src;
	event->outer_dst = outer->dst;
	event->inner_src = inner->src;
	bpf_ringbuf_submit(event, 0);
}

/*
 * From one tunnel into the next: a new outer header, between local and peer, in the old one's
 * place, and one hop less inside.
 */
static __always_inline int relay(struct __sk_buff *skb, __u32 l2, struct header *inner,
                                 const struct tunnel_addr *ends, __u32 len, int offset)
{
	struct header fresh;
	__u8 hop_limit = inner->hop_limit - 1;

	/* The encapsulation limit, if there is one, was for the tunnel that ends here. */
	if (offset != HEADER_LEN &&
	    bpf_skb_adjust_room(skb, -8, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO))
		return -1;
	fresh.first = inner->first;
	fresh.payload_len = len <= 0xffff ? bpf_htons((__u16)len) : 0;
	fresh.next_header = PROTOCOL_IPV6;
	/* One more than on the wire, as the stack forwards the outer packet next. */
	fresh.hop_limit = OUTER_HOP_LIMIT + 1;
	fresh.src = ends[0];
	fresh.dst = ends[1];
	if (bpf_skb_store_bytes(skb, l2, &fresh, sizeof(fresh), BPF_F_RECOMPUTE_CSUM) ||
	    bpf_skb_store_bytes(skb, l2 + HEADER_LEN, &inner->first, 4, BPF_F_RECOMPUTE_CSUM) ||
	    bpf_skb_store_bytes(skb, l2 + HEADER_LEN + 7, &hop_limit, 1, BPF_F_RECOMPUTE_CSUM))
		return -1;
	return 0;
}

static __always_inline bool is_chained(const struct tunnel_binding *b)
{
	return b->second.w[0] != 0;
}

/*
 * sealed: it came out of ESP. That stays written on the packet, and what is in it now would not suit
 * the policies; coming in once more, by our device, it is like any other.
 */
static __always_inline int go_on(bool sealed, const struct tunnel_settings *settings)
{
	return sealed ? (int)bpf_redirect(settings->device, BPF_F_INGRESS) : TC_ACT_UNSPEC;
}

/* A tunnelled packet for an address of ours. */
static __always_inline int exit_point(struct __sk_buff *skb, __u32 l2, struct header *outer,
                                      int offset, struct tunnel_settings *settings, bool sealed)
{
	struct tunnel_binding *b, *next;
	struct tunnel_addr ends[2];
	struct header inner;
	bool from_anchor, narrow = false;
	__u32 len;
	bool mark;

	if (offset < 0 || !load_header(skb, l2 + (__u32)offset, &inner) ||
	    !length_fits(skb, outer, &inner, offset) || addr_is_unroutable(&inner.src) ||
	    addr_is_unroutable(&inner.dst))
		return drop(TUNNEL_DROP_MALFORMED);
	next = find(&inner.dst, settings);
	/* The anchor of a chain sends what came for its home address, from anywhere. */
	from_anchor = next && is_chained(next) && addr_equal(&next->second, &outer->src) &&
	              addr_equal(&next->local, &outer->dst);
	b = from_anchor ? next : find(&inner.src, settings);
	if (!b) {
		report_unbound(settings, outer, &inner);
		return drop(TUNNEL_DROP_NO_BINDING);
	}
	/* RFC 6275 section 10.4.5: the outer source MUST be the CoA of the binding. */
	if (!from_anchor && !pair_matches(b, &outer->src, &outer->dst))
		return drop(TUNNEL_DROP_WRONG_SOURCE);
	/* A tunnel in the tunnel that ends here again. */
	if (inner.next_header == PROTOCOL_IPV6 && is_ours(&inner.dst))
		return drop(TUNNEL_DROP_LOOP);
	if (!ecn_passes(outer, &inner, &mark))
		return drop(TUNNEL_DROP_MALFORMED);
	len = length_of(skb, l2 + (__u32)offset, &inner);
	account_rx(skb, b, len);

	if (!from_anchor && is_chained(b)) {
		/* Its anchor's business, whoever it is for: it goes nowhere else. */
		if (inner.hop_limit <= 1)
			return drop(TUNNEL_DROP_FAILED);
		next = b;
		ends[0] = b->local;
		ends[1] = b->second;
		narrow = b->second_whole &&
		         !fits(skb, l2 + (__u32)offset, &inner, len, b->second_whole);
	} else if (next && (from_anchor || next != b) && inner.hop_limit > 1 &&
	           fits(skb, l2 + (__u32)offset, &inner, len, next->whole)) {
		/* To the WTRU of a chain, or to another WTRU of ours. */
		ends[0] = next->local;
		ends[1] = next->peer;
	} else {
		next = NULL;
	}
	if (next) {
		if (mark)
			inner.first |= bpf_htonl(3U << 20);
		if (relay(skb, l2, &inner, ends, len, offset))
			return drop(TUNNEL_DROP_FAILED);
		account_tx(skb, next, len);
		/* A path to the anchor that is narrower than 1320: user space cuts the outer packet. */
		return narrow ? (int)bpf_redirect(settings->device, 0) : go_on(sealed, settings);
	}
	/* The stack forwards it, and decrements the hop limit; or it is for us. */
	if (decapsulate(skb, l2, &inner, offset, mark))
		return drop(TUNNEL_DROP_FAILED);
	return go_on(sealed, settings);
}

/*
 * Our own tunnel packet, come back, alone or in the tunnels of others: bindings that name each
 * other's HoAs as CoAs make a circle, in which a packet would grow by a header each time it comes
 * round.
 */
static __always_inline bool has_come_back(struct __sk_buff *skb, __u32 l2, const struct header *h)
{
	struct header inner = *h;

	for (__u32 depth = 0; depth < NESTED_MAX; depth++) {
		if (inner.next_header != PROTOCOL_IPV6)
			return false;
		if (is_ours(&inner.src))
			return true;
		l2 += HEADER_LEN;
		if (!load_header(skb, l2, &inner))
			return false;
	}
	return true; /* nobody needs so many */
}

static __always_inline int ingress(struct __sk_buff *skb, __u32 l2)
{
	struct tunnel_settings *settings;
	struct tunnel_binding *b;
	struct header h;
	bool sealed = false;
	__u32 len;
	__u8 hop_limit;

	if (!is_ipv6(skb) || skb->pkt_type != PACKET_HOST || !load_header(skb, l2, &h))
		return TC_ACT_UNSPEC;
	settings = settings_get();
	if (!settings)
		return TC_ACT_UNSPEC;
	if (settings->peers && is_ours(&h.dst) && bpf_map_lookup_elem(&mip6_peers, &h.src)) {
		sealed = came_in_esp(skb, &h.src, settings);
		if (!sealed && may_be_tunnelled(&h))
			return drop(TUNNEL_DROP_UNPROTECTED);
	}
	if ((h.next_header == PROTOCOL_IPV6 || h.next_header == PROTOCOL_DSTOPTS) &&
	    is_ours(&h.dst)) {
		int offset = tunnel_offset(skb, l2, &h);

		return offset == 0 ? TC_ACT_UNSPEC : exit_point(skb, l2, &h, offset, settings, sealed);
	}

	b = find(&h.dst, settings);
	if (!b || is_neighbour_discovery(skb, l2, &h))
		return TC_ACT_UNSPEC;
	/* The stack knows what to answer to a source that must not be forwarded. */
	if (addr_is_unroutable(&h.src))
		return TC_ACT_UNSPEC;
	if (h.next_header == PROTOCOL_IPV6 && has_come_back(skb, l2, &h))
		return drop(TUNNEL_DROP_LOOP);
	len = length_of(skb, l2, &h);
	if (!fits(skb, l2, &h, len, b->whole)) {
		/* Else the path is narrower than 1320: user space cuts the outer packet. */
		if (!fits(skb, l2, &h, len, b->mtu))
			count(TUNNEL_TOO_BIG, 1);
		return TC_ACT_UNSPEC;
	}
	if (h.hop_limit <= 1)
		return TC_ACT_UNSPEC;
	/* We forward the packet into the tunnel: RFC 2473 section 3.1. */
	hop_limit = h.hop_limit - 1;
	if (bpf_skb_store_bytes(skb, l2 + 7, &hop_limit, 1, BPF_F_RECOMPUTE_CSUM))
		return drop(TUNNEL_DROP_FAILED);
	/* One more than on the wire, as the stack forwards the outer packet next. */
	if (encapsulate(skb, l2, &h, b, len, OUTER_HOP_LIMIT + 1))
		return drop(TUNNEL_DROP_FAILED);
	account_tx(skb, b, len);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int gateway_ether(struct __sk_buff *skb)
{
	return ingress(skb, ETH_HLEN);
}

SEC("tc")
int gateway_plain(struct __sk_buff *skb)
{
	return ingress(skb, 0);
}

/*
 * The route of a bound home, taken by what the gateway sends itself (ICMPv6 errors above all) and
 * by what did not come in over a watched link. The stack has forwarded (hop limit) and checked the
 * MTU.
 */
SEC("lwt_xmit")
int gateway_route(struct __sk_buff *skb)
{
	struct tunnel_settings *settings = settings_get();
	struct header h, outer;
	struct tunnel_binding *b;
	__u32 len;

	if (!settings || !load_header(skb, 0, &h))
		return BPF_DROP;
	/* Link-local addresses stay on their link (RFC 6275 section 10.4.2). */
	if (addr_is_link_local(&h.src))
		return BPF_DROP;
	b = find(&h.dst, settings);
	if (!b) {
		count(TUNNEL_DROP_NO_BINDING, 1);
		return BPF_DROP;
	}
	if (h.next_header == PROTOCOL_IPV6 && is_ours(&h.src)) {
		count(TUNNEL_DROP_LOOP, 1);
		return BPF_DROP;
	}
	len = length_of(skb, 0, &h);
	/* On to the device, where user space reads it, for an outer packet in fragments. */
	if (!fits(skb, 0, &h, len, b->whole))
		return BPF_OK;
	outer_header(&outer, &h, b, len, OUTER_HOP_LIMIT);
	if (bpf_lwt_push_encap(skb, BPF_LWT_ENCAP_IP, &outer, sizeof(outer))) {
		count(TUNNEL_DROP_FAILED, 1);
		return BPF_DROP;
	}
	account_tx(skb, b, len);
	return BPF_LWT_REROUTE;
}
