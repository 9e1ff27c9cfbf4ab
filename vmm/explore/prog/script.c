/* SPDX-License-Identifier: MIT */
/* How a task of the scenario language becomes a program; see prog_script.h. */
#include "explore/prog/script.h"

#include <stdio.h>

#include "explore/prog/root.h"

/*
 * Strings and pointers of execve are put into the child's memory by hand: a command of the agent holds few bytes. POKE is where;
 * execve copies them before that memory goes. The parent waits for the child from the start, so that its answer is the end.
 */
static const char prepare_lua[] =
	"local POKE = 0x7f0000000000\n"
	"a = spawn(\"vmm\")\n"
	"b = a:fork(\"prog\")\n"
	"if directory ~= \"/\" then b:syscall(\"chdir\", directory) end\n"
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
	"vectors = POKE + #bytes\n"
	"environment = vectors + 8 * #argv\n"
	"bytes = bytes .. table.concat(argv) .. table.concat(envp)\n"
	"b:mmap{len = (#bytes + PAGE) // PAGE * PAGE, prot = \"rw\", flags = \"private,anon,fixed\", addr = POKE}\n"
	"for i = 1, #bytes, 128 do b:write(POKE + i - 1, bytes:sub(i, i + 127)) end\n"
	"name = POKE\n"
	"word = a:mmap{len = PAGE, prot = \"rw\", flags = \"private,anon\"}\n"
	"waiting = a:start(\"wait4\", -1, word, 0, 0)\n";

const char prog_run_lua[] =
	"local h = b:start(\"execve\", name, vectors, environment)\n"
	"if b:alive() and h:done() then\n"
	"\tlocal _, errno = h:result()\n"
	"\terror(\"cannot run \" .. path .. \": \" .. errno, 0)\n"
	"end\n";

const char prog_end_lua[] =
	"a:syscall(\"kill\", -1, 9)\n"
	"status = a:read(word, 4)\n";

static void put_lua_string(struct buf *b, const char *s)
{
	buf_puts(b, "\"");
	for (; *s; s++)
		buf_printf(b, "\\%03u", (unsigned char)*s);
	buf_puts(b, "\"");
}

/*
 * The guest's kernel keeps a task's x87 and SSE registers, and a processor in ring 3 may well offer more: so a C library shall not
 * pick what uses more (glibc 2.36: cpu_features.c; names that it does not know it ignores).
 */
#define NO_AVX \
	"GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX,-AVX2,-AVX2_Usable,-AVX512F,-AVX512F_Usable,-AVX512VL," \
	"-AVX512BW,-ERMS"

/* path, args and env as globals, then the program above. */
void prog_script(struct buf *b, const struct options *o)
{
	const char *const env[] = {prog_path_variable(o), "HOME=/", "TERM=dumb", NO_AVX};
	char path[4096];

	prog_directory(o, path);
	buf_puts(b, "directory = ");
	put_lua_string(b, path);
	prog_path(o, path);
	buf_puts(b, "\npath = ");
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
	buf_puts(b, prepare_lua);
}
