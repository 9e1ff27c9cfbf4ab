-- status: 2
-- stderr: bad argument #2 to 'mlock' (number expected, got string)
local a = spawn("a")
a:mlock(0x10000, "all")
