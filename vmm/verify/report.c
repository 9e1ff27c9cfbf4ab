/* SPDX-License-Identifier: MIT */
/* Findings, and the words in which they name things. */
#include "verify/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"

void report(struct verify_context *c, const struct invariant *self, struct site site, const char *format, ...)
{
	struct findings *all = c->findings;
	struct finding *finding;
	va_list args;

	if (c->found++ >= MAX_PER_INVARIANT) {
		all->suppressed++;
		return;
	}
	if (all->n == all->capacity) {
		all->capacity = all->capacity ? all->capacity * 2 : 16;
		all->items = xrealloc(all->items, all->capacity * sizeof(*all->items));
	}
	finding = &all->items[all->n++];
	*finding = (struct finding){
		.invariant = self, .mm = site.mm, .object = site.object, .va = site.va, .pfn = site.pfn};
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

static bool finding_equal(const struct finding *a, const struct finding *b)
{
	return a->invariant == b->invariant && a->mm == b->mm && a->object.va == b->object.va && a->va == b->va &&
	       a->pfn == b->pfn && !strcmp(a->text, b->text);
}

bool findings_equal(const struct findings *a, const struct findings *b, uint32_t *where)
{
	for (*where = 0; *where < a->n && *where < b->n; ++*where)
		if (!finding_equal(&a->items[*where], &b->items[*where]))
			return false;
	return a->n == b->n && a->suppressed == b->suppressed;
}

void findings_free(struct findings *findings)
{
	free(findings->items);
	*findings = (struct findings){0};
}

struct label mm_label(const struct model *model, int mm)
{
	struct label label = {"no mm"};

	if (mm < 0 || (uint32_t)mm >= model->nr_mms)
		return label;
	for (uint32_t i = 0; i < model->nr_tasks; i++) {
		const struct model_task *task = &model->tasks[i];

		if (task->mm == mm) {
			snprintf(label.text, sizeof(label.text), "%s (pid %d)", task->comm, task->raw.pid);
			return label;
		}
	}
	if (mm == 0)
		snprintf(label.text, sizeof(label.text), "init_mm");
	else
		snprintf(label.text, sizeof(label.text), "mm %#lx without users", model->mms[mm].addr.va);
	return label;
}

struct label area_label(const struct model_vma *vma)
{
	uint64_t flags = vma->raw.vm_flags;
	struct label label;

	snprintf(label.text, sizeof(label.text), "%lx-%lx %c%c%c%c", vma->raw.vm_start, vma->raw.vm_end,
		 flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-',
		 flags & VM_MAYSHARE ? 's' : 'p');
	return label;
}

struct label frame_label(const struct model *model, uint64_t pfn)
{
	struct label label;

	if (pfn >= model->nr_frames)
		snprintf(label.text, sizeof(label.text), "frame %#lx (outside RAM)", pfn);
	else
		snprintf(label.text, sizeof(label.text), "frame %#lx (%s)", pfn,
			 frame_role_name(model_frame_role(model, pfn)));
	return label;
}

const struct model_vma *vma_at(const struct model *model, gva_t addr)
{
	uint32_t index = addr_map_get(&model->vma_map, addr.va);

	return index == ADDR_MAP_NONE ? NULL : &model->all_vmas[index];
}

const struct model_vma *vma_of_node(const struct model *model, gva_t node)
{
	return vma_at(model, (gva_t){node.va - offsetof(struct vm_area_struct, vm_rb)});
}

uint32_t tasks_in_calls(const struct model *model)
{
	uint32_t n = 0;

	for (int i = 0; i < AGENT_CHANNELS; i++)
		n += model->lab.channels[i].state == LAB_CHANNEL_BUSY;
	for (uint32_t i = 0; i < model->nr_tasks; i++)
		n += model->tasks[i].mm > 0 && model->tasks[i].raw.channel < 0 &&
		     model->tasks[i].raw.state == TASK_INTERRUPTIBLE;
	return n;
}

const struct model_cache *cache_named(const struct model *model, const char *name)
{
	for (uint32_t i = 0; i < model->nr_caches; i++)
		if (!strcmp(model->caches[i].raw.name, name))
			return &model->caches[i];
	return NULL;
}
