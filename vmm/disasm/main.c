/* SPDX-License-Identifier: MIT */
/*
 * vmm-disasm: one line of assembly per instruction, by Zydis. A program of its own: see
 * machine/disassemble.c.
 *
 *     vmm-disasm [--bits 16|32|64] [--att] HEXBYTES ADDRESS [COUNT]
 *
 * Prints at most COUNT (1) instructions. Exit status 0; 2: bad arguments, or the first bytes are no
 * instruction.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <Zydis/Zydis.h>

#define MAX_BYTES 4096
#define USAGE	  2

struct request {
	uint8_t bytes[MAX_BYTES];
	size_t size;
	uint64_t address, count;
	ZydisMachineMode mode;
	ZydisStackWidth width;
	ZydisFormatterStyle style;
};

static int usage(const char *what)
{
	fprintf(stderr,
		"vmm-disasm: %s\nusage: vmm-disasm [--bits 16|32|64] [--att] HEXBYTES ADDRESS [COUNT]\n",
		what);
	return USAGE;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(struct request *r, const char *text)
{
	size_t length = strlen(text);

	if (!length || length % 2 || length / 2 > MAX_BYTES)
		return false;
	for (r->size = 0; r->size < length / 2; r->size++) {
		int high = hex_digit(text[2 * r->size]), low = hex_digit(text[2 * r->size + 1]);

		if (high < 0 || low < 0)
			return false;
		r->bytes[r->size] = high << 4 | low;
	}
	return true;
}

static bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !errno && !*end;
}

static bool parse_bits(struct request *r, const char *text)
{
	if (!strcmp(text, "64")) {
		r->mode = ZYDIS_MACHINE_MODE_LONG_64;
		r->width = ZYDIS_STACK_WIDTH_64;
	} else if (!strcmp(text, "32")) {
		r->mode = ZYDIS_MACHINE_MODE_LEGACY_32;
		r->width = ZYDIS_STACK_WIDTH_32;
	} else if (!strcmp(text, "16")) {
		r->mode = ZYDIS_MACHINE_MODE_LEGACY_16;
		r->width = ZYDIS_STACK_WIDTH_16;
	} else {
		return false;
	}
	return true;
}

/* Print the instruction at offset `at`. Returns its length, 0: it is none. */
static size_t print_one(const struct request *r, const ZydisDecoder *decoder, const ZydisFormatter *formatter,
			size_t at)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	char text[256];

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, r->bytes + at, r->size - at, &insn, operands)))
		return 0;
	if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(formatter, &insn, operands,
							  insn.operand_count_visible, text, sizeof(text),
							  r->address + at, NULL)))
		return 0;
	puts(text);
	return insn.length;
}

/* As many as were asked for and as the bytes hold. False: not even one. */
static bool print_all(const struct request *r)
{
	ZydisFormatter formatter;
	ZydisDecoder decoder;
	size_t at = 0;

	if (!ZYAN_SUCCESS(ZydisDecoderInit(&decoder, r->mode, r->width)) ||
	    !ZYAN_SUCCESS(ZydisFormatterInit(&formatter, r->style)))
		return false;
	for (uint64_t i = 0; i < r->count && at < r->size; i++) {
		size_t length = print_one(r, &decoder, &formatter, at);

		if (!length)
			break;
		at += length;
	}
	return at > 0;
}

int main(int argc, char **argv)
{
	struct request r = {.count = 1, .style = ZYDIS_FORMATTER_STYLE_INTEL};
	int i = 1;

	parse_bits(&r, "64");
	for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--att"))
			r.style = ZYDIS_FORMATTER_STYLE_ATT;
		else if (strcmp(argv[i], "--bits") || ++i >= argc || !parse_bits(&r, argv[i]))
			return usage("unknown option, or --bits that are neither 16, 32 nor 64");
	}
	if (argc - i != 2 && argc - i != 3)
		return usage("wants the bytes and their address");
	if (!parse_hex(&r, argv[i]))
		return usage("the bytes must be pairs of hexadecimal digits");
	if (!parse_number(argv[i + 1], &r.address) || (argc - i == 3 && !parse_number(argv[i + 2], &r.count)))
		return usage("address and count must be numbers");
	if (print_all(&r))
		return 0;
	fputs("vmm-disasm: not an instruction\n", stderr);
	return USAGE;
}
