/* SPDX-License-Identifier: MIT */
/* The step engine; see session.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "script/session.h"

double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int session_over(struct session *s)
{
	s->over = true;
	s->status = status_max(s->status, s->error.status);
	return -1;
}

void session_init(struct session *s, const struct options *options, const char *scenario, FILE *to)
{
	*s = (struct session){.options = options, .to = to, .scenario = scenario};
	s->started_at = s->last_op_at = seconds_now();
}

/* --- tasks ---------------------------------------------------------------------------------------- */

static bool name_taken(const struct session *s, const char *name)
{
	for (uint32_t i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i]->vanished && strcmp(s->tasks[i]->name, name) == 0)
			return true;
	return false;
}

/* a, b, … z, a1, b1, …: what nobody was called yet. */
static void next_name(const struct session *s, char *name, size_t size)
{
	for (unsigned int i = 0;; i++) {
		if (i < 26)
			snprintf(name, size, "%c", 'a' + i);
		else
			snprintf(name, size, "%c%u", 'a' + i % 26, i / 26);
		if (!name_taken(s, name))
			return;
	}
}

struct task *session_add_task(struct session *s, int channel, int pid, const char *name, struct task *process)
{
	struct task *task = xcalloc(1, sizeof(*task));

	task->channel = channel;
	task->pid = pid;
	task->process = process ? process : task;
	task->slots = process ? 0 : 1;
	if (name)
		snprintf(task->name, sizeof(task->name), "%s", name);
	else
		next_name(s, task->name, sizeof(task->name));
	s->tasks = xrealloc(s->tasks, (s->nr_tasks + 1) * sizeof(*s->tasks));
	s->tasks[s->nr_tasks++] = task;
	report_name_task(s->report, pid, task->name);
	return task;
}

void pending_put(struct pending *p)
{
	if (p && --p->refs == 0)
		free(p);
}

static void complete(struct session *s, struct task *task, const struct agent_report *report)
{
	struct pending *p = task->pending;
	struct buf *b = &s->completed;

	buf_printf(b, "; %s's %s ", task->name, p->op);
	p->done = true;
	p->gone = !report;
	if (!report) {
		buf_puts(b, "will not return");
	} else {
		p->report = *report;
		if (report->value < 0 && report->value >= -4095 && errno_name(-report->value))
			buf_printf(b, "returned %s", errno_name(-report->value));
		else
			buf_printf(b, "returned %" PRId64, report->value);
	}
	task->pending = NULL;
	pending_put(p);
}

static void task_died(struct session *s, struct task *task, int exit_code)
{
	task->gone = true;
	task->exit_code = exit_code;
	task->process->slots &= ~(1u << task->slot);
	if (task->pending)
		complete(s, task, NULL);
}

/* Where every task stands after a round; the actor's report goes to *out. */
static void poll_tasks(struct session *s, struct task *actor, struct outcome *out)
{
	for (uint32_t i = 0; i < s->nr_tasks; i++) {
		struct task *task = s->tasks[i];
		struct agent_report report;
		enum task_status status;
		int exit_code, pid;
		bool fresh;

		if (task->gone)
			continue;
		status = s->target->ops->poll(s->target, task->channel, &report, &fresh, &exit_code, &pid);
		if (task == actor && fresh) {
			out->kind = OUTCOME_REPORT;
			out->report = report;
		} else if (task == actor) {
			out->kind = status == TASK_GONE ? OUTCOME_GONE : OUTCOME_PENDING;
			out->awaits = status == TASK_AWAITS;
		} else if (fresh && task->pending) {
			complete(s, task, &report);
		}
		if (status == TASK_GONE)
			task_died(s, task, exit_code);
	}
}

void session_meet(struct session *s, struct task *task)
{
	struct agent_report hello;
	int exit_code, pid;
	bool fresh;

	if (s->target->ops->poll(s->target, task->channel, &hello, &fresh, &exit_code, &pid) == TASK_GONE)
		task_died(s, task, exit_code);
}

struct pending *session_leave_pending(struct session *s, struct task *task, uint64_t nr, const char *op)
{
	struct pending *p = xcalloc(1, sizeof(*p));

	(void)s;
	p->nr = nr;
	p->refs = 2;
	snprintf(p->op, sizeof(p->op), "%s", op);
	task->pending = p;
	return p;
}

/* --- rounds --------------------------------------------------------------------------------------- */

static void keep_events(struct session *s)
{
	struct target_events events = s->target->ops->events(s->target);

	if (s->nr_events + events.n > s->cap_events) {
		s->cap_events = s->nr_events + events.n + 64;
		s->events = xrealloc(s->events, s->cap_events * sizeof(*s->events));
	}
	if (events.n)
		memcpy(s->events + s->nr_events, events.items, events.n * sizeof(*s->events));
	s->nr_events += events.n;
	s->stale = true;
	s->last_op_at = seconds_now();
}

struct task *session_spawn(struct session *s, const char *name, int *guest_errno)
{
	char given[NAME_MAX_LEN];
	struct task *task;
	int channel, pid;

	*guest_errno = 0;
	if (session_start(s))
		return NULL;
	if (name)
		snprintf(given, sizeof(given), "%s", name);
	else
		next_name(s, given, sizeof(given));
	s->error.text[0] = 0;
	channel = s->target->ops->spawn(s->target, given, &pid, &s->error);
	keep_events(s);
	if (channel < 0) {
		*guest_errno = -pid;
		if (pid >= 0)
			session_over(s);
		poll_tasks(s, NULL, NULL);
		return NULL;
	}
	task = session_add_task(s, channel, pid, given, NULL);
	poll_tasks(s, NULL, NULL);
	return task;
}

int session_round(struct session *s, struct task *task, const struct agent_cmd *cmd, struct outcome *out)
{
	if (session_start(s))
		return -1;
	if (s->target->ops->post(s->target, task->channel, cmd, &s->error) ||
	    s->target->ops->run(s->target, &s->error)) {
		keep_events(s);
		return session_over(s);
	}
	keep_events(s);
	poll_tasks(s, task, out);
	return 0;
}

int session_tick(struct session *s, uint64_t ns)
{
	if (session_start(s))
		return -1;
	if (s->target->ops->tick(s->target, ns, &s->error)) {
		keep_events(s);
		return session_over(s);
	}
	keep_events(s);
	poll_tasks(s, NULL, NULL);
	return 0;
}

int session_poison(struct session *s, uint64_t pfn)
{
	if (session_start(s))
		return -1;
	if (s->target->ops->poison(s->target, pfn, &s->error)) {
		keep_events(s);
		return session_over(s);
	}
	keep_events(s);
	poll_tasks(s, NULL, NULL);
	return 0;
}

/* --- looking -------------------------------------------------------------------------------------- */

/* A new model, unless nothing ran since the last. */
int session_observe(struct session *s)
{
	struct model *model;

	if (!s->target->ops->observe || (!s->stale && s->model))
		return 0;
	model = s->target->ops->observe(s->target, &s->error);
	if (!model)
		return session_over(s);
	model_free(s->before);
	s->before = s->model;
	s->model = model;
	s->stale = false;
	return s->options->verify_twice ? session_observe_twice(s) : 0;
}

int session_look(struct session *s)
{
	bool stale;

	if (session_start(s))
		return -1;
	if (!s->target->ops->observe) {
		error_set(&s->error, EXIT_SKIPPED, "%s does not show this: it needs --target guest or both",
			  s->target->description);
		return session_over(s);
	}
	stale = s->stale || !s->model || !report_picture(s->report);
	if (session_observe(s))
		return -1;
	if (stale)
		report_look(s->report, s->model);
	return 0;
}

static bool same_finding(const struct finding *a, const struct finding *b)
{
	return a->invariant == b->invariant && a->va == b->va && a->object.va == b->object.va &&
	       strcmp(a->text, b->text) == 0;
}

bool id_among(const char *ids, const char *id)
{
	const size_t n = strlen(id);

	while (*ids) {
		size_t word = strcspn(ids, ", ");

		if (word == n && memcmp(ids, id, n) == 0)
			return true;
		ids += word + !!ids[word];
	}
	return false;
}

/* A finding that somebody waits for: its invariant is noted, once in the run and once in the step. */
static void expect_found(struct session *s, const struct invariant *invariant)
{
	for (uint32_t i = 0; i < s->nr_expected; i++)
		if (s->expected[i] == invariant)
			return;
	s->expected = xrealloc(s->expected, (s->nr_expected + 1) * sizeof(*s->expected));
	s->expected[s->nr_expected++] = invariant;
	if (!id_among(s->expecting, invariant->id))
		return;
	buf_printf(&s->expected_now, "%s%s", s->expected_now.len ? ", " : "", invariant->id);
}

/* Verify s->model. Findings that did not stand before come first; *fresh is their number. */
static void verify_now(struct session *s, uint32_t *fresh, uint64_t *checks)
{
	struct findings found = {0};
	uint32_t n = 0;

	*checks = verify_model(s->model, s->before, s->target->ops->aids(s->target), &found);
	if (s->options->verify_twice)
		session_verify_twice(s, &found, *checks);
	for (uint32_t i = 0; i < found.n; i++) {
		struct finding f = found.items[i];
		bool stood = false;

		for (uint32_t j = 0; j < s->findings.n && !stood; j++)
			stood = same_finding(&f, &s->findings.items[j]);
		if (stood)
			continue;
		found.items[i] = found.items[n];
		found.items[n++] = f;
	}
	findings_free(&s->findings);
	s->findings = found;
	s->checks += *checks;
	*fresh = s->expecting ? 0 : n;
	for (uint32_t i = 0; i < n && s->expecting; i++)
		expect_found(s, found.items[i].invariant);
	s->nr_findings += *fresh;
	if (*fresh)
		s->status = status_max(s->status, EXIT_FINDING);
}

int64_t session_verify(struct session *s)
{
	uint32_t fresh;
	uint64_t checks;

	if (session_look(s))
		return -1;
	verify_now(s, &fresh, &checks);
	if (report_findings(s->report, s->model, s->findings.items, fresh, &s->error))
		return session_over(s);
	return s->findings.n;
}

int session_inspect(struct session *s)
{
	uint32_t fresh;
	uint64_t checks;

	s->stale = true;
	if (session_observe(s))
		return -1;
	verify_now(s, &fresh, &checks);
	return 0;
}

/* --- the end of a step ---------------------------------------------------------------------------- */

static void remember_step(struct session *s, const struct task *task, const struct step_words *words)
{
	snprintf(s->last_step, sizeof(s->last_step), "step %u, %s%s%s%s%s: %s", s->steps,
		 task ? task->name : "", task ? " " : "", words->op, words->args && words->args[0] ? " " : "",
		 words->args ? words->args : "", words->result);
}

/* The processes that live, by pid; at most as many as there are tasks. */
static uint32_t living(const struct session *s, int *pids)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i]->gone && s->tasks[i]->process == s->tasks[i])
			pids[n++] = s->tasks[i]->pid;
	return n;
}

/* Where two kernels run in lockstep: do they agree? 0, or -1: the run is over. */
static int compare(struct session *s)
{
	int *pids;
	int failed;

	if (!s->target->ops->compare)
		return 0;
	pids = xcalloc(s->nr_tasks + 1, sizeof(*pids));
	failed = s->target->ops->compare(s->target, s->model, pids, living(s, pids), &s->error);
	free(pids);
	return failed ? session_over(s) : 0;
}

/* A quiet step in which nothing was found: as if it had not been. */
static int forget_step(struct session *s)
{
	s->steps--;
	s->nr_events = 0;
	buf_clear(&s->completed);
	buf_clear(&s->expected_now);
	return 0;
}

int session_finish(struct session *s, const struct task *task, const struct step_words *words)
{
	const struct options *o = s->options;
	bool can_look = s->target->ops->observe, verify = can_look && o->verify == VERIFY_STEP;
	bool look = can_look && (verify || o->dump != DUMP_NONE || o->out || s->target->ops->compare);
	struct report_step step = {
		.number = ++s->steps,
		.pid = task ? task->pid : 0,
		.op = words->op,
		.args = words->args,
		.status = words->status,
		.where = s->where[0] ? s->where : NULL,
		.access = words->access,
		.own_fault = words->own_fault,
		.signo = words->signo,
		.fault_addr = words->fault_addr,
		.events = s->events,
		.nr_events = s->nr_events,
	};
	struct buf result = {0};
	uint32_t fresh = 0;
	int failed;

	if (look && session_observe(s))
		return -1;
	if (verify)
		verify_now(s, &fresh, &step.checks);
	if (s->quiet && !fresh)
		return forget_step(s);
	buf_printf(&result, "%s%s", words->result, buf_text(&s->completed));
	step.result = buf_text(&result);
	step.now = look ? s->model : NULL;
	step.findings = s->findings.items;
	step.nr_findings = fresh;
	step.nr_old_findings = verify && !s->expecting ? s->findings.n - fresh : 0;
	step.expected = buf_text(&s->expected_now);
	failed = report_step(s->report, &step, &s->error);
	remember_step(s, task, words);
	buf_free(&result);
	buf_clear(&s->completed);
	buf_clear(&s->expected_now);
	s->nr_events = 0;
	if (failed)
		return session_over(s);
	if (s->watch)
		s->watch->step(s->watch->ctx, s);
	return compare(s);
}

void session_failure(struct session *s)
{
	s->failures++;
	s->status = status_max(s->status, EXIT_FINDING);
}

void session_end(struct session *s)
{
	struct report_totals totals;
	char compared[1024] = "";
	bool can_look = !s->target || s->target->ops->observe;

	if (!s->over && can_look && s->options->verify != VERIFY_OFF &&
	    (s->steps == 0 || s->options->verify == VERIFY_END))
		session_verify(s);
	else if (!s->over)
		session_start(s);
	if (s->target && s->target->ops->summary && s->report)
		s->target->ops->summary(s->target, compared, sizeof(compared));
	totals = (struct report_totals){
		.compared = compared,
		.steps = s->steps,
		.checks = s->checks,
		.invariants = can_look ? nr_invariants : 0,
		.findings = s->nr_findings,
		.failures = s->failures,
		.seconds = seconds_now() - s->started_at,
	};
	if (s->report && report_end(s->report, &totals, &s->error) && !s->over)
		session_over(s);
}

void session_free(struct session *s)
{
	report_close(s->report);
	model_free(s->model);
	model_free(s->before);
	picture_free(s->shown);
	findings_free(&s->findings);
	free(s->expected);
	buf_free(&s->expected_now);
	if (s->target)
		s->target->ops->destroy(s->target);
	if (s->elf_open)
		guest_elf_close(&s->elf);
	for (uint32_t i = 0; i < s->nr_tasks; i++) {
		pending_put(s->tasks[i]->pending);
		free(s->tasks[i]);
	}
	free(s->tasks);
	free(s->events);
	buf_free(&s->completed);
	buf_free(&s->args);
	buf_free(&s->result);
}
