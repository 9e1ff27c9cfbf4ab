-- PROT_NONE takes every right away; the pages stay, and so does what is in them.
local a = spawn("a")
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 0x66)
local held, anon = a:pte(p).frame, a:counters().anon

step("No access, but the frame is held and counted")
a:mprotect(p, 2*PAGE, "none")
expect.fault(function() return a:read(p) end, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p})
expect.fault(function() return a:write(p, 1) end, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p})
expect.eq(a:counters().anon, anon)
expect.eq(frame(held).map, 1)
expect.eq(a:pte(p).present, false)

step("fork copies such entries too")
local b = a:fork()
expect.eq(frame(held).map, 2)
b:mprotect(p, PAGE, "rw")
b:write(p, 0x67)
b:exit(0)
a:wait(b)

step("Back again: the same frame, the same bytes")
a:mprotect(p, 2*PAGE, "rw")
expect.eq(a:read(p), 0x66)
expect.eq(a:pte(p).frame, held)

step("A page that was never there can be had afterwards")
a:write(p + PAGE, 1)

step("Reserved room: PROT_NONE from the start, opened piece by piece")
local r = a:mmap{len = 16*PAGE, prot = "none", flags = "private,anon"}
a:mprotect(r + 8*PAGE, PAGE, "rw")
a:write(r + 8*PAGE, 1)
expect.eq(a:pte(r), nil)
