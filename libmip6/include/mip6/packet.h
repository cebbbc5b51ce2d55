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
	/*
	 * Came, or must leave, inside ESP in transport mode whose security association is for this
	 * home address and this home agent (RFC 6275 section 5.1). Not on the wire: whoever sends
	 * and receives sees to it, and mip6_packet_decode() says false.
	 */
	bool esp;
};

/* Who sends and receives once HAO and RH2 are applied: the addresses of the checksum. */
const struct mip6_addr *mip6_packet_source(const struct mip6_packet *p);
const struct mip6_addr *mip6_packet_destination(const struct mip6_packet *p);

/*
 * A whole IPv6 packet, header included, hop limit 64, traffic class and flow label 0; the checksum
 * of the Mobility Header is filled in inside buf (p->mh is not changed). Returns its length or 0
 * when it does not fit in cap or MIP6_PACKET_MAX.
 */
size_t mip6_packet_encode(const struct mip6_packet *p, uint8_t *buf, size_t cap);

/*
 * The same with any payload, whose protocol is next_header: p->mh and p->mh_len are copied as they
 * are, checksum included.
 */
size_t mip6_packet_encode_headers(const struct mip6_packet *p, uint8_t next_header, uint8_t *buf,
				  size_t cap);

/*
 * Parse what follows the IPv6 header: data of len octets whose first header is next_header (60, 43
 * or 135), walking destination options and routing headers with bounds; any other header first
 * gives NOT_MH. src and dst are those of the IPv6 header.
 *
 * At most one HAO and one type 2 routing header, the HAO behind it (RFC 6275 sections 6.3, 6.4).
 * When the type 2 header still has a segment left (as a raw socket sees it before the kernel),
 * ret->dst is dst and ret->rh2 the address in the header; when the kernel has processed it
 * (segments left 0, dst the HoA), ret->rh2 is dst and ret->dst the address in the header. The
 * checksum is verified.
 *
 * On success ret->mh points into data. On failure *ret is untouched and *ret_offset is the offset
 * of the offending octet from data. Nothing may be answered to BAD_CHECKSUM and to DISCARD, which
 * is a bad HAO or type 2 routing header (sections 9.3.1, 11.3.3). BAD_HEADER: Parameter Problem,
 * code 0 at the length of an option or the type of a routing header, code 2 at the type of an
 * option.
 */
enum mip6_decode mip6_packet_decode(const struct mip6_addr *src, const struct mip6_addr *dst,
				    uint8_t next_header, const uint8_t *data, size_t len,
				    struct mip6_packet *ret, size_t *ret_offset);

/*
 * The same for a packet with any payload, a Mobile Prefix Solicitation say: HAO and type 2 routing
 * header are taken, ret->mh and ret->mh_len are what follows them and *ret_next_header is its
 * protocol. Its checksum, if it has one, is the caller's business.
 */
enum mip6_decode mip6_packet_decode_headers(const struct mip6_addr *src,
					    const struct mip6_addr *dst, uint8_t next_header,
					    const uint8_t *data, size_t len,
					    struct mip6_packet *ret, uint8_t *ret_next_header,
					    size_t *ret_offset);

#endif
