/* SPDX-License-Identifier: MIT */
/* clone3: what it refuses, a child with a descriptor of its own, handlers that it does not inherit. 77: there is no clone3 here. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of linux/sched.h, which not every C library has. */
#undef CLONE_PIDFD
#define CLONE_PIDFD		0x1000UL
#undef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND	0x100000000UL
#define CLONE_ARGS_SIZE_VER0	64
struct clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
#define P_PIDFD_TYPE 3

static long clone3(struct clone_args *args, size_t size)
{
	fflush(stdout);
	return syscall(SYS_clone3, args, size);
}

static void refused(const char *what, struct clone_args args, size_t size)
{
	long ret = clone3(&args, size);

	if (ret == 0)
		_exit(0);
	printf("%s: %s\n", what, ret < 0 ? strerror(errno) : "a child");
	if (ret > 0)
		waitpid(ret, NULL, __WALL);
}

static void refusals(void)
{
	static pid_t tid[40] = {100};
	struct {
		struct clone_args args;
		uint64_t more;
	} longer = {.args = {.exit_signal = SIGCHLD}};
	long ret;

	refused("too short", (struct clone_args){0}, 63);
	refused("the oldest size", (struct clone_args){.exit_signal = SIGCHLD}, CLONE_ARGS_SIZE_VER0);
	refused("too long", (struct clone_args){0}, 5000);
	refused("a signal in the flags", (struct clone_args){.flags = SIGCHLD}, sizeof(struct clone_args));
	refused("no such signal", (struct clone_args){.exit_signal = 65}, sizeof(struct clone_args));
	refused("a stack without a size", (struct clone_args){.stack = 4096}, sizeof(struct clone_args));
	refused("a size without a stack", (struct clone_args){.stack_size = 4096}, sizeof(struct clone_args));
	refused("handlers shared and cleared", (struct clone_args){.flags = CLONE_VM | CLONE_SIGHAND | CLONE_CLEAR_SIGHAND},
		sizeof(struct clone_args));
	refused("a thread with a signal", (struct clone_args){.flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, .exit_signal = SIGCHLD},
		sizeof(struct clone_args));
	refused("a thread of another mm", (struct clone_args){.flags = CLONE_SIGHAND | CLONE_THREAD}, sizeof(struct clone_args));
	refused("a flag that is none", (struct clone_args){.flags = 1UL << 40}, sizeof(struct clone_args));
	refused("pids without a number of them", (struct clone_args){.set_tid = (uintptr_t)tid}, sizeof(struct clone_args));
	refused("too many pids", (struct clone_args){.set_tid = (uintptr_t)tid, .set_tid_size = 33}, sizeof(struct clone_args));
	ret = clone3(&longer.args, sizeof(longer));
	if (ret == 0)
		_exit(0);
	printf("longer, with zeros: %s\n", ret > 0 ? "a child" : strerror(errno));
	waitpid(ret, NULL, 0);
	longer.more = 1;
	ret = clone3(&longer.args, sizeof(longer));
	printf("longer, and something there: %s\n", ret < 0 ? strerror(errno) : "a child");
	ret = clone3((struct clone_args *)4096, sizeof(struct clone_args));
	printf("nothing there: %s\n", ret < 0 ? strerror(errno) : "a child");
}

static void nothing(int signo)
{
	(void)signo;
}

static void with_pidfd(void)
{
	int fd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND, .pidfd = (uintptr_t)&fd, .exit_signal = SIGCHLD,
	};
	struct pollfd wait = {.events = POLLIN};
	struct sigaction action;
	siginfo_t info = {0};
	long pid;

	signal(SIGUSR1, nothing);
	signal(SIGUSR2, SIG_IGN);
	pid = clone3(&args, sizeof(args));
	if (pid == 0) {
		pause();
		_exit(1);
	}
	wait.fd = fd;
	printf("a child with a descriptor: %s\n", pid > 0 && fd > 2 ? "yes" : "no");
	printf("ready: %d\n", poll(&wait, 1, 0));
	printf("an ignored signal stays ignored: %ld\n", syscall(SYS_pidfd_send_signal, fd, SIGUSR2, NULL, 0));
	syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0);
	printf("ready: %d\n", poll(&wait, 1, -1));
	printf("waited for: %d\n", waitid(P_PIDFD_TYPE, fd, &info, WEXITED));
	printf("killed by a signal without its handler: %d\n", info.si_code == CLD_KILLED && info.si_status == SIGUSR1);
	printf("nobody: %s\n", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) ? strerror(errno) : "somebody");
	sigaction(SIGUSR1, NULL, &action);
	printf("the parent keeps its handler: %d\n", action.sa_handler == nothing);
}

static void with_stack(void)
{
	size_t size = 65536;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct clone_args args = {.exit_signal = SIGCHLD, .stack = (uintptr_t)stack, .stack_size = size};
	int status;
	long pid;

	fflush(stdout);
	/* The child has nothing on its stack: it may not return from anything. */
	__asm__ volatile("syscall\n test %%eax, %%eax\n jnz 1f\n lea -1(%%rsp), %%rdi\n sub %%rdx, %%rdi\n mov $231, %%eax\n"
			 "shr $8, %%rdi\n and $255, %%edi\n syscall\n1:"
			 : "=a"(pid) : "0"(SYS_clone3), "D"(&args), "S"(sizeof(args)), "d"(stack) : "rcx", "r11", "memory");
	waitpid(pid, &status, 0);
	printf("its stack begins at the end of what it got: %d\n", WIFEXITED(status) && WEXITSTATUS(status) == 255);
}

int main(void)
{
	if (syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS)
		return 77;
	refusals();
	with_pidfd();
	with_stack();
	return 0;
}
