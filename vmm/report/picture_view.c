/* SPDX-License-Identifier: MIT */
/* A picture of a process that is known from outside only, as /proc tells it: areas and counters, no tables or frames. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/picture.h"

static const char *view_area_name(const struct view_area *area)
{
	if (strcmp(area->name, "[heap]") == 0)
		return "[heap]";
	if (strcmp(area->name, "[stack]") == 0)
		return "[stack]";
	if (*area->name)
		return area->flags & VM_MAYSHARE ? "file, shared" : "file";
	return area->flags & VM_MAYSHARE ? "anon, shared" : "anon";
}

/* As counters.c does it for the guest: the agent's share is taken off. */
static void drop_agents(struct pic_counters *c, const struct view_area *area)
{
	int64_t pages = (area->end - area->start) / PAGE_SIZE;

	c->total_vm -= pages;
	if ((area->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		c->data_vm -= pages;
	if (area->flags & VM_LOCKED)
		c->locked_vm -= pages;
}

static void add_area(struct pic_mm *mm, const struct view_area *area)
{
	mm->counters.anon += area->anonymous / PAGE_SIZE;
	mm->counters.shmem += (area->rss - area->anonymous) / PAGE_SIZE;
	mm->counters.areas++;
	if (strcmp(area->name, "[heap]") == 0)
		mm->brk = area->end;
	mm->areas[mm->nr_areas++] = (struct pic_area){.start = area->start,
						      .end = area->end,
						      .flags = area->flags,
						      .pgoff = area->offset / PAGE_SIZE,
						      .present = area->rss / PAGE_SIZE,
						      .name = view_area_name(area)};
}

struct picture *picture_of_view(const struct view *view)
{
	struct picture *p = xcalloc(1, sizeof(*p));
	struct pic_mm *mm = xcalloc(1, sizeof(*mm));

	*mm = (struct pic_mm){.id = 1, .start_brk = view->start_brk, .start_stack = view->start_stack};
	mm->brk = view->start_brk;
	mm->counters = (struct pic_counters){.swap = view->counters.swap / PAGE_SIZE,
					     .total_vm = view->counters.size / PAGE_SIZE,
					     .data_vm = view->counters.data / PAGE_SIZE,
					     .stack_vm = view->counters.stack / PAGE_SIZE,
					     .locked_vm = view->counters.locked / PAGE_SIZE,
					     .tables = view->counters.tables / PAGE_SIZE};
	mm->areas = xcalloc(view->nr_areas + 1, sizeof(*mm->areas));
	for (uint32_t i = 0; i < view->nr_areas; i++)
		if (in_agent_footprint(view->areas[i].start, view->areas[i].end))
			drop_agents(&mm->counters, &view->areas[i]);
		else
			add_area(mm, &view->areas[i]);
	p->mms = mm;
	p->nr_mms = view->nr_areas ? 1 : 0;
	return p;
}
