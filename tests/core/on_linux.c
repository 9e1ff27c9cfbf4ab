// SPDX-License-Identifier: MIT
/*
 * The agent as a process of Linux, brought to the state of tests/core/crash.lua by the same commands, so that Linux writes
 * the core that the guest's is compared with. Its working directory is where that lands. usage: on_linux AGENT
 */
#include "agent.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int channel;

static void send_cmd(const struct agent_cmd *cmd)
{
	if (write(channel, cmd, AGENT_CMD_HEADER + cmd->len) < 0)
		perror("channel");
}

static long done(const struct agent_cmd *cmd)
{
	struct agent_report report = { .value = -1 };

	send_cmd(cmd);
	if (read(channel, &report, sizeof(report)) < AGENT_REPORT_HEADER)
		perror("channel");
	return report.value;
}

static void run_agent(const char *path, int end)
{
	char *argv[] = { "a", "0", NULL }, *envp[] = { NULL };
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	dup2(end, AGENT_FD_BASE);
	close(end);
	close(channel);
	setrlimit(RLIMIT_CORE, &all);
	execve(path, argv, envp);
	perror(path);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct agent_cmd reset = { .op = AGENT_SYSCALL, .nr = SYS_rt_sigaction, .args = { 11, 0, 0, 8 }, .in_data = 2, .len = 32 };
	struct agent_cmd map = { .op = AGENT_SYSCALL, .nr = SYS_mmap,
				 .args = { 0x10000000, 4 * 4096, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1UL } };
	struct agent_cmd hide = { .op = AGENT_SYSCALL, .nr = SYS_madvise, .args = { 0x10003000, 4096, MADV_DONTDUMP } };
	struct agent_cmd text = { .op = AGENT_WRITE_BYTES, .args = { 0x10000000 }, .len = 4 };
	struct agent_cmd look = { .op = AGENT_READ, .size = 8, .args = { 0x10001000 } };
	struct agent_cmd fill = { .op = AGENT_FILL, .args = { 0x10003000, 0x5a, 64 } };
	struct agent_cmd crash = { .op = AGENT_WRITE, .size = 8, .args = { 0x1234, 1 } };
	int ends[2], status = 0;
	pid_t pid;

	if (argc != 2 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		return 2;
	channel = ends[0];
	pid = fork();
	if (pid == 0)
		run_agent(argv[1], ends[1]);
	close(ends[1]);
	memcpy(text.data, "core", 4);
	if (done(&reset) || done(&map) != 0x10000000 || done(&text) < 0 || done(&look) || done(&fill) < 0 || done(&hide))
		return 1;
	send_cmd(&crash);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == 11 && WCOREDUMP(status) ? 0 : 1;
}
