/* SPDX-License-Identifier: MIT */
/* Inside the machine `qemu`: the child process, its monitor, and what the files give each other. */
#ifndef VMM_MACHINE_QEMU_H
#define VMM_MACHINE_QEMU_H

#include <stddef.h>
#include <sys/types.h>
#include "machine/machine.h"
#include "machine/ram.h"

/* --- qemu_spawn.c: the process ---------------------------------------------------------------- */

#define QEMU_PROGRAM "qemu-system-x86_64"

/* CPUID 0x80000008 EAX[7:0] of its CPU: the one value that QEMU's TCG accepts; 1 GiB leaves are there. */
#define QEMU_PHYS_BITS 40

/** The child and our ends of what connects us. All descriptors are close-on-exec; -1: not open. */
struct qemu_child {
	pid_t pid;    /* 0: none */
	int monitor;  /* QMP, a stream socket */
	int bell;     /* what the guest writes to COM2 */
	int console;  /* what it writes to COM1 */
	int messages; /* a small memfd: standard output and error of the child */
};

/** Find the program in PATH. False: *e says what to install (EXIT_HOST). */
bool qemu_probe(struct error *e);
/** Start QEMU, stopped before the guest's first instruction. It dies with us. 0 or -1 with *e. */
int qemu_spawn(struct qemu_child *child, const struct machine_config *config, const struct guest_elf *elf,
	       const struct guest_ram *ram, struct error *e);
/**
 * In a child of `parent`: become QEMU, in a session of its own, so that a Ctrl-C meant for us does not end it, and with no
 * life after ours. Descriptors of `inherited`, up to a -1, stay open.
 */
_Noreturn void qemu_become(char *const *argv, const int *inherited, int messages, pid_t parent);
/** Where the child's messages go: a file that cannot grow, so that a chatty child never blocks. -1: none. */
int qemu_messages_create(void);
/** What the child last said, in one text: "" if nothing. */
void qemu_messages(const struct qemu_child *child, char *text, size_t size);
/** Reap a child that has gone or is going (waits a second at most); its wait status, or -1: it lives. */
int qemu_reap(struct qemu_child *child);
/** Kill, reap and close all. */
void qemu_end(struct qemu_child *child);

/* --- qemu_qmp.c: the monitor ---------------------------------------------------------------------- */

#define QMP_LINE_MAX 32768 /* `info registers` with AVX-512 is some 12 KiB */

struct qmp {
	int fd;
	size_t start, end;	  /* bytes received and not yet read as a line */
	bool closed;		  /* the other side hung up */
	bool shut_down;		  /* SHUTDOWN was announced: the guest cannot go on */
	char shutdown_reason[32]; /* QEMU's word: "guest-reset" for a triple fault */
	char buffer[QMP_LINE_MAX + 1];
};

/** Greeting and capabilities, on a fresh connection. 0 or -1 with *e. */
int qmp_open(struct qmp *qmp, int fd, struct error *e);
/** A command without arguments ("stop", "cont"); waits for its answer. 0 or -1 with *e. */
int qmp_execute(struct qmp *qmp, const char *command, struct error *e);
/**
 * One line of the human monitor, as CPU `cpu` sees it; its output goes to text (size > 0), cut to fit. The
 * command must need no JSON escapes. 0 or -1 with *e.
 */
int qmp_monitor(struct qmp *qmp, unsigned int cpu, const char *command, char *text, size_t size,
		struct error *e);
/** Take in the events that have arrived, without waiting. */
void qmp_take_events(struct qmp *qmp);

/* --- qemu_registers.c ---------------------------------------------------------------------------------- */

/**
 * Read the text of `info registers`. False: *missing names a register that is not in it. The monitor does
 * not tell kernel_gs_base: it stays 0.
 */
bool qemu_parse_registers(const char *text, struct cpu_state *state, const char **missing);

#endif
