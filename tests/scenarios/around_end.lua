-- A read beyond a file's end is SIGBUS, and still maps the pages before the end that lie around it, as Linux does: it looks around
-- before it looks for the page.
local a = spawn("a")

step("The program's file, of one page")
local fd = a:open("/agent", "r")
local p = a:mmap{len = 8*PAGE, prot = "x", flags = "shared", fd = fd}
expect.fault(function() return a:read(p + 2*PAGE) end, {signal = "SIGBUS", code = "BUS_ADRERR", addr = p + 2*PAGE})
expect(a:pte(p))

step("A private copy that is written looks nowhere else")
local q = a:mmap{len = 8*PAGE, prot = "rw", flags = "private", fd = fd}
expect.fault(function() return a:write(q + 2*PAGE, 1) end, {signal = "SIGBUS", code = "BUS_ADRERR", addr = q + 2*PAGE})
expect(not a:pte(q))

step("A file in memory")
local m = a:memfd("m")
a:ftruncate(m, 2*PAGE)
a:pwrite(m, "x", PAGE)
local r = a:mmap{len = 8*PAGE, prot = "r", flags = "shared", fd = m}
expect.fault(function() return a:read(r + 3*PAGE) end, {signal = "SIGBUS", code = "BUS_ADRERR", addr = r + 3*PAGE})
expect(a:pte(r + PAGE) and not a:pte(r))
