// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ICMPv6 messages: one table row per type, its fixed part read and written by two small functions;
 * options are nd_options.c's.
 *
 * RFC 4861 sections 4, 6.1 and 7.1, RFC 4443 section 3, RFC 4191 section 2.2, RFC 6275 sections 6.5
 * to 6.8 and 7. No state. It does not send, and does not know on which link a message came.
 */
#include "wire/nd_options.h"

#define PROTO_ICMP6 58
#define ND_HOP_LIMIT 255
#define HEADER 4 /* octets up to and including the checksum */
#define CHECKSUM_OFFSET 2

#define RA_FLAGS (MIP6_RA_M | MIP6_RA_O | MIP6_RA_H)
#define RA_PREFERENCE_SHIFT 3
#define RA_PREFERENCE_RESERVED 2
#define NA_FLAGS (MIP6_NA_R | MIP6_NA_S | MIP6_NA_O)
#define MPA_FLAGS 0xc000

enum icmp6_kind {
	KIND_ERROR,    /* any code, data to the end */
	KIND_ND,       /* code 0, hop limit 255, options */
	KIND_MOBILITY, /* code 0, options */
	KIND_LIST,     /* code 0, no options: read takes all */
};

struct icmp6_row {
	uint8_t type;
	enum icmp6_kind kind;
	size_t fixed;         /* octets of the fixed part, header included */
	unsigned int allowed; /* enum mip6_nd_allowed */
	/* r is behind the checksum; false: discard. */
	bool (*read)(struct mip6_reader *r, struct mip6_icmp6 *m);
	/* Out of range: set w->failed. */
	void (*write)(struct mip6_writer *w, const struct mip6_icmp6 *m);
};

static bool read_error(struct mip6_reader *r, struct mip6_icmp6 *m)
{
	m->error.value = mip6_reader_u32(r);
	m->error.len = mip6_reader_left(r);
	m->error.data = mip6_reader_view(r, m->error.len);
	return true;
}

static void write_error(struct mip6_writer *w, const struct mip6_icmp6 *m)
{
	mip6_writer_u32(w, m->error.value);
	mip6_writer_bytes(w, m->error.data, m->error.len);
}

static bool read_rs(struct mip6_reader *r, struct mip6_icmp6 *m)
{
	(void)m;
	mip6_reader_skip(r, 4);
	return true;
}

static void write_rs(struct mip6_writer *w, const struct mip6_icmp6 *m)
{
	(void)m;
	mip6_writer_zero(w, 4);
}

static bool read_ra(struct mip6_reader *r, struct mip6_icmp6 *m)
{
	uint8_t flags;

	m->ra.hop_limit = mip6_reader_u8(r);
	flags = mip6_reader_u8(r);
	m->ra.flags = flags & RA_FLAGS;
	m->ra.router_lifetime_s = mip6_reader_u16(r);
	m->ra.preference = flags >> RA_PREFERENCE_SHIFT & 3;
	/* RFC 4191 section 2.2: the reserved value is medium; no router lifetime, no preference. */
	if (m->ra.preference == RA_PREFERENCE_RESERVED || m->ra.router_lifetime_s == 0)
		m->ra.preference = 0;
	m->ra.reachable_ms = mip6_reader_u32(r);
	m->ra.retrans_ms = mip6_reader_u32(r);
	return true;
}

static void write_ra(struct mip6_writer *w, const struct mip6_icmp6 *m)
{
	uint8_t preference = m->ra.router_lifetime_s ? m->ra.preference : 0;

	if (preference > 3 || preference == RA_PREFERENCE_RESERVED)
		w->failed = true;
	mip6_writer_u8(w, m->ra.hop_limit);
	mip6_writer_u8(w, (uint8_t)((m->ra.flags & RA_FLAGS) | preference << RA_PREFERENCE_SHIFT));
	mip6_writer_u16(w, m->ra.router_lifetime_s);
	mip6_writer_u32(w, m->ra.reachable_ms);
	mip6_writer_u32(w, m->ra.retrans_ms);
}

static bool read_ns(struct mip6_reader *r, struct mip6_icmp6 *m)
{
	mip6_reader_skip(r, 4);
	mip6_reader_addr(r, &m->neighbour.target);
	return !mip6_addr_is_multicast(&m->neighbour.target); /* RFC 4861 section 7.1.1 */
}

static void write_ns(struct mip6_writer *w, const struct mip6_icmp6 *m)
{
	mip6_writer_zero(w, 4);
	mip6_writer_addr(w, &m->neighbour.target);
}

static bool read_na(struct mip6_reader *r, struct mip6_icmp6 *m)
{
	m->neighbour.flags = mip6_reader_u8(r) & NA_FLAGS;
	mip6_reader_skip(r, 3);
	mip6_reader_addr(r, &m->neighbour.target);
	return !mip6_addr_is_multicast(&m->neighbour.target); /* RFC 4861 section 7.1.2 */
}

static void write_na(struct mip6_writer *w, const struct mip6_icmp6 *m)
{
	mip6_writer_u8(w, m->neighbour.flags & NA_FLAGS);
	mip6_writer_zero(w, 3);
	mip6_writer_addr(w, &m->neighbour.target);
}

/* HAAD request and MPS. */
static bool read_identifier(struct mip6_reader *r, struct mip6_icmp6 *m)
{
	m->discovery.id = mip6_reader_u16(r);
	mip6_reader_skip(r, 2);
	return true;
}

static void write_identifier(struct mip6_writer *w, const struct mip6_icmp6 *m)
{
	mip6_writer_u16(w, m->discovery.id);
	mip6_writer_u16(w, 0);
}

static bool read_haad_reply(struct mip6_reader *r, struct mip6_icmp6 *m)
{
	m->discovery.id = mip6_reader_u16(r);
	mip6_reader_skip(r, 2);
	/* The rest of the packet tells how many there are (RFC 6275 section 6.6). */
	if (mip6_reader_left(r) % sizeof(struct mip6_addr))
		return false;
	while (mip6_reader_left(r) > 0 && m->discovery.count < MIP6_HAAD_MAX)
		mip6_reader_addr(r, &m->discovery.addr[m->discovery.count++]);
	return true;
}

static void write_haad_reply(struct mip6_writer *w, const struct mip6_icmp6 *m)
{
	write_identifier(w, m);
	if (m->discovery.count > MIP6_HAAD_MAX) {
		w->failed = true;
		return;
	}
	for (size_t i = 0; i < m->discovery.count; i++)
		mip6_writer_addr(w, &m->discovery.addr[i]);
}

static bool read_mpa(struct mip6_reader *r, struct mip6_icmp6 *m)
{
	m->discovery.id = mip6_reader_u16(r);
	m->discovery.flags = mip6_reader_u16(r) & MPA_FLAGS;
	return true;
}

static void write_mpa(struct mip6_writer *w, const struct mip6_icmp6 *m)
{
	mip6_writer_u16(w, m->discovery.id);
	mip6_writer_u16(w, m->discovery.flags & MPA_FLAGS);
}

/* clang-format off */
static const struct icmp6_row rows[] = {
	{MIP6_ICMP6_UNREACHABLE, KIND_ERROR, HEADER + 4, 0, read_error, write_error},
	{MIP6_ICMP6_TOO_BIG, KIND_ERROR, HEADER + 4, 0, read_error, write_error},
	{MIP6_ICMP6_TIME_EXCEEDED, KIND_ERROR, HEADER + 4, 0, read_error, write_error},
	{MIP6_ICMP6_PARAMETER_PROBLEM, KIND_ERROR, HEADER + 4, 0, read_error, write_error},
	{MIP6_ICMP6_RS, KIND_ND, HEADER + 4, MIP6_ND_SOURCE, read_rs, write_rs},
	{MIP6_ICMP6_RA, KIND_ND, HEADER + 12, MIP6_ND_SOURCE | MIP6_ND_PREFIX | MIP6_ND_ROUTER,
	 read_ra, write_ra},
	{MIP6_ICMP6_NS, KIND_ND, HEADER + 20, MIP6_ND_SOURCE, read_ns, write_ns},
	{MIP6_ICMP6_NA, KIND_ND, HEADER + 20, MIP6_ND_TARGET, read_na, write_na},
	{MIP6_ICMP6_HAAD_REQUEST, KIND_LIST, HEADER + 4, 0, read_identifier, write_identifier},
	{MIP6_ICMP6_HAAD_REPLY, KIND_LIST, HEADER + 4, 0, read_haad_reply, write_haad_reply},
	{MIP6_ICMP6_MPS, KIND_MOBILITY, HEADER + 4, 0, read_identifier, write_identifier},
	{MIP6_ICMP6_MPA, KIND_MOBILITY, HEADER + 4, MIP6_ND_PREFIX, read_mpa, write_mpa},
};
/* clang-format on */

static const struct icmp6_row *find_row(uint8_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

enum mip6_decode mip6_icmp6_decode(const uint8_t *data, size_t len, uint8_t hop_limit,
                                   struct mip6_icmp6 *ret, size_t *ret_offset)
{
	const struct icmp6_row *row;
	struct mip6_icmp6 m = {0};
	struct mip6_reader r;
	enum mip6_decode result;

	mip6_reader_init(&r, data, len);
	m.type = mip6_reader_u8(&r);
	m.code = mip6_reader_u8(&r);
	mip6_reader_skip(&r, 2);
	*ret_offset = 0;
	if (r.failed)
		return MIP6_DECODE_TRUNCATED;
	row = find_row(m.type);
	if (!row)
		return MIP6_DECODE_UNKNOWN_TYPE;
	if (len < row->fixed)
		return MIP6_DECODE_TRUNCATED;
	/* RFC 4861 sections 6.1 and 7.1: not from off the link; code 0. Else silently discard. */
	if (row->kind == KIND_ND && hop_limit != ND_HOP_LIMIT)
		return MIP6_DECODE_DISCARD;
	if (row->kind != KIND_ERROR && m.code != 0) {
		*ret_offset = 1;
		return MIP6_DECODE_DISCARD;
	}
	if (!row->read(&r, &m)) {
		*ret_offset = r.pos < len ? r.pos : HEADER;
		return MIP6_DECODE_DISCARD;
	}
	if (row->kind == KIND_ND || row->kind == KIND_MOBILITY) {
		result = mip6_nd_options_read(&r, row->allowed, &m.opt, ret_offset);
		if (result != MIP6_DECODE_OK)
			return result;
	}
	*ret = m;
	return MIP6_DECODE_OK;
}

size_t mip6_icmp6_encode(const struct mip6_icmp6 *msg, const struct mip6_addr *src,
                         const struct mip6_addr *dst, uint8_t *data, size_t cap)
{
	const struct icmp6_row *row = find_row(msg->type);
	struct mip6_writer w;

	if (!row || (row->kind != KIND_ERROR && msg->code != 0))
		return 0;
	mip6_writer_init(&w, data, cap);
	mip6_writer_u8(&w, msg->type);
	mip6_writer_u8(&w, msg->code);
	mip6_writer_u16(&w, 0);
	row->write(&w, msg);
	mip6_nd_options_write(&w, row->allowed, &msg->opt);
	if (w.failed)
		return 0;
	mip6_writer_patch_u16(&w, CHECKSUM_OFFSET,
	                      mip6_checksum(src, dst, PROTO_ICMP6, data, w.pos));
	return w.failed ? 0 : w.pos;
}
