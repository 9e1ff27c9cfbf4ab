// SPDX-License-Identifier: MIT
/*
 * What one CPU needs to take exceptions and system calls: GDT, TSS with its interrupt stacks, IDT, GS base
 * and the SYSCALL registers (SDM vol. 3A, chapters 3, 6 and 7; vol. 3A, 5.8.8).
 *
 * Interrupts are never enabled in ring 0, and in ring 3 only while a program runs live (user_flags()): there is the tick, and no
 * other device has one to raise. NMIs do come (from the host's hand), and an interrupt that ought not to; both are counted. The
 * IDT itself is idt.S's.
 */
#include "boot.h"
#include "percpu.h"
#include "lab.h"

/* SDM vol. 3A, 7.7. Not aligned by nature: packed. */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_bitmap;
} __attribute__((packed));

struct descriptor_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

uint64_t user_flags_fixed = FLAGS_FIXED;
struct cpu_info cpus[NR_CPUS];
/* CPU 0 of head.S reaches its GDT by this name, too. Accessed bits are set so that no load writes here. */
uint64_t cpu_gdt[NR_CPUS][GDT_SIZE / 8] = { [0 ... NR_CPUS - 1] = {
	[KERNEL_CS / 8] = 0x00af9b000000ffff,
	[KERNEL_DS / 8] = 0x00cf93000000ffff,
	[USER32_CS / 8] = 0x00cffb000000ffff,
	[USER_DS / 8] = 0x00cff3000000ffff,
	[USER_CS / 8] = 0x00affb000000ffff,
} };
static struct tss cpu_tss[NR_CPUS];

_Static_assert(sizeof(struct tss) == 104, "SDM figure 7-11");
_Static_assert(GDT_SIZE == TSS_SELECTOR + 16, "the TSS descriptor, 16 bytes, is the last one");

#define TSS_AVAILABLE	(0x89ULL << 40)		/* present, 64-bit TSS; LTR makes it busy */

static void load_tss(unsigned int cpu)
{
	struct tss *tss = &cpu_tss[cpu];
	uint64_t base = (uint64_t)tss;
	uint64_t *descriptor = &cpu_gdt[cpu][TSS_SELECTOR / 8];
	char *stack = ist_stacks + cpu * NR_IST * PAGE_SIZE;

	for (int i = 0; i < NR_IST; i++)
		tss->ist[i] = (uint64_t)(stack += PAGE_SIZE);
	tss->io_bitmap = sizeof(*tss);
	descriptor[0] = (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | TSS_AVAILABLE |
			(base >> 24 & 0xff) << 56;
	descriptor[1] = base >> 32;
	asm volatile("ltr %w0" : : "r"(TSS_SELECTOR));
}

static void load_tables(unsigned int cpu)
{
	struct descriptor_pointer gdt_pointer = { GDT_SIZE - 1, (uint64_t)cpu_gdt[cpu] };
	struct descriptor_pointer idt_pointer = { NR_VECTORS * 16 - 1, (uint64_t)idt_table };

	asm volatile("lgdt %0" : : "m"(gdt_pointer));
	asm volatile("lidt %0" : : "m"(idt_pointer));
}

/*
 * SYSCALL clears what the kernel must not run with: TF, IF, DF, NT and AC among them, as Linux. The user's
 * value is in R11 and comes back by iretq.
 */
static void syscall_init(void)
{
	wrmsr(MSR_STAR, (uint64_t)USER32_CS << 48 | (uint64_t)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (uint64_t)entry_syscall);
	wrmsr(MSR_SYSCALL_MASK, 0x257fd5);
}

void cpu_init(unsigned int cpu)
{
	cpus[cpu].self = &cpus[cpu];
	cpus[cpu].cpu = cpu;
	wrmsr(MSR_GS_BASE, (uint64_t)&cpus[cpu]);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	load_tables(cpu);
	load_tss(cpu);
	syscall_init();
	asm volatile("fninit");
}

void set_kernel_stack(uint64_t top)
{
	struct cpu_info *self = this_cpu();

	self->kernel_sp = top;
	cpu_tss[self->cpu].rsp[0] = top;
}

void write_fs_base(uint64_t base)
{
	wrmsr(MSR_FS_BASE, base);
}

void write_user_gs_base(uint64_t base)
{
	wrmsr(MSR_KERNEL_GS_BASE, base);
}
