/* SPDX-License-Identifier: MIT */
/*
 * What a look from outside costs: model_build(), verify_model() and model_hash() of a guest that has so many pages mapped,
 * in ns per live PTE; beside them a streaming read of the same page tables, which nothing that looks at every entry can
 * beat, and one of the tables and the struct pages that their entries lead to. Then a look that is made from the one before, when an
 * entry in so many tables is another: what each dirty table costs. Then the whole look at the end of a step that wrote few
 * pages or many, with KVM's log of what was written and without. The least of a few rounds counts: it is the machine that
 * adds to a time, never the program that takes from it.
 *
 * usage: verify GUEST JSON
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "machine/machine.h"
#include "target/guest.h"
#include "uapi.h"
#include "verify/verify.h"

#define ROUNDS 30

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void fail(const char *what, const struct error *e)
{
	fprintf(stderr, "bench: %s: %s\n", what, e->text);
	exit(EXIT_HOST);
}

/** The least of ROUNDS times of one thing. */
#define LEAST(result, statement)                                                                             \
	do {                                                                                                 \
		result = 1e18;                                                                               \
		for (int round_ = 0; round_ < ROUNDS; round_++) {                                            \
			double start_ = now_ns(), took_;                                                     \
			statement;                                                                           \
			took_ = now_ns() - start_;                                                           \
			result = took_ < result ? took_ : result;                                            \
		}                                                                                            \
	} while (0)

/** Every entry of every table of every mm, added up. */
static uint64_t stream(const struct model *model)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < model->nr_mms; i++) {
		for (uint32_t j = 0; j < model->mms[i].nr_tables; j++) {
			const uint64_t *table =
				image_ptr(model->image, (gpa_t){model->mms[i].tables[j].pa}, PAGE_SIZE);

			for (int k = 0; table && k < PTRS_PER_TABLE; k++)
				sum += table[k];
		}
	}
	return sum;
}

/** And with each entry of the last level all of the struct page of its frame: what a check of the two must read. */
static uint64_t stream_pages(const struct model *model)
{
	const uint64_t (*pages)[8] = image_ptr(model->image, (gpa_t){model->lab.mem_map_start_pfn << PAGE_SHIFT}, PAGE_SIZE);
	uint64_t sum = stream(model);

	_Static_assert(sizeof(struct page) == sizeof(pages[0]), "eight words");
	for (uint32_t i = 0; i < model->nr_mms; i++) {
		for (uint32_t j = 0; j < model->mms[i].nr_tables; j++) {
			const struct table *at = &model->mms[i].tables[j];
			const uint64_t *table = image_ptr(model->image, (gpa_t){at->pa}, PAGE_SIZE);

			for (int k = 0; table && at->level == 1 && k < PTRS_PER_TABLE; k++)
				for (int w = 0; (table[k] & PTE_P) && w < 8; w++)
					sum += pages[(table[k] & PTE_PFN_MASK) >> PAGE_SHIFT][w];
		}
	}
	return sum;
}

static uint64_t verify_once(struct target *t, const struct model *now, const struct model *before)
{
	struct findings findings = {0};
	uint64_t checks = verify_model(now, before, t->ops->aids(t), &findings);

	if (findings.n) {
		fprintf(stderr, "bench: %s\n", findings.items[0].text);
		exit(EXIT_FINDING);
	}
	findings_free(&findings);
	return checks;
}

static struct model *observe(struct target *t)
{
	struct error e;
	struct model *model = t->ops->observe(t, &e);

	if (!model)
		fail("observe", &e);
	return model;
}

static void command(struct target *t, int channel, const struct agent_cmd *cmd)
{
	struct error e;

	if (t->ops->post(t, channel, cmd, &e) || t->ops->run(t, &e))
		fail("a command", &e);
}

/** The task maps and fills in so many pages, in one area. */
static uint64_t populate(struct target *t, int channel, uint64_t pages)
{
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_mmap,
				.args = {0, pages * PAGE_SIZE, LX_PROT_READ | LX_PROT_WRITE,
					 LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_POPULATE, -1UL, 0}};
	struct agent_report report = {0};
	int exit_code, pid;
	bool fresh;

	command(t, channel, &cmd);
	t->ops->poll(t, channel, &report, &fresh, &exit_code, &pid);
	return report.value;
}

static uint64_t live_ptes(const struct model *model, uint64_t *tables)
{
	uint64_t ptes = 0;

	*tables = 0;
	for (uint32_t i = 0; i < model->nr_mms; i++)
		ptes += model->mms[i].nr_leaves, *tables += model->mms[i].nr_tables;
	return ptes;
}

/** The parts of a look, each alone and as if nothing were known from before. */
static void measure(struct target *t, FILE *json)
{
	struct model *seen = observe(t), *before = model_build(seen->image, seen->cpus, seen->nr_cpus);
	struct model *now = model_build(seen->image, seen->cpus, seen->nr_cpus), *built; /* neither shares anything */
	double build, verify, hash, tables_read, pages_read;
	uint64_t tables, ptes = live_ptes(now, &tables);
	volatile uint64_t sink;

	LEAST(build, (built = model_build(now->image, now->cpus, now->nr_cpus), model_free(built)));
	LEAST(verify, sink = verify_once(t, now, before));
	LEAST(hash, model_hash(now));
	LEAST(tables_read, sink = stream(now));
	LEAST(pages_read, sink = stream_pages(now));
	(void)sink;
	printf("look from outside        %7lu live PTEs in %3lu tables: decode %6.1f, verify %6.1f, hash %6.1f; a streaming read of the "
	       "tables %5.2f, with their struct pages %5.2f ns per PTE\n", ptes, tables, build / ptes, verify / ptes, hash / ptes,
	       tables_read / ptes, pages_read / ptes);
	fprintf(json, "{\"name\":\"look\",\"ptes\":%lu,\"tables\":%lu,\"decode_ns\":%.2f,\"verify_ns\":%.2f,\"hash_ns\":%.2f,"
		"\"stream_ns\":%.3f,\"stream_pages_ns\":%.3f}\n", ptes, tables, build / ptes, verify / ptes, hash / ptes,
		tables_read / ptes, pages_read / ptes);
	model_free(seen);
	model_free(before);
	model_free(now);
}

/* --- a look made from the one before ------------------------------------------------------------------ */

/** The mm with most leaves. */
static const struct model_mm *largest_mm(const struct model *model)
{
	const struct model_mm *mm = model->mms;

	for (uint32_t i = 0; i < model->nr_mms; i++)
		if (model->mms[i].nr_leaves > mm->nr_leaves)
			mm = &model->mms[i];
	return mm;
}

/** Accessed or not: an entry of each of n tables becomes another, in RAM, and its frame is one that was written. */
static void touch_tables(const struct model *model, uint32_t n, unsigned int round, uint64_t *written)
{
	const struct model_mm *mm = largest_mm(model);

	for (uint32_t i = 0; i < n; i++) {
		const struct leaf_table *table = mm->leaf_tables[mm->nr_leaf_tables / 4 + i];
		uint64_t *entries = (uint64_t *)image_ptr(model->image, (gpa_t){table->pa}, PAGE_SIZE);
		unsigned int at = (round * 37 + i) % PTRS_PER_TABLE;

		if (!entries || !(entries[at] & PTE_P))
			continue;
		entries[at] ^= PTE_A;
		written[table->pa >> PAGE_SHIFT >> 6] |= 1UL << (table->pa >> PAGE_SHIFT) % 64;
	}
}

/** The least time of a look made from the one before, with n dirty tables; logged: it is told which. */
static double look_next(struct target *t, uint32_t n, bool logged)
{
	struct model *before = observe(t), *now;
	uint64_t *written = xcalloc(before->nr_frames / 64 + 1, sizeof(*written));
	double least = 1e18;

	verify_once(t, before, NULL);
	for (int round = 0; round < ROUNDS; round++) {
		double start;

		memset(written, 0, (before->nr_frames / 64 + 1) * sizeof(*written));
		touch_tables(before, n, round, written);
		start = now_ns();
		now = model_next(before, logged ? written : NULL, before->image, before->cpus, before->nr_cpus);
		model_hash_since(now, before, written);
		verify_once(t, now, before);
		if (now_ns() - start < least)
			least = now_ns() - start;
		model_free(before);
		before = now;
	}
	model_free(before);
	free(written);
	return least;
}

static void measure_next(struct target *t, bool logged, FILE *json)
{
	struct model *model = observe(t);
	uint32_t many = largest_mm(model)->nr_leaf_tables / 2;
	double none = look_next(t, 0, logged), some = look_next(t, many, logged);
	uint64_t tables, ptes = live_ptes(model, &tables);

	printf("look made from the last  %7lu live PTEs, %s: nothing dirty %.1f us, %u dirty tables %.1f us: %.0f ns a dirty table\n",
	       ptes, logged ? "told what was written" : "bytes compared", none / 1000, many, some / 1000, (some - none) / many);
	fprintf(json, "{\"name\":\"look-next\",\"ptes\":%lu,\"logged\":%s,\"none_us\":%.2f,\"tables\":%u,\"tables_us\":%.2f,"
		"\"ns_per_table\":%.1f}\n", ptes, logged ? "true" : "false", none / 1000, many, some / 1000, (some - none) / many);
	model_free(model);
}

/** The least time of a whole look at the end of a step that wrote to so many pages; *run: of the step itself. */
static double look_after(struct target *t, int channel, uint64_t va, uint64_t pages, double *run)
{
	struct agent_cmd cmd = {.op = AGENT_FILL, .args = {va, 0, pages * PAGE_SIZE}};
	struct model *before = observe(t), *now;
	double least = 1e18;

	*run = 1e18;
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns(), ran;

		cmd.args[1] = round;
		command(t, channel, &cmd);
		ran = now_ns();
		now = observe(t);
		verify_once(t, now, before);
		if (now_ns() - ran < least)
			least = now_ns() - ran;
		if (ran - start < *run)
			*run = ran - start;
		model_free(before);
		before = now;
	}
	model_free(before);
	return least;
}

static void measure_steps(struct target *t, int channel, uint64_t va, const char *how, FILE *json)
{
	double run_one, run_many, one = look_after(t, channel, va, 1, &run_one), many = look_after(t, channel, va, 256, &run_many);
	struct model *model = observe(t);
	uint64_t tables, ptes = live_ptes(model, &tables);

	printf("look after a step        %7lu live PTEs, %s: 1 page written %.0f us (%.1f ns per PTE) after a step of %.0f us, 256 pages %.0f us "
	       "after %.0f us\n", ptes, how, one / 1000, one / ptes, run_one / 1000, many / 1000, run_many / 1000);
	fprintf(json, "{\"name\":\"look-after-step\",\"ptes\":%lu,\"how\":\"%s\",\"one_page_us\":%.2f,\"pages_256_us\":%.2f,"
		"\"run_one_us\":%.2f,\"run_256_us\":%.2f}\n", ptes, how, one / 1000, many / 1000, run_one / 1000, run_many / 1000);
	model_free(model);
}

int main(int argc, char **argv)
{
	struct machine_config config = {.mem_size = 512UL << 20, .nr_cpus = 1, .time_limit = 60, .cmdline = ""};
	const struct machine_ops *ops;
	struct guest_elf elf;
	struct target *t;
	struct error e = {0};
	FILE *json;
	int channel, pid;
	uint64_t va;

	if (argc != 3 || !(json = fopen(argv[2], "a"))) {
		fprintf(stderr, "usage: verify GUEST JSON\n");
		return EXIT_USAGE;
	}
	keep_freed_memory();
	if (guest_elf_open(&elf, argv[1], config.mem_size, &e) || !(ops = machine_choose("kvm", &e)) ||
	    !(t = target_guest_create(ops, &config, &elf, &e)) || (t->wants_trace = true, t->ops->start(t, &e)) ||
	    (channel = t->ops->spawn(t, "a", &pid, &e)) < 0)
		fail("start", &e);
	measure(t, json);
	populate(t, channel, 1024);
	measure(t, json);
	va = populate(t, channel, 16384);
	measure(t, json);
	measure_next(t, true, json);
	measure_next(t, false, json);
	measure_steps(t, channel, va, "what KVM logged hashed", json);
	t->ops->memory(t, 0, 1); /* now the host may have written, too: no log is believed any more */
	measure_steps(t, channel, va, "all hashed", json);
	populate(t, channel, 49152);
	measure_next(t, true, json);
	t->ops->destroy(t);
	guest_elf_close(&elf);
	return fclose(json) ? EXIT_HOST : EXIT_HELD;
}
