/* SPDX-License-Identifier: MIT */
/* Registers out of QEMU's `info registers`: words "NAME=hex" and lines "NAME =selector base limit flags". */
#include "machine/qemu.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Where "NAME", blanks and "=" end; names stand at the start of a line or behind a blank. */
static const char *find_name(const char *text, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		const char *end = at + size;

		if (at > text && !isspace((unsigned char)at[-1]))
			continue;
		end += strspn(end, " ");
		if (*end == '=')
			return end + 1;
	}
	return NULL;
}

/* The n-th number (0: the first) behind NAME=, on its line. */
static bool number_after(const char *text, const char *name, int n, uint64_t *value)
{
	const char *at = find_name(text, name);
	char *end;

	for (; at; n--) {
		at += strspn(at, " ");
		if (!isxdigit((unsigned char)*at))
			return false;
		*value = strtoull(at, &end, 16);
		if (!n)
			return true;
		at = end;
	}
	return false;
}

struct field {
	const char *name;
	const char *short_name; /* outside of long mode QEMU prints the 32-bit name */
	int n;			/* which number behind the name */
	size_t offset;
};

#define FIELD(member, ...)                                                                                   \
	{                                                                                                    \
		.offset = offsetof(struct cpu_state, member), __VA_ARGS__                                    \
	}
#define GPR(i, long_name, ...) FIELD(gpr[i], .name = long_name, __VA_ARGS__)

/* Without these there is no picture. */
static const struct field required[] = {
	FIELD(cr0, .name = "CR0"),
	FIELD(cr2, .name = "CR2"),
	FIELD(cr3, .name = "CR3"),
	FIELD(cr4, .name = "CR4"),
	FIELD(efer, .name = "EFER"),
	FIELD(rip, .name = "RIP", .short_name = "EIP"),
	FIELD(rsp, .name = "RSP", .short_name = "ESP"),
};

static const struct field optional[] = {
	FIELD(rflags, .name = "RFL", .short_name = "EFL"),
	GPR(0, "RAX", .short_name = "EAX"),
	GPR(1, "RCX", .short_name = "ECX"),
	GPR(2, "RDX", .short_name = "EDX"),
	GPR(3, "RBX", .short_name = "EBX"),
	GPR(4, "RSP", .short_name = "ESP"),
	GPR(5, "RBP", .short_name = "EBP"),
	GPR(6, "RSI", .short_name = "ESI"),
	GPR(7, "RDI", .short_name = "EDI"),
	GPR(8, "R8"),
	GPR(9, "R9"),
	GPR(10, "R10"),
	GPR(11, "R11"),
	GPR(12, "R12"),
	GPR(13, "R13"),
	GPR(14, "R14"),
	GPR(15, "R15"),
	FIELD(fs_base, .name = "FS", .n = 1),
	FIELD(gs_base, .name = "GS", .n = 1),
	FIELD(idt_base, .name = "IDT"),
	FIELD(gdt_base, .name = "GDT"),
};

static bool read_field(const char *text, const struct field *f, struct cpu_state *state)
{
	uint64_t *value = (uint64_t *)((char *)state + f->offset);

	return number_after(text, f->name, f->n, value) ||
	       (f->short_name && number_after(text, f->short_name, f->n, value));
}

bool qemu_parse_registers(const char *text, struct cpu_state *state, const char **missing)
{
	uint64_t selector;

	memset(state, 0, sizeof(*state));
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		*missing = required[i].name;
		if (!read_field(text, &required[i], state))
			return false;
	}
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		read_field(text, &optional[i], state);
	if (number_after(text, "CS", 0, &selector))
		state->cs = selector;
	if (number_after(text, "SS", 0, &selector))
		state->ss = selector;
	*missing = NULL;
	return true;
}
