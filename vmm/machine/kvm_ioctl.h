/* SPDX-License-Identifier: MIT */
/* KVM's ioctls in two forms: one that returns, one that fails with the ioctl's name, errno and a hint. */
#ifndef VMM_MACHINE_KVM_IOCTL_H
#define VMM_MACHINE_KVM_IOCTL_H

#include <sys/ioctl.h>
#include "base/error.h"

/** As ioctl(2): the result, or -1 with errno. */
#define kvm_try(fd, request, arg) ioctl(fd, request, (unsigned long)(arg))

/** The result, or -1 with *e (EXIT_HOST). */
#define kvm_ioctl(fd, request, arg, e) kvm_ioctl_named(fd, request, (unsigned long)(arg), #request, e)
int kvm_ioctl_named(int fd, unsigned long request, unsigned long arg, const char *name, struct error *e);

/** Fill *e for an ioctl that failed with `error` (an errno). Returns -1. */
int kvm_ioctl_error(const char *name, int error, struct error *e);

#endif
