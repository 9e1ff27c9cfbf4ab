-- The stack's area grows down to the page of the access, up to its limit of 8 MiB.
local a = spawn("a")
local top = 0x7ffffffff000
local function stack() local m = a:maps() return m[#m] end
expect.eq(stack().name, "[stack]")
expect.eq(stack().stop, top)
local start = stack().start
local total = a:counters().total_vm

step("One page below: the area grows by a page")
a:write(start - 8, 1, 8)
expect.eq(stack().start, start - PAGE)
expect.eq(a:counters().stack_vm, (top - start)//PAGE + 1)

step("Far below: it grows in one go, the pages between stay away")
a:write(start - 100*PAGE, 2)
expect.eq(stack().start, start - 100*PAGE)
expect.eq(a:counters().total_vm, total + 100)
expect.eq(a:pte(start - 50*PAGE), nil)

step("A read grows it too, and finds zeros")
expect.eq(a:read(start - 101*PAGE), 0)
expect(a:pte(start - 101*PAGE).zero)

step("The last page within 8 MiB")
a:write(top - (8 << 20), 3)
expect.eq(stack().start, top - (8 << 20))

step("One page further: SIGSEGV")
local p = top - (8 << 20) - PAGE
expect.fault(function() return a:write(p, 4) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = p})
expect.eq(stack().start, top - (8 << 20))
