/* SPDX-License-Identifier: MIT */
/*
 * Ticks: interrupts of TICK_VECTOR that come while the guest is in ring 3. A timer's signal fetches the vCPU; there is no
 * interrupt controller in the kernel (start-up would pay for it), so the interrupt is given by KVM_INTERRUPT once the guest
 * takes any, which KVM tells (ready_for_interrupt_injection) or is asked to tell (request_interrupt_window).
 *
 * The timer fires once and is set again when its tick was delivered: so a guest that rests costs nothing.
 */
#include "machine/kvm.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "x86.h"

#define TICK_SIGNAL SIGRTMIN

static void on_signal(int signo, siginfo_t *info, void *context)
{
	struct kvm_machine *m = info->si_value.sival_ptr;

	(void)signo;
	(void)context;
	if (info->si_code != SI_TIMER || !m)
		return;
	m->ticks.due = true;
	m->run->immediate_exit = 1;
}

int kvm_set_ticks(struct machine *machine, const struct machine_ticks *ticks, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = TICK_SIGNAL, .sigev_value.sival_ptr = m};
	sigset_t unblock;

	event._sigev_un._tid = gettid();
	sigemptyset(&unblock);
	sigaddset(&unblock, TICK_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &unblock, NULL);
	if (sigaction(TICK_SIGNAL, &action, NULL) || timer_create(CLOCK_MONOTONIC, &event, &m->ticks.timer))
		return error_set(e, EXIT_HOST, "the timer that preempts cannot be had: %s", strerror(errno));
	m->ticks.wanted = *ticks;
	m->ticks.on = true;
	return 0;
}

void kvm_start_ticks(struct kvm_machine *m)
{
	struct itimerspec when = {.it_value.tv_nsec = m->ticks.wanted.period_ns};

	if (m->ticks.on && !m->ticks.armed)
		m->ticks.armed = !timer_settime(m->ticks.timer, 0, &when, NULL);
}

bool kvm_give_tick(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	struct kvm_interrupt interrupt = {.irq = TICK_VECTOR};

	/* A signal from here on sets it again, and the KVM_RUN that follows comes back at once. */
	m->run->immediate_exit = m->limit.expired;
	m->run->request_interrupt_window = m->ticks.due && !m->run->ready_for_interrupt_injection;
	if (!m->ticks.due || m->run->request_interrupt_window)
		return false;
	m->ticks.due = m->ticks.armed = false;
	kvm_start_ticks(m);
	if (m->ticks.wanted.due(m->ticks.wanted.ctx)) {
		*stop = (struct stop){.reason = STOP_TICK};
		return true;
	}
	if (kvm_ioctl(m->vcpu_fd, KVM_INTERRUPT, &interrupt, e) >= 0)
		return false;
	*stop = (struct stop){.reason = STOP_HOST_ERROR};
	return true;
}

void kvm_end_ticks(struct kvm_machine *m)
{
	if (m->ticks.on)
		timer_delete(m->ticks.timer);
	m->ticks.on = false;
}
