/* SPDX-License-Identifier: MIT */
/* A machine `kvm` with a tiny guest in assembly on it: what the tests of machines share. */
#ifndef TESTS_UNIT_MACHINE_RUN_H
#define TESTS_UNIT_MACHINE_RUN_H

#include "check.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "machine/machine.h"
#include "machine/ram.h"
#include "tiny_guest.h"

/*
 * Guest code stands in this program's read-only data and is copied to TINY_CODE_PA: addresses are written
 * relative to its first byte. 32-bit unless it says otherwise, as PVH enters.
 */
#define GUEST(name, text)                                                                                    \
	extern const char guest_##name[], guest_##name##_end[];                                              \
	asm(".pushsection .rodata\n.globl guest_" #name ", guest_" #name "_end\nguest_" #name                \
	    ":\n.code32\n" text "\n.code64\nguest_" #name "_end:\n.popsection")

#define AT_SYMBOL(name, label) "(" #label " - guest_" #name " + 0x100000)"
#define RING(byte)	       "mov $0x2f8, %dx; mov $" #byte ", %al; out %al, %dx\n"
#define HANG		       "99: jmp 99b\n"

struct run {
	struct tiny_guest guest;
	struct guest_elf elf;
	struct machine *m;
	struct error e;
	char *console;
	size_t console_size;
	FILE *console_file;
};

static inline struct machine_config default_config(void)
{
	return (struct machine_config){.mem_size = TINY_MEM, .nr_cpus = 1, .time_limit = 10, .cmdline = ""};
}

/* Skips the test where there is no KVM at all. */
static inline void prepare(struct run *r, const char *code, const char *end)
{
	if (access("/dev/kvm", R_OK | W_OK))
		cr_skip_test("no usable /dev/kvm");
	tiny_guest_make(&r->guest, code, end - code);
	r->console_file = open_memstream(&r->console, &r->console_size);
	CHECK(r->console_file && !fflush(r->console_file)); /* only then are text and size valid */
}

static inline void boot_now(struct run *r, struct machine_config config)
{
	const struct machine_ops *ops = machine_choose("kvm", &r->e);

	CHECK_THAT(ops, "%s", r->e.text);
	config.console = r->console_file;
	CHECK_THAT(!guest_elf_parse(&r->elf, r->guest.bytes, r->guest.size, config.mem_size, &r->e), "%s",
		   r->e.text);
	r->m = ops->create(&config, &r->elf, &r->e);
	if (!r->m && r->e.status == EXIT_SKIPPED)
		cr_skip_test("%s", r->e.text);
	CHECK_THAT(r->m, "%s", r->e.text);
}

#define BOOT_WITH(r, name, config)                                                                           \
	struct run r;                                                                                        \
	prepare(&r, guest_##name, guest_##name##_end);                                                       \
	boot_now(&r, config)
#define BOOT(r, name) BOOT_WITH(r, name, default_config())

static inline void shut_down(struct run *r)
{
	r->m->ops->destroy(r->m);
	fclose(r->console_file);
	free(r->console);
}

static inline struct stop go(struct run *r)
{
	return r->m->ops->run(r->m, &r->e);
}

static inline void expect_doorbell(struct run *r, uint8_t byte)
{
	struct stop stop = go(r);

	CHECK_THAT(stop.reason == STOP_DOORBELL, "reason %d: %s", stop.reason, r->e.text);
	CHECK_EQ(stop.byte, byte);
}

static inline struct cpu_state cpu_of(struct run *r)
{
	struct cpu_state cpu;

	CHECK_THAT(!r->m->ops->get_cpu(r->m, 0, &cpu, &r->e), "%s", r->e.text);
	return cpu;
}

#endif
