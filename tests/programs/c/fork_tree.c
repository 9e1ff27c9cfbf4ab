/* SPDX-License-Identifier: MIT */
/* A fork bomb that ends: every process has two children, three generations deep; their statuses add up to how many there were. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int tree(int depth)
{
	int below = 0, status;

	for (int i = 0; depth && i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(tree(depth - 1));
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
			_exit(99);
		below += WEXITSTATUS(status);
	}
	return below + 1;
}

int main(void)
{
	printf("%d processes\n", tree(3));
	return 0;
}
