// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ICMPv6 messages of any octets where a data plane waits for errors about its tunnels: what is taken quotes
 * a tunnelled packet, and the inner packet lies within what came.
 */
#include "fuzz.h"
#include "kernel/dataplane_bpf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dataplane_quote quote;

	if (!dataplane_icmp_parse(data, len, &quote))
		return 0;
	FUZZ_CHECK(quote.inner >= data + 48 && quote.inner_len >= 40);
	FUZZ_CHECK(quote.inner + quote.inner_len == data + len);
	FUZZ_CHECK(quote.inner[0] >> 4 == 6 && quote.type == data[0]);
	return 0;
}
