-- status: 2
-- stderr: pwrite: text is wanted, not a number
local a = spawn("a")
a:pwrite(3, 65, 0)
