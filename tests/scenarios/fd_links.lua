-- /proc/self/fd and /dev/fd: opening such a link opens the file again, whatever its name, and though it has none any more.
-- both: no, a box has no /dev/fd
local a = spawn("a")

step("A file that is deleted: opened again, at its start, with rights of its own")
local fd = a:open("/f", "rw,creat")
a:write_fd(fd, "hello")
a:syscall("unlink", "/f")
local again = a:open("/proc/self/fd/" .. fd, "r")
expect.eq(a:read_fd(again, 5), "hello")
expect.errno(function() return a:write_fd(again, "x") end, "EBADF")
expect.eq(a:syscall("truncate", "/dev/fd/" .. fd, 2), 0)
expect.eq(a:lseek(again, 0, "end"), 2)
a:syscall("chmod", "/proc/self/fd/" .. fd, 256)
expect.errno(function() return a:open("/proc/self/fd/99", "r") end, "ENOENT")

step("A pipe: one more end, which counts")
local r, w = a:pipe()
local w2 = a:open("/proc/self/fd/" .. w, "w")
a:close(w)
local b = a:fork("b")
b:close(w2)
local h = b:start("read", r, b:mmap{len = PAGE, prot = "rw"}, 8)
expect(not h:done(), "a writer is left")
a:write_fd(w2, "x")
expect(h:done())
a:close(w2)
h = nil
expect.eq(a:read_fd(r, 1), "", "and now none")

step("Links in /dev")
local text = a:mmap{len = PAGE, prot = "rw"}
expect.eq(a:syscall("readlink", "/dev/stderr", text, 100), 15)
expect.eq(a:read(text, 15), "/proc/self/fd/2")
local out = a:open("/dev/stdout", "w")
expect.eq(a:write_fd(out, ""), 0)
local i = a:fork("i")
expect.eq(i:open("/dev/fd/" .. r, "r,nofollow"), nil)

step("What is nothing but its file cannot be opened again")
local e = a:syscall("eventfd2", 0, 0)
expect.errno(function() return a:open("/proc/self/fd/" .. e, "r") end, "ENXIO")
