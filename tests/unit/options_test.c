/* SPDX-License-Identifier: MIT */
/* The command line: what each option sets, and the words for each way to get it wrong. */
#include "check.h"
#include <stdio.h>
#include "options.h"

#define MAX_ARGS 24

/* Split at blanks and parse. */
static int parse(struct options *o, const char *line, struct error *e)
{
	static char copy[512];
	static char *argv[MAX_ARGS + 1];
	int argc = 0;

	snprintf(copy, sizeof(copy), "vmm %s", line);
	for (char *word = strtok(copy, " "); word && argc < MAX_ARGS; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return options_parse(o, argc, argv, e);
}

static struct options good(const char *line)
{
	struct options o;
	struct error e;

	CHECK_THAT(!parse(&o, line, &e), "\"%s\": %s", line, e.text);
	return o;
}

Test(options, defaults_are_those_of_the_help)
{
	struct options o = good("guest.bin");

	CHECK_STR(o.machine, "auto");
	CHECK_STR(o.target, "guest");
	CHECK_EQ(o.mem_size, 0);
	CHECK_EQ(o.nr_cpus, 1);
	CHECK_EQ(o.verify, VERIFY_STEP);
	CHECK_EQ(o.seed, 1);
	CHECK_EQ(o.dump, DUMP_CHANGES);
	CHECK_EQ(o.format, FORMAT_TEXT);
	CHECK(!o.raw && !o.tour && !o.count_instructions && !o.out && !o.scenario);
	CHECK(o.time_limit == 60);
	CHECK_STR(o.cmdline, "");
	CHECK_STR(o.guest, "guest.bin");
	CHECK_EQ(o.argc, 2);
}

Test(options, every_option_is_read_in_both_spellings)
{
	struct options o = good("--machine kvm --mem=128M --verify end g.bin --seed 0x2a s.lua");

	CHECK_STR(o.machine, "kvm");
	CHECK_EQ(o.mem_size, 128 << 20);
	CHECK_EQ(o.verify, VERIFY_END);
	CHECK_EQ(o.seed, 42);
	CHECK_STR(o.guest, "g.bin");
	CHECK_STR(o.scenario, "s.lua");
	o = good("--dump=full --format json --out dir --raw --time-limit 2.5 --count-instructions --tour g");
	CHECK_EQ(o.dump, DUMP_FULL);
	CHECK_EQ(o.format, FORMAT_JSON);
	CHECK_STR(o.out, "dir");
	CHECK(o.raw && o.count_instructions && o.tour && o.time_limit == 2.5);
	o = good("--target guest --cpus 1 --cmdline=a=b --verify off --dump none --time-limit 0 g");
	CHECK_STR(o.cmdline, "a=b");
	CHECK_EQ(o.verify, VERIFY_OFF);
	CHECK_EQ(o.dump, DUMP_NONE);
	CHECK(o.time_limit == 0);
}

static const struct {
	const char *line, *message;
} wrong[] = {
	{"", "which guest? vmm [options] guest.bin [scenario.lua]"},
	{"--mem 64M", "which guest? vmm [options] guest.bin [scenario.lua]"},
	{"--memory 64M g", "unknown option --memory"},
	{"--me 64M g", "unknown option --me"},
	{"- g", "unknown option -"},
	{"-x g", "unknown option -x"},
	{"g --mem", "--mem wants a size from 4M to 1T in whole pages, such as 64M"},
	{"--mem= g", "--mem wants a size from 4M to 1T in whole pages, such as 64M, not \"\""},
	{"--mem 64X g", "--mem wants a size from 4M to 1T in whole pages, such as 64M, not \"64X\""},
	{"--mem 1M g", "--mem wants a size from 4M to 1T in whole pages, such as 64M, not \"1M\""},
	{"--mem 4194305 g", "--mem wants a size from 4M to 1T in whole pages, such as 64M, not \"4194305\""},
	{"--mem 2T g", "--mem wants a size from 4M to 1T in whole pages, such as 64M, not \"2T\""},
	{"--mem -64M g", "--mem wants a size from 4M to 1T in whole pages, such as 64M, not \"-64M\""},
	{"--machine xen g", "--machine wants auto, kvm or qemu, not \"xen\""},
	{"--target bsd g", "--target wants guest, linux, linux-vm or both, not \"bsd\""},
	{"--target both --count-instructions g", "--count-instructions counts those of the guest alone"},
	{"--cpus 2 g", "--cpus wants 1, all that this version runs, not \"2\""},
	{"--cpus 4294967297 g", "--cpus wants 1, all that this version runs, not \"4294967297\""},
	{"--verify never g", "--verify wants step, end or off, not \"never\""},
	{"--seed x g", "--seed wants a number, not \"x\""},
	{"--seed 18446744073709551616 g", "--seed wants a number, not \"18446744073709551616\""},
	{"--dump all g", "--dump wants none, changes or full, not \"all\""},
	{"--format html g", "--format wants text or json, not \"html\""},
	{"--out= g", "--out wants a directory, not \"\""},
	{"--time-limit never g", "--time-limit wants seconds, 0 for none, not \"never\""},
	{"--time-limit 5s g", "--time-limit wants seconds, 0 for none, not \"5s\""},
	{"--time-limit 1e999 g", "--time-limit wants seconds, 0 for none, not \"1e999\""},
	{"--target both --reference moon g", "--reference wants host or vm, not \"moon\""},
	{"--reference vm g", "--reference says which Linux --target both compares with"},
	{"--raw=1 g", "--raw takes no value"},
	{"--gdb 1234 g", "--gdb is not in this version"},
	{"--initrd= g", "--initrd wants a newc cpio, not \"\""},
	{"--trace=1 g", "--trace takes no value"},
	{"g --", "behind -- stands a program with its arguments, instead of a scenario"},
	{"g s.lua -- prog", "behind -- stands a program with its arguments, instead of a scenario"},
	{"g s.lua more", "one argument too many: \"more\"; there are guest.bin and a scenario"},
	{"--tour g s.lua", "--tour is a scenario of its own: leave out s.lua"},
};

Test(options, each_mistake_is_told_with_a_hint)
{
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char expected[256];
		struct options o;
		struct error e;

		snprintf(expected, sizeof(expected), "%s (vmm --help)", wrong[i].message);
		CHECK_THAT(parse(&o, wrong[i].line, &e) == -1, "\"%s\" was taken", wrong[i].line);
		cr_assert(!strcmp(e.text, expected), "\"%s\":\n\t\"%s\"\nand not\n\t\"%s\"", wrong[i].line,
			  e.text, expected);
		CHECK_EQ(e.status, EXIT_USAGE);
	}
}

static const struct {
	const char *text;
	bool ok;
	uint64_t size;
} sizes[] = {
	{"0", true, 0},
	{"4096", true, 4096},
	{"0x1000", true, 4096},
	{"64M", true, 64 << 20},
	{"64m", true, 64 << 20},
	{"65536K", true, 64 << 20},
	{"4G", true, 4UL << 30},
	{"1T", true, 1UL << 40},
	{"16777215T", true, 16777215UL << 40},
	{"16777216T", false, 0},
	{"18446744073709551615", true, -1UL},
	{"18446744073709551616", false, 0},
	{"", false, 0},
	{"M", false, 0},
	{"64MB", false, 0},
	{"64 M", false, 0},
	{" 64M", false, 0},
	{"+1", false, 0},
	{"1.5G", false, 0},
	{"64@", false, 0},
};

Test(options, sizes_are_read_exactly_or_not_at_all)
{
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t size = 0;

		CHECK_THAT(parse_size(sizes[i].text, &size) == sizes[i].ok, "\"%s\"", sizes[i].text);
		if (sizes[i].ok)
			CHECK_THAT(size == sizes[i].size, "\"%s\" is %#lx", sizes[i].text, size);
	}
}

Test(options, the_help_names_every_option)
{
	static const char *const names[] = {"--machine",
					    "--target",
					    "--mem",
					    "--cpus",
					    "--verify",
					    "--seed",
					    "--dump",
					    "--raw",
					    "--format",
					    "--out",
					    "--time-limit",
					    "--tour",
					    "--count-instructions",
					    "--cmdline",
					    "--help",
					    "--version"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_HAS(options_help, names[i]);
}
