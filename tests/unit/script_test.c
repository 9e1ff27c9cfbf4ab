/* SPDX-License-Identifier: MIT */
/*
 * The scenario language on a target of the test's own: what scripts may do, what they may not, and how a run
 * ends when the guest does something unforeseen.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "script/api.h"
#include "script/run.h"
#include "uapi.h"

/* --- a target that answers as the test wants ----------------------------------------------------------- */

static struct agent_report next_report;
static struct agent_cmd last_cmd;
static enum task_status next_status = TASK_AWAITS;
static bool dies, reports = true, fresh_now;
static struct lab_event no_event;

static int start(struct target *t, struct error *e)
{
	(void)t;
	(void)e;
	return 0;
}

static int spawn(struct target *t, const char *name, int *pid, struct error *e)
{
	(void)t;
	(void)name;
	(void)e;
	*pid = 2;
	return 0;
}

static int free_channel(struct target *t)
{
	(void)t;
	return 1;
}

static int post(struct target *t, int channel, const struct agent_cmd *cmd, struct error *e)
{
	(void)t;
	(void)channel;
	(void)e;
	last_cmd = *cmd;
	return 0;
}

static int run(struct target *t, struct error *e)
{
	(void)t;
	fresh_now = reports;
	return dies ? error_set(e, EXIT_GUEST_DIED, "the guest died as the test wants") : 0;
}

static enum task_status poll(struct target *t, int channel, struct agent_report *report, bool *fresh,
			     int *exit_code, int *pid)
{
	(void)t;
	(void)channel;
	*fresh = fresh_now;
	fresh_now = false;
	*report = next_report;
	*exit_code = 9;
	*pid = 2;
	return next_status;
}

static int tick(struct target *t, uint64_t ns, struct error *e)
{
	(void)ns;
	return run(t, e);
}

static struct target_events events(struct target *t)
{
	(void)t;
	return (struct target_events){.items = &no_event};
}

static struct model *observe(struct target *t, struct error *e)
{
	(void)t;
	error_set(e, EXIT_HOST, "there is nothing to see here");
	return NULL;
}

static const struct verify_aids *aids(struct target *t)
{
	(void)t;
	return NULL;
}

static void destroy(struct target *t)
{
	(void)t;
}

static const struct target_ops ops = {
	.name = "test",
	.start = start,
	.spawn = spawn,
	.free_channel = free_channel,
	.post = post,
	.run = run,
	.poll = poll,
	.tick = tick,
	.events = events,
	.observe = observe,
	.aids = aids,
	.destroy = destroy,
};
static struct target the_target = {.ops = &ops, .description = "test"};

static const struct options options = {
	.verify = VERIFY_OFF,
	.dump = DUMP_NONE,
	.seed = 1,
	.time_limit = 1,
	.guest = "guest.bin",
};

/* --- running a chunk ----------------------------------------------------------------------------------- */

static struct session s;
static lua_State *L;
static char *document;
static size_t document_size;

static void open_session(void)
{
	struct report_config config = {.detail = DETAIL_NONE, .verify = "off"};
	struct report_header header = {.version = "test", .machine = "test"};
	FILE *to = open_memstream(&document, &document_size);
	struct error e;

	session_init(&s, &options, "test", to);
	config.to = to;
	s.target = &the_target;
	s.report = report_open(&config, &header, &e);
	CHECK_THAT(s.report, "%s", e.text);
	L = sandbox_new(&s, 1);
	CHECK(L);
	api_open(L);
}

static void close_session(void)
{
	sandbox_close(L);
	session_free(&s);
	fclose(s.to);
	free(document);
}

/* NULL if it ran, otherwise its error. */
static const char *chunk(const char *text)
{
	static char error[2048];
	int status = luaL_loadbufferx(L, text, strlen(text), "=test", "t");

	if (status == LUA_OK)
		status = lua_pcall(L, 0, 0, 0);
	if (status == LUA_OK)
		return NULL;
	snprintf(error, sizeof(error), "%s", status == LUA_ERRMEM ? "memory" : to_text(L, -1));
	lua_settop(L, 0);
	return error;
}

static void runs(const char *text)
{
	const char *error = chunk(text);

	CHECK_THAT(!error, "%s: %s", text, error);
}

static void fails(const char *text, const char *words)
{
	const char *error = chunk(text);

	CHECK_THAT(error, "it ran: %s", text);
	CHECK_HAS(error, words);
}

/* --- the sandbox --------------------------------------------------------------------------------------- */

Test(script, pairs_go_in_one_order)
{
	open_session();
	runs("local t, seen = {z = 1, [3] = 1, a = 1, [1] = 1, [2.5] = 1, [true] = 1, [-4] = 1}, {}\n"
	     "for k in pairs(t) do seen[#seen + 1] = tostring(k) end\n"
	     "assert(table.concat(seen, ' ') == '-4 1 2.5 3 a z true', table.concat(seen, ' '))");
	runs("local t = {a = 1, b = 2, c = 3}\nfor k in pairs(t) do t[k] = nil; t.c = nil end "
	     "assert(rawlen(t) == 0)");
	runs("local n = 0 for i, v in ipairs({1, 2, 3}) do n = n + v end assert(n == 6)");
	runs("local t = setmetatable({}, {__pairs = function() return function(_, k) if not k then return 1 "
	     "end end end})\n"
	     "local n = 0 for k in pairs(t) do n = n + k end assert(n == 1)");
	fails("for k in pairs({[{}] = 1}) do end", "a key is a table");
	fails("for k in pairs(nil) do end", "table expected");
	close_session();
}

Test(script, random_numbers_come_from_the_seed)
{
	lua_Integer first;

	open_session();
	runs("n = math.random(1 << 40)");
	lua_getglobal(L, "n");
	first = lua_tointeger(L, -1);
	close_session();
	open_session();
	runs("n = math.random(1 << 40)");
	lua_getglobal(L, "n");
	CHECK_EQ(lua_tointeger(L, -1), first);
	lua_settop(L, 0);
	fails("math.randomseed()", "number expected");
	close_session();
}

Test(script, nothing_tells_host_addresses)
{
	open_session();
	runs("assert(tostring({}) == 'table' and tostring(print) == 'function' and tostring(nil) == 'nil')");
	runs("assert(('%s %5s|%-3s|%%s'):format({}, 'x', 1) == 'table     x|1  |%s')");
	fails("return ('%p'):format({})", "%p would tell host addresses");
	fails("return ('%-10p'):format({})", "%p would tell host addresses");
	runs("local ok, e = pcall(error, {}) assert(not ok and type(e) == 'table')");
	close_session();
}

Test(script, globals_must_be_known)
{
	open_session();
	runs("x = 1 y = x");
	fails("return nosuch", "unknown global 'nosuch'");
	fails("(function() z = 1 end)()", "inside a function");
	runs("(function() x = 2 end)() assert(x == 2)");
	fails("setmetatable(_G, nil)", "protected");
	close_session();
}

Test(script, text_chunks_only)
{
	open_session();
	CHECK_EQ(luaL_loadbufferx(L, "\x1bLua", 4, "=binary", "t"), LUA_ERRSYNTAX);
	lua_settop(L, 0);
	for (const char *const *name =
		     (const char *const[]){"io", "os", "debug", "require", "load", "dofile", NULL};
	     *name; name++) {
		lua_pushglobaltable(L);
		lua_pushstring(L, *name);
		CHECK_THAT(lua_rawget(L, -2) == LUA_TNIL, "%s", *name);
		lua_settop(L, 0);
	}
	close_session();
}

Test(script, memory_has_a_limit)
{
	open_session();
	fails("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1 << 20) .. i end", "memory");
	fails("return ('x'):rep(1 << 40)", "");
	runs("assert(1 + 1 == 2)");
	close_session();
}

Test(script, time_has_a_limit_that_pcall_does_not_lift)
{
	open_session();
	fails("while true do pcall(function() while true do end end) end", "without an operation");
	CHECK_EQ(s.status, EXIT_TIME);
	CHECK(s.over);
	close_session();
}

/* --- operations
 * ---------------------------------------------------------------------------------------------- */

Test(script, commands_carry_what_the_script_said)
{
	open_session();
	runs("a = spawn('a')");
	next_report.value = 0x41;
	runs("assert(a:read(0x1000, 4) == 0x41)");
	CHECK_EQ(last_cmd.op, AGENT_READ);
	CHECK_EQ(last_cmd.size, 4);
	CHECK_EQ(last_cmd.args[0], 0x1000);
	runs("a:write(-1, -1)");
	CHECK_EQ(last_cmd.args[0], ~0UL);
	CHECK_EQ(last_cmd.args[1], ~0UL);
	runs("a:syscall('nanosleep', 'ab', 7, a)");
	CHECK_EQ(last_cmd.nr, NR_nanosleep);
	CHECK_EQ(last_cmd.in_data, 1);
	CHECK_EQ(last_cmd.args[1], 7);
	CHECK_EQ(last_cmd.args[2], 2);
	CHECK_STR((const char *)last_cmd.data, "ab");
	runs("a:mmap{len = 5, prot = 'x', flags = 'shared,fixed'}");
	CHECK_EQ(last_cmd.args[2], LX_PROT_EXEC);
	CHECK_EQ(last_cmd.args[3], LX_MAP_SHARED | LX_MAP_FIXED);
	CHECK_EQ(last_cmd.args[4], ~0UL);
	close_session();
}

Test(script, wrong_arguments_run_nothing)
{
	open_session();
	runs("a = spawn('a')");
	last_cmd.op = 77;
	fails("a:read()", "number expected");
	fails("a:read('x')", "number expected");
	fails("a:read(0, 3, 'word')", "1, 2, 4 or 8");
	fails("a:read(0, -1)", "0 to 1048576 bytes");
	fails("a:write(0, 1, 3)", "1, 2, 4 or 8");
	fails("a:write(0, 256)", "does not fit in 1 byte");
	fails("a:write(0, 'x', 1)", "text has its own size");
	fails("a:fill(0, 1, 256)", "0 to 255");
	fails("a:mmap(4096)", "mmap takes a table in braces");
	fails("a:mmap{4096}", "named fields only");
	fails("a:mmap{len = 1.5}", "must be an integer");
	fails("a:syscall('nosuch')", "unknown system call");
	fails("a:syscall('mmap', 1, 2, 3, 4, 5, 6, 7)", "at most 6 arguments");
	fails("a:syscall('write', 1, ('x'):rep(600))", "512 bytes in all");
	fails("a:kill('SIGNONE')", "unknown signal");
	fails("a:fork('')", "1 to 15 letters");
	fails("a:nosuch()", "no method 'nosuch'");
	fails("spawn('a b')", "1 to 15 letters");
	fails("tick(-1)", "does not go back");
	fails("expect.errno(function() end, 'ENONE')", "no errno called");
	CHECK_EQ(last_cmd.op, 77);
	CHECK_EQ(s.steps, 1);
	close_session();
}

Test(script, a_guest_that_dies_ends_the_script_and_pcall_does_not_help)
{
	open_session();
	runs("a = spawn('a')");
	dies = true;
	fails("pcall(a.read, a, 0) survived = true", "as the test wants");
	fails("print('more')", "as the test wants");
	CHECK_EQ(s.status, EXIT_GUEST_DIED);
	lua_pushglobaltable(L);
	lua_pushstring(L, "survived");
	CHECK_EQ(lua_rawget(L, -2), LUA_TNIL);
	CHECK_STR(s.doing, "step 2, a read 0");
	close_session();
}

Test(script, agents_may_report_anything)
{
	open_session();
	runs("a = spawn('a')");
	next_report = (struct agent_report){
		.status = AGENT_FAULT, .signo = 0x12345678, .si_code = -7, .si_addr = ~0UL, .done = ~0UL};
	runs("local v, f = a:read(0) assert(v == nil and f.signal == 0x12345678 and f.code == -7 and f.addr "
	     "== -1)");
	runs("a:fill(0x1000, 16, 1)");
	next_report = (struct agent_report){.value = -4095};
	runs("local v, e = a:syscall('getpid') assert(v == nil and e == 'error 4095', e)");
	next_report = (struct agent_report){.value = 1L << 40};
	runs("local b, e = a:fork() assert(b == 1 << 40)");
	next_report = (struct agent_report){.status = 99};
	runs("a:read(0)");
	next_report = (struct agent_report){.status = AGENT_BAD};
	fails("a:read(0)", "did not understand 'read'");
	CHECK_EQ(s.status, EXIT_GUEST_DIED);
	close_session();
}

Test(script, an_operation_that_blocks)
{
	open_session();
	runs("a = spawn('a')");
	reports = false;
	next_status = TASK_PENDING;
	runs("h = a:start('pause') assert(not h:done())");
	fails("h:result()", "has not returned yet");
	fails("a:read(0)", "a is blocked in pause");
	reports = true;
	next_status = TASK_AWAITS;
	next_report = (struct agent_report){.value = -4};
	runs("tick(1) assert(h:done()) local v, e = h:result() assert(v == nil and e == 'EINTR')");
	fflush(s.to);
	CHECK_HAS(document, "; a's pause returned EINTR");
	reports = false;
	next_status = TASK_GONE;
	runs("local v, e = a:syscall('getpid') assert(v == nil and e == 'killed by SIGKILL', e)");
	fails("a:read(0)", "a is dead (it was killed by SIGKILL)");
	close_session();
}

Test(script, handles_outlive_what_they_tell_of)
{
	open_session();
	runs("a = spawn('a')");
	reports = false;
	next_status = TASK_PENDING;
	runs("for i = 1, 1 do local h = a:start('pause') end for i = 1, 1e5 do local t = {} end");
	next_status = TASK_GONE;
	runs("tick(1)");
	close_session();
}

/* --- expectations
 * ---------------------------------------------------------------------------------------------- */

Test(script, expectations_that_fail_count_even_when_caught)
{
	open_session();
	runs("expect(true) expect(0) expect.eq(1, 1) expect.eq('a', 'a')");
	CHECK_EQ(s.status, EXIT_HELD);
	fails("expect(nil, 'why')", "test:1: expectation failed: why: the condition does not hold");
	fails("expect.eq(0x7ffff7ffe000, 2)", "0x7ffff7ffe000 is not 2");
	fails("expect.eq('x', nil)", "\"x\" is not nil");
	fails("expect.fault(function() return 7 end, {})", "no fault, but 7");
	fails("expect.fault(function() return nil, {signal = 'SIGBUS'} end, {signal = 'SIGSEGV'})",
	      "the fault's signal is \"SIGBUS\" and not \"SIGSEGV\"");
	fails("expect.fault(function() return nil, {} end, {sginal = 1})", "unknown field 'sginal'");
	fails("expect.errno(function() return nil, 'EPERM' end, 'ENOMEM')",
	      "the error is EPERM and not ENOMEM");
	runs("expect.errno(function() return nil, 'EPERM' end, 'EPERM')");
	runs("pcall(expect, false)");
	CHECK_EQ(s.failures, 7);
	CHECK_EQ(s.status, EXIT_FINDING);
	close_session();
}

Test(script, help_knows_every_row)
{
	open_session();
	runs("help() help('mmap') help(spawn) a = spawn('a') help(a) help(expect)");
	fflush(s.to);
	CHECK_HAS(document, "a:mmap{len=");
	CHECK_HAS(document, "why(a, p)");
	CHECK_HAS(document, "h:result()");
	runs("help('nosuch')");
	fflush(s.to);
	CHECK_HAS(document, "nothing is known of that");
	close_session();
}
