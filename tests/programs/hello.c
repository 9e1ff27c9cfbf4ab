/* SPDX-License-Identifier: MIT */
/*
 * A program for the initrd of the scenarios: static, without a C library, with text, constants, data and bss, so that execve has
 * something of each to map. It greets its argument and ends with how often it did.
 */
#define NR_write 1
#define NR_exit	 60

static char greeting[] = "hello, ";	/* data */
static const char end[] = "\n";		/* constants */
static char line[256];			/* bss */
static unsigned int greeted;

static long syscall3(long nr, long a, const void *b, long c)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return ret;
}

static unsigned int append(unsigned int at, const char *text)
{
	while (*text && at < sizeof(line))
		line[at++] = *text++;
	return at;
}

__attribute__((used)) static void start(const long *stack)
{
	long argc = stack[0];
	const char *const *argv = (const char *const *)(stack + 1);

	for (long i = 1; i < argc; i++, greeted++)
		syscall3(NR_write, 1, line, append(append(append(0, greeting), argv[i]), end));
	syscall3(NR_exit, greeted, (void *)0, 0);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");
