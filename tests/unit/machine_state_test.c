/* SPDX-License-Identifier: MIT */
/*
 * A machine's state, saved and put back: memory, registers, doorbells, even after the guest died of what it did
 * since. And the trial that finds out how host edits of page tables come to be seen.
 */
#include "machine_run.h"
#include <fcntl.h>
#include "machine/kvm.h"

#define SCRATCH 0x200000
#define FRESH	0x300000
#define MSR_KGS "0xc0000102"

static struct machine_state *save(struct run *r)
{
	struct machine_state *state = r->m->ops->save(r->m, &r->e);

	CHECK_THAT(state, "%s", r->e.text);
	return state;
}

static void restore(struct run *r, const struct machine_state *state)
{
	CHECK_THAT(!r->m->ops->restore(r->m, state, &r->e), "%s", r->e.text);
}

static uint32_t word(struct run *r, uint64_t pa)
{
	return *(volatile uint32_t *)(r->m->ram + pa);
}

/* Counts in memory, in a register and in an MSR; XMM0 holds the count of the round before; new memory after the bell. */
GUEST(counter, "mov $7, %ebx\n"
	       "mov %cr4, %eax; or $0x200, %eax; mov %eax, %cr4\n" /* OSFXSR */
	       "1: incl 0x200000; inc %ebx\n"
	       "mov $" MSR_KGS ", %ecx; rdmsr; add $0x1000, %eax; wrmsr\n"
	       "movups %xmm0, 0x200010; movups 0x200000, %xmm0\n" RING(0x51) "incl 0x300000\n"
	       "jmp 1b");

Test(machine_state, everything_is_as_it_was)
{
	BOOT(r, counter);
	struct machine_state *state;
	struct cpu_state then, now;

	expect_doorbell(&r, 'Q');
	state = save(&r);
	then = cpu_of(&r);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i <= round; i++)
			expect_doorbell(&r, 'Q');
		CHECK_EQ(word(&r, SCRATCH), 2 + round);
		CHECK_EQ(word(&r, SCRATCH + 16), 1 + round);
		CHECK_EQ(word(&r, FRESH), 1 + round);
		CHECK_EQ(cpu_of(&r).kernel_gs_base, 0x1000 * (2 + round));
		restore(&r, state);
		now = cpu_of(&r);
		CHECK(!memcmp(&then, &now, sizeof(now)));
		CHECK_EQ(word(&r, SCRATCH), 1);
		CHECK_EQ(word(&r, SCRATCH + 16), 0);
		CHECK_EQ(word(&r, FRESH), 0);
	}
	r.m->ops->free_state(state);
	shut_down(&r);
}

/* After the bell a triple fault: an interrupt without descriptors. */
GUEST(dies, "incl 0x200000\n" RING(0x51) "cmpl $1, 0x200004; je 1f\n"
	    "lidt 0x200100; ud2\n"
	    "1:" RING(0x45) HANG);

Test(machine_state, a_dead_guest_lives_again)
{
	BOOT(r, dies);
	struct machine_state *state;

	expect_doorbell(&r, 'Q');
	state = save(&r);
	for (int round = 0; round < 2; round++) {
		CHECK_EQ(go(&r).reason, STOP_DIED);
		restore(&r, state);
	}
	*(volatile uint32_t *)(r.m->ram + SCRATCH + 4) = 1;
	expect_doorbell(&r, 'E');
	CHECK_EQ(word(&r, SCRATCH), 1);
	r.m->ops->free_state(state);
	shut_down(&r);
}

GUEST(two_bells, "mov $" AT_SYMBOL(two_bells, 1f) ", %esi; mov $2, %ecx; mov $0x2f8, %dx; rep outsb\n" HANG
	"1: .ascii \"QE\"");

Test(machine_state, a_doorbell_not_yet_told_is_told_again)
{
	BOOT(r, two_bells);
	struct machine_state *state;

	expect_doorbell(&r, 'Q');
	state = r.m->ops->save(r.m, &r.e);
	/* A KVM that does the string byte by byte stands inside the instruction: that is refused, and said. */
	if (!state) {
		CHECK_HAS(r.e.text, "in the middle of an instruction");
	} else {
		expect_doorbell(&r, 'E');
		restore(&r, state);
		expect_doorbell(&r, 'E');
		r.m->ops->free_state(state);
	}
	shut_down(&r);
}

Test(machine_state, a_state_is_its_own_machines)
{
	BOOT(r, counter);
	BOOT(other, counter);
	struct machine_state *state = save(&r);

	CHECK_EQ(other.m->ops->restore(other.m, state, &other.e), -1);
	CHECK_HAS(other.e.text, "its own machine");
	r.m->ops->free_state(state);
	shut_down(&r);
	shut_down(&other);
}

/* RAM around the hole for devices, and the pieces that came into use later. */
Test(machine_state, ram_of_both_sides_of_the_hole)
{
	struct guest_ram ram;
	struct ram_copy copy;
	struct error e;
	const uint64_t high = MMIO_HOLE_END + 5 * PAGE_SIZE, last = MMIO_HOLE_START - 1;

	CHECK(!ram_create(&ram, MMIO_HOLE_START + (64 << 20), &e));
	ram.bytes[0] = 1;
	ram.bytes[last] = 2;
	ram.bytes[MMIO_HOLE_END] = 3;
	ram.bytes[high] = 4;
	CHECK(!ram_save(&ram, &copy, &e));
	CHECK(copy.size <= 8 * PAGE_SIZE);
	ram.bytes[0] = ram.bytes[last] = ram.bytes[MMIO_HOLE_END] = ram.bytes[high] = 9;
	ram.bytes[3 * PAGE_SIZE] = ram.bytes[high + PAGE_SIZE] = ram.bytes[high - PAGE_SIZE] = 9;
	ram.bytes[last - PAGE_SIZE] = 9;
	CHECK(!ram_restore(&ram, &copy, &e));
	CHECK_EQ(ram.bytes[0], 1);
	CHECK_EQ(ram.bytes[last], 2);
	CHECK_EQ(ram.bytes[MMIO_HOLE_END], 3);
	CHECK_EQ(ram.bytes[high], 4);
	CHECK_EQ(ram.bytes[3 * PAGE_SIZE] | ram.bytes[high + PAGE_SIZE] | ram.bytes[high - PAGE_SIZE] |
			 ram.bytes[last - PAGE_SIZE],
		 0);
	ram_copy_free(&copy);
	ram_destroy(&ram);
}

static int no_cure(const struct kvm_memory *memory, struct error *e)
{
	(void)memory;
	(void)e;
	return 0;
}

/* The trial must tell a cure from none wherever the difference shows: with shadow paging it does. */
Test(machine_state, the_trial_of_cures_can_fail)
{
	struct error e = {0};
	char how[64];
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		cr_skip_test("no usable /dev/kvm");
	kvm_describe(how, sizeof(how));
	if (strstr(how, "shadow"))
		CHECK(!kvm_cure_works(fd, no_cure, &e));
	close(fd);
}

Test(machine_state, a_cure_is_found_here)
{
	BOOT(r, counter);

	CHECK_THAT(!r.m->ops->tables_changed(r.m, &r.e), "%s", r.e.text);
	expect_doorbell(&r, 'Q');
	shut_down(&r);
}
