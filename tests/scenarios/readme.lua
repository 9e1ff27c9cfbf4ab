-- What the README shows: demand paging, fork and copy-on-write in seven steps.
local a = spawn("a")
local p = a:mmap{len = 3*PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 0x41)
local b = a:fork()
b:write(p, 0x42)
expect.eq(a:read(p), 0x41)
expect.fault(function() return a:run(p) end, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p})
