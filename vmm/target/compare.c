/* SPDX-License-Identifier: MIT */
/* Two sides of one step, value by value; see compare.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "target/compare.h"
#include "uapi.h"

void compare_tell(struct comparison *c, const char *format, ...)
{
	va_list args;

	if (++c->differences > MAX_TOLD)
		return;
	va_start(args, format);
	vfprintf(c->to, format, args);
	va_end(args);
}

void compare_number(struct comparison *c, const char *who, const char *what, int64_t guest, int64_t linux_side)
{
	c->compared++;
	if (guest == linux_side)
		return;
	if (guest > 0xffff || linux_side > 0xffff)
		compare_tell(c, "  %s: %s\n    guest  %" PRIx64 "\n    linux  %" PRIx64 "\n", who, what, guest,
		     linux_side);
	else
		compare_tell(c, "  %s: %s\n    guest  %" PRId64 "\n    linux  %" PRId64 "\n", who, what, guest,
		     linux_side);
}

/* --- answers ---------------------------------------------------------------------------------------- */

/* Bytes of structures that a call fills in behind its pointer argument `arg`, which a rule excuses. */
static const struct {
	uint64_t nr;
	int arg;
	uint32_t from, to;
	enum rule_id rule;
} answer_masks[] = {
	{NR_stat, 1, 0, 16, RULE_INODE},       {NR_stat, 1, 72, 120, RULE_CLOCK},
	{NR_stat, 1, 28, 36, RULE_INODE},      {NR_fstat, 1, 28, 36, RULE_INODE},
	{NR_lstat, 1, 0, 16, RULE_INODE},      {NR_lstat, 1, 72, 120, RULE_CLOCK},
	{NR_fstat, 1, 0, 16, RULE_INODE},      {NR_fstat, 1, 72, 120, RULE_CLOCK},
	{NR_newfstatat, 2, 0, 16, RULE_INODE}, {NR_newfstatat, 2, 72, 120, RULE_CLOCK},
	{NR_getdents64, 1, 0, AGENT_DATA, RULE_INODE},
	{NR_shmctl, 2, 56, 80, RULE_CLOCK},    {NR_uname, 0, 0, AGENT_DATA, RULE_IDENTITY},
};

static bool masked(struct comparison *c, const struct agent_cmd *cmd, uint32_t at)
{
	for (size_t i = 0; i < sizeof(answer_masks) / sizeof(answer_masks[0]); i++) {
		uint64_t start = cmd->args[answer_masks[i].arg];

		if (cmd->op == AGENT_SYSCALL && cmd->nr == answer_masks[i].nr &&
		    (cmd->in_data >> answer_masks[i].arg & 1) && at >= start + answer_masks[i].from &&
		    at < start + answer_masks[i].to)
			return rule_excuses(&c->rules, answer_masks[i].rule);
	}
	return false;
}

static void compare_data(struct comparison *c, const char *who, const struct agent_cmd *cmd,
			 const struct agent_report *guest, const struct agent_report *linux_side)
{
	uint32_t n = guest->len < linux_side->len ? guest->len : linux_side->len;

	compare_number(c, who, "bytes in the answer", guest->len, linux_side->len);
	for (uint32_t i = 0; i < n; i++) {
		c->compared++;
		if (guest->data[i] == linux_side->data[i] || masked(c, cmd, i))
			continue;
		compare_tell(c, "  %s: byte %u of the answer\n    guest  %02x\n    linux  %02x\n", who, i,
		     guest->data[i], linux_side->data[i]);
		return;
	}
}

/* Calls that have two reasons to fail, of which a later kernel tells the other. */
static const struct {
	uint64_t nr;
	unsigned int from; /* as rule.from */
	int64_t guest, linux_side;
} error_orders[] = {
	{NR_mmap, 617, -LX_ENODEV, -LX_EPERM}, /* of a pipe with PROT_EXEC */
	{NR_readv, 608, -LX_EFAULT, -LX_EBADF}, /* not opened for it, and pieces that are none */
	{NR_writev, 608, -LX_EFAULT, -LX_EBADF},
	{NR_readv, 608, -LX_EINVAL, -LX_EBADF},
	{NR_writev, 608, -LX_EINVAL, -LX_EBADF},
};

static bool other_error_first(struct comparison *c, const struct agent_cmd *cmd, int64_t guest, int64_t linux_side)
{
	for (size_t i = 0; i < sizeof(error_orders) / sizeof(error_orders[0]); i++)
		if (cmd->op == AGENT_SYSCALL && cmd->nr == error_orders[i].nr && guest == error_orders[i].guest &&
		    linux_side == error_orders[i].linux_side && c->rules.kernel >= error_orders[i].from)
			return rule_excuses(&c->rules, PROFILE_ERROR_ORDER);
	return false;
}

void compare_reports(struct comparison *c, const char *who, const struct agent_cmd *cmd,
		     const struct agent_report *guest, const struct agent_report *linux_side)
{
	compare_number(c, who, "status of the answer", guest->status, linux_side->status);
	if (!other_error_first(c, cmd, guest->value, linux_side->value))
		compare_number(c, who, "result", guest->value, linux_side->value);
	compare_number(c, who, "signal", guest->signo, linux_side->signo);
	compare_number(c, who, "code of the signal", guest->si_code, linux_side->si_code);
	compare_number(c, who, "address of the signal", guest->si_addr, linux_side->si_addr);
	compare_number(c, who, "bytes done before it", guest->done, linux_side->done);
	compare_data(c, who, cmd, guest, linux_side);
}

/* --- address spaces --------------------------------------------------------------------------------- */

static void put_area(FILE *to, const struct view_area *area)
{
	static const struct {
		uint64_t flag;
		const char *word;
	} words[] = {
		{VM_SHARED, "shared"},	     {VM_MAYREAD, "mayread"},	{VM_MAYWRITE, "maywrite"},
		{VM_MAYEXEC, "mayexec"},     {VM_GROWSDOWN, "growsdown"}, {VM_PFNMAP, "pfnmap"},
		{VM_LOCKED, "locked"},	     {VM_IO, "io"},		{VM_SEQ_READ, "sequential"},
		{VM_RAND_READ, "random"},    {VM_DONTCOPY, "dontcopy"}, {VM_DONTEXPAND, "dontexpand"},
		{VM_LOCKONFAULT, "onfault"}, {VM_ACCOUNT, "account"},	{VM_NORESERVE, "noreserve"},
		{VM_SYNC, "sync"},	     {VM_WIPEONFORK, "wipeonfork"}, {VM_DONTDUMP, "dontdump"},
		{VM_SOFTDIRTY, "softdirty"},
	};

	fprintf(to, "%" PRIx64 "-%" PRIx64 " %c%c%c%c %08" PRIx64 " %s; rss %" PRIu64 "p, anonymous %" PRIu64 "p;",
		area->start, area->end, area->flags & VM_READ ? 'r' : '-', area->flags & VM_WRITE ? 'w' : '-',
		area->flags & VM_EXEC ? 'x' : '-', area->flags & VM_MAYSHARE ? 's' : 'p', area->offset,
		*area->name ? area->name : "anon", area->rss / PAGE_SIZE, area->anonymous / PAGE_SIZE);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (area->flags & words[i].flag)
			fprintf(to, " %s", words[i].word);
	fputc('\n', to);
}

static void tell_areas(struct comparison *c, const char *who, const struct view_area *guest,
		       const struct view_area *linux_side)
{
	if (++c->differences > MAX_TOLD)
		return;
	fprintf(c->to, "  %s: areas differ\n    guest  ", who);
	if (guest)
		put_area(c->to, guest);
	else
		fputs("(none here)\n", c->to);
	fputs("    linux  ", c->to);
	if (linux_side)
		put_area(c->to, linux_side);
	else
		fputs("(none here)\n", c->to);
}

/* Flags that the one kernel tells and the other does not, or keeps longer. */
static bool same_flags(struct comparison *c, const struct view_area *guest, const struct view_area *linux_side)
{
	uint64_t more = guest->flags & ~linux_side->flags, less = linux_side->flags & ~guest->flags;
	bool zero = strcmp(guest->name, "/dev/zero") == 0;
	bool read_only = !(guest->flags & (VM_WRITE | VM_SHARED)) && (!*guest->name || zero);

	if (!c->soft_dirty)
		more &= ~VM_SOFTDIRTY;
	if ((more & VM_LOCKONFAULT) && rule_excuses(&c->rules, RULE_LOCKONFAULT))
		more &= ~VM_LOCKONFAULT;
	if ((more & VM_ACCOUNT) && read_only && rule_excuses(&c->rules, PROFILE_UNCHARGE))
		more &= ~VM_ACCOUNT;
	return !more && !less;
}

static bool same_name(struct comparison *c, const struct view_area *guest, const struct view_area *linux_side)
{
	return strcmp(guest->name, linux_side->name) == 0 ||
	       (strcmp(guest->name, "[heap]") == 0 && !*linux_side->name &&
		rule_excuses(&c->rules, PROFILE_HEAP_NAME));
}

static bool same_area(struct comparison *c, const struct view_area *guest, const struct view_area *linux_side)
{
	c->compared += 7;
	return guest->start == linux_side->start && guest->end == linux_side->end &&
	       same_flags(c, guest, linux_side) && guest->offset == linux_side->offset &&
	       guest->rss == linux_side->rss && guest->anonymous == linux_side->anonymous &&
	       guest->swap == linux_side->swap && same_name(c, guest, linux_side);
}

/* --- areas that a later kernel merges ----------------------------------------------------------------- */

static bool could_merge(const struct view_area *a, const struct view_area *b)
{
	uint64_t unlike = (a->flags ^ b->flags) & ~(VM_ACCOUNT | VM_LOCKONFAULT | VM_SOFTDIRTY);

	return a->end == b->start && !unlike && !*a->name && !*b->name && !(a->flags & VM_MAYSHARE) &&
	       !in_agent_footprint(a->start, a->end) && !in_agent_footprint(b->start, b->end);
}

/* A copy in which neighbours that could merge are one area. */
static struct view joined(const struct view *view)
{
	struct view to = {.pid = view->pid};

	for (uint32_t i = 0; i < view->nr_areas; i++) {
		const struct view_area *area = &view->areas[i];
		struct view_area *last = to.nr_areas ? &to.areas[to.nr_areas - 1] : NULL;

		if (!last || !could_merge(last, area)) {
			*view_add_area(&to) = *area;
			continue;
		}
		last->end = area->end;
		last->flags |= area->flags;
		last->rss += area->rss;
		last->anonymous += area->anonymous;
		last->swap += area->swap;
	}
	return to;
}

static bool same_bounds(const struct view *a, const struct view *b)
{
	if (a->nr_areas != b->nr_areas)
		return false;
	for (uint32_t i = 0; i < a->nr_areas; i++)
		if (a->areas[i].start != b->areas[i].start || a->areas[i].end != b->areas[i].end)
			return false;
	return true;
}

/* How deep the agent's own stacks go (a signal's frame holds all registers of the processor) is nobody's business. */
static bool agents(struct comparison *c, const struct view_area *a, const struct view_area *b)
{
	return in_agent_footprint(a->start, a->end) && a->start == b->start && a->end == b->end &&
	       same_flags(c, a, b);
}

static void compare_areas(struct comparison *c, const char *who, const struct view *guest,
			  const struct view *linux_side)
{
	uint32_t i = 0, j = 0;

	while (i < guest->nr_areas || j < linux_side->nr_areas) {
		const struct view_area *a = i < guest->nr_areas ? &guest->areas[i] : NULL;
		const struct view_area *b = j < linux_side->nr_areas ? &linux_side->areas[j] : NULL;

		if (a && b && a->end > b->start && b->end > a->start) {
			if (!same_area(c, a, b) && !agents(c, a, b))
				tell_areas(c, who, a, b);
			i++;
			j++;
		} else if (a && (!b || a->start < b->start)) {
			tell_areas(c, who, a, NULL);
			i++;
		} else {
			tell_areas(c, who, NULL, b);
			j++;
		}
	}
}

static void compare_all_areas(struct comparison *c, const char *who, const struct view *guest,
			      const struct view *linux_side)
{
	struct view a, b;

	if (same_bounds(guest, linux_side) || !rule_holds(&c->rules, PROFILE_ANON_MERGE)) {
		compare_areas(c, who, guest, linux_side);
		return;
	}
	a = joined(guest);
	b = joined(linux_side);
	if (same_bounds(&a, &b))
		rule_excuses(&c->rules, PROFILE_ANON_MERGE);
	compare_areas(c, who, &a, &b);
	free(a.areas);
	free(b.areas);
}

static const char *page_words(const struct view_page *page, char *text, size_t size)
{
	if (!page)
		return "not there";
	snprintf(text, size, "%s%s%s%s, contents %08" PRIx64 ", mapped %u times",
		 page->bits & VP_SWAPPED ? "swapped" : "present", page->bits & VP_FILE ? " of a file" : "",
		 page->bits & VP_EXCLUSIVE ? " mapped once" : "", page->bits & VP_SOFT_DIRTY ? " soft-dirty" : "",
		 page->hash >> 32, page->maps);
	return text;
}

static void tell_pages(struct comparison *c, const char *who, const struct view_page *guest,
		       const struct view_page *linux_side)
{
	char one[128], other[128];

	compare_tell(c, "  %s: page %" PRIx64 "\n    guest  %s\n    linux  %s\n", who, guest ? guest->va : linux_side->va,
	     page_words(guest, one, sizeof(one)), page_words(linux_side, other, sizeof(other)));
}

static bool same_page(struct comparison *c, const struct view *guest, const struct view_page *a,
		      const struct view_page *b)
{
	c->compared += b->frame ? 7 : 6;
	if ((a->bits ^ b->bits) & ~(c->soft_dirty ? 0 : VP_SOFT_DIRTY))
		return false;
	if (b->frame && a->maps != b->maps)
		return false;
	if (a->hash == b->hash)
		return true;
	return guest->start_stack / PAGE_SIZE == a->va / PAGE_SIZE && rule_excuses(&c->rules, RULE_AUXV);
}

static void compare_pages(struct comparison *c, const char *who, const struct view *guest,
			  const struct view *linux_side)
{
	uint32_t i = 0, j = 0;

	while (i < guest->nr_pages || j < linux_side->nr_pages) {
		const struct view_page *a = i < guest->nr_pages ? &guest->pages[i] : NULL;
		const struct view_page *b = j < linux_side->nr_pages ? &linux_side->pages[j] : NULL;

		if (a && b && a->va == b->va) {
			if (!same_page(c, guest, a, b))
				tell_pages(c, who, a, b);
			compare_note_frames(c, guest->pid, a, b);
			i++;
			j++;
		} else if (a && (!b || a->va < b->va)) {
			tell_pages(c, who, a, NULL);
			i++;
		} else {
			tell_pages(c, who, NULL, b);
			j++;
		}
	}
}

/* Bytes in locked areas: what VmLck should be. */
static uint64_t locked_sum(const struct view *view)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < view->nr_areas; i++)
		if (view->areas[i].flags & VM_LOCKED)
			sum += view->areas[i].end - view->areas[i].start;
	return sum;
}

static void compare_locked(struct comparison *c, const char *who, const struct view *guest,
			   const struct view *linux_side)
{
	uint64_t theirs = linux_side->counters.locked, sum = locked_sum(linux_side);

	if (theirs != guest->counters.locked && theirs > sum && rule_excuses(&c->rules, PROFILE_LOCKED_DRIFT))
		theirs = sum;
	compare_number(c, who, "VmLck", guest->counters.locked, theirs);
}

/* A kernel without such an account never says so; one that has it says so of every new area. */
static void note_soft_dirty(struct comparison *c, const struct view *linux_side)
{
	for (uint32_t i = 0; i < linux_side->nr_areas && !c->soft_dirty; i++)
		c->soft_dirty = linux_side->areas[i].flags & VM_SOFTDIRTY;
}

void compare_views(struct comparison *c, const struct view *guest, const struct view *linux_side)
{
	char who[32];

	snprintf(who, sizeof(who), "pid %d", guest->pid);
	note_soft_dirty(c, linux_side);
	compare_all_areas(c, who, guest, linux_side);
	compare_pages(c, who, guest, linux_side);
	compare_number(c, who, "VmSize", guest->counters.size, linux_side->counters.size);
	compare_locked(c, who, guest, linux_side);
	compare_number(c, who, "VmData", guest->counters.data, linux_side->counters.data);
	compare_number(c, who, "VmStk", guest->counters.stack, linux_side->counters.stack);
	compare_number(c, who, "VmPTE", guest->counters.tables, linux_side->counters.tables);
	compare_number(c, who, "VmSwap", guest->counters.swap, linux_side->counters.swap);
}
