/* SPDX-License-Identifier: MIT */
/*
 * A program of the host in the guest; see prog.h. It goes into a cpio (prog_pack.c); a task of the scenario language forks, and
 * the child becomes the program (prog_script.c), which then runs live (target/live.h): on our streams, in real time, preempted.
 * What the kernel itself says goes to stderr.
 */
#include "explore/prog/prog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/prog/pack.h"
#include "explore/prog/script.h"
#include "explore/prog/trace.h"
#include "report/buf.h"
#include "script/program.h"

#include <signal.h> /* last: it makes macros of names that agent.h has */

static int of_tool(enum exit_status status)
{
	return 120 + status;
}

/* How the program ended, as a shell tells it. */
static int of_program(int64_t status)
{
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* What was found wrong with the guest's memory, if anything was. */
static bool tell_findings(const struct session *s)
{
	if (!s->nr_findings)
		return false;
	fprintf(stderr, "vmm: an invariant was violated: %s: %s\n", s->findings.n ? s->findings.items[0].invariant->id : "?",
		s->findings.n ? s->findings.items[0].text : "it does not stand any more");
	return true;
}

static int finish(struct program *p, const char *why)
{
	struct session *s = program_session(p);
	int64_t status;

	if (!why && s->options->verify != VERIFY_OFF)
		session_verify(s);
	if (why || s->over) {
		fprintf(stderr, "vmm: %s\n", s->over ? s->error.text : why);
		return of_tool(s->over ? s->error.status : EXIT_USAGE);
	}
	if (tell_findings(s))
		return of_tool(EXIT_FINDING);
	return program_number(p, "status", &status) ? of_program(status) : of_tool(EXIT_USAGE);
}

/* The script's three parts; the second is the program's life. What went wrong, or NULL. */
static const char *play(struct program *p, const struct options *o, struct target_live *live)
{
	struct buf prepare = {0};
	const char *why = NULL;
	int failed;

	prog_script(&prepare, o);
	failed = program_line(p, buf_text(&prepare), &why);
	buf_free(&prepare);
	live->running = true;
	if (!failed && !program_line(p, prog_run_lua, &why))
		program_line(p, prog_end_lua, &why);
	return why;
}

/* Whoever looks on while the program runs. */
struct watch {
	struct session *session;
	struct timeline *timeline;
};

static void on_event(void *ctx, const struct lab_event *event)
{
	timeline_event(((struct watch *)ctx)->timeline, event);
}

/* --verify step: before ring 3 goes on, everything must hold. */
static int on_step(void *ctx, struct error *e)
{
	struct watch *w = ctx;
	const struct session *s = w->session;

	if (session_inspect(w->session) < 0)
		return -1;
	if (!s->nr_findings)
		return 0;
	return error_set(e, EXIT_FINDING, "after %s an invariant was violated: %s: %s", timeline_doing(w->timeline),
			 s->findings.items[0].invariant->id, s->findings.items[0].text);
}

/* Where the timeline goes: to a file in --out, or to stderr. NULL: nowhere, or it cannot be made. */
static FILE *open_trace(const struct options *o)
{
	char path[4096];

	if (!o->trace)
		return NULL;
	if (!o->out)
		return stderr;
	snprintf(path, sizeof(path), "%s/timeline.%s", o->out, o->format == FORMAT_JSON ? "jsonl" : "txt");
	return fopen(path, "w");
}

static int run(const struct options *o)
{
	struct options quiet = *o; /* the steps that lead to the program are nobody's concern */
	struct target_live live = {.fds = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}, .time_limit = o->time_limit};
	bool stepping = o->verify == VERIFY_STEP;
	FILE *document = fopen("/dev/null", "w"), *to;
	struct program *p = document ? program_open(&quiet, base_name(o->prog[0]), document) : NULL;
	struct watch watch;
	const char *why;
	int status;

	if (!p) {
		fputs("vmm: the host has no memory for a Lua state\n", stderr);
		return of_tool(EXIT_HOST);
	}
	quiet.dump = DUMP_NONE;
	quiet.out = NULL;
	if (o->out && mkdir(o->out, 0777) && errno != EEXIST)
		fprintf(stderr, "vmm: cannot make the directory %s: %s\n", o->out, strerror(errno));
	to = open_trace(o);
	watch = (struct watch){.session = program_session(p), .timeline = timeline_open(o, to)};
	live.ctx = &watch;
	live.event = o->trace || stepping ? on_event : NULL;
	live.step = stepping ? on_step : NULL;
	watch.session->live = &live;
	why = play(p, o, &live);
	timeline_close(watch.timeline);
	status = finish(p, why);
	program_close(p);
	if (to && to != stderr)
		fclose(to);
	fclose(document);
	return status;
}

int prog_main(const struct options *options)
{
	struct options o = *options;
	char initrd[64];
	struct cpio c;
	struct error e;
	int status;

	/* Who reads the program's output may go: that is for the program to know. */
	signal(SIGPIPE, SIG_IGN);
	if (cpio_begin(&c, &e) || prog_pack(&c, &o, &e)) {
		fprintf(stderr, "vmm: %s\n", e.text);
		return of_tool(e.status);
	}
	/* By our own number: QEMU opens it, too, and there `self` is another. */
	snprintf(initrd, sizeof(initrd), "/proc/%d/fd/%d", getpid(), c.fd);
	o.initrd = initrd;
	status = run(&o);
	close(c.fd);
	return status;
}
