/* SPDX-License-Identifier: MIT */
/* What every program of `vmm fuzz` begins with, as part of vmm. */
#include "explore/fuzz/fuzz.h"

asm(".pushsection .rodata, \"a\", @progbits\n"
    ".globl fuzz_prelude\n"
    "fuzz_prelude: .incbin \"vmm/explore/fuzz/prelude.lua\"\n"
    "\t.byte 0\n"
    ".popsection\n");
