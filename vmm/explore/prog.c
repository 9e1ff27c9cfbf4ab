/* SPDX-License-Identifier: MIT */
/*
 * A program of the host in the guest; see prog.h. It and its standard input go into a cpio; a task of the scenario language
 * opens what shall be descriptors 0 and 2, forks, and the child becomes the program. Its standard output is the console, which comes
 * to us by the page; what the kernel itself says goes to stderr.
 */
#include "explore/prog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/cpio.h"
#include "report/buf.h"
#include "script/program.h"

/* Virtual time moves by so much while all of the program sleeps. */
#define TICK_NS "1000000"

/*
 * Strings and pointers of execve are put into the child's memory by hand: a command of the agent holds few bytes. POKE is where;
 * execve copies them before that memory goes.
 */
static const char run_lua[] =
	"local POKE = 0x7f0000000000\n"
	"local a = spawn(\"vmm\")\n"
	"local input = a:open(\"/.stdin\", \"r\")\n"
	"local errors = a:open(\"/.stderr\", \"rw,creat,trunc\")\n"
	"local b = a:fork(\"prog\")\n"
	"b:syscall(\"dup2\", input, 0)\n"
	"b:syscall(\"dup2\", errors, 2)\n"
	"b:close(input)\n"
	"b:close(errors)\n"
	"local text, argv, envp = {path}, {}, {}\n"
	"local at = POKE + #path + 1\n"
	"local function add(strings, pointers)\n"
	"\tfor _, s in ipairs(strings) do\n"
	"\t\ttext[#text + 1] = s\n"
	"\t\tpointers[#pointers + 1] = string.pack(\"<i8\", at)\n"
	"\t\tat = at + #s + 1\n"
	"\tend\n"
	"\tpointers[#pointers + 1] = string.pack(\"<i8\", 0)\n"
	"end\n"
	"add(args, argv)\n"
	"add(env, envp)\n"
	"local bytes = table.concat(text, \"\\0\") .. \"\\0\"\n"
	"bytes = bytes .. (\"\\0\"):rep(-#bytes & 7)\n"
	"local vectors = POKE + #bytes\n"
	"bytes = bytes .. table.concat(argv) .. table.concat(envp)\n"
	"b:mmap{len = (#bytes + PAGE) // PAGE * PAGE, prot = \"rw\", flags = \"private,anon,fixed\", addr = POKE}\n"
	"for i = 1, #bytes, 128 do b:write(POKE + i - 1, bytes:sub(i, i + 127)) end\n"
	"local h = b:start(\"execve\", POKE, vectors, vectors + 8 * #argv)\n"
	"while b:alive() and not h:done() do tick(" TICK_NS ") end\n"
	"if b:alive() then\n"
	"\tlocal _, errno = h:result()\n"
	"\terror(\"cannot run \" .. path .. \": \" .. errno, 0)\n"
	"end\n"
	"local word = a:mmap{len = PAGE, prot = \"rw\", flags = \"private,anon\"}\n"
	"a:syscall(\"wait4\", -1, word, 0, 0)\n"
	"status = a:read(word, 4)\n"
	"local size, said = a:lseek(errors, 0, \"end\"), {}\n"
	"for off = 0, size - 1, 256 do said[#said + 1] = a:pread(errors, math.min(256, size - off), off) end\n"
	"errors_said = table.concat(said)\n";

/* --- the guest's files ------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* As execvp finds it. NULL with *e. */
static int open_program(const char *name, struct error *e)
{
	const char *dir = getenv("PATH");
	char path[4096];
	int fd = -1;
	size_t n;

	if (strchr(name, '/'))
		fd = open(name, O_RDONLY | O_CLOEXEC);
	for (; !strchr(name, '/') && fd < 0 && dir && *dir; dir += n + (dir[n] == ':')) {
		n = strcspn(dir, ":");
		snprintf(path, sizeof(path), "%.*s%s%s", (int)n, dir, n ? "/" : "", name);
		fd = access(path, X_OK) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		error_set(e, EXIT_USAGE, "cannot open the program %s: %s", name, strerror(errno));
	return fd;
}

static int add_files(struct cpio *c, const struct options *o, struct error *e)
{
	int fd = open_program(o->prog[0], e), failed;
	char path[4096];

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "bin/%s", base_name(o->prog[0]));
	failed = cpio_add(c, "bin", S_IFDIR | 0755, NULL, 0, e) || cpio_add(c, "tmp", S_IFDIR | 01777, NULL, 0, e) ||
		 cpio_add_fd(c, path, S_IFREG | 0755, fd, e);
	close(fd);
	/* A terminal would have to be asked as the program runs: it finds the end of the file. */
	if (!failed && isatty(STDIN_FILENO))
		failed = cpio_add(c, ".stdin", S_IFREG | 0644, NULL, 0, e);
	else if (!failed)
		failed = cpio_add_fd(c, ".stdin", S_IFREG | 0644, STDIN_FILENO, e);
	if (failed)
		return -1;
	return o->initrd ? cpio_append(c, o->initrd, e) : cpio_end(c, e);
}

/* --- the run ------------------------------------------------------------------------------------------ */

static void put_lua_string(struct buf *b, const char *s)
{
	buf_puts(b, "\"");
	for (; *s; s++)
		buf_printf(b, "\\%03u", (unsigned char)*s);
	buf_puts(b, "\"");
}

/* path, args and env as globals, then the program above. */
static void put_script(struct buf *b, const struct options *o)
{
	static const char *const env[] = {"PATH=/bin", "HOME=/", "TERM=dumb"};
	char path[4096];

	snprintf(path, sizeof(path), "/bin/%s", base_name(o->prog[0]));
	buf_puts(b, "path = ");
	put_lua_string(b, path);
	buf_puts(b, "\nargs = {");
	for (int i = 0; o->prog[i]; i++) {
		put_lua_string(b, o->prog[i]);
		buf_puts(b, ",");
	}
	buf_puts(b, "}\nenv = {");
	for (size_t i = 0; i < sizeof(env) / sizeof(env[0]); i++) {
		put_lua_string(b, env[i]);
		buf_puts(b, ",");
	}
	buf_puts(b, "}\n");
	buf_puts(b, run_lua);
}

static int of_tool(enum exit_status status)
{
	return 120 + status;
}

/* How the program ended, as a shell tells it. */
static int of_program(int64_t status)
{
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

static int finish(struct program *p, const char *why)
{
	const struct session *s = program_session(p);
	int64_t status;
	const char *said;
	size_t size;

	fflush(stdout);
	if (why) {
		fprintf(stderr, "vmm: %s\n", s->over ? s->error.text : why);
		return of_tool(s->over ? s->error.status : EXIT_USAGE);
	}
	said = program_text(p, "errors_said", &size);
	if (said)
		fwrite(said, 1, size, stderr);
	if (s->nr_findings) {
		fprintf(stderr, "vmm: an invariant was violated: %s: %s\n", s->findings.n ? s->findings.items[0].invariant->id : "?",
			s->findings.n ? s->findings.items[0].text : "it does not stand any more");
		return of_tool(EXIT_FINDING);
	}
	return program_number(p, "status", &status) ? of_program(status) : of_tool(EXIT_USAGE);
}

static int run(const struct options *o)
{
	FILE *document = o->trace ? stderr : fopen("/dev/null", "w");
	struct program *p = document ? program_open(o, base_name(o->prog[0]), document) : NULL;
	const char *why = NULL;
	struct buf script = {0};
	int status;

	if (!p) {
		fputs("vmm: the host has no memory for a Lua state\n", stderr);
		return of_tool(EXIT_HOST);
	}
	program_session(p)->output = stdout;
	put_script(&script, o);
	program_line(p, buf_text(&script), &why);
	status = finish(p, why);
	buf_free(&script);
	program_close(p);
	if (document != stderr)
		fclose(document);
	return status;
}

int prog_main(const struct options *options)
{
	struct options o = *options;
	char initrd[32];
	struct cpio c;
	struct error e;
	int status;

	if (cpio_begin(&c, &e) || add_files(&c, &o, &e)) {
		fprintf(stderr, "vmm: %s\n", e.text);
		return of_tool(e.status);
	}
	snprintf(initrd, sizeof(initrd), "/proc/self/fd/%d", c.fd);
	o.initrd = initrd;
	status = run(&o);
	close(c.fd);
	return status;
}
