-- Two processes, the same addresses, nothing in common.
local a, b = spawn("a"), spawn("b")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
expect.eq(b:mmap{len = PAGE, prot = "rw", flags = "private,anon"}, p, "each has its own address space")
a:write(p, 0xaa)
b:write(p, 0xbb)
expect.eq(a:read(p), 0xaa)
expect.eq(b:read(p), 0xbb)
expect(a:cr3() ~= b:cr3(), "each has its own tables")
expect(a:pte(p).pfn ~= b:pte(p).pfn)

step("What one unmaps, the other keeps")
a:munmap(p, PAGE)
expect.eq(b:read(p), 0xbb)
