/* SPDX-License-Identifier: MIT */
/* Comparing two views: what differs is told, who shares a frame with whom included; what a kernel does not tell is not. */
#include "check.h"
#include "target/compare.h"

#include <stdio.h>
#include <stdlib.h>

#define AT 0x7ffff7000000UL

static struct comparison c;
static char *text;
static size_t text_size;

static void begin(void)
{
	rules_init(&c.rules, "6.1.0-56-cloud-amd64");
	c.to = open_memstream(&text, &text_size);
}

static void end(void)
{
	fclose(c.to);
	free(text);
	free(c.pairs);
}

TestSuite(compare, .init = begin, .fini = end);

/* A process with one area of `n` pages; frames are those given. */
static struct view *view_with(int pid, const uint64_t *frames, uint32_t n)
{
	struct view *view = calloc(1, sizeof(*view));
	struct view_area *area = view_add_area(view);

	view->pid = pid;
	*area = (struct view_area){.start = AT, .end = AT + n * PAGE_SIZE, .flags = VM_READ | VM_WRITE | VM_SOFTDIRTY};
	for (uint32_t i = 0; i < n; i++)
		*view_add_page(view) = (struct view_page){
			.va = AT + i * PAGE_SIZE, .hash = 1, .frame = frames[i], .maps = 1, .bits = VP_PRESENT | VP_SOFT_DIRTY};
	return view;
}

static void compare(struct view *guest, struct view *linux_side)
{
	compare_views(&c, guest, linux_side);
	view_free(guest);
	view_free(linux_side);
}

static const char *told(void)
{
	fflush(c.to);
	return text;
}

Test(compare, numbers_of_frames_mean_nothing_by_themselves)
{
	compare(view_with(2, (uint64_t[]){5, 6, 5}, 3), view_with(2, (uint64_t[]){900, 17, 900}, 3));
	compare(view_with(3, (uint64_t[]){6, 9}, 2), view_with(3, (uint64_t[]){17, 5}, 2));
	compare_frames(&c);
	CHECK_THAT(c.differences == 0, "%s", told());
}

Test(compare, a_frame_that_only_the_guest_shares_is_told)
{
	compare(view_with(2, (uint64_t[]){5, 6}, 2), view_with(2, (uint64_t[]){900, 901}, 2));
	compare(view_with(3, (uint64_t[]){6}, 1), view_with(3, (uint64_t[]){902}, 1));
	compare_frames(&c);
	CHECK_EQ(c.differences, 1);
	CHECK_HAS(told(), "page 7ffff7001000 of pid 2 and page 7ffff7000000 of pid 3\n    guest  one frame\n    linux  two frames\n");
}

Test(compare, a_frame_that_only_linux_shares_is_told)
{
	compare(view_with(2, (uint64_t[]){5, 6}, 2), view_with(2, (uint64_t[]){900, 900}, 2));
	compare_frames(&c);
	CHECK_EQ(c.differences, 1);
	CHECK_HAS(told(), "    guest  two frames\n    linux  one frame\n");
}

Test(compare, frames_of_an_earlier_step_are_forgotten)
{
	compare(view_with(2, (uint64_t[]){5}, 1), view_with(2, (uint64_t[]){900}, 1));
	compare_frames(&c);
	compare(view_with(2, (uint64_t[]){5}, 1), view_with(2, (uint64_t[]){901}, 1));
	compare_frames(&c);
	CHECK_EQ(c.differences, 0);
}

Test(compare, how_often_a_frame_is_mapped_is_compared_where_it_is_told)
{
	struct view *guest = view_with(2, (uint64_t[]){5}, 1), *linux_side = view_with(2, (uint64_t[]){0}, 1);

	linux_side->pages[0].maps = 2;
	compare(guest, linux_side);
	CHECK_EQ(c.differences, 0);
	guest = view_with(2, (uint64_t[]){5}, 1);
	linux_side = view_with(2, (uint64_t[]){900}, 1);
	linux_side->pages[0].maps = 2;
	compare(guest, linux_side);
	CHECK_EQ(c.differences, 1);
	CHECK_HAS(told(), "mapped 2 times");
}

Test(compare, soft_dirty_is_compared_once_linux_was_seen_to_know_it)
{
	struct view *guest = view_with(2, (uint64_t[]){5}, 1), *linux_side = view_with(2, (uint64_t[]){9}, 1);

	linux_side->areas[0].flags &= ~VM_SOFTDIRTY;
	linux_side->pages[0].bits &= ~VP_SOFT_DIRTY;
	compare(guest, linux_side);
	CHECK_THAT(c.differences == 0, "%s", told());
	compare(view_with(2, (uint64_t[]){5}, 1), view_with(2, (uint64_t[]){9}, 1));
	guest = view_with(2, (uint64_t[]){5}, 1);
	linux_side = view_with(2, (uint64_t[]){9}, 1);
	linux_side->pages[0].bits &= ~VP_SOFT_DIRTY;
	compare(guest, linux_side);
	CHECK_EQ(c.differences, 1);
	CHECK_HAS(told(), "present soft-dirty");
}
