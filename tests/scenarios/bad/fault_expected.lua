-- status: 1
-- stderr: expectation failed: no fault, but 0
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
expect.fault(function() return a:read(p) end, {signal = "SIGSEGV"})
