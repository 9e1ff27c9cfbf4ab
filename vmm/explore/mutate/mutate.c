/* SPDX-License-Identifier: MIT */
/* `vmm mutate`: the command line, one scenario after the other, totals. */
#include "explore/mutate/mutate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "script/script.h"

#define MAX_ARGS      64
#define PROBE_SECONDS 2.0

struct request {
	bool list, catalogue, quick;
	const char *html;
	uint64_t instances, flips;
	char *rest[MAX_ARGS]; /* for options_parse: options of a run, and the guest */
	int nr_rest;
	char **scenarios;
	int nr_scenarios;
};

static const char usage[] =
	"usage: vmm mutate --list                                     the catalogue of corruptions\n"
	"       vmm mutate [options] --catalogue guest.bin scenario…  each on live states: is it found?\n"
	"       vmm mutate --source DIR [edit…]                       wrong edits of the source in DIR: who finds them?\n"
	"\n"
	"  --instances N  objects that each corruption is done to, in each state (3)\n"
	"  --flips N      random single bits in each state, too (0)\n"
	"  --quick        flips that were found are not run to see whether they matter\n"
	"  --html FILE    the table of corruptions and invariants\n"
	"  --seed=N --machine=kvm --mem=SIZE\n";

static int bad_usage(const char *what, const char *arg)
{
	fprintf(stderr, "vmm: mutate: %s%s\n%s", what, arg, usage);
	return EXIT_USAGE;
}

/* --- --list ----------------------------------------------------------------------------------------- */

static int list_catalogue(void)
{
	const struct corruption *c;

	for (unsigned int i = 0; (c = catalogue_row(i)); i++)
		printf("%-32s %-9s %-34s %s\n", c->name, inject_kind_name(c->kind), c->field ? c->field : "entry",
		       c->found_by);
	return fflush(stdout) ? EXIT_HOST : EXIT_HELD;
}

/* --- one scenario ----------------------------------------------------------------------------------- */

/* More areas, pages, tables and tasks are more to break. */
static uint64_t score(const struct model *model)
{
	uint64_t n = 4 * model->nr_all_vmas + 8 * model->nr_anon_vmas + 4 * model->nr_avcs + 8 * model->nr_tasks +
		     8 * model->nr_inodes + 2 * model->nr_cached;

	for (uint32_t i = 0; i < model->nr_mms; i++)
		n += model->mms[i].nr_leaves + 16 * model->mms[i].nr_held;
	return n;
}

static void keep_best(void *ctx, struct session *s)
{
	struct mutation *m = ctx;
	struct target_state *state;
	struct error e;

	if (!s->model || s->findings.n || score(s->model) <= m->best_score)
		return;
	state = s->target->ops->save(s->target, &e);
	if (!state)
		return;
	if (m->best)
		s->target->ops->free_state(m->best);
	m->best = state;
	m->best_score = score(s->model);
	m->best_step = s->steps;
}

static bool go_back(struct mutation *m, struct session *s, struct model **model)
{
	struct error e;
	struct findings findings = {0};
	bool sound;

	if (s->target->ops->restore(s->target, m->best, &e) ||
	    !(*model = s->target->ops->observe(s->target, &e))) {
		fprintf(stderr, "vmm: %s: %s\n", m->scenario, e.text);
		return false;
	}
	verify_model(*model, NULL, NULL, &findings);
	sound = !findings.n;
	findings_free(&findings);
	if (!sound)
		model_free(*model);
	return sound;
}

static void mutate_best(void *ctx, struct session *s)
{
	struct mutation *m = ctx;
	struct model *model;

	if (m->best && go_back(m, s, &model)) {
		snprintf(m->last_state, sizeof(m->last_state), "%.60s step %" PRIu32, m->scenario, m->best_step);
		m->nr_states++;
		mutate_by_catalogue(m, s, model);
		mutate_by_flips(m, s, model, m->best);
		model_free(model);
	} else {
		m->nr_skipped++;
	}
	if (m->best)
		s->target->ops->free_state(m->best);
	m->best = NULL;
	m->best_score = 0;
}

static int run_scenarios(struct mutation *m, const struct request *r, struct options *options)
{
	const struct session_watch watch = {.ctx = m, .step = keep_best, .end = mutate_best};
	int worst = EXIT_HELD;

	for (int i = 0; i < r->nr_scenarios; i++) {
		const char *slash = strrchr(r->scenarios[i], '/');

		options->scenario = r->scenarios[i];
		m->scenario = slash ? slash + 1 : r->scenarios[i];
		worst = status_max(worst, script_watch(options, &watch));
	}
	return worst;
}

/* --- totals ----------------------------------------------------------------------------------------- */

static uint32_t tell_rows(const struct mutation *m)
{
	uint32_t applied = 0, named = 0, found = 0, rows_applied = 0, rows_missed = 0;
	const struct corruption *c;

	for (unsigned int i = 0; (c = catalogue_row(i)); i++) {
		const struct row_result *r = &m->rows[i];

		applied += r->applied;
		named += r->named;
		found += r->found;
		rows_applied += r->applied > 0;
		if (!r->applied)
			printf("never done: %s (no state has what it needs)\n", c->name);
		if (r->named == r->applied)
			continue;
		rows_missed++;
		printf("missed: %s, %" PRIu32 " of %" PRIu32 " times not named by %s (%" PRIu32 " times by nothing)\n",
		       c->name, r->applied - r->named, r->applied, c->found_by, r->applied - r->found);
	}
	printf("%" PRIu32 " of %u corruptions done %" PRIu32 " times on %" PRIu32 " states: %" PRIu32
	       " named by the invariant that should, %" PRIu32 " found, %" PRIu32 " not found\n",
	       rows_applied, catalogue_size(), applied, m->nr_states, named, found, applied - found);
	return rows_missed;
}

static void tell_flips(const struct mutation *m)
{
	const uint32_t can_be_seen = m->flips_matter - m->flips_matter_unseen;

	if (!m->flipped)
		return;
	for (uint32_t i = 0; i < m->nr_classes; i++) {
		const struct flip_class *c = &m->classes[i];

		printf("  not found: %" PRIu32 " of %s, %" PRIu32 " matter%s%s\n", c->missed, c->name, c->mattered,
		       c->why ? ": " : "", c->why ? c->why : "");
	}
	printf("%" PRIu32 " random bits: %" PRIu32 " found; %" PRIu32 " matter%s, %" PRIu32
	       " of these nobody can see; of the other %" PRIu32 ", %" PRIu32 " found (%.2f %%)\n",
	       m->flipped, m->flips_found, m->flips_matter, m->quick ? " (each found one is taken for one)" : "",
	       m->flips_matter_unseen, can_be_seen, m->flips_matter_found,
	       can_be_seen ? 100.0 * m->flips_matter_found / can_be_seen : 100.0);
}

static int tell(const struct mutation *m, const struct request *r, int status)
{
	struct error e;
	uint32_t missed = m->instances ? tell_rows(m) : 0;

	tell_flips(m);
	printf("%" PRIu32 " of %" PRIu32 " looks made from the sound state found what a look made from nothing does\n",
	       m->looked_again - m->looks_differ, m->looked_again);
	if (m->nr_skipped)
		printf("%" PRIu32 " scenarios had no sound state\n", m->nr_skipped);
	if (m->nr_astray)
		status = status_max(status, EXIT_HOST);
	if (r->html && mutation_html(m, r->html, &e)) {
		fprintf(stderr, "vmm: %s\n", e.text);
		return e.status;
	}
	return missed || m->looks_differ ? (int)status_max(status, EXIT_FINDING) : status;
}

/* --- the command line ------------------------------------------------------------------------------- */

static bool take_number(const char *text, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 10);
	return *text && !*end;
}

static bool take_flag(struct request *r, const char *arg)
{
	if (!strcmp(arg, "--list"))
		return r->list = true;
	if (!strcmp(arg, "--catalogue"))
		return r->catalogue = true;
	if (!strcmp(arg, "--quick"))
		return r->quick = true;
	return false;
}

/* 1: taken, 0: none of ours, -1: its value is wrong. */
static int take_value(struct request *r, const char *arg, const char *value)
{
	if (!strcmp(arg, "--html"))
		return value ? (r->html = value, 1) : -1;
	if (!strcmp(arg, "--instances"))
		return value && take_number(value, &r->instances) ? 1 : -1;
	if (!strcmp(arg, "--flips"))
		return value && take_number(value, &r->flips) ? 1 : -1;
	return 0;
}

static int read_args(struct request *r, int argc, char **argv)
{
	bool guest = false;
	int i;

	r->rest[r->nr_rest++] = argv[0];
	for (i = 1; i < argc && !(guest && argv[i][0] != '-'); i++) {
		int taken = take_flag(r, argv[i]) ? 2 : take_value(r, argv[i], argv[i + 1]);

		if (taken < 0)
			return bad_usage("a value is missing or wrong: ", argv[i]);
		i += taken == 1;
		if (taken)
			continue;
		if (r->nr_rest == MAX_ARGS)
			return bad_usage("too many options: ", argv[i]);
		guest |= argv[i][0] != '-';
		r->rest[r->nr_rest++] = argv[i];
	}
	r->scenarios = argv + i;
	r->nr_scenarios = argc - i;
	return 0;
}

static int mutate(const struct request *r, struct options *options)
{
	struct mutation m = {.instances = r->instances,
			     .flips = r->flips,
			     .quick = r->quick,
			     .random = options->seed * 2 + 1,
			     .misses = stderr};
	int status;

	m.rows = xcalloc(catalogue_size(), sizeof(*m.rows));
	for (unsigned int i = 0; i < catalogue_size(); i++)
		m.rows[i].by = xcalloc(nr_invariants, sizeof(uint32_t));
	status = tell(&m, r, run_scenarios(&m, r, options));
	for (unsigned int i = 0; i < catalogue_size(); i++)
		free(m.rows[i].by);
	free(m.rows);
	free(m.classes);
	return status;
}

int mutate_main(int argc, char **argv)
{
	struct request r = {.instances = 3};
	struct options options;
	struct error e;

	if (argc > 1 && !strcmp(argv[1], "--source"))
		return argc > 2 ? mutate_source(argv[2], argv + 3, argc - 3) : bad_usage("--source: a tree is wanted", "");
	if (read_args(&r, argc, argv))
		return EXIT_USAGE;
	if (r.list)
		return list_catalogue();
	if (!r.catalogue || !r.nr_scenarios)
		return bad_usage("--catalogue, a guest and scenarios are wanted", "");
	if (options_parse(&options, r.nr_rest, r.rest, &e)) {
		fprintf(stderr, "vmm: %s\n", e.text);
		return e.status;
	}
	options.dump = DUMP_NONE;
	/* A guest with a broken table may loop: it is not waited for long. */
	if (r.flips)
		options.time_limit = PROBE_SECONDS;
	options.verify = VERIFY_STEP;
	return mutate(&r, &options);
}
