/* SPDX-License-Identifier: MIT */
/*
 * What a look from outside costs: model_build(), verify_model() and model_hash() of a guest that has so many pages mapped,
 * in ns per live PTE; beside them a streaming read of the same page tables, which nothing that looks at every entry can
 * beat. The least of a few rounds counts: it is the machine that adds to a time, never the program that takes from it.
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

static uint64_t verify_once(const struct model *now, const struct model *before)
{
	struct findings findings = {0};
	uint64_t checks = verify_model(now, before, NULL, &findings);

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

/** The task maps and fills in so many pages, in one area. */
static void populate(struct target *t, int channel, uint64_t pages)
{
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_mmap,
				.args = {0, pages * PAGE_SIZE, LX_PROT_READ | LX_PROT_WRITE,
					 LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_POPULATE, -1UL, 0}};
	struct error e;

	if (t->ops->post(t, channel, &cmd, &e) || t->ops->run(t, &e))
		fail("mmap", &e);
}

static void measure(struct target *t, FILE *json)
{
	struct model *before = observe(t), *now = observe(t), *built;
	double build, verify, hash, streamed;
	uint64_t ptes = 0, tables = 0;
	volatile uint64_t sink;

	for (uint32_t i = 0; i < now->nr_mms; i++)
		ptes += now->mms[i].nr_leaves, tables += now->mms[i].nr_tables;
	LEAST(build, (built = observe(t), model_free(built)));
	LEAST(verify, sink = verify_once(now, before));
	LEAST(hash, model_hash(now));
	LEAST(streamed, sink = stream(now));
	(void)sink;
	printf("look from outside        %7lu live PTEs in %3lu tables: decode %6.1f, verify %6.1f, hash %6.1f, stream %5.2f ns "
	       "per PTE; %.0f us all\n", ptes, tables, build / ptes, verify / ptes, hash / ptes, streamed / ptes,
	       (build + verify + hash) / 1000);
	fprintf(json, "{\"name\":\"look\",\"ptes\":%lu,\"tables\":%lu,\"decode_ns\":%.2f,\"verify_ns\":%.2f,\"hash_ns\":%.2f,"
		"\"stream_ns\":%.3f}\n", ptes, tables, build / ptes, verify / ptes, hash / ptes, streamed / ptes);
	model_free(before);
	model_free(now);
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

	if (argc != 3 || !(json = fopen(argv[2], "a"))) {
		fprintf(stderr, "usage: verify GUEST JSON\n");
		return EXIT_USAGE;
	}
	keep_freed_memory();
	if (guest_elf_open(&elf, argv[1], config.mem_size, &e) || !(ops = machine_choose("kvm", &e)) ||
	    !(t = target_guest_create(ops, &config, &elf, &e)) || t->ops->start(t, &e) ||
	    (channel = t->ops->spawn(t, "a", &pid, &e)) < 0)
		fail("start", &e);
	measure(t, json);
	populate(t, channel, 1024);
	measure(t, json);
	populate(t, channel, 16384);
	measure(t, json);
	t->ops->destroy(t);
	guest_elf_close(&elf);
	return fclose(json) ? EXIT_HOST : EXIT_HELD;
}
