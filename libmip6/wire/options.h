/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing the mobility options of one message; private to the codec. */
#ifndef MIP6_WIRE_OPTIONS_H
#define MIP6_WIRE_OPTIONS_H

#include <mip6/mh.h>

#define MIP6_PRIVATE __attribute__((visibility("hidden")))

/*
 * Read options up to the end of r, whose position counts from the start of the Mobility Header. ret
 * must be zeroed. On failure *ret_offset is the offset of the offending octet, *ret is undefined.
 */
MIP6_PRIVATE enum mip6_decode mip6_options_read(struct mip6_reader *r, struct mip6_options *ret,
                                                size_t *ret_offset);

/*
 * Write the options in the order and with the padding that mip6_mh_encode() promises, and the
 * padding that ends the message. A value out of its range sets the failure flag of w. Returns the
 * offset of the RFC 4285 authentication data, 0 without.
 */
MIP6_PRIVATE size_t mip6_options_write(struct mip6_writer *w, const struct mip6_options *o);

#endif
