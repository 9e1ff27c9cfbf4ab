/* SPDX-License-Identifier: MIT */
/*
 * The files of /proc/PID that tell of memory, byte for byte as Linux 6.1 writes them (fs/proc/task_mmu.c),
 * for any mm of the model: what the guest's own /proc must say. Nothing that the guest counted is used where
 * the host can count: sizes are summed over areas, pages and how often each is mapped are those found in the
 * page tables. Everything is shown, the agent's areas too.
 */
#ifndef VMM_REPORT_PROC_H
#define VMM_REPORT_PROC_H

#include "observe/model.h"
#include "report/buf.h"

void proc_put_maps(struct buf *b, const struct model *model, const struct model_mm *mm);
void proc_put_smaps(struct buf *b, const struct model *model, const struct model_mm *mm);
void proc_put_smaps_rollup(struct buf *b, const struct model *model, const struct model_mm *mm);
/** Of status the lines VmPeak to HugetlbPages: the others tell of the task, not of its memory. */
void proc_put_status(struct buf *b, const struct model *model, const struct model_mm *mm);
void proc_put_statm(struct buf *b, const struct model *model, const struct model_mm *mm);
/** Entries of pagemap, 8 bytes each, of `nr` pages from va on; less at the end of user space. */
void proc_put_pagemap(struct buf *b, const struct model *model, const struct model_mm *mm, uint64_t va,
		      uint64_t nr);

/** A file of which all is text, by its name; NULL: there is none such. */
typedef void proc_writer(struct buf *b, const struct model *model, const struct model_mm *mm);
proc_writer *proc_writer_of(const char *name);

/* --- parts ---------------------------------------------------------------------------------------- */

/** The line of an area: range, rights, offset, device, inode, name. */
void proc_put_area(struct buf *b, const struct model *model, const struct model_mm *mm,
		   const struct model_vma *vma);
/** The beginning of such a line, up to the column where a name stands. */
void proc_put_range(struct buf *b, uint64_t start, uint64_t end, uint64_t vm_flags, uint64_t offset,
		    uint32_t dev, uint64_t ino, bool named);

/** The frame whose counts this entry is part of; NULL: the zero page, or no RAM. */
const struct model_frame *proc_page(const struct model *model, const struct leaf *leaf);

#endif
