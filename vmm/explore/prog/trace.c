/* SPDX-License-Identifier: MIT */
/* The timeline, event by event; see prog_trace.h. */
#include "explore/prog/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/buf.h"
#include "report/words.h"
#include "script/api.h"

#define RESULT_COLUMN 56
#define MAX_TASKS     4096 /* followed at once; of others nothing is told */

/* A task of the program, and the call that it is in. */
struct traced {
	int pid;
	bool in_call;
	uint64_t nr, args[6];
};

struct timeline {
	const struct options *options;
	FILE *to;
	struct trace_totals totals;
	struct traced tasks[MAX_TASKS];
	unsigned int nr_tasks;
	bool begun;
	struct buf line;  /* the last entry, until it is known what the counters became */
	size_t line_start;
	int line_pid;
	char doing[64];
};

/* --- tasks ---------------------------------------------------------------------------------------- */

static struct traced *find(struct timeline *t, int pid)
{
	for (unsigned int i = 0; i < t->nr_tasks; i++)
		if (t->tasks[i].pid == pid)
			return &t->tasks[i];
	return NULL;
}

static void add(struct timeline *t, int pid)
{
	if (t->nr_tasks < MAX_TASKS && !find(t, pid))
		t->tasks[t->nr_tasks++] = (struct traced){.pid = pid};
}

static void drop(struct timeline *t, int pid)
{
	struct traced *task = find(t, pid);

	if (task)
		*task = t->tasks[--t->nr_tasks];
}

/* --- entries: a line of text, or an object of JSON without its end ------------------------------------ */

static bool json(const struct timeline *t)
{
	return t->options->format == FORMAT_JSON;
}

static void end_line(struct timeline *t)
{
	if (!t->line.len)
		return;
	fputs(buf_text(&t->line), t->to);
	fputs(json(t) ? "}\n" : "\n", t->to);
	buf_clear(&t->line);
}

/* False: nobody reads it. */
static bool begin(struct timeline *t, const char *type, int pid)
{
	if (!t->to)
		return false;
	end_line(t);
	t->line_pid = pid;
	if (json(t))
		buf_printf(&t->line, "{\"type\":\"%s\",\"seq\":%" PRIu64 ",\"pid\":%d", type, t->totals.events, pid);
	else
		buf_printf(&t->line, "%6" PRIu64 "  %-5d ", t->totals.events, pid);
	return true;
}

static void put_result_column(struct timeline *t)
{
	buf_puts(&t->line, "  ");
	buf_pad(&t->line, 0, RESULT_COLUMN);
}

static void put_counters(struct timeline *t, const struct lab_event *e)
{
	const char *format = json(t) ? ",\"rss\":%" PRIu64 ",\"tables\":%" PRIu64 ",\"areas\":%" PRIu64 ",\"mapped\":%" PRIu64
				     : "  [rss %" PRIu64 ", tables %" PRIu64 ", areas %" PRIu64 ", mapped %" PRIu64 "]";

	buf_printf(&t->line, format, e->args[0], e->args[1] / PAGE_SIZE, e->args[2], e->args[3]);
}

/* --- system calls ----------------------------------------------------------------------------------- */

/* Those that change an address space or who has one. With --raw all are told. Bit i of hex: argument i is an address or a length. */
static const struct {
	uint16_t nr;
	uint8_t nr_args, hex;
} told[] = {
	{NR_mmap, 6, 0x23},	 {NR_munmap, 2, 0x3},	 {NR_mprotect, 3, 0x3},	    {NR_mremap, 5, 0x17},
	{NR_brk, 1, 0x1},	 {NR_madvise, 3, 0x3},	 {NR_mlock, 2, 0x3},	    {NR_mlock2, 3, 0x3},
	{NR_munlock, 2, 0x3},	 {NR_mlockall, 1, 0},	 {NR_munlockall, 0, 0},	    {NR_msync, 3, 0x3},
	{NR_shmat, 3, 0x2},	 {NR_shmdt, 1, 0x1},	 {NR_remap_file_pages, 5, 0x3}, {NR_mincore, 3, 0x7},
	{NR_process_vm_writev, 6, 0x2a}, {NR_fork, 0, 0}, {NR_vfork, 0, 0},	    {NR_clone, 5, 0x3f},
	{NR_execve, 3, 0x7},
};

/* Its row, or NULL. */
static const uint8_t *told_as(const struct timeline *t, uint64_t nr)
{
	static const uint8_t all[2] = {6, 0x3f};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (told[i].nr == nr)
			return &told[i].nr_args;
	return t->options->raw ? all : NULL;
}

static void put_call_name(struct buf *b, uint64_t nr)
{
	const char *name = syscall_name(nr);

	if (name)
		buf_puts(b, name);
	else
		buf_printf(b, "call %" PRIu64, nr);
}

static void put_prot(struct buf *b, uint64_t prot)
{
	buf_printf(b, "%c%c%c", prot & LX_PROT_READ ? 'r' : '-', prot & LX_PROT_WRITE ? 'w' : '-', prot & LX_PROT_EXEC ? 'x' : '-');
}

/* Which argument is prot, and which are flags in hex; of the others the row tells. */
static void put_argument(struct buf *b, const struct traced *task, int i, uint8_t hex)
{
	if (i == 2 && (task->nr == NR_mmap || task->nr == NR_mprotect))
		put_prot(b, task->args[i]);
	else if (hex >> i & 1 || (i == 3 && task->nr == NR_mmap))
		buf_printf(b, "%" PRIx64, task->args[i]);
	else
		buf_printf(b, "%d", (int)task->args[i]);
}

/* An address or a byte count in hex, as the arguments; a process by its number. */
static void put_result(struct buf *b, uint64_t nr, uint64_t value)
{
	bool process = nr == NR_fork || nr == NR_vfork || nr == NR_clone;
	const char *error = (int64_t)value < 0 && (int64_t)value >= -4095 ? errno_name(-(int64_t)value) : NULL;

	if (error)
		buf_puts(b, error);
	else
		buf_printf(b, process ? "%" PRIu64 : "%" PRIx64, value);
}

static void put_call_text(struct timeline *t, const struct traced *task, const uint8_t *row)
{
	put_call_name(&t->line, task->nr);
	for (int i = 0; i < row[0] && i < 6; i++) {
		buf_puts(&t->line, i ? ", " : " ");
		put_argument(&t->line, task, i, row[1]);
	}
}

static void put_call_json(struct timeline *t, const struct traced *task, const uint8_t *row)
{
	buf_puts(&t->line, ",\"name\":\"");
	put_call_name(&t->line, task->nr);
	buf_printf(&t->line, "\",\"nr\":%" PRIu64 ",\"args\":[", task->nr);
	for (int i = 0; i < row[0] && i < 6; i++)
		buf_printf(&t->line, "%s\"%#" PRIx64 "\"", i ? "," : "", task->args[i]);
	buf_puts(&t->line, "]");
}

/* returned: with `value`; otherwise the task ended in it, or another program began. */
static void tell_call(struct timeline *t, const struct traced *task, bool returned, uint64_t value)
{
	const uint8_t *row = told_as(t, task->nr);

	if (!row || !begin(t, "call", task->pid))
		return;
	if (json(t)) {
		put_call_json(t, task, row);
		if (returned)
			buf_printf(&t->line, ",\"result\":%" PRId64, (int64_t)value);
		return;
	}
	put_call_text(t, task, row);
	put_result_column(t);
	if (returned)
		put_result(&t->line, task->nr, value);
}

static void on_call(struct timeline *t, struct traced *task, const struct lab_event *e)
{
	if (e->type == LAB_EV_SYSCALL_REST) {
		memcpy(task->args + 3, e->args + 1, 3 * sizeof(e->args[0]));
		return;
	}
	task->in_call = true;
	task->nr = e->args[0];
	memcpy(task->args, e->args + 1, 3 * sizeof(e->args[0]));
	if (task->nr < NR_SYSCALLS)
		t->totals.calls[task->nr]++;
	else
		t->totals.calls_unknown++;
}

static void on_return(struct timeline *t, struct traced *task, const struct lab_event *e)
{
	if (task->in_call && task->nr == e->args[0])
		tell_call(t, task, true, e->args[1]);
	task->in_call = false;
	snprintf(t->doing, sizeof(t->doing), "%s of pid %d", syscall_name(e->args[0]) ? syscall_name(e->args[0]) : "a system call",
		 task->pid);
}

/* --- the other events --------------------------------------------------------------------------------- */

static void on_fault(struct timeline *t, struct traced *task, const struct lab_event *e)
{
	uint64_t how = e->args[2] & ~(uint64_t)LAB_FAULT_GREW;
	bool grew = e->args[2] & LAB_FAULT_GREW;

	if (how <= LAB_FAULT_PFN)
		t->totals.faults[how]++;
	else
		t->totals.faults_unknown++;
	t->totals.stack_grown += grew;
	snprintf(t->doing, sizeof(t->doing), "a fault of pid %d at %" PRIx64, task->pid, e->args[0]);
	if (!begin(t, "fault", task->pid))
		return;
	if (json(t)) {
		buf_printf(&t->line, ",\"address\":\"%#" PRIx64 "\",\"error_code\":%" PRIu64 ",\"kind\":\"%s\",\"grew\":%s", e->args[0],
			   e->args[1], fault_id(how), grew ? "true" : "false");
		return;
	}
	buf_printf(&t->line, "%sfault %" PRIx64, task->in_call ? "  " : "", e->args[0]);
	put_result_column(t);
	buf_printf(&t->line, "%s%s", fault_words(how), grew ? ", the stack grew" : "");
}

static void on_fork(struct timeline *t, struct traced *task, const struct lab_event *e)
{
	bool thread = e->args[1] & LX_CLONE_THREAD;

	*(thread ? &t->totals.threads : &t->totals.forks) += 1;
	if (begin(t, thread ? "thread" : "fork", task->pid))
		buf_printf(&t->line, json(t) ? ",\"child\":%d" : thread ? "new thread %d" : "new process %d", (int)e->args[0]);
	add(t, (int)e->args[0]);
}

static void on_exec(struct timeline *t, struct traced *task, const struct lab_event *e)
{
	t->totals.execs++;
	if (begin(t, "exec", task->pid))
		buf_printf(&t->line, json(t) ? ",\"entry\":\"%#" PRIx64 "\"" : "new program, entry %" PRIx64, e->args[0]);
}

static void on_exit_event(struct timeline *t, struct traced *task, const struct lab_event *e)
{
	t->totals.exits++;
	if (begin(t, "exit", task->pid)) {
		if (json(t))
			buf_printf(&t->line, ",\"status\":%d", (int)e->args[0]);
		else
			put_wait_status(&t->line, (int)e->args[0]);
	}
	drop(t, task->pid);
}

static void on_signal_event(struct timeline *t, struct traced *task, const struct lab_event *e)
{
	const char *code = signal_code_name(e->args[0] & 0x7f, (int)e->args[1]);

	t->totals.signals++;
	if (!begin(t, "signal", task->pid))
		return;
	if (json(t)) {
		buf_printf(&t->line, ",\"signo\":%d,\"code\":%d,\"address\":\"%#" PRIx64 "\"", (int)e->args[0], (int)e->args[1], e->args[2]);
		return;
	}
	put_signal(&t->line, e->args[0] & 0x7f);
	if (code)
		buf_printf(&t->line, ", %s", code);
	if ((int)e->args[1] > 0 && (int)e->args[1] != 0x80)
		buf_printf(&t->line, " at %" PRIx64, e->args[2]);
}

static void raise(uint64_t *peak, uint64_t value)
{
	if (value > *peak)
		*peak = value;
}

/* The entry that made them so is still open, if it is the same task's. */
static void on_counters(struct timeline *t, struct traced *task, const struct lab_event *e)
{
	raise(&t->totals.peak_rss, e->args[0]);
	raise(&t->totals.peak_tables, e->args[1]);
	raise(&t->totals.peak_areas, e->args[2]);
	raise(&t->totals.peak_mapped, e->args[3]);
	if (t->line.len && t->line_pid == task->pid)
		put_counters(t, e);
	if (t->to)
		end_line(t);
}

void timeline_event(void *timeline, const struct lab_event *e)
{
	static void (*const handlers[])(struct timeline *, struct traced *, const struct lab_event *) = {
		[LAB_EV_SYSCALL] = on_call, [LAB_EV_SYSCALL_REST] = on_call, [LAB_EV_SYSRET] = on_return,
		[LAB_EV_FAULT] = on_fault,  [LAB_EV_FORK] = on_fork,	     [LAB_EV_EXEC] = on_exec,
		[LAB_EV_EXIT] = on_exit_event, [LAB_EV_SIGNAL] = on_signal_event, [LAB_EV_MM] = on_counters,
	};
	struct timeline *t = timeline;
	struct traced *task;

	if (!t->begun && e->type == LAB_EV_EXEC) {
		t->begun = true;
		add(t, e->pid);
	}
	task = find(t, e->pid);
	if (!task || e->type >= sizeof(handlers) / sizeof(handlers[0]) || !handlers[e->type])
		return;
	t->totals.events++;
	handlers[e->type](t, task, e);
}

const char *timeline_doing(struct timeline *t)
{
	return t->doing[0] ? t->doing : "the start";
}

/* --- beginning and end ---------------------------------------------------------------------------------- */

struct timeline *timeline_open(const struct options *options, FILE *to)
{
	struct timeline *t = xcalloc(1, sizeof(*t));

	t->options = options;
	t->to = to;
	return t;
}

void timeline_close(struct timeline *t)
{
	if (t->to) {
		end_line(t);
		if (json(t))
			trace_summary_json(t->to, &t->totals);
		else
			trace_summary_text(t->to, &t->totals);
		fflush(t->to);
	}
	buf_free(&t->line);
	free(t);
}
