-- mlock looks for neighbours to merge before it populates. An area that was never touched has no anon_vma then, and 6.1 does not let
-- one that has one join it from behind; that they share it once both are populated comes too late.
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw"}
a:syscall("mlock2", p, 2*PAGE, 1)			-- MLOCK_ONFAULT
a:write(p + 2*PAGE, 1)
expect(a:mlock(p, 4*PAGE))
expect.eq(a:vma(p).stop, p + 2*PAGE)
expect.eq(a:vma(p).flags, a:vma(p + 2*PAGE).flags)

step("The next call finds them alike")
expect(a:munlock(p, 4*PAGE))
expect.eq(a:vma(p).stop, p + 4*PAGE)
