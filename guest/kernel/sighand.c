/* SPDX-License-Identifier: MIT */
/* What a process does about each signal: setting, sharing and copying its actions. */
#include "signal.h"

static DEFINE_KMEM_CACHE(sighand_cachep, "sighand_struct", sizeof(struct sighand_struct));
static DEFINE_KMEM_CACHE(sigactions_cachep, "sigactions", LX_NSIG * sizeof(struct user_sigaction));

static struct sighand_struct *alloc_sighand(void)
{
	struct sighand_struct *sighand = kmem_cache_alloc(&sighand_cachep);

	if (!sighand)
		return NULL;
	sighand->count = 1;
	sighand->used = 0;
	sighand->table = sighand->inline_table;
	memset(sighand->slot, 0, sizeof(sighand->slot));
	return sighand;
}

static void free_sighand(struct sighand_struct *sighand)
{
	if (sighand->table != sighand->inline_table)
		kmem_cache_free(&sigactions_cachep, sighand->table);
	kmem_cache_free(&sighand_cachep, sighand);
}

/** Room for every signal there is. -LX_ENOMEM: nothing changed. */
static int grow_table(struct sighand_struct *sighand)
{
	struct user_sigaction *table = kmem_cache_alloc(&sigactions_cachep);

	if (!table)
		return -LX_ENOMEM;
	memcpy(table, sighand->table, sighand->used * sizeof(*table));
	sighand->table = table;
	return 0;
}

/** The action that was set once, or NULL. */
static struct user_sigaction *find_action(const struct task *task, int signo)
{
	struct sighand_struct *sighand = task->sighand;

	if (!sighand || !sighand->slot[signo - 1])
		return NULL;
	return &sighand->table[sighand->slot[signo - 1] - 1];
}

struct user_sigaction get_action(const struct task *task, int signo)
{
	const struct user_sigaction *action = find_action(task, signo);

	return action ? *action : (struct user_sigaction){ .handler = SIG_DFL_HANDLER };
}

int set_action(struct task *task, int signo, const struct user_sigaction *action)
{
	struct sighand_struct *sighand;

	if (!task->sighand)
		task->sighand = alloc_sighand();
	sighand = task->sighand;
	if (!sighand)
		return -LX_ENOMEM;
	if (!sighand->slot[signo - 1]) {
		if (sighand->used == SIGHAND_INLINE && grow_table(sighand))
			return -LX_ENOMEM;
		sighand->slot[signo - 1] = ++sighand->used;
	}
	*find_action(task, signo) = *action;
	return 0;
}

/**
 * The handler only, as Linux: flags and mask stay to be read. Never fails: what was never set needs
 * no table.
 */
void reset_action(struct task *task, int signo)
{
	struct user_sigaction *action = find_action(task, signo);

	if (action)
		action->handler = SIG_DFL_HANDLER;
}

/** A copy; NULL: no memory. */
static struct sighand_struct *dup_sighand(const struct sighand_struct *old)
{
	struct sighand_struct *new = alloc_sighand();

	if (!new)
		return NULL;
	if (old->used > SIGHAND_INLINE && grow_table(new)) {
		free_sighand(new);
		return NULL;
	}
	new->used = old->used;
	memcpy(new->slot, old->slot, sizeof(new->slot));
	memcpy(new->table, old->table, old->used * sizeof(*new->table));
	return new;
}

int copy_sighand(struct task *child, bool share)
{
	struct sighand_struct *old = current->sighand;

	/* Sharing needs something to share, or a later first action would be one thread's alone. */
	if (share && !old)
		old = current->sighand = alloc_sighand();
	if (!old)
		return share ? -LX_ENOMEM : 0;
	if (share)
		old->count++;
	child->sighand = share ? old : dup_sighand(old);
	return child->sighand ? 0 : -LX_ENOMEM;
}

int flush_signal_handlers(struct task *task)
{
	struct sighand_struct *old = task->sighand, *mine = old;

	if (!old)
		return 0;
	if (old->count > 1) {
		mine = dup_sighand(old);
		if (!mine)
			return -LX_ENOMEM;
		old->count--;
		task->sighand = mine;
	}
	for (uint32_t i = 0; i < mine->used; i++) {
		uint64_t handler = mine->table[i].handler;

		if (handler != SIG_IGN_HANDLER)
			handler = SIG_DFL_HANDLER;
		mine->table[i] = (struct user_sigaction){ .handler = handler };
	}
	return 0;
}

void put_sighand(struct task *task)
{
	if (task->sighand && --task->sighand->count == 0)
		free_sighand(task->sighand);
	task->sighand = NULL;
}
