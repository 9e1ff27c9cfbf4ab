/* SPDX-License-Identifier: MIT */
/* The tour is a scenario like any other; here it becomes part of the program. */
#include "script/run.h"

asm(".pushsection .rodata, \"a\", @progbits\n"
    ".globl tour_script, tour_script_size\n"
    "tour_script: .incbin \"tests/scenarios/tour.lua\"\n"
    "tour_script_end: .byte 0\n"
    ".balign 4\n"
    "tour_script_size: .long tour_script_end - tour_script\n"
    ".popsection\n");
