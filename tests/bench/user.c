/* SPDX-License-Identifier: MIT */
/*
 * What memory management costs a program: each operation between two RDTSC, as a line `cost NAME COUNT`, the median of some
 * rounds less what the two RDTSC take. One static program for every kernel: natively it counts cycles, on an emulator whose counter
 * counts instructions (QEMU's -icount) instructions, ring 3 and ring 0 alike.
 *
 * usage: user [AREAS]: the largest number of areas among which a fault is taken (60000)
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE   4096UL
#define ROUNDS 31 /* odd: the middle one counts */

static uint64_t samples[ROUNDS];
static int64_t nothing; /* what two RDTSC take */

static inline uint64_t clock_now(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static inline long call(long nr, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

/* Three bytes long: what the handler of SIGSEGV steps over. */
static inline void store(char *at)
{
	__asm__ volatile("movb $1, (%0)" : : "D"(at) : "memory");
}

static inline void load(const char *at)
{
	__asm__ volatile("movb (%0), %%al" : : "D"(at) : "rax", "memory");
}

#define TIME(operation)                                                                                                     \
	({                                                                                                                  \
		uint64_t start_ = clock_now();                                                                              \
		operation;                                                                                                  \
		clock_now() - start_;                                                                                       \
	})

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *map_pages(unsigned long pages, int flags)
{
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int64_t median(void)
{
	qsort(samples, ROUNDS, sizeof(samples[0]), by_size);
	return samples[ROUNDS / 2];
}

static void tell(const char *name, int64_t cost)
{
	printf("cost %s %lld\n", name, (long long)cost);
}

/* Measure `operation`, in which i is the round. */
#define COST(name, operation)                                                                                               \
	do {                                                                                                                \
		for (int i = 0; i < ROUNDS; i++)                                                                            \
			samples[i] = TIME(operation);                                                                       \
		tell(name, median() - nothing);                                                                             \
	} while (0)

/* --- calls, and faults in memory of one's own -------------------------------------------------------------- */

static void calls(void)
{
	char *p = map_pages(64, MAP_PRIVATE | MAP_ANONYMOUS);

	store(p + 32 * PAGE);
	COST("getppid", call(SYS_getppid, 0, 0, 0));
	COST("mmap+munmap", munmap(map_pages(1, MAP_PRIVATE | MAP_ANONYMOUS), PAGE));
	COST("mprotect-split-and-merge", call(SYS_mprotect, (long)p + 16 * PAGE, PAGE, PROT_READ);
	     call(SYS_mprotect, (long)p + 16 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	munmap(p, 64 * PAGE);
}

/* Frames that were used and given back: a kernel must clear them. */
static void use_frames(unsigned long pages)
{
	char *p = map_pages(pages, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE);

	for (unsigned long i = 0; i < pages; i++)
		store(p + i * PAGE);
	munmap(p, pages * PAGE);
}

static void first_faults(const char *write, const char *read, int flags)
{
	char *p = map_pages(2 * ROUNDS + 1, flags);

	store(p + 2 * ROUNDS * PAGE); /* the tables are there */
	COST(write, store(p + i * PAGE));
	COST(read, load(p + (ROUNDS + i) * PAGE));
	munmap(p, (2 * ROUNDS + 1) * PAGE);
}

/* --- fork ---------------------------------------------------------------------------------------------------- */

/* A child that waits until it is killed. */
static int fork_idle(void)
{
	int pid = fork();

	while (pid == 0)
		pause();
	if (pid < 0)
		die("fork");
	return pid;
}

static void end(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void cow(void)
{
	char *p = map_pages(2 * ROUNDS, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE);
	int child = fork_idle();

	COST("COW-copy", store(p + i * PAGE));
	end(child);
	COST("COW-reuse", store(p + (ROUNDS + i) * PAGE));
	munmap(p, 2 * ROUNDS * PAGE);
}

/* Counted in the parent, up to its return; the child ends at once. */
static int64_t fork_cost(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = clock_now();
		long pid = call(SYS_fork, 0, 0, 0);

		samples[i] = clock_now() - start;
		if (pid == 0)
			call(SYS_exit_group, 0, 0, 0);
		waitpid(pid, NULL, 0);
	}
	return median() - nothing;
}

static void forks(void)
{
	int64_t few = fork_cost(), many;
	char *p = map_pages(512, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE);

	many = fork_cost();
	munmap(p, 512 * PAGE);
	tell("fork", few);
	tell("fork-per-further-mapped-page", (many - few) / 512);
}

/* --- a signal ------------------------------------------------------------------------------------------------ */

static void step_over(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 3;
}

static void signals(void)
{
	struct sigaction action = {.sa_sigaction = step_over, .sa_flags = SA_SIGINFO};
	char *p = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaction(SIGSEGV, &action, NULL);
	COST("SIGSEGV-to-handler-and-back", store(p));
	munmap(p, PAGE);
}

/* --- many areas ------------------------------------------------------------------------------------------------ */

/* Areas of one page, every other page free: none merges. */
static void among(unsigned long largest)
{
	static const unsigned long sizes[] = {200, 2000, 20000, 60000};
	char *areas = (char *)0x10000000000UL, name[64];
	unsigned long made = 0;

	for (unsigned int k = 0; k < sizeof(sizes) / sizeof(sizes[0]) && sizes[k] <= largest; k++) {
		char *middle = areas + sizes[k] / 3 * 2 * PAGE;

		for (; made < sizes[k]; made++)
			if (mmap(areas + made * 2 * PAGE, PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
				die("mmap");
		load(middle); /* the table is there; the area looked up last is another one each time */
		snprintf(name, sizeof(name), "read-fault-among-%lu", sizes[k]);
		COST(name, load(middle + (i + 1) * 2 * PAGE));
	}
}

int main(int argc, char **argv)
{
	COST("nothing", );
	nothing = median();
	calls();
	use_frames(512);
	first_faults("anonymous-write-fault", "zero-page-read-fault", MAP_PRIVATE | MAP_ANONYMOUS);
	first_faults("shmem-write-fault", "shmem-read-fault", MAP_SHARED | MAP_ANONYMOUS);
	cow();
	signals();
	forks();
	among(argc > 1 ? strtoul(argv[1], NULL, 0) : 60000);
	return 0;
}
