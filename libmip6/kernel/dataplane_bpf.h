/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The BPF data plane's parts, private to it. */
#ifndef MIP6_KERNEL_DATAPLANE_BPF_H
#define MIP6_KERNEL_DATAPLANE_BPF_H

#include <netinet/in.h>

#include "kernel/bpf/tunnel.h"
#include "kernel/dataplane.h"
#include "kernel/dataplane_table.h"

/* File descriptors of the loaded programs and their maps; -1: this role has none. */
struct dataplane_objects {
	int in_ether, in_plain, out_ether, out_plain, route;
	int bindings, stats, locals, counters, settings, events, peers;
};

#define DATAPLANE_OBJECTS_NONE                             \
	{                                                  \
		-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 \
	}

/*
 * dataplane_bpf_load.c. Load the role's programs for max bindings. ret_adopted: the maps, and so
 * the bindings, are those of an earlier process, whose filters were found on some link.
 */
int dataplane_objects_load(struct dataplane_objects *ret, enum dataplane_role role, size_t max,
                           bool *ret_adopted);
void dataplane_objects_close(struct dataplane_objects *objects);
/* Remove from all links what an earlier process with this data plane left. */
void dataplane_objects_clean(enum dataplane_role role);
/* The kernel features that the role needs; as dataplane_ops.probe. */
int dataplane_objects_probe(enum dataplane_role role, char *ret_why, size_t size);

/* dataplane_bpf_tc.c: the filters on the links. */
int dataplane_tc_attach(const struct dataplane_objects *objects, enum dataplane_role role,
                        uint32_t ifindex);
/* Also removes clsact when we added it and nobody else uses it. */
int dataplane_tc_detach(const struct dataplane_objects *objects, enum dataplane_role role,
                        uint32_t ifindex);
/* Id of our program on this link's ingress; 0: none. */
uint32_t dataplane_tc_program(enum dataplane_role role, uint32_t ifindex);
/* Every link of this network namespace that has our filter. */
void dataplane_tc_each(enum dataplane_role role, void (*each)(void *ctx, uint32_t ifindex),
                       void *ctx);

/*
 * dataplane_tun.c: a TUN device of ours, up, without addresses. fresh: remove an earlier one and
 * all its routes first. persist: it stays when this process ends. Returns its descriptor or
 * negative errno.
 */
int dataplane_tun_open(const char *name, bool fresh, bool persist, uint32_t *ret_ifindex);
void dataplane_tun_close(int fd, bool keep);

/* dataplane_ip6tnl.c: remove what an earlier process with that data plane left. */
void dataplane_ip6tnl_clean(struct rtnl *rtnl, enum dataplane_role role);

/* dataplane_slow.c: the gateway's routes to bound homes, through a device of ours. */
struct dataplane_slow {
	int tun;
	uint32_t ifindex;
};

int dataplane_slow_open(struct dataplane_slow *slow, struct rtnl *rtnl, bool fresh);
int dataplane_slow_set(const struct dataplane_slow *slow, struct rtnl *rtnl, int program,
                       const struct mip6_prefix *home, uint32_t outer_mtu);
int dataplane_slow_remove(const struct dataplane_slow *slow, struct rtnl *rtnl,
                          const struct mip6_prefix *home);
void dataplane_slow_close(struct dataplane_slow *slow, struct rtnl *rtnl, bool keep);

/* dataplane_icmp.c: Packet Too Big for outer packets. */
struct dataplane_icmp {
	const struct dataplane_peers *peers; /* may be NULL */
	struct ev_loop *loop;
	struct ev_io watcher;
	int fd;
	void *ctx;
	/*
	 * The outer packet from src to dst was too big; inner points to len octets of the packet in
	 * it. True: tell the inner source too, with this MTU.
	 */
	bool (*too_big)(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
	                uint32_t outer_mtu, const uint8_t *inner, size_t len, uint32_t *ret_mtu);
	/*
	 * Is inner, its header, in a tunnel of ours from src to dst? NULL: somebody else tells its
	 * source of other errors.
	 */
	bool (*tunnelled)(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
	                  const uint8_t *inner);
	mip6_time window;
	unsigned int sent;
};

/* An ICMPv6 error that quotes a tunnelled packet. */
struct dataplane_quote {
	uint8_t type;
	uint32_t info;             /* the third 32 bits of the message */
	struct mip6_addr src, dst; /* of the outer packet */
	const uint8_t *inner;      /* within the message: the inner packet from its header on */
	size_t inner_len;          /* 40 at least */
};

/* False: this quotes none. */
bool dataplane_icmp_parse(const uint8_t *data, size_t len, struct dataplane_quote *ret);
int dataplane_icmp_open(struct dataplane_icmp *icmp);
void dataplane_icmp_close(struct dataplane_icmp *icmp);

/* dataplane_fragment.c: outer packets in fragments, out and in. */
struct dataplane_fragment {
	struct ev_loop *loop;
	struct ev_io tun_watcher, raw_watcher;
	int tun; /* borrowed */
	int raw, out;
	uint32_t id;
	void *ctx;
	/* An inner packet left through the device: the tunnel for it, or false: drop. */
	bool (*entry)(void *ctx, const uint8_t *inner, size_t len, struct mip6_addr *ret_local,
	              struct mip6_addr *ret_peer, uint32_t *ret_mtu);
	/*
	 * A tunnelled packet arrived: may it go up the stack? NULL: none is received, which is then
	 * the kernel's business.
	 */
	bool (*exit)(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
	             const uint8_t *inner, size_t len);
	/*
	 * A whole outer packet left through the device, from one tunnel of a chain into the next: as
	 * entry. NULL: there are no chains.
	 */
	bool (*second)(void *ctx, const uint8_t *outer, size_t len, struct mip6_addr *ret_local,
	               struct mip6_addr *ret_peer, uint32_t *ret_mtu);
	/*
	 * A tunnelled packet arrived: 1: it goes on into the other tunnel of its chain, with one hop
	 * less; 0: it is no chain's, ask exit; negative: drop it. NULL: there are no chains.
	 */
	int (*chain)(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
	             uint8_t *inner, size_t len, struct mip6_addr *ret_local,
	             struct mip6_addr *ret_peer, uint32_t *ret_mtu);
	/* The device for what goes up the stack, made when needed; negative errno. */
	int (*device)(void *ctx);
};

int dataplane_fragment_open(struct dataplane_fragment *fragment);
/* Read the inner packets from this device. */
void dataplane_fragment_device(struct dataplane_fragment *fragment, int tun);
void dataplane_fragment_close(struct dataplane_fragment *fragment);

#endif
