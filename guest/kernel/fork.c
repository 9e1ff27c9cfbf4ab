/* SPDX-License-Identifier: MIT */
/*
 * Making tasks: fork, vfork, clone, kernel threads. What a child shares or copies is decided as in Linux's
 * copy_process(); a failure gives everything back in reverse order.
 */
#include "fpu.h"
#include "fs.h"
#include "labdev.h"
#include "cred.h"
#include "files.h"
#include "pidfd.h"
#include "signal.h"
#include "task.h"
#include "uaccess.h"

#define PID_MAX	32768

/* Namespaces are not built in: Linux says EINVAL then, too. */
#define CLONE_UNSUPPORTED \
	(LX_CLONE_NEWNS | LX_CLONE_NEWCGROUP | LX_CLONE_NEWUTS | LX_CLONE_NEWIPC | \
	 LX_CLONE_NEWUSER | LX_CLONE_NEWPID | LX_CLONE_NEWNET)

DEFINE_KMEM_CACHE(task_cachep, "task_struct", sizeof(struct task));

void user_task_start(void);
void kernel_task_start(void);
void finish_fork(void);

struct task *find_task(int pid)
{
	struct task *task;

	list_for_each_entry(task, &init_task.ts.tasks, ts.tasks)
		if (task->ts.pid == pid)
			return task;
	return NULL;
}

/* As a task's number, or still that of a group or session. */
static bool pid_in_use(int pid)
{
	struct task *task;

	list_for_each_entry(task, &init_task.ts.tasks, ts.tasks)
		if (task->ts.pid == pid || (is_leader(task) && (task->ts.pgrp == pid || task->ts.session == pid)))
			return true;
	return false;
}

/** Sequential, so that a scenario can foretell them; in use ones are skipped only after the first wrap. */
static int alloc_pid(void)
{
	static int last_pid;
	static bool wrapped;

	do {
		if (++last_pid >= PID_MAX) {
			last_pid = 2;
			wrapped = true;
		}
	} while (wrapped && pid_in_use(last_pid));
	return last_pid;
}

static void *alloc_stack(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, KERNEL_STACK_ORDER);

	return page ? __va(page_to_pfn(page) << PAGE_SHIFT) : NULL;
}

static uint64_t last_serial;

struct task *alloc_task(void)
{
	struct task *task = kmem_cache_zalloc(&task_cachep);

	if (!task)
		return NULL;
	task->ts.stack = alloc_stack();
	if (!task->ts.stack) {
		kmem_cache_free(&task_cachep, task);
		return NULL;
	}
	task->ts.pid = alloc_pid();
	task->serial = ++last_serial;
	task->ts.tgid = task->ts.pid;
	task->ts.state = TASK_INTERRUPTIBLE;
	task->ts.channel = -1;
	task->ts.pgrp = task->ts.session = task->ts.pid;
	task->group_leader = task;
	task->nr_threads = 1;
	task->exit_signal = LX_SIGCHLD;
	INIT_LIST_HEAD(&task->thread_group);
	INIT_LIST_HEAD(&task->children);
	init_sigpending(&task->pending);
	init_sigpending(&task->shared_pending);
	return task;
}

void free_task(struct task *task)
{
	struct page *page = pfn_to_page(__pa(task->ts.stack) >> PAGE_SHIFT);

	put_rlimits(task);
	if (task->ts.cred)
		put_cred(task->ts.cred);
	__free_pages(page, KERNEL_STACK_ORDER);
	kmem_cache_free(&task_cachep, task);
}

void attach_task(struct task *task, struct task *parent)
{
	task->ts.parent = &parent->ts;
	list_add_tail(&task->ts.tasks, &init_task.ts.tasks);
	if (is_leader(task))
		list_add_tail(&task->sibling, &parent->children);
}

/**
 * A frame that switch_stacks pops, right below pt_regs. Registers that `start` does not look at
 * hold anything.
 */
static struct switch_frame *push_switch_frame(struct task *task, void (*start)(void))
{
	struct switch_frame *frame = (struct switch_frame *)task_regs(task) - 1;

	frame->bp = 0;			/* backtraces end here */
	frame->ip = (uint64_t)start;
	task->sp = (uint64_t)frame;
	return frame;
}

void prepare_user_task(struct task *task)
{
	push_switch_frame(task, user_task_start);
}

struct task *kernel_thread(void (*fn)(void *), void *arg, const char comm[TASK_COMM_LEN])
{
	struct task *task = alloc_task();
	struct switch_frame *frame;

	if (!task)
		return NULL;
	task->ts.flags = PF_KTHREAD;
	task->files = &init_files;
	task->fs = &init_fs;
	task->ts.cred = get_cred(&root_cred);
	set_task_comm(task, comm);
	frame = push_switch_frame(task, kernel_task_start);
	frame->bx = (uint64_t)fn;
	frame->r12 = (uint64_t)arg;
	attach_task(task, &init_task);
	return task;
}

/* --- clone ------------------------------------------------------------------------------------ */

static bool clone_flags_valid(uint64_t flags)
{
	if ((flags & LX_CLONE_THREAD) && !(flags & LX_CLONE_SIGHAND))
		return false;
	if ((flags & LX_CLONE_SIGHAND) && !(flags & LX_CLONE_VM))
		return false;
	if ((flags & LX_CLONE_PIDFD) && (flags & (LX_CLONE_DETACHED | LX_CLONE_THREAD)))
		return false;
	return !(flags & CLONE_UNSUPPORTED);
}

static int copy_mm(struct task *child, uint64_t flags)
{
	struct mm_struct *mm = current->ts.mm;

	if (flags & LX_CLONE_VM)
		mmget(mm);
	else
		mm = dup_mm(mm);
	if (!mm)
		return -LX_ENOMEM;
	child->ts.mm = mm;
	child->ts.active_mm = mm;
	return 0;
}

static void copy_thread(struct task *child, const struct clone_args *args)
{
	struct pt_regs *regs = task_regs(child);

	memcpy(regs, task_regs(current), sizeof(*regs));
	regs->ax = 0;
	if (args->stack)
		regs->sp = args->stack;
	child->fs_base = args->flags & LX_CLONE_SETTLS ? args->tls : current->fs_base;
	child->gs_base = current->gs_base;
	fork_fpu(child);
	prepare_user_task(child);
}

/** What is copied whether shared or not, and never fails. */
static void copy_plain(struct task *child, const struct clone_args *args)
{
	uint64_t flags = args->flags;

	set_task_comm(child, current->ts.comm);
	child->ts.flags = PF_FORKNOEXEC;
	child->ts.cred = get_cred(current->ts.cred);
	child->nice = current->nice;
	child->oom_score_adj = current->group_leader->oom_score_adj;
	child->oom_score_adj_min = current->group_leader->oom_score_adj_min;
	child->no_new_privs = current->no_new_privs;
	child->ts.pgrp = current->group_leader->ts.pgrp;
	child->ts.session = current->group_leader->ts.session;
	child->blocked = current->blocked;
	/* A thread would run on its sibling's alternate stack; a vfork child cannot. */
	if ((flags & (LX_CLONE_VM | LX_CLONE_VFORK)) != LX_CLONE_VM)
		child->altstack = current->altstack;
	if (flags & LX_CLONE_CHILD_SETTID)
		child->set_child_tid = args->child_tid;
	if (flags & LX_CLONE_CHILD_CLEARTID)
		child->clear_child_tid = args->child_tid;
	child->exit_signal = args->exit_signal;
}

/** Into the caller's thread group, or a process of its own under the caller's (CLONE_PARENT: beside it). */
static void join_family(struct task *child, uint64_t flags)
{
	struct task *leader = current->group_leader;
	struct task *parent = leader;

	if (flags & (LX_CLONE_PARENT | LX_CLONE_THREAD))
		parent = to_task(leader->ts.parent);
	if (flags & LX_CLONE_PARENT)
		child->exit_signal = leader->exit_signal;
	if (flags & LX_CLONE_THREAD) {
		child->group_leader = leader;
		child->ts.tgid = leader->ts.tgid;
		child->exit_signal = 0;
		leader->nr_threads++;
		list_add_tail(&child->thread_group, &leader->thread_group);
	}
	child->forked_by = flags & (LX_CLONE_PARENT | LX_CLONE_THREAD) ? current->forked_by : current->ts.pid;
	attach_task(child, parent);
}

/* CLONE_PIDFD: a descriptor for the child to be, told where the caller wants it. 0 or -errno. */
static int give_pidfd(const struct task *child, uint64_t to)
{
	long fd = get_unused_fd();
	struct file *file = fd < 0 ? ERR_PTR(fd) : pidfd_file(child, 0);

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (put_user_u32(fd, to)) {
		fput(file);
		return -LX_EFAULT;
	}
	fd_install(fd, file, LX_O_CLOEXEC);
	return 0;
}

static struct task *copy_process(const struct clone_args *args)
{
	struct task *child;
	int error = -LX_ENOMEM;

	if (!clone_flags_valid(args->flags))
		return ERR_PTR(-LX_EINVAL);
	child = alloc_task();
	if (!child)
		return ERR_PTR(-LX_ENOMEM);
	copy_plain(child, args);
	error = copy_files(child, args->flags & LX_CLONE_FILES);
	if (error)
		goto fail_task;
	error = copy_fs(child, args->flags & LX_CLONE_FS);
	if (error)
		goto fail_files;
	error = copy_sighand(child, args->flags & LX_CLONE_SIGHAND);
	if (error)
		goto fail_fs;
	if (args->flags & LX_CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(child);	/* a table of its own: it cannot fail */
	error = copy_mm(child, args->flags);
	if (error)
		goto fail_sighand;
	if (!(args->flags & LX_CLONE_THREAD))
		copy_rlimits(child, current);
	if (args->flags & LX_CLONE_PIDFD) {
		error = give_pidfd(child, args->pidfd);
		if (error)
			goto fail_mm;
	}
	copy_thread(child, args);
	join_family(child, args->flags);
	return child;

fail_mm:
	mmput(child->ts.mm);
fail_sighand:
	put_sighand(child);
fail_fs:
	put_fs(child);
fail_files:
	put_files(child);
fail_task:
	free_task(child);
	return ERR_PTR(error);
}

/** Until the child has left the mm they share, by exec or exit. Only SIGKILL ends the wait early. */
static void wait_for_vfork_child(struct task *child)
{
	child->vfork_parent = current;
	current->vfork_child = child;
	current->killable_only = true;
	while (current->vfork_child && !fatal_signal_pending(current))
		task_sleep();
	current->killable_only = false;
	if (current->vfork_child)
		current->vfork_child->vfork_parent = NULL;
	current->vfork_child = NULL;
}

long kernel_clone(const struct clone_args *args)
{
	struct task *child = copy_process(args);
	int pid;

	if (IS_ERR(child))
		return PTR_ERR(child);
	pid = child->ts.pid;
	lab_event(LAB_EV_FORK, pid, args->flags, 0, 0);
	if (args->flags & LX_CLONE_PARENT_SETTID)
		put_user_u32(pid, args->parent_tid);
	wake_up_new_task(child);
	if (args->flags & LX_CLONE_VFORK)
		wait_for_vfork_child(child);
	return pid;
}

/**
 * First thing on a new user task's stack: the end of the switch, and the one thing only the child
 * can write.
 */
void finish_fork(void)
{
	schedule_tail();
	if (current->set_child_tid)
		put_user_u32(current->ts.pid, current->set_child_tid);
}
