-- A child's death is told to the thread that forked it, not to whichever thread of the process; when that one is gone, to the leader.
local a = spawn("a")
local code = a:mmap{len = PAGE, prot = "rwx"}
a:write(code, "\xc3")					-- ret
a:write(code + 16, "\xb8\x0f\0\0\0\x0f\x05")		-- mov $15, %eax; syscall	rt_sigreturn
a:syscall("rt_sigaction", 17, string.pack("<I8I8I8I8", code, 0x4000000, code + 16, 0), 0, 8)
local t = a:thread()

step("The thread forks; its leader sleeps on when the child ends")
local sleeps = a:start("nanosleep", string.pack("<I8I8", 1, 0), 0)
local b = t:fork("b")
b:exit(3)
expect(not sleeps:done())
tick(1000000000)
expect(sleeps:done())

step("The thread is gone: the leader hears of its children")
local c = t:fork("c")
t:syscall("exit", 0)
sleeps = a:start("nanosleep", string.pack("<I8I8", 1, 0), 0)
c:exit(4)
local _, errno = sleeps:result()
expect.eq(errno, "EINTR")
