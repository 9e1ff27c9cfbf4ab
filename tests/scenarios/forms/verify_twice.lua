-- Enough pages that only those are hashed which the machine says were written; --verify-twice hashes all of them again.
a = spawn("a")
local n = 600
local p = a:mmap{len = n * PAGE, prot = "rw"}
a:fill(p, n * PAGE, 1)
for i = 1, 10 do a:write(p + i * 37 * PAGE, i) end
b = a:fork()
for i = 1, 5 do
	b:write(p + i * 53 * PAGE, i)
	a:write(p + i * 53 * PAGE, i + 1)
end
b:madvise(p, 64 * PAGE, "dontneed")
expect.eq(b:read(p), 0)
b:write(p + PAGE, 5)
expect.eq(a:read(p + PAGE, 1), 1)
local s = a:mmap{len = 4 * PAGE, prot = "rw", flags = "shared,anon"}
for i = 0, 3 do a:write(s + i * PAGE, i) end
b:exit(0)
a:munmap(p, n * PAGE)
local q = a:mmap{len = 8 * PAGE, prot = "rw"}
for i = 0, 7 do a:write(q + i * PAGE, i) end
