/* SPDX-License-Identifier: MIT */
/*
 * The set of stale translations, on streams of trace entries written by hand: what a kernel does right leaves no
 * problem; each flush that it forgets leaves the one that names it.
 */
#include "check.h"
#include "observe/tlb.h"

/* One address space: tables in frames 1 (top) to 4, pages in frames 16 and up, in a second one with top 9. */
#define PGD	0x1000UL
#define PUD	0x2000UL
#define PMD	0x3000UL
#define PT	0x4000UL
#define OTHER	0x9000UL
#define VA	0x400000UL	/* entry 0 of PT, by entry 2 of PMD */
#define LINK	(PTE_P | PTE_RW | PTE_US | PTE_A)
#define RO	(PTE_P | PTE_US | PTE_A | PTE_NX)
#define RW	(RO | PTE_RW | PTE_D)
#define PAGE(n) ((uint64_t)(n) << PAGE_SHIFT)

static struct tlb_watch watch;

static void add(enum lab_trace_type type, uint32_t cpu, uint64_t a, uint64_t b, uint64_t c)
{
	const struct lab_trace_entry entry = {.type = type, .cpu = cpu, .ip = 0x80100000, .args = {a, b, c}};

	tlb_watch_add(&watch, &entry);
}

static void set(uint64_t entry_pa, uint64_t now, uint64_t old) { add(LAB_TRACE_SET, 0, entry_pa, now, old); }
static void cr3(uint64_t pa) { add(LAB_TRACE_CR3, 0, pa, 0, 0); }
static void invlpg(uint64_t va) { add(LAB_TRACE_INVLPG, 0, va, 0, 0); }
static void freed(uint64_t pfn) { add(LAB_TRACE_FREE, 0, pfn, 0, 0); }

/** The tables linked, CR3 loaded, and `pte` written at VA. */
static void begin(uint64_t pte)
{
	tlb_watch_forget(&watch);
	set(PGD + 8 * 511, 0x100000 | LINK, 0);
	set(OTHER + 8 * 511, 0x100000 | LINK, 0);
	set(PGD, PUD | LINK, 0);
	set(PUD, PMD | LINK, 0);
	set(PMD + 8 * 2, PT | LINK, 0);
	cr3(PGD);
	set(PT, pte, 0);
}

/** The step ends, on a guest whose tables are those of the trace. */
static uint32_t end(void)
{
	static struct table tables[] = {{.pa = PGD, .level = 4, .present = 2}, {.pa = PUD, .level = 3, .present = 1},
					{.pa = PMD, .level = 2, .present = 1},
					{.pa = PT, .va = VA, .level = 1, .present = 1}};
	static struct model_mm mm = {.pgd_pa = PGD, .tables = tables, .nr_tables = 4};
	static struct cpu_state cpu = {.cr3 = PGD};
	const struct model model = {.mms = &mm, .nr_mms = 1, .cpus = &cpu, .nr_cpus = 1};

	tlb_watch_end(&watch, &model);
	return watch.nr_problems;
}

static void expect(enum tlb_fault what, uint64_t va, uint64_t pfn)
{
	CHECK_EQ(watch.nr_problems, 1);
	CHECK_EQ(watch.problems[0].what, what);
	CHECK_EQ(watch.problems[0].va, va);
	CHECK_EQ(watch.problems[0].pfn, pfn);
	CHECK_EQ(watch.problems[0].ip, 0xffffffff80100000);
}

Test(tlb, what_is_flushed_is_no_problem)
{
	begin(PAGE(16) | RW);
	set(PT, 0, PAGE(16) | RW);
	invlpg(VA + 0x123);
	freed(16);
	set(PT, PAGE(17) | RO, 0);
	set(PT, (PAGE(17) | RO) & ~PTE_US, PAGE(17) | RO);
	cr3(PGD);
	CHECK_EQ(end(), 0);
}

Test(tlb, what_only_gains_needs_no_flush)
{
	begin(PAGE(16) | RO);
	set(PT, PAGE(16) | RW, PAGE(16) | RO);			/* COW reuse */
	set(PT, (PAGE(16) | RW) & ~PTE_NX, PAGE(16) | RW);
	set(PT + 8, PAGE(17) | PTE_PROTNONE, 0);		/* never present */
	set(PT + 8, 0, PAGE(17) | PTE_PROTNONE);
	freed(17);
	CHECK_EQ(end(), 0);
}

Test(tlb, each_right_that_is_taken_away_must_be_flushed)
{
	const uint64_t old = (PAGE(16) | RW) & ~PTE_NX;
	const uint64_t less[] = {0, old & ~PTE_RW, old & ~PTE_US, old | PTE_NX, (old & ~PTE_PFN_MASK) | PAGE(17),
				 (old & ~PTE_P) | PTE_PROTNONE};

	for (size_t i = 0; i < sizeof(less) / sizeof(less[0]); i++) {
		begin(old);
		set(PT, less[i], old);
		invlpg(VA + PAGE_SIZE); /* the wrong one */
		end();
		expect(TLB_STALE, VA, 16);
		CHECK_EQ(watch.problems[0].now, less[i]);
	}
}

Test(tlb, clearing_d_must_be_flushed)
{
	begin(PAGE(16) | RW);
	set(PT, (PAGE(16) | RW) & ~PTE_D, PAGE(16) | RW);
	end();
	expect(TLB_DIRTY, VA, 16);
}

Test(tlb, a_frame_is_not_freed_before_the_flush)
{
	begin(PAGE(16) | RW);
	set(PT, 0, PAGE(16) | RW);
	freed(16);
	invlpg(VA);
	end();
	expect(TLB_FRAME_FREED, VA, 16);
	CHECK_EQ(watch.problems[0].freed_ip, 0xffffffff80100000);
}

Test(tlb, a_block_is_every_frame_of_it)
{
	begin(PAGE(19) | RW);
	set(PT, 0, PAGE(19) | RW);
	add(LAB_TRACE_FREE, 0, 16, 2, 0);
	end();
	expect(TLB_FRAME_FREED, VA, 19);
}

Test(tlb, an_empty_table_is_flushed_by_any_invlpg)
{
	begin(PAGE(16) | RW);
	set(PT, 0, PAGE(16) | RW);
	invlpg(VA);
	set(PMD + 8 * 2, 0, PT | LINK);
	invlpg(0x12345000);
	freed(PT >> PAGE_SHIFT);
	CHECK_EQ(end(), 0);

	begin(PAGE(16) | RW);
	set(PT, 0, PAGE(16) | RW);
	invlpg(VA);
	set(PMD + 8 * 2, 0, PT | LINK);
	freed(PT >> PAGE_SHIFT);
	end();
	expect(TLB_TABLE_FREED, VA, PT >> PAGE_SHIFT);
}

/** mremap moves a table with its pages: one INVLPG is not enough. */
Test(tlb, a_table_that_is_moved_takes_its_pages_along)
{
	begin(PAGE(16) | RW);
	set(PMD + 8 * 2, 0, PT | LINK);
	set(PMD + 8 * 3, PT | LINK, 0);
	invlpg(VA);
	end();
	expect(TLB_STALE, VA, PT >> PAGE_SHIFT);

	begin(PAGE(16) | RW);
	set(PMD + 8 * 2, 0, PT | LINK);
	set(PMD + 8 * 3, PT | LINK, 0);
	cr3(PGD);
	set(PT, 0, PAGE(16) | RW);	/* at its new address */
	end();
	expect(TLB_STALE, VA + PMD_SIZE, 16);
}

Test(tlb, an_address_space_that_no_cpu_holds_has_nothing_cached)
{
	begin(PAGE(16) | RW);
	cr3(OTHER);
	set(PT, 0, PAGE(16) | RW);
	freed(16);
	CHECK_EQ(end(), 0);
}

Test(tlb, each_cpu_flushes_for_itself)
{
	begin(PAGE(16) | RW);
	add(LAB_TRACE_CR3, 1, PGD, 0, 0);
	set(PT, 0, PAGE(16) | RW);
	invlpg(VA);
	end();
	expect(TLB_STALE, VA, 16);
	CHECK_EQ(watch.problems[0].cpu, 1);
	begin(PAGE(16) | RW);
	add(LAB_TRACE_CR3, 1, PGD, 0, 0);
	set(PT, 0, PAGE(16) | RW);
	invlpg(VA);
	add(LAB_TRACE_INVLPG, 1, VA, 0, 0);
	CHECK_EQ(end(), 0);
}

/** Fork without a flush: the CR3 load of the child comes when the parent has run on. */
Test(tlb, the_flush_comes_before_ring_3)
{
	begin(PAGE(16) | RW);
	set(PT, PAGE(16) | RO, PAGE(16) | RW);
	add(LAB_TRACE_USER, 0, 0, 0, 0);
	cr3(OTHER);
	expect(TLB_STALE, VA, 16);

	begin(PAGE(16) | RW);
	set(PT, PAGE(16) | RO, PAGE(16) | RW);
	cr3(PGD);
	add(LAB_TRACE_USER, 0, 0, 0, 0);
	CHECK_EQ(end(), 0);
}

/** Another CPU in ring 3 may have it until the CPU that took it away goes on. */
Test(tlb, a_shootdown_ends_when_its_cpu_goes_on)
{
	begin(PAGE(16) | RW);
	add(LAB_TRACE_CR3, 1, PGD, 0, 0);
	set(PT, PAGE(16) | RO, PAGE(16) | RW);
	invlpg(VA);
	add(LAB_TRACE_USER, 1, 0, 0, 0);
	CHECK_EQ(watch.nr_problems, 0);
	add(LAB_TRACE_USER, 0, 0, 0, 0);
	expect(TLB_STALE, VA, 16);
	CHECK_EQ(watch.problems[0].cpu, 1);
}

/** A problem is one of its step; the next begins anew, and forgetting is complete. */
Test(tlb, problems_are_told_once)
{
	begin(PAGE(16) | RW);
	set(PT, 0, PAGE(16) | RW);
	CHECK_EQ(end(), 1);
	CHECK_EQ(end(), 0);
	set(PT, 0, PAGE(16) | RW);
	tlb_watch_forget(&watch);
	CHECK_EQ(end(), 0);
}

/** Whatever the trace says: bounded work, no crash. */
Test(tlb, noise_is_taken_in, .timeout = 60)
{
	uint64_t r = 88172645463325252UL;

	begin(PAGE(16) | RW);
	for (int i = 0; i < 2000000; i++) {
		struct lab_trace_entry entry;

		for (unsigned int j = 0; j < sizeof(entry) / 8; j++) {
			r ^= r << 13, r ^= r >> 7, r ^= r << 17;
			((uint64_t *)&entry)[j] = r % 3 ? r & 0xffff00ffffff : r;
		}
		entry.type = r % 7;
		entry.cpu = r >> 8 & 3;
		if (r >> 16 & 1)
			entry.args[0] = PT + (r >> 20 & 0xff8), entry.args[2] |= PTE_P;
		if (entry.type == LAB_TRACE_CR3)
			entry.args[0] = r >> 17 & 1 ? PGD : OTHER;
		tlb_watch_add(&watch, &entry);
		if ((r >> 30) % 100000 == 0)
			end();
	}
	end();
	CHECK(watch.nr_problems > 0);
	tlb_watch_forget(&watch);
}
