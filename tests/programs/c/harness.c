/* SPDX-License-Identifier: MIT */
/*
 * A test harness as other projects have them: results in a shared mapping of a file without a name, counted with atomics by
 * children; each test in a process group of its own, with a directory of its own, watched over by an alarm and by heartbeats.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

struct results {
	atomic_int passed, failed, beats, pid_alive;
};

static struct results *results;
static volatile sig_atomic_t beats, timed_out;
static pid_t test_pid;

static void on_beat(int signo)
{
	(void)signo;
	beats++;
	alarm(30);
}

static void on_alarm(int signo)
{
	(void)signo;
	timed_out = 1;
	kill(-test_pid, SIGKILL);
}

static void check(int ok, const char *what)
{
	atomic_fetch_add(ok ? &results->passed : &results->failed, 1);
	if (!ok) {
		printf("  failed: %s (%s)\n", what, strerror(errno));
		fflush(stdout);
	}
}

static struct results *map_results(void)
{
	char name[] = "/dev/shm/results.XXXXXX";
	int fd = mkstemp(name);
	void *map;

	if (fd < 0 || ftruncate(fd, sysconf(_SC_PAGESIZE)))
		exit(2);
	map = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	unlink(name);
	close(fd);
	return map == MAP_FAILED ? exit(2), NULL : map;
}

/* --- the tests ---------------------------------------------------------------------------------------------------- */

static void test_directories(void)
{
	char cwd[256];
	struct stat st, at;
	struct statfs fs;
	int fd;

	check(mkdir("d", 0700) == 0 && chdir("d") == 0 && getcwd(cwd, sizeof(cwd)) != NULL, "mkdir, chdir, getcwd");
	check(strcmp(strrchr(cwd, '/'), "/d") == 0, "the path ends so");
	fd = open("f", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	check(openat(AT_FDCWD, "f", O_DIRECTORY) == -1 && errno == ENOTDIR, "O_DIRECTORY of a file");
	check(symlink("f", "l") == 0 && openat(AT_FDCWD, "l", O_NOFOLLOW) == -1 && errno == ELOOP, "O_NOFOLLOW of a link");
	check(fstat(fd, &st) == 0 && fstatat(fd, "", &at, AT_EMPTY_PATH) == 0 && st.st_ino == at.st_ino, "AT_EMPTY_PATH");
	check(statfs(".", &fs) == 0 && fs.f_namelen == 255, "statfs");
	check(fchmod(fd, 0600) == 0 && fchown(fd, -1, -1) == 0 && stat("f", &st) == 0 && (st.st_mode & 0777) == 0600, "fchmod");
	check(fallocate(fd, 0, 0, 3 * 4096) == 0 && fallocate(fd, 3, 4096, 4096) == 0, "fallocate, and a hole");
	check(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0 && fsync(fd) == 0, "fadvise, fsync");
	check(fcntl(fd, F_GETFD) == FD_CLOEXEC, "fcntl");
	check(unlinkat(AT_FDCWD, "f", 0) == 0 && unlink("l") == 0 && chdir("..") == 0 && rmdir("d") == 0, "all gone");
}

static void test_children(void)
{
	int status, efd = eventfd(0, 0);
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			uint64_t one = 1;

			atomic_fetch_add(&results->pid_alive, 1);
			_exit(write(efd, &one, sizeof(one)) == sizeof(one) && getpgrp() == test_pid ? 0 : 1);
		}
	for (int i = 0; i < 8; i++)
		check(waitpid(0, &status, 0) > 0 && status == 0, "a child of the group");
	check(waitpid(-1, &status, 0) == -1 && errno == ECHILD, "no child is left");
	check(atomic_load(&results->pid_alive) == 8, "each of them counted");
	check(read(efd, &n, sizeof(n)) == sizeof(n) && n == 8, "eventfd");
}

/* Tells its parent that it lives: the wait there goes on (SA_RESTART). */
static void test_heartbeat(void)
{
	for (int i = 0; i < 5; i++) {
		kill(getppid(), SIGUSR1);
		while (atomic_load(&results->beats) <= i)
			usleep(1000);
	}
	check(1, "still there");
}

/* A grandchild that never ends: the group is killed when the time is over. */
static void test_hangs(void)
{
	if (fork() == 0)
		for (;;)
			pause();
	kill(getppid(), SIGUSR2);
	for (;;)
		pause();
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {{"directories", test_directories}, {"children", test_children}, {"heartbeat", test_heartbeat}, {"hangs", test_hangs}};

/* --- running them -------------------------------------------------------------------------------------------------- */

static void on_impatient(int signo)
{
	(void)signo;
	alarm(1);
}

static void handle(int signo, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigaction(signo, &action, NULL);
}

static void count_beat(int signo)
{
	on_beat(signo);
	atomic_fetch_add(&results->beats, 1);
}

static void run(const char *name, void (*test)(void))
{
	char dir[] = "/tmp/harness.XXXXXX";
	int status;
	pid_t pid;

	timed_out = 0;
	if (!mkdtemp(dir) || chmod(dir, 0777))
		exit(2);
	fflush(stdout);
	test_pid = fork();
	if (test_pid == 0) {
		setpgid(0, 0);
		test_pid = getpid();
		if (chdir(dir))
			_exit(2);
		test();
		_exit(0);
	}
	setpgid(test_pid, test_pid);
	alarm(30);
	pid = waitpid(test_pid, &status, 0);	/* restarted after each heartbeat */
	alarm(0);
	while (kill(-test_pid, SIGKILL) == 0)
		usleep(1000);
	printf("%s: %s, %s\n", name, pid == test_pid ? "waited for" : "lost",
	       timed_out ? "timed out" : WIFEXITED(status) && !WEXITSTATUS(status) ? "done" : "died");
	check(rmdir(dir) == 0, "its directory is empty");
}

int main(void)
{
	results = map_results();
	check(getpid() != 1 && getppid() != 1, "not init, nor its child");
	handle(SIGUSR1, count_beat);
	handle(SIGUSR2, on_impatient);
	handle(SIGALRM, on_alarm);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		run(tests[i].name, tests[i].run);
	printf("%d passed, %d failed, %d beats\n", atomic_load(&results->passed), atomic_load(&results->failed), (int)beats);
	return atomic_load(&results->failed) != 0;
}
