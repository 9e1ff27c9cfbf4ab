-- status: 2
-- stderr: rlimit: unknown word "memory" (known: cpu, fsize, data, stack, core, rss,
local a = spawn("a")
a:rlimit("memory")
