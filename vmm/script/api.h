/* SPDX-License-Identifier: MIT */
/*
 * The scenario language, file by file: rows of name, function and help. What help() says comes from
 * the very rows that register the functions.
 */
#ifndef VMM_SCRIPT_API_H
#define VMM_SCRIPT_API_H

#include "script/sandbox.h"
#include "script/session.h"

/** One function of the language. A table of rows ends with name == NULL. */
struct api_row {
	const char *name;
	lua_CFunction fn;
	const char *usage; /* "a:read(p [, size])" */
	const char *help;  /* one sentence or two */
};
extern const struct api_row run_rows[];	   /* api_run.c: globals that run things */
extern const struct api_row see_rows[];	   /* api_see.c: globals that look */
extern const struct api_row state_rows[];  /* api_state.c: globals: snapshot, restore */
extern const struct api_row inject_rows[]; /* api_inject.c: fields of inject */
extern const struct api_row expect_rows[]; /* expect.c: fields of expect */
extern const struct api_row call_rows[];   /* api_call.c: methods of a task: system calls */
extern const struct api_row mem_rows[];	   /* api_mem.c: methods: mremap, madvise, mlock … */
extern const struct api_row name_rows[];   /* api_names.c: methods: mkdir, rename, stat … */
extern const struct api_row file_rows[];   /* api_file.c: methods: open, pread, shmget, exec … */
extern const struct api_row ipc_rows[];	   /* api_ipc.c: methods: pipe, shmget, futex_wait … */
extern const struct api_row proc_rows[];   /* api_proc.c: methods: proc, cat */
extern const struct api_row life_rows[];   /* api_life.c: methods: fork, exit, wait … */
extern const struct api_row access_rows[]; /* api_access.c: methods: read, write … */
extern const struct api_row look_rows[];   /* api_see.c: methods that look */
extern const struct api_row handle_rows[]; /* api_life.c: methods of a handle */
extern const struct api_row help_rows[];   /* help.c */

#define TASK_TYPE   "task"
#define HANDLE_TYPE "handle"
#define STATE_TYPE  "snapshot"

/** Register everything in a new sandbox. */
void api_open(lua_State *L);

/* --- values (api.c) ------------------------------------------------------------------------------- */

/** Argument `index` as a task, alive or not. */
struct task *check_task(lua_State *L, int index);
void push_task(lua_State *L, struct task *task);
void push_handle(lua_State *L, struct pending *p);
struct pending *check_handle(lua_State *L, int index);

/** Make the metatable of snapshots (api_state.c). */
void open_state_type(lua_State *L);

/* --- one operation (op.c) ------------------------------------------------------------------------- */

/**
 * Begin the operation `name` of the task that is argument 1: it must be alive and not blocked. Arguments
 * in words go to s->args, the result to s->result, both empty now.
 */
struct task *op_begin(lua_State *L, const char *name);
/** The same for operations of no task. */
struct session *op_begin_global(lua_State *L, const char *name);
/**
 * One round. OUTCOME_REPORT or OUTCOME_GONE come back; where the operation blocks, the step ends as pending
 * and the script gets an error that says how to wait.
 */
void op_round(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd, struct outcome *out);
/** End the step: `status` as in struct report_step. `access`, `fault` may be NULL. */
void op_end(lua_State *L, const struct task *task, const char *name, const char *status,
	    const struct touch *access, const struct agent_report *fault);
/** End the step of a task that died of its operation; pushes nil and how. Returns 2. */
int op_gone(lua_State *L, struct task *task, const char *name);
/** End the step of an access that faulted; pushes nil and the fault table. Returns 2. */
int op_fault(lua_State *L, struct task *task, const char *name, const struct agent_report *report,
	     const struct touch *access);
/** A command that makes system call nr. */
struct agent_cmd syscall_cmd(uint64_t nr);
/** Make the call, end the step, push its value. Number of values. */
int finish_call(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd);
/**
 * Make a call whose success the caller tells itself: 0 with *report, and the caller ends the step; else the
 * step has ended, and this many values (nil and why) are pushed.
 */
int call_round(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd,
	       struct agent_report *report);
/** A call that may block: its step ends as pending, and the handle that is pushed tells when it has returned. */
int start_call(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd,
	       const struct text_args *texts);
/** Push what the call left in its texts. Number of values. */
int push_texts(lua_State *L, const struct agent_report *report, const struct text_args *texts);
/** Where the guest will find `offset` of the command's data: for pointers in that data. */
uint64_t data_address(const struct task *task, uint32_t offset);
/** Value of a system call in words: "ENOMEM", hex for an address, decimal. */
void put_value(struct buf *b, uint64_t nr, int64_t value);
/** Push a system call's value, or nil and an errno name. Number of values. */
int push_value(lua_State *L, int64_t value);
/** Bytes in quotes, the first 16 of them, escaped where they cannot be shown. */
void put_bytes(struct buf *b, const char *bytes, size_t n);
/** A length in words: "3p" for whole pages. */
void put_len(struct buf *b, uint64_t len);

/* --- expectations (expect.c, api_proc.c) ------------------------------------------------------------ */

/** Raise the failure: where, what, in which step, and what that step changed. message: the script's own, or NULL. */
int expect_failed(lua_State *L, const char *what, const char *message);
/** expect.proc(): reads and compares; a step. */
int expect_proc(lua_State *L);

/* --- arguments (args.c) --------------------------------------------------------------------------- */

/** "rw", "none", "" or an integer at stack index. */
uint64_t check_prot(lua_State *L, int index);
/** "private,anon" or an integer at stack index. */
uint64_t check_map_flags(lua_State *L, int index);
void put_prot_words(struct buf *b, uint64_t prot);
void put_map_flags(struct buf *b, uint64_t flags);
/** Number of a system call by name or number at stack index. */
uint64_t check_syscall(lua_State *L, int index);
/** Argument 1: a frame, by its name ("F31", "zero") or number, of the picture that was looked at last. */
uint64_t check_frame(lua_State *L);
/** Its name, or NULL. */
const char *syscall_name(uint64_t nr);
/** "SIGKILL", "KILL" or 9. */
int check_signal(lua_State *L, int index);
/** Every key of the table at index must be among names (NULL-terminated). */
void check_fields(lua_State *L, int index, const char *what, const char *const *names);

/** Integer field of the table at stack index 2, or `otherwise`; `what`: the method, for the error. */
lua_Integer integer_field(lua_State *L, const char *what, const char *field, lua_Integer otherwise);

#endif
