/* SPDX-License-Identifier: MIT */
/*
 * How one struct definition serves guest and host.
 *
 * Every structure that the host decodes is defined once, in shared/. Inside the guest its pointer
 * fields are ordinary C pointers; on the host they are guest virtual addresses of a type of their
 * own (gva_t), which cannot be dereferenced by mistake: the only door into guest memory is
 * vmm/observe/image.h.
 */
#ifndef SHARED_GPTR_H
#define SHARED_GPTR_H

#include <stdint.h>
#include <stddef.h>

#ifdef MMSCOPE_HOST

/** A guest virtual address, as the guest stores it. */
typedef struct { uint64_t va; } gva_t;
/** A guest physical address. */
typedef struct { uint64_t pa; } gpa_t;
#define GPTR(type) gva_t

#else

#define GPTR(type) type *

#endif
#endif
