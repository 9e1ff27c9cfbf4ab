-- flags: --time-limit 1
-- status: 5
-- stderr:   in step 4, a run 7ffff7ffe000
-- A loop in ring 3 never comes to rest.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rwx"}
a:write(p, "\xeb\xfe")			-- jmp to itself
a:run(p)
