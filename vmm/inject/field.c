/* SPDX-License-Identifier: MIT */
/* See field.h. Offsets, sizes and kinds come from the compiler, by way of layout.def. */
#include "inject/field.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "lab.h"

enum type { NUMBER, SIGNED, LIST, RB_NODE, RB_ROOT, LOCK, RWSEM, FREE_AREAS, XARRAY, SHARED, MAPPING };

struct row {
	const char *structure, *name;
	uint32_t offset, size;
	enum type type;
};

/* What a field is, by its C type. Arrays of numbers and pointers are numbers, taken one by one. */
#define TYPE_OF(x)                                                                                                     \
	_Generic((x), struct list_head: LIST, struct rb_node: RB_NODE, struct rb_root: RB_ROOT, struct spinlock: LOCK, \
		struct rw_semaphore: RWSEM, struct free_area *: FREE_AREAS, struct xarray: XARRAY,                     \
		struct address_space: MAPPING, int32_t: SIGNED, default: NUMBER)

static const struct row rows[] = {
#define LAYOUT_STRUCT(s)
#define LAYOUT_FIELD(s, f) {#s, #f, offsetof(struct s, f), sizeof(((struct s *)0)->f), TYPE_OF(((struct s *)0)->f)},
#define LAYOUT_END(s)	   {#s, NULL, 0, sizeof(struct s), NUMBER},
#include "layout.def"
#undef LAYOUT_STRUCT
#undef LAYOUT_FIELD
#undef LAYOUT_END
};
#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

#define MEMBER(s, f, type) {#s, #f, offsetof(struct s, f), sizeof(((struct s *)0)->f), type}

static const struct {
	enum type of;
	struct row row;
} members[] = {
	{LIST, MEMBER(list_head, next, NUMBER)},
	{LIST, MEMBER(list_head, prev, NUMBER)},
	{RB_NODE, MEMBER(rb_node, __rb_parent_color, NUMBER)},
	{RB_NODE, MEMBER(rb_node, rb_right, NUMBER)},
	{RB_NODE, MEMBER(rb_node, rb_left, NUMBER)},
	{RB_ROOT, MEMBER(rb_root, rb_node, NUMBER)},
	{LOCK, MEMBER(spinlock, locked, NUMBER)},
	{LOCK, MEMBER(spinlock, acquired, NUMBER)},
	{RWSEM, MEMBER(rw_semaphore, count, SIGNED)},
	{RWSEM, MEMBER(rw_semaphore, read_acquired, NUMBER)},
	{RWSEM, MEMBER(rw_semaphore, write_acquired, NUMBER)},
	{FREE_AREAS, MEMBER(free_area, free_list, LIST)},
	{FREE_AREAS, MEMBER(free_area, nr_free, NUMBER)},
	{XARRAY, MEMBER(xarray, xa_lock, LOCK)},
	{XARRAY, MEMBER(xarray, xa_head, NUMBER)},
	{SHARED, MEMBER(vm_area_struct, shared.rb, RB_NODE)},
	{SHARED, MEMBER(vm_area_struct, shared.rb_subtree_last, NUMBER)},
};
#define NR_MEMBERS (sizeof(members) / sizeof(members[0]))

/* "shared.rb" is told apart from "shared" by its last word. */
static const char *last_word(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

static bool is_word(const char *name, const char *text, size_t n)
{
	return strlen(name) == n && !memcmp(name, text, n);
}

static const struct row *find_row(const char *structure, const char *text, size_t n)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].name && !strcmp(rows[i].structure, structure) && is_word(rows[i].name, text, n))
			return &rows[i];
	return NULL;
}

static const struct row *find_member(enum type of, const char *text, size_t n)
{
	for (size_t i = 0; i < NR_MEMBERS; i++)
		if (members[i].of == of && is_word(last_word(members[i].row.name), text, n))
			return &members[i].row;
	return NULL;
}

/* "[3]" behind a name: its offset is added, and what is left is one element. */
static bool take_index(const char **text, enum type type, uint32_t *offset, uint32_t *size)
{
	const uint32_t element = type == FREE_AREAS ? sizeof(struct free_area) : 8;
	unsigned long index;
	char *end;

	index = strtoul(*text + 1, &end, 10);
	if (end == *text + 1 || *end != ']' || index >= *size / element)
		return false;
	*text = end + 1;
	*offset += index * element;
	*size = element;
	return true;
}

static bool is_shared(const struct row *row)
{
	return !strcmp(row->structure, "vm_area_struct") && !strcmp(row->name, "shared");
}

bool find_field(const char *structure, const char *name, struct inject_field *field)
{
	size_t n = strcspn(name, ".[");
	const struct row *row = find_row(structure, name, n);
	uint32_t base = 0, offset = 0, size = 0;
	enum type type = NUMBER;

	while (row) {
		type = is_shared(row) ? SHARED : row->type;
		/* Members of an anonymous structure have offsets of the whole. */
		offset = type == SHARED ? 0 : base + row->offset;
		size = row->size;
		name += n;
		if (*name == '[' && !take_index(&name, type, &offset, &size))
			return false;
		if (!*name)
			break;
		if (*name++ != '.')
			return false;
		base = offset;
		n = strcspn(name, ".[");
		row = find_member(type, name, n);
	}
	if (!row || (type != NUMBER && type != SIGNED) || (size != 1 && size != 2 && size != 4 && size != 8))
		return false;
	*field = (struct inject_field){.offset = offset, .size = size, .is_signed = type == SIGNED};
	return true;
}

const char *field_name(const char *structure, unsigned int i)
{
	for (size_t at = 0; at < NR_ROWS; at++)
		if (rows[at].name && !strcmp(rows[at].structure, structure) && i-- == 0)
			return rows[at].name;
	return NULL;
}

bool field_extent(const char *structure, const char *name, uint32_t *offset, uint32_t *size)
{
	const struct row *row = find_row(structure, name, strlen(name));

	if (!row)
		return false;
	*offset = row->offset;
	*size = row->size;
	return true;
}

uint32_t structure_size(const char *structure)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		if (!rows[i].name && !strcmp(rows[i].structure, structure))
			return rows[i].size;
	return 0;
}
