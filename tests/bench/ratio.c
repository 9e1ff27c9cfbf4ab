/* SPDX-License-Identifier: MIT */
/*
 * Two commands timed as processes, in turn (A B A B …), so that whatever else the machine does falls on
 * both alike; what is told is the ratio of their medians. From before the spawn to after the wait.
 *
 * usage: ratio NAME ROUNDS AIM JSON A [ARG…] -- B [ARG…]
 * Prints one row for people (AIM: a ratio, only shown; 0: none) and appends one JSON object to the file
 * JSON. Exit status: 0; 1: a command failed; 2: usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

#define WARM_UP	   3 /* rounds not counted: page cache, KVM's module state */
#define MAX_ROUNDS 10000

struct samples {
	char **argv;
	double *ms;	/* sorted once all are in */
	double *cpu_ms; /* user and system */
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double timeval_ms(struct timeval t)
{
	return t.tv_sec * 1e3 + t.tv_usec / 1e3;
}

/* Run once, quietly. False: it could not be started, or did not end with 0. */
static bool run_once(struct samples *s, int round, const posix_spawn_file_actions_t *quiet)
{
	struct rusage usage;
	double start = now_ms(), end;
	int status, error;
	pid_t pid;

	error = posix_spawn(&pid, s->argv[0], quiet, NULL, s->argv, environ);
	if (error) {
		fprintf(stderr, "ratio: %s: %s\n", s->argv[0], strerror(error));
		return false;
	}
	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	end = now_ms();
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "ratio: %s ended with wait status %#x\n", s->argv[0], status);
		return false;
	}
	if (round >= 0) {
		s->ms[round] = end - start;
		s->cpu_ms[round] = timeval_ms(usage.ru_utime) + timeval_ms(usage.ru_stime);
	}
	return true;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *sorted, int n, double q)
{
	double at = q * (n - 1);
	int i = at;

	return i + 1 < n ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

static void json_side(FILE *f, const char *key, const struct samples *s, int n)
{
	fprintf(f,
		",\"%s\":{\"median_ms\":%.4f,\"q1_ms\":%.4f,\"q3_ms\":%.4f,\"min_ms\":%.4f,\"cpu_median_ms\":"
		"%.4f}",
		key, quantile(s->ms, n, 0.5), quantile(s->ms, n, 0.25), quantile(s->ms, n, 0.75), s->ms[0],
		quantile(s->cpu_ms, n, 0.5));
}

static void tell(const char *name, double aim, const struct samples *a, const struct samples *b, int n,
		 FILE *json)
{
	double ma = quantile(a->ms, n, 0.5), mb = quantile(b->ms, n, 0.5);

	printf("%-24s %8.3f ms [%.3f … %.3f]  / %8.3f ms [%.3f … %.3f]  = %5.2fx", name, ma,
	       quantile(a->ms, n, 0.25), quantile(a->ms, n, 0.75), mb, quantile(b->ms, n, 0.25),
	       quantile(b->ms, n, 0.75), ma / mb);
	if (aim > 0)
		printf("   (aim: %.2fx or less)", aim);
	printf("   n = %d\n", n);
	fprintf(json, "{\"name\":\"%s\",\"rounds\":%d,\"ratio\":%.4f,\"aim\":%.2f", name, n, ma / mb, aim);
	json_side(json, "a", a, n);
	json_side(json, "b", b, n);
	fprintf(json, "}\n");
}

static bool measure(struct samples *a, struct samples *b, int rounds)
{
	posix_spawn_file_actions_t quiet;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	for (int round = -WARM_UP; round < rounds; round++)
		if (!run_once(a, round, &quiet) || !run_once(b, round, &quiet))
			return false;
	for (struct samples *s = a; s; s = s == a ? b : NULL) {
		qsort(s->ms, rounds, sizeof(double), by_size);
		qsort(s->cpu_ms, rounds, sizeof(double), by_size);
	}
	return true;
}

static struct samples samples_for(char **argv, int rounds)
{
	return (struct samples){argv, calloc(rounds, sizeof(double)), calloc(rounds, sizeof(double))};
}

int main(int argc, char **argv)
{
	struct samples a, b;
	int rounds = argc > 2 ? atoi(argv[2]) : 0, split = 5;
	FILE *json;

	while (split < argc && strcmp(argv[split], "--"))
		split++;
	if (rounds < 1 || rounds > MAX_ROUNDS || split + 1 >= argc || split == 5) {
		fprintf(stderr, "usage: ratio NAME ROUNDS AIM JSON A [ARG...] -- B [ARG...]\n");
		return 2;
	}
	argv[split] = NULL;
	a = samples_for(argv + 5, rounds);
	b = samples_for(argv + split + 1, rounds);
	json = fopen(argv[4], "a");
	if (!json || !a.ms || !a.cpu_ms || !b.ms || !b.cpu_ms) {
		perror(argv[4]);
		return 2;
	}
	if (!measure(&a, &b, rounds))
		return 1;
	tell(argv[1], atof(argv[3]), &a, &b, rounds, json);
	return fclose(json) ? 2 : 0;
}
