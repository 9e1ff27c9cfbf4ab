/* SPDX-License-Identifier: MIT */
/*
 * guest/boot alone, on the machine `kvm`: a stand-in kernel (tests/boot/) runs one program in ring 3 and
 * says on the console what became of it; then a probe of ring 0, which the command line names. Skipped
 * without /dev/kvm.
 */
#include "check.h"
#include <libgen.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "lab.h"
#include "machine/kvm.h"
#include "machine/machine.h"
#include "machine/pvh.h"

struct run {
	struct guest_elf elf;
	struct machine *m;
	struct error e;
	char *console;
	size_t console_size;
	FILE *console_file;
};

static void boot_with(struct run *r, const char *cmdline, uint64_t mem_size)
{
	char path[4096] = "";
	struct machine_config config = {
		.mem_size = mem_size, .nr_cpus = 1, .time_limit = 20, .cmdline = ""
	};

	if (access("/dev/kvm", R_OK | W_OK))
		cr_skip_test("no usable /dev/kvm");
	*r = (struct run){};
	CHECK(readlink("/proc/self/exe", path, sizeof(path) - 32) > 0);
	strcat(dirname(path), "/boot_kernel.bin");
	CHECK_THAT(!guest_elf_open(&r->elf, path, mem_size, &r->e), "%s", r->e.text);
	r->console_file = open_memstream(&r->console, &r->console_size);
	config.console = r->console_file;
	r->m = machine_kvm.create(&config, &r->elf, &r->e);
	CHECK_THAT(r->m, "%s", r->e.text);
	/* The machine has words of its own for a command line; the probes want exactly ours. */
	strcpy((char *)r->m->ram + 0x8000, cmdline);
	*(uint64_t *)(r->m->ram + PVH_START_INFO + 24) = 0x8000;
}

static void boot(struct run *r, const char *cmdline)
{
	boot_with(r, cmdline, 64 << 20);
}

/* The byte of the next doorbell; what the console said until then is in r->console. */
static uint8_t go(struct run *r)
{
	struct stop stop = r->m->ops->run(r->m, &r->e);

	CHECK_THAT(stop.reason == STOP_DOORBELL, "reason %d: %s", stop.reason, r->e.text);
	fflush(r->console_file);
	return stop.byte;
}

static void finish(struct run *r)
{
	r->m->ops->destroy(r->m);
	guest_elf_close(&r->elf);
	fclose(r->console_file);
	free(r->console);
}

static const struct lab_panic *panic_of(struct run *r)
{
	return &((const struct lab_page *)(r->m->ram + r->elf.lab_pa))->panic;
}

static const char ring3_story[] =
	"RAM up to 0x4000000, free from 0x200000, command line ''\n"
	"first call 0x1\n"
	"registers kept, flags 0x402\n"
	"demand fault, read 0x0\n"
	"divide by zero\n"
	"  signal 8, code 1, at code, trap 0, error 0x0\n"
	"single step\n"
	"  signal 5, code 2, at code, trap 1, error 0x0\n"
	"int3\n"
	"  signal 5, code 128, at 0x0, trap 3, error 0x0\n"
	"int $3\n"
	"  signal 5, code 128, at 0x0, trap 3, error 0x0\n"
	"int $4\n"
	"  signal 11, code 128, at 0x0, trap 4, error 0x0\n"
	"int $0x80\n"
	"  signal 11, code 128, at 0x0, trap 13, error 0x402\n"
	"int $14\n"
	"  signal 11, code 128, at 0x0, trap 13, error 0x72\n"
	"ud2\n"
	"  signal 4, code 2, at code, trap 6, error 0x0\n"
	"hlt\n"
	"  signal 11, code 128, at 0x0, trap 13, error 0x0\n"
	"read cr3\n"
	"  signal 11, code 128, at 0x0, trap 13, error 0x0\n"
	"bad selector\n"
	"  signal 11, code 128, at 0x0, trap 13, error 0x38\n"
	"non-canonical read\n"
	"  signal 11, code 128, at 0x0, trap 13, error 0x0\n"
	"non-canonical jump\n"
	"  signal 11, code 128, at 0x0, trap 13, error 0x0\n"
	"read null\n"
	"  signal 11, code 1, at 0x0, trap 14, error 0x4\n"
	"write null\n"
	"  signal 11, code 1, at 0x8, trap 14, error 0x6\n"
	"write read-only\n"
	"  signal 11, code 1, at 0x600000, trap 14, error 0x7\n"
	"run data\n"
	"  signal 11, code 1, at 0x600000, trap 14, error 0x15\n"
	"read direct map\n"
	"  event 1: 0xffff888000000000, error 0x5, how 10\n"
	"  signal 11, code 1, at 0xffff888000000000, trap 14, error 0x5\n"
	"write kernel text\n"
	"  event 1: 0xffffffff80100000, error 0x7, how 10\n"
	"  signal 11, code 1, at 0xffffffff80100000, trap 14, error 0x7\n"
	"jump to kernel text\n"
	"  event 1: 0xffffffff80100000, error 0x15, how 10\n"
	"  signal 11, code 1, at 0xffffffff80100000, trap 14, error 0x15\n"
	"above the user's half\n"
	"  event 1: 0x7ffffffff000, error 0x5, how 10\n"
	"  signal 11, code 1, at 0x7ffffffff000, trap 14, error 0x5\n"
	"alignment check\n"
	"  signal 7, code 1, at 0x0, trap 17, error 0x0\n"
	"x87 division\n"
	"  signal 8, code 3, at code, trap 16, error 0x0\n"
	"sse division\n"
	"  signal 8, code 3, at code, trap 19, error 0x0\n";

Test(boot, system_calls_and_exceptions_of_ring_3)
{
	struct run r;

	boot(&r, "");
	CHECK_EQ(go(&r), LAB_QUIESCENT);
	CHECK_STR(r.console, ring3_story);
	CHECK_EQ(go(&r), LAB_QUIESCENT);
	CHECK_EQ(go(&r), 'X');
	CHECK_HAS(r.console, "NMIs: none\n");
	finish(&r);
}

/* Run up to the probe and let it end the machine normally: what it said. */
static const char *say(struct run *r, const char *probe)
{
	boot(r, probe);
	CHECK_EQ(go(r), LAB_QUIESCENT);
	CHECK_EQ(go(r), LAB_QUIESCENT);
	CHECK_EQ(go(r), 'X');
	return r->console;
}

Test(boot, nothing_is_writable_and_executable_or_mapped_that_need_not_be)
{
	struct run r;

	CHECK_HAS(say(&r, "rights"),
		  "data 1, text 0, rodata 0, data through the direct map 0, RAM through the direct map 1, "
		  "below the boot stack 0, behind the image 0, behind RAM 0, identity 0, non-canonical 0, "
		  "demand page 1\n");
	finish(&r);
	CHECK_HAS(say(&r, "halves"), "kernel pgd: 0 entries in the lower half, 2 in the upper\n");
	finish(&r);
}

Test(boot, printk_strings_and_pages)
{
	struct run r;
	char expected[512];

	snprintf(expected, sizeof(expected),
		 "[%d %5d %-5d| %05d %u %ld %lu][%x %#lx %016lx %lx]"
		 "[%s %5s %-5s| %.2s %.*s %c%%][0123456 7]\n",
		 -42, -42, -42, -42, 42u, INT64_MIN, UINT64_MAX, 0xabcdefu, 0xfffUL, 0xfffUL, UINT64_MAX,
		 "abc", "abc", "abc", "abc", 1, "abc", 'c');
	CHECK_HAS(say(&r, "formats"), expected);
	finish(&r);
	CHECK_HAS(say(&r, "strings"), "abc 5, a\n");
	finish(&r);
	CHECK_HAS(say(&r, "clear-page"), "cleared twice, registers kept\n");
	finish(&r);
}

/* A return address that IRETQ refuses is the task's fault, not the kernel's. */
Test(boot, a_return_that_faults_is_a_signal)
{
	struct run r;

	CHECK_HAS(say(&r, "bad-iret"), "  signal 11, code 128, at 0x0, trap 13, error 0x0\nNMIs: none\n");
	finish(&r);
}

/* --- how the kernel dies ------------------------------------------------------------------------------ */

#define UNABLE "unable to handle kernel paging request: "

static void expect_panic(const char *probe, const char *message, int vector)
{
	struct run r;

	boot(&r, probe);
	CHECK_EQ(go(&r), LAB_QUIESCENT);
	CHECK_EQ(go(&r), LAB_QUIESCENT);
	CHECK_EQ(go(&r), LAB_PANIC);
	CHECK_HAS(panic_of(&r)->message, message);
	CHECK_HAS(r.console, panic_of(&r)->message);
	CHECK_EQ(panic_of(&r)->vector, vector);
	CHECK_EQ(panic_of(&r)->pid, 7);
	CHECK(panic_of(&r)->nr_backtrace >= 1);
	CHECK_EQ(panic_of(&r)->backtrace[0], panic_of(&r)->rip);
	finish(&r);
}

Test(boot, faults_of_ring_0_are_told_with_their_kind)
{
	expect_panic("run-data", UNABLE "execute at address 0xffffffff8", 14);
	expect_panic("null", "kernel NULL pointer dereference: read at address 0x8", 14);
	expect_panic("upper", UNABLE "read at address 0xffffc90000000000", 14);
	expect_panic("text", UNABLE "write at address 0xffffffff80100000", 14);
	expect_panic("no-mm", UNABLE "read at address 0x701000", 14);
	expect_panic("reserved", "corrupted page table: reserved bit set at address 0x701000", 14);
	expect_panic("divide", "kernel divide error", 0);
}

Test(boot, a_stack_overflow_is_a_double_fault)
{
	expect_panic("overflow", "kernel stack overflow?", 8);
}

Test(boot, panic_hands_over_its_words_and_callers)
{
	struct run r;
	uint64_t offset;

	expect_panic("bug", "probe_bug: world.mm.mm_users is 0x0, 7 is 0x7", -1);
	boot(&r, "panic");
	CHECK_EQ(go(&r), LAB_QUIESCENT);
	CHECK_EQ(go(&r), LAB_QUIESCENT);
	CHECK_EQ(go(&r), LAB_PANIC);
	CHECK_STR(panic_of(&r)->message, "a panic of purpose, number 42");
	CHECK_STR(panic_of(&r)->file, "tests/boot/kernel.c");
	CHECK_STR(guest_elf_symbol(&r.elf, panic_of(&r)->rip, &offset), "probe_panic");
	CHECK(panic_of(&r)->nr_backtrace >= 3);
	CHECK_STR(guest_elf_symbol(&r.elf, panic_of(&r)->backtrace[1], &offset), "run_probe");
	CHECK_STR(guest_elf_symbol(&r.elf, panic_of(&r)->backtrace[2], &offset), "do_syscall");
	finish(&r);
}

/* --- what the loader may say -------------------------------------------------------------------------- */

static uint32_t *start_info(struct run *r, unsigned int offset)
{
	return (uint32_t *)(r->m->ram + PVH_START_INFO + offset);
}

static void expect_boot_panic(unsigned int offset, uint32_t value, const char *message)
{
	struct run r;

	boot(&r, "");
	*start_info(&r, offset) = value;
	CHECK_EQ(go(&r), LAB_PANIC);
	CHECK_HAS(panic_of(&r)->message, message);
	finish(&r);
}

Test(boot, a_loader_that_leaves_something_out_is_told)
{
	expect_boot_panic(0, 0x1badb002, "start info has magic 0x1badb002, not 0x336ec578");
	expect_boot_panic(4, 0, "start info has version 0, without a memory map");
	expect_boot_panic(48, 0, "no RAM at 0x200000 in the loader's memory map of 0 entries");
	expect_boot_panic(44, 1, "no RAM at 0x200000");
}

/* A memory map of our own, at physical 0x9000. */
static void set_memmap(struct run *r, const uint64_t (*regions)[2], unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		uint64_t entry[3] = { regions[i][0], regions[i][1], 1 };

		memcpy(r->m->ram + 0x9000 + i * sizeof(entry), entry, sizeof(entry));
	}
	*start_info(r, 40) = 0x9000;
	*start_info(r, 48) = n;
}

static void expect_ram(const uint64_t (*regions)[2], unsigned int n, uint8_t doorbell, const char *words)
{
	struct run r;

	boot(&r, "stop");
	set_memmap(&r, regions, n);
	CHECK_EQ(go(&r), doorbell);
	CHECK_HAS(r.console, words);
	finish(&r);
}

Test(boot, ram_is_the_region_that_holds_the_image_s_end)
{
	const uint64_t two[][2] = { { 0, 0xa0000 }, { 0x100000, 0x3f00000 } };
	const uint64_t odd[][2] = { { 0x100000, 0x3eff000 } };
	const uint64_t high[][2] = { { 1UL << 32, 3UL << 30 }, { 0, 0x2000000 } };
	const uint64_t small[][2] = { { 0x100000, 0x1f0000 } };
	const uint64_t touching[][2] = { { 0x100000, 0x100000 } };

	expect_ram(two, 2, 'X', "RAM up to 0x4000000, free from 0x200000, command line 'stop'\n");
	expect_ram(odd, 1, 'X', "boot: RAM ends at 0x3fff000; used up to 0x3e00000\nRAM up to 0x3e00000,");
	expect_ram(high, 2, 'X', "boot: 3072 MiB of RAM in other regions are not used\nRAM up to 0x2000000,");
	expect_ram(small, 1, LAB_PANIC, "RAM ends at 0x2f0000: at least 0x400000 is needed");
	expect_ram(touching, 1, LAB_PANIC, "no RAM at 0x200000");
}

/* Beyond 1 GiB page tables come from RAM, which nobody promised to be zero. */
Test(boot, large_and_dirty_ram)
{
	struct run r;

	boot_with(&r, "stop", 3UL << 30);
	memset(r.m->ram + 0x200000, 0xff, 0x10000);
	CHECK_EQ(go(&r), 'X');
	CHECK_HAS(r.console, "RAM up to 0xc0000000, free from 0x202000,");
	finish(&r);
}

Test(boot, a_command_line_above_the_image_is_kept)
{
	struct run r;

	boot(&r, "stop");
	strcpy((char *)r.m->ram + 0x345678, "stop");
	*start_info(&r, 24) = 0x345678;
	CHECK_EQ(go(&r), 'X');
	CHECK_HAS(r.console, "command line 'stop'");
	finish(&r);
}

/* --- NMIs at every kind of instruction ---------------------------------------------------------------- */

/* One exit of a single-stepped CPU; false: the guest rang 'X'. Only the ports that the stand-in uses. */
static bool step(struct kvm_machine *k, FILE *console, unsigned long *steps)
{
	struct kvm_run *run = k->run;
	uint8_t *data;

	CHECK(!ioctl(k->vcpu_fd, KVM_RUN, 0));
	if (run->exit_reason == KVM_EXIT_DEBUG) {
		/*
		 * Once there is an IDT. A prime, so that it meets other instructions each time round a
		 * loop.
		 */
		if (++*steps % 97 == 0 && ftell(console) > 0)
			CHECK(!ioctl(k->vcpu_fd, KVM_NMI));
		return true;
	}
	CHECK_EQ(run->exit_reason, KVM_EXIT_IO);
	data = (uint8_t *)run + run->io.data_offset;
	if (run->io.direction == KVM_EXIT_IO_IN)
		*data = uart_read(&k->com1, run->io.port & 7);
	else if (run->io.port == COM1_PORT)
		fwrite(data, 1, run->io.count, console);
	else if (run->io.port == COM1_PORT + 2)
		uart_write(&k->com1, 2, *data);
	return !(run->io.port == COM2_PORT && *data == 'X');
}

Test(boot, nmis_anywhere_change_nothing)
{
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP };
	unsigned long steps = 0;
	struct run r;

	boot(&r, "");
	CHECK(!ioctl(((struct kvm_machine *)r.m)->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug));
	while (step((struct kvm_machine *)r.m, r.console_file, &steps))
		CHECK(steps < 10000000);
	fflush(r.console_file);
	CHECK_THAT(!strncmp(r.console, ring3_story, strlen(ring3_story)), "%s", r.console);
	CHECK_HAS(r.console, "NMIs: some\n");
	CHECK_THAT(steps > 20000, "only %lu steps", steps);
	finish(&r);
}
