/* SPDX-License-Identifier: MIT */
/*
 * a:probe(): accesses of ring 3, each against what the walk of the tables foretells at that moment, and against the host's set of
 * translations that the TLB may still hold. They are made one after the other from the state as it stands, so the first ones meet the TLB as the
 * last step left it; then the guest is set back, and nothing has happened.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "observe/leaves.h"
#include "observe/agree.h"
#include "script/injecting.h"
#include "script/snapshot.h"

#define DEFAULT_MAX   64
#define MAX_ADDRESSES 1024
#define KERNEL_TEXT 0xffffffff80100000UL /* mapped for ring 0: P is set in the fault */

struct probe {
	struct session *s;
	struct task *task;
	uint64_t root;			/* of its tables */
	struct probe_at {
		uint64_t va;
		bool claimed;		/* by the host's watch: a CPU may still hold another translation */
	} at[MAX_ADDRESSES];		/* in the order in which they are tried */
	uint32_t n, max;
	uint32_t done, claimed, stale;
	uint64_t bad_va;		/* the first that disagrees … */
	enum access_kind bad_kind;
	const char *bad;		/* … NULL: none did */
	bool gone;			/* the task died of it */
};

/* --- where ----------------------------------------------------------------------------------------- */

static void add(struct probe *p, uint64_t va, bool claimed)
{
	va &= ~(PAGE_SIZE - 1);
	if (p->n == p->max || (va < KERNEL_TEXT && (va < PAGE_SIZE || va >= TASK_SIZE || in_agent_footprint(va, va + PAGE_SIZE))))
		return;
	for (uint32_t i = 0; i < p->n; i++)
		if (p->at[i].va == va)
			return;
	p->at[p->n++] = (struct probe_at){va, claimed};
	p->claimed += claimed;
}

/* What the TLB may hold comes first: the kernel may flush on the way. */
static void add_claimed(struct probe *p)
{
	const struct verify_aids *aids = p->s->target->ops->aids(p->s->target);

	for (uint32_t i = 0; aids && aids->tlb && i < aids->tlb->nr_problems; i++)
		if (aids->tlb->problems[i].pgd_pa == p->root)
			add(p, aids->tlb->problems[i].va, true);
}

/* The ends of each area and what lies beside them, then pages that are there, then one of the kernel's. */
static void choose(struct probe *p, const struct model_mm *mm)
{
	add_claimed(p);
	add(p, KERNEL_TEXT, false);
	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		const struct vm_area_struct *vma = &mm->vmas[i].raw;

		add(p, vma->vm_start, false);
		add(p, vma->vm_end - 1, false);
		add(p, vma->vm_start - 1, false);
		add(p, vma->vm_end, false);
	}
	for (struct leaf_walk w = leaves_of(mm, LEAVES_PRESENT); leaf_next(&w);)
		add(p, w.leaf.va, false);
	for (struct leaf_walk w = leaves_of(mm, LEAVES_HELD); leaf_next(&w);)
		add(p, w.leaf.va, false);
}

/* --- one access ------------------------------------------------------------------------------------ */

static struct access_outcome foretell(const struct probe *p, uint64_t va, enum access_kind kind)
{
	return walk_access(p->s->model->image, p->root, access_mode_of(&p->s->model->cpus[0]),
			   (struct access){.va = va, .kind = kind, .user = true});
}

static uint8_t byte_at(const struct probe *p, uint64_t pa)
{
	uint8_t byte = 0;

	image_read(p->s->model->image, (gpa_t){pa}, &byte, 1);
	return byte;
}

/* The first fault at that page among the events of the access. */
static void find_fault(const struct probe *p, uint32_t first, uint64_t va, struct access_seen *seen)
{
	for (uint32_t i = first; i < p->s->nr_events && !seen->fault; i++) {
		const struct lab_event *e = &p->s->events[i];

		if (e->type != LAB_EV_FAULT || (e->args[0] ^ va) >= PAGE_SIZE || e->pid != p->task->pid)
			continue;
		seen->fault = true;
		seen->error = e->args[1];
	}
}

static struct agent_cmd command(uint64_t va, enum access_kind kind, uint8_t byte)
{
	if (kind == ACCESS_FETCH)
		return (struct agent_cmd){.op = AGENT_RUN, .args = {va}};
	return (struct agent_cmd){.op = kind == ACCESS_READ ? AGENT_READ : AGENT_WRITE, .size = 1, .args = {va, byte}};
}

/* -1: the run is over. */
static int try(struct probe *p, const struct probe_at *at, enum access_kind kind)
{
	const uint64_t va = at->va;
	const struct access_outcome foretold = foretell(p, va, kind);
	const uint32_t first = p->s->nr_events;
	struct access_seen seen = {0};
	struct agent_cmd cmd;
	struct outcome out;
	const char *bad;

	/* Code that may be executed is somebody's: what it would do is not ours to find out. */
	if (kind == ACCESS_FETCH && !(foretold.fault && foretold.error & PF_P))
		return 0;
	seen.expected = byte_at(p, foretold.walk.pa) ^ (kind == ACCESS_WRITE ? 0x5a : 0);
	cmd = command(va, kind, seen.expected);
	if (session_round(p->s, p->task, &cmd, &out))
		return -1;
	p->gone = out.kind != OUTCOME_REPORT;
	if (p->gone)
		return 0;
	find_fault(p, first, va, &seen);
	seen.done = out.report.status == AGENT_OK;
	seen.value = kind == ACCESS_READ ? out.report.value : byte_at(p, foretold.walk.pa);
	if (!foretold.fault && foretold.walk.nr_steps)
		image_read(p->s->model->image, (gpa_t){foretold.walk.steps[foretold.walk.nr_steps - 1].entry_pa}, &seen.leaf, 8);
	bad = access_disagrees(&foretold, &seen);
	p->done++;
	if (bad && at->claimed)
		p->stale++;
	else if (bad && !p->bad)
		p->bad = bad, p->bad_va = va, p->bad_kind = kind;
	return 0;
}

static int try_all(struct probe *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		for (enum access_kind kind = ACCESS_READ; kind <= ACCESS_FETCH && !p->gone; kind++)
			if (try(p, &p->at[i], kind))
				return -1;
	return 0;
}

/* --- the method ------------------------------------------------------------------------------------ */

static void push_result(lua_State *L, const struct probe *p)
{
	lua_newtable(L);
	lua_pushinteger(L, p->done);
	lua_setfield(L, -2, "accesses");
	lua_pushinteger(L, p->claimed);
	lua_setfield(L, -2, "claimed");
	lua_pushinteger(L, p->stale);
	lua_setfield(L, -2, "stale");
}

/* The accesses, on a copy of the guest: the snapshot is put back whatever became of it. -1: the run is over. */
static int on_a_copy(struct probe *p)
{
	struct snapshot *start = session_snapshot(p->s);
	int failed;

	if (!start)
		return -1;
	failed = try_all(p) || session_set_back(p->s, start);
	p->s->nr_events = 0;
	buf_clear(&p->s->completed);
	snapshot_free(start);
	return failed ? -1 : 0;
}

int task_probe(lua_State *L)
{
	static const char *const kinds[] = {"read", "write", "fetch"}, *const fields[] = {"max", NULL};
	struct probe p = {.s = look_inside(L), .task = check_task(L, 1), .max = DEFAULT_MAX};
	const struct model_mm *mm = mm_of(L, p.task);
	int failed;

	lua_settop(L, 2);
	if (!lua_isnil(L, 2)) {
		check_fields(L, 2, "probe", fields);
		p.max = integer_field(L, "probe", "max", DEFAULT_MAX);
	}
	if (p.max > MAX_ADDRESSES)
		return luaL_error(L, "probe: at most %d addresses", MAX_ADDRESSES);
	p.root = mm->pgd_pa;
	choose(&p, mm);
	failed = on_a_copy(&p);
	if (failed)
		return raise_over(L);
	op_begin(L, "probe");
	if (p.gone)
		return luaL_error(L, "probe: %s died of an access that it should have been told of", p.task->name);
	if (p.bad) {
		session_failure(p.s);
		return luaL_error(L, "expectation failed: the MMU and the walk disagree on a %s of %p: %s", kinds[p.bad_kind],
				  (void *)p.bad_va, p.bad);
	}
	/* What a TLB held is the machine's affair. */
	buf_printf(&p.s->result, "%" PRIu32 " accesses, each as the tables say", p.done);
	if (p.claimed)
		buf_printf(&p.s->result, ", or as the TLB may still have it at ");
	if (p.claimed)
		buf_printf(&p.s->result, "%" PRIu32 " address%s", p.claimed, p.claimed == 1 ? "" : "es");
	op_end(L, p.task, "probe", "ok", NULL, NULL);
	push_result(L, &p);
	return 1;
}
