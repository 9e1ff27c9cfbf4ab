/* SPDX-License-Identifier: MIT */
/* Who a task is to the kernel: users, groups and capabilities (kernel/cred.c, uid_calls.c, capability.c; Linux include/linux/cred.h). */
#ifndef GUEST_CRED_H
#define GUEST_CRED_H

#include "cred_types.h"
#include "task.h"

/* Capabilities (uapi/linux/capability.h) that something here asks for. */
enum capability { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID,
		  CAP_SETPCAP, CAP_IPC_LOCK = 14, CAP_IPC_OWNER, CAP_SYS_PTRACE = 19, CAP_SYS_ADMIN = 21, CAP_SYS_NICE = 23,
		  CAP_SYS_RESOURCE, CAP_LAST = CAP_LAST_CAP };
#define CAP_TO_MASK(cap) (1UL << (cap))

/* securebits (uapi/linux/securebits.h); the bit above each locks it. */
#define SECBIT_NOROOT		0x01u
#define SECBIT_NO_SETUID_FIXUP	0x04u
#define SECBIT_KEEP_CAPS	0x10u
#define SECBIT_KEEP_CAPS_LOCKED	0x20u
#define SECBIT_NO_CAP_AMBIENT_RAISE 0x40u
#define SECBITS_LOCKS		0xaau

/** Root with every right; and what tasks of scenarios are: root by number, who may pass by the rights of files and no more. */
extern struct cred root_cred, scenario_cred;

static inline const struct cred *current_cred(void) { return current->ts.cred; }
static inline bool capable(enum capability cap) { return current->ts.cred->cap_effective & CAP_TO_MASK(cap); }
bool in_group_p(uint32_t gid);		/* by fsgid */
bool in_egroup_p(uint32_t gid);		/* by egid */

static inline struct cred *get_cred(struct cred *cred) { cred->usage++; return cred; }
void put_cred(struct cred *cred);
/** A copy of current's, to be changed and committed; NULL: no memory. */
struct cred *prepare_creds(void);
void commit_creds(struct cred *new);
/** execve: what a new program may (Linux cap_bprm_creds_from_file, of a file without capabilities). 0 or -LX_ENOMEM. */
int exec_creds(void);
/** May current look into the task, as ptrace would (Linux __ptrace_may_access, real ids)? */
bool ptrace_may_access(const struct task *task);

long ksys_getuid(struct pt_regs *regs);
long ksys_getgid(struct pt_regs *regs);
long ksys_geteuid(struct pt_regs *regs);
long ksys_getegid(struct pt_regs *regs);
long ksys_setuid(struct pt_regs *regs);
long ksys_setgid(struct pt_regs *regs);
long ksys_setreuid(struct pt_regs *regs);
long ksys_setregid(struct pt_regs *regs);
long ksys_setresuid(struct pt_regs *regs);
long ksys_setresgid(struct pt_regs *regs);
long ksys_getresuid(struct pt_regs *regs);
long ksys_getresgid(struct pt_regs *regs);
long ksys_setfsuid(struct pt_regs *regs);
long ksys_setfsgid(struct pt_regs *regs);
long ksys_getgroups(struct pt_regs *regs);
long ksys_setgroups(struct pt_regs *regs);
long ksys_capget(struct pt_regs *regs);
long ksys_capset(struct pt_regs *regs);
/** prctl(2) about capabilities; -LX_ENOSYS: it is about something else. */
long cap_prctl(const struct pt_regs *regs);

#endif
