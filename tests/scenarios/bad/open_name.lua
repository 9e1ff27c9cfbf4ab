-- status: 2
-- stderr: open: a name in quotes is wanted, not a no value
local a = spawn("a")
a:open()
