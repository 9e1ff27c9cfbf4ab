/* SPDX-License-Identifier: MIT */
/*
 * The length of an instruction: prefixes, opcode, ModRM with SIB and displacement, immediate (SDM vol. 2A, chapter 2; vol. 2D,
 * appendix A). A vmm that stands alone in a machine without libraries needs no more of a disassembler.
 */
#include "base/insn_length.h"

#include <stdbool.h>

#define MAX_LENGTH 15

/* What follows an opcode. */
enum {
	NONE = 0,
	I8 = 1, I16 = 2, I32 = 4,	/* bytes of an immediate */
	IZ = 8,				/* 4, or 2 with an operand-size prefix */
	IV = 16,			/* 8 with REX.W, else as IZ */
	MOFFS = 32,			/* an address: 8, or 4 with an address-size prefix */
	MODRM = 64,
	GROUP3 = 128,			/* MODRM; an immediate as well where its reg says TEST */
	BAD = 256,
};

struct prefixes {
	bool operand16, address32, rex_w;
};

static bool is_legacy_prefix(uint8_t byte, struct prefixes *p)
{
	switch (byte) {
	case 0x66:
		p->operand16 = true;
		return true;
	case 0x67:
		p->address32 = true;
		return true;
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0xf0: case 0xf2: case 0xf3:
		return true;
	}
	return false;
}

/* 00 to 3f: the eight arithmetic operations, each in six forms. */
static unsigned int arithmetic(uint8_t op)
{
	static const unsigned int forms[] = {MODRM, MODRM, MODRM, MODRM, I8, IZ, BAD, BAD};

	return forms[op & 7];
}

static unsigned int one_byte_high(uint8_t op)
{
	switch (op) {
	case 0xc0: case 0xc1: case 0xc6:
		return MODRM | I8;
	case 0xc2: case 0xca:
		return I16;
	case 0xc7:
		return MODRM | IZ;
	case 0xc8:
		return I16 | I8;
	case 0xcd: case 0xe0 ... 0xe7: case 0xeb:
		return I8;
	case 0xd0 ... 0xd3: case 0xd8 ... 0xdf: case 0xfe: case 0xff:
		return MODRM;
	case 0xe8: case 0xe9:
		return I32;
	case 0xf6:
		return MODRM | GROUP3 | I8;
	case 0xf7:
		return MODRM | GROUP3 | IZ;
	case 0xc4: case 0xc5: case 0xce: case 0xd4: case 0xd5: case 0xd6: case 0xea:
		return BAD;
	}
	return NONE;
}

static unsigned int one_byte(uint8_t op)
{
	if (op < 0x40)
		return arithmetic(op);
	switch (op) {
	case 0x63: case 0x84 ... 0x8f:
		return MODRM;
	case 0x68: case 0xa9:
		return IZ;
	case 0x69: case 0x81:
		return MODRM | IZ;
	case 0x6a: case 0x70 ... 0x7f: case 0xa8: case 0xb0 ... 0xb7:
		return I8;
	case 0x6b: case 0x80: case 0x83:
		return MODRM | I8;
	case 0xa0 ... 0xa3:
		return MOFFS;
	case 0xb8 ... 0xbf:
		return IV;
	case 0x60 ... 0x62: case 0x82: case 0x9a:
		return BAD;
	}
	return op < 0xc0 ? NONE : one_byte_high(op);
}

static unsigned int two_bytes(uint8_t op)
{
	switch (op) {
	case 0x05 ... 0x09: case 0x0b: case 0x30 ... 0x37: case 0x77: case 0xa0 ... 0xa2: case 0xa8 ... 0xaa:
	case 0xc8 ... 0xcf:
		return NONE;
	case 0x80 ... 0x8f:
		return I32;
	case 0x3a: case 0x70 ... 0x73: case 0xa4: case 0xac: case 0xba: case 0xc2: case 0xc4 ... 0xc6:
		return MODRM | I8;
	case 0x04: case 0x0a: case 0x0c: case 0x0e: case 0x0f: case 0x24 ... 0x27: case 0x39: case 0x3b ... 0x3f: case 0xa6: case 0xa7:
		return BAD;
	}
	return MODRM;
}

/* ModRM, SIB and displacement at `code`; 0: they do not fit. */
static size_t modrm_length(const uint8_t *code, size_t n, bool control_register)
{
	size_t length = 1;
	uint8_t mod, rm;

	if (n < 1)
		return 0;
	mod = code[0] >> 6, rm = code[0] & 7;
	if (mod == 3 || control_register)
		return 1;
	if (rm == 4) {
		if (n < 2)
			return 0;
		length++;
		rm = mod == 0 ? code[1] & 7 : 0;	/* a base of 5 without mod is a displacement alone */
	}
	if (mod == 1)
		return length + 1;
	return mod == 2 || rm == 5 ? length + 4 : length;
}

static size_t immediate_length(unsigned int form, const struct prefixes *p, uint8_t modrm)
{
	const size_t z = p->operand16 && !p->rex_w ? 2 : 4;

	if (form & GROUP3 && (modrm >> 3 & 7) > 1)
		return 0;
	if (form & IZ)
		return z;
	if (form & IV)
		return p->rex_w ? 8 : z;
	if (form & MOFFS)
		return p->address32 ? 4 : 8;
	return form & (I8 | I16 | I32);
}

size_t insn_length(const uint8_t *code, size_t n)
{
	struct prefixes p = {0};
	size_t at = 0, length;
	unsigned int form;
	bool control_register = false;
	uint8_t modrm = 0;

	while (at < n && is_legacy_prefix(code[at], &p))
		at++;
	if (at < n && (code[at] & 0xf0) == 0x40)
		p.rex_w = code[at++] & 8;
	if (at >= n)
		return 0;
	form = one_byte(code[at++]);
	if (code[at - 1] == 0x0f) {
		if (at >= n)
			return 0;
		form = two_bytes(code[at]);
		control_register = code[at] >= 0x20 && code[at] <= 0x23;
		if (code[at] == 0x38 || code[at] == 0x3a)
			at++;
		at++;
	}
	if (form & BAD)
		return 0;
	if (form & MODRM) {
		length = at < n ? modrm_length(code + at, n - at, control_register) : 0;
		if (!length)
			return 0;
		modrm = code[at];
		at += length;
	}
	at += immediate_length(form, &p, modrm);
	return at <= n && at <= MAX_LENGTH ? at : 0;
}
