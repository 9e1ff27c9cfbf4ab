/* SPDX-License-Identifier: MIT */
/* How a task of the scenario language becomes a program; see prog_script.h. */
#include "explore/prog_script.h"

#include <stdio.h>

#include "explore/prog_root.h"

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

static void put_lua_string(struct buf *b, const char *s)
{
	buf_puts(b, "\"");
	for (; *s; s++)
		buf_printf(b, "\\%03u", (unsigned char)*s);
	buf_puts(b, "\"");
}

/* path, args and env as globals, then the program above. */
void prog_script(struct buf *b, const struct options *o)
{
	const char *const env[] = {prog_path_variable(o), "HOME=/", "TERM=dumb"};
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
	buf_puts(b, run_lua);
}
