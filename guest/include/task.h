/* SPDX-License-Identifier: MIT */
/*
 * Tasks: the kernel's own half of struct task_struct, and who schedules, makes, ends and waits for them.
 * The half that the host reads is shared/mm_types.h. There is no preemption and one CPU: what follows runs
 * from one schedule() to the next undisturbed, so lists and states need no lock; run queues are per CPU.
 */
#ifndef GUEST_TASK_H
#define GUEST_TASK_H

#include "entry.h"
#include "list.h"
#include "mm.h"
#include "mm_env.h"
#include "sigabi.h"
#include "timer.h"

struct files_struct;
struct fs_struct;
struct sighand_struct;

/** A pending signal's tale, inside the kernel; copied out as user_siginfo. */
struct ksiginfo {
	int32_t signo;
	int32_t code;
	int32_t pid;
	uint32_t uid;
	int32_t status;
	uint64_t addr;
};

/** Signals sent and not yet taken: a bit each, and what is known of them (struct sigqueue, signal.c). */
struct sigpending {
	uint64_t signal;
	struct list_head queue;
};

/** What must be looked at before the task returns to ring 3; 0 almost always. */
#define WORK_SIGNAL	(1u << 0)	/* a signal may be deliverable */
#define WORK_MEMORY_FAILURE (1u << 2)	/* memory_failure_work() is due: it needed what went bad */
#define WORK_RESTORE_MASK (1u << 1)	/* saved_blocked is due, unless a handler's frame takes it along */

/** An interrupted call that goes on where it was: what sys_restart_syscall() needs (Linux restart_block). */
struct restart_block {
	long (*fn)(struct restart_block *restart);	/* NULL: there is none */
	uint64_t expires;		/* virtual ns */
	uint64_t rmtp;			/* nanosleep: user address for what is left, 0: none */
	struct {
		uint64_t uaddr;
		uint32_t value, bitset;
		bool shared;
	} futex;
	struct {
		uint64_t ufds;
		uint32_t nfds;
	} poll;
};

struct task {
	struct task_struct ts;		/* first: what the host reads */

	/* Scheduling. */
	uint64_t sp;			/* kernel RSP while it does not run */
	uint64_t fs_base, gs_base;	/* of ring 3 */
	struct list_head run;		/* on the run queue, by pid; run.next is NULL when it is not */
	struct hrtimer timer;		/* ends a sleep */
	bool killable_only;		/* asleep: only SIGKILL may end it (vfork's parent) */
	bool waits_for_child;		/* asleep in wait4 */
	uint32_t work;			/* WORK_* */
	int32_t nice;
	int32_t pdeath_signal;		/* to it at its parent's death; 0: none */
	bool no_new_privs;		/* prctl(2): inherited and never undone */

	/* Family. Parents are thread-group leaders; children hangs on the leader. */
	struct task *group_leader;
	struct list_head thread_group;	/* ring of the threads of one process, leader included */
	struct list_head children;	/* of leaders: child processes, in order of birth */
	struct list_head sibling;
	int32_t exit_signal;		/* to the parent at death; 0: none. Leaders only */
	int32_t forked_by;		/* pid of the thread whose child it is (Linux real_parent); 0: its leader's */
	struct task *vfork_parent;	/* asleep until this task leaves its mm */
	struct task *vfork_child;	/* asleep until this child leaves our mm; NULL: awake */
	uint64_t set_child_tid;		/* user addresses, 0: none */
	uint64_t clear_child_tid;
	uint64_t robust_list;		/* as set_robust_list(2) had it */

	/* The process, kept in its leader. */
	int32_t nr_threads;		/* alive */
	bool child_subreaper;		/* orphans among its descendants become its own */
	uint64_t cpu_time;		/* ns in which ticks found one of its threads running; live only */
	bool group_exit;		/* all threads shall die, of group_exit_code */
	bool group_killed;		/* group_exec takes a signal that ends the process, of group_exit_code */
	struct task *group_exec;	/* all threads but this one shall die: it is in execve, or group_killed */
	bool group_stopped;		/* SIGSTOP and kin: threads sleep until SIGCONT */
	int32_t group_exit_code;
	uint64_t serial;		/* of every task another one, ever */
	bool exiting;			/* in do_exit(); every thread */
	struct task *core_dumper;	/* the thread that writes a core; NULL: none. The others wait, dying */
	int32_t nr_core_waiters;	/* that do */
	int32_t stop_code;		/* wait status of a stop nobody has waited for yet; 0: none */
	struct sigpending shared_pending;
	int16_t oom_score_adj, oom_score_adj_min; /* whom to kill first when memory is short, if anybody did */
	struct itimers *itimers;	/* NULL: none was ever set */

	/* Signals of this thread. */
	struct sighand_struct *sighand;	/* NULL: every action is the default, shared with nobody */
	uint64_t blocked;
	uint64_t saved_blocked;
	uint64_t real_blocked;		/* in rt_sigtimedwait: what is blocked but for it */
	struct sigpending pending;
	struct ksiginfo fault;		/* a forced signal; signo 0: none. Taken before all others */
	uint64_t trap_nr, error_code, cr2;	/* of the last fault that made a signal */
	struct user_stack altstack;	/* ss_size 0: none */

	struct restart_block restart;
	struct files_struct *files;	/* files.h */
	struct fs_struct *fs;		/* fs.h */
};

static inline void set_current(struct cpu_info *cpu, struct task *task) { cpu->current = &task->ts; }
/** The task that runs here. (A macro, as in Linux; so cpu_info.current is out of reach below this line.) */
#define current		((struct task *)get_current())

static inline struct task *to_task(struct task_struct *ts) { return (struct task *)ts; }
static inline struct pt_regs *task_regs(const struct task *task)
{
	return (struct pt_regs *)((uint64_t)task->ts.stack + (PAGE_SIZE << KERNEL_STACK_ORDER)) - 1;
}
#define TASK_COMM_LEN	16
/** All of an array of TASK_COMM_LEN bytes, two words, and an end in any case. */
static inline void set_task_comm(struct task *task, const char *comm)
{
	__builtin_memcpy(task->ts.comm, comm, TASK_COMM_LEN);
	task->ts.comm[TASK_COMM_LEN - 1] = '\0';
}
/** The one after it in its process, around. */
static inline struct task *next_thread(const struct task *task)
{
	return list_entry(task->thread_group.next, struct task, thread_group);
}

static inline bool is_leader(const struct task *task) { return task->group_leader == task; }

extern struct task init_task;		/* idle, pid 0: head of the ring of tasks */
extern struct task *child_reaper;	/* init, pid 1 */
extern struct kmem_cache task_cachep;

/* --- sched.c ---------------------------------------------------------------------------------- */

/** Let the next runnable task in pid order run; returns when it is current's turn again. */
void schedule(void);
/** Sleep until wake_up_task(). The caller has looked at what it waits for, and looks again. */
void task_sleep(void);
/** Make a sleeping task runnable; nothing for one that runs, is runnable or is dead. */
void wake_up_task(struct task *task);
/** A new task, prepared to "return" from switch_stacks, joins the run queue. */
void wake_up_new_task(struct task *task);
/** current's pid has changed: its place on the run queue. */
void requeue_current(void);
/** Let every other runnable task run once. */
void sched_yield(void);
/** Is any task but current and idle runnable? */
bool others_runnable(void);
/** After a switch, on the new stack: bury what the old task left (finish_task_switch). */
void schedule_tail(void);
/** FS base, and GS base, of current in ring 3. */
void set_fs_base(uint64_t base);
void set_gs_base(uint64_t base);

/* --- time.c: virtual time --------------------------------------------------------------------- */

/** Sleep until virtual time `expires`, or until a signal comes; true: the time came. */
bool sleep_until(uint64_t expires);
/** The task is woken when virtual time `expires` comes; its timer is pending until then. */
void timer_start(struct task *task, uint64_t expires);
static inline bool timer_pending(const struct task *task) { return hrtimer_active(&task->timer); }
static inline void timer_cancel(struct task *task) { hrtimer_cancel(&task->timer); }
/** Move virtual time by ns, stopping at every timer's time to let the woken run. By init alone. */
void advance_time(uint64_t ns);
/** Whose time has come (lab.virtual_ns) are woken. */
void expire_timers(void);
/** When the first of them is due; UINT64_MAX: there is none. */
uint64_t next_expiry(void);

/* --- fork.c ----------------------------------------------------------------------------------- */

struct clone_args {
	uint64_t flags;			/* LX_CLONE_* */
	uint64_t stack;			/* child's RSP; 0: the parent's */
	uint64_t parent_tid, child_tid;	/* user addresses */
	uint64_t pidfd;			/* user address, for CLONE_PIDFD */
	uint64_t tls;
	int32_t exit_signal;
};

/** Linux kernel_clone: a copy of current, made runnable. Its pid or -errno; nothing leaks on failure. */
long kernel_clone(const struct clone_args *args);
/**
 * A bare task: struct, kernel stack, pid, in no list but the free stack's; fields zero or neutral. NULL: no
 * memory. free_task() gives it back; attach_task() makes it known.
 */
struct task *alloc_task(void);
void free_task(struct task *task);
/** Link a finished task into the ring of all tasks and, as a child, under `parent`. */
void attach_task(struct task *task, struct task *parent);
/** pt_regs are filled in: let the first switch to the task "return" to them. */
void prepare_user_task(struct task *task);
/** A kernel thread that will run fn(arg), which never returns; asleep until it is woken. NULL: no memory. */
struct task *kernel_thread(void (*fn)(void *), void *arg, const char comm[TASK_COMM_LEN]);
/** By pid, of any state, or NULL. */
struct task *find_task(int pid);
/** Every process, zombies included, kernel threads not. */
#define for_each_process(task) \
	list_for_each_entry(task, &init_task.ts.tasks, ts.tasks) \
		if (is_leader(task) && !(task->ts.flags & PF_KTHREAD))

/** How many tasks there are: threads, kernel threads and zombies included, the idle task not. usage.c. */
unsigned int count_tasks(void);

/* --- exit.c ----------------------------------------------------------------------------------- */

void do_exit(int code) __noreturn;		/* this thread; code is a wait status */
void do_group_exit(int code) __noreturn;	/* the whole process */
/**
 * execve: the other threads of current's process die, and current becomes its leader, pid and all (Linux de_thread). 0, or
 * -LX_EAGAIN: current is to die itself.
 */
int de_thread(void);
/** Shall this task die at once, since its process ends or another thread of it is in execve? */
static inline bool group_dying(const struct task *task)
{
	const struct task *leader = task->group_leader;

	return leader->group_exit || (leader->group_exec && leader->group_exec != task);
}
/** The task is about to leave its mm, by exec or exit: clear_child_tid, and vfork's parent wakes. */
void mm_release(struct task *task);
/** Unlink a dead task and free it; it is not current. */
void release_task(struct task *task);
/** Reap dead children of init; true if there was one. */
bool reap_orphans(void);

/* --- rlimit.c --------------------------------------------------------------------------------- */

struct pt_regs;
/** The child, a process of its own, gets the parent's limits: shared, until one of them changes its own. */
void copy_rlimits(struct task *child, struct task *parent);
/** Both limits, in the resource's unit; LX_RLIM_INFINITY: none. */
void task_rlimit(const struct task *task, unsigned int resource, uint64_t *soft, uint64_t *hard);
/** The process is gone. */
void put_rlimits(struct task *leader);
long ksys_getrlimit(struct pt_regs *regs);
long ksys_setrlimit(struct pt_regs *regs);
long ksys_prlimit64(struct pt_regs *regs);

/* --- wait.c ----------------------------------------------------------------------------------- */

struct pt_regs;
long ksys_wait4(struct pt_regs *regs);
long ksys_waitid(struct pt_regs *regs);

/* --- exec.c ----------------------------------------------------------------------------------- */

/** Strings of a new program. Arrays end with NULL. */
struct exec_strings {
	const char *filename;
	const char *const *argv;
	const char *const *envp;
};
/**
 * Load an ELF, with the interpreter it asks for, into the empty mm and lay out its stack; *regs becomes the state of its first
 * instruction. 0 or -errno; the mm is the caller's to drop. *doomed is set where Linux has thrown the old program away
 * by then, so that the error ends the process.
 */
int load_elf(struct mm_struct *mm, struct file *file, const struct exec_strings *strings,
	     struct pt_regs *regs, bool *doomed);
long ksys_execve(struct pt_regs *regs);
/** New process with the agent on lab channel `channel`, child of current (init); root: with every right. Pid or -errno. */
long spawn_agent(const char comm[TASK_COMM_LEN], unsigned int channel, bool root);

#endif
