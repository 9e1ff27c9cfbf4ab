-- status: 2
-- stderr: argument 1 must be a task, not a number (methods are called with a colon: a:read(p))
local a = spawn("a")
a.read(0x1000)
