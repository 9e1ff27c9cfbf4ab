/* SPDX-License-Identifier: MIT */
/*
 * The structures of the guest's memory management that the host decodes from RAM: names and
 * meanings are Linux's (include/linux/mm_types.h, mmzone.h, rmap.h, slab). A change here changes
 * the layout hash (layout.def must list every field), so an old guest.bin is refused by name.
 */
#ifndef SHARED_MM_TYPES_H
#define SHARED_MM_TYPES_H

#include "cred_types.h"
#include "gptr.h"

struct mm_struct;
struct vm_area_struct;
struct anon_vma;
struct task_struct;
struct page;
struct file;
struct kmem_cache;
struct vm_operations_struct;

struct list_head {
	GPTR(struct list_head) next;
	GPTR(struct list_head) prev;
};

/** Red-black tree node: parent pointer and colour (bit 0: 1 = black) in one word, as Linux. */
struct rb_node {
	uint64_t __rb_parent_color;
	GPTR(struct rb_node) rb_right;
	GPTR(struct rb_node) rb_left;
};

struct rb_root {
	GPTR(struct rb_node) rb_node;
};

/** With one CPU a lock only counts; the verifier holds that none is taken at a step's end. */
struct spinlock {
	uint32_t locked;
	uint32_t acquired;		/* how often it was taken, ever */
};

struct rw_semaphore {
	int32_t count;			/* readers inside; -1: one writer */
	uint32_t read_acquired;
	uint32_t write_acquired;
	uint32_t pad;
};

/*
 * struct page: one per frame below max_pfn, in mem_map[]. Entries of frames at or above
 * zone.frontier_pfn have never been touched and hold nothing (deferred initialisation).
 */
enum page_type {
	PGTY_none = 0,			/* a page of user memory: anonymous or of a file, see mapping */
	PGTY_buddy,			/* head of a free block; private = order */
	PGTY_table,			/* page table; pt_mm, pt_level */
	PGTY_slab,			/* slab_cache, freelist, inuse, carved */
	PGTY_kernel,			/* kernel stacks and other kernel pages */
	PGTY_reserved,			/* part of the image or of mem_map */
	PGTY_free_tail,			/* inside a free block, not its head */
	PGTY_pipe,			/* of a pipe: its buffers lead to it */
};

#define PG_reserved		(1UL << 0)
#define PG_anon_exclusive	(1UL << 1)	/* PageAnonExclusive: exactly one mm may map it writable */
#define PG_zeroed		(1UL << 2)	/* contents known to be zero */
#define PG_swapbacked		(1UL << 3)	/* may go to swap only: shared memory, tmpfs, anonymous memory not given up */
#define PG_fallocated		(1UL << 5)	/* not PG_uptodate: fallocate() made it and nobody has used it, it reads as a hole */
#define PG_dirty		(1UL << 4)	/* was written, whatever the D bits of entries say */
#define PG_hwpoison		(1UL << 6)	/* its contents are lost: isolated for good (mm/memory_failure.c) */

#define PAGE_MAPPING_ANON	1UL		/* bit 0 of page.mapping: it is an anon_vma */

struct page {
	uint64_t flags;			/* PG_* */
	uint32_t page_type;		/* enum page_type */
	uint32_t order;			/* of the allocation or free block, in its head page */
	union {
		struct list_head lru;			/* free list, slab list */
		struct {
			GPTR(struct mm_struct) pt_mm;	/* PGTY_table: owner; init_mm for the upper half */
			uint64_t pt_level;		/* 1 = PTE table … 4 = PGD */
		};
	};
	union {
		GPTR(void) mapping;		/* anon_vma | PAGE_MAPPING_ANON, or address_space */
		GPTR(struct kmem_cache) slab_cache;
	};
	union {
		uint64_t index;			/* linear page number in the area or file */
		GPTR(void) freelist;		/* PGTY_slab: first free object given back */
	};
	union {
		int32_t _mapcount;		/* PTEs that map it, minus one, as Linux */
		struct {			/* PGTY_slab */
			uint16_t inuse;		/* objects allocated */
			uint16_t carved;	/* objects ever handed out; beyond are untouched */
		};
	};
	int32_t _refcount;
	uint64_t private;		/* of the owner */
};

#define NR_ORDERS	11			/* orders 0 … 10, as MAX_ORDER of Linux 6.1 */

struct free_area {
	struct list_head free_list;	/* of struct page, through lru */
	uint64_t nr_free;		/* blocks */
};

struct zone {
	struct spinlock lock;
	uint64_t start_pfn;		/* first frame the allocator owns */
	uint64_t end_pfn;
	uint64_t frontier_pfn;		/* frames from here to end_pfn were never handed out */
	uint64_t nr_free;		/* free frames in the lists, without those above the frontier */
	struct free_area free_area[NR_ORDERS];
};

struct kmem_cache {
	struct list_head list;		/* of all caches, from lab.slab_caches */
	struct list_head partial;	/* slabs with a free object */
	struct list_head full;
	struct spinlock lock;
	uint32_t object_size;		/* bytes the user asked for */
	uint32_t size;			/* stride */
	uint32_t objects;		/* per slab (one page) */
	uint32_t debug;			/* 1: free objects are poisoned */
	uint64_t nr_slabs;
	uint64_t nr_inuse;		/* objects allocated, all slabs */
	char name[24];
};

/* Different poison at allocation and at free (debug builds). */
#define POISON_INUSE	0x5a
#define POISON_FREE	0x6b

struct anon_vma {
	GPTR(struct anon_vma) root;
	struct rw_semaphore rwsem;
	int32_t refcount;
	uint32_t num_children;		/* as Linux: children plus one for a root */
	uint64_t num_active_vmas;	/* areas whose anon_vma is this */
	GPTR(struct anon_vma) parent;
	struct rb_root rb_root;		/* of anon_vma_chain, an interval tree by page offset */
};

struct anon_vma_chain {
	GPTR(struct vm_area_struct) vma;
	GPTR(struct anon_vma) anon_vma;
	struct list_head same_vma;	/* on vma->anon_vma_chain; guarded by mmap_lock, page_table_lock */
	struct rb_node rb;		/* in anon_vma->rb_root; guarded by anon_vma->rwsem */
	uint64_t rb_subtree_last;	/* last page of any area below */
};

/* vm_flags: values of Linux 6.1, include/linux/mm.h. */
#define VM_NONE		0x00000000UL
#define VM_READ		0x00000001UL
#define VM_WRITE	0x00000002UL
#define VM_EXEC		0x00000004UL
#define VM_SHARED	0x00000008UL
#define VM_MAYREAD	0x00000010UL
#define VM_MAYWRITE	0x00000020UL
#define VM_MAYEXEC	0x00000040UL
#define VM_MAYSHARE	0x00000080UL
#define VM_GROWSDOWN	0x00000100UL
#define VM_PFNMAP	0x00000400UL
#define VM_LOCKED	0x00002000UL
#define VM_IO		0x00004000UL
#define VM_SEQ_READ	0x00008000UL
#define VM_RAND_READ	0x00010000UL
#define VM_DONTCOPY	0x00020000UL
#define VM_DONTEXPAND	0x00040000UL
#define VM_LOCKONFAULT	0x00080000UL
#define VM_ACCOUNT	0x00100000UL
#define VM_NORESERVE	0x00200000UL
#define VM_SYNC		0x00800000UL
#define VM_WIPEONFORK	0x02000000UL
#define VM_DONTDUMP	0x04000000UL
#define VM_SOFTDIRTY	0x08000000UL

struct vm_area_struct {
	/* First cache line: what walking list and tree needs. */
	uint64_t vm_start;
	uint64_t vm_end;			/* first byte after */
	GPTR(struct vm_area_struct) vm_next;
	GPTR(struct vm_area_struct) vm_prev;
	struct rb_node vm_rb;
	uint64_t rb_subtree_gap;		/* largest free gap left of any area in this subtree */

	GPTR(struct mm_struct) vm_mm;
	uint64_t vm_page_prot;			/* PTE bits of a page of this area */
	uint64_t vm_flags;
	struct {				/* file areas: linkage in the file's interval tree */
		struct rb_node rb;
		uint64_t rb_subtree_last;
	} shared;
	struct list_head anon_vma_chain;
	GPTR(struct anon_vma) anon_vma;
	GPTR(const struct vm_operations_struct) vm_ops;
	uint64_t vm_pgoff;			/* pages; of the file, or vm_start >> PAGE_SHIFT at creation */
	GPTR(struct file) vm_file;
	GPTR(void) vm_private_data;
};

enum mm_counter { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

#define AT_VECTOR_SIZE	44			/* words */

/* mm_struct.flags: what a core dump of it holds (coredump_filter), from this bit on. Inherited by fork and exec. */
#define MMF_DUMP_FILTER_SHIFT	2
enum mmf_dump { DUMP_ANON_PRIVATE, DUMP_ANON_SHARED, DUMP_MAPPED_PRIVATE, DUMP_MAPPED_SHARED, DUMP_ELF_HEADERS,
		DUMP_HUGETLB_PRIVATE, DUMP_HUGETLB_SHARED, DUMP_DAX_PRIVATE, DUMP_DAX_SHARED, NR_MMF_DUMP };
#define MMF_DUMP_FILTER_MASK	(((1UL << NR_MMF_DUMP) - 1) << MMF_DUMP_FILTER_SHIFT)
#define MMF_DUMP_FILTER_DEFAULT	(0x33UL << MMF_DUMP_FILTER_SHIFT)	/* private, anonymous shared, ELF headers */

struct mm_struct {
	GPTR(struct vm_area_struct) mmap;	/* list of areas, by address */
	struct rb_root mm_rb;			/* the same areas, augmented by gap */
	uint64_t vmacache_seqnum;		/* per-task caches of another number are stale */
	GPTR(void) get_unmapped_area;		/* placement function of this mm */
	uint64_t mmap_base;			/* top of the mmap region (top-down) */
	uint64_t mmap_legacy_base;		/* its bottom, for bottom-up placement */
	uint64_t task_size;
	uint64_t highest_vm_end;
	GPTR(uint64_t) pgd;			/* direct-map address of the top-level table */
	int32_t mm_users;			/* tasks that share this mm */
	int32_t mm_count;			/* references to the struct: 1 for all users, 1 per lazy user */
	uint64_t pgtables_bytes;		/* PTE, PMD and PUD tables (not the PGD), as Linux counts */
	int32_t map_count;
	struct spinlock page_table_lock;
	struct rw_semaphore mmap_lock;
	struct list_head mmlist;		/* ring of all mms, from init_mm */
	uint64_t hiwater_rss;
	uint64_t hiwater_vm;
	uint64_t total_vm;			/* pages */
	uint64_t locked_vm;
	uint64_t pinned_vm;
	uint64_t data_vm;			/* VM_WRITE & ~VM_SHARED & ~VM_STACK */
	uint64_t exec_vm;			/* VM_EXEC & ~VM_WRITE & ~VM_STACK */
	uint64_t stack_vm;			/* VM_STACK */
	uint64_t flags;				/* MMF_* */
	uint64_t def_flags;
	uint64_t start_code, end_code, start_data, end_data;
	uint64_t start_brk, brk, start_stack;
	uint64_t arg_start, arg_end, env_start, env_end;
	uint64_t saved_auxv[AT_VECTOR_SIZE];
	int64_t rss_stat[NR_MM_COUNTERS];	/* pages, by kind */
	GPTR(struct file) exe_file;
	uint64_t cpu_bitmap;			/* CPUs whose CR3 holds this mm */
};

#define VMACACHE_SIZE	4

enum task_state { TASK_RUNNING, TASK_INTERRUPTIBLE, TASK_ZOMBIE, TASK_DEAD };

/* task_struct.flags, as Linux. */
#define PF_FORKNOEXEC	0x00000040u		/* it was forked and has not run execve */
#define PF_KTHREAD	0x00200000u

/** The part of a task that the host reads; the guest's kernel/task.h embeds it first in its own struct. */
struct task_struct {
	uint32_t state;				/* enum task_state */
	uint32_t flags;				/* PF_* */
	int32_t pid;
	int32_t tgid;
	int32_t pgrp, session;			/* of a process, kept in its leader */
	GPTR(struct mm_struct) mm;		/* NULL: kernel thread, or exited */
	GPTR(struct mm_struct) active_mm;	/* whose tables are (or were last) loaded for it */
	GPTR(struct task_struct) parent;
	struct list_head tasks;			/* ring of all tasks, from the idle task (pid 0) of CPU 0 */
	uint64_t vmacache_seqnum;
	GPTR(struct vm_area_struct) vmacache[VMACACHE_SIZE];
	GPTR(void) stack;			/* kernel stack, lowest address; page-aligned */
	GPTR(struct cred) cred;			/* who it is (cred_types.h); holds a usage */
	GPTR(struct rlimits) rlimits;		/* of a process, kept in its leader; NULL: it never changed a limit */
	int32_t exit_code;			/* wait status, once TASK_ZOMBIE */
	int32_t channel;			/* lab channel of the agent in it; -1: none */
	char comm[16];
};

#define KERNEL_STACK_ORDER	1		/* two pages (the IST stacks are in the image) */

/** What one CPU is doing; reached through GS in the guest, published for the host. */
struct cpu_info {
	GPTR(struct cpu_info) self;
	uint64_t kernel_sp;			/* top of current's kernel stack: offset 8, entry.S */
	uint64_t user_sp;			/* scratch of syscall entry: offset 16, entry.S */
	GPTR(struct task_struct) current;	/* offset 24 */
	GPTR(struct task_struct) idle;
	uint32_t cpu;
	uint32_t in_irq;
	uint64_t nr_cr3_loads;			/* by switch_mm */
	uint64_t nr_switches;			/* of tasks */
};

#endif
