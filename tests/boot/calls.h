/* SPDX-License-Identifier: MIT */
/* System calls of the stand-in kernel, and where its one program lives. For C and assembly. */
#ifndef TESTS_BOOT_CALLS_H
#define TESTS_BOOT_CALLS_H

#define CALL_MARK	1	/* rdi: name of what comes, rsi: where to go on after a signal */
#define CALL_SAY	2	/* rdi: name, rsi: value */
#define CALL_PROBE	3	/* the ring-0 probe that the command line names; then power off */
#define CALL_RING	4	/* doorbell 'Q' */
#define CALL_RESULT	77	/* what each returns */

#define USER_CODE	0x400000
#define USER_STACK	0x500000
#define USER_STACK_TOP	0x501000
#define USER_READONLY	0x600000
#define USER_DEMAND	0x700000	/* mapped at the first fault */

#endif
