// SPDX-License-Identifier: MIT
/*
 * Allocations that fail when told to (Linux lib/fault-inject.c, with mm/failslab.c and mm/fail_page_alloc.c). The
 * knob is lab.fail_alloc: the host or a test sets it between two steps. Off, it costs the test of one word.
 */
#include "internal.h"

/* Was one of the callers in the range that the knob is for? */
static bool called_from(const struct fault_attr *attr)
{
	for (unsigned int i = 0; i < attr->nr_callers; i++)
		if (attr->callers[i] >= attr->require_start && attr->callers[i] < attr->require_end)
			return true;
	return false;
}

/* The allocation is one that counts; attr->callers say who wants it. */
static bool matches(struct fault_attr *attr, enum fault_kind kind)
{
	if (attr->kinds && !(attr->kinds & kind))
		return false;
	attr->nr_callers = stack_trace(attr->callers, FAULT_CALLERS);
	return !attr->require_end || called_from(attr);
}

__attribute__((noinline)) bool should_fail(struct fault_attr *attr, enum fault_kind kind)
{
	if (!matches(attr, kind))
		return false;
	attr->seen++;
	if (--attr->nth)
		return false;
	attr->failed++;
	/* The next one, if there is to be one. */
	if (attr->interval && attr->times != 1)
		attr->nth = attr->interval;
	if (attr->times)
		attr->times--;
	return true;
}
