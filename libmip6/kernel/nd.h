/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbour Discovery over one raw ICMPv6 socket: receive and send decoded messages. */
#ifndef MIP6_KERNEL_ND_H
#define MIP6_KERNEL_ND_H

#include <ev.h>

#include <mip6/icmp6.h>

struct nd;

struct nd_packet {
	uint32_t ifindex;
	struct mip6_addr src;
	struct mip6_addr dst;
	uint8_t hop_limit;
	const struct mip6_icmp6 *msg; /* valid during the call */
};

struct nd_handler {
	void *ctx;
	void (*packet)(void *ctx, const struct nd_packet *packet);
};

/*
 * types: which ICMPv6 types to receive (kernel filter), count of them. Needs CAP_NET_RAW. The
 * handler gets only what RFC 4861 sections 6.1 and 7.1 allow: hop limit, addresses, code, length,
 * options.
 */
int nd_open(struct nd **ret, struct ev_loop *loop, const uint8_t *types, size_t count,
	    const struct nd_handler *handler);
/* Receive multicasts to `group` (ff02::2 all routers, a solicited-node group) on ifindex. */
int nd_join(struct nd *nd, uint32_t ifindex, const struct mip6_addr *group);
int nd_leave(struct nd *nd, uint32_t ifindex, const struct mip6_addr *group);
/*
 * Make addr an anycast address of ours on ifindex (RFC 4291 section 2.6): packets for it come in, and
 * the kernel answers solicitations for it. Ends with nd_close() at the latest. Needs CAP_NET_ADMIN.
 */
int nd_join_anycast(struct nd *nd, uint32_t ifindex, const struct mip6_addr *addr);
int nd_leave_anycast(struct nd *nd, uint32_t ifindex, const struct mip6_addr *addr);
/*
 * Send with hop limit 255 out of ifindex. src unspecified: the kernel chooses (link-local); an RS
 * without link-layer address leaves from the unspecified address when there is nothing to choose.
 * src may be tentative, or an address of another node.
 */
int nd_send(struct nd *nd, uint32_t ifindex, const struct mip6_addr *src,
	    const struct mip6_addr *dst, const struct mip6_icmp6 *msg);
/* The same from the unspecified address: how a host without one solicits, and looks for duplicates. */
int nd_send_unspecified(struct nd *nd, uint32_t ifindex, const struct mip6_addr *dst,
			const struct mip6_icmp6 *msg);
/* ff02::1:ffXX:XXXX of an address (RFC 4291 section 2.7.1). */
struct mip6_addr nd_solicited_node(const struct mip6_addr *addr);
void nd_close(struct nd *nd);
/*
 * Messages dropped because they did not decode, or break the rules of RFC 4861 sections 6.1 and
 * 7.1.
 */
uint64_t nd_malformed(const struct nd *nd);

#endif
