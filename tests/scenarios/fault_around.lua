-- A read fault of a file maps what the cache holds around it: up to 16 pages, within the area and the aligned window.
local a = spawn("a")
local fd = a:syscall("memfd_create", "around", 0)
for i = 0, 39 do a:syscall("pwrite64", fd, "x", 1, i*PAGE) end
local p = a:mmap{len = 40*PAGE, prot = "r", flags = "shared", fd = fd, addr = 0x10000000}

step("One read, sixteen pages")
a:read(p + 20*PAGE)
for i = 0, 39 do expect.eq(a:pte(p + i*PAGE) ~= nil and a:pte(p + i*PAGE).present, i >= 16 and i < 32) end

step("The window is cut at the area's end")
a:read(p + 39*PAGE)
expect.eq(a:pte(p + 32*PAGE).present, true)

step("A write fault of a shared area maps one page")
local q = a:mmap{len = 40*PAGE, prot = "rw", flags = "shared", fd = fd, addr = 0x20000000}
a:write(q + 3*PAGE, "y")
expect.eq(a:read(q + 3*PAGE), 0x79)

step("and at its start: the pages before it are none of its own")
local r = a:mmap{len = 4*PAGE, prot = "r", flags = "shared,fixed", fd = fd, off = 5*PAGE, addr = 0x30005000}
a:read(r + 2*PAGE)
expect.eq(a:pte(r).present, true)
expect.eq(a:pte(r - PAGE), nil)
expect.fault(function() return a:read(r - PAGE) end, {code = "SEGV_MAPERR"})
expect.fault(function() return a:read(r + 4*PAGE) end, {code = "SEGV_MAPERR"})

step("fork copies none of them: the child's own faults find them again")
local b = a:fork()
expect.eq(b:pte(r), nil)
expect.eq(b:read(r), 0x78)
