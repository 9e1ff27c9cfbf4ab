// SPDX-License-Identifier: MIT
/*
 * The same random steps on two kernels: on guest/mm in its host build, and, compiled with
 * -DON_LINUX, on the Linux that runs it. After each step every area and every page of three windows
 * goes into a hash; results, addresses, errnos, signals and si_codes, too. Equal output means equal
 * behaviour; where it differs, a log of the steps from there on tells how.
 *
 *	usage: lockstep STEPS SEED [LOG [FEATURES]]	LOG: print every step from that number on
 *	FEATURES: any of t (touch pages), f (fork), s (stacks), m (madvise), r (mremap), l (mlock, msync),
 *	e (wrong arguments); default all
 *
 * On Linux it wants no randomisation (setarch -R, or norandmaps) and an 8 MiB stack limit; vdso and vvar
 * are unmapped first, and status 77 says that they could not be.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ON_LINUX
#include "lockstep_linux.h"
#else
#include "lockstep_guest.h"
#endif

#define LOW		0x10000000UL	/* MAP_FIXED works here … */
#define TOP_END		0x7ffff7fff000UL	/* … and here, where the kernel places */
#define WINDOW_PAGES	192
#define TOP		(TOP_END - WINDOW_PAGES * 4096UL)
#define HEAP_PAGES	24

static uint64_t state, step_number, log_from = UINT64_MAX, hash = 0xcbf29ce484222325UL;
static bool with_touch, with_fork, with_stacks, with_madvise, with_mremap, with_locks, with_errors;

static uint64_t rnd(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static void mix(uint64_t value)
{
	hash = (hash ^ value) * 0x100000001b3UL;
	hash ^= hash >> 29;
}

static void say(const char *format, ...)
{
	va_list args;

	if (step_number < log_from)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

/* --- looking at the windows ------------------------------------------------------------------- */

static void look_at_window(const char *name, uint64_t start, unsigned int pages)
{
	static struct seen_area areas[512];
	unsigned int n = areas_in(start, start + pages * 4096UL, areas, 512);

	say("    %s", name);
	for (unsigned int i = 0; i < n; i++) {
		mix(areas[i].start - start);
		mix(areas[i].end - start);
		mix(areas[i].prot);
		say(" %ld-%ld:%u", (long)(areas[i].start - start) / 4096, (long)(areas[i].end - start) / 4096,
		    areas[i].prot);
	}
	say("\n      ");
	for (unsigned int i = 0; i < n; i++)
		for (uint64_t at = areas[i].start; at < areas[i].end; at += 4096) {
			unsigned int page = page_state(at);

			mix(page);
			say("%c", page == 0 ? '.' : page == 1 ? 'p' : 'x');
		}
	say("\n");
}

static void look(void)
{
	look_at_window("low", LOW, WINDOW_PAGES);
	look_at_window("top", TOP, WINDOW_PAGES);
	look_at_window("heap", heap_base, HEAP_PAGES);
}

/* --- steps ------------------------------------------------------------------------------------ */

#define FLAGS_PA	0x22		/* MAP_PRIVATE | MAP_ANONYMOUS */
#define FLAG_FIXED	0x10
#define FLAG_GROWSDOWN	0x100
#define FLAG_NORESERVE	0x4000
#define FLAG_POPULATE	0x8000
#define FLAG_LOCKED	0x2000
#define FLAG_NOREPLACE	0x100000
#define FLAG_32BIT	0x40

static uint64_t pick_page(void)
{
	return (rnd(2) ? LOW : TOP) + rnd(WINDOW_PAGES) * 4096;
}

static uint64_t clip(uint64_t start, uint64_t len)
{
	uint64_t end = start >= TOP ? TOP_END : LOW + WINDOW_PAGES * 4096UL;

	return end - start < len ? end - start : len;
}

static uint64_t pick_prot(void)
{
	static const uint8_t prots[] = { 3, 3, 3, 1, 1, 5, 7, 0, 2, 4 };

	return prots[rnd(sizeof(prots))];
}

/* A mapping that came to lie outside the windows goes at once. */
static void keep_inside(long result, uint64_t len)
{
	uint64_t start = result;

	if (result < 0 && result > -4096)
		return;
	if (start >= TOP || (start >= LOW && start < LOW + WINDOW_PAGES * 4096UL))
		return;
	if (start + len > TOP && start < TOP)
		len = TOP - start + (start + len - TOP);
	do_munmap_call(start, len);
}

static void step_map(void)
{
	uint64_t flags = FLAGS_PA, addr = 0, prot = pick_prot(), len = (1 + rnd(12)) * 4096;
	long result;

	switch (rnd(4)) {
	case 0:
	case 1:
		addr = pick_page();
		flags |= rnd(4) ? FLAG_FIXED : FLAG_NOREPLACE;
		len = clip(addr, len);
		break;
	case 2:
		addr = pick_page() + rnd(4096);
		break;
	}
	if (with_stacks && rnd(16) == 0)
		flags |= FLAG_GROWSDOWN;
	if (rnd(16) == 0)
		flags |= FLAG_NORESERVE;
	if (with_touch && rnd(16) == 0)
		flags |= FLAG_POPULATE;
	if (with_touch && rnd(32) == 0)
		flags |= FLAG_LOCKED;
	if (rnd(32) == 0 && !(flags & FLAG_FIXED))
		flags |= FLAG_32BIT;
	len -= rnd(4096);
	result = do_mmap_call(addr, len, prot, flags, -1, 0);
	say("mmap %#lx %#lx prot %lu flags %#lx", addr, len, prot, flags);
	mix(result);
	say(" = %#lx\n", result);
	keep_inside(result, (len + 4095) & ~4095UL);
}

static void step_unmap(void)
{
	uint64_t addr = pick_page(), len = clip(addr, (1 + rnd(rnd(8) ? 12 : 96)) * 4096) - rnd(4096);
	long result = do_munmap_call(addr, len);

	mix(result);
	say("munmap %#lx %#lx = %ld\n", addr, len, result);
}

static void step_protect(void)
{
	uint64_t addr = pick_page(), len = clip(addr, (1 + rnd(16)) * 4096), prot = pick_prot();
	long result;

	if (with_stacks && rnd(16) == 0)
		prot |= 0x01000000;	/* PROT_GROWSDOWN */
	result = do_mprotect_call(addr, len, prot);
	mix(result);
	say("mprotect %#lx %#lx %#lx = %ld\n", addr, len, prot, result);
}

static void step_madvise(void)
{
	/* What every Linux knows, and what nobody does; huge and merged pages are not ours to compare. */
	static const int advices[] = { 0, 1, 2, 3, 4, 4, 4, 8, 10, 11, 16, 17, 18, 19, 20, 22, 23, 24,
				      5, 99 };
	uint64_t addr = pick_page(), len = clip(addr, (1 + rnd(12)) * 4096) - rnd(4096);
	int advice = advices[rnd(sizeof(advices) / sizeof(advices[0]))];
	long result;

	if (!with_touch && (advice == 22 || advice == 23))
		advice = 0;
	if (!with_fork && (advice == 10 || advice == 18))
		advice = 1;
	result = do_madvise_call(addr, len, advice);
	mix(result);
	say("madvise %#lx %#lx %d = %ld\n", addr, len, advice, result);
}

static void step_mremap(void)
{
	static const uint64_t flag_sets[] = { 0, 0, 1, 1, 1, 1, 3, 3, 3, 5, 7, 2, 4, 8 };
	uint64_t flags = flag_sets[rnd(14)], from = pick_page(), to = pick_page();
	uint64_t old_len = rnd(16) ? clip(from, (1 + rnd(10)) * 4096) : 0;
	uint64_t new_len = rnd(16) ? clip(to, (1 + rnd(14)) * 4096) : 0;
	long result;

	result = do_call(SYS_MREMAP, from, old_len, new_len, flags, to);
	mix(result);
	say("mremap %#lx %#lx %#lx flags %lu %#lx = %#lx\n", from, old_len, new_len, flags, to, result);
	keep_inside(result, new_len);
}

static void step_lock(void)
{
	static const unsigned int calls[] = { SYS_MLOCK, SYS_MLOCK2, SYS_MUNLOCK, SYS_MUNLOCK, SYS_MSYNC };
	unsigned int call = calls[rnd(5)];
	uint64_t addr = pick_page() + (rnd(8) ? 0 : rnd(4096)), len = clip(addr, (1 + rnd(10)) * 4096) - rnd(4096);
	uint64_t flags = call == SYS_MLOCK2 ? rnd(3) : rnd(9);
	long result;

	/* Locking touches. */
	if (!with_touch && call != SYS_MSYNC)
		call = SYS_MUNLOCK;
	result = do_call(call, addr, len, flags, 0, 0);
	mix(result);
	say("call %u %#lx %#lx %lu = %ld\n", call, addr, len, flags, result);
}

static void step_brk(void)
{
	uint64_t brk = heap_base + rnd(HEAP_PAGES) * 4096 - rnd(4096);
	long result = do_brk_call(brk);

	mix(result - heap_base);
	say("brk +%#lx = +%#lx\n", brk - heap_base, result - heap_base);
}

static void step_touch(void)
{
	uint64_t addr = (rnd(8) ? pick_page() : heap_base + rnd(HEAP_PAGES) * 4096) + rnd(8);
	bool write = rnd(3);
	int si_code = 0;
	int result;

	result = touch(addr, write, rnd(256), &si_code);
	mix(result);
	mix(si_code);
	say("%s %s%#lx = %d, code %d\n", write ? "write" : "read", addr < LOW ? "heap+" : "",
	    addr < LOW ? addr - heap_base : addr, result, si_code);
}

/* Would this call, if it worked, hurt something outside the windows? */
static bool harmful(uint64_t addr, uint64_t len)
{
	uint64_t end = addr + ((len + 4095) & ~4095UL);

	if (addr & 4095 || end <= addr || addr >= 0x7ffffffff000UL)
		return false;		/* refused */
	return !((addr >= LOW && end <= LOW + WINDOW_PAGES * 4096UL) || (addr >= TOP && end <= TOP_END));
}

/* Arguments from the edges. */
static void step_wrong(void)
{
	static const uint64_t addrs[] = {
		0, 1, 0x1000, 0xf000, 0xf001, 0x10000, LOW, LOW + 1, LOW + 0x5000, 0x7fffffffe000,
		0x7ffffffff000, 0x800000000000, 0xffff800000000000, -4096UL, -1UL, TOP, TOP_END,
	};
	static const uint64_t lens[] = {
		0, 1, 4096, 4097, 0x8000, 0x7ffffffff000, 0x7fffffffe000, 0x7ffffffff001, 0x800000000000,
		-4096UL, -4095UL, -1UL, 0x100000000000,
	};
	static const uint64_t flag_sets[] = {
		0x22, 0x22, 0x32, 0x32, 0x100022, 0x20, 0x24, 0x2f, 0x62, 0x122, 0x4022, 0x80022, 0x200022,
		0x8000022, 0x2, 0x12,
	};
	static const uint64_t prots[] = {
		0, 1, 3, 7, 8, 16, 0x01000003, 0x02000003, 0x03000003, 0x10000001, -1UL,
	};
	static const uint64_t offsets[] = { 0, 0, 0, 1, 4096, -4096UL, 0x8000000000000000 };
	uint64_t addr = addrs[rnd(17)], len = lens[rnd(13)];
	uint64_t flags = flag_sets[rnd(16)], prot = prots[rnd(11)];
	uint64_t off = offsets[rnd(7)];
	unsigned int call = rnd(3);
	long result = 0;

	/*
	 * A len near the top is commitment as well; only a PROT_NONE or unwritable one says what we
	 * want to know.
	 */
	if ((call || (flags & (FLAG_FIXED | FLAG_NOREPLACE))) && harmful(addr, len))
		return;
	if (call == 0)
		result = do_mmap_call(addr, len, prot, flags, -1, off);
	else if (call == 1)
		result = do_munmap_call(addr, len);
	else
		result = do_mprotect_call(addr, len, prot);
	mix(result);
	say("wrong %u: %#lx %#lx prot %#lx flags %#lx off %#lx = %#lx\n", call, addr, len, prot, flags,
	    off, result);
	if (call == 0)
		keep_inside(result, (len + 4095) & ~4095UL);
}

static void run(uint64_t steps, int depth);

/* The child does some of the steps, while the parent waits. */
static void step_fork(int depth)
{
	uint64_t steps = 1 + rnd(12);
	uint64_t kept_state, kept_hash;

	say("fork for %lu\n", steps);
	if (depth >= 3)
		return;
	if (fork_call()) {
		run(steps, depth + 1);
		child_done(state, hash, step_number);
	}
	wait_for_child(&kept_state, &kept_hash, &step_number);
	state = kept_state;
	hash = kept_hash;
	say("parent again\n");
}

/* The parent dies, and the child goes on. */
static void step_orphan(int depth)
{
	say("fork, and the parent dies\n");
	if (depth == 0)
		orphan_call();
}

static void run(uint64_t steps, int depth)
{
	for (; steps; steps--, step_number++) {
		uint64_t pick = rnd(100);

		say("%lu: ", step_number);
		if (pick < 30)
			step_map();
		else if (pick < 45)
			step_unmap();
		else if (pick < 65)
			step_protect();
		else if (pick < 68)
			step_brk();
		else if (pick < 74 && with_madvise)
			step_madvise();
		else if (pick < 79 && with_mremap)
			step_mremap();
		else if (pick < 82 && with_locks)
			step_lock();
		else if (pick < 90 && with_touch)
			step_touch();
		else if (pick < 93 && with_fork)
			step_fork(depth);
		else if (pick < 94 && with_fork)
			step_orphan(depth);
		else if (with_errors)
			step_wrong();
		look();
		if (step_number % 256 == 0 || step_number >= log_from) {
			printf("step %lu hash %016lx\n", step_number, hash);
			fflush(stdout);
		}
	}
}

static int lockstep_main(int argc, char **argv)
{
	uint64_t steps = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	const char *features = argc > 4 ? argv[4] : "tfsmrle";

	if (argc > 3)
		log_from = strtoull(argv[3], NULL, 0);
	with_touch = strchr(features, 't');
	with_fork = strchr(features, 'f');
	with_stacks = strchr(features, 's');
	with_madvise = strchr(features, 'm');
	with_mremap = strchr(features, 'r');
	with_locks = strchr(features, 'l');
	with_errors = strchr(features, 'e');
	state = (seed + 1) * 0x9e3779b97f4a7c15UL;
	run(steps, 0);
	printf("end: %lu steps, seed %lu, hash %016lx\n", steps, seed, hash);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	return start(argc, argv, lockstep_main);
}
