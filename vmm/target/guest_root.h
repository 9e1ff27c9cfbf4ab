/* SPDX-License-Identifier: MIT */
/* The folder of --root: what the guest asks of it (struct lab_root) is answered from the host's files, which are only read. */
#ifndef VMM_TARGET_GUEST_ROOT_H
#define VMM_TARGET_GUEST_ROOT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "lab.h"

struct guest_root;

/** NULL with *e (EXIT_USAGE: it is no folder). */
struct guest_root *guest_root_open(const char *dir, struct error *e);
/** Answer what stands in *q, which lies in the guest's RAM. 0, or -1 with *e (EXIT_GUEST_DIED: that makes no sense). */
int guest_root_answer(struct guest_root *r, struct lab_root *q, uint8_t *ram, uint64_t ram_size, struct error *e);
/** What page `index` of `node` held when it was last given; false: it never was. */
bool guest_root_given(const struct guest_root *r, uint64_t node, uint64_t index, uint32_t *hash);
void guest_root_close(struct guest_root *r);

#endif
