-- Each task remembers the last areas it looked for, by 2 MiB of address. Whoever removes an area cannot know who
-- remembers it, so the mm gets a new sequence number, and caches with an old one count as empty.
local a = spawn("a")
local M = 2 << 20
local base = 0x10000000
for i = 0, 4 do
	a:mmap{len = PAGE, prot = "rw", flags = "private,anon,fixed", addr = base + i*M}
end
local seq = a:mm().vmacache_seqnum

step("A fault leaves its area in the cache")
a:write(base, 1)
expect.eq(#a:vmacache(), 1)
expect.eq(a:vmacache()[1], base)
a:write(base + M, 1)
expect.eq(#a:vmacache(), 2)

step("Adding an area makes nothing stale (the search for its place falls on a place of the cache that is not ours)")
a:mmap{len = PAGE, prot = "r", flags = "private,anon,fixed", addr = base + 7*M}
expect.eq(a:mm().vmacache_seqnum, seq)
expect.eq(#a:vmacache(), 2)

step("The fifth area falls on the first one's place: four are remembered at most")
a:write(base + 2*M, 1)
a:write(base + 3*M, 1)
a:write(base + 4*M, 1)
for _, start in ipairs(a:vmacache()) do expect(start ~= base) end

step("Removing any area empties every cache of the mm by number")
a:munmap(base + 7*M, PAGE)
expect(a:mm().vmacache_seqnum ~= seq)
a:read(base + 4*M)
expect(#a:vmacache() <= 1)

step("A thread has a cache of its own, with the mm's number")
local t = a:thread()
a:mmap{len = PAGE, prot = "rw", flags = "private,anon,fixed", addr = base + 6*M}
t:write(base + 6*M, 1)
expect.eq(t:vmacache()[1], base + 6*M)
for _, start in ipairs(a:vmacache()) do expect(start ~= base + 6*M) end
