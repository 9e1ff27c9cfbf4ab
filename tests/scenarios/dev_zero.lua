-- /dev/zero: zeros to be read; mapped privately it is anonymous memory (that a file names), mapped shared it is memory of its own.
local a = spawn("a")
local fd = a:open("/dev/zero", "rw")
expect.eq(a:read_fd(fd, 4), "\0\0\0\0")
expect.eq(a:write_fd(fd, "gone"), 4)

step("Private: the zero page, then a page of its own, as for any anonymous area")
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private", fd = fd}
expect.eq(a:read(p, 1), 0)
a:write(p, 1)
a:write(p + PAGE, 2)

step("Shared: one memory for parent and child")
local s = a:mmap{len = 2*PAGE, prot = "rw", flags = "shared", fd = fd}
a:write(s, 3)
local b = a:fork()
b:write(s, 4)
b:write(p, 5)
expect.eq(a:read(s, 1), 4)
expect.eq(a:read(p, 1), 1)

step("Two shared mappings are two memories")
local t = a:mmap{len = PAGE, prot = "rw", flags = "shared", fd = fd}
expect.eq(a:read(t, 1), 0)
a:close(fd)
a:munmap(p, 2*PAGE)
b:exit(0)
a:exit(0)
