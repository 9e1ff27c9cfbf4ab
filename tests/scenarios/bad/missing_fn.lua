-- status: 2
-- stderr: expect.fault takes a function first
local a = spawn("a")
expect.fault(a:read(0), {signal = "SIGSEGV"})
