-- Protection keys on a processor without them: there is none to have, and a call that asks for none is mprotect.
-- both: no, that machine's processor may have them
local a = spawn("a")
local p = a:mmap{len = 2*PAGE, prot = "rw"}
expect.errno(function() return a:syscall("pkey_alloc", 0, 0) end, "ENOSPC")
expect.errno(function() return a:syscall("pkey_alloc", 1, 0) end, "EINVAL")
expect.errno(function() return a:syscall("pkey_alloc", 0, 4) end, "EINVAL")
expect.errno(function() return a:syscall("pkey_free", 1) end, "EINVAL")
expect.errno(function() return a:syscall("pkey_mprotect", p, PAGE, 1, 1) end, "EINVAL")
expect.eq(a:syscall("pkey_mprotect", p, PAGE, 1, -1), 0)
expect.fault(function() return a:write(p, 1) end, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p})
