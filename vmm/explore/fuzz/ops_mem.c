/* SPDX-License-Identifier: MIT */
/* Operations of `vmm fuzz` on the address space: accesses, and the calls that map, move, advise and lock. */
#include <stdio.h>

#include "explore/fuzz/ops.h"

static const char *const prots[] = {"rw", "r", "none", "rw", "rwx", "rx", "w", "x"};

/* --- accesses ---------------------------------------------------------------------------------------- */

static void render_read(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"read\", 0x%" PRIx64 ")", s->task, fuzz_address(s->choice[0]) + s->choice[1] % 4 * 8);
}

static void render_write(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"write\", 0x%" PRIx64 ", 0x%x)", s->task, fuzz_address(s->choice[0]) + s->choice[1] % 4 * 8,
		   s->choice[2] % 255 + 1);
}

static void render_fill(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"fill\", 0x%" PRIx64 ", %u*PAGE, 0x%x)", s->task, fuzz_address(s->choice[0]),
		   s->choice[1] % 8 + 1, s->choice[2] % 255 + 1);
}

static struct fuzz_range fill_range(const struct fuzz_step *s)
{
	return (struct fuzz_range){fuzz_address(s->choice[0]), (s->choice[1] % 8 + 1) * PAGE_SIZE};
}

/* --- areas ------------------------------------------------------------------------------------------- */

#define KIND_PRIVATE_FILE 3
#define KIND_SHARED_FILE  4
#define KIND_VALIDATE	  8

static void render_mmap(const struct fuzz_step *s, struct buf *b)
{
	static const char *const kinds[] = {"private,anon", "shared,anon", "private,anon,noreserve", "private", "shared",
					    "private,anon,populate", "private,anon,growsdown", "private,anon,locked",
					    "shared_validate", "private,anon,stack", "shared,anon,noreserve",
					    "private,anon,populate,nonblock", "private,anon,denywrite,executable"};
	static const char *const places[] = {",fixed", "", ",fixed", ",fixed_noreplace", ",fixed", ",32bit"};
	unsigned int kind = s->choice[3] % COUNT(kinds);

	buf_printf(b, "on(%u, \"mmap\", {len = ", s->task);
	put_length(b, fuzz_length(s->choice[1]));
	buf_printf(b, ", prot = \"%s\", flags = \"%s%s\", addr = 0x%" PRIx64, ONE_OF(prots, s->choice[2]), kinds[kind],
		   ONE_OF(places, s->choice[4]), fuzz_address(s->choice[0]));
	if (kind == KIND_PRIVATE_FILE || kind == KIND_SHARED_FILE || kind == KIND_VALIDATE)
		buf_printf(b, ", fd = %u, off = %u*PAGE", fuzz_fd(s->choice[5]), s->choice[5] / 64 % 18);
	buf_puts(b, "})");
}

static void render_munmap(const struct fuzz_step *s, struct buf *b)
{
	put_range_call(s, b, "munmap");
	buf_puts(b, ")");
}

/* Rights in words; now and then with PROT_GROWSDOWN, PROT_GROWSUP, both, PROT_SEM or a bit that is none. */
static void render_mprotect(const struct fuzz_step *s, struct buf *b)
{
	static const int64_t more[] = {0x01000001, 0x01000003, 0x02000001, 0x03000001, 0x9, 0x13};

	put_range_call(s, b, "mprotect");
	if (s->choice[3] % 8 == 7)
		buf_printf(b, ", 0x%" PRIx64 ")", NUMBER_OF(more, s->choice[2]));
	else
		buf_printf(b, ", \"%s\")", ONE_OF(prots, s->choice[2]));
}

static void render_mremap(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"maymove", "", "maymove,fixed", "maymove,dontunmap", "maymove,fixed,dontunmap"};
	const char *flag = ONE_OF(flags, s->choice[3]);

	buf_printf(b, "on(%u, \"mremap\", {addr = 0x%" PRIx64 ", len = ", s->task, fuzz_address(s->choice[0]));
	put_length(b, fuzz_length(s->choice[1]));
	buf_puts(b, ", newlen = ");
	put_length(b, fuzz_length(s->choice[2]));
	buf_printf(b, ", flags = \"%s\", newaddr = 0x%" PRIx64 "})", flag, fuzz_address(s->choice[4]));
}

static void render_remap_file_pages(const struct fuzz_step *s, struct buf *b)
{
	put_range_call(s, b, "remap_file_pages");
	buf_printf(b, ", %u%s)", s->choice[2] % 18, s->choice[3] % 4 == 3 ? ", \"nonblock\"" : "");
}

static void render_brk(const struct fuzz_step *s, struct buf *b)
{
	/* Around wherever the heap begins; relative, so it means the same in every program. */
	buf_printf(b, "brk(%u, 0x%x)", s->task, (s->choice[0] % 8) * 0x1000 + (s->choice[1] % 3) * 0x123);
}

/* --- advice and locks -------------------------------------------------------------------------------- */

static void render_madvise(const struct fuzz_step *s, struct buf *b)
{
	static const char *const advices[] = {"\"dontneed\"", "\"free\"", "\"dontfork\"", "\"dofork\"", "\"wipeonfork\"",
					      "\"keeponfork\"", "\"populate_read\"", "\"populate_write\"", "\"cold\"",
					      "\"pageout\"", "\"willneed\"", "\"sequential\"", "\"random\"", "\"normal\"",
					      "\"dontdump\"", "\"dodump\"", "\"remove\"", "\"dontneed_locked\"", "5", "7",
					      "12", "15", "25", "100", "-1"};

	put_range_call(s, b, "madvise");
	buf_printf(b, ", %s)", ONE_OF(advices, s->choice[2]));
}

static void render_mlock(const struct fuzz_step *s, struct buf *b)
{
	static const char *const ways[] = {"mlock", "munlock", "mlock2"}, *const flags[] = {"1", "1", "0", "2"};
	const char *way = ONE_OF(ways, s->choice[2]);

	put_range_call(s, b, way);
	if (way[5] == '2')
		buf_printf(b, ", %s", ONE_OF(flags, s->choice[3]));
	buf_puts(b, ")");
}

static void render_mlockall(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"\"current\"", "\"current,future\"", "\"future\"", "\"future,onfault\"",
					    "\"current,onfault\"", "\"current,future,onfault\"", "\"onfault\"", "0", "8"};

	if (s->choice[0] % 2)
		buf_printf(b, "on(%u, \"munlockall\")", s->task);
	else
		buf_printf(b, "on(%u, \"mlockall\", %s)", s->task, ONE_OF(flags, s->choice[1]));
}

static void render_msync(const struct fuzz_step *s, struct buf *b)
{
	put_range_call(s, b, "msync");
	buf_printf(b, ", %u)", (s->choice[2] + 4) % 9);
}

/* At most 64 pages are told: one byte each. */
static void render_mincore(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"syscall\", \"mincore\", 0x%" PRIx64 ", ", s->task, fuzz_address(s->choice[0]));
	put_length(b, fuzz_length(s->choice[1]));
	buf_puts(b, ", string.rep(\"\\0\", 64))");
}

/* --- limits ------------------------------------------------------------------------------------------ */

/* Soft limits around what the programs use; the hard ones stay, so each can be undone. */
static void render_rlimit(const struct fuzz_step *s, struct buf *b)
{
	static const char *const names[] = {"as", "data", "stack", "memlock", "fsize"};
	static const char *const values[] = {"unlimited", "0", "16*PAGE", "80*PAGE", "128*PAGE", "256*PAGE", "2048*PAGE"};
	const char *value = ONE_OF(values, s->choice[1]);

	buf_printf(b, "limit(%u, \"%s\", %s%s%s)", s->task, ONE_OF(names, s->choice[0]), *value == 'u' ? "\"" : "", value,
		   *value == 'u' ? "\"" : "");
}

const struct fuzz_op fuzz_ops_mem[] = {
	{.name = "read", .weight = 8, .choices = 2, .render = render_read, .range = first_page},
	{.name = "write", .weight = 14, .choices = 3, .render = render_write, .range = first_page},
	{.name = "fill", .weight = 8, .choices = 3, .render = render_fill, .range = fill_range},
	{.name = "mmap", .weight = 14, .choices = 6, .render = render_mmap, .range = first_two},
	{.name = "munmap", .weight = 8, .choices = 2, .render = render_munmap, .range = first_two},
	{.name = "mprotect", .weight = 12, .choices = 4, .render = render_mprotect, .range = first_two},
	{.name = "mremap", .weight = 7, .choices = 5, .render = render_mremap, .range = first_two},
	{.name = "madvise", .weight = 10, .choices = 3, .render = render_madvise, .range = first_two},
	{.name = "mlock", .weight = 4, .choices = 4, .render = render_mlock, .range = first_two},
	{.name = "mlockall", .weight = 1, .choices = 2, .render = render_mlockall},
	{.name = "msync", .weight = 2, .choices = 3, .render = render_msync, .range = first_two},
	{.name = "mincore", .weight = 3, .choices = 2, .render = render_mincore, .range = first_two},
	{.name = "remap_file_pages", .weight = 3, .choices = 4, .render = render_remap_file_pages, .range = first_two},
	{.name = "brk", .weight = 3, .choices = 2, .render = render_brk},
	{.name = "rlimit", .weight = 1, .choices = 2, .render = render_rlimit},
	{.name = NULL},
};
