/* SPDX-License-Identifier: MIT */
/* The report on a guest that died or hangs: registers, a backtrace with symbols, the code at RIP. */
#ifndef VMM_MACHINE_DIAGNOSE_H
#define VMM_MACHINE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cpu_state.h"
#include "base/error.h"
#include "machine/guest_elf.h"

struct diagnosis {
	const char *headline;
	const struct cpu_state *cpu;
	const struct guest_elf *elf;	/* for symbols; may be NULL */
	void *ctx;
	/** Copy n bytes at a guest-virtual address; false: not all of them can be read. */
	bool (*read_va)(void *ctx, uint64_t va, void *to, size_t n);
	bool behind;			/* RIP stands behind the instruction that is to blame */
	uint8_t code[15];		/* the instruction, where KVM names it … */
	size_t code_size;		/* … or 0: look at RIP */
};

/** Write the report to *e with `status`; what does not fit is cut. */
void diagnose(const struct diagnosis *d, enum exit_status status, struct error *e);

/**
 * One instruction as text, by the program vmm-disasm beside this one. `bits`: 16, 32 or 64. False:
 * there is no such program, or it does not know the bytes.
 */
bool disassemble(const uint8_t *code, size_t size, uint64_t va, unsigned int bits, char *text, size_t room);

#endif
