/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that mean a process and no other, even when its number is given again (Linux kernel/fork.c, pid.c): a file keeps the
 * process's serial number, which never comes twice. It is ready to be read when the process is over.
 */
#include "pidfd.h"
#include "cred.h"
#include "files.h"
#include "fs.h"
#include "poll.h"
#include "signal.h"
#include "uaccess.h"

/* The process, zombie or not; NULL: it is gone. */
static struct task *task_of(const struct file *file)
{
	struct task *task;

	for_each_process(task)
		if (task->serial == (uint64_t)file->private_data)
			return task;
	return NULL;
}

static uint32_t pidfd_poll(struct file *file)
{
	const struct task *leader = task_of(file);

	return leader && leader->nr_threads ? 0 : EPOLLIN | EPOLLRDNORM;
}

static const struct file_operations pidfd_fops __file_ops = { .poll = pidfd_poll };

struct file *pidfd_file(const struct task *leader, uint32_t flags)
{
	return anon_inode_getfile("[pidfd]", &pidfd_fops, (void *)leader->serial, LX_O_RDWR | (flags & LX_O_NONBLOCK));
}

struct task *pidfd_get_task(int fd, bool *nonblock)
{
	struct file *file = fget((uint32_t)fd);
	struct task *task = ERR_PTR(-LX_EBADF);

	if (!file)
		return task;
	if (file->f_op == &pidfd_fops) {
		task = task_of(file);
		*nonblock = file->f_flags & LX_O_NONBLOCK;
	}
	fput(file);
	return task ? task : ERR_PTR(-LX_ESRCH);
}

/** pidfd_open(pid, flags) */
long ksys_pidfd_open(struct pt_regs *regs)
{
	uint32_t flags = regs->si;
	struct task *task;
	struct file *file;
	long fd;

	if ((flags & ~LX_O_NONBLOCK) || (int)regs->di <= 0)
		return -LX_EINVAL;
	task = find_task(regs->di);
	if (!task)
		return -LX_ESRCH;
	if (!is_leader(task))
		return -LX_EINVAL;
	fd = get_unused_fd();
	file = fd < 0 ? ERR_PTR(fd) : pidfd_file(task, flags);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd_install(fd, file, LX_O_CLOEXEC);
	return fd;
}

/** pidfd_send_signal(pidfd, signo, info, flags) */
long ksys_pidfd_send_signal(struct pt_regs *regs)
{
	struct ksiginfo info = { .signo = regs->si, .code = LX_SI_USER, .pid = current->ts.tgid, .uid = current_cred()->uid };
	struct user_siginfo user;
	struct task *task;
	bool nonblock;

	if ((uint32_t)regs->r10)
		return -LX_EINVAL;
	task = pidfd_get_task(regs->di, &nonblock);
	if (task == ERR_PTR(-LX_EBADF))
		return -LX_EBADF;
	if (regs->dx) {
		if (copy_from_user(&user, regs->dx, sizeof(user)))
			return -LX_EFAULT;
		if (user.si_signo != info.signo)
			return -LX_EINVAL;
		if ((IS_ERR(task) || task != current->group_leader) && (user.si_code >= 0 || user.si_code == LX_SI_TKILL))
			return -LX_EPERM;
		info = (struct ksiginfo){ .signo = info.signo, .code = user.si_code, .pid = user.si_pid, .uid = user.si_uid,
					  .addr = user.si_value };
	}
	return IS_ERR(task) ? PTR_ERR(task) : kill_process(task->ts.pid, &info);
}
