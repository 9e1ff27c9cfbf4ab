-- Advice that lives in vm_flags: areas split and merge as by mprotect, and fork obeys.
local NORMAL, RANDOM, SEQUENTIAL = 0, 1, 2
local DONTFORK, DOFORK, DONTDUMP, DODUMP, WIPEONFORK, KEEPONFORK = 10, 11, 16, 17, 18, 19
local a = spawn("a")
local p = a:mmap{len = 6*PAGE, prot = "rw"}
a:write(p, "one")
a:write(p + 2*PAGE, "two")
a:write(p + 4*PAGE, "three")

step("The middle is read at random: three areas")
expect.eq(a:syscall("madvise", p + 2*PAGE, 2*PAGE, RANDOM), 0)
expect.eq(a:counters().areas, 4)
step("The front, sequentially; sequential undoes random")
expect.eq(a:syscall("madvise", p, 3*PAGE, SEQUENTIAL), 0)
expect.eq(a:vma(p).len, 3*PAGE)
step("Normal again: one area")
expect.eq(a:syscall("madvise", p, 6*PAGE, NORMAL), 0)
expect.eq(a:vma(p).len, 6*PAGE)

step("What fork does: not copied, wiped, copied")
expect.eq(a:syscall("madvise", p, 2*PAGE, DONTFORK), 0)
expect.eq(a:syscall("madvise", p + 2*PAGE, 2*PAGE, WIPEONFORK), 0)
local b = a:fork()
expect.fault(function() return b:read(p) end, {signal = "SIGSEGV", code = "SEGV_MAPERR"})
local c = a:fork()
expect.eq(c:read(p + 2*PAGE, 3), "\0\0\0", "zeros in the child")
expect.eq(c:read(p + 4*PAGE, 5), "three")
expect.eq(a:read(p + 2*PAGE, 3), "two", "and the parent's is as it was")
step("A grandchild is wiped, too")
c:write(p + 2*PAGE, "own")
local d = c:fork()
expect.eq(d:read(p + 2*PAGE, 3), "\0\0\0")

step("Undone: all one area, all copied")
expect.eq(a:syscall("madvise", p, 6*PAGE, DOFORK), 0)
expect.eq(a:syscall("madvise", p, 6*PAGE, KEEPONFORK), 0)
expect.eq(a:vma(p).len, 6*PAGE)
local e = a:fork()
expect.eq(e:read(p, 3), "one")

step("Not in a core dump; two more areas, and back")
expect.eq(a:syscall("madvise", p + PAGE, PAGE, DONTDUMP), 0)
expect.eq(a:counters().areas, 4)
expect.eq(a:syscall("madvise", p + PAGE, PAGE, DODUMP), 0)
expect.eq(a:counters().areas, 2)

step("A hole is skipped and told; the rest is done")
a:munmap(p + 2*PAGE, PAGE)
local _, why = a:syscall("madvise", p, 6*PAGE, RANDOM)
expect.eq(why, "ENOMEM")
expect.eq(a:syscall("madvise", p + 3*PAGE, 3*PAGE, RANDOM), 0)

step("Refused, each with its reason")
local function refused(want, addr, len, advice)
	local _, got = a:syscall("madvise", addr, len, advice)
	expect.eq(got, want)
end
refused("EINVAL", p, PAGE, 5)             -- no such advice
refused("EINVAL", p, PAGE, 12)            -- MADV_MERGEABLE: not configured
refused("EINVAL", p + 1, PAGE, NORMAL)    -- not aligned
refused("EINVAL", p, -1, NORMAL)          -- rounds up to zero
refused("EINVAL", p, -2*PAGE, NORMAL)     -- beyond the end of everything
refused("ENOMEM", p + 2*PAGE, PAGE, NORMAL)
expect.eq(a:syscall("madvise", p + 2*PAGE, 0, NORMAL), 0, "of nothing, anything")
refused("EINVAL", 0x400000, PAGE, WIPEONFORK) -- a file's
