/* SPDX-License-Identifier: MIT */
/*
 * Pictures, their differences and the files made of them, from models made by hand: one process with two
 * areas, the agent's pages beside them, frames that come, go and are shared.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "report/changes.h"
#include "report/explain.h"
#include "report/flat.h"
#include "report/full.h"
#include "report/outdir.h"
#include "report/report.h"
#include "uapi.h"

/* After the shared headers: it makes a macro of si_addr, which is a field of theirs. */
#include <signal.h>

#define NR_FRAMES 256
#define P	  0x7ffff7ff0000UL /* where the test's area begins */
#define ZERO_PFN  1
#define PGD	  100 /* frames of the tables of mm 1 */
#define AGENT_PFN 120

/* --- a model made by hand ------------------------------------------------------------------------------ */

struct fixture {
	struct model model;
	struct model_mm mms[3];
	struct model_task tasks[3];
	struct model_vma vmas[3][4];
	struct leaf_table leaf_tables[3][4];
	struct leaf_table *leaf_table_list[3][4];
	struct table tables[3][4];
	struct frame_chunk chunks[NR_FRAMES / CHUNK_FRAMES];
	struct frame_chunk *chunk_list[NR_FRAMES / CHUNK_FRAMES];
	struct cpu_state cpu;
};

static struct model_frame *frame(struct fixture *f, uint64_t pfn)
{
	return &f->chunks[pfn / CHUNK_FRAMES].frame[pfn % CHUNK_FRAMES];
}

/** The leaf table of mm that covers va, in ascending order. */
static struct leaf_table *table_for(struct fixture *f, int mm, uint64_t va)
{
	struct model_mm *m = &f->mms[mm];
	struct leaf_table *t = &f->leaf_tables[mm][m->nr_leaf_tables];
	uint64_t start = va & ~(PMD_SIZE - 1);
	uint32_t at = m->nr_leaf_tables;

	for (uint32_t i = 0; i < m->nr_leaf_tables; i++)
		if (m->leaf_tables[i]->va == start)
			return m->leaf_tables[i];
	*t = (struct leaf_table){.level = 1, .writable = true, .user = true, .nx = true, .va = start};
	for (m->nr_leaf_tables++; at > 0 && m->leaf_tables[at - 1]->va > start; at--)
		m->leaf_tables[at] = m->leaf_tables[at - 1];
	m->leaf_tables[at] = t;
	return t;
}

static void put_entry(struct fixture *f, int mm, uint64_t va, uint64_t entry)
{
	struct leaf_table *t = table_for(f, mm, va);
	unsigned int i = (va - t->va) >> PAGE_SHIFT;
	bool was = t->present[i / 64] >> i % 64 & 1, is = entry & PTE_P;

	t->entry[i] = entry;
	t->present[i / 64] = (t->present[i / 64] & ~(1UL << i % 64)) | (uint64_t)is << i % 64;
	t->nr_present += is - was;
	f->mms[mm].nr_leaves += is - was;
}

static void add_leaf(struct fixture *f, int mm, uint64_t va, uint64_t pfn, uint64_t bits)
{
	put_entry(f, mm, va, pfn << PAGE_SHIFT | bits | PTE_P | PTE_US);
	if (pfn == ZERO_PFN)
		return;
	frame(f, pfn)->role = FRAME_ANON;
	frame(f, pfn)->nr_maps++;
	frame(f, pfn)->raw._mapcount = frame(f, pfn)->nr_maps - 1;
	frame(f, pfn)->raw._refcount = frame(f, pfn)->nr_maps;
}

static void add_vma(struct fixture *f, int mm, uint64_t start, uint64_t end, uint64_t flags)
{
	struct model_mm *m = &f->mms[mm];
	uint32_t at = m->nr_vmas++;

	for (; at > 0 && f->vmas[mm][at - 1].raw.vm_start > start; at--)
		f->vmas[mm][at] = f->vmas[mm][at - 1];
	f->vmas[mm][at] = (struct model_vma){.raw = {.vm_start = start, .vm_end = end, .vm_flags = flags}};
	m->raw.map_count++;
	m->raw.total_vm += (end - start) / PAGE_SIZE;
}

static void add_table(struct fixture *f, int mm, int level, uint64_t va, uint64_t pfn)
{
	struct model_mm *m = &f->mms[mm];

	f->tables[mm][m->nr_tables++] = (struct table){
		.pa = pfn << PAGE_SHIFT, .parent_pa = level == 4 ? 0 : 8, .va = va, .level = level};
	frame(f, pfn)->role = FRAME_TABLE;
	if (level < 4)
		m->raw.pgtables_bytes += PAGE_SIZE;
}

static void add_process(struct fixture *f, int index, int pid, int parent, const char *comm)
{
	struct model_mm *mm = &f->mms[index];
	struct model_task *task = &f->tasks[f->model.nr_tasks++];

	*mm = (struct model_mm){.addr = {0x1000UL * index}, .pgd_pa = (PGD + index * 4UL) << PAGE_SHIFT};
	mm->vmas = f->vmas[index];
	mm->leaf_tables = f->leaf_table_list[index];
	mm->tables = f->tables[index];
	mm->raw.mm_users = mm->raw.mm_count = 1;
	mm->raw.start_brk = mm->raw.brk = 0x401000;
	mm->raw.start_stack = 0x7fffffffe000;
	f->model.nr_mms = index + 1;
	*task = (struct model_task){.addr = {0x100UL * pid}, .mm = index, .active_mm = index};
	task->raw.pid = task->raw.tgid = pid;
	task->raw.parent.va = 0x100UL * parent;
	snprintf(task->comm, sizeof(task->comm), "%s", comm);
	add_table(f, index, 4, 0, PGD + index * 4);
	add_table(f, index, 1, 0x400000, PGD + index * 4 + 1); /* the agent's */
	add_table(f, index, 1, P & ~(PMD_SIZE - 1), PGD + index * 4 + 2);
	add_vma(f, index, AGENT_TEXT, AGENT_TEXT + PAGE_SIZE, VM_READ | VM_EXEC);
	add_leaf(f, index, AGENT_TEXT, AGENT_PFN + index, 0);
	mm->raw.exec_vm++;
	mm->raw.rss_stat[MM_ANONPAGES]++;
}

/* init_mm, an idle task, process a with four read-write pages of area at P. */
static struct fixture *make_fixture(void)
{
	static struct fixture fixture; /* each test is a process of its own */
	struct fixture *f = &fixture;
	struct model *m = &f->model;

	m->mms = f->mms;
	m->nr_mms = 1;
	m->tasks = f->tasks;
	m->frames = f->chunk_list;
	for (unsigned int i = 0; i < NR_FRAMES / CHUNK_FRAMES; i++)
		f->chunk_list[i] = &f->chunks[i];
	m->nr_frames = m->nr_touched = NR_FRAMES;
	m->cpus = &f->cpu;
	m->nr_cpus = 1;
	m->lab.zero_pfn = ZERO_PFN;
	frame(f, ZERO_PFN)->role = FRAME_ZERO;
	for (int i = 2; i < NR_FRAMES; i++)
		frame(f, i)->role = FRAME_FREE;
	add_process(f, 1, 2, 0, "a");
	add_vma(f, 1, P, P + 4 * PAGE_SIZE, VM_READ | VM_WRITE);
	f->mms[1].raw.data_vm += 4;
	return f;
}

/* Pictures stay: a test compares them, and is over. */
static struct picture *keep(struct picture *p)
{
	static struct picture *kept[8];
	static unsigned int n;

	CHECK(n < 8);
	return kept[n++] = p;
}

static struct picture *look(struct names *names, struct fixture *f, const struct picture *before)
{
	return keep(picture_build(names, &f->model, before, NULL, 0));
}

static const char *changes(const struct picture *before, const struct picture *now)
{
	static struct buf b;

	buf_clear(&b);
	put_changes(&b, before, now);
	return buf_text(&b);
}

/* --- names --------------------------------------------------------------------------------------------- */

Test(report, frames_are_named_by_first_appearance_and_the_agents_not_at_all)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct picture *p;

	add_leaf(f, 1, P, 200, PTE_RW);
	add_leaf(f, 1, P + PAGE_SIZE, 50, PTE_RW);
	p = look(&names, f, NULL);
	CHECK_EQ(names_number(&names, PGD + 4), 1);
	CHECK_EQ(names_number(&names, PGD + 6), 2);
	CHECK_EQ(names_number(&names, 200), 3);
	CHECK_EQ(names_number(&names, 50), 4);
	CHECK_EQ(names_number(&names, AGENT_PFN + 1), 0);
	CHECK_EQ(names_number(&names, PGD + 5), 0); /* the table that leads to the agent alone */
	CHECK_EQ(p->mms[0].nr_pages, 2);
	CHECK_EQ(p->mms[0].nr_areas, 1);
	CHECK_EQ(p->mms[0].nr_tables, 2);
}

Test(report, a_frame_that_was_free_has_a_new_name_when_it_comes_back)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct picture *first, *second, *third;

	add_leaf(f, 1, P, 200, PTE_RW);
	first = look(&names, f, NULL);
	CHECK_EQ(first->mms[0].pages[0].name, 3);
	put_entry(f, 1, P, 0); /* the agent's alone is left */
	frame(f, 200)->role = FRAME_FREE;
	second = look(&names, f, first);
	CHECK_EQ(names_number(&names, 200), 0);
	frame(f, 200)->nr_maps = 0;
	add_leaf(f, 1, P, 200, PTE_RW);
	third = look(&names, f, second);
	CHECK_EQ(third->mms[0].pages[0].name, 4);
	CHECK_HAS(changes(first, second), "- F3                       free\n");
}

Test(report, raw_hides_nothing)
{
	struct fixture *f = make_fixture();
	static struct names names = {.raw = true};
	struct picture *p;
	static struct buf b;

	p = look(&names, f, NULL);
	CHECK_EQ(p->nr_mms, 2); /* init_mm too */
	CHECK_EQ(p->mms[1].nr_pages, 1);
	CHECK_EQ(p->mms[1].nr_areas, 2);
	CHECK_EQ(p->mms[1].nr_tables, 3);
	put_full(&b, p);
	CHECK_HAS(buf_text(&b), "#79 r--u");
}

Test(report, a_leaf_beyond_ram_does_not_get_anywhere)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct picture *p;

	put_entry(f, 1, P, PTE_P | 1UL << 50);
	put_entry(f, 1, P + PAGE_SIZE, PTE_P | NR_FRAMES << PAGE_SHIFT);
	p = look(&names, f, NULL);
	CHECK_EQ(p->mms[0].nr_pages, 2);
	CHECK_HAS(changes(NULL, p), "? r--s");
}

/* --- bits and counters --------------------------------------------------------------------------------- */

Test(report, accessed_is_told_where_somebody_is_known_to_have_accessed)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct touch touch = {.pid = 2, .start = P + 10, .end = P + 12};
	struct picture *first, *second, *third;

	add_leaf(f, 1, P, 200, PTE_RW | PTE_A | PTE_D);
	add_leaf(f, 1, P + PAGE_SIZE, 201, PTE_RW | PTE_A);
	first = keep(picture_build(&names, &f->model, NULL, &touch, 1));
	CHECK_EQ(first->mms[0].pages[0].bits & (PB_A | PB_D), PB_A | PB_D);
	CHECK_EQ(first->mms[0].pages[1].bits & (PB_A | PB_D), 0);
	second = look(&names, f, first); /* known ever after … */
	CHECK_EQ(second->mms[0].pages[0].bits & PB_A, PB_A);
	CHECK_STR(changes(first, second), "");
	put_entry(f, 1, P + PAGE_SIZE, 0);
	frame(f, 200)->nr_maps = 0;
	add_leaf(f, 1, P, 200, PTE_RW | PTE_A);
	put_entry(f, 1, P, 201UL << PAGE_SHIFT | PTE_RW | PTE_A | PTE_P | PTE_US); /* … until another frame is there */
	third = look(&names, f, second);
	CHECK_EQ(third->mms[0].pages[0].bits & PB_A, 0);
}

Test(report, a_page_without_write_in_a_private_writable_area_is_cow)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct picture *p;

	add_vma(f, 1, P + 8 * PAGE_SIZE, P + 9 * PAGE_SIZE, VM_READ);
	add_leaf(f, 1, P, 200, 0);
	add_leaf(f, 1, P + PAGE_SIZE, 201, PTE_RW);
	add_leaf(f, 1, P + 2 * PAGE_SIZE, ZERO_PFN, 0);
	add_leaf(f, 1, P + 8 * PAGE_SIZE, 202, 0);
	p = look(&names, f, NULL);
	CHECK_EQ(p->mms[0].pages[0].bits & PB_SHOWN, PB_U | PB_COW);
	CHECK_EQ(p->mms[0].pages[1].bits & PB_SHOWN, PB_U | PB_W);
	CHECK_EQ(p->mms[0].pages[2].bits & PB_SHOWN, PB_U | PB_COW | PB_ZERO);
	CHECK_EQ(p->mms[0].pages[3].bits & PB_SHOWN, PB_U);
}

Test(report, counters_are_the_guests_less_what_the_host_finds_to_be_the_agents)
{
	struct fixture *f = make_fixture();
	struct pic_counters c = count_mm(&f->model, &f->mms[1], /* raw = */ false);

	CHECK_EQ(c.total_vm, 4);
	CHECK_EQ(c.data_vm, 4);
	CHECK_EQ(c.exec_vm, 0);
	CHECK_EQ(c.anon, 0);
	CHECK_EQ(c.areas, 1);
	CHECK_EQ(c.tables, 1);
	f->mms[1].raw.total_vm += 3; /* a wrong count of the guest's must show */
	CHECK_EQ(count_mm(&f->model, &f->mms[1], false).total_vm, 7);
	CHECK_EQ(count_mm(&f->model, &f->mms[1], true).total_vm, 8);
}

/* --- differences --------------------------------------------------------------------------------------- */

Test(report, equal_neighbours_are_one_line)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct picture *first = look(&names, f, NULL), *second;

	for (int i = 0; i < 3; i++)
		add_leaf(f, 1, P + i * PAGE_SIZE, 200 + 7 * i, PTE_RW);
	second = look(&names, f, first);
	CHECK_STR(changes(first, second), "     ~ 7ffff7ff0000-7ffff7ff3000 ----  ->  F3..F5 rw-u            "
					  "pgd[255] pud[511] pmd[447] pte[496..498]\n"
					  "     + F3..F5                   anon of a, ref 1, map 1\n");
}

Test(report, areas_that_keep_an_end_have_changed_and_others_came_and_went)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct picture *first = look(&names, f, NULL), *second;

	f->mms[1].nr_vmas = 1;
	add_vma(f, 1, P, P + PAGE_SIZE, VM_READ);
	add_vma(f, 1, P + 3 * PAGE_SIZE, P + 4 * PAGE_SIZE, VM_READ | VM_WRITE);
	f->mms[1].raw.map_count = 2;
	f->mms[1].raw.total_vm = 5;
	second = look(&names, f, first);
	CHECK_HAS(changes(first, second),
		  "~ 7ffff7ff0000-7ffff7ff4000 rw-p  ->  7ffff7ff0000-7ffff7ff1000 r--p");
	CHECK_HAS(changes(first, second), "+ 7ffff7ff3000-7ffff7ff4000 rw-p  anon");
	CHECK_HAS(changes(second, first), "- 7ffff7ff3000-7ffff7ff4000 rw-p  anon");
}

Test(report, a_forked_mm_is_told_as_what_it_has_in_common_with_its_parents)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct picture *first, *second;

	add_leaf(f, 1, P, 200, PTE_RW);
	first = look(&names, f, NULL);
	names_task(&names, 3, "child");
	add_process(f, 2, 3, 2, "a");
	add_vma(f, 2, P, P + 4 * PAGE_SIZE, VM_READ | VM_WRITE);
	put_entry(f, 1, P, table_for(f, 1, P)->entry[(P & (PMD_SIZE - 1)) >> PAGE_SHIFT] & ~PTE_RW);
	add_leaf(f, 2, P, 200, 0);
	second = look(&names, f, first);
	CHECK_HAS(changes(first, second), "+ task child  pid 3, child of 2\n");
	CHECK_HAS(changes(first, second), "~ a 7ffff7ff0000           F3 rw-u  ->  F3 r--u cow\n");
	CHECK_HAS(changes(first, second), "+ mm of child  cr3 F4, 1 area and 1 page as in a\n");
	CHECK_HAS(changes(first, second),
		  "~ F3                       ref 1 -> 2, map 1 -> 2, of a and child\n");
	CHECK(!strstr(changes(first, second), "~ child"));
}

/* --- text that comes from a guest ---------------------------------------------------------------------- */

Test(report, nothing_of_a_comm_reaches_a_terminal_or_breaks_json)
{
	struct fixture *f = make_fixture();
	static struct names names;
	struct picture *p;
	static struct buf b;

	memcpy(f->tasks[0].comm, "\x1b[2J\xff\"\\\n", 9);
	p = look(&names, f, NULL);
	CHECK_STR(p->tasks[0].name, "?[2J?\"\\?");
	buf_json_string(&b, p->tasks[0].name);
	CHECK_STR(buf_text(&b), "\"?[2J?\\\"\\\\?\"");
	buf_clear(&b);
	buf_json_string(&b, "\xe2\x82\xac \xe2\x82 \xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \x01");
	CHECK_STR(buf_text(&b), "\"\xe2\x82\xac \\u00e2\\u0082 \\u00c0\\u0080 \\u00ed\\u00a0\\u0080 "
				"\\u00f4\\u0090\\u0080\\u0080 \\u0001\"");
}

/* --- the document -------------------------------------------------------------------------------------- */

static const struct report_header header = {.version = "mmscope test", .machine = "none", .abi_version = 1};

static struct report_step plain_step(const struct fixture *f, uint32_t number)
{
	return (struct report_step){.number = number,
				    .pid = 2,
				    .op = "nothing",
				    .args = "",
				    .result = "ok",
				    .status = "ok",
				    .now = &f->model};
}

static char *make_directory(void)
{
	static char path[] = "/tmp/mmscope-report-XXXXXX";

	CHECK(mkdtemp(path));
	return path;
}

static char *slurp(const char *dir, const char *name)
{
	static char texts[8][1 << 16];
	static unsigned int turn;
	char path[4200], *text = texts[turn++ % 8];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f)
		return NULL;
	text[fread(text, 1, sizeof(texts[0]) - 1, f)] = 0;
	fclose(f);
	return text;
}

static void remove_directory(const char *path)
{
	char command[4200];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	CHECK_EQ(system(command), 0);
}

Test(report, a_step_goes_to_the_stream_and_to_files_that_parse)
{
	struct fixture *f = make_fixture();
	char *dir = make_directory();
	FILE *null = fopen("/dev/null", "w");
	struct report_config config = {.detail = DETAIL_CHANGES, .verify = "step", .out = dir, .to = null};
	struct error e;
	struct report *r = report_open(&config, &header, &e);
	struct report_step step = plain_step(f, 1);
	struct flat flat = {0};
	char *json;

	CHECK_THAT(r, "%s", e.text);
	add_leaf(f, 1, P, 200, PTE_RW);
	CHECK_EQ(report_step(r, &step, &e), 0);
	json = slurp(dir, "step-0001.json");
	CHECK(json);
	CHECK_EQ(flat_parse(&flat, json, strlen(json), "step", &e), 0);
	CHECK(flat.nr_entries > 30);
	CHECK_HAS(slurp(dir, "step-0001.txt"), "1    a nothing");
	CHECK_HAS(slurp(dir, "index.jsonl"), "\"json\":\"step-0001.json\"}\n");
	report_close(r);
	/* The second run must not mix with the first. */
	flat_free(&flat);
	CHECK(!report_open(&config, &header, &e));
	CHECK_EQ(e.status, EXIT_USAGE);
	CHECK_HAS(e.text, "holds a recorded run already");
	remove_directory(dir);
}

Test(report, a_full_disk_ends_the_run_and_keeps_what_was_recorded)
{
	struct fixture *f = make_fixture();
	char *dir = make_directory(), *index;
	FILE *null = fopen("/dev/null", "w");
	struct report_config config = {.detail = DETAIL_CHANGES, .verify = "step", .out = dir, .to = null};
	struct error e;
	struct report *r = report_open(&config, &header, &e);
	struct report_step one = plain_step(f, 1), two = plain_step(f, 2);
	struct rlimit small = {.rlim_cur = 600, .rlim_max = RLIM_INFINITY};

	CHECK_EQ(report_step(r, &one, &e), 0);
	index = slurp(dir, "index.jsonl");
	/* No file may grow beyond 600 bytes now: writes fail half-way, as on a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &small);
	small.rlim_cur = 600;
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
	CHECK_EQ(report_step(r, &two, &e), -1);
	CHECK_EQ(e.status, EXIT_HOST);
	CHECK_HAS(e.text, "cannot write");
	small.rlim_cur = small.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK(slurp(dir, "step-0001.json"));
	CHECK(!slurp(dir, "step-0002.json"));
	CHECK(!slurp(dir, ".step-0002.json.new"));
	CHECK_STR(slurp(dir, "index.jsonl"), index);
	report_close(r);
	remove_directory(dir);
}

Test(report, a_reader_that_has_gone_is_a_host_error)
{
	struct fixture *f = make_fixture();
	struct report_config config = {
		.detail = DETAIL_FULL, .verify = "step", .to = fopen("/dev/full", "w")};
	struct error e;

	(void)f;
	CHECK(!report_open(&config, &header, &e));
	CHECK_EQ(e.status, EXIT_HOST);
	CHECK_HAS(e.text, "cannot write the report");
}

/* --- the reader of recorded steps
 * --------------------------------------------------------------------------- */

Test(report, recorded_steps_cut_anywhere_are_refused_without_a_crash)
{
	static const char text[] = "{\"a\":[{\"va\":\"0x1\",\"n\":1},{\"va\":\"0x2\",\"s\":\"\\\"x\\u0041\"}]"
				   ",\"b\":{\"c\":null}}";
	struct error e;

	for (size_t n = 0; n <= sizeof(text) - 1; n++) {
		struct flat flat = {0};
		char *copy = xmalloc(n + 1);
		int result;

		memcpy(copy, text, n); /* of its own size, so that the sanitizer sees a step beyond */
		result = flat_parse(&flat, copy, n, "cut", &e);
		CHECK_THAT((result == 0) == (n == sizeof(text) - 1), "%zu bytes", n);
		flat_free(&flat);
		free(copy);
	}
}

Test(report, recorded_steps_name_elements_by_what_identifies_them)
{
	static const char text[] = "{\"areas\":[{\"start\":\"0x1000\",\"end\":\"0x2000\"}],\"n\":[1,true]}";
	struct flat flat = {0};
	struct error e;

	CHECK_EQ(flat_parse(&flat, text, strlen(text), "x", &e), 0);
	CHECK_EQ(flat.nr_entries, 4);
	CHECK_STR(flat.entries[0].path, "areas.0x1000.end");
	CHECK_STR(flat.entries[0].value, "0x2000");
	CHECK_STR(flat.entries[2].path, "n.0");
	CHECK_STR(flat.entries[3].value, "true");
	flat_free(&flat);
}

Test(report, nesting_has_an_end)
{
	static struct buf b;
	struct flat flat = {0};
	struct error e;

	buf_puts(&b, "{\"a\":");
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "[");
	CHECK_EQ(flat_parse(&flat, b.text, b.len, "deep", &e), -1);
	CHECK_HAS(e.text, "nested too deep");
	flat_free(&flat);
}

/* --- stories -------------------------------------------------------------------------------------------- */

Test(report, every_way_a_fault_ends_has_a_branch)
{
	for (uint64_t how = LAB_FAULT_NONE; how <= LAB_FAULT_HWPOISON; how++)
		if (how != LAB_FAULT_NONE && how != LAB_FAULT_STACK)
			CHECK(fault_branch(how | LAB_FAULT_GREW));
	CHECK(!fault_branch(LAB_FAULT_HWPOISON + 1));
	CHECK(!fault_branch(UINT64_MAX));
}
