/* SPDX-License-Identifier: MIT */
/* See sweep.h. */
#include <inttypes.h>
#include <string.h>

#include "script/sweep.h"

/* --- the rules ------------------------------------------------------------------------------------ */

#define CALL(op, errors, may)	  {op, errors, false, false, may}
#define TRIES(op, errors, may)	  {op, errors, true, false, may}
#define DIES(op)		  {op, "", false, true, CHANGE_NOTHING}
#define MAKES(op, errors)	  {op, errors, true, true, CHANGE_NOTHING}

static const struct sweep_rule rules[] = {
	CALL("mmap", "ENOMEM", CHANGE_NOTHING),
	CALL("mmap shared", "ENOMEM ENOSPC", CHANGE_NOTHING), /* ENOSPC: no inode for it (Linux __shmem_file_setup()) */
	CALL("mmap fixed", "ENOMEM", CHANGE_GONE),
	TRIES("mmap populate", "ENOMEM", CHANGE_NOTHING),
	CALL("munmap", "ENOMEM", CHANGE_CUTS),
	CALL("mprotect", "ENOMEM", CHANGE_RIGHTS),
	CALL("brk", "ENOMEM", CHANGE_NOTHING),
	/* Moved but the old range could not be cut off: both stay, as on Linux. */
	TRIES("mremap", "ENOMEM", CHANGE_CUTS),
	CALL("mremap fixed", "ENOMEM", CHANGE_GONE),
	CALL("madvise", "ENOMEM EAGAIN", CHANGE_RIGHTS),
	CALL("mlock", "ENOMEM EAGAIN", CHANGE_RIGHTS),
	CALL("mlock2", "ENOMEM EAGAIN", CHANGE_RIGHTS),
	CALL("munlock", "ENOMEM EAGAIN", CHANGE_RIGHTS),
	TRIES("mlockall", "ENOMEM EAGAIN", CHANGE_RIGHTS),
	CALL("munlockall", "ENOMEM EAGAIN", CHANGE_RIGHTS),
	CALL("mincore", "ENOMEM EAGAIN", CHANGE_NOTHING),
	CALL("msync", "ENOMEM", CHANGE_NOTHING),
	CALL("open", "ENOMEM ENOSPC", CHANGE_NOTHING),
	CALL("memfd", "ENOMEM ENOSPC", CHANGE_NOTHING),
	CALL("ftruncate", "ENOMEM", CHANGE_NOTHING),
	CALL("fallocate", "ENOMEM ENOSPC", CHANGE_NOTHING),
	CALL("pread", "ENOMEM EFAULT", CHANGE_NOTHING),
	CALL("pwrite", "ENOMEM EFAULT", CHANGE_NOTHING),
	CALL("mkdir", "ENOMEM ENOSPC", CHANGE_NOTHING),
	CALL("rmdir", "ENOMEM", CHANGE_NOTHING),
	CALL("unlink", "ENOMEM", CHANGE_NOTHING),
	CALL("rename", "ENOMEM", CHANGE_NOTHING),
	CALL("link", "ENOMEM", CHANGE_NOTHING),
	CALL("symlink", "ENOMEM ENOSPC", CHANGE_NOTHING),
	CALL("readlink", "ENOMEM", CHANGE_NOTHING),
	CALL("chmod", "ENOMEM", CHANGE_NOTHING),
	CALL("chdir", "ENOMEM", CHANGE_NOTHING),
	CALL("getcwd", "ENOMEM", CHANGE_NOTHING),
	CALL("stat", "ENOMEM", CHANGE_NOTHING),
	CALL("readdir", "ENOMEM", CHANGE_NOTHING),
	CALL("close", "", CHANGE_NOTHING),
	CALL("lseek", "", CHANGE_NOTHING),
	CALL("pipe", "ENOMEM ENFILE", CHANGE_NOTHING),
	CALL("shmget", "ENOMEM ENOSPC", CHANGE_NOTHING),
	CALL("shmat", "ENOMEM", CHANGE_NOTHING),
	CALL("shmdt", "ENOMEM", CHANGE_CUTS),
	CALL("shmctl", "ENOMEM", CHANGE_NOTHING),
	CALL("remap_file_pages", "ENOMEM", CHANGE_GONE),
	CALL("vm_read", "ENOMEM EFAULT", CHANGE_NOTHING),
	CALL("vm_write", "ENOMEM EFAULT", CHANGE_NOTHING),
	CALL("futex_wake", "", CHANGE_NOTHING),
	/* Behind the call, in the same step, both sides write to the agent's page: that copy may fail, too, and kill either. */
	MAKES("fork", "ENOMEM EAGAIN"),
	/* The agent maps a stack for it first, and keeps it for the next. */
	{"thread", "ENOMEM EAGAIN", true, true, CHANGE_MORE},
	MAKES("exec", "ENOMEM EFAULT"),
	CALL("wait", "ENOMEM EFAULT", CHANGE_NOTHING),
	MAKES("spawn", "ENOMEM EAGAIN EFAULT"), /* EFAULT: the new stack had no page for them */
	DIES("write"),
	DIES("read"),
	DIES("fill"),
};
#define NR_RULES (sizeof(rules) / sizeof(rules[0]))

const struct sweep_rule *sweep_rule(unsigned int i)
{
	return i < NR_RULES ? &rules[i] : NULL;
}

const struct sweep_rule *find_sweep_rule(const char *op)
{
	for (size_t i = 0; i < NR_RULES; i++)
		if (!strcmp(rules[i].op, op))
			return &rules[i];
	return NULL;
}

/* --- what changed --------------------------------------------------------------------------------- */

static const struct model_mm *same_mm(const struct model *model, const struct model_mm *mm)
{
	for (uint32_t i = 0; i < model->nr_mms; i++)
		if (model->mms[i].addr.va == mm->addr.va && model->mms[i].pgd_pa == mm->pgd_pa)
			return &model->mms[i];
	return NULL;
}

/* Flags that a rule holds equal. */
static uint64_t flags_of(const struct sweep_rule *rule, const struct model_vma *vma)
{
	return rule->may == CHANGE_RIGHTS ? vma->raw.vm_flags & VM_SHARED : vma->raw.vm_flags;
}

/* Is [start, end) of `vma` in `mm` as it is in vma's own? */
static bool still_there(const struct sweep_rule *rule, const struct model_mm *mm, const struct model_vma *vma)
{
	uint64_t at = vma->raw.vm_start;

	while (at < vma->raw.vm_end) {
		const struct model_vma *other = model_find_vma(mm, at);

		if (!other || flags_of(rule, other) != flags_of(rule, vma) ||
		    other->raw.vm_file.va != vma->raw.vm_file.va)
			return false;
		at = other->raw.vm_end;
	}
	return true;
}

/* Every area of `mm` is in `other`, too. */
static bool all_in(const struct sweep_rule *rule, const struct model_mm *mm, const struct model_mm *other, char *why,
		   size_t size, const char *what)
{
	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		const struct model_vma *vma = &mm->vmas[i];

		if (still_there(rule, other, vma))
			continue;
		snprintf(why, size, "area %" PRIx64 "-%" PRIx64 " %s", vma->raw.vm_start, vma->raw.vm_end, what);
		return false;
	}
	return true;
}

static bool mm_allowed(const struct sweep_rule *rule, const struct model_mm *before, const struct model_mm *after, char *why,
		       size_t size)
{
	if (rule->may == CHANGE_NOTHING && before->nr_vmas != after->nr_vmas) {
		snprintf(why, size, "there were %u areas and are %u", before->nr_vmas, after->nr_vmas);
		return false;
	}
	if (rule->may == CHANGE_NOTHING && before->raw.brk != after->raw.brk) {
		snprintf(why, size, "brk has moved");
		return false;
	}
	if (rule->may != CHANGE_GONE && !all_in(rule, before, after, why, size, "is no more as it was"))
		return false;
	return rule->may == CHANGE_MORE || all_in(rule, after, before, why, size, "is new or other");
}

bool only_allowed_changes(const struct sweep_rule *rule, const struct model *before, const struct model *after, char *why,
			  size_t size)
{
	for (uint32_t i = 1; i < before->nr_mms; i++) {
		const struct model_mm *then = &before->mms[i], *now = same_mm(after, then);

		/* A dead task's may be gone, or stay without areas until its borrower lets go. */
		if (rule->may_die && (!now || !now->nr_users))
			continue;
		if (!now) {
			snprintf(why, size, "an address space is gone");
			return false;
		}
		if (!mm_allowed(rule, then, now, why, size))
			return false;
	}
	if (!rule->may_die && before->nr_tasks != after->nr_tasks) {
		snprintf(why, size, "there were %u tasks and are %u", before->nr_tasks, after->nr_tasks);
		return false;
	}
	return true;
}

/* --- leaks ---------------------------------------------------------------------------------------- */

static uint64_t unused_frames(const struct model *model)
{
	return model->free_frames + model->role_count[FRAME_UNTOUCHED];
}

bool same_holdings(const struct model *a, const struct model *b, char *why, size_t size)
{
	for (uint32_t i = 0; i < a->nr_caches && i < b->nr_caches; i++) {
		if (a->caches[i].nr_live == b->caches[i].nr_live)
			continue;
		snprintf(why, size, "%.24s: %" PRIu64 " objects instead of %" PRIu64, a->caches[i].raw.name,
			 b->caches[i].nr_live, a->caches[i].nr_live);
		return false;
	}
	if (a->lab.vm_committed_as != b->lab.vm_committed_as) {
		snprintf(why, size, "vm_committed_as is %" PRIu64 " instead of %" PRIu64, b->lab.vm_committed_as,
			 a->lab.vm_committed_as);
		return false;
	}
	if (unused_frames(a) != unused_frames(b)) {
		snprintf(why, size, "%" PRIu64 " frames are unused instead of %" PRIu64, unused_frames(b), unused_frames(a));
		return false;
	}
	return true;
}
