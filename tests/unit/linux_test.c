/* SPDX-License-Identifier: MIT */
/*
 * The target `linux`: that tasks do what they are told and a step ends when all rest, and that nothing of them
 * gets out of their box. The tests try: other processes and their memory, files, descriptors, capabilities,
 * limits, calls, bombs, and what stays behind.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "machine/guest_elf.h"
#include "target/linux.h"
#include "target/linux_box.h"
#include "target/linux_proc.h"
#include "uapi.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#undef si_addr /* a field of the report, too */
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct target *target;
static struct guest_elf elf;
static struct error e;

/* The agent is in the guest.bin beside the tests. */
static const void *the_agent(size_t *size)
{
	char path[4096] = "";

	CHECK(readlink("/proc/self/exe", path, sizeof(path) - 32) > 0);
	strcat(dirname(dirname(path)), "/guest.bin");
	CHECK_THAT(!guest_elf_open(&elf, path, 64 << 20, &e), "%s", e.text);
	CHECK(guest_elf_agent(&elf, size));
	return guest_elf_agent(&elf, size);
}

/* A target that stands, or the test is skipped with its reason. */
static void begin(void)
{
	struct linux_config config = {.time_limit = 30};

	config.agent = the_agent(&config.agent_size);
	target = target_linux_create(&config);
	if (target->ops->start(target, &e)) {
		CHECK_EQ(e.status, EXIT_SKIPPED);
		cr_skip_test("%s", e.text);
	}
}

static void end(void)
{
	if (target)
		target->ops->destroy(target);
	guest_elf_close(&elf);
}

static int spawn(void)
{
	int pid, channel = target->ops->spawn(target, "t", &pid, &e);

	CHECK_THAT(channel >= 0, "%d %s", pid, e.text);
	return channel;
}

static enum task_status tell(int channel, const struct agent_cmd *cmd, struct agent_report *report, bool *fresh)
{
	int exit_code, pid;

	CHECK(!target->ops->post(target, channel, cmd, &e));
	CHECK_THAT(!target->ops->run(target, &e), "%s", e.text);
	return target->ops->poll(target, channel, report, fresh, &exit_code, &pid);
}

/* A system call; `text` where not NULL is argument `where`, as a pointer. */
static int64_t call_with(int channel, uint64_t nr, int where, const char *text, uint64_t a, uint64_t b, uint64_t c)
{
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = nr, .args = {a, b, c}};
	struct agent_report report = {0};
	bool fresh;

	if (text) {
		cmd.args[where] = 0;
		cmd.in_data = 1u << where;
		cmd.len = strlen(text) + 1;
		strcpy((char *)cmd.data, text);
	}
	CHECK_EQ(tell(channel, &cmd, &report, &fresh), TASK_AWAITS);
	CHECK(fresh);
	return report.value;
}

static int64_t call(int channel, uint64_t nr, uint64_t a, uint64_t b, uint64_t c)
{
	return call_with(channel, nr, -1, NULL, a, b, c);
}

static int64_t open_file(int channel, const char *path, uint64_t flags)
{
	return call_with(channel, NR_open, 0, path, 0, flags, 0644);
}

TestSuite(linux_target, .init = begin, .fini = end, .timeout = 60);

/* --- what it is for --------------------------------------------------------------------------------- */

Test(linux_target, tasks_do_as_told_and_are_numbered_as_in_the_guest)
{
	int a = spawn(), b = spawn();

	CHECK_EQ(a, 0);
	CHECK_EQ(b, 1);
	CHECK_EQ(call(a, NR_getpid, 0, 0, 0), 2);
	CHECK_EQ(call(b, NR_getpid, 0, 0, 0), 3);
	CHECK_EQ(call(b, NR_getppid, 0, 0, 0), 1);
	CHECK_EQ(call(a, NR_getuid, 0, 0, 0), 0);
	CHECK_EQ(open_file(a, "/first", 0102), 3);
}

Test(linux_target, a_fault_is_reported_with_signal_code_and_address)
{
	struct agent_cmd cmd = {.op = AGENT_READ, .size = 1, .args = {0x12345678}};
	struct agent_report report;
	bool fresh;

	CHECK_EQ(tell(spawn(), &cmd, &report, &fresh), TASK_AWAITS);
	CHECK(fresh);
	CHECK_EQ(report.status, AGENT_FAULT);
	CHECK_EQ(report.signo, 11);
	CHECK_EQ(report.si_code, 1);
	CHECK_EQ(report.si_addr, 0x12345678);
}

Test(linux_target, a_new_program_has_neither_vdso_nor_random_places)
{
	struct view *view;
	uint64_t start, end_of;
	int a = spawn();

	view = target->ops->view(target, 2, &e);
	CHECK_EQ(view->nr_areas, 3); /* the agent's code, its slot, the stack */
	CHECK_EQ(view->areas[0].start, AGENT_TEXT);
	CHECK_STR(view->areas[0].name, "/agent");
	CHECK_EQ(view->areas[2].end, TASK_SIZE);
	CHECK(!proc_find_vdso(open("/proc", O_RDONLY), 999999, &start, &end_of));
	view_free(view);
	CHECK_EQ(call(a, NR_mmap, 0, PAGE_SIZE, 3), -LX_EINVAL); /* no flags: refused */
}

Test(linux_target, a_blocked_call_is_pending_until_somebody_ends_it)
{
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_pause};
	struct agent_report report;
	int a = spawn(), b = spawn(), exit_code, pid;
	bool fresh;

	CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_PENDING);
	CHECK(!fresh);
	CHECK_EQ(call(b, NR_kill, 2, SIGTERM, 0), 0);
	CHECK_EQ(target->ops->poll(target, a, &report, &fresh, &exit_code, &pid), TASK_GONE);
	CHECK_EQ(exit_code, SIGTERM);
}

Test(linux_target, time_is_virtual)
{
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_nanosleep, .in_data = 1, .len = 16};
	uint64_t hour[2] = {3600, 0};
	struct agent_report report;
	int a = spawn(), exit_code, pid;
	bool fresh;

	memcpy(cmd.data, hour, sizeof(hour));
	CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_PENDING);
	CHECK(!target->ops->tick(target, 3599 * 1000000000ULL, &e));
	CHECK_EQ(target->ops->poll(target, a, &report, &fresh, &exit_code, &pid), TASK_PENDING);
	CHECK(!target->ops->tick(target, 1000000000ULL, &e));
	CHECK_EQ(target->ops->poll(target, a, &report, &fresh, &exit_code, &pid), TASK_AWAITS);
	CHECK(fresh);
	CHECK_EQ(report.value, 0);
}

Test(linux_target, tasks_are_at_nice_0_whatever_vmm_is_at)
{
	end();
	CHECK(!setpriority(PRIO_PROCESS, 0, 5));
	begin();
	CHECK_EQ(call(spawn(), NR_getpriority, 0, 0, 0), geteuid() == 0 ? 20 : 15);
}

/* --- getting out ------------------------------------------------------------------------------------ */

Test(linux_target, kill_reaches_only_the_tasks_of_the_run)
{
	int outside = fork(), a, b, exit_code, pid;
	struct agent_report report;
	bool fresh;

	if (outside == 0) {
		pause();
		_exit(0);
	}
	a = spawn();
	b = spawn();
	CHECK_EQ(call(a, NR_kill, outside, SIGKILL, 0), -LX_ESRCH);
	CHECK_EQ(call(a, NR_kill, getpid(), SIGKILL, 0), -LX_ESRCH);
	CHECK_EQ(call(a, NR_kill, -1, SIGKILL, 0), 0);
	CHECK_EQ(target->ops->poll(target, b, &report, &fresh, &exit_code, &pid), TASK_GONE);
	CHECK_EQ(waitpid(outside, NULL, WNOHANG), 0);
	CHECK(spawn() >= 0); /* the keeper lives, too */
	kill(outside, SIGKILL);
	CHECK_EQ(waitpid(outside, NULL, 0), outside);
}

Test(linux_target, no_file_of_the_host_is_in_sight)
{
	static const char *const paths[] = {"/etc/passwd", "../../../etc/passwd", "/root", "/proc/1/root/etc/passwd",
					    "/home", "/usr/bin/env", "/dev/kvm", "/dev/mem", "/sys",
					    "/proc/1/cwd/agent", "/proc/1/fd/932", "/proc/self/task/2/root/etc/passwd"};
	int a = spawn();

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int64_t fd = open_file(a, paths[i], 0);

		CHECK_THAT(fd == -LX_ENOENT || fd == -LX_EACCES, "%s gave %ld", paths[i], fd);
	}
}

Test(linux_target, what_it_writes_is_gone_with_it)
{
	int a = spawn();

	CHECK_EQ(open_file(a, "/left-behind-by-mmscope", 0102), 3);
	CHECK_EQ(open_file(a, "/dev/shm/left-behind-by-mmscope", 0102), 4);
	CHECK(access("/left-behind-by-mmscope", F_OK) && access("/dev/shm/left-behind-by-mmscope", F_OK));
}

Test(linux_target, the_kernel_s_knobs_and_other_memory_are_out_of_reach)
{
	static const char *const paths[] = {"/proc/sysrq-trigger", "/proc/sys/kernel/hostname",
					    "/proc/sys/vm/overcommit_memory", "/proc/1/mem", "/proc/1/environ"};
	int a = spawn();

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		CHECK_THAT(open_file(a, paths[i], 01) < 0, "%s opens for writing", paths[i]);
}

Test(linux_target, it_has_no_capability_but_over_its_own_files)
{
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_pread64, .in_data = 2, .len = AGENT_DATA};
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
	struct agent_report report;
	char text[4 * AGENT_DATA + 1] = "";
	int a = spawn();
	bool fresh;

	CHECK_EQ(open_file(a, "/proc/self/status", 0), 3);
	cmd.args[0] = 3;
	cmd.args[2] = AGENT_DATA;
	for (int part = 0; part < 4; part++) {
		cmd.args[3] = part * AGENT_DATA;
		CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_AWAITS);
		if (report.value > 0)
			strncat(text, (char *)report.data, report.value);
	}
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		char line[64];

		/* DAC_OVERRIDE, DAC_READ_SEARCH and FOWNER, in a namespace whose only mapped files are its own */
		snprintf(line, sizeof(line), "%s:\t000000000000000e\n", sets[i]);
		CHECK_HAS(text, line);
	}
	CHECK_HAS(text, "NoNewPrivs:\t1\n");
	CHECK_HAS(text, "Seccomp:\t2\n");
}

Test(linux_target, calls_outside_the_language_do_not_exist)
{
	static const int numbers[] = {SYS_socket, SYS_ptrace, SYS_mount, SYS_unshare, SYS_setns, SYS_bpf, SYS_sethostname,
				      SYS_chroot, SYS_perf_event_open, SYS_userfaultfd, SYS_clone3, SYS_io_uring_setup,
				      SYS_seccomp, SYS_prctl, SYS_acct, SYS_reboot, SYS_keyctl, SYS_openat2};
	int a = spawn();

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK_THAT(call(a, numbers[i], 0, 0, 0) == -LX_ENOSYS, "call %d", numbers[i]);
	CHECK_EQ(call(a, SYS_clone, 0x10000000 | SIGCHLD, 0, 0), -LX_ENOSYS); /* CLONE_NEWUSER */
	CHECK_EQ(call(a, 0x40000000 | NR_getpid, 0, 0, 0), -LX_ENOSYS);	      /* x32 */
}

Test(linux_target, no_descriptor_of_vmm_is_open_in_it)
{
	int a = spawn();

	for (int fd = 3; fd < 4096; fd++) {
		if (fd == AGENT_FD_BASE)
			fd += AGENT_CHANNELS;
		CHECK_THAT(call(a, NR_fcntl, fd, 1, 0) == -LX_EBADF, "descriptor %d", fd); /* F_GETFD */
		fd += fd > 64 && fd < AGENT_FD_BASE - 8 ? 6 : 0;
	}
}

Test(linux_target, limits_are_not_raised_and_others_have_none_of_ours)
{
	const uint64_t more[2] = {UINT64_MAX, UINT64_MAX};
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_prlimit64, .in_data = 4, .len = sizeof(more)};
	struct agent_report report;
	int a = spawn();
	bool fresh;

	memcpy(cmd.data, more, sizeof(more));
	cmd.args[1] = 6; /* RLIMIT_NPROC */
	CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_AWAITS);
	CHECK_EQ(report.value, -LX_EPERM);
	cmd.args[0] = 1; /* the keeper's */
	CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_AWAITS);
	CHECK_EQ(report.value, -LX_EPERM);
	cmd.args[0] = getpid();
	CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_AWAITS);
	CHECK_EQ(report.value, -LX_ESRCH);
}

Test(linux_target, memory_of_others_is_neither_read_nor_written)
{
	static const uint64_t numbers[] = {NR_process_vm_readv, NR_process_vm_writev};
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .in_data = 2 | 8, .len = 32};
	uint64_t parts[4] = {AGENT_SLOTS + AGENT_HOT, 8, AGENT_TEXT, 8};
	struct agent_report report;
	int a = spawn();
	bool fresh;

	memcpy(cmd.data, parts, sizeof(parts));
	cmd.args[2] = cmd.args[4] = 1;
	cmd.args[3] = 16; /* the second part of data: theirs */
	for (int i = 0; i < 2; i++) {
		cmd.nr = numbers[i];
		cmd.args[0] = 1;
		CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_AWAITS);
		CHECK_EQ(report.value, -LX_EPERM);
		cmd.args[0] = getpid();
		CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_AWAITS);
		CHECK_EQ(report.value, -LX_ESRCH);
	}
}

Test(linux_target, its_files_have_an_end)
{
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_fallocate, .args = {3, 0, 0, 1UL << 30}};
	struct agent_report report;
	int a = spawn();
	bool fresh;

	CHECK_EQ(open_file(a, "/large", 0102), 3);
	CHECK_EQ(call(a, NR_fallocate, 3, 0, 0), -LX_EINVAL); /* no length */
	CHECK_EQ(tell(a, &cmd, &report, &fresh), TASK_AWAITS);
	CHECK_EQ(report.value, -LX_ENOSPC);
}

/* mov eax, 57; syscall; jmp back: every child forks, too. */
static const uint8_t bomb[] = {0xb8, 57, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7};

/* One command of the box's first task; its answer. */
static int64_t order(struct box *box, const struct agent_cmd *cmd)
{
	struct agent_report report = {.value = -1};

	CHECK(send(box->ours[0], cmd, AGENT_CMD_HEADER + cmd->len, 0) > 0);
	CHECK(recv(box->ours[0], &report, sizeof(report), 0) >= AGENT_REPORT_HEADER);
	return report.value;
}

static int count_processes(int proc)
{
	int n = 0, fd = openat(proc, ".", O_RDONLY | O_DIRECTORY);
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		n += *entry->d_name >= '0' && *entry->d_name <= '9';
	closedir(dir);
	return n;
}

Test(linux_target, a_bomb_of_forks_has_a_bound_and_ends_with_its_box)
{
	struct agent_cmd map = {.op = AGENT_SYSCALL, .nr = NR_mmap, .args = {0, PAGE_SIZE, 7, 0x22, -1UL, 0}};
	struct agent_cmd put = {.op = AGENT_WRITE_BYTES, .len = sizeof(bomb)}, go = {.op = AGENT_RUN};
	struct box box;
	size_t size;
	const void *agent = the_agent(&size);
	int pid, most = 0, proc;

	if (box_open(&box, agent, size, &e))
		cr_skip_test("%s", e.text);
	CHECK(!box_spawn(&box, "t", 0, &pid, &e) && pid == 2);
	put.args[0] = go.args[0] = order(&box, &map);
	memcpy(put.data, bomb, sizeof(bomb));
	order(&box, &put);
	CHECK(send(box.ours[0], &go, AGENT_CMD_HEADER, 0) > 0);
	for (int i = 0; i < 100; i++) {
		int n = count_processes(box.proc);

		most = n > most ? n : most;
		usleep(5000);
	}
	proc = dup(box.proc);
	box_close(&box);
	CHECK_THAT(most > 8 && most <= 257, "%d processes at most", most);
	CHECK_EQ(count_processes(proc), 0);
}

/* --- what stays behind ------------------------------------------------------------------------------ */

#define LEFT_KEY 0x6d6d7363

/* A program that uses the target and is killed in the middle of it; tells its keeper's pid. */
static void die_in_the_middle(int to)
{
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_shmget, .args = {LEFT_KEY, PAGE_SIZE, 01666}};
	struct box box;
	size_t size;
	const void *agent = the_agent(&size);
	int pid;

	if (box_open(&box, agent, size, &e) || box_spawn(&box, "t", 0, &pid, &e) || pid != 2)
		_exit(1);
	if (send(box.ours[0], &cmd, AGENT_CMD_HEADER, 0) < 0 ||
	    write(to, &box.keeper, sizeof(box.keeper)) != sizeof(box.keeper))
		_exit(1);
	kill(getpid(), SIGKILL);
}

Test(linux_target, nothing_stays_when_vmm_is_killed)
{
	int pipe_ends[2], keeper = 0, status, program;

	CHECK(!pipe(pipe_ends));
	program = fork();
	if (program == 0)
		die_in_the_middle(pipe_ends[1]);
	CHECK_EQ(read(pipe_ends[0], &keeper, sizeof(keeper)), sizeof(keeper));
	CHECK_EQ(waitpid(program, &status, 0), program);
	CHECK(WIFSIGNALED(status));
	/* Its parent is gone, so whoever takes orphans reaps the keeper; a zombie is as good. */
	for (int i = 0; i < 500; i++) {
		struct proc_stat stat = proc_read_stat(open("/proc", O_RDONLY), keeper);

		if (stat.state == PROC_NONE || stat.state == PROC_DEAD) {
			CHECK_EQ(shmget(LEFT_KEY, 0, 0), -1);
			CHECK_EQ(errno, ENOENT);
			return;
		}
		usleep(10000);
	}
	CHECK_THAT(false, "the keeper %d outlives vmm", keeper);
}
