-- A growing stack keeps 256 pages away from the area below it, unless that area cannot be accessed at all.
local a = spawn("a")
local function stack() local m = a:maps() return m[#m] end
local start = stack().start

step("An area 300 pages below the stack")
local m = a:mmap{len = PAGE, prot = "rw", flags = "private,anon,fixed", addr = start - 300*PAGE}
expect.eq(m, start - 300*PAGE)

step("43 pages of growth leave 256 between: allowed")
a:write(start - 43*PAGE, 1)
expect.eq(stack().start, start - 43*PAGE)

step("One more would not")
local p = start - 44*PAGE
expect.fault(function() return a:write(p, 1) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = p})

step("PROT_NONE below is no danger")
a:mprotect(m, PAGE, "none")
a:write(p, 1)
expect.eq(stack().start, p)
