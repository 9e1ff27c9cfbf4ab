-- status: 2
-- stderr: bad/syntax.lua:4:
local a = spawn("a"
a:read(0)
