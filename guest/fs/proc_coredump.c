/* SPDX-License-Identifier: MIT */
/* /proc/PID/coredump_filter: which kinds of memory a core of the process holds (Linux fs/proc/base.c). */
#include "proc.h"
#include "uaccess.h"

static int coredump_filter_show(struct seq_file *m)
{
	struct task *task = proc_task(m->inode);

	if (!task)
		return -LX_ESRCH;
	/* Without a mm there is nothing to tell: an empty file. */
	if (task->ts.mm)
		seq_printf(m, "%08lx\n", (task->ts.mm->flags & MMF_DUMP_FILTER_MASK) >> MMF_DUMP_FILTER_SHIFT);
	return 0;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Linux kstrtouint() with base 0: hexadecimal behind 0x, octal behind 0; perhaps a newline. */
static int parse_uint(const char *text, uint64_t *value)
{
	int base = 10;

	if (*text == '+')
		text++;
	if (*text == '0' && (text[1] | 0x20) == 'x' && digit_of(text[2]) < 16) {
		base = 16;
		text += 2;
	} else if (*text == '0') {
		base = 8;
	}
	if (digit_of(*text) >= base)
		return -LX_EINVAL;
	for (*value = 0; digit_of(*text) < base && *value <= UINT32_MAX; text++)
		*value = *value * base + digit_of(*text);
	if (*value > UINT32_MAX)
		return -LX_ERANGE;
	if (*text == '\n')
		text++;
	return *text ? -LX_EINVAL : 0;
}

static long coredump_filter_write(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	char text[36] = "";
	struct task *task;
	uint64_t value;
	int error;

	(void)pos;
	if (copy_from_user(text, at, min(len, sizeof(text) - 1)))
		return -LX_EFAULT;
	error = parse_uint(text, &value);
	if (error)
		return error;
	task = proc_task(file->f_inode);
	if (!task || !task->ts.mm)
		return -LX_ESRCH;
	task->ts.mm->flags = (task->ts.mm->flags & ~MMF_DUMP_FILTER_MASK) |
			     (value << MMF_DUMP_FILTER_SHIFT & MMF_DUMP_FILTER_MASK);
	return len;
}

const struct file_operations proc_coredump_filter_operations __file_ops = {
	.show = coredump_filter_show,
	.read_at = seq_read_at,
	.write_at = coredump_filter_write,
	.release = seq_release,
};
