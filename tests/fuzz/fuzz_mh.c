// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A Mobility Header of any octets: what decodes also encodes, and to the same message; nobody's
 * authenticator verifies by chance.
 */
#include <mip6/auth.h>

#include "../common/wire.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct mip6_auth_sa sa = {.spi = MIP6_AUTH_SPI_DEFAULT,
	                                       .algorithm = MIP6_AUTH_HMAC_SHA1,
	                                       .key_len = 16,
	                                       .key = "a key of nobody"};
	static const struct mip6_addr addr = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
	uint8_t again[MIP6_MH_MAX];
	struct mip6_mh mh, back;
	size_t offset, again_len;

	if (mip6_mh_decode(data, len, &mh, &offset) != MIP6_DECODE_OK) {
		FUZZ_CHECK(len == 0 ? offset == 0 : offset < len);
		return 0;
	}
	FUZZ_CHECK(!mip6_auth_verify(&mh, data, len, &sa, &addr, &addr));
	mh.opt.has &= ~(uint32_t)MIP6_HAS_ANCHOR_BAD; /* what it stands for was skipped */
	again_len = mip6_mh_encode(&mh, again, sizeof(again), NULL);
	FUZZ_CHECK(again_len > 0);
	FUZZ_CHECK(mip6_mh_decode(again, again_len, &back, &offset) == MIP6_DECODE_OK);
	FUZZ_CHECK(test_mh_equal(&mh, &back));
	FUZZ_CHECK(back.opt.unknown_total == 0);
	return 0;
}
