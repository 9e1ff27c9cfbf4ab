-- MADV_REMOVE punches a hole into the file behind a shared area: for everybody who maps it.
local a = spawn("a")
local function fails(errno, ...)
	local value, got = a:syscall(...)
	expect.eq(got, errno)
end
local fd = a:memfd("m")
a:ftruncate(fd, 4*PAGE)
local p = a:mmap{len = 4*PAGE, prot = "rw", flags = "shared", fd = fd}
a:fill(p, 4*PAGE, 9)
local b = a:fork()
expect.eq(b:read(p + PAGE, 1), 9)

step("Two pages go; reading finds zeros, writing a new page")
expect.eq(a:syscall("madvise", p + PAGE, 2*PAGE, 9), 0)
expect.eq(b:read(p + PAGE, 1), 0)
b:write(p + 2*PAGE, 5)
expect.eq(a:read(p + 2*PAGE, 1), 5)
expect.eq(a:read(p, 1), 9)

step("Shared anonymous memory is a file, too")
local s = a:mmap{len = 2*PAGE, prot = "rw", flags = "shared,anon"}
a:fill(s, 2*PAGE, 1)
expect.eq(a:syscall("madvise", s, PAGE, 9), 0)
expect.eq(a:read(s, 1), 0)
expect.eq(a:read(s + PAGE, 1), 1)

step("What it is not for")
local q = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
fails("EINVAL", "madvise", q, PAGE, 9)
local r = a:mmap{len = PAGE, prot = "rw", flags = "private", fd = fd}
fails("EACCES", "madvise", r, PAGE, 9)
local only_read = a:mmap{len = PAGE, prot = "r", flags = "shared", fd = a:open("/agent", "r")}
fails("EACCES", "madvise", only_read, PAGE, 9)
step("Read-only for now, but writable if it were asked for: that will do")
a:syscall("mprotect", s, PAGE, 1)
expect.eq(a:syscall("madvise", s, PAGE, 9), 0)
a:syscall("mlock", p, PAGE)
fails("EINVAL", "madvise", p, PAGE, 9)
b:exit(0)
a:exit(0)
