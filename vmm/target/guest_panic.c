/* SPDX-License-Identifier: MIT */
/* A guest's panic in words; see guest_panic.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "target/guest_panic.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A piece of text of bounded size; what does not fit is left out. */
struct text {
	char *at, *end;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at, t->end - t->at, format, args);
	va_end(args);
	if (n > 0)
		t->at += n < t->end - t->at ? n : t->end - t->at - 1;
}

/* The guest's text: terminated, and nothing in it that a terminal would obey. */
static void clean(char *text, size_t size)
{
	text[size - 1] = 0;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

static void add_address(struct text *t, const struct guest_elf *elf, uint64_t va)
{
	uint64_t offset = 0;
	const char *name = guest_elf_symbol(elf, va, &offset);

	if (name)
		add(t, "\n    %016" PRIx64 "  %s+%#" PRIx64, va, name, offset);
	else
		add(t, "\n    %016" PRIx64, va);
}

int panic_report(const struct guest_elf *elf, const struct lab_panic *panic, struct error *e)
{
	struct lab_panic p;
	char all[sizeof(e->text) - 16];
	struct text t = {.at = all, .end = all + sizeof(all)};

	memcpy(&p, panic, sizeof(p));
	clean(p.file, sizeof(p.file));
	clean(p.message, sizeof(p.message));
	all[0] = 0;
	add(&t, "the guest panicked at %s:%u in pid %d: %s", p.file, p.line, p.pid, p.message);
	if (p.vector >= 0)
		add(&t, "\n  exception %d, error code %#" PRIx64 ", cr2 %016" PRIx64, p.vector, p.error_code,
		    p.cr2);
	add(&t, "\n  rip %016" PRIx64 "  rsp %016" PRIx64 "  rbp %016" PRIx64 "\n  backtrace:", p.rip, p.rsp,
	    p.rbp);
	for (uint32_t i = 0; i < p.nr_backtrace && i < COUNT(p.backtrace); i++)
		add_address(&t, elf, p.backtrace[i]);
	return error_set(e, EXIT_GUEST_DIED, "%s", all);
}
