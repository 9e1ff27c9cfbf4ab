/* SPDX-License-Identifier: MIT */
/*
 * One instruction as text, by a program of its own (vmm-disasm): the disassembler reads hostile bytes and
 * comes as a shared library, while this program is static and starts fast.
 */
#include "machine/diagnose.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM	    "vmm-disasm"
#define PATIENCE_MS 2000

extern char **environ;

/* Beside this program. */
static bool sidecar_path(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + sizeof(PROGRAM) > PATH_MAX)
		return false;
	strcpy(slash + 1, PROGRAM);
	return true;
}

static bool spawn(pid_t *pid, const char *path, char *const argv[], int out)
{
	posix_spawn_file_actions_t actions;
	bool ok;

	if (posix_spawn_file_actions_init(&actions))
		return false;
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	ok = !posix_spawn(pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return ok;
}

/* One line from the pipe, within the time that it may take. */
static size_t read_line(int fd, char *text, size_t room)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	size_t used = 0;

	while (used < room - 1) {
		ssize_t n;
		int ready = poll(&wait, 1, PATIENCE_MS);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			break;
		n = read(fd, text + used, room - 1 - used);
		if (n <= 0)
			break;
		used += n;
	}
	text[used] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strlen(text);
}

/* It has said its line, or too little in too long a time: either way it ends here. */
static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

bool disassemble(const uint8_t *code, size_t size, uint64_t va, unsigned int bits, char *text, size_t room)
{
	char path[PATH_MAX], hex[2 * 15 + 1] = "", address[20], width[4];
	char *const argv[] = {PROGRAM, "--bits", width, hex, address, NULL};
	int fds[2];
	pid_t pid;
	bool ok;

	for (size_t i = 0; i < size && i < 15; i++)
		snprintf(hex + 2 * i, 3, "%02x", code[i]);
	snprintf(address, sizeof(address), "%#lx", va);
	snprintf(width, sizeof(width), "%u", bits);
	if (!sidecar_path(path) || pipe2(fds, O_CLOEXEC))
		return false;
	ok = spawn(&pid, path, argv, fds[1]);
	close(fds[1]);
	if (ok) {
		ok = read_line(fds[0], text, room) > 0;
		reap(pid);
	}
	close(fds[0]);
	return ok;
}
