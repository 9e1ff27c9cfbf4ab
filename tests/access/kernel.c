// SPDX-License-Identifier: MIT
/*
 * The guest of the access matrix: does each case as told (entries into the tables, control registers, one access from
 * ring 0 or 3) and writes down what came of it. It judges nothing; the host (matrix.c) predicts and compares. No
 * exit to the host per case: where exits are dear that would be all the time there is.
 */
#include "layout.h"
#include <stdbool.h>
#include "lab.h"
#include "x86.h"

#define CASES	((const struct access_case *)ACCESS_CASES)
#define RESULTS ((struct access_result *)ACCESS_RESULTS)
#define RUN	((struct access_run *)ACCESS_RUN)

/* `mov %rsi, %rax; jmp *%rsi` and three bytes that tell an old value of the page from a written one. */
#define TARGET_OLD	0x5a5a5ae6fff08948
#define TARGET_NEW	0xa5a5a5e6fff08948

struct lab_page lab = { .magic = LAB_MAGIC, .abi_version = LAB_ABI_VERSION };

extern uint64_t gdt[], access_error, access_cr2;
extern uint8_t access_fault;
extern char access_stack_top[], access_done[], page_fault_entry[], undefined_entry[], other_entry[];
extern char stub_read[], stub_write[], stub_fetch[], stub_trap[], stub_end[];
uint64_t do_access(uint64_t va, uint64_t back, const uint64_t iret_frame[5], uint64_t value);
void access_main(void) __attribute__((noreturn));

static inline void outb(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void cpuid(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *d)
{
	uint32_t c = 0;

	asm volatile("cpuid" : "=a"(*a), "=b"(*b), "+c"(c), "=d"(*d) : "a"(leaf));
}

/* --- set-up ------------------------------------------------------------------------------------- */

static uint32_t tss[26];
static uint64_t idt[32][2];
static struct {
	uint64_t pud[512], pmd[512], pte[512];
} stub_tables __attribute__((aligned(4096), section(".bss.page_tables")));

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static void set_gate(unsigned int vector, const char *entry)
{
	uint64_t at = (uint64_t)entry;

	idt[vector][0] = (at & 0xffff) | KERNEL_CS << 16 | 0x8eUL << 40 | (at >> 16 & 0xffff) << 48;
	idt[vector][1] = at >> 32;
}

static void set_up_traps(void)
{
	uint64_t at = (uint64_t)tss, rsp0 = (uint64_t)access_stack_top;
	struct table_pointer gdtr = { 79, (uint64_t)gdt }, idtr = { sizeof(idt) - 1, (uint64_t)idt };

	tss[1] = rsp0;
	tss[2] = rsp0 >> 32;
	tss[25] = sizeof(tss) << 16;
	gdt[TSS_SELECTOR / 8] = (sizeof(tss) - 1) | (at & 0xffffff) << 16 | 0x89UL << 40 | (at >> 24 & 0xff) << 56;
	gdt[TSS_SELECTOR / 8 + 1] = at >> 32;
	for (unsigned int vector = 0; vector < 32; vector++)
		set_gate(vector, vector == X86_TRAP_PF ? page_fault_entry :
				 vector == X86_TRAP_UD ? undefined_entry : other_entry);
	asm volatile("lgdt %0; lidt %1; ltr %w2" : : "m"(gdtr), "m"(idtr), "r"(TSS_SELECTOR) : "memory");
}

static void set_up_stub(void)
{
	uint64_t *pgd = (uint64_t *)ACCESS_PGD;
	const uint64_t table = PTE_P | PTE_RW | PTE_US | PTE_A;

	for (long i = 0; i < stub_end - stub_read; i++)
		((char *)ACCESS_STUB)[i] = stub_read[i];
	stub_tables.pte[0] = ACCESS_STUB | PTE_P | PTE_US | PTE_A;
	stub_tables.pmd[0] = ((uint64_t)stub_tables.pte - KERNEL_MAP) | table;
	stub_tables.pud[0] = ((uint64_t)stub_tables.pmd - KERNEL_MAP) | table;
	pgd[STUB_VA >> PGDIR_SHIFT] = ((uint64_t)stub_tables.pud - KERNEL_MAP) | table;
}

static uint32_t cpu_has(void)
{
	uint32_t a, b, d, has = CPU_WP | CPU_NXE;

	cpuid(0, &a, &b, &d);
	if (a >= 7) {
		cpuid(7, &a, &b, &d);
		has |= (b & 1 << 7 ? CPU_SMEP : 0) | (b & 1 << 20 ? CPU_SMAP : 0);
	}
	return has;
}

/* --- one case ------------------------------------------------------------------------------------- */

/* Control registers of the case. They change seldom: the host orders its cases so. */
static void set_cpu(uint8_t cpu)
{
	uint64_t cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_PG | (cpu & CPU_WP ? CR0_WP : 0);
	uint64_t cr4 = CR4_PAE | CR4_OSFXSR | (cpu & CPU_SMEP ? CR4_SMEP : 0) | (cpu & CPU_SMAP ? CR4_SMAP : 0);
	uint32_t efer = EFER_LME | (cpu & CPU_NXE ? EFER_NXE : 0);

	asm volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
	asm volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
	asm volatile("wrmsr" : : "a"(efer), "d"(0), "c"(MSR_EFER) : "memory");
}

static volatile uint64_t *const slots[4] = {
	(uint64_t *)ACCESS_PGD + (ACCESS_VA >> PGDIR_SHIFT & 511),
	(uint64_t *)ACCESS_PUD + (ACCESS_VA >> PUD_SHIFT & 511),
	(uint64_t *)ACCESS_PMD + (ACCESS_VA >> PMD_SHIFT & 511),
	(uint64_t *)ACCESS_PTE + (ACCESS_VA >> PAGE_SHIFT & 511),
};

/* Jumps to one of the stubs at the ring of the case, and tells whether it met the target page. */
static bool perform(const struct access_case *c)
{
	const char *const stubs[] = { stub_read, stub_write, stub_fetch };
	const uint64_t kernel_ip = (uint64_t)stubs[c->kind], user_base = STUB_VA - (uint64_t)stub_read;
	const uint64_t back = c->user ? (uint64_t)stub_trap + user_base : (uint64_t)access_done;
	const uint64_t frame[5] = {
		c->user ? kernel_ip + user_base : kernel_ip,
		c->user ? USER_CS : KERNEL_CS,
		X86_EFLAGS_FIXED | (c->ac ? X86_EFLAGS_AC : 0),
		(uint64_t)access_stack_top,
		c->user ? USER_DS : 0,
	};
	volatile uint64_t *target = (uint64_t *)ACCESS_TARGET;
	uint64_t value, found;

	*target = TARGET_OLD;
	value = do_access(ACCESS_VA, back, frame, TARGET_NEW);
	found = *target;
	if (c->kind == 1)
		return found == TARGET_NEW;
	return found == TARGET_OLD && value == (c->kind == 0 ? TARGET_OLD : back);
}

static void do_case(const struct access_case *c, struct access_result *r)
{
	for (int i = 0; i < 4; i++)
		*slots[i] = c->entry[i];
	/* Drops the translation and what was cached of the tables above it (SDM vol. 3A, 4.10.4.1). */
	asm volatile("invlpg %0" : : "m"(*(char *)ACCESS_VA) : "memory");
	r->reached = perform(c);
	r->fault = access_fault;
	r->error = access_error;
	r->cr2 = access_cr2;
	for (int i = 0; i < 4; i++)
		r->entry[i] = *slots[i];
}

void access_main(void)
{
	uint32_t seen = 0;
	int cpu = -1;

	set_up_traps();
	set_up_stub();
	RUN->cpu_has = cpu_has();
	for (;;) {
		outb(COM2_PORT, LAB_QUIESCENT);
		while (RUN->go == seen)
			asm volatile("pause");
		seen = RUN->go;
		for (uint32_t i = 0; i < RUN->nr_cases; i++) {
			if (CASES[i].cpu != cpu)
				set_cpu(cpu = CASES[i].cpu);
			do_case(&CASES[i], &RESULTS[i]);
		}
	}
}
