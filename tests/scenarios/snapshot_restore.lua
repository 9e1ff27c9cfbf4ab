-- A snapshot is the whole guest; restore puts it back, page tables of every level included. Ring 3 sees it by
-- reading, ring 0 by copying the same byte for a system call.
local a = spawn()
local fd = a:memfd("m")

-- One page behind another leaf of one table, another PMD entry, another PUD entry, another PGD entry.
local base = 0x100000000000
local where = {base + PAGE, base + 0x400000, base + 0x80000000, base + 0x8000000000}
local function map(value)
	for _, p in pairs(where) do
		a:mmap{addr = p, len = PAGE, prot = "rw", flags = "private,anon,fixed"}
		a:write(p, value)
	end
end
-- What ring 0 finds at p: it copies from there into the file, and out of it again to where ring 3 reads.
local function ring0(p)
	expect.eq(a:syscall("pwrite64", fd, p, 1, 0), 1)
	return a:pread(fd, 1, 0):byte()
end

map("\1")
local areas, pte = #a:maps(), a:pte(where[1])
local s = snapshot()

step("other frames, tables and areas where those were")
for _, p in pairs(where) do a:munmap(p, PAGE) end
local b = a:fork("b")
a:mmap{len = 8 * PAGE, prot = "rw", flags = "private,anon,populate"}
map("\2")
b:fork("grandchild")
local h = b:start("wait4", -1, 0, 0, 0)

step("back: names are as they were, b is no more")
restore(s)
for _, p in pairs(where) do
	expect.eq(a:read(p), 1, "ring 3")
	expect.eq(ring0(p), 1, "ring 0")
end
expect.eq(#a:maps(), areas)
expect.eq(a:pte(where[1]).frame, pte.frame)
expect(not b:alive())
expect(not pcall(b.read, b, where[1]), "b has vanished")
expect(not pcall(h.done, h), "and so has what it did")

step("from here on another story, and back once more")
local c = a:fork("b")
local t = snapshot()
c:write(where[2], 3)
expect.eq(a:read(where[2]), 1)
restore(s)
expect.eq(a:read(where[2]), 1)
restore(t)
expect.eq(c:read(where[2]), 1)
c:exit(3)
local _, status = a:wait()
expect.eq(status.exited, 3)
print(tostring(s), tostring(t))

step("what was under way when the snapshot was taken is under way again")
local d = a:fork("d")
local e = d:fork("e")
local sleep = d:start("wait4", -1, 0, 0, 0)
local u = snapshot()
for round = 1, 2 do
	expect(not sleep:done())
	e:exit(round)
	expect.eq(sleep:result(), e.pid)
	restore(u)
end
