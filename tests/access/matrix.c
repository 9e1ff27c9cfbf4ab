/* SPDX-License-Identifier: MIT */
/*
 * The access matrix: every case is predicted by walk_access() and done by the guest kernel.c; faults, error codes, CR2,
 * A and D bits must agree.
 *
 * usage: matrix [--machine kvm|qemu] [--every N] KERNEL
 * --every N takes each N-th case of a plane, for machines where a case is dear.
 * One line per plane; the last line is `access: N passed, N failed`, a plane being one test.
 */
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "deviations.h"
#include "machine/guest_elf.h"
#include "machine/machine.h"
#include "x86.h"

#define MEM_SIZE   (64UL << 20)
#define MAX_SHOWN  5
#define TIME_LIMIT 60

struct matrix {
	struct machine *m;
	struct abilities can;
	uint64_t every;
	const struct plane *plane;
	uint64_t words[ACCESS_MAX];
	uint32_t nr_words;
	uint64_t legal, done, wrong, deviated;
	uint64_t marked; /* cases with a fault and A set above it */
	uint64_t met[MAX_DEVIATIONS]; /* by deviation */
	uint64_t random_state;
};

/* --- the model's side ---------------------------------------------------------------------------- */

/** Four tables of which one entry each is not zero. */
static struct {
	uint64_t tables[4][512];
	struct guest_region region;
	struct guest_image image;
} model;

static struct access_outcome predict(const struct matrix *x, uint64_t word, const struct access_case *c)
{
	static const unsigned int shifts[] = {PGDIR_SHIFT, PUD_SHIFT, PMD_SHIFT, PAGE_SHIFT};

	if (!model.region.size) {
		model.region = (struct guest_region){
			.pa = ACCESS_PGD, .size = sizeof(model.tables), .bytes = (uint8_t *)model.tables};
		model.image = (struct guest_image){.regions = &model.region, .nr_regions = 1};
	}
	for (int i = 0; i < 4; i++)
		model.tables[i][ACCESS_VA >> shifts[i] & 511] = c->entry[i];
	return walk_access(&model.image, ACCESS_PGD, case_mode(word, &x->can), case_access(word));
}

/** What the entries must be afterwards; *may: bits that may be set or not. */
static uint64_t entry_after(const struct access_outcome *o, const struct access_case *c, unsigned int i, uint64_t *may)
{
	uint64_t entry = c->entry[i];

	*may = o->may_set_a >> i & 1 ? PTE_A : 0;
	if (o->set_a >> i & 1)
		entry |= PTE_A;
	if (o->set_d && i + 1 == o->walk.nr_steps)
		entry |= PTE_D;
	return entry;
}

static const char *difference(const struct access_outcome *o, const struct access_case *c,
			      const struct access_result *r)
{
	if (o->fault != r->fault)
		return o->fault ? "no fault came" : "a fault that must not be";
	if (o->fault && r->error != o->error)
		return "another error code";
	if (o->fault && r->cr2 != ACCESS_VA)
		return "another CR2";
	if (!o->fault && !r->reached)
		return "another page was met";
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t may, after = entry_after(o, c, i, &may);

		if ((after | may) != (r->entry[i] | may))
			return "other entries afterwards";
	}
	return NULL;
}

static void print_wrong(const struct access_outcome *o, const struct access_case *c, const struct access_result *r,
			uint64_t word, const char *what)
{
	printf("    %s: ", what);
	case_print(stdout, word);
	printf("\n      the model:   %s %#x, A of %#x, D %d\n      the machine: %s %#x, cr2 %#lx, page %d, entries",
	       o->fault ? "fault" : "no fault", o->error, o->set_a, o->set_d, r->fault ? "fault" : "no fault",
	       r->fault ? r->error : 0, r->fault ? r->cr2 : 0, r->reached);
	for (int i = 0; i < 4; i++)
		printf(" %#lx%s", r->entry[i], r->entry[i] == c->entry[i] ? "" : "*");
	printf("\n");
}

/** Is it, in all of it, what some of the listed deviations of this machine make of the case? */
static bool is_listed(struct matrix *x, const struct access_outcome *o, const struct access_case *c,
		      const struct access_result *r)
{
	for (unsigned int some = 1; some < 1U << nr_deviations; some++) {
		struct access_outcome changed = *o;
		bool all = true;

		for (unsigned int i = 0; i < nr_deviations && all; i++)
			if (some & 1 << i)
				all = deviations[i].applies(x->m->description) && deviations[i].change(&changed);
		if (!all || difference(&changed, c, r))
			continue;
		for (unsigned int i = 0; i < nr_deviations; i++)
			x->met[i] += some >> i & 1;
		return true;
	}
	return false;
}

static void compare(struct matrix *x, uint64_t word, const struct access_result *r)
{
	struct access_case c = case_of(word);
	struct access_outcome o = predict(x, word, &c);
	const char *what = difference(&o, &c, r);

	x->done++;
	x->marked += o.fault && memcmp(c.entry, r->entry, sizeof(c.entry));
	if (!what)
		return;
	if (is_listed(x, &o, &c, r))
		x->deviated++;
	else if (x->wrong++ < MAX_SHOWN)
		print_wrong(&o, &c, r, word, what);
}

/* --- the machine's side --------------------------------------------------------------------------- */

static bool run_machine(struct matrix *x)
{
	struct error e;
	struct stop stop = x->m->ops->run(x->m, &e);

	if (stop.reason == STOP_DOORBELL && stop.byte == LAB_QUIESCENT)
		return true;
	printf("    the machine ended: %s\n", stop.reason == STOP_DOORBELL ? "an exception that no case makes" : e.text);
	return false;
}

static bool run_words(struct matrix *x)
{
	struct access_case *cases = (struct access_case *)(x->m->ram + ACCESS_CASES);
	struct access_run *run = (struct access_run *)(x->m->ram + ACCESS_RUN);
	const struct access_result *results = (struct access_result *)(x->m->ram + ACCESS_RESULTS);

	for (uint32_t i = 0; i < x->nr_words; i++)
		cases[i] = case_of(x->words[i]);
	run->nr_cases = x->nr_words;
	run->go++;
	if (!run_machine(x))
		return false;
	for (uint32_t i = 0; i < x->nr_words; i++)
		compare(x, x->words[i], &results[i]);
	x->nr_words = 0;
	return true;
}

static bool add_word(struct matrix *x, uint64_t word)
{
	if (!case_is_legal(word, &x->can) || x->legal++ % x->every)
		return true;
	x->words[x->nr_words++] = word;
	return x->nr_words < ACCESS_MAX || run_words(x);
}

/** All words of the plane: a counter that carries over the bits that do not vary. */
static bool count_through(struct matrix *x)
{
	const uint64_t varied = x->plane->varied;
	uint64_t bits = 0;

	do {
		if (!add_word(x, (CASE_DEFAULT & ~varied) | bits))
			return false;
		bits = (bits - varied) & varied;
	} while (bits);
	return true;
}

/** A word at random: half of its entries' bits as by default, or hardly one would get past the root. */
static uint64_t random_word(struct matrix *x)
{
	uint64_t r[2];

	for (int i = 0; i < 2; i++) {
		x->random_state ^= x->random_state << 13;
		x->random_state ^= x->random_state >> 7;
		x->random_state ^= x->random_state << 17;
		r[i] = x->random_state;
	}
	return CASE_DEFAULT ^ ((r[0] & r[0] >> 3 & r[1]) | (r[1] & C_ALL));
}

static bool draw(struct matrix *x)
{
	for (uint64_t n = 0; n < x->plane->random;) {
		uint64_t word = random_word(x) & (C_ALL | (AT(5, 1) - 1));

		n += case_is_legal(word, &x->can);
		if (!add_word(x, word))
			return false;
	}
	return true;
}

static bool run_plane(struct matrix *x, const struct plane *plane)
{
	uint64_t before = x->done;
	bool alive;

	x->plane = plane;
	x->wrong = x->deviated = x->legal = 0;
	alive = (plane->random ? draw(x) : count_through(x)) && (!x->nr_words || run_words(x));
	printf("  %-28s %8lu cases, %lu wrong, %lu as listed of this machine%s\n", plane->name, x->done - before,
	       x->wrong, x->deviated, alive ? "" : "; the machine died");
	fflush(stdout);
	return alive && !x->wrong && x->done > before;
}

/* --- start and end ------------------------------------------------------------------------------- */

static bool find_abilities(struct matrix *x)
{
	struct cpu_state cpu;
	struct error e;

	if (!run_machine(x) || x->m->ops->get_cpu(x->m, 0, &cpu, &e))
		return false;
	x->can = (struct abilities){
		.cpu_has = ((struct access_run *)(x->m->ram + ACCESS_RUN))->cpu_has,
		.gbpages = walk_mode_of(&cpu).gbpages,
		.maxphyaddr = walk_mode_of(&cpu).maxphyaddr,
	};
	printf("access matrix on %s: %u address bits%s%s%s\n", x->m->description, x->can.maxphyaddr,
	       x->can.gbpages ? ", 1 GiB pages" : "", x->can.cpu_has & CPU_SMEP ? ", SMEP" : "",
	       x->can.cpu_has & CPU_SMAP ? ", SMAP" : "");
	return true;
}

static bool start(struct matrix *x, const char *machine, const char *kernel, struct guest_elf *elf)
{
	struct machine_config config = {.mem_size = MEM_SIZE, .nr_cpus = 1, .time_limit = TIME_LIMIT, .cmdline = ""};
	const struct machine_ops *ops;
	struct error e;

	if (guest_elf_open(elf, kernel, MEM_SIZE, &e) || !(ops = machine_choose(machine, &e)) ||
	    !(x->m = ops->create(&config, elf, &e))) {
		fprintf(stderr, "matrix: %s\n", e.text);
		return false;
	}
	return find_abilities(x);
}

int main(int argc, char **argv)
{
	static struct matrix x = {.every = 1, .random_state = 0x452821e638d01377UL};
	const char *machine = "auto";
	unsigned int failed = 0;
	struct guest_elf elf;
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (!strcmp(argv[i], "--machine"))
			machine = argv[i + 1];
		else if (!strcmp(argv[i], "--every"))
			x.every = strtoul(argv[i + 1], NULL, 10);
	}
	if (i + 1 != argc || !x.every) {
		fprintf(stderr, "usage: matrix [--machine auto|kvm|qemu] [--every N] KERNEL\n");
		return EXIT_USAGE;
	}
	if (!start(&x, machine, argv[i], &elf))
		return EXIT_HOST;
	for (unsigned int p = 0; p < nr_planes; p++)
		failed += !run_plane(&x, &planes[p]);
	for (unsigned int i = 0; i < nr_deviations; i++)
		if (x.met[i])
			printf("  %lu times as listed: %s\n", x.met[i], deviations[i].name);
	printf("  %lu cases; %lu faults left A set in entries above (either is right)\n", x.done, x.marked);
	x.m->ops->destroy(x.m);
	guest_elf_close(&elf);
	printf("access: %u passed, %u failed\n", nr_planes - failed, failed);
	return failed ? EXIT_FINDING : EXIT_HELD;
}
