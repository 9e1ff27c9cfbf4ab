/* SPDX-License-Identifier: MIT */
/* vmm as process 1 of the machine of the target `linux-vm`: the target `linux`, told what to do over a line. */
#ifndef VMM_TARGET_LINUX_SERVE_H
#define VMM_TARGET_LINUX_SERVE_H

/** The command that the machine's kernel runs; nobody else has a use for it. Returns an exit status, or ends the machine. */
int linux_serve_main(int argc, char **argv);

#endif
