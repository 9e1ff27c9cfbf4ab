/* SPDX-License-Identifier: MIT */
/* Floating-point state belongs to the process: parent and child compute in turn, and a handler computes in between. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile double in_handler;

static void on_signal(int signo)
{
	in_handler = sqrt(signo * 1.0) + 0.25;
}

static double series(int turns, int other)
{
	double sum = 0;

	for (int i = 1; i <= turns; i++) {
		sum += 1.0 / i / i;
		if (other >= 0 && i % 100 == 0) {
			char byte;

			kill(getpid(), SIGUSR1);
			read(other, &byte, 1);
		}
	}
	return sum;
}

int main(void)
{
	int pipes[2], status;

	pipe(pipes);
	signal(SIGUSR1, on_signal);
	if (fork() == 0) {
		for (int i = 0; i < 20; i++) {
			volatile double noise = series(50 + i, -1) * 3.5;

			(void)noise;
			write(pipes[1], "x", 1);
		}
		_exit(0);
	}
	printf("%.12f\n", series(2000, pipes[0]));
	wait(&status);
	printf("%.6f\n", in_handler);
	return 0;
}
