/* SPDX-License-Identifier: MIT */
/*
 * The lab channel: what guest and host say to each other. One page of control (lab_page) with
 * the event ring and the mailboxes behind it, static in the guest's image; its physical address
 * and the layout hash stand in an ELF note of guest.bin (owner "mmscope", type LAB_NOTE_TYPE).
 *
 * The protocol, one round:
 *   1. Guest: nothing is runnable. It writes one byte to the doorbell (LAB_QUIESCENT) and then
 *      waits until lab.seq differs from what it last saw.
 *   2. Host: the vCPU has exited. RAM and registers now are the picture of this step. It
 *      drains the event ring, fills mailboxes or lab.request, sets channel_kick, then lab.seq += 1, runs on.
 *   3. Guest: wakes the readers of the kicked channels, runs until nothing is runnable. Back to 1.
 *
 * Bump LAB_ABI_VERSION when the meaning of a field changes though its layout does not; layout
 * changes are found by the hash.
 */
#ifndef SHARED_LAB_H
#define SHARED_LAB_H

#include "agent.h"
#include "fs_types.h"
#include "ipc_types.h"
#include "mm_types.h"

#define LAB_ABI_VERSION	1
#define LAB_MAGIC	0x31626c65706f6373ULL
#define LAB_NOTE_NAME	"mmscope"
#define LAB_NOTE_TYPE	1

#define COM1_PORT	0x3f8		/* console */
#define COM2_PORT	0x2f8		/* doorbell: one byte to the transmit register */

/** The bytes of the doorbell. */
enum lab_doorbell {
	LAB_QUIESCENT = 'Q',		/* every task awaits a command, is blocked or is dead */
	LAB_EVENTS_FULL = 'E',		/* the event ring is full: drain it and run on */
	LAB_TRACE_FULL = 'T',		/* the trace is full: drain it and run on */
	LAB_OUTPUT = 'O',		/* lab.output holds what a program wrote: take it and run on */
	LAB_ROOT = 'R',			/* lab.root asks for something of the host's folder: answer and run on */
	LAB_STREAM = 'S',		/* lab.stream holds an operation: do it and run on */
	LAB_RETURN = 'U',		/* lab.live.stepping: a task is about to go on in ring 3 */
	LAB_CLOCK = 'C',		/* lab.virtual_ns is asked for: bring it up to date and run on */
	LAB_PANIC = 'P',		/* lab.panic tells; the guest halts */
};

/** Guest-wide commands of the host, performed by the init thread (pid 1). */
enum lab_request_op {
	LAB_REQ_NONE = 0,
	LAB_REQ_SPAWN,			/* args[0] = channel; args[1]: every right, not a scenario's; result = pid or -errno; comm in name */
	LAB_REQ_TICK,			/* args[0] = ns to add to virtual time */
	LAB_REQ_LIVE,			/* from now on live (lab.live); result = 0 or -errno */
};

struct lab_request {
	uint32_t op;			/* enum lab_request_op; the guest sets NONE when done */
	uint32_t pad;
	uint64_t args[4];
	int64_t result;
	char name[16];
};

/** A mailbox. state and pid are written by the guest, cmd and cmd_seq by the host. */
enum lab_channel_state {
	LAB_CHANNEL_FREE = 0,
	LAB_CHANNEL_BUSY,		/* its task runs or is blocked elsewhere: an operation is pending */
	LAB_CHANNEL_AWAITS,		/* its task sleeps in read() of the channel */
	LAB_CHANNEL_DEAD,		/* its task died; exit_code of the task tells how */
};

struct lab_channel {
	uint32_t state;			/* enum lab_channel_state */
	int32_t pid;
	uint32_t cmd_seq;		/* += 1 by the host per command */
	uint32_t report_seq;		/* += 1 by the guest per report */
	uint32_t read_seq;		/* last cmd_seq that the task has read */
	int32_t exit_code;		/* wait status, when DEAD */
	struct agent_cmd cmd;
	struct agent_report report;
};

/* Events: what happened inside a step, in order. */
enum lab_event_type {
	LAB_EV_NONE = 0,
	LAB_EV_FAULT,			/* args: address, error code, enum lab_fault, pfn or 0 */
	LAB_EV_SIGNAL,			/* args: signo, si_code (as u64), address */
	LAB_EV_EXIT,			/* args: wait status */
	LAB_EV_FORK,			/* args: child pid, clone flags */
	LAB_EV_NOSYS,			/* args: number of an unknown system call */
	LAB_EV_EXEC,			/* args: entry point */
	LAB_EV_OOM,			/* args: order */
	LAB_EV_OOPS,			/* args: address, error code, vector, RIP: the task dies of the kernel's mistake */
	LAB_EV_CORE,			/* args: inode number of the core, its size, signo */
	LAB_EV_MEMORY,			/* by the host: an access met no memory. args: physical address, bytes, LAB_MEMORY_*, RIP */
	/* Only where lab.call_sites were turned. */
	LAB_EV_SYSCALL,			/* args: number, first three arguments */
	LAB_EV_SYSCALL_REST,		/* args: number, last three arguments; follows at once */
	LAB_EV_SYSRET,			/* args: number, result. Not of calls that do not return, nor of a fork's child */
	LAB_EV_MM,			/* args: pages present, bytes of tables, areas, pages mapped: as they are now, if they changed */
};

/** args[2] of LAB_EV_MEMORY. */
#define LAB_MEMORY_WRITE	1
#define LAB_MEMORY_RING_3	2
#define LAB_MEMORY_READONLY	4		/* there was some, which takes no store */

/** How the fault handler decided. */
enum lab_fault {
	LAB_FAULT_NONE = 0,
	LAB_FAULT_ZERO_READ,		/* anonymous, read: the shared zero page */
	LAB_FAULT_ANON,			/* anonymous, write: a fresh page */
	LAB_FAULT_COW_ZERO,		/* write where the zero page was: a fresh page */
	LAB_FAULT_COW_COPY,		/* write to a shared page: copied */
	LAB_FAULT_COW_REUSE,		/* write to a page that nobody else holds: made writable */
	LAB_FAULT_FILE_READ,		/* a file's page mapped */
	LAB_FAULT_FILE_COW,		/* private file page copied on write */
	LAB_FAULT_SPURIOUS,		/* the entry already allowed it */
	LAB_FAULT_STACK,		/* or'ed: the stack area grew first */
	LAB_FAULT_SEGV_MAPERR,		/* no area: SIGSEGV */
	LAB_FAULT_SEGV_ACCERR,		/* rights: SIGSEGV */
	LAB_FAULT_SIGBUS,
	LAB_FAULT_OOM,
	LAB_FAULT_FIXUP,		/* kernel access to user memory failed: exception table */
	LAB_FAULT_FILE_SHARED,		/* a file's page mapped to be written */
	LAB_FAULT_SHARED_REUSE,		/* a shared page made writable */
	LAB_FAULT_PFN,			/* a device's page mapped */
	LAB_FAULT_HWPOISON,		/* the page's memory went bad: SIGBUS */
};
#define LAB_FAULT_GREW	0x100	/* flag in args[2]: the stack area grew */

struct lab_event {
	uint16_t type;
	uint16_t cpu;
	int32_t pid;
	uint64_t args[4];
};

/**
 * What /dev/lab maps: memory of a device, as a frame buffer or a BAR is. It lies in the image, so it is the same on every
 * machine; its first bytes are LAB_DEVICE_ID, the others are what was written last.
 */
#define LAB_DEVICE_SIZE	(2 * PAGE_SIZE)
#define LAB_DEVICE_ID	"mmscope device"

#define LAB_NR_EVENTS	256

/*
 * The trace: what the mm does to entries, TLBs and frames, in order; from it the host knows which translations a CPU may
 * still hold. Off unless the host asks for it: each place that would leave an entry is a NOP of five bytes, and the host
 * that wants a trace writes a call over it before the guest's first instruction (lab.trace_sites).
 */
enum lab_trace_type {
	LAB_TRACE_NONE = 0,
	LAB_TRACE_SET,			/* an entry is written. args: its physical address, what it becomes, what it was */
	LAB_TRACE_CR3,			/* CR3 is loaded. args: the value */
	LAB_TRACE_INVLPG,		/* args: the address */
	LAB_TRACE_FREE,			/* a block of frames is freed. args: pfn, order */
	LAB_TRACE_USER,			/* the kernel is left for ring 3 */
};

struct lab_trace_entry {
	uint16_t type;
	uint16_t cpu;
	uint32_t ip;			/* lower half of the kernel address from which it was done */
	uint64_t args[3];
};

/** A NOP that stands for a call of `target`. */
struct lab_trace_site {
	uint64_t nop, target;			/* virtual, in the kernel map */
};

#define LAB_NR_TRACE	128

struct lab_panic {
	uint64_t rip, rsp, rbp, cr2, error_code;
	uint32_t line;
	int32_t vector;			/* exception that led here, or -1 */
	uint32_t nr_backtrace;
	int32_t pid;
	uint64_t backtrace[16];
	char file[64];
	char message[192];
};

/** Which allocations count for fault_attr. */
enum fault_kind { FAULT_PAGES = 1, FAULT_SLAB = 2 };

#define FAULT_CALLERS 12

/**
 * Allocations that fail on demand, as Linux's struct fault_attr: written between two steps by the host (or by a test);
 * nth says last whether the knob is on. The guest counts nth down and leaves 0 when no more are to fail.
 */
struct fault_attr {
	uint64_t nth;			/* the nth allocation from now on that counts fails; 0: off */
	uint64_t interval;		/* then each interval-th behind it; 0: no more */
	uint64_t times;			/* of them so many in all; 0: without an end */
	uint64_t require_start, require_end;	/* only with a caller whose return address is in [start, end); end 0: all */
	uint32_t kinds;			/* of enum fault_kind, or'ed; 0: all */
	/* Told by the guest; the host clears seen and failed when it likes. */
	uint32_t nr_callers;
	uint64_t seen;			/* allocations that counted, while the knob was on */
	uint64_t failed;
	uint64_t callers[FAULT_CALLERS];	/* return addresses of the one looked at last, innermost first */
};

/** Physical extents of the guest's image, from the linker script. */
/** Constants of one kind in the image, one behind the other. */
struct lab_constants {
	uint64_t start, end;
	uint64_t size;				/* of each */
};

struct lab_image {
	uint64_t text_start, text_end;		/* virtual, in the kernel map */
	uint64_t rodata_start, rodata_end;
	uint64_t data_start, data_end;		/* data, bss and the lab itself */
	/* Tables of operations: all that a pointer to such a one may lead to. */
	struct lab_constants vm_ops, file_ops, inode_ops;
	GPTR(const struct address_space_operations) agent_aops;	/* of files with S_IMAGE */
	GPTR(const struct address_space_operations) shmem_aops;	/* of files in memory */
	uint64_t topdown, bottomup;		/* the two functions of mm.get_unmapped_area */
};

/**
 * What programs write to the console, by the page: where a machine is left for each byte of a UART, this is a thousand times
 * as fast. Without `wanted` (set before the first round) it goes to the UART.
 */
struct lab_output {
	uint32_t wanted;
	uint32_t len;
	uint8_t bytes[4096];
};

/**
 * The folder of the host that is the guest's "/" (--root): asked for piece by piece, as the guest needs it, and never written.
 * The guest fills in op and what belongs to it and rings; the host answers and sets op to NONE. Files, directories and symbolic
 * links alone; what a node is was looked at once, when it was first told.
 */
enum lab_root_op {
	LAB_ROOT_NONE = 0,
	LAB_ROOT_LOOKUP,		/* text: a name in the directory `node`. answer */
	LAB_ROOT_LIST,			/* the entries of `node` from the index-th on. result: how many are in text, 0: no more */
	LAB_ROOT_READLINK,		/* text: where `node` points to, with its end */
	LAB_ROOT_READ,			/* page `index` of `node` into frame `pfn`, zeros behind byte `size` of it */
};

#define LAB_ROOT_NODE	1u		/* the folder itself */
#define LAB_ROOT_TEXT	4096

#define LAB_ROOT_DENIED	1u		/* the host may not read its contents */
#define LAB_ROOT_ASKED	2u		/* LIST: the guest was told of it before */

struct lab_root_node {
	uint32_t node;			/* its number from now on */
	uint32_t mode;			/* kind and rights, as in st_mode */
	uint32_t flags;			/* LAB_ROOT_* */
	uint32_t name_size;		/* LIST: with its end */
	uint64_t size;			/* bytes */
	uint64_t mtime;			/* ns since 1970 */
};

struct lab_root {
	uint32_t wanted;		/* by the host, before the first round: "/" is the folder's */
	uint32_t op;			/* enum lab_root_op */
	uint32_t node;
	int32_t result;			/* what op says, or -errno */
	uint64_t index, pfn, size;
	struct lab_root_node answer;
	uint8_t text[LAB_ROOT_TEXT];	/* LIST: a lab_root_node and its name, then the next at a multiple of 8 */
};

/**
 * Descriptors 0, 1 and 2 of a program that runs live are streams of the host. One operation at a time; the bytes do not
 * pass through the channel: the host is told where in RAM they lie, which is the program's own memory where that is worth it.
 */
enum lab_stream_op {
	LAB_STREAM_NONE = 0,
	LAB_STREAM_READ,		/* result: bytes, 0 at the end, -EAGAIN: nothing is there yet */
	LAB_STREAM_WRITE,		/* result: bytes, -EAGAIN: it takes nothing now */
	LAB_STREAM_POLL,		/* result: POLL* as they are now */
};

#define NR_STREAMS		3		/* standard input, output and error of a program */
#define LAB_STREAM_PIECES	16

struct lab_piece {
	uint64_t pa, len;
};

struct lab_stream {
	uint32_t op;			/* enum lab_stream_op; the host sets NONE when done */
	uint32_t fd;
	uint64_t arg;
	int64_t result;
	uint32_t nr_pieces;
	uint32_t pad;
	struct lab_piece pieces[LAB_STREAM_PIECES];
};

/**
 * How a program of the host runs (vmm guest.bin -- prog): virtual time is the host's monotonic clock, and interrupts of vector
 * TICK_VECTOR (x86.h) come in ring 3, by which tasks are preempted. Before each, and before each lab.seq, the host brings
 * virtual_ns and stream_ready up to date.
 */
struct lab_live {
	uint32_t on;			/* set by the guest (LAB_REQ_LIVE) */
	volatile uint32_t stream_wait;	/* bit fd: a task waits for the stream. Guest */
	volatile uint32_t stream_ready;	/* bit fd: it waits no more. Host; cleared by the guest */
	volatile uint32_t clock_asked;	/* set by the guest with LAB_CLOCK, cleared by the host */
	volatile uint32_t stepping;	/* by the host, with the trace on: ring LAB_RETURN at each way back to ring 3 */
	uint32_t pad;
	uint64_t realtime_offset;	/* the host's real time less its monotonic clock, ns; 0: not live */
	volatile uint64_t next_timer;	/* when the first timer expires, as of LAB_QUIESCENT; UINT64_MAX: there is none */
	struct lab_stream stream;
};

#define LAB_TICK_NS	4000000		/* between two: 250 a second, as Debian's Linux */

#define LAB_KICK_INIT	(1UL << 63)		/* of channel_kick, by the guest itself: init has something to do */

struct lab_page {
	uint64_t magic;				/* LAB_MAGIC, statically */
	uint32_t abi_version;
	uint32_t nr_cpus;
	uint64_t nr_stray_interrupts;		/* NMIs and interrupts that nobody asked for; offset 16, entry.S */
	/* Published once at boot. */
	uint64_t page_offset;			/* direct map: VA - PA */
	uint64_t kernel_map;			/* image: VA - PA */
	uint64_t ram_end;			/* first physical address past RAM */
	uint64_t mem_map_start_pfn;		/* frames that mem_map itself fills … */
	uint64_t mem_map_end_pfn;		/* … up to here */
	uint64_t virtual_ns;			/* virtual time */
	GPTR(struct mm_struct) init_mm;
	GPTR(struct task_struct) init_task;	/* idle task of CPU 0: head of the ring of tasks */
	GPTR(struct page) mem_map;		/* entry 0 is frame 0 */
	GPTR(struct zone) zone;
	GPTR(struct list_head) slab_caches;
	GPTR(struct dentry) tree_root;	/* "/" */
	GPTR(struct list_head) inodes;		/* of struct inode, through i_sb_list */
	GPTR(struct ipc_namespace) ipc_ns;	/* System V shared memory */
	GPTR(struct list_head) pipes;		/* of struct pipe_inode_info */
	GPTR(struct list_head) proc_mms;	/* of struct proc_mm */
	GPTR(struct files_struct) init_files;	/* the table that every spawned process begins with */
	GPTR(struct cpu_info) cpus;		/* array of nr_cpus */
	uint64_t zero_pfn;			/* the shared zero page */
	uint64_t vm_committed_as;		/* pages committed (VM_ACCOUNT), all mms */
	uint64_t num_poisoned_pages;		/* frames that are PG_hwpoison */
	GPTR(void) device;			/* the lab's device memory, LAB_DEVICE_SIZE bytes in the image */
	uint64_t nr_device_areas;		/* areas that map it, as its open and close count them */
	uint64_t nr_oopses;			/* tasks that a mistake of the kernel ended: each may have leaked a reference */
	uint64_t initrd_pa;			/* the loader's cpio: in frames that no zone has … */
	uint64_t initrd_size;			/* … bytes; 0: there is none */
	struct lab_image image;
	struct fault_attr fail_alloc;		/* mm/fail_alloc.c */
	/* The round. */
	volatile uint64_t seq;			/* written by the host */
	volatile uint64_t channel_kick;		/* bit c: channel c has a new command; cleared by the guest, which kicks itself with bit 63 */
	struct lab_request request;
	struct lab_panic panic;
	GPTR(struct lab_trace_site) trace_sites;	/* [trace_sites, trace_sites_end) */
	GPTR(struct lab_trace_site) trace_sites_end;
	GPTR(struct lab_trace_site) call_sites;	/* [call_sites, call_sites_end): calls (e8 and a distance) that may be turned */
	GPTR(struct lab_trace_site) call_sites_end;
	GPTR(struct lab_trace_entry) trace;	/* array of LAB_NR_TRACE */
	volatile uint64_t trace_head;		/* entries ever written (guest); slot = head % LAB_NR_TRACE */
	volatile uint64_t trace_tail;		/* entries ever read (host) */
	volatile uint64_t event_head;		/* events ever written (guest); slot = head % LAB_NR_EVENTS */
	volatile uint64_t event_tail;		/* events ever read (host) */
	struct lab_event events[LAB_NR_EVENTS];
	struct lab_channel channels[AGENT_CHANNELS];
	struct lab_output output;
	struct lab_root root;
	struct lab_live live;
};

#endif
