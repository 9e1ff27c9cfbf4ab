/* SPDX-License-Identifier: MIT */
/*
 * Reading directories (Linux fs/readdir.c, libfs.c). The place in one: 0 is ".", 1 is "..", then the entries are counted,
 * the youngest first; what iterate() makes up follows from MADE_UP_POS on. Which entry comes next is not counted but
 * remembered by its age, in the file's private_data, so that none is left out when others go meanwhile.
 */
#include "fs.h"
#include "task.h"
#include "uaccess.h"

#define MADE_UP_POS	(1UL << 32)
#define FIRST_ENTRY	2

/** struct linux_dirent64 without its name. */
struct user_dirent {
	uint64_t ino, off;
	uint16_t reclen;
	uint8_t type;
} __attribute__((packed));
#define DIRENT_HEADER	19
_Static_assert(sizeof(struct user_dirent) == DIRENT_HEADER, "the ABI");

/* getdents64() under way. */
struct getdents {
	struct dir_context ctx;
	uint64_t base;			/* of ctx.pos in the file's place */
	uint64_t to, left;		/* user memory */
	long error;			/* why it stopped */
};

static bool fill_dirent(struct dir_context *ctx, const char *name, uint64_t ino, uint32_t type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	uint64_t len = strlen(name) + 1;
	struct user_dirent d = { .ino = ino, .off = g->base + ctx->pos + 1, .type = type >> 12,
				 .reclen = ALIGN_UP(DIRENT_HEADER + len, 8) };

	if (d.reclen > g->left) {
		g->error = -LX_EINVAL;
		return false;
	}
	if (copy_to_user(g->to, &d, DIRENT_HEADER) || copy_to_user(g->to + DIRENT_HEADER, name, len)) {
		g->error = -LX_EFAULT;
		return false;
	}
	g->to += d.reclen;
	g->left -= d.reclen;
	return true;
}

/* "." and "..". false: no room. */
static bool emit_dots(struct getdents *g, const struct dentry *dir)
{
	if (g->ctx.pos == 0) {
		if (!dir_emit(&g->ctx, ".", dir->d_inode->i_ino, LX_S_IFDIR))
			return false;
		g->ctx.pos++;
	}
	if (g->ctx.pos == 1) {
		if (!dir_emit(&g->ctx, "..", dir->d_parent->d_inode->i_ino, LX_S_IFDIR))
			return false;
		g->ctx.pos++;
	}
	return true;
}

/* Entries older than *age, which is kept (0: all). false: no room. */
static bool emit_entries(struct getdents *g, const struct dentry *dir, uint64_t *age)
{
	struct dentry *entry;

	list_for_each_entry(entry, &dir->d_subdirs, d_child) {
		if (*age && entry->d_seq >= *age)
			continue;
		if (!dir_emit(&g->ctx, entry->d_name, entry->d_inode->i_ino, inode_type(entry->d_inode)))
			return false;
		*age = entry->d_seq;
		g->ctx.pos++;
	}
	return true;
}

static void read_dir(struct getdents *g, struct file *file)
{
	struct dentry *dir = file->f_dentry;
	struct inode *inode = dir->d_inode;
	uint64_t age = (uint64_t)file->private_data;

	if (g->ctx.pos < MADE_UP_POS) {
		if (!emit_dots(g, dir) || !emit_entries(g, dir, &age)) {
			file->private_data = (void *)age;
			return;
		}
		if (!inode->i_op->iterate) {
			file->private_data = (void *)age;
			return;
		}
		g->ctx.pos = MADE_UP_POS;
	}
	g->base = MADE_UP_POS;
	g->ctx.pos -= MADE_UP_POS;
	inode->i_op->iterate(inode, &g->ctx);
	g->ctx.pos += MADE_UP_POS;
}

/** getdents64(fd, buf, count) */
long ksys_getdents64(struct pt_regs *regs)
{
	struct getdents g = { .ctx.actor = fill_dirent, .to = regs->si, .left = (uint32_t)regs->dx };
	struct file *file = fget((uint32_t)regs->di);
	struct inode *inode;

	if (!file)
		return -LX_EBADF;
	inode = file->f_inode;
	if (!inode || !is_dir(inode)) {
		fput(file);
		return -LX_ENOTDIR;
	}
	g.ctx.pos = file->f_pos;
	g.error = d_unlinked(file->f_dentry) ? -LX_ENOENT : d_complete(file->f_dentry);
	if (!g.error) {
		down_read(&inode->i_rwsem);
		read_dir(&g, file);
		up_read(&inode->i_rwsem);
		file->f_pos = g.ctx.pos;
		file_accessed(inode);
	}
	fput(file);
	return g.to != regs->si ? (long)(g.to - regs->si) : g.error;
}

/* --- what else an open directory can do -------------------------------------------------------------------------- */

static long dir_read_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	(void)file, (void)at, (void)len, (void)pos;
	return -LX_EISDIR;
}

/* Behind `offset` entries from the start; only there, and to where it stands (Linux dcache_dir_lseek). */
static int64_t dir_llseek(struct file *file, int64_t offset, uint32_t whence)
{
	struct dentry *entry;
	uint64_t n = FIRST_ENTRY, age = 0;

	if (whence == LX_SEEK_CUR)
		offset += file->f_pos;
	if (whence > LX_SEEK_CUR || offset < 0)
		return -LX_EINVAL;
	if ((uint64_t)offset == file->f_pos)
		return offset;
	if (d_complete(file->f_dentry))
		return -LX_EIO;
	list_for_each_entry(entry, &file->f_dentry->d_subdirs, d_child)
		if (n++ < (uint64_t)offset)
			age = entry->d_seq;
	file->private_data = (void *)age;
	file->f_pos = offset;
	return offset;
}

const struct file_operations dir_operations __file_ops = { .read_at = dir_read_at, .llseek = dir_llseek, .fsync = noop_fsync };
