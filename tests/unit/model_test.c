/* SPDX-License-Identifier: MIT */
/* The decoding of a guest that is known to the last byte; and of images that hold no guest at all. */
#include "check.h"
#include "tiny_kernel.h"

TestSuite(model, .timeout = 60);

static const struct model_mm *mm_at(const struct model *m, uint64_t addr)
{
	uint32_t index = addr_map_get(&m->mm_map, addr);

	CHECK(index != ADDR_MAP_NONE);
	return &m->mms[index];
}

static const struct model_anon_vma *anon_at(const struct model *m, uint64_t addr)
{
	uint32_t index = addr_map_get(&m->anon_vma_map, addr);

	CHECK(index != ADDR_MAP_NONE);
	return &m->anon_vmas[index];
}

Test(model, tasks_in_ring_order)
{
	static const char *const names[] = {"swapper/0", "init", "a", "a", "b"};
	struct tiny t;
	struct model *m;

	tiny_new(&t);
	m = tiny_model(&t);
	CHECK_EQ(m->nr_damage, 0);
	CHECK_EQ(m->nr_tasks, 5);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(m->tasks[i].raw.pid, i);
		CHECK_STR(m->tasks[i].comm, names[i]);
	}
	CHECK_EQ(m->tasks[0].mm, -1);
	CHECK_EQ(m->tasks[0].active_mm, m->tasks[2].mm);
	CHECK_EQ(m->tasks[1].active_mm, -1);
	CHECK_EQ(m->tasks[2].mm, m->tasks[3].mm);
	CHECK(model_find_task(m, 4) == &m->tasks[4]);
	CHECK(model_find_task(m, 99) == NULL);
	model_free(m);
	tiny_end(&t);
}

Test(model, mms_in_list_order_with_their_users)
{
	struct tiny t;
	struct model *m;
	const struct model_mm *a, *b;

	tiny_new(&t);
	m = tiny_model(&t);
	CHECK_EQ(m->nr_mms, 3);
	CHECK_EQ(m->mms[0].addr.va, t.init_mm);
	a = mm_at(m, t.mm_a);
	b = mm_at(m, t.mm_b);
	CHECK(a == &m->mms[1] && b == &m->mms[2]);
	CHECK_EQ(a->nr_users, 2);
	CHECK_EQ(a->nr_lazy, 1);
	CHECK_EQ(b->nr_users, 1);
	CHECK_EQ(b->nr_lazy, 0);
	CHECK_EQ(a->pgd_pa, t.cpu.cr3);
	CHECK(a->in_mmlist && b->in_mmlist);
	CHECK_EQ(a->rss[MM_ANONPAGES], 4);
	CHECK_EQ(a->rss[MM_FILEPAGES], 1);
	CHECK_EQ(b->rss[MM_ANONPAGES], 2);
	model_free(m);
	tiny_end(&t);
}

/** An mm that only a task leads to comes after those on mmlist. */
Test(model, an_mm_off_the_list_is_found_through_its_task)
{
	struct tiny t;
	struct model *m;

	tiny_new(&t);
	AT(mm_struct, &t, t.mm_a)->mmlist.next = AT(mm_struct, &t, t.mm_b)->mmlist.next;
	AT(list_head, &t, AT(mm_struct, &t, t.mm_b)->mmlist.next.va)->prev =
		AT(mm_struct, &t, t.mm_b)->mmlist.prev;
	m = tiny_model(&t);
	CHECK_EQ(m->nr_mms, 3);
	CHECK_EQ(m->mms[2].addr.va, t.mm_b);
	CHECK(!m->mms[2].in_mmlist);
	CHECK_EQ(m->mms[2].nr_vmas, 2);
	model_free(m);
	tiny_end(&t);
}

Test(model, areas_of_list_and_tree)
{
	struct tiny t;
	struct model *m;
	const struct model_mm *a;
	static const uint32_t depths[] = {2, 1, 2, 0, 2, 1, 2};

	tiny_new(&t);
	m = tiny_model(&t);
	a = mm_at(m, t.mm_a);
	CHECK_EQ(a->nr_vmas, 7);
	for (uint32_t i = 0; i < 7; i++) {
		const struct model_vma *vma = &a->vmas[i];

		CHECK(vma->in_list && vma->in_tree);
		CHECK_EQ(vma->list_pos, i);
		CHECK_EQ(vma->tree_pos, i);
		CHECK_EQ(vma->depth, depths[i]);
		CHECK_EQ(vma->black_height, 2 - depths[i]);
		CHECK_EQ(vma->subtree_gap, vma->raw.rb_subtree_gap);
		CHECK(model_find_vma(a, vma->raw.vm_start) == vma);
		CHECK(model_find_vma(a, vma->raw.vm_end - 1) == vma);
		CHECK(model_find_vma(a, vma->raw.vm_end) != vma);
	}
	CHECK(model_find_vma(a, 0) == NULL);
	CHECK(model_find_vma(a, UINT64_MAX) == NULL);
	CHECK_EQ(a->vmas[0].gap, t.file_va);
	/* Below a stack the guard gap counts, too. */
	CHECK_EQ(a->vmas[6].gap, a->vmas[6].raw.vm_start - a->vmas[5].raw.vm_end);
	CHECK_EQ(a->vmas[2].nr_present, 1);
	CHECK_EQ(a->vmas[1].nr_present, 0);
	model_free(m);
	tiny_end(&t);
}

/** List and tree disagree: the union is decoded, each area says where it was met. */
Test(model, areas_in_one_of_the_two)
{
	struct tiny t;
	struct model *m;
	const struct model_mm *a;

	tiny_new(&t);
	AT(vm_area_struct, &t, t.text_a)->vm_next = ptr(t.cow_a); /* heap is in the tree only */
	AT(vm_area_struct, &t, t.none_a)->vm_rb.rb_right = ptr(0);
	AT(vm_area_struct, &t, t.zero_a)->vm_rb.rb_left = ptr(0); /* none_a is in the list only */
	m = tiny_model(&t);
	a = mm_at(m, t.mm_a);
	CHECK_EQ(a->nr_vmas, 7);
	CHECK(!a->vmas[1].in_list && a->vmas[1].in_tree);
	CHECK_EQ(a->vmas[1].addr.va, t.heap_a);
	CHECK(a->vmas[4].in_list && !a->vmas[4].in_tree);
	CHECK_EQ(a->vmas[4].addr.va, t.none_a);
	for (uint32_t i = 0; i < 7; i++)
		CHECK(&m->all_vmas[addr_map_get(&m->vma_map, a->vmas[i].addr.va)] == &a->vmas[i]);
	model_free(m);
	tiny_end(&t);
}

Test(model, leaves_tables_and_held_entries)
{
	struct tiny t;
	struct model *m;
	const struct model_mm *a;
	struct leaf leaf;

	tiny_new(&t);
	m = tiny_model(&t);
	a = mm_at(m, t.mm_a);
	CHECK_EQ(a->nr_leaves, 5);
	CHECK_EQ(a->nr_held, 1);
	CHECK_EQ((a->nr_tables - 1) * PAGE_SIZE, a->raw.pgtables_bytes);
	CHECK_EQ(a->tables[0].pa, a->pgd_pa);
	CHECK_EQ(a->tables[0].level, 4);
	CHECK(model_find_leaf(a, t.own_va + 123, &leaf));
	CHECK(leaf.pa == t.own_pfn << PAGE_SHIFT && leaf.writable && leaf.user && leaf.nx);
	CHECK(!model_find_leaf(a, t.none_va, &leaf));
	CHECK(model_find_held(a, t.none_va, &leaf));
	CHECK_EQ(leaf.pa, t.none_pfn << PAGE_SHIFT);
	CHECK(!model_find_leaf(a, t.own_va + PAGE_SIZE, &leaf));
	CHECK_EQ(m->nr_kernel_leaves, TINY_RAM / PMD_SIZE + ((TINY_DATA_END - TINY_TEXT) >> PAGE_SHIFT));
	CHECK_EQ(m->nr_kernel_tables, 6);
	CHECK_EQ(m->nr_troubles, 0);
	model_free(m);
	tiny_end(&t);
}

Test(model, frames_have_roles_and_references)
{
	struct tiny t;
	struct model *m;
	uint64_t sum = 0;

	tiny_new(&t);
	m = tiny_model(&t);
	CHECK_EQ(frame_at(m, 0)->role, FRAME_IMAGE);
	CHECK_EQ(frame_at(m, IMAGE_REGION >> PAGE_SHIFT)->role, FRAME_MEM_MAP);
	CHECK_EQ(frame_at(m, t.file_pfn)->role, FRAME_FILE);
	CHECK_EQ(frame_at(m, t.file_pfn)->nr_refs, 2);
	CHECK_EQ(frame_at(m, t.zero_pfn)->role, FRAME_ZERO);
	CHECK_EQ(frame_at(m, t.zero_pfn)->nr_maps, 0);
	CHECK_EQ(frame_at(m, t.zero_pfn)->nr_refs, 1);
	CHECK_EQ(frame_at(m, t.cow_pfn)->role, FRAME_ANON);
	CHECK_EQ(frame_at(m, t.cow_pfn)->nr_maps, 2);
	CHECK_EQ(frame_at(m, t.none_pfn)->nr_maps, 1);
	CHECK_EQ(frame_at(m, t.cpu.cr3 >> PAGE_SHIFT)->role, FRAME_TABLE);
	CHECK_EQ(frame_at(m, t.cpu.cr3 >> PAGE_SHIFT)->nr_tables, 1);
	CHECK_EQ(frame_at(m, t.slab_pfn)->role, FRAME_SLAB);
	CHECK_EQ(frame_at(m, t.slab_pfn)->nr_slab, 1);
	CHECK_EQ(model_frame_role(m, m->nr_touched), FRAME_UNTOUCHED);
	CHECK_EQ(model_frame_role(m, m->nr_frames), FRAME_UNKNOWN);
	for (int role = 0; role < NR_FRAME_ROLES; role++)
		sum += m->role_count[role];
	CHECK_EQ(sum, m->nr_frames);
	CHECK_EQ(m->role_count[FRAME_UNKNOWN], 0);
	CHECK_EQ(m->role_count[FRAME_ANON], 5);
	CHECK_EQ(m->role_count[FRAME_SLAB], NR_SLABS);
	model_free(m);
	tiny_end(&t);
}

Test(model, free_blocks)
{
	struct tiny t;
	struct model *m;

	tiny_new(&t);
	m = tiny_model(&t);
	CHECK_EQ(m->free_blocks[0], 1);
	CHECK_EQ(m->free_blocks[1], 1);
	CHECK_EQ(m->free_blocks[2], 1);
	CHECK_EQ(m->free_frames, 7);
	CHECK_EQ(m->role_count[FRAME_FREE], 7);
	CHECK(frame_at(m, t.free_pfn + 1)->block_head && !frame_at(m, t.free_pfn + 2)->block_head);
	CHECK_EQ(frame_at(m, t.free_pfn + 2)->free_order, 1);
	model_free(m);
	tiny_end(&t);
}

Test(model, slabs_and_their_objects)
{
	struct tiny t;
	struct model *m;
	uint64_t nr_free = 0;

	tiny_new(&t);
	m = tiny_model(&t);
	CHECK_EQ(m->nr_caches, NR_SLABS);
	CHECK_STR(m->caches[SLAB_VMA].raw.name, "vm_area_struct");
	CHECK_EQ(m->caches[SLAB_VMA].nr_live, 9);
	CHECK_EQ(m->caches[SLAB_VMA].nr_inuse, 9);
	CHECK_EQ(m->caches[SLAB_TASK].nr_live, 4);
	for (uint64_t i = 0; i < m->nr_objects; i++) {
		nr_free += m->objects[i].free;
		CHECK(!m->objects[i].poison_broken);
	}
	CHECK_EQ(nr_free, 2);
	model_free(m);
	tiny_end(&t);
}

Test(model, reverse_mapping_after_a_fork)
{
	struct tiny t;
	struct model *m;
	const struct model_anon_vma *root, *child;

	tiny_new(&t);
	m = tiny_model(&t);
	CHECK_EQ(m->nr_anon_vmas, 5);
	CHECK_EQ(m->nr_avcs, 6);
	root = anon_at(m, t.anon_root);
	child = anon_at(m, t.anon_child);
	CHECK_EQ(root->nr_chain, 2);
	CHECK_EQ(root->nr_vmas, 1);
	CHECK_EQ(root->nr_children, 2);
	CHECK_EQ(root->nr_descendants, 2);
	CHECK_EQ(root->nr_pages, 1);
	CHECK_EQ(child->nr_chain, 1);
	CHECK_EQ(child->nr_vmas, 1);
	CHECK_EQ(child->nr_children, 0);
	for (uint32_t i = 0; i < m->nr_avcs; i++)
		CHECK(m->avcs[i].nr_on_vma == 1 && m->avcs[i].tree.nr_met == 1);
	model_free(m);
	tiny_end(&t);
}

/* --- no guest ------------------------------------------------------------------------------------------- */

static void check_empty(const struct guest_image *image, const struct cpu_state *cpu)
{
	struct model *m = model_build(image, cpu, cpu ? 1 : 0);

	CHECK(m->nr_damage > 0);
	CHECK_EQ(m->damage[0].kind, DAMAGE_LAB);
	CHECK_EQ(m->nr_mms, 0);
	CHECK_EQ(m->nr_tasks, 0);
	CHECK_EQ(m->nr_frames, 0);
	CHECK_EQ(model_frame_role(m, 0), FRAME_UNKNOWN);
	CHECK(model_find_task(m, 0) == NULL);
	model_free(m);
}

Test(model, images_without_a_guest)
{
	struct cpu_state cpu = {0};
	struct guest_image nothing = {0};
	struct guest_region region = {.pa = 0, .size = TINY_RAM};
	struct guest_image blank = {.regions = &region, .nr_regions = 1, .lab_pa = 0x100000};
	struct tiny t;

	tiny_new(&t);
	check_empty(&nothing, NULL);
	check_empty(&nothing, &cpu);
	region.bytes = calloc(1, TINY_RAM);
	check_empty(&blank, &cpu);
	blank.lab_pa = TINY_RAM - 64;
	check_empty(&blank, &cpu);
	/* A guest that has not come to publish its memory yet. */
	t.lab->ram_end = 0;
	check_empty(&t.image.image, &t.cpu);
	free((void *)region.bytes);
	tiny_end(&t);
}

/** RAM that ends before the guest says so, at every place where that could matter. */
Test(model, cut_short)
{
	struct tiny t;

	tiny_new(&t);
	for (uint64_t size = 0; size <= TINY_RAM; size += 64 * PAGE_SIZE) {
		struct model *m;

		t.image.region.size = size;
		m = tiny_model(&t);
		CHECK((m->nr_damage == 0) == (size == TINY_RAM));
		model_free(m);
	}
	tiny_end(&t);
}

Test(model, agent_footprint)
{
	CHECK(in_agent_footprint(AGENT_TEXT, AGENT_TEXT + PAGE_SIZE));
	CHECK(!in_agent_footprint(AGENT_TEXT, AGENT_TEXT + AGENT_TEXT_MAX + 1));
	CHECK(in_agent_footprint(AGENT_SLOTS, AGENT_SLOTS + AGENT_CHANNELS * AGENT_SLOT_SIZE));
	CHECK(!in_agent_footprint(AGENT_SLOTS - 1, AGENT_SLOTS + 1));
	CHECK(!in_agent_footprint(AGENT_SLOTS, AGENT_SLOTS + AGENT_CHANNELS * AGENT_SLOT_SIZE + 1));
	CHECK(!in_agent_footprint(AGENT_SLOTS, AGENT_SLOTS));
	CHECK(!in_agent_footprint(0x7ffff0000000, 0x7ffff0001000));
}
