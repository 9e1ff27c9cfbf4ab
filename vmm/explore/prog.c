/* SPDX-License-Identifier: MIT */
/*
 * A program of the host in the guest; see prog.h. It and its standard input go into a cpio (prog_pack.c); a task of the scenario
 * language opens what shall be descriptors 0 and 2, forks, and the child becomes the program (prog_script.c). Its standard output
 * is the console, which comes to us by the page; what the kernel itself says goes to stderr.
 */
#include "explore/prog.h"

#include <stdio.h>
#include <unistd.h>

#include "explore/prog_pack.h"
#include "explore/prog_script.h"
#include "report/buf.h"
#include "script/program.h"

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
	prog_script(&script, o);
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
	char initrd[64];
	struct cpio c;
	struct error e;
	int status;

	if (cpio_begin(&c, &e) || prog_pack(&c, &o, &e)) {
		fprintf(stderr, "vmm: %s\n", e.text);
		return of_tool(e.status);
	}
	/* By our own number: QEMU opens it, too, and there `self` is another. */
	snprintf(initrd, sizeof(initrd), "/proc/%d/fd/%d", getpid(), c.fd);
	o.initrd = initrd;
	status = run(&o);
	close(c.fd);
	return status;
}
