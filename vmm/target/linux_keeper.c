/* SPDX-License-Identifier: MIT */
/*
 * The box from inside: process 1. It builds the tree of files, starts agents when told, and reaps what becomes its
 * child. It is a copy of vmm that never returns to vmm's own code.
 */
/* First: <signal.h> makes a macro of si_addr, which is a field of the shared headers. */
#include "target/linux_box.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/linux_time.h"

/* Any directory that every system has; the old contents of the name are out of sight inside only. */
#define ROOT	   "/tmp"
#define ROOT_SIZE  "size=512m,nr_inodes=4096,mode=755"
#define STATUSES   256

struct keeper {
	int control;
	int proc;
	int sleeps;  /* notifications of nanosleep, for vmm */
	int console; /* what tasks write to descriptors 1 and 2 comes out here, and goes nowhere */
	struct {
		int pid, status;
	} ended[STATUSES]; /* children reaped, the newest last; a ring */
	unsigned int nr_ended;
};

_Noreturn static void fail(int control, const char *what)
{
	struct box_message message = {.op = BOX_FAILED, .value = errno};

	snprintf(message.text, sizeof(message.text), "%s", what);
	send(control, &message, sizeof(message), MSG_NOSIGNAL);
	_exit(1);
}

/* --- the tree --------------------------------------------------------------------------------------- */

static int put_agent(const void *agent, size_t size)
{
	int fd = open(ROOT "/agent", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0555);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, agent, size);
	close(fd);
	return n == (ssize_t)size ? 0 : -1;
}

/* Only the host can make device nodes: its own are shown in their place. */
static int put_device(const char *from, const char *to)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return -1;
	close(fd);
	return mount(from, to, NULL, MS_BIND, NULL);
}

/* The directory we stand in becomes the root. The first root of a machine, an initramfs, can only be covered. */
static int enter_root(void)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) || chdir("/");
	return errno != EINVAL || mount(ROOT, "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/");
}

static void build_tree(int control, const void *agent, size_t size)
{
	umask(022);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		fail(control, "mount private");
	if (mount("mmscope", ROOT, "tmpfs", MS_NOSUID | MS_NODEV, ROOT_SIZE))
		fail(control, "mount tmpfs");
	if (mkdir(ROOT "/proc", 0555) || mkdir(ROOT "/dev", 0755) || mkdir(ROOT "/dev/shm", 01777) ||
	    chmod(ROOT "/dev/shm", 01777))
		fail(control, "mkdir");
	if (mount("proc", ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		fail(control, "mount proc");
	if (put_device("/dev/null", ROOT "/dev/null") || put_device("/dev/zero", ROOT "/dev/zero"))
		fail(control, "bind devices");
	if (put_agent(agent, size))
		fail(control, "write agent");
	if (chdir(ROOT) || enter_root())
		fail(control, "pivot_root");
}

/* --- agents ----------------------------------------------------------------------------------------- */

static int set_limits(void)
{
	/* As in the guest, which has no others; a bomb of forks is held by NPROC, all else by the box's end. */
	static const struct {
		int resource;
		struct rlimit limit;
	} limits[] = {
		{RLIMIT_STACK, {8 << 20, RLIM_INFINITY}},
		{RLIMIT_MEMLOCK, {8 << 20, 8 << 20}},
		{RLIMIT_NOFILE, {1024, 4096}},
		{RLIMIT_CORE, {0, 0}},
		{RLIMIT_NPROC, {256, 256}},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (setrlimit(limits[i].resource, &limits[i].limit))
			return -errno;
	return 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What becomes the agent; only a failure comes back. */
static int become_agent(const char *name, int channel)
{
	char number[16];
	char *const argv[] = {(char *)name, number, NULL};
	char *const envp[] = {NULL};
	int error;

	snprintf(number, sizeof(number), "%d", channel);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setsid() < 0 || personality(ADDR_NO_RANDOMIZE) < 0)
		return -errno;
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	error = set_limits();
	if (!error)
		error = task_confine();
	if (error)
		return error;
	execve("/agent", argv, envp);
	return -errno;
}

/* Descriptors 0 to 2 are the console's in the guest, where nothing waits to be read. */
static int spawn(const char *name, int channel)
{
	int told[2], error = 0, pid;

	if (pipe2(told, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0) {
		reset_signals();
		error = become_agent(name, channel);
		if (write(told[1], &error, sizeof(error)) != sizeof(error))
			_exit(126);
		_exit(127);
	}
	close(told[1]);
	if (pid < 0)
		error = -errno;
	else if (read(told[0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	close(told[0]);
	return error ? error : pid;
}

/* --- its life --------------------------------------------------------------------------------------- */

static void reap(struct keeper *k)
{
	int status, pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		unsigned int slot = k->nr_ended++ % STATUSES;

		k->ended[slot].pid = pid;
		k->ended[slot].status = status;
	}
}

static int status_of(struct keeper *k, int pid)
{
	reap(k);
	for (unsigned int i = k->nr_ended; i > 0 && k->nr_ended - i < STATUSES; i--)
		if (k->ended[(i - 1) % STATUSES].pid == pid)
			return k->ended[(i - 1) % STATUSES].status;
	return -1;
}

static void answer(struct keeper *k)
{
	struct box_message message;

	/* The end of vmm is the end of the box. */
	if (recv(k->control, &message, sizeof(message), 0) != sizeof(message))
		_exit(0);
	if (message.op == BOX_SPAWN)
		message.value = spawn(message.text, message.value);
	else
		message.value = status_of(k, message.value);
	if (send(k->control, &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message))
		_exit(0);
}

static void tell_ready(struct keeper *k)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {.bytes = {0}};
	struct box_message message = {.op = BOX_READY};
	struct iovec part = {&message, sizeof(message)};
	struct msghdr header = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = &control,
				.msg_controllen = sizeof(control)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	int fds[2] = {k->proc, k->sleeps};

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(rights), fds, sizeof(fds));
	if (sendmsg(k->control, &header, MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* The keeper's own descriptors, behind the channels. */
enum { OWN_CONTROL = AGENT_FD_BASE + AGENT_CHANNELS, OWN_CONSOLE, OWN_END };

/* The console: reads find its end, writes vanish, and no position can be set in it. */
static int open_console(int *ours)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || shutdown(ends[1], SHUT_WR))
		return -1;
	*ours = ends[1];
	return ends[0];
}

/* Channels to 900 up, the console to 0, 1 and 2, the keeper's own above; nothing else of vmm stays open. */
static int arrange_descriptors(struct keeper *k, int control, const int *theirs)
{
	int ours, console = open_console(&ours);

	/* A channel may itself lie at a number that is wanted. */
	if (console < 0 || fcntl(control, F_DUPFD_CLOEXEC, OWN_CONTROL) != OWN_CONTROL ||
	    fcntl(ours, F_DUPFD_CLOEXEC, OWN_CONSOLE) != OWN_CONSOLE)
		return -1;
	for (int c = 0; c < AGENT_CHANNELS; c++)
		if (dup2(theirs[c], AGENT_FD_BASE + c) < 0)
			return -1;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(console, fd) < 0)
			return -1;
	if (syscall(SYS_close_range, 3, AGENT_FD_BASE - 1, 0) || syscall(SYS_close_range, OWN_END, UINT_MAX, 0))
		return -1;
	k->control = OWN_CONTROL;
	k->console = OWN_CONSOLE;
	return 0;
}

_Noreturn void keeper_main(int control, int ready, const int *theirs, const void *agent, size_t size)
{
	struct rlimit descriptors = {1024, 4096};
	struct keeper k = {.proc = -1};
	sigset_t child;
	int signals;
	char byte;

	/* Without maps of ids nobody here may do anything yet; the pipe closes when they stand. */
	if (read(ready, &byte, 1) < 0 || setresgid(0, 0, 0) || setresuid(0, 0, 0))
		fail(control, "setresuid");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_NOFILE, &descriptors);
	build_tree(control, agent, size);
	if (arrange_descriptors(&k, control, theirs))
		_exit(1);
	k.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	k.sleeps = time_filter();
	if (k.proc < 0 || signals < 0 || k.sleeps < 0)
		fail(k.control, "open proc");
	tell_ready(&k);
	close(k.proc);
	close(k.sleeps);
	for (;;) {
		struct pollfd fds[] = {{.fd = k.control, .events = POLLIN},
				       {.fd = signals, .events = POLLIN},
				       {.fd = k.console, .events = POLLIN}};
		struct signalfd_siginfo info;
		char said[512];

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			_exit(1);
		while (read(signals, &info, sizeof(info)) > 0)
			;
		while (recv(k.console, said, sizeof(said), MSG_DONTWAIT) > 0)
			;
		reap(&k);
		if (fds[0].revents)
			answer(&k);
	}
}
