-- What fork makes of each kind of private area: the same areas; written pages shared until someone writes, pages never
-- touched still absent on both sides.
local a = spawn("a")
local function map(prot) return a:mmap{len = 2*PAGE, prot = prot, flags = "private,anon"} end
local rw, ro, none, code, zero = map("rw"), map("rw"), map("rw"), map("rw"), map("rw")
a:write(rw, "rw")
a:write(ro, "ro")
a:mprotect(ro, 2*PAGE, "r")
a:write(none, "kept")
a:mprotect(none, 2*PAGE, "none")
a:write(code, "\xb8\x2a\x00\x00\x00\xc3")			-- mov $42, %eax; ret
a:mprotect(code, 2*PAGE, "rx")
a:read(zero)							-- the zero page
local heap = a:brk()
a:brk(heap + 2*PAGE)
a:write(heap, "heap")

step("fork")
local b = a:fork()
expect.eq(#b:maps(), #a:maps())
for i, v in ipairs(a:maps()) do
	local w = b:maps()[i]
	expect(v.start == w.start and v.stop == w.stop and v.flags == w.flags and v.prot == w.prot)
end
step("Writable: the same frame, read-only in both")
expect.eq(a:pte(rw).frame, b:pte(rw).frame)
expect(a:pte(rw).cow and b:pte(rw).cow)
step("Read-only and code: the same frame, too")
expect.eq(a:pte(ro).frame, b:pte(ro).frame)
expect.eq(b:run(code), 42)
expect.eq(a:pte(code).frame, b:pte(code).frame)
step("PROT_NONE: nobody can read it, yet its page is shared and comes back for both")
expect.fault(function() return b:read(none) end, {code = "SEGV_ACCERR"})
b:mprotect(none, 2*PAGE, "r")
expect.eq(b:read(none, 4, "bytes"), "kept")
expect.fault(function() return a:read(none) end, {code = "SEGV_ACCERR"})
step("The zero page is nobody's and counted for nobody")
expect(a:pte(zero).zero)
b:write(zero, 1)
expect.eq(a:read(zero), 0)
step("The heap, with an end of its own for each")
expect.eq(b:brk(), a:brk())
b:brk(heap + 3*PAGE)
expect.eq(a:brk(), heap + 2*PAGE)
expect.eq(b:read(heap, 4, "bytes"), "heap")
step("Never touched: absent in both")
expect.eq(b:pte(rw + PAGE), nil)
b:write(rw + PAGE, 1)
expect.eq(a:pte(rw + PAGE), nil)
