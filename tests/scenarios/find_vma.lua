-- find_vma(addr): the first area that ENDS above addr, so it may begin above it; who wants to know whether addr lies in
-- an area looks at vm_start, too. From outside that shows in what calls and faults make of the gap before an area.
--
--	base   +1      +2      +3      +4      +5
--	|......|AAAAAAA|.......|BBBBBBB|.......|
local a = spawn("a")
local base = 0x10000000
local function map(page)
	return a:mmap{len = PAGE, prot = "rw", flags = "private,anon,fixed", addr = base + page*PAGE}
end
map(1)
map(3)

step("In the gap before A find_vma gives A, which does not hold the address: SEGV_MAPERR")
expect.fault(function() return a:read(base) end, {code = "SEGV_MAPERR", addr = base})
step("The last byte of A is A's; vm_end is the first that is not")
a:write(base + 2*PAGE - 1, 1)
expect.fault(function() return a:write(base + 2*PAGE, 1) end, {code = "SEGV_MAPERR", addr = base + 2*PAGE})
step("The first byte of B is B's")
a:write(base + 3*PAGE, 1)
step("Above B: find_vma gives whatever lies further up; it does not grow down")
expect.fault(function() return a:read(base + 4*PAGE) end, {code = "SEGV_MAPERR"})
step("Above all areas: NULL")
expect.fault(function() return a:read(0x7ffffffff000) end, {signal = "SIGSEGV", code = "SEGV_MAPERR"})

step("mprotect wants the first byte in an area (find_vma, then vm_start), munmap takes any overlap (find_vma_intersection)")
expect.errno(function() return a:mprotect(base, 2*PAGE, "r") end, "ENOMEM")
expect.eq(a:vma(base + PAGE).prot, "rw-p")
expect.eq(a:munmap(base, 2*PAGE), 0)
expect.eq(a:vma(base + PAGE), nil)
step("mprotect over a hole: what comes before the hole has changed, then ENOMEM")
map(1)
expect.errno(function() return a:mprotect(base + PAGE, 3*PAGE, "r") end, "ENOMEM")
expect.eq(a:vma(base + PAGE).prot, "r--p")
expect.eq(a:vma(base + 3*PAGE).prot, "rw-p")
