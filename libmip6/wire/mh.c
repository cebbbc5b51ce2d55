// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The Mobility Header: one table row per message, its fixed part read and written by two small
 * functions; the options behind it are options.c's.
 *
 * RFC 6275 sections 6.1 and 9.2, RFC 5846 section 5, RFC 5847 section 3.3. No state. The
 * checksum belongs to packet.c, because it covers addresses that are not in the message.
 */
#include "wire/options.h"

/* Octets up to and including the checksum. */
#define MH_HEADER 6
/* The least Mobility Header, and the unit of its length. */
#define MH_UNIT 8

#define OFFSET_HEADER_LEN 1
#define OFFSET_TYPE 2

#define BU_FLAGS (MIP6_BU_A | MIP6_BU_H | MIP6_BU_L | MIP6_BU_K)
#define REVOCATION_FLAGS (MIP6_REVOCATION_P | MIP6_REVOCATION_V | MIP6_REVOCATION_G)
#define HEARTBEAT_FLAGS (MIP6_HEARTBEAT_U | MIP6_HEARTBEAT_R)

struct message_row {
	size_t fixed; /* octets of the fixed part, header included */
	void (*read)(struct mip6_reader *r, struct mip6_mh *mh);
	void (*write)(struct mip6_writer *w, const struct mip6_mh *mh);
};

static void read_brr(struct mip6_reader *r, struct mip6_mh *mh)
{
	(void)mh;
	mip6_reader_skip(r, 2);
}

static void write_brr(struct mip6_writer *w, const struct mip6_mh *mh)
{
	(void)mh;
	mip6_writer_zero(w, 2);
}

static void read_test_init(struct mip6_reader *r, struct mip6_mh *mh)
{
	mip6_reader_skip(r, 2);
	mh->test_init.cookie = mip6_reader_u64(r);
}

static void write_test_init(struct mip6_writer *w, const struct mip6_mh *mh)
{
	mip6_writer_zero(w, 2);
	mip6_writer_u64(w, mh->test_init.cookie);
}

static void read_test(struct mip6_reader *r, struct mip6_mh *mh)
{
	mh->test.nonce_index = mip6_reader_u16(r);
	mh->test.cookie = mip6_reader_u64(r);
	mh->test.keygen_token = mip6_reader_u64(r);
}

static void write_test(struct mip6_writer *w, const struct mip6_mh *mh)
{
	mip6_writer_u16(w, mh->test.nonce_index);
	mip6_writer_u64(w, mh->test.cookie);
	mip6_writer_u64(w, mh->test.keygen_token);
}

static void read_bu(struct mip6_reader *r, struct mip6_mh *mh)
{
	mh->bu.seq = mip6_reader_u16(r);
	mh->bu.flags = mip6_reader_u16(r) & BU_FLAGS;
	mh->bu.lifetime_s4 = mip6_reader_u16(r);
}

static void write_bu(struct mip6_writer *w, const struct mip6_mh *mh)
{
	mip6_writer_u16(w, mh->bu.seq);
	mip6_writer_u16(w, mh->bu.flags & BU_FLAGS);
	mip6_writer_u16(w, mh->bu.lifetime_s4);
}

static void read_ba(struct mip6_reader *r, struct mip6_mh *mh)
{
	mh->ba.status = mip6_reader_u8(r);
	mh->ba.flags = mip6_reader_u8(r) & MIP6_BA_K;
	mh->ba.seq = mip6_reader_u16(r);
	mh->ba.lifetime_s4 = mip6_reader_u16(r);
}

static void write_ba(struct mip6_writer *w, const struct mip6_mh *mh)
{
	mip6_writer_u8(w, mh->ba.status);
	mip6_writer_u8(w, mh->ba.flags & MIP6_BA_K);
	mip6_writer_u16(w, mh->ba.seq);
	mip6_writer_u16(w, mh->ba.lifetime_s4);
}

static void read_be(struct mip6_reader *r, struct mip6_mh *mh)
{
	mh->be.status = mip6_reader_u8(r);
	mip6_reader_skip(r, 1);
	mip6_reader_addr(r, &mh->be.hoa);
}

static void write_be(struct mip6_writer *w, const struct mip6_mh *mh)
{
	mip6_writer_u8(w, mh->be.status);
	mip6_writer_u8(w, 0);
	mip6_writer_addr(w, &mh->be.hoa);
}

static void read_heartbeat(struct mip6_reader *r, struct mip6_mh *mh)
{
	mh->heartbeat.flags = mip6_reader_u16(r) & HEARTBEAT_FLAGS;
	mh->heartbeat.seq = mip6_reader_u32(r);
}

static void write_heartbeat(struct mip6_writer *w, const struct mip6_mh *mh)
{
	mip6_writer_u16(w, mh->heartbeat.flags & HEARTBEAT_FLAGS);
	mip6_writer_u32(w, mh->heartbeat.seq);
}

static void read_revocation(struct mip6_reader *r, struct mip6_mh *mh)
{
	mh->revocation.type = mip6_reader_u8(r);
	mh->revocation.trigger = mip6_reader_u8(r);
	mh->revocation.seq = mip6_reader_u16(r);
	mh->revocation.flags = mip6_reader_u16(r) & REVOCATION_FLAGS;
}

static void write_revocation(struct mip6_writer *w, const struct mip6_mh *mh)
{
	mip6_writer_u8(w, mh->revocation.type);
	mip6_writer_u8(w, mh->revocation.trigger);
	mip6_writer_u16(w, mh->revocation.seq);
	mip6_writer_u16(w, mh->revocation.flags & REVOCATION_FLAGS);
}

static const struct message_row rows[] = {
	[MIP6_MH_BRR] = {MH_HEADER + 2, read_brr, write_brr},
	[MIP6_MH_HOTI] = {MH_HEADER + 10, read_test_init, write_test_init},
	[MIP6_MH_COTI] = {MH_HEADER + 10, read_test_init, write_test_init},
	[MIP6_MH_HOT] = {MH_HEADER + 18, read_test, write_test},
	[MIP6_MH_COT] = {MH_HEADER + 18, read_test, write_test},
	[MIP6_MH_BU] = {MH_HEADER + 6, read_bu, write_bu},
	[MIP6_MH_BA] = {MH_HEADER + 6, read_ba, write_ba},
	[MIP6_MH_BE] = {MH_HEADER + 18, read_be, write_be},
	[MIP6_MH_HEARTBEAT] = {MH_HEADER + 6, read_heartbeat, write_heartbeat},
	[MIP6_MH_REVOCATION] = {MH_HEADER + 6, read_revocation, write_revocation},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct message_row *find_row(unsigned int type)
{
	return type < ROWS && rows[type].read ? &rows[type] : NULL;
}

enum mip6_decode mip6_mh_decode(const uint8_t *data, size_t len, struct mip6_mh *ret,
                                size_t *ret_offset)
{
	const struct message_row *row;
	struct mip6_mh mh = {0};
	struct mip6_reader r;
	enum mip6_decode result;
	uint8_t proto, header_len, type;

	mip6_reader_init(&r, data, len);
	proto = mip6_reader_u8(&r);
	header_len = mip6_reader_u8(&r);
	type = mip6_reader_u8(&r);
	mip6_reader_skip(&r, 3);
	if (r.failed || len < ((size_t)header_len + 1) * MH_UNIT) {
		*ret_offset = len > OFFSET_HEADER_LEN ? OFFSET_HEADER_LEN : 0;
		return MIP6_DECODE_TRUNCATED;
	}

	/* The rules of RFC 6275 section 9.2, in its order. */
	row = find_row(type);
	if (!row) {
		*ret_offset = OFFSET_TYPE;
		return MIP6_DECODE_UNKNOWN_TYPE;
	}
	if (proto != MIP6_PROTO_NONE) {
		*ret_offset = 0;
		return MIP6_DECODE_BAD_PROTO;
	}
	if (len != ((size_t)header_len + 1) * MH_UNIT || len < row->fixed || len > MIP6_MH_MAX) {
		*ret_offset = OFFSET_HEADER_LEN;
		return MIP6_DECODE_BAD_LENGTH;
	}

	mh.type = (enum mip6_mh_type)type;
	row->read(&r, &mh);
	result = mip6_options_read(&r, &mh.opt, ret_offset);
	if (result != MIP6_DECODE_OK)
		return result;
	*ret = mh;
	return MIP6_DECODE_OK;
}

size_t mip6_mh_encode(const struct mip6_mh *mh, uint8_t *data, size_t cap, size_t *ret_auth_offset)
{
	const struct message_row *row = find_row((unsigned int)mh->type);
	struct mip6_writer w;
	size_t auth_offset;

	if (!row)
		return 0;
	mip6_writer_init(&w, data, cap < MIP6_MH_MAX ? cap : MIP6_MH_MAX);
	mip6_writer_u8(&w, MIP6_PROTO_NONE);
	mip6_writer_u8(&w, 0);
	mip6_writer_u8(&w, (uint8_t)mh->type);
	mip6_writer_zero(&w, 3); /* reserved octet, checksum */
	row->write(&w, mh);
	auth_offset = mip6_options_write(&w, &mh->opt);
	if (w.failed)
		return 0;
	mip6_writer_patch_u8(&w, OFFSET_HEADER_LEN, (uint8_t)(w.pos / MH_UNIT - 1));
	if (ret_auth_offset)
		*ret_auth_offset = auth_offset;
	return w.pos;
}
