/* SPDX-License-Identifier: MIT */
/* /proc/PID/maps: a line per area (Linux fs/proc/task_mmu.c: show_map_vma). */
#include <inttypes.h>
#include <string.h>

#include "report/proc.h"
#include "report/render.h"

#define NAME_COLUMN 72	  /* a blank, and then the name */
#define THE_DEV	    0x001 /* 00:01: the guest has one tree */

void proc_put_range(struct buf *b, uint64_t start, uint64_t end, uint64_t vm_flags, uint64_t offset,
		    uint32_t dev, uint64_t ino, bool named)
{
	size_t line = b->len;

	buf_printf(b, "%08" PRIx64 "-%08" PRIx64 " ", start, end);
	put_prot(b, vm_flags);
	buf_printf(b, " %08" PRIx64 " %02x:%02x %" PRIu64 " ", offset, dev >> 8, dev & 0xff, ino);
	if (!named)
		return;
	buf_pad(b, line, NAME_COLUMN);
	buf_puts(b, " ");
}

/* --- the path of a file ----------------------------------------------------------------------------- */

#define MAX_PATH (1 << 16) /* a guest that lies has names without end */

/* Put `text` in front of what stands at *at, of which *room bytes are free; false: there is no room. */
static bool prepend(char **at, size_t *room, const char *text)
{
	size_t n = strlen(text);

	if (n > *room)
		return false;
	*at -= n, *room -= n;
	memcpy(*at, text, n);
	return true;
}

/* From the name of a dentry up to the root, or to what never had a directory; NULL: it cannot be read. */
static const char *path_of(const struct model *model, gva_t dentry_va, char *path)
{
	char *at = path + MAX_PATH - 1;
	size_t room = MAX_PATH - 1;
	bool first = true, last = false;

	for (*at = 0; !last; first = false) {
		struct dentry d;

		if (!image_read_va(model->image, dentry_va, &d, sizeof(d)))
			return NULL;
		d.d_name[sizeof(d.d_name) - 1] = 0;
		if (first && (d.d_flags & DCACHE_UNLINKED) && !prepend(&at, &room, " (deleted)"))
			return NULL;
		last = d.d_parent.va == dentry_va.va;
		if (last && !(d.d_flags & DCACHE_UNLINKED)) /* the root */
			return first && !prepend(&at, &room, "/") ? NULL : at;
		if (!prepend(&at, &room, d.d_name) || !prepend(&at, &room, "/"))
			return NULL;
		dentry_va = d.d_parent;
	}
	return at;
}

/* A path has no line of its own: a newline in it is written in octal. */
static void put_file_path(struct buf *b, const struct model *model, gva_t file_va)
{
	char buffer[MAX_PATH];
	const char *path = NULL;
	struct file file;

	if (image_read_va(model->image, file_va, &file, sizeof(file)))
		path = path_of(model, file.f_dentry, buffer);
	for (; path && *path; path++) {
		if (*path == '\n')
			buf_puts(b, "\\012");
		else
			buf_add(b, path, 1);
	}
}

/* --- the line of an area ---------------------------------------------------------------------------- */

static const char *special_name(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

void proc_put_area(struct buf *b, const struct model *model, const struct model_mm *mm,
		   const struct model_vma *vma)
{
	const struct vm_area_struct *raw = &vma->raw;
	const char *name = special_name(&mm->raw, raw);
	const struct inode *inode;

	if (vma->inode < 0) {
		proc_put_range(b, raw->vm_start, raw->vm_end, raw->vm_flags, 0, 0, 0, name);
		buf_printf(b, "%s\n", name ? name : "");
		return;
	}
	inode = &model->inodes[vma->inode].raw;
	proc_put_range(b, raw->vm_start, raw->vm_end, raw->vm_flags, raw->vm_pgoff << PAGE_SHIFT, THE_DEV,
		       inode->i_ino, true);
	put_file_path(b, model, raw->vm_file);
	buf_puts(b, "\n");
}

void proc_put_maps(struct buf *b, const struct model *model, const struct model_mm *mm)
{
	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		proc_put_area(b, model, mm, &mm->vmas[i]);
}

proc_writer *proc_writer_of(const char *name)
{
	static const struct {
		const char *name;
		proc_writer *write;
	} files[] = {
		{"maps", proc_put_maps},
		{"smaps", proc_put_smaps},
		{"smaps_rollup", proc_put_smaps_rollup},
		{"status", proc_put_status},
		{"statm", proc_put_statm},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].name, name) == 0)
			return files[i].write;
	return NULL;
}
