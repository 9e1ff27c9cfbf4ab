-- status: 1
-- stderr: expectation.lua:10: expectation failed: a reads what it wrote: 65 is not 66
-- stderr: step 3, a write 7ffff7ffe000 41: ok
-- stderr: from the picture before it to the one after:
-- stderr: ----  ->  F7 rw-u AD
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 0x41)
local v = 65
expect.eq(v, 66, "a reads what it wrote")
