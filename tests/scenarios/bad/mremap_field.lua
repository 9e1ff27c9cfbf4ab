-- status: 2
-- stderr: mremap: unknown field 'old' (known: addr, len, newlen, flags, newaddr)
local a = spawn("a")
a:mremap{old = 0x10000}
