-- What becomes of soft-dirty marks where areas and entries change; beside Linux each page's mark is compared after every step.
local a = spawn("a")
local clear_refs = a:open("/proc/self/clear_refs", "w")
local function clear()
	expect.eq(a:write_fd(clear_refs, "4"), 1)
end
local p = a:mmap{addr = 0x10000000, len = 8*PAGE, prot = "rw", flags = "private,anon,fixed"}
for i = 0, 5 do a:write(p + i*PAGE, i) end

step("Rights taken and given back leave a mark as it was")
clear()
a:write(p, 9)
a:mprotect(p, 2*PAGE, "r")
a:mprotect(p, 2*PAGE, "rw")
a:write(p + PAGE, 9)

step("What moves is marked")
clear()
local q = a:mremap{addr = p + 4*PAGE, len = 2*PAGE, newlen = 2*PAGE, newaddr = 0x28000000, flags = "maymove,fixed"}
a:read(q)

step("A new area beside an old one: it is dirty, and so is what it merges with")
clear()
a:mmap{addr = p + 4*PAGE, len = PAGE, prot = "rw", flags = "private,anon,fixed"}
a:read(p + 2*PAGE)
a:write(p + 4*PAGE, 1)

step("A fork's child has the marks of its parent, and sets its own")
clear()
a:write(p, 3)
local b = a:fork("b")
b:write(p + PAGE, 4)
a:write(p + 2*PAGE, 5)
b:read(p + 3*PAGE)
b:exit(0)
a:wait()

step("A page thrown away and come again is as its area says")
clear()
a:madvise(p, 2*PAGE, "dontneed")
a:write(p, 1)
a:read(p + PAGE)

step("Shared memory, a heap that grows, a locked area")
local s = a:mmap{addr = 0x30000000, len = 2*PAGE, prot = "rw", flags = "shared,anon,fixed"}
a:write(s, 1)
local heap = a:brk(0)
a:brk(heap + PAGE)
a:write(heap, 1)
clear()
a:write(s, 2)
a:read(s + PAGE)
a:brk(heap + 2*PAGE)
a:write(heap + PAGE, 1)
a:mlock(p, 2*PAGE)
a:write(p, 2)
