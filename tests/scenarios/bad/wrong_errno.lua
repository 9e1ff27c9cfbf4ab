-- status: 1
-- stderr: the error is EINVAL and not ENOMEM
local a = spawn("a")
expect.errno(function() return a:mmap{len = 0} end, "ENOMEM")
