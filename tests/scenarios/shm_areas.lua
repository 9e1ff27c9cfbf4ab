-- The areas of an attachment: cut up they stay cut up, each part counts, and shmdt finds them all again.
local a = spawn("a")
local id = a:shmget(0, 6*PAGE)
local p = a:shmat(id)
local function attached() return segments()[1].attached end
local function parts()
	local n = 0
	for _, area in ipairs(a:maps()) do
		if area.prot:sub(4) == "s" then n = n + 1 end
	end
	return n
end

step("No fault-around: each page is a fault of its own, though the next ones are in the cache")
for i = 0, 5 do a:write(p + i*PAGE, i) end
local b = a:fork()
b:read(p)
expect(b:pte(p) and not b:pte(p + PAGE))
b:exit(0)

step("mprotect splits, and does not merge back: the end of each part is to be told")
a:mprotect(p + 2*PAGE, PAGE, "r")
expect.eq(parts(), 3)
expect.eq(attached(), 3)
a:mprotect(p + 2*PAGE, PAGE, "rw")
expect.eq(parts(), 3)

step("A part unmapped is an attachment less, its page is still the segment's")
a:munmap(p + 2*PAGE, PAGE)
expect.eq(attached(), 2)
expect.eq(segments()[1].pages, 6)

step("mremap of a part: its place in the segment goes along, so shmdt does not take it for its own")
local far = a:mremap{addr = p + 4*PAGE, len = 2*PAGE, newlen = 2*PAGE, flags = "maymove,fixed", newaddr = p - 16*PAGE}
expect.eq(far, p - 16*PAGE)
expect.eq(a:read(far), 4)
expect.eq(attached(), 3)

step("shmdt by an address inside, or without a segment: EINVAL")
expect.eq(select(2, a:shmdt(p + PAGE)), "EINVAL")
expect.eq(select(2, a:shmdt(p + 1)), "EINVAL")
expect.eq(select(2, a:shmdt(0x10000)), "EINVAL")

step("shmdt takes what lies where it belongs: the first two pages and the fourth")
expect.eq(a:shmdt(p), 0)
expect.eq(attached(), 1)
expect.eq(a:read(far + PAGE), 5)
expect.eq(select(2, a:shmdt(p)), "EINVAL")
expect.eq(a:shmdt(far - 4*PAGE), 0)
expect.eq(attached(), 0)

step("Grown by mremap beyond the segment: SIGBUS there")
p = a:shmat(id)
local g = a:mremap{addr = p, len = 6*PAGE, newlen = 8*PAGE, flags = "maymove"}
expect.eq(a:read(g + 5*PAGE), 5)
expect.fault(function() return a:read(g + 6*PAGE) end, {signal = "SIGBUS", code = "BUS_ADRERR"})
expect.eq(attached(), 1)

step("Not inherited when the area says so: no attachment of the child")
a:madvise(g, 8*PAGE, "dontfork")
local c = a:fork()
expect.eq(attached(), 1)
c:exit(0)
a:shmctl(id, "rmid")
a:munmap(g, 8*PAGE)
expect.eq(#segments(), 0)
