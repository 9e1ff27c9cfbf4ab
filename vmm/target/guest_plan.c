/* SPDX-License-Identifier: MIT */
/*
 * Hardware that goes wrong on purpose. Everything is done at stops before single instructions of the kernel:
 *
 *	a strike	an NMI, an exception or an interrupt comes there; "in ring 3" is behind an IRETQ, which we then do by hand
 *	a flush dropped	the place of the trace in front of it and the INVLPG or MOV to CR3 itself are stepped over
 *	a flush late	the same; and when ring 3 has gone on so often, the MMU forgets after all, and the host's watch is told
 *
 * A flush and its place in the trace go together, so the host knows what the guest did and not what it meant to do.
 */
#include "target/guest_plan.h"

#include <string.h>

/* --- where to stop ---------------------------------------------------------------------------------- */

/* The guest's flushes, by the places of its trace; those outside [start, end) are nobody's affair. */
static int find_flushes(struct guest_plan *p, const struct guest_trace *trace, struct error *e)
{
	const struct lab_page *lab = trace->lab;
	struct lab_trace_site site;
	uint64_t at = lab->trace_sites.va;

	p->nr_flushes = 0;
	for (; at < lab->trace_sites_end.va; at += sizeof(site)) {
		if (!image_read_va(trace->image, (gva_t){at}, &site, sizeof(site)))
			return error_set(e, EXIT_GUEST_DIED, "the guest's list of places for its trace leaves RAM");
		if (site.nop < p->plan.start || site.nop >= p->plan.end || !guest_trace_flush(trace, site.nop))
			continue;
		if (p->nr_flushes == MAX_BREAKS - 1)
			return error_set(e, EXIT_USAGE, "the guest flushes at more than %d places", MAX_BREAKS - 1);
		p->flushes[p->nr_flushes++] = site.nop;
	}
	return p->nr_flushes ? 0 : error_set(e, EXIT_USAGE, "there is no flush in that function of the guest");
}

/* Breaks for what is still to come. */
static int set_breaks(struct guest_plan *p, struct machine *m, struct error *e)
{
	uint64_t at[MAX_BREAKS];
	unsigned int n = 0;

	if (p->plan.what == PLAN_STRIKE && !p->came) {
		at[n++] = p->plan.at;
	} else if (p->plan.what == PLAN_FLUSH && p->came < p->plan.times) {
		memcpy(at, p->flushes, p->nr_flushes * sizeof(at[0]));
		n = p->nr_flushes;
	}
	if (p->nr_late)
		at[n++] = p->plan.iretq;
	return m->ops->set_breaks(m, at, n, e);
}

int guest_plan_begin(struct guest_plan *p, const struct hardware_plan *plan, struct machine *m,
		     const struct guest_trace *trace, struct error *e)
{
	*p = (struct guest_plan){0};
	if (!plan)
		return m->ops->set_breaks(m, NULL, 0, e);
	p->plan = *plan;
	p->on = true;
	if (plan->what == PLAN_FLUSH && !trace->on)
		return error_set(e, EXIT_USAGE, "flushes are found by the guest's trace: this needs --verify step");
	if (plan->what == PLAN_FLUSH && find_flushes(p, trace, e))
		return -1;
	return set_breaks(p, m, e);
}

/* --- at a stop --------------------------------------------------------------------------------------- */

/* What IRETQ does (SDM vol. 2A), where it leads to 64-bit code of ring 3; *ring_3 false: it does not, and nothing is done. */
static int do_iretq(struct machine *m, const struct guest_trace *trace, const struct cpu_state *cpu, bool *ring_3,
		    struct error *e)
{
	uint64_t frame[5]; /* rip, cs, rflags, rsp, ss */

	if (!image_read_va(trace->image, (gva_t){cpu->rsp}, frame, sizeof(frame)))
		return error_set(e, EXIT_GUEST_DIED, "the guest leaves its kernel with a stack pointer of %#lx", cpu->rsp);
	*ring_3 = (uint16_t)frame[1] == USER_CS;
	if (!*ring_3)
		return 0;
	return m->ops->place_cpu(m, &(struct cpu_place){frame[0], frame[3], frame[2], true}, e);
}

static int stop_for_strike(struct guest_plan *p, struct machine *m, const struct guest_trace *trace,
			   const struct cpu_state *cpu, struct error *e)
{
	bool ring_3;

	if (p->plan.behind_iretq) {
		if (do_iretq(m, trace, cpu, &ring_3, e))
			return -1;
		/* Into ring 0: only the processor's own IRETQ will do, and behind it there is no stop any more. */
		if (!ring_3)
			return m->ops->set_breaks(m, NULL, 0, e);
		if (++p->reached < p->plan.nth)
			return 0;
	}
	p->came++;
	return set_breaks(p, m, e) || m->ops->strike(m, &p->plan.strike, e) ? -1 : 0;
}

/* The call that stands here, done by hand, so that the break can stay. */
static int do_call(struct machine *m, const struct guest_trace *trace, const struct cpu_state *cpu, struct error *e)
{
	int32_t distance;
	gpa_t pa;
	const uint64_t back = cpu->rip + TRACE_CALL_SIZE;

	if (!image_read_va(trace->image, (gva_t){cpu->rip + 1}, &distance, sizeof(distance)) ||
	    !image_linear(trace->image, (gva_t){cpu->rsp - sizeof(back)}, sizeof(back), &pa))
		return error_set(e, EXIT_GUEST_DIED, "the guest flushes with a stack pointer of %#lx", cpu->rsp);
	memcpy(m->ram + pa.pa, &back, sizeof(back));
	return m->ops->place_cpu(m, &(struct cpu_place){back + distance, cpu->rsp - sizeof(back), cpu->rflags, false}, e);
}

static int stop_for_flush(struct guest_plan *p, struct machine *m, const struct guest_trace *trace,
			  const struct cpu_state *cpu, struct error *e)
{
	struct lab_trace_entry entry = {
		.type = guest_trace_flush(trace, cpu->rip), .ip = cpu->rip + TRACE_CALL_SIZE, .args = {cpu->gpr[7]},
	};

	/* Other tables are no flush of these. */
	if ((entry.type == LAB_TRACE_CR3 && (entry.args[0] ^ cpu->cr3) & PTE_PFN_MASK) || ++p->reached < p->plan.nth)
		return do_call(m, trace, cpu, e);
	p->came++;
	if (p->plan.late && p->nr_late < MAX_LATE)
		p->late[p->nr_late++] = entry;
	if (set_breaks(p, m, e))
		return -1;
	return m->ops->place_cpu(m, &(struct cpu_place){cpu->rip + TRACE_CALL_SIZE + FLUSH_SIZE, cpu->rsp, cpu->rflags, false}, e);
}

/* On the way to ring 3 while flushes are late. */
static int stop_for_late(struct guest_plan *p, struct machine *m, struct guest_trace *trace, const struct cpu_state *cpu,
			 struct error *e)
{
	bool ring_3;

	if (do_iretq(m, trace, cpu, &ring_3, e) || !ring_3)
		return -1;
	if (p->returns++ < p->plan.late)
		return 0;
	if (guest_trace_drain(trace, e) || m->ops->tables_changed(m, e))
		return -1;
	for (uint32_t i = 0; i < p->nr_late; i++)
		tlb_watch_add(&trace->watch, &p->late[i]);
	p->nr_late = 0;
	return set_breaks(p, m, e);
}

int guest_plan_stop(struct guest_plan *p, struct machine *m, struct guest_trace *trace, struct error *e)
{
	struct cpu_state cpu;

	if (m->ops->get_cpu(m, 0, &cpu, e))
		return -1;
	if (p->plan.what == PLAN_STRIKE)
		return stop_for_strike(p, m, trace, &cpu, e);
	if (p->nr_late && cpu.rip == p->plan.iretq)
		return stop_for_late(p, m, trace, &cpu, e);
	return stop_for_flush(p, m, trace, &cpu, e);
}
