/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fuzzer's octets as a stream of decisions; zeros once they are used up. */
#ifndef TESTS_FUZZ_STREAM_H
#define TESTS_FUZZ_STREAM_H

#include <string.h>

#include <mip6/base.h>

struct stream {
	const uint8_t *data;
	size_t len;
};

static inline uint8_t stream_u8(struct stream *s)
{
	if (s->len == 0)
		return 0;
	s->len--;
	return *s->data++;
}

static inline uint16_t stream_u16(struct stream *s)
{
	uint8_t high = stream_u8(s);

	return (uint16_t)(high << 8 | stream_u8(s));
}

static inline uint32_t stream_u32(struct stream *s)
{
	uint32_t high = stream_u16(s);

	return high << 16 | stream_u16(s);
}

/* True once in n, about. */
static inline bool stream_once(struct stream *s, unsigned int n)
{
	return stream_u8(s) % n == n - 1;
}

/* As many octets as a length octet says and as there are; they stay the stream's. */
static inline size_t stream_octets(struct stream *s, const uint8_t **ret)
{
	size_t n = stream_u8(s);

	n = n < s->len ? n : s->len;
	*ret = s->data;
	s->data += n;
	s->len -= n;
	return n;
}

/* Time that passes between two events: mostly little, sometimes days. */
static inline mip6_time stream_time(struct stream *s)
{
	uint8_t scale = stream_u8(s);

	switch (scale % 4) {
	case 0:
		return 0;
	case 1:
		return scale * MIP6_MS;
	case 2:
		return scale * (MIP6_S / 8);
	default:
		return stream_u8(s) == 255 ? scale * 3600 * MIP6_S : scale * 4 * MIP6_S;
	}
}

#endif
