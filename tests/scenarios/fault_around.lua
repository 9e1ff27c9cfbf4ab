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
