/* SPDX-License-Identifier: MIT */
/*
 * Starting and ending QEMU. All that connects us is inherited: three socket pairs and RAM as a memfd. So
 * nothing lies in the file system, nobody else can connect, and nothing is left behind.
 */
#include "machine/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGES_MAX 65536

static bool find_program(char *path, size_t size)
{
	const char *dir = getenv("PATH");
	size_t n;

	for (; dir && *dir; dir += n + (dir[n] == ':')) {
		n = strcspn(dir, ":");
		snprintf(path, size, "%.*s%s%s", (int)n, dir, n ? "/" : "", QEMU_PROGRAM);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

bool qemu_probe(struct error *e)
{
	char path[PATH_MAX];

	if (find_program(path, sizeof(path)))
		return true;
	error_set(e, EXIT_HOST,
		  "machine qemu: no %s in PATH; install it with: apt-get install qemu-system-x86",
		  QEMU_PROGRAM);
	return false;
}

/* The child's side. */
struct ends {
	int monitor, bell, console, ram;
};

/* Words of a command line; text of its own for those that are made here. */
struct words {
	char *argv[64];
	int n;
};

static void word(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void word(struct words *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (w->n + 1 == (int)(sizeof(w->argv) / sizeof(w->argv[0])) ||
	    vasprintf(&w->argv[w->n], format, args) < 0)
		abort(); /* the list is fixed: only a change of the code below gets here */
	va_end(args);
	w->argv[++w->n] = NULL;
}

static void free_words(struct words *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->argv[i]);
}

/* A line that comes out of socket `fd`, as the ISA UART number `index`. */
static void uart_words(struct words *w, const char *id, int fd, int index)
{
	word(w, "-chardev");
	word(w, "socket,id=%s,fd=%d", id, fd);
	word(w, "-device");
	word(w, "isa-serial,index=%d,chardev=%s", index, id);
}

/*
 * microvm without all that a guest of ours never looks at. It would take a first UART from -serial and
 * ignore a second one, so both are made as devices. A guest that resets pauses, for its last state to be
 * read.
 */
static const char *const fixed_words[] = {
	"-nodefaults",
	"-no-user-config",
	"-display",
	"none",
	"-machine",
	"microvm,acpi=off,pit=off,pic=off,rtc=off,isa-serial=off,auto-kernel-cmdline=off,memory-backend=ram",
	"-accel",
	"tcg",
	"-action",
	"reboot=shutdown,shutdown=pause",
	"-S",
};

/* `zeroed` is true: RAM is a fresh memfd, and the firmware stays low. */
static void command_line(struct words *w, const struct machine_config *config, const struct guest_elf *elf,
			 const struct ends *ends)
{
	const char *cmdline = config->cmdline ? config->cmdline : "";

	word(w, QEMU_PROGRAM);
	for (size_t i = 0; i < sizeof(fixed_words) / sizeof(fixed_words[0]); i++)
		word(w, "%s", fixed_words[i]);
	word(w, "-cpu");
	word(w, "max,pdpe1gb=on,phys-bits=%d", QEMU_PHYS_BITS);
	word(w, "-smp");
	word(w, "%u", config->nr_cpus);
	word(w, "-m");
	word(w, "%luK", config->mem_size >> 10);
	word(w, "-object");
	word(w, "memory-backend-file,id=ram,share=on,mem-path=/proc/self/fd/%d,size=%lu", ends->ram,
	     config->mem_size);
	uart_words(w, "console", ends->console, 0);
	uart_words(w, "bell", ends->bell, 1);
	word(w, "-chardev");
	word(w, "socket,id=monitor,fd=%d", ends->monitor);
	word(w, "-mon");
	word(w, "chardev=monitor,mode=control");
	word(w, "-kernel");
	word(w, "%s", elf->path);
	word(w, "-append");
	word(w, "zeroed%s%s", *cmdline ? " " : "", cmdline);
	if (config->initrd) {
		word(w, "-initrd");
		word(w, "%s", config->initrd);
	}
}

void qemu_become(char *const *argv, const int *inherited, int messages, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	dup2(null, STDIN_FILENO);
	dup2(messages, STDOUT_FILENO);
	dup2(messages, STDERR_FILENO);
	for (; *inherited >= 0; inherited++)
		fcntl(*inherited, F_SETFD, 0);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "exec %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int qemu_messages_create(void)
{
	int fd = memfd_create("mmscope-qemu-messages", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && !ftruncate(fd, MESSAGES_MAX))
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW);
	return fd;
}

static bool connect_ends(struct qemu_child *child, struct ends *ends)
{
	int *const ours[] = {&child->monitor, &child->bell, &child->console};
	int *const theirs[] = {&ends->monitor, &ends->bell, &ends->console};
	int pair[2];

	for (int i = 0; i < 3; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return false;
		*ours[i] = pair[0];
		*theirs[i] = pair[1];
	}
	child->messages = qemu_messages_create();
	return child->messages >= 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int qemu_spawn(struct qemu_child *child, const struct machine_config *config, const struct guest_elf *elf,
	       const struct guest_ram *ram, struct error *e)
{
	struct ends ends = {-1, -1, -1, ram->fd};
	int inherited[5];
	struct words words = {.n = 0};
	char path[PATH_MAX];
	pid_t parent = getpid();
	int error;

	*child = (struct qemu_child){0, -1, -1, -1, -1};
	if (!find_program(path, sizeof(path)))
		return qemu_probe(e) ? 0 : -1;
	if (connect_ends(child, &ends)) {
		command_line(&words, config, elf, &ends);
		memcpy(inherited, (int[]){ends.monitor, ends.bell, ends.console, ends.ram, -1}, sizeof(inherited));
		child->pid = fork();
		if (!child->pid)
			qemu_become(words.argv, inherited, child->messages, parent);
		free_words(&words);
	} else {
		child->pid = -1;
	}
	error = errno;
	close_fd(&ends.monitor);
	close_fd(&ends.bell);
	close_fd(&ends.console);
	if (child->pid > 0)
		return 0;
	child->pid = 0;
	qemu_end(child);
	return error_set(e, EXIT_HOST, "cannot start %s: %s", path, strerror(error));
}

void qemu_messages(const struct qemu_child *child, char *text, size_t size)
{
	off_t end = lseek(child->messages, 0, SEEK_CUR); /* shared with the child: where it writes next */
	off_t start = end > (off_t)size - 1 ? end - (off_t)size + 1 : 0;
	ssize_t n = end > 0 ? pread(child->messages, text, end - start, start) : 0;

	text[n > 0 ? n : 0] = '\0';
}

int qemu_reap(struct qemu_child *child)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	int status;

	for (int i = 0; child->pid && i < 100; i++) {
		if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
			child->pid = 0;
			return status;
		}
		nanosleep(&moment, NULL);
	}
	return -1;
}

void qemu_end(struct qemu_child *child)
{
	if (child->pid) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
		child->pid = 0;
	}
	close_fd(&child->monitor);
	close_fd(&child->bell);
	close_fd(&child->console);
	close_fd(&child->messages);
}
