/* SPDX-License-Identifier: MIT */
/* The line to the machine of the target `linux-vm`: what goes through it, and what is refused of what comes. */
#include "check.h"
#include "target/vm_wire.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int ends[2];

static void begin(void)
{
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

static double soon(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9 + 0.05;
}

/* Does the other end take n bytes of `bytes` for a message? */
static bool taken(const void *bytes, size_t n, bool *timed_out)
{
	struct vm_message m;
	void *came;
	bool is;

	CHECK_EQ(write(ends[0], bytes, n), n);
	is = wire_receive(ends[1], soon(), &m, &came, timed_out);
	CHECK(is == (came != NULL));
	free(came);
	return is;
}

TestSuite(vm_wire, .init = begin, .timeout = 20);

Test(vm_wire, a_message_arrives_as_it_was_sent)
{
	struct vm_message sent = {.op = ASK_WRITE, .value = {7, -1, INT64_MIN}, .size = 5}, m;
	bool timed_out;
	void *bytes;

	CHECK(wire_send(ends[0], &sent, "hello"));
	CHECK(wire_receive(ends[1], soon(), &m, &bytes, &timed_out));
	CHECK(!memcmp(&m, &sent, sizeof(m)));
	CHECK_STR(bytes, "hello");
	free(bytes);
}

Test(vm_wire, nonsense_is_refused)
{
	struct vm_message unknown = {.op = NR_ASK_OPS}, large = {.op = ASK_RUN, .size = VM_MAX_BYTES + 1};
	bool timed_out;

	CHECK(!taken(&unknown, sizeof(unknown), &timed_out) && !timed_out);
	CHECK(!taken(&large, sizeof(large), &timed_out) && !timed_out);
}

Test(vm_wire, half_a_message_is_waited_for_and_no_longer_than_said)
{
	struct vm_message half = {.op = ASK_RUN, .size = 100};
	bool timed_out;

	CHECK(!taken(&half, sizeof(half) - 1, &timed_out) && timed_out);
	CHECK(!taken(((char *)&half) + sizeof(half) - 1, 1, &timed_out) && timed_out);
}

Test(vm_wire, a_closed_line_is_no_message)
{
	struct vm_message half = {.op = ASK_RUN, .size = 100}, m;
	bool timed_out;
	void *bytes;

	CHECK_EQ(write(ends[0], &half, sizeof(half)), sizeof(half));
	close(ends[0]);
	CHECK(!wire_receive(ends[1], 0, &m, &bytes, &timed_out) && !timed_out && !bytes);
}

static struct view *sample(void)
{
	struct view *view = calloc(1, sizeof(*view));

	view->pid = 3;
	view->start_stack = 0x7ffffffff000;
	view->counters.size = 12345;
	for (int i = 0; i < 40; i++) {
		struct view_area *area = view_add_area(view);

		area->start = i * 0x10000;
		area->end = area->start + 0x1000;
		strcpy(area->name, "[heap]");
		view_add_page(view)->va = area->start;
	}
	return view;
}

Test(vm_wire, a_view_comes_back_whole)
{
	struct view *view = sample(), *back;
	uint32_t size;
	void *bytes = wire_pack_view(view, &size);

	back = wire_unpack_view(3, bytes, size);
	CHECK(back);
	CHECK_EQ(back->pid, 3);
	CHECK_EQ(back->nr_areas, 40);
	CHECK_EQ(back->nr_pages, 40);
	CHECK_EQ(back->start_stack, view->start_stack);
	CHECK_EQ(back->counters.size, 12345);
	CHECK(!memcmp(back->areas, view->areas, 40 * sizeof(*view->areas)));
	CHECK(!memcmp(back->pages, view->pages, 40 * sizeof(*view->pages)));
	view_free(view);
	view_free(back);
	free(bytes);
}

Test(vm_wire, a_view_that_claims_more_than_came_is_none)
{
	struct view *view = sample();
	uint32_t size;
	char *bytes = wire_pack_view(view, &size);
	struct vm_view head;

	for (uint32_t n = 0; n < size; n += 7)
		CHECK(!wire_unpack_view(3, bytes, n));
	memcpy(&head, bytes, sizeof(head));
	head.nr_areas = UINT32_MAX;
	memcpy(bytes, &head, sizeof(head));
	CHECK(!wire_unpack_view(3, bytes, size));
	view_free(view);
	free(bytes);
}

Test(vm_wire, a_name_without_an_end_is_cut)
{
	struct view *view = sample(), *back;
	uint32_t size;
	void *bytes;

	memset(view->areas[0].name, 'x', VIEW_NAME_LEN);
	bytes = wire_pack_view(view, &size);
	back = wire_unpack_view(3, bytes, size);
	CHECK_EQ(strlen(back->areas[0].name), VIEW_NAME_LEN - 1);
	view_free(view);
	view_free(back);
	free(bytes);
}
