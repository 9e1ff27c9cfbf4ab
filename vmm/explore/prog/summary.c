/* SPDX-License-Identifier: MIT */
/* What a program's address spaces came to: the end of its timeline. */
#include <inttypes.h>
#include <stdlib.h>

#include "explore/prog/trace.h"
#include "report/words.h"
#include "script/api.h"

/* A count with a name of some kind. */
struct counted {
	uint64_t n;
	unsigned int which;
};

/* The most frequent first; those of one number in their own order. */
static int by_count(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->which < y->which ? -1 : 1;
}

/* Those that are not zero, sorted. How many. */
static unsigned int sift(const uint64_t *counts, unsigned int n, struct counted *out, uint64_t *total)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < n; i++) {
		*total += counts[i];
		if (counts[i])
			out[found++] = (struct counted){counts[i], i};
	}
	qsort(out, found, sizeof(*out), by_count);
	return found;
}

static void put_name(FILE *to, uint64_t nr)
{
	const char *name = syscall_name(nr);

	if (name)
		fputs(name, to);
	else
		fprintf(to, "call %" PRIu64, nr);
}

static void put_faults(FILE *to, const struct trace_totals *t)
{
	struct counted kinds[LAB_FAULT_PFN + 1];
	uint64_t total = t->faults_unknown;
	unsigned int n = sift(t->faults, LAB_FAULT_PFN + 1, kinds, &total);

	fprintf(to, "faults        %" PRIu64, total);
	for (unsigned int i = 0; i < n; i++)
		fprintf(to, "%s%" PRIu64 " %s", i ? "; " : ": ", kinds[i].n, fault_words(kinds[i].which));
	if (t->stack_grown)
		fprintf(to, "; the stack grew %" PRIu64 " times", t->stack_grown);
	fputs("\n", to);
}

static void put_calls(FILE *to, const struct trace_totals *t)
{
	struct counted calls[NR_SYSCALLS];
	uint64_t total = t->calls_unknown;
	unsigned int n = sift(t->calls, NR_SYSCALLS, calls, &total);

	fprintf(to, "system calls  %" PRIu64, total);
	for (unsigned int i = 0; i < n; i++) {
		fputs(i ? ", " : ": ", to);
		put_name(to, calls[i].which);
		fprintf(to, " %" PRIu64, calls[i].n);
	}
	fputs("\n", to);
}

void trace_summary_text(FILE *to, const struct trace_totals *t)
{
	put_faults(to, t);
	fprintf(to, "COW           %" PRIu64 " copied, %" PRIu64 " reused\n",
		t->faults[LAB_FAULT_COW_COPY] + t->faults[LAB_FAULT_COW_ZERO] + t->faults[LAB_FAULT_FILE_COW],
		t->faults[LAB_FAULT_COW_REUSE]);
	fprintf(to, "at most       %" PRIu64 " pages present, %" PRIu64 " of tables, %" PRIu64 " areas, %" PRIu64 " pages mapped\n",
		t->peak_rss, t->peak_tables / PAGE_SIZE, t->peak_areas, t->peak_mapped);
	fprintf(to, "tasks         %" PRIu64 " forks, %" PRIu64 " threads, %" PRIu64 " programs, %" PRIu64 " ends, %" PRIu64 " signals\n",
		t->forks, t->threads, t->execs, t->exits, t->signals);
	put_calls(to, t);
}

void trace_summary_json(FILE *to, const struct trace_totals *t)
{
	const char *comma = "";

	fprintf(to, "{\"type\":\"summary\",\"events\":%" PRIu64 ",\"faults\":{", t->events);
	for (unsigned int i = 0; i <= LAB_FAULT_PFN; i++)
		if (t->faults[i]) {
			fprintf(to, "%s\"%s\":%" PRIu64, comma, fault_id(i), t->faults[i]);
			comma = ",";
		}
	fprintf(to, "},\"stack_grown\":%" PRIu64 ",\"peak\":{\"rss\":%" PRIu64 ",\"tables\":%" PRIu64 ",\"areas\":%" PRIu64
		    ",\"mapped\":%" PRIu64 "}",
		t->stack_grown, t->peak_rss, t->peak_tables / PAGE_SIZE, t->peak_areas, t->peak_mapped);
	fprintf(to, ",\"forks\":%" PRIu64 ",\"threads\":%" PRIu64 ",\"execs\":%" PRIu64 ",\"exits\":%" PRIu64 ",\"signals\":%" PRIu64,
		t->forks, t->threads, t->execs, t->exits, t->signals);
	fputs(",\"calls\":{", to);
	comma = "";
	for (unsigned int i = 0; i < NR_SYSCALLS; i++)
		if (t->calls[i]) {
			fprintf(to, "%s\"", comma);
			put_name(to, i);
			fprintf(to, "\":%" PRIu64, t->calls[i]);
			comma = ",";
		}
	fputs("}}\n", to);
}
