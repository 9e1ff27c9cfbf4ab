/* SPDX-License-Identifier: MIT */
/* The box from outside: making it, asking its keeper, ending it. See linux_box.h. */
/* First: <signal.h> makes a macro of si_addr, which is a field of the shared headers. */
#include "target/linux_box.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY	    65534u
#define NOBODY_ELSE 0x30000000u /* beyond what systems give to users and their containers */
#define BOX_NAMESPACES (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC)

static int skipped(struct error *e, const char *what)
{
	return error_set(e, EXIT_SKIPPED,
			 "--target linux needs namespaces of its own, which this host refuses: %s: %s\n"
			 "(where unprivileged ones are switched off, run as root or set "
			 "kernel.unprivileged_userns_clone=1)",
			 what, strerror(errno));
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/*
 * Inside everything is root's, as in the guest; outside it is the user's own. Root can give it numbers that nobody has,
 * and the other numbers of the inside (a file may be given away) as well.
 */
static void id_map(char *map, size_t size, unsigned int own)
{
	if (geteuid() == 0)
		snprintf(map, size, "0 %u 1\n1 %u %u\n", NOBODY, NOBODY_ELSE, NOBODY - 1);
	else
		snprintf(map, size, "0 %u 1", own);
}

static int map_ids(int pid)
{
	char path[64], map[64];

	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	if (write_file(path, "deny") && errno != ENOENT)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	id_map(map, sizeof(map), geteuid());
	if (write_file(path, map))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	id_map(map, sizeof(map), getegid());
	return write_file(path, map);
}

static int open_channels(struct box *box)
{
	for (int c = 0; c < AGENT_CHANNELS; c++) {
		int ends[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
			return -1;
		box->ours[c] = ends[0];
		box->theirs[c] = ends[1];
	}
	return 0;
}

/* The keeper's first word, with the descriptors of its /proc and of its sleeps. */
static int receive_ready(struct box *box, struct error *e)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct box_message message = {0};
	struct iovec part = {&message, sizeof(message)};
	struct msghdr header = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = &control,
				.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(box->control, &header, MSG_CMSG_CLOEXEC);
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	int fds[2];

	if (n == sizeof(message) && message.op == BOX_FAILED) {
		errno = message.value;
		return skipped(e, message.text);
	}
	if (n != sizeof(message) || message.op != BOX_READY || !rights)
		return error_set(e, EXIT_HOST, "the keeper of the Linux tasks died while it began");
	memcpy(fds, CMSG_DATA(rights), sizeof(fds));
	box->proc = fds[0];
	box->sleeps = fds[1];
	return 0;
}

/* As fork(): the child goes on behind it, in namespaces of its own. */
static int clone_keeper(void)
{
	return syscall(SYS_clone, BOX_NAMESPACES | SIGCHLD, 0, NULL, NULL, 0);
}

int box_open(struct box *box, const void *agent, size_t size, struct error *e)
{
	int control[2], ready[2];

	*box = (struct box){.control = -1, .proc = -1, .sleeps = -1};
	memset(box->ours, -1, sizeof(box->ours));
	memset(box->theirs, -1, sizeof(box->theirs));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control))
		return error_set(e, EXIT_HOST, "no socket for the Linux tasks: %s", strerror(errno));
	box->control = control[0];
	if (pipe2(ready, O_CLOEXEC) || open_channels(box)) {
		close(control[1]);
		return error_set(e, EXIT_HOST, "no channels for the Linux tasks: %s", strerror(errno));
	}
	fflush(NULL);
	box->keeper = clone_keeper();
	if (box->keeper == 0) {
		close(ready[1]);
		keeper_main(control[1], ready[0], box->theirs, agent, size);
	}
	close(control[1]);
	close(ready[0]);
	if (box->keeper < 0) {
		box->keeper = 0;
		close(ready[1]);
		return skipped(e, "clone");
	}
	/* The guest's tasks are at nice 0. Whoever may not raise it passes on what vmm has. */
	setpriority(PRIO_PROCESS, box->keeper, 0);
	if (map_ids(box->keeper)) {
		close(ready[1]);
		return skipped(e, "uid_map");
	}
	close(ready[1]);
	return receive_ready(box, e);
}

static int ask(struct box *box, struct box_message *message)
{
	if (send(box->control, message, sizeof(*message), MSG_NOSIGNAL) != sizeof(*message))
		return -1;
	return recv(box->control, message, sizeof(*message), 0) == sizeof(*message) ? 0 : -1;
}

int box_spawn(struct box *box, const char *name, int channel, int *pid, struct error *e)
{
	struct box_message message = {.op = BOX_SPAWN, .value = channel};

	box_drain(box, channel);
	snprintf(message.text, sizeof(message.text), "%s", name);
	if (ask(box, &message))
		return error_set(e, EXIT_HOST, "the keeper of the Linux tasks is gone");
	*pid = message.value;
	return 0;
}

int box_exit_code(struct box *box, int pid)
{
	struct box_message message = {.op = BOX_STATUS, .value = pid};

	return ask(box, &message) ? -1 : message.value;
}

static void drain(int fd)
{
	char bytes[2048];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

void box_drain(struct box *box, int channel)
{
	drain(box->ours[channel]);
	drain(box->theirs[channel]);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* With its process 1 a namespace of processes ends, and the last process takes the other namespaces along. */
void box_close(struct box *box)
{
	if (box->keeper > 0) {
		kill(box->keeper, SIGKILL);
		while (waitpid(box->keeper, NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (int c = 0; c < AGENT_CHANNELS; c++) {
		close_fd(box->ours[c]);
		close_fd(box->theirs[c]);
	}
	close_fd(box->control);
	close_fd(box->proc);
	close_fd(box->sleeps);
	*box = (struct box){.control = -1, .proc = -1, .sleeps = -1};
}
