/* SPDX-License-Identifier: MIT */
/* Errors, exit statuses, and the signals that end the program in words. */
#include "check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/error.h"
#include "base/fatal.h"

Test(error, set_formats_and_returns_minus_one)
{
	struct error e;

	CHECK_EQ(error_set(&e, EXIT_USAGE, "%s is %d", "x", 3), -1);
	CHECK_EQ(e.status, EXIT_USAGE);
	CHECK_STR(e.text, "x is 3");
}

Test(error, a_text_too_long_is_cut)
{
	static char big[2 * sizeof(((struct error *)0)->text)];
	struct error e;

	memset(big, 'x', sizeof(big) - 1);
	error_set(&e, EXIT_HOST, "%s", big);
	CHECK_EQ(strlen(e.text), sizeof(e.text) - 1);
}

Test(error, of_several_statuses_the_gravest_wins)
{
	/* From mild to grave: 4 > 3 > 5 > 1. */
	static const enum exit_status order[] = {EXIT_HELD, EXIT_SKIPPED,    EXIT_FINDING, EXIT_USAGE,
						 EXIT_TIME, EXIT_GUEST_DIED, EXIT_HOST};

	for (int i = 0; i < 7; i++)
		for (int j = 0; j < 7; j++)
			CHECK_THAT(status_max(order[i], order[j]) == order[i > j ? i : j], "of %d and %d",
				   order[i], order[j]);
}

Test(error, memory_that_is_not_there_ends_the_process, .exit_code = EXIT_HOST)
{
	xcalloc(-1UL / 2, 4); /* more than calloc can even be asked for */
}

Test(fatal, a_mapped_file_cut_short_is_told, .exit_code = EXIT_HOST)
{
	int fd = memfd_create("cut", MFD_CLOEXEC);
	volatile char *p;

	CHECK_EQ(ftruncate(fd, 4096), 0);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(ftruncate(fd, 0), 0);
	fatal_signals_explain();
	(void)p[0];
	CHECK_THAT(false, "went on reading");
}
