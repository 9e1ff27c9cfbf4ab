/* SPDX-License-Identifier: MIT */
/*
 * The machine `qemu`: guest.bin on QEMU's microvm under TCG. It runs where there is no KVM, and it is an x86
 * by other hands to compare with. RAM is shared, the doorbell is the second UART, and the machine is stopped
 * over QMP before anyone looks: the guest waits on lab.seq then, so its registers stand in that loop.
 */
#include "machine/initrd.h"
#include "machine/qemu.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include "machine/diagnose.h"
#include "x86.h"

struct qemu_machine {
	struct machine base; /* first: struct machine is what others see */
	struct qemu_child child;
	struct qmp qmp;
	struct guest_ram ram;
	const struct guest_elf *elf; /* for symbols; the caller's */
	FILE *console;
	double time_limit;
	uint8_t bells[64]; /* doorbell bytes received and not yet reported */
	unsigned int nr_bells, next_bell;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* All that the guest has printed so far. */
static void drain_console(struct qemu_machine *m)
{
	char text[4096];
	ssize_t n;

	while ((n = recv(m->child.console, text, sizeof(text), MSG_DONTWAIT)) > 0)
		if (m->console)
			fwrite(text, 1, n, m->console);
}

static bool bell_rang(struct qemu_machine *m)
{
	ssize_t n;

	if (m->next_bell < m->nr_bells)
		return true;
	n = recv(m->child.bell, m->bells, sizeof(m->bells), MSG_DONTWAIT);
	m->next_bell = 0;
	m->nr_bells = n > 0 ? n : 0;
	return n > 0;
}

static const char *signal_or_status(int status, char *text, size_t size)
{
	if (status == -1)
		snprintf(text, size, "it hangs");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "killed by SIG%s", sigabbrev_np(WTERMSIG(status)) ?: "?");
	else
		snprintf(text, size, "exit status %d", WEXITSTATUS(status));
	return text;
}

/* The child is gone. QEMU aborts when the guest does what it cannot emulate; all else is the host's trouble.
 */
static struct stop child_gone(struct qemu_machine *m, struct error *e)
{
	char said[1024], how[64];
	int status = qemu_reap(&m->child);
	bool aborted = status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;

	qemu_messages(&m->child, said, sizeof(said));
	error_set(e, aborted ? EXIT_GUEST_DIED : EXIT_HOST, "QEMU ended (%s)%s%s",
		  signal_or_status(status, how, sizeof(how)), *said ? "; it said:\n" : " without a word",
		  said);
	return (struct stop){.reason = aborted ? STOP_DIED : STOP_HOST_ERROR};
}

/* The monitor failed: *e says how, unless QEMU itself has ended and can say more. */
static struct stop monitor_failed(struct qemu_machine *m, struct error *e)
{
	if (m->qmp.closed)
		return child_gone(m, e);
	return (struct stop){.reason = STOP_HOST_ERROR};
}

static int get_cpu(struct machine *machine, unsigned int cpu, struct cpu_state *state, struct error *e)
{
	struct qemu_machine *m = (struct qemu_machine *)machine;
	char text[QMP_LINE_MAX];
	const char *missing;

	if (qmp_monitor(&m->qmp, cpu, "info registers", text, sizeof(text), e))
		return -1;
	if (!qemu_parse_registers(text, state, &missing))
		return error_set(e, EXIT_HOST,
				 "QEMU's `info registers` does not tell %s; is this a QEMU for x86-64?",
				 missing);
	state->maxphyaddr = QEMU_PHYS_BITS;
	state->gbpages = 1;
	return 0;
}

static int translate(struct machine *machine, unsigned int cpu, uint64_t va, uint64_t *pa)
{
	struct qemu_machine *m = (struct qemu_machine *)machine;
	char command[64], text[256];
	struct error e;

	snprintf(command, sizeof(command), "gva2gpa 0x%lx", va);
	if (qmp_monitor(&m->qmp, cpu, command, text, sizeof(text), &e))
		return -1;
	if (sscanf(text, "gpa: %lx", pa) == 1)
		return 1;
	return strstr(text, "Unmapped") ? 0 : -1;
}

/* For the report on a guest that died: page by page, by CPU 0's tables as QEMU walks them. */
static bool read_va(void *ctx, uint64_t va, void *to, size_t n)
{
	struct qemu_machine *m = ctx;
	uint8_t *out = to;
	uint64_t pa;

	while (n) {
		size_t part = PAGE_SIZE - va % PAGE_SIZE;

		if (part > n)
			part = n;
		if (translate(&m->base, 0, va, &pa) != 1 || !ram_holds(m->ram.mem_size, pa, part))
			return false;
		memcpy(out, m->ram.bytes + pa, part);
		out += part;
		va += part;
		n -= part;
	}
	return true;
}

/* A headline, and what registers, stack and code tell if they can be had. */
static void report(struct qemu_machine *m, enum exit_status status, const char *headline, struct error *e)
{
	struct cpu_state cpu;
	struct diagnosis d = {.headline = headline, .cpu = &cpu, .elf = m->elf, .ctx = m, .read_va = read_va};

	if (get_cpu(&m->base, 0, &cpu, e))
		error_set(e, status, "%s", headline);
	else
		diagnose(&d, status, e);
}

static struct stop guest_died(struct qemu_machine *m, struct error *e)
{
	char headline[160];
	const char *reason = m->qmp.shutdown_reason;

	snprintf(headline, sizeof(headline), "the guest died: %s (QEMU says: %s)",
		 !strcmp(reason, "guest-reset") ? "it reset its machine, as a triple fault does"
						: "it shut its machine down",
		 *reason ? reason : "shutdown");
	report(m, EXIT_GUEST_DIED, headline, e);
	return (struct stop){.reason = STOP_DIED};
}

static struct stop time_is_up(struct qemu_machine *m, struct error *e)
{
	char headline[160];

	if (qmp_execute(&m->qmp, "stop", e))
		return monitor_failed(m, e);
	snprintf(headline, sizeof(headline),
		 "the guest hangs: no doorbell for %g s (--time-limit). It was here when it was stopped:",
		 m->time_limit);
	report(m, EXIT_TIME, headline, e);
	return (struct stop){.reason = STOP_TIME_LIMIT};
}

/* Milliseconds until the deadline, for poll: rounded up, so that a wait is never too short. -1: no limit. */
static int wait_ms(const struct qemu_machine *m, double deadline)
{
	double left = (deadline - now()) * 1000;

	if (m->time_limit <= 0)
		return -1;
	if (left > 1e9)
		return 1000000000;
	return left > 0 ? (int)left + 1 : 0;
}

/* Wait for the doorbell; console and monitor are served meanwhile. True: the run ends otherwise, with *stop.
 */
static bool await_bell(struct qemu_machine *m, struct stop *stop, struct error *e)
{
	double deadline = now() + m->time_limit;
	struct pollfd fds[] = {{.fd = m->child.bell, .events = POLLIN},
			       {.fd = m->qmp.fd, .events = POLLIN},
			       {.fd = m->child.console, .events = POLLIN}};
	int n;

	while (!bell_rang(m)) {
		n = poll(fds, 3, wait_ms(m, deadline));
		drain_console(m);
		qmp_take_events(&m->qmp);
		if (bell_rang(m))
			break;
		if (m->qmp.shut_down)
			*stop = guest_died(m, e);
		else if (m->qmp.closed)
			*stop = child_gone(m, e);
		else if (!n)
			*stop = time_is_up(m, e);
		else
			continue;
		return true;
	}
	return false;
}

static struct stop run_to_bell(struct qemu_machine *m, struct error *e)
{
	struct stop stop;

	if (m->qmp.shut_down)
		return guest_died(m, e);
	if (qmp_execute(&m->qmp, "cont", e))
		return monitor_failed(m, e);
	if (await_bell(m, &stop, e))
		return stop;
	if (qmp_execute(&m->qmp, "stop", e))
		return monitor_failed(m, e);
	return (struct stop){.reason = STOP_DOORBELL, .byte = m->bells[m->next_bell++]};
}

static struct stop run(struct machine *machine, struct error *e)
{
	struct qemu_machine *m = (struct qemu_machine *)machine;
	struct stop stop;

	if (bell_rang(m))
		return (struct stop){.reason = STOP_DOORBELL, .byte = m->bells[m->next_bell++]};
	stop = run_to_bell(m, e);
	drain_console(m);
	if (m->console)
		fflush(m->console);
	return stop;
}

/* QEMU gives its registers away and takes none back: nothing of a state could be restored but RAM. */
static int not_here(const char *what, struct error *e)
{
	return error_set(e, EXIT_SKIPPED, "%s: not on machine qemu, it needs --machine kvm", what);
}

static struct machine_state *save(struct machine *machine, struct error *e)
{
	(void)machine;
	not_here("snapshot", e);
	return NULL;
}

static int restore(struct machine *machine, const struct machine_state *state, struct error *e)
{
	(void)machine;
	(void)state;
	return not_here("restore", e);
}

static void free_state(struct machine_state *state)
{
	(void)state;
}

static int tables_changed(struct machine *machine, struct error *e)
{
	(void)machine;
	return not_here("changing the guest's memory", e);
}

static int set_breaks(struct machine *machine, const uint64_t *va, unsigned int n, struct error *e)
{
	(void)machine;
	(void)va;
	return n ? not_here("stopping at an instruction", e) : 0;
}

static int set_slot(struct machine *machine, uint64_t pfn, enum slot_kind kind, struct error *e)
{
	(void)machine;
	(void)pfn;
	(void)kind;
	return not_here("taking memory away", e);
}

static int memory_error(struct machine *machine, uint64_t pa, bool required, struct error *e)
{
	(void)machine;
	(void)pa;
	(void)required;
	return not_here("a machine check", e);
}

static void destroy(struct machine *machine)
{
	struct qemu_machine *m = (struct qemu_machine *)machine;

	qemu_end(&m->child);
	ram_destroy(&m->ram);
	free(m);
}

/* What this machine cannot do is refused before anything is built. */
/* QEMU loads the file itself; what is wrong with it is told here, as on any machine. */
static int check_initrd(const struct machine_config *config, struct error *e)
{
	struct initrd initrd;

	if (initrd_open(&initrd, config->initrd, config->mem_size, e))
		return -1;
	close(initrd.fd);
	return 0;
}

static int check_config(const struct machine_config *config, struct error *e)
{
	if (config->max_instructions)
		return error_set(e, EXIT_USAGE, "machine qemu cannot count instructions; use --machine kvm");
	if (config->mem_size % 8192)
		return error_set(e, EXIT_USAGE, "machine qemu wants RAM in multiples of 8 KiB, not %lu bytes",
				 config->mem_size);
	return config->initrd ? check_initrd(config, e) : 0;
}

static int start(struct qemu_machine *m, const struct machine_config *config, const struct guest_elf *elf,
		 struct error *e)
{
	if (ram_create(&m->ram, config->mem_size, e) || qemu_spawn(&m->child, config, elf, &m->ram, e))
		return -1;
	if (!qmp_open(&m->qmp, m->child.monitor, e))
		return 0;
	if (m->qmp.closed)
		child_gone(m, e);
	return -1;
}

static struct machine *create(const struct machine_config *config, const struct guest_elf *elf,
			      struct error *e)
{
	struct qemu_machine *m;

	if (check_config(config, e))
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->child = (struct qemu_child){0, -1, -1, -1, -1};
	m->ram.fd = -1;
	m->elf = elf;
	m->console = config->console;
	m->time_limit = config->time_limit;
	if (start(m, config, elf, e)) {
		destroy(&m->base);
		return NULL;
	}
	m->base = (struct machine){.ops = &machine_qemu,
				   .ram = m->ram.bytes,
				   .ram_size = ram_end(config->mem_size),
				   .nr_cpus = config->nr_cpus,
				   .description = "qemu (tcg)"};
	return &m->base;
}

const struct machine_ops machine_qemu = {
	.name = "qemu",
	.probe = qemu_probe,
	.create = create,
	.run = run,
	.get_cpu = get_cpu,
	.translate = translate,
	.save = save,
	.restore = restore,
	.free_state = free_state,
	.tables_changed = tables_changed,
	.set_breaks = set_breaks,
	.set_slot = set_slot,
	.memory_error = memory_error,
	.destroy = destroy,
};
