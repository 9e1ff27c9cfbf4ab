-- Page 0 and what follows up to mmap_min_addr (64 KiB) cannot be mapped, so that a NULL pointer always faults.
-- both: needs /proc/sys/vm/mmap_min_addr 65536
local a = spawn("a")
local function fixed(addr, len)
	return a:mmap{len = len or PAGE, prot = "rw", flags = "private,anon,fixed", addr = addr}
end
expect.errno(function() return fixed(0) end, "EPERM")
expect.errno(function() return fixed(0xf000, 2*PAGE) end, "EPERM")
expect.eq(fixed(0x10000), 0x10000)
step("The kernel never chooses one, even when a hint says so")
local q = a:mmap{len = PAGE, prot = "r", addr = PAGE}
expect(q > 0x7f0000000000, "64 KiB would be the place, and is taken: as if no hint was given")
step("A stack may not grow there either")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon,growsdown,fixed", addr = 0x20000}
a:munmap(0x10000, PAGE)
a:write(0x10000, 1)
expect.eq(a:vma(p).start, 0x10000)
expect.fault(function() return a:write(0xf000, 1) end, {signal = "SIGSEGV", code = "SEGV_MAPERR"})
step("A NULL pointer")
expect.fault(function() return a:read(0) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = 0})
expect.fault(function() return a:run(0) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = 0})
