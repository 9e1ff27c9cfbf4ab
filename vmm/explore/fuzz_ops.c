/* SPDX-License-Identifier: MIT */
/* The operations that `vmm fuzz` draws from, and how each reads in Lua. */
#include <inttypes.h>
#include <stdio.h>

#include "explore/fuzz.h"
#include "x86.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Few addresses, so that operations meet: pages of one arena, which crosses a table's border. */
#define ARENA	    0x101f0000UL
#define ARENA_PAGES 32

const char fuzz_prelude[] =
	"T = {spawn(\"a\")}\n"
	"function on(i, method, ...)\n"
	"\tlocal t = T[i]\n"
	"\tif t and t:alive() then return t[method](t, ...) end\n"
	"end\n"
	"on(1, \"syscall\", \"memfd_create\", \"m\", 0)\n"
	"on(1, \"ftruncate\", 3, 16*PAGE)\n"
	"on(1, \"open\", \"/f\", \"rw,creat\")\n"
	"on(1, \"ftruncate\", 4, 16*PAGE)\n";

/* --- choices to values ------------------------------------------------------------------------------- */

static uint64_t address(uint16_t choice)
{
	static const uint64_t odd[] = {0, 0x1000, 0x10000, ARENA + 0x123, 0x7ffffffdd000, 0x7ffffffff000,
				       0xffff888000000000, 0x800000000000, ARENA - PAGE_SIZE};

	choice %= 8 * ARENA_PAGES + COUNT(odd);
	if (choice < 8 * ARENA_PAGES)
		return ARENA + (choice % ARENA_PAGES) * PAGE_SIZE;
	return odd[choice - 8 * ARENA_PAGES];
}

/* None reaches the agent's own memory: a program that unmaps its tester ends there. */
static uint64_t length(uint16_t choice)
{
	static const uint64_t lengths[] = {PAGE_SIZE, 2 * PAGE_SIZE, 3 * PAGE_SIZE, 4 * PAGE_SIZE, 8 * PAGE_SIZE,
					   PAGE_SIZE, 2 * PAGE_SIZE, 5 * PAGE_SIZE, 16 * PAGE_SIZE, PAGE_SIZE,
					   3 * PAGE_SIZE, 32 * PAGE_SIZE, 0x123, 0, 64 * PAGE_SIZE, -PAGE_SIZE};

	return lengths[choice % COUNT(lengths)];
}

static void put_length(struct buf *b, uint64_t len)
{
	if (len && len % PAGE_SIZE == 0 && len < 1024 * PAGE_SIZE)
		buf_printf(b, len == PAGE_SIZE ? "PAGE" : "%" PRIu64 "*PAGE", len / PAGE_SIZE);
	else
		buf_printf(b, "0x%" PRIx64, len);
}

static const char *one_of(const char *const *words, size_t n, uint16_t choice)
{
	return words[choice % n];
}
#define ONE_OF(words, choice) one_of(words, COUNT(words), choice)

static const char *const prots[] = {"rw", "r", "none", "rw", "rwx", "rx", "w", "x"};

/* on(2, "munmap", 0x10200000, 3*PAGE: the rest of the line is the caller's. */
static void put_range_call(const struct fuzz_step *s, struct buf *b, const char *method)
{
	buf_printf(b, "on(%u, \"%s\", 0x%" PRIx64 ", ", s->task, method, address(s->choice[0]));
	put_length(b, length(s->choice[1]));
}

static struct fuzz_range first_two(const struct fuzz_step *s)
{
	return (struct fuzz_range){address(s->choice[0]), length(s->choice[1])};
}

static struct fuzz_range first_page(const struct fuzz_step *s)
{
	return (struct fuzz_range){address(s->choice[0]) & ~(PAGE_SIZE - 1), PAGE_SIZE};
}

/* --- rows -------------------------------------------------------------------------------------------- */

static void render_mmap(const struct fuzz_step *s, struct buf *b)
{
	static const char *const kinds[] = {"private,anon", "shared,anon", "private,anon,noreserve", "private", "shared",
					    "private,anon,populate", "private,anon,growsdown", "private,anon,locked"};
	static const char *const places[] = {",fixed", "", ",fixed", ",fixed_noreplace", ",fixed", ",32bit"};
	unsigned int kind = s->choice[3] % COUNT(kinds);

	buf_printf(b, "on(%u, \"mmap\", {len = ", s->task);
	put_length(b, length(s->choice[1]));
	buf_printf(b, ", prot = \"%s\", flags = \"%s%s\", addr = 0x%" PRIx64, ONE_OF(prots, s->choice[2]), kinds[kind],
		   ONE_OF(places, s->choice[4]), address(s->choice[0]));
	if (kind == 3 || kind == 4)
		buf_printf(b, ", fd = %u, off = %u*PAGE", 3 + s->choice[5] % 2, s->choice[5] / 2 % 18);
	buf_puts(b, "})");
}

static void render_munmap(const struct fuzz_step *s, struct buf *b)
{
	put_range_call(s, b, "munmap");
	buf_puts(b, ")");
}

static void render_mprotect(const struct fuzz_step *s, struct buf *b)
{
	put_range_call(s, b, "mprotect");
	buf_printf(b, ", \"%s\")", ONE_OF(prots, s->choice[2]));
}

static void render_mremap(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"maymove", "", "maymove,fixed", "maymove,dontunmap", "maymove,fixed,dontunmap"};
	const char *flag = ONE_OF(flags, s->choice[3]);

	buf_printf(b, "on(%u, \"mremap\", {addr = 0x%" PRIx64 ", len = ", s->task, address(s->choice[0]));
	put_length(b, length(s->choice[1]));
	buf_puts(b, ", newlen = ");
	put_length(b, length(s->choice[2]));
	buf_printf(b, ", flags = \"%s\", newaddr = 0x%" PRIx64 "})", flag, address(s->choice[4]));
}

static void render_madvise(const struct fuzz_step *s, struct buf *b)
{
	static const char *const advices[] = {"dontneed", "free", "dontfork", "dofork", "wipeonfork", "keeponfork",
					      "populate_read", "populate_write", "cold", "pageout", "willneed",
					      "sequential", "random", "normal", "dontdump", "dodump", "remove",
					      "dontneed_locked"};

	put_range_call(s, b, "madvise");
	buf_printf(b, ", \"%s\")", ONE_OF(advices, s->choice[2]));
}

static void render_mlock(const struct fuzz_step *s, struct buf *b)
{
	static const char *const ways[] = {"mlock", "munlock", "mlock2"};
	const char *way = ONE_OF(ways, s->choice[2]);

	put_range_call(s, b, way);
	buf_puts(b, way[5] == '2' ? ", \"onfault\")" : ")");
}

static void render_mlockall(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"current", "current,future", "future", "future,onfault"};

	if (s->choice[0] % 2)
		buf_printf(b, "on(%u, \"munlockall\")", s->task);
	else
		buf_printf(b, "on(%u, \"mlockall\", \"%s\")", s->task, ONE_OF(flags, s->choice[1]));
}

static void render_msync(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"sync", "async", "invalidate"};

	put_range_call(s, b, "msync");
	buf_printf(b, ", \"%s\")", ONE_OF(flags, s->choice[2]));
}

static void render_brk(const struct fuzz_step *s, struct buf *b)
{
	/* Around wherever the heap begins; relative, so it means the same in every program. */
	buf_printf(b, "on(%u, \"brk\", T[1]:alive() and T[1]:mm().start_brk + 0x%x or 0)", s->task,
		   (s->choice[0] % 8) * 0x1000 + (s->choice[1] % 3) * 0x123);
}

static void render_write(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"write\", 0x%" PRIx64 ", 0x%x)", s->task, address(s->choice[0]) + s->choice[1] % 4 * 8,
		   s->choice[2] % 255 + 1);
}

static void render_read(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"read\", 0x%" PRIx64 ")", s->task, address(s->choice[0]) + s->choice[1] % 4 * 8);
}

static void render_fill(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"fill\", 0x%" PRIx64 ", %u*PAGE, 0x%x)", s->task, address(s->choice[0]),
		   s->choice[1] % 8 + 1, s->choice[2] % 255 + 1);
}

static struct fuzz_range fill_range(const struct fuzz_step *s)
{
	return (struct fuzz_range){address(s->choice[0]), (s->choice[1] % 8 + 1) * PAGE_SIZE};
}

static void render_fork(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "T[#T + 1] = on(%u, \"%s\")", s->task, s->choice[0] % 4 == 3 ? "thread" : "fork");
}

static void render_exit(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"exit\", %u)", s->task, s->choice[0] % 4);
}

static void render_wait(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"syscall\", \"wait4\", -1, 0, 1, 0)", s->task);
}

static void render_ftruncate(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"ftruncate\", %u, 0x%x)", s->task, 3 + s->choice[0] % 2,
		   (s->choice[1] % 17) * 0x1000 + (s->choice[2] % 3) * 0x123);
}

static void render_pwrite(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"pwrite\", %u, \"%c%c\", 0x%x)", s->task, 3 + s->choice[0] % 2, 'a' + s->choice[1] % 26,
		   'a' + s->choice[2] % 26, (s->choice[3] % 17) * 0x1000 + (s->choice[4] % 2) * 0xfff);
}

static void render_pread(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"pread\", %u, 8, 0x%x)", s->task, 3 + s->choice[0] % 2, (s->choice[1] % 17) * 0x1000);
}

static void render_copy(const struct fuzz_step *s, struct buf *b)
{
	/* The kernel's own accesses: into the arena from a file, out of it into one. */
	buf_printf(b, "on(%u, \"syscall\", \"%s\", %u, 0x%" PRIx64 ", %u, 0x%x)", s->task,
		   s->choice[2] % 2 ? "pwrite64" : "pread64", 3 + s->choice[3] % 2, address(s->choice[0]),
		   s->choice[1] % 3 * 4096 + 8, (s->choice[4] % 8) * 0x1000);
}

static struct fuzz_range copy_range(const struct fuzz_step *s)
{
	return (struct fuzz_range){address(s->choice[0]), s->choice[1] % 3 * 4096 + 8};
}

const struct fuzz_op fuzz_ops[] = {
	{"read", 8, 2, render_read, first_page},
	{"write", 14, 3, render_write, first_page},
	{"fill", 8, 3, render_fill, fill_range},
	{"mmap", 14, 6, render_mmap, first_two},
	{"munmap", 8, 2, render_munmap, first_two},
	{"mprotect", 12, 3, render_mprotect, first_two},
	{"mremap", 7, 5, render_mremap, first_two},
	{"madvise", 10, 3, render_madvise, first_two},
	{"mlock", 4, 3, render_mlock, first_two},
	{"mlockall", 1, 2, render_mlockall, NULL},
	{"msync", 2, 3, render_msync, first_two},
	{"brk", 3, 2, render_brk, NULL},
	{"fork", 4, 1, render_fork, NULL},
	{"exit", 2, 1, render_exit, NULL},
	{"wait4", 2, 0, render_wait, NULL},
	{"ftruncate", 3, 3, render_ftruncate, NULL},
	{"pwrite", 3, 5, render_pwrite, NULL},
	{"pread", 2, 2, render_pread, NULL},
	{"copy", 4, 5, render_copy, copy_range},
};
const unsigned int nr_fuzz_ops = COUNT(fuzz_ops);

void fuzz_render(const struct fuzz_step *step, struct buf *b)
{
	fuzz_ops[step->op].render(step, b);
	buf_puts(b, "\n");
}
