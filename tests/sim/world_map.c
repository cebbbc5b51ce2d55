// SPDX-License-Identifier: GPL-2.0-or-later
/* An address → pointer hash map with linear probing, for the simulated kernels and disks. */
#include "world_private.h"

#include <stdlib.h>

static size_t place(const struct world_map *map, const struct mip6_addr *key)
{
	uint64_t hash = 1469598103934665603u;

	for (unsigned int i = 0; i < 16; i++)
		hash = (hash ^ key->b[i]) * 1099511628211u;
	hash ^= hash >> 29;
	return (size_t)hash & (map->cap - 1);
}

static size_t find(const struct world_map *map, const struct mip6_addr *key)
{
	size_t at = place(map, key);

	while (map->slots[at].value != NULL && !mip6_addr_equal(&map->slots[at].key, key))
		at = (at + 1) & (map->cap - 1);
	return at;
}

void *world_map_get(const struct world_map *map, const struct mip6_addr *key)
{
	return map->cap == 0 ? NULL : map->slots[find(map, key)].value;
}

void world_map_put(struct world_map *map, const struct mip6_addr *key, void *value)
{
	size_t at;

	if (map->count * 2 >= map->cap) {
		struct world_map bigger = {.cap = map->cap ? map->cap * 2 : 16};

		bigger.slots = world_alloc(bigger.cap * sizeof(*bigger.slots));
		for (size_t i = 0; i < map->cap; i++) {
			if (map->slots[i].value != NULL)
				world_map_put(&bigger, &map->slots[i].key, map->slots[i].value);
		}
		free(map->slots);
		*map = bigger;
	}
	at = find(map, key);
	if (map->slots[at].value == NULL)
		map->count++;
	else
		free(map->slots[at].value);
	map->slots[at].key = *key;
	map->slots[at].value = value;
}

void world_map_remove(struct world_map *map, const struct mip6_addr *key)
{
	size_t at, hole;

	if (map->cap == 0)
		return;
	at = find(map, key);
	if (map->slots[at].value == NULL)
		return;
	free(map->slots[at].value);
	map->slots[at].value = NULL;
	map->count--;
	/* Move up what was displaced past the hole. */
	for (hole = at, at = (at + 1) & (map->cap - 1); map->slots[at].value != NULL;
	     at = (at + 1) & (map->cap - 1)) {
		size_t wanted = place(map, &map->slots[at].key);

		if (((at - wanted) & (map->cap - 1)) < ((at - hole) & (map->cap - 1)))
			continue;
		map->slots[hole] = map->slots[at];
		map->slots[at].value = NULL;
		hole = at;
	}
}

void world_map_clear(struct world_map *map)
{
	for (size_t i = 0; i < map->cap; i++)
		free(map->slots[i].value);
	free(map->slots);
	*map = (struct world_map){0};
}
