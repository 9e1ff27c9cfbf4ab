-- status: 2
-- stderr: scenario{} must come before the first operation
local a = spawn("a")
scenario{name = "late", mem = "128M"}
