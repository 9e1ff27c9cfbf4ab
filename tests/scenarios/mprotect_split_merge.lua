-- mprotect splits areas and merges them again; entries follow at once.
local a = spawn("a")
local p = a:mmap{len = 5*PAGE, prot = "rw", flags = "private,anon"}
local areas = #a:maps()
a:fill(p, 5*PAGE, 0x11)

step("The middle: one area becomes three")
a:mprotect(p + 2*PAGE, PAGE, "r")
expect.eq(#a:maps(), areas + 2)
expect.eq(a:vma(p + 2*PAGE).prot, "r--p")
expect(not a:pte(p + 2*PAGE).writable)
expect(a:pte(p + PAGE).writable and a:pte(p + 3*PAGE).writable)

step("Back: one area again, the entry writable only at the next write")
a:mprotect(p + 2*PAGE, PAGE, "rw")
expect.eq(#a:maps(), areas)
a:write(p + 2*PAGE, 0x22)

step("The start, then the end")
a:mprotect(p, PAGE, "r")
a:mprotect(p + 4*PAGE, PAGE, "r")
expect.eq(#a:maps(), areas + 2)

step("All of it: three become one")
a:mprotect(p, 5*PAGE, "r")
expect.eq(#a:maps(), areas)
expect.eq(a:vma(p).prot, "r--p")
expect.eq(a:read(p + 2*PAGE), 0x22)

step("A hole in the range: what lies before it is changed, then ENOMEM")
a:munmap(p + 2*PAGE, PAGE)
expect.errno(function() return a:mprotect(p, 5*PAGE, "rw") end, "ENOMEM")
expect.eq(a:vma(p).prot, "rw-p")
expect.eq(a:vma(p + 3*PAGE).prot, "r--p")

step("Errors")
expect.errno(function() return a:mprotect(p + 1, PAGE, "r") end, "EINVAL")
expect.errno(function() return a:mprotect(p, PAGE, 0x10) end, "EINVAL")
expect.eq(a:mprotect(p, 0, "r"), 0, "no length, no change")
expect.errno(function() return a:mprotect(0x10000, PAGE, "r") end, "ENOMEM")
