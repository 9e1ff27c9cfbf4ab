-- status: 2
-- stderr: rlimit: a limit is an integer or "unlimited", not a boolean
local a = spawn("a")
a:rlimit("as", true)
