/* SPDX-License-Identifier: MIT */
/*
 * New programs: spawn_agent(), by which the host's processes begin, and execve(2). Both load into
 * an mm that nobody uses yet, so a program that cannot be loaded leaves everything as it was.
 */
#include "cred.h"
#include "exec.h"
#include "fpu.h"
#include "fs.h"
#include "labdev.h"
#include "signal.h"
#include "task.h"
#include "uaccess.h"

static const char *const no_strings[] = { NULL };

/* --- spawn ------------------------------------------------------------------------------------ */

/** 0 … 99 in decimal. */
static void channel_to_string(char *s, unsigned int channel)
{
	if (channel >= 10)
		*s++ = '0' + channel / 10;
	*s++ = '0' + channel % 10;
	*s = '\0';
}

static const char agent_path[] = "/agent";

static int load_agent(struct task *task, unsigned int channel)
{
	bool doomed;
	char number[4];
	const char *argv[] = { task->ts.comm, number, NULL };
	struct exec_strings strings = { .filename = agent_path, .argv = argv, .envp = no_strings };

	channel_to_string(number, channel);
	return load_elf(task->ts.mm, agent_file(), &strings, task_regs(task), &doomed);
}

long spawn_agent(const char comm[TASK_COMM_LEN], unsigned int channel, bool root)
{
	struct task *task;
	long error = -LX_ENOMEM;

	if (channel >= AGENT_CHANNELS)
		return -LX_EINVAL;
	task = alloc_task();
	if (!task)
		return error;
	task->ts.mm = task->ts.active_mm = mm_alloc();
	if (!task->ts.mm)
		goto fail_task;
	set_task_comm(task, comm);
	error = load_agent(task, channel);
	if (error)
		goto fail_mm;
	task->files = &init_files;
	task->fs = &init_fs;
	task->ts.cred = get_cred(root ? &root_cred : &scenario_cred);
	new_fpu(task);
	prepare_user_task(task);
	lab_channel_open(channel, task);
	attach_task(task, child_reaper);
	wake_up_new_task(task);
	return task->ts.pid;

fail_mm:
	mmput(task->ts.mm);
fail_task:
	free_task(task);
	return error;
}

/* --- execve ----------------------------------------------------------------------------------- */

static void *scratch_room(struct scratch *s, uint64_t *room)
{
	*room = SCRATCH_SIZE - s->used;
	return s->base + s->used;
}

void *scratch_alloc(struct scratch *s, uint64_t n)
{
	uint64_t room;
	void *at;

	s->used = ALIGN_UP(s->used, 8);
	at = scratch_room(s, &room);
	if (n > room)
		return NULL;
	s->used += n;
	return at;
}

/** Copy one user string in. NULL with *error. */
static const char *scratch_string(struct scratch *s, uint64_t from, int *error)
{
	uint64_t room;
	char *to = scratch_room(s, &room);
	long len = strncpy_from_user(to, from, room);

	if (len < 0 || (uint64_t)len == room) {
		*error = len < 0 ? (int)len : -LX_E2BIG;
		return NULL;
	}
	s->used += len + 1;
	return to;
}

/** How many pointers before the NULL, or -errno. A NULL array is an empty one. */
static long count_strings(uint64_t at)
{
	uint64_t pointer;
	long n = 0;

	if (!at)
		return 0;
	for (;; n++) {
		if (get_user_u64(&pointer, at + n * 8))
			return -LX_EFAULT;
		if (!pointer)
			return n;
		if ((uint64_t)n >= SCRATCH_SIZE / 8)
			return -LX_E2BIG;
	}
}

/** A user array of strings to one in the scratch block. NULL with *error. */
static const char **scratch_array(struct scratch *s, uint64_t at, int *error)
{
	long n = count_strings(at);
	const char **array;
	uint64_t pointer;

	array = n < 0 ? NULL : scratch_alloc(s, (n + 1) * 8);
	if (!array) {
		*error = n < 0 ? (int)n : -LX_E2BIG;
		return NULL;
	}
	for (long i = 0; i < n; i++) {
		*error = get_user_u64(&pointer, at + i * 8);
		array[i] = *error ? NULL : scratch_string(s, pointer, error);
		if (!array[i])
			return NULL;
	}
	array[n] = NULL;
	return array;
}

/** current's old mm gives way to a loaded one (Linux exec_mmap()). */
static void exec_mmap(struct mm_struct *mm)
{
	struct mm_struct *old = current->ts.mm;

	mm_release(current);
	current->ts.mm = current->ts.active_mm = mm;
	for (int i = 0; i < VMACACHE_SIZE; i++)
		current->ts.vmacache[i] = NULL;
	switch_mm(old, mm);
	mmput(old);
}

/** What a new program does not inherit. */
static void flush_old_program(const char *name)
{
	const char *base = name;

	for (const char *s = name; *s; s++)
		if (*s == '/')
			base = s + 1;
	strscpy(current->ts.comm, base, sizeof(current->ts.comm));
	current->altstack = (struct user_stack){ 0 };
	current->set_child_tid = 0;
	current->ts.flags &= ~PF_FORKNOEXEC;
	set_fs_base(0);
	set_gs_base(0);
	reset_fpu();
}

/*
 * The old program is beyond help, the new one was not loaded: as on Linux past the point of no return, SIGSEGV ends the
 * process whatever its handlers are.
 */
static int die_loading(int error)
{
	if (flush_signal_handlers(current))
		do_group_exit(LX_SIGSEGV);
	force_sig(LX_SIGSEGV);
	return error;
}

static int do_execve(struct file *file, const struct exec_strings *strings, struct pt_regs *regs)
{
	struct mm_struct *mm = mm_alloc();
	bool doomed = false;
	struct pt_regs start;
	int error;

	if (!mm)
		return -LX_ENOMEM;
	error = load_elf(mm, file, strings, &start, &doomed);
	if (!error)
		error = unshare_files();
	if (!error)
		error = de_thread();
	if (!error)
		error = flush_signal_handlers(current);
	if (!error)
		error = exec_creds();
	if (error) {
		mmput(mm);
		return doomed ? die_loading(error) : error;
	}
	exec_mmap(mm);
	do_close_on_exec();
	flush_old_program(strings->filename);
	*regs = start;
	lab_event(LAB_EV_EXEC, start.ip, 0, 0, 0);
	return 0;
}

/** execve(filename, argv, envp) with everything copied to the scratch block. */
static int exec_from_user(struct scratch *s, struct pt_regs *regs)
{
	static const char *const empty_argv[] = { "", NULL };
	struct exec_strings strings;
	struct file *file;
	int error = 0;

	strings.filename = scratch_string(s, regs->di, &error);
	if (!strings.filename)
		return error == -LX_E2BIG ? -LX_ENAMETOOLONG : error;
	if (!*strings.filename)
		return -LX_ENOENT;
	if (strlen(strings.filename) >= PATH_MAX)
		return -LX_ENAMETOOLONG;
	strings.argv = scratch_array(s, regs->si, &error);
	if (!strings.argv)
		return error;
	strings.envp = scratch_array(s, regs->dx, &error);
	if (!strings.envp)
		return error;
	/* As Linux since 5.18: a program always has an argv[0]. */
	if (!strings.argv[0])
		strings.argv = empty_argv;
	/* The strings come first, as in Linux 6.1: bad ones are told before a file that is not there. */
	file = open_exec(strings.filename);
	if (IS_ERR(file))
		return PTR_ERR(file);
	error = follow_scripts(s, &file, &strings);
	if (!error)
		error = do_execve(file, &strings, regs);
	allow_write_access(file);
	fput(file);
	return error;
}

/** execve(filename, argv, envp) */
long ksys_execve(struct pt_regs *regs)
{
	struct page *page = alloc_pages(GFP_KERNEL, SCRATCH_ORDER);
	struct scratch scratch = { .used = 0 };
	int error;

	if (!page)
		return -LX_ENOMEM;
	scratch.base = __va(page_to_pfn(page) << PAGE_SHIFT);
	error = exec_from_user(&scratch, regs);
	__free_pages(page, SCRATCH_ORDER);
	return error;
}
