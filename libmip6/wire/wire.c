// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bounded reader and writer, and the Internet checksum.
 *
 * Every octet of a packet that the library looks at or makes passes through here, so that one place
 * holds all bounds checks. Nothing here knows a protocol.
 */
#include <mip6/wire.h>

void mip6_reader_init(struct mip6_reader *r, const uint8_t *data, size_t len)
{
	r->data = data;
	r->len = len;
	r->pos = 0;
	r->failed = false;
}

size_t mip6_reader_left(const struct mip6_reader *r)
{
	return r->len - r->pos;
}

const uint8_t *mip6_reader_view(struct mip6_reader *r, size_t len)
{
	/* An empty reader over NULL must not do arithmetic on it, hence a place of our own. */
	static const uint8_t nothing[1];
	const uint8_t *at;

	if (r->failed || len > r->len - r->pos) {
		r->failed = true;
		r->pos = r->len;
		return NULL;
	}
	at = r->data ? r->data + r->pos : nothing;
	r->pos += len;
	return at;
}

uint8_t mip6_reader_u8(struct mip6_reader *r)
{
	const uint8_t *p = mip6_reader_view(r, 1);

	return p ? p[0] : 0;
}

uint16_t mip6_reader_u16(struct mip6_reader *r)
{
	const uint8_t *p = mip6_reader_view(r, 2);

	if (!p)
		return 0;
	return (uint16_t)((unsigned int)p[0] << 8 | p[1]);
}

uint32_t mip6_reader_u32(struct mip6_reader *r)
{
	const uint8_t *p = mip6_reader_view(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

uint64_t mip6_reader_u64(struct mip6_reader *r)
{
	const uint8_t *p = mip6_reader_view(r, 8);
	uint64_t v = 0;

	for (unsigned int i = 0; p && i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

void mip6_reader_addr(struct mip6_reader *r, struct mip6_addr *ret)
{
	mip6_reader_bytes(r, ret->b, sizeof(ret->b));
}

void mip6_reader_bytes(struct mip6_reader *r, void *ret, size_t len)
{
	const uint8_t *p = mip6_reader_view(r, len);

	if (p && len)
		memcpy(ret, p, len);
	else if (len)
		memset(ret, 0, len);
}

void mip6_reader_skip(struct mip6_reader *r, size_t len)
{
	(void)mip6_reader_view(r, len);
}

struct mip6_reader mip6_reader_sub(struct mip6_reader *r, size_t len)
{
	const uint8_t *p = mip6_reader_view(r, len);
	struct mip6_reader sub = {.data = p, .len = p ? len : 0, .failed = !p};

	return sub;
}

void mip6_writer_init(struct mip6_writer *w, uint8_t *data, size_t cap)
{
	w->data = data;
	w->cap = cap;
	w->pos = 0;
	w->failed = false;
}

/* Room for len more octets, or NULL and the failure flag. */
static uint8_t *writer_room(struct mip6_writer *w, size_t len)
{
	uint8_t *at;

	if (w->failed || len > w->cap - w->pos) {
		w->failed = true;
		return NULL;
	}
	at = len ? w->data + w->pos : w->data;
	w->pos += len;
	return at;
}

void mip6_writer_u8(struct mip6_writer *w, uint8_t v)
{
	uint8_t *p = writer_room(w, 1);

	if (p)
		p[0] = v;
}

void mip6_writer_u16(struct mip6_writer *w, uint16_t v)
{
	uint8_t *p = writer_room(w, 2);

	if (p) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

void mip6_writer_u32(struct mip6_writer *w, uint32_t v)
{
	uint8_t *p = writer_room(w, 4);

	for (unsigned int i = 0; p && i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void mip6_writer_u64(struct mip6_writer *w, uint64_t v)
{
	uint8_t *p = writer_room(w, 8);

	for (unsigned int i = 0; p && i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

void mip6_writer_addr(struct mip6_writer *w, const struct mip6_addr *v)
{
	mip6_writer_bytes(w, v->b, sizeof(v->b));
}

void mip6_writer_bytes(struct mip6_writer *w, const void *v, size_t len)
{
	uint8_t *p = writer_room(w, len);

	if (p && len)
		memcpy(p, v, len);
}

void mip6_writer_zero(struct mip6_writer *w, size_t len)
{
	uint8_t *p = writer_room(w, len);

	if (p && len)
		memset(p, 0, len);
}

void mip6_writer_patch_u8(struct mip6_writer *w, size_t at, uint8_t v)
{
	if (w->failed || at >= w->pos) {
		w->failed = true;
		return;
	}
	w->data[at] = v;
}

void mip6_writer_patch_u16(struct mip6_writer *w, size_t at, uint16_t v)
{
	if (w->failed || w->pos < 2 || at > w->pos - 2) {
		w->failed = true;
		return;
	}
	w->data[at] = (uint8_t)(v >> 8);
	w->data[at + 1] = (uint8_t)v;
}

/*
 * The sum of 16-bit words, an odd last octet counting as the high half of a word. 64 bits hold the
 * sum of any packet, so that carries are folded once at the end.
 */
static uint64_t sum_words(uint64_t sum, const uint8_t *data, size_t len)
{
	size_t i = 0;

	for (; i + 4 <= len; i += 4)
		sum += (uint32_t)data[i] << 24 | (uint32_t)data[i + 1] << 16 |
		       (uint32_t)data[i + 2] << 8 | data[i + 3];
	if (i + 2 <= len) {
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
		i += 2;
	}
	if (i < len)
		sum += (uint32_t)data[i] << 8;
	return sum;
}

uint16_t mip6_checksum(const struct mip6_addr *src, const struct mip6_addr *dst,
                       uint8_t next_header, const uint8_t *data, size_t len)
{
	uint64_t sum = (uint64_t)len + next_header;

	sum = sum_words(sum, src->b, sizeof(src->b));
	sum = sum_words(sum, dst->b, sizeof(dst->b));
	sum = sum_words(sum, data, len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
