/* SPDX-License-Identifier: MIT */
/* The handler may run anywhere: it writes and leaves, no more. */
#include "base/fatal.h"

#include <signal.h>
#include <unistd.h>
#include "base/error.h"

static void on_sigbus(int signo)
{
	static const char text[] = "vmm: SIGBUS: memory that was mapped is gone. Either guest.bin was "
				   "overwritten while it was in use (run "
				   "it again), or the host has no page left for the guest's RAM (free some, "
				   "or try a smaller --mem)\n";

	(void)signo;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EXIT_HOST);
	_exit(EXIT_HOST);
}

void fatal_signals_explain(void)
{
	struct sigaction action = {.sa_handler = on_sigbus};

	sigaction(SIGBUS, &action, NULL);
}
