/* SPDX-License-Identifier: MIT */
/*
 * Reverse mapping: anon_vma chains the same from both sides, family counts, and that each anonymous
 * page's anon_vma leads to every area that maps it.
 */
#include "verify/leaf.h"

static const struct model_anon_vma *anon_at(const struct model *model, gva_t addr)
{
	uint32_t index = addr_map_get(&model->anon_vma_map, addr.va);

	return index == ADDR_MAP_NONE ? NULL : &model->anon_vmas[index];
}

void check_avc_lists(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_avcs; i++) {
		const struct model_avc *avc = &c->now->avcs[i];

		if (!holds(c, avc->nr_on_vma == 1 && avc->tree.nr_met == 1))
			report(c, self, AT_OBJECT(avc->addr),
			       "anon_vma_chain %#lx is on %u lists of areas and in %u trees of anon_vmas, "
			       "expected 1 and 1",
			       avc->addr.va, avc->nr_on_vma, avc->tree.nr_met);
	}
}

void check_avc_names(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_avcs; i++) {
		const struct model_avc *avc = &c->now->avcs[i];

		if (!holds(c, !avc->nr_on_vma || avc->raw.vma.va == avc->listed_vma.va))
			report(c, self, AT_OBJECT(avc->addr),
			       "anon_vma_chain %#lx names area %#lx, but is on the list of %#lx",
			       avc->addr.va, avc->raw.vma.va, avc->listed_vma.va);
		if (!holds(c, !avc->tree.nr_met || avc->raw.anon_vma.va == avc->tree.owner.va))
			report(c, self, AT_OBJECT(avc->addr),
			       "anon_vma_chain %#lx names anon_vma %#lx, but is in the tree of %#lx",
			       avc->addr.va, avc->raw.anon_vma.va, avc->tree.owner.va);
	}
}

void check_anon_link(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_all_vmas; i++) {
		const struct model_vma *vma = &now->all_vmas[i];

		if (vma->raw.anon_vma.va && !holds(c, sieve_linked(c->sieve, vma->addr, vma->raw.anon_vma)))
			report(c, self, AT_AREA(vma),
			       "%s: no anon_vma_chain links area %s to its anon_vma %#lx",
			       mm_label(now, vma->mm).text, area_label(vma).text, vma->raw.anon_vma.va);
	}
}

/** The chains of an area without anon_vma: there may be none. */
void check_anon_none(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_avcs; i++) {
		const struct model_vma *vma = vma_at(now, now->avcs[i].listed_vma);

		if (vma && !holds(c, vma->raw.anon_vma.va != 0))
			report(c, self, AT_AREA(vma),
			       "%s: area %s has no anon_vma, but anon_vma_chain %#lx on its list",
			       mm_label(now, vma->mm).text, area_label(vma).text, now->avcs[i].addr.va);
	}
}

void check_anon_root(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_anon_vmas; i++) {
		const struct model_anon_vma *anon = &now->anon_vmas[i];
		const struct model_anon_vma *parent = anon_at(now, anon->raw.parent);
		const struct model_anon_vma *root = anon_at(now, anon->raw.root);

		if (!holds(c, root && root->raw.root.va == root->addr.va &&
				      root->raw.parent.va == root->addr.va))
			report(c, self, AT_OBJECT(anon->addr), "anon_vma %#lx: root %#lx is no root",
			       anon->addr.va, anon->raw.root.va);
		if (!holds(c, parent && parent->raw.root.va == anon->raw.root.va))
			report(c, self, AT_OBJECT(anon->addr),
			       "anon_vma %#lx: parent %#lx is of another root", anon->addr.va,
			       anon->raw.parent.va);
	}
	for (uint32_t i = 0; i < now->nr_avcs; i++) {
		const struct model_avc *avc = &now->avcs[i];
		const struct model_vma *vma = vma_at(now, avc->listed_vma);
		const struct model_anon_vma *one = anon_at(now, avc->raw.anon_vma);
		const struct model_anon_vma *own = vma ? anon_at(now, vma->raw.anon_vma) : NULL;

		if (!holds(c, !one || !own || one->raw.root.va == own->raw.root.va))
			report(c, self, AT_AREA(vma),
			       "%s: area %s is linked to anon_vma %#lx of another family than its own %#lx",
			       mm_label(now, vma->mm).text, area_label(vma).text, avc->raw.anon_vma.va,
			       own->addr.va);
	}
}

void check_anon_tree(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_avcs; i++) {
		const struct model_avc *avc = &c->now->avcs[i];
		const char *wrong = interval_trouble(&avc->tree, avc->raw.rb_subtree_last);

		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(avc->addr),
			       "anon_vma %#lx: anon_vma_chain %#lx in its tree: %s (rb_subtree_last %#lx, expected "
			       "%#lx)",
			       avc->tree.owner.va, avc->addr.va, wrong, avc->raw.rb_subtree_last, avc->tree.last);
	}
}

void check_anon_counts(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_anon_vmas; i++) {
		const struct model_anon_vma *anon = &c->now->anon_vmas[i];

		if (!holds(c, anon->raw.num_active_vmas == anon->nr_vmas))
			report(c, self, AT_OBJECT(anon->addr),
			       "anon_vma %#lx: num_active_vmas is %lu, expected %u", anon->addr.va,
			       anon->raw.num_active_vmas, anon->nr_vmas);
		if (!holds(c, anon->raw.num_children == anon->nr_children))
			report(c, self, AT_OBJECT(anon->addr),
			       "anon_vma %#lx: num_children is %u, expected %u", anon->addr.va,
			       anon->raw.num_children, anon->nr_children);
	}
}

/** One reference as long as areas hang on it, and at a root one for each descendant, for its lock. */
void check_anon_refs(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_anon_vmas; i++) {
		const struct model_anon_vma *anon = &c->now->anon_vmas[i];
		bool root = anon->raw.root.va == anon->addr.va;
		int64_t expected = (anon->nr_chain > 0) + (root ? (int64_t)anon->nr_descendants - 1 : 0);

		if (!holds(c, anon->raw.refcount == expected))
			report(c, self, AT_OBJECT(anon->addr),
			       "anon_vma %#lx: refcount is %d, expected %ld (%u areas linked, %u "
			       "descendants)",
			       anon->addr.va, anon->raw.refcount, expected, anon->nr_chain,
			       root && anon->nr_descendants ? anon->nr_descendants - 1 : 0);
	}
}

/* --- pages ---------------------------------------------------------------------------------------- */

void check_page_rmap(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
		if (!v->linked)
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx maps %s of anon_vma %#lx, which does not lead to area %s",
			       mm_label(c->now, v->mm).text, v->leaf.va,
			       frame_label(c->now, PFN(v->leaf.pa)).text,
			       v->frame->raw.mapping.va & ~PAGE_MAPPING_ANON, area_label(v->area).text);
}

void check_page_anon(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
	{
		gva_t anon = {frame->raw.mapping.va & ~PAGE_MAPPING_ANON};

		if (frame->role == FRAME_ANON && !anon_at(c->now, anon))
			report(c, self, AT_FRAME(pfn), "%s: mapping %#lx names no anon_vma",
			       frame_label(c->now, pfn).text, frame->raw.mapping.va);
	}
}
