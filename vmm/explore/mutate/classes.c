/* SPDX-License-Identifier: MIT */
/*
 * What came of bits that were flipped at random, by classes of those that were not found. Classes that nobody can tell
 * from RAM alone are named, with the reason.
 */
#include <string.h>

#include "explore/mutate/mutate.h"

/** Of a table entry the field is "pte1" to "pte4". */
static const struct {
	const char *field;
	unsigned int first, last; /* bits of it, of each word of an array */
	const char *why;
} unseen[] = {
	{"pte1", 1, 1, "a page that its area may write, write-protected: the next write takes a fault more"},
	{"pte1", 5, 5, "A: the MMU's own"},
	{"pte1", 6, 6, "D: the MMU's own, unless compared with bytes of another step"},
	{"pte2", 5, 5, "A"},
	{"pte3", 5, 5, "A"},
	{"pte4", 5, 5, "A"},
	{"mm_struct.mmap_base", 0, 63, "what exec made of a stack limit that the process has changed since"},
	{"mm_struct.brk", 0, 63, "how far the heap was asked for: what was unmapped of it leaves no trace"},
	{"mm_struct.vmacache_seqnum", 0, 63, "says only whether caches are stale"},
	{"mm_struct.hiwater_rss", 0, 63, "a past that RAM does not tell"},
	{"mm_struct.hiwater_vm", 0, 63, "a past that RAM does not tell"},
	{"mm_struct.flags", 0, 63, "what coredump_filter was told"},
	{"mm_struct.start_code", 0, 63, "what exec noted"},
	{"mm_struct.end_code", 0, 63, "what exec noted"},
	{"mm_struct.start_data", 0, 63, "what exec noted"},
	{"mm_struct.end_data", 0, 63, "what exec noted"},
	{"mm_struct.start_brk", 0, 63, "what exec noted"},
	{"mm_struct.start_stack", 0, 63, "what exec noted"},
	{"mm_struct.arg_start", 0, 63, "what exec noted"},
	{"mm_struct.env_end", 0, 63, "what exec noted"},
	{"mm_struct.saved_auxv", 0, 63, "what exec noted"},
	{"vm_area_struct.vm_flags", 15, 16, "VM_SEQ_READ, VM_RAND_READ: as madvise() could have set it"},
	{"vm_area_struct.vm_flags", 17, 17, "VM_DONTCOPY: as madvise() could have set it"},
	{"vm_area_struct.vm_flags", 25, 26, "VM_WIPEONFORK, VM_DONTDUMP: as madvise() could have set it"},
	{"vm_area_struct.vm_pgoff", 0, 63, "the number that an area without pages begins with"},
	{"task_struct.vmacache_seqnum", 0, 63, "says only whether the cache is stale"},
	{"task_struct.vmacache", 0, 63, "a stale cache"},
	{"task_struct.comm", 0, 63, "a name"},
	{"task_struct.pgrp", 0, 63, "a group lives on when its leader is gone"},
	{"task_struct.session", 0, 63, "a session lives on when its leader is gone"},
	{"inode.i_uid", 0, 63, "whose the file is"},
	{"inode.i_gid", 0, 63, "whose the file is"},
	{"inode.i_mode", 0, 11, "who may use the file"},
	{"inode.i_atime", 0, 63, "a time"},
	{"inode.i_mtime", 0, 63, "a time"},
	{"inode.i_ctime", 0, 63, "a time"},
	{"inode.i_fallocend", 0, 63, "room that was asked for, behind the file's end"},
	{"file.f_pos", 0, 63, "where the next read goes on"},
	{"cpu_info.user_sp", 0, 63, "scratch of the last system call"},
	{"cpu_info.nr_cr3_loads", 0, 63, "a count of events"},
	{"cpu_info.nr_switches", 0, 63, "a count of events"},
};
#define NR_UNSEEN (sizeof(unseen) / sizeof(unseen[0]))

/** The row of a bit that was not found; -1: it should have been. */
static int find_unseen(const struct flip *flip)
{
	for (size_t i = 0; i < NR_UNSEEN; i++)
		if (!strcmp(flip->field, unseen[i].field) && flip->bit % 64 >= unseen[i].first &&
		    flip->bit % 64 <= unseen[i].last)
			return i;
	return -1;
}

static void name_class(const struct flip *flip, int row, char *name, size_t size)
{
	const bool of_entry = !strchr(flip->field, '.');

	if (!of_entry && (row < 0 || unseen[row].last - unseen[row].first == 63))
		snprintf(name, size, "%s", flip->field);
	else if (row < 0 || unseen[row].first == unseen[row].last)
		snprintf(name, size, "%s bit %u", flip->field, flip->bit);
	else
		snprintf(name, size, "%s bits %u to %u", flip->field, unseen[row].first, unseen[row].last);
}

static struct flip_class *class_of(struct mutation *m, const struct flip *flip)
{
	const int row = find_unseen(flip);
	struct flip_class *class;
	char name[sizeof(class->name)];

	name_class(flip, row, name, sizeof(name));
	for (uint32_t i = 0; i < m->nr_classes; i++)
		if (!strcmp(m->classes[i].name, name))
			return &m->classes[i];
	m->classes = xrealloc(m->classes, (m->nr_classes + 1) * sizeof(*m->classes));
	class = &m->classes[m->nr_classes++];
	*class = (struct flip_class){.why = row < 0 ? NULL : unseen[row].why};
	snprintf(class->name, sizeof(class->name), "%s", name);
	return class;
}

void count_flip(struct mutation *m, const struct flip *flip, bool found, bool matters)
{
	struct flip_class *class;

	m->flipped++;
	m->flips_found += found;
	m->flips_matter += matters;
	m->flips_matter_found += matters && found;
	if (found)
		return;
	class = class_of(m, flip);
	class->missed++;
	class->mattered += matters;
	m->flips_matter_unseen += matters && class->why;
}
