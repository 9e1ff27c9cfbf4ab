/* SPDX-License-Identifier: MIT */
/*
 * The x87 and SSE registers of tasks. They stay in the processor until another user task runs there: going to sleep and
 * coming back costs nothing. Put aside, they stand at the low end of the task's kernel stack, which is aligned and there
 * anyway. (What AVX added to the registers is not kept: this kernel does not announce it.)
 *
 * Operands are a register and no more: a KVM that emulates ring 0 fails on FXRSTOR with a SIB byte.
 */
#include "entry.h"
#include "fpu.h"
#include "percpu.h"
#include "task.h"
#include "uaccess.h"

#define MXCSR_BITS	0xffffu

static const struct fxsave_area init_state = { .control = 0x37f, .mxcsr = 0x1f80 };

/** Whose values the registers of a CPU hold; NULL: nobody's who lives. */
static struct task *fpu_owner[NR_CPUS];

static struct fxsave_area *saved_state(const struct task *task)
{
	return task->ts.stack;
}

static void fxsave(struct fxsave_area *to)
{
	asm volatile("fxsave64 (%0)" : : "a"(to) : "memory");
}

static void fxrstor(const struct fxsave_area *from)
{
	asm volatile("fxrstor64 (%0)" : : "a"(from) : "memory");
}

static void load_state(struct task *task, const struct fxsave_area *from)
{
	struct task **owner = &fpu_owner[this_cpu()->cpu];

	if (*owner && *owner != task)
		fxsave(saved_state(*owner));
	fxrstor(from);
	*owner = task;
}

void switch_fpu(struct task *next)
{
	if (fpu_owner[this_cpu()->cpu] != next)
		load_state(next, saved_state(next));
}

void fork_fpu(struct task *child)
{
	fxsave(saved_state(child));
}

void new_fpu(struct task *task)
{
	*saved_state(task) = init_state;
}

void reset_fpu(void)
{
	load_state(current, &init_state);
}

void drop_fpu(struct task *task)
{
	if (fpu_owner[this_cpu()->cpu] == task)
		fpu_owner[this_cpu()->cpu] = NULL;
}

/* --- signal frames -------------------------------------------------------------------------------------------- */

/** One instruction on user memory; a fault leaves -LX_EFAULT in error. */
#define FX_USER(insn, error, at) \
	asm volatile("1:	" insn " (%[ptr])\n" \
		     "	jmp 3f\n" \
		     "2:	mov %[efault], %[err]\n" \
		     "3:\n" \
		     EX_TABLE(1b, 2b) \
		     : [err] "+d"(error) : [ptr] "a"(at), [efault] "i"(-LX_EFAULT) : "memory")

int save_fpu_to_user(uint64_t at)
{
	int error = 0;

	if (!access_ok(at, sizeof(struct fxsave_area)))
		return -LX_EFAULT;
	FX_USER("fxsave64", error, at);
	return error;
}

int restore_fpu_from_user(uint64_t at)
{
	uint32_t mxcsr;
	int error = 0;

	if (!at) {
		reset_fpu();
		return 0;
	}
	/* A processor refuses unknown bits of MXCSR by #GP; an emulator may not. */
	if (!access_ok(at, sizeof(struct fxsave_area)) ||
	    get_user_u32(&mxcsr, at + offsetof(struct fxsave_area, mxcsr)) || (mxcsr & ~MXCSR_BITS))
		return -LX_EFAULT;
	FX_USER("fxrstor64", error, at);
	return error;
}
