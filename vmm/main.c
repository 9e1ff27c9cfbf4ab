/* SPDX-License-Identifier: MIT */
/* vmm: a microscope for memory management. A command is a row of a table; without one, a guest is run. */
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "base/fatal.h"
#include "explore/fuzz/fuzz.h"
#include "explore/mutate/mutate.h"
#include "explore/prog/prog.h"
#include "options.h"
#include "report/report.h"
#include "script/script.h"
#include "target/linux_serve.h"
#include "target/rules.h"
#include "verify/verify.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
	const char *help;		   /* one line; NULL: another spelling, or for no user */
};

static int help(int argc, char **argv);

static int version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("mmscope " MMSCOPE_VERSION);
	return EXIT_HELD;
}

static int invariants_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	list_invariants(stdout);
	return fflush(stdout) ? EXIT_HOST : EXIT_HELD;
}

static int rules_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	rules_list(stdout);
	return fflush(stdout) ? EXIT_HOST : EXIT_HELD;
}

/* Of the plan, not of this version: refused by name, lest the word be taken for a guest's. */
static int not_yet(int argc, char **argv)
{
	(void)argc;
	fprintf(stderr, "vmm: the command %s is not in this version (vmm --help)\n", argv[0]);
	return EXIT_USAGE;
}

static const struct command commands[] = {
	{ "diff", diff_main, "compare two recorded steps, or two recorded runs" },
	{ "fuzz", fuzz_main, "random programs, each verified after every step; failures are shrunk to a scenario" },
	{ "help", help, "this text" },
	{ "invariants", invariants_main, "what is verified after every step, as Markdown (docs/invariants.md)" },
	{ "mutate", mutate_main, "break a guest on purpose: is each corruption found?" },
	{ "rules", rules_main, "what may differ from Linux with --target both, as Markdown (docs/linux-differences.md)" },
	{ "version", version, "the version" },
	{ "--help", help, NULL },
	{ "-h", help, NULL },
	{ "--version", version, NULL },
	{ "linux-serve", linux_serve_main, NULL },
	{ "explore", not_yet, NULL },
	{ "bench", not_yet, NULL },
	{ "view", not_yet, NULL },
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs(options_help, stdout);
	puts("\ncommands:");
	for (unsigned int i = 0; i < NR_COMMANDS; i++)
		if (commands[i].help)
			printf("  vmm %-10s %s\n", commands[i].name, commands[i].help);
	return fflush(stdout) ? EXIT_HOST : EXIT_HELD;
}

static int run_guest(int argc, char **argv)
{
	struct options options;
	struct error e;

	if (!options_parse(&options, argc, argv, &e))
		return options.prog ? prog_main(&options) : script_main(&options);
	fprintf(stderr, "vmm: %s\n", e.text);
	return e.status;
}

int main(int argc, char **argv)
{
	fatal_signals_explain();
	keep_freed_memory();
	for (unsigned int i = 0; argc > 1 && i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return run_guest(argc, argv);
}
