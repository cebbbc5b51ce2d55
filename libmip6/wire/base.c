// SPDX-License-Identifier: LGPL-2.1-or-later
/* Prefix arithmetic. */
#include <mip6/base.h>

struct mip6_prefix mip6_prefix_make(const struct mip6_addr *addr, uint8_t len)
{
	struct mip6_prefix prefix = {.addr = *addr, .len = len > 128 ? 128 : len};

	for (unsigned int i = 0; i < 16; i++) {
		unsigned int bits = prefix.len > i * 8 ? prefix.len - i * 8 : 0;

		if (bits < 8)
			prefix.addr.b[i] &= (uint8_t)(0xff00u >> bits);
	}
	return prefix;
}

bool mip6_prefix_contains(const struct mip6_prefix *prefix, const struct mip6_addr *addr)
{
	struct mip6_prefix other = mip6_prefix_make(addr, prefix->len);

	return mip6_addr_equal(&other.addr, &prefix->addr);
}

bool mip6_prefix_equal(const struct mip6_prefix *a, const struct mip6_prefix *b)
{
	return a->len == b->len && mip6_addr_equal(&a->addr, &b->addr);
}
