/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing, at most half full, never a removal. */
#include "observe/addr_map.h"

#include <stdlib.h>
#include "base/error.h"

static const struct addr_map_slot *slots_of(const struct addr_map *map, uint32_t *nr)
{
	*nr = map->grown ? map->nr_slots : ADDR_MAP_FIRST;
	return map->grown ? map->grown : map->first;
}

/** The slot that holds addr, or the empty one where it would go. */
static struct addr_map_slot *find_slot(const struct addr_map *map, uint64_t addr)
{
	uint32_t nr;
	const struct addr_map_slot *slots = slots_of(map, &nr);
	uint64_t at = addr * 0x9e3779b97f4a7c15UL >> 32;

	while (slots[at & (nr - 1)].used && slots[at & (nr - 1)].addr != addr)
		at++;
	return (struct addr_map_slot *)&slots[at & (nr - 1)];
}

static void grow(struct addr_map *map)
{
	uint32_t old_nr;
	const struct addr_map_slot *old = slots_of(map, &old_nr);
	struct addr_map_slot *old_grown = map->grown;

	map->nr_slots = old_nr * 4;
	map->grown = xcalloc(map->nr_slots, sizeof(*map->grown));
	for (uint32_t i = 0; i < old_nr; i++)
		if (old[i].used)
			*find_slot(map, old[i].addr) = old[i];
	free(old_grown);
}

static struct addr_map_slot *put(struct addr_map *map, uint64_t addr, uint32_t value)
{
	struct addr_map_slot *slot;

	if (map->nr * 2 >= (map->grown ? map->nr_slots : ADDR_MAP_FIRST))
		grow(map);
	slot = find_slot(map, addr);
	if (!slot->used) {
		*slot = (struct addr_map_slot){.addr = addr, .value = value, .used = 1};
		map->nr++;
	}
	return slot;
}

uint32_t addr_map_put(struct addr_map *map, uint64_t addr, uint32_t value)
{
	return put(map, addr, value)->value;
}

void addr_map_set(struct addr_map *map, uint64_t addr, uint32_t value)
{
	put(map, addr, value)->value = value;
}

uint32_t addr_map_get(const struct addr_map *map, uint64_t addr)
{
	const struct addr_map_slot *slot = find_slot(map, addr);

	return slot->used ? slot->value : ADDR_MAP_NONE;
}

void addr_map_free(struct addr_map *map)
{
	free(map->grown);
	map->grown = NULL;
	map->nr_slots = 0;
	map->nr = 0;
	for (uint32_t i = 0; i < ADDR_MAP_FIRST; i++)
		map->first[i].used = 0;
}
