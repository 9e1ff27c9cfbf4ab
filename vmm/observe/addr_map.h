/* SPDX-License-Identifier: MIT */
/*
 * From a guest address to a small number: a hash map for cycle detection and for finding the
 * decoded copy of an object. Small maps live inside the struct and cost no allocation.
 */
#ifndef VMM_OBSERVE_ADDR_MAP_H
#define VMM_OBSERVE_ADDR_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define ADDR_MAP_FIRST	64
#define ADDR_MAP_NONE	UINT32_MAX

struct addr_map_slot {
	uint64_t addr;
	uint32_t value;
	uint32_t used;
};

/** All zero is an empty map. Do not copy one that has grown. */
struct addr_map {
	struct addr_map_slot *grown;	/* NULL: first[] serves */
	uint32_t nr_slots;		/* of grown: a power of two */
	uint32_t nr;			/* addresses held */
	struct addr_map_slot first[ADDR_MAP_FIRST];
};

/** Remember addr with value unless it is there. Returns what it has now: value, or the older one. */
uint32_t addr_map_put(struct addr_map *map, uint64_t addr, uint32_t value);
/** Change or add. */
void addr_map_set(struct addr_map *map, uint64_t addr, uint32_t value);
/** The value of addr, or ADDR_MAP_NONE. */
uint32_t addr_map_get(const struct addr_map *map, uint64_t addr);
/** Give memory back; the map is empty again. */
void addr_map_free(struct addr_map *map);

#endif
