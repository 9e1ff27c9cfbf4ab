-- fallocate: room ahead, with or without a longer file; and a hole in a file, whose pages leave every mapping.
local a = spawn("a")
local KEEP, PUNCH = 1, 2
local fd = a:open("/f", "rw,creat")

step("Room: pages of zeros, and a longer file; with KEEP_SIZE the pages alone")
expect.eq(a:syscall("fallocate", fd, 0, 0, 3*PAGE), 0)
expect.eq(a:fstat(fd).size, 3*PAGE)
expect.eq(a:fstat(fd).blocks, 24)
a:syscall("fallocate", fd, KEEP, 4*PAGE, 1)
expect.eq(a:fstat(fd).size, 3*PAGE)
expect.eq(a:fstat(fd).blocks, 32)

step("A hole: mapped pages go, a private copy stays, partial pages are cleared")
local p = a:mmap{len = 3*PAGE, prot = "rw", flags = "shared", fd = fd}
a:fill(p, 3*PAGE, 7)
local q = a:mmap{len = 3*PAGE, prot = "rw", flags = "private", fd = fd}
a:write(q + PAGE, 8)
expect.eq(a:read(q + 2*PAGE, 1), 7)
a:syscall("fallocate", fd, KEEP + PUNCH, PAGE - 4, PAGE + 8)
expect.eq(a:read(p + PAGE - 5, 1), 7)
expect.eq(a:read(p + PAGE - 4, 1), 0)
expect.eq(a:read(p + PAGE, 1), 0)
expect.eq(a:read(p + 2*PAGE + 3, 1), 0)
expect.eq(a:read(p + 2*PAGE + 4, 1), 7)
expect.eq(a:read(q + PAGE, 1), 8)		-- a truncation would have taken it
expect.eq(a:fstat(fd).size, 3*PAGE)

step("Within one page: no page goes")
a:syscall("fallocate", fd, KEEP + PUNCH, 10, 10)
expect.eq(a:read(p + 9, 1), 7)
expect.eq(a:read(p + 10, 1), 0)
expect.eq(a:read(p + 20, 1), 7)

step("Shorter than the room ahead: that goes, too")
a:ftruncate(fd, PAGE)
expect.eq(a:fstat(fd).blocks, 8)
a:exit(0)
