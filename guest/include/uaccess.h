/* SPDX-License-Identifier: MIT */
/*
 * The kernel's hands in user memory. Each may fault and sleep on nothing: a page that is merely absent is
 * faulted in, one that must not be touched ends the copy through the exception table. User addresses are
 * plain numbers here, so that nobody follows one by mistake.
 */
#ifndef GUEST_UACCESS_H
#define GUEST_UACCESS_H

#include "kernel.h"
#include "x86.h"

/** Are all bytes below the end of user space? Says nothing about what is mapped. */
static inline bool access_ok(uint64_t at, uint64_t len)
{
	return len <= TASK_SIZE && at <= TASK_SIZE - len;
}

/** Bytes that could not be copied: 0 is success, anything else means -LX_EFAULT. */
uint64_t copy_to_user(uint64_t to, const void *from, uint64_t len);
uint64_t copy_from_user(void *to, uint64_t from, uint64_t len);
/** 0 or -LX_EFAULT. */
int put_user_u32(uint32_t value, uint64_t to);
int put_user_u64(uint64_t value, uint64_t to);
int get_user_u32(uint32_t *value, uint64_t from);
int get_user_u64(uint64_t *value, uint64_t from);
/** Copy a string with its end; its length, `size` when it is longer (then not terminated), or -LX_EFAULT. */
long strncpy_from_user(char *to, uint64_t from, uint64_t size);

/** One entry of the exception table: a fault at `insn` continues at `fixup`. */
struct exception_entry {
	uint64_t insn, fixup;
};
#define EX_TABLE(insn, fixup) \
	".pushsection __ex_table, \"a\"\n.balign 8\n.quad " #insn ", " #fixup "\n.popsection\n"

/**
 * Eight bytes to user memory, where access_ok() has been asked for all that is put: an instruction each. A fault goes on at
 * `label`. (Linux unsafe_put_user().)
 */
#define unsafe_put_user(value, at, label) \
	asm goto("1:	movq %0, %1\n" EX_TABLE(1b, %l2) \
		 : : "er"((uint64_t)(value)), "m"(*(uint64_t *)(at)) : "memory" : label)

#endif
