/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rtnetlink: links, addresses, routes, rules, neighbours. Requests are synchronous and acknowledged
 * on one socket; changes arrive on another through callbacks from the loop. Whatever we add carries
 * RTNL_PROTOCOL, so that it can be listed, adopted and removed.
 *
 * All functions return 0 or a negative errno; the kernel's extended acknowledgement is logged at
 * debug level and kept in rtnl_error(). Setting what exists already and removing what is gone both
 * succeed.
 */
#ifndef MIP6_KERNEL_RTNL_H
#define MIP6_KERNEL_RTNL_H

#include <ev.h>

#include <mip6/base.h>

/* rtm_protocol, FRA_PROTOCOL and NDA_PROTOCOL of everything of ours. */
#define RTNL_PROTOCOL 106
#define RTNL_LLADDR_MAX 8

struct rtnl_link {
	uint32_t ifindex;
	char name[16];
	bool present;
	bool up;      /* administratively up and carrier (IFF_UP and IFF_LOWER_UP) */
	uint32_t mtu;
	uint8_t lladdr_len;
	uint8_t lladdr[RTNL_LLADDR_MAX];
	uint32_t carrier_changes; /* counter of the kernel, 0 when not given */
};

struct rtnl_address {
	uint32_t ifindex;
	struct mip6_addr addr;
	uint8_t prefix_len;
	bool present;
	uint32_t flags; /* IFA_F_* */
	uint32_t preferred_s, valid_s; /* UINT32_MAX: infinite */
	/*
	 * IFA_PROTO: who made it. Filled by lists and the monitor (0: nobody said, or a kernel
	 * before 5.18); set: 0 means RTNL_PROTOCOL. Pass back what was read to change somebody
	 * else's address without taking it over.
	 */
	uint8_t protocol;
};

struct rtnl_neighbour {
	uint32_t ifindex;
	struct mip6_addr addr;
	uint16_t state; /* NUD_*; 0: gone */
	bool proxy;
	uint8_t lladdr_len; /* 0: not known */
	uint8_t lladdr[RTNL_LLADDR_MAX];
};

struct rtnl_route {
	struct mip6_prefix dst; /* len 0: default */
	struct mip6_prefix from; /* for packets from here only; len 0: all. Needs IPV6_SUBTREES */
	uint32_t table;
	uint32_t ifindex;       /* 0: none (unreachable type) */
	struct mip6_addr gateway; /* unspecified: on link */
	struct mip6_addr src;   /* preferred source; unspecified: none */
	uint32_t mtu;           /* 0: none */
	uint32_t metric;        /* 0: the kernel's default, 1024 */
	uint8_t type;           /* RTN_*; 0: unicast */
	int lwt_xmit_fd;        /* LWT_XMIT program of an `encap bpf` route; 0: none; lists: -1 */
	uint32_t lwt_headroom;  /* octets that the program adds; the kernel does not tell it */
	/*
	 * `encap ip6` for a tunnel device in external mode: outer addresses; encap_dst unspecified: none.
	 * Not filled by lists.
	 */
	struct mip6_addr encap_src, encap_dst;
	/* Forwarded packets keep to mtu too, and nothing learnt changes it. Not filled by lists. */
	bool mtu_lock;
	uint8_t protocol;       /* filled by lists */
};

struct rtnl_rule {
	uint32_t priority;
	struct mip6_prefix src; /* len 0: all */
	struct mip6_prefix dst; /* len 0: all */
	uint32_t mark;          /* of the packet or socket; 0: any */
	uint32_t mark_mask;     /* its bits that count; 0: all */
	uint16_t udp_src;       /* UDP from this port; 0: anything */
	uint32_t table;
	int32_t suppress_prefix_len; /* -1: none */
};

/* Called from the loop; members may be NULL. The pointed-to objects are valid during the call. */
struct rtnl_monitor {
	void *ctx;
	void (*link)(void *ctx, const struct rtnl_link *link);
	void (*address)(void *ctx, const struct rtnl_address *address);
	void (*neighbour)(void *ctx, const struct rtnl_neighbour *neighbour);
	/*
	 * Changes were lost (ENOBUFS): the listener was called again for all that exists, and now
	 * must drop what it was not told about since `resync_begin`.
	 */
	void (*resync_begin)(void *ctx);
	void (*resync_end)(void *ctx);
};

struct rtnl;

int rtnl_open(struct rtnl **ret);
/* Subscribe, and report everything that exists now before returning. Once. */
int rtnl_monitor_start(struct rtnl *rtnl, struct ev_loop *loop, const struct rtnl_monitor *monitor);
/* Report everything that exists once more, between resync_begin and resync_end. */
int rtnl_monitor_resync(struct rtnl *rtnl);
void rtnl_close(struct rtnl *rtnl);
/* Text of the last failure ("RTM_NEWROUTE: File exists"), never NULL. */
const char *rtnl_error(const struct rtnl *rtnl);

int rtnl_link_by_name(struct rtnl *rtnl, const char *name, struct rtnl_link *ret); /* -ENODEV */
int rtnl_link_by_index(struct rtnl *rtnl, uint32_t ifindex, struct rtnl_link *ret);
int rtnl_link_set_up(struct rtnl *rtnl, uint32_t ifindex, bool up);
int rtnl_link_set_mtu(struct rtnl *rtnl, uint32_t ifindex, uint32_t mtu);
/* Any link that can be removed; one that is gone succeeds. */
int rtnl_link_remove(struct rtnl *rtnl, uint32_t ifindex);
/*
 * A tunnel device in external mode: IPv6 in IPv6, outer addresses from the routes through it, no
 * encapsulation limit option. Down at first. -EEXIST when the name is taken or when another program
 * has such a device in this network namespace, where there can be but one.
 */
int rtnl_tunnel_add(struct rtnl *rtnl, const char *name, const char *alias, uint32_t mtu,
                    uint32_t *ret_ifindex);
/* Whether the kernel has ip6_tunnel, built in or as a module that it can load. */
int rtnl_tunnel_probe(struct rtnl *rtnl);
/* Error counters of a link. */
int rtnl_link_errors(struct rtnl *rtnl, uint32_t ifindex, uint64_t *ret_rx, uint64_t *ret_tx);

/*
 * Add or change (lifetimes, flags; the prefix length of an address that exists stays). valid_s must
 * not be 0 nor less than preferred_s. flags: IFA_F_NODAD, IFA_F_NOPREFIXROUTE, and so on.
 */
int rtnl_address_set(struct rtnl *rtnl, const struct rtnl_address *address);
int rtnl_address_remove(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr,
			uint8_t prefix_len);
int rtnl_address_list(struct rtnl *rtnl, void (*each)(void *ctx, const struct rtnl_address *),
		      void *ctx);

/*
 * Add or replace; table, dst, from and metric identify a route. In the main and local tables a route
 * of somebody else with the same dst and metric is left alone: -EEXIST; take another metric.
 */
int rtnl_route_set(struct rtnl *rtnl, const struct rtnl_route *route);
/* Only a route with RTNL_PROTOCOL; looks at table, dst, from and metric. */
int rtnl_route_remove(struct rtnl *rtnl, const struct rtnl_route *route);
/* 0 when the kernel routes by source too (`from`); else negative errno. Changes nothing. */
int rtnl_route_from_probe(struct rtnl *rtnl);
/* Only routes with RTNL_PROTOCOL, in any table. */
int rtnl_route_list(struct rtnl *rtnl, void (*each)(void *ctx, const struct rtnl_route *),
		    void *ctx);

/* All members identify a rule; the same one is never there twice. */
int rtnl_rule_set(struct rtnl *rtnl, const struct rtnl_rule *rule);
int rtnl_rule_remove(struct rtnl *rtnl, const struct rtnl_rule *rule);
/* Only rules with RTNL_PROTOCOL. */
int rtnl_rule_list(struct rtnl *rtnl, void (*each)(void *ctx, const struct rtnl_rule *), void *ctx);

/* Proxy entry (RFC 4389 style pneigh) for addr on ifindex. */
int rtnl_proxy_set(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr);
int rtnl_proxy_remove(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr);
/* Only proxy entries with RTNL_PROTOCOL. */
int rtnl_proxy_list(struct rtnl *rtnl, void (*each)(void *ctx, const struct rtnl_neighbour *),
		    void *ctx);
/* A neighbour entry in state NUD_STALE with this link-layer address (as if an RS had told us). */
int rtnl_neighbour_set(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr,
		       const uint8_t *lladdr, uint8_t lladdr_len);
int rtnl_neighbour_remove(struct rtnl *rtnl, uint32_t ifindex, const struct mip6_addr *addr);

/*
 * /proc/sys/net/ipv6/conf/IFNAME/KEY (or neigh/…): path is relative to /proc/sys. get: value or
 * negative errno.
 */
int rtnl_sysctl_get(const char *path, int *ret);
int rtnl_sysctl_set(const char *path, int value);

#endif
