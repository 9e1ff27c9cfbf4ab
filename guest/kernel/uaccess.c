/* SPDX-License-Identifier: MIT */
/*
 * Copies between kernel and user memory, and the table of instructions that may fault there. Where ring 0 is
 * emulated a round of `rep` costs as much as an instruction, so the bulk moves eight bytes a round.
 */
#include "entry.h"
#include "sections.h"
#include "uaccess.h"
#include "uapi.h"

/**
 * A fault met eight bytes that lie on two pages: those on the first are there, and Linux, whose copy ends byte by byte, finds
 * them. Bytes not copied.
 */
static uint64_t copy_straddling(void *to, const void *from, uint64_t left)
{
	uint64_t user = min((uint64_t)to, (uint64_t)from), n = PAGE_SIZE - user % PAGE_SIZE, rest = n;

	if (n >= 8)
		return left;
	asm volatile("1:	rep movsb\n"
		     "2:\n"
		     EX_TABLE(1b, 2b)
		     : [rest] "+&c"(rest), "+&D"(to), "+&S"(from) : : "memory");
	return left - (n - rest);
}

/**
 * Both directions: only the user's side can fault. Bytes not copied; precise, since RCX is when
 * `rep` faults.
 */
static uint64_t copy_user(void *to, const void *from, uint64_t len)
{
	uint64_t left = len / 8, tail = len % 8;

	asm volatile("1:	rep movsq\n"
		     "	mov %[tail], %[left]\n"
		     "2:	rep movsb\n"
		     "	jmp 4f\n"
		     "3:	lea (%[tail], %[left], 8), %[left]\n"
		     "4:\n"
		     EX_TABLE(1b, 3b)
		     EX_TABLE(2b, 4b)
		     : [left] "+&c"(left), "+&D"(to), "+&S"(from) : [tail] "r"(tail) : "memory");
	return left < 8 ? left : copy_straddling(to, from, left);
}

uint64_t copy_to_user(uint64_t to, const void *from, uint64_t len)
{
	return access_ok(to, len) ? copy_user((void *)to, from, len) : len;
}

uint64_t copy_from_user(void *to, uint64_t from, uint64_t len)
{
	return access_ok(from, len) ? copy_user(to, (const void *)from, len) : len;
}

/** One load or store of `value` at user address `at`; a fault leaves -LX_EFAULT in error. */
#define USER_ACCESS(insn, error, value, at) \
	asm volatile("1:	" insn "\n" \
		     "	jmp 3f\n" \
		     "2:	mov %[efault], %[err]\n" \
		     "3:\n" \
		     EX_TABLE(1b, 2b) \
		     : [err] "+r"(error), [val] "+r"(value) \
		     : [ptr] "r"(at), [efault] "i"(-LX_EFAULT) : "memory")

int put_user_u32(uint32_t value, uint64_t to)
{
	int error = 0;

	if (!access_ok(to, sizeof(value)))
		return -LX_EFAULT;
	USER_ACCESS("movl %[val], (%[ptr])", error, value, to);
	return error;
}

int put_user_u64(uint64_t value, uint64_t to)
{
	int error = 0;

	if (!access_ok(to, sizeof(value)))
		return -LX_EFAULT;
	USER_ACCESS("movq %[val], (%[ptr])", error, value, to);
	return error;
}

int get_user_u32(uint32_t *value, uint64_t from)
{
	uint32_t got = 0;
	int error = 0;

	if (!access_ok(from, sizeof(*value)))
		return -LX_EFAULT;
	USER_ACCESS("movl (%[ptr]), %[val]", error, got, from);
	*value = got;
	return error;
}

int get_user_u64(uint64_t *value, uint64_t from)
{
	uint64_t got = 0;
	int error = 0;

	if (!access_ok(from, sizeof(*value)))
		return -LX_EFAULT;
	USER_ACCESS("movq (%[ptr]), %[val]", error, got, from);
	*value = got;
	return error;
}

/** One byte, or -LX_EFAULT; the caller has checked the bounds. */
static int get_user_byte(uint64_t from)
{
	int value = -LX_EFAULT;

	asm volatile("1:	movzbl (%[from]), %[value]\n"
		     "2:\n"
		     EX_TABLE(1b, 2b)
		     : [value] "+r"(value) : [from] "r"(from) : "memory");
	return value;
}

long strncpy_from_user(char *to, uint64_t from, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++) {
		int c = access_ok(from + i, 1) ? get_user_byte(from + i) : -LX_EFAULT;

		if (c < 0)
			return c;
		to[i] = c;
		if (c == 0)
			return i;
	}
	return size;
}

bool fixup_exception(struct pt_regs *regs)
{
	const struct exception_entry *entry = (const struct exception_entry *)__start___ex_table;
	const struct exception_entry *end = (const struct exception_entry *)__stop___ex_table;

	for (; entry < end; entry++) {
		if (entry->insn != regs->ip)
			continue;
		regs->ip = entry->fixup;
		return true;
	}
	return false;
}
