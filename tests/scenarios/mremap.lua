-- Resizing and moving: page-table entries go to the new place, frames stay what they are.
-- both: needs /proc/sys/vm/mmap_min_addr 65536
local MAYMOVE, FIXED, DONTUNMAP = 1, 2, 4
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw", flags = "private,anon,fixed", addr = 0x10000000}
a:write(p, "head")
a:write(p + 3*PAGE, "tail")

step("Shrink: the tail is unmapped")
expect.eq(a:syscall("mremap", p, 4*PAGE, 2*PAGE, 0), p)
expect.eq(a:vma(p).len, 2*PAGE)
expect.eq(a:vma(p + 3*PAGE), nil)

step("Grow in place, where there is room")
expect.eq(a:syscall("mremap", p, 2*PAGE, 4*PAGE, 0), p)
expect.eq(a:read(p + 3*PAGE), 0, "what comes back is zero")

step("No room, and it may not move: ENOMEM; it may: another address, the same frame")
a:mmap{len = PAGE, prot = "r", flags = "private,anon,fixed", addr = p + 4*PAGE}
local _, why = a:syscall("mremap", p, 4*PAGE, 6*PAGE, 0)
expect.eq(why, "ENOMEM")
local frame = a:pte(p).frame
local q = a:syscall("mremap", p, 4*PAGE, 6*PAGE, MAYMOVE)
expect.eq(a:pte(q).frame, frame)
expect.eq(a:vma(p), nil)
expect.eq(a:read(q, 3), "hea")
a:munmap(p + 4*PAGE, PAGE)

step("FIXED: to where we say; what was there is gone. The middle of an area leaves two")
a:mmap{len = 2*PAGE, prot = "r", flags = "private,anon,fixed", addr = 0x70000000}
a:write(q + 2*PAGE, "middle")
expect.eq(a:syscall("mremap", q + 2*PAGE, 2*PAGE, 2*PAGE, MAYMOVE | FIXED, 0x70000000), 0x70000000)
expect.eq(a:read(0x70000000, 6), "middle")
expect.eq(a:vma(0x70000000).prot, "rw-p")
expect.fault(function() return a:read(q + 2*PAGE) end, {code = "SEGV_MAPERR"})
step("And back: what continues by its offset becomes one area again")
expect.eq(a:syscall("mremap", 0x70000000, 2*PAGE, 2*PAGE, MAYMOVE | FIXED, q + 2*PAGE), q + 2*PAGE)
expect.eq(a:vma(q).len, 6*PAGE)

step("DONTUNMAP: the pages move, the area stays empty")
local r = a:syscall("mremap", q, 6*PAGE, 6*PAGE, MAYMOVE | DONTUNMAP)
expect.eq(a:pte(r).frame, frame)
expect.eq(a:read(q), 0)
expect.eq(a:read(r + 2*PAGE, 6), "middle")

step("A page shared by fork moves in one of them; writing still copies")
local b = a:fork()
local s = b:syscall("mremap", r, 6*PAGE, 6*PAGE, MAYMOVE | FIXED, 0x30000000)
expect.eq(b:pte(s).frame, a:pte(r).frame)
b:write(s, "mine")
expect.eq(a:read(r, 3), "hea")
b:exit(0)

step("Two MiB and more: a whole page table moves at once")
local big = a:mmap{len = 1024*PAGE, prot = "rw", flags = "private,anon,fixed", addr = 0x40000000}
a:write(big, "first")
a:write(big + 600*PAGE, "later")
expect.eq(a:syscall("mremap", big, 1024*PAGE, 1024*PAGE, MAYMOVE | FIXED, 0x50000000), 0x50000000)
expect.eq(a:read(0x50000000, 5), "first")
expect.eq(a:read(0x50000000 + 600*PAGE, 5), "later")
a:munmap(0x50000000, 1024*PAGE)

step("Refused, each with its reason")
local function refused(want, ...)
	local _, got = a:syscall("mremap", ...)
	expect.eq(got, want)
end
refused("EINVAL", r, PAGE, PAGE, 8)                           -- no such flag
refused("EINVAL", r, PAGE, PAGE, FIXED, 0x70000000)           -- FIXED alone
refused("EINVAL", r, PAGE, 2*PAGE, MAYMOVE | DONTUNMAP)       -- no resizing with DONTUNMAP
refused("EINVAL", r + 1, PAGE, PAGE, 0)
refused("EINVAL", r, PAGE, 0, 0)
refused("EFAULT", 0x60000000, PAGE, PAGE, 0)                  -- nothing there
refused("EINVAL", r, 0, PAGE, MAYMOVE)                        -- a second mapping of private pages
refused("EFAULT", r + 5*PAGE, 9*PAGE, 20*PAGE, MAYMOVE)       -- beyond the area
refused("EINVAL", r, 2*PAGE, 2*PAGE, MAYMOVE | FIXED, r + PAGE) -- onto itself
refused("EINVAL", r, PAGE, PAGE, MAYMOVE | FIXED, 0x70000001)
refused("EPERM", r, PAGE, PAGE, MAYMOVE | FIXED, 0x1000)      -- below mmap_min_addr
refused("ENOMEM", r, PAGE, 1 << 46, MAYMOVE)
