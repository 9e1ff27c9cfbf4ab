/* SPDX-License-Identifier: MIT */
/* /proc/PID/fd: a link per open descriptor, to the path of its file (Linux fs/proc/fd.c). The lab's channels have none. */
#include "proc.h"

/* A link's i_private: pid and descriptor. */
#define FD_SHIFT	32

/* The file behind a descriptor of the task, which keeps its reference; NULL: none. */
static struct file *file_of(int pid, uint64_t fd)
{
	struct task *task = find_task(pid);
	const struct files_struct *files = task ? task->files : NULL;

	return files && fd < files->max_fds ? fd_file(files->fd[fd]) : NULL;
}

static int fd_link(struct inode *inode, char *buf)
{
	uint64_t key = (uint64_t)inode->i_private;
	const struct file *file = file_of((int)key, key >> FD_SHIFT);

	return file ? proc_put_path(file->f_dentry, buf) : -LX_ENOENT;
}

/* Whatever its name says, or though it has none: the file itself. */
static struct dentry *fd_dentry(struct inode *inode)
{
	uint64_t key = (uint64_t)inode->i_private;
	const struct file *file = file_of((int)key, key >> FD_SHIFT);

	return file ? dget(file->f_dentry) : ERR_PTR(-LX_ENOENT);
}

static const struct inode_operations fd_link_inode_operations __inode_ops = { .get_link = fd_link, .get_dentry = fd_dentry };

static struct inode *fd_lookup(struct inode *dir, const char *name)
{
	struct task *task = proc_task(dir);
	long fd = proc_parse_number(name);
	struct inode *inode;

	if (!task || fd < 0 || !file_of(task->ts.pid, fd))
		return ERR_PTR(-LX_ENOENT);
	inode = proc_new_inode(task->ts.pid, LX_S_IFLNK | 0700, &fd_link_inode_operations, NULL);
	if (!IS_ERR(inode))
		inode->i_private = (void *)((uint64_t)task->ts.pid | (uint64_t)fd << FD_SHIFT);
	return inode;
}

static void fd_iterate(struct inode *dir, struct dir_context *ctx)
{
	struct task *task = proc_task(dir);

	for (; task && task->files && ctx->pos < task->files->max_fds; ctx->pos++)
		if (task->files->fd[ctx->pos] && !proc_emit_number(ctx, ctx->pos, LX_S_IFLNK))
			return;
}

const struct inode_operations proc_fd_inode_operations __inode_ops = { .lookup = fd_lookup, .iterate = fd_iterate };
