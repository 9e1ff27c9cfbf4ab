-- status: 2
-- stderr: msync: unknown word "now" (known: async, invalidate, sync)
local a = spawn("a")
a:msync(0x10000, PAGE, "now")
