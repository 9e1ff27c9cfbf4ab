/* SPDX-License-Identifier: MIT */
/*
 * walk_access(): each rule of SDM vol. 3A, 4.6 to 4.8 once, by hand. That the rules are the processor's is shown by
 * the access matrix (tests/access), which does all of this on machines.
 */
#include "check.h"
#include "observe/access.h"

#define R ACCESS_READ
#define W ACCESS_WRITE
#define F ACCESS_FETCH

#define VA	0x1000UL
#define DEFAULT (PTE_P | PTE_RW | PTE_US)

/* WP and NXE of the mode are on, SMEP and SMAP off, but where the case says otherwise. */
static const struct access_case {
	const char *name;
	int level;			/* whose entry is other than DEFAULT */
	uint64_t entry;
	enum access_kind kind;
	bool user;
	bool wp_off, nxe_off, smep, smap, ac;
	bool fault;
	uint16_t error;
} cases[] = {
	{"a plain read", 1, DEFAULT, R, .user = true},
	{"not present", 1, PTE_RW | PTE_US, R, .user = true, .fault = true, .error = PF_U},
	{"not present, written in ring 0", 3, 0, W, .user = false, .fault = true, .error = PF_W},
	{"read-only leaf", 1, PTE_P | PTE_US, W, .user = true, .fault = true, .error = PF_P | PF_W | PF_U},
	{"read-only table", 4, PTE_P | PTE_US, W, .user = true, .fault = true, .error = PF_P | PF_W | PF_U},
	{"ring 0 and WP", 2, PTE_P | PTE_US, W, .user = false, .fault = true, .error = PF_P | PF_W},
	{"ring 0 without WP", 2, PTE_P | PTE_US, W, .user = false, .wp_off = true},
	{"ring 3 is not freed by WP", 1, PTE_P | PTE_US, W, .user = true, .wp_off = true, .fault = true,
	 .error = PF_P | PF_W | PF_U},
	{"a supervisor's page", 3, PTE_P | PTE_RW, R, .user = true, .fault = true, .error = PF_P | PF_U},
	{"NX", 2, DEFAULT | PTE_NX, F, .user = true, .fault = true, .error = PF_P | PF_U | PF_I},
	{"NX does not stop reads", 2, DEFAULT | PTE_NX, R, .user = true},
	{"NX without NXE is reserved", 1, DEFAULT | PTE_NX, R, .user = false, .nxe_off = true, .fault = true,
	 .error = PF_P | PF_RSVD},
	{"I only with NXE or SMEP", 1, 0, F, .user = true, .nxe_off = true, .fault = true, .error = PF_U},
	{"I with SMEP alone", 1, 0, F, .user = true, .nxe_off = true, .smep = true, .fault = true, .error = PF_U | PF_I},
	{"SMEP", 1, DEFAULT, F, .user = false, .smep = true, .fault = true, .error = PF_P | PF_I},
	{"SMEP lets ring 0 run its own", 4, PTE_P | PTE_RW, F, .user = false, .smep = true},
	{"SMAP", 1, DEFAULT, R, .user = false, .smap = true, .fault = true, .error = PF_P},
	{"SMAP lifted by AC", 1, DEFAULT, W, .user = false, .smap = true, .ac = true},
	{"SMAP holds without WP", 1, DEFAULT, W, .user = false, .smap = true, .wp_off = true, .fault = true,
	 .error = PF_P | PF_W},
	{"SMAP is not for fetches", 1, DEFAULT, F, .user = false, .smap = true},
	{"AC is nothing to WP", 1, PTE_P | PTE_US, W, .user = false, .smap = true, .ac = true, .fault = true,
	 .error = PF_P | PF_W},
};

/** Four tables at 0, 0x1000 …, of which entry 0 (1 in the last) leads on. */
static struct access_outcome judge(const struct access_case *c)
{
	static uint64_t tables[4][512];
	struct guest_region region = {.size = sizeof(tables), .bytes = (uint8_t *)tables};
	struct guest_image image = {.regions = &region, .nr_regions = 1};
	struct access_mode mode = {.walk = {.nxe = !c->nxe_off, .gbpages = true, .maxphyaddr = 40},
				   .wp = !c->wp_off, .smep = c->smep, .smap = c->smap};

	for (uint64_t level = 4; level >= 1; level--)
		tables[4 - level][level == 1] = (level == (unsigned int)c->level ? c->entry : DEFAULT) | (5 - level) << 12;
	return walk_access(&image, 0, mode, (struct access){VA, c->kind, c->user, c->ac});
}

Test(access, rights_and_error_codes)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct access_outcome o = judge(&cases[i]);

		CHECK_THAT(o.known && o.fault == cases[i].fault, "%s", cases[i].name);
		CHECK_THAT(!o.fault || o.error == cases[i].error, "%s: error %#x, not %#x", cases[i].name, o.error,
			   cases[i].error);
	}
}

Test(access, marks)
{
	struct access_outcome o = judge(&cases[0]);

	CHECK(o.set_a == 0xf && !o.set_d && !o.may_set_a);
	o = judge(&(struct access_case){"", 1, DEFAULT, W, .user = true});
	CHECK(o.set_a == 0xf && o.set_d);
	o = judge(&(struct access_case){"", 3, 0, W, .user = true});
	CHECK(o.set_a == 0 && !o.set_d && o.may_set_a == 1);
	o = judge(&(struct access_case){"", 1, PTE_P, W, .user = true});
	CHECK(o.set_a == 0 && !o.set_d && o.may_set_a == 7);
}

Test(access, other_ends)
{
	struct guest_image nothing = {};
	struct access_mode mode = access_mode_of(&(struct cpu_state){.cr0 = CR0_WP, .cr4 = CR4_SMEP | CR4_SMAP});

	CHECK(mode.wp && mode.smep && mode.smap && !mode.walk.nxe);
	CHECK(!access_mode_of(&(struct cpu_state){}).wp);
	CHECK(walk_access(&nothing, 0, mode, (struct access){.va = 1UL << 50}).general_protection);
	CHECK(!walk_access(&nothing, 0, mode, (struct access){.va = 0}).known);
}
