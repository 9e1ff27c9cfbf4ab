-- alarm and setitimer in virtual time: when SIGALRM comes, what is left, that it comes again, that fork and exec do what they should.
-- both: no, real time has passed there
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rwx"}
a:write(p + 256, "\xb8\x0f\0\0\0\x0f\x05")	-- mov $15, %eax; syscall
a:write(p + 320, "\xff\x05\xba\xfe\xff\xff\xc3")	-- incl p; ret
expect.eq(a:syscall("rt_sigaction", 14, string.pack("<I8I8I8I8", p + 320, 0x04000000, p + 256, 0), 0, 8), 0)
local function count() return a:read(p, 4) end
local function itimer(sec, usec, isec, iusec) return string.pack("<i8i8i8i8", isec or 0, iusec or 0, sec, usec) end
local function left(task, which)
	task:syscall("getitimer", which or 0, p + 64)
	local function word(i) return task:read(p + 64 + 8*i, 8) end
	return ("%d.%06d every %d.%06d"):format(word(2), word(3), word(0), word(1))
end
local SECOND = 1000000000

step("alarm: seconds, and how many were left, rounded")
expect.eq(a:syscall("alarm", 2), 0)
tick(SECOND // 2 + 1)
expect.eq(left(a), "1.499999 every 0.000000")
expect.eq(a:syscall("alarm", 5), 1, "a little less than a second and a half")
tick(4 * SECOND + SECOND // 2)
expect.eq(a:syscall("alarm", 5), 1, "never 0 while there is one")
tick(5 * SECOND - 1)
expect.eq(count(), 0)
tick(1)
expect.eq(count(), 1)
tick(10 * SECOND)
expect.eq(count(), 1)
expect.eq(a:syscall("alarm", 0), 0)

step("One that comes again is set anew when it was taken")
expect.eq(a:syscall("setitimer", 0, itimer(0, 300000, 0, 100000), 0), 0)
expect.eq(left(a), "0.300000 every 0.100000")
tick(SECOND // 2)
expect.eq(count(), 4, "at 0.3, 0.4 and 0.5")
expect.eq(left(a), "0.100000 every 0.100000")
a:syscall("rt_sigprocmask", 0, string.pack("<I8", 1 << 13), 0, 8)
tick(SECOND)
expect.eq(count(), 4)
expect.eq(left(a), "0.000000 every 0.100000")
tick(SECOND // 20)
a:syscall("rt_sigprocmask", 1, string.pack("<I8", 1 << 13), 0, 8)
expect.eq(count(), 5)
expect.eq(left(a), "0.050000 every 0.100000", "at the old beat")

step("The old one is told; nothing at all for a new one is zeros")
expect.eq(a:syscall("setitimer", 0, 0, p + 64), 0)
expect.eq(a:read(p + 64 + 24, 8), 50000)
expect.eq(left(a), "0.000000 every 0.000000")
tick(SECOND)
expect.eq(count(), 5)

step("What is refused")
expect.errno(function() return a:syscall("setitimer", 0, itimer(-1, 0), 0) end, "EINVAL")
expect.errno(function() return a:syscall("setitimer", 0, itimer(0, 1000000), 0) end, "EINVAL")
expect.errno(function() return a:syscall("setitimer", 0, itimer(0, 1, 0, -1), 0) end, "EINVAL")
expect.errno(function() return a:syscall("setitimer", 3, itimer(0, 1), 0) end, "EINVAL")
expect.errno(function() return a:syscall("setitimer", 0, 16, 0) end, "EFAULT")
expect.errno(function() return a:syscall("getitimer", 3, p) end, "EINVAL")
expect.errno(function() return a:syscall("getitimer", 0, 16) end, "EFAULT")

step("Processor time stands still: such timers are kept and never come")
expect.eq(a:syscall("setitimer", 2, itimer(1, 0), 0), 0)
tick(10 * SECOND)
expect.eq(left(a, 2), "1.000000 every 0.000000")

step("fork does not inherit, exec keeps; then nobody handles it and it is the end")
expect.eq(a:syscall("alarm", 3), 0)
local b = a:fork("b")
expect.eq(left(b), "0.000000 every 0.000000")
a:exec()
tick(3 * SECOND - 1)
expect(a:alive())
tick(1)
expect(not a:alive() and b:alive())
