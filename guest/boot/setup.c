// SPDX-License-Identifier: MIT
/*
 * From head.S to start_kernel(): judge what the loader said, bring up this CPU, build the final tables. On
 * a machine whose ring 0 is emulated each instruction here costs a third of a microsecond, so nothing is
 * done that can wait, and nothing is printed unless something is odd.
 */
#include "boot.h"
#include "mm_env.h"
#include "pvh.h"

struct pvh_info pvh_info;
struct boot_info boot_info;

_Static_assert(offsetof(struct pvh_info, ram_end) == 0 && offsetof(struct pvh_info, cmdline_pa) == 8 &&
	       offsetof(struct pvh_info, ignored_ram) == 16 && offsetof(struct pvh_info, magic) == 24 &&
	       offsetof(struct pvh_info, version) == 28 && offsetof(struct pvh_info, memmap_entries) == 32 &&
	       offsetof(struct pvh_info, start_pa) == 36,
	       "PVH_* of boot.h, used by head.S");
_Static_assert(BOOT_STACK_ORDER == KERNEL_STACK_ORDER, "init_stack is a kernel stack like any other");

/* One PUD table in the direct map. */
#define MAX_RAM		(PTRS_PER_TABLE * PUD_SIZE)

/* The end of usable RAM, or a panic that tells what the loader left out. */
static uint64_t check_ram(void)
{
	uint64_t ram_end = ALIGN_DOWN(pvh_info.ram_end, PMD_SIZE);

	if (pvh_info.magic != PVH_START_MAGIC)
		panic("not started by the PVH protocol: start info has magic %#x, not %#x", pvh_info.magic,
		      PVH_START_MAGIC);
	if (pvh_info.version == 0)
		panic("the loader's PVH start info has version 0, without a memory map; version 1 is needed");
	if (pvh_info.ram_end == 0)
		panic("no RAM at %#lx in the loader's memory map of %u entries", IMAGE_REGION,
		      pvh_info.memmap_entries);
	if (ram_end <= IMAGE_REGION)
		panic("RAM ends at %#lx: at least %#lx is needed", pvh_info.ram_end, IMAGE_REGION + PMD_SIZE);
	if (unlikely(ram_end > MAX_RAM)) {
		printk("boot: RAM above %#lx is not used\n", MAX_RAM);
		ram_end = MAX_RAM;
	}
	if (unlikely(ram_end != pvh_info.ram_end))
		printk("boot: RAM ends at %#lx; used up to %#lx\n", pvh_info.ram_end, ram_end);
	if (unlikely(pvh_info.ignored_ram))
		printk("boot: %lu MiB of RAM in other regions are not used\n", pvh_info.ignored_ram >> 20);
	return ram_end;
}

/*
 * Every loader seen puts the command line below IMAGE_REGION, which is never handed out. From elsewhere it is
 * moved into the image before the allocator can reuse its frame.
 */
static const char *find_cmdline(uint64_t ram_end)
{
	static char copy[512];
	uint64_t pa = pvh_info.cmdline_pa;

	if (pa == 0)
		return "";
	if (likely(pa < IMAGE_REGION))
		return __va(pa);
	if (pa >= ram_end) {
		printk("boot: command line at %#lx lies outside RAM: ignored\n", pa);
		return "";
	}
	strscpy(copy, __va(pa), min(sizeof(copy), ram_end - pa));
	return copy;
}

/* hvm_modlist_entry, and where hvm_start_info tells of it. */
struct module {
	uint64_t pa, size, cmdline_pa, reserved;
};
#define START_NR_MODULES	12	/* 32 bits */
#define START_MODLIST		16	/* 64 bits, physical */

/*
 * The initrd's frames are kept out of the allocator's RAM, which ends in front of it. Loaders put it at the end of RAM; what is
 * behind it is nobody's. RAM that is not zero must not be handed out as zeroed: so one that cannot be kept is the end.
 */
static void __attribute__((noinline, cold)) keep_initrd(const char *start_info)
{
	uint64_t list = *(const uint64_t *)(start_info + START_MODLIST), start, end;
	const struct module *module = __va(list);

	if (list > boot_info.ram_end - sizeof(*module))
		panic("the loader's list of modules at %#lx lies outside RAM", list);
	start = ALIGN_DOWN(module->pa, PAGE_SIZE);
	if (!module->size || __builtin_add_overflow(module->pa, module->size, &end) || end > boot_info.ram_end ||
	    start < boot_info.ram_end / 4)
		panic("the initrd at %#lx, %lu bytes, lies where it cannot be kept: RAM ends at %#lx", module->pa,
		      module->size, boot_info.ram_end);
	lab.initrd_pa = module->pa;
	lab.initrd_size = module->size;
	boot_info.free_end = start;
	if (boot_info.ram_end - end >= 1UL << 20)
		printk("boot: %lu MiB of RAM behind the initrd are not used\n", (boot_info.ram_end - end) >> 20);
}

/* What the loader left lies below IMAGE_REGION, as that of every loader seen; from elsewhere no initrd is taken. */
static void find_initrd(void)
{
	const char *start_info = __va(pvh_info.start_pa);

	boot_info.free_end = boot_info.ram_end;
	if (likely(pvh_info.start_pa < IMAGE_REGION) &&
	    unlikely(*(const uint32_t *)(start_info + START_NR_MODULES)))
		keep_initrd(start_info);
}

void boot_main(void)
{
	/* First of all, so that a fault from here on is told and not a triple fault. */
	cpu_init(0);
	boot_info.ram_end = check_ram();
	boot_info.free_start = IMAGE_REGION;
	map_kernel(boot_info.ram_end, &boot_info.free_start);
	boot_info.cmdline = find_cmdline(boot_info.ram_end);
	find_initrd();
	start_kernel();
}
