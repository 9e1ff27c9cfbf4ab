/* SPDX-License-Identifier: MIT */
/* Inside the machine `kvm`: its state, and what its files give each other. */
#ifndef VMM_MACHINE_KVM_H
#define VMM_MACHINE_KVM_H

#include <linux/kvm.h>
#include "machine/kvm_ioctl.h"
#include "machine/machine.h"
#include "machine/ram.h"
#include "machine/time_limit.h"
#include "machine/uart.h"

/** Bytes of one exit to the doorbell (`rep outs`) that have not been reported yet. */
struct doorbell_queue {
	uint32_t next, count;
	uint8_t bytes[4096];		/* KVM's own buffer is a page */
};

#define MAX_ODD_PAGES 16
/** A page of RAM that is read-only or not there. */
struct kvm_odd_page {
	uint64_t pa;
	enum slot_kind kind;
};

/** A virtual machine and its memory, as far as a cure of stale translations concerns them. */
struct kvm_memory {
	int vm_fd, vcpu_fd;
	struct kvm_userspace_memory_region slots[2 * MAX_ODD_PAGES + 3];
	unsigned int nr_slots;
};

/** A place of the kernel's code that stops a run. */
struct kvm_break {
	uint64_t va, pa;
	uint8_t byte;			/* what belongs there */
};

/** Ticks under way; see kvm_ticks.c. */
struct kvm_ticks {
	struct machine_ticks wanted;
	bool on;
	timer_t timer;
	volatile bool armed;		/* the timer will fire, or has and its tick is not delivered */
	volatile bool due;		/* it has */
};

struct kvm_machine {
	struct machine base;		/* first: struct machine is what others see */
	int kvm_fd, vm_fd, vcpu_fd;
	struct kvm_run *run;
	size_t run_size;
	struct guest_ram ram;
	struct kvm_memory memory;
	uint64_t *dirty;		/* kvm_dirty.c: a bit a frame; NULL: nobody asked yet */
	bool dirty_lost;		/* the log misses something: set by whoever makes slots anew or writes to RAM */
	const struct guest_elf *elf;	/* for symbols; the caller's */
	FILE *console;
	bool console_dirty;		/* written since the last flush */
	struct uart com1, com2;
	struct doorbell_queue doorbell;
	struct kvm_regs cured;		/* where ring 3 was when KVM last could not emulate its instruction */
	bool met_mmio;			/* an access met no memory: KVM may remember for which address */
	bool io_pending;		/* the last exit was an I/O access that the next KVM_RUN completes */
	bool exit_waiting;		/* completing it brought another exit, still to be handled */
	bool stepping;			/* every instruction exits and is counted */
	struct kvm_odd_page odd_pages[MAX_ODD_PAGES];	/* ascending */
	unsigned int nr_odd_pages;
	bool has_mce;			/* machine checks are set up */
	struct kvm_break breaks[MAX_BREAKS];
	unsigned int nr_breaks;
	struct time_limit limit;
	struct kvm_ticks ticks;
	uint8_t maxphyaddr, gbpages;	/* see struct cpu_state */
	uint64_t max_instructions;	/* stepping: end at so many */
	struct kvm_regs step_regs;	/* stepping: registers before the instruction that comes next */
	bool step_inside;		/* stepping: that instruction is a repetition under way */
	bool step_halts;		/* stepping: that instruction is HLT */
};

/* --- kvm_probe.c --- */

/**
 * Open KVM, check its version, create a VM. 0, or -1 with *e (which of missing, no permission, no
 * virtualization, and the cure). kvm_probe keeps what it made for the create() that follows, since making
 * a VM is half of start-up.
 */
int kvm_open(int *kvm_fd, int *vm_fd, struct error *e);
bool kvm_probe(struct error *e);
/** "kvm (EPT)", "kvm (NPT)" or "kvm (shadow paging)". */
void kvm_describe(char *text, size_t size);

/* --- kvm_vcpu.c --- */

/** vCPU 0 with the host's CPUID, in the state that PVH asks for. */
int kvm_create_vcpu(struct kvm_machine *m, struct error *e);
/** Let KVM finish the I/O access of the last exit, so that RIP stands behind it. May set m->exit_waiting. */
int kvm_complete_io(struct kvm_machine *m, struct error *e);
/** The registers that came with the last exit, as they are: no ioctl, no completion. */
void kvm_last_cpu(const struct kvm_machine *m, struct cpu_state *state);
/** Copy n bytes of guest-virtual memory as CPU 0 sees it; false: some byte is not mapped, or not RAM. */
bool kvm_read_va(struct kvm_machine *m, uint64_t va, void *to, size_t n);
/** See machine_ops. */
int kvm_get_cpu(struct machine *machine, unsigned int cpu, struct cpu_state *state, struct error *e);
int kvm_translate(struct machine *machine, unsigned int cpu, uint64_t va, uint64_t *pa);

/** Tell a vCPU what CPU it is: what the host has. *m (may be NULL) takes what decides on reserved bits. 0 or -1. */
int kvm_set_cpuid(int kvm_fd, int vcpu_fd, struct kvm_machine *m, struct error *e);

/* --- kvm_state.c: see machine_ops --- */

struct machine_state *kvm_save(struct machine *machine, struct error *e);
int kvm_restore(struct machine *machine, const struct machine_state *state, struct error *e);
void kvm_free_state(struct machine_state *state);
/** Finish whatever the last exit left half done, so that it cannot land in registers that are set now. */
void kvm_settle(struct kvm_machine *m);

/* --- kvm_tables.c: what makes host edits of page tables seen --- */

int kvm_tables_changed(struct machine *machine, struct error *e);

/* --- kvm_dirty.c: see machine_ops --- */

uint64_t *kvm_dirty(struct machine *machine);

/* --- kvm_probe_tables.c --- */

/** Does `cure` make ring 3 see edits of leaf, PDE, PDPTE and root? Tried on a virtual machine of its own. */
bool kvm_cure_works(int kvm_fd, int (*cure)(const struct kvm_memory *memory, struct error *e), struct error *e);

/* --- kvm_strike.c --- */

/** See machine_ops. */
int kvm_set_breaks(struct machine *machine, const uint64_t *va, unsigned int n, struct error *e);
int kvm_strike(struct machine *machine, const struct strike *strike, struct error *e);
int kvm_place_cpu(struct machine *machine, const struct cpu_place *place, struct error *e);
/** Around a run: they stand in the guest's code, and do no longer. */
void kvm_put_breaks(struct kvm_machine *m);
void kvm_take_breaks(struct kvm_machine *m);
/** The guest has halted: at one of them? Then its CPU stands before what belongs there. */
bool kvm_at_break(struct kvm_machine *m);

/* --- kvm_ticks.c --- */

/** See machine_ops. */
int kvm_set_ticks(struct machine *machine, const struct machine_ticks *ticks, struct error *e);
/** A run begins: the next tick is due after a period, if there are ticks at all. */
void kvm_start_ticks(struct kvm_machine *m);
/** Before KVM_RUN: a tick that is due is delivered as soon as it can be. True: the run ends with *stop. */
bool kvm_give_tick(struct kvm_machine *m, struct stop *stop, struct error *e);
void kvm_end_ticks(struct kvm_machine *m);

/** Registers that the next KVM_RUN would take from the run page, at once: events that are queued come after them. */
int kvm_put_registers(struct kvm_machine *m, struct error *e);

/* --- kvm_slots.c --- */

/** See machine_ops. */
int kvm_set_slot(struct machine *machine, uint64_t pfn, enum slot_kind kind, struct error *e);
int kvm_memory_error(struct machine *machine, uint64_t pa, bool required, struct error *e);
/** Make the slots of RAM anew, as m->odd_pages has it. 0 or -1. */
int kvm_set_memory(struct kvm_machine *m, struct error *e);
/** An exit as MMIO: is it of a page of kvm_set_slot()? Then *stop is set. */
bool kvm_no_memory(struct kvm_machine *m, struct stop *stop, struct error *e);

/* --- kvm_run.c, kvm_step.c --- */

struct stop kvm_run(struct machine *machine, struct error *e);
/** Before the first run: step and count from now on. -1 with *e, EXIT_SKIPPED where this KVM cannot. */
int kvm_start_stepping(struct kvm_machine *m, struct error *e);
/**
 * Stepping, after an instruction has been done: count it, and end the counting in ring 3. True: the
 * run ends with *stop (too many, or a host error).
 */
bool kvm_count_step(struct kvm_machine *m, struct stop *stop, struct error *e);

/* --- kvm_names.c --- */

/** "KVM_EXIT_HLT" for 5; NULL: unknown. */
const char *kvm_exit_name(uint32_t reason);
/** "KVM_INTERNAL_ERROR_EMULATION" for 1; NULL: unknown. */
const char *kvm_suberror_name(uint32_t suberror);
/** "KVM_SYSTEM_EVENT_CRASH" for 3; NULL: unknown. */
const char *kvm_system_event_name(uint32_t type);

/* --- kvm_report.c --- */

/** An exit nobody can go on from: its name and details, registers, backtrace, code. */
struct stop kvm_report_exit(struct kvm_machine *m, struct error *e);
/** Registers, backtrace and code below a headline of the caller's. */
void kvm_report(struct kvm_machine *m, enum exit_status status, const char *headline, struct error *e);

#endif
