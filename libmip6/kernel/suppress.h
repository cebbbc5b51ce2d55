/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Suppression of the Parameter Problems that a kernel without MIP6 sends for the Home Address
 * option and the type 2 routing header around a Mobility Header: an nftables table of our own.
 */
#ifndef MIP6_KERNEL_SUPPRESS_H
#define MIP6_KERNEL_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>

struct suppress;

/* True when this kernel processes HAO and type 2 routing headers itself (CONFIG_IPV6_MIP6). */
bool suppress_kernel_has_mip6(void);
/*
 * Add the table; home_agent: also the Parameter Problems about Home Address options and type 2
 * routing headers around anything else. The kernel removes it when the process ends, however it ends. 0, or negative errno
 * with the reason in ret_why (size octets). Needs CAP_NET_ADMIN.
 */
int suppress_open(struct suppress **ret, bool home_agent, char *ret_why, size_t size);
/* Name of the table. */
const char *suppress_table(const struct suppress *suppress);
/* Removes the table. NULL is allowed. */
void suppress_close(struct suppress *suppress);

#endif
