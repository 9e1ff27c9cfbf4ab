-- Every allocation of fork, clone, execve and spawn fails, and of the faults on memory of each kind. A call tells it; a
-- task whose access finds no memory is killed, as there is none worth less.
local a = spawn()
local p = a:mmap{addr = 0x100000000, len = 16 * PAGE, prot = "rw", flags = "private,anon,fixed"}
a:fill(p, 2 * PAGE, 1)
a:read(p + 2 * PAGE)

inject.sweep("fork", function() return a:fork("b") end)
inject.sweep("thread", function() return a:thread("t") end)
inject.sweep("spawn", function() return spawn("s") end)
local z = a:fork("z")
z:exit(0)
inject.sweep("wait", function() return a:wait() end)
local e = a:fork("e")
inject.sweep("exec", function() return e:exec() end)

step("faults: fresh pages, tables, the zero page, copies")
inject.sweep("write", function() return a:write(p + 8 * PAGE, 1) end)
inject.sweep("write", function() return a:write(p, 2) end)
inject.sweep("write", function() return a:write(p + 2 * PAGE, 2) end)
local far = a:mmap{addr = 0x500000000000, len = PAGE, prot = "rw", flags = "private,anon,fixed"}
inject.sweep("read", function() return a:read(far) end)
