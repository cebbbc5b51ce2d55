// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A packet of any octets behind its IPv6 header. The input is: one octet that chooses the first
 * header, source, destination, the rest. So that the fuzzer gets past the checksum, it is made
 * right where the headers lead to a Mobility Header. What decodes also encodes, to the same
 * addresses and message; so does what has another payload, such as a Mobile Prefix Solicitation.
 */
#include <mip6/packet.h>
#include <string.h>

#include "fuzz.h"

#define FRONT 33
#define DATA_MAX 4096

static void fill_in_checksum(const struct mip6_addr *src, const struct mip6_addr *dst,
                             uint8_t next_header, uint8_t *data, size_t len)
{
	struct mip6_packet p;
	size_t offset, at, mh_len;
	uint16_t sum;
	uint8_t last;

	if (mip6_packet_decode_headers(src, dst, next_header, data, len, &p, &last, &offset) !=
	            MIP6_DECODE_OK ||
	    last != MIP6_PROTO_MH || p.mh_len < 8)
		return;
	at = (size_t)(p.mh - data);
	mh_len = ((size_t)data[at + 1] + 1) * 8;
	if (mh_len > p.mh_len)
		return;
	data[at + 4] = data[at + 5] = 0;
	sum = mip6_checksum(mip6_packet_source(&p), mip6_packet_destination(&p), MIP6_PROTO_MH,
	                    data + at, mh_len);
	data[at + 4] = (uint8_t)(sum >> 8);
	data[at + 5] = (uint8_t)sum;
}

/* Any payload: what the headers say comes out as it went in. */
static void check_headers(const struct mip6_addr *src, const struct mip6_addr *dst, uint8_t next,
                          const uint8_t *data, size_t len)
{
	uint8_t buf[MIP6_PACKET_MAX], last, last_back;
	struct mip6_packet p, back;
	size_t offset, n;

	if (mip6_packet_decode_headers(src, dst, next, data, len, &p, &last, &offset) !=
	    MIP6_DECODE_OK)
		return;
	n = mip6_packet_encode_headers(&p, last, buf, sizeof(buf));
	FUZZ_CHECK(n > 0 || p.mh_len > MIP6_PACKET_MAX - 88);
	if (n == 0)
		return;
	FUZZ_CHECK(mip6_packet_decode_headers(&p.src, &p.dst, buf[6], buf + 40, n - 40, &back,
	                                      &last_back, &offset) == MIP6_DECODE_OK);
	FUZZ_CHECK(last_back == last && back.mh_len == p.mh_len);
	FUZZ_CHECK(memcmp(back.mh, p.mh, p.mh_len) == 0);
	FUZZ_CHECK(back.has_hao == p.has_hao && back.has_rh2 == p.has_rh2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t first[] = {MIP6_PROTO_DSTOPTS, MIP6_PROTO_ROUTING, MIP6_PROTO_MH};
	uint8_t buf[MIP6_PACKET_MAX], copy[DATA_MAX];
	struct mip6_addr src, dst;
	struct mip6_packet p, back;
	size_t offset, n;
	uint8_t next;

	if (len < FRONT || len - FRONT > sizeof(copy))
		return 0;
	next = first[data[0] % 3];
	memcpy(&src, data + 1, 16);
	memcpy(&dst, data + 17, 16);

	/* As it came, in place: a sanitizer sees every octet past the end. */
	if (mip6_packet_decode(&src, &dst, next, data + FRONT, len - FRONT, &p, &offset) !=
	    MIP6_DECODE_OK)
		FUZZ_CHECK(offset <= len - FRONT);

	check_headers(&src, &dst, next, data + FRONT, len - FRONT);
	memcpy(copy, data + FRONT, len - FRONT);
	fill_in_checksum(&src, &dst, next, copy, len - FRONT);
	if (mip6_packet_decode(&src, &dst, next, copy, len - FRONT, &p, &offset) != MIP6_DECODE_OK)
		return 0;
	FUZZ_CHECK(!p.has_hao || mip6_addr_is_routable(&p.hao));
	FUZZ_CHECK(!p.has_rh2 || mip6_addr_is_routable(&p.rh2));
	n = mip6_packet_encode(&p, buf, sizeof(buf));
	FUZZ_CHECK(n > 0 || p.mh_len > MIP6_PACKET_MAX - 88);
	if (n == 0)
		return 0;
	FUZZ_CHECK(mip6_packet_decode(&p.src, &p.dst, buf[6], buf + 40, n - 40, &back, &offset) ==
	           MIP6_DECODE_OK);
	FUZZ_CHECK(mip6_addr_equal(&back.src, &p.src));
	FUZZ_CHECK(mip6_addr_equal(&back.dst, &p.dst));
	FUZZ_CHECK(back.has_hao == p.has_hao && back.has_rh2 == p.has_rh2);
	FUZZ_CHECK(!p.has_hao || mip6_addr_equal(&back.hao, &p.hao));
	FUZZ_CHECK(!p.has_rh2 || mip6_addr_equal(&back.rh2, &p.rh2));
	FUZZ_CHECK(back.mh_len == p.mh_len);
	FUZZ_CHECK(memcmp(back.mh, p.mh, 4) == 0);
	FUZZ_CHECK(memcmp(back.mh + 6, p.mh + 6, p.mh_len - 6) == 0);
	return 0;
}
