-- A process whose parent dies becomes init's child, and init reaps it when it ends: no zombie stays.
local a = spawn("a")
local b = a:fork()
local c = b:fork()
local function parent(t)
	for _, x in ipairs(tasks()) do if x.pid == t.pid then return x.parent end end
end
expect.eq(parent(c), b.pid)
step("b dies: c is init's now, b waits to be reaped by a")
b:exit(0)
expect.eq(parent(c), 1)
expect.eq(a:wait(), b.pid)
expect.errno(function() return a:wait() end, "ECHILD")
step("c's end leaves nothing behind")
c:exit(3)
expect.eq(parent(c), nil)
