// SPDX-License-Identifier: MIT
/*
 * A stand-in for guest/kernel and guest/mm, so that guest/boot can be tried alone: one program in ring 3 on
 * hand-made tables, whose signals are printed, and probes of ring 0 chosen by the command line. The host
 * reads the console and the panic (tests/unit/boot_test.c).
 */
#include "calls.h"
#include "entry.h"
#include "fpu.h"
#include "labdev.h"
#include "mm_env.h"
#include "sections.h"
#include "uaccess.h"
#include "uapi.h"
#include "uart.h"

struct lab_page lab = { .magic = LAB_MAGIC, .abi_version = LAB_ABI_VERSION };
struct kernel_world {
	struct task_struct task;
	struct mm_struct mm;
	uint64_t next_free;		/* physical */
	uint64_t resume;		/* where ring 3 goes on after a signal; 0: it ends there */
	bool signalled;
	struct pt_regs *regs;		/* of the system call under way */
} world;

extern char user_start[], user_end[];

/* --- memory ------------------------------------------------------------------------------------ */

static void *new_page(void)
{
	void *page = __va(world.next_free);

	world.next_free += PAGE_SIZE;
	clear_page(page);
	return page;
}

static void map(uint64_t va, uint64_t pte)
{
	uint64_t *table = world.mm.pgd;

	for (int shift = PGDIR_SHIFT; shift > PAGE_SHIFT; shift -= 9) {
		uint64_t *entry = &table[va >> shift & 511];

		if (!*entry)
			*entry = __pa(new_page()) | PTE_P | PTE_RW | PTE_US;
		table = __va(*entry & PTE_PFN_MASK);
	}
	table[va >> PAGE_SHIFT & 511] = pte;
}

static void make_user_space(void)
{
	uint64_t *code;

	world.mm.pgd = new_page();
	memcpy(&world.mm.pgd[256], &swapper_pg_dir[256], 256 * sizeof(uint64_t));
	code = new_page();
	memcpy(code, user_start, user_end - user_start);
	map(USER_CODE, __pa(code) | PTE_P | PTE_US);
	map(USER_STACK, __pa(new_page()) | PTE_P | PTE_RW | PTE_US | PTE_NX);
	map(USER_READONLY, __pa(new_page()) | PTE_P | PTE_US | PTE_NX);
	load_cr3(__pa(world.mm.pgd));
}

/* --- the end ----------------------------------------------------------------------------------- */

static void __noreturn power_off(void)
{
	printk("NMIs: %s\n", lab.nr_stray_interrupts ? "some" : "none");
	outb(COM2_PORT, 'X');
	for (;;)
		asm volatile("hlt");
}

/* --- what boot/ calls ---------------------------------------------------------------------------- */

struct fault_result do_user_addr_fault(struct mm_struct *mm, uint64_t address, uint32_t error_code)
{
	BUG_ON(mm != &world.mm);
	(void)error_code;
	if (address == USER_DEMAND) {
		map(address, __pa(new_page()) | PTE_P | PTE_RW | PTE_US | PTE_NX);
		return (struct fault_result){ 0, 0 };
	}
	return (struct fault_result){ LX_SIGSEGV, LX_SEGV_MAPERR };
}

void lab_event(enum lab_event_type type, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	(void)d;
	printk("  event %d: %#lx, error %#lx, how %lu\n", type, a, b, c);
}

void lab_doorbell(enum lab_doorbell byte)
{
	outb(COM2_PORT, byte);
}

void force_sig_fault(int signo, int code, uint64_t address, int trapno, uint64_t error_code)
{
	if (address - USER_CODE < PAGE_SIZE)
		printk("  signal %d, code %d, at code, trap %d, error %#lx\n", signo, code, trapno,
		       error_code);
	else
		printk("  signal %d, code %d, at %#lx, trap %d, error %#lx\n", signo, code, address, trapno,
		       error_code);
	world.signalled = true;
}

void exit_to_user_mode(struct pt_regs *regs)
{
	BUG_ON(!user_mode(regs));
	if (!world.signalled)
		return;
	BUG_UNLESS_EQ(regs->orig_ax, -1UL);
	world.signalled = false;
	if (!world.resume)
		power_off();
	regs->ip = world.resume;
	regs->flags = user_flags(0);
}

/* Nor is anything traced. */
void do_syscall_traced(struct pt_regs *regs)
{
	BUG_ON(regs);
}

void page_fault_traced(struct pt_regs *regs, uint64_t address)
{
	BUG_ON(regs && address);
}

/* Nothing here begins to run live. */
void tick_from_user(void)
{
	BUG_ON(true);
}

bool fixup_exception(struct pt_regs *regs)
{
	struct exception_entry *entry = (struct exception_entry *)__start___ex_table;

	for (; (char *)entry < __stop___ex_table; entry++) {
		if (entry->insn == regs->ip) {
			regs->ip = entry->fixup;
			return true;
		}
	}
	return false;
}

uint64_t copy_from_user(void *to, uint64_t from, uint64_t len)
{
	memcpy(to, (const void *)from, len);
	return 0;
}

/* --- probes of ring 0 ------------------------------------------------------------------------------ */

/* Store one byte; false: it faulted and the exception table was used. */
static bool can_write(uint64_t va)
{
	bool faulted = false;

	asm volatile("1:	movb $1, (%[va])\n"
		     "	jmp 3f\n"
		     "2:	movb $1, %[faulted]\n"
		     "3:\n"
		     EX_TABLE(1b, 2b)
		     : [faulted] "+q"(faulted) : [va] "r"(va) : "memory");
	return !faulted;
}

static uint8_t some_data[8] = { 0xc3 };		/* a RET, too */

static void probe_rights(void)
{
	uint64_t data = (uint64_t)some_data;

	printk("data %d", can_write(data + 1));
	printk(", text %d", can_write((uint64_t)__text_start));
	printk(", rodata %d", can_write((uint64_t)__rodata_start));
	printk(", data through the direct map %d", can_write(data - KERNEL_MAP + PAGE_OFFSET));
	printk(", RAM through the direct map %d", can_write(PAGE_OFFSET + boot_info.ram_end - 1));
	printk(", below the boot stack %d", can_write((uint64_t)init_stack - 1));
	printk(", behind the image %d", can_write((uint64_t)__data_end));
	printk(", behind RAM %d", can_write(PAGE_OFFSET + boot_info.ram_end));
	printk(", identity %d", can_write(0x100000));
	printk(", non-canonical %d", can_write(0x8000000000000));
	printk(", demand page %d\n", can_write(USER_DEMAND + PAGE_SIZE) || can_write(USER_DEMAND));
}

static void probe_halves(void)
{
	unsigned int lower = 0, upper = 0;

	for (int i = 0; i < 256; i++)
		lower += swapper_pg_dir[i] != 0;
	for (int i = 256; i < 512; i++)
		upper += swapper_pg_dir[i] != 0;
	printk("kernel pgd: %u entries in the lower half, %u in the upper\n", lower, upper);
}

static void probe_formats(void)
{
	char small[8];
	int n = snprintf(small, sizeof(small), "%s", "0123456789");

	printk("[%d %5d %-5d| %05d %u %ld %lu]", -42, -42, -42, -42, 42u, INT64_MIN, UINT64_MAX);
	printk("[%x %#lx %016lx %lx]", 0xabcdefu, 0xfffUL, 0xfffUL, UINT64_MAX);
	printk("[%s %5s %-5s| %.2s %.*s %c%%]", "abc", "abc", "abc", "abc", 1, "abc", 'c');
	printk("[%s %d]\n", small, n);
}

static void probe_strings(void)
{
	static char a[64], b[64];
	char c[4];

	for (unsigned int n = 0; n < sizeof(a) - 2; n++) {
		for (unsigned int i = 0; i < sizeof(a); i++) {
			a[i] = i + 1;
			b[i] = 0;
		}
		memcpy(b + 1, a + 1, n);
		BUG_ON(b[0] || b[n + 1] || memcmp(a + 1, b + 1, n));
		BUG_ON(memcmp(a, b, n + 2) <= 0 || memcmp(b, a, n + 2) >= 0);
		memset(a + 1, 0x5a, n);
		BUG_ON(a[0] != 1 || (uint8_t)a[n + 1] != n + 2 || (n && (a[1] != 0x5a || a[n] != 0x5a)));
	}
	strscpy(c, "abcdef", sizeof(c));
	printk("%s %lu, ", c, strlen("hello"));
	strscpy(c, "a", sizeof(c));
	printk("%s\n", c);
}

/* Both ways of clearing, and the task's SSE registers untouched by it. */
static void probe_clear_page(void)
{
	uint64_t *page = (uint64_t *)new_page() + 512;
	static struct fxsave_area before, after;

	new_page();
	new_page();
	asm volatile("fxsave64 (%0)" : : "a"(&before) : "memory");
	memset(before.xmm, 0x77, sizeof(before.xmm));
	asm volatile("fxrstor64 (%0)" : : "a"(&before) : "memory");
	for (int emulated = 0; emulated < 2; emulated++) {
		ring0_emulated = emulated;
		memset(page - 1, 0xcc, PAGE_SIZE + 16);
		clear_page(page);
		for (int i = 0; i < 512; i++)
			BUG_UNLESS_EQ(page[i], 0);
		BUG_UNLESS_EQ(page[-1], 0xccccccccccccccccUL);
		BUG_UNLESS_EQ(page[512], 0xccccccccccccccccUL);
	}
	asm volatile("fxsave64 (%0)" : : "a"(&after) : "memory");
	printk("cleared twice, registers %s\n", memcmp(before.xmm, after.xmm, 256) ? "lost" : "kept");
}

static void probe_bad_iret(void)
{
	world.regs->ip = 0x8000000000000;
}

static void probe_run_data(void) { ((void (*)(void))some_data)(); }
static void probe_null(void) { asm volatile("mov 8, %%rax" : : : "rax"); }
static void probe_upper(void) { asm volatile("mov (%0), %%rax" : : "r"(0xffffc90000000000) : "rax"); }
static void probe_divide(void) { asm volatile("div %b0" : : "r"(0), "a"(1)); }
static void probe_panic(void) { panic("a panic of %s, number %d", "purpose", 42); }
static void probe_bug(void) { BUG_UNLESS_EQ(world.mm.mm_users, 7); }
static void probe_text(void) { *(volatile char *)__text_start = 1; }
static void probe_no_mm(void) { world.task.mm = NULL; (void)*(volatile char *)(USER_DEMAND + PAGE_SIZE); }

static void probe_reserved_bit(void)
{
	map(USER_DEMAND + PAGE_SIZE, 1UL << 51 | PTE_P | PTE_RW | PTE_US);
	(void)*(volatile char *)(USER_DEMAND + PAGE_SIZE);
}

/* Push until the stack's page ends: what lies below must not be writable. */
static void probe_overflow(void)
{
	asm volatile("mov %0, %%rsp\n"
		     "1:	push %%rax\n"
		     "	jmp 1b" : : "r"(init_stack + 256));
}

static const struct {
	const char *name;
	void (*run)(void);
} probes[] = {
	{ "rights", probe_rights },	{ "halves", probe_halves },	{ "bad-iret", probe_bad_iret },
	{ "run-data", probe_run_data },	{ "null", probe_null },		{ "upper", probe_upper },
	{ "divide", probe_divide },	{ "panic", probe_panic },	{ "bug", probe_bug },
	{ "text", probe_text },		{ "no-mm", probe_no_mm },	{ "reserved", probe_reserved_bit },
	{ "overflow", probe_overflow },	{ "formats", probe_formats },	{ "strings", probe_strings },
	{ "clear-page", probe_clear_page },
};

/* --- system calls ----------------------------------------------------------------------------------- */

static __attribute__((noinline)) void run_probe(struct pt_regs *regs)
{
	world.regs = regs;
	world.resume = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(probes); i++)
		if (strlen(boot_info.cmdline) == strlen(probes[i].name) &&
		    !memcmp(boot_info.cmdline, probes[i].name, strlen(probes[i].name)))
			probes[i].run();
	if (user_mode(regs) && regs->ip - USER_CODE < PAGE_SIZE)
		power_off();
}

void do_syscall(struct pt_regs *regs)
{
	BUG_UNLESS_EQ(regs->cs, USER_CS);
	BUG_UNLESS_EQ(regs->ss, USER_DS);
	switch (regs->orig_ax) {
	case CALL_MARK:
		printk("%s\n", (const char *)regs->di);
		world.resume = regs->si;
		break;
	case CALL_SAY:
		printk("%s %#lx\n", (const char *)regs->di, regs->si);
		break;
	case CALL_RING:
		outb(COM2_PORT, LAB_QUIESCENT);
		break;
	case CALL_PROBE:
		run_probe(regs);
		break;
	default:
		panic("system call %lu", regs->orig_ax);
	}
	regs->ax = CALL_RESULT;
}

/* Nobody here could die and leave the rest alive. */
const char *oops_is_fatal(const struct pt_regs *regs)
{
	(void)regs;
	return "";
}

void make_task_dead(int signo)
{
	panic("a task dies of signal %d", signo);
}

void start_kernel(void)
{
	static uint64_t boot_sp;
	char *stack;
	struct pt_regs *regs;
	struct switch_frame *frame;

	printk("RAM up to %#lx, free from %#lx, command line '%s'\n", boot_info.ram_end, boot_info.free_start,
	       boot_info.cmdline);
	if (!memcmp(boot_info.cmdline, "stop", 5))
		power_off();
	world.next_free = ALIGN_UP(boot_info.free_start, 2 * PAGE_SIZE);
	stack = __va(world.next_free);
	world.next_free += 2 * PAGE_SIZE;
	world.task = (struct task_struct){ .pid = 7, .mm = &world.mm, .stack = stack };
	this_cpu()->current = &world.task;
	make_user_space();
	regs = (struct pt_regs *)(stack + 2 * PAGE_SIZE) - 1;
	*regs = (struct pt_regs){ .ip = USER_CODE, .cs = USER_CS, .ss = USER_DS, .flags = user_flags(0),
				  .sp = USER_STACK_TOP };
	frame = (struct switch_frame *)regs - 1;
	*frame = (struct switch_frame){ .ip = (uint64_t)ret_from_fork };
	set_kernel_stack((uint64_t)(regs + 1));
	switch_stacks(&boot_sp, (uint64_t)frame);
	panic("back on the boot stack");
}

/* --- machine checks: none comes here ----------------------------------------------------------------- */

int memory_failure(uint64_t pfn, int flags, uint64_t *kill_addr)
{
	(void)flags;
	*kill_addr = 0;
	panic("memory_failure(%#lx)", pfn);
}

void force_sig(int signo);	/* guest/include/signal.h, which wants tasks */
void force_sig(int signo)
{
	panic("force_sig(%d)", signo);
}
