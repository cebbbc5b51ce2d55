// SPDX-License-Identifier: GPL-2.0-or-later
/* An ICMPv6 message of any octets: what decodes also encodes, and to the same message. */
#include <mip6/icmp6.h>

#include "../common/wire.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct mip6_addr src = {{0xfe, 0x80, [15] = 1}},
				      dst = {{0xff, 0x02, [15] = 1}};
	static uint8_t again[65536 + 64];
	struct mip6_icmp6 m, back;
	size_t offset, again_len;

	if (mip6_icmp6_decode(data, len, 255, &m, &offset) != MIP6_DECODE_OK) {
		FUZZ_CHECK(len == 0 ? offset == 0 : offset < len);
		return 0;
	}
	again_len = mip6_icmp6_encode(&m, &src, &dst, again, sizeof(again));
	FUZZ_CHECK(again_len > 0);
	FUZZ_CHECK(mip6_checksum(&src, &dst, 58, again, again_len) == 0);
	FUZZ_CHECK(mip6_icmp6_decode(again, again_len, 255, &back, &offset) == MIP6_DECODE_OK);
	FUZZ_CHECK(test_icmp6_equal(&m, &back));
	return 0;
}
