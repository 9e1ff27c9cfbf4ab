-- nanosleep that a handler interrupts is EINTR even with SA_RESTART; one that is ignored does not wake anybody.
local a = spawn("a")
local code = a:mmap{len = PAGE, prot = "rwx"}
a:write(code, "\xc3")					-- ret
a:write(code + 16, "\xb8\x0f\0\0\0\x0f\x05")		-- mov $15, %eax; syscall	rt_sigreturn
local function action(signo, handler, flags)
	a:syscall("rt_sigaction", signo, string.pack("<I8I8I8I8", handler, flags, code + 16, 0), 0, 8)
end
local function sleep() return a:start("nanosleep", string.pack("<I8I8", 1, 0), 0) end
action(10, code, 0x14000000)				-- SA_RESTART, SA_RESTORER
action(12, 1, 0x14000000)				-- SIG_IGN
local b = a:thread()

step("Ignored")
local sleeps = sleep()
b:syscall("tkill", a.pid, 12)
expect(not sleeps:done())

step("Handled")
b:syscall("tkill", a.pid, 10)
local _, errno = sleeps:result()
expect.eq(errno, "EINTR")

step("The next one sleeps as long as it should")
sleeps = sleep()
tick(999999999)
expect(not sleeps:done())
tick(1)
expect.eq(sleeps:result(), 0)
