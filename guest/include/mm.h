/* SPDX-License-Identifier: MIT */
/*
 * The mm's face to the rest of the guest kernel. Names, arguments and errno are those of Linux 6.1
 * unless a comment says otherwise. Lock rules stand at each group.
 */
#ifndef GUEST_MM_H
#define GUEST_MM_H

#include "kernel.h"
#include "list.h"
#include "fs_types.h"
#include "mm_types.h"
#include "uapi.h"
#include "x86.h"

/* --- profile: version- and configuration-dependent behaviour (mm/profile.c) ------------------- */

/** Linux vm.overcommit_memory: refuse what is more than all RAM; nothing; what passes the commit limit. */
enum overcommit { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };

struct mm_profile {
	uint64_t mmap_min_addr;		/* bytes; 65536 */
	int32_t max_map_count;		/* 65530 */
	uint32_t stack_guard_gap;	/* pages; 256 */
	uint32_t legacy_va_layout;	/* bottom-up placement for new programs; 0 */
	int32_t overcommit_memory;	/* enum overcommit; GUESS */
	uint32_t overcommit_ratio;	/* NEVER: percent of RAM that may be committed; 50 */
	bool soft_dirty;		/* CONFIG_MEM_SOFT_DIRTY; true, as Debian's */
	bool ram_zeroed;		/* RAM was zero at start, says the command line: zeroed */
};
extern struct mm_profile mm_profile;

/* --- frames (mm/page_alloc.c); zone.lock inside ----------------------------------------------- */

typedef unsigned int gfp_t;
#define GFP_KERNEL	0u
#define __GFP_ZERO	1u

extern struct zone contig_zone;		/* all RAM above IMAGE_REGION: one zone */
extern struct page *mem_map;		/* mem_map[pfn]; entries at or above the frontier hold nothing */
extern uint64_t zero_pfn;		/* frame of the shared zero page */

/**
 * Hand the allocator RAM: mem_map, with an entry for each frame below ram_end, goes at the start of [start_pa, end_pa), the
 * rest is free. No page is touched.
 */
void free_area_init(uint64_t start_pa, uint64_t end_pa, uint64_t ram_end);

/**
 * 2^order frames, physically contiguous, reference count 1 (in the head), or NULL. Contents: zero
 * with __GFP_ZERO; else anything, and page->private tells (PG_zeroed) if they happen to be known as
 * zero. Of order 0: PGTY_none, the owner may say more. Of a higher order: all frames are
 * PGTY_kernel.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
/** Drop a reference to a block of that order; the last one frees it. */
void __free_pages(struct page *page, unsigned int order);
/** Drop one reference; the last frees an order-0 page. */
void put_page(struct page *page);
static inline void get_page(struct page *page) { page->_refcount++; }

static inline uint64_t page_to_pfn(const struct page *page) { return page - mem_map; }
static inline struct page *pfn_to_page(uint64_t pfn) { return mem_map + pfn; }

/* --- slab (mm/slab.c); cache.lock inside ------------------------------------------------------ */

extern struct list_head slab_caches;
/**
 * A static cache: DEFINE_KMEM_CACHE(mm_cachep, "mm_struct", sizeof(struct mm_struct)); registered
 * at first use.
 */
#define DEFINE_KMEM_CACHE(var, cache_name, bytes) \
	struct kmem_cache var = { \
		.name = cache_name, \
		.object_size = (bytes), \
		.size = ALIGN_UP((bytes), 8), \
		.objects = PAGE_SIZE / ALIGN_UP((bytes), 8), \
		.debug = MM_DEBUG, \
		.partial = LIST_HEAD_INIT(var.partial), \
		.full = LIST_HEAD_INIT(var.full), \
	}
void *kmem_cache_alloc(struct kmem_cache *cache);	/* contents undefined; NULL: no memory */
void *kmem_cache_zalloc(struct kmem_cache *cache);
void kmem_cache_free(struct kmem_cache *cache, void *object);

/**
 * Memory of any size (mm/kmalloc.c): from the smallest cache kmalloc-8 … kmalloc-4096 that holds it, whose slabs the host
 * sees as those of any cache; more comes as 2^n pages. Contents undefined, or zero by kzalloc(). NULL: no memory.
 */
void *kmalloc(uint64_t size);
void *kzalloc(uint64_t size);
void kfree(void *object);			/* what kmalloc() or kzalloc() gave, or NULL */

/* --- life of an mm (mm/mm_life.c, mm/dup.c) --------------------------------------------------- */

extern struct mm_struct init_mm;	/* kernel's own tables; first of mmlist; no areas */

/** Empty, pgd with the kernel's upper half, mm_users = mm_count = 1; NULL: no memory. */
struct mm_struct *mm_alloc(void);
static inline void mmget(struct mm_struct *mm) { mm->mm_users++; }
static inline void mmgrab(struct mm_struct *mm) { mm->mm_count++; }
/** The program that mm runs; takes a reference. Nobody can open it to write until the mm's end (i_writecount). */
static inline void set_mm_exe_file(struct mm_struct *mm, struct file *file);
void mmput(struct mm_struct *mm);	/* last user: exit_mmap, off mmlist, mmdrop */
void mmdrop(struct mm_struct *mm);	/* last reference: pgd and struct are freed */
/** Linux dup_mm: a copy for fork; private pages become COW in both. NULL: no memory, nothing leaked. */
struct mm_struct *dup_mm(struct mm_struct *oldmm);

/* --- areas (mm/mmap.c, vma.c …); mmap_lock for writing where the tree changes, else for reading --- */

struct vm_fault {
	struct vm_area_struct *vma;
	uint64_t address;		/* page-aligned */
	uint64_t pgoff;			/* page of the file; set where a file is asked */
	unsigned int flags;		/* FAULT_FLAG_* */
	struct page *page;		/* result of vm_ops->fault, with a reference */
	uint64_t *pte;			/* the entry for address; NULL: its table is missing */
	uint64_t orig_pte;		/* what it held when the fault was looked at */
	unsigned int how;		/* result: enum lab_fault */
	uint64_t pfn;			/* result: frame that is mapped now, 0: none */
};

/** Map what is in the cache of [start, end] (page offsets) around the fault; page_table_lock held. */
typedef void (*map_pages_fn)(struct vm_fault *vmf, uint64_t start, uint64_t end);

/*
 * Tables of operations stand in the image by kind, one behind the other (boot/guest.ld): the lab says where, and so the host tells
 * a pointer to one of them from any other. The alignment is what keeps the compiler from leaving gaps.
 */
#define __table_of(kind)	__attribute__((section(#kind), aligned(8)))
#define __vm_ops		__table_of(vm_ops)
#define __file_ops		__table_of(file_ops)
#define __inode_ops		__table_of(inode_ops)

struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);
	int (*fault)(struct vm_fault *vmf);	/* 0 or VM_FAULT_* */
	map_pages_fn map_pages;
	/** A page of a shared area is about to be written for the first time: 0 or VM_FAULT_*. */
	int (*page_mkwrite)(struct vm_fault *vmf);
	/**
	 * Copy up to `len` bytes between buf and what lies at addr, where no struct page does (VM_IO, VM_PFNMAP): how many,
	 * or -errno.
	 */
	int (*access)(struct vm_area_struct *vma, uint64_t addr, void *buf, uint64_t len, bool write);
	/** What to call it where it has no file (maps); a name also has it dumped whatever it holds. */
	const char *(*name)(struct vm_area_struct *vma);
};

/** How the pages of a file are found. */
struct address_space_operations {
	/**
	 * The page at `index`, with a reference for the caller; NULL with *error, -LX_EINVAL beyond
	 * the end.
	 */
	struct page *(*get_page)(struct address_space *mapping, uint64_t index, int *error);
};

struct seq_file;
/** What a kind of file can do; NULL: -EINVAL. `at` is a user address. The mm calls mmap, fallocate, fsync. */
struct file_operations {
	long (*read)(struct file *file, uint64_t at, uint64_t len);
	long (*write)(struct file *file, uint64_t at, uint64_t len);
	void (*release)(struct file *file);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);	/* NULL: -ENODEV. Sets vm_ops */
	/*
	 * Files with places: *pos moves on by what was done. NULL: a stream (-ESPIPE for those that
	 * name a place).
	 */
	long (*read_at)(struct file *file, uint64_t at, uint64_t len, uint64_t *pos);
	long (*write_at)(struct file *file, uint64_t at, uint64_t len, uint64_t *pos);
	/** The file has just been opened; private_data is its own to fill in. 0 or -errno: release() follows all the same. */
	int (*open)(struct inode *inode, struct file *file);
	/** The new place, which is set; or -errno. NULL: anywhere, and the end is i_size. whence: LX_SEEK_*. */
	int64_t (*llseek)(struct file *file, int64_t offset, uint32_t whence);
	/** Room for [offset, offset + len), or a hole there; mode: LX_FALLOC_FL_*. 0 or -errno. The mm calls it, too. */
	int (*fallocate)(struct file *file, uint32_t mode, uint64_t offset, uint64_t len);
	/** Everything written is where it shall be. NULL: -LX_EINVAL. The mm calls it, too. */
	int (*fsync)(struct file *file);
	/** What can be done without waiting: EPOLL* (poll.h). NULL: everything, always. */
	uint32_t (*poll)(struct file *file);
	/** Of files whose contents a function makes (seq_file.c). */
	int (*show)(struct seq_file *m);
};

/** A file opened on the dentry, whose reference it takes over; NULL: no memory, and it does not. By the fs. */
struct file *alloc_file(struct dentry *dentry, uint32_t flags, const struct file_operations *fop);
/**
 * A file without a name in any directory, open to be read and written; it takes over the inode's reference. d_path() will
 * show "/NAME (deleted)". NULL: no memory (the reference stays the caller's). By the fs.
 */
struct file *alloc_file_pseudo(struct inode *inode, const char *name, uint32_t flags, const struct file_operations *fop);
void fput(struct file *file);			/* by the fs */
static inline struct file *get_file(struct file *file) { file->f_count++; return file; }
static inline void set_mm_exe_file(struct mm_struct *mm, struct file *file)
{
	mm->exe_file = get_file(file);
	file->f_inode->i_writecount--;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t addr);
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, uint64_t addr, struct vm_area_struct **pprev);
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, uint64_t start, uint64_t end);
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);	/* zeroed, not inserted; NULL: no memory */
void vm_area_free(struct vm_area_struct *vma);
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);
uint64_t get_unmapped_area(struct file *file, uint64_t addr, uint64_t len, uint64_t pgoff, uint64_t flags);
uint64_t vm_get_page_prot(uint64_t vm_flags);
/* What mm.get_unmapped_area may be; the lab tells the host. */
uint64_t arch_get_unmapped_area(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t flags);
uint64_t arch_get_unmapped_area_topdown(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t flags);
/** Choose placement for this mm: mmap_base from the stack limit, no randomisation (arch_pick_mmap_layout). */
void arch_pick_mmap_layout(struct mm_struct *mm, uint64_t stack_limit);

/**
 * Map `len` bytes into mm (which the caller holds locked for writing). Returns the address or -errno.
 * Linux do_mmap; prot and flags are LX_PROT_*, LX_MAP_*; pgoff in pages.
 */
uint64_t do_mmap(struct mm_struct *mm, struct file *file, uint64_t addr, uint64_t len, uint64_t prot,
		 uint64_t flags, uint64_t vm_flags, uint64_t pgoff);
int do_munmap(struct mm_struct *mm, uint64_t start, uint64_t len);	/* mmap_lock held for writing */
int vm_brk_flags(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t vm_flags); /* takes mmap_lock */
/** Fault in what can be of [start, start + len); errors are the faulter's to meet later. Takes mmap_lock. */
void mm_populate(struct mm_struct *mm, uint64_t start, uint64_t len);
int expand_stack(struct vm_area_struct *vma, uint64_t address);
/** Exec's stack: the temporary area at the top of user space with one page; then final size and flags. */
int setup_stack_area(struct mm_struct *mm, uint64_t stack_top, uint64_t stack_flags);

/* --- files: page cache (mm/filemap.c), truncation (mm/truncate.c), shared memory (mm/shmem.c) --- */

/** The page at `index`, with a reference; NULL with *error. */
static inline struct page *read_mapping_page(struct address_space *mapping, uint64_t index, int *error)
{
	return mapping->a_ops->get_page(mapping, index, error);
}
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);

extern const struct address_space_operations shmem_aops;	/* of whatever lies in memory */

extern struct list_head super_inodes;		/* all inodes; by the fs */
extern struct list_head proc_mms;		/* struct proc_mm of open files of /proc; by the fs */

/**
 * How shmem_get_page() treats a hole: READ leaves it (NULL, no error), WRITE fills it, even beyond
 * i_size.
 */
enum sgp_type { SGP_READ, SGP_CACHE, SGP_WRITE };
struct page *shmem_get_page(struct inode *inode, uint64_t index, enum sgp_type sgp, int *error);
#define FIRST_FREE_INO	64			/* numbers below are those of static inodes */
/** An inode without pages, with one reference, i_nlink 0; NULL: no memory. mode: S_IF* and rights. */
struct inode *new_inode(uint32_t mode);
/** The same with pages of shmem. vm_flags: VM_NORESERVE or 0. */
struct inode *shmem_get_inode(uint32_t mode, uint64_t size, uint64_t vm_flags);
/** Linux shmem_setattr: a new size, up or down; mapped pages beyond it go. i_rwsem held for writing. */
void shmem_truncate(struct inode *inode, uint64_t size);
int shmem_mmap(struct file *file, struct vm_area_struct *vma);
/** Linux shmem_file_llseek: SEEK_DATA and SEEK_HOLE look for pages. */
int64_t shmem_llseek(struct file *file, int64_t offset, uint32_t whence);
/** Linux generic_file_llseek: a file without holes. */
int64_t generic_file_llseek(struct file *file, int64_t offset, uint32_t whence);
int shmem_fallocate(struct file *file, uint32_t mode, uint64_t offset, uint64_t len);
int noop_fsync(struct file *file);
/** An open file of `size` bytes in no directory (alloc_file_pseudo), its memory committed unless VM_NORESERVE; ERR_PTR. */
struct file *shmem_file_setup(const char *name, uint64_t size, uint64_t vm_flags);
/** Linux shmem_zero_setup: the area is bound to memory of its own, which it shares with its children. 0 or -errno. */
int shmem_zero_setup(struct vm_area_struct *vma);
extern const struct file_operations shmem_file_operations;	/* by the fs */
static inline struct inode *igrab(struct inode *inode) { inode->i_count++; return inode; }
void iput(struct inode *inode);			/* the last reference frees inode and pages */

/* --- frames that are a device's (mm/pfnmap.c): no counts, no reverse map, PTE_SPECIAL --------------------- */

/**
 * From a file's mmap: all of [addr, addr + len) of vma maps the frames from pfn on, at once. A private area that may be
 * written must be mapped whole; its pages are copied on write. 0 or -errno: entries before may be set.
 */
int remap_pfn_range(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn, uint64_t len, uint64_t prot);
/** From vm_ops->fault, in a VM_PFNMAP area that is not copied on write: VM_FAULT_NOPAGE, or VM_FAULT_OOM. */
int vmf_insert_pfn(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn);
/** vm_ops->access of areas whose entries are set: to the end of the page at most. -LX_EINVAL: there is no entry. */
int generic_access_phys(struct vm_area_struct *vma, uint64_t addr, void *buf, uint64_t len, bool write);

/* System calls: raw arguments in, value or -errno out; they take the locks themselves, on current's mm. */
long ksys_mmap(uint64_t addr, uint64_t len, uint64_t prot, uint64_t flags, struct file *file, uint64_t off);
long ksys_munmap(uint64_t addr, uint64_t len);
long ksys_mprotect(uint64_t start, uint64_t len, uint64_t prot);
long ksys_brk(uint64_t brk);
long ksys_madvise(uint64_t start, uint64_t len, int advice);
long ksys_mremap(uint64_t addr, uint64_t old_len, uint64_t new_len, uint64_t flags, uint64_t new_addr);
long ksys_remap_file_pages(uint64_t start, uint64_t size, uint64_t prot, uint64_t pgoff, uint64_t flags);
long ksys_mlock(uint64_t start, uint64_t len);
long ksys_mlock2(uint64_t start, uint64_t len, int flags);
long ksys_munlock(uint64_t start, uint64_t len);
long ksys_mlockall(int flags);
long ksys_munlockall(void);
long ksys_msync(uint64_t start, uint64_t len, int flags);
/**
 * Linux do_mincore: fill in vec for up to `nr` pages of one area; how many, or -LX_ENOMEM. Takes
 * mmap_lock.
 */
long mincore_pages(uint64_t addr, uint64_t nr, uint8_t *vec);

/* --- page tables (mm/pgtable.c) and faults (mm/memory.c, mm/fault.c) -------------------------- */

/** Make the kernel's address space of init_mm complete after boot handed over its tables. */
void mm_init(uint64_t ram_end_pa);

#define FAULT_FLAG_WRITE	0x01
#define FAULT_FLAG_USER		0x02
#define FAULT_FLAG_INSTRUCTION	0x04
#define FAULT_FLAG_UNSHARE	0x08		/* a page of this mm's own is wanted, as read-only as it is (FOLL_PIN) */

#define VM_FAULT_OOM		0x01
#define VM_FAULT_SIGBUS		0x02
#define VM_FAULT_HWPOISON	0x10	/* its memory went bad */
#define VM_FAULT_SIGSEGV	0x40
#define VM_FAULT_NOPAGE		0x100	/* by vm_ops->fault: it has set the entry itself */

/** What a fault on a user address came to. signo 0: handled, retry the instruction. */
struct fault_result {
	int signo;
	int si_code;
};

/**
 * The decision tree for a fault at a lower-half or non-kernel address, from ring 3 or from a user
 * copy in ring 0 (the caller looks at the exception table when signo != 0 and error_code lacks PF_U). Takes
 * mmap_lock for reading. Emits one LAB_EV_FAULT.
 */
struct fault_result do_user_addr_fault(struct mm_struct *mm, uint64_t address, uint32_t error_code);

/**
 * The frame behind a user address, faulted in as a `write` (or read) by the kernel, for exec's
 * argument pages; direct-map address of the byte, or NULL.
 */
void *fault_in_user(struct mm_struct *mm, uint64_t address, bool write);

/* --- memory that went bad (mm/memory_failure.c) ------------------------------------------------ */

#define MF_ACTION_REQUIRED	2	/* current needs what it holds */
/**
 * Isolate the frame. 0, or: -LX_EBUSY, the kernel's own or pinned in a way that cannot be helped; -LX_EHWPOISON, it is already; -LX_ENXIO, no
 * RAM of ours. *kill_addr: with MF_ACTION_REQUIRED, where current had it and lost what it wrote; 0: nowhere.
 */
int memory_failure(uint64_t pfn, int flags, uint64_t *kill_addr);

/* --- what was written since (mm/soft_dirty.c) ------------------------------------------------- */

/** From now on the pages that are written are soft-dirty, and no other. mmap_lock held for writing. */
void clear_soft_dirty(struct mm_struct *mm);
/** Was the page of this entry (which may be none) written since, or may it have been? mmap_lock held. */
bool page_soft_dirty(const struct vm_area_struct *vma, uint64_t pte);

/* --- any address space (mm/gup.c) ------------------------------------------------------------- */

#define FOLL_WRITE	0x01		/* to be written */
#define FOLL_PIN	0x08		/* its bytes are wanted for a while: nobody may replace an anonymous page under us */
#define FOLL_FORCE	0x10		/* whatever the area's rights, as a debugger; what is written stays private */

/**
 * One page of current's mm. What its entry lets the task do is done without a look at the area's rights: a page of PROT_EXEC
 * alone can be read, once it is there (Linux get_user_pages_fast). 1 or -errno. mmap_lock held.
 */
long get_user_page_fast(struct mm_struct *mm, uint64_t addr, bool write, struct page **page);
/**
 * The pages behind `nr` pages from `start` of mm, faulted in if need be, each with a reference that put_page() gives
 * back. How many could be had, up to the first that could not; if that is the very first, -LX_EFAULT (also for areas of
 * a device) or -LX_ENOMEM. Stacks do not grow for it. mmap_lock held for reading.
 */
long get_user_pages_remote(struct mm_struct *mm, uint64_t start, uint64_t nr, unsigned int flags,
			   struct page **pages);
/**
 * A page for a core dump, with a reference; NULL where there is nothing but zeros (never touched, or the zero page), or
 * nothing that could be had. Takes mmap_lock.
 */
struct page *get_dump_page(struct mm_struct *mm, uint64_t addr);
/**
 * Copy `len` bytes between the kernel's buf and addr of mm, which stays (a reference is held): bytes done, up to the
 * first page that cannot be had. Stacks grow, devices are asked (vm_ops->access). Takes mmap_lock.
 */
uint64_t access_remote_vm(struct mm_struct *mm, uint64_t addr, void *buf, uint64_t len, unsigned int flags);

/* --- what /proc tells of an address space (mm/smaps.c, pagemap.c) ------------------------------- */

#define PSS_SHIFT	12
/** Bytes of the pages of an area; those of pss in units of 2^-PSS_SHIFT. */
struct mem_size_stats {
	uint64_t resident, shared_clean, shared_dirty, private_clean, private_dirty;
	uint64_t referenced, anonymous, lazyfree;
	uint64_t pss, pss_anon, pss_file, pss_shmem, pss_dirty, pss_locked;
};
/** Add the pages of vma to *mss. mmap_lock held for reading. */
void smap_gather_stats(struct vm_area_struct *vma, struct mem_size_stats *mss);
/** pagemap's entries for `nr` pages from `start`, page-aligned, all below TASK_SIZE. Takes mmap_lock. */
void pagemap_range(struct mm_struct *mm, uint64_t start, uint64_t nr, uint64_t *entries);

/** What a number written to clear_refs means. */
enum clear_refs_types {
	CLEAR_REFS_ALL = 1,
	CLEAR_REFS_ANON,		/* areas without a file */
	CLEAR_REFS_MAPPED,		/* areas with one */
	CLEAR_REFS_SOFT_DIRTY,
	CLEAR_REFS_MM_HIWATER_RSS,	/* the most pages ever present begin anew with what is now */
	CLEAR_REFS_LAST,
};
/**
 * Nobody has accessed these pages (A is cleared, and the TLB forgets that it was set), or written any. Takes mmap_lock.
 */
void clear_refs(struct mm_struct *mm, enum clear_refs_types type);

/* --- switching (mm/switch.c) ------------------------------------------------------------------ */

/** Load next's tables unless they are loaded; counts CR3 loads; cpu_bitmap of both is kept. */
void switch_mm(struct mm_struct *prev, struct mm_struct *next);

/* --- locks: one CPU only counts; taking a taken lock is a BUG --------------------------------- */

static inline void spin_lock(struct spinlock *lock)
{
	BUG_ON(lock->locked);
	lock->locked = 1;
	lock->acquired++;
}

static inline void spin_unlock(struct spinlock *lock)
{
	BUG_ON(!lock->locked);
	lock->locked = 0;
}

static inline void mmap_read_lock(struct mm_struct *mm)
{
	BUG_ON(mm->mmap_lock.count < 0);
	mm->mmap_lock.count++;
	mm->mmap_lock.read_acquired++;
}

static inline void mmap_read_unlock(struct mm_struct *mm)
{
	BUG_ON(mm->mmap_lock.count <= 0);
	mm->mmap_lock.count--;
}

static inline void mmap_write_lock(struct mm_struct *mm)
{
	BUG_ON(mm->mmap_lock.count != 0);
	mm->mmap_lock.count = -1;
	mm->mmap_lock.write_acquired++;
}

static inline void mmap_write_unlock(struct mm_struct *mm)
{
	BUG_ON(mm->mmap_lock.count != -1);
	mm->mmap_lock.count = 0;
}

static inline void down_write(struct rw_semaphore *sem)
{
	BUG_ON(sem->count != 0);
	sem->count = -1;
	sem->write_acquired++;
}

static inline void up_write(struct rw_semaphore *sem)
{
	BUG_ON(sem->count != -1);
	sem->count = 0;
}

static inline void down_read(struct rw_semaphore *sem)
{
	BUG_ON(sem->count < 0);
	sem->count++;
	sem->read_acquired++;
}

static inline void up_read(struct rw_semaphore *sem)
{
	BUG_ON(sem->count <= 0);
	sem->count--;
}

#endif
