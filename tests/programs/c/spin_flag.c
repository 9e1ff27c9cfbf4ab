/* SPDX-License-Identifier: MIT */
/* A thread that spins on memory until another, which computes all the while, sets it: it ends only where threads are preempted. */
#include <pthread.h>
#include <stdio.h>

static volatile int flag;
static volatile long sum;

static void *set_flag(void *arg)
{
	for (long i = 0; i < 20000000; i++)
		sum += i & 3;
	flag = 1;
	return arg;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, set_flag, NULL))
		return puts("no thread"), 1;
	while (!flag)
		;
	pthread_join(thread, NULL);
	printf("seen, %ld\n", sum);
	return 0;
}
