/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses of ours that tunnels end at, counted by use and mirrored in a BPF map. One that is no
 * longer used stays for DATAPLANE_GRACE, as packets for it may be under way.
 */
#ifndef MIP6_KERNEL_DATAPLANE_LOCALS_H
#define MIP6_KERNEL_DATAPLANE_LOCALS_H

#include "kernel/dataplane.h"

/* As many as the map holds. */
#define DATAPLANE_LOCALS_MAX 256

struct dataplane_local {
	struct mip6_addr addr;
	uint32_t uses;
	mip6_time until; /* when unused: forgotten then */
};

struct dataplane_locals {
	int map;
	size_t count;
	struct dataplane_local v[DATAPLANE_LOCALS_MAX];
};

/* Forget whatever the map holds from an earlier process that is not in use by now. */
void dataplane_locals_sync(struct dataplane_locals *locals);
bool dataplane_locals_has(const struct dataplane_locals *locals, const struct mip6_addr *addr);
int dataplane_locals_use(struct dataplane_locals *locals, const struct mip6_addr *addr);
void dataplane_locals_unuse(struct dataplane_locals *locals, const struct mip6_addr *addr,
                            mip6_time now);
/* Forget what is due; returns when to be called next, MIP6_TIME_NEVER: no need. */
mip6_time dataplane_locals_expire(struct dataplane_locals *locals, mip6_time now);

#endif
