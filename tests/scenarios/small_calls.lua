-- The calls that have no chapter of their own: who one is, what time it is, where FS and GS point, a signal for one thread.
-- both: no, a process id of the box, its clock and its name are its own
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rwx"}
a:write(p, 0)

step("Who")
local pid = a:syscall("getpid")
expect.eq(a:syscall("gettid"), pid)
expect.eq(a:syscall("getppid"), 1)
for _, nr in ipairs{102, 104, 107, 108} do expect.eq(a:syscall(nr), 0) end	-- getuid, getgid, geteuid, getegid
a:syscall("uname", p)
expect.eq(a:read(p, 6), "Linux\0")
expect.eq(a:read(p + 4*65, 7), "x86_64\0")

step("When: virtual time moves by tick alone")
local function now(clock)
	a:syscall("clock_gettime", clock, p)
	return a:read(p, 8) * 1000000000 + a:read(p + 8, 8)
end
local before = now(1)
expect.eq(now(1), before)
a:syscall("sched_yield")
tick(1500000000)
expect.eq(now(1), before + 1500000000)
a:syscall("gettimeofday", p, 0)
local seconds = a:read(p, 8)
expect.eq(a:syscall("time", 0), seconds)
local _, why = a:syscall("clock_gettime", 99, p)
expect.eq(why, "EINVAL")

step("Where FS and GS point, and where they must not")
local SET_GS, SET_FS, GET_FS, GET_GS = 0x1001, 0x1002, 0x1003, 0x1004
expect.eq(a:syscall("arch_prctl", SET_GS, p + 64), 0)
expect.eq(a:syscall("arch_prctl", GET_GS, p), 0)
expect.eq(a:read(p, 8), p + 64)
a:write(p + 64, 0x77, 8)
a:write(p + 128, "\x65\x48\x8b\x04\x25\0\0\0\0\xc3")	-- mov %gs:0, %rax; ret
expect.eq(a:run(p + 128), 0x77)
_, why = a:syscall("arch_prctl", SET_GS, 0x800000000000)
expect.eq(why, "EPERM")

step("A signal for one thread of two, which sleeps: its call ends with EINTR, or the process dies of it")
local t = a:thread("t")
local restorer, handler = p + 256, p + 320
a:write(restorer, "\xb8\x0f\0\0\0\x0f\x05")
a:write(handler, "\xc3")
a:syscall("rt_sigaction", 10, string.pack("<I8I8I8I8", handler, 0x04000000, restorer, 0), 0, 8)
local h = t:start("pause")
a:syscall("tgkill", pid, t.pid, 10)
expect(h:done())
local _, errno = h:result()
expect.eq(errno, "EINTR")
expect(a:alive() and t:alive())
_, why = a:syscall("tgkill", pid + 100, t.pid, 10)
expect.eq(why, "ESRCH")
_, why = a:syscall("tgkill", -1, t.pid, 10)
expect.eq(why, "EINVAL")
h = t:start("pause")
a:syscall("tkill", t.pid, 12)
expect(not a:alive() and not t:alive(), "SIGUSR2 has no handler: the process dies, whichever thread it was for")
