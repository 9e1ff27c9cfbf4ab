/* SPDX-License-Identifier: MIT */
/*
 * The step engine: what one run of one scenario is made of. An operation is one or more rounds of the
 * target, then one look from outside: observe, verify, report. Knows nothing of Lua.
 */
#ifndef VMM_SCRIPT_SESSION_H
#define VMM_SCRIPT_SESSION_H

#include "machine/guest_elf.h"
#include "options.h"
#include "report/report.h"
#include "report/words.h"
#include "target/target.h"
#include "verify/verify.h"

/** What is known of an operation that was started and has not been waited for. */
/** What a call was given as text: offset and length of each in the command's data, to be given back. */
struct text_args {
	uint32_t in_data; /* bit i: argument i is one */
	uint32_t offset[6], len[6];
};

struct pending {
	bool done;
	bool gone;     /* its task died before it returned */
	bool vanished; /* a restore() went back to before it was begun */
	struct agent_report report;
	uint64_t nr; /* system call */
	struct text_args texts;
	char op[32];
	unsigned int refs; /* a script handle, and the task while it is under way */
};

/** A task of the scenario: a process or a thread with an agent in it. Lives as long as the session. */
struct task {
	int channel, pid;
	char name[NAME_MAX_LEN];
	bool gone;		 /* dead: exit_code tells how */
	bool vanished;		 /* gone, too: a restore() went back to before it was */
	int exit_code;		 /* wait status */
	struct pending *pending; /* its operation under way, or NULL */
	struct task *process;	 /* first task of its process */
	uint32_t slots;		 /* first task: agent slots in use, bit 0 its own */
	unsigned int slot;
};

struct session;

/** What came of one round for the acting task. */
enum outcome_kind { OUTCOME_REPORT, OUTCOME_PENDING, OUTCOME_GONE };
struct outcome {
	enum outcome_kind kind;
	bool awaits;		    /* OUTCOME_PENDING: yet it awaits a command: a new program runs in it */
	struct agent_report report; /* OUTCOME_REPORT */
};

/** Who looks on while a script runs (vmm mutate): called between two steps. */
struct session_watch {
	void *ctx;
	void (*step)(void *ctx, struct session *s); /* after each */
	void (*end)(void *ctx, struct session *s);  /* once, after the script; only if a machine runs */
};

struct session {
	const struct options *options;
	const struct session_watch *watch; /* or NULL */
	FILE *to;	      /* the document */
	struct target_live *live; /* a program shall run in the guest as on the host (prog.c); or NULL */
	FILE *output;	      /* what programs write to the console goes here; NULL: with the kernel's words, to stderr */
	const char *scenario; /* its name, or NULL */
	char scenario_name[64];
	uint64_t mem_size;	   /* as the scenario wishes; 0: not said */
	uint64_t max_instructions; /* 0, or count so many at most (machine_config) */
	bool interactive;	   /* at the prompt: nothing is fatal but the end of the guest */

	struct guest_elf elf;
	bool elf_open;
	struct target *target;
	struct report *report;
	struct model *model, *before; /* last two looks */
	struct picture *shown;	      /* of a target that has no model: what a:maps() looked at last */
	bool stale;		      /* something ran since `model` was made */
	bool quiet;		      /* steps are looked at and verified, not counted and not told (inject.sweep) */
	struct findings findings;     /* of the last verification */
	const char *expecting;	      /* ids of expect.finding: findings are no failure now; NULL: they are */
	const struct invariant **expected; /* whose findings came while expecting, each once */
	uint32_t nr_expected;
	struct buf expected_now; /* those of the step under way that are waited for, in words */

	struct task **tasks;
	uint32_t nr_tasks;
	struct lab_event *events; /* of the step so far */
	uint32_t nr_events, cap_events;
	struct buf args, result; /* of the operation under way, in words */
	struct buf completed;	 /* pending operations that returned in this step, in words */

	struct error error;
	bool over; /* an error ended the run: no more operations */
	enum exit_status status;
	uint32_t steps, nr_findings, failures;
	uint32_t nr_snapshots; /* held by the script */
	uint64_t checks;
	double started_at, last_op_at;
	char where[160];     /* script position of the operation under way */
	char doing[256];     /* the operation under way in words, should the guest die of it */
	char last_step[256]; /* the last finished step in words, for failed expectations */
};

/** Prepare; starts nothing. */
void session_init(struct session *s, const struct options *options, const char *scenario, FILE *to);
/** Boot the machine if that has not happened. 0, or -1: s->error, s->over. */
int session_start(struct session *s);

/** A new process. NULL: -errno in *guest_errno, or 0 there and s->over. Begins a step. */
struct task *session_spawn(struct session *s, const char *name, int *guest_errno);
/** One command for a task, run to quiescence. May be called several times in one step. 0 or -1. */
int session_round(struct session *s, struct task *task, const struct agent_cmd *cmd, struct outcome *out);
/** A frame of the guest goes bad, and a machine check tells it. 0 or -1. */
int session_poison(struct session *s, uint64_t pfn);
/** Only run: what tick does. 0 or -1. */
int session_tick(struct session *s, uint64_t ns);
/** A task that appeared on `channel` in this step, called `name` (NULL: the next free letter). */
struct task *session_add_task(struct session *s, int channel, int pid, const char *name,
			      struct task *process);
/** Take the first report of a task that was just added, and how it stands. */
void session_meet(struct session *s, struct task *task);
/** Let the round's operation of `task` go on as pending. */
struct pending *session_leave_pending(struct session *s, struct task *task, uint64_t nr, const char *op);
void pending_put(struct pending *p);

/** One finished operation in words. */
struct step_words {
	const char *op, *args, *result, *status;
	struct touch access;
	bool own_fault;
	int signo;
	uint64_t fault_addr;
};
/** End the step: look, verify, report. 0 or -1. */
int session_finish(struct session *s, const struct task *task, const struct step_words *words);

/** Make s->model that of now, and s->before the one before. 0 or -1. */
int session_observe(struct session *s);
/** Make s->model and the report's picture those of now. 0 or -1. */
int session_look(struct session *s);
/** Verify now; new findings are told. Number of findings, or -1. */
int64_t session_verify(struct session *s);
/** twice.c: s->model was made just now. Is it what one made from nothing is? If not the run is over, and this is -1. */
int session_observe_twice(struct session *s);
/** twice.c: s->model was verified, with these findings. Is the long way to the same end? If not the run is over. */
void session_verify_twice(struct session *s, const struct findings *found, uint64_t checks);
/** Verify now, whatever ran since the last time, and tell nobody: s->findings, s->nr_findings. 0, or -1: s->error. */
int session_inspect(struct session *s);
/** A failed expectation: counted, status 1. */
void session_failure(struct session *s);
/** End of the script: what remains to be verified, and the summary. Then s->status stands. */
void session_end(struct session *s);
void session_free(struct session *s);
/** Record a fatal error (s->error holds it): nothing runs any more. Always -1. */
int session_over(struct session *s);
/** Is `id` among ids with commas or blanks between? */
bool id_among(const char *ids, const char *id);
/** Seconds of a clock that only moves forward. */
double seconds_now(void);

#endif
