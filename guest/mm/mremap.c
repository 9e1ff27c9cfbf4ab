// SPDX-License-Identifier: MIT
/*
 * Resizing and moving (Linux mm/mremap.c). A mapping shrinks and grows in place where it can; else a new area is made
 * and the page-table entries are moved to it: no page is copied, no frame changes hands. Pages keep their index and
 * anon_vma, so the new area keeps the old pgoff, and reverse mapping finds them at their new address.
 */
#include "internal.h"

/* One call's wishes, in bytes, page-aligned. */
struct mremap {
	struct mm_struct *mm;
	uint64_t addr, old_len;
	uint64_t new_addr, new_len;
	uint64_t flags;			/* LX_MREMAP_* */
	bool locked;			/* result: what was added must be filled in */
};

/* --- moving entries ------------------------------------------------------------------------------------- */

/*
 * A reverse-map walk finds areas in list order. If it came to the target first and then to the source, it would miss an
 * entry that moves from source to target meanwhile: then it must be kept out.
 */
static void take_rmap_locks(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		anon_vma_lock_write(vma->anon_vma);
}

static void drop_rmap_locks(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		anon_vma_unlock_write(vma->anon_vma);
}

/* Entries that follow each other in one table each. Nobody may use the old ones when the lock is dropped. */
static void move_ptes(struct vm_area_struct *vma, uint64_t *old_pte, uint64_t old_addr, uint64_t *new_pte, uint64_t len)
{
	struct mm_struct *mm = vma->vm_mm;
	bool flush = false;

	spin_lock(&mm->page_table_lock);
	for (uint64_t nr = len >> PAGE_SHIFT; nr; nr--, old_pte++, new_pte++) {
		uint64_t pte = *old_pte;

		if (pte_none(pte))
			continue;
		set_pte(old_pte, 0);
		flush |= pte & PTE_P;
		/* Who looks for what was written must see that it is elsewhere now. */
		set_pte(new_pte, pte | PTE_SOFT_DIRTY);
	}
	if (flush)
		flush_tlb_range(mm, old_addr, old_addr + len);
	spin_unlock(&mm->page_table_lock);
}

/* Both ends are a whole PTE table's: the table itself moves. False: the target has a table already, or none could be had. */
static bool move_normal_pmd(struct vm_area_struct *vma, uint64_t old_addr, uint64_t new_addr)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t *old_pmd = pmd_alloc(mm, old_addr);	/* it exists: its table was found */
	uint64_t *new_pmd = pmd_alloc(mm, new_addr);
	uint64_t pmd;

	if (!new_pmd || (*new_pmd & PTE_P))
		return false;
	spin_lock(&mm->page_table_lock);
	pmd = *old_pmd;
	set_pte(old_pmd, 0);
	set_pte(new_pmd, pmd);
	flush_tlb_range(mm, old_addr, old_addr + PMD_SIZE);
	spin_unlock(&mm->page_table_lock);
	return true;
}

/* Bytes from old_addr that were moved; fewer than len: no memory for a table. */
static uint64_t move_page_tables(struct vm_area_struct *vma, uint64_t old_addr, struct vm_area_struct *new_vma,
				 uint64_t new_addr, uint64_t len, bool need_rmap_locks)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t done, extent, span_end;

	for (done = 0; done < len; done += extent) {
		uint64_t from = old_addr + done, to = new_addr + done;
		uint64_t *old_pte = pte_lookup(mm, from, &span_end), *new_pte;
		bool moved;

		extent = min(span_end - from, len - done);
		if (!old_pte)
			continue;
		extent = min(extent, PMD_SIZE - to % PMD_SIZE);
		if (need_rmap_locks)
			take_rmap_locks(vma);
		moved = extent == PMD_SIZE && move_normal_pmd(vma, from, to);
		new_pte = moved ? NULL : pte_alloc(new_vma->vm_mm, to);
		if (new_pte)
			move_ptes(vma, old_pte, from, new_pte, extent);
		if (need_rmap_locks)
			drop_rmap_locks(vma);
		if (!moved && !new_pte)
			break;
	}
	return done;
}

/* --- a new area ----------------------------------------------------------------------------------------- */

/*
 * An area like *pvma for r's new range, which is free; or a neighbour that now includes it. *pvma may have been
 * merged into that neighbour: then it becomes it. NULL: no memory.
 */
static struct vm_area_struct *copy_vma(struct vm_area_struct **pvma, const struct mremap *r, bool *need_rmap_locks)
{
	struct vm_area_struct *vma = *pvma, *new_vma, *prev;
	uint64_t vma_start = vma->vm_start, addr = r->new_addr;
	bool fresh = vma_is_anonymous(vma) && !vma->anon_vma, beside;
	struct vma_merge m = {
		.mm = vma->vm_mm, .start = addr, .end = addr + r->new_len, .vm_flags = vma->vm_flags,
		.anon_vma = vma->anon_vma, .file = vma->vm_file,
		/* No page has an index yet: then it may fit to its new neighbours. */
		.pgoff = fresh ? addr >> PAGE_SHIFT : linear_page_index(vma, r->addr),
	};

	new_vma = find_vma_prev(m.mm, addr, &prev);
	BUG_ON(new_vma && new_vma->vm_start < m.end);
	m.prev = prev;
	/* What is left behind (MREMAP_DONTUNMAP) does not become one area with what went. */
	beside = fresh && (r->flags & LX_MREMAP_DONTUNMAP) && (vma->vm_end == addr || vma->vm_start == m.end);
	new_vma = beside ? NULL : vma_merge(&m);
	if (new_vma) {
		if (vma_start >= new_vma->vm_start && vma_start < new_vma->vm_end)
			*pvma = vma = new_vma;
		*need_rmap_locks = new_vma->vm_pgoff <= vma->vm_pgoff;
		return new_vma;
	}
	*need_rmap_locks = false;
	new_vma = vm_area_dup(vma);
	if (!new_vma)
		return NULL;
	new_vma->vm_start = addr;
	new_vma->vm_end = m.end;
	new_vma->vm_pgoff = m.pgoff;
	if (anon_vma_clone(new_vma, vma)) {
		vm_area_free(new_vma);
		return NULL;
	}
	if (new_vma->vm_file)
		get_file(new_vma->vm_file);
	if (new_vma->vm_ops && new_vma->vm_ops->open)
		new_vma->vm_ops->open(new_vma);
	vma_link(m.mm, new_vma, prev);
	return new_vma;
}

/* --- moving --------------------------------------------------------------------------------------------- */

/*
 * [addr, addr + len) goes, but what was committed for it is still owed (by the new area): VM_ACCOUNT is hidden from
 * do_munmap(), and shown again on what is left of vma. False: no memory to split it, all of it is left.
 */
static bool unmap_moved(struct vm_area_struct *vma, uint64_t addr, uint64_t len, bool accounted)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t start = vma->vm_start, end = vma->vm_end;
	bool unmapped;

	if (!accounted)
		return do_munmap(mm, addr, len) == 0;
	vma->vm_flags &= ~VM_ACCOUNT;
	unmapped = do_munmap(mm, addr, len) == 0;
	for (vma = find_vma_intersection(mm, start, end); vma && vma->vm_start < end; vma = vma->vm_next)
		vma->vm_flags |= VM_ACCOUNT;
	return unmapped;
}

/* What is to be moved becomes an area of its own; where no memory is for that, it stays a part. */
static void split_off(struct vm_area_struct *vma, const struct mremap *r)
{
	uint64_t end = r->addr + r->old_len;

	if (vma->vm_start < r->addr && split_vma(r->mm, vma, r->addr, /* new_below = */ true))
		return;
	if (end < vma->vm_end)
		split_vma(r->mm, vma, end, /* new_below = */ false);
}

/* MREMAP_DONTUNMAP: the old range stays, empty, and is not locked any more. */
static void keep_emptied(struct vm_area_struct *vma, const struct vm_area_struct *new_vma, const struct mremap *r)
{
	if (vma->vm_flags & VM_LOCKED)
		r->mm->locked_vm -= vma_pages(vma) - (r->old_len >> PAGE_SHIFT);
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	if (new_vma != vma && vma->vm_start == r->addr && vma->vm_end == r->addr + r->old_len)
		unlink_anon_vmas(vma);
}

/* Entries could not all be moved: those that were go back (their tables are still there), and the new area goes. */
static void move_back(struct vm_area_struct *vma, struct vm_area_struct *new_vma, const struct mremap *r, uint64_t moved,
		      uint64_t charge)
{
	uint64_t vm_flags = new_vma->vm_flags;

	move_page_tables(new_vma, r->new_addr, vma, r->addr, moved, true);
	if (unmap_moved(new_vma, r->new_addr, r->new_len, vm_flags & VM_ACCOUNT))
		vm_unacct_memory(charge);
	else if (vm_flags & VM_ACCOUNT)
		vm_committed_as += (r->new_len >> PAGE_SHIFT) - charge;
}

/* [addr, addr + old_len) of vma moves to new_addr, which is free. The new address, or -errno. */
static uint64_t move_vma(struct mremap *r, struct vm_area_struct *vma)
{
	struct mm_struct *mm = r->mm;
	uint64_t vm_flags = vma->vm_flags, hiwater_vm, moved;
	bool dontunmap = r->flags & LX_MREMAP_DONTUNMAP, need_rmap_locks;
	uint64_t charge = vm_flags & VM_ACCOUNT ? (r->new_len - (dontunmap ? 0 : r->old_len)) >> PAGE_SHIFT : 0;
	struct vm_area_struct *new_vma;

	/* The split of one area into three must not fail later. */
	if (mm->map_count >= mm_profile.max_map_count - 3)
		return -LX_ENOMEM;
	if (vm_enough_memory(charge))
		return -LX_ENOMEM;
	/* What will not be locked is no part of a locked area any more, which then may grow by what it becomes. */
	if (dontunmap && (vm_flags & VM_LOCKED))
		split_off(vma, r);
	new_vma = copy_vma(&vma, r, &need_rmap_locks);
	if (!new_vma) {
		vm_unacct_memory(charge);
		return -LX_ENOMEM;
	}
	moved = move_page_tables(vma, r->addr, new_vma, r->new_addr, r->old_len, need_rmap_locks);
	hiwater_vm = mm->hiwater_vm;
	/* do_munmap() takes the old ones off, or the new ones, if they could not be had. */
	vm_stat_account(mm, vm_flags, r->new_len >> PAGE_SHIFT);
	if (vm_flags & VM_LOCKED)
		mm->locked_vm += r->new_len >> PAGE_SHIFT;
	if (moved < r->old_len) {
		move_back(vma, new_vma, r, moved, charge);
		mm->hiwater_vm = hiwater_vm;
		return -LX_ENOMEM;
	}
	if (dontunmap) {
		if (vm_flags & VM_LOCKED)
			mm->locked_vm -= r->old_len >> PAGE_SHIFT;
		keep_emptied(vma, new_vma, r);
		return r->new_addr;
	}
	/* If even that fails, both stay, and the old one's commitment is wanted twice. */
	if (!unmap_moved(vma, r->addr, r->old_len, vm_flags & VM_ACCOUNT) && (vm_flags & VM_ACCOUNT))
		vm_committed_as += r->old_len >> PAGE_SHIFT;
	mm->hiwater_vm = hiwater_vm;
	r->locked = vm_flags & VM_LOCKED;
	return r->new_addr;
}

/* --- which way ------------------------------------------------------------------------------------------ */

/* The area at addr, if it may have the new size. *error: -errno. */
static struct vm_area_struct *vma_to_resize(const struct mremap *r, int *error)
{
	struct vm_area_struct *vma = find_vma(r->mm, r->addr);
	uint64_t grow = r->new_len - r->old_len, pgoff;

	*error = -LX_EFAULT;
	if (!vma || vma->vm_start > r->addr)
		return NULL;
	*error = -LX_EINVAL;
	/* A second mapping of the same pages: only of shared ones. */
	if (!r->old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return NULL;
	if ((r->flags & LX_MREMAP_DONTUNMAP) && (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP)))
		return NULL;
	*error = -LX_EFAULT;
	if (r->old_len > vma->vm_end - r->addr)
		return NULL;
	*error = 0;
	if (!grow)
		return vma;
	pgoff = linear_page_index(vma, r->addr);
	if (pgoff + (r->new_len >> PAGE_SHIFT) < pgoff)
		*error = -LX_EINVAL;
	else if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		*error = -LX_EFAULT;
	else if (mlock_future_check(r->mm, vma->vm_flags, grow))
		*error = -LX_EAGAIN;
	else if (!may_expand_vm(r->mm, vma->vm_flags, grow >> PAGE_SHIFT))
		*error = -LX_ENOMEM;
	return *error ? NULL : vma;
}

static uint64_t place(const struct mremap *r, const struct vm_area_struct *vma, uint64_t hint, uint64_t map_flags)
{
	if (vma->vm_flags & VM_MAYSHARE)
		map_flags |= LX_MAP_SHARED;
	return mm_get_unmapped_area(r->mm, vma->vm_file, hint, r->new_len, linear_page_index(vma, r->addr), map_flags);
}

/* MREMAP_FIXED: what is at new_addr goes first, and is gone even if the rest fails. MREMAP_DONTUNMAP: it is a hint. */
static uint64_t mremap_to(struct mremap *r)
{
	bool fixed = r->flags & LX_MREMAP_FIXED;
	struct vm_area_struct *vma;
	uint64_t placed;
	int error;

	if (r->new_addr % PAGE_SIZE || r->new_len > TASK_SIZE || r->new_addr > TASK_SIZE - r->new_len)
		return -LX_EINVAL;
	if (r->addr + r->old_len > r->new_addr && r->new_addr + r->new_len > r->addr)
		return -LX_EINVAL;
	if (r->mm->map_count + 2 >= mm_profile.max_map_count - 3)
		return -LX_ENOMEM;
	if (fixed) {
		error = do_munmap(r->mm, r->new_addr, r->new_len);
		if (error)
			return error;
	}
	if (r->old_len > r->new_len) {
		error = do_munmap(r->mm, r->addr + r->new_len, r->old_len - r->new_len);
		if (error)
			return error;
		r->old_len = r->new_len;
	}
	vma = vma_to_resize(r, &error);
	if (!vma)
		return error;
	if ((r->flags & LX_MREMAP_DONTUNMAP) && !may_expand_vm(r->mm, vma->vm_flags, r->old_len >> PAGE_SHIFT))
		return -LX_ENOMEM;
	placed = place(r, vma, r->new_addr, fixed ? LX_MAP_FIXED : 0);
	if (IS_ERR_VALUE(placed))
		return placed;
	if (!fixed)
		r->new_addr = placed;
	return move_vma(r, vma);
}

static bool vma_expandable(const struct vm_area_struct *vma, uint64_t delta)
{
	uint64_t end = vma->vm_end + delta;

	if (end < vma->vm_end || find_vma_intersection(vma->vm_mm, vma->vm_end, end))
		return false;
	return !IS_ERR_VALUE(mm_get_unmapped_area(vma->vm_mm, NULL, vma->vm_start, end - vma->vm_start, 0,
						  LX_MAP_FIXED));
}

/*
 * The extension `m` joins the area. One that tells of its end (vm_ops->close) would never merge; it is made longer, and
 * stays apart from the next. The area that has it now, or NULL: no memory.
 */
static struct vm_area_struct *extend(struct vm_area_struct *vma, const struct vma_merge *m)
{
	if (!vma->vm_ops || !vma->vm_ops->close)
		return vma_merge(m);
	return __vma_adjust(vma, vma->vm_start, m->end, vma->vm_pgoff, NULL, vma) ? NULL : vma;
}

/* The area ends where the range ends, and there is room behind it: it gets longer, and may meet the next one. */
static uint64_t expand_in_place(struct mremap *r, struct vm_area_struct *vma)
{
	uint64_t pages = (r->new_len - r->old_len) >> PAGE_SHIFT;
	uint64_t charge = vma->vm_flags & VM_ACCOUNT ? pages : 0;
	const struct vma_merge m = {
		.mm = r->mm, .prev = vma, .start = vma->vm_end, .end = r->addr + r->new_len,
		.vm_flags = vma->vm_flags, .anon_vma = vma->anon_vma, .file = vma->vm_file,
		.pgoff = linear_page_index(vma, vma->vm_end),
	};

	if (vm_enough_memory(charge))
		return -LX_ENOMEM;
	vma = extend(vma, &m);
	if (!vma) {
		vm_unacct_memory(charge);
		return -LX_ENOMEM;
	}
	vm_stat_account(r->mm, vma->vm_flags, pages);
	if (vma->vm_flags & VM_LOCKED) {
		r->mm->locked_vm += pages;
		r->locked = true;
		r->new_addr = r->addr;
	}
	return r->addr;
}

static uint64_t grow(struct mremap *r)
{
	struct vm_area_struct *vma;
	int error;

	vma = vma_to_resize(r, &error);
	if (!vma)
		return error;
	if (r->old_len == vma->vm_end - r->addr && vma_expandable(vma, r->new_len - r->old_len))
		return expand_in_place(r, vma);
	if (!(r->flags & LX_MREMAP_MAYMOVE))
		return -LX_ENOMEM;
	r->new_addr = place(r, vma, 0, 0);
	return IS_ERR_VALUE(r->new_addr) ? r->new_addr : move_vma(r, vma);
}

/* Of any number of areas: what is behind the new length goes. *downgraded: mmap_lock is held for reading now. */
static uint64_t shrink(const struct mremap *r, bool *downgraded)
{
	int error = 0;

	if (r->old_len != r->new_len)
		error = __do_munmap(r->mm, r->addr + r->new_len, r->old_len - r->new_len, /* downgrade = */ true);
	*downgraded = error == 1;
	return error < 0 ? (uint64_t)error : r->addr;
}

static bool flags_make_sense(const struct mremap *r)
{
	if (r->flags & ~(uint64_t)(LX_MREMAP_FIXED | LX_MREMAP_MAYMOVE | LX_MREMAP_DONTUNMAP))
		return false;
	if ((r->flags & (LX_MREMAP_FIXED | LX_MREMAP_DONTUNMAP)) && !(r->flags & LX_MREMAP_MAYMOVE))
		return false;
	return true;
}

/** mremap(2). */
long ksys_mremap(uint64_t addr, uint64_t old_len, uint64_t new_len, uint64_t flags, uint64_t new_addr)
{
	struct mm_struct *mm = get_current()->mm;
	struct mremap r = {
		.mm = mm, .addr = addr, .old_len = ALIGN_UP(old_len, PAGE_SIZE),
		.new_addr = new_addr, .new_len = ALIGN_UP(new_len, PAGE_SIZE), .flags = flags,
	};
	struct vm_area_struct *vma;
	bool downgraded = false;
	uint64_t ret;

	if (!flags_make_sense(&r) || ((flags & LX_MREMAP_DONTUNMAP) && old_len != new_len))
		return -LX_EINVAL;
	if (addr % PAGE_SIZE || !r.new_len)
		return -LX_EINVAL;
	mmap_write_lock(mm);
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start > addr)
		ret = -LX_EFAULT;
	else if (flags & (LX_MREMAP_FIXED | LX_MREMAP_DONTUNMAP))
		ret = mremap_to(&r);
	else if (r.old_len >= r.new_len)
		ret = shrink(&r, &downgraded);
	else
		ret = grow(&r);
	if (downgraded)
		mmap_read_unlock(mm);
	else
		mmap_write_unlock(mm);
	if (r.locked && !IS_ERR_VALUE(ret) && r.new_len > r.old_len)
		mm_populate(mm, r.new_addr + r.old_len, r.new_len - r.old_len);
	return ret;
}
