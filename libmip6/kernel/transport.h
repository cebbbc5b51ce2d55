/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mobility Header transport (docs/architecture.md): raw sockets of protocols 60, 43 and 135
 * receive, an IPPROTO_RAW socket with the header included sends, and on a kernel without MIP6 an
 * nftables table that we own suppresses the Parameter Problems that the kernel would send for HAO
 * and type 2 routing header around a Mobility Header. The table goes with the process
 * (NFT_TABLE_F_OWNER), however it ends.
 *
 * Mobile Prefix Solicitations and Advertisements, the ICMPv6 messages that travel behind the same
 * headers, go the same way.
 */
#ifndef MIP6_KERNEL_TRANSPORT_H
#define MIP6_KERNEL_TRANSPORT_H

#include <ev.h>

#include <mip6/icmp6.h>
#include <mip6/packet.h>

struct transport;
struct xfrm;

struct transport_handler {
	void *ctx;
	/* A Mobility Header packet; the same packet seen by two sockets is delivered once. */
	void (*packet)(void *ctx, const struct mip6_packet *packet, uint32_t ifindex);
	/* One that mip6_packet_decode() refused (but NOT_MH). May be NULL. */
	void (*bad)(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
		    enum mip6_decode result, size_t offset);
	/*
	 * A Mobile Prefix Solicitation or Advertisement behind a Home Address option or a routing
	 * header, its checksum verified; packet->esp: inside ESP. Others are not heard here. May be
	 * NULL.
	 */
	void (*icmp6)(void *ctx, const struct mip6_packet *packet, const struct mip6_icmp6 *msg);
	/*
	 * Anything else behind a Home Address option: nothing but src, dst and hao of packet is set. May
	 * be NULL: then such packets are not even queued for us.
	 */
	void (*home_address)(void *ctx, const struct mip6_packet *packet);
};

/* Needs CAP_NET_RAW and CAP_NET_ADMIN. 0 or negative errno, after an error line. */
int transport_open(struct transport **ret, struct ev_loop *loop,
		   const struct transport_handler *handler);
/* From now on what is sent with a Home Address option has this mark, for routing rules. */
void transport_mark(struct transport *transport, uint32_t mark);
/* Encode (checksum) and send. 0 or negative errno; the caller counts, retransmission repairs. */
int transport_send(struct transport *transport, const struct mip6_packet *packet);
/*
 * The same for an ICMPv6 message about mobile prefixes, behind the headers of packet, whose mh is
 * ignored.
 */
int transport_send_icmp6(struct transport *transport, const struct mip6_packet *packet,
			 const struct mip6_icmp6 *msg);
/*
 * The same to a neighbour on this link: only routes to the link count, not one that leads dst into a
 * tunnel. The kernel resolves dst, or the route's gateway, by Neighbor Discovery (RFC 6275 section
 * 10.3.2). A message with mip6_packet.esp goes by any route.
 */
int transport_send_on_link(struct transport *transport, const struct mip6_packet *packet,
			   uint32_t ifindex);
/*
 * From now on messages with mip6_packet.esp go out inside ESP, and such are received (RFC 6275
 * sections 5.1 and 5.4): of a home agent, or of a WTRU. Whoever calls it makes the security associations, with
 * XFRM_REQID_NODE; xfrm is borrowed until transport_close_esp(). 0 or a negative errno.
 */
int transport_open_esp(struct transport *transport, struct xfrm *xfrm, bool home_agent);
/*
 * Security associations may have other reqids: reqid() says which one those of this home address have
 * (0: none, nothing may come or go). What comes in while there is an SA with another reqid between the
 * same two addresses is dropped: somebody else may have sent it. 0 or a negative errno.
 */
typedef uint32_t (*transport_reqid)(void *ctx, const struct mip6_addr *hoa);
int transport_use_reqids(struct transport *transport, transport_reqid reqid, void *ctx);
/* keep: leave care-of states to the next process. Harmless without transport_open_esp(). */
void transport_close_esp(struct transport *transport, bool keep);
/* WTRU: nothing will be sent from other home addresses any more: their care-of states go. */
void transport_retain(struct transport *transport,
		      bool (*is_wanted)(void *ctx, const struct mip6_addr *hoa), void *ctx);
void transport_close(struct transport *transport);
/* "raw sockets, Parameter Problem suppressed by nftables" and the like, for `mip6ctl status`. */
const char *transport_describe(const struct transport *transport);
uint64_t transport_send_errors(const struct transport *transport);
/* ICMPv6 messages behind HAO or type 2 routing header that were dropped: checksum, form. */
uint64_t transport_malformed_icmp6(const struct transport *transport);

#endif
