/* SPDX-License-Identifier: MIT */
#include "target/guest_trace.h"

#include <inttypes.h>
#include <string.h>

#define MAX_SITES 65536
#define CALL_OPCODE 0xe8
#define NOP_SIZE  TRACE_CALL_SIZE
/* A round that leaves more than this is a guest that does not come to rest. */
#define MAX_ENTRIES_PER_ROUND (1UL << 24)

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))

/** What stands at a place until it is turned on. */
enum place { PLACE_NOP, PLACE_CALL };

static bool is_place(const uint8_t *code, enum place place)
{
	static const uint8_t nop[TRACE_CALL_SIZE] = {0x0f, 0x1f, 0x44, 0x00, 0x00};

	return place == PLACE_CALL ? code[0] == CALL_OPCODE : !memcmp(code, nop, sizeof(nop));
}

/** It becomes a call: e8 and the distance from behind it. */
static int patch(const struct guest_image *image, uint8_t *ram, const struct lab_trace_site *site, enum place place,
		 struct error *e)
{
	int64_t distance = site->target - site->nop - TRACE_CALL_SIZE;
	int32_t distance32 = distance;
	gpa_t pa;

	if (!image_linear(image, (gva_t){site->nop}, TRACE_CALL_SIZE, &pa) || !image_ptr(image, pa, TRACE_CALL_SIZE) ||
	    !is_place(ram + pa.pa, place) || distance != distance32)
		return error_set(e, EXIT_USAGE, "the guest says that there is a place for its trace at %#" PRIx64
				 ", and there is none that could call %#" PRIx64, site->nop, site->target);
	ram[pa.pa] = CALL_OPCODE;
	memcpy(ram + pa.pa + 1, &distance32, sizeof(distance32));
	return 0;
}

static int patch_all(const struct guest_image *image, uint8_t *ram, uint64_t at, uint64_t end, enum place place,
		     struct error *e)
{
	uint64_t n = (end - at) / sizeof(struct lab_trace_site);
	struct lab_trace_site site;

	if (n > MAX_SITES)
		return error_set(e, EXIT_USAGE, "the guest's list of places for its trace is nonsense: %" PRIu64, n);
	for (; n; n--, at += sizeof(site)) {
		if (!image_read_va(image, (gva_t){at}, &site, sizeof(site)))
			return error_set(e, EXIT_USAGE, "the guest's list of places for its trace leaves RAM");
		if (patch(image, ram, &site, place, e))
			return -1;
	}
	return 0;
}

int guest_trace_start(struct guest_trace *trace, const struct guest_image *image, uint8_t *ram, struct lab_page *lab,
		      struct error *e)
{
	trace->image = image;
	trace->lab = lab;
	if (patch_all(image, ram, lab->trace_sites.va, lab->trace_sites_end.va, PLACE_NOP, e))
		return -1;
	trace->on = true;
	return 0;
}

int guest_trace_calls(const struct guest_image *image, uint8_t *ram, const struct lab_page *lab, struct error *e)
{
	return patch_all(image, ram, lab->call_sites.va, lab->call_sites_end.va, PLACE_CALL, e);
}

int guest_trace_drain(struct guest_trace *trace, struct error *e)
{
	struct lab_page *lab = trace->lab;
	uint64_t head, tail;

	if (!trace->on)
		return 0;
	head = READ_ONCE(lab->trace_head), tail = READ_ONCE(lab->trace_tail);
	if (head - tail > LAB_NR_TRACE)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest's trace is nonsense: %" PRIu64 " written, %" PRIu64 " read, room for %d", head,
				 tail, LAB_NR_TRACE);
	trace->nr_entries += head - tail;
	if (trace->nr_entries > MAX_ENTRIES_PER_ROUND)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest wrote entries more than %lu times in one round and does not come to rest",
				 MAX_ENTRIES_PER_ROUND);
	for (; tail != head; tail++) {
		struct lab_trace_entry entry;
		gva_t at = {READ_ONCE(lab->trace.va) + tail % LAB_NR_TRACE * sizeof(entry)};

		if (!image_read_va(trace->image, at, &entry, sizeof(entry)))
			return error_set(e, EXIT_GUEST_DIED, "the guest's trace lies outside RAM");
		tlb_watch_add(&trace->watch, &entry);
	}
	*(volatile uint64_t *)&lab->trace_tail = tail;
	return 0;
}

/** By the instruction itself: the operand of a place is in RDI (guest/include/mm_env.h). */
enum lab_trace_type guest_trace_flush(const struct guest_trace *trace, uint64_t va)
{
	static const uint8_t invlpg[FLUSH_SIZE] = {0x0f, 0x01, 0x3f}, mov_cr3[FLUSH_SIZE] = {0x0f, 0x22, 0xdf};
	uint8_t code[FLUSH_SIZE];

	if (!image_read_va(trace->image, (gva_t){va + NOP_SIZE}, code, sizeof(code)))
		return LAB_TRACE_NONE;
	if (!memcmp(code, invlpg, sizeof(code)))
		return LAB_TRACE_INVLPG;
	return memcmp(code, mov_cr3, sizeof(code)) ? LAB_TRACE_NONE : LAB_TRACE_CR3;
}

void guest_trace_restart(struct guest_trace *trace)
{
	if (trace->on)
		tlb_watch_forget(&trace->watch);
}
