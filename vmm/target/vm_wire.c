/* SPDX-License-Identifier: MIT */
/* See vm_wire.h. */
#include "target/vm_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static bool put(int fd, const void *bytes, size_t n)
{
	for (const char *at = bytes; n > 0;) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		n -= done;
	}
	return true;
}

bool wire_send(int fd, const struct vm_message *m, const void *bytes)
{
	return put(fd, m, sizeof(*m)) && put(fd, bytes, m->size);
}

/* Is there something to read before `until`? */
static bool wait_for(int fd, double until, bool *timed_out)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	do {
		double left = until ? until - now() : 0;

		n = poll(&p, 1, until ? (left > 0 ? (int)(left * 1000) + 1 : 0) : -1);
	} while (n < 0 && errno == EINTR);
	*timed_out = n == 0;
	return n > 0;
}

static bool get(int fd, double until, void *bytes, size_t n, bool *timed_out)
{
	for (char *at = bytes; n > 0;) {
		ssize_t got;

		if (!wait_for(fd, until, timed_out))
			return false;
		got = read(fd, at, n);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= got;
	}
	return true;
}

bool wire_receive(int fd, double until, struct vm_message *m, void **bytes, bool *timed_out)
{
	char *to;

	*bytes = NULL;
	*timed_out = false;
	if (!get(fd, until, m, sizeof(*m), timed_out) || m->size > VM_MAX_BYTES || m->op >= NR_ASK_OPS)
		return false;
	to = xmalloc(m->size + 1ul);
	to[m->size] = 0;
	if (get(fd, until, to, m->size, timed_out)) {
		*bytes = to;
		return true;
	}
	free(to);
	return false;
}

void *wire_pack_view(const struct view *view, uint32_t *size)
{
	struct vm_view head = {.nr_areas = view->nr_areas,
			       .nr_pages = view->nr_pages,
			       .counters = view->counters,
			       .start_brk = view->start_brk,
			       .start_stack = view->start_stack};
	size_t areas = view->nr_areas * sizeof(*view->areas), pages = view->nr_pages * sizeof(*view->pages);
	char *bytes = xmalloc(sizeof(head) + areas + pages);

	memcpy(bytes, &head, sizeof(head));
	if (areas)
		memcpy(bytes + sizeof(head), view->areas, areas);
	if (pages)
		memcpy(bytes + sizeof(head) + areas, view->pages, pages);
	*size = sizeof(head) + areas + pages;
	return bytes;
}

static void *copy(const char *from, size_t n)
{
	return n ? memcpy(xmalloc(n), from, n) : NULL;
}

struct view *wire_unpack_view(int pid, const void *bytes, uint32_t size)
{
	struct vm_view head;
	struct view *view;
	size_t areas, pages;

	if (size < sizeof(head))
		return NULL;
	memcpy(&head, bytes, sizeof(head));
	areas = head.nr_areas * sizeof(struct view_area);
	pages = head.nr_pages * sizeof(struct view_page);
	if (size != sizeof(head) + areas + pages)
		return NULL;
	view = xcalloc(1, sizeof(*view));
	*view = (struct view){.pid = pid,
			      .areas = copy((const char *)bytes + sizeof(head), areas),
			      .nr_areas = head.nr_areas,
			      .cap_areas = head.nr_areas,
			      .pages = copy((const char *)bytes + sizeof(head) + areas, pages),
			      .nr_pages = head.nr_pages,
			      .cap_pages = head.nr_pages,
			      .counters = head.counters,
			      .start_brk = head.start_brk,
			      .start_stack = head.start_stack};
	for (uint32_t i = 0; i < view->nr_areas; i++)
		view->areas[i].name[VIEW_NAME_LEN - 1] = 0;
	return view;
}
