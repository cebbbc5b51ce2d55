// SPDX-License-Identifier: LGPL-2.1-or-later
/* Use counts of the addresses that tunnels end at. */
#include <errno.h>

#include <bpf/bpf.h>

#include "kernel/bpf/tunnel.h"
#include "kernel/dataplane_locals.h"

static struct dataplane_local *find(struct dataplane_locals *locals, const struct mip6_addr *addr)
{
	for (size_t i = 0; i < locals->count; i++) {
		if (mip6_addr_equal(&locals->v[i].addr, addr))
			return &locals->v[i];
	}
	return NULL;
}

bool dataplane_locals_has(const struct dataplane_locals *locals, const struct mip6_addr *addr)
{
	for (size_t i = 0; i < locals->count; i++) {
		if (mip6_addr_equal(&locals->v[i].addr, addr))
			return true;
	}
	return false;
}

void dataplane_locals_sync(struct dataplane_locals *locals)
{
	struct mip6_addr stale[DATAPLANE_LOCALS_MAX], key;
	void *previous = NULL;
	size_t count = 0;

	while (count < DATAPLANE_LOCALS_MAX &&
	       bpf_map_get_next_key(locals->map, previous, &key) == 0) {
		if (!find(locals, &key))
			stale[count++] = key;
		previous = &key;
	}
	for (size_t i = 0; i < count; i++)
		bpf_map_delete_elem(locals->map, &stale[i]);
}

int dataplane_locals_use(struct dataplane_locals *locals, const struct mip6_addr *addr)
{
	struct dataplane_local *local = find(locals, addr);
	uint32_t one = 1;

	if (local) {
		local->uses++;
		return 0;
	}
	if (locals->count == DATAPLANE_LOCALS_MAX)
		return -ENOSPC;
	if (bpf_map_update_elem(locals->map, addr, &one, BPF_ANY) < 0)
		return -errno;
	locals->v[locals->count++] = (struct dataplane_local){.addr = *addr, .uses = 1};
	return 0;
}

void dataplane_locals_unuse(struct dataplane_locals *locals, const struct mip6_addr *addr,
                            mip6_time now)
{
	struct dataplane_local *local = find(locals, addr);

	if (local && --local->uses == 0)
		local->until = now + DATAPLANE_GRACE;
}

mip6_time dataplane_locals_expire(struct dataplane_locals *locals, mip6_time now)
{
	mip6_time next = MIP6_TIME_NEVER;

	for (size_t i = 0; i < locals->count;) {
		struct dataplane_local *local = &locals->v[i];

		if (local->uses == 0 && local->until <= now) {
			bpf_map_delete_elem(locals->map, &local->addr);
			*local = locals->v[--locals->count];
			continue;
		}
		if (local->uses == 0 && local->until < next)
			next = local->until;
		i++;
	}
	return next;
}
