/* SPDX-License-Identifier: MIT */
/* Reports on a guest's death. Everything read from the guest may be garbage: it is only printed, and bounded.
 */
#include "machine/diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "x86.h"

#define MAX_FRAMES 16

struct out {
	char *text;
	size_t room, used;
};

static void put(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct out *o, const char *format, ...)
{
	size_t left = o->room - o->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(o->text + o->used, left, format, args);
	va_end(args);
	if (n > 0)
		o->used += (size_t)n < left ? (size_t)n : left - 1;
}

/* Before paging is on, code runs at its physical address: look it up where it was linked. */
static uint64_t linked_at(const struct guest_elf *elf, uint64_t va)
{
	for (unsigned int i = 0; i < elf->nr_segments; i++) {
		const struct guest_segment *s = &elf->segments[i];

		if (va - s->pa < s->mem_size)
			return va - s->pa + s->va;
	}
	return va;
}

static void put_address(struct out *o, const struct guest_elf *elf, uint64_t va)
{
	const char *name = NULL;
	uint64_t offset = 0;

	if (elf)
		name = guest_elf_symbol(elf, va, &offset);
	if (elf && !name)
		name = guest_elf_symbol(elf, linked_at(elf, va), &offset);
	put(o, "%016lx", va);
	if (name)
		put(o, " %s+%#lx", name, offset);
}

static void put_registers(struct out *o, const struct cpu_state *cpu)
{
	static const char *const names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
					      "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

	for (int i = 0; i < 16; i++)
		put(o, "%s%3s %016lx", i % 4 ? "  " : "\n  ", names[i], cpu->gpr[i]);
	put(o, "\n  cr0 %lx  cr2 %lx  cr3 %lx  cr4 %lx  efer %lx", cpu->cr0, cpu->cr2, cpu->cr3, cpu->cr4,
	    cpu->efer);
	put(o, "\n  rflags %lx  cs %x  ss %x  fs %lx  gs %lx  idt %lx  gdt %lx", cpu->rflags, cpu->cs,
	    cpu->ss, cpu->fs_base, cpu->gs_base, cpu->idt_base, cpu->gdt_base);
}

static unsigned int code_bits(const struct cpu_state *cpu)
{
	if (cpu->efer & EFER_LMA)
		return 64;
	return cpu->cr0 & CR0_PE ? 32 : 16;
}

/*
 * A function's first two instructions, PUSH RBP and MOV RSP, RBP, make its frame. Before the second is done
 * its caller is not in the chain but on the stack.
 */
static void put_hidden_caller(struct out *o, const struct diagnosis *d, size_t word)
{
	uint64_t offset = 0, other, ret = 0;

	if (!d->elf || !guest_elf_symbol(d->elf, d->cpu->rip, &offset) || offset > 1)
		return;
	if (!d->read_va(d->ctx, d->cpu->gpr[4] + offset * word, &ret, word))
		return;
	if (guest_elf_symbol(d->elf, ret - 1, &other)) {
		put(o, "\n  called from ");
		put_address(o, d->elf, ret - 1);
	}
}

/* Frames by the chain of saved frame pointers, which only ever grow. */
static void put_backtrace(struct out *o, const struct diagnosis *d)
{
	const size_t word = code_bits(d->cpu) == 64 ? 8 : 4;
	uint64_t fp = d->cpu->gpr[5];

	put_hidden_caller(o, d, word);
	for (int i = 0; i < MAX_FRAMES && fp && !(fp % word); i++) {
		uint64_t next = 0, ret = 0;

		if (!d->read_va(d->ctx, fp, &next, word) || !d->read_va(d->ctx, fp + word, &ret, word))
			return;
		if (!ret)
			return;
		put(o, "\n  called from ");
		/* The call lies before the address it returns to, which may be another function's first. */
		put_address(o, d->elf, ret - 1);
		if (next <= fp)
			return;
		fp = next;
	}
}

static size_t read_code(const struct diagnosis *d, uint8_t *code)
{
	size_t n = sizeof(d->code);

	if (d->code_size) {
		memcpy(code, d->code, sizeof(d->code));
		return d->code_size < n ? d->code_size : n;
	}
	while (n && !d->read_va(d->ctx, d->cpu->rip, code, n))
		n--;
	return n;
}

static void put_bytes(struct out *o, const char *label, const uint8_t *bytes, size_t n)
{
	put(o, "\n  %s:", label);
	for (size_t i = 0; i < n; i++)
		put(o, " %02x", bytes[i]);
	if (!n)
		put(o, " nothing can be read there");
}

static void put_code(struct out *o, const struct diagnosis *d)
{
	uint8_t code[sizeof(d->code)];
	size_t n = sizeof(code);
	char text[128];

	if (d->behind) {
		/* How long the last instruction was cannot be told from its end: bytes only. */
		n = d->read_va(d->ctx, d->cpu->rip - n, code, n) ? n : 0;
		put_bytes(o, "code before rip", code, n);
		return;
	}
	n = read_code(d, code);
	put_bytes(o, "code", code, n);
	if (n && disassemble(code, n, d->cpu->rip, code_bits(d->cpu), text, sizeof(text)))
		put(o, "\n  that is: %s", text);
}

void diagnose(const struct diagnosis *d, enum exit_status status, struct error *e)
{
	struct out o = {.text = e->text, .room = sizeof(e->text)};

	e->status = status;
	e->text[0] = '\0';
	put(&o, "%s\n  rip ", d->headline);
	put_address(&o, d->elf, d->cpu->rip);
	put(&o, "  ring %d", d->cpu->cs & 3);
	put_code(&o, d);
	put_backtrace(&o, d);
	put_registers(&o, d->cpu);
}
