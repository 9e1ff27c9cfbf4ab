-- status: 2
-- stderr: exec: arguments are texts, not a boolean
local a = spawn("a")
a:exec("/agent", {true})
