/* SPDX-License-Identifier: MIT */
/* What an exit that nobody can go on from means, in words; the rest of the report is diagnose.c's. */
#include "machine/kvm.h"

#include <stdio.h>
#include <string.h>
#include "machine/diagnose.h"

static bool read_va(void *ctx, uint64_t va, void *to, size_t n)
{
	return kvm_read_va(ctx, va, to, n);
}

/* The bytes that KVM itself could not emulate (KVM_CAP_INTERNAL_ERROR_DATA; emulation_failure is ABI). */
static void take_failed_instruction(const struct kvm_run *run, struct diagnosis *d)
{
	if (run->exit_reason != KVM_EXIT_INTERNAL_ERROR ||
	    run->internal.suberror != KVM_INTERNAL_ERROR_EMULATION)
		return;
	/* flags is the first word of the data, size and bytes are the next two. */
	if (run->emulation_failure.ndata < 3 ||
	    !(run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES))
		return;
	d->code_size = run->emulation_failure.insn_size;
	if (d->code_size > sizeof(d->code))
		d->code_size = sizeof(d->code);
	memcpy(d->code, run->emulation_failure.insn_bytes, sizeof(d->code));
}

/*
 * Where KVM has finished the instruction before it came out: a halt, a store to nowhere, and (once completed:
 * KVM's fast path leaves RIP at it, its emulator does not) an OUT.
 */
static bool stands_behind(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_HLT ||
	       (run->exit_reason == KVM_EXIT_MMIO && run->mmio.is_write) ||
	       (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT);
}

void kvm_report(struct kvm_machine *m, enum exit_status status, const char *headline, struct error *e)
{
	struct cpu_state cpu;
	struct diagnosis d = {.headline = headline, .cpu = &cpu, .elf = m->elf, .ctx = m, .read_va = read_va};

	kvm_last_cpu(m, &cpu);
	if (status == EXIT_GUEST_DIED) {
		d.behind = stands_behind(m->run);
		take_failed_instruction(m->run, &d);
	}
	diagnose(&d, status, e);
}

/* Value of an access, least significant byte first. */
static uint64_t value_of(const uint8_t *data, uint32_t size)
{
	uint64_t value = 0;

	memcpy(&value, data, size < 8 ? size : 8);
	return value;
}

static void say_mmio(const struct kvm_run *run, char *text, size_t size)
{
	if (run->mmio.is_write)
		snprintf(text, size,
			 "wrote %#lx (%u bytes) to physical address %#llx, where there is neither RAM nor a "
			 "device",
			 value_of(run->mmio.data, run->mmio.len), run->mmio.len, run->mmio.phys_addr);
	else
		snprintf(text, size,
			 "read %u bytes from physical address %#llx, where there is neither RAM nor a device",
			 run->mmio.len, run->mmio.phys_addr);
}

static void say_io(const struct kvm_run *run, char *text, size_t size)
{
	const uint8_t *data = (const uint8_t *)run + run->io.data_offset;

	if (run->io.direction == KVM_EXIT_IO_OUT)
		snprintf(text, size, "wrote %#lx (%u bytes) to I/O port %#x, where there is no such device",
			 value_of(data, run->io.size), run->io.size, run->io.port);
	else
		snprintf(text, size, "read %u bytes from I/O port %#x, where there is no such device",
			 run->io.size, run->io.port);
}

static void say_internal(const struct kvm_run *run, char *text, size_t size)
{
	const char *name = kvm_suberror_name(run->internal.suberror);
	int n;

	if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION) {
		snprintf(text, size, "%s: KVM had to emulate this instruction of the guest and cannot", name);
		return;
	}
	n = snprintf(text, size, "%s (suberror %u), data", name ? name : "unknown", run->internal.suberror);
	for (uint32_t i = 0; i < run->internal.ndata && i < 4 && n > 0 && (size_t)n < size; i++)
		n += snprintf(text + n, size - n, " %#llx", run->internal.data[i]);
}

static void say_system_event(const struct kvm_run *run, char *text, size_t size)
{
	const char *name = kvm_system_event_name(run->system_event.type);

	snprintf(text, size, "%s (type %u, data %#llx)", name ? name : "unknown", run->system_event.type,
		 run->system_event.ndata ? run->system_event.data[0] : 0);
}

/* On AMD the state is undefined then, and KVM resets the CPU (svm.c, shutdown_interception). */
static bool was_reset(const struct kvm_run *run)
{
	return run->s.regs.regs.rip == 0xfff0 && run->s.regs.sregs.cs.base == 0xffff0000;
}

static void say_shutdown(const struct kvm_run *run, char *text, size_t size)
{
	snprintf(text, size,
		 "triple fault: an exception could not be delivered, nor the double fault after it%s",
		 was_reset(run) ? "; KVM has reset the CPU, so its registers at death are lost" : "");
}

static void say_what(const struct kvm_run *run, char *text, size_t size)
{
	*text = '\0';
	switch (run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		say_shutdown(run, text, size);
		break;
	case KVM_EXIT_HLT:
		snprintf(text, size, "it halted with nothing that could wake it");
		break;
	case KVM_EXIT_MMIO:
		say_mmio(run, text, size);
		break;
	case KVM_EXIT_IO:
		say_io(run, text, size);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		say_internal(run, text, size);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		say_system_event(run, text, size);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		snprintf(text, size, "the processor refused to enter the guest, reason %#llx, CPU %u",
			 run->fail_entry.hardware_entry_failure_reason, run->fail_entry.cpu);
		break;
	case KVM_EXIT_UNKNOWN:
		snprintf(text, size, "KVM met a hardware exit that it does not know, reason %#llx",
			 run->hw.hardware_exit_reason);
		break;
	case KVM_EXIT_EXCEPTION:
		snprintf(text, size, "exception %u, error code %#x", run->ex.exception, run->ex.error_code);
		break;
	case KVM_EXIT_DEBUG:
		snprintf(text, size, "exception %u at %#llx, dr6 %#llx", run->debug.arch.exception,
			 run->debug.arch.pc, run->debug.arch.dr6);
		break;
	default:
		snprintf(text, size, "this vmm never asked for such an exit");
	}
}

/* Is it KVM or the hardware that failed, rather than the guest? */
static bool is_host_failure(uint32_t reason)
{
	return reason == KVM_EXIT_FAIL_ENTRY || reason == KVM_EXIT_UNKNOWN;
}

/* After this run->io is gone, but for the reason and the direction. */
static void finish_out(struct kvm_machine *m)
{
	struct error ignored; /* the registers are then as they were before */

	m->io_pending = true;
	kvm_complete_io(m, &ignored);
	m->run->exit_reason = KVM_EXIT_IO;
	m->run->io.direction = KVM_EXIT_IO_OUT;
}

struct stop kvm_report_exit(struct kvm_machine *m, struct error *e)
{
	const uint32_t reason = m->run->exit_reason;
	const bool host = is_host_failure(reason);
	const char *name = kvm_exit_name(reason);
	char what[256], headline[384], number[32];

	snprintf(number, sizeof(number), "KVM exit %u", reason);
	say_what(m->run, what, sizeof(what));
	if (reason == KVM_EXIT_IO && m->run->io.direction == KVM_EXIT_IO_OUT)
		finish_out(m);
	snprintf(headline, sizeof(headline), "%s: %s: %s", host ? "KVM failed" : "the guest died",
		 name ? name : number, what);
	kvm_report(m, host ? EXIT_HOST : EXIT_GUEST_DIED, headline, e);
	return (struct stop){.reason = host ? STOP_HOST_ERROR : STOP_DIED};
}
