// SPDX-License-Identifier: MIT
/* One area: its birth, its end, and every change of its limits (Linux mm/mmap.c, kernel/fork.c). */
#include "internal.h"

static DEFINE_KMEM_CACHE(vm_area_cachep, "vm_area_struct", sizeof(struct vm_area_struct));

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_zalloc(&vm_area_cachep);

	if (vma) {
		vma->vm_mm = mm;
		INIT_LIST_HEAD(&vma->anon_vma_chain);
	}
	return vma;
}

struct vm_area_struct *vm_area_dup(const struct vm_area_struct *orig)
{
	struct vm_area_struct *vma = kmem_cache_alloc(&vm_area_cachep);

	if (vma) {
		*vma = *orig;
		INIT_LIST_HEAD(&vma->anon_vma_chain);
	}
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	kmem_cache_free(&vm_area_cachep, vma);
}

void remove_vma(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

/* --- __vma_adjust ----------------------------------------------------------------------------- */

/** What a change of vma's limits does to the areas around it. */
struct vma_adjustment {
	struct vm_area_struct *keep;	/* the area that gets the new limits */
	struct vm_area_struct *gone[2];	/* areas that it swallows */
	struct vm_area_struct *next;	/* the border to it moves, by `shift` bytes upwards */
	int64_t shift;
	struct vm_area_struct *donor;	/* its pages come to `heir`, which must know their anon_vma */
	struct vm_area_struct *heir;
};

/*
 *	keep         next                    keep
 *	AAAA....     BBBB                    AAAAAAAAAAAA      swallow next; and the one behind it (case 6)
 *	vma (gone)   expand = keep
 *	AAAA         BBBB                    BBBBBBBB          case 8: the other way round
 *	AAAA         BBBBBB                  AAAAAABBBB        case 5: the border moves up
 *	AAAAAA       BBBB                    AAAABBBBBB        case 4: it moves down
 *	AAAA....     (nothing reached)       AAAAAAAA          cases 2 and 3
 */
static struct vma_adjustment plan_adjustment(struct vm_area_struct *vma, uint64_t end,
					     struct vm_area_struct *expand)
{
	struct vma_adjustment a = { .keep = vma, .next = vma->vm_next };

	if (!a.next)
		return a;
	if (end >= a.next->vm_end) {
		if (expand == a.next) {
			BUG_ON(end != a.next->vm_end);
			a.keep = a.next;
			a.gone[0] = vma;
		} else {
			a.gone[0] = a.next;
			a.gone[1] = end > a.next->vm_end ? a.next->vm_next : NULL;
			BUG_ON(a.gone[1] && end != a.gone[1]->vm_end);
		}
		a.donor = a.gone[1] && !a.gone[0]->anon_vma ? a.gone[1] : a.gone[0];
		a.heir = a.keep;
	} else if (end > a.next->vm_start) {
		a.shift = end - a.next->vm_start;
		a.donor = a.next;
		a.heir = vma;
	} else if (end < vma->vm_end) {
		a.shift = -(int64_t)(vma->vm_end - end);
		a.donor = vma;
		a.heir = a.next;
	}
	BUG_ON(a.heir && a.heir != expand);
	return a;
}

/* Swallowed areas leave list and tree; then the limits move. Each step leaves the gaps right. */
static void carry_out(struct mm_struct *mm, const struct vma_adjustment *a, uint64_t start, uint64_t end,
		      uint64_t pgoff)
{
	struct vm_area_struct *vma = a->keep;
	bool start_changed = vma->vm_start != start;
	bool end_changed = vma->vm_end != end;

	for (int i = 0; i < 2 && a->gone[i]; i++)
		vma_unlink(mm, a->gone[i]);
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = pgoff;
	if (a->shift) {
		a->next->vm_start += a->shift;
		a->next->vm_pgoff += a->shift >> PAGE_SHIFT;
	}
	if (start_changed)
		vma_gap_update(vma);
	if (end_changed)
		vma_end_changed(mm, vma);
}

/*
 * The tree of the file and those of the anon_vmas are keyed by page offset. Who gets another one leaves them for the
 * while; keep may not be among these, if only its end moves.
 */
static void file_areas_out(const struct vma_adjustment *a, bool keep_moves, struct rb_root *root)
{
	if (keep_moves)
		vma_interval_tree_remove(a->keep, root);
	if (a->shift)
		vma_interval_tree_remove(a->next, root);
	for (int i = 0; i < 2 && a->gone[i]; i++)
		vma_interval_tree_remove(a->gone[i], root);
}

static void file_areas_in(const struct vma_adjustment *a, bool keep_moves, struct rb_root *root)
{
	if (a->shift)
		vma_interval_tree_insert(a->next, root);
	if (keep_moves)
		vma_interval_tree_insert(a->keep, root);
	else
		vma_interval_tree_last_changed(a->keep);
}

/* What is swallowed leaves these trees at its end. */
static void anon_areas_out(const struct vma_adjustment *a, bool keep_moves)
{
	if (keep_moves)
		anon_vma_interval_tree_pre_update_vma(a->keep);
	if (a->shift)
		anon_vma_interval_tree_pre_update_vma(a->next);
}

static void anon_areas_in(const struct vma_adjustment *a, bool keep_moves)
{
	if (a->shift)
		anon_vma_interval_tree_post_update_vma(a->next);
	if (keep_moves)
		anon_vma_interval_tree_post_update_vma(a->keep);
	else
		anon_vma_interval_tree_last_changed(a->keep);
}

/* The swallowed area's pages are keep's now, by an anon_vma that keep has, too. */
static void free_swallowed(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		fput(vma->vm_file);
	unlink_anon_vmas(vma);
	vm_area_free(vma);
}

static int adjust_around(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint64_t pgoff,
			 struct vm_area_struct *expand)
{
	struct vma_adjustment a = plan_adjustment(vma, end, expand);
	struct address_space *mapping = vma->vm_file ? vma->vm_file->f_mapping : NULL;
	struct mm_struct *mm = vma->vm_mm;
	bool keep_moves = a.keep->vm_pgoff != pgoff;
	struct anon_vma *anon_vma;

	if (a.donor && a.donor->anon_vma && !a.heir->anon_vma) {
		a.heir->anon_vma = a.donor->anon_vma;
		if (anon_vma_clone(a.heir, a.donor))
			return -LX_ENOMEM;
	}
	anon_vma = a.keep->anon_vma ? a.keep->anon_vma : a.shift ? a.next->anon_vma : NULL;
	if (mapping) {
		down_write(&mapping->i_mmap_rwsem);
		file_areas_out(&a, keep_moves, &mapping->i_mmap);
	}
	if (anon_vma)
		anon_vma_lock_write(anon_vma);
	anon_areas_out(&a, keep_moves);
	carry_out(mm, &a, start, end, pgoff);
	anon_areas_in(&a, keep_moves);
	if (anon_vma)
		anon_vma_unlock_write(anon_vma);
	if (mapping) {
		file_areas_in(&a, keep_moves, &mapping->i_mmap);
		up_write(&mapping->i_mmap_rwsem);
	}
	for (int i = 0; i < 2 && a.gone[i]; i++)
		free_swallowed(a.gone[i]);
	return 0;
}

/*
 * vma shrinks from one side, and `insert` is what it loses. No gap but those around the two changes, and
 * vma_link() updates these.
 */
static void adjust_split(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint64_t pgoff,
			 struct vm_area_struct *insert)
{
	struct vm_area_struct *prev = insert->vm_start < start ? vma->vm_prev : vma;
	struct address_space *mapping = vma->vm_file ? vma->vm_file->f_mapping : NULL;

	if (mapping) {
		down_write(&mapping->i_mmap_rwsem);
		vma_interval_tree_remove(vma, &mapping->i_mmap);
	}
	if (vma->anon_vma)
		anon_vma_lock_write(vma->anon_vma);
	anon_vma_interval_tree_pre_update_vma(vma);
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = pgoff;
	anon_vma_interval_tree_post_update_vma(vma);
	__vma_link(vma->vm_mm, insert, prev);
	if (vma->anon_vma)
		anon_vma_unlock_write(vma->anon_vma);
	if (mapping) {
		vma_interval_tree_insert(vma, &mapping->i_mmap);
		vma_interval_tree_insert(insert, &mapping->i_mmap);
		up_write(&mapping->i_mmap_rwsem);
	}
}

int __vma_adjust(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint64_t pgoff,
		 struct vm_area_struct *insert, struct vm_area_struct *expand)
{
	if (!insert)
		return adjust_around(vma, start, end, pgoff, expand);
	adjust_split(vma, start, end, pgoff, insert);
	return 0;
}

/* --- split ------------------------------------------------------------------------------------ */

int __split_vma(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t addr, bool new_below)
{
	struct vm_area_struct *new = vm_area_dup(vma);
	uint64_t upper_pgoff = linear_page_index(vma, addr);

	mmap_assert_write_locked(mm);
	if (!new)
		return -LX_ENOMEM;
	if (new_below) {
		new->vm_end = addr;
	} else {
		new->vm_start = addr;
		new->vm_pgoff = upper_pgoff;
	}
	if (anon_vma_clone(new, vma)) {
		vm_area_free(new);
		return -LX_ENOMEM;
	}
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	if (new_below)
		return __vma_adjust(vma, addr, vma->vm_end, upper_pgoff, new, NULL);
	return __vma_adjust(vma, vma->vm_start, addr, vma->vm_pgoff, new, NULL);
}

int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t addr, bool new_below)
{
	if (mm->map_count >= mm_profile.max_map_count)
		return -LX_ENOMEM;
	return __split_vma(mm, vma, addr, new_below);
}
