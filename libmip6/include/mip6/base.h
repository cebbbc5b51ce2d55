/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses, prefixes, time and sequence numbers: the few types that everything else is made of.
 *
 * Nothing here allocates, prints or touches the operating system.
 */
#ifndef MIP6_BASE_H
#define MIP6_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Monotonic time in microseconds. The zero point is the caller's; the cores only compare and add.
 */
typedef int64_t mip6_time;

#define MIP6_TIME_NEVER INT64_MAX
#define MIP6_MS ((mip6_time)1000)
#define MIP6_S ((mip6_time)1000000)

/* An IPv6 address in network byte order; same layout as struct in6_addr. */
struct mip6_addr {
	uint8_t b[16];
};

/* A prefix; bits past len are zero after mip6_prefix_make(). len is 0 to 128. */
struct mip6_prefix {
	struct mip6_addr addr;
	uint8_t len;
};

static inline bool mip6_addr_equal(const struct mip6_addr *a, const struct mip6_addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool mip6_addr_is_unspecified(const struct mip6_addr *a)
{
	static const struct mip6_addr zero;

	return mip6_addr_equal(a, &zero);
}

/* ::1 (RFC 4291 section 2.5.3). */
static inline bool mip6_addr_is_loopback(const struct mip6_addr *a)
{
	static const struct mip6_addr one = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

	return mip6_addr_equal(a, &one);
}

/* ff00::/8 (RFC 4291 section 2.7). */
static inline bool mip6_addr_is_multicast(const struct mip6_addr *a)
{
	return a->b[0] == 0xff;
}

/* fe80::/10 (RFC 4291 section 2.5.6). */
static inline bool mip6_addr_is_link_local(const struct mip6_addr *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* ::ffff:0:0/96 (RFC 4291 section 2.5.5.2). */
static inline bool mip6_addr_is_v4mapped(const struct mip6_addr *a)
{
	static const uint8_t head[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return memcmp(a->b, head, sizeof(head)) == 0;
}

/*
 * True for an address that may be a HoA or a CoA: unicast, routable, neither unspecified, loopback,
 * link-local nor IPv4-mapped (RFC 6275 sections 6.1.7 and 6.3: "unicast routable address").
 */
static inline bool mip6_addr_is_routable(const struct mip6_addr *a)
{
	return !mip6_addr_is_unspecified(a) && !mip6_addr_is_loopback(a) &&
	       !mip6_addr_is_multicast(a) && !mip6_addr_is_link_local(a) && !mip6_addr_is_v4mapped(a);
}

/* addr with every bit past len cleared; len above 128 counts as 128. */
struct mip6_prefix mip6_prefix_make(const struct mip6_addr *addr, uint8_t len);
bool mip6_prefix_contains(const struct mip6_prefix *prefix, const struct mip6_addr *addr);
bool mip6_prefix_equal(const struct mip6_prefix *a, const struct mip6_prefix *b);

/*
 * Sequence numbers modulo 2^16 (RFC 6275 section 9.5.1): true when a comes after b, that is when
 * a - b lies in 1..32767.
 */
static inline bool mip6_seq_after(uint16_t a, uint16_t b)
{
	return (uint16_t)(a - b) != 0 && (uint16_t)(a - b) < 0x8000;
}

#endif
