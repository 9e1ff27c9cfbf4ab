-- MAP_FIXED_NOREPLACE: this address or nothing.
local a = spawn("a")
local p = 0x10000000
local function map(addr, len)
	return a:mmap{len = len*PAGE, prot = "rw", flags = "private,anon,fixed_noreplace", addr = addr}
end

expect.eq(map(p, 2), p)
a:write(p, 0x51)

step("Any overlap: EEXIST, nothing changed")
expect.errno(function() return map(p, 1) end, "EEXIST")
expect.errno(function() return map(p + PAGE, 4) end, "EEXIST")
expect.errno(function() return map(p - PAGE, 2) end, "EEXIST")
expect.eq(a:read(p), 0x51)

step("Neighbours are no overlap")
expect.eq(map(p + 2*PAGE, 1), p + 2*PAGE)
expect.eq(map(p - PAGE, 1), p - PAGE)
expect.eq(a:vma(p).len, 4*PAGE, "they even merge")

step("An address that is no page's start")
expect.errno(function() return map(p + 0x100001, 1) end, "EINVAL")
