/* SPDX-License-Identifier: MIT */
/* Processes and threads that compute in SSE and x87 registers for many slices each, all at once: none may see another's. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 3
#define TURNS	6000000

struct work {
	int seed;
	double sse;
	long double x87;
};

/* Four values that live in registers throughout. */
static void *compute(void *arg)
{
	struct work *w = arg;
	double a = w->seed, b = 0.5, c = 1.0 / 3;
	long double x = w->seed;

	for (int i = 0; i < TURNS; i++) {
		a = a * 0.999999 + b;
		b = b * 0.5 + c;
		c = 1.0 / 3 + (i & 1) * 0.25;
		x = x * 0.999999L + 0.125L;
		__asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c), "+t"(x));
	}
	w->sse = a + b + c;
	w->x87 = x;
	return NULL;
}

int main(void)
{
	struct work work[WORKERS] = {{1}, {1000}, {1000000}};
	pthread_t threads[WORKERS];
	pid_t child = fork();
	int status = 0;

	for (int i = 0; i < WORKERS; i++)
		if (pthread_create(&threads[i], NULL, compute, &work[i]))
			return puts("no thread"), 1;
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	if (child)
		waitpid(child, &status, 0);
	for (int i = 0; i < WORKERS; i++)
		printf("%s %d %.17g %.20Lg\n", child ? "parent" : "child", work[i].seed, work[i].sse, work[i].x87);
	return status != 0;
}
