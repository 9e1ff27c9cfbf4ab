-- Every allocation of the calls between processes fails.
local a = spawn()
local p = a:mmap{addr = 0x100000000, len = 4 * PAGE, prot = "rw", flags = "private,anon,fixed"}
a:fill(p, PAGE, 1)

inject.sweep("shmget", function() return a:shmget(5, 3 * PAGE, "creat") end)
local id = a:shmget(5, 3 * PAGE)
inject.sweep("shmat", function() return a:shmat(id, 0x200000000) end)
inject.sweep("write", function() return a:write(0x200000000, 1) end)
inject.sweep("shmdt", function() return a:shmdt(0x200000000) end)
inject.sweep("pipe", function() return a:pipe() end)

local b = a:fork()
inject.sweep("vm_read", function() return a:vm_read(b, p, 8) end)
inject.sweep("vm_write", function() return a:vm_write(b, p, "hello") end)
inject.sweep("futex_wake", function() return a:futex_wake(p) end)
