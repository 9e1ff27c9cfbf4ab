-- status: 2
-- stderr: the script wants more memory than it may have (256 MiB)
local t = {}
for i = 1, 1 << 40 do t[i] = ("x"):rep(1 << 20) .. i end
