-- status: 2
-- stderr: wait of a blocks: begin it with h = a:start(…)
local a = spawn("a")
local b = a:fork()
a:wait(b)
