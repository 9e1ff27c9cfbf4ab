/* SPDX-License-Identifier: MIT */
/* What root may, and what it may not any more once it is somebody else: files, signals, locked memory, segments. 77: it is not root. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define US 1000
#define THEM 1001

static void say(const char *what, long ret)
{
	printf("%s: %s\n", what, ret < 0 ? strerror(errno) : "ok");
}

static void files(void)
{
	struct stat st;

	say("open another's 0600", open("secret", O_RDONLY));
	say("open another's 0644", open("public", O_RDONLY));
	say("write another's 0644", open("public", O_WRONLY));
	say("truncate it", truncate("public", 0));
	say("open in another's 0700", open("closed/f", O_RDONLY));
	say("enter it", chdir("closed"));
	say("remove it", rmdir("closed"));
	say("create in the sticky one", open("sticky/ours", O_CREAT | O_WRONLY, 0666));
	say("remove another's there", unlink("sticky/theirs"));
	say("remove ours there", unlink("sticky/ours"));
	say("create where it is not allowed", mkdir("new", 0777));
	say("chmod another's", chmod("public", 0666));
	say("chown another's", chown("public", US, -1));
	say("give ours away", chown("ours", THEM, -1));
	say("ours to a group of ours", chown("ours", -1, 7));
	say("ours to another group", chown("ours", -1, 8));
	stat("ours", &st);
	printf("ours: %u %u %o\n", st.st_uid, st.st_gid, st.st_mode);
	say("times of another's, now", utimensat(AT_FDCWD, "public", NULL, 0));
	say("access ours for all", access("ours", R_OK | W_OK | X_OK));
	say("access ours to read", access("ours", R_OK));
	say("run another's", access("public", X_OK));
}

static void others(pid_t them, int shm)
{
	struct rlimit limit = {0, 0};
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	say("signal another's", kill(them, 0));
	say("signal a child of ours", kill(getpid(), 0));
	say("attach another's 0600", shmat(shm, NULL, 0) == (void *)-1 ? -1 : 0);
	say("remove it", shmctl(shm, IPC_RMID, NULL));
	say("lock it", shmctl(shm, SHM_LOCK, NULL));
	limit.rlim_cur = limit.rlim_max = 2 * 4096;
	say("a lower limit", setrlimit(RLIMIT_MEMLOCK, &limit));
	say("lock two pages", mlock(p, 2 * 4096));
	say("lock the third", mlock(p + 2 * 4096, 4096));
	munlockall();
	limit.rlim_max = 1 << 20;
	say("a higher one", setrlimit(RLIMIT_MEMLOCK, &limit));
	limit.rlim_cur = limit.rlim_max = 0;
	setrlimit(RLIMIT_MEMLOCK, &limit);
	say("lock with none", mlock(p, 4096));
	say("real time", setpriority(PRIO_PROCESS, 0, -5));
}

static void ids(void)
{
	uid_t r, e, s;
	gid_t groups[4];

	say("be root again", setuid(0));
	say("be another", setresuid(-1, THEM, -1));
	say("be who one is", setresuid(-1, US, -1));
	say("more groups", setgroups(0, NULL));
	getresuid(&r, &e, &s);
	printf("ids %u %u %u, groups %d\n", r, e, s, getgroups(4, groups));
}

static void prepare(void)
{
	int fd;

	umask(0);
	close(open("secret", O_CREAT | O_WRONLY, 0600));
	close(open("public", O_CREAT | O_WRONLY, 0644));
	mkdir("closed", 0700);
	close(open("closed/f", O_CREAT | O_WRONLY, 0666));
	mkdir("sticky", 01777);
	close(open("sticky/theirs", O_CREAT | O_WRONLY, 0666));
	fd = open("ours", O_CREAT | O_WRONLY, 06755);
	if (fchown(fd, US, US) || fchown(fd, US, US))
		exit(77);
	close(fd);
}

int main(void)
{
	char dir[] = "/tmp/rights.XXXXXX";
	gid_t groups[] = {9, 7};
	pid_t them, child;
	int shm = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

	if (getuid() || !mkdtemp(dir) || chmod(dir, 0755) || chdir(dir))
		return 77;
	prepare();
	them = fork();
	if (!them)
		for (;;)
			pause();
	child = fork();
	if (!child) {
		if (setgroups(2, groups) || setresgid(US, US, US) || setresuid(US, US, US))
			_exit(77);
		files();
		others(them, shm);
		ids();
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &shm, 0);
	kill(them, SIGKILL);
	if (chdir("/") || chdir(dir))
		return 1;
	unlink("secret"), unlink("public"), unlink("closed/f"), unlink("sticky/theirs"), unlink("ours");
	rmdir("closed"), rmdir("sticky");
	return rmdir(dir) || WEXITSTATUS(shm) ? 77 : 0;
}
