/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing Neighbour Discovery options; private to the codec. */
#ifndef MIP6_WIRE_ND_OPTIONS_H
#define MIP6_WIRE_ND_OPTIONS_H

#include <mip6/icmp6.h>

#define MIP6_PRIVATE __attribute__((visibility("hidden")))

/* Which options a message may have. */
enum mip6_nd_allowed {
	MIP6_ND_SOURCE = 1u << 0,
	MIP6_ND_TARGET = 1u << 1,
	MIP6_ND_PREFIX = 1u << 2,
	MIP6_ND_ROUTER = 1u << 3, /* MTU, interval, home agent, PvD */
};

/*
 * Read options up to the end of r, whose position counts from the start of the message; ret must be
 * zeroed. On failure *ret_offset is the offset of the offending octet, *ret is undefined.
 */
MIP6_PRIVATE enum mip6_decode mip6_nd_options_read(struct mip6_reader *r, unsigned int allowed,
                                                   struct mip6_nd_options *ret, size_t *ret_offset);

/* Write the options that are present; not allowed or out of range: w's failure flag is set. */
MIP6_PRIVATE void mip6_nd_options_write(struct mip6_writer *w, unsigned int allowed,
                                        const struct mip6_nd_options *o);

#endif
