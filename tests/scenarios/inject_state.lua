-- One guest with something of every kind in it: what vmm mutate breaks things in.
local a = spawn()
local text = string.rep("x", 500)

-- A file with an index of two levels, mapped privately twice and shared once; pages read, written, copied.
local fd = a:memfd("big")
a:ftruncate(fd, 100 * PAGE)
for _, page in ipairs{0, 1, 70, 99} do a:pwrite(fd, text, page * PAGE) end
local private = a:mmap{len = 4 * PAGE, prot = "rw", flags = "private", fd = fd}
local also = a:mmap{addr = 0x200000000, len = 2 * PAGE, prot = "rw", flags = "private,fixed", fd = fd}
local shared = a:mmap{addr = 0x300000000, len = 100 * PAGE, prot = "rw", flags = "shared,fixed", fd = fd}
local other = a:memfd("small")
a:pwrite(other, text, 0)
a:mmap{addr = 0x400000000, len = PAGE, prot = "rw", flags = "private,fixed", fd = other}
a:read(private)
a:write(private + PAGE, 1)
a:read(also)
a:write(shared + 70 * PAGE, 2)
a:read(shared)
a:read(0x400000000)

-- Anonymous: written, read only (the zero page), without rights, locked, executable, many areas far apart.
local p = a:mmap{addr = 0x100000000, len = 16 * PAGE, prot = "rw", flags = "private,anon,fixed"}
a:fill(p, 4 * PAGE, 7)
a:read(p + 8 * PAGE)
a:fill(p + 12 * PAGE, 2 * PAGE, 9)
a:mprotect(p + 12 * PAGE, 2 * PAGE, "none")
a:mprotect(p + 2 * PAGE, PAGE, "r")
a:mlock(p, PAGE)
for i = 1, 8 do
	local q = 0x500000000 * i
	a:mmap{addr = q, len = 3 * PAGE, prot = i % 2 == 0 and "rx" or "rw", flags = "private,anon,fixed"}
	a:read(q)
end
a:brk(a:counters().brk + 3 * PAGE)
a:write(a:counters().start_brk, 3)

-- Two generations, a thread, a zombie; pages shared and copied among them.
local t = a:thread("t")
local b = a:fork("b")
b:write(p, 1)
b:read(private + PAGE)
local c = b:fork("c")
c:write(p + PAGE, 2)
local z = a:fork("z")
z:exit(5)
verify()
