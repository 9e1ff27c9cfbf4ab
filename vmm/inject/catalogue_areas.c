/* SPDX-License-Identifier: MIT */
/* Corruptions of vm_area_structs: extent, links, tree, rights, and what they lead to. */
#include "inject/rows.h"
#include "observe/leaves.h"

#define KIND	 OBJ_AREA
#define RB(name) offsetof(struct vm_area_struct, name)
#define ACCESS	 (VM_READ | VM_WRITE | VM_EXEC)

static const struct model_vma *vma(const struct inject_object *o)
{
	return o->item;
}

static const struct model_vma *next_of(const struct model *m, const struct inject_object *o)
{
	const struct model_mm *mm = &m->mms[o->mm];

	return vma(o) + 1 < mm->vmas + mm->nr_vmas ? vma(o) + 1 : NULL;
}

static bool plain(uint64_t flags)
{
	return !(flags & (VM_SHARED | VM_PFNMAP | VM_IO | VM_GROWSDOWN));
}

static bool has_anon_page(const struct model *m, const struct model_vma *area)
{
	const struct model_mm *mm = &m->mms[area->mm];

	for (struct leaf_walk w = leaves_from(mm, LEAVES_PRESENT, area->raw.vm_start); leaf_next(&w) && w.leaf.va < area->raw.vm_end;)
		if (model_frame_role(m, w.leaf.pa >> PAGE_SHIFT) == FRAME_ANON)
			return true;
	return false;
}

/* --- which areas ---------------------------------------------------------------------------------- */

#define FITS(name, condition)                                                                                          \
	static bool name(const struct model *m, const struct inject_object *o)                                         \
	{                                                                                                              \
		(void)m;                                                                                               \
		return condition;                                                                                      \
	}

FITS(room_below, vma(o)->gap >= 2 * PAGE_SIZE)
FITS(room_above, !next_of(m, o) ? false : next_of(m, o)->raw.vm_start >= vma(o)->raw.vm_end + PAGE_SIZE)
FITS(touches_next, next_of(m, o) && next_of(m, o)->raw.vm_start == vma(o)->raw.vm_end)
FITS(has_next, vma(o)->raw.vm_next.va)
FITS(has_prev, vma(o)->raw.vm_prev.va)
FITS(root, vma(o)->depth == 0)
FITS(not_root, vma(o)->depth > 0)
FITS(has_left, vma(o)->raw.vm_rb.rb_left.va)
FITS(has_right, vma(o)->raw.vm_rb.rb_right.va)
FITS(one_child, !vma(o)->raw.vm_rb.rb_left.va != !vma(o)->raw.vm_rb.rb_right.va)
FITS(has_gap, vma(o)->raw.rb_subtree_gap)
FITS(readable, (vma(o)->raw.vm_flags & ACCESS) == VM_READ)
FITS(readable_private, (vma(o)->raw.vm_flags & (ACCESS | VM_MAYSHARE)) == VM_READ)
FITS(data, (vma(o)->raw.vm_flags & ACCESS) == (VM_READ | VM_WRITE) && plain(vma(o)->raw.vm_flags))
FITS(code, vma(o)->raw.vm_flags & VM_EXEC)
FITS(anon, !vma(o)->raw.vm_file.va && plain(vma(o)->raw.vm_flags))
FITS(shared, vma(o)->raw.vm_flags & VM_SHARED)
FITS(account, (vma(o)->raw.vm_flags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE)) == (VM_ACCOUNT | VM_WRITE))
FITS(unlocked, data(m, o) && !(vma(o)->raw.vm_flags & VM_LOCKED))
FITS(no_file, !vma(o)->raw.vm_file.va)
FITS(file, vma(o)->inode >= 0)
FITS(file_private, vma(o)->inode >= 0 && !(vma(o)->raw.vm_flags & VM_SHARED) && (vma(o)->raw.vm_flags & VM_WRITE))
FITS(in_i_mmap, vma(o)->i_mmap.nr_met)
FITS(has_anon_vma, vma(o)->raw.anon_vma.va)
FITS(no_anon_vma, !vma(o)->raw.anon_vma.va)
FITS(with_pages, has_anon_page(m, vma(o)))

#define FLAG(name, fits, bit, by) XOR("vma.vm_flags." name, fits, "vm_flags", bit, by)

const struct corruption area_corruptions[] = {
	ADD("vma.vm_start-page", room_below, "vm_start", -PAGE_SIZE, "total-vm"),
	ADD("vma.vm_start+1", NULL, "vm_start", 1, "area-extent"),
	SWAP2("vma.vm_start<>vm_end", NULL, "vm_start", "vm_end", "area-extent"),
	SET("vma.vm_start=0", NULL, "vm_start", 0, "area-extent|area-order"),
	ADD("vma.vm_end+page", room_above, "vm_end", PAGE_SIZE, "total-vm"),
	ADD("vma.vm_end-page", room_above, "vm_end", -PAGE_SIZE, "total-vm"),
	ADD("vma.vm_end+page-overlap", touches_next, "vm_end", PAGE_SIZE, "area-order"),
	SET("vma.vm_end=beyond", NULL, "vm_end", 1UL << 47, "area-extent"),
	SWAP("vma.vm_end<>other", NULL, "vm_end", "area-extent|area-order"),
	SET("vma.vm_next=0", has_next, "vm_next", 0, "area-members"),
	SET("vma.vm_next=wild", has_next, "vm_next", WILD, "pointers-sound"),
	SELF("vma.vm_next=self", has_next, "vm_next", "lists-sound|pointers-sound|area-members"),
	COPY("vma.vm_next=other", has_next, "vm_next", "area-links|area-members|lists-sound"),
	SWAP("vma.vm_next<>other", has_next, "vm_next", "area-links|area-members|lists-sound"),
	SET("vma.vm_prev=0", has_prev, "vm_prev", 0, "area-links"),
	SET("vma.vm_prev=wild", has_prev, "vm_prev", WILD, "area-links"),
	SWAP("vma.vm_prev<>other", has_prev, "vm_prev", "area-links"),
	XOR("vma.vm_rb.colour", not_root, "vm_rb.__rb_parent_color", 1, "rb-balance"),
	XOR("vma.vm_rb.colour-root", root, "vm_rb.__rb_parent_color", 1, "rb-colour"),
	SET("vma.vm_rb.parent=0", not_root, "vm_rb.__rb_parent_color", 1, "rb-parent"),
	SWAP("vma.vm_rb.parent<>other", not_root, "vm_rb.__rb_parent_color", "rb-parent|rb-balance"),
	POINT("vma.vm_rb.parent-of-root", root, "vm_rb.__rb_parent_color", RB(vm_rb) + 1, "rb-parent"),
	SET("vma.vm_rb.rb_left=0", has_left, "vm_rb.rb_left", 0, "area-members"),
	SET("vma.vm_rb.rb_left=wild", has_left, "vm_rb.rb_left", WILD, "pointers-sound"),
	SET("vma.vm_rb.rb_right=0", has_right, "vm_rb.rb_right", 0, "area-members"),
	SWAP2("vma.vm_rb.left<>right", one_child, "vm_rb.rb_left", "vm_rb.rb_right", "rb-order"),
	ADD("vma.rb_subtree_gap+page", NULL, "rb_subtree_gap", PAGE_SIZE, "rb-gap"),
	SET("vma.rb_subtree_gap=0", has_gap, "rb_subtree_gap", 0, "rb-gap"),
	SET("vma.vm_mm=0", NULL, "vm_mm", 0, "area-mm"),
	COPY("vma.vm_mm=other", NULL, "vm_mm", "area-mm"),
	XOR("vma.vm_page_prot.rw", NULL, "vm_page_prot", PTE_RW, "area-prot"),
	XOR("vma.vm_page_prot.us", NULL, "vm_page_prot", PTE_US, "area-prot"),
	XOR("vma.vm_page_prot.nx", NULL, "vm_page_prot", PTE_NX, "area-prot"),
	XOR("vma.vm_page_prot.p", NULL, "vm_page_prot", PTE_P, "area-prot"),
	SET("vma.vm_page_prot=0", NULL, "vm_page_prot", 0, "area-prot"),
	FLAG("read", readable, VM_READ, "area-prot"),
	FLAG("write", data, VM_WRITE, "data-vm"),
	FLAG("exec", data, VM_EXEC, "area-prot"),
	FLAG("shared", data, VM_SHARED, "area-flags"),
	FLAG("mayread", readable, VM_MAYREAD, "area-flags"),
	FLAG("maywrite", data, VM_MAYWRITE, "area-flags"),
	FLAG("mayexec", code, VM_MAYEXEC, "area-flags"),
	FLAG("mayshare-anon", anon, VM_MAYSHARE, "area-flags"),
	FLAG("mayshare-shared", shared, VM_MAYSHARE, "area-flags"),
	FLAG("growsdown", data, VM_GROWSDOWN, "stack-vm"),
	FLAG("pfnmap", data, VM_PFNMAP, "area-device|area-flags"),
	FLAG("io", data, VM_IO, "area-device|area-flags"),
	FLAG("locked", data, VM_LOCKED, "locked-vm"),
	FLAG("lockonfault", unlocked, VM_LOCKONFAULT, "area-flags"),
	FLAG("account", account, VM_ACCOUNT, "area-account"),
	FLAG("seq+rand", NULL, VM_SEQ_READ | VM_RAND_READ, "area-flags"),
	FLAG("mayexec-data", data, VM_MAYEXEC, "area-flags"),
	FLAG("maywrite-readonly", readable_private, VM_MAYWRITE, "area-flags"),
	FLAG("dontexpand", data, VM_DONTEXPAND, "area-flags"),
	FLAG("noreserve", account, VM_NORESERVE, "area-flags"),
	FLAG("wipeonfork-file", file, VM_WIPEONFORK, "area-flags"),
	FLAG("bit-60", NULL, 1UL << 60, "area-flags"),
	SET("vma.vm_flags=0", data, "vm_flags", 0, "area-prot"),
	SET("vma.shared.rb.parent=0", in_i_mmap, "shared.rb.__rb_parent_color", 0, "i-mmap-last"),
	XOR("vma.shared.rb.colour", in_i_mmap, "shared.rb.__rb_parent_color", 1, "i-mmap-last"),
	POINT("vma.shared.rb.rb_left=other", in_i_mmap, "shared.rb.rb_left", RB(shared), "i-mmap|i-mmap-last|tree-sound"),
	ADD("vma.shared.rb_subtree_last+1", in_i_mmap, "shared.rb_subtree_last", 1, "i-mmap-last"),
	SELF("vma.anon_vma_chain=empty", has_anon_vma, "anon_vma_chain.next", "avc-lists|lists-sound"),
	SET("vma.anon_vma_chain.prev=0", has_anon_vma, "anon_vma_chain.prev", 0, "lists-sound"),
	SET("vma.anon_vma_chain.next=wild", NULL, "anon_vma_chain.next", WILD, "pointers-sound|lists-sound"),
	SET("vma.anon_vma=0", has_anon_vma, "anon_vma", 0, "anon-none"),
	SET("vma.anon_vma=wild", has_anon_vma, "anon_vma", WILD, "pointers-sound"),
	COPY("vma.anon_vma=other", has_anon_vma, "anon_vma", "anon-link|anon-root|anon-counts"),
	{"vma.anon_vma=stranger", KIND, no_anon_vma, "anon_vma", HOW_SET, WILD, "pointers-sound", NULL},
	SET("vma.vm_ops=0", file, "vm_ops", 0, "area-kind"),
	ADD("vma.vm_ops+8", file, "vm_ops", 8, "area-kind"),
	SET("vma.vm_ops=wild", anon, "vm_ops", WILD, "area-kind"),
	ADD("vma.vm_pgoff+1", with_pages, "vm_pgoff", 1, "leaf-index"),
	SET("vma.vm_pgoff=huge", file, "vm_pgoff", 1UL << 52, "i-mmap-last|leaf-index"),
	SET("vma.vm_file=0", file, "vm_file", 0, "area-kind|i-mmap"),
	SET("vma.vm_file=wild", file, "vm_file", WILD, "pointers-sound|i-mmap"),
	COPY("vma.vm_file=other", file_private, "vm_file", "i-mmap"),
	SET("vma.shared.rb_subtree_last=1", no_file, "shared.rb_subtree_last", 1, "area-kind"),
	SET("vma.vm_private_data=1", NULL, "vm_private_data", 1, "area-kind"),
	{0},
};
