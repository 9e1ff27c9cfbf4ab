-- How many levels? Notes of the seeds say three. On x86-64 there are four of 512 entries each (nine bits of address), and
-- the page: 9 + 9 + 9 + 9 + 12 = 48 bits, half of them the user's. (Five with LA57, which this guest leaves off.)
local a = spawn("a")
step("One page far from all others: three tables are made below the top one, and the page")
local before = frames()
a:mmap{len = PAGE, prot = "rw", flags = "private,anon,fixed", addr = 0x123456789000}
a:write(0x123456789000, 1)
local now = frames()
expect.eq(now.table - before.table, 3)
expect.eq(now.anon - before.anon, 1)
expect.eq(a:pte(0x123456789000).level, 1)
step("The page next to it needs none; one 2 MiB on a pte table; one 1 GiB on two; 512 GiB on three")
for i, distance in ipairs{PAGE, 1 << 21, 1 << 30, 1 << 39} do
	local at = 0x123456789000 + distance
	a:mmap{len = PAGE, prot = "rw", flags = "private,anon,fixed", addr = at}
	before = frames()
	a:write(at, 1)
	expect.eq(frames().table - before.table, i - 1)
end
step("munmap gives tables back that nothing else needs")
before = frames()
a:munmap(0x123456789000 + (1 << 39), PAGE)
expect.eq(before.table - frames().table, 3)
