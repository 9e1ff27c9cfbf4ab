-- execve builds a new mm beside the old one and puts it in its place only when the program is loaded: a failed exec has
-- changed nothing; after one that succeeded nothing of the old space is left.
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw"}
a:fill(p, 4*PAGE, 7)
local heap = a:brk()
a:brk(heap + PAGE)
local pid, users = a.pid, frames()

step("No such file: everything as it was")
expect.errno(function() return a:exec("/nothing") end, "ENOENT")
expect.eq(a:read(p), 7)
expect.errno(function() return a:syscall("execve", 0x1234, 0, 0) end, "EFAULT")

step("The agent again: same pid, new tables, old pages given back")
expect.eq(a:exec(), 0)
expect.eq(a:syscall("getpid"), pid)
expect.eq(a:vma(p), nil)
expect.eq(frames().anon, users.anon - 4)
expect.eq(a:brk(), heap, "the heap begins anew")
expect.eq(a:mmap{len = 4*PAGE, prot = "rw"}, p, "and so does placement")

step("After a fork the child's exec gives its half of the shared pages back")
a:write(p, 1)
local b = a:fork()
expect.eq(frame(a:pte(p).frame).map, 2)
expect.eq(b:exec(), 0)
expect.eq(frame(a:pte(p).frame).map, 1)
expect.eq(b:counters().mm_users, 1)
