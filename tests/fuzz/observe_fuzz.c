/* SPDX-License-Identifier: MIT */
/*
 * observe and verify on arbitrary RAM and registers, under libFuzzer (make fuzz-observe). The input is a program that
 * spoils a sound guest of a few MiB (tests/unit/tiny_kernel.h): bytes, words, pointers from anywhere to anywhere, whole
 * pages, less RAM, other registers. So the fuzzer starts where the decoder gets far, and can go to where nothing is
 * right. It must come back soon, without a crash, whatever it reads. Each second input has the sound guest as the step
 * before it: then the look is made from that one's, and must be what a look made from nothing is, and find the same; and so
 * must the look back, at the sound guest again.
 */
#include "../unit/tiny_kernel.h"

#include "verify/verify.h"

#define MAX_EDITS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What is left of the input. Reads zeros past its end. */
struct input {
	const uint8_t *at;
	size_t left;
};

static uint64_t take(struct input *in, unsigned int n)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < n && in->left; i++, in->at++, in->left--)
		value |= (uint64_t)*in->at << 8 * i;
	return value;
}

/** The parts of RAM where something stands: the image's data, mem_map's used part, frames in use. */
static uint64_t take_pa(struct input *in, const struct tiny *t)
{
	const uint64_t starts[] = {TINY_DATA, IMAGE_REGION, t->first_pfn << PAGE_SHIFT, t->first_pfn << PAGE_SHIFT};
	const uint64_t ends[] = {t->next_data, IMAGE_REGION + t->next_pfn * sizeof(struct page),
				 t->next_pfn << PAGE_SHIFT, t->next_pfn << PAGE_SHIFT};
	uint64_t value = take(in, 3), part = value & 3;

	return starts[part] + (value >> 2) % (ends[part] - starts[part]);
}

static uint64_t kernel_address(uint64_t pa)
{
	return pa < IMAGE_REGION ? KERNEL_MAP + pa : PAGE_OFFSET + pa;
}

static void edit_registers(struct input *in, struct cpu_state *cpu)
{
	uint64_t *const registers[] = {&cpu->cr0, &cpu->cr3,	  &cpu->cr4,	   &cpu->efer,
				       &cpu->rip, &cpu->gs_base, &cpu->kernel_gs_base, &cpu->rsp};
	unsigned int which = take(in, 1);

	*registers[which % 8] ^= take(in, 8);
	if (which & 0x80) {
		cpu->maxphyaddr = which;
		cpu->gbpages = which >> 3 & 1;
	}
}

static void edit(struct input *in, struct tiny *t)
{
	unsigned int op = take(in, 1);
	uint64_t pa = take_pa(in, t), word = pa & ~7UL;

	switch (op % 7) {
	case 0:
		t->ram[pa] ^= take(in, 1);
		break;
	case 1:
		*(uint64_t *)(t->ram + word) = take(in, 8);
		break;
	case 2:
		*(uint64_t *)(t->ram + word) = kernel_address(take_pa(in, t)) & (op & 0x80 ? ~0UL : ~7UL);
		break;
	case 3:
		memmove(t->ram + (pa & ~63UL), t->ram + (take_pa(in, t) & ~63UL), 64UL << (op >> 6));
		break;
	case 4:
		for (uint64_t i = 0, value = take(in, 8), step = take(in, 4); i < PAGE_SIZE; i += 8, value += step)
			*(uint64_t *)(t->ram + (pa & ~(PAGE_SIZE - 1)) + i) = value;
		break;
	case 5:
		edit_registers(in, &t->cpu);
		break;
	case 6:
		t->image.region.size = pa & ~(PAGE_SIZE - 1);
		break;
	}
}

static void die(const char *what)
{
	fprintf(stderr, "a look made from another differs from one made from nothing: %s\n", what);
	abort();
}

static void verify_alone(struct tiny *t)
{
	struct findings findings = {0};
	struct model *model = tiny_model(t);

	verify_model(model, NULL, NULL, &findings);
	findings_free(&findings);
	model_free(model);
}

/** The look at t, made from the one before. The caller's. */
static struct model *verify_step(struct tiny *t, const struct model *before)
{
	struct findings fast = {0}, thorough = {0};
	struct model *next = tiny_next(t, before), *again = tiny_model(t);
	const char *wrong = model_difference(next, again);
	uint32_t where;

	if (wrong)
		die(wrong);
	verify_model(next, before, NULL, &fast);
	verify_model_thoroughly(again, before, NULL, &thorough);
	if (!findings_equal(&fast, &thorough, &where))
		die(where < thorough.n ? thorough.items[where].text : "findings");
	findings_free(&fast);
	findings_free(&thorough);
	model_free(again);
	return next;
}

static struct model *verified(struct tiny *t)
{
	struct findings findings = {0};
	struct model *model = tiny_model(t);

	verify_model(model, NULL, NULL, &findings);
	if (findings.n || !model->verdict->sound)
		die("the sound guest is not");
	return model;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tiny sound;
	static uint8_t *original;
	static struct model *before;
	struct model *after = NULL;
	struct input in = {data, size};
	struct tiny t;
	bool across;

	if (!original) {
		tiny_new(&sound);
		before = verified(&sound);
		original = malloc(TINY_RAM);
		memcpy(original, sound.ram, TINY_RAM);
	}
	t = sound;
	t.image.image.regions = &t.image.region;
	t.image.image.linear = t.image.linear;
	across = take(&in, 1) & 1;
	for (int i = 0; i < MAX_EDITS && in.left; i++)
		edit(&in, &t);
	/* What boot published may have been changed, as it may in a live machine after the host looked. */
	if (across)
		after = verify_step(&t, before);
	else
		verify_alone(&t);
	memcpy(sound.ram, original, (sound.next_pfn + 8) << PAGE_SHIFT);
	if (after)
		model_free(verify_step(&sound, after));
	model_free(after);
	return 0;
}
