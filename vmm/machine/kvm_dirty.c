/* SPDX-License-Identifier: MIT */
/*
 * Which frames were written: KVM's dirty log. With it on, the first store of ring 3 to a page after each look costs a
 * fault of 1 to 2 us, so it is off until somebody asks: the first question turns it on and has no answer.
 */
#include "machine/kvm.h"

#include <stdlib.h>
#include <string.h>
#include "x86.h"

static uint64_t nr_words(const struct kvm_machine *m)
{
	return (m->base.ram_size >> PAGE_SHIFT) / 64 + 1;
}

/** From now on KVM logs: again, should a slot have been made anew without. */
static bool turn_on(struct kvm_machine *m)
{
	for (unsigned int i = 0; i < m->memory.nr_slots; i++) {
		m->memory.slots[i].flags |= KVM_MEM_LOG_DIRTY_PAGES;
		if (kvm_try(m->vm_fd, KVM_SET_USER_MEMORY_REGION, &m->memory.slots[i]) < 0)
			return false;
	}
	return true;
}

/** Take the log and clear it. The bits of a slot begin a word, since slots begin at 0 and at 4 GiB. */
static bool take_log(struct kvm_machine *m)
{
	memset(m->dirty, 0, nr_words(m) * sizeof(*m->dirty));
	for (unsigned int i = 0; i < m->memory.nr_slots; i++) {
		struct kvm_dirty_log log = {
			.slot = m->memory.slots[i].slot,
			.dirty_bitmap = m->dirty + (m->memory.slots[i].guest_phys_addr >> PAGE_SHIFT) / 64};

		if (kvm_try(m->vm_fd, KVM_GET_DIRTY_LOG, &log) < 0)
			return false;
	}
	return true;
}

uint64_t *kvm_dirty(struct machine *machine)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	bool known = m->dirty && !m->dirty_lost;

	/* Pages with a slot of their own: the others' bits do not begin a word, and nobody is in a hurry. */
	if (m->nr_odd_pages) {
		m->dirty_lost = true;
		return NULL;
	}
	if (!m->dirty)
		m->dirty = xmalloc(nr_words(m) * sizeof(*m->dirty));
	m->dirty_lost = false;
	if (known && take_log(m))
		return m->dirty;
	m->dirty_lost = !turn_on(m) || !take_log(m);
	return NULL;
}
