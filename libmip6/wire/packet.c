// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whole packets around a Mobility Header: Home Address option, type 2 routing header, checksum.
 *
 * RFC 6275 sections 6.1.1, 6.3, 6.4, 9.3.1, 11.3.2 and 11.3.3; RFC 8200 section 4. No state. It
 * trusts no kernel to have looked at the extension headers. It does not look into the message: that
 * is mh.c's.
 */
#include <mip6/packet.h>

#define IPV6_HEADER 40
#define HOP_LIMIT 64
#define EXTENSION_UNIT 8

#define OPT_PAD1 0
#define OPT_PADN 1
#define OPT_HAO 201
/* What to do with an unknown option: the two highest bits of its type (RFC 8200 section 4.2). */
#define OPT_ACTION 0xc0
#define OPT_ACTION_SKIP 0x00
#define OPT_ACTION_DISCARD 0x40

#define ADDR_LEN sizeof(struct mip6_addr)
#define ROUTING_TYPE2 2
#define ROUTING_LEN 24 /* of a type 2 header */
#define HAO_HEADER_LEN 24

const struct mip6_addr *mip6_packet_source(const struct mip6_packet *p)
{
	return p->has_hao ? &p->hao : &p->src;
}

const struct mip6_addr *mip6_packet_destination(const struct mip6_packet *p)
{
	return p->has_rh2 ? &p->rh2 : &p->dst;
}

/* Everything up to what p->mh is; *ret_at: where that begins. Zero: it does not fit. */
static size_t write_packet(const struct mip6_packet *p, uint8_t next_header, uint8_t *buf,
                           size_t cap, size_t *ret_at)
{
	size_t extension = (p->has_rh2 ? ROUTING_LEN : 0u) + (p->has_hao ? HAO_HEADER_LEN : 0u);
	uint8_t behind_routing = p->has_hao ? MIP6_PROTO_DSTOPTS : next_header;
	struct mip6_writer w;

	if (p->mh_len > MIP6_PACKET_MAX)
		return 0;
	mip6_writer_init(&w, buf, cap < MIP6_PACKET_MAX ? cap : MIP6_PACKET_MAX);
	mip6_writer_u32(&w, (uint32_t)6 << 28);
	mip6_writer_u16(&w, (uint16_t)(extension + p->mh_len));
	mip6_writer_u8(&w, p->has_rh2 ? MIP6_PROTO_ROUTING : behind_routing);
	mip6_writer_u8(&w, HOP_LIMIT);
	mip6_writer_addr(&w, &p->src);
	mip6_writer_addr(&w, &p->dst);
	if (p->has_rh2) {
		mip6_writer_u8(&w, behind_routing);
		mip6_writer_u8(&w, ROUTING_LEN / EXTENSION_UNIT - 1);
		mip6_writer_u8(&w, ROUTING_TYPE2);
		mip6_writer_u8(&w, 1);
		mip6_writer_u32(&w, 0);
		mip6_writer_addr(&w, &p->rh2);
	}
	if (p->has_hao) {
		mip6_writer_u8(&w, next_header);
		mip6_writer_u8(&w, HAO_HEADER_LEN / EXTENSION_UNIT - 1);
		/* The HAO is at 8n + 6 (RFC 6275 section 6.3). */
		mip6_writer_u8(&w, OPT_PADN);
		mip6_writer_u8(&w, 2);
		mip6_writer_zero(&w, 2);
		mip6_writer_u8(&w, OPT_HAO);
		mip6_writer_u8(&w, ADDR_LEN);
		mip6_writer_addr(&w, &p->hao);
	}
	*ret_at = w.pos;
	mip6_writer_bytes(&w, p->mh, p->mh_len);
	return w.failed ? 0 : w.pos;
}

size_t mip6_packet_encode(const struct mip6_packet *p, uint8_t *buf, size_t cap)
{
	struct mip6_writer w;
	size_t len, at;

	/* A length that is not the header's own would put the checksum over something else. */
	if (p->mh_len < EXTENSION_UNIT || p->mh_len != ((size_t)p->mh[1] + 1) * EXTENSION_UNIT)
		return 0;
	len = write_packet(p, MIP6_PROTO_MH, buf, cap, &at);
	if (len == 0)
		return 0;
	mip6_writer_init(&w, buf, len);
	w.pos = len;
	mip6_writer_patch_u16(&w, at + 4, 0);
	mip6_writer_patch_u16(&w, at + 4,
	                      mip6_checksum(mip6_packet_source(p), mip6_packet_destination(p),
	                                    MIP6_PROTO_MH, buf + at, p->mh_len));
	return w.failed ? 0 : len;
}

size_t mip6_packet_encode_headers(const struct mip6_packet *p, uint8_t next_header, uint8_t *buf,
                                  size_t cap)
{
	size_t at;

	return write_packet(p, next_header, buf, cap, &at);
}

/* One destination option of a known place; r is behind its length octet. */
static enum mip6_decode read_hao(struct mip6_reader *r, size_t start, size_t len,
                                 struct mip6_packet *p, size_t *ret_offset)
{
	*ret_offset = start;
	if (len != ADDR_LEN) {
		*ret_offset = start + 1;
		return MIP6_DECODE_BAD_HEADER;
	}
	if (p->has_hao)
		return MIP6_DECODE_DISCARD; /* MUST NOT appear more than once (section 6.3) */
	mip6_reader_addr(r, &p->hao);
	p->has_hao = true;
	/* Packets whose home address is not unicast routable MUST be dropped (section 9.3.1). */
	return mip6_addr_is_routable(&p->hao) ? MIP6_DECODE_OK : MIP6_DECODE_DISCARD;
}

/* The options of one header, which ends where r ends; base is the place of r in the packet. */
static enum mip6_decode read_dstopts(struct mip6_reader *r, size_t base, struct mip6_packet *p,
                                     size_t *ret_offset)
{
	while (mip6_reader_left(r) > 0) {
		size_t start = base + r->pos;
		uint8_t type = mip6_reader_u8(r);
		enum mip6_decode result;
		size_t len;

		if (type == OPT_PAD1)
			continue;
		*ret_offset = start;
		if (mip6_reader_left(r) == 0)
			return MIP6_DECODE_BAD_HEADER;
		len = mip6_reader_u8(r);
		if (len > mip6_reader_left(r)) {
			*ret_offset = start + 1;
			return MIP6_DECODE_BAD_HEADER;
		}
		if (type == OPT_HAO) {
			result = read_hao(r, start, len, p, ret_offset);
			if (result != MIP6_DECODE_OK)
				return result;
			continue;
		}
		if (type != OPT_PADN && (type & OPT_ACTION) == OPT_ACTION_DISCARD)
			return MIP6_DECODE_DISCARD;
		if (type != OPT_PADN && (type & OPT_ACTION) != OPT_ACTION_SKIP)
			return MIP6_DECODE_BAD_HEADER;
		mip6_reader_skip(r, len);
	}
	return MIP6_DECODE_OK;
}

/* The same for a routing header; r is behind its length octet. */
static enum mip6_decode read_routing(struct mip6_reader *r, size_t base,
                                     const struct mip6_addr *dst, struct mip6_packet *p,
                                     size_t *ret_offset)
{
	uint8_t type, segments_left;
	struct mip6_addr addr;

	type = mip6_reader_u8(r);
	segments_left = mip6_reader_u8(r);
	if (type != ROUTING_TYPE2) {
		/* RFC 8200 section 4.4: ignore it when it has nothing left to do. */
		*ret_offset = base;
		return segments_left ? MIP6_DECODE_BAD_HEADER : MIP6_DECODE_OK;
	}

	/* RFC 6275 section 11.3.3: if any of these checks fail, silently discard. */
	*ret_offset = base - 1;
	if (r->len + 2 != ROUTING_LEN)
		return MIP6_DECODE_DISCARD;
	*ret_offset = base + 1;
	if (segments_left > 1)
		return MIP6_DECODE_DISCARD;
	*ret_offset = base;
	if (p->has_rh2 || p->has_hao) /* the HAO is after the routing header (section 6.3) */
		return MIP6_DECODE_DISCARD;
	mip6_reader_skip(r, 4);
	*ret_offset = base + r->pos;
	mip6_reader_addr(r, &addr);
	if (!mip6_addr_is_routable(&addr) || !mip6_addr_is_routable(dst))
		return MIP6_DECODE_DISCARD;
	p->has_rh2 = true;
	p->dst = segments_left ? *dst : addr;
	p->rh2 = segments_left ? addr : *dst;
	return MIP6_DECODE_OK;
}

/* Take the Mobility Header, which starts where r stands, and verify its checksum. */
static enum mip6_decode read_mh(struct mip6_reader *r, struct mip6_packet *p, size_t *ret_offset)
{
	struct mip6_reader peek = *r;

	*ret_offset = r->pos;
	mip6_reader_skip(&peek, 1);
	p->mh_len = ((size_t)mip6_reader_u8(&peek) + 1) * EXTENSION_UNIT;
	if (!peek.failed)
		*ret_offset = r->pos + 1;
	p->mh = mip6_reader_view(r, p->mh_len);
	if (!p->mh)
		return MIP6_DECODE_TRUNCATED;
	*ret_offset = r->pos - p->mh_len + 4;
	if (mip6_checksum(mip6_packet_source(p), mip6_packet_destination(p), MIP6_PROTO_MH, p->mh,
	                  p->mh_len) != 0)
		return MIP6_DECODE_BAD_CHECKSUM;
	return MIP6_DECODE_OK;
}

/* The extension headers; r ends up behind them. */
static enum mip6_decode read_headers(struct mip6_reader *r, uint8_t *next_header,
                                     const struct mip6_addr *dst, struct mip6_packet *p,
                                     size_t *ret_offset)
{
	while (*next_header == MIP6_PROTO_DSTOPTS || *next_header == MIP6_PROTO_ROUTING) {
		uint8_t this_header = *next_header;
		size_t body_len, start = r->pos;
		struct mip6_reader body;
		enum mip6_decode result;

		*next_header = mip6_reader_u8(r);
		body_len = ((size_t)mip6_reader_u8(r) + 1) * EXTENSION_UNIT - 2;
		if (r->failed || body_len > mip6_reader_left(r)) {
			*ret_offset = r->failed ? start : start + 1;
			return MIP6_DECODE_TRUNCATED;
		}
		body = mip6_reader_sub(r, body_len);
		if (this_header == MIP6_PROTO_DSTOPTS)
			result = read_dstopts(&body, start + 2, p, ret_offset);
		else
			result = read_routing(&body, start + 2, dst, p, ret_offset);
		if (result != MIP6_DECODE_OK)
			return result;
	}
	return MIP6_DECODE_OK;
}

enum mip6_decode mip6_packet_decode(const struct mip6_addr *src, const struct mip6_addr *dst,
                                    uint8_t next_header, const uint8_t *data, size_t len,
                                    struct mip6_packet *ret, size_t *ret_offset)
{
	struct mip6_packet p = {.src = *src, .dst = *dst};
	enum mip6_decode result;
	struct mip6_reader r;

	mip6_reader_init(&r, data, len);
	result = read_headers(&r, &next_header, dst, &p, ret_offset);
	if (result != MIP6_DECODE_OK)
		return result;
	if (next_header != MIP6_PROTO_MH) {
		*ret_offset = r.pos;
		return MIP6_DECODE_NOT_MH;
	}
	result = read_mh(&r, &p, ret_offset);
	if (result != MIP6_DECODE_OK)
		return result;
	*ret = p;
	return MIP6_DECODE_OK;
}

enum mip6_decode mip6_packet_decode_headers(const struct mip6_addr *src,
                                            const struct mip6_addr *dst, uint8_t next_header,
                                            const uint8_t *data, size_t len,
                                            struct mip6_packet *ret, uint8_t *ret_next_header,
                                            size_t *ret_offset)
{
	struct mip6_packet p = {.src = *src, .dst = *dst};
	enum mip6_decode result;
	struct mip6_reader r;

	mip6_reader_init(&r, data, len);
	result = read_headers(&r, &next_header, dst, &p, ret_offset);
	if (result != MIP6_DECODE_OK)
		return result;
	p.mh_len = mip6_reader_left(&r);
	p.mh = mip6_reader_view(&r, p.mh_len);
	*ret = p;
	*ret_next_header = next_header;
	return MIP6_DECODE_OK;
}
