-- Addresses where no area is.
local a = spawn("a")
local function maperr(p, what)
	expect.fault(function() return a:read(p) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = p}, what)
	expect.fault(function() return a:write(p, 1) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = p}, what)
end

step("The first page")
maperr(0, "NULL")
maperr(8, "a field of NULL")

step("Between areas, and behind what was unmapped")
maperr(0x10000000, "nothing was ever there")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 1)
a:munmap(p, PAGE)
maperr(p, "it was unmapped")

step("The kernel's half: mapped, but not for ring 3. Linux says MAPERR")
maperr(0xffff888000000000, "the direct map")
maperr(0xffffffff80100000, "the image")
maperr(0xfffffffffffff000, "the last page")

step("No canonical address: a general-protection fault, which has no address")
expect.fault(function() return a:read(0x800000000000) end, {signal = "SIGSEGV", code = "SI_KERNEL", addr = 0})

step("A run without code")
expect.fault(function() return a:run(0x5000) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = 0x5000})
