/* SPDX-License-Identifier: MIT */
/*
 * The machine of the target `linux-vm`: QEMU, Debian's kernel, and an initramfs made here that holds this very program
 * as process 1 and the drivers of the line. Nothing lies in the file system, and it all dies with us.
 */
#include "target/linux_vm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cpio.h"
#include "machine/qemu.h"
#include "target/vm_wire.h"

/* Some three seconds where nothing else runs. */
#define BOOT_LIMIT 120.0

/*
 * Four levels of tables and no protection keys, as the guest has it; else addresses beyond 47 bits exist, and PROT_EXEC
 * alone is execute-only. One CPU: nothing of what is compared depends on it.
 */
#define KERNEL_WORDS "console=ttyS0 quiet mitigations=off nokaslr no_timer_check panic=-1 no5lvl nopku rdinit=/vmm -- "

/* In the order that they need each other. */
static const char *const modules[] = {"virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev",
				      "virtio_pci", "virtio_console"};

static struct qemu_child child; /* its bell is the line */
static char release[65];

/* Where `make nested-files` puts the kernel: beside vmm, or where NESTED_DIR says. */
static void files_dir(char *dir, size_t size)
{
	const char *named = getenv("NESTED_DIR");
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = 0;
	if (named && *named)
		snprintf(dir, size, "%s", named);
	else
		snprintf(dir, size, "%s/nested", dirname(path));
}

static int missing(struct error *e, const char *what)
{
	return error_set(e, EXIT_SKIPPED,
			 "--target linux-vm needs Debian's kernel: %s: %s\n"
			 "(make nested-files fetches it; NESTED_DIR names another folder)",
			 what, strerror(errno));
}

/* --- what it boots ---------------------------------------------------------------------------------- */

static int add_file(struct cpio *c, const char *name, const char *path, unsigned int mode, struct error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), failed;

	if (fd < 0)
		return missing(e, path);
	failed = cpio_add_fd(c, name, S_IFREG | mode, fd, e);
	close(fd);
	return failed;
}

static int add_modules(struct cpio *c, const char *dir, struct error *e)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		char name[64], path[PATH_MAX + 64];

		snprintf(name, sizeof(name), "modules/%zu-%s.ko", i, modules[i]);
		snprintf(path, sizeof(path), "%s/modules/%s.ko", dir, modules[i]);
		/* Another kernel may have it built in; Debian's 6.1 has none of them. */
		if (access(path, F_OK) && errno == ENOENT)
			continue;
		if (add_file(c, name, path, 0444, e))
			return -1;
	}
	return 0;
}

static int make_initramfs(const char *dir, int *fd, struct error *e)
{
	struct cpio c;

	if (cpio_begin(&c, e))
		return -1;
	*fd = c.fd;
	return cpio_add(&c, "dev", S_IFDIR | 0755, NULL, 0, e) || cpio_add(&c, "modules", S_IFDIR | 0755, NULL, 0, e) ||
			       add_file(&c, "vmm", "/proc/self/exe", 0755, e) || add_modules(&c, dir, e) || cpio_end(&c, e)
		       ? -1
		       : 0;
}

/* --- its process -------------------------------------------------------------------------------------- */

/* Console and messages of QEMU come out at its standard output, which is a file that cannot grow. */
static int spawn(const char *kernel, int initramfs, int line, struct error *e)
{
	char initrd[64], channel[64];
	char *const argv[] = {QEMU_PROGRAM, "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "1024", "-nodefaults",
			      "-no-user-config", "-no-reboot", "-display", "none", "-kernel", (char *)kernel, "-initrd", initrd,
			      "-append", KERNEL_WORDS "linux-serve", "-chardev", "stdio,id=console,signal=off", "-device",
			      "isa-serial,index=0,chardev=console", "-device", "virtio-serial-pci", "-chardev", channel,
			      "-device", "virtserialport,nr=1,chardev=line,name=" VM_PORT, NULL};
	const int inherited[] = {initramfs, line, -1};
	pid_t parent = getpid();

	snprintf(initrd, sizeof(initrd), "/proc/self/fd/%d", initramfs);
	snprintf(channel, sizeof(channel), "socket,id=line,fd=%d", line);
	child.pid = fork();
	if (child.pid == 0)
		qemu_become(argv, inherited, child.messages, parent);
	if (child.pid > 0)
		return 0;
	child.pid = 0;
	return error_set(e, EXIT_HOST, "cannot start %s: %s", QEMU_PROGRAM, strerror(errno));
}

static int start(const char *dir, int line, struct error *e)
{
	char kernel[PATH_MAX + 16];
	int initramfs = -1, failed;

	snprintf(kernel, sizeof(kernel), "%s/vmlinuz", dir);
	if (access(kernel, R_OK))
		return missing(e, kernel);
	child.messages = qemu_messages_create();
	failed = make_initramfs(dir, &initramfs, e) || spawn(kernel, initramfs, line, e);
	if (initramfs >= 0)
		close(initramfs);
	return failed ? -1 : 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int meet(struct error *e)
{
	struct vm_message m;
	void *bytes = NULL;
	bool timed_out, up;

	up = wire_receive(child.bell, now() + BOOT_LIMIT, &m, &bytes, &timed_out) && m.op == ASK_HELLO;
	if (up)
		snprintf(release, sizeof(release), "%s", (const char *)bytes);
	free(bytes);
	return up ? 0 : linux_vm_lost(timed_out, e);
}

int linux_vm_boot(int *line, const char **its_release, struct error *e)
{
	char dir[PATH_MAX];
	int ends[2];

	*its_release = release;
	*line = child.bell;
	if (child.pid)
		return 0;
	child = (struct qemu_child){0, -1, -1, -1, -1};
	if (!qemu_probe(e)) {
		e->status = EXIT_SKIPPED;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return error_set(e, EXIT_HOST, "no socket for the machine of --target linux-vm: %s", strerror(errno));
	child.bell = *line = ends[0];
	files_dir(dir, sizeof(dir));
	if (start(dir, ends[1], e)) {
		close(ends[1]);
		qemu_end(&child);
		return -1;
	}
	close(ends[1]);
	return meet(e);
}

int linux_vm_lost(bool timed_out, struct error *e)
{
	char said[1024] = "", how[64] = "";
	int status = timed_out ? -1 : qemu_reap(&child);

	if (child.messages >= 0)
		qemu_messages(&child, said, sizeof(said));
	if (status != -1 && WIFSIGNALED(status))
		snprintf(how, sizeof(how), ": killed by SIG%s", sigabbrev_np(WTERMSIG(status)) ?: "?");
	qemu_end(&child);
	return error_set(e, timed_out ? EXIT_TIME : EXIT_HOST, "the machine of --target linux-vm %s%s%s%s",
			 timed_out ? "gives no answer" : "ended", how, *said ? "; it said last:\n" : "", said);
}
