/* SPDX-License-Identifier: MIT */
/* How large a file may become (Linux fs/attr.c and generic_write_checks): RLIMIT_FSIZE, of which one is told by SIGXFSZ, too. */
#include "fs.h"
#include "signal.h"
#include "task.h"

#define MAX_LFS_FILESIZE	INT64_MAX

static long too_large(void)
{
	struct ksiginfo info = { .signo = LX_SIGXFSZ, .code = LX_SI_USER, .pid = current->ts.tgid };

	send_signal(current, &info, /* to_process = */ false);
	return -LX_EFBIG;
}

int inode_newsize_ok(const struct inode *inode, uint64_t size)
{
	return size > inode->i_size && size > rlimit(LX_RLIMIT_FSIZE) ? too_large() : 0;
}

bool at_size_limit(const struct file *file, uint64_t pos)
{
	return file->f_inode && is_reg(file->f_inode) && pos >= rlimit(LX_RLIMIT_FSIZE);
}

long generic_write_checks(uint64_t pos, uint64_t len)
{
	uint64_t limit = rlimit(LX_RLIMIT_FSIZE);

	if (pos >= limit)
		return too_large();
	if (pos >= MAX_LFS_FILESIZE)
		return -LX_EFBIG;
	return min(len, min(limit, (uint64_t)MAX_LFS_FILESIZE) - pos);
}
