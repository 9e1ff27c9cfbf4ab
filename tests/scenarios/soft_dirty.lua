-- Soft-dirty: bit 55 of pagemap says which pages were written since 4 was written to clear_refs; and which areas are new.
-- both: no, the box of Linux has no /proc
local a = spawn("a")
local clear_refs = a:open("/proc/self/clear_refs", "w")
-- As the host reads it from RAM; that the guest's own pagemap says the same is asked where it matters.
local function dirty(at, task)
	return string.unpack("<I8", (task or a):proc("pagemap", at, 1)) >> 55 & 1
end
local function clear()
	expect.eq(a:write_fd(clear_refs, "4"), 1)
end
local p = a:mmap{addr = 0x10000000, len = 4*PAGE, prot = "rw", flags = "private,anon,fixed"}

step("A new area is dirty all over, touched or not; clearing takes the mark, and the right to write without a fault")
a:write(p, 1)
a:write(p + PAGE, 1)
a:read(p + 2*PAGE)
expect.eq(dirty(p), 1)
expect.eq(dirty(p + 3*PAGE), 1)
clear()
expect.eq(dirty(p), 0)
expect.eq(dirty(p + 3*PAGE), 0)

step("A write sets it, by a fault; a read does not")
a:write(p, 2)
a:read(p + PAGE)
a:read(p + 3*PAGE)
expect.eq(dirty(p), 1)
expect.eq(dirty(p + PAGE), 0)
expect.eq(dirty(p + 3*PAGE), 0)
expect.proc(a)

step("Shared memory, too: what is read in after clearing is mapped read-only, so that its first write is seen")
local s = a:mmap{addr = 0x11000000, len = 2*PAGE, prot = "rw", flags = "shared,anon,fixed"}
clear()
a:read(s)
expect.eq(dirty(s), 0)
a:write(s, 1)
expect.eq(dirty(s), 1)
a:write(s + PAGE, 1)
expect.eq(dirty(s + PAGE), 1)
a:munmap(s, 2*PAGE)

step("mprotect gives back no right unseen; fork keeps the marks of both; a move sets them")
clear()
a:mprotect(p, PAGE, "r")
a:mprotect(p, PAGE, "rw")
expect.eq(dirty(p), 0)
a:write(p, 3)
local b = a:fork()
expect.eq(dirty(p, b), 1)
expect.eq(dirty(p + PAGE, b), 0)
expect.proc(a)
expect.proc(b)
a:mremap{addr = p + PAGE, len = PAGE, newlen = PAGE, flags = "maymove,fixed", newaddr = 0x12000000}
expect.eq(dirty(0x12000000), 1)

step("An area that grows by a merge is new as a whole; smaps says so of areas")
clear()
expect.eq(dirty(p + 2*PAGE), 0)
a:mmap{addr = p + 4*PAGE, len = PAGE, prot = "rw", flags = "private,anon,fixed"}
expect.eq(dirty(p + 2*PAGE), 1)
expect.proc(b, a)
