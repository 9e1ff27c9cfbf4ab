-- status: 2
-- stderr: snapshot is not in this version
local a = spawn("a")
local s = snapshot()
