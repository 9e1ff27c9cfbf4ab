-- Areas that do not allow it.
local a = spawn("a")
local function accerr(fn, p, what)
	expect.fault(fn, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p}, what)
end

step("Read-only, never touched")
local r = a:mmap{len = PAGE, prot = "r", flags = "private,anon"}
accerr(function() return a:write(r, 1) end, r, "write")
expect.eq(a:pte(r), nil, "a refused access maps nothing")

step("Read-only, mapped")
expect.eq(a:read(r), 0)
accerr(function() return a:write(r, 1) end, r, "write")

step("No access at all")
local n = a:mmap{len = PAGE, prot = "none", flags = "private,anon"}
accerr(function() return a:read(n) end, n, "read")
accerr(function() return a:write(n, 1) end, n, "write")
accerr(function() return a:run(n) end, n, "run")

step("Write-only: x86 cannot say that; what may be written can be read")
local w = a:mmap{len = PAGE, prot = "w", flags = "private,anon"}
a:write(w, 0x77)
expect.eq(a:read(w), 0x77)

step("The bytes before a fault are done")
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon"}
a:mprotect(p + PAGE, PAGE, "r")
expect.fault(function() return a:write(p + PAGE - 3, "abcdef") end,
	     {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p + PAGE, done = 3})
expect.eq(a:read(p + PAGE - 3, 3), "abc")

step("The agent's own code is read-only too")
accerr(function() return a:write(0x400000, 1) end, 0x400000, "text")
