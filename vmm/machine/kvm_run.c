/* SPDX-License-Identifier: MIT */
/* Running: into the guest, out at an exit, and what each exit means. The doorbell ends a run, the console
 * does not. */
#include "machine/kvm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "lab.h"

#define UART_PORTS 8
#define UART_THR   0

/* Handling an exit ends the run (true, *stop is set) or not (false). */

static bool stop_with(struct stop *stop, enum stop_reason reason)
{
	*stop = (struct stop){.reason = reason};
	return true;
}

static bool pop_doorbell(struct kvm_machine *m, struct stop *stop)
{
	if (m->doorbell.next == m->doorbell.count)
		return false;
	*stop = (struct stop){.reason = STOP_DOORBELL, .byte = m->doorbell.bytes[m->doorbell.next++]};
	return true;
}

static struct uart *uart_of(struct kvm_machine *m, uint16_t port, unsigned int *reg)
{
	*reg = port % UART_PORTS;
	switch (port - *reg) {
	case COM1_PORT:
		return &m->com1;
	case COM2_PORT:
		return &m->com2;
	}
	return NULL;
}

static void console_byte(struct kvm_machine *m, uint8_t byte)
{
	if (!m->console)
		return;
	putc_unlocked(byte, m->console);
	m->console_dirty = true;
}

static void uart_out(struct kvm_machine *m, struct uart *uart, unsigned int reg, const uint8_t *data,
		     uint32_t count)
{
	m->doorbell.next = m->doorbell.count = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!uart_write(uart, reg, data[i]))
			continue;
		if (uart == &m->com1)
			console_byte(m, data[i]);
		else if (m->doorbell.count < sizeof(m->doorbell.bytes))
			m->doorbell.bytes[m->doorbell.count++] = data[i];
	}
}

/* Stepping: an access to a port is an instruction too, done once KVM has completed it. */
static bool count_io(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	if (!m->stepping)
		return false;
	if (kvm_complete_io(m, e))
		return stop_with(stop, STOP_HOST_ERROR);
	return m->exit_waiting ? false : kvm_count_step(m, stop, e);
}

static bool handle_io(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	struct kvm_run *run = m->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	unsigned int reg;
	struct uart *uart = uart_of(m, run->io.port, &reg);

	if (!uart || run->io.size != 1) {
		*stop = kvm_report_exit(m, e);
		return true;
	}
	m->io_pending = true;
	if (run->io.direction == KVM_EXIT_IO_OUT)
		uart_out(m, uart, reg, data, run->io.count);
	else
		memset(data, uart_read(uart, reg), run->io.count);
	return count_io(m, stop, e) || pop_doorbell(m, stop);
}

/*
 * A KVM that shadows the guest's tables keeps what was a table write-protected, and emulates a store there, after the
 * frame has become a program's. An instruction that it cannot emulate (AVX) then ends in an exit; with the shadows thrown away
 * it runs by itself. True: try again.
 */
static bool cure_ring3(struct kvm_machine *m, struct error *e)
{
	const struct kvm_regs *regs = &m->run->s.regs.regs;

	if (m->run->internal.suberror != KVM_INTERNAL_ERROR_EMULATION || !(m->run->s.regs.sregs.cs.selector & 3) ||
	    !memcmp(&m->cured, regs, sizeof(*regs)))
		return false; /* or it was of no use the last time */
	m->cured = *regs;
	return !kvm_tables_changed(&m->base, e);
}

static bool handle_exit(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	switch (m->run->exit_reason) {
	case KVM_EXIT_IO:
		return handle_io(m, stop, e);
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return false;
	case KVM_EXIT_INTERNAL_ERROR:
		if (cure_ring3(m, e))
			return false;
		break;
	case KVM_EXIT_DEBUG:
		if (m->stepping)
			return kvm_count_step(m, stop, e);
		break;
	case KVM_EXIT_MMIO:
		m->met_mmio = true;
		if (kvm_no_memory(m, stop, e))
			return true;
		break;
	case KVM_EXIT_HLT:
		if (kvm_at_break(m))
			return stop_with(stop, STOP_BREAK);
		break;
	}
	*stop = kvm_report_exit(m, e);
	return true;
}

static bool time_is_up(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	char headline[160];

	snprintf(headline, sizeof(headline),
		 "the guest hangs: no doorbell for %g s (--time-limit). It was here when it was stopped:",
		 m->limit.limit_ns / 1e9);
	kvm_report(m, EXIT_TIME, headline, e);
	return stop_with(stop, STOP_TIME_LIMIT);
}

static bool run_failed(struct kvm_machine *m, int error, struct stop *stop, struct error *e)
{
	struct error why;

	kvm_ioctl_error("KVM_RUN", error, &why);
	why.text[256] = '\0';
	kvm_report(m, EXIT_HOST, why.text, e);
	return stop_with(stop, STOP_HOST_ERROR);
}

/* Into the guest until its next exit. */
static bool enter(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	int result = 0;

	if (m->ticks.on && kvm_give_tick(m, stop, e))
		return true;
	if (!m->exit_waiting) {
		result = kvm_try(m->vcpu_fd, KVM_RUN, 0);
		m->io_pending = false;
	}
	m->exit_waiting = false;
	if (result && errno != EINTR && errno != EAGAIN)
		return run_failed(m, errno, stop, e);
	if (!result && handle_exit(m, stop, e))
		return true;
	return m->limit.expired && time_is_up(m, stop, e);
}

struct stop kvm_run(struct machine *machine, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct stop stop;

	if (pop_doorbell(m, &stop))
		return stop;
	m->run->immediate_exit = 0;
	kvm_put_breaks(m);
	time_limit_start(&m->limit);
	kvm_start_ticks(m);
	while (!enter(m, &stop, e))
		;
	time_limit_stop(&m->limit);
	kvm_take_breaks(m);
	if (m->console_dirty)
		fflush(m->console);
	m->console_dirty = false;
	return stop;
}
