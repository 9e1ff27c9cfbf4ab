-- status: 2
-- stderr: nanosleep has not returned yet (h:done() tells)
local a = spawn("a")
local h = a:start("nanosleep", string.pack("<I8I8", 1, 0), 0)
h:result()
