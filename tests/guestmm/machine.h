/* SPDX-License-Identifier: MIT */
/*
 * The machine under guest/mm in the host build: RAM, an MMU in software with its TLB, processes,
 * and a file. Ring 3 is user_access(): it walks the tables in the arena, sets A and D as the
 * hardware does, and faults into the mm.
 */
#ifndef TESTS_GUESTMM_MACHINE_H
#define TESTS_GUESTMM_MACHINE_H

/* --- chance, the same in each run (xorshift) -------------------------------------------------- */

static uint64_t random_state = 88172645463325252UL;

static uint64_t rnd(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* --- what mm_env.h promises ------------------------------------------------------------------- */

uint8_t *arena;
uint64_t arena_size;
struct cpu_info cpus[1];
struct machine_counts counts;
uint64_t swapper_pg_dir[PTRS_PER_TABLE];
struct lab_page lab;

#define NR_KEPT_EVENTS 16
static struct lab_event events[NR_KEPT_EVENTS];
static uint64_t nr_events;

void panic_at(const char *file, unsigned int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u: panic: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	abort();
}

void strscpy(char *dst, const char *src, size_t n)
{
	snprintf(dst, n, "%s", src);
}

static uint64_t nr_printk;
void printk(const char *format, ...)
{
	va_list args;

	nr_printk++;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
}

void lab_event(enum lab_event_type type, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	events[nr_events++ % NR_KEPT_EVENTS] = (struct lab_event){ .type = type, .args = { a, b, c, d } };
}

static const struct lab_event *last_event(void)
{
	return &events[(nr_events - 1) % NR_KEPT_EVENTS];
}

unsigned int stack_trace(uint64_t *callers, unsigned int max)
{
	int n = backtrace((void **)callers, max);

	return n < 0 ? 0 : n;
}

int host_read_page(uint64_t node, uint64_t size, uint64_t index, uint64_t pfn)
{
	uint64_t *words = __va(pfn << PAGE_SHIFT), end = size - (index << PAGE_SHIFT);

	for (uint64_t i = 0; i < PAGE_SIZE / 8; i++)
		words[i] = i * 8 < end ? node << 32 | index : 0;
	return node ? 0 : -LX_EIO;
}

void clear_page(void *page)
{
	counts.pages_cleared++;
	memset(page, 0, PAGE_SIZE);
}

void copy_page(void *dst, const void *src)
{
	counts.pages_copied++;
	memcpy(dst, src, PAGE_SIZE);
}

/* --- TLB -------------------------------------------------------------------------------------- */

/*
 * One entry per page of the 47-bit half would do; a table of so many lines, each with its tag, does
 * nearly.
 */
#define TLB_LINES 8192
static struct tlb_line {
	uint64_t generation;		/* valid if it is tlb_generation */
	uint64_t page;
	uint64_t pte;
} tlb_lines[TLB_LINES];
static uint64_t tlb_generation = 1;
static uint64_t cr3;

static struct tlb_line *tlb_line(uint64_t va)
{
	return &tlb_lines[(va >> PAGE_SHIFT) * 0x9e3779b97f4a7c15UL >> 51];
}

void load_cr3(uint64_t pa)
{
	counts.cr3_loads++;
	cr3 = pa;
	tlb_generation++;
}

void invlpg(uint64_t va)
{
	counts.invlpg++;
	if (tlb_line(va)->page == va >> PAGE_SHIFT)
		tlb_line(va)->generation = 0;
}

/* --- MMU -------------------------------------------------------------------------------------- */

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC };

/*
 * The leaf entry for va in the tables that are loaded; NULL: a table is missing. Rights of tables
 * are never less.
 */
static uint64_t *walk(uint64_t va)
{
	uint64_t *entry = (uint64_t *)__va(cr3) + level_index(va, 4);

	for (unsigned int level = 3; level >= 1; level--) {
		if (!(*entry & PTE_P))
			return NULL;
		entry = (uint64_t *)__va(*entry & PTE_PFN_MASK) + level_index(va, level);
	}
	return entry;
}

static bool allows(uint64_t pte, enum access access)
{
	if (!(pte & PTE_P) || !(pte & PTE_US))
		return false;
	return access == ACCESS_WRITE ? pte & PTE_RW : access == ACCESS_EXEC ? !(pte & PTE_NX) : true;
}

/* A translation that the TLB still believes in must be what the tables say. */
static void check_stale(uint64_t va, uint64_t cached, enum access access)
{
	uint64_t *entry = walk(va);

	if (!entry || pte_pfn(*entry) != pte_pfn(cached) || !allows(*entry, access))
		panic("stale TLB: %#lx is cached as %#lx, the tables say %#lx", va, cached,
		      entry ? *entry : 0);
}

/* The byte behind va, or NULL and the error code of the fault. */
static uint8_t *translate(uint64_t va, enum access access, uint32_t *error_code)
{
	struct tlb_line *line = tlb_line(va);
	uint64_t *entry;

	if (line->generation == tlb_generation && line->page == va >> PAGE_SHIFT &&
	    allows(line->pte, access) &&
	    (access != ACCESS_WRITE || (line->pte & PTE_D))) {
		check_stale(va, line->pte, access);
		return (uint8_t *)__va(line->pte & PTE_PFN_MASK) + va % PAGE_SIZE;
	}
	/* A miss, or too few rights: forgotten, and walked anew. */
	line->generation = 0;
	entry = walk(va);
	if (!entry || !allows(*entry, access)) {
		*error_code = PF_U | (entry && (*entry & PTE_P) ? PF_P : 0) |
			      (access == ACCESS_WRITE ? PF_W : access == ACCESS_EXEC ? PF_I : 0);
		return NULL;
	}
	*entry |= PTE_A | (access == ACCESS_WRITE ? PTE_D : 0);
	*line = (struct tlb_line){ tlb_generation, va >> PAGE_SHIFT, *entry };
	return (uint8_t *)__va(*entry & PTE_PFN_MASK) + va % PAGE_SIZE;
}

static uint64_t nr_faults;
static struct fault_result last_fault;

/* One access from ring 3. The byte, or NULL with the signal in last_fault. */
static uint8_t *user_access(uint64_t va, enum access access)
{
	uint32_t error_code;
	uint8_t *byte;

	for (int tries = 0; tries < 4; tries++) {
		byte = translate(va, access, &error_code);
		if (byte)
			return byte;
		nr_faults++;
		last_fault = do_user_addr_fault(get_current()->mm, va, error_code);
		if (last_fault.signo)
			return NULL;
	}
	panic("access to %#lx never succeeds", va);
}

static int peek(uint64_t va)
{
	uint8_t *byte = user_access(va, ACCESS_READ);

	return byte ? *byte : -last_fault.signo;
}

static int poke(uint64_t va, int value)
{
	uint8_t *byte = user_access(va, ACCESS_WRITE);

	if (!byte)
		return -last_fault.signo;
	*byte = value;
	return 0;
}

/* --- processes -------------------------------------------------------------------------------- */

#define MAX_TASKS 64
static struct task_struct tasks[MAX_TASKS];	/* [0] is idle */

static void switch_to(struct task_struct *task)
{
	struct task_struct *prev = cpus[0].current;

	/* A task without an mm goes on with the tables it finds, as the scheduler does it. */
	if (!task->mm) {
		task->active_mm = prev->active_mm;
		mmgrab(task->active_mm);
	} else {
		switch_mm(prev->active_mm, task->mm);
		task->active_mm = task->mm;
	}
	cpus[0].current = task;
	if (!prev->mm && prev != task) {
		mmdrop(prev->active_mm);
		prev->active_mm = NULL;
	}
}

static struct task_struct *new_task(struct mm_struct *mm)
{
	for (int i = 1; i < MAX_TASKS; i++) {
		if (tasks[i].mm)
			continue;
		tasks[i] = (struct task_struct){ .pid = i, .mm = mm, .active_mm = mm };
		return &tasks[i];
	}
	panic("more than %d tasks", MAX_TASKS);
}

/* A child of the current process, which goes on; NULL: no memory. */
static struct task_struct *fork_current(void)
{
	struct mm_struct *mm = dup_mm(get_current()->mm);
	struct task_struct *child = mm ? new_task(mm) : NULL;

	/* As a fork copies the task: its cache comes along, and must not be believed. */
	if (child) {
		memcpy(child->vmacache, get_current()->vmacache, sizeof(child->vmacache));
		child->vmacache_seqnum = get_current()->vmacache_seqnum;
	}
	return child;
}

/* The current task dies; `next` goes on. */
static void exit_current(struct task_struct *next)
{
	struct task_struct *task = get_current();
	struct mm_struct *mm = task->mm;

	mmgrab(mm);
	task->mm = NULL;
	mmput(mm);
	switch_to(next);
}

/* idle lets go of the tables it goes on with. */
static void drop_lazy_mm(void)
{
	struct mm_struct *mm = tasks[0].active_mm;

	mmgrab(&init_mm);
	switch_mm(mm, &init_mm);
	tasks[0].active_mm = &init_mm;
	mmdrop(mm);
}

/* --- start ------------------------------------------------------------------------------------ */

#define FRAMES_BELOW 16			/* "image": frame 0 is the kernel's top-level table */

static void boot_ram(uint64_t megabytes, bool zeroed)
{
	arena_size = megabytes << 20;
	arena = mmap(NULL, arena_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED)
		panic("no memory for the arena");
	if (!zeroed)
		memset(arena, 0xd5, arena_size);
	memset(arena, 0, PAGE_SIZE);
	/* What the kernel's half points to is never followed here. */
	((uint64_t *)arena)[level_index(PAGE_OFFSET, 4)] = 0xd1000 | TABLE_ENTRY;
	((uint64_t *)arena)[level_index(KERNEL_MAP, 4)] = 0xd2000 | TABLE_ENTRY;
	mm_profile.ram_zeroed = zeroed;
	free_area_init(FRAMES_BELOW << PAGE_SHIFT, arena_size, arena_size);
	mm_init(arena_size);
	tasks[0] = (struct task_struct){ .flags = PF_KTHREAD, .active_mm = &init_mm };
	mmgrab(&init_mm);
	cpus[0].current = &tasks[0];
}

/* Limits of every task here; a test may change them. */
static uint64_t test_rlimits[LX_RLIM_NLIMITS] = {
	[LX_RLIMIT_DATA] = UINT64_MAX,
	[LX_RLIMIT_STACK] = 8UL << 20,
	[LX_RLIMIT_MEMLOCK] = 8UL << 20,
	[LX_RLIMIT_AS] = UINT64_MAX,
};

uint64_t rlimit(unsigned int resource)
{
	return test_rlimits[resource];
}

uint64_t rlimit_max(unsigned int resource)
{
	return test_rlimits[resource];
}

/* A process without areas, running. */
static struct task_struct *start_process(void)
{
	struct mm_struct *mm = mm_alloc();
	struct task_struct *task;

	if (!mm)
		panic("no memory for an mm");
	arch_pick_mmap_layout(mm, rlimit(LX_RLIMIT_STACK));
	task = new_task(mm);
	switch_to(task);
	return task;
}

static struct task_struct *boot(uint64_t megabytes)
{
	boot_ram(megabytes, /* zeroed = */ true);
	return start_process();
}

/* --- a file ----------------------------------------------------------------------------------- */

/* Page i is full of bytes 'a' + i. */
static struct page *test_file_pages[8];

static struct page *test_file_get_page(struct address_space *mapping, uint64_t index, int *error)
{
	struct page *page;

	*error = -LX_EINVAL;
	if (index >= mapping->host->i_size >> PAGE_SHIFT)
		return NULL;
	*error = -LX_ENOMEM;
	page = test_file_pages[index];
	if (!page) {
		page = alloc_pages(GFP_KERNEL, 0);
		if (!page)
			return NULL;
		page->mapping = mapping;
		page->index = index;
		memset(__va(page_to_pfn(page) << PAGE_SHIFT), 'a' + index, PAGE_SIZE);
		test_file_pages[index] = page;
	}
	get_page(page);
	return page;
}

struct list_head super_inodes = LIST_HEAD_INIT(super_inodes);
static const struct address_space_operations test_aops = { .get_page = test_file_get_page };
static const struct file_operations test_fops = { .mmap = generic_file_mmap };
const struct file_operations shmem_file_operations = {
	.mmap = shmem_mmap, .fallocate = shmem_fallocate, .fsync = noop_fsync,
};
static struct inode test_inode = {
	.i_size = 4 * PAGE_SIZE,
	.i_flags = S_IMAGE,
	.i_count = 1,
	.i_data = { .host = &test_inode, .a_ops = &test_aops },
};
static struct file test_file = {
	.f_count = 1, .f_mode = FMODE_READ, .f_inode = &test_inode, .f_mapping = &test_inode.i_data,
	.f_op = &test_fops,
};

static uint64_t nr_open_files;

struct file *alloc_file_pseudo(struct inode *inode, const char *name, uint32_t flags, const struct file_operations *fop)
{
	struct file *file = calloc(1, sizeof(*file));

	(void)name;
	nr_open_files++;
	*file = (struct file){ .f_count = 1, .f_flags = flags, .f_mode = FMODE_READ | FMODE_WRITE, .f_inode = inode,
			       .f_mapping = &inode->i_data, .f_op = fop };
	return file;
}

void fput(struct file *file)
{
	if (--file->f_count > 0)
		return;
	if (file == &test_file)
		panic("the test file: last reference dropped");
	nr_open_files--;
	iput(file->f_inode);
	free(file);
}

/* --- steps ------------------------------------------------------------------------------------ */

#define BASE	0x10000000UL
#define WINDOW	64			/* pages */
#define PG(i)	(BASE + (uint64_t)(i) * PAGE_SIZE)

static uint64_t prot_of(const char *rights)
{
	return (strchr(rights, 'r') ? LX_PROT_READ : 0) | (strchr(rights, 'w') ? LX_PROT_WRITE : 0) |
	       (strchr(rights, 'x') ? LX_PROT_EXEC : 0);
}

static long map_flags(int first, int n, const char *rights, uint64_t flags)
{
	return ksys_mmap(PG(first), n * PAGE_SIZE, prot_of(rights),
			 flags | LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_FIXED, NULL, 0);
}

static long map(int first, int n, const char *rights) { return map_flags(first, n, rights, 0); }

static long map_file(int first, int n, const char *rights, int file_page)
{
	return ksys_mmap(PG(first), n * PAGE_SIZE, prot_of(rights), LX_MAP_PRIVATE | LX_MAP_FIXED, &test_file,
			 file_page * PAGE_SIZE);
}

static long unmap(int first, int n) { return ksys_munmap(PG(first), n * PAGE_SIZE); }

static long protect(int first, int n, const char *rights)
{
	return ksys_mprotect(PG(first), n * PAGE_SIZE, prot_of(rights));
}

static struct vm_area_struct *area_at(int page)
{
	struct mm_struct *mm = get_current()->mm;
	struct vm_area_struct *vma;

	for (vma = mm->mmap; vma && vma->vm_end <= PG(page); vma = vma->vm_next)
		;
	return vma && vma->vm_start <= PG(page) ? vma : NULL;
}

static uint64_t pte_at(uint64_t va)
{
	uint64_t span_end;
	uint64_t *pte = pte_lookup(get_current()->mm, va, &span_end);

	return pte ? *pte : 0;
}

static struct page *page_at(int page) { return pfn_to_page(pte_pfn(pte_at(PG(page)))); }

/* The window as a picture, up to its last mapped page. */
static const char *picture(void)
{
	static char text[WINDOW + 1];
	const struct vm_area_struct *before = NULL;
	char c = 0;
	int last = -1;

	for (int i = 0; i < WINDOW; i++) {
		const struct vm_area_struct *vma = area_at(i);
		char kind;

		text[i] = '.';
		if (!vma) {
			before = NULL;
			c = 0;
			continue;
		}
		kind = vma->vm_flags & VM_WRITE ? 'w' : vma->vm_flags & VM_EXEC ? 'x'
						      : vma->vm_flags & VM_READ ? 'r' : 'n';
		if (vma != before)
			c = c == kind ? kind - 'a' + 'A' : kind;
		before = vma;
		text[i] = c;
		last = i;
	}
	text[last + 1] = '\0';
	return text;
}

#endif
