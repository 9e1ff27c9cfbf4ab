/* SPDX-License-Identifier: MIT */
/* vmm: a microscope for memory management. A command is a row of a table; without one, a guest is run. */
#include <stdio.h>
#include <string.h>
#include "base/fatal.h"
#include "options.h"
#include "script/script.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
};

static int help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return fputs(options_help, stdout) < 0 ? EXIT_HOST : EXIT_HELD;
}

static int version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("mmscope " MMSCOPE_VERSION);
	return EXIT_HELD;
}

static int not_yet(int argc, char **argv)
{
	(void)argc;
	fprintf(stderr, "vmm: the command %s is not in this version (vmm --help)\n", argv[0]);
	return EXIT_USAGE;
}

static int run_guest(int argc, char **argv)
{
	struct options options;
	struct error e;

	if (!options_parse(&options, argc, argv, &e))
		return script_main(&options);
	fprintf(stderr, "vmm: %s\n", e.text);
	return e.status;
}

static const struct command commands[] = {
	{"help", help},		{"--help", help},  {"-h", help},	 {"version", version},
	{"--version", version}, {"fuzz", not_yet}, {"explore", not_yet}, {"mutate", not_yet},
	{"bench", not_yet},	{"view", not_yet},
};

int main(int argc, char **argv)
{
	fatal_signals_explain();
	for (unsigned int i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return run_guest(argc, argv);
}
