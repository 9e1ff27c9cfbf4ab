/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the lab channel against guests that keep the protocol and guests that do not: a machine
 * of plain memory whose "guest" is a function of the test.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "target/guest.h"
#include "verify/verify.h"
#include "uapi.h"

#define RAM_SIZE (8UL << 20)
#define LAB_PA	 0x110000UL

/* --- a machine whose guest is a C function ------------------------------------------------------------ */

static uint8_t *ram;
static struct lab_page *lab;
static struct machine the_machine;
static struct guest_elf elf = {.path = "guest.bin", .lab_pa = LAB_PA};

/* What the guest does until its next doorbell: returns the doorbell's byte, or -1 to die. */
static int (*guest)(void);

static const struct machine_ops ops;

static struct machine *create(const struct machine_config *config, const struct guest_elf *e,
			      struct error *error)
{
	(void)config;
	(void)e;
	(void)error;
	the_machine.ops = &ops;
	the_machine.ram = ram;
	the_machine.ram_size = RAM_SIZE;
	the_machine.nr_cpus = 1;
	return &the_machine;
}

static struct stop run(struct machine *m, struct error *e)
{
	int byte = guest();

	(void)m;
	if (byte >= 0)
		return (struct stop){.reason = STOP_DOORBELL, .byte = byte};
	error_set(e, EXIT_GUEST_DIED, "the guest died as the test wants");
	return (struct stop){.reason = STOP_DIED};
}

static int get_cpu(struct machine *m, unsigned int cpu, struct cpu_state *state, struct error *e)
{
	(void)m;
	(void)cpu;
	*state = (struct cpu_state){0};
	return error_set(e, EXIT_HOST, "this machine has no registers");
}

static int translate(struct machine *m, unsigned int cpu, uint64_t va, uint64_t *pa)
{
	(void)m;
	(void)cpu;
	*pa = va + 1;
	return 1;
}

static void destroy(struct machine *m)
{
	(void)m;
}

static const struct machine_ops ops = {
	.name = "test",
	.create = create,
	.run = run,
	.get_cpu = get_cpu,
	.translate = translate,
	.destroy = destroy,
};

static int boot_well(void)
{
	lab->magic = LAB_MAGIC;
	lab->abi_version = LAB_ABI_VERSION;
	lab->page_offset = PAGE_OFFSET;
	lab->kernel_map = KERNEL_MAP;
	lab->ram_end = RAM_SIZE;
	return LAB_QUIESCENT;
}

static struct target *make_target(void)
{
	struct machine_config config = {.mem_size = RAM_SIZE, .nr_cpus = 1};
	struct target *t;
	struct error e;

	ram = calloc(1, RAM_SIZE);
	lab = (struct lab_page *)(ram + LAB_PA);
	t = target_guest_create(&ops, &config, &elf, &e);
	CHECK_THAT(t, "%s", e.text);
	return t;
}

static struct target *booted(void)
{
	struct target *t = make_target();
	struct error e;

	guest = boot_well;
	CHECK_EQ(t->ops->start(t, &e), 0);
	return t;
}

static void end(struct target *t)
{
	t->ops->destroy(t);
	free(ram);
}

/* --- boot --------------------------------------------------------------------------------------------- */

static void refused_at_boot(int (*boot)(void), enum exit_status status, const char *words)
{
	struct target *t = make_target();
	struct error e;

	guest = boot;
	CHECK_EQ(t->ops->start(t, &e), -1);
	CHECK_EQ(e.status, status);
	CHECK_HAS(e.text, words);
	end(t);
}

static int boot_without_magic(void)
{
	boot_well();
	lab->magic = 0;
	return LAB_QUIESCENT;
}

static int boot_of_another_version(void)
{
	boot_well();
	lab->abi_version = 77;
	return LAB_QUIESCENT;
}

static int boot_with_other_maps(void)
{
	boot_well();
	lab->page_offset = 0x1000;
	return LAB_QUIESCENT;
}

static int boot_with_too_much_ram(void)
{
	boot_well();
	lab->ram_end = RAM_SIZE + PAGE_SIZE;
	return LAB_QUIESCENT;
}

static int ring_with_nonsense(void)
{
	boot_well();
	return 'x';
}

static int die(void)
{
	return -1;
}

Test(target, a_guest_is_checked_before_it_is_believed)
{
	refused_at_boot(boot_without_magic, EXIT_GUEST_DIED, "no lab page");
	refused_at_boot(boot_of_another_version, EXIT_USAGE, "version 77 of the lab channel");
	refused_at_boot(boot_with_other_maps, EXIT_GUEST_DIED, "direct map is at 0x1000");
	refused_at_boot(boot_with_too_much_ram, EXIT_GUEST_DIED, "RAM ends at 0x801000");
	refused_at_boot(ring_with_nonsense, EXIT_GUEST_DIED, "doorbell with byte 0x78");
	refused_at_boot(die, EXIT_GUEST_DIED, "as the test wants");
}

Test(target, a_lab_page_outside_ram_is_refused_before_anything_runs)
{
	static const uint64_t bad[] = {RAM_SIZE, RAM_SIZE - PAGE_SIZE, ~0UL - 7, LAB_PA + 1};
	struct machine_config config = {.mem_size = RAM_SIZE, .nr_cpus = 1};
	struct error e;

	ram = calloc(1, RAM_SIZE);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct guest_elf wrong = {.path = "guest.bin", .lab_pa = bad[i]};

		CHECK_THAT(!target_guest_create(&ops, &config, &wrong, &e), "lab at %#lx", bad[i]);
		CHECK_EQ(e.status, EXIT_USAGE);
		CHECK_HAS(e.text, "does not lie in RAM");
	}
	free(ram);
}

/* --- panic -------------------------------------------------------------------------------------------- */

static int panic(void)
{
	boot_well();
	/* Nothing terminated, counts too large, characters that a terminal would obey. */
	memset(&lab->panic, 0xff, sizeof(lab->panic));
	memset(lab->panic.file, 'f', sizeof(lab->panic.file));
	memset(lab->panic.message, '\x1b', sizeof(lab->panic.message));
	return LAB_PANIC;
}

Test(target, a_panic_is_told_whatever_the_guest_wrote_there)
{
	struct target *t = make_target();
	struct error e;

	guest = panic;
	CHECK_EQ(t->ops->start(t, &e), -1);
	CHECK_EQ(e.status, EXIT_GUEST_DIED);
	CHECK_HAS(e.text, "the guest panicked at fffff");
	CHECK_HAS(e.text, "pid -1: ????");
	CHECK_HAS(e.text, "backtrace:\n    ffffffffffffffff");
	CHECK(!strchr(e.text, '\x1b'));
	end(t);
}

/* --- events ------------------------------------------------------------------------------------------- */

static unsigned int to_write, rounds;

static int write_events(void)
{
	for (unsigned int i = 0; to_write && i < LAB_NR_EVENTS; i++, to_write--) {
		lab->events[lab->event_head % LAB_NR_EVENTS] =
			(struct lab_event){.type = LAB_EV_FORK, .args = {lab->event_head}};
		lab->event_head++;
	}
	rounds++;
	return to_write ? LAB_EVENTS_FULL : LAB_QUIESCENT;
}

Test(target, a_full_ring_is_drained_and_the_guest_goes_on)
{
	struct target *t = booted();
	struct target_events events;
	uint64_t seq = lab->seq;
	struct error e;

	guest = write_events;
	to_write = 1000;
	CHECK_EQ(t->ops->run(t, &e), 0);
	events = t->ops->events(t);
	CHECK_EQ(events.n, 1000);
	for (unsigned int i = 0; i < events.n; i++)
		CHECK_EQ(events.items[i].args[0], i);
	CHECK_EQ(rounds, 4);
	CHECK_EQ(lab->seq, seq + 1);
	CHECK_EQ(lab->event_tail, 1000);
	end(t);
}

static int write_nonsense_events(void)
{
	lab->event_head = lab->event_tail + LAB_NR_EVENTS + 1;
	return LAB_QUIESCENT;
}

static int fault_for_ever(void)
{
	lab->event_head = lab->event_tail + LAB_NR_EVENTS;
	return LAB_EVENTS_FULL;
}

Test(target, event_rings_that_lie_and_guests_that_never_rest_end)
{
	struct target *t = booted();
	struct error e;

	guest = write_nonsense_events;
	CHECK_EQ(t->ops->run(t, &e), -1);
	CHECK_HAS(e.text, "event ring is nonsense");
	lab->event_head = lab->event_tail = 0;
	guest = fault_for_ever;
	CHECK_EQ(t->ops->run(t, &e), -1);
	CHECK_EQ(e.status, EXIT_GUEST_DIED);
	CHECK_HAS(e.text, "does not come to rest");
	t->max_events = 1000;
	lab->event_head = lab->event_tail = 0;
	CHECK_EQ(t->ops->run(t, &e), -1);
	CHECK_HAS(e.text, "more than 1000 events");
	CHECK(lab->event_head <= 1000 + LAB_NR_EVENTS);
	end(t);
}

/* --- channels ------------------------------------------------------------------------------------------- */

static int64_t spawn_result;
static bool leave_request;

static int do_spawn(void)
{
	struct lab_channel *c = &lab->channels[lab->request.args[0] % AGENT_CHANNELS];

	lab->request.result = spawn_result;
	if (!leave_request)
		lab->request.op = LAB_REQ_NONE;
	if (spawn_result > 0) {
		c->state = LAB_CHANNEL_AWAITS;
		c->pid = spawn_result;
		c->report_seq++;
	}
	return LAB_QUIESCENT;
}

static int answer(void)
{
	struct lab_channel *c = &lab->channels[0];

	CHECK_EQ(lab->channel_kick, 1);
	lab->channel_kick = 0;
	CHECK_EQ(c->cmd.op, AGENT_READ);
	c->read_seq = c->cmd_seq;
	c->report = (struct agent_report){.op = c->cmd.op, .value = 42, .len = 0xffffffff};
	c->report_seq++;
	return LAB_QUIESCENT;
}

static int do_nothing(void)
{
	return LAB_QUIESCENT;
}

static int kill_it(void)
{
	lab->channels[0].state = LAB_CHANNEL_DEAD;
	lab->channels[0].exit_code = 9;
	return LAB_QUIESCENT;
}

Test(target, a_task_from_spawn_to_death)
{
	struct target *t = booted();
	struct agent_cmd cmd = {.op = AGENT_READ, .size = 8};
	struct agent_report report;
	int pid, exit_code;
	struct error e;
	bool fresh;

	guest = do_spawn;
	spawn_result = 2;
	CHECK_EQ(t->ops->spawn(t, "a", &pid, &e), 0);
	CHECK_EQ(pid, 2);
	CHECK_STR(lab->request.name, "a");
	CHECK_EQ(t->ops->poll(t, 0, &report, &fresh, &exit_code, &pid), TASK_AWAITS);
	CHECK(fresh);
	CHECK_EQ(t->ops->free_channel(t), 1);

	CHECK_EQ(t->ops->post(t, 0, &cmd, &e), 0);
	guest = answer;
	CHECK_EQ(t->ops->run(t, &e), 0);
	CHECK_EQ(t->ops->poll(t, 0, &report, &fresh, &exit_code, &pid), TASK_AWAITS);
	CHECK(fresh);
	CHECK_EQ(report.value, 42);
	CHECK_EQ(report.len, AGENT_DATA); /* clamped */
	CHECK_EQ(t->ops->poll(t, 0, &report, &fresh, &exit_code, &pid), TASK_AWAITS);
	CHECK(!fresh);

	/* A command that nobody has read is pending. */
	CHECK_EQ(t->ops->post(t, 0, &cmd, &e), 0);
	guest = do_nothing;
	CHECK_EQ(t->ops->run(t, &e), 0);
	CHECK_EQ(t->ops->poll(t, 0, &report, &fresh, &exit_code, &pid), TASK_PENDING);

	guest = kill_it;
	CHECK_EQ(t->ops->run(t, &e), 0);
	CHECK_EQ(t->ops->free_channel(t), 1); /* its end is not told yet */
	CHECK_EQ(t->ops->poll(t, 0, &report, &fresh, &exit_code, &pid), TASK_GONE);
	CHECK_EQ(exit_code, 9);
	CHECK_EQ(t->ops->free_channel(t), 0);
	end(t);
}

Test(target, answers_to_spawn)
{
	struct target *t = booted();
	struct error e;
	int pid;

	guest = do_spawn;
	spawn_result = -12;
	CHECK_EQ(t->ops->spawn(t, "a", &pid, &e), -1);
	CHECK_EQ(pid, -12); /* the guest's own no: an errno */
	spawn_result = -100000;
	CHECK_EQ(t->ops->spawn(t, "a", &pid, &e), -1);
	CHECK_EQ(pid, 0);
	CHECK_HAS(e.text, "answered a spawn with -100000");
	leave_request = true;
	CHECK_EQ(t->ops->spawn(t, "a", &pid, &e), -1);
	CHECK_HAS(e.text, "without doing request 1");
	leave_request = false;
	spawn_result = 5;
	for (int i = 0; i < AGENT_CHANNELS; i++)
		CHECK_EQ(t->ops->spawn(t, "a", &pid, &e), i);
	CHECK_EQ(t->ops->spawn(t, "a", &pid, &e), -1);
	CHECK_EQ(e.status, EXIT_USAGE);
	CHECK_HAS(e.text, "32 tasks live already");
	end(t);
}

Test(target, commands_that_are_too_long_never_reach_the_guest)
{
	struct target *t = booted();
	struct agent_cmd cmd = {.op = AGENT_WRITE_BYTES, .len = AGENT_DATA + 1};
	struct error e;

	CHECK_EQ(t->ops->post(t, 0, &cmd, &e), -1);
	CHECK_EQ(lab->channels[0].cmd_seq, 0);
	end(t);
}

/* --- looking -------------------------------------------------------------------------------------------- */

Test(target, pages_are_those_of_ram_and_no_registers_mean_no_model)
{
	struct target *t = booted();
	uint64_t pa;
	struct error e;

	CHECK(t->ops->page(t, 0) == ram);
	CHECK(t->ops->page(t, RAM_SIZE >> PAGE_SHIFT) == NULL);
	CHECK(t->ops->page(t, ~0UL) == NULL);
	CHECK(!t->ops->observe(t, &e));
	CHECK_HAS(e.text, "no registers");
	CHECK_EQ(t->ops->aids(t)->translate(t->ops->aids(t)->ctx, 7, &pa), 1);
	CHECK_EQ(pa, 8);
	end(t);
}
