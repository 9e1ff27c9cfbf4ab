/* SPDX-License-Identifier: MIT */
/*
 * The guest's side of the lab (shared/lab.h). What the linker knows is initialised statically, so
 * publishing the lab costs no instructions at boot; the rest is filled in by lab_publish().
 * Channels are files: a task that reads one sleeps until the host has put a command into its
 * mailbox.
 */
#include "fs.h"
#include "labdev.h"
#include "live.h"
#include "pipe.h"
#include "labmem.h"
#include "sections.h"
#include "shm.h"
#include "signal.h"
#include "uaccess.h"
#include "uart.h"

#define CONSTANTS(kind, structure) \
	{ (uint64_t)__start_##kind, (uint64_t)__stop_##kind, sizeof(struct structure) }

struct lab_page lab __attribute__((aligned(64), section(".data.lab"))) = {
	.magic = LAB_MAGIC,
	.abi_version = LAB_ABI_VERSION,
	.nr_cpus = NR_CPUS,
	.page_offset = PAGE_OFFSET,
	.kernel_map = KERNEL_MAP,
	.init_mm = &init_mm,
	.init_task = &init_task.ts,
	.zone = &contig_zone,
	.slab_caches = &slab_caches,
	.tree_root = &root_dentry,
	.inodes = &super_inodes,
	.ipc_ns = &init_ipc_ns,
	.pipes = &all_pipes,
	.proc_mms = &proc_mms,
	.init_files = &init_files,
	.cpus = cpus,
	.trace = lab_trace_ring,
	.trace_sites = __start_trace_sites,
	.trace_sites_end = __stop_trace_sites,
	.call_sites = __start_call_sites,
	.call_sites_end = __stop_call_sites,
	.device = lab_device,
	.image = {
		.text_start = (uint64_t)__text_start,
		.text_end = (uint64_t)__text_end,
		.rodata_start = (uint64_t)__rodata_start,
		.rodata_end = (uint64_t)__rodata_end,
		.data_start = (uint64_t)__data_start,
		.data_end = (uint64_t)__data_end,
		.vm_ops = CONSTANTS(vm_ops, vm_operations_struct),
		.file_ops = CONSTANTS(file_ops, file_operations),
		.inode_ops = CONSTANTS(inode_ops, inode_operations),
		.agent_aops = &agent_aops,
		.shmem_aops = &shmem_aops,
		.topdown = (uint64_t)arch_get_unmapped_area_topdown,
		.bottomup = (uint64_t)arch_get_unmapped_area,
	},
};

/** Who sleeps in read() of a channel; at most one. */
static struct task *readers[AGENT_CHANNELS];

void lab_publish(void)
{
	lab.ram_end = boot_info.ram_end;
	lab.mem_map = mem_map;
	lab.mem_map_start_pfn = boot_info.free_start >> PAGE_SHIFT;
	lab.mem_map_end_pfn = contig_zone.start_pfn;
}

/* --- the round -------------------------------------------------------------------------------- */

void lab_doorbell(enum lab_doorbell byte)
{
	outb(COM2_PORT, byte);
}

/** Hand each new command to the task that sleeps for it. A busy task finds it when it reads. */
static void wake_readers(uint64_t kicked)
{
	for (; kicked; kicked &= kicked - 1) {
		unsigned int channel = __builtin_ctzll(kicked);

		if (channel < AGENT_CHANNELS && readers[channel])
			wake_up_task(readers[channel]);
		else if (1UL << channel == LAB_KICK_INIT)
			wake_up_task(child_reaper);
	}
}

void lab_take_commands(void)
{
	uint64_t kicked = __atomic_exchange_n(&lab.channel_kick, 0, __ATOMIC_RELAXED);	/* a machine check may set more */

	wake_readers(kicked);
	if (lab.request.op != LAB_REQ_NONE)
		wake_up_task(child_reaper);
}

/* Live, the host waits with us: until a timer expires or a stream is ready. */
static void __attribute__((noinline, cold)) quiesce_live(uint64_t seq)
{
	lab.live.next_timer = next_expiry();
	lab_doorbell(LAB_QUIESCENT);
	while (lab.seq == seq)
		cpu_relax();
	live_wake();
}

void lab_quiesce(void)
{
	uint64_t seq = lab.seq;

	lab.zero_pfn = zero_pfn;
	if (unlikely(lab.live.on)) {
		quiesce_live(seq);
	} else {
		lab_doorbell(LAB_QUIESCENT);
		while (lab.seq == seq)
			cpu_relax();
	}
	lab_take_commands();
}

void lab_event(enum lab_event_type type, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t head = lab.event_head;
	struct lab_event *event = &lab.events[head % LAB_NR_EVENTS];

	if (unlikely(head - lab.event_tail >= LAB_NR_EVENTS)) {
		lab_doorbell(LAB_EVENTS_FULL);
		while (head - lab.event_tail >= LAB_NR_EVENTS)
			cpu_relax();
	}
	event->type = type;
	event->cpu = this_cpu()->cpu;
	event->pid = get_current()->pid;
	event->args[0] = a;
	event->args[1] = b;
	event->args[2] = c;
	event->args[3] = d;
	lab.event_head = head + 1;
}

long lab_output(uint64_t at, uint64_t len)
{
	uint64_t n = min(len, sizeof(lab.output.bytes));

	n -= copy_from_user(lab.output.bytes, at, n);
	if (!n)
		return -LX_EFAULT;
	lab.output.len = n;
	lab_doorbell(LAB_OUTPUT);
	return n;
}

/* --- channels --------------------------------------------------------------------------------- */

void lab_channel_open(unsigned int c, struct task *task)
{
	struct lab_channel *channel = &lab.channels[c];

	channel->pid = task->ts.pid;
	channel->state = LAB_CHANNEL_BUSY;
	channel->read_seq = channel->cmd_seq;
	task->ts.channel = c;
}

void lab_channel_repid(struct task *task, int old_pid)
{
	if (task->ts.channel >= 0 && lab.channels[task->ts.channel].pid == old_pid)
		lab.channels[task->ts.channel].pid = task->ts.pid;
}

void lab_channel_dead(struct task *task, int exit_code)
{
	struct lab_channel *channel;

	if (task->ts.channel < 0)
		return;
	channel = &lab.channels[task->ts.channel];
	if (channel->pid != task->ts.pid)
		return;			/* somebody else has taken it over */
	channel->exit_code = exit_code;
	channel->state = LAB_CHANNEL_DEAD;
}

/** current uses channel c: it is current's from now on, until another task uses it. */
static struct lab_channel *adopt_channel(unsigned int c)
{
	struct lab_channel *channel = &lab.channels[c];

	if (channel->pid == current->ts.pid && channel->state != LAB_CHANNEL_DEAD)
		return channel;
	if (current->ts.channel >= 0 && lab.channels[current->ts.channel].pid == current->ts.pid)
		lab.channels[current->ts.channel].state = LAB_CHANNEL_FREE;
	lab_channel_open(c, current);
	return channel;
}

static struct file channel_files[AGENT_CHANNELS];

/** Sleep until there is a command. 0, -ERESTARTSYS, or -LX_EBUSY: another task sleeps there already. */
static long await_command(struct lab_channel *channel, unsigned int c)
{
	if (readers[c])
		return -LX_EBUSY;
	readers[c] = current;
	channel->state = LAB_CHANNEL_AWAITS;
	while (channel->cmd_seq == channel->read_seq && !signal_pending(current))
		task_sleep();
	channel->state = LAB_CHANNEL_BUSY;
	readers[c] = NULL;
	return channel->cmd_seq == channel->read_seq ? -ERESTARTSYS : 0;
}

/** One command: its header and the data it says it has, as far as there is room. */
static long channel_read(struct file *file, uint64_t at, uint64_t len)
{
	unsigned int c = file - channel_files;
	struct lab_channel *channel = adopt_channel(c);
	uint64_t size;
	long error = 0;

	if (channel->cmd_seq == channel->read_seq)
		error = await_command(channel, c);
	if (error)
		return error;
	size = AGENT_CMD_HEADER + min(channel->cmd.len, (uint32_t)AGENT_DATA);
	size = min(size, len);
	if (copy_to_user(at, &channel->cmd, size))
		return -LX_EFAULT;
	channel->read_seq = channel->cmd_seq;
	return size;
}

/**
 * One report. A longer one is cut, a shorter one leaves the rest of the header as it was: so it is
 * refused.
 */
static long channel_write(struct file *file, uint64_t at, uint64_t len)
{
	struct lab_channel *channel = adopt_channel(file - channel_files);

	if (len < AGENT_REPORT_HEADER)
		return -LX_EINVAL;
	if (copy_from_user(&channel->report, at, min(len, sizeof(channel->report))))
		return -LX_EFAULT;
	channel->report_seq++;
	return len;
}

static const struct file_operations channel_fops __file_ops = {
	.read = channel_read,
	.write = channel_write,
};

static struct file channel_files[AGENT_CHANNELS] = {
	[0 ... AGENT_CHANNELS - 1] = {
		.f_count = 1, .f_flags = LX_O_RDWR, .f_mode = FMODE_READ | FMODE_WRITE, .f_op = &channel_fops,
	},
};

struct file *channel_file(unsigned int c)
{
	return &channel_files[c];
}
