-- status: 2
-- stderr: madvise: a word such as "normal" or a number is wanted, not a no value
local a = spawn("a")
a:madvise(0x10000, PAGE)
