/* SPDX-License-Identifier: MIT */
/* The guest itself, set back after its tables led to where there is no memory: KVM must not go on by what it met there. */
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "observe/leaves.h"
#include "target/guest.h"
#include "uapi.h"

#define BEYOND_RAM (1UL << 38)

static struct guest_elf elf;
static struct error e;

static struct target *begin(void)
{
	struct machine_config config = {.mem_size = 64 << 20, .nr_cpus = 1, .time_limit = 20, .cmdline = "", .console = stderr};
	char path[4096] = "";
	struct target *t;

	if (access("/dev/kvm", R_OK | W_OK))
		cr_skip_test("no usable /dev/kvm");
	CHECK(readlink("/proc/self/exe", path, sizeof(path) - 32) > 0);
	strcat(dirname(dirname(path)), "/guest.bin");
	CHECK_THAT(!guest_elf_open(&elf, path, config.mem_size, &e), "%s", e.text);
	t = target_guest_create(&machine_kvm, &config, &elf, &e);
	CHECK_THAT(t && !t->ops->start(t, &e), "%s", e.text);
	return t;
}

/** The page at va lies where nothing is. */
static void lead_astray(struct target *t, int pid, uint64_t va)
{
	struct model *model = t->ops->observe(t, &e);
	const struct model_task *task = model ? model_find_task(model, pid) : NULL;
	struct leaf_walk w;

	CHECK(task && task->mm > 0);
	w = leaves_from(&model->mms[task->mm], LEAVES_PRESENT, va);
	CHECK(leaf_next(&w) && w.leaf.va == va);
	*(uint64_t *)t->ops->memory(t, w.leaf.entry_pa, 8) ^= BEYOND_RAM;
	CHECK_THAT(!t->ops->tables_changed(t, &e), "%s", e.text);
	model_free(model);
}

/** What the task answers; -1: it does not. */
static int64_t ask(struct target *t, int channel, struct agent_cmd cmd)
{
	struct agent_report report;
	int exit_code, pid;
	bool fresh = false;

	if (t->ops->post(t, channel, &cmd, &e) || t->ops->run(t, &e))
		return -1;
	t->ops->poll(t, channel, &report, &fresh, &exit_code, &pid);
	return fresh ? report.value : -1;
}

static struct agent_cmd call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return (struct agent_cmd){.op = AGENT_SYSCALL, .nr = nr, .args = {a, b, c, d}};
}

/* Ring 3 meets that there is no memory; afterwards ring 0 stores there, and ring 3 must read it. */
Test(restore, where_there_was_no_memory_is_forgotten)
{
	struct target *t = begin();
	int pid, channel = t->ops->spawn(t, "a", &pid, &e);
	const uint64_t p = ask(t, channel, call(NR_mmap, 0, PAGE_SIZE, LX_PROT_READ | LX_PROT_WRITE, LX_MAP_PRIVATE | LX_MAP_ANONYMOUS));
	const struct agent_cmd store = {.op = AGENT_WRITE, .size = 8, .args = {p, 5}}, load = {.op = AGENT_READ, .size = 1, .args = {p}};
	struct target_state *state;

	CHECK_THAT(channel >= 0 && p % PAGE_SIZE == 0, "%s", e.text);
	CHECK(ask(t, channel, store) != -1);
	state = t->ops->save(t, &e);
	if (!state)
		cr_skip_test("%s", e.text);
	for (int round = 0; round < 2; round++) {
		lead_astray(t, pid, p);
		CHECK_EQ(ask(t, channel, store), -1);
		CHECK_THAT(!t->ops->restore(t, state, &e), "%s", e.text);
		CHECK_THAT(ask(t, channel, call(NR_getcwd, p, 100, 0, 0)) == 2, "%s", e.text);
		CHECK_EQ(ask(t, channel, load), '/');
		CHECK_THAT(!t->ops->restore(t, state, &e), "%s", e.text);
		CHECK_EQ(ask(t, channel, load), 5);
	}
	t->ops->free_state(state);
	t->ops->destroy(t);
	guest_elf_close(&elf);
}
