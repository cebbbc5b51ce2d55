/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded reader and writer: the only code that does pointer arithmetic on packets.
 *
 * Both have a sticky failure flag: after the first access past the end, every read gives zero,
 * every write does nothing, and the flag stays set. Check it once at the end. All integers on the
 * wire are big-endian; all arguments and results are in host order.
 */
#ifndef MIP6_WIRE_H
#define MIP6_WIRE_H

#include <mip6/base.h>

struct mip6_reader {
	const uint8_t *data;
	size_t len;
	size_t pos;
	bool failed;
};

/* data is borrowed and must outlive the reader; it may be NULL only when len is 0. */
void mip6_reader_init(struct mip6_reader *r, const uint8_t *data, size_t len);
size_t mip6_reader_left(const struct mip6_reader *r);
uint8_t mip6_reader_u8(struct mip6_reader *r);
uint16_t mip6_reader_u16(struct mip6_reader *r);
uint32_t mip6_reader_u32(struct mip6_reader *r);
uint64_t mip6_reader_u64(struct mip6_reader *r);
void mip6_reader_addr(struct mip6_reader *r, struct mip6_addr *ret);
void mip6_reader_bytes(struct mip6_reader *r, void *ret, size_t len);
void mip6_reader_skip(struct mip6_reader *r, size_t len);
/* Borrow len bytes in place; NULL (and the failure flag) when fewer are left. */
const uint8_t *mip6_reader_view(struct mip6_reader *r, size_t len);
/* A reader over the next len bytes, which r skips; failed when fewer are left. */
struct mip6_reader mip6_reader_sub(struct mip6_reader *r, size_t len);

struct mip6_writer {
	uint8_t *data;
	size_t cap;
	size_t pos;
	bool failed;
};

/* data is borrowed; cap octets may be written. */
void mip6_writer_init(struct mip6_writer *w, uint8_t *data, size_t cap);
void mip6_writer_u8(struct mip6_writer *w, uint8_t v);
void mip6_writer_u16(struct mip6_writer *w, uint16_t v);
void mip6_writer_u32(struct mip6_writer *w, uint32_t v);
void mip6_writer_u64(struct mip6_writer *w, uint64_t v);
void mip6_writer_addr(struct mip6_writer *w, const struct mip6_addr *v);
void mip6_writer_bytes(struct mip6_writer *w, const void *v, size_t len);
void mip6_writer_zero(struct mip6_writer *w, size_t len);
/* Overwrite what was written before; fails when at + size is past pos. */
void mip6_writer_patch_u8(struct mip6_writer *w, size_t at, uint8_t v);
void mip6_writer_patch_u16(struct mip6_writer *w, size_t at, uint16_t v);

/*
 * The Internet checksum over the IPv6 pseudo-header (RFC 8200 section 8.1) and data. The checksum
 * field inside data counts as it stands: zero it to compute, leave it to verify (result 0 when
 * right). For a Mobility Header with HAO or type 2 routing header, src and dst are the HoA where
 * RFC 6275 section 6.1.1 says so. Returns host order.
 */
uint16_t mip6_checksum(const struct mip6_addr *src, const struct mip6_addr *dst, uint8_t next_header,
		       const uint8_t *data, size_t len);

/* What became of decoding. The offset that goes with it is that of the offending octet. */
enum mip6_decode {
	MIP6_DECODE_OK = 0,
	MIP6_DECODE_TRUNCATED,     /* a length field points past the end of the packet */
	MIP6_DECODE_BAD_CHECKSUM,  /* silently discard (RFC 6275 section 9.2) */
	MIP6_DECODE_BAD_PROTO,     /* Payload Proto is not 59: Parameter Problem code 0 at offset */
	MIP6_DECODE_BAD_LENGTH,    /* Header Len too short for the type: Parameter Problem code 0 */
	MIP6_DECODE_UNKNOWN_TYPE,  /* MH Type not known: Binding Error status 2 */
	MIP6_DECODE_BAD_OPTION,    /* a known option of wrong length, or one given twice: discard */
	/* an extension header that breaks its format: Parameter Problem */
	MIP6_DECODE_BAD_HEADER,
	MIP6_DECODE_NOT_MH,        /* a well-formed packet that carries no Mobility Header */
	MIP6_DECODE_DISCARD,       /* something that an RFC says to discard without an answer */
};

const char *mip6_decode_name(enum mip6_decode result);

#endif
