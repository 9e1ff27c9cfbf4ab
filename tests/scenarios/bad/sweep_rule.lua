-- status: 2
-- stderr: there is no rule for "sleep" (known: mmap,
local a = spawn("a")
inject.sweep("sleep", function() end)
