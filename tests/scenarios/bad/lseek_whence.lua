-- status: 2
-- stderr: lseek: unknown word "start" (known: set, cur, end, data, hole)
local a = spawn("a")
a:lseek(3, 0, "start")
