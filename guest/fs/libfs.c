/* SPDX-License-Identifier: MIT */
/* What small file systems share (Linux fs/libfs.c). */
#include "proc.h"
#include "uaccess.h"

long simple_read_from_buffer(uint64_t to, uint64_t count, uint64_t *pos, const char *from, uint64_t available)
{
	if (*pos >= available)
		return 0;
	count = min(count, available - *pos);
	if (copy_to_user(to, from + *pos, count))
		return -LX_EFAULT;
	*pos += count;
	return count;
}
