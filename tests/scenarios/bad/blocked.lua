-- status: 2
-- stderr: a is blocked in wait4 and cannot read before that returns
local a = spawn("a")
local b = a:fork()
local h = a:start("wait4", -1, 0, 0, 0)
a:read(0)
