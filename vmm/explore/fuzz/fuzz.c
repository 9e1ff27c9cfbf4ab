/* SPDX-License-Identifier: MIT */
/* `vmm fuzz`: campaigns of random programs; see fuzz.h. One seed is one program, the same on every machine. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "explore/fuzz/fuzz.h"

/* After the shared headers: it makes a macro of si_addr, which is a field of theirs. */
#include <sys/wait.h>

static const char fuzz_help[] =
	"usage: vmm fuzz [options] guest.bin         random programs, verified after every step\n"
	"       vmm fuzz --merge FILE...             results of several campaigns as one\n"
	"\n"
	"  --seed N       the first program's seed (1); each seed is one program\n"
	"  --seeds N      how many programs (1)\n"
	"  --steps N      steps of each (1000)\n"
	"  --tasks N      tasks that live at a time, at most (3)\n"
	"  --jobs N       programs at a time (1)\n"
	"  --shard I/N    only the seeds whose number is I modulo N\n"
	"  --keep DIR     where a failing program is written, shrunk, as a scenario (fuzz)\n"
	"  --shrink N     runs that making it smaller may take, at most (3000); 0: it stays as it is\n"
	"  --results FILE one JSON line for each program, appended\n"
	"and --machine, --target, --mem, --time-limit as for a run.\n"
	"\n"
	"exit status: 0 all held; 1 a program failed; else as of a run.\n";

struct campaign {
	struct options options; /* of each run; seed: the first */
	uint64_t seeds;
	uint32_t steps, tasks, jobs, shard, shards, shrink;
	const char *keep, *results;
};

/* --- the command line -------------------------------------------------------------------------------- */

static bool number(const char *text, uint64_t *value, uint64_t max)
{
	return text && parse_number(text, value) && *value <= max;
}

static bool shard_of(const char *text, struct campaign *c)
{
	unsigned int i, n;
	char rest;

	if (!text || sscanf(text, "%u/%u%c", &i, &n, &rest) != 2 || !n || i >= n)
		return false;
	c->shard = i;
	c->shards = n;
	return true;
}

/* An option of the campaign's own, or false. *bad: it is one, but its value is not. */
static bool own_option(struct campaign *c, const char *name, const char *value, bool *bad)
{
	uint64_t n = 0;

	*bad = false;
	if (!strcmp(name, "--seeds"))
		*bad = !number(value, &c->seeds, UINT32_MAX) || !c->seeds;
	else if (!strcmp(name, "--steps"))
		*bad = !number(value, &n, 1u << 20) || !(c->steps = n);
	else if (!strcmp(name, "--tasks"))
		*bad = !number(value, &n, FUZZ_MAX_TASKS) || !(c->tasks = n);
	else if (!strcmp(name, "--jobs"))
		*bad = !number(value, &n, 256) || !(c->jobs = n);
	else if (!strcmp(name, "--shrink"))
		*bad = !number(value, &n, 1u << 20) || ((c->shrink = n), false);
	else if (!strcmp(name, "--shard"))
		*bad = !shard_of(value, c);
	else if (!strcmp(name, "--keep"))
		c->keep = value;
	else if (!strcmp(name, "--results"))
		c->results = value;
	else
		return false;
	return true;
}

/* What is not the campaign's is the run's. */
static int parse(struct campaign *c, int argc, char **argv, struct error *e)
{
	char **rest = xcalloc(argc + 1, sizeof(*rest));
	int n = 1, failed;
	bool bad;

	rest[0] = argv[0];
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || !own_option(c, argv[i], argv[i + 1], &bad)) {
			rest[n++] = argv[i];
			continue;
		}
		if (!argv[i + 1] || bad) {
			free(rest);
			return error_set(e, EXIT_USAGE, "%s wants another value than \"%s\" (vmm fuzz --help)", argv[i],
					 argv[i + 1] ? argv[i + 1] : "");
		}
		i++;
	}
	failed = options_parse(&c->options, n, rest, e);
	free(rest);
	if (!failed && c->options.scenario)
		failed = error_set(e, EXIT_USAGE, "vmm fuzz makes its own scenarios: leave out %s", c->options.scenario);
	c->options.dump = DUMP_NONE;
	c->options.argc = 0;
	return failed;
}

/* --- one program ------------------------------------------------------------------------------------- */

static int write_scenario(const char *path, uint64_t seed, const struct fuzz_program *program, const struct fuzz_result *r,
			  struct error *e)
{
	struct buf b = {0};
	FILE *f;
	int failed;

	buf_printf(&b, "-- Made by vmm fuzz from seed %" PRIu64 ": %s\n", seed, fuzz_end_name(r->end));
	for (const char *line = r->text; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n'))
		buf_printf(&b, "--   %.*s\n", (int)strcspn(line, "\n"), line);
	buf_puts(&b, fuzz_prelude);
	for (uint32_t i = 0; i < program->n; i++)
		fuzz_render(&program->steps[i], &b);
	f = fopen(path, "w");
	failed = !f || fwrite(b.text, 1, b.len, f) != b.len;
	if (f && fclose(f))
		failed = 1;
	buf_free(&b);
	return failed ? error_set(e, EXIT_HOST, "cannot write %s: %s", path, strerror(errno)) : 0;
}

/* Before it is shrunk, which takes its time. */
static void tell_failure(uint64_t seed, const struct fuzz_result *r)
{
	printf("seed %" PRIu64 ": step %" PRIu32 ": %s: %s\n", seed, r->step, fuzz_end_name(r->end), r->text);
	fflush(stdout);
}

static void tell_result(const struct campaign *c, uint64_t seed, const struct fuzz_result *r, const char *path, uint64_t reached)
{
	struct buf b = {0};
	FILE *f;

	if (path)
		printf("seed %" PRIu64 ": shrunk to %" PRIu32 " steps: %s\n", seed, r->step, path);
	fflush(stdout);
	if (!c->results)
		return;
	buf_printf(&b, "{\"seed\":%" PRIu64 ",\"steps\":%" PRIu32 ",\"end\":\"%s\",\"what\":", seed, r->step, fuzz_end_name(r->end));
	buf_json_string(&b, r->what);
	buf_printf(&b, ",\"situations\":%" PRIu64 "}\n", reached);
	/* One write in append mode: lines of several jobs do not mix. */
	f = fopen(c->results, "a");
	if (!f || fwrite(b.text, 1, b.len, f) != b.len || fclose(f))
		fprintf(stderr, "vmm: cannot write %s: %s\n", c->results, strerror(errno));
	buf_free(&b);
}

/* Its steps lead to what is new in this program, whatever others reached: so a seed is one program, alone or in a campaign. 0: it held. */
static enum exit_status one_program(const struct campaign *c, uint64_t seed, struct fuzz_cover *total, uint64_t *steps)
{
	struct fuzz_cover *cover = cover_new();
	struct options options = c->options;
	struct fuzz_program program;
	struct fuzz_result result;
	char path[4096];
	struct error e;
	uint64_t reached;

	options.seed = seed;
	fuzz_generate(&options, c->steps, c->tasks, cover, &program, &result);
	*steps += result.step;
	reached = cover_reached(cover);
	cover_add(total, cover);
	cover_free(cover);
	if (result.end != FUZZ_HELD)
		tell_failure(seed, &result);
	if (result.end == FUZZ_HELD || result.end == FUZZ_ERROR) {
		tell_result(c, seed, &result, NULL, reached);
		free(program.steps);
		return result.end == FUZZ_HELD ? EXIT_HELD : EXIT_HOST;
	}
	program.n = result.step;
	fuzz_shrink(&options, c->shrink, &program, &result);
	mkdir(c->keep, 0777);
	snprintf(path, sizeof(path), "%s/seed-%" PRIu64 ".lua", c->keep, seed);
	if (write_scenario(path, seed, &program, &result, &e))
		fprintf(stderr, "vmm: %s\n", e.text);
	tell_result(c, seed, &result, path, reached);
	free(program.steps);
	return EXIT_FINDING;
}

/* --- a campaign -------------------------------------------------------------------------------------- */

/* Every jobs-th seed of the shard, from the job's own on. */
static enum exit_status one_job(const struct campaign *c, uint32_t job)
{
	enum exit_status status = EXIT_HELD;
	struct fuzz_cover *cover = cover_new();
	uint64_t steps = 0, programs = 0, of_shard = 0;
	struct buf b = {0};

	for (uint64_t i = 0; i < c->seeds; i++) {
		uint64_t seed = c->options.seed + i;

		if (seed % c->shards != c->shard || of_shard++ % c->jobs != job)
			continue;
		programs++;
		status = status_max(status, one_program(c, seed, cover, &steps));
	}
	cover_tell(cover, &b);
	printf("%" PRIu64 " programs, %" PRIu64 " steps, %s", programs, steps, buf_text(&b));
	fflush(stdout);
	buf_free(&b);
	cover_free(cover);
	return status;
}

static enum exit_status all_jobs(const struct campaign *c)
{
	enum exit_status status = EXIT_HELD;
	int ended;

	if (c->jobs == 1)
		return one_job(c, 0);
	fflush(stdout);
	for (uint32_t job = 0; job < c->jobs; job++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(one_job(c, job));
		if (pid < 0)
			status = EXIT_HOST;
	}
	while (wait(&ended) > 0)
		status = status_max(status, WIFEXITED(ended) ? (enum exit_status)WEXITSTATUS(ended) : EXIT_HOST);
	return status;
}

/* --- results of several ------------------------------------------------------------------------------- */

struct merged {
	uint64_t programs, steps, failed, bad_lines;
};

static void merge_file(FILE *f, struct merged *m)
{
	char *line = NULL, end[16];
	size_t size = 0;
	uint64_t seed;
	uint32_t steps;

	while (getline(&line, &size, f) > 0) {
		if (sscanf(line, "{\"seed\":%" SCNu64 ",\"steps\":%" SCNu32 ",\"end\":\"%15[a-z]\"", &seed, &steps, end) != 3) {
			m->bad_lines++;
			continue;
		}
		m->programs++;
		m->steps += steps;
		if (strcmp(end, "held")) {
			m->failed++;
			fputs(line, stdout);
		}
	}
	free(line);
}

static int merge(int n, char **paths)
{
	struct merged m = {0};

	for (int i = 0; i < n; i++) {
		FILE *f = fopen(paths[i], "r");

		if (!f) {
			fprintf(stderr, "vmm: cannot open %s: %s\n", paths[i], strerror(errno));
			return EXIT_USAGE;
		}
		merge_file(f, &m);
		fclose(f);
	}
	printf("%" PRIu64 " programs, %" PRIu64 " steps, %" PRIu64 " failed\n", m.programs, m.steps, m.failed);
	if (m.bad_lines)
		fprintf(stderr, "vmm: %" PRIu64 " lines are no results of vmm fuzz\n", m.bad_lines);
	return m.bad_lines ? EXIT_USAGE : m.failed ? EXIT_FINDING : EXIT_HELD;
}

int fuzz_main(int argc, char **argv)
{
	struct campaign c = {.seeds = 1, .steps = 1000, .tasks = 3, .jobs = 1, .shards = 1, .shrink = 3000, .keep = "fuzz"};
	struct error e;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(fuzz_help, stdout);
		return EXIT_HELD;
	}
	if (argc > 2 && !strcmp(argv[1], "--merge"))
		return merge(argc - 2, argv + 2);
	if (parse(&c, argc, argv, &e)) {
		fprintf(stderr, "vmm: %s\n", e.text);
		return e.status;
	}
	return all_jobs(&c);
}
