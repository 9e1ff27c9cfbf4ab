-- Signals taken without a handler, and sent with a word: rt_sigtimedwait, rt_sigqueueinfo; a wait that another signal ends.
local a = spawn("a")
local b = a:fork("b")
local p = b:mmap{len = PAGE, prot = "rw"}
local SET = string.pack("<I8", 1 << 9 | 1 << 34)	-- SIGUSR1 and 35
local NOW = string.pack("<I8I8", 0, 0)
local function block(how, set) b:syscall("rt_sigprocmask", how, set, 0, 8) end
local function got() return b:read(p, 4), b:read(p + 8, 4), b:read(p + 16, 4), b:read(p + 24, 8) end
local function siginfo(code, value) return string.pack("<i4i4i4i4i4I4I8", 0, 0, code, 0, a.pid, 0, value) .. ("\0"):rep(96) end

step("None is there: EAGAIN at once, if it is not to wait")
block(0, SET)
expect.errno(function() return b:syscall("rt_sigtimedwait", SET, p, NOW, 8) end, "EAGAIN")

step("One that waits for it already, with whom it is from")
a:kill("SIGUSR1", b)
expect.eq(b:syscall("rt_sigtimedwait", SET, p, NOW, 8), 10)
local signo, code, from = got()
expect.eq(signo, 10)
expect.eq(code, 0)
expect.eq(from, a.pid)
expect.errno(function() return b:syscall("rt_sigtimedwait", SET, p, NOW, 8) end, "EAGAIN")

step("A word comes with it; of one signal above 31 as many as were sent, in their order")
for _, value in ipairs{0x1111, 0x222222222} do
	expect.eq(a:syscall("rt_sigqueueinfo", b.pid, 35, siginfo(-1, value)), 0)
end
for _, value in ipairs{0x1111, 0x222222222} do
	expect.eq(b:syscall("rt_sigtimedwait", SET, p, 0, 8), 35)
	local _, queue, _, word = got()
	expect.eq(queue, 0xffffffff)
	expect.eq(word, value)
end

step("Not even root pretends to be kill or the kernel")
for _, code in ipairs{0, 0x80, -6} do
	expect.errno(function() return a:syscall("rt_sigqueueinfo", b.pid, 35, siginfo(code, 0)) end, "EPERM")
end
expect.errno(function() return a:syscall("rt_sigqueueinfo", 30000, 35, siginfo(-1, 0)) end, "ESRCH")
expect.errno(function() return a:syscall("rt_sigqueueinfo", b.pid, 65, siginfo(-1, 0)) end, "EINVAL")
expect.errno(function() return a:syscall("rt_tgsigqueueinfo", 0, b.pid, 35, siginfo(-1, 0)) end, "EINVAL")
expect.errno(function() return a:syscall("rt_tgsigqueueinfo", a.pid, b.pid, 35, siginfo(-1, 0)) end, "ESRCH")

step("A wait that waits: it is taken though nobody handles it; one that would be ignored, too")
local h = b:start("rt_sigtimedwait", string.pack("<I8", 1 << 9 | 1 << 16), p, 0, 8)
expect(not h:done())
a:syscall("rt_tgsigqueueinfo", b.pid, b.pid, 10, siginfo(-1, 5))
expect(h:done())
expect.eq(h:result(), 10)
block(0, string.pack("<I8", 1 << 16))
h = b:start("rt_sigtimedwait", string.pack("<I8", 1 << 16), p, 0, 8)
a:kill("SIGCHLD", b)
expect.eq(h:result(), 17)

step("Another one that does something ends the wait; one that does nothing does not")
b:syscall("rt_sigaction", 12, string.pack("<I8I8I8I8", 1, 0, 0, 0), 0, 8)
h = b:start("rt_sigtimedwait", SET, p, 0, 8)
a:kill("SIGUSR2", b)
expect(not h:done())
a:kill("SIGTERM", b)
expect(not b:alive())

step("What is refused")
expect.errno(function() return a:syscall("rt_sigtimedwait", SET, 0, NOW, 4) end, "EINVAL")
expect.errno(function() return a:syscall("rt_sigtimedwait", 16, 0, NOW, 8) end, "EFAULT")
expect.errno(function() return a:syscall("rt_sigtimedwait", SET, 0, string.pack("<I8I8", 0, 1000000000), 8) end, "EINVAL")
