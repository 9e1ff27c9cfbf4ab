-- An operation that blocks ends its step as pending; its return is part of a later step.
local a = spawn("a")
local b = a:fork()

local h = a:start("wait4", -1, "\0\0\0\0", 0, 0)
expect(not h:done())

step("A blocked task cannot be told to do anything else")
local ok, why = pcall(a.read, a, 0x400000)
expect(not ok and why:find("a is blocked in wait4", 1, true), why)

step("Other tasks go on meanwhile")
local p = b:mmap{len = PAGE}
b:write(p, 1)
expect(not h:done())

step("The child's end is what it waited for")
b:exit(7)
expect(h:done())
expect.eq(h:result(), b.pid)

step("Now a is free again")
expect.errno(function() return a:wait() end, "ECHILD")
