-- Shared anonymous memory is a file without a name: parent and child write the same page, and fork copies no entry of it.
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw", flags = "shared,anon"}
a:write(p, 0x41)
local f = a:pte(p).frame

step("The child finds the page in the cache, and writes it without a copy")
local b = a:fork()
expect.eq(b:read(p), 0x41)
expect.eq(b:pte(p).frame, f)
b:write(p, 0x42)
expect.eq(a:read(p), 0x42)
expect.eq(b:pte(p).frame, f)

step("What the child touches first is there for the parent")
b:write(p + PAGE, 0x43)
expect.eq(a:read(p + PAGE), 0x43)

step("Unmapping takes entries away, not pages")
a:munmap(p, PAGE)
expect.eq(b:read(p), 0x42)

step("Pages go with the last area")
b:exit(0)
a:wait(b)
a:munmap(p + PAGE, 3*PAGE)

step("Read-only from the start; two in a row are two files, and do not merge")
local q = a:mmap{len = PAGE, prot = "r", flags = "shared,anon"}
local r = a:mmap{len = PAGE, prot = "r", flags = "shared,anon"}
expect.eq(r, q - PAGE)
expect.eq(#a:maps(), 3)
expect.eq(a:read(q), 0)
a:mprotect(q, PAGE, "rw")
a:write(q, 1)
