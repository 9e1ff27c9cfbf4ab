-- A signal in the middle of a call: which calls start over when the handler has SA_RESTART, and which never do; children that nobody
-- is to wait for.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rwx"}
local q = a:mmap{len = PAGE, prot = "rw", flags = "shared,anon"}
a:write(p + 256, "\xb8\x0f\0\0\0\x0f\x05")	-- mov $15, %eax; syscall
a:write(p + 320, "\xc3")
local function handle(signo, handler, flags)
	expect.eq(a:syscall("rt_sigaction", signo, string.pack("<I8I8I8I8", handler, 0x04000000 | flags, p + 256, 0), 0, 8), 0)
end
local SA_RESTART, SA_NOCLDWAIT, SA_NOCLDSTOP = 0x10000000, 2, 1
handle(10, p + 320, SA_RESTART)		-- SIGUSR1
handle(12, p + 320, 0)			-- SIGUSR2
local b = a:fork("b")
local r, w = a:pipe()
local c = a:fork("c")
local event = a:syscall("eventfd2", 0, 0)

-- Begins the call, sends the signal and tells what has become of it.
local function signalled(signal, ...)
	local h = a:start(...)
	expect(not h:done())
	c:kill(signal, a)
	if not h:done() then return "goes on", h end
	local _, errno = h:result()
	return errno
end

step("A wait for a child, for bytes in a pipe, for an event, for a futex: over again, or EINTR without SA_RESTART")
for _, call in ipairs{{"wait4", b.pid, 0, 0, 0}, {"waitid", 1, b.pid, 0, 4, 0}, {"read", r, p, 8}, {"read", event, p, 8},
		      {"futex", q, 0, 0, 0, 0, 0}} do
	expect.eq(signalled("SIGUSR2", table.unpack(call)), "EINTR")
end
local what, h = signalled("SIGUSR1", "read", r, p, 8)
expect.eq(what, "goes on")
c:write_fd(w, "x")
expect.eq(h:result(), 1)
what, h = signalled("SIGUSR1", "futex", q, 0, 0, 0, 0, 0)
expect.eq(what, "goes on")
c:syscall("futex", q, 1, 1, 0, 0, 0)
expect.eq(h:result(), 0)
what, h = signalled("SIGUSR1", "wait4", b.pid, 0, 0, 0)
expect.eq(what, "goes on")
b:exit(0)
expect.eq(h:result(), b.pid)

step("Those that wait for a signal, or for readiness, never start over")
expect.eq(signalled("SIGUSR1", "pause"), "EINTR")
expect.eq(signalled("SIGUSR1", "poll", p, 0, -1), "EINTR")
expect.eq(signalled("SIGUSR1", "rt_sigtimedwait", string.pack("<I8", 1 << 20), 0, 0, 8), "EINTR")
expect.eq(signalled("SIGUSR1", "rt_sigsuspend", string.pack("<I8", 0), 8), "EINTR")

step("Children that nobody is to wait for: SIGCHLD ignored, or SA_NOCLDWAIT. A wait lasts until the last of them is gone")
for _, how in ipairs{{1, 0}, {p + 320, SA_NOCLDWAIT}} do
	handle(17, how[1], how[2] | SA_RESTART)
	local d, e = a:fork(), a:fork()
	h = a:start("wait4", -1, 0, 0, 0)
	c:kill("SIGTERM", d)
	expect(not h:done())
	e:exit(3)
	expect(not h:done(), "c is a child, too, of the old days")
	c:kill("SIGUSR2", a)
	local _, errno = h:result()
	expect.eq(errno, "EINTR")
	expect.errno(function() return a:syscall("kill", d.pid, 0) end, "ESRCH")
	expect.errno(function() return a:syscall("wait4", e.pid, 0, 0, 0) end, "ECHILD")
end
handle(17, 0, 0)
c:exit(0)
expect.eq(a:syscall("wait4", -1, 0, 0, 0), c.pid)
expect.errno(function() return a:syscall("wait4", -1, 0, 0, 0) end, "ECHILD")
