/* SPDX-License-Identifier: MIT */
/* What a run begins with: the target that was asked for, and the document. */
#include <string.h>
#include <unistd.h>

#include "script/session.h"
#include "target/both.h"
#include "target/guest.h"
#include "target/linux.h"
#include "target/linux_vm.h"

static int open_report(struct session *s, uint64_t mem_size)
{
	static const enum report_detail details[] = {
		[DUMP_NONE] = DETAIL_NONE, [DUMP_CHANGES] = DETAIL_CHANGES, [DUMP_FULL] = DETAIL_FULL};
	static const char *const verify[] = {
		[VERIFY_STEP] = "step", [VERIFY_END] = "end", [VERIFY_OFF] = "off"};
	const struct options *o = s->options;
	struct report_config config = {
		.detail = details[o->dump],
		.json = o->format == FORMAT_JSON,
		.verify = verify[o->verify],
		.raw = o->raw,
		.live = isatty(fileno(s->to)),
		.out = o->out,
		.to = s->to,
	};
	struct report_header header = {
		.version = "mmscope " MMSCOPE_VERSION,
		.scenario = s->scenario,
		.machine = s->target->description,
		.ram_size = mem_size,
		.abi_version = LAB_ABI_VERSION,
	};

	s->report = report_open(&config, &header, &s->error);
	return s->report ? 0 : session_over(s);
}

static struct target *make_guest(struct session *s, const struct machine_config *config)
{
	const char *name = s->options->machine ? s->options->machine : "auto";
	const struct machine_ops *ops = machine_choose(name, &s->error);
	struct target *guest = ops ? target_guest_create(ops, config, &s->elf, &s->error) : NULL;

	if (!guest)
		return NULL;
	guest->output = s->output;
	guest->root = s->options->root;
	if (s->options->prog)
		target_guest_grant_all(guest);
	guest->wants_log = s->options->verify_twice;
	guest->live = s->live;
	guest->wants_trace = s->options->verify == VERIFY_STEP && !s->max_instructions;
	return guest;
}

/* The same agent, out of guest.bin, on this host's kernel or in a machine's. */
static struct target *make_linux(struct session *s, bool vm)
{
	struct linux_config config = {.time_limit = s->options->time_limit};

	config.agent = guest_elf_agent(&s->elf, &config.agent_size);
	if (config.agent)
		return vm ? target_linux_vm_create(&config) : target_linux_create(&config);
	error_set(&s->error, EXIT_USAGE, "%s holds no agent that Linux could run (it has no symbols)",
		  s->options->guest);
	return NULL;
}

static struct target *make_both(struct session *s, const struct machine_config *config)
{
	bool vm = s->options->reference && strcmp(s->options->reference, "vm") == 0;
	struct target *linux_side = make_linux(s, vm), *guest = linux_side ? make_guest(s, config) : NULL;

	if (guest)
		return target_both_create(guest, linux_side);
	if (linux_side)
		linux_side->ops->destroy(linux_side);
	return NULL;
}

static struct target *make_target(struct session *s, const struct machine_config *config)
{
	const char *name = s->options->target ? s->options->target : "guest";

	if (strcmp(name, "linux") == 0 || strcmp(name, "linux-vm") == 0)
		return make_linux(s, strcmp(name, "linux-vm") == 0);
	return strcmp(name, "both") == 0 ? make_both(s, config) : make_guest(s, config);
}

int session_start(struct session *s)
{
	const struct options *o = s->options;
	struct machine_config config = {
		.mem_size = o->mem_size	  ? o->mem_size
			    : s->mem_size ? s->mem_size
			    : o->root	  ? ROOT_MEM_SIZE
					  : DEFAULT_MEM_SIZE,
		.nr_cpus = o->nr_cpus ? o->nr_cpus : 1,
		/* Live, the target looks at the clock itself, where the machine has ticks. */
		.time_limit = o->time_limit && s->live ? o->time_limit + 2 : o->time_limit,
		.cmdline = o->cmdline ? o->cmdline : "",
		.initrd = o->initrd,
		.console = s->watch || s->live ? NULL : stderr,
		.max_instructions = s->max_instructions,
	};

	if (s->over)
		return -1;
	if (s->target)
		return 0;
	if (guest_elf_open(&s->elf, o->guest, config.mem_size, &s->error))
		return session_over(s);
	s->elf_open = true;
	s->target = make_target(s, &config);
	if (!s->target || open_report(s, config.mem_size) || s->target->ops->start(s->target, &s->error))
		return session_over(s);
	s->stale = true;
	return 0;
}
