-- The heap: one area that brk moves the end of.
local a = spawn("a")
local start = a:counters().start_brk
expect.eq(a:brk(0), start, "brk(0) only asks")
expect.eq(a:vma(start), nil, "no heap before the first brk")

step("One byte is one page")
expect.eq(a:brk(start + 1), start + 1)
expect.eq(a:vma(start).name, "[heap]")
expect.eq(a:vma(start).len, PAGE)
a:write(start, 0x61)
a:write(start + PAGE - 1, 0x62)
expect.fault(function() return a:read(start + PAGE) end, {code = "SEGV_MAPERR"})

step("Growing keeps one area")
expect.eq(a:brk(start + 5*PAGE), start + 5*PAGE)
expect.eq(a:vma(start).len, 5*PAGE)
a:write(start + 4*PAGE, 0x63)

step("Shrinking gives frames back; what returns is zero")
expect.eq(a:brk(start + 2*PAGE), start + 2*PAGE)
expect.eq(a:pte(start + 4*PAGE), nil)
expect.eq(a:brk(start + 5*PAGE), start + 5*PAGE)
expect.eq(a:read(start + 4*PAGE), 0)
expect.eq(a:read(start), 0x61)

step("Nonsense changes nothing and gives the old end")
expect.eq(a:brk(start - PAGE), start + 5*PAGE)
expect.eq(a:brk(0x7ffffffff000), start + 5*PAGE)

step("An area in the way: the old end")
a:mmap{len = PAGE, prot = "rw", flags = "private,anon,fixed", addr = start + 10*PAGE}
expect.eq(a:brk(start + 11*PAGE), start + 5*PAGE)
expect.eq(a:brk(start + 10*PAGE), start + 5*PAGE, "a page must stay free between")
expect.eq(a:brk(start + 9*PAGE), start + 9*PAGE, "up to there it may grow")

step("Back to nothing")
expect.eq(a:brk(start), start)
expect.eq(a:vma(start), nil)
