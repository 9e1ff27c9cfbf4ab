/* SPDX-License-Identifier: MIT */
/* /proc/PID/maps and smaps: a record per area, found again by its address at each read (Linux fs/proc/task_mmu.c). */
#include "proc.h"
#include "seq_iter.h"

#define NAME_COLUMN	72	/* a blank, and then the name */
#define THE_DEV		0x001	/* 00:01: one tree is all there is, and stat() says so, too */

/* --- the line of an area ---------------------------------------------------------------------- */

void show_vma_header(struct seq_file *m, uint64_t start, uint64_t end, uint64_t vm_flags, uint64_t pgoff, uint32_t dev,
		     uint64_t ino, bool named)
{
	static const char blanks[] = "                                                                        ";
	uint64_t line = m->count;
	char rights[] = {
		' ',
		vm_flags & VM_READ ? 'r' : '-',
		vm_flags & VM_WRITE ? 'w' : '-',
		vm_flags & VM_EXEC ? 'x' : '-',
		vm_flags & VM_MAYSHARE ? 's' : 'p',
	};

	seq_put_hex_ll(m, "", start, 8);
	seq_put_hex_ll(m, "-", end, 8);
	seq_write(m, rights, sizeof(rights));
	seq_put_hex_ll(m, " ", pgoff, 8);
	seq_put_hex_ll(m, " ", dev >> 8, 2);
	seq_put_hex_ll(m, ":", dev & 0xff, 2);
	seq_put_decimal_ull_width(m, " ", ino, 0);
	seq_putc(m, ' ');
	if (!named)
		return;
	if (m->count - line < NAME_COLUMN)
		seq_write(m, blanks, NAME_COLUMN - (m->count - line));
	seq_putc(m, ' ');
}

/* The path of a file; a newline in it in octal, since it has no line of its own. */
static void seq_file_path(struct seq_file *m, const struct file *file)
{
	char *path;

	if (m->count >= m->size)
		return seq_set_overflow(m);
	/* It stands at the end of the buffer, and moves down to where the text is; in octal it may need what is between. */
	path = d_path(file->f_dentry, m->buf + m->count, m->size - m->count);
	if (!path)
		return seq_set_overflow(m);
	for (; *path; path++) {
		if (*path != '\n') {
			m->buf[m->count++] = *path;
			continue;
		}
		if (m->buf + m->count + 4 > path)
			return seq_set_overflow(m);
		seq_puts(m, "\\012");
	}
}

/* What an area without a file is called; NULL: nothing. */
static const char *special_name(struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	const char *name = vma->vm_ops && vma->vm_ops->name ? vma->vm_ops->name(vma) : NULL;

	if (name)
		return name;
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

void show_map_vma(struct seq_file *m, struct vm_area_struct *vma)
{
	const struct file *file = vma->vm_file;
	const char *name;

	if (file) {
		show_vma_header(m, vma->vm_start, vma->vm_end, vma->vm_flags, vma->vm_pgoff << PAGE_SHIFT,
				THE_DEV, file->f_inode->i_ino, /* named = */ true);
		seq_file_path(m, file);
	} else {
		name = special_name(vma);
		show_vma_header(m, vma->vm_start, vma->vm_end, vma->vm_flags, 0, 0, 0, name);
		if (name)
			seq_puts(m, name);
	}
	seq_putc(m, '\n');
}

/* --- area after area -------------------------------------------------------------------------- */

/* An open maps, smaps or smaps_rollup. */
struct maps_file {
	struct proc_mm ref;		/* first */
	struct seq_iter iter;
	bool locked;			/* between start() and stop() */
};

static struct maps_file *maps_file_of(struct seq_file *m)
{
	return container_of(m, struct maps_file, iter.m);
}

/* The mm, locked until m_stop(); NULL: nobody uses it any more. */
static struct mm_struct *m_lock(struct seq_file *m)
{
	struct maps_file *maps = maps_file_of(m);
	struct mm_struct *mm = maps->ref.mm;

	maps->locked = mm && mm->mm_users;
	if (!maps->locked)
		return NULL;
	mmget(mm);
	mmap_read_lock(mm);
	return mm;
}

static void m_stop(struct seq_file *m)
{
	struct maps_file *maps = maps_file_of(m);

	if (!maps->locked)
		return;
	maps->locked = false;
	mmap_read_unlock(maps->ref.mm);
	mmput(maps->ref.mm);
}

/* *pos tells of vma. */
static void *found(struct vm_area_struct *vma, uint64_t *pos)
{
	*pos = vma ? vma->vm_start : SEQ_END;
	return vma;
}

static void *m_start(struct seq_file *m, uint64_t *pos)
{
	struct mm_struct *mm = *pos == SEQ_END ? NULL : m_lock(m);

	return mm ? found(find_vma(mm, *pos), pos) : NULL;
}

static void *m_next(struct seq_file *m, void *v, uint64_t *pos)
{
	(void)m;
	return found(((struct vm_area_struct *)v)->vm_next, pos);
}

static void show_map(struct seq_file *m, void *v) { show_map_vma(m, v); }
static void show_smap_record(struct seq_file *m, void *v) { show_smap(m, v); }

/* smaps_rollup is one record, of the mm. */
static void *rollup_start(struct seq_file *m, uint64_t *pos)
{
	return *pos ? NULL : m_lock(m);
}

static void *rollup_next(struct seq_file *m, void *v, uint64_t *pos)
{
	(void)m, (void)v;
	*pos = SEQ_END;
	return NULL;
}

static void show_rollup_record(struct seq_file *m, void *v) { show_smaps_rollup(m, v); }

/* --- the files -------------------------------------------------------------------------------- */

static DEFINE_KMEM_CACHE(maps_file_cachep, "proc_maps", sizeof(struct maps_file));

static int open_areas(struct inode *inode, struct file *file, const struct seq_operations *op)
{
	struct maps_file *maps = kmem_cache_zalloc(&maps_file_cachep);
	int error;

	if (!maps)
		return -LX_ENOMEM;
	maps->iter.op = op;
	error = proc_mm_attach(&maps->ref, inode);
	if (error)
		kmem_cache_free(&maps_file_cachep, maps);
	else
		file->private_data = maps;
	return error;
}

static void release_areas(struct file *file)
{
	struct maps_file *maps = file->private_data;

	if (!maps)		/* it could not be opened */
		return;
	seq_iter_release(&maps->iter);
	proc_mm_detach(&maps->ref);
	kmem_cache_free(&maps_file_cachep, maps);
}

static long read_areas(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	return seq_iter_read(&((struct maps_file *)file->private_data)->iter, at, len, pos);
}

#define MAPS_FILE(name, start_fn, next_fn, show_fn) \
	static int name##_open(struct inode *inode, struct file *file) \
	{ \
		static const struct seq_operations op = { start_fn, next_fn, m_stop, show_fn }; \
		return open_areas(inode, file, &op); \
	} \
	const struct file_operations proc_##name##_operations __file_ops = { \
		.open = name##_open, \
		.read_at = read_areas, \
		.release = release_areas, \
	}

MAPS_FILE(maps, m_start, m_next, show_map);
MAPS_FILE(smaps, m_start, m_next, show_smap_record);
MAPS_FILE(smaps_rollup, rollup_start, rollup_next, show_rollup_record);
