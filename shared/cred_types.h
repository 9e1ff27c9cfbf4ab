/* SPDX-License-Identifier: MIT */
/* Who a task is, as the host decodes it: names and meanings are Linux's (include/linux/cred.h). Every field stands in layout.def. */
#ifndef SHARED_CRED_TYPES_H
#define SHARED_CRED_TYPES_H

#include <stdint.h>

#define NGROUPS		32	/* further groups of a task: Linux has room for more */
#define CAP_LAST_CAP	40
#define CAP_FULL_SET	((1UL << (CAP_LAST_CAP + 1)) - 1)
#define SECBITS_ALL	0xffu

/** Shared by tasks until one of them changes: then it gets another one. */
struct cred {
	int32_t usage;			/* tasks, and one for those of the image */
	uint32_t uid, gid, suid, sgid, euid, egid, fsuid, fsgid;
	uint32_t securebits;
	uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	uint32_t ngroups;
	uint32_t groups[NGROUPS];	/* sorted; ngroups of them */
	uint32_t pad;
};

#endif
