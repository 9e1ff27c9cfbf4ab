-- status: 2
-- stderr: 256 does not fit in 1 byte: say the size, a:write(p, value, 8)
local a = spawn("a")
a:write(0x1000, 256)
