/* SPDX-License-Identifier: MIT */
/*
 * Mistakes of the kernel on demand, on behalf of the task that asks: what is written to /dev/lab is the name of one. The
 * names are after those of Linux's lkdtm (provoke-crash/DIRECT). Nothing else in the kernel makes them.
 */
#include "labmem.h"
#include "mm_env.h"
#include "sections.h"
#include "uaccess.h"

static void store(uint64_t address)
{
	asm volatile("movl $0, (%0)" : : "r"(address) : "memory");
}

static void lkdtm_exception(void) { store(0); }
static void lkdtm_write_ro(void) { store((uint64_t)__rodata_start); }
static void load(uint64_t address)
{
	asm volatile("movl (%0), %%eax" : : "r"(address) : "rax", "memory");
}

static void lkdtm_access_null(void) { load(8); }
/* Behind the direct map nothing is mapped. */
static void lkdtm_access_wild(void) { load(PAGE_OFFSET + PTRS_PER_TABLE * PUD_SIZE); }

static void lkdtm_divide(void)
{
	asm volatile("divl %0" : : "r"(0) : "rax", "rdx");
}

/* With mmap_lock held, as a fault handler or mmap() holds it. */
static void lkdtm_exception_locked(void)
{
	mmap_write_lock(get_current()->mm);
	store(0);
}

static const struct {
	char name[20];
	void (*make)(void);
} mistakes[] = {
	{ "EXCEPTION", lkdtm_exception },
	{ "WRITE_RO", lkdtm_write_ro },
	{ "ACCESS_NULL", lkdtm_access_null },
	{ "ACCESS_WILD", lkdtm_access_wild },
	{ "DIVIDE", lkdtm_divide },
	{ "EXCEPTION_LOCKED", lkdtm_exception_locked },
};

long provoke_crash(struct file *file, uint64_t at, uint64_t len)
{
	char name[sizeof(mistakes[0].name)] = "";

	(void)file;
	if (len >= sizeof(name))
		return -LX_EINVAL;
	if (copy_from_user(name, at, len))
		return -LX_EFAULT;
	for (unsigned int i = 0; i < ARRAY_SIZE(mistakes); i++)
		if (!memcmp(name, mistakes[i].name, sizeof(name))) {
			mistakes[i].make();
			return len;
		}
	return -LX_EINVAL;
}
