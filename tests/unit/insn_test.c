/* SPDX-License-Identifier: MIT */
/* The length of instructions, against objdump's of the whole kernel. */
#include "check.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/insn_length.h"

/* A line of objdump: address, TAB, bytes in hex, TAB, words. How many bytes; 0: no such line. */
static size_t read_line(const char *line, uint8_t *code, char **words)
{
	char *at = strchr(line, '\t'), *end;
	size_t n = 0;

	*words = at ? strchr(at + 1, '\t') : NULL;
	if (!*words)
		return 0;
	for (; n < 15; n++, at = end) {
		code[n] = strtoul(at, &end, 16);
		if (end == at || end > *words)
			break;
	}
	return n;
}

Test(insn_length, of_every_instruction_of_the_kernel_is_that_of_objdump)
{
	FILE *objdump = popen("objdump -d --insn-width=15 build/guest.bin", "r");
	char line[512], *words;
	uint8_t code[16];
	size_t n, seen = 0;

	CHECK(objdump);
	while (fgets(line, sizeof(line), objdump)) {
		n = read_line(line, code, &words);
		if (!n || strstr(words, "(bad)") || strstr(words, ".byte"))
			continue;
		CHECK_THAT(insn_length(code, n) == n, "%s", line);
		CHECK_THAT(!insn_length(code, n - 1), "cut short: %s", line);
		seen++;
	}
	CHECK_EQ(pclose(objdump), 0);
	CHECK_THAT(seen > 10000, "%zu instructions", seen);
}

/* Forms that the kernel may one day have and has not now. */
Test(insn_length, of_rare_forms)
{
	static const struct { size_t n; uint8_t code[15]; } forms[] = {
		{1, {0x90}}, {1, {0xf4}}, {2, {0x48, 0xcf}}, {3, {0x0f, 0x01, 0xf8}},
		{10, {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}},		/* mov $imm64, %rax */
		{9, {0xa1, 1, 2, 3, 4, 5, 6, 7, 8}},			/* mov moffs, %eax */
		{5, {0x66, 0x81, 0xc3, 1, 2}},				/* add $imm16, %bx */
		{8, {0x42, 0x8b, 0x04, 0xa5, 1, 2, 3, 4}},		/* mov disp32(,%r12,4), %eax: a base of none */
		{6, {0xf7, 0xc1, 1, 2, 3, 4}}, {2, {0xf7, 0xd9}},	/* test $imm32, %ecx; neg %ecx */
		{3, {0x0f, 0x22, 0xd8}},				/* mov %rax, %cr3: ModRM names a register whatever mod says */
		{6, {0x66, 0x0f, 0x3a, 0x0f, 0xc1, 8}},			/* palignr */
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		CHECK_THAT(insn_length(forms[i].code, sizeof(forms[i].code)) == forms[i].n, "form %zu", i);
}

Test(insn_length, of_nonsense_is_none)
{
	static const uint8_t prefixes[15] = {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};
	static const uint8_t vex[] = {0xc5, 0xf8, 0x77};

	CHECK_EQ(insn_length(prefixes, sizeof(prefixes)), 0);
	CHECK_EQ(insn_length(vex, sizeof(vex)), 0);
	CHECK_EQ(insn_length(prefixes, 0), 0);
}
