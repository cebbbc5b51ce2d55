/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bindings of a data plane in user space: a fixed number of slots, found by home and by peer.
 * Pure memory; the kernel's side is the owner's business. Slots are numbered from 0, and a number
 * stays with its binding: it is also the index of its statistics in the kernel.
 */
#ifndef MIP6_KERNEL_DATAPLANE_TABLE_H
#define MIP6_KERNEL_DATAPLANE_TABLE_H

#include "kernel/dataplane.h"

#define DATAPLANE_TABLE_NONE UINT32_MAX

struct dataplane_slot {
	struct dataplane_binding binding;
	struct mip6_addr old_local, old_peer;
	mip6_time old_until; /* 0: no previous pair */
	mip6_time mtu_until; /* 0: the link's; else the outer MTU was learnt and ends then */
	uint32_t outer_mtu;
	/* Gateway: outer MTU of the path to second, when it was learnt; 0: not, or not narrow. */
	uint32_t second_mtu;
	mip6_time second_until;
	uint32_t routed_mtu; /* outer MTU of its route in the kernel; 0: none yet */
	uint32_t next_home, next_peer, next_free;
	bool used;
	bool queued; /* in the chain of free slots; perhaps used since */
};

struct dataplane_table;

int dataplane_table_new(struct dataplane_table **ret, size_t max);
void dataplane_table_free(struct dataplane_table *table);
size_t dataplane_table_max(const struct dataplane_table *table);
size_t dataplane_table_count(const struct dataplane_table *table);
/* Slots at or above this were never used. */
uint32_t dataplane_table_top(const struct dataplane_table *table);
/* NULL for a slot that is not in use. */
struct dataplane_slot *dataplane_table_get(struct dataplane_table *table, uint32_t slot);
/* DATAPLANE_TABLE_NONE without one. */
uint32_t dataplane_table_find(const struct dataplane_table *table, const struct mip6_prefix *home);
/* The first binding of this peer, and the next after slot; DATAPLANE_TABLE_NONE at the end. */
uint32_t dataplane_table_first_of(const struct dataplane_table *table,
                                  const struct mip6_addr *peer);
uint32_t dataplane_table_next_of(const struct dataplane_table *table, uint32_t slot);
/*
 * A slot for a home that is not in the table. wanted: this very slot (adoption), or
 * DATAPLANE_TABLE_NONE. -ENOSPC when full, -EEXIST when that slot or home is taken, -EINVAL for a
 * slot out of range.
 */
int dataplane_table_add(struct dataplane_table *table, const struct dataplane_binding *binding,
                        uint32_t wanted, uint32_t *ret_slot);
/* Replace the binding (same home) of a slot. */
void dataplane_table_set(struct dataplane_table *table, uint32_t slot,
                         const struct dataplane_binding *binding);
void dataplane_table_remove(struct dataplane_table *table, uint32_t slot);

#endif
