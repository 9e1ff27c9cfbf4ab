/* SPDX-License-Identifier: MIT */
/* Corruptions of anon_vmas and of the chains between them and areas. */
#include "inject/rows.h"

static bool in_use(const struct model *m, const struct inject_object *o)
{
	const struct model_anon_vma *anon = o->item;

	(void)m;
	return anon->nr_chain && anon->nr_vmas;
}

static bool child(const struct model *m, const struct inject_object *o)
{
	const struct model_anon_vma *anon = o->item;

	return in_use(m, o) && anon->raw.root.va != anon->addr.va;
}

static const struct rb_node *node(const struct inject_object *o)
{
	return &((const struct model_avc *)o->item)->raw.rb;
}

static bool has_left(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return node(o)->rb_left.va;
}

const struct corruption rmap_corruptions[] = {
#define KIND OBJ_ANON_VMA
	SET("anon_vma.root=0", in_use, "root", 0, "anon-root"),
	COPY("anon_vma.root=other", in_use, "root", "anon-root|anon-refs"),
	MORE_AND_LESS("anon_vma.refcount", in_use, "refcount", "anon-refs"),
	MORE_AND_LESS("anon_vma.num_children", in_use, "num_children", "anon-counts"),
	MORE_AND_LESS("anon_vma.num_active_vmas", in_use, "num_active_vmas", "anon-counts"),
	SET("anon_vma.parent=0", child, "parent", 0, "anon-root|anon-counts"),
	COPY("anon_vma.parent=other", in_use, "parent", "anon-counts"),
	SET("anon_vma.rwsem", in_use, "rwsem.count", 1, "locks"),
	SET("anon_vma.rb_root=0", in_use, "rb_root.rb_node", 0, "avc-lists"),
	SWAP("anon_vma.rb_root<>other", in_use, "rb_root.rb_node", "avc-names"),
	SET("anon_vma.rb_root=wild", in_use, "rb_root.rb_node", WILD, "pointers-sound|tree-sound"),
#undef KIND
#define KIND OBJ_AVC
	SET("avc.vma=0", NULL, "vma", 0, "avc-names"),
	COPY("avc.vma=other", NULL, "vma", "avc-names"),
	SET("avc.anon_vma=0", NULL, "anon_vma", 0, "avc-names"),
	COPY("avc.anon_vma=other", NULL, "anon_vma", "avc-names"),
	SWAP("avc.anon_vma<>other", NULL, "anon_vma", "avc-names"),
	SELF("avc.same_vma.next=self", NULL, "same_vma.next", "lists-sound"),
	SELF("avc.same_vma.prev=self", NULL, "same_vma.prev", "lists-sound"),
	SET("avc.same_vma.next=wild", NULL, "same_vma.next", WILD, "pointers-sound|lists-sound"),
	SWAP("avc.same_vma.next<>other", NULL, "same_vma.next", "lists-sound|avc-lists|avc-names"),
	XOR("avc.rb.colour", NULL, "rb.__rb_parent_color", 1, "anon-tree"),
	POINT("avc.rb.parent=other", NULL, "rb.__rb_parent_color", offsetof(struct anon_vma_chain, rb) + 1, "anon-tree"),
	SET("avc.rb.rb_left=0", has_left, "rb.rb_left", 0, "avc-lists"),
	SET("avc.rb.rb_right=wild", NULL, "rb.rb_right", WILD, "pointers-sound|tree-sound"),
	ADD("avc.rb_subtree_last+1", NULL, "rb_subtree_last", 1, "anon-tree"),
	{0},
};
#undef KIND
