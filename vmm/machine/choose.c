/* SPDX-License-Identifier: MIT */
/* --machine: a name to an implementation that works here. */
#include <stdio.h>
#include <string.h>
#include "machine/machine.h"

static const struct machine_ops *const machines[] = {&machine_kvm, &machine_qemu};
#define NR_MACHINES (sizeof(machines) / sizeof(machines[0]))

/* kvm where it works; otherwise qemu, and the reason is told, because it is slower. */
static const struct machine_ops *choose_auto(struct error *e)
{
	struct error no_kvm, no_qemu;

	if (machine_kvm.probe(&no_kvm))
		return &machine_kvm;
	if (machine_qemu.probe(&no_qemu)) {
		fprintf(stderr, "vmm: no KVM: %s\nvmm: going on with --machine qemu\n", no_kvm.text);
		return &machine_qemu;
	}
	error_set(e, EXIT_HOST, "no machine works here. kvm: %.1500s. qemu: %.1500s", no_kvm.text,
		  no_qemu.text);
	return NULL;
}

const struct machine_ops *machine_choose(const char *name, struct error *e)
{
	if (!strcmp(name, "auto"))
		return choose_auto(e);
	for (unsigned int i = 0; i < NR_MACHINES; i++)
		if (!strcmp(name, machines[i]->name))
			return machines[i]->probe(e) ? machines[i] : NULL;
	error_set(e, EXIT_USAGE, "there is no machine \"%s\": --machine takes auto, kvm or qemu", name);
	return NULL;
}
