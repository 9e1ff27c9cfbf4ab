/* SPDX-License-Identifier: MIT */
/* Names of frames, mms and tasks; see names.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/names.h"

/* Not in use: nothing to call by name. */
static bool frame_idle(const struct model *model, uint64_t pfn)
{
	enum frame_role role = model_frame_role(model, pfn);

	return pfn >= model->nr_frames || role == FRAME_FREE || role == FRAME_UNTOUCHED ||
	       role == FRAME_SLAB || role == FRAME_KERNEL || role == FRAME_PIPE;
}

static void forget_idle_frames(struct names *names, const struct model *model)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < names->nr_frames; i++) {
		struct named_frame f = names->frames[i];

		if (frame_idle(model, f.pfn)) {
			names->slot[f.pfn] = 0;
			continue;
		}
		names->frames[kept++] = f;
		names->slot[f.pfn] = kept;
	}
	names->nr_frames = kept;
}

static struct named_mm *find_mm(const struct names *names, const struct model_mm *mm)
{
	for (uint32_t i = 0; i < names->nr_mms; i++)
		if (names->mms[i].addr == mm->addr.va && names->mms[i].pgd_pa == mm->pgd_pa)
			return &names->mms[i];
	return NULL;
}

static struct named_mm *add_mm(struct names *names, const struct model_mm *mm)
{
	struct named_mm *named;

	if (names->nr_mms == names->cap_mms) {
		names->cap_mms = names->cap_mms ? 2 * names->cap_mms : 8;
		names->mms = xrealloc(names->mms, names->cap_mms * sizeof(*names->mms));
	}
	named = &names->mms[names->nr_mms++];
	*named = (struct named_mm){.addr = mm->addr.va, .pgd_pa = mm->pgd_pa, .id = ++names->last_mm};
	snprintf(named->label, sizeof(named->label), "mm%" PRIu32, named->id);
	return named;
}

static bool label_taken(const struct names *names, const struct named_mm *by)
{
	for (uint32_t i = 0; i < names->nr_mms; i++)
		if (&names->mms[i] != by && strcmp(names->mms[i].label, by->label) == 0)
			return true;
	return false;
}

/* A task that changes its mm by exec while somebody still holds the old one would give its name twice. */
static void label_mm(struct names *names, struct named_mm *named, const struct model *model, int index)
{
	for (uint32_t i = 0; i < model->nr_tasks; i++) {
		if (model->tasks[i].mm != index)
			continue;
		snprintf(named->label, sizeof(named->label), "%s",
			 names_of_task(names, model, model->tasks[i].raw.pid));
		if (label_taken(names, named))
			snprintf(named->label, sizeof(named->label), "%.12s#%" PRIu32,
				 names_of_task(names, model, model->tasks[i].raw.pid), named->id);
		return;
	}
}

static void forget_gone_mms(struct names *names)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < names->nr_mms; i++)
		if (names->mms[i].seen == names->generation)
			names->mms[kept++] = names->mms[i];
	names->nr_mms = kept;
}

void names_begin(struct names *names, const struct model *model)
{
	if (model->nr_frames > names->nr_slots) {
		names->slot = xrealloc(names->slot, model->nr_frames * sizeof(*names->slot));
		memset(names->slot + names->nr_slots, 0,
		       (model->nr_frames - names->nr_slots) * sizeof(*names->slot));
		names->nr_slots = model->nr_frames;
	}
	names->limit = model->nr_frames;
	forget_idle_frames(names, model);
	names->generation++;
	for (uint32_t i = 1; i < model->nr_mms; i++) { /* 0 is init_mm */
		struct named_mm *named = find_mm(names, &model->mms[i]);

		if (!named) {
			named = add_mm(names, &model->mms[i]);
			label_mm(names, named, model, i);
		}
		named->seen = names->generation;
	}
	forget_gone_mms(names);
}

void names_frame(struct names *names, uint64_t pfn)
{
	if (pfn >= names->limit || names->slot[pfn])
		return;
	if (names->nr_frames == names->cap_frames) {
		names->cap_frames = names->cap_frames ? 2 * names->cap_frames : 64;
		names->frames = xrealloc(names->frames, names->cap_frames * sizeof(*names->frames));
	}
	names->frames[names->nr_frames++] = (struct named_frame){.pfn = pfn, .name = ++names->last_frame};
	names->slot[pfn] = names->nr_frames;
}

int64_t names_slot(const struct names *names, uint64_t pfn)
{
	return pfn < names->nr_slots ? (int64_t)names->slot[pfn] - 1 : -1;
}

bool names_find(const struct names *names, uint32_t name, uint64_t *pfn)
{
	for (uint32_t i = 0; i < names->nr_frames; i++) {
		if (names->frames[i].name != name)
			continue;
		*pfn = names->frames[i].pfn;
		return true;
	}
	return false;
}

const struct named_mm *names_mm(const struct names *names, const struct model_mm *mm)
{
	return find_mm(names, mm);
}

void names_task(struct names *names, int pid, const char *name)
{
	struct named_task *task = NULL;

	for (uint32_t i = 0; i < names->nr_tasks; i++)
		if (names->tasks[i].pid == pid)
			task = &names->tasks[i];
	if (!task && names->nr_tasks == names->cap_tasks) {
		names->cap_tasks = names->cap_tasks ? 2 * names->cap_tasks : 8;
		names->tasks = xrealloc(names->tasks, names->cap_tasks * sizeof(*names->tasks));
	}
	if (!task)
		task = &names->tasks[names->nr_tasks++];
	task->pid = pid;
	snprintf(task->name, sizeof(task->name), "%s", name);
}

const char *names_of_task(const struct names *names, const struct model *model, int pid)
{
	static char text[4][NAME_MAX_LEN];
	static unsigned int turn;
	const struct model_task *task;

	for (uint32_t i = 0; i < names->nr_tasks; i++)
		if (names->tasks[i].pid == pid)
			return names->tasks[i].name;
	task = model ? model_find_task(model, pid) : NULL;
	turn = (turn + 1) % 4;
	if (!task || !task->comm[0])
		snprintf(text[turn], sizeof(text[turn]), "pid %d", pid);
	else
		snprintf(text[turn], sizeof(text[turn]), "%s", task->comm);
	for (char *p = text[turn]; *p; p++) /* comm is the guest's: nothing in it may reach a terminal */
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
	return text[turn];
}

uint32_t names_number(const struct names *names, uint64_t pfn)
{
	int64_t slot = names_slot(names, pfn);

	return slot < 0 ? 0 : names->frames[slot].name;
}

void put_frame(struct buf *b, bool raw, uint64_t pfn, uint32_t name)
{
	if (raw)
		buf_printf(b, "#%" PRIx64, pfn);
	else if (name)
		buf_printf(b, "F%" PRIu32, name);
	else
		buf_puts(b, "?");
}

void names_free(struct names *names)
{
	free(names->slot);
	free(names->frames);
	free(names->mms);
	free(names->tasks);
	*names = (struct names){0};
}

static void *copy_array(const void *from, uint64_t n, size_t size)
{
	return n ? memcpy(xmalloc(n * size), from, n * size) : NULL;
}

struct names names_copy(const struct names *names)
{
	struct names copy = *names;

	copy.slot = copy_array(names->slot, names->nr_slots, sizeof(*names->slot));
	copy.frames = copy_array(names->frames, names->nr_frames, sizeof(*names->frames));
	copy.mms = copy_array(names->mms, names->nr_mms, sizeof(*names->mms));
	copy.tasks = copy_array(names->tasks, names->nr_tasks, sizeof(*names->tasks));
	copy.cap_frames = copy.nr_frames;
	copy.cap_mms = copy.nr_mms;
	copy.cap_tasks = copy.nr_tasks;
	return copy;
}

void names_take_back(struct names *names, const struct names *then)
{
	struct names back = names_copy(then);

	back.last_frame = names->last_frame;
	back.last_mm = names->last_mm;
	back.generation = names->generation;
	names_free(names);
	*names = back;
}
