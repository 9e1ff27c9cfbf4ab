-- status: 2
-- stderr: mremap: newlen is missing
local a = spawn("a")
a:mremap{addr = 0x10000, len = PAGE}
