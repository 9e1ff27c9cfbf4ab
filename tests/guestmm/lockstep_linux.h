/* SPDX-License-Identifier: MIT */
/*
 * lockstep.c's kernel is the Linux that runs it. No malloc, no stdio before the vdso is gone: the
 * heap is looked at.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <errno.h>

static uint64_t heap_base;

static long answer(long result)
{
	return result == -1 ? -errno : result;
}

static long do_mmap_call(uint64_t addr, uint64_t len, uint64_t prot, uint64_t flags, int fd, uint64_t off)
{
	return answer(syscall(SYS_mmap, addr, len, prot, flags, fd, off));
}

static long do_munmap_call(uint64_t addr, uint64_t len) { return answer(syscall(SYS_munmap, addr, len)); }
static long do_mprotect_call(uint64_t addr, uint64_t len, uint64_t prot)
{
	return answer(syscall(SYS_mprotect, addr, len, prot));
}
static long do_madvise_call(uint64_t addr, uint64_t len, int advice)
{
	return answer(syscall(SYS_madvise, addr, len, advice));
}

enum { SYS_MREMAP, SYS_MLOCK, SYS_MLOCK2, SYS_MUNLOCK, SYS_MSYNC };

static long do_call(unsigned int call, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	static const long numbers[] = { SYS_mremap, SYS_mlock, SYS_mlock2, SYS_munlock, SYS_msync };

	return answer(syscall(numbers[call], a, b, c, d, e));
}

static long do_brk_call(uint64_t brk) { return syscall(SYS_brk, brk); }

static sigjmp_buf back;
static volatile int fault_signo, fault_code;

static void on_fault(int signo, siginfo_t *info, void *context)
{
	(void)context;
	fault_signo = signo;
	fault_code = info->si_code;
	siglongjmp(back, 1);
}

static int touch(uint64_t addr, bool write, int value, int *si_code)
{
	if (sigsetjmp(back, 0)) {
		*si_code = fault_code;
		return -fault_signo;
	}
	if (!write)
		return *(volatile uint8_t *)addr;
	*(volatile uint8_t *)addr = value;
	return 0;
}

struct seen_area { uint64_t start, end; unsigned int prot; };

static char maps[1 << 18];

static unsigned int areas_in(uint64_t start, uint64_t end, struct seen_area *areas, unsigned int max)
{
	unsigned int n = 0, have = 0;
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t got;

	while (have < sizeof(maps) - 1 && (got = read(fd, maps + have, sizeof(maps) - 1 - have)) > 0)
		have += got;
	close(fd);
	maps[have] = '\0';
	for (char *line = maps; *line && n < max; line = strchr(line, '\n') + 1) {
		char *at;
		uint64_t from = strtoul(line, &at, 16), to = strtoul(at + 1, &at, 16);

		if (from >= end || to <= start)
			continue;
		areas[n].start = from > start ? from : start;
		areas[n].end = to < end ? to : end;
		areas[n++].prot = (at[1] == 'r' ? 1 : 0) | (at[2] == 'w' ? 2 : 0) | (at[3] == 'x' ? 4 : 0);
	}
	return n;
}

static unsigned int page_state(uint64_t addr)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (pread(fd, &entry, 8, addr / 4096 * 8) != 8)
		entry = 0;
	close(fd);
	return !(entry >> 63) ? 0 : entry >> 56 & 1 ? 2 : 1;
}

/* Pipes from children to parents, one for each generation that is alive. */
static int tell[8][2];
static unsigned int generation;

static bool fork_call(void)
{
	pid_t pid;

	if (pipe(tell[generation]))
		_exit(4);
	fflush(stdout);
	pid = fork();
	if (pid)
		close(tell[generation][1]);
	else
		generation++;
	return pid == 0;
}

static void child_done(uint64_t state, uint64_t hash, uint64_t step)
{
	uint64_t words[3] = { state, hash, step };

	fflush(stdout);
	if (write(tell[generation - 1][1], words, sizeof(words)) != sizeof(words))
		_exit(4);
	_exit(0);
}

static void wait_for_child(uint64_t *state, uint64_t *hash, uint64_t *step)
{
	uint64_t words[3];
	int from = tell[generation][0], status;

	wait(&status);
	if (status || read(from, words, sizeof(words)) != sizeof(words)) {
		printf("child ended with status %#x\n", status);
		fflush(stdout);
		_exit(4);
	}
	close(from);
	*state = words[0];
	*hash = words[1];
	*step = words[2];
}

static void orphan_call(void)
{
	pid_t parent = getpid();

	fflush(stdout);
	if (fork())
		_exit(0);
	while (getppid() == parent)
		usleep(100);
}

/* Unmap what the kernel put into the window at the top. */
static bool clear_window(void)
{
	static struct seen_area areas[64];
	uint64_t from = 0x7ffff0000000, to = 0x7ffff7fff000;
	unsigned int n = areas_in(from, to, areas, 64);

	for (unsigned int i = 0; i < n; i++)
		if (munmap((void *)areas[i].start, areas[i].end - areas[i].start))
			return false;
	return true;
}

static int start(int argc, char **argv, int (*main_function)(int, char **))
{
	static char output[4096];
	static uint8_t stack[65536];
	struct sigaction action = { .sa_sigaction = on_fault,
				   .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	pid_t runner;
	int status;

	setvbuf(stdout, output, _IOFBF, sizeof(output));
	/* Orphans come to us; whoever runs last has printed all there is. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	runner = fork();
	if (runner) {
		int worst = 0;

		while (wait(&status) > 0)
			worst = WIFEXITED(status) && WEXITSTATUS(status) > worst ? WEXITSTATUS(status)
			      : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : worst;
		return worst;
	}
	if (getuid() == 0 && (setgid(65534) || setuid(65534)))
		return 4;
	prctl(PR_SET_DUMPABLE, 1);
	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	if (!clear_window())
		return 77;
	heap_base = ((uint64_t)sbrk(0) + 4095) & ~4095UL;
	syscall(SYS_brk, heap_base);
	status = main_function(argc, argv);
	_exit(status);
}
