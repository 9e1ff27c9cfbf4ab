/* SPDX-License-Identifier: MIT */
/*
 * The document of a run: a header, one entry per step with what changed, a summary. To a stream,
 * as text or JSON Lines, and to the files of --out, which are complete after each step.
 */
#ifndef VMM_REPORT_REPORT_H
#define VMM_REPORT_REPORT_H

#include <stdio.h>
#include "base/error.h"
#include "lab.h"
#include "observe/model.h"
#include "report/buf.h"
#include "report/picture.h"
#include "verify/verify.h"

struct report;

enum report_detail { DETAIL_NONE, DETAIL_CHANGES, DETAIL_FULL };

struct report_config {
	enum report_detail detail; /* JSON tells the whole picture unless it is DETAIL_NONE */
	bool json;		   /* JSON Lines instead of text */
	const char *verify;	   /* when invariants are checked: "step", "end", "off" */
	bool raw;		   /* everything as it is; see names.h and picture.h */
	bool live;		   /* a person looks at it: machine and time may be told in text */
	const char *out;	   /* directory for step-NNNN.{txt,json}, index.jsonl; NULL: none */
	FILE *to;
};

struct report_header {
	const char *version;  /* of mmscope */
	const char *scenario; /* its name, or NULL */
	const char *machine;  /* description; told when raw or live */
	uint64_t ram_size;
	uint32_t abi_version;
};

/** One numbered step. All pointers are the caller's and need not outlive the call. */
struct report_step {
	uint32_t number;
	int pid;	       /* of the acting task; 0: none */
	const char *op, *args; /* "write", "7ffff7ffc000 41" */
	const char *result;    /* "ok" */
	const char *status;    /* "ok", "errno", "fault", "pending", "gone" */
	const char *where;     /* "cow.lua:12", or NULL */
	const struct lab_event *events;
	uint32_t nr_events;
	struct touch access; /* what the operation itself is known to have accessed; empty: nothing */
	bool own_fault;	     /* the signal that `result` tells already: signo, address */
	int signo;
	uint64_t fault_addr;
	const struct model *now;	/* NULL: not looked at */
	const struct finding *findings; /* of this step, already without those told before */
	uint32_t nr_findings;
	uint32_t nr_old_findings; /* that stood already after the step before */
	const char *expected;	/* ids of invariants whose findings the script waits for, in words; or "" */
	uint64_t checks;
};

/** Does the document show it? Canonical: not the agent's own faults, nor what only some machines have. */
bool report_event_shown(bool raw, const struct lab_event *event);

struct report_totals {
	const char *compared; /* what was compared with another kernel, in words; "": nothing */
	uint32_t steps;
	uint64_t checks;
	uint32_t invariants;	     /* rows of the table; 0: not verified */
	uint32_t findings, failures; /* of the verifier; failed expectations */
	double seconds;		     /* told when raw or live */
};

/** Open the document and write its header. NULL with *e (EXIT_HOST). */
struct report *report_open(const struct report_config *config, const struct report_header *header,
			   struct error *e);
/** What the script calls a task. Before the step that makes it known. */
void report_name_task(struct report *r, int pid, const char *name);
const char *report_task_name(const struct report *r, int pid);
/** Write a step everywhere it goes. -1 with *e (EXIT_HOST) when it could not be written. */
int report_step(struct report *r, const struct report_step *step, struct error *e);
/** A line between steps: a heading by step("…"). */
int report_label(struct report *r, const char *text, struct error *e);
/** What print() of the script says. */
int report_print(struct report *r, const char *text, struct error *e);
/** Findings of a verify() between steps, in `model`. */
int report_findings(struct report *r, const struct model *model, const struct finding *findings, uint32_t n,
		    struct error *e);
/** The whole picture as text now, whatever --dump says. */
int report_dump(struct report *r, struct error *e);
/** Look at a model without a step, so that report_picture is up to date. */
void report_look(struct report *r, const struct model *model);
/** The last picture, or NULL. */
const struct picture *report_picture(const struct report *r);
const struct names *report_names(const struct report *r);
/** Lines of what the last step changed (rendered on demand; any --dump). */
void report_last_changes(const struct report *r, struct buf *b);
/** What is known of an address: area, walk, frame, and the steps that changed its entry. */
void report_why(const struct report *r, const struct model *model, int pid, uint64_t va, struct buf *b);
/** What is known of a frame: what it is, and the steps that changed that, in all its lives. */
void report_why_frame(const struct report *r, uint64_t pfn, struct buf *b);
/** The faults of the last step as stories; `before` (or NULL) and `model` are the looks around it. */
void report_explain(const struct report *r, const struct model *before, const struct model *model, struct buf *b);
/** How things are called and what is known of accesses to pages, now; the caller's, for report_free_state. */
struct report_state *report_save(const struct report *r, const struct model *model);
/**
 * The guest was set back to when `state` was saved, and `model` is what it is now: names are as then. The next
 * report_step tells what that changed.
 */
void report_restore(struct report *r, const struct report_state *state, const struct model *model);
void report_free_state(struct report_state *state);
/** Summary; closes nothing. */
int report_end(struct report *r, const struct report_totals *totals, struct error *e);
void report_close(struct report *r);

/** `vmm diff A B`: two recorded steps or run directories. argv[0] is "diff"; exit status. */
int diff_main(int argc, char **argv);
extern const char diff_help[];

#endif
