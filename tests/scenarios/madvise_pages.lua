-- Advice for pages: thrown away, filled in, aged.
local WILLNEED, DONTNEED, FREE, REMOVE, COLD, PAGEOUT, POPULATE_READ, POPULATE_WRITE, DONTNEED_LOCKED =
	3, 4, 8, 9, 20, 21, 22, 23, 24
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw"}
local function advise(addr, len, advice, want)
	local value, why = a:syscall("madvise", addr, len, advice)
	expect.eq(want and why or value, want or 0)
end

step("DONTNEED: the frame is free at once, the area stays; then zeros")
a:write(p, "gone")
a:write(p + PAGE, "stays")
advise(p, PAGE, DONTNEED)
expect.eq(a:pte(p), nil)
expect.eq(a:read(p), 0)
expect.eq(a:read(p + PAGE, 5), "stays")

step("Of shared pages only one's own mapping goes")
local b = a:fork()
advise(p + PAGE, PAGE, DONTNEED)
expect.eq(b:read(p + PAGE, 5), "stays")
expect.eq(a:read(p + PAGE), 0)
b:exit(0)

step("POPULATE_READ: zero pages; POPULATE_WRITE: pages")
advise(p, 4*PAGE, DONTNEED)
advise(p, 4*PAGE, POPULATE_READ)
expect.eq(a:pte(p + 3*PAGE).frame, a:pte(p).frame, "all the same")
advise(p, 2*PAGE, POPULATE_WRITE)
expect.eq(a:pte(p).writable, true)
a:write(p, "quick")

step("Only with the rights: EINVAL; with a hole: ENOMEM after the rest")
a:mprotect(p + 3*PAGE, PAGE, "none")
advise(p + 3*PAGE, PAGE, POPULATE_READ, "EINVAL")
a:mprotect(p + 3*PAGE, PAGE, "r")
advise(p + 3*PAGE, PAGE, POPULATE_WRITE, "EINVAL")
a:munmap(p + 2*PAGE, PAGE)
advise(p, 4*PAGE, POPULATE_READ, "ENOMEM")

step("FREE: clean and old, but there; a write takes it back")
advise(p, PAGE, FREE)
expect.eq(a:pte(p).dirty, false)
expect.eq(a:read(p, 5), "quick", "memory is not short")
a:write(p, "saved")
expect.eq(a:pte(p).dirty, true)

step("COLD and PAGEOUT: not accessed any more; there is nowhere to go")
expect.eq(a:pte(p).accessed, true)
advise(p, PAGE, COLD)
expect.eq(a:pte(p).accessed, false)
a:read(p)
advise(p, PAGE, PAGEOUT)
expect.eq(a:read(p, 5), "saved")
advise(p, PAGE, WILLNEED)
advise(p, PAGE, REMOVE, "EINVAL")
advise(0x400000, PAGE, FREE, "EINVAL")
