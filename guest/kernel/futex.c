/* SPDX-License-Identifier: MIT */
/*
 * Futexes (Linux kernel/futex: core.c, waitwake.c, requeue.c). A word of memory stands for a queue. A private one is known
 * by mm and address; a shared one by what is behind the address: the file and the place in it, or, where that is
 * anonymous memory, mm and address again. Linux hashes the queues; here all who wait are on one list, in order.
 */
#include "futex.h"
#include "labdev.h"
#include "signal.h"
#include "uaccess.h"
#include "usertime.h"

enum key_kind { KEY_PRIVATE, KEY_ANON, KEY_INODE };

struct futex_key {
	enum key_kind kind;
	void *object;			/* mm, or inode with a reference while somebody waits */
	uint64_t offset;		/* address, or byte of the file */
};

/** Who waits, on its own stack. list.next NULL: it was woken. */
struct futex_q {
	struct list_head list;
	struct task *task;
	struct futex_key key;
	uint32_t bitset;
};

static struct list_head waiters = LIST_HEAD_INIT(waiters);

/* --- keys ----------------------------------------------------------------------------------------------------- */

static bool same_key(const struct futex_key *a, const struct futex_key *b)
{
	return a->kind == b->kind && a->object == b->object && a->offset == b->offset;
}

static void get_key(const struct futex_key *key)
{
	if (key->kind == KEY_INODE)
		igrab(key->object);
}

static void put_key(const struct futex_key *key)
{
	if (key->kind == KEY_INODE)
		iput(key->object);
}

/* The page behind uaddr, as it is when written; one that cannot be written will do, too. *ro tells. 0 or -errno. */
static int get_futex_page(uint64_t uaddr, struct page **page, bool *ro)
{
	uint64_t address = ALIGN_DOWN(uaddr, PAGE_SIZE);
	struct mm_struct *mm = current->ts.mm;
	long got;

	mmap_read_lock(mm);
	got = get_user_page_fast(mm, address, /* write = */ true, page);
	*ro = got == -LX_EFAULT;
	if (*ro)
		got = get_user_page_fast(mm, address, /* write = */ false, page);
	mmap_read_unlock(mm);
	return got < 0 ? got : 0;
}

static int shared_key(uint64_t uaddr, struct futex_key *key)
{
	struct page *page;
	bool ro;
	int error = get_futex_page(uaddr, &page, &ro);

	if (error)
		return error;
	if (!page->mapping) {
		error = -LX_EFAULT;	/* the zero page: nobody will ever change it */
	} else if ((uint64_t)page->mapping & PAGE_MAPPING_ANON) {
		*key = (struct futex_key){ KEY_ANON, current->ts.mm, uaddr };
		error = ro ? -LX_EFAULT : 0;
	} else {
		*key = (struct futex_key){ KEY_INODE, ((struct address_space *)page->mapping)->host,
					   page->index * PAGE_SIZE + uaddr % PAGE_SIZE };
	}
	put_page(page);
	return error;
}

/* Without a reference. 0 or -errno. */
static int get_futex_key(uint64_t uaddr, bool shared, struct futex_key *key)
{
	if (uaddr % sizeof(uint32_t))
		return -LX_EINVAL;
	if (!access_ok(uaddr, sizeof(uint32_t)))
		return -LX_EFAULT;
	if (shared)
		return shared_key(uaddr, key);
	*key = (struct futex_key){ KEY_PRIVATE, current->ts.mm, uaddr };
	return 0;
}

/* --- waking --------------------------------------------------------------------------------------------------- */

static void wake_waiter(struct futex_q *q)
{
	list_del(&q->list);
	wake_up_task(q->task);
}

long futex_wake(uint64_t uaddr, bool shared, int nr, uint32_t bitset)
{
	struct futex_q *q, *next;
	struct futex_key key;
	int woken = 0, error;

	if (!bitset)
		return -LX_EINVAL;
	error = get_futex_key(uaddr, shared, &key);
	if (error)
		return error;
	list_for_each_entry_safe(q, next, &waiters, list) {
		if (!same_key(&q->key, &key) || !(q->bitset & bitset))
			continue;
		wake_waiter(q);
		if (++woken >= nr)
			break;
	}
	return woken;
}

/* --- waiting -------------------------------------------------------------------------------------------------- */

static void sleep_in_queue(struct futex_q *q, uint64_t expires)
{
	bool timed = expires != NO_TIMEOUT;

	get_key(&q->key);
	list_add_tail(&q->list, &waiters);
	if (timed)
		timer_start(q->task, expires);
	while (q->list.next && !signal_pending(q->task) && !(timed && !timer_pending(q->task)))
		task_sleep();
}

/* Until it is woken, the time comes, or a signal does. What is in the restart block is all there is to know. */
static long futex_wait(const struct restart_block *wait)
{
	struct futex_q q = { .task = current, .bitset = wait->futex.bitset };
	bool woken, timed_out;
	uint32_t value;
	int error;

	error = get_futex_key(wait->futex.uaddr, wait->futex.shared, &q.key);
	if (error)
		return error;
	if (get_user_u32(&value, wait->futex.uaddr))
		return -LX_EFAULT;
	if (value != wait->futex.value)
		return -LX_EAGAIN;
	if (wait->expires <= lab.virtual_ns)
		return -LX_ETIMEDOUT;
	sleep_in_queue(&q, wait->expires);
	woken = !q.list.next;
	timed_out = wait->expires != NO_TIMEOUT && !timer_pending(current);
	timer_cancel(current);
	if (!woken)
		list_del(&q.list);
	put_key(&q.key);
	if (woken)
		return 0;
	return timed_out ? -LX_ETIMEDOUT : -ERESTARTSYS;
}

static long futex_wait_restart(struct restart_block *restart);

/* With a timeout it must not begin anew: the time that is left is what counts. */
static long futex_wait_or_restart(struct restart_block *wait)
{
	long ret = futex_wait(wait);

	if (ret != -ERESTARTSYS || wait->expires == NO_TIMEOUT)
		return ret;
	wait->fn = futex_wait_restart;
	current->restart = *wait;
	return -ERESTART_RESTARTBLOCK;
}

static long futex_wait_restart(struct restart_block *restart)
{
	struct restart_block wait = *restart;

	return futex_wait_or_restart(&wait);
}

/* --- requeueing ----------------------------------------------------------------------------------------------- */

static void requeue(struct futex_q *q, const struct futex_key *to)
{
	if (same_key(&q->key, to))
		return;
	get_key(to);
	put_key(&q->key);
	q->key = *to;
	list_del(&q->list);
	list_add_tail(&q->list, &waiters);
}

/* Up to nr_wake are woken, up to nr_requeue more wait at uaddr2 from now on. How many in all, or -errno. */
static long futex_requeue(uint64_t uaddr, uint64_t uaddr2, bool shared, int nr_wake, int nr_requeue,
			  const uint32_t *expected)
{
	struct futex_key key, to;
	struct futex_q *q, *next;
	uint32_t value;
	int n = 0, error;

	if (nr_wake < 0 || nr_requeue < 0)
		return -LX_EINVAL;
	error = get_futex_key(uaddr, shared, &key);
	if (!error)
		error = get_futex_key(uaddr2, shared, &to);
	if (error)
		return error;
	if (expected && get_user_u32(&value, uaddr))
		return -LX_EFAULT;
	if (expected && value != *expected)
		return -LX_EAGAIN;
	list_for_each_entry_safe(q, next, &waiters, list) {
		if (n - nr_wake >= nr_requeue)
			break;
		if (!same_key(&q->key, &key))
			continue;
		if (++n <= nr_wake)
			wake_waiter(q);
		else
			requeue(q, &to);
	}
	return n;
}

/* --- futex(2) ------------------------------------------------------------------------------------------------- */

/* When a wait ends: FUTEX_WAIT's timeout is a span, FUTEX_WAIT_BITSET's a time. 0, -LX_EFAULT or -LX_EINVAL. */
static int get_timeout(uint64_t at, bool span, uint64_t *expires)
{
	*expires = NO_TIMEOUT;
	if (!at)
		return 0;
	return get_user_expiry(at, span, expires);
}

static long do_futex_wait(struct pt_regs *regs, bool shared, bool span, uint32_t bitset)
{
	struct restart_block wait = {
		.futex = { .uaddr = regs->di, .value = regs->dx, .bitset = bitset, .shared = shared },
	};
	int error = get_timeout(regs->r10, span, &wait.expires);

	if (error)
		return error;
	if (((int)regs->si & LX_FUTEX_CLOCK_REALTIME) && wait.expires != NO_TIMEOUT)
		wait.expires -= min(wait.expires, lab.live.realtime_offset);
	return bitset ? futex_wait_or_restart(&wait) : -LX_EINVAL;
}

/** futex(uaddr, op, val, timeout or val2, uaddr2, val3). Those with priority inheritance, and WAKE_OP, are not built in. */
long ksys_futex(struct pt_regs *regs)
{
	int op = regs->si, cmd = op & LX_FUTEX_CMD_MASK;
	bool shared = !(op & LX_FUTEX_PRIVATE_FLAG);
	uint32_t val3 = regs->r9;

	if ((op & LX_FUTEX_CLOCK_REALTIME) && cmd != LX_FUTEX_WAIT_BITSET)
		return -LX_ENOSYS;
	switch (cmd) {
	case LX_FUTEX_WAIT:
		return do_futex_wait(regs, shared, /* span = */ true, FUTEX_BITSET_MATCH_ANY);
	case LX_FUTEX_WAIT_BITSET:
		return do_futex_wait(regs, shared, /* span = */ false, val3);
	case LX_FUTEX_WAKE:
		return futex_wake(regs->di, shared, regs->dx, FUTEX_BITSET_MATCH_ANY);
	case LX_FUTEX_WAKE_BITSET:
		return futex_wake(regs->di, shared, regs->dx, val3);
	case LX_FUTEX_REQUEUE:
		return futex_requeue(regs->di, regs->r8, shared, regs->dx, regs->r10, NULL);
	case LX_FUTEX_CMP_REQUEUE:
		return futex_requeue(regs->di, regs->r8, shared, regs->dx, regs->r10, &val3);
	default:
		return -LX_ENOSYS;
	}
}
