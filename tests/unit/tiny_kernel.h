/* SPDX-License-Identifier: MIT */
/*
 * A guest that never ran: RAM in a byte array, written by hand so that everything in it agrees. Four tasks,
 * two address spaces after a fork, every kind of area, page and anon_vma relation that the model knows. The
 * tests read it, and corrupt it in one place at a time.
 *
 *	frames [0, 2 MiB)   image: text, rodata, data (lab, init_mm, idle task, caches, kernel page tables)
 *	2 MiB ..            mem_map, then frames handed out one after the other, free blocks among them
 *	frontier ..         never touched
 */
#ifndef TESTS_UNIT_TINY_KERNEL_H
#define TESTS_UNIT_TINY_KERNEL_H

#include <stdlib.h>
#include <string.h>
#include "observe/model.h"

#define TINY_RAM       (8UL << 20)
#define TINY_FRAMES    (TINY_RAM >> PAGE_SHIFT)
#define TINY_TEXT      0x100000UL
#define TINY_RODATA    0x104000UL
#define TINY_FILE      0x105000UL /* the page that a file is: in rodata */
#define TINY_DATA      0x106000UL
#define TINY_DATA_END  0x120000UL
#define TINY_OPS       (KERNEL_MAP + TINY_RODATA + 0x100) /* of areas; behind it one of each other kind */
#define TINY_MAP_OPS   (TINY_OPS + 0x80)
#define TINY_FILE_OPS  (TINY_OPS + 0x100)
#define TINY_DIR_OPS   (TINY_OPS + 0x180)
#define TINY_TOPDOWN   (KERNEL_MAP + TINY_TEXT + 0x40)
#define TINY_STACK_END 0x7ffffffff000UL
#define TINY_INODE     (KERNEL_MAP + TINY_DATA_END - 0x800)
#define TINY_MAPPING   (TINY_INODE + offsetof(struct inode, i_data))
#define TINY_DENTRY    (KERNEL_MAP + TINY_DATA_END - 0x600) /* of the file, below … */
#define TINY_ROOT      (KERNEL_MAP + TINY_DATA_END - 0x400)
#define TINY_OPEN_FILE (KERNEL_MAP + TINY_DATA_END - 0x100)

enum { SLAB_TASK, SLAB_MM, SLAB_VMA, SLAB_ANON, SLAB_AVC, SLAB_FILE, NR_SLABS };

/** What a test needs to name. Addresses are the guest's. */
struct tiny {
	uint8_t *ram;
	struct ram_image image;
	struct cpu_state cpu;
	uint64_t next_data; /* physical: next free byte of the image's data */
	uint64_t next_pfn;
	uint64_t first_pfn; /* behind mem_map */
	struct lab_page *lab;
	struct zone *zone;
	struct page *mem_map;
	struct kmem_cache *caches[NR_SLABS];
	struct cpu_info *cpu_info;
	uint64_t init_mm, mm_a, mm_b;
	uint64_t cred; /* that all tasks have */
	uint64_t idle, init, a, thread, b; /* tasks: pids 0, 1, 2, 3, 4 */
	uint64_t text_a, data_a, cow_a, none_a, zero_a, stack_a, heap_a, cow_b, stack_b; /* areas */
	uint64_t anon_root, anon_child;
	uint64_t zero_pfn, cow_pfn, own_pfn, none_pfn, stack_pfn, file_pfn, free_pfn, slab_pfn, fd_pfn;
	uint64_t segment;  /* of System V, nobody has it attached */
	uint64_t pipe;	   /* with a page in its ring, and one kept */
	uint64_t pipe_end; /* the open file that reads from it */
	uint64_t own_va, cow_va, none_va, zero_va, stack_va, file_va;
};

static inline uint64_t kva(uint64_t pfn)
{
	return PAGE_OFFSET + (pfn << PAGE_SHIFT);
}

/** Host pointer to a kernel address of the guest. */
static inline void *at(struct tiny *t, uint64_t va)
{
	return t->ram + (va >= KERNEL_MAP ? va - KERNEL_MAP : va - PAGE_OFFSET);
}
#define AT(type, t, va) ((struct type *)at(t, va))
static inline gva_t ptr(uint64_t va)
{
	return (gva_t){va};
}

/* --- frames and slabs ------------------------------------------------------------------------------- */

static inline uint64_t tiny_data(struct tiny *t, uint64_t size, uint64_t align)
{
	t->next_data = (t->next_data + align - 1) & ~(align - 1);
	t->next_data += size;
	return KERNEL_MAP + t->next_data - size;
}

static inline uint64_t tiny_frame(struct tiny *t, enum page_type type)
{
	uint64_t pfn = t->next_pfn++;

	t->mem_map[pfn] = (struct page){.page_type = type, ._mapcount = -1, ._refcount = 1};
	return pfn;
}

static inline void tiny_list_init(struct tiny *t, uint64_t head)
{
	AT(list_head, t, head)->next = AT(list_head, t, head)->prev = ptr(head);
}

static inline void tiny_list_add_tail(struct tiny *t, uint64_t node, uint64_t head)
{
	uint64_t prev = AT(list_head, t, head)->prev.va;

	*AT(list_head, t, node) = (struct list_head){ptr(head), ptr(prev)};
	AT(list_head, t, prev)->next = ptr(node);
	AT(list_head, t, head)->prev = ptr(node);
}

static inline uint64_t tiny_page_va(struct tiny *t, uint64_t pfn)
{
	return t->lab->mem_map.va + pfn * sizeof(struct page);
}

static inline uint64_t cache_va(struct tiny *t, int cache)
{
	return KERNEL_MAP + ((uint8_t *)t->caches[cache] - t->ram);
}

static inline void tiny_cache(struct tiny *t, int index, const char *name, uint32_t size)
{
	uint64_t va = tiny_data(t, sizeof(struct kmem_cache), 64);
	struct kmem_cache *cache = at(t, va);

	t->caches[index] = cache;
	cache->object_size = size;
	cache->size = (size + 7) & ~7u;
	cache->objects = PAGE_SIZE / cache->size;
	cache->debug = 1;
	strncpy(cache->name, name, sizeof(cache->name) - 1);
	tiny_list_init(t, va + offsetof(struct kmem_cache, partial));
	tiny_list_init(t, va + offsetof(struct kmem_cache, full));
	tiny_list_add_tail(t, va + offsetof(struct kmem_cache, list), t->lab->slab_caches.va);
}

/** A zeroed object; slabs fill up and move to the full list as in the guest. */
static inline uint64_t tiny_alloc(struct tiny *t, int index)
{
	struct kmem_cache *cache = t->caches[index];
	uint64_t va = cache_va(t, index), partial = va + offsetof(struct kmem_cache, partial);
	uint64_t node = cache->partial.next.va, pfn, object;

	if (node == partial) {
		pfn = tiny_frame(t, PGTY_slab);
		t->mem_map[pfn].slab_cache = ptr(va);
		t->mem_map[pfn].inuse = t->mem_map[pfn].carved = 0;
		node = tiny_page_va(t, pfn) + offsetof(struct page, lru);
		tiny_list_add_tail(t, node, partial);
		cache->nr_slabs++;
	}
	pfn = (node - offsetof(struct page, lru) - t->lab->mem_map.va) / sizeof(struct page);
	object = kva(pfn) + t->mem_map[pfn].carved * cache->size;
	t->mem_map[pfn].inuse++;
	t->mem_map[pfn].carved++;
	cache->nr_inuse++;
	if (t->mem_map[pfn].inuse == cache->objects) {
		tiny_list_init(t, partial); /* one partial slab at most: the list is empty again */
		tiny_list_add_tail(t, node, va + offsetof(struct kmem_cache, full));
	}
	t->slab_pfn = pfn;
	return object;
}

static inline void tiny_free(struct tiny *t, int index, uint64_t object)
{
	struct kmem_cache *cache = t->caches[index];
	struct page *page = &t->mem_map[(object - PAGE_OFFSET) >> PAGE_SHIFT];

	memset(at(t, object), POISON_FREE, cache->size);
	*(uint64_t *)at(t, object) = page->freelist.va;
	page->freelist = ptr(object);
	page->inuse--;
	cache->nr_inuse--;
}

static inline void tiny_free_block(struct tiny *t, uint64_t pfn, unsigned int order, uint64_t flags)
{
	uint64_t area = t->lab->zone.va + offsetof(struct zone, free_area) + order * sizeof(struct free_area);

	for (uint64_t i = 0; i < 1UL << order; i++)
		t->mem_map[pfn + i] =
			(struct page){.flags = flags, .page_type = PGTY_free_tail, ._mapcount = -1};
	t->mem_map[pfn].page_type = PGTY_buddy;
	t->mem_map[pfn].order = order;
	t->mem_map[pfn].private = order;
	tiny_list_add_tail(t, tiny_page_va(t, pfn) + offsetof(struct page, lru), area);
	t->zone->free_area[order].nr_free++;
	t->zone->nr_free += 1UL << order;
}

/* --- kernel ------------------------------------------------------------------------------------------- */

static inline void tiny_map_kernel(struct tiny *t, uint64_t pgd)
{
	uint64_t pud = tiny_data(t, PAGE_SIZE, PAGE_SIZE), pmd = tiny_data(t, PAGE_SIZE, PAGE_SIZE);
	uint64_t image_pud = tiny_data(t, PAGE_SIZE, PAGE_SIZE),
		 image_pmd = tiny_data(t, PAGE_SIZE, PAGE_SIZE);
	uint64_t image_pt = tiny_data(t, PAGE_SIZE, PAGE_SIZE), link = PTE_P | PTE_RW | PTE_A;
	uint64_t *table = at(t, pgd);

	table[PAGE_OFFSET >> 39 & 511] = (pud - KERNEL_MAP) | link;
	table[511] = (image_pud - KERNEL_MAP) | link;
	((uint64_t *)at(t, pud))[0] = (pmd - KERNEL_MAP) | link;
	((uint64_t *)at(t, image_pud))[510] = (image_pmd - KERNEL_MAP) | link;
	((uint64_t *)at(t, image_pmd))[0] = (image_pt - KERNEL_MAP) | link;
	for (uint64_t i = 0; i < TINY_RAM / PMD_SIZE; i++)
		((uint64_t *)at(t, pmd))[i] =
			i * PMD_SIZE | PTE_P | PTE_PS | PTE_A | PTE_NX | (i ? PTE_RW | PTE_D : 0);
	table = at(t, image_pt);
	for (uint64_t pa = TINY_TEXT; pa < TINY_DATA_END; pa += PAGE_SIZE)
		table[pa >> PAGE_SHIFT] = pa | PTE_P | PTE_A |
					  (pa < TINY_RODATA ? 0
					   : pa < TINY_DATA ? PTE_NX
							    : PTE_NX | PTE_RW | PTE_D);
}

static inline void tiny_kernel(struct tiny *t)
{
	uint64_t lab_va = KERNEL_MAP + TINY_DATA, zone, pgd, mm, cpus;

	t->next_data = TINY_DATA + sizeof(struct lab_page);
	t->lab = at(t, lab_va);
	t->mem_map = (struct page *)(t->ram + IMAGE_REGION);
	t->next_pfn = (IMAGE_REGION + TINY_FRAMES * sizeof(struct page)) >> PAGE_SHIFT;
	t->first_pfn = t->next_pfn;
	zone = tiny_data(t, sizeof(struct zone), 64);
	t->zone = at(t, zone);
	*t->lab = (struct lab_page){.magic = LAB_MAGIC,
				    .abi_version = LAB_ABI_VERSION,
				    .nr_cpus = 1,
				    .page_offset = PAGE_OFFSET,
				    .kernel_map = KERNEL_MAP,
				    .ram_end = TINY_RAM,
				    .mem_map_start_pfn = IMAGE_REGION >> PAGE_SHIFT,
				    .mem_map_end_pfn = t->next_pfn,
				    .mem_map = ptr(PAGE_OFFSET + IMAGE_REGION),
				    .zone = ptr(zone),
				    .slab_caches = ptr(tiny_data(t, sizeof(struct list_head), 64)),
				    .inodes = ptr(tiny_data(t, sizeof(struct list_head), 64)),
				    .ipc_ns = ptr(tiny_data(t, sizeof(struct ipc_namespace), 64)),
				    .pipes = ptr(tiny_data(t, sizeof(struct list_head), 64)),
				    .proc_mms = ptr(tiny_data(t, sizeof(struct list_head), 64)),
				    .image = {KERNEL_MAP + TINY_TEXT, KERNEL_MAP + TINY_RODATA,
					      KERNEL_MAP + TINY_RODATA, KERNEL_MAP + TINY_DATA,
					      KERNEL_MAP + TINY_DATA, KERNEL_MAP + TINY_DATA_END,
					      .vm_ops = {TINY_OPS, TINY_OPS + 2 * 56, 56},
					      .agent_aops = ptr(TINY_MAP_OPS),
					      .shmem_aops = ptr(TINY_MAP_OPS + 8),
					      .file_ops = {TINY_FILE_OPS, TINY_FILE_OPS + 96, 96},
					      .inode_ops = {TINY_DIR_OPS, TINY_DIR_OPS + 40, 40},
					      .topdown = TINY_TOPDOWN,
					      .bottomup = TINY_TOPDOWN + 0x40}};
	*t->zone = (struct zone){.start_pfn = t->next_pfn, .end_pfn = TINY_FRAMES};
	for (int i = 0; i < NR_ORDERS; i++)
		tiny_list_init(t, zone + offsetof(struct zone, free_area) + i * sizeof(struct free_area));
	tiny_list_init(t, t->lab->slab_caches.va);
	tiny_list_init(t, t->lab->inodes.va);
	tiny_list_init(t, t->lab->proc_mms.va);
	tiny_cache(t, SLAB_TASK, "task_struct", sizeof(struct task_struct) + 40);
	tiny_cache(t, SLAB_MM, "mm_struct", sizeof(struct mm_struct));
	tiny_cache(t, SLAB_VMA, "vm_area_struct", sizeof(struct vm_area_struct));
	tiny_cache(t, SLAB_ANON, "anon_vma", sizeof(struct anon_vma));
	tiny_cache(t, SLAB_AVC, "anon_vma_chain", sizeof(struct anon_vma_chain));
	tiny_cache(t, SLAB_FILE, "filp", sizeof(struct file));

	mm = tiny_data(t, sizeof(struct mm_struct), 64);
	cpus = tiny_data(t, sizeof(struct cpu_info), 64);
	pgd = tiny_data(t, PAGE_SIZE, PAGE_SIZE);
	tiny_map_kernel(t, pgd);
	*AT(mm_struct, t, mm) =
		(struct mm_struct){.pgd = ptr(pgd), .mm_users = 2, .mm_count = 1, .task_size = TASK_SIZE};
	tiny_list_init(t, mm + offsetof(struct mm_struct, mmlist));
	t->init_mm = mm;
	t->lab->init_mm = ptr(mm);
	t->lab->device = ptr(tiny_data(t, LAB_DEVICE_SIZE, PAGE_SIZE));
	t->cpu_info = at(t, cpus);
	t->lab->cpus = ptr(cpus);
}

/* --- tasks and mms ------------------------------------------------------------------------------------ */

static inline uint64_t tiny_task(struct tiny *t, int pid, int tgid, const char *comm, uint64_t mm)
{
	uint64_t va = pid ? tiny_alloc(t, SLAB_TASK) : tiny_data(t, sizeof(struct task_struct), 64);
	uint64_t stack = pid ? t->next_pfn : 0;
	struct task_struct *task = at(t, va);

	*task = (struct task_struct){.state = pid ? TASK_INTERRUPTIBLE : TASK_RUNNING,
				     .pid = pid,
				     .tgid = tgid,
				     .pgrp = tgid,
				     .session = tgid,
				     .flags = mm ? 0 : PF_KTHREAD,
				     .mm = ptr(mm),
				     .active_mm = ptr(mm),
				     .parent = ptr(pid ? t->idle : va),
				     .cred = ptr(t->cred),
				     .channel = -1};
	AT(cred, t, t->cred)->usage++;
	strncpy(task->comm, comm, sizeof(task->comm) - 1);
	if (pid) {
		stack = tiny_frame(t, PGTY_kernel);
		t->mem_map[stack].order = KERNEL_STACK_ORDER;
		t->mem_map[tiny_frame(t, PGTY_kernel)]._refcount = 0;
		task->stack = ptr(kva(stack));
		tiny_list_add_tail(t, va + offsetof(struct task_struct, tasks),
				   t->idle + offsetof(struct task_struct, tasks));
	} else {
		task->stack = ptr(tiny_data(t, 2 * PAGE_SIZE, 2 * PAGE_SIZE));
		tiny_list_init(t, va + offsetof(struct task_struct, tasks));
	}
	return va;
}

static inline uint64_t tiny_mm(struct tiny *t)
{
	uint64_t va = tiny_alloc(t, SLAB_MM), pgd = tiny_frame(t, PGTY_table);
	struct mm_struct *mm = at(t, va);

	t->mem_map[pgd].pt_mm = ptr(va);
	t->mem_map[pgd].pt_level = 4;
	memcpy(at(t, kva(pgd) + 2048), at(t, AT(mm_struct, t, t->init_mm)->pgd.va + 2048), 2048);
	*mm = (struct mm_struct){.pgd = ptr(kva(pgd)),
				 .task_size = TASK_SIZE,
				 .start_code = 0x400000,
				 .end_code = 0x401000,
				 .start_brk = 0x600000,
				 .brk = 0x601000,
				 .vmacache_seqnum = 1,
				 .start_stack = TINY_STACK_END - 64,
				 .arg_start = TINY_STACK_END - 64,
				 .arg_end = TINY_STACK_END - 32,
				 .env_start = TINY_STACK_END - 32,
				 .env_end = TINY_STACK_END - 8,
				 .mmap_base = 0x7ffff7fff000,
				 .mmap_legacy_base = 0x2aaaaaaab000,
				 .get_unmapped_area = ptr(TINY_TOPDOWN)};
	tiny_list_add_tail(t, va + offsetof(struct mm_struct, mmlist),
			   t->init_mm + offsetof(struct mm_struct, mmlist));
	return va;
}

/** The entry for va of a level; tables above it are made. */
static inline uint64_t *tiny_entry(struct tiny *t, uint64_t mm_va, uint64_t va, int level)
{
	struct mm_struct *mm = at(t, mm_va);
	uint64_t *table = at(t, mm->pgd.va);

	for (int l = 4; l > level; l--) {
		uint64_t *entry = &table[va >> (12 + 9 * (l - 1)) & 511];

		if (!*entry) {
			uint64_t pfn = tiny_frame(t, PGTY_table);

			t->mem_map[pfn].pt_mm = ptr(mm_va);
			t->mem_map[pfn].pt_level = l - 1;
			*entry = pfn << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US | PTE_A;
			mm->pgtables_bytes += PAGE_SIZE;
		}
		table = (uint64_t *)(t->ram + (*entry & PTE_PFN_MASK));
	}
	return &table[va >> (12 + 9 * (level - 1)) & 511];
}

/** Map a page that is counted; the zero page and bare entries are set by hand. */
static inline void tiny_map(struct tiny *t, uint64_t mm, uint64_t va, uint64_t pfn, uint64_t bits)
{
	bool anon = t->mem_map[pfn].mapping.va & PAGE_MAPPING_ANON;

	*tiny_entry(t, mm, va, 1) = pfn << PAGE_SHIFT | bits;
	if (t->mem_map[pfn]._mapcount++ >= 0 || !anon)
		t->mem_map[pfn]._refcount++; /* a fresh anonymous page has the one of its birth */
	AT(mm_struct, t, mm)->rss_stat[anon ? MM_ANONPAGES : MM_FILEPAGES]++;
}

static inline uint64_t tiny_prot(uint64_t flags)
{
	if (!(flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return PTE_A | PTE_PROTNONE;
	return PTE_P | PTE_US | PTE_A | (flags & VM_EXEC ? 0 : PTE_NX);
}

static inline uint64_t tiny_vma(struct tiny *t, uint64_t mm, uint64_t start, uint64_t end, uint64_t flags)
{
	uint64_t va = tiny_alloc(t, SLAB_VMA);

	t->lab->vm_committed_as += flags & VM_WRITE ? (end - start) >> PAGE_SHIFT : 0;
	*AT(vm_area_struct, t, va) =
		(struct vm_area_struct){.vm_start = start,
					.vm_end = end,
					.vm_mm = ptr(mm),
					.vm_flags = flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC |
						    (flags & VM_WRITE ? VM_ACCOUNT : 0),
					.vm_page_prot = tiny_prot(flags),
					.vm_pgoff = start >> PAGE_SHIFT};
	tiny_list_init(t, va + offsetof(struct vm_area_struct, anon_vma_chain));
	return va;
}

/* --- the areas' list and tree ------------------------------------------------------------------------- */

static inline uint64_t tiny_gap(struct tiny *t, uint64_t va)
{
	struct vm_area_struct *vma = at(t, va);
	uint64_t prev_end = vma->vm_prev.va ? AT(vm_area_struct, t, vma->vm_prev.va)->vm_end : 0;
	uint64_t start = vma->vm_start;

	return start > prev_end ? start - prev_end : 0;
}

/** A balanced tree over areas[from, to): the deepest level red, all others black. Returns the root's node. */
static inline uint64_t tiny_tree(struct tiny *t, const uint64_t *areas, int from, int to, uint64_t parent,
				 int depth, int red_depth)
{
	int mid = from + (to - from) / 2;
	struct vm_area_struct *vma;
	uint64_t node, left, right, gap;

	if (from >= to)
		return 0;
	vma = at(t, areas[mid]);
	node = areas[mid] + offsetof(struct vm_area_struct, vm_rb);
	vma->vm_rb.__rb_parent_color = parent | (depth != red_depth);
	left = tiny_tree(t, areas, from, mid, node, depth + 1, red_depth);
	right = tiny_tree(t, areas, mid + 1, to, node, depth + 1, red_depth);
	vma->vm_rb.rb_left = ptr(left);
	vma->vm_rb.rb_right = ptr(right);
	gap = tiny_gap(t, areas[mid]);
	for (int i = from; i < to; i++)
		if (tiny_gap(t, areas[i]) > gap)
			gap = tiny_gap(t, areas[i]);
	vma->rb_subtree_gap = gap;
	return node;
}

static inline void tiny_account(struct mm_struct *mm, const struct vm_area_struct *vma)
{
	uint64_t pages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT, flags = vma->vm_flags;

	mm->total_vm += pages;
	mm->stack_vm += flags & VM_GROWSDOWN ? pages : 0;
	mm->exec_vm += flags & VM_EXEC ? pages : 0;
	mm->data_vm += (flags & VM_WRITE) && !(flags & VM_GROWSDOWN) ? pages : 0;
	mm->locked_vm += flags & VM_LOCKED ? pages : 0;
}

/** Link n areas, given in ascending order, into list and tree, and count them. */
static inline void tiny_link(struct tiny *t, uint64_t mm_va, const uint64_t *areas, int n)
{
	struct mm_struct *mm = at(t, mm_va);
	int red_depth = 0;

	while ((2 << red_depth) <= n + 1)
		red_depth++;
	mm->mmap = ptr(areas[0]);
	for (int i = 0; i < n; i++) {
		AT(vm_area_struct, t, areas[i])->vm_prev = ptr(i ? areas[i - 1] : 0);
		AT(vm_area_struct, t, areas[i])->vm_next = ptr(i + 1 < n ? areas[i + 1] : 0);
		tiny_account(mm, at(t, areas[i]));
	}
	mm->mm_rb.rb_node = ptr(tiny_tree(t, areas, 0, n, 0, 0, red_depth));
	mm->map_count = n;
	mm->highest_vm_end = AT(vm_area_struct, t, areas[n - 1])->vm_end;
}

/* --- reverse mapping ---------------------------------------------------------------------------------- */

static inline uint64_t tiny_anon(struct tiny *t, uint64_t parent)
{
	uint64_t va = tiny_alloc(t, SLAB_ANON), root = parent ? AT(anon_vma, t, parent)->root.va : va;

	*AT(anon_vma, t, va) =
		(struct anon_vma){.root = ptr(root), .parent = ptr(parent ? parent : va), .refcount = 1};
	AT(anon_vma, t, parent ? parent : va)->num_children++;
	if (parent)
		AT(anon_vma, t, root)->refcount++;
	return va;
}

/** The chain at va joins the tree of an anon_vma: black on top, a second one red to the right of it; no third. */
static inline void tiny_interval(struct tiny *t, struct rb_root *root, uint64_t va)
{
	struct anon_vma_chain *avc = AT(anon_vma_chain, t, va), *top;
	const struct vm_area_struct *vma = at(t, avc->vma.va);

	avc->rb_subtree_last = vma->vm_pgoff + (vma->vm_end - vma->vm_start) / PAGE_SIZE - 1;
	avc->rb.__rb_parent_color = root->rb_node.va | !root->rb_node.va;
	if (!root->rb_node.va) {
		root->rb_node = ptr(va + offsetof(struct anon_vma_chain, rb));
		return;
	}
	top = AT(anon_vma_chain, t, root->rb_node.va - offsetof(struct anon_vma_chain, rb));
	top->rb.rb_right = ptr(va + offsetof(struct anon_vma_chain, rb));
}

static inline void tiny_chain(struct tiny *t, uint64_t vma, uint64_t anon)
{
	uint64_t va = tiny_alloc(t, SLAB_AVC);

	AT(anon_vma_chain, t, va)->vma = ptr(vma);
	AT(anon_vma_chain, t, va)->anon_vma = ptr(anon);
	tiny_list_add_tail(t, va + offsetof(struct anon_vma_chain, same_vma),
			   vma + offsetof(struct vm_area_struct, anon_vma_chain));
	tiny_interval(t, &AT(anon_vma, t, anon)->rb_root, va);
}

/** anon becomes the anon_vma of vma. */
static inline void tiny_own(struct tiny *t, uint64_t vma, uint64_t anon)
{
	AT(vm_area_struct, t, vma)->anon_vma = ptr(anon);
	AT(anon_vma, t, anon)->num_active_vmas++;
	tiny_chain(t, vma, anon);
}

static inline uint64_t tiny_anon_page(struct tiny *t, uint64_t anon, uint64_t va)
{
	uint64_t pfn = tiny_frame(t, PGTY_none);

	t->mem_map[pfn].mapping = ptr(anon | PAGE_MAPPING_ANON);
	t->mem_map[pfn].index = va >> PAGE_SHIFT;
	return pfn;
}

/* --- all of it ---------------------------------------------------------------------------------------- */

#define USER_R	(PTE_P | PTE_US | PTE_A | PTE_NX)
#define USER_RW (USER_R | PTE_RW | PTE_D | PTE_SOFT_DIRTY)

/** "/", and in it "f", the one file. */
static inline void tiny_names(struct tiny *t)
{
	uint64_t dir = tiny_data(t, sizeof(struct inode), 64), head = TINY_ROOT + offsetof(struct dentry, d_subdirs);

	*AT(inode, t, dir) = (struct inode){
		.i_ino = 2, .i_mode = 0040755, .i_nlink = 2, .i_count = 1, .i_op = ptr(TINY_DIR_OPS), .i_data = {.host = ptr(dir)}};
	tiny_list_add_tail(t, dir + offsetof(struct inode, i_sb_list), t->lab->inodes.va);
	*AT(dentry, t, TINY_ROOT) = (struct dentry){
		.d_parent = ptr(TINY_ROOT), .d_inode = ptr(dir), .d_count = 3, .d_flags = DCACHE_ENTRY};
	*AT(dentry, t, TINY_DENTRY) = (struct dentry){.d_parent = ptr(TINY_ROOT),
						      .d_inode = ptr(TINY_INODE),
						      .d_count = 2,
						      .d_flags = DCACHE_ENTRY,
						      .d_name = "f"};
	tiny_list_init(t, head);
	tiny_list_init(t, TINY_DENTRY + offsetof(struct dentry, d_subdirs));
	tiny_list_add_tail(t, TINY_DENTRY + offsetof(struct dentry, d_child), head);
	t->lab->tree_root = ptr(TINY_ROOT);
}

/** The one file, part of the image, mapped by text_a. */
static inline void tiny_file(struct tiny *t)
{
	struct vm_area_struct *text = at(t, t->text_a);

	*AT(inode, t, TINY_INODE) = (struct inode){
		.i_ino = 1, .i_size = PAGE_SIZE, .i_mode = 0100755, .i_nlink = 1, .i_count = 1, .i_flags = S_IMAGE,
		.i_writecount = -3, /* two programs run from it, and the image holds it */
		.i_data = {.host = ptr(TINY_INODE),
			   .a_ops = ptr(TINY_MAP_OPS),
			   .i_mmap = {ptr(t->text_a + offsetof(struct vm_area_struct, shared))}}};
	tiny_list_add_tail(t, TINY_INODE + offsetof(struct inode, i_sb_list), t->lab->inodes.va);
	AT(mm_struct, t, t->mm_a)->exe_file = AT(mm_struct, t, t->mm_b)->exe_file = ptr(TINY_OPEN_FILE);
	tiny_names(t);
	*AT(file, t, TINY_OPEN_FILE) = (struct file){
		.f_count = 4, .f_dentry = ptr(TINY_DENTRY), .f_inode = ptr(TINY_INODE), .f_mapping = ptr(TINY_MAPPING),
		.f_op = ptr(TINY_FILE_OPS)};
	text->shared.rb.__rb_parent_color = 1;
}

/** A System V segment with its inode and file, all of the image for want of caches. */
static inline void tiny_segment(struct tiny *t)
{
	uint64_t inode = tiny_data(t, sizeof(struct inode), 64), file = tiny_data(t, sizeof(struct file), 64);
	struct ipc_namespace *ns = at(t, t->lab->ipc_ns.va);

	*AT(inode, t, inode) = (struct inode){
		.i_size = 5000, .i_mode = 0100600, .i_count = 1, .i_flags = S_UNEVICTABLE,
		.i_data = {.host = ptr(inode), .a_ops = ptr(TINY_MAP_OPS + 8)}};
	tiny_list_add_tail(t, inode + offsetof(struct inode, i_sb_list), t->lab->inodes.va);
	*AT(file, t, file) = (struct file){
		.f_count = 2, .f_inode = ptr(inode), .f_mapping = ptr(inode + offsetof(struct inode, i_data)),
		.f_op = ptr(TINY_FILE_OPS)};
	t->segment = tiny_data(t, sizeof(struct shmid_kernel), 64);
	*AT(shmid_kernel, t, t->segment) = (struct shmid_kernel){
		.shm_perm = {.key = 0x1234, .mode = 0600 | SHM_LOCKED}, .shm_file = ptr(file), .shm_segsz = 5000};
	t->lab->vm_committed_as += 2; /* the whole size at once */
	*ns = (struct ipc_namespace){.shm_ids = {.in_use = 1}, .shm_tot = 2, .locked_shm = 2};
	tiny_list_init(t, t->lab->ipc_ns.va + offsetof(struct ipc_namespace, shm_ids.list));
	tiny_list_add_tail(t, t->segment + offsetof(struct shmid_kernel, shm_list),
			   t->lab->ipc_ns.va + offsetof(struct ipc_namespace, shm_ids.list));
}

static inline uint64_t tiny_pipe_end(struct tiny *t, uint64_t inode, uint32_t mode)
{
	uint64_t file = tiny_alloc(t, SLAB_FILE);

	*AT(file, t, file) = (struct file){.f_count = 1,
					   .f_mode = mode,
					   .f_inode = ptr(inode),
					   .f_mapping = ptr(inode + offsetof(struct inode, i_data)),
					   .f_op = ptr(TINY_FILE_OPS),
					   .private_data = ptr(t->pipe)};
	return file;
}

/** What the pipe's ends are open on: one reads, two write. */
static inline void tiny_pipe_ends(struct tiny *t)
{
	uint64_t inode = tiny_data(t, sizeof(struct inode), 64);

	*AT(inode, t, inode) = (struct inode){
		.i_mode = 0010600, .i_count = 1, .i_private = ptr(t->pipe), .i_data = {.host = ptr(inode)}};
	tiny_list_add_tail(t, inode + offsetof(struct inode, i_sb_list), t->lab->inodes.va);
	t->pipe_end = tiny_pipe_end(t, inode, FMODE_READ);
	tiny_pipe_end(t, inode, FMODE_WRITE);
	tiny_pipe_end(t, inode, FMODE_WRITE);
}

/** A pipe, of the image, too; its pages are frames. */
static inline void tiny_pipe(struct tiny *t)
{
	uint64_t kept = tiny_frame(t, PGTY_pipe), used = tiny_frame(t, PGTY_pipe);
	struct pipe_inode_info *pipe;

	t->pipe = tiny_data(t, sizeof(struct pipe_inode_info), 64);
	pipe = at(t, t->pipe);
	*pipe = (struct pipe_inode_info){
		.head = 18, .tail = 17, .readers = 1, .writers = 2, .tmp_page = ptr(tiny_page_va(t, kept))};
	pipe->bufs[1] = (struct pipe_buffer){.page = ptr(tiny_page_va(t, used)), .offset = 5, .len = 7};
	tiny_list_init(t, t->lab->pipes.va);
	tiny_list_add_tail(t, t->pipe + offsetof(struct pipe_inode_info, list), t->lab->pipes.va);
	tiny_pipe_ends(t);
}

static inline void tiny_areas(struct tiny *t)
{
	struct vm_area_struct *text;

	t->file_va = 0x400000, t->cow_va = 0x7ffff7000000, t->own_va = 0x7ffff7100000;
	t->none_va = 0x7ffff7200000, t->zero_va = 0x7ffff7300000, t->stack_va = TINY_STACK_END - PAGE_SIZE;
	t->text_a = tiny_vma(t, t->mm_a, t->file_va, t->file_va + PAGE_SIZE, VM_READ | VM_EXEC);
	text = at(t, t->text_a);
	tiny_file(t);
	text->vm_file = ptr(TINY_OPEN_FILE), text->vm_ops = ptr(TINY_OPS), text->vm_pgoff = 0;
	t->heap_a = tiny_vma(t, t->mm_a, 0x600000, 0x601000, VM_READ | VM_WRITE);
	t->cow_a = tiny_vma(t, t->mm_a, t->cow_va, t->cow_va + 4 * PAGE_SIZE, VM_READ | VM_WRITE);
	t->data_a = tiny_vma(t, t->mm_a, t->own_va, t->own_va + 4 * PAGE_SIZE, VM_READ | VM_WRITE);
	t->none_a = tiny_vma(t, t->mm_a, t->none_va, t->none_va + 2 * PAGE_SIZE, 0);
	t->zero_a = tiny_vma(t, t->mm_a, t->zero_va, t->zero_va + 2 * PAGE_SIZE, VM_READ | VM_LOCKED);
	t->stack_a = tiny_vma(t, t->mm_a, TINY_STACK_END - 33 * PAGE_SIZE, TINY_STACK_END,
			      VM_READ | VM_WRITE | VM_GROWSDOWN);
	tiny_link(t, t->mm_a,
		  (uint64_t[]){t->text_a, t->heap_a, t->cow_a, t->data_a, t->none_a, t->zero_a, t->stack_a},
		  7);
	t->cow_b = tiny_vma(t, t->mm_b, t->cow_va, t->cow_va + 4 * PAGE_SIZE, VM_READ | VM_WRITE);
	t->stack_b = tiny_vma(t, t->mm_b, TINY_STACK_END - 33 * PAGE_SIZE, TINY_STACK_END,
			      VM_READ | VM_WRITE | VM_GROWSDOWN);
	tiny_link(t, t->mm_b, (uint64_t[]){t->cow_b, t->stack_b}, 2);
}

static inline void tiny_pages(struct tiny *t)
{
	uint64_t anon;

	t->zero_pfn = tiny_frame(t, PGTY_reserved);
	t->mem_map[t->zero_pfn].flags = PG_reserved;
	t->lab->zero_pfn = t->zero_pfn;
	t->file_pfn = TINY_FILE >> PAGE_SHIFT;
	t->mem_map[t->file_pfn] = (struct page){
		.flags = PG_reserved, .mapping = ptr(TINY_MAPPING), ._mapcount = -1, ._refcount = 1};
	tiny_map(t, t->mm_a, t->file_va, t->file_pfn, PTE_P | PTE_US | PTE_A);
	/* A fork: the parent's page in both, and the child's area with an anon_vma of its own behind the
	 * parent's. */
	t->anon_root = tiny_anon(t, 0);
	tiny_own(t, t->cow_a, t->anon_root);
	t->anon_child = tiny_anon(t, t->anon_root);
	tiny_chain(t, t->cow_b, t->anon_root);
	tiny_own(t, t->cow_b, t->anon_child);
	t->cow_pfn = tiny_anon_page(t, t->anon_root, t->cow_va);
	tiny_map(t, t->mm_a, t->cow_va, t->cow_pfn, USER_R);
	tiny_map(t, t->mm_b, t->cow_va, t->cow_pfn, USER_R);
	/* A page of the child's own. */
	anon = tiny_anon_page(t, t->anon_child, t->cow_va + PAGE_SIZE);
	t->mem_map[anon].flags = PG_anon_exclusive;
	tiny_map(t, t->mm_b, t->cow_va + PAGE_SIZE, anon, USER_RW);

	tiny_own(t, t->data_a, anon = tiny_anon(t, 0));
	t->own_pfn = tiny_anon_page(t, anon, t->own_va);
	t->mem_map[t->own_pfn].flags = PG_anon_exclusive;
	tiny_map(t, t->mm_a, t->own_va, t->own_pfn, USER_RW);
	tiny_own(t, t->none_a, anon = tiny_anon(t, 0));
	t->none_pfn = tiny_anon_page(t, anon, t->none_va);
	tiny_map(t, t->mm_a, t->none_va, t->none_pfn, PTE_A | PTE_PROTNONE);
	*tiny_entry(t, t->mm_a, t->zero_va, 1) = t->zero_pfn << PAGE_SHIFT | USER_R | PTE_SPECIAL;
	tiny_own(t, t->stack_a, anon = tiny_anon(t, 0));
	t->stack_pfn = tiny_anon_page(t, anon, t->stack_va);
	t->mem_map[t->stack_pfn].flags = PG_anon_exclusive;
	tiny_map(t, t->mm_a, t->stack_va, t->stack_pfn, USER_RW);
}

/** Free frames up to an even border, then a zeroed block of four; the frontier is behind it. */
static inline void tiny_free_frames(struct tiny *t)
{
	uint64_t extra = tiny_alloc(t, SLAB_VMA);

	tiny_free(t, SLAB_VMA, tiny_alloc(t, SLAB_VMA));
	tiny_free(t, SLAB_VMA, extra);
	while (t->next_pfn % 4 != 1)
		tiny_frame(t, PGTY_kernel);
	t->free_pfn = t->next_pfn; /* order 0; its buddy, below, is in use */
	tiny_free_block(t, t->next_pfn, 0, 0);
	tiny_free_block(t, t->next_pfn + 1, 1, 0);
	tiny_free_block(t, t->next_pfn + 3, 2, PG_zeroed);
	t->next_pfn += 7;
	t->zone->frontier_pfn = t->next_pfn;
}

static inline void tiny_cpu(struct tiny *t)
{
	struct task_struct *idle = at(t, t->idle);
	struct task_struct *task_a = at(t, t->a);
	struct mm_struct *mm = at(t, t->mm_a);

	idle->active_mm = ptr(t->mm_a); /* the idle task borrows what ran last */
	AT(task_struct, t, t->init)->active_mm = ptr(0);
	AT(task_struct, t, t->a)->vmacache_seqnum = 1;
	AT(mm_struct, t, t->mm_b)->vmacache_seqnum = 2;
	AT(task_struct, t, t->a)->vmacache[0] = ptr(t->data_a);
	mm->mm_users = 2, mm->mm_count = 2, mm->cpu_bitmap = 1;
	AT(mm_struct, t, t->mm_b)->mm_users = 1;
	AT(mm_struct, t, t->mm_b)->mm_count = 1;
	*t->cpu_info = (struct cpu_info){.self = t->lab->cpus,
					 .current = ptr(t->idle),
					 .idle = ptr(t->idle),
					 .kernel_sp = idle->stack.va + 2 * PAGE_SIZE};
	task_a->channel = 0;
	t->lab->channels[0].state = LAB_CHANNEL_AWAITS;
	t->lab->channels[0].pid = 2;
	t->cpu = (struct cpu_state){.cr0 = CR0_PE | CR0_PG | CR0_WP,
				    .cr3 = mm->pgd.va - PAGE_OFFSET,
				    .cr4 = CR4_PAE,
				    .efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE,
				    .cs = KERNEL_CS,
				    .gs_base = t->lab->cpus.va};
}

/** Build it into t->ram, which tiny_new allocates. */
static inline void tiny_new(struct tiny *t)
{
	*t = (struct tiny){.ram = calloc(1, TINY_RAM)};
	tiny_kernel(t);
	t->cred = tiny_data(t, sizeof(struct cred), 8);
	*AT(cred, t, t->cred) = (struct cred){.usage = 1, .cap_permitted = 6, .cap_effective = 2, .cap_bset = CAP_FULL_SET};
	t->idle = tiny_task(t, 0, 0, "swapper/0", 0);
	t->lab->init_task = ptr(t->idle);
	t->init = tiny_task(t, 1, 1, "init", 0);
	t->mm_a = tiny_mm(t);
	t->mm_b = tiny_mm(t);
	t->a = tiny_task(t, 2, 2, "a", t->mm_a);
	t->thread = tiny_task(t, 3, 2, "a", t->mm_a);
	t->b = tiny_task(t, 4, 4, "b", t->mm_b);
	tiny_areas(t);
	tiny_segment(t);
	tiny_pipe(t);
	tiny_pages(t);
	tiny_free_frames(t);
	tiny_cpu(t);
	ram_image_init(&t->image, t->ram, TINY_RAM, TINY_DATA);
}

static inline void tiny_end(struct tiny *t)
{
	free(t->ram);
}

static inline struct model *tiny_model(struct tiny *t)
{
	return model_build(&t->image.image, &t->cpu, 1);
}

/** The same, made from another model. */
static inline struct model *tiny_next(struct tiny *t, const struct model *before)
{
	return model_next(before, NULL, &t->image.image, &t->cpu, 1);
}

#endif
