/* SPDX-License-Identifier: MIT */
/*
 * What a step in lockstep is made of: the same steps on the guest and on a Linux, each part of a step timed by itself. Medians
 * over all steps, in microseconds; as ratios to the step on Linux alone and to the verified step on the guest alone.
 *
 * usage: lockstep GUEST JSON [vm]: with the Linux of --target linux-vm instead of this host's
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "machine/machine.h"
#include "target/compare.h"
#include "target/guest.h"
#include "target/linux.h"
#include "target/linux_box.h"
#include "target/linux_serve.h"
#include "target/linux_vm.h"
#include "uapi.h"
#include "verify/verify.h"

#define ROUNDS 60

enum part { GUEST_RUN, DECODE, VERIFY, GUEST_VIEW, LINUX_RUN, LINUX_VIEW, COMPARE, BARE, NR_PARTS };
static const char *const part_names[NR_PARTS] = {
	"guest runs", "guest is decoded", "guest is verified", "guest's views", "Linux runs, until all rest", "Linux's views",
	"comparison", "a bare round trip to a task"};

static double samples[NR_PARTS][8 * ROUNDS];
static unsigned int nr_samples[NR_PARTS];

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

#define TIMED(part, statement)                                                                               \
	do {                                                                                                 \
		double start_ = now_us();                                                                    \
		statement;                                                                                   \
		samples[part][nr_samples[part]++] = now_us() - start_;                                       \
	} while (0)

static struct error e;

static void must(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, e.text);
	exit(e.status == EXIT_SKIPPED ? EXIT_SKIPPED : EXIT_HOST);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(enum part part)
{
	qsort(samples[part], nr_samples[part], sizeof(double), by_size);
	return nr_samples[part] ? samples[part][nr_samples[part] / 2] : 0;
}

static const uint64_t at = 0x10000000;

/* A few of the commonest steps; the address is fixed, so that both sides get the same without an answer looked at. */
static const struct agent_cmd steps[] = {
	{.op = AGENT_SYSCALL, .nr = NR_mmap, .args = {at, 8 * PAGE_SIZE, 3, 0x32, -1UL, 0}},
	{.op = AGENT_WRITE, .size = 1, .args = {at, 1}},
	{.op = AGENT_READ, .size = 1, .args = {at + PAGE_SIZE}},
	{.op = AGENT_SYSCALL, .nr = NR_mprotect, .args = {at + 2 * PAGE_SIZE, PAGE_SIZE, 1}},
	{.op = AGENT_SYSCALL, .nr = NR_munmap, .args = {at, 8 * PAGE_SIZE}},
};
#define NR_STEPS (sizeof(steps) / sizeof(steps[0]))

static void give(struct target *t, const struct agent_cmd *cmd)
{
	struct agent_report report;
	int exit_code, pid;
	bool fresh;

	must(t->ops->post(t, 0, cmd, &e) || t->ops->run(t, &e), "run");
	t->ops->poll(t, 0, &report, &fresh, &exit_code, &pid);
}

/* Two processes with some areas and pages, as a scenario has them. */
static void furnish(struct target *t)
{
	struct agent_cmd map = {.op = AGENT_SYSCALL, .nr = NR_mmap, .args = {0, 8 * PAGE_SIZE, 3, 0x8022, -1UL, 0}};
	struct agent_cmd fork = {.op = AGENT_FORK, .channel = 1};
	int pid;

	must(t->ops->start(t, &e) || t->ops->spawn(t, "a", &pid, &e) < 0, "start");
	for (int i = 0; i < 4; i++) {
		map.args[0] = 0x20000000 + (i + 64) * 0x10000;
		give(t, &map);
	}
	give(t, &fork);
}

static const int pids[] = {2, 3};

static void compare(struct comparison *c, struct target *linux_side, const struct model *now)
{
	struct view *guest[2], *theirs[2];

	TIMED(GUEST_VIEW, for (int i = 0; i < 2; i++) guest[i] = view_of_model(now, pids[i]));
	TIMED(LINUX_VIEW, for (int i = 0; i < 2; i++) theirs[i] = linux_side->ops->view(linux_side, pids[i], &e));
	must(!theirs[0] || !theirs[1], "view");
	TIMED(COMPARE, for (int i = 0; i < 2; i++) compare_views(c, guest[i], theirs[i]); compare_frames(c));
	for (int i = 0; i < 2; i++) {
		view_free(guest[i]);
		view_free(theirs[i]);
	}
}

static struct model *one_step(struct comparison *c, struct target *guest, struct target *linux_side, struct model *before,
			      const struct agent_cmd *cmd)
{
	struct findings findings = {0};
	struct model *now;

	TIMED(GUEST_RUN, give(guest, cmd));
	TIMED(LINUX_RUN, give(linux_side, cmd));
	TIMED(DECODE, now = guest->ops->observe(guest, &e));
	must(!now, "observe");
	TIMED(VERIFY, verify_model(now, before, guest->ops->aids(guest), &findings));
	must(findings.n, findings.n ? findings.items[0].text : "");
	findings_free(&findings);
	compare(c, linux_side, now);
	model_free(before);
	return now;
}

/* What cannot be had for less: a command sent to a task, its answer awaited, nobody looked at. */
static void bare(const void *agent, size_t size)
{
	struct box box;
	int pid;

	must(box_open(&box, agent, size, &e) || box_spawn(&box, "a", 0, &pid, &e), "box");
	for (unsigned int i = 0; i < ROUNDS * NR_STEPS; i++) {
		const struct agent_cmd *cmd = &steps[i % NR_STEPS];
		struct agent_report report;

		TIMED(BARE, must(write(box.ours[0], cmd, AGENT_CMD_HEADER) < 0 ||
				 read(box.ours[0], &report, sizeof(report)) < 0, "channel"));
	}
	box_close(&box);
}

static void tell(FILE *json, const char *linux_name)
{
	double guest = median(GUEST_RUN) + median(DECODE) + median(VERIFY), theirs = median(LINUX_RUN);
	double all = guest + theirs + median(GUEST_VIEW) + median(LINUX_VIEW) + median(COMPARE);

	printf("a step in lockstep with %s: %.0f us; %.1f of the step on that Linux alone (%.0f us), %.1f of the verified step on "
	       "the guest alone (%.0f us)\n", linux_name, all, all / theirs, theirs, all / guest, guest);
	for (int p = 0; p < NR_PARTS; p++)
		if (nr_samples[p])
			printf("    %-28s %8.0f us %5.0f %%\n", part_names[p], median(p), p == BARE ? 0 : 100 * median(p) / all);
	fprintf(json, "{\"name\":\"lockstep\",\"linux\":\"%s\",\"us\":%.1f,\"to_linux\":%.2f,\"to_guest\":%.2f", linux_name, all,
		all / theirs, all / guest);
	for (int p = 0; p < NR_PARTS; p++)
		fprintf(json, ",\"%s\":%.1f", part_names[p], median(p));
	fprintf(json, "}\n");
}

int main(int argc, char **argv)
{
	struct machine_config config = {.mem_size = 64UL << 20, .nr_cpus = 1, .time_limit = 60, .cmdline = ""};
	struct linux_config linux_config = {.time_limit = 60};
	bool vm = argc == 4 && strcmp(argv[3], "vm") == 0;
	struct comparison c = {.to = stderr};
	struct target *guest, *linux_side;
	const struct machine_ops *ops;
	struct model *now = NULL;
	struct guest_elf elf;
	FILE *json;

	/* The machine's process 1 is the program that started it. */
	if (argc == 2 && strcmp(argv[1], "linux-serve") == 0)
		return linux_serve_main(argc - 1, argv + 1);
	if (argc < 3 || !(json = fopen(argv[2], "a"))) {
		fprintf(stderr, "usage: lockstep GUEST JSON [vm]\n");
		return EXIT_USAGE;
	}
	keep_freed_memory();
	must(guest_elf_open(&elf, argv[1], config.mem_size, &e) || !(ops = machine_choose("auto", &e)) ||
	     !(guest = target_guest_create(ops, &config, &elf, &e)), "guest");
	linux_config.agent = guest_elf_agent(&elf, &linux_config.agent_size);
	linux_side = vm ? target_linux_vm_create(&linux_config) : target_linux_create(&linux_config);
	guest->wants_trace = true;
	furnish(linux_side);
	furnish(guest);
	rules_init(&c.rules, linux_side->release);
	for (unsigned int i = 0; i < ROUNDS * NR_STEPS; i++)
		now = one_step(&c, guest, linux_side, now, &steps[i % NR_STEPS]);
	if (!vm)
		bare(linux_config.agent, linux_config.agent_size);
	tell(json, linux_side->description);
	model_free(now);
	guest->ops->destroy(guest);
	linux_side->ops->destroy(linux_side);
	guest_elf_close(&elf);
	return fclose(json) || c.differences ? EXIT_HOST : EXIT_HELD;
}
