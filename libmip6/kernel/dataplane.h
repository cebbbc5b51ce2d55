/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Data planes: IPv6-in-IPv6 tunnels of the WTRU and of the gateways, behind one small table of
 * operations, chosen by probing. All operations are idempotent: wanting what is there already, and
 * unwanting what is gone, succeed. 0 or a negative errno.
 */
#ifndef MIP6_KERNEL_DATAPLANE_H
#define MIP6_KERNEL_DATAPLANE_H

#include <ev.h>

#include <mip6/base.h>

#include "kernel/dataplane_peers.h"
#include "kernel/rtnl.h"

enum dataplane_role {
	DATAPLANE_WTRU,    /* encapsulate what leaves from a HoA; decapsulate what comes for it */
	DATAPLANE_GATEWAY, /* encapsulate what arrives for a HoA; decapsulate what comes from it */
};

#define DATAPLANE_GRACE (3 * MIP6_S)

struct dataplane_binding {
	struct mip6_prefix home; /* the HoA as /128, or (gateway) a delegated prefix */
	struct mip6_addr
		local; /* outer address of ours: CoA at the WTRU, home agent address at the D-GW */
	struct mip6_addr peer;   /* outer address of the other end */
	uint32_t ifindex;        /* WTRU: uplink; gateway: 0 */
	struct mip6_addr router; /* WTRU: first hop; gateway: unused */
	bool receive_only;       /* WTRU: what the HoA sends leaves natively */
	/*
	 * Gateway: what peer sends from home goes on into a second tunnel, local to second, and
	 * what comes out of that one for home goes to peer. Unspecified: no chain, the first tunnel
	 * ends here.
	 */
	struct mip6_addr second;
};

struct dataplane_stats {               /* of one binding */
	uint64_t tx_packets, tx_bytes; /* encapsulated; inner bytes */
	uint64_t rx_packets, rx_bytes; /* decapsulated */
	mip6_time last_tx;             /* CLOCK_MONOTONIC; 0: never */
	uint16_t mtu;                  /* of the inner packets at present */
};

struct dataplane_counters {       /* of all */
	uint64_t drop_no_binding; /* tunnelled packet, inner source (or destination) has no binding
	                           */
	uint64_t drop_wrong_source; /* bound, but the outer source is another */
	uint64_t drop_malformed;
	uint64_t drop_multicast; /* WTRU: from a HoA to a group beyond the link */
	uint64_t drop_loop; /* our own tunnel packet came back, or a tunnel within the tunnel to us
	                     */
	uint64_t drop_unprotected; /* from a gateway of protect(), but not inside ESP */
	uint64_t drop_failed; /* the kernel had no room for the header */
	uint64_t too_big;     /* gateway: handed to the stack for a Packet Too Big; WTRU: dropped */
	uint64_t encapsulated, decapsulated;
};

struct dataplane_config {
	struct ev_loop *loop;
	struct rtnl *rtnl; /* borrowed */
	enum dataplane_role role;
	size_t bindings_max;
	bool chains; /* gateway: there will be bindings with a second tunnel */
	/*
	 * Gateway: the prefixes that HoAs are from, at most 16: what comes tunnelled from one of
	 * them without a binding is reported, to whichever address of ours it comes.
	 */
	const struct mip6_prefix *home_prefixes;
	size_t home_prefix_count;
	/* Gateway: the address that tunnels end at, known before the first binding. May be
	 * unspecified. */
	struct mip6_addr local;
	void *ctx;
	/* Gateway: a tunnelled packet without a binding came (rate-limited in the kernel). May be
	 * NULL. */
	void (*unbound)(void *ctx, const struct mip6_addr *outer_src,
	                const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src);
	/* The inner MTU of this binding changed: WTRU: set route() again. May be NULL. */
	void (*mtu_changed)(void *ctx, const struct mip6_prefix *home, uint16_t mtu);
};

struct dataplane; /* each backend's own */

struct dataplane_ops {
	const char *name; /* "bpf", "ip6tnl" */
	/*
	 * WTRU: what leaves with a HoA as its source enters the tunnel by whatever route it came.
	 * Otherwise only what was routed by that source does; a socket that has yet to be given a
	 * source needs a route of its own into the tunnel.
	 */
	bool by_source;
	/* 0 when this kernel can; else negative errno and why in text (ret_why, size octets). */
	int (*probe)(enum dataplane_role role, char *ret_why, size_t size);
	/* The same for a gateway's chains (binding.second). NULL: whenever probe() says so. */
	int (*probe_chains)(char *ret_why, size_t size);
	/*
	 * Adopts what an earlier process of ours left in the kernel: its bindings are in list(),
	 * without ifindex and router until they are wanted again. Before capabilities are dropped:
	 * adopting needs CAP_SYS_ADMIN, everything later CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF.
	 */
	int (*open)(struct dataplane **ret, const struct dataplane_config *config);
	/* A link to watch: WTRU uplinks; a gateway's access and core links. Repeated when it comes
	 * back. */
	int (*attach)(struct dataplane *dp, uint32_t ifindex);
	int (*detach)(struct dataplane *dp, uint32_t ifindex);
	/*
	 * A binding whose local or peer changed still accepts what was under way between the
	 * previous pair for DATAPLANE_GRACE.
	 */
	int (*want_binding)(struct dataplane *dp, const struct dataplane_binding *binding);
	int (*unwant_binding)(struct dataplane *dp, const struct mip6_prefix *home);
	int (*list)(struct dataplane *dp,
	            void (*each)(void *ctx, const struct dataplane_binding *binding), void *ctx);
	/* -ENOENT without such a binding. */
	int (*stats)(struct dataplane *dp, const struct mip6_prefix *home,
	             struct dataplane_stats *ret);
	int (*counters)(struct dataplane *dp, struct dataplane_counters *ret);
	/*
	 * WTRU: how packets from this HoA must be routed so that they enter the tunnel: fills
	 * ifindex, gateway, mtu and encapsulation of the default route in the HoA's own table.
	 * -ENOENT without such a binding.
	 */
	int (*route)(struct dataplane *dp, const struct mip6_prefix *home, struct rtnl_route *ret);
	/*
	 * A Packet Too Big for the outer packet said so for this peer; back to the link's after ten
	 * minutes (RFC 8201 section 4). The backend listens for those messages itself. -EINVAL
	 * below 1280.
	 */
	int (*path_mtu)(struct dataplane *dp, const struct mip6_addr *peer, uint32_t outer_mtu);
	/*
	 * Gateway: the tunnels with these other gateways, at most DATAPLANE_PEERS_MAX, are inside ESP
	 * in tunnel mode, by policies and associations with XFRM_REQID_GATEWAY that the caller makes
	 * first. What comes from them in clear, tunnelled or with extension headers (so that no piece
	 * of an outer packet gets between others), is dropped. Replaces those of an earlier call.
	 */
	int (*protect)(struct dataplane *dp, const struct mip6_addr *peers, size_t count);
	/* keep: leave everything in the kernel for the next process; else remove it all. */
	void (*close)(struct dataplane *dp, bool keep);
};

extern const struct dataplane_ops dataplane_bpf;
/* Gateway: homes of 128 bits only; -EOPNOTSUPP for anything else. */
extern const struct dataplane_ops dataplane_ip6tnl;

/* As `forced` below: any that can chain. */
#define DATAPLANE_CHAINING "chaining"

/*
 * The first backend in order of preference that probes, or the one named `forced` (NULL or "auto":
 * any). NULL when none; ret_why then (and otherwise too) says why, for `mip6ctl status` and the
 * log.
 */
const struct dataplane_ops *dataplane_choose(enum dataplane_role role, const char *forced,
                                             char *ret_why, size_t size);

#endif
