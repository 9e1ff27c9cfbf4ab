-- status: 2
-- stderr: mlockall: unknown word "past" (known: current, future, onfault)
local a = spawn("a")
a:mlockall("past")
