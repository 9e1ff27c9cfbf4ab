/* SPDX-License-Identifier: MIT */
/*
 * Control registers in the canonical form. Machines differ in bits that mean nothing to paging, so
 * not the values are told but whether the bits that paging needs are set and those it forbids are clear.
 */
#ifndef VMM_REPORT_CPUBITS_H
#define VMM_REPORT_CPUBITS_H

#include "report/picture.h"

struct cpu_bit {
	const char *name;
	uint64_t bit;
	bool required; /* otherwise forbidden */
};

struct cpu_register {
	const char *name; /* "cr0" */
	size_t offset;	  /* into struct pic_cpu */
	const struct cpu_bit *bits;
	unsigned int nr_bits;
};
extern const struct cpu_register cpu_registers[];
extern const unsigned int nr_cpu_registers;

static inline uint64_t cpu_register_value(const struct pic_cpu *cpu, const struct cpu_register *r)
{
	return *(const uint64_t *)((const char *)cpu + r->offset);
}
/** Is a bit as it must be? */
static inline bool cpu_bit_holds(const struct cpu_bit *bit, uint64_t value)
{
	return !!(value & bit->bit) == bit->required;
}

#endif
