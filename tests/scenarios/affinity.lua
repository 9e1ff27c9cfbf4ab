-- The CPUs that a task may run on: how long a mask must be, and which one is refused.
-- both: no, that machine has CPUs of its own
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw"}
local function refused(errno, task, ...)
	local args = {...}
	expect.errno(function() return task:syscall(table.unpack(args)) end, errno)
end

step("CPUs")
refused("EINVAL", a, "sched_getaffinity", 0, 0, p)
refused("EINVAL", a, "sched_getaffinity", 0, 12, p)
refused("ESRCH", a, "sched_getaffinity", 30000, 1024, p)
refused("EFAULT", a, "sched_getaffinity", 0, 1024, 16)
refused("EINVAL", a, "sched_setaffinity", 0, 8, string.pack("<I8", 0))
expect.eq(a:syscall("sched_setaffinity", 0, 8, string.pack("<I8", 1)), 0)
a:syscall("sched_getaffinity", 0, 1024, p)
expect.eq(a:read(p, 8), 1)
expect.eq(a:syscall("getcpu", p, p + 8, 0), 0)
expect.eq(a:read(p, 4), 0)
