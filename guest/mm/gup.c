// SPDX-License-Identifier: MIT
/*
 * The kernel's way to pages of any address space, not only current's (Linux mm/gup.c; access_remote_vm of mm/memory.c).
 * Rights of the area decide, not those of entries. FOLL_FORCE, the debugger's key, reads what nobody may read and
 * writes what nobody may write, but never into what others see: a private area has its page copied first.
 */
#include "internal.h"

/* May the pages of this area be had at all? (Linux check_vma_flags.) */
static bool may_follow(const struct vm_area_struct *vma, unsigned int flags)
{
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return false;
	if (flags & FOLL_WRITE)
		return (vma->vm_flags & VM_WRITE) || ((flags & FOLL_FORCE) && is_cow_mapping(vma->vm_flags));
	return (vma->vm_flags & VM_READ) || ((flags & FOLL_FORCE) && (vma->vm_flags & VM_MAYREAD));
}

/*
 * May it be written through an entry that does not let the task write? Only by force, in a private area, and only a page
 * that COW has already made this mm's own (Linux can_follow_write_pte; may_follow() has looked at the area).
 */
static bool can_follow_write(uint64_t pte, const struct vm_area_struct *vma)
{
	const struct page *page = vm_normal_page(pte);

	if (pte & PTE_RW)
		return true;
	return !(vma->vm_flags & VM_WRITE) && page && PageAnon(page) && (page->flags & PG_anon_exclusive) &&
	       (!mm_profile.soft_dirty || page_soft_dirty(vma, pte));
}

/*
 * An anonymous page that others may share would be replaced by the first write of ours, and what was pinned would be theirs:
 * it is copied before (Linux gup_must_unshare).
 */
static bool gup_must_unshare(uint64_t pte, unsigned int flags)
{
	const struct page *page = vm_normal_page(pte);

	return (flags & (FOLL_WRITE | FOLL_PIN)) == FOLL_PIN && !(pte & PTE_RW) && page && PageAnon(page) &&
	       !(page->flags & PG_anon_exclusive);
}

/* The page that is mapped there, good for what is asked, with a reference; NULL: a fault of these flags is due first. */
static struct page *follow_page(struct vm_area_struct *vma, uint64_t addr, unsigned int flags, unsigned int *fault_flags)
{
	struct mm_struct *mm = vma->vm_mm;
	struct page *page = NULL;
	uint64_t span_end;
	uint64_t *pte;

	spin_lock(&mm->page_table_lock);
	pte = pte_lookup(mm, addr, &span_end);
	*fault_flags = flags & FOLL_WRITE ? FAULT_FLAG_WRITE : 0;
	if (pte && pte_present(*pte) && gup_must_unshare(*pte, flags)) {
		*fault_flags = FAULT_FLAG_UNSHARE;
	} else if (pte && pte_present(*pte) && (!(flags & FOLL_WRITE) || can_follow_write(*pte, vma))) {
		page = pfn_to_page(pte_pfn(*pte));
		get_page(page);
	}
	spin_unlock(&mm->page_table_lock);
	return page;
}

/* The page behind addr, faulted in if need be, with a reference; ERR_PTR. */
static struct page *get_page_of(struct vm_area_struct *vma, uint64_t addr, unsigned int flags)
{
	unsigned int fault_flags;
	struct page *page;

	while (!(page = follow_page(vma, addr, flags, &fault_flags))) {
		struct vm_fault vmf;
		int fault = handle_mm_fault(&vmf, vma, addr, fault_flags);

		if (fault)
			return ERR_PTR(fault & VM_FAULT_OOM ? -LX_ENOMEM : -LX_EFAULT);
	}
	return page;
}

long get_user_page_fast(struct mm_struct *mm, uint64_t addr, bool write, struct page **page)
{
	uint64_t want = PTE_P | PTE_US | (write ? PTE_RW : 0), span_end, *pte;

	mmap_assert_locked(mm);
	spin_lock(&mm->page_table_lock);
	pte = pte_lookup(mm, addr, &span_end);
	*page = pte && (*pte & (want | PTE_SPECIAL)) == want ? pfn_to_page(pte_pfn(*pte)) : NULL;
	if (*page)
		get_page(*page);
	spin_unlock(&mm->page_table_lock);
	return *page ? 1 : get_user_pages_remote(mm, addr, 1, write ? FOLL_WRITE : 0, page);
}

long get_user_pages_remote(struct mm_struct *mm, uint64_t start, uint64_t nr, unsigned int flags,
			   struct page **pages)
{
	struct vm_area_struct *vma = NULL;
	long error = 0;
	uint64_t n;

	mmap_assert_locked(mm);
	for (n = 0; n < nr; n++, start += PAGE_SIZE) {
		if (!vma || start >= vma->vm_end)
			vma = find_vma(mm, start);
		error = -LX_EFAULT;
		if (!vma || start < vma->vm_start || !may_follow(vma, flags))
			break;
		pages[n] = get_page_of(vma, start, flags);
		error = PTR_ERR(pages[n]);
		if (IS_ERR(pages[n]))
			break;
	}
	return n ? (long)n : error;
}

struct page *get_dump_page(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma;
	struct page *page = NULL;
	uint64_t span_end;
	uint64_t *pte;

	mmap_read_lock(mm);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr && may_follow(vma, FOLL_FORCE)) {
		pte = pte_lookup(mm, addr, &span_end);
		if (pte && !pte_none(*pte)) {
			page = vm_normal_page(*pte);
			if (page)
				get_page(page);
		} else if (!vma_is_anonymous(vma) && vma->vm_ops->fault) {
			page = get_page_of(vma, addr, FOLL_FORCE);
		}
	}
	mmap_read_unlock(mm);
	return IS_ERR(page) ? NULL : page;
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* Up to `len` bytes within the page of addr. Bytes done; 0: the page cannot be had. */
static uint64_t access_page(struct mm_struct *mm, uint64_t addr, char *buf, uint64_t len, unsigned int flags)
{
	struct page *page;
	char *at;

	if (get_user_pages_remote(mm, addr, 1, flags, &page) != 1)
		return 0;
	len = min(len, PAGE_SIZE - addr % PAGE_SIZE);
	at = (char *)__va(page_to_pfn(page) << PAGE_SHIFT) + addr % PAGE_SIZE;
	if (flags & FOLL_WRITE) {
		memcpy(at, buf, len);
		page->flags |= PG_dirty;
	} else {
		memcpy(buf, at, len);
	}
	put_page(page);
	return len;
}

/* What lies behind no struct page: the device is asked. Bytes done, or 0. */
static uint64_t access_device(struct mm_struct *mm, uint64_t addr, char *buf, uint64_t len, unsigned int flags)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	int done = 0;

	if (vma && vma->vm_start <= addr && vma->vm_ops && vma->vm_ops->access)
		done = vma->vm_ops->access(vma, addr, buf, min(len, vma->vm_end - addr), flags & FOLL_WRITE);
	return done > 0 ? done : 0;
}

/* A stack grows to be looked at, too. The lock is dropped and taken again. */
static bool grow_to(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	bool grew = false;

	if (!vma || vma->vm_start <= addr || !(vma->vm_flags & VM_GROWSDOWN))
		return false;
	mmap_read_unlock(mm);
	mmap_write_lock(mm);
	vma = find_vma(mm, addr);
	if (vma && (vma->vm_flags & VM_GROWSDOWN))
		grew = !expand_stack(vma, addr);
	mmap_write_downgrade(mm);
	return grew;
}

uint64_t access_remote_vm(struct mm_struct *mm, uint64_t addr, void *buf, uint64_t len, unsigned int flags)
{
	uint64_t done = 0, n;

	mmap_read_lock(mm);
	while (done < len) {
		n = access_page(mm, addr + done, (char *)buf + done, len - done, flags);
		if (!n && grow_to(mm, addr + done))
			continue;
		if (!n)
			n = access_device(mm, addr + done, (char *)buf + done, len - done, flags);
		if (!n)
			break;
		done += n;
	}
	mmap_read_unlock(mm);
	return done;
}
