/* SPDX-License-Identifier: MIT */
/* No KVM, in its variants: each is named, and the cure with it. Includes the source, to reach the device's
 * path. */
#include "machine/kvm_probe.c"

#include "check.h"
#include <pwd.h>
#include <sys/stat.h>

static void expect_no_kvm(const char *path, const char *message)
{
	struct error e;

	CHECK_EQ(open_device(path, &e), -1);
	CHECK_HAS(e.text, message);
	CHECK_HAS(e.text, "--machine qemu");
	CHECK_EQ(e.status, EXIT_HOST);
}

Test(kvm_probe, a_missing_device_is_told_with_the_module_to_load)
{
	expect_no_kvm("/nonexistent/kvm", "/nonexistent/kvm is missing");
	expect_no_kvm("/nonexistent/kvm", "modprobe kvm_");
}

Test(kvm_probe, no_permission_names_the_group)
{
	char path[] = "/tmp/kvm_probe_XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	close(fd);
	CHECK(!chmod(path, 0));
	/* Root may open anything: become nobody. */
	if (!geteuid())
		CHECK(!seteuid(65534));
	expect_no_kvm(path, "no permission for ");
	expect_no_kvm(path, "sudo usermod -aG kvm");
	if (!getuid())
		CHECK(!seteuid(0));
	unlink(path);
}

Test(kvm_probe, another_device_is_not_taken_for_kvm)
{
	expect_no_kvm("/dev/null", "/dev/null is not KVM (KVM_GET_API_VERSION: ");
}

Test(kvm_probe, other_errors_are_passed_on)
{
	expect_no_kvm("/tmp", "/tmp cannot be opened: Is a directory");
	struct error e;

	cannot_open("/dev/kvm", ENODEV, &e);
	CHECK_HAS(e.text, "/dev/kvm has no driver behind it: load one (modprobe kvm_intel or kvm_amd)");
}

Test(kvm_probe, failing_ioctls_are_named_with_errno_and_hint)
{
	struct error e;

	CHECK_EQ(kvm_ioctl(-1, KVM_CREATE_VM, 0, &e), -1);
	CHECK_STR(e.text, "KVM_CREATE_VM failed: Bad file descriptor (errno 9): see "
			  "Documentation/virt/kvm/api.rst of the "
			  "kernel");
	kvm_ioctl_error("KVM_CREATE_VM", EBUSY, &e);
	CHECK_HAS(e.text, "another hypervisor holds this CPU's virtualization");
	kvm_ioctl_error("KVM_CREATE_VM", EOPNOTSUPP, &e);
	CHECK_HAS(e.text, "this KVM lacks it: use --machine qemu");
	kvm_ioctl_error("KVM_RUN", ENODEV, &e);
	CHECK_HAS(e.text, "no virtualization here");
	CHECK_EQ(e.status, EXIT_HOST);
}

Test(kvm_probe, module_parameters_are_read)
{
	char path[] = "/tmp/kvm_probe_XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	CHECK(!parameter_on(path));
	CHECK_EQ(pwrite(fd, "N\n", 2, 0), 2);
	CHECK(!parameter_on(path));
	CHECK_EQ(pwrite(fd, "Y\n", 2, 0), 2);
	CHECK(parameter_on(path));
	CHECK_EQ(pwrite(fd, "1\n", 2, 0), 2);
	CHECK(parameter_on(path));
	close(fd);
	unlink(path);
	CHECK(!parameter_on(path));
}

Test(kvm_probe, what_a_probe_opened_is_used_once)
{
	int kvm[2], vm[2];
	struct error e;

	if (access("/dev/kvm", R_OK | W_OK))
		cr_skip_test("no usable /dev/kvm");
	CHECK_THAT(kvm_probe(&e), "%s", e.text);
	CHECK(kvm_probe(&e));
	CHECK_EQ(kvm_open(&kvm[0], &vm[0], &e), 0);
	CHECK_EQ(kvm_open(&kvm[1], &vm[1], &e), 0);
	CHECK(kvm[0] != kvm[1] && vm[0] != vm[1]);
	for (int i = 0; i < 2; i++) {
		close(vm[i]);
		close(kvm[i]);
	}
}
