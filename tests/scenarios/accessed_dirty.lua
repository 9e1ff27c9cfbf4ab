-- The processor's own bits: A where something was accessed, D where something was written.
local a = spawn("a")
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 1)
a:write(p + PAGE, 1)
expect(a:pte(p).accessed and a:pte(p).dirty)

step("A child's entries have not been accessed by the child")
local b = a:fork()
expect(not b:pte(p).accessed)
expect(a:pte(p).accessed, "its parent's have")

step("Reading sets A")
b:read(p)
expect(b:pte(p).accessed)
expect(not b:pte(p + PAGE).accessed, "of this page only")

step("The zero page: accessed, never dirty")
local z = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:read(z)
expect(a:pte(z).accessed and not a:pte(z).dirty)
a:write(z, 1)
expect(a:pte(z).dirty)
