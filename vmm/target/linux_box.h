/* SPDX-License-Identifier: MIT */
/*
 * The box: where the tasks of the target `linux` live. Namespaces of its own for users, processes, mounts and
 * System V objects, with one keeper as its process 1:
 *
 *	vmm ──control──▶ keeper (pid 1) ──fork, exec──▶ /agent (pid 2), …
 *
 * So kill reaches nobody outside; `/` is a tmpfs that nobody else sees; and when the keeper ends, however vmm
 * ended, the kernel kills every task and frees every file and segment of the box. No privilege is needed where
 * unprivileged user namespaces are allowed. Tasks have no capabilities, fixed limits and a seccomp allow-list.
 */
#ifndef VMM_TARGET_LINUX_BOX_H
#define VMM_TARGET_LINUX_BOX_H

#include <stddef.h>
#include "agent.h"
#include "base/error.h"

struct box {
	int keeper;			 /* its pid outside; 0: none */
	int control;			 /* SOCK_SEQPACKET to the keeper */
	int proc;			 /* directory: the box's /proc */
	int sleeps;			 /* what tasks ask of time (linux_time.h) */
	int ours[AGENT_CHANNELS];	 /* our ends of the channels: one message is one command or report */
	int theirs[AGENT_CHANNELS];	 /* the tasks' ends, kept so that leftovers can be thrown away */
};

/**
 * Make the box; `agent` is the ELF that it holds as /agent. 0, or -1 with *e: EXIT_SKIPPED where this host does
 * not allow it.
 */
int box_open(struct box *box, const void *agent, size_t size, struct error *e);
/** A new process of the box that runs /agent on `channel`: its pid in the box, or -errno. -1 with *e: trouble. */
int box_spawn(struct box *box, const char *name, int channel, int *pid, struct error *e);
/** Throw away what a dead task left unread or unwritten in its channel. */
void box_drain(struct box *box, int channel);
/** How `pid`, which was the keeper's child and is gone, ended: a wait status; -1: not known. */
int box_exit_code(struct box *box, int pid);
/** End everything that lives in it. */
void box_close(struct box *box);

/* --- between vmm and the keeper ------------------------------------------------------------------- */

enum box_message_op {
	BOX_READY,	/* keeper: the box stands; with the descriptors of its /proc and of its sleeps */
	BOX_FAILED,	/* keeper: `text` failed with errno `value` */
	BOX_SPAWN,	/* vmm: run an agent called `text` on channel `value`; keeper: its pid or -errno */
	BOX_STATUS,	/* vmm: how did pid `value` end? keeper: its wait status, or -1 */
};

struct box_message {
	int32_t op;
	int32_t value;
	char text[64];
};

/** The keeper's life, as process 1 of the box. `ready`: a byte comes when the maps of ids stand. */
_Noreturn void keeper_main(int control, int ready, const int *theirs, const void *agent, size_t size);
/** Give up all but what the language needs, in a task about to become the agent. 0, or -errno. */
int task_confine(void);

#endif
