/* SPDX-License-Identifier: MIT */
/* Lines of the text document; see steptext.h. */
#include <inttypes.h>
#include <string.h>

#include "report/render.h"
#include "report/steptext.h"
#include "report/words.h"

#define INDENT	      "     "
#define RESULT_COLUMN 46

void text_header(struct buf *b, const struct report_config *config, const struct report_header *header)
{
	bool all = config->raw || config->live;

	buf_puts(b, header->version);
	if (all)
		buf_printf(b, " · machine %s", header->machine);
	buf_printf(b, " · guest.bin abi %" PRIu32, header->abi_version);
	if (all)
		buf_printf(b, " · %" PRIu64 " MiB", header->ram_size >> 20);
	if (header->scenario)
		buf_printf(b, " · %s", header->scenario);
	buf_printf(b, " · verify %s\n",
		   strcmp(config->verify, "step") == 0	? "every step"
		   : strcmp(config->verify, "end") == 0 ? "at the end"
							: "off");
}

bool report_event_shown(bool raw, const struct lab_event *e)
{
	uint64_t page = e->args[0] & ~(PAGE_SIZE - 1);

	if (raw || e->type != LAB_EV_FAULT)
		return true;
	/* Whether a stale translation is met depends on the machine's TLB. */
	if ((e->args[2] & ~(uint64_t)LAB_FAULT_GREW) == LAB_FAULT_SPURIOUS)
		return false;
	return !in_agent_footprint(page, page + PAGE_SIZE);
}

static bool shown_fault(const struct names *names, const struct lab_event *e)
{
	return e->type == LAB_EV_FAULT && report_event_shown(names->raw, e);
}

/* "2 faults: 1 anonymous, write; 1 COW copy": kinds in order of appearance. */
static void put_faults(struct buf *b, const struct names *names, const struct report_step *step)
{
	uint32_t total = 0, kinds = 0;

	for (uint32_t i = 0; i < step->nr_events; i++)
		total += shown_fault(names, &step->events[i]);
	if (total == 0)
		return;
	buf_puts(b, ", ");
	put_count(b, total, "fault");
	for (uint32_t i = 0; i < step->nr_events; i++) {
		const struct lab_event *e = &step->events[i];
		uint32_t same = 0, earlier = 0;

		if (!shown_fault(names, e))
			continue;
		/* Kinds are few: the inner loop ends early on all but the first of each. */
		for (uint32_t j = 0; j < i && !earlier; j++)
			earlier =
				shown_fault(names, &step->events[j]) && step->events[j].args[2] == e->args[2];
		if (earlier)
			continue;
		for (uint32_t j = i; j < step->nr_events; j++)
			same += shown_fault(names, &step->events[j]) && step->events[j].args[2] == e->args[2];
		buf_puts(b, kinds++ ? "; " : ": ");
		if (same != total)
			buf_printf(b, "%" PRIu32 " ", same);
		buf_puts(b, fault_words(e->args[2]));
		if (e->args[2] & LAB_FAULT_GREW)
			buf_puts(b, ", the stack grew");
	}
}

void text_step_line(struct buf *b, const struct names *names, const struct report_step *step)
{
	size_t start = b->len;

	buf_printf(b, "%-3" PRIu32 "  ", step->number);
	if (step->pid)
		buf_printf(b, "%s ", names_of_task(names, step->now, step->pid));
	buf_puts(b, step->op);
	if (step->args && step->args[0])
		buf_printf(b, " %s", step->args);
	buf_puts(b, "  ");
	buf_pad(b, start, RESULT_COLUMN);
	buf_puts(b, step->result);
	put_faults(b, names, step);
	buf_puts(b, "\n");
}

static void put_signal_event(struct buf *b, const struct names *names, const struct report_step *step,
			     const struct lab_event *e)
{
	int signo = e->args[0] & 0x7f;
	const char *code = signal_code_name(signo, (int)e->args[1]);

	if (step->own_fault && e->pid == step->pid && signo == step->signo)
		return; /* the step's result says it */
	buf_puts(b, INDENT "! ");
	put_signal(b, signo);
	buf_printf(b, " to %s", names_of_task(names, step->now, e->pid));
	if (code)
		buf_printf(b, ", %s", code);
	if ((int)e->args[1] > 0 && (int)e->args[1] != 0x80)
		buf_printf(b, " at %" PRIx64, e->args[2]);
	buf_puts(b, "\n");
}

/* "the machine: ring 3 read 1 byte of F7+10, where there is no memory: machine check" */
static void put_memory_event(struct buf *b, const struct names *names, const struct lab_event *e)
{
	const uint64_t pfn = e->args[0] >> PAGE_SHIFT, flags = e->args[2];

	buf_printf(b, INDENT "! %s %s ", flags & LAB_MEMORY_RING_3 ? "ring 3" : "ring 0",
		   flags & LAB_MEMORY_WRITE ? "wrote" : "read");
	put_count(b, e->args[1], "byte");
	buf_puts(b, flags & LAB_MEMORY_WRITE ? " to " : " of ");
	put_frame(b, names->raw, pfn, names_number(names, pfn));
	buf_printf(b, "+%" PRIx64 ", where %s: machine check\n", e->args[0] % PAGE_SIZE,
		   flags & LAB_MEMORY_READONLY ? "memory is read-only" : "there is no memory");
}

void text_events(struct buf *b, const struct names *names, const struct report_step *step,
		 const struct picture *p)
{
	for (uint32_t i = 0; i < step->nr_events; i++) {
		const struct lab_event *e = &step->events[i];
		const char *who = names_of_task(names, step->now, e->pid);

		switch (e->type) {
		case LAB_EV_SIGNAL:
			put_signal_event(b, names, step, e);
			break;
		case LAB_EV_EXIT:
			if (p && picture_task(p, e->pid))
				break; /* it is told as a change of the task */
			buf_printf(b, INDENT "! %s ", who);
			put_wait_status(b, (int)e->args[0]);
			buf_puts(b, "\n");
			break;
		case LAB_EV_NOSYS:
			buf_printf(b,
				   INDENT "! %s made system call %" PRIu64
					  ", which the guest does not have\n",
				   who, e->args[0]);
			break;
		case LAB_EV_OOM:
			buf_printf(b, INDENT "! no memory of order %" PRIu64 " for %s\n", e->args[0], who);
			break;
		case LAB_EV_OOPS:
			buf_printf(b, INDENT "! the kernel made a mistake in %s: %s\n", who, oops_words(e));
			break;
		case LAB_EV_MEMORY:
			put_memory_event(b, names, e);
			break;
		case LAB_EV_CORE:
			buf_printf(b, INDENT "! %s left a core of %" PRIu64 " bytes\n", who, e->args[1]);
			break;
		default:
			break;
		}
	}
}

void text_finding(struct buf *b, const struct finding *finding)
{
	buf_printf(b, INDENT "VIOLATION %s: %s\n" INDENT "          %s\n", finding->invariant->id,
		   finding->invariant->sentence, finding->text);
}

void text_indented(struct buf *b, const char *text)
{
	for (size_t n; *text; text += n) {
		n = strcspn(text, "\n") + 1;
		buf_printf(b, INDENT "        %.*s", (int)n, text);
	}
}

void text_standing(struct buf *b, uint32_t n)
{
	if (!n)
		return;
	buf_puts(b, INDENT);
	put_count(b, n, "violation");
	buf_puts(b, " of earlier steps still there\n");
}

void text_expected(struct buf *b, const char *ids)
{
	if (ids && *ids)
		buf_printf(b, INDENT "found, as expected: %s\n", ids);
}

void text_end(struct buf *b, const struct report_config *config, const struct report_totals *totals)
{
	bool all = config->raw || config->live;

	put_count(b, totals->steps, "step");
	/* Not canonical: it grows with every invariant, and some machines have no second opinion. */
	if (all && totals->checks)
		buf_printf(b, ", %" PRIu64 " checks of %" PRIu32 " invariants", totals->checks,
			   totals->invariants);
	buf_puts(b, ", ");
	put_count(b, totals->findings, "finding");
	if (totals->failures) {
		buf_puts(b, ", ");
		put_count(b, totals->failures, "failed expectation");
	}
	if (all)
		buf_printf(b, " · %.1f ms", totals->seconds * 1e3);
	buf_puts(b, "\n");
	if (totals->compared && *totals->compared)
		buf_printf(b, "%s\n", totals->compared);
}
