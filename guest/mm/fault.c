// SPDX-License-Identifier: MIT
/*
 * A page fault at a user address (Linux arch/x86/mm/fault.c: do_user_addr_fault):
 *
 *	is there an area?       no -> SIGSEGV, SEGV_MAPERR
 *	does it begin above?    a stack may grow down to the address; else SEGV_MAPERR
 *	are the rights there?   no -> SEGV_ACCERR
 *	handle_mm_fault         beyond a file's end -> SIGBUS; no memory -> SIGKILL
 *
 * When the kernel itself made the access, no signal comes of it: the caller looks into the exception table.
 */
#include "internal.h"

/* How one fault ended. */
struct outcome {
	struct fault_result result;
	unsigned int how;		/* enum lab_fault, or'ed with LAB_FAULT_GREW */
	uint64_t pfn;
};

static struct outcome bad_area(int si_code)
{
	return (struct outcome){
		.result = { LX_SIGSEGV, si_code },
		.how = si_code == LX_SEGV_ACCERR ? LAB_FAULT_SEGV_ACCERR : LAB_FAULT_SEGV_MAPERR,
	};
}

/*
 * Linux access_error(). A fetch from a page that is not there and may not be executed passes, and
 * faults again when the page is there.
 */
static bool access_error(uint32_t error_code, const struct vm_area_struct *vma)
{
	if (error_code & PF_W)
		return !(vma->vm_flags & VM_WRITE);
	if (error_code & PF_P)
		return true;
	return !vma_is_accessible(vma);
}

/*
 * The area for address, mmap_lock held for reading; NULL, and no lock: there is none. A stack that
 * must grow needs the lock for writing: it is dropped, taken again, and everything is looked up
 * anew.
 */
static struct vm_area_struct *lock_mm_and_find_vma(struct mm_struct *mm, uint64_t address, bool *grew)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	if (likely(vma && vma->vm_start <= address))
		return vma;
	mmap_read_unlock(mm);
	if (!vma || !(vma->vm_flags & VM_GROWSDOWN))
		return NULL;
	mmap_write_lock(mm);
	vma = find_vma(mm, address);
	if (!vma || (vma->vm_start > address &&
		     (!(vma->vm_flags & VM_GROWSDOWN) || expand_stack(vma, address)))) {
		mmap_write_unlock(mm);
		return NULL;
	}
	*grew = true;
	mmap_write_downgrade(mm);
	return vma;
}

static struct outcome fault_outcome(const struct vm_fault *vmf, int fault)
{
	struct outcome o = { .how = vmf->how, .pfn = vmf->pfn };

	if (fault & VM_FAULT_OOM) {
		/* No other task is worth less: the one that asks is killed. */
		o.result = (struct fault_result){ LX_SIGKILL, LX_SI_KERNEL };
		o.how = LAB_FAULT_OOM;
	} else if (fault & VM_FAULT_SIGBUS) {
		o.result = (struct fault_result){ LX_SIGBUS, LX_BUS_ADRERR };
		o.how = LAB_FAULT_SIGBUS;
	} else if (fault & VM_FAULT_HWPOISON) {
		o.result = (struct fault_result){ LX_SIGBUS, LX_BUS_MCEERR_AR };
		o.how = LAB_FAULT_HWPOISON;
	} else if (fault) {
		o = bad_area(LX_SEGV_MAPERR);
	}
	return o;
}

static struct outcome fault_in_mm(struct mm_struct *mm, uint64_t address, uint32_t error_code)
{
	unsigned int flags = (error_code & PF_W ? FAULT_FLAG_WRITE : 0) | (error_code & PF_U ? FAULT_FLAG_USER : 0) |
			     (error_code & PF_I ? FAULT_FLAG_INSTRUCTION : 0);
	struct vm_area_struct *vma;
	struct vm_fault vmf;
	struct outcome o;
	bool grew = false;

	vma = lock_mm_and_find_vma(mm, address, &grew);
	if (!vma)
		return bad_area(LX_SEGV_MAPERR);
	if (unlikely(access_error(error_code, vma)))
		o = bad_area(LX_SEGV_ACCERR);
	else
		o = fault_outcome(&vmf, handle_mm_fault(&vmf, vma, address, flags));
	mmap_read_unlock(mm);
	if (grew)
		o.how |= LAB_FAULT_GREW;
	return o;
}

struct fault_result do_user_addr_fault(struct mm_struct *mm, uint64_t address, uint32_t error_code)
{
	struct outcome o = mm ? fault_in_mm(mm, address, error_code) : bad_area(LX_SEGV_MAPERR);

	if (o.result.signo && !(error_code & PF_U))
		o.how = (o.how & LAB_FAULT_GREW) | LAB_FAULT_FIXUP;
	lab_event(LAB_EV_FAULT, address, error_code, o.how, o.pfn);
	return o.result;
}
