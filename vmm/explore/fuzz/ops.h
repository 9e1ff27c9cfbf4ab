/* SPDX-License-Identifier: MIT */
/*
 * What the rows of `vmm fuzz`'s operations are made of: numbers (choices) to addresses, lengths and words. The helpers that
 * the lines call (on, go, pick …) are Lua, in fuzz_prelude.
 */
#ifndef VMM_EXPLORE_FUZZ_OPS_H
#define VMM_EXPLORE_FUZZ_OPS_H

#include <inttypes.h>

#include "explore/fuzz/fuzz.h"
#include "x86.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Few addresses, so that operations meet: pages of one arena, which crosses a table's border. */
#define ARENA	    0x101f0000UL
#define ARENA_PAGES 32
/* Descriptors that operations name: those that every process begins with, and what is opened behind them. */
#define FIRST_FD 3
#define NR_FDS	 10

/** Groups of rows; each ends with a row without a name. */
extern const struct fuzz_op fuzz_ops_mem[], fuzz_ops_files[], fuzz_ops_ipc[], fuzz_ops_tasks[];

uint64_t fuzz_address(uint16_t choice);
uint64_t fuzz_length(uint16_t choice);
unsigned int fuzz_fd(uint16_t choice);
void put_length(struct buf *b, uint64_t len);
/** `on(2, "munmap", 0x10200000, 3*PAGE`: the rest of the line is the caller's. */
void put_range_call(const struct fuzz_step *s, struct buf *b, const char *method);
/** string.pack of `n` struct iovec in the arena; choice c+2i is the i-th's place, c+2i+1 its length. */
void put_iovecs(const struct fuzz_step *s, struct buf *b, unsigned int c, unsigned int n);

/** The range of choices 0 and 1, or the page at choice 0. */
struct fuzz_range first_two(const struct fuzz_step *s);
struct fuzz_range first_page(const struct fuzz_step *s);

static inline const char *one_of(const char *const *words, size_t n, uint16_t choice)
{
	return words[choice % n];
}
#define ONE_OF(words, choice) one_of(words, COUNT(words), choice)

static inline int64_t one_number(const int64_t *numbers, size_t n, uint16_t choice)
{
	return numbers[choice % n];
}
#define NUMBER_OF(numbers, choice) one_number(numbers, COUNT(numbers), choice)

#endif
