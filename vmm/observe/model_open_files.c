/* SPDX-License-Identifier: MIT */
/*
 * Open files, and who holds each: areas, programs, descriptors, segments of System V. Those of the image are met only where
 * somebody names them.
 */
#include "observe/build.h"

#include <stdlib.h>

static struct model_file *file_at(struct build *b, uint64_t index)
{
	return (struct model_file *)b->files.items + index;
}

static bool in_image(const struct build *b, gva_t addr)
{
	return addr.va >= b->model->lab.image.text_start && addr.va < b->model->lab.image.data_end;
}

/** The file at addr, which is added if it is new; NULL: it cannot be read. Good until the next one is added. */
static struct model_file *find_file(struct build *b, gva_t addr)
{
	uint32_t index = addr_map_get(&b->model->file_map, addr.va);
	struct model_file *found;
	struct file raw;

	if (index != ADDR_MAP_NONE)
		return file_at(b, index);
	if (!addr.va || b->files.n >= b->max_structs || !read_struct(b, addr, &raw, sizeof(raw)))
		return NULL;
	addr_map_put(&b->model->file_map, addr.va, b->files.n);
	found = grow_add(&b->files, sizeof(*found));
	*found = (struct model_file){.addr = addr, .raw = raw, .of_image = in_image(b, addr)};
	return found;
}

static void found_file(struct build *b, gva_t addr)
{
	find_file(b, addr);
}

static void count_areas(struct build *b)
{
	const struct model_vma *vmas = b->vmas.items;

	for (uint64_t i = 0; i < b->vmas.n; i++) {
		struct model_file *file = find_file(b, vmas[i].raw.vm_file);

		if (file)
			file->nr_areas++;
	}
}

/* An mm without users has let its program go. */
static void count_programs(struct build *b)
{
	const struct model_mm *mms = b->mms.items;

	for (uint64_t i = 0; i < b->mms.n; i++) {
		struct model_file *file = mms[i].nr_users ? find_file(b, mms[i].raw.exe_file) : NULL;

		if (file)
			file->nr_programs++;
	}
}

/* The words of one table of descriptors, which may be as long as RAM is: each frame's worth is read once, all in all. */
static void count_descriptors(struct build *b, gva_t addr)
{
	struct files_struct files;
	const uint64_t *words;
	gpa_t pa;

	if (!read_struct(b, addr, &files, sizeof(files)) || files.max_fds > b->words_left ||
	    !image_linear(b->image, files.fd, files.max_fds * sizeof(*words), &pa))
		return;
	words = image_ptr(b->image, pa, files.max_fds * sizeof(*words));
	b->words_left -= files.max_fds;
	for (uint32_t i = 0; words && i < files.max_fds; i++) {
		struct model_file *file = find_file(b, (gva_t){words[i] & ~FD_CLOSE_ON_EXEC});

		if (file)
			file->nr_fds++;
	}
}

/*
 * A segment holds the file of its memory. So does each attachment: an open file of its own on the same inode (the guest's
 * struct shm_file_data), for its area. So it is as many as there are files on the inode.
 */
static void count_segments(struct build *b)
{
	const struct model_shm *shms = b->shms.items;
	uint32_t *nr_files;

	if (!b->shms.n || !b->inodes.n)
		return;
	nr_files = xcalloc(b->inodes.n, sizeof(*nr_files));
	for (uint64_t i = 0; i < b->files.n; i++) {
		uint32_t inode = addr_map_get(&b->model->inode_map, file_at(b, i)->raw.f_inode.va);

		if (inode != ADDR_MAP_NONE)
			nr_files[inode]++;
	}
	for (uint64_t i = 0; i < b->shms.n; i++) {
		struct model_file *held = find_file(b, shms[i].raw.shm_file);

		if (held && shms[i].inode >= 0)
			held->nr_segments += nr_files[shms[i].inode];
	}
	free(nr_files);
}

/* What every process begins with holds no references to files of the image; it has others only while a program runs live. */
static void count_initial_descriptors(struct build *b)
{
	struct files_struct files;

	if (!read_struct(b, b->model->lab.init_files, &files, sizeof(files)))
		return;
	for (uint32_t i = 0; i < NR_OPEN_INLINE; i++) {
		gva_t word = {files.inline_fd[i]};
		struct model_file *file = in_image(b, word) ? NULL : find_file(b, word);

		if (file)
			file->nr_fds++;
	}
}

void decode_open_files(struct build *b)
{
	each_object(b, "filp", found_file);
	count_areas(b);
	count_programs(b);
	each_object(b, "files_cache", count_descriptors);
	count_initial_descriptors(b);
	count_segments(b);
}
