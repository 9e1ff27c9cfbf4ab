/* SPDX-License-Identifier: MIT */
/* Virtual time for the tasks of the box; see linux_time.h. */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "target/linux_time.h"
#include "uapi.h"

#define NSEC_PER_SEC 1000000000ULL

struct sleep_time {
	uint64_t sec, nsec;
};

int time_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error = filter ? 0 : -ENOMEM;

	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, NR_nanosleep, 0);
	if (!error)
		error = seccomp_load(filter);
	if (!error)
		error = seccomp_notify_fd(filter);
	seccomp_release(filter);
	return error;
}

/* Where a task has gone meanwhile, nobody waits for the answer. */
static void answer(const struct virtual_time *t, uint64_t id, int error)
{
	struct seccomp_notif_resp response = {.id = id, .error = error};

	ioctl(t->fd, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* What nanosleep() checks, in its order; 0, or -errno. */
static int expiry(const struct virtual_time *t, const struct seccomp_notif *asked, uint64_t *expires)
{
	struct sleep_time time;
	struct iovec to = {&time, sizeof(time)}, from = {(void *)asked->data.args[0], sizeof(time)};

	if (process_vm_readv(asked->pid, &to, 1, &from, 1, 0) != sizeof(time))
		return -EFAULT;
	if ((int64_t)time.sec < 0 || time.nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (__builtin_mul_overflow(time.sec, NSEC_PER_SEC, expires) ||
	    __builtin_add_overflow(*expires, time.nsec, expires) ||
	    __builtin_add_overflow(*expires, t->now, expires))
		*expires = UINT64_MAX;
	return 0;
}

static bool is_asleep(const struct virtual_time *t, const struct sleeper *sleeper)
{
	uint64_t id = sleeper->id;

	return ioctl(t->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void time_forget(struct virtual_time *t)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < t->n; i++)
		if (is_asleep(t, &t->sleepers[i]))
			t->sleepers[kept++] = t->sleepers[i];
	t->n = kept;
}

/*
 * Was it asleep when it was last told to do something? Then a handler with SA_RESTART ran, and the kernel makes the call again:
 * it does not know that what waits here is nanosleep, which no flag restarts.
 */
static bool is_restart(struct virtual_time *t, uint32_t pid)
{
	for (unsigned int i = 0; i < t->n; i++) {
		if (t->sleepers[i].pid != pid)
			continue;
		t->sleepers[i] = t->sleepers[--t->n];
		return true;
	}
	return false;
}

bool time_take(struct virtual_time *t)
{
	bool any = false;

	for (;;) {
		struct pollfd ready = {.fd = t->fd, .events = POLLIN};
		struct seccomp_notif asked = {0};
		uint64_t expires = 0;
		int error;

		if (poll(&ready, 1, 0) <= 0 || !(ready.revents & POLLIN) ||
		    ioctl(t->fd, SECCOMP_IOCTL_NOTIF_RECV, &asked))
			return any;
		any = true;
		error = is_restart(t, asked.pid) ? -EINTR : expiry(t, &asked, &expires);
		if (error || expires <= t->now || t->n == MAX_SLEEPERS)
			answer(t, asked.id, error);
		else
			t->sleepers[t->n++] = (struct sleeper){.id = asked.id, .pid = asked.pid, .expires = expires};
	}
}

void time_tick(struct virtual_time *t, uint64_t ns)
{
	unsigned int kept = 0;

	time_forget(t);
	t->now += ns;
	for (unsigned int i = 0; i < t->n; i++) {
		if (t->sleepers[i].expires <= t->now)
			answer(t, t->sleepers[i].id, 0);
		else
			t->sleepers[kept++] = t->sleepers[i];
	}
	t->n = kept;
}
