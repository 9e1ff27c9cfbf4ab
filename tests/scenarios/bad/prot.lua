-- status: 2
-- stderr: prot "rq": letters are r, w, x, or "none"
local a = spawn("a")
a:mmap{len = PAGE, prot = "rq"}
