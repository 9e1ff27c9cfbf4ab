-- status: 2
-- stderr: pread: 0 to 512 bytes at a time
local a = spawn("a")
a:pread(3, 4096, 0)
