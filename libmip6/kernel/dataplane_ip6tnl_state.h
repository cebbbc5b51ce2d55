/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of the ip6tnl data plane, and what its files share. */
#ifndef MIP6_KERNEL_DATAPLANE_IP6TNL_STATE_H
#define MIP6_KERNEL_DATAPLANE_IP6TNL_STATE_H

#include "kernel/dataplane_bpf.h"
#include "kernel/dataplane_ip6tnl.h"

/* RFC 8201 section 4: not sooner than ten minutes. */
#define MTU_LIFETIME (600 * MIP6_S)
#define MTU_MIN 1280
#define MTU_STANDARD 1500
#define OVERHEAD 40
/* A table of more bindings is not walked for each single end of something. */
#define SCAN_SOON 8192
#define SCAN_PAUSE (1 * MIP6_S)
/* Ends so near to each other are one: a move has many bindings' at once. */
#define ENDS_TOGETHER (50 * MIP6_MS)

/* Gateway: homes, looked up before the main table, as in dataplane_slow.c. */
#define HOME_TABLE 10500
#define HOME_RULE 31900
/*
 * Gateway: from the homes of chains to their anchors, for packets with IP6TNL_MARK_UP. Before the
 * others: they go nowhere else, not even to another home.
 */
#define CHAIN_TABLE 10501
#define CHAIN_RULE 31899
/*
 * WTRU: tunnel packets from a CoA leave by the router that it belongs to, also while another
 * attachment is the default already. Two tables per binding, in turns: the previous one serves what
 * is under way.
 */
#define UPLINK_TABLE 12000
#define UPLINK_RULE 31989

/* WTRU: the statistics of all are read at once, and serve a round of questions. */
#define COUNTS_LIFETIME (10 * MIP6_MS)

#define LOCALS_MAX 256
#define HOME_PREFIXES_MAX 16

struct local {
	struct mip6_addr addr;
	uint32_t uses;
	mip6_time until; /* when unused: forgotten then */
};

/* Kept with each accepted pair, for the next process. */
struct kept {
	uint8_t current; /* 0: the pair before a change */
	struct mip6_addr local;
};

/* What a slot of the table has besides. */
struct extra {
	uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes; /* at the last look */
	mip6_time last_tx;
	bool odd;        /* which of the two uplink tables */
	uint32_t uplink; /* ifindex in it; 0: none */
	struct mip6_addr router;
	bool old_accepted; /* (old_peer, home) is in the set */
	bool old_uplink;   /* the other uplink table is in use, from old_local to old_peer */
	bool routed;
	bool routed_up; /* from the home to the anchor */
};

/* Homes behind paths below 1320 octets: the device that their packets leave by, to be cut. */
struct narrow {
	int tun;
	uint32_t ifindex;
	struct dataplane_fragment fragment;
};

struct dataplane {
	struct ev_loop *loop;
	struct rtnl *rtnl;
	enum dataplane_role role;
	bool chains;
	void *ctx;
	void (*unbound)(void *ctx, const struct mip6_addr *outer_src,
	                const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src);
	void (*mtu_changed)(void *ctx, const struct mip6_prefix *home, uint16_t mtu);
	struct mip6_prefix home_prefixes[HOME_PREFIXES_MAX];
	size_t home_prefix_count;
	struct mip6_addr local;
	struct dataplane_peers peers;
	struct ip6tnl_filter filter;
	struct dataplane_table *table;
	struct extra *extra;
	struct local locals[LOCALS_MAX];
	size_t local_count;
	uint32_t ifindex, mtu; /* the device's */
	struct dataplane_icmp icmp;
	struct ip6tnl_unbound unbound_socket;
	mip6_time counted;                 /* WTRU: when it looked at the counters of all */
	struct narrow narrow;              /* WTRU: made when needed */
	struct narrow narrow_up;           /* towards the anchors of chains */
	struct dataplane_counters by_hand; /* what user space dropped there */
	uint64_t elsewhere; /* forgotten bindings' packets for addresses that are no tunnel's end */
	bool made;          /* device and table are new: gone again when opening fails */
	size_t ends;        /* slots with something that ends */
	mip6_time scanned;
	struct ev_timer timer;
};

static inline uint16_t ip6tnl_inner_mtu(uint32_t outer_mtu)
{
	uint32_t mtu = outer_mtu - OVERHEAD;

	/* Every sender may use the IPv6 minimum; then the outer packets are fragmented (RFC
	 * 2473, 7.1). */
	if (mtu < MTU_MIN)
		mtu = MTU_MIN;
	return mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu;
}

/* Too narrow for an inner packet of the IPv6 minimum in a whole outer one. */
static inline bool ip6tnl_is_narrow(uint32_t outer_mtu)
{
	return outer_mtu < MTU_MIN + OVERHEAD;
}

static inline bool ip6tnl_is_chain(const struct dataplane_binding *binding)
{
	return !mip6_addr_is_unspecified(&binding->second);
}

/* dataplane_ip6tnl.c: as dataplane_ops.probe_chains, and addresses that tunnels end at. */
int ip6tnl_probe_chains(char *ret_why, size_t size);
struct local *ip6tnl_local_find(struct dataplane *dp, const struct mip6_addr *addr);
/* Within a batch: whether the set has the address afterwards is known when it is committed. */
int ip6tnl_local_put(struct dataplane *dp, const struct mip6_addr *addr);
void ip6tnl_local_use(struct dataplane *dp, const struct mip6_addr *addr);
/* Returns when to be called next. */
mip6_time ip6tnl_locals_expire(struct dataplane *dp, mip6_time now);

/* dataplane_ip6tnl_open.c */
int ip6tnl_open(struct dataplane **ret, const struct dataplane_config *config);
void ip6tnl_close(struct dataplane *dp, bool keep);
struct ip6tnl_devices ip6tnl_devices(enum dataplane_role role, bool chains);

/* dataplane_ip6tnl_route.c */
extern const struct rtnl_rule ip6tnl_home_rule, ip6tnl_chain_rule;
/* The gateway's route to the slot's home; a chain's to the anchor too. */
int ip6tnl_set_home_route(struct dataplane *dp, uint32_t slot);
int ip6tnl_set_anchor_route(struct dataplane *dp, uint32_t slot);
int ip6tnl_remove_home_route(struct dataplane *dp, uint32_t slot);
int ip6tnl_remove_anchor_route(struct dataplane *dp, uint32_t slot);
/* WTRU: the way of the binding's tunnel packets, in the table that is its turn. */
int ip6tnl_set_uplink(struct dataplane *dp, uint32_t slot);
void ip6tnl_remove_uplink(struct dataplane *dp, uint32_t slot, bool odd,
                          const struct mip6_addr *local, const struct mip6_addr *peer);
void ip6tnl_forget_uplinks(struct rtnl *rtnl);
/* Let inner packets of this size into the tunnel device. */
void ip6tnl_widen_device(struct dataplane *dp, uint32_t mtu);

/* dataplane_ip6tnl_mtu.c: MTUs, and everything that ends by time. */
uint32_t ip6tnl_standard_mtu(const struct dataplane *dp, const struct dataplane_binding *binding);
/* Of the path to the anchor; 0 without one. */
uint32_t ip6tnl_second_mtu(const struct dataplane_binding *binding);
/* until: when a learnt MTU ends; 0: it is the link's. */
int ip6tnl_slot_set_mtu(struct dataplane *dp, uint32_t slot, uint32_t outer_mtu, mip6_time until);
int ip6tnl_path_mtu(struct dataplane *dp, const struct mip6_addr *peer, uint32_t outer_mtu);
/* dataplane_ops.protect */
int ip6tnl_protect(struct dataplane *dp, const struct mip6_addr *peers, size_t count);
/* dataplane_icmp.too_big */
bool ip6tnl_packet_too_big(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                           uint32_t outer_mtu, const uint8_t *inner, size_t len, uint32_t *ret_mtu);
/* The previous pair is no longer accepted: in a batch, and what is outside of it. */
void ip6tnl_put_old_away(struct dataplane *dp, uint32_t slot);
void ip6tnl_forget_old(struct dataplane *dp, uint32_t slot);
void ip6tnl_timer_init(struct dataplane *dp);
/* Let the timer run at this time at the latest; ends_at: for a slot. */
void ip6tnl_timer_set(struct dataplane *dp, mip6_time at);
void ip6tnl_ends_at(struct dataplane *dp, mip6_time at);

/* dataplane_ip6tnl_narrow.c: packets for paths below 1320 octets, whose outer packets we cut. */
void ip6tnl_narrow_init(struct dataplane *dp);
/* The device for them, made when needed: 0 or negative errno. persist: it outlives this process. */
int ip6tnl_narrow_device(struct dataplane *dp, bool persist);
int ip6tnl_narrow_device_up(struct dataplane *dp);
void ip6tnl_narrow_close(struct dataplane *dp, bool keep);

#endif
