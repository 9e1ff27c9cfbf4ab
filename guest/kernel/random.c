/* SPDX-License-Identifier: MIT */
/* getrandom(2) and what /dev/random gives: the same in every run, so that programs are repeatable (splitmix64). */
#include "random.h"
#include "task.h"
#include "uaccess.h"

#define GRND_NONBLOCK	1u
#define GRND_RANDOM	2u
#define GRND_INSECURE	4u

long get_random_bytes_user(uint64_t at, uint64_t len)
{
	static uint64_t state;
	uint64_t done, z;

	for (done = 0; done < len; done += min(len - done, sizeof(z))) {
		z = state += 0x9e3779b97f4a7c15UL;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
		if (copy_to_user(at + done, &z, min(len - done, sizeof(z))))
			return done ? (long)done : -LX_EFAULT;
	}
	return done;
}

/** getrandom(buf, len, flags) */
long ksys_getrandom(struct pt_regs *regs)
{
	uint32_t flags = regs->dx;

	if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) || (flags & (GRND_RANDOM | GRND_INSECURE)) == 6)
		return -LX_EINVAL;
	return get_random_bytes_user(regs->di, min(regs->si, (uint64_t)INT32_MAX));
}
