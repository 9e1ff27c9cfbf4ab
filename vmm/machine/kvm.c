/* SPDX-License-Identifier: MIT */
/*
 * The machine `kvm`: made, loaded, thrown away. Start-up counts: nothing is touched that the guest may
 * not need, and there is no interrupt controller in the kernel as long as nothing interrupts.
 */
#include "machine/kvm.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "machine/initrd.h"
#include "machine/pvh.h"
#include "x86.h"

static void kvm_destroy(struct machine *machine)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;

	kvm_end_ticks(m);
	time_limit_destroy(&m->limit);
	if (m->run)
		munmap(m->run, m->run_size);
	if (m->vcpu_fd >= 0)
		close(m->vcpu_fd);
	if (m->vm_fd >= 0)
		close(m->vm_fd);
	if (m->kvm_fd >= 0)
		close(m->kvm_fd);
	ram_destroy(&m->ram);
	free(m->dirty);
	free(m);
}

static int create_memory(struct kvm_machine *m, uint64_t size, struct error *e)
{
	m->memory.vm_fd = m->vm_fd;
	return ram_create(&m->ram, size, e) ? -1 : kvm_set_memory(m, e);
}

static int check_config(const struct machine_config *config, struct error *e)
{
	if (config->nr_cpus != 1)
		return error_set(e, EXIT_USAGE, "%u CPUs: this version runs 1", config->nr_cpus);
	if (config->mem_size < LOADER_AREA_END || config->mem_size % PAGE_SIZE)
		return error_set(e, EXIT_USAGE, "%#lx bytes of RAM: must be whole pages, at least %llu KiB",
				 config->mem_size, LOADER_AREA_END >> 10);
	return 0;
}

/* As high as it can be below the hole, so that the RAM in front of it stays in one piece. */
static int load_initrd(struct kvm_machine *m, const struct machine_config *config, struct error *e)
{
	struct initrd initrd;
	uint64_t pa;

	if (!config->initrd)
		return 0;
	if (initrd_open(&initrd, config->initrd, config->mem_size, e))
		return -1;
	pa = initrd_place(&initrd, ram_low_size(config->mem_size));
	pvh_add_module(&m->ram, pa, initrd.size);
	return initrd_read(&initrd, m->ram.bytes + pa, e);
}

static int build(struct kvm_machine *m, const struct machine_config *config, struct error *e)
{
	if (kvm_open(&m->kvm_fd, &m->vm_fd, e) || create_memory(m, config->mem_size, e))
		return -1;
	guest_elf_load(m->elf, m->ram.bytes);
	/* True of a fresh memfd; it spares the guest clearing what is clear. */
	if (pvh_write_start_info(&m->ram, "zeroed", config->cmdline ? config->cmdline : "", e))
		return -1;
	if (load_initrd(m, config, e) || kvm_create_vcpu(m, e) ||
	    time_limit_create(&m->limit, config->time_limit, &m->run->immediate_exit, e))
		return -1;
	return config->max_instructions ? kvm_start_stepping(m, e) : 0;
}

static struct machine *kvm_create(const struct machine_config *config, const struct guest_elf *elf,
				  struct error *e)
{
	struct kvm_machine *m;

	if (check_config(config, e))
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->kvm_fd = m->vm_fd = m->vcpu_fd = m->ram.fd = -1;
	m->base.ops = &machine_kvm;
	m->base.nr_cpus = config->nr_cpus;
	m->elf = elf;
	m->console = config->console;
	m->max_instructions = config->max_instructions;
	if (build(m, config, e)) {
		kvm_destroy(&m->base);
		return NULL;
	}
	m->base.ram = m->ram.bytes;
	m->base.ram_size = ram_end(config->mem_size);
	kvm_describe(m->base.description, sizeof(m->base.description));
	return &m->base;
}

const struct machine_ops machine_kvm = {
	.name = "kvm",
	.probe = kvm_probe,
	.create = kvm_create,
	.run = kvm_run,
	.get_cpu = kvm_get_cpu,
	.translate = kvm_translate,
	.save = kvm_save,
	.restore = kvm_restore,
	.free_state = kvm_free_state,
	.tables_changed = kvm_tables_changed,
	.set_breaks = kvm_set_breaks,
	.strike = kvm_strike,
	.place_cpu = kvm_place_cpu,
	.dirty = kvm_dirty,
	.set_ticks = kvm_set_ticks,
	.set_slot = kvm_set_slot,
	.memory_error = kvm_memory_error,
	.destroy = kvm_destroy,
};
