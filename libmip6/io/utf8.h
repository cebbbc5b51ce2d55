/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Well-formed UTF-8 (RFC 3629), for texts that come from files and from the network. */
#ifndef MIP6_IO_UTF8_H
#define MIP6_IO_UTF8_H

#include <stddef.h>

/* Octets of the well-formed character that starts at p (1 to 4); 0: none does. len is at least 1.
 */
size_t utf8_length(const char *p, size_t len);

#endif
