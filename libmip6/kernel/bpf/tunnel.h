/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the BPF programs and user space share: keys and values of the maps. A change of any layout
 * here needs a new TUNNEL_LAYOUT, so that a restarted daemon does not adopt maps that it would
 * misread.
 */
#ifndef MIP6_KERNEL_BPF_TUNNEL_H
#define MIP6_KERNEL_BPF_TUNNEL_H

#include <linux/types.h>

#define TUNNEL_LAYOUT 6
/* Lengths, besides 128, that home prefixes may have at one time. */
#define TUNNEL_LENGTHS 4
/* Links whose clsact we added. */
#define TUNNEL_LINKS 32
/* Octets that the outer header costs. */
#define TUNNEL_OVERHEAD 40

/* In network byte order; two words because that compares and copies fastest. */
struct tunnel_addr {
	__u64 w[2];
};

struct tunnel_key {
	struct tunnel_addr addr; /* bits past len are zero */
	__u32 len;
	__u32 zero;
};

/*
 * One entry of the preallocated hash costs 48 (kernel's header) + 24 + 104 = 176 octets, its
 * statistics 40 more: a million bindings need 216 MB.
 */
struct tunnel_binding {
	struct tunnel_addr local, peer;
	/* The pair before the last change: packets under way are accepted until old_until. */
	struct tunnel_addr old_local, old_peer;
	struct tunnel_addr second; /* gateway: the anchor of a chained home; zero: none */
	__u64 old_until; /* bpf_ktime_get_ns() */
	__u32 slot;      /* index of its statistics */
	__u32 link;      /* WTRU: encapsulate what leaves here; elsewhere the HoA is native */
	__u16 mtu;       /* largest inner packet; at least 1280 */
	__u16 whole;     /* largest whose outer packet needs no fragmentation; at most mtu */
	__u16 second_whole; /* the same towards second; 0: as large as may be */
	__u16 zero;
};

struct tunnel_stats {
	__u64 tx_packets, tx_bytes;
	__u64 rx_packets, rx_bytes;
	__u64 last_tx; /* bpf_ktime_get_ns() */
};

enum tunnel_counter {
	TUNNEL_DROP_NO_BINDING,
	TUNNEL_DROP_WRONG_SOURCE,
	TUNNEL_DROP_MALFORMED,
	TUNNEL_DROP_MULTICAST,
	TUNNEL_DROP_LOOP,
	TUNNEL_DROP_UNPROTECTED,
	TUNNEL_DROP_FAILED,
	TUNNEL_TOO_BIG,
	TUNNEL_ENCAPSULATED,
	TUNNEL_DECAPSULATED,
	TUNNEL_COUNTERS
};

/* The only element of the settings map. */
struct tunnel_settings {
	__u32 layout;                  /* TUNNEL_LAYOUT */
	__u32 lengths[TUNNEL_LENGTHS]; /* in use besides 128, longest first, then zeros */
	__u32 clsact[TUNNEL_LINKS]; /* interfaces whose clsact we added; read by user space only */
	__u32 device;      /* gateway: what user space must fragment leaves here */
	__u32 peers;       /* gateway: how many there are in mip6_peers */
	__u32 reqid;       /* gateway: of the security associations with them */
	__u64 next_event; /* no event to user space before this time */
};

/* A tunnelled packet without a binding. */
struct tunnel_event {
	struct tunnel_addr outer_src, outer_dst, inner_src;
};

#endif
