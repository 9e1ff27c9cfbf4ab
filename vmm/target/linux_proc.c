/* SPDX-License-Identifier: MIT */
/* Reading the box's /proc; see linux_proc.h. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "target/linux_proc.h"
#include "uapi.h"

static int open_proc(int proc, int pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/%s", pid, name);
	return openat(proc, path, flags | O_CLOEXEC);
}

bool proc_write(int proc, int pid, uint64_t va, const void *bytes, size_t n)
{
	int mem = open_proc(proc, pid, "mem", O_RDWR);
	bool done = mem >= 0 && pwrite(mem, bytes, n, va) == (ssize_t)n;

	if (mem >= 0)
		close(mem);
	return done;
}

/* A whole file of /proc with a terminating zero; NULL: it cannot be had. Freed by the caller. */
static char *read_proc(int proc, int pid, const char *name)
{
	int fd = open_proc(proc, pid, name, O_RDONLY);
	size_t have = 0, room = 0;
	char *text = NULL;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	while (n > 0) {
		if (room - have < 4096) {
			room = room ? 2 * room : 16384;
			text = xrealloc(text, room);
		}
		n = read(fd, text + have, room - have - 1);
		have += n > 0 ? n : 0;
	}
	close(fd);
	text[have] = 0;
	if (n == 0)
		return text;
	free(text);
	return NULL;
}

/* --- where a task stands ---------------------------------------------------------------------------- */

/* A file of one line, which one read gives; false: it cannot be had. */
static bool read_line(int proc, int pid, const char *name, char *line, size_t size)
{
	int fd = open_proc(proc, pid, name, O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, line, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	line[n > 0 ? n : 0] = 0;
	return n > 0;
}

/*
 * The system call that a sleeping task is in, and its first argument; -1: none. False: it is on a processor. A task calls
 * itself asleep before it looks a last time for what it would wait for; only this file knows that it still runs.
 */
static bool call_of(int proc, int pid, long *nr, uint64_t *arg)
{
	char line[256];
	bool asleep = read_line(proc, pid, "syscall", line, sizeof(line)) && strncmp(line, "running", 7);

	if (!asleep || sscanf(line, "%ld %" SCNx64, nr, arg) != 2)
		*nr = -1;
	return asleep;
}

bool proc_awaits(int proc, int pid, int fd)
{
	uint64_t arg;
	long nr;

	return call_of(proc, pid, &nr, &arg) && nr == NR_read && arg == (uint64_t)fd;
}

/* A parent waits for its vfork child in a sleep that shows as D, like one for a disk. */
static enum proc_state sleeping(int proc, int pid, char letter)
{
	uint64_t arg;
	long nr;

	if (!call_of(proc, pid, &nr, &arg))
		return PROC_RUNS;
	return letter == 'D' && nr != NR_vfork && nr != NR_clone ? PROC_RUNS : PROC_RESTS;
}

static enum proc_state state_of(int proc, int pid, char letter)
{
	switch (letter) {
	case 'S':
	case 'D':
		return sleeping(proc, pid, letter);
	case 'Z':
	case 'X':
		return PROC_DEAD;
	case 'T':
	case 't':
		return PROC_RESTS;
	default:
		return PROC_RUNS;
	}
}

/* Fields by their number in proc(5); the name in field 2 may hold anything. */
struct proc_stat proc_read_stat(int proc, int pid)
{
	struct proc_stat stat = {.state = PROC_NONE};
	char text[2048], *at = read_line(proc, pid, "stat", text, sizeof(text)) ? strrchr(text, ')') : NULL;
	int field = 3;

	if (at && at[1] == ' ') {
		stat.state = state_of(proc, pid, at[2]);
		for (at = strtok(at + 2, " "); at; at = strtok(NULL, " "), field++) {
			if (field == 28)
				stat.start_stack = strtoull(at, NULL, 10);
			if (field == 47)
				stat.start_brk = strtoull(at, NULL, 10);
			if (field == 52)
				stat.exit_code = atoi(at);
		}
	}
	return stat;
}

/* Numbers among the names of a directory of /proc, each given to `rests`; false as soon as one does not. Closes it. */
static bool each_rests(int directory, bool (*rests)(int directory, int number))
{
	_Alignas(struct dirent64) char names[2048];
	bool all = true;
	ssize_t n;

	while (directory >= 0 && all && (n = getdents64(directory, names, sizeof(names))) > 0)
		for (ssize_t at = 0; at < n && all;) {
			const struct dirent64 *entry = (const void *)(names + at);

			if (*entry->d_name >= '0' && *entry->d_name <= '9')
				all = rests(directory, atoi(entry->d_name));
			at += entry->d_reclen;
		}
	if (directory >= 0)
		close(directory);
	return all;
}

static bool task_rests(int directory, int tid)
{
	return proc_read_stat(directory, tid).state != PROC_RUNS;
}

static bool process_rests(int directory, int pid)
{
	return pid == 1 || each_rests(open_proc(directory, pid, "task", O_RDONLY | O_DIRECTORY), task_rests);
}

bool proc_all_rest(int proc)
{
	return each_rests(openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), process_rests);
}

/* --- areas ------------------------------------------------------------------------------------------ */

static const struct {
	char code[3];
	uint64_t flag;
} flag_codes[] = {
	{"rd", VM_READ},	{"wr", VM_WRITE},     {"ex", VM_EXEC},	     {"sh", VM_SHARED},
	{"mr", VM_MAYREAD},	{"mw", VM_MAYWRITE},  {"me", VM_MAYEXEC},    {"ms", VM_MAYSHARE},
	{"gd", VM_GROWSDOWN},	{"pf", VM_PFNMAP},    {"lo", VM_LOCKED},     {"io", VM_IO},
	{"sr", VM_SEQ_READ},	{"rr", VM_RAND_READ}, {"dc", VM_DONTCOPY},   {"de", VM_DONTEXPAND},
	{"lf", VM_LOCKONFAULT}, {"ac", VM_ACCOUNT},   {"nr", VM_NORESERVE},  {"sf", VM_SYNC},
	{"wf", VM_WIPEONFORK},	{"dd", VM_DONTDUMP},  {"sd", VM_SOFTDIRTY},
};

/* "rd wr mr mw me ac" */
static uint64_t parse_flags(char *text)
{
	uint64_t flags = 0;
	char *rest;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		for (size_t i = 0; i < sizeof(flag_codes) / sizeof(flag_codes[0]); i++)
			if (strcmp(word, flag_codes[i].code) == 0)
				flags |= flag_codes[i].flag;
	return flags;
}

/* "7ffff7ffc000-7ffff7fff000 rw-p 00000000 00:00 0     [heap]"; false: another kind of line. */
static bool parse_area(struct view *view, const char *line)
{
	struct view_area area = {0};
	char device[16];
	uint64_t inode;
	int name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*4s %" SCNx64 " %15s %" SCNu64 " %n", &area.start, &area.end,
		   &area.offset, device, &inode, &name) < 5)
		return false;
	memccpy(area.name, line + name, 0, sizeof(area.name) - 1);
	*view_add_area(view) = area;
	return true;
}

/* "Rss:                 8 kB" */
static bool parse_sum(const char *line, const char *key, uint64_t *bytes)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) || line[n] != ':')
		return false;
	*bytes = strtoull(line + n + 1, NULL, 10) << 10;
	return true;
}

static void parse_smaps(struct view *view, char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct view_area *area = view->nr_areas ? &view->areas[view->nr_areas - 1] : NULL;

		/* Keys begin with a capital, addresses never do. The vsyscall page, at the end, is of no mm. */
		if (strstr(line, "[vsyscall]"))
			return;
		if (*line < 'A' || *line > 'Z')
			parse_area(view, line);
		else if (area && strncmp(line, "VmFlags:", 8) == 0)
			area->flags = parse_flags(line + 8);
		else if (area)
			(void)(parse_sum(line, "Rss", &area->rss) ||
			       parse_sum(line, "Anonymous", &area->anonymous) ||
			       parse_sum(line, "Swap", &area->swap));
	}
}

static void parse_status(struct view_counters *c, char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		(void)(parse_sum(line, "VmSize", &c->size) || parse_sum(line, "VmLck", &c->locked) ||
		       parse_sum(line, "VmData", &c->data) || parse_sum(line, "VmStk", &c->stack) ||
		       parse_sum(line, "VmPTE", &c->tables) || parse_sum(line, "VmSwap", &c->swap));
}

bool proc_find_vdso(int proc, int pid, uint64_t *start, uint64_t *end)
{
	struct view view = {0};
	char *text = read_proc(proc, pid, "maps"), *rest;
	bool found = false;

	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
		const struct view_area *area;

		if (!parse_area(&view, line))
			continue;
		area = &view.areas[view.nr_areas - 1];
		if (strncmp(area->name, "[vvar", 5) && strcmp(area->name, "[vdso]"))
			continue;
		*start = found ? *start : area->start;
		*end = area->end;
		found = true;
	}
	free(text);
	free(view.areas);
	return found;
}

/* --- pages ------------------------------------------------------------------------------------------ */

#define PM_CHUNK      4096 /* entries read at once */
#define HASH_AT_ONCE  16   /* pages read at once */
#define PM_PRESENT    (1ULL << 63)
#define PM_SWAP	      (1ULL << 62)
#define PM_FILE	      (1ULL << 61)
#define PM_EXCLUSIVE  (1ULL << 56)
#define PM_SOFT_DIRTY (1ULL << 55)
#define PM_FRAME      ((1ULL << 55) - 1) /* 0 for whoever lacks CAP_SYS_ADMIN */

struct page_files {
	int pagemap, mem, counts; /* counts: /proc/kpagecount, root's alone; -1: not to be had */
};

/* By how many entries a frame is mapped, and its number; both untold unless both can be had. Mostly pagemap has said it. */
static void add_frame(struct view_page *page, const struct page_files *files, uint64_t frame)
{
	uint64_t maps = 1;

	if (!frame || files->counts < 0 ||
	    (!(page->bits & VP_EXCLUSIVE) && pread(files->counts, &maps, 8, frame * 8) != 8))
		return;
	page->frame = frame;
	page->maps = maps;
}

static void add_page(struct view *view, const struct page_files *files, uint64_t va, uint64_t entry)
{
	struct view_page *page = view_add_page(view);

	page->va = va;
	page->bits = (entry & PM_PRESENT ? VP_PRESENT : 0) | (entry & PM_SWAP ? VP_SWAPPED : 0) |
		     (entry & PM_FILE ? VP_FILE : 0) | (entry & PM_EXCLUSIVE ? VP_EXCLUSIVE : 0) |
		     (entry & PM_SOFT_DIRTY ? VP_SOFT_DIRTY : 0);
	if (entry & PM_PRESENT)
		add_frame(page, files, entry & PM_FRAME);
}

/* The contents of pages that follow each other, by one read. How many were done: the first that cannot be read has none. */
static uint32_t hash_pages(struct view_page *pages, uint32_t n, int mem)
{
	static uint8_t bytes[HASH_AT_ONCE * PAGE_SIZE];
	ssize_t got = pread(mem, bytes, n * PAGE_SIZE, pages->va);
	uint32_t whole = got > 0 ? got / PAGE_SIZE : 0;

	for (uint32_t i = 0; i < whole; i++)
		pages[i].hash = view_hash(bytes + i * PAGE_SIZE);
	return whole < n ? whole + 1 : n;
}

/* Only what is present is read: anything else would be faulted in by it. */
static void hash_present(struct view *view, uint32_t from, int mem)
{
	for (uint32_t i = from; i < view->nr_pages;) {
		struct view_page *pages = &view->pages[i];
		uint32_t n = 0;

		while (n < HASH_AT_ONCE && i + n < view->nr_pages && (pages[n].bits & VP_PRESENT) &&
		       pages[n].va == pages[0].va + n * PAGE_SIZE)
			n++;
		i += n ? hash_pages(pages, n, mem) : 1;
	}
}

static void read_pages(struct view *view, const struct page_files *files, const struct view_area *area)
{
	static uint64_t entries[PM_CHUNK];
	uint64_t last = area->end / PAGE_SIZE;
	uint32_t from = view->nr_pages;

	if (area->end - area->start > VIEW_MAX_READ)
		return;
	for (uint64_t at = area->start / PAGE_SIZE; at < last;) {
		uint64_t want = last - at < PM_CHUNK ? last - at : PM_CHUNK;
		ssize_t got = pread(files->pagemap, entries, want * 8, at * 8);

		if (got < 8)
			break;
		for (ssize_t i = 0; i < got / 8; i++)
			if ((entries[i] & (PM_PRESENT | PM_SWAP)) &&
			    !in_agent_footprint((at + i) * PAGE_SIZE, (at + i + 1) * PAGE_SIZE))
				add_page(view, files, (at + i) * PAGE_SIZE, entries[i]);
		at += got / 8;
	}
	hash_present(view, from, files->mem);
}

static void read_all_pages(struct view *view, int proc)
{
	struct page_files files = {.pagemap = open_proc(proc, view->pid, "pagemap", O_RDONLY),
				   .mem = open_proc(proc, view->pid, "mem", O_RDONLY),
				   .counts = openat(proc, "kpagecount", O_RDONLY | O_CLOEXEC)};

	for (uint32_t i = 0; i < view->nr_areas && files.pagemap >= 0; i++)
		read_pages(view, &files, &view->areas[i]);
	if (files.pagemap >= 0)
		close(files.pagemap);
	if (files.mem >= 0)
		close(files.mem);
	if (files.counts >= 0)
		close(files.counts);
}

struct view *proc_read_view(int proc, int pid)
{
	struct view *view = xcalloc(1, sizeof(*view));
	char *smaps = read_proc(proc, pid, "smaps"), *status = read_proc(proc, pid, "status");
	struct proc_stat stat = proc_read_stat(proc, pid);

	view->pid = pid;
	view->start_brk = stat.start_brk;
	view->start_stack = stat.start_stack;
	if (smaps)
		parse_smaps(view, smaps);
	if (status)
		parse_status(&view->counters, status);
	free(smaps);
	free(status);
	read_all_pages(view, proc);
	return view;
}
