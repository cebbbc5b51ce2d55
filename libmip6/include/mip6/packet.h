/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Mobility Header message in its IPv6 packet: Home Address option (RFC 6275 section 6.3), type 2
 * routing header (section 6.4), and the checksum over the HoA (section 6.1.1).
 */
#ifndef MIP6_PACKET_H
#define MIP6_PACKET_H

#include <mip6/mh.h>

#define MIP6_PACKET_MAX 1280

struct mip6_packet {
	struct mip6_addr src; /* as in the IPv6 header */
	struct mip6_addr dst;
	bool has_hao;
	bool has_rh2;
	struct mip6_addr hao; /* the home address that the HAO carries */
	struct mip6_addr rh2; /* the home address that the type 2 routing header carries */
	const uint8_t *mh;    /* the Mobility Header; borrowed */
	size_t mh_len;
};

/* Who sends and receives once HAO and RH2 are applied: the addresses of the checksum. */
const struct mip6_addr *mip6_packet_source(const struct mip6_packet *p);
const struct mip6_addr *mip6_packet_destination(const struct mip6_packet *p);

/*
 * A whole IPv6 packet, header included, hop limit 64, traffic class and flow label 0; the checksum of
 * the Mobility Header is filled in inside buf (p->mh is not changed). Returns its length or 0 when it
 * does not fit in cap or MIP6_PACKET_MAX.
 */
size_t mip6_packet_encode(const struct mip6_packet *p, uint8_t *buf, size_t cap);

/*
 * Parse what follows the IPv6 header: data of len octets whose first header is next_header (60, 43 or
 * 135), walking hop-by-hop excepted every extension header with bounds. Accepts at most one HAO and one
 * type 2 routing header, in the order that RFC 6275 sections 6.3 and 6.4 prescribe. A routing header
 * must have length 2 and segments left 0 or 1, its address must be routable. The checksum is verified.
 * src and dst are those of the IPv6 header; when a type 2 header still has a segment left (as seen by
 * a raw socket before the kernel), ret->dst is dst and ret->rh2 the HoA; when the kernel has processed
 * it already (segments left 0, dst the HoA), ret->rh2 is dst and ret->dst the address in the header.
 * On success ret->mh points into data. On failure *ret is untouched and *ret_offset is the offset of
 * the offending octet from data. On BAD_CHECKSUM nothing may be answered.
 */
enum mip6_decode mip6_packet_decode(const struct mip6_addr *src, const struct mip6_addr *dst,
				    uint8_t next_header, const uint8_t *data, size_t len,
				    struct mip6_packet *ret, size_t *ret_offset);

#endif
