/* SPDX-License-Identifier: MIT */
#ifndef VMM_BASE_INSN_LENGTH_H
#define VMM_BASE_INSN_LENGTH_H

#include <stddef.h>
#include <stdint.h>

/**
 * How long the instruction at `code` is, of which n bytes can be read, in 64-bit mode and without VEX and EVEX, which no kernel
 * is made of; 0: it is none, or longer than n.
 */
size_t insn_length(const uint8_t *code, size_t n);

#endif
