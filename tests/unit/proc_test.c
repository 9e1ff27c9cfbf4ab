/* SPDX-License-Identifier: MIT */
/*
 * /proc as the host makes it of RAM: of a guest that is known to the last byte, of one that lies, and against
 * the files of the Linux that runs this test, which must have the same lines in the same order and columns.
 */
#include <ctype.h>
#include <stdio.h>

#include "check.h"
#include "report/proc.h"
#include "tiny_kernel.h"

TestSuite(proc, .timeout = 60);

static const struct model_mm *mm_at(const struct model *m, uint64_t addr)
{
	uint32_t index = addr_map_get(&m->mm_map, addr);

	CHECK(index != ADDR_MAP_NONE);
	return &m->mms[index];
}

/* File `name` of mm_a of a tiny guest, which `change` may have changed. Freed by the end of the test. */
static struct buf file_of(const char *name, void (*change)(struct tiny *t))
{
	struct buf b = {0};
	struct model *m;
	struct tiny t;

	tiny_new(&t);
	if (change)
		change(&t);
	m = tiny_model(&t);
	proc_writer_of(name)(&b, m, mm_at(m, t.mm_a));
	model_free(m);
	tiny_end(&t);
	return b;
}

static void name_things(struct tiny *t)
{
	struct mm_struct *mm = at(t, t->mm_a);

	strcpy(AT(dentry, t, TINY_DENTRY)->d_name, "a b\nc");
	mm->start_brk = 0x600000, mm->brk = 0x601000;
	mm->start_stack = TINY_STACK_END - 0x100;
	mm->start_code = 0x400000, mm->end_code = 0x400123;
}

Test(proc, a_line_per_area)
{
	struct buf b = file_of("maps", name_things);

	CHECK_STR(buf_text(&b),
		  "00400000-00401000 r-xp 00000000 00:01 1                                  /a b\\012c\n"
		  "00600000-00601000 rw-p 00000000 00:00 0                                  [heap]\n"
		  "7ffff7000000-7ffff7004000 rw-p 00000000 00:00 0 \n"
		  "7ffff7100000-7ffff7104000 rw-p 00000000 00:00 0 \n"
		  "7ffff7200000-7ffff7202000 ---p 00000000 00:00 0 \n"
		  "7ffff7300000-7ffff7302000 r--p 00000000 00:00 0 \n"
		  "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]\n");
	buf_free(&b);
}

static void without_name(struct tiny *t)
{
	AT(dentry, t, TINY_DENTRY)->d_flags = DCACHE_UNLINKED;
}

static void in_no_directory(struct tiny *t)
{
	strcpy(AT(dentry, t, TINY_DENTRY)->d_name, "memfd:x");
	AT(dentry, t, TINY_DENTRY)->d_flags = DCACHE_UNLINKED;
	AT(dentry, t, TINY_DENTRY)->d_parent = ptr(TINY_DENTRY);
}

/* "f" and then "/f" again, without end. */
static void in_a_circle(struct tiny *t)
{
	AT(dentry, t, TINY_ROOT)->d_parent = ptr(TINY_DENTRY);
}

Test(proc, names_of_files)
{
	struct buf b = file_of("maps", without_name);

	CHECK_HAS(buf_text(&b), " /f (deleted)\n");
	buf_free(&b);
	b = file_of("maps", in_no_directory);
	CHECK_HAS(buf_text(&b), " /memfd:x (deleted)\n");
	buf_free(&b);
	b = file_of("maps", in_a_circle);
	CHECK_HAS(buf_text(&b),
		  "00400000-00401000 r-xp 00000000 00:01 1                                  \n");
	buf_free(&b);
}

/* The record of the area that begins at `start`, up to its last line. */
static const char *record(const struct buf *b, const char *start)
{
	static char text[2048];
	const char *from = strstr(buf_text(b), start), *to = strstr(from, "VmFlags");

	snprintf(text, sizeof(text), "%.*s", (int)(strchr(to, '\n') - from), from);
	return text;
}

Test(proc, smaps_counts_pages_and_who_shares_them)
{
	struct buf b = file_of("smaps", NULL);

	/* A page that the child maps, too, clean; and one alone, dirty. */
	CHECK_HAS(record(&b, "7ffff7000000"), "Rss:                   4 kB\nPss:                   2 kB\n");
	CHECK_HAS(record(&b, "7ffff7000000"), "Shared_Clean:          4 kB\n");
	CHECK_HAS(record(&b, "7ffff7000000"), "LazyFree:              4 kB\n");
	CHECK_HAS(record(&b, "7ffff7100000"), "Pss_Dirty:             4 kB\n");
	CHECK_HAS(record(&b, "7ffff7100000"), "Private_Dirty:         4 kB\nReferenced:            4 kB\n");
	CHECK_HAS(record(&b, "7ffff7100000"), "VmFlags: rd wr ");
	/* PROT_NONE keeps its page; the zero page counts nowhere, locked or not. */
	CHECK_HAS(record(&b, "7ffff7200000"), "Rss:                   4 kB\n");
	CHECK_HAS(record(&b, "7ffff7300000"), "Rss:                   0 kB\n");
	CHECK_HAS(record(&b, "7ffff7300000"), "Locked:                0 kB\n");
	CHECK_HAS(record(&b, "7ffff7300000"), "VmFlags: rd mr mw me lo ");
	CHECK_HAS(record(&b, "00400000"), "Size:                  4 kB\nKernelPageSize:        4 kB\n");
	buf_free(&b);
}

static void dirty_and_locked(struct tiny *t)
{
	t->mem_map[t->cow_pfn].flags |= PG_dirty;
	AT(vm_area_struct, t, t->cow_a)->vm_flags |= VM_LOCKED | VM_LOCKONFAULT;
}

Test(proc, a_page_that_remembers_being_written)
{
	struct buf b = file_of("smaps", dirty_and_locked);

	CHECK_HAS(record(&b, "7ffff7000000"), "Shared_Dirty:          4 kB\n");
	CHECK_HAS(record(&b, "7ffff7000000"), "LazyFree:              0 kB\n");
	CHECK_HAS(record(&b, "7ffff7000000"), "Locked:                2 kB\n");
	CHECK_HAS(record(&b, "7ffff7000000"), " lo ?? ");
	buf_free(&b);
}

Test(proc, rollup_adds_up)
{
	struct buf b = file_of("smaps_rollup", NULL);

	CHECK_HAS(buf_text(&b),
		  "00400000-7ffffffff000 ---p 00000000 00:00 0                              [rollup]\n"
		  "Rss:                  20 kB\nPss:                  18 kB\n");
	CHECK_HAS(buf_text(&b),
		  "Pss_Anon:             14 kB\nPss_File:              4 kB\nPss_Shmem:             0 kB\n");
	buf_free(&b);
}

static void with_peaks(struct tiny *t)
{
	name_things(t);
	AT(mm_struct, t, t->mm_a)->hiwater_vm = 1000;
	AT(mm_struct, t, t->mm_a)->hiwater_rss = 2; /* less than now: stale */
}

Test(proc, status_and_statm_are_counted_by_the_host)
{
	struct buf b = file_of("status", with_peaks), statm = file_of("statm", with_peaks);

	CHECK_STR(buf_text(&b),
		  "VmPeak:\t    4000 kB\nVmSize:\t     188 kB\nVmLck:\t       8 kB\nVmPin:\t       0 kB\n"
		  "VmHWM:\t      20 kB\nVmRSS:\t      20 kB\nRssAnon:\t      16 kB\nRssFile:\t       4 kB\n"
		  "RssShmem:\t       0 kB\nVmData:\t      36 kB\nVmStk:\t     132 kB\nVmExe:\t       4 "
		  "kB\nVmLib:\t       0 kB\n"
		  "VmPTE:\t      32 kB\nVmSwap:\t       0 kB\nHugetlbPages:\t       0 kB\n");
	CHECK_STR(buf_text(&statm), "47 5 1 1 0 42 0\n");
	buf_free(&b);
	buf_free(&statm);
}

Test(proc, pagemap_entry_by_entry)
{
	uint64_t entries[4];
	struct buf b = {0};
	struct model *m;
	struct tiny t;

	tiny_new(&t);
	AT(vm_area_struct, &t, t.data_a)->vm_flags |= VM_SOFTDIRTY; /* its other pages are soft-dirty, too */
	m = tiny_model(&t);
	proc_put_pagemap(&b, m, mm_at(m, t.mm_a), t.own_va, 2);
	proc_put_pagemap(&b, m, mm_at(m, t.mm_a), t.cow_va + 5, 1);
	proc_put_pagemap(&b, m, mm_at(m, t.mm_a), t.file_va, 1);
	CHECK_EQ(b.len, sizeof(entries));
	memcpy(entries, b.text, sizeof(entries));
	CHECK_EQ(entries[0], t.own_pfn | 1UL << 63 | 1UL << 56 | 1UL << 55);
	CHECK_EQ(entries[1], 1UL << 55);
	CHECK_EQ(entries[2], t.cow_pfn | 1UL << 63);
	CHECK_EQ(entries[3], t.file_pfn | 1UL << 63 | 1UL << 61 | 1UL << 56);
	buf_clear(&b);
	proc_put_pagemap(&b, m, mm_at(m, t.mm_a), t.none_va, 1);
	proc_put_pagemap(&b, m, mm_at(m, t.mm_a), t.zero_va, 1);
	memcpy(entries, b.text, 16);
	CHECK_EQ(entries[0], t.none_pfn | 1UL << 63 | 1UL << 56);
	CHECK_EQ(entries[1], t.zero_pfn | 1UL << 63);
	/* It ends with user space. */
	buf_clear(&b);
	proc_put_pagemap(&b, m, mm_at(m, t.mm_a), TASK_SIZE - 2 * PAGE_SIZE, 100);
	proc_put_pagemap(&b, m, mm_at(m, t.mm_a), UINT64_MAX, 100);
	CHECK_EQ(b.len, 16);
	buf_free(&b);
	model_free(m);
	tiny_end(&t);
}

static uint32_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Words of RAM, where the structures are, become others. */
static void break_something(struct tiny *t)
{
	for (int i = 0; i < 40; i++) {
		uint64_t *word = (uint64_t *)(t->ram + TINY_DATA) +
				 next_random() % ((t->next_pfn * PAGE_SIZE - TINY_DATA) / 8);

		*word = next_random() % 3 ? *word ^ 1UL << next_random() % 64 : (uint64_t)next_random() << 32;
	}
}

Test(proc, a_guest_that_lies_is_only_written_down)
{
	static const char *const names[] = {"maps", "smaps", "smaps_rollup", "status", "statm"};

	for (int round = 0; round < 300; round++) {
		struct buf b = {0};
		struct model *m;
		struct tiny t;

		tiny_new(&t);
		break_something(&t);
		m = tiny_model(&t);
		for (uint32_t mm = 0; mm < m->nr_mms; mm++) {
			for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
				proc_writer_of(names[i])(&b, m, &m->mms[mm]);
			proc_put_pagemap(&b, m, &m->mms[mm], next_random(), 100);
		}
		CHECK(b.len < 100 << 20);
		buf_free(&b);
		model_free(m);
		tiny_end(&t);
	}
	CHECK(proc_writer_of("environ") == NULL);
}

/* --- against the Linux of this machine -------------------------------------------------------------- */

/* Every line of our /proc/self/maps, taken apart and written again by proc_put_range, is the same line. */
Test(proc, lines_of_maps_are_linuxs)
{
	char line[5000];
	FILE *f = fopen("/proc/self/maps", "r");
	int lines = 0;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long start, end, offset, ino;
		unsigned int major, minor;
		struct buf b = {0};
		char prot[5];
		int at = 0;

		CHECK_EQ(sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &start, &end, prot, &offset, &major,
				&minor, &ino, &at),
			 7);
		if (major > 0xff || minor > 0xff)
			continue; /* a device number that no guest has */
		proc_put_range(&b, start, end,
			       (prot[0] == 'r' ? VM_READ : 0) | (prot[1] == 'w' ? VM_WRITE : 0) |
				       (prot[2] == 'x' ? VM_EXEC : 0) | (prot[3] == 's' ? VM_MAYSHARE : 0),
			       offset, major << 8 | minor, ino, line[at]);
		buf_puts(&b, line + at + (line[at] == '\n' ? 1 : 0));
		if (b.text[b.len - 1] != '\n')
			buf_puts(&b, "\n");
		CHECK_STR(buf_text(&b), line);
		buf_free(&b);
		lines++;
	}
	CHECK(lines > 5);
	fclose(f);
}

/* Keys that Linux has only since 6.1, or only on some processors. */
static bool newer_than_6_1(const char *line)
{
	return !strncmp(line, "KSM:", 4) || !strncmp(line, "ProtectionKey:", 14);
}

/* The next line of the file that is not newer; false: the end. */
static bool next_line(FILE *f, char *line, size_t size)
{
	do {
		if (!fgets(line, size, f))
			return false;
	} while (newer_than_6_1(line));
	return true;
}

/*
 * `ours` and the lines of a file of a small program on this Linux, from the first that begins with `first`:
 * line by line the same key, and a value in the same columns.
 */
static void check_like_linux(const char *path, const char *first, const char *ours)
{
	char line[5000], command[100];
	FILE *f;

	snprintf(command, sizeof(command), "cat /proc/self/%s", path);
	f = popen(command, "r");
	CHECK_THAT(f, "%s", path);
	line[0] = '\0';
	while (strncmp(line, first, strlen(first)) != 0)
		CHECK_THAT(next_line(f, line, sizeof(line)), "%s in %s", first, path);
	while (*ours) {
		size_t len = strcspn(ours, "\n"), key = strcspn(ours, ":");
		bool thp = !strncmp(ours, "THPeligible", 11); /* its column moved in 6.6 */

		CHECK_THAT(!strncmp(line, ours, key + 1), "%.*s where Linux has %s", (int)len, ours, line);
		CHECK_THAT(thp || !strncmp(ours, "VmFlags", 7) || strlen(line) == len + 1,
			   "%.*s where Linux has %s", (int)len, ours, line);
		ours += len + 1;
		if (!*ours || !next_line(f, line, sizeof(line)))
			break;
	}
	CHECK_THAT(!*ours, "Linux lacks %s", ours);
	pclose(f);
}

Test(proc, records_have_the_lines_of_linux)
{
	struct buf smaps = file_of("smaps", NULL), rollup = file_of("smaps_rollup", NULL);
	struct buf status = file_of("status", NULL);

	check_like_linux("smaps", "Size:", strstr(record(&smaps, "7ffff7100000"), "Size:"));
	check_like_linux("smaps_rollup", "Rss:", strstr(buf_text(&rollup), "Rss:"));
	check_like_linux("status", "VmPeak:", buf_text(&status));
	buf_free(&smaps);
	buf_free(&rollup);
	buf_free(&status);
}
