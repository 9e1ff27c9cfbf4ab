/* SPDX-License-Identifier: MIT */
/* See probe.h. The operations go to the first task that awaits a command, and to a child that it makes. */
#include "explore/mutate/probe.h"

#include <string.h>
#include "agent.h"
#include "uapi.h"

struct run {
	struct target *t;
	struct probe *probe;
	unsigned int n; /* operations done */
	int parent, child; /* channels; -1: none */
	bool dead;	/* the guest is: nothing more can be asked */
};

static int first_awaiting(struct target *t)
{
	struct agent_report report;
	int exit_code, pid;
	bool fresh;

	for (int c = 0; c < AGENT_CHANNELS; c++)
		if (t->ops->poll(t, c, &report, &fresh, &exit_code, &pid) == TASK_AWAITS)
			return c;
	return -1;
}

static void take_report(struct probe_answer *a, const struct agent_report *report)
{
	a->fate = FATE_ANSWER;
	a->status = report->status;
	a->value = report->value;
	a->signo = report->signo;
	a->si_code = report->si_code;
	a->si_addr = report->si_addr;
	memcpy(&a->data, report->data, sizeof(a->data));
}

/* One command to one task; its answer is the next of the probe. Gives the value, or -1. */
static int64_t ask(struct run *r, int channel, struct agent_cmd cmd)
{
	struct probe_answer *a = &r->probe->answers[r->n++];
	struct agent_report report;
	struct error e;
	enum task_status status;
	int exit_code, pid;
	bool fresh;

	if (r->dead || channel < 0)
		return -1;
	if (r->t->ops->post(r->t, channel, &cmd, &e) || r->t->ops->run(r->t, &e)) {
		a->fate = FATE_GUEST_DIED;
		a->value = e.status;
		r->dead = true;
		return -1;
	}
	status = r->t->ops->poll(r->t, channel, &report, &fresh, &exit_code, &pid);
	if (fresh) {
		take_report(a, &report);
		return report.value;
	}
	a->fate = status == TASK_GONE ? FATE_TASK_DIED : FATE_PENDING;
	a->value = status == TASK_GONE ? exit_code : 0;
	return -1;
}

static struct agent_cmd call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return (struct agent_cmd){.op = AGENT_SYSCALL, .nr = nr, .args = {a, b, c, d}};
}

static struct agent_cmd access_at(uint32_t op, uint64_t va, uint64_t value)
{
	return (struct agent_cmd){.op = op, .size = 8, .args = {va, value}};
}

/* Does a task's mm hold something at va that is not the agent's? The nth such area, counted over again. */
static const struct model_vma *area_of(const struct model *model, int pid, unsigned int nth, uint64_t flags)
{
	const struct model_task *task = model_find_task(model, pid);
	const struct model_mm *mm = task && task->mm > 0 ? &model->mms[task->mm] : NULL;
	const struct model_vma *last = NULL;

	for (uint32_t i = 0; mm && i < mm->nr_vmas; i++) {
		const struct model_vma *vma = &mm->vmas[i];

		if (in_agent_footprint(vma->raw.vm_start, vma->raw.vm_end) || (vma->raw.vm_flags & flags) != flags)
			continue;
		last = vma;
		if (nth-- == 0)
			break;
	}
	return last;
}

static uint64_t start_of(const struct model_vma *vma)
{
	return vma ? vma->raw.vm_start : PAGE_SIZE;
}

static int pid_of(struct target *t, int channel)
{
	struct agent_report report;
	int exit_code, pid = 0;
	bool fresh;

	if (channel >= 0)
		t->ops->poll(t, channel, &report, &fresh, &exit_code, &pid);
	return pid;
}

static void fork_child(struct run *r)
{
	struct agent_cmd cmd = {.op = AGENT_FORK};
	int channel = r->t->ops->free_channel(r->t);

	cmd.channel = channel;
	if (ask(r, channel < 0 ? -1 : r->parent, cmd) > 0) {
		r->child = channel;
		pid_of(r->t, channel); /* takes the child's greeting */
	}
}

void probe_run(struct target *t, const struct model *model, struct probe *probe)
{
	struct run r = {.t = t, .probe = probe, .parent = first_awaiting(t), .child = -1};
	const int pid = pid_of(t, r.parent);
	const struct model_vma *data = area_of(model, pid, 0, VM_READ | VM_WRITE);
	uint64_t p, brk;

	memset(probe, 0, sizeof(*probe));
	ask(&r, r.parent, call(NR_getppid, 0, 0, 0, 0));
	ask(&r, r.parent, access_at(AGENT_READ, start_of(data), 0));
	ask(&r, r.parent, access_at(AGENT_READ, start_of(area_of(model, pid, 1, VM_READ)), 0));
	ask(&r, r.parent, access_at(AGENT_READ, start_of(area_of(model, pid, 2, VM_READ)) + PAGE_SIZE, 0));
	ask(&r, r.parent, access_at(AGENT_WRITE, start_of(data), 0x5555));
	p = ask(&r, r.parent, call(NR_mmap, 0, 4 * PAGE_SIZE, 3, 0x22));
	ask(&r, r.parent, access_at(AGENT_WRITE, p, 77));
	ask(&r, r.parent, access_at(AGENT_READ, p + PAGE_SIZE, 0));
	brk = ask(&r, r.parent, call(NR_brk, 0, 0, 0, 0));
	ask(&r, r.parent, call(NR_brk, brk + 2 * PAGE_SIZE, 0, 0, 0));
	fork_child(&r);
	ask(&r, r.child, access_at(AGENT_WRITE, p, 88));
	ask(&r, r.child, access_at(AGENT_WRITE, start_of(data), 99));
	ask(&r, r.parent, access_at(AGENT_READ, p, 0));
	ask(&r, r.parent, call(NR_mprotect, p + PAGE_SIZE, PAGE_SIZE, 1, 0));
	ask(&r, r.parent, call(NR_mremap, p, PAGE_SIZE, 8 * PAGE_SIZE, 1));
	ask(&r, r.parent, call(NR_munmap, start_of(data), PAGE_SIZE, 0, 0));
	ask(&r, r.child, access_at(AGENT_READ, start_of(data), 0));
	ask(&r, r.child, (struct agent_cmd){.op = AGENT_EXIT, .args = {3}});
	ask(&r, r.parent, call(NR_wait4, (uint64_t)-1, 0, 1, 0));
}

bool probe_same(const struct probe *a, const struct probe *b)
{
	return !memcmp(a->answers, b->answers, sizeof(a->answers));
}
