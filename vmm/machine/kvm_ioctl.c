/* SPDX-License-Identifier: MIT */
/* Failing ioctls, told with what they most often mean (Documentation/virt/kvm/api.rst). */
#include "machine/kvm_ioctl.h"

#include <errno.h>
#include <string.h>

struct hint {
	const char *ioctl; /* NULL: any */
	int error;
	const char *text;
};

static const struct hint hints[] = {
	{"KVM_CREATE_VM", EBUSY,
	 "another hypervisor holds this CPU's virtualization: stop it, or use --machine qemu"},
	{"KVM_CREATE_VM", EINVAL, "this KVM wants another type of VM: use --machine qemu"},
	{"KVM_SET_USER_MEMORY_REGION", EINVAL,
	 "this KVM takes no memory of that size or place: try a smaller --mem"},
	{"KVM_CREATE_VCPU", EEXIST, "the VM has this CPU already"},
	{"KVM_SET_CPUID2", EINVAL, "KVM refuses the very CPUID it offered: its version may have a bug"},
	{"KVM_SET_SREGS", EINVAL, "the CPU cannot have this state"},
	{"KVM_SET_GUEST_DEBUG", EINVAL, "this KVM cannot single-step: leave out --count-instructions"},
	{"KVM_RUN", EFAULT, "a guest access hit host memory that is not there"},
	{"KVM_RUN", EINVAL, "the CPU cannot run in this state"},
	{"KVM_RUN", ENOEXEC, "the CPU was not initialised"},
	{NULL, ENODEV,
	 "no virtualization here: turn it on in the firmware or in the outer host, or use --machine qemu"},
	{NULL, EOPNOTSUPP, "this KVM lacks it: use --machine qemu"},
	{NULL, ENOTTY, "this KVM does not know it: its kernel is too old, or /dev/kvm is another device"},
	{NULL, ENOMEM, "the host has no memory: free some, or try a smaller --mem"},
	{NULL, EMFILE, "too many open files: raise ulimit -n"},
	{NULL, ENFILE, "too many open files in the whole system"},
	{NULL, EPERM, "a security policy (seccomp, SELinux, a container) forbids it"},
	{NULL, EACCES, "a security policy (seccomp, SELinux, a container) forbids it"},
	{NULL, EIO, "the VM died, or another process than its owner uses it"},
};

static const char *find_hint(const char *name, int error)
{
	for (unsigned int i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].error == error && (!hints[i].ioctl || !strcmp(hints[i].ioctl, name)))
			return hints[i].text;
	return "see Documentation/virt/kvm/api.rst of the kernel";
}

int kvm_ioctl_error(const char *name, int error, struct error *e)
{
	return error_set(e, EXIT_HOST, "%s failed: %s (errno %d): %s", name, strerror(error), error,
			 find_hint(name, error));
}

int kvm_ioctl_named(int fd, unsigned long request, unsigned long arg, const char *name, struct error *e)
{
	int result = ioctl(fd, request, arg);

	return result < 0 ? kvm_ioctl_error(name, errno, e) : result;
}
