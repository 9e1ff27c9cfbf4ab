-- The kernel's own writes to user memory break sharing just like the task's.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 0x1234, 4)
local b = a:fork()
local c = a:fork()
local shared = a:pte(p).frame
b:exit(3)

step("wait4 stores the status in a shared page: a copy for a")
expect.eq(a:syscall("wait4", -1, p, 0, 0), b.pid)
expect.eq(a:read(p, 4), 3 << 8)
expect(a:pte(p).frame ~= shared)
expect.eq(c:read(p, 4), 0x1234)

step("Where the kernel may not write: EFAULT, and no signal")
a:mprotect(p, PAGE, "r")
c:exit(0)
expect.errno(function() return a:syscall("wait4", -1, p, 0, 0) end, "EFAULT")
expect.errno(function() return a:syscall("nanosleep", 0x1000, 0) end, "EFAULT")
