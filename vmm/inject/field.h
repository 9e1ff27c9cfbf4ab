/* SPDX-License-Identifier: MIT */
/* Fields of the guest's structures by name: what shared/layout.def lists, and the members of those that are structures. */
#ifndef VMM_INJECT_FIELD_H
#define VMM_INJECT_FIELD_H

#include <stdbool.h>
#include <stdint.h>

struct inject_field {
	uint32_t offset; /* in the structure */
	uint8_t size;	 /* 1, 2, 4 or 8 bytes */
	bool is_signed;
};

/**
 * Find "vm_end", "mmlist.next", "rss_stat[1]" or "shared.rb.rb_left" in `structure` ("vm_area_struct"). False: there is no
 * such structure or field, or it is no number (a whole list_head, say).
 */
bool find_field(const char *structure, const char *name, struct inject_field *field);
/** Names of the structure's fields as layout.def has them, one after the other; NULL behind the last. */
const char *field_name(const char *structure, unsigned int i);
/** Where the bytes of a field of layout.def lie, whatever it is. False: there is none of that name. */
bool field_extent(const char *structure, const char *name, uint32_t *offset, uint32_t *size);
/** Size of the structure; 0: there is none of that name. */
uint32_t structure_size(const char *structure);

#endif
