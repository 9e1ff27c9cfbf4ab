/* SPDX-License-Identifier: MIT */
/*
 * The machine `kvm`, through its public interface, with tiny guests in assembly: the doorbell, the
 * console, registers, and every way to die that a guest has, each with its own words. Skipped without
 * /dev/kvm.
 */
#include "machine_run.h"

/* --- what works --- */

GUEST(doorbells, RING(0x51) "mov 0x200000, %eax; inc %eax; mov %eax, 0x200004\n" RING(0x45) HANG);

Test(machine, doorbells_come_one_by_one_and_ram_is_shared)
{
	BOOT(r, doorbells);
	struct cpu_state cpu;

	CHECK(!strncmp(r.m->description, "kvm (", 5));
	expect_doorbell(&r, 'Q');
	cpu = cpu_of(&r);
	CHECK_EQ(cpu.rip, TINY_CODE_PA + 7); /* behind the OUT: mov is 4 bytes, mov 2, out 1 */
	CHECK_EQ(cpu.gpr[0] & 0xff, 'Q');
	CHECK_EQ(cpu.gpr[2] & 0xffff, 0x2f8);
	*(volatile uint32_t *)(r.m->ram + 0x200000) = 41;
	expect_doorbell(&r, 'E');
	CHECK_EQ(*(volatile uint32_t *)(r.m->ram + 0x200004), 42);
	shut_down(&r);
}

Test(machine, the_cpu_starts_as_pvh_asks)
{
	BOOT(r, doorbells);
	struct cpu_state cpu = cpu_of(&r);

	CHECK_EQ(cpu.rip, TINY_CODE_PA);
	CHECK_EQ(cpu.cr0, CR0_PE | CR0_ET);
	CHECK_EQ(cpu.cr4, 0);
	CHECK_EQ(cpu.efer, 0);
	CHECK_EQ(cpu.rflags, X86_EFLAGS_FIXED);
	CHECK_EQ(cpu.gpr[3], 0x1000);
	shut_down(&r);
}

GUEST(rep_outs,
      "mov $" AT_SYMBOL(rep_outs, 1f) ", %esi; mov $6, %ecx; mov $0x3f8, %dx; rep outsb\n" RING(0x51) HANG
      "1: .ascii \"hello\\n\"");

Test(machine, the_console_takes_strings)
{
	BOOT(r, rep_outs);

	expect_doorbell(&r, 'Q');
	CHECK_EQ(r.console_size, 6);
	CHECK_STR(r.console, "hello\n");
	shut_down(&r);
}

GUEST(rep_rings,
      "mov $" AT_SYMBOL(rep_rings, 1f) ", %esi; mov $3, %ecx; mov $0x2f8, %dx; rep outsb\n" RING(0x50) HANG
      "1: .ascii \"QEQ\"");

Test(machine, each_byte_of_a_string_of_doorbells_stops)
{
	BOOT(r, rep_rings);

	expect_doorbell(&r, 'Q');
	cpu_of(&r); /* completes the access: the next round must not get lost */
	expect_doorbell(&r, 'E');
	expect_doorbell(&r, 'Q');
	expect_doorbell(&r, 'P');
	shut_down(&r);
}

/* Each register of COM1 is read into a table: after a reset, and with the divisor latch open. */
GUEST(uart, "mov $0x3f8, %dx; mov $0x200000, %edi; mov $8, %ecx\n"
	    "1: in %dx, %al; mov %al, (%edi); inc %edi; inc %dx; loop 1b\n"
	    "mov $0x3fb, %dx; mov $0x83, %al; out %al, %dx; mov $0x3f8, %dx; mov $0x0c, %al; out %al, %dx\n"
	    "in %dx, %al; mov %al, (%edi)\n" RING(0x51) HANG);

Test(machine, the_uart_is_always_ready)
{
	static const uint8_t expected[] = {0, 0, 0x01, 0, 0, 0x60, 0xb0, 0, 0x0c};
	BOOT(r, uart);

	expect_doorbell(&r, 'Q');
	for (unsigned int i = 0; i < sizeof(expected); i++)
		CHECK_THAT(r.m->ram[0x200000 + i] == expected[i], "register %u is %#x", i,
			   r.m->ram[0x200000 + i]);
	CHECK_EQ(r.console_size, 0); /* the divisor is not text */
	shut_down(&r);
}

static uint64_t word(const struct run *r, uint64_t pa, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, r->m->ram + pa, size);
	return value;
}

Test(machine, start_information_is_that_of_pvh)
{
	struct machine_config config = default_config();

	config.cmdline = "one two";
	BOOT_WITH(r, doorbells, config);
	CHECK_EQ(word(&r, 0x1000, 4), 0x336ec578);
	CHECK_EQ(word(&r, 0x1004, 4), 1);
	CHECK_STR((char *)r.m->ram + word(&r, 0x1018, 8), "zeroed one two");
	CHECK_EQ(word(&r, 0x1030, 4), 1);
	CHECK_EQ(word(&r, word(&r, 0x1028, 8), 8), 0);
	CHECK_EQ(word(&r, word(&r, 0x1028, 8) + 8, 8), TINY_MEM);
	CHECK_EQ(word(&r, word(&r, 0x1028, 8) + 16, 4), 1);
	shut_down(&r);
}

Test(machine, more_than_3_gib_leave_a_hole)
{
	struct machine_config config = default_config();
	uint64_t map;

	config.mem_size = 5UL << 30;
	BOOT_WITH(r, doorbells, config);
	map = word(&r, 0x1028, 8);
	CHECK_EQ(word(&r, 0x1030, 4), 3);
	CHECK_EQ(word(&r, map + 8, 8), MMIO_HOLE_START);
	CHECK_EQ(word(&r, map + 24, 8), MMIO_HOLE_START);
	CHECK_EQ(word(&r, map + 40, 4), 2); /* reserved */
	CHECK_EQ(word(&r, map + 48, 8), MMIO_HOLE_END);
	CHECK_EQ(word(&r, map + 56, 8), 2UL << 30);
	CHECK_EQ(r.m->ram_size, 6UL << 30);
	CHECK_EQ(r.m->ram[MMIO_HOLE_START], 0);
	r.m->ram[MMIO_HOLE_START - 1] = 1;
	r.m->ram[MMIO_HOLE_END] = 2;
	r.m->ram[r.m->ram_size - 1] = 3;
	expect_doorbell(&r, 'Q');
	shut_down(&r);
}

Test(machine, bad_configurations_are_refused)
{
	static const struct {
		uint64_t mem;
		unsigned int cpus;
		const char *message;
	} cases[] = {
		{TINY_MEM, 2, "2 CPUs: this version runs 1"},
		{TINY_MEM + 1, 1, "0x400001 bytes of RAM: must be whole pages, at least 64 KiB"},
		{4096, 1, "0x1000 bytes of RAM: must be whole pages, at least 64 KiB"},
	};
	struct machine_config config = default_config();
	struct guest_elf elf = {.path = "none"};
	struct error e;

	for (unsigned int i = 0; i < 3; i++) {
		config.mem_size = cases[i].mem;
		config.nr_cpus = cases[i].cpus;
		CHECK(!machine_kvm.create(&config, &elf, &e));
		CHECK_STR(e.text, cases[i].message);
		CHECK_EQ(e.status, EXIT_USAGE);
	}
}

Test(machine, a_command_line_that_does_not_fit_is_refused)
{
	struct machine_config config = default_config();
	static char line[5000];
	struct run r;

	prepare(&r, guest_doorbells, guest_doorbells_end);
	memset(line, 'x', sizeof(line) - 1);
	config.cmdline = line;
	CHECK(!guest_elf_parse(&r.elf, r.guest.bytes, r.guest.size, TINY_MEM, &r.e));
	CHECK(!machine_kvm.create(&config, &r.elf, &r.e));
	CHECK_STR(r.e.text,
		  "the guest's command line has 5007 bytes, there is room for 3936: shorten --cmdline");
	CHECK_EQ(r.e.status, EXIT_USAGE);
	fclose(r.console_file);
	free(r.console);
}

Test(machine, names_are_checked)
{
	struct error e;

	CHECK(!machine_choose("bochs", &e));
	CHECK_STR(e.text, "there is no machine \"bochs\": --machine takes auto, kvm or qemu");
	CHECK_EQ(e.status, EXIT_USAGE);
}

/* --- long mode and ring 3 --- */

/* clang-format off: assembly keeps its lines */
/*
 * To 64-bit mode with the first 2 MiB mapped onto themselves, for users too: 14 instructions and the far
 * jump; then 6 and the return (IRETQ, perhaps behind SWAPGS) to ring 3, with IOPL 3, so that a user can ring.
 */
#define TO_LONG_MODE(name)                                                                                   \
	"movl $0x21007, 0x20000; movl $0x22007, 0x21000; movl $0x87, 0x22000\n"                              \
	"mov $0x20, %eax; mov %eax, %cr4; mov $0x20000, %eax; mov %eax, %cr3\n"                              \
	"mov $0xc0000080, %ecx; mov $0x100, %eax; xor %edx, %edx; wrmsr\n"                                   \
	"mov $0x80000001, %eax; mov %eax, %cr0\n"                                                            \
	"lgdt " AT_SYMBOL(name, 8f) "\n"                                                                     \
				    "ljmp $8, $" AT_SYMBOL(                                                  \
					    name, 6f) "\n"                                                   \
						      ".balign 8\n"                                          \
						      "7: .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, " \
						      "0, 0x00cff3000000ffff, 0x00affb000000ffff\n"          \
						      "8: .word 47; .long " AT_SYMBOL(name,                  \
										      7b) "\n"               \
											  "6: .code64\n"
#define LONG_MODE_INSTRUCTIONS 15
#define TO_RING_3(name, instructions)                                                                        \
	"mov $0x70000, %esp; push $0x23; push $0x60000; push $0x3002; push $0x2b\n"                          \
	"push $" AT_SYMBOL(name, 5f) "\n" instructions "\n"                                                  \
				     "5:\n"
#define RING_3_INSTRUCTIONS 6

GUEST(user, TO_LONG_MODE(user) TO_RING_3(user, "iretq") "nop; nop; nop\n" RING(0x51) HANG);

/*
 * Into ring 3 and by an exception back to ring 0, which then rings: what follows ring 3 must not be counted.
 * The TSS is where PVH's task register says, at 0; RSP0 is its second word.
 */
GUEST(round_trip, TO_LONG_MODE(round_trip) "movl $0x70000, 4; lidt " AT_SYMBOL(round_trip, 4f) "\n" TO_RING_3(
			  round_trip, "swapgs; iretq") "ud2\n"
						       "3: nop; nop; nop\n" RING(0x51) HANG
      ".balign 8\n"
      "2: .fill 96, 1, 0; .long (3b - guest_round_trip) + 0x80000, 0x00108e00, 0, 0\n"
      "4: .word 111; .quad " AT_SYMBOL(round_trip, 2b) "\n");
#define ROUND_TRIP_INSTRUCTIONS 2

GUEST(user_hang, TO_LONG_MODE(user_hang) TO_RING_3(user_hang, "iretq") HANG);
/* clang-format on */

Test(machine, ring_3_is_reached_and_its_registers_read)
{
	BOOT(r, user);
	struct cpu_state cpu;
	uint64_t pa = 0;

	expect_doorbell(&r, 'Q');
	cpu = cpu_of(&r);
	CHECK_EQ(cpu.cs, 0x2b);
	CHECK_EQ(cpu.ss, 0x23);
	CHECK_EQ(cpu.cr3, 0x20000);
	CHECK_EQ(cpu.cr4, CR4_PAE);
	CHECK_EQ(cpu.efer & (EFER_LME | EFER_LMA), EFER_LME | EFER_LMA);
	CHECK_EQ(cpu.rsp, 0x60000);
	CHECK_THAT(cpu.gdt_base > TINY_CODE_PA && cpu.gdt_base < TINY_CODE_PA + (guest_user_end - guest_user),
		   "%#lx", cpu.gdt_base);
	CHECK_EQ(r.m->ops->translate(r.m, 0, 0x1234, &pa), 1);
	CHECK_EQ(pa, 0x1234);
	CHECK_EQ(r.m->ops->translate(r.m, 0, 0x200000, &pa), 0);
	CHECK_EQ(r.m->ops->translate(r.m, 1, 0x1234, &pa), -1);
	CHECK(r.m->ops->get_cpu(r.m, 1, &cpu, &r.e) == -1);
	CHECK_STR(r.e.text, "there is no CPU 1, the machine has 1");
	shut_down(&r);
}

/* --- counting --- */

#define TO_STEP 100000

static uint64_t count(const char *code, const char *end)
{
	struct machine_config config = default_config();
	struct run r;
	uint64_t n;

	prepare(&r, code, end);
	config.max_instructions = TO_STEP;
	boot_now(&r, config);
	expect_doorbell(&r, 'Q');
	n = r.m->instructions;
	shut_down(&r);
	return n;
}
#define COUNT(name) count(guest_##name, guest_##name##_end)

GUEST(plain, "mov $1, %ecx; mov $0, %eax\n1: inc %eax; cmp $10, %eax; jne 1b\n" RING(0x51) HANG);
/* Beyond the 1024 iterations that KVM's emulator does in one go; none at all; one; and one with other
 * prefixes. */
GUEST(strings, "mov $0x200000, %edi; mov $3000, %ecx; rep stosb\n"
	       "xor %ecx, %ecx; rep stosb\n"
	       "inc %ecx; rep stosb\n"
	       "mov $5, %cl; .byte 0x26, 0xf3, 0x66, 0xab\n" RING(0x51) HANG);
GUEST(printing,
      "mov $" AT_SYMBOL(printing, 1f) ", %esi; mov $6, %ecx; mov $0x3f8, %dx; rep outsb\n" RING(0x51) HANG
      "1: .ascii \"hello\\n\"");

Test(machine, instructions_are_counted_one_by_one)
{
	CHECK_EQ(COUNT(plain), 2 + 3 * 10 + 3);
	CHECK_EQ(COUNT(strings), 2 + 3000 + 1 + 1 + 1 + 1 + 1 + 5 + 3);
	CHECK_EQ(COUNT(printing), 3 + 6 + 3);
}

Test(machine, counting_ends_at_ring_3)
{
	CHECK_EQ(COUNT(user), LONG_MODE_INSTRUCTIONS + RING_3_INSTRUCTIONS + 1);
	CHECK_EQ(COUNT(round_trip),
		 LONG_MODE_INSTRUCTIONS + ROUND_TRIP_INSTRUCTIONS + RING_3_INSTRUCTIONS + 2);
}

/* --- what dies --- */

struct death {
	const char *name, *code, *end;
	enum stop_reason reason;
	enum exit_status status;
	const char *headline, *detail;
};
#define DEATH(guest, headline, detail)                                                                       \
	{                                                                                                    \
#guest, guest_##guest, guest_##guest##_end, STOP_DIED, EXIT_GUEST_DIED, headline, detail     \
	}

GUEST(triple, "nop; ud2");
GUEST(halt, "cli; hlt");
GUEST(mmio_write, "mov $0x12345678, %eax; mov %eax, 0xd0000000");
GUEST(mmio_read, "mov 0xd0000000, %eax");
GUEST(mmio_above, "movb $0x5a, 0x400000");
GUEST(port_write, "mov $0x604, %dx; mov $0x2000, %ax; out %ax, %dx");
GUEST(port_read, "in $0x71, %al");
GUEST(wide_doorbell, "mov $0x2f8, %dx; out %ax, %dx");
GUEST(jump_away, "mov $0xe0000000, %eax; jmp *%eax");

static const struct death deaths[] = {
	DEATH(triple, "the guest died: KVM_EXIT_SHUTDOWN: triple fault", "rip 0000000000100001  ring 0"),
	DEATH(halt, "the guest died: KVM_EXIT_HLT: it halted with nothing that could wake it", "fa f4"),
	DEATH(mmio_write,
	      "KVM_EXIT_MMIO: wrote 0x12345678 (4 bytes) to physical address 0xd0000000, where there is "
	      "neither RAM nor a device",
	      "78 56 34 12 a3 00 00 00 d0"),
	DEATH(mmio_read, "KVM_EXIT_MMIO: read 4 bytes from physical address 0xd0000000, where",
	      "code: a1 00 00 00 d0"),
	DEATH(mmio_above, "KVM_EXIT_MMIO: wrote 0x5a (1 bytes) to physical address 0x400000, where", "rip"),
	DEATH(port_write,
	      "KVM_EXIT_IO: wrote 0x2000 (2 bytes) to I/O port 0x604, where there is no such device",
	      "66 ef"),
	DEATH(port_read, "KVM_EXIT_IO: read 1 bytes from I/O port 0x71, where", "code: e4 71"),
	DEATH(wide_doorbell, "KVM_EXIT_IO: wrote 0 (2 bytes) to I/O port 0x2f8, where", "66 ef"),
	DEATH(jump_away, "the guest died: KVM_EXIT_", "rip 00000000e0000000"),
};

Test(machine, each_death_is_told_in_its_own_words)
{
	for (unsigned int i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
		const struct death *d = &deaths[i];
		struct run r;
		struct stop stop;

		prepare(&r, d->code, d->end);
		boot_now(&r, default_config());
		stop = go(&r);
		CHECK_THAT(stop.reason == d->reason && r.e.status == d->status, "%s: %d, %d: %s", d->name,
			   stop.reason, r.e.status, r.e.text);
		CHECK_THAT(strstr(r.e.text, d->headline), "%s: %s", d->name, r.e.text);
		/* On AMD a triple fault leaves no registers to tell of. */
		if (!strstr(r.e.text, "KVM has reset the CPU"))
			CHECK_THAT(strstr(r.e.text, d->detail) && strstr(r.e.text, "cr0 11"), "%s: %s",
				   d->name, r.e.text);
		shut_down(&r);
	}
}

/* Where ring 0 is emulated some instructions cannot be; elsewhere this one is a triple fault: there is no
 * IDT. */
GUEST(breakpoint, "nop; int3");

Test(machine, an_instruction_that_cannot_be_emulated_is_shown)
{
	BOOT(r, breakpoint);
	struct stop stop = go(&r);

	CHECK_EQ(stop.reason, STOP_DIED);
	CHECK_EQ(r.e.status, EXIT_GUEST_DIED);
	if (!strstr(r.e.text, "KVM_EXIT_SHUTDOWN")) {
		CHECK_HAS(r.e.text, "KVM_EXIT_INTERNAL_ERROR: KVM_INTERNAL_ERROR_EMULATION: ");
		CHECK_HAS(r.e.text, "code: cc");
	}
	shut_down(&r);
}

/* Three frames by hand; the last one's saved pointer points down, which ends the chain. */
GUEST(frames, "movl $0x70010, 0x70000; movl $0x111111, 0x70004\n"
	      "movl $0x70020, 0x70010; movl $0x222222, 0x70014\n"
	      "movl $0x70000, 0x70020; movl $0x333333, 0x70024\n"
	      "mov $0x70000, %ebp; cli; hlt");

Test(machine, the_backtrace_follows_frame_pointers_and_ends)
{
	BOOT(r, frames);
	struct stop stop = go(&r);
	unsigned int n = 0;

	CHECK_EQ(stop.reason, STOP_DIED);
	CHECK_HAS(r.e.text, "called from 0000000000111110\n  called from 0000000000222221\n  called from "
			    "0000000000333332\n");
	for (const char *p = r.e.text; (p = strstr(p, "called from")); p++)
		n++;
	CHECK_EQ(n, 3);
	shut_down(&r);
}

/* --- what hangs --- */

GUEST(hang, HANG);

static void expect_hang(const char *code, const char *end, const char *detail)
{
	struct machine_config config = default_config();
	struct run r;

	prepare(&r, code, end);
	config.time_limit = 0.1;
	boot_now(&r, config);
	/* Twice: the limit starts anew with each run. */
	for (int i = 0; i < 2; i++) {
		struct stop stop = go(&r);

		CHECK_EQ(stop.reason, STOP_TIME_LIMIT);
		CHECK_EQ(r.e.status, EXIT_TIME);
		CHECK_HAS(r.e.text, "the guest hangs: no doorbell for 0.1 s (--time-limit)");
		CHECK_HAS(r.e.text, detail);
	}
	shut_down(&r);
}

Test(machine, a_guest_that_loops_is_stopped)
{
	expect_hang(guest_hang, guest_hang_end, "rip 0000000000100000  ring 0\n  code: eb fe");
}

Test(machine, a_loop_in_ring_3_is_stopped_too)
{
	expect_hang(guest_user_hang, guest_user_hang_end, "ring 3\n  code: eb fe");
}

/* A loop through exits that are no doorbells must not look like progress. */
GUEST(chatter, "mov $0x3f8, %dx\n1: out %al, %dx; jmp 1b");

Test(machine, console_output_is_no_progress)
{
	expect_hang(guest_chatter, guest_chatter_end, "ring 0");
}

GUEST(ticking, "1: " RING(0x51) "jmp 1b");

Test(machine, time_between_runs_does_not_count)
{
	struct machine_config config = default_config();

	config.time_limit = 0.1;
	BOOT_WITH(r, ticking, config);
	for (int i = 0; i < 25; i++) {
		expect_doorbell(&r, 'Q');
		usleep(10000);
	}
	shut_down(&r);
}

/* A debug exit takes the place of the halt's own: it must not be stepped over. */
Test(machine, a_halt_ends_counting)
{
	struct machine_config config = default_config();
	struct stop stop;

	config.max_instructions = TO_STEP;
	BOOT_WITH(r, halt, config);
	stop = go(&r);
	CHECK_EQ(stop.reason, STOP_DIED);
	CHECK_HAS(r.e.text, "KVM_EXIT_HLT: it halted with nothing that could wake it");
	CHECK_THAT(r.m->instructions <= 2, "%lu", r.m->instructions);
	shut_down(&r);
}

Test(machine, counting_has_a_limit_of_its_own)
{
	struct machine_config config = default_config();
	struct stop stop;

	config.max_instructions = 500;
	BOOT_WITH(r, hang, config);
	stop = go(&r);
	CHECK_EQ(stop.reason, STOP_TIME_LIMIT);
	CHECK_EQ(r.e.status, EXIT_TIME);
	CHECK_EQ(r.m->instructions, 500);
	CHECK_HAS(r.e.text, "the guest did not reach ring 3 within 500 instructions:");
	shut_down(&r);
}

/* --- many --- */

Test(machine, machines_come_and_go)
{
	for (int i = 0; i < 20; i++) {
		BOOT(r, doorbells);
		expect_doorbell(&r, 'Q');
		shut_down(&r);
	}
}
