-- status: 2
-- stderr: mmap: len must be an integer, not a string
local a = spawn("a")
a:mmap{len = "four"}
