/* SPDX-License-Identifier: MIT */
/* See object.h. */
#include "inject/object.h"

#include <stdlib.h>
#include "base/error.h"
#include "observe/leaves.h"

static const struct {
	const char *name, *structure;
} kinds[NR_INJECT_KINDS] = {
	[OBJ_MM] = {"mm", "mm_struct"},
	[OBJ_AREA] = {"vma", "vm_area_struct"},
	[OBJ_PAGE] = {"page", "page"},
	[OBJ_ANON_VMA] = {"anon_vma", "anon_vma"},
	[OBJ_AVC] = {"avc", "anon_vma_chain"},
	[OBJ_INODE] = {"inode", "inode"},
	[OBJ_MAPPING] = {"mapping", "address_space"},
	[OBJ_NODE] = {"node", "xa_node"},
	[OBJ_FILE] = {"file", "file"},
	[OBJ_TASK] = {"task", "task_struct"},
	[OBJ_CPU] = {"cpu", "cpu_info"},
	[OBJ_ZONE] = {"zone", "zone"},
	[OBJ_CACHE] = {"cache", "kmem_cache"},
	[OBJ_LAB] = {"lab", "lab_page"},
	[OBJ_ENTRY] = {"pte", NULL},
	[OBJ_FRAME] = {"frame", NULL},
	[OBJ_FREED] = {"freed", NULL},
};

const char *inject_kind_name(enum inject_kind kind)
{
	return kinds[kind].name;
}

const char *inject_kind_structure(enum inject_kind kind)
{
	return kinds[kind].structure;
}

static struct inject_object *add(struct inject_objects *list, enum inject_kind kind, uint64_t addr, int mm,
				 const void *item)
{
	struct inject_object *object;

	if (list->n == list->capacity) {
		list->capacity = list->capacity ? 2 * list->capacity : 64;
		list->items = xrealloc(list->items, list->capacity * sizeof(*list->items));
	}
	object = &list->items[list->n++];
	*object = (struct inject_object){.kind = kind, .addr = addr, .mm = mm, .item = item};
	return object;
}

static void list_pages(const struct model *model, enum inject_kind kind, struct inject_objects *list)
{
	for (uint64_t pfn = 0; pfn < model->nr_touched; pfn++) {
		const struct model_frame *frame = frame_at(model, pfn);
		const uint64_t page = model->lab.mem_map.va + pfn * sizeof(struct page);

		/* The image's entries are made one by one as they are needed: most hold nothing. */
		if (frame->role != FRAME_IMAGE && frame->role != FRAME_MEM_MAP)
			add(list, kind, kind == OBJ_PAGE ? page : pfn << PAGE_SHIFT, -1, frame)->pfn = pfn;
	}
}

static void add_entry(struct inject_objects *list, uint64_t pa, int mm, const void *item, enum entry_place place,
		      int level)
{
	struct inject_object *object = add(list, OBJ_ENTRY, pa, mm, item);

	object->place = place;
	object->level = level;
}

static void add_leaf(struct inject_objects *list, const struct leaf *leaf, int mm, enum entry_place place)
{
	add_entry(list, leaf->entry_pa, mm, NULL, place, leaf->level);
	list->items[list->n - 1].leaf = *leaf;
}

static void add_leaves(struct inject_objects *list, const struct model_mm *mm, enum leaf_kinds kinds, int index,
		       enum entry_place place)
{
	for (struct leaf_walk w = leaves_of(mm, kinds); leaf_next(&w);)
		add_leaf(list, &w.leaf, index, place);
}

static void add_tables(struct inject_objects *list, const struct table *tables, uint32_t n, int mm,
		       enum entry_place place)
{
	for (uint32_t i = 0; i < n; i++)
		if (tables[i].parent_pa)
			add_entry(list, tables[i].parent_pa, mm, &tables[i], place, tables[i].level + 1);
}

static void list_entries(const struct model *model, struct inject_objects *list)
{
	for (uint32_t m = 0; m < model->nr_mms; m++) {
		const struct model_mm *mm = &model->mms[m];

		add_leaves(list, mm, LEAVES_PRESENT, m, ENTRY_LEAF);
		add_leaves(list, mm, LEAVES_HELD, m, ENTRY_HELD);
		add_tables(list, mm->tables, mm->nr_tables, m, ENTRY_TABLE);
	}
	for (uint32_t i = 0; i < model->nr_kernel_leaves; i++)
		add_leaf(list, &model->kernel_leaves[i], 0, ENTRY_KERNEL_LEAF);
	add_tables(list, model->kernel_tables, model->nr_kernel_tables, 0, ENTRY_KERNEL_TABLE);
}

#define LIST(kind, array, count, mm_of)                                                                               \
	for (uint64_t i = 0; i < (count); i++)                                                                         \
	add(&list, kind, (array)[i].addr.va, (mm_of), &(array)[i])

struct inject_objects inject_list(const struct model *model, enum inject_kind kind)
{
	struct inject_objects list = {0};

	switch (kind) {
	case OBJ_MM:
		LIST(kind, model->mms, model->nr_mms, (int)i);
		break;
	case OBJ_AREA:
		LIST(kind, model->all_vmas, model->nr_all_vmas, (int)model->all_vmas[i].mm);
		break;
	case OBJ_ANON_VMA:
		LIST(kind, model->anon_vmas, model->nr_anon_vmas, -1);
		break;
	case OBJ_AVC:
		LIST(kind, model->avcs, model->nr_avcs, -1);
		break;
	case OBJ_INODE:
		LIST(kind, model->inodes, model->nr_inodes, -1);
		break;
	case OBJ_MAPPING:
		for (uint32_t i = 0; i < model->nr_inodes; i++)
			add(&list, kind, model->inodes[i].addr.va + offsetof(struct inode, i_data), -1,
			    &model->inodes[i]);
		break;
	case OBJ_NODE:
		LIST(kind, model->xa_nodes, model->nr_xa_nodes, -1);
		break;
	case OBJ_TASK:
		LIST(kind, model->tasks, model->nr_tasks, model->tasks[i].mm);
		break;
	case OBJ_CACHE:
		LIST(kind, model->caches, model->nr_caches, -1);
		break;
	case OBJ_CPU:
		for (uint32_t i = 0; i < model->nr_cpus; i++)
			add(&list, kind, model->lab.cpus.va + i * sizeof(struct cpu_info), -1,
			    &model->cpu_infos[i]);
		break;
	case OBJ_ZONE:
		add(&list, kind, model->lab.zone.va, -1, &model->zone);
		break;
	case OBJ_LAB:
		add(&list, kind, KERNEL_MAP + model->image->lab_pa, -1, &model->lab);
		break;
	case OBJ_FILE:
		LIST(kind, model->files, model->nr_files, -1);
		break;
	case OBJ_PAGE:
	case OBJ_FRAME:
		list_pages(model, kind, &list);
		break;
	case OBJ_ENTRY:
		list_entries(model, &list);
		break;
	case OBJ_FREED:
		for (uint64_t i = 0; i < model->nr_objects; i++)
			if (model->objects[i].free)
				add(&list, kind, model->objects[i].addr.va, -1, &model->objects[i]);
		break;
	case NR_INJECT_KINDS:
		break;
	}
	return list;
}
