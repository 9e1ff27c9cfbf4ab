-- status: 2
-- stderr: pwrite: at most 511 bytes at a time
local a = spawn("a")
a:pwrite(3, ("x"):rep(600), 0)
