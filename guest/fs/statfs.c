/* SPDX-License-Identifier: MIT */
/* statfs(2) and fstatfs(2) (Linux fs/statfs.c): what kind of file system a file is of, and how full that is. */
#include "fs.h"
#include "task.h"
#include "uaccess.h"

#define TMPFS_MAGIC		0x01021994
#define PROC_SUPER_MAGIC	0x9fa0
#define PIPEFS_MAGIC		0x50495045
#define ANON_INODE_FS_MAGIC	0x09041934
#define ST_VALID		0x20

/** struct statfs of x86-64 */
struct user_statfs {
	int64_t type, bsize;
	uint64_t blocks, bfree, bavail, files, ffree;
	int32_t fsid[2];
	int64_t namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct user_statfs) == 120, "the ABI");

static bool is_proc(const struct dentry *dentry)
{
	return (dentry->d_flags & DCACHE_MADE_UP) || dentry == &static_dentries[PROC_NODE];
}

static int64_t magic_of(const struct dentry *dentry)
{
	const struct inode *inode = dentry->d_inode;

	if (is_proc(dentry))
		return PROC_SUPER_MAGIC;
	if (inode_type(inode) == LX_S_IFIFO)
		return PIPEFS_MAGIC;
	return inode_type(inode) ? TMPFS_MAGIC : ANON_INODE_FS_MAGIC;
}

/* A tmpfs may take half of RAM, as Linux has it when nobody says otherwise. */
static long put_statfs(const struct dentry *dentry, uint64_t at)
{
	uint64_t half = (contig_zone.end_pfn - contig_zone.start_pfn) / 2;
	uint64_t free = contig_zone.nr_free + contig_zone.end_pfn - contig_zone.frontier_pfn;
	struct user_statfs st = {
		.type = magic_of(dentry), .bsize = PAGE_SIZE, .namelen = LX_NAME_MAX, .frsize = PAGE_SIZE, .flags = ST_VALID,
	};

	if (st.type == TMPFS_MAGIC) {
		st.blocks = st.files = half;
		st.bfree = st.bavail = st.ffree = min(half, free);
	}
	return copy_to_user(at, &st, sizeof(st)) ? -LX_EFAULT : 0;
}

/** statfs(path, buf) */
long ksys_statfs(struct pt_regs *regs)
{
	struct dentry *dentry = user_path_at(LX_AT_FDCWD, regs->di, LOOKUP_FOLLOW);
	long ret;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = put_statfs(dentry, regs->si);
	dput(dentry);
	return ret;
}

/** fstatfs(fd, buf) */
long ksys_fstatfs(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = put_statfs(file->f_dentry ? file->f_dentry : &static_dentries[CONSOLE_NODE], regs->si);
	fput(file);
	return ret;
}
