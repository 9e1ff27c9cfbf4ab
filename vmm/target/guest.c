/* SPDX-License-Identifier: MIT */
/* The target `guest`: starting it, looking at it, and its table of operations. */
#include <inttypes.h>
#include <stdio.h>

#include "target/guest_priv.h"

const struct machine *target_guest_machine(const struct target *t)
{
	return ((const struct guest *)t)->machine;
}

void target_guest_grant_all(struct target *t)
{
	guest_of(t)->all_rights = true;
}

/* --- start ---------------------------------------------------------------------------------------- */

static int check_lab(struct guest *g, struct error *e)
{
	const struct lab_page *lab = g->lab;
	uint64_t ram_end = READ_ONCE(lab->ram_end);

	if (READ_ONCE(lab->magic) != LAB_MAGIC)
		return error_set(e, EXIT_GUEST_DIED,
				 "no lab page at physical %#" PRIx64 ": magic %#" PRIx64 " instead of %#llx",
				 g->image.lab_pa, READ_ONCE(lab->magic), (unsigned long long)LAB_MAGIC);
	if (READ_ONCE(lab->abi_version) != LAB_ABI_VERSION)
		return error_set(e, EXIT_USAGE,
				 "%s speaks version %u of the lab channel, this vmm version %d: "
				 "build both from one tree",
				 g->elf->path ? g->elf->path : "the guest", READ_ONCE(lab->abi_version),
				 LAB_ABI_VERSION);
	if (READ_ONCE(lab->page_offset) != PAGE_OFFSET || READ_ONCE(lab->kernel_map) != KERNEL_MAP)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest says its direct map is at %#" PRIx64 " and its "
				 "image map at %#" PRIx64 "; they belong at %#lx and %#lx",
				 READ_ONCE(lab->page_offset), READ_ONCE(lab->kernel_map), PAGE_OFFSET,
				 KERNEL_MAP);
	if (ram_end > g->machine->ram_size || ram_end < IMAGE_REGION)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest says that RAM ends at %#" PRIx64 "; it ends at %#" PRIx64,
				 ram_end, g->machine->ram_size);
	return 0;
}

static int prepare_live(struct guest *g, struct error *e)
{
	int64_t result;

	g->live = (struct live){.wish = g->target.live, .lab = g->lab, .ram = g->machine->ram, .ram_size = g->machine->ram_size};
	if (guest_request(g, LAB_REQ_LIVE, 0, NULL, &result, e))
		return -1;
	return result ? error_set(e, EXIT_GUEST_DIED, "the guest cannot run a program live: %" PRId64, result) : 0;
}

static int guest_start(struct target *t, struct error *e)
{
	struct guest *g = guest_of(t);

	if (t->wants_trace && guest_trace_start(&g->trace, &g->image, g->machine->ram, g->lab, e))
		return -1;
	if (t->live && t->live->event && guest_trace_calls(&g->image, g->machine->ram, g->lab, e))
		return -1;
	g->aids.tlb = t->wants_trace ? &g->trace.watch : NULL;
	WRITE_ONCE(g->lab->output.wanted, t->output != NULL);
	if (t->root) {
		g->root = guest_root_open(t->root, e);
		if (!g->root)
			return -1;
		WRITE_ONCE(g->lab->root.wanted, 1);
	}
	if (guest_run_to_rest(g, e) || check_lab(g, e))
		return -1;
	return t->live ? prepare_live(g, e) : 0;
}

/* --- looking -------------------------------------------------------------------------------------- */

static struct model *guest_observe(struct target *t, struct error *e)
{
	struct guest *g = guest_of(t);
	unsigned int n = g->machine->nr_cpus;
	struct cpu_state *cpus = xcalloc(n, sizeof(*cpus));
	struct model *model = NULL;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (g->machine->ops->get_cpu(g->machine, i, &cpus[i], e))
			break;
	g->look.asking |= t->wants_log && g->trace.on;
	if (i == n)
		model = guest_look(&g->look, g->machine, &g->image, cpus, g->trace.on);
	free(cpus);
	if (model && g->trace.on)
		tlb_watch_end(&g->trace.watch, model);
	/* A step in which no task was told anything has no facts. */
	if (g->facts_ended)
		g->facts = (struct step_facts){0};
	g->facts_ended = true;
	return model;
}

static int translate(void *ctx, uint64_t va, uint64_t *pa)
{
	struct guest *g = ctx;

	return g->machine->ops->translate ? g->machine->ops->translate(g->machine, 0, va, pa) : -1;
}

static bool root_given(void *ctx, uint64_t node, uint64_t index, uint32_t *hash)
{
	struct guest *g = ctx;

	return g->root && guest_root_given(g->root, node, index, hash);
}

static const struct verify_aids *guest_aids(struct target *t)
{
	return &guest_of(t)->aids;
}

static const uint8_t *guest_page(struct target *t, uint64_t pfn)
{
	struct guest *g = guest_of(t);

	return pfn < g->machine->ram_size >> PAGE_SHIFT ? g->machine->ram + (pfn << PAGE_SHIFT) : NULL;
}

static void guest_destroy(struct target *t)
{
	struct guest *g = guest_of(t);

	if (g->machine)
		g->machine->ops->destroy(g->machine);
	tlb_watch_forget(&g->trace.watch);
	if (g->root)
		guest_root_close(g->root);
	guest_look_free(&g->look);
	free(g->events);
	free(g);
}

/* --- making one ----------------------------------------------------------------------------------- */

static const struct target_ops guest_ops = {
	.name = "guest",
	.start = guest_start,
	.spawn = guest_spawn,
	.free_channel = guest_free_channel,
	.post = guest_post,
	.run = guest_run,
	.poll = guest_poll,
	.tick = guest_tick,
	.events = guest_events,
	.observe = guest_observe,
	.aids = guest_aids,
	.page = guest_page,
	.save = guest_save,
	.restore = guest_restore,
	.free_state = guest_free_state,
	.memory = guest_memory,
	.tables_changed = guest_tables_changed,
	.plan = guest_plan_hardware,
	.plan_came = guest_plan_came,
	.set_slot = guest_set_slot,
	.poison = guest_poison,
	.destroy = guest_destroy,
};

/* How the host sees RAM: bytes, and the two linear maps of the kernel half. */
static void set_image(struct guest *g)
{
	struct machine *m = g->machine;

	g->region = (struct guest_region){.pa = 0, .size = m->ram_size, .bytes = m->ram};
	g->linear[0] = (struct guest_linear){.va = PAGE_OFFSET, .pa = 0, .size = m->ram_size};
	g->linear[1] = (struct guest_linear){
		.va = KERNEL_MAP, .pa = 0, .size = m->ram_size < IMAGE_REGION ? m->ram_size : IMAGE_REGION};
	g->image = (struct guest_image){.regions = &g->region,
					.nr_regions = 1,
					.linear = g->linear,
					.nr_linear = 2,
					.lab_pa = g->elf->lab_pa};
}

struct target *target_guest_create(const struct machine_ops *ops, const struct machine_config *config,
				   const struct guest_elf *elf, struct error *e)
{
	struct guest *g = xcalloc(1, sizeof(*g));

	g->target.ops = &guest_ops;
	g->elf = elf;
	g->aids = (struct verify_aids){.ctx = g, .translate = translate, .facts = &g->facts, .root_given = root_given};
	g->machine = ops->create(config, elf, e);
	if (!g->machine)
		goto fail;
	if (elf->lab_pa % _Alignof(struct lab_page) || elf->lab_pa > g->machine->ram_size ||
	    sizeof(struct lab_page) > g->machine->ram_size - elf->lab_pa) {
		error_set(e, EXIT_USAGE, "%s: its lab page at %#" PRIx64 " does not lie in RAM",
			  elf->path ? elf->path : "the guest", elf->lab_pa);
		goto fail;
	}
	g->lab = (struct lab_page *)(g->machine->ram + elf->lab_pa);
	set_image(g);
	snprintf(g->target.description, sizeof(g->target.description), "%s", g->machine->description);
	return &g->target;
fail:
	guest_destroy(&g->target);
	return NULL;
}
