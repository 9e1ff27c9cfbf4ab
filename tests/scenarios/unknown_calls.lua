-- System calls that the guest does not have are ENOSYS, and the report says so.
local a = spawn("a")
expect.errno(function() return a:syscall(400) end, "ENOSYS")
expect.errno(function() return a:syscall(0x7fffffff) end, "ENOSYS")
expect.errno(function() return a:syscall(-1) end, "ENOSYS")
expect.eq(a:syscall("getpid"), a.pid)
expect.eq(a:syscall("gettid"), a.pid)
