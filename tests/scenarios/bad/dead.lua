-- status: 2
-- stderr: a is dead (it exited 3) and cannot read
local a = spawn("a")
a:exit(3)
a:read(0)
