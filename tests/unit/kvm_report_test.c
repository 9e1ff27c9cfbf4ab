/* SPDX-License-Identifier: MIT */
/*
 * Reports of exits that no guest can be made to cause here: a kvm_run page is filled in by hand. Every exit
 * reason there is gets a name; whatever the page holds, the report stays inside its buffer.
 */
#include "check.h"
#include <stdio.h>
#include <stdlib.h>
#include "machine/kvm.h"

struct fake {
	struct kvm_machine m;
	struct error e;
	struct stop stop;
};

static struct fake *fake_exit(uint32_t reason)
{
	struct fake *f = calloc(1, sizeof(*f));

	/* The I/O data lies behind the structure, as in the real page. */
	f->m.run = calloc(1, 8192);
	f->m.run->exit_reason = reason;
	f->m.base.nr_cpus = 1;
	f->m.vcpu_fd = -1; /* no CPU to ask: memory cannot be read */
	return f;
}

static void report(struct fake *f)
{
	f->stop = kvm_report_exit(&f->m, &f->e);
	CHECK(memchr(f->e.text, '\0', sizeof(f->e.text)));
}

static void drop(struct fake *f)
{
	free(f->m.run);
	free(f);
}

/* Names of linux/kvm.h by number; NULL: none is given out. */
static const char *const names[] = {
	"UNKNOWN",
	"EXCEPTION",
	"IO",
	"HYPERCALL",
	"DEBUG",
	"HLT",
	"MMIO",
	"IRQ_WINDOW_OPEN",
	"SHUTDOWN",
	"FAIL_ENTRY",
	"INTR",
	"SET_TPR",
	"TPR_ACCESS",
	"S390_SIEIC",
	"S390_RESET",
	"DCR",
	"NMI",
	"INTERNAL_ERROR",
	"OSI",
	"PAPR_HCALL",
	"S390_UCONTROL",
	"WATCHDOG",
	"S390_TSCH",
	"EPR",
	"SYSTEM_EVENT",
	"S390_STSI",
	"IOAPIC_EOI",
	"HYPERV",
	"ARM_NISV",
	"X86_RDMSR",
	"X86_WRMSR",
	"DIRTY_RING_FULL",
	"AP_RESET_HOLD",
	"X86_BUS_LOCK",
	"XEN",
	"RISCV_SBI",
	"RISCV_CSR",
	"NOTIFY",
	"LOONGARCH_IOCSR",
	"MEMORY_FAULT",
	"TDX",
};
#define NR_NAMES (sizeof(names) / sizeof(names[0]))

Test(kvm_report, every_exit_reason_is_told_by_its_name)
{
	for (uint32_t reason = 0; reason < NR_NAMES; reason++) {
		struct fake *f = fake_exit(reason);
		char name[64];

		snprintf(name, sizeof(name), ": KVM_EXIT_%s: ", names[reason]);
		report(f);
		CHECK_THAT(strstr(f->e.text, name), "%u: %s", reason, f->e.text);
		CHECK_HAS(f->e.text, "\n  code");
		CHECK_HAS(f->e.text, "nothing can be read there");
		CHECK_HAS(f->e.text, "\n  rax 0000000000000000");
		drop(f);
	}
}

Test(kvm_report, an_unknown_reason_is_told_by_its_number)
{
	struct fake *f = fake_exit(4711);

	report(f);
	CHECK_HAS(f->e.text, "the guest died: KVM exit 4711: this vmm never asked for such an exit");
	CHECK_EQ(f->e.status, EXIT_GUEST_DIED);
	CHECK_EQ(f->stop.reason, STOP_DIED);
	drop(f);
}

Test(kvm_report, what_the_hardware_refuses_is_no_death_of_the_guest)
{
	struct fake *f = fake_exit(KVM_EXIT_FAIL_ENTRY);

	f->m.run->fail_entry.hardware_entry_failure_reason = 0x80000021;
	f->m.run->fail_entry.cpu = 3;
	report(f);
	CHECK_HAS(f->e.text,
		  "KVM failed: KVM_EXIT_FAIL_ENTRY: the processor refused to enter the guest, reason "
		  "0x80000021, CPU 3\n");
	CHECK_EQ(f->e.status, EXIT_HOST);
	CHECK_EQ(f->stop.reason, STOP_HOST_ERROR);
	f->m.run->exit_reason = KVM_EXIT_UNKNOWN;
	f->m.run->hw.hardware_exit_reason = 77;
	report(f);
	CHECK_HAS(
		f->e.text,
		"KVM failed: KVM_EXIT_UNKNOWN: KVM met a hardware exit that it does not know, reason 0x4d\n");
	CHECK_EQ(f->e.status, EXIT_HOST);
	drop(f);
}

Test(kvm_report, internal_errors_are_told_by_their_suberror)
{
	static const char *const suberrors[] = {
		[1] = "KVM_INTERNAL_ERROR_EMULATION: KVM had to emulate",
		[2] = "KVM_INTERNAL_ERROR_SIMUL_EX (suberror 2), data 0xaa 0xbb",
		[3] = "KVM_INTERNAL_ERROR_DELIVERY_EV (suberror 3), data 0xaa 0xbb",
		[4] = "KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON (suberror 4), data 0xaa 0xbb",
		[5] = "unknown (suberror 5), data 0xaa 0xbb",
	};

	for (uint32_t i = 1; i < 6; i++) {
		struct fake *f = fake_exit(KVM_EXIT_INTERNAL_ERROR);

		f->m.run->internal.suberror = i;
		f->m.run->internal.ndata = 2;
		f->m.run->internal.data[0] = 0xaa;
		f->m.run->internal.data[1] = 0xbb;
		report(f);
		CHECK_HAS(f->e.text, suberrors[i]);
		CHECK_EQ(f->stop.reason, STOP_DIED);
		drop(f);
	}
}

Test(kvm_report, the_bytes_that_kvm_could_not_emulate_are_shown)
{
	/* Its size may be anything; ndata says how much of it there is at all. */
	static const struct {
		uint32_t ndata;
		uint64_t flags;
		uint8_t size;
		const char *text;
	} cases[] = {
		{3, 1, 5, "code: f0 48 0f c7 0f\n"},
		{4, 1, 5, "code: f0 48 0f c7 0f\n"},
		{3, 1, 255, "code: f0 48 0f c7 0f 00 00 00 00 00 00 00 00 00 00\n"},
		{3, 1, 0, "code: nothing can be read there"},
		{2, 1, 5, "code: nothing can be read there"},
		{3, 0, 5, "code: nothing can be read there"},
	};
	static const uint8_t bytes[] = {0xf0, 0x48, 0x0f, 0xc7, 0x0f};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake *f = fake_exit(KVM_EXIT_INTERNAL_ERROR);

		f->m.run->emulation_failure.suberror = KVM_INTERNAL_ERROR_EMULATION;
		f->m.run->emulation_failure.ndata = cases[i].ndata;
		f->m.run->emulation_failure.flags = cases[i].flags;
		f->m.run->emulation_failure.insn_size = cases[i].size;
		memcpy(f->m.run->emulation_failure.insn_bytes, bytes, sizeof(bytes));
		report(f);
		CHECK_THAT(strstr(f->e.text, cases[i].text), "case %u: %s", i, f->e.text);
		drop(f);
	}
}

Test(kvm_report, system_events_are_told_by_name)
{
	struct fake *f = fake_exit(KVM_EXIT_SYSTEM_EVENT);

	f->m.run->system_event.type = KVM_SYSTEM_EVENT_CRASH;
	f->m.run->system_event.ndata = 1;
	f->m.run->system_event.data[0] = 5;
	report(f);
	CHECK_HAS(f->e.text, "KVM_EXIT_SYSTEM_EVENT: KVM_SYSTEM_EVENT_CRASH (type 3, data 0x5)\n");
	f->m.run->system_event.type = 99;
	report(f);
	CHECK_HAS(f->e.text, "unknown (type 99, data 0x5)\n");
	drop(f);
}

Test(kvm_report, a_cpu_that_was_reset_is_told)
{
	struct fake *f = fake_exit(KVM_EXIT_SHUTDOWN);

	f->m.run->s.regs.regs.rip = 0xfff0;
	f->m.run->s.regs.sregs.cs.base = 0xffff0000;
	report(f);
	CHECK_HAS(f->e.text, "; KVM has reset the CPU, so its registers at death are lost\n");
	drop(f);
}

/* Registers full of ones, a frame pointer to anywhere: all of it is only printed. */
Test(kvm_report, hostile_registers_do_no_harm)
{
	struct fake *f = fake_exit(KVM_EXIT_MMIO);

	memset(&f->m.run->s, 0xff, sizeof(f->m.run->s));
	f->m.run->mmio.len = 0xffffffff;
	f->m.run->mmio.is_write = 1;
	memset(f->m.run->mmio.data, 0xff, 8);
	report(f);
	CHECK_HAS(f->e.text, "wrote 0xffffffffffffffff (4294967295 bytes)");
	CHECK_HAS(f->e.text, "rip ffffffffffffffff");
	drop(f);
}
