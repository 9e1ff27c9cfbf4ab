-- status: 1
-- stderr: the fault's code is "SEGV_MAPERR" and not "SEGV_ACCERR"
local a = spawn("a")
expect.fault(function() return a:read(0) end, {signal = "SIGSEGV", code = "SEGV_ACCERR"})
