// SPDX-License-Identifier: MIT
/*
 * The guest's last words: message, registers and backtrace to the console and into lab.panic, the doorbell
 * LAB_PANIC, and then silence. Everything here must work whatever is broken: no locks, no allocation, and no
 * pointer is followed that does not lead into memory known to be mapped.
 */
#include "entry.h"
#include "labdev.h"
#include "mm_env.h"
#include "sections.h"
#include "uart.h"

/* Where it happened: the context panic() was called in, or the one an exception interrupted. */
struct site {
	uint64_t ip, sp, bp;
	uint64_t error_code;
	int vector;			/* -1: no exception */
};

/* Set by the first panic; a second one, from inside the first, halts without touching what was said. */
static uint32_t panicking;

static void __noreturn halt_forever(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

/* Kernel memory that can be read without a fault: the direct map of RAM, and the image. */
static bool readable(uint64_t va, uint64_t size)
{
	if (va >= (uint64_t)__text_start && va + size <= (uint64_t)__data_end)
		return va + size <= (uint64_t)__rodata_end || va >= (uint64_t)__data_start;
	return va >= PAGE_OFFSET && va + size <= PAGE_OFFSET + boot_info.ram_end;
}

/*
 * Follow saved RBPs from bp. Kernel stacks are aligned to their size, so the block that holds sp bounds the
 * walk; frames must ascend, and a return address must lie in the kernel's text.
 */
static unsigned int walk_frames(uint64_t *backtrace, unsigned int n, unsigned int max, uint64_t sp,
				uint64_t bp)
{
	uint64_t size = PAGE_SIZE << KERNEL_STACK_ORDER;
	uint64_t low = sp, high = ALIGN_DOWN(sp, size) + size;

	while (n < max && bp >= low && bp + 16 <= high && bp % 8 == 0 && readable(bp, 16)) {
		uint64_t *frame = (uint64_t *)bp;

		if (frame[1] < (uint64_t)__text_start || frame[1] >= (uint64_t)__text_end)
			break;
		backtrace[n++] = frame[1];
		low = bp + 16;
		bp = frame[0];
	}
	return n;
}

unsigned int stack_trace(uint64_t *callers, unsigned int max)
{
	uint64_t *frame = __builtin_frame_address(0);

	return walk_frames(callers, 0, max, (uint64_t)frame, (uint64_t)frame);
}

static void fill_panic(struct lab_panic *p, const struct site *site, const char *file, unsigned int line)
{
	struct task_struct *task = get_current();

	p->rip = site->ip;
	p->rsp = site->sp;
	p->rbp = site->bp;
	asm volatile("mov %%cr2, %0" : "=r"(p->cr2));
	p->error_code = site->error_code;
	p->line = line;
	p->vector = site->vector;
	p->pid = task && readable((uint64_t)task, sizeof(*task)) ? task->pid : -1;
	strscpy(p->file, file, sizeof(p->file));
	p->backtrace[0] = site->ip;
	p->nr_backtrace = walk_frames(p->backtrace, 1, ARRAY_SIZE(p->backtrace), site->sp, site->bp);
}

static void print_panic(const struct lab_panic *p, const char *kind)
{
	printk("%s: %s:%u: %s\n", kind, p->file, p->line, p->message);
	printk("  rip %016lx rsp %016lx rbp %016lx cr2 %016lx\n", p->rip, p->rsp, p->rbp, p->cr2);
	if (p->vector >= 0)
		printk("  exception %d, error code %#lx\n", p->vector, p->error_code);
	printk("  pid %d, called from:", p->pid);
	for (unsigned int i = 0; i < p->nr_backtrace; i++)
		printk(" %lx", p->backtrace[i]);
	printk("\n");
}

static void __noreturn vpanic(const struct site *site, const char *file, unsigned int line,
			      const char *format, va_list args)
{
	asm volatile("cli");
	if (__atomic_exchange_n(&panicking, 1, __ATOMIC_RELAXED))
		halt_forever();
	vsnprintf(lab.panic.message, sizeof(lab.panic.message), format, args);
	fill_panic(&lab.panic, site, file, line);
	/* The doorbell last: a host that hears it may end the machine at once. */
	print_panic(&lab.panic, "panic");
	outb(COM2_PORT, LAB_PANIC);
	halt_forever();
}

void panic_at(const char *file, unsigned int line, const char *format, ...)
{
	uint64_t *frame = __builtin_frame_address(0);
	struct site site = {
		/*
		 * The CALL itself, 5 bytes: nothing comes back here, so the next address may be another
		 * function's.
		 */
		.ip = frame[1] - 5,
		.sp = (uint64_t)(frame + 2),
		.bp = frame[0],
		.vector = -1,
	};
	va_list args;

	va_start(args, format);
	vpanic(&site, file, line, format, args);
}

static struct site site_of(const struct pt_regs *regs, int vector)
{
	return (struct site){
		.ip = regs->ip,
		.sp = regs->sp,
		.bp = regs->bp,
		.error_code = regs->orig_ax,
		.vector = vector,
	};
}

void die(const struct pt_regs *regs, int vector, const char *format, ...)
{
	struct site site = site_of(regs, vector);
	va_list args;

	va_start(args, format);
	vpanic(&site, "exception", 0, format, args);
}

#define OOPS_LIMIT	10000		/* Linux kernel.oops_limit: each may have leaked a reference */

void oops(const struct pt_regs *regs, const struct oops *what, const char *format, ...)
{
	static struct lab_panic told;
	struct site site = site_of(regs, what->vector);
	const char *fatal = oops_is_fatal(regs);
	va_list args;

	va_start(args, format);
	if (!fatal && ++lab.nr_oopses >= OOPS_LIMIT)
		fatal = "oopsed too often";
	if (fatal && !*fatal)
		vpanic(&site, "exception", 0, format, args);
	vsnprintf(told.message, sizeof(told.message), format, args);
	if (fatal)
		die(regs, what->vector, "%s: %s", told.message, fatal);
	fill_panic(&told, &site, "exception", 0);
	print_panic(&told, "oops");
	lab_event(LAB_EV_OOPS, what->address, what->error_code, what->vector, regs->ip);
	make_task_dead(what->signo);
}
