/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which packets the raw sockets of transport.c for destination options and routing headers queue. */
#ifndef MIP6_KERNEL_TRANSPORT_FILTER_H
#define MIP6_KERNEL_TRANSPORT_FILTER_H

#include <stdbool.h>

/*
 * Let pass what may lead to a Mobility Header, the ICMPv6 messages about mobile prefixes right
 * behind this header and, if home_addresses, headers with a Home Address option: what else is behind
 * extension headers, tunnelled data above all, is not even queued. The packets of fd begin with the
 * extension header. 0 or negative errno.
 */
int transport_filter_attach(int fd, bool home_addresses);

#endif
