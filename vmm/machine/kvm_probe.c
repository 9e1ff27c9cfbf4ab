/* SPDX-License-Identifier: MIT */
/* Is there a KVM that works, and if not: which of missing, no permission, no virtualization, and the cure. */
#include "machine/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OR_QEMU ", or use --machine qemu"

/* What probe() opened, until a create() takes it. */
static struct {
	bool valid;
	int kvm_fd, vm_fd;
} kept;

/* "intel", "amd", or NULL where the CPU offers no virtualization (Intel SDM CPUID.1:ECX.VMX, AMD APM SVM). */
static const char *cpu_virtualization(void)
{
	const char *found = NULL;
	char line[8192];
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "flags", 5))
			continue;
		found = strstr(line, " vmx") ? "intel" : strstr(line, " svm") ? "amd" : "";
	}
	if (f)
		fclose(f);
	return found && *found ? found : NULL;
}

static int no_device(const char *path, struct error *e)
{
	const char *vendor = cpu_virtualization();

	if (vendor)
		return error_set(e, EXIT_HOST,
				 "%s is missing, though this CPU can virtualize: load the driver (modprobe "
				 "kvm_%s)" OR_QEMU,
				 path, vendor);
	return error_set(
		e, EXIT_HOST,
		"%s is missing and this CPU shows no virtualization: turn VT-x or AMD-V on in the firmware; "
		"in a "
		"virtual machine turn nested virtualization on in the outer host; then modprobe kvm_intel or "
		"kvm_amd" OR_QEMU,
		path);
}

static int cannot_open(const char *path, int error, struct error *e)
{
	switch (error) {
	case ENOENT:
		return no_device(path, e);
	case EACCES:
	case EPERM:
		return error_set(e, EXIT_HOST,
				 "no permission for %s: join its group (sudo usermod -aG kvm \"$USER\", then "
				 "log in again)" OR_QEMU,
				 path);
	case ENODEV:
	case ENXIO:
		return error_set(
			e, EXIT_HOST,
			"%s has no driver behind it: load one (modprobe kvm_intel or kvm_amd)" OR_QEMU, path);
	}
	return error_set(e, EXIT_HOST, "%s cannot be opened: %s" OR_QEMU, path, strerror(error));
}

static int open_device(const char *path, struct error *e)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), version;

	if (fd < 0)
		return cannot_open(path, errno, e);
	version = kvm_try(fd, KVM_GET_API_VERSION, 0);
	if (version == KVM_API_VERSION)
		return fd;
	if (version < 0)
		error_set(e, EXIT_HOST, "%s is not KVM (KVM_GET_API_VERSION: %s): use --machine qemu", path,
			  strerror(errno));
	else
		error_set(e, EXIT_HOST,
			  "%s speaks version %d of KVM's interface, this vmm %d: use --machine qemu", path,
			  version, KVM_API_VERSION);
	close(fd);
	return -1;
}

int kvm_open(int *kvm_fd, int *vm_fd, struct error *e)
{
	if (kept.valid) {
		*kvm_fd = kept.kvm_fd;
		*vm_fd = kept.vm_fd;
		kept.valid = false;
		return 0;
	}
	*vm_fd = -1;
	*kvm_fd = open_device("/dev/kvm", e);
	if (*kvm_fd < 0)
		return -1;
	*vm_fd = kvm_ioctl(*kvm_fd, KVM_CREATE_VM, 0, e);
	if (*vm_fd >= 0)
		return 0;
	close(*kvm_fd);
	*kvm_fd = -1;
	return -1;
}

bool kvm_probe(struct error *e)
{
	if (kept.valid)
		return true;
	kept.valid = !kvm_open(&kept.kvm_fd, &kept.vm_fd, e);
	return kept.valid;
}

/* A module parameter that says yes ("Y", "1"). */
static bool parameter_on(const char *path)
{
	char c = 'N';
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &c, 1) != 1)
		c = 'N';
	close(fd);
	return c == 'Y' || c == '1';
}

/*
 * KVM does not tell how it translates, its modules do. Where neither has nested paging on, page tables are
 * shadowed: by the Intel or AMD module without it, or by one that needs no such hardware.
 */
void kvm_describe(char *text, size_t size)
{
	const char *how = "shadow paging";

	if (parameter_on("/sys/module/kvm_intel/parameters/ept"))
		how = "EPT";
	else if (parameter_on("/sys/module/kvm_amd/parameters/npt"))
		how = "NPT";
	snprintf(text, size, "kvm (%s)", how);
}
