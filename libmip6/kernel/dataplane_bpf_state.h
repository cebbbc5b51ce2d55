/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of the BPF data plane, and what its files share. */
#ifndef MIP6_KERNEL_DATAPLANE_BPF_STATE_H
#define MIP6_KERNEL_DATAPLANE_BPF_STATE_H

#include "kernel/dataplane_bpf.h"
#include "kernel/dataplane_locals.h"

#define DATAPLANE_MTU_MIN 1280
#define DATAPLANE_MTU_STANDARD 1500
#define DATAPLANE_HOMES_MAX 16
struct dataplane {
	struct ev_loop *loop;
	struct rtnl *rtnl;
	enum dataplane_role role;
	void *ctx;
	void (*unbound)(void *ctx, const struct mip6_addr *outer_src,
	                const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src);
	void (*mtu_changed)(void *ctx, const struct mip6_prefix *home, uint16_t mtu);
	struct mip6_addr local;
	struct dataplane_peers peers;
	struct mip6_prefix home_prefixes[DATAPLANE_HOMES_MAX];
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
	uint32_t lengths[128];             /* bindings by prefix length */
	size_t reduced;                    /* bindings with a learnt MTU */
	uint32_t scan;                     /* next slot to look at */
	mip6_time scan_next;               /* earliest end seen in this pass */
	struct ev_timer timer;
	struct ring_buffer *events;
	struct ev_io events_watcher;
};

static inline struct tunnel_addr to_words(const struct mip6_addr *addr)
{
	struct tunnel_addr words;

	memcpy(&words, addr, sizeof(words));
	return words;
}

static inline struct mip6_addr from_words(const struct tunnel_addr *words)
{
	struct mip6_addr addr;

	memcpy(&addr, words, sizeof(addr));
	return addr;
}

static inline struct tunnel_key key_of(const struct mip6_prefix *home)
{
	return (struct tunnel_key){.addr = to_words(&home->addr), .len = home->len};
}

/* Of inner packets. Never below the IPv6 minimum, which every sender may use (RFC 8200 section 5).
 */
static inline uint16_t dataplane_inner_mtu(uint32_t outer_mtu)
{
	uint32_t mtu = outer_mtu - TUNNEL_OVERHEAD;

	if (mtu < DATAPLANE_MTU_MIN)
		mtu = DATAPLANE_MTU_MIN;
	return mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu;
}

/* Of inner packets whose outer packet goes whole. */
static inline uint16_t dataplane_whole_mtu(uint32_t outer_mtu)
{
	uint32_t mtu = outer_mtu - TUNNEL_OVERHEAD;

	return mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu;
}

/* dataplane_bpf_mtu.c: bindings in the kernel, their MTU and the timer. */

/* What the outer packets of this binding may have, as the kernel knows it now. */
uint32_t dataplane_standard_mtu(const struct dataplane *dp,
                                const struct dataplane_binding *binding);
/* Write the slot's binding into the kernel. */
int dataplane_slot_publish(struct dataplane *dp, uint32_t slot);
/* The gateway's route for the slow path, if it is not there or has another MTU. */
int dataplane_slot_route(struct dataplane *dp, struct dataplane_slot *s);
/* until: when a learnt MTU ends; 0: it is the link's. */
int dataplane_slot_set_mtu(struct dataplane *dp, uint32_t slot, uint32_t outer_mtu,
                           mip6_time until);
/* What was learnt about the path to the anchor of a chain, until when; 0: nothing. */
void dataplane_second_mtu(struct dataplane *dp, struct dataplane_slot *s, uint32_t outer_mtu,
                          mip6_time until);
int dataplane_path_mtu(struct dataplane *dp, const struct mip6_addr *peer, uint32_t outer_mtu);
/* dataplane_icmp.tunnelled */
bool dataplane_packet_is_tunnelled(void *ctx, const struct mip6_addr *src,
                                   const struct mip6_addr *dst, const uint8_t *inner);
/* dataplane_icmp.too_big */
bool dataplane_packet_too_big(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                              uint32_t outer_mtu, const uint8_t *inner, size_t len,
                              uint32_t *ret_mtu);
/* Learnt MTUs end after ten minutes. */
void dataplane_mtu_adopted(struct dataplane *dp, struct dataplane_slot *s);
void dataplane_timer_init(struct dataplane *dp);
/* Let the timer run at this time at the latest. */
void dataplane_timer_set(struct dataplane *dp, mip6_time at);
/* The binding that covers addr: the /128 or a shorter home prefix; DATAPLANE_TABLE_NONE. */
uint32_t dataplane_slot_covering(const struct dataplane *dp, const struct mip6_addr *addr);

/* dataplane_ops.protect */
int dataplane_protect(struct dataplane *dp, const struct mip6_addr *peers, size_t count);

/* dataplane_bpf_hand.c: packets that user space handles; members of struct dataplane_fragment. */
bool dataplane_hand_entry(void *ctx, const uint8_t *inner, size_t len, struct mip6_addr *ret_local,
                          struct mip6_addr *ret_peer, uint32_t *ret_mtu);
bool dataplane_hand_exit(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                         const uint8_t *inner, size_t len);
bool dataplane_hand_second(void *ctx, const uint8_t *outer, size_t len,
                           struct mip6_addr *ret_local, struct mip6_addr *ret_peer,
                           uint32_t *ret_mtu);
int dataplane_hand_chain(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
                         uint8_t *inner, size_t len, struct mip6_addr *ret_local,
                         struct mip6_addr *ret_peer, uint32_t *ret_mtu);
int dataplane_hand_device(void *ctx);

#endif
