/* SPDX-License-Identifier: MIT */
/* The command line: one row per option, so that the reader, the help and the errors cannot disagree. */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_MEM	 (4ULL << 20)
#define MAX_MEM	 (1ULL << 40)
#define MEM_UNIT 4096
#define SEE_HELP " (vmm --help)"

struct option_row {
	const char *name;
	const char *wants;				   /* what its value is; NULL: it has none */
	bool (*set)(struct options *o, const char *value); /* false: malformed */
};

bool parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift = 0;
	char *end;

	/* strtoull would take blanks and signs. */
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*size = strtoull(text, &end, 0);
	if (errno)
		return false;
	if (*end) {
		unit = strchr(units, *end >= 'a' && *end <= 'z' ? *end - 'a' + 'A' : *end);
		if (!unit || end[1])
			return false;
		shift = 10 * (unit - units + 1);
	}
	if (*size > UINT64_MAX >> shift)
		return false;
	*size <<= shift;
	return true;
}

bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end;
}

/* Index of value in a list that ends with NULL; -1: not in it. */
static int word_index(const char *value, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(value, words[i]))
			return i;
	return -1;
}

static bool set_machine(struct options *o, const char *value)
{
	static const char *const words[] = {"auto", "kvm", "qemu", NULL};

	o->machine = value;
	return word_index(value, words) >= 0;
}

static bool set_target(struct options *o, const char *value)
{
	static const char *const words[] = {"guest", "linux", "linux-vm", "both", NULL};

	o->target = value;
	return word_index(value, words) >= 0;
}

static bool set_reference(struct options *o, const char *value)
{
	static const char *const words[] = {"host", "vm", NULL};

	o->reference = value;
	return word_index(value, words) >= 0;
}

static bool set_mem(struct options *o, const char *value)
{
	return parse_size(value, &o->mem_size) && o->mem_size >= MIN_MEM && o->mem_size <= MAX_MEM &&
	       o->mem_size % MEM_UNIT == 0;
}

static bool set_cpus(struct options *o, const char *value)
{
	uint64_t n;

	if (!parse_number(value, &n) || n != 1)
		return false;
	o->nr_cpus = n;
	return true;
}

static bool set_verify(struct options *o, const char *value)
{
	static const char *const words[] = {
		[VERIFY_STEP] = "step", [VERIFY_END] = "end", [VERIFY_OFF] = "off", NULL};
	int i = word_index(value, words);

	o->verify = i < 0 ? VERIFY_STEP : i;
	o->verify_given = true;
	return i >= 0;
}

static bool set_seed(struct options *o, const char *value)
{
	return parse_number(value, &o->seed);
}

static bool set_dump(struct options *o, const char *value)
{
	static const char *const words[] = {
		[DUMP_NONE] = "none", [DUMP_CHANGES] = "changes", [DUMP_FULL] = "full", NULL};
	int i = word_index(value, words);

	o->dump = i < 0 ? DUMP_CHANGES : i;
	return i >= 0;
}

static bool set_format(struct options *o, const char *value)
{
	static const char *const words[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", NULL};
	int i = word_index(value, words);

	o->format = i < 0 ? FORMAT_TEXT : i;
	return i >= 0;
}

static bool set_out(struct options *o, const char *value)
{
	o->out = value;
	return *value;
}

static bool set_time_limit(struct options *o, const char *value)
{
	char *end;

	if ((*value < '0' || *value > '9') && *value != '.')
		return false;
	o->time_limit = strtod(value, &end);
	o->time_limit_given = true;
	return end != value && !*end && isfinite(o->time_limit);
}

static bool set_cmdline(struct options *o, const char *value)
{
	o->cmdline = value;
	return true;
}

static bool set_initrd(struct options *o, const char *value)
{
	o->initrd = value;
	return *value;
}

static bool set_root(struct options *o, const char *value)
{
	o->root = value;
	return *value;
}

static bool set_raw(struct options *o, const char *value)
{
	(void)value;
	o->raw = true;
	return true;
}

static bool set_trace(struct options *o, const char *value)
{
	(void)value;
	o->trace = true;
	return true;
}

static bool set_tour(struct options *o, const char *value)
{
	(void)value;
	o->tour = true;
	return true;
}

static bool set_twice(struct options *o, const char *value)
{
	(void)value;
	o->verify_twice = true;
	return true;
}

static bool set_count(struct options *o, const char *value)
{
	(void)value;
	o->count_instructions = true;
	return true;
}

static const struct option_row rows[] = {
	{"--machine", "auto, kvm or qemu", set_machine},
	{"--target", "guest, linux, linux-vm or both", set_target},
	{"--reference", "host or vm", set_reference},
	{"--mem", "a size from 4M to 1T in whole pages, such as 64M", set_mem},
	{"--cpus", "1, all that this version runs", set_cpus},
	{"--verify", "step, end or off", set_verify},
	{"--verify-twice", NULL, set_twice},
	{"--seed", "a number", set_seed},
	{"--dump", "none, changes or full", set_dump},
	{"--format", "text or json", set_format},
	{"--out", "a directory", set_out},
	{"--time-limit", "seconds, 0 for none", set_time_limit},
	{"--cmdline", "the guest's command line", set_cmdline},
	{"--initrd", "a newc cpio", set_initrd},
	{"--root", "a directory", set_root},
	{"--raw", NULL, set_raw},
	{"--tour", NULL, set_tour},
	{"--trace", NULL, set_trace},
	{"--count-instructions", NULL, set_count},
};

/* Of the plan, not of this version: refused by name, lest a run seem to have done what it has not. */
static const char *const later[] = {"--gdb", NULL};

const char options_help[] =
	"usage: vmm [options] guest.bin                  a prompt on a terminal, otherwise the tour\n"
	"       vmm [options] guest.bin scenario.lua     run a scenario\n"
	"       vmm [options] guest.bin -- prog [args]   run a program of this host in the guest\n"
	"\n"
	"  --tour                   the tour, on a terminal too\n"
	"  --machine auto|kvm|qemu  what runs the guest (auto: kvm where it works, else qemu)\n"
	"  --target guest|linux|linux-vm|both  what a scenario runs against: the guest, this host's kernel in a box, Debian's\n"
	"                           6.1 in a machine, or guest and Linux in lockstep, compared after every step\n"
	"                           (docs/linux-differences.md)\n"
	"  --reference host|vm      which Linux --target both compares with: this host's, or 6.1 in a machine (host)\n"
	"  --mem SIZE               RAM of the guest (the scenario's own, else 64M; 512M with --root)\n"
	"  --cpus 1                 CPUs of the guest\n"
	"  --cmdline STRING         the guest's command line\n"
	"  --initrd FILE            a newc cpio, whose files the guest's tree holds\n"
	"  --root DIR               the guest's / is this folder, read as it is needed and never written\n"
	"  --time-limit S           seconds without progress before the guest counts as hung (60; 0: none)\n"
	"  --verify step|end|off    when the invariants are checked (step)\n"
	"  --verify-twice           each time again by the long way, without what makes it fast: the two must agree\n"
	"  --seed N                 seed of math.random (1)\n"
	"  --dump none|changes|full what is shown after each step (changes)\n"
	"  --format text|json       how (text)\n"
	"  --raw                    frames and registers as they are, instead of the canonical form\n"
	"  --trace                  with a program: what its address space does, on stderr\n"
	"  --out DIR                record every step in DIR, complete after each\n"
	"  --count-instructions     single-step the kernel up to ring 3 and tell the number\n"
	"  --help, --version\n"
	"\n"
	"exit status: 0 all held; 1 an expectation, an invariant or a comparison failed; 2 usage, a bad "
	"guest.bin\n"
	"or script; 3 the guest died; 4 host or KVM error; 5 time limit; 77 skipped.\n";

/* The row of an argument such as --mem or --mem=64M; *value is what follows '=', or NULL. */
static const struct option_row *find_row(const char *arg, const char **value)
{
	const char *equals = strchr(arg, '=');
	size_t length = equals ? (size_t)(equals - arg) : strlen(arg);

	*value = equals ? equals + 1 : NULL;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strncmp(arg, rows[i].name, length) && !rows[i].name[length])
			return &rows[i];
	return NULL;
}

static bool is_later(const char *arg)
{
	size_t length = strcspn(arg, "=");

	for (int i = 0; later[i]; i++)
		if (!strncmp(arg, later[i], length) && !later[i][length])
			return true;
	return false;
}

/* One option at argv[i]. Returns how many arguments it took, or -1 with *e. */
static int take_option(struct options *o, int i, struct error *e)
{
	const char *arg = o->argv[i], *value;
	const struct option_row *row = find_row(arg, &value);
	int taken = 1;

	if (!row && is_later(arg))
		return error_set(e, EXIT_USAGE, "%s is not in this version" SEE_HELP, arg);
	if (!row)
		return error_set(e, EXIT_USAGE, "unknown option %s" SEE_HELP, arg);
	if (!row->wants && value)
		return error_set(e, EXIT_USAGE, "%s takes no value" SEE_HELP, row->name);
	if (row->wants && !value) {
		if (i + 1 >= o->argc)
			return error_set(e, EXIT_USAGE, "%s wants %s" SEE_HELP, row->name, row->wants);
		value = o->argv[i + 1];
		taken = 2;
	}
	if (!row->set(o, value))
		return error_set(e, EXIT_USAGE, "%s wants %s, not \"%s\"" SEE_HELP, row->name, row->wants,
				 value);
	return taken;
}

static int take_path(struct options *o, const char *arg, struct error *e)
{
	if (!o->guest)
		o->guest = arg;
	else if (!o->scenario)
		o->scenario = arg;
	else
		return error_set(e, EXIT_USAGE,
				 "one argument too many: \"%s\"; there are guest.bin and a scenario" SEE_HELP,
				 arg);
	return 1;
}

static int check_whole(const struct options *o, struct error *e)
{
	if (!o->guest)
		return error_set(e, EXIT_USAGE,
				 "which guest? vmm [options] guest.bin [scenario.lua]" SEE_HELP);
	if (o->count_instructions && strcmp(o->target, "guest"))
		return error_set(e, EXIT_USAGE, "--count-instructions counts those of the guest alone" SEE_HELP);
	if (o->reference && strcmp(o->target, "both"))
		return error_set(e, EXIT_USAGE, "--reference says which Linux --target both compares with" SEE_HELP);
	if (o->prog && (!o->prog[0] || o->scenario || o->tour))
		return error_set(e, EXIT_USAGE, "behind -- stands a program with its arguments, instead of a scenario" SEE_HELP);
	if (o->root && strcmp(o->target, "guest"))
		return error_set(e, EXIT_USAGE, "--root is the guest's alone: Linux has its own files" SEE_HELP);
	if (o->tour && o->scenario)
		return error_set(e, EXIT_USAGE, "--tour is a scenario of its own: leave out %s" SEE_HELP,
				 o->scenario);
	return 0;
}

int options_parse(struct options *o, int argc, char **argv, struct error *e)
{
	*o = (struct options){
		.machine = "auto",
		.target = "guest",
		.nr_cpus = 1,
		.verify = VERIFY_STEP,
		.seed = DEFAULT_SEED,
		.dump = DUMP_CHANGES,
		.time_limit = DEFAULT_TIME_LIMIT,
		.cmdline = "",
		.argc = argc,
		.argv = argv,
	};
	for (int i = 1; i < argc;) {
		int taken;

		if (!strcmp(argv[i], "--")) {
			o->prog = argv + i + 1;
			break;
		}
		taken = argv[i][0] == '-' ? take_option(o, i, e) : take_path(o, argv[i], e);

		if (taken < 0)
			return -1;
		i += taken;
	}
	/* A program is no scenario: it may run as long as it likes, and is looked at when it has ended. */
	if (o->prog && !o->verify_given)
		o->verify = VERIFY_END;
	if (o->prog && !o->time_limit_given)
		o->time_limit = 0;
	return check_whole(o, e);
}
