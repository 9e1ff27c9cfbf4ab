/* SPDX-License-Identifier: MIT */
/* poll(2), select(2) and kin (Linux fs/select.c). */
#include "files.h"
#include "labdev.h"
#include "poll.h"
#include "signal.h"
#include "uaccess.h"
#include "usertime.h"

#define USEC_PER_SEC	1000000L
#define SIGSET_SIZE	8

/* --- waiting ------------------------------------------------------------------------------------------------------ */

/** On its task's stack, while that sleeps. */
struct poller {
	struct list_head list;
	struct task *task;
};

struct list_head pollers = LIST_HEAD_INIT(pollers);

void wake_pollers(void)
{
	struct poller *poller;

	list_for_each_entry(poller, &pollers, list)
		wake_up_task(poller->task);
}

/* Until some file may be ready, a signal comes, or the time. */
static void poll_sleep(uint64_t expires)
{
	struct poller me = { .task = current };

	list_add_tail(&me.list, &pollers);
	if (expires != NO_TIMEOUT)
		timer_start(current, expires);
	task_sleep();
	timer_cancel(current);
	list_del(&me.list);
}

/* Looks at all files; how many are ready, or -errno. */
typedef long (*look_fn)(void *what);

static long poll_until(look_fn look, void *what, uint64_t expires)
{
	for (;;) {
		long ready = look(what);

		if (ready)
			return ready;
		if (expires <= lab.virtual_ns)
			return 0;
		if (signal_pending(current))
			return -ERESTARTNOHAND;
		poll_sleep(expires);
	}
}

static uint32_t file_poll(struct file *file)
{
	return file->f_op->poll ? file->f_op->poll(file) : DEFAULT_POLLMASK;
}

/* --- poll --------------------------------------------------------------------------------------------------------- */

struct pollfd {
	int32_t fd;
	uint16_t events, revents;
};

struct poll_list {
	struct pollfd *fds;
	uint32_t nr;
};

static uint16_t poll_one(const struct pollfd *pfd)
{
	struct file *file;
	uint32_t mask;

	if (pfd->fd < 0)
		return 0;
	file = fget((uint32_t)pfd->fd);
	if (!file)
		return EPOLLNVAL;
	mask = file_poll(file) & (pfd->events | EPOLLERR | EPOLLHUP);
	fput(file);
	return mask;
}

static long look_at_fds(void *what)
{
	struct poll_list *list = what;
	long ready = 0;

	for (uint32_t i = 0; i < list->nr; i++) {
		list->fds[i].revents = poll_one(&list->fds[i]);
		ready += !!list->fds[i].revents;
	}
	return ready;
}

/* What was seen goes back, field by field: the rest of each is the user's. */
static int put_revents(const struct poll_list *list, uint64_t at)
{
	for (uint32_t i = 0; i < list->nr; i++, at += sizeof(struct pollfd))
		if (copy_to_user(at + offsetof(struct pollfd, revents), &list->fds[i].revents, sizeof(uint16_t)))
			return -LX_EFAULT;
	return 0;
}

static long do_poll(uint64_t at, uint32_t nr, uint64_t expires)
{
	struct poll_list list = { .nr = nr };
	long ret;

	if (nr > rlimit(LX_RLIMIT_NOFILE))
		return -LX_EINVAL;
	list.fds = kmalloc(max(nr, 1u) * sizeof(struct pollfd));
	if (!list.fds)
		return -LX_ENOMEM;
	ret = copy_from_user(list.fds, at, nr * sizeof(struct pollfd)) ? -LX_EFAULT : 0;
	if (!ret)
		ret = poll_until(look_at_fds, &list, expires);
	if ((ret >= 0 || ret == -ERESTARTNOHAND) && put_revents(&list, at))
		ret = -LX_EFAULT;
	kfree(list.fds);
	return ret;
}

static long poll_restart(struct restart_block *restart);

static long poll_or_restart(uint64_t at, uint32_t nr, uint64_t expires)
{
	long ret = do_poll(at, nr, expires);

	if (ret != -ERESTARTNOHAND)
		return ret;
	current->restart = (struct restart_block){
		.fn = poll_restart, .expires = expires, .poll = { .ufds = at, .nfds = nr },
	};
	return -ERESTART_RESTARTBLOCK;
}

static long poll_restart(struct restart_block *restart)
{
	return poll_or_restart(restart->poll.ufds, restart->poll.nfds, restart->expires);
}

/** poll(fds, nfds, milliseconds): for ever if negative. */
long ksys_poll(struct pt_regs *regs)
{
	int64_t ms = (int)regs->dx;

	return poll_or_restart(regs->di, regs->si, ms < 0 ? NO_TIMEOUT : lab.virtual_ns + ms * 1000000);
}

/* --- with a mask of signals, and what is left of the time ------------------------------------------------------- */

/* As rt_sigsuspend: the mask is back when the call is over, or the handler has run. 0 or -errno. */
static int set_user_sigmask(uint64_t mask_at, uint64_t size)
{
	uint64_t mask;

	if (!mask_at)
		return 0;
	if (size != SIGSET_SIZE)
		return -LX_EINVAL;
	if (get_user_u64(&mask, mask_at))
		return -LX_EFAULT;
	current->saved_blocked = current->blocked;
	set_blocked(mask);
	return 0;
}

/* Linux poll_select_finish. What is left cannot always be told: then an interrupted call must not start over. */
static long finish_with_mask(long ret, bool masked, uint64_t left_at, uint64_t expires, bool usec)
{
	uint64_t left = expires > lab.virtual_ns ? expires - lab.virtual_ns : 0;
	struct user_timespec time = { left / NSEC_PER_SEC, left % NSEC_PER_SEC / (usec ? 1000 : 1) };

	if (masked && ret == -ERESTARTNOHAND)
		current->work |= WORK_RESTORE_MASK;
	else if (masked)
		set_blocked(current->saved_blocked);
	if (left_at && expires != NO_TIMEOUT && copy_to_user(left_at, &time, sizeof(time)) && ret == -ERESTARTNOHAND)
		return -LX_EINTR;
	return ret;
}

/** ppoll(fds, nfds, timeout, sigmask, sigsetsize) */
long ksys_ppoll(struct pt_regs *regs)
{
	uint64_t expires = NO_TIMEOUT;
	long ret = regs->dx ? get_user_expiry(regs->dx, /* span = */ true, &expires) : 0;

	if (!ret)
		ret = set_user_sigmask(regs->r10, regs->r8);
	if (ret)
		return ret;
	ret = do_poll(regs->di, regs->si, expires);
	return finish_with_mask(ret, regs->r10, regs->dx, expires, /* usec = */ false);
}

/* --- select --------------------------------------------------------------------------------------------------------- */

#define FD_WORDS	16		/* no descriptor beyond is looked at */

struct fd_sets {
	int nr;				/* descriptors from 0 on */
	uint64_t in[3][FD_WORDS], out[3][FD_WORDS];
};

static const uint32_t select_masks[3] = {
	EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR,
	EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR,
	EPOLLPRI,
};

static long select_one(struct fd_sets *sets, int fd)
{
	uint64_t bit = 1UL << fd % 64;
	struct file *file;
	uint32_t mask;
	long ready = 0;

	if (!((sets->in[0][fd / 64] | sets->in[1][fd / 64] | sets->in[2][fd / 64]) & bit))
		return 0;
	file = fget(fd);
	if (!file)
		return -LX_EBADF;
	mask = file_poll(file);
	fput(file);
	for (int i = 0; i < 3; i++) {
		if (!(sets->in[i][fd / 64] & bit) || !(mask & select_masks[i]))
			continue;
		sets->out[i][fd / 64] |= bit;
		ready++;
	}
	return ready;
}

static long look_at_sets(void *what)
{
	struct fd_sets *sets = what;
	long ready = 0;

	memset(sets->out, 0, sizeof(sets->out));
	for (int fd = 0; fd < sets->nr; fd++) {
		long n = select_one(sets, fd);

		if (n < 0)
			return n;
		ready += n;
	}
	return ready;
}

static int get_sets(struct fd_sets *sets, const uint64_t *at)
{
	memset(sets->in, 0, sizeof(sets->in));
	for (int i = 0; i < 3; i++)
		if (at[i] && copy_from_user(sets->in[i], at[i], (sets->nr + 63) / 64 * 8))
			return -LX_EFAULT;
	return 0;
}

static int put_sets(const struct fd_sets *sets, const uint64_t *at)
{
	for (int i = 0; i < 3; i++)
		if (at[i] && copy_to_user(at[i], sets->out[i], (sets->nr + 63) / 64 * 8))
			return -LX_EFAULT;
	return 0;
}

/* at: of the sets to read, to write, and of exceptions; 0: none. */
static long do_select(int nr, const uint64_t *at, uint64_t expires)
{
	struct fd_sets sets = { .nr = min(nr, FD_WORDS * 64) };
	long ret;

	if (nr < 0)
		return -LX_EINVAL;
	ret = get_sets(&sets, at);
	if (!ret)
		ret = poll_until(look_at_sets, &sets, expires);
	if (ret >= 0 && put_sets(&sets, at))
		ret = -LX_EFAULT;
	return ret;
}

/* A timeval from now on. 0 or -errno. */
static int get_timeval_expiry(uint64_t from, uint64_t *expires)
{
	struct user_timeval time;

	if (copy_from_user(&time, from, sizeof(time)))
		return -LX_EFAULT;
	time.sec += time.usec / USEC_PER_SEC;
	time.usec %= USEC_PER_SEC;
	if (time.sec < 0 || time.usec < 0)
		return -LX_EINVAL;
	if (__builtin_mul_overflow((uint64_t)time.sec, NSEC_PER_SEC, expires) ||
	    __builtin_add_overflow(*expires, (uint64_t)time.usec * 1000 + lab.virtual_ns, expires) || *expires == NO_TIMEOUT)
		*expires = NO_TIMEOUT - 1;
	return 0;
}

/** select(nr, in, out, ex, timeout) */
long ksys_select(struct pt_regs *regs)
{
	const uint64_t at[3] = { regs->si, regs->dx, regs->r10 };
	uint64_t expires = NO_TIMEOUT;
	long ret = regs->r8 ? get_timeval_expiry(regs->r8, &expires) : 0;

	if (ret)
		return ret;
	ret = do_select(regs->di, at, expires);
	return finish_with_mask(ret, /* masked = */ false, regs->r8, expires, /* usec = */ true);
}

/** pselect6(nr, in, out, ex, timeout, sig): sig is a mask's address and size, or nothing. */
long ksys_pselect6(struct pt_regs *regs)
{
	const uint64_t at[3] = { regs->si, regs->dx, regs->r10 };
	uint64_t expires = NO_TIMEOUT, sig[2] = { 0, 0 };
	long ret;

	if (regs->r9 && copy_from_user(sig, regs->r9, sizeof(sig)))
		return -LX_EFAULT;
	ret = regs->r8 ? get_user_expiry(regs->r8, /* span = */ true, &expires) : 0;
	if (!ret)
		ret = set_user_sigmask(sig[0], sig[1]);
	if (ret)
		return ret;
	ret = do_select(regs->di, at, expires);
	return finish_with_mask(ret, sig[0], regs->r8, expires, /* usec = */ false);
}
