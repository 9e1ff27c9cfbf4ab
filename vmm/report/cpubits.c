/* SPDX-License-Identifier: MIT */
/* Which bits of the control registers paging requires and forbids (SDM vol. 3A, 2.5 and 4.1.1). */
#include <stddef.h>

#include "report/cpubits.h"
#include "x86.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CR0_NW	 (1UL << 29)
#define CR0_CD	 (1UL << 30)

static const struct cpu_bit cr0[] = {
	{"PE", CR0_PE, true},  {"WP", CR0_WP, true},  {"PG", CR0_PG, true},
	{"EM", CR0_EM, false}, {"NW", CR0_NW, false}, {"CD", CR0_CD, false},
};
static const struct cpu_bit cr4[] = {
	{"PAE", CR4_PAE, true},
	{"PCIDE", CR4_PCIDE, false},
};
static const struct cpu_bit efer[] = {
	{"LME", EFER_LME, true},
	{"LMA", EFER_LMA, true},
	{"NXE", EFER_NXE, true},
};

const struct cpu_register cpu_registers[] = {
	{"cr0", offsetof(struct pic_cpu, cr0), cr0, COUNT(cr0)},
	{"cr4", offsetof(struct pic_cpu, cr4), cr4, COUNT(cr4)},
	{"efer", offsetof(struct pic_cpu, efer), efer, COUNT(efer)},
};
const unsigned int nr_cpu_registers = COUNT(cpu_registers);
