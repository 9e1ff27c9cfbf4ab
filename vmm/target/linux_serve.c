/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the machine of the target `linux-vm`. It mounts what a Linux needs, loads the driver of the line, and
 * then does what vmm outside asks: each request is an operation of a target `linux` of this very kernel.
 */
#include "target/linux_serve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "target/linux.h"
#include "target/vm_wire.h"

struct server {
	int line;
	struct target *target; /* NULL: no box is open */
	void *agent;	       /* its ELF */
};

/* --- the machine -------------------------------------------------------------------------------------- */

_Noreturn static void end_machine(const char *why)
{
	printf("mmscope: %s: %s\n", why, strerror(errno));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

/* In the order of their names, which whoever packed them has chosen. */
static void load_modules(void)
{
	struct dirent **names;
	int n = scandir("/modules", &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[300];
		int fd;

		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		fd = names[i]->d_name[0] == '.' ? -1 : open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			end_machine(path);
		if (fd >= 0)
			close(fd);
	}
}

static int open_port(void)
{
	DIR *dev = opendir("/dev");
	const struct dirent *entry;
	int fd = -1;

	while (dev && fd < 0 && (entry = readdir(dev)))
		if (!strncmp(entry->d_name, "vport", 5))
			fd = openat(dirfd(dev), entry->d_name, O_RDWR | O_CLOEXEC);
	if (dev)
		closedir(dev);
	return fd;
}

/* The port appears a moment after its driver. */
static int wait_for_port(void)
{
	for (int i = 0; i < 3000; i++) {
		int fd = open_port();

		if (fd >= 0)
			return fd;
		usleep(10000);
	}
	end_machine("no port " VM_PORT);
}

static void prepare(void)
{
	static const char *const dirs[] = {"/proc", "/dev", "/tmp"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(dirs[i], 0755);
	if (mount("proc", "/proc", "proc", 0, NULL))
		end_machine("/proc");
	if (mount("dev", "/dev", "devtmpfs", 0, NULL) && errno != EBUSY)
		end_machine("/dev");
	load_modules();
}

/* --- requests ------------------------------------------------------------------------------------------- */

/* What goes back: bytes are freed once sent. */
struct answer {
	int64_t value[3];
	void *bytes;
	uint32_t size;
};

/* A request: 0, or -1 with *e. */
typedef int (*request_fn)(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e);

static int do_close(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	(void)m;
	(void)bytes;
	(void)a;
	(void)e;
	if (s->target)
		s->target->ops->destroy(s->target);
	free(s->agent);
	s->target = NULL;
	s->agent = NULL;
	return 0;
}

static int do_open(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	struct linux_config config = {.agent_size = m->size, .time_limit = m->value[0] / 1000.0};

	do_close(s, m, bytes, a, e);
	config.agent = s->agent = memcpy(xmalloc(m->size + 1ul), bytes, m->size);
	s->target = target_linux_create(&config);
	return s->target->ops->start(s->target, e);
}

static int do_spawn(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	int pid, channel = s->target->ops->spawn(s->target, bytes, &pid, e);

	(void)m;
	a->value[0] = channel;
	a->value[1] = pid;
	return channel < 0 && pid >= 0 ? -1 : 0;
}

static int do_free_channel(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a,
			   struct error *e)
{
	(void)m;
	(void)bytes;
	(void)e;
	a->value[0] = s->target->ops->free_channel(s->target);
	return 0;
}

static int do_post(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	struct agent_cmd cmd = {0};

	(void)a;
	memcpy(&cmd, bytes, m->size < sizeof(cmd) ? m->size : sizeof(cmd));
	return s->target->ops->post(s->target, m->value[0] & (AGENT_CHANNELS - 1), &cmd, e);
}

static int do_run(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	(void)m;
	(void)bytes;
	(void)a;
	return s->target->ops->run(s->target, e);
}

static int do_tick(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	(void)bytes;
	(void)a;
	return s->target->ops->tick(s->target, m->value[0], e);
}

static int do_poll(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	struct vm_poll *poll = a->bytes = xcalloc(1, sizeof(*poll));
	bool fresh;

	(void)bytes;
	(void)e;
	a->size = sizeof(*poll);
	poll->status = s->target->ops->poll(s->target, m->value[0] & (AGENT_CHANNELS - 1), &poll->report, &fresh,
					    &poll->exit_code, &poll->pid);
	poll->fresh = fresh;
	return 0;
}

static int do_view(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	struct view *view = s->target->ops->view(s->target, m->value[0], e);

	(void)bytes;
	if (!view)
		return -1;
	a->bytes = wire_pack_view(view, &a->size);
	view_free(view);
	return 0;
}

static int do_write(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	(void)e;
	a->value[0] = s->target->ops->write(s->target, m->value[0], m->value[1], bytes, m->size);
	return 0;
}

static const request_fn requests[NR_ASK_OPS] = {
	[ASK_OPEN] = do_open, [ASK_CLOSE] = do_close, [ASK_SPAWN] = do_spawn, [ASK_FREE_CHANNEL] = do_free_channel,
	[ASK_POST] = do_post, [ASK_RUN] = do_run,	    [ASK_TICK] = do_tick,   [ASK_POLL] = do_poll,
	[ASK_VIEW] = do_view, [ASK_WRITE] = do_write,
};

static int perform(struct server *s, const struct vm_message *m, const void *bytes, struct answer *a, struct error *e)
{
	if (!requests[m->op] || (!s->target && m->op != ASK_OPEN && m->op != ASK_CLOSE))
		return error_set(e, EXIT_HOST, "the machine was asked what it cannot do now (%u)", m->op);
	return requests[m->op](s, m, bytes, a, e);
}

static void serve_one(struct server *s)
{
	struct error e = {.status = EXIT_HOST};
	struct answer a = {.bytes = NULL};
	struct vm_message m;
	void *bytes;
	bool timed_out, failed;

	if (!wire_receive(s->line, 0, &m, &bytes, &timed_out))
		end_machine("the line is closed");
	failed = perform(s, &m, bytes, &a, &e);
	memcpy(m.value, a.value, sizeof(m.value));
	m.status = failed ? (int32_t)e.status : 0;
	m.size = failed ? strlen(e.text) : a.size;
	if (m.op != ASK_POST && !wire_send(s->line, &m, failed ? e.text : a.bytes))
		end_machine("the line is closed");
	free(bytes);
	free(a.bytes);
}

int linux_serve_main(int argc, char **argv)
{
	struct vm_message hello = {.op = ASK_HELLO};
	struct server s = {0};
	struct utsname name;

	(void)argc;
	if (getpid() != 1) {
		fprintf(stderr, "vmm: %s is what runs inside the machine of --target linux-vm (vmm --help)\n", argv[0]);
		return EXIT_USAGE;
	}
	prepare();
	s.line = wait_for_port();
	uname(&name);
	hello.size = strlen(name.release);
	if (!wire_send(s.line, &hello, name.release))
		end_machine("the line is closed");
	for (;;)
		serve_one(&s);
}
