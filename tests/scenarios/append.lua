-- O_APPEND: each write goes to the end, pwrite as well, and the place is behind what was written; a write that fails leaves it.
local a = spawn("a")
local f = a:open("/f", "rw,creat,append")
local g = a:open("/f", "rw")
local p = a:mmap{len = PAGE, prot = "rw"}
a:write(p, "abcd")
local function iov(...) return string.pack(string.rep("<I8", select("#", ...)), ...) end
local function place() return a:lseek(f, 0, 1) end

expect.eq(a:syscall("write", f, "one", 3), 3)
expect.eq(place(), 3)
expect.eq(a:pwrite(g, "two", 10), 3)
expect.eq(place(), 3)
expect.eq(a:syscall("pwrite64", f, p, 4, 0), 4)
expect.eq(a:fstat(f).size, 17)
expect.eq(place(), 3)

step("Nothing could be had")
local _, errno = a:syscall("write", f, p + PAGE, 4)
expect.eq(errno, "EFAULT")
expect.eq(place(), 3)
_, errno = a:syscall("writev", f, iov(p + PAGE, 8), 1)
expect.eq(errno, "EFAULT")
expect.eq(place(), 3)

step("A part of it")
expect.eq(a:syscall("writev", f, iov(p, 4, p + PAGE, 8), 2), 4)
expect.eq(place(), 21)
expect.eq(a:syscall("write", f, p, 0), 0)
expect.eq(place(), 21)
a:lseek(f, 0, 0)
expect.eq(a:syscall("write", f, p, 0), 0)
expect.eq(place(), 0)
