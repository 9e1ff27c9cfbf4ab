-- The kernel's half is mapped and forbidden: SEGV_MAPERR, so that nobody learns what lies there. A non-canonical address
-- never reaches the page tables: the CPU raises #GP, which has no address: SI_KERNEL, 0.
local a = spawn("a")
local maperr = function(at) return {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = at} end
local text, direct = 0xffffffff80100000 | 0, 0xffff888000000000 | 0
step("The kernel's text and direct map, read, written, run")
for _, at in ipairs{text, direct} do
	expect.fault(function() return a:read(at) end, maperr(at))
	expect.fault(function() return a:write(at, 1) end, maperr(at))
	expect.fault(function() return a:run(at) end, maperr(at))
end
step("Where nothing at all is mapped up there: the same")
local hole = 0xfffff00000000000 | 0
expect.fault(function() return a:read(hole) end, maperr(hole))
step("Not canonical: bits 63 to 47 differ")
local gp = {signal = "SIGSEGV", code = "SI_KERNEL", addr = 0}
expect.fault(function() return a:read(0x0000800000000000) end, gp)
expect.fault(function() return a:write(0x1234567800000000, 1) end, gp)
expect.fault(function() return a:read(0x8000000000000000) end, gp)
step("The last user page can hold nothing: TASK_SIZE ends before it")
expect.fault(function() return a:read(0x7ffffffff000) end, maperr(0x7ffffffff000))
expect.fault(function() return a:read(0x7fffffffffff) end, maperr(0x7fffffffffff))
