/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ip6tnl data plane's parts, private to it. */
#ifndef MIP6_KERNEL_DATAPLANE_IP6TNL_H
#define MIP6_KERNEL_DATAPLANE_IP6TNL_H

#include "kernel/dataplane.h"

struct mnl_socket;
struct nftnl_set_elem;

/*
 * Set in the mark of a tunnelled packet that may go on, between the input hook and the tunnel
 * device; both ends of that way are ours, others see it never.
 */
#define IP6TNL_MARK 0x00400000u
/*
 * The same for packets of chains, once more behind the device: from the WTRU, to be sent to its
 * anchor, until they are; from the anchor.
 */
#define IP6TNL_MARK_UP 0x00800000u
#define IP6TNL_MARK_DOWN 0x00200000u

/* Sets in our nftables table. */
enum ip6tnl_set {
	IP6TNL_ACCEPT,  /* outer source, home: what may come out of a tunnel */
	IP6TNL_HOMES,   /* home */
	IP6TNL_TX,      /* home, with a counter: into tunnels */
	IP6TNL_RX,      /* home, with a counter: out of tunnels */
	IP6TNL_LOCALS,  /* addresses of ours that tunnels end at */
	IP6TNL_CHAINS,  /* home: what comes from it goes to its anchor */
	IP6TNL_ANCHORS, /* anchor, home: what may come out of a tunnel for a chain's WTRU */
	IP6TNL_PEERS,   /* gateways whose tunnels with us are inside ESP */
	IP6TNL_SETS
};

/* Counters in our nftables table. */
enum ip6tnl_counter {
	IP6TNL_NO_BINDING,
	IP6TNL_WRONG_SOURCE,
	IP6TNL_MALFORMED,
	IP6TNL_MULTICAST,
	IP6TNL_LOOP,
	IP6TNL_UNPROTECTED,
	IP6TNL_TOO_BIG,
	IP6TNL_ENCAPSULATED,
	IP6TNL_DECAPSULATED,
	IP6TNL_COUNTERS
};

/* Whether the elements are pairs. */
static inline bool ip6tnl_set_has_outer(enum ip6tnl_set set)
{
	return set == IP6TNL_ACCEPT || set == IP6TNL_ANCHORS;
}

extern const char *const ip6tnl_set_names[IP6TNL_SETS];
extern const char *const ip6tnl_counter_names[IP6TNL_COUNTERS];

/* Requests in one buffer, which the kernel carries out all or none. */
struct ip6tnl_batch {
	uint8_t *data;
	size_t size, used;
	uint32_t first, last; /* sequence numbers */
	bool failed;          /* no memory, or no room */
};

/* The devices that the rules are about. */
struct ip6tnl_devices {
	const char *tunnel;
	const char *narrow;    /* what must be cut leaves here */
	const char *narrow_up; /* the same, of chains, towards the anchor; NULL: no chains */
};

/* dataplane_ip6tnl_rules.c: table, chains, sets and rules, in one batch. */
void ip6tnl_rules_build(struct ip6tnl_batch *batch, enum dataplane_role role, const char *table,
                        const struct ip6tnl_devices *devices, bool fresh);

/* dataplane_ip6tnl_filter.c: the table in the kernel. */
struct ip6tnl_filter {
	struct mnl_socket *nl;
	const char *table;
	uint32_t seq;
	uint8_t *buffer; /* of `batch` between begin and commit */
	struct ip6tnl_batch batch;
};

/* A message in the batch; returns NULL when it has failed. end: what is written is complete. */
struct nlmsghdr *ip6tnl_batch_message(struct ip6tnl_batch *batch, uint16_t type, uint16_t flags);
void ip6tnl_batch_end_message(struct ip6tnl_batch *batch, const struct nlmsghdr *nlh);

/* 0 when the kernel takes all rules; else negative errno. Changes nothing. */
int ip6tnl_filter_probe(enum dataplane_role role);
/* Connect only. */
int ip6tnl_filter_open(struct ip6tnl_filter *filter, const char *table);
/* Whether the table is there, from an earlier process that had all these sets. */
bool ip6tnl_filter_exists(struct ip6tnl_filter *filter);
/* fresh: an empty table; else only its rules are made anew. */
int ip6tnl_filter_install(struct ip6tnl_filter *filter, enum dataplane_role role,
                          const struct ip6tnl_devices *devices, bool fresh);
void ip6tnl_filter_remove(struct ip6tnl_filter *filter);
void ip6tnl_filter_close(struct ip6tnl_filter *filter);

/* Changes of elements, done together by commit: 0 or negative errno, and then none is done. */
void ip6tnl_filter_begin(struct ip6tnl_filter *filter);
/*
 * outer: IP6TNL_ACCEPT and IP6TNL_ANCHORS only. data: kept with the element, at most 32 octets; may
 * be NULL.
 */
void ip6tnl_filter_add(struct ip6tnl_filter *filter, enum ip6tnl_set set,
                       const struct mip6_addr *outer, const struct mip6_addr *addr,
                       const void *data, uint32_t size);
void ip6tnl_filter_delete(struct ip6tnl_filter *filter, enum ip6tnl_set set,
                          const struct mip6_addr *outer, const struct mip6_addr *addr);
int ip6tnl_filter_commit(struct ip6tnl_filter *filter);

/* Each element: outer as for add; data of size octets as given to add. */
int ip6tnl_filter_walk(struct ip6tnl_filter *filter, enum ip6tnl_set set,
                       void (*each)(void *ctx, const struct mip6_addr *outer,
                                    const struct mip6_addr *addr, const void *data, uint32_t size),
                       void *ctx);
/* The counter of each element, or of one (addr not NULL). */
int ip6tnl_filter_counts(struct ip6tnl_filter *filter, enum ip6tnl_set set,
                         const struct mip6_addr *addr,
                         void (*each)(void *ctx, const struct mip6_addr *addr, uint64_t packets,
                                      uint64_t bytes),
                         void *ctx);
/* ret_counters: IP6TNL_COUNTERS packet counts. */
int ip6tnl_filter_counters(struct ip6tnl_filter *filter, uint64_t *ret_counters);

/* dataplane_ip6tnl_unbound.c: hears of tunnelled packets that no rule let pass. */
struct ip6tnl_unbound {
	struct ev_loop *loop;
	struct ev_io watcher;
	int fd;
	mip6_time next; /* no report before */
	void *ctx;
	/* True: it was worth a report, and the next one has to wait. */
	bool (*arrived)(void *ctx, const struct mip6_addr *outer_src,
	                const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src);
};

int ip6tnl_unbound_open(struct ip6tnl_unbound *unbound);
void ip6tnl_unbound_close(struct ip6tnl_unbound *unbound);

#endif
