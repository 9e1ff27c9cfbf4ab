-- Locked memory: filled in at once or as it is touched; flags, locked_vm and the limit.
-- both: below 6.16, mremap() with DONTUNMAP leaves VmLck too high there, until mlock() refuses for want of room
local CURRENT, FUTURE, ONFAULT = 1, 2, 4
local MIB = 1 << 20
local a = spawn("a")
local function refused(want, ...)
	local _, got = a:syscall(...)
	expect.eq(got, want)
end
local p = a:mmap{len = 4*PAGE, prot = "rw"}

step("mlock: pages are there before they are touched; parts of pages count whole")
expect.eq(a:syscall("mlock", p + PAGE + 5, PAGE), 0)
expect.eq(a:counters().locked_vm, 2)
expect.eq(a:pte(p + PAGE).writable, true)
expect.eq(a:pte(p), nil)

step("Twice is once; ONFAULT waits")
expect.eq(a:syscall("mlock2", p, 4*PAGE, 1), 0)
expect.eq(a:counters().locked_vm, 4)
expect.eq(a:pte(p), nil)
a:write(p, 1)

step("Locked pages cannot be thrown away, unless one insists")
refused("EINVAL", "madvise", p, 4*PAGE, 4)
refused("EINVAL", "madvise", p, 4*PAGE, 20)
expect.eq(a:syscall("madvise", p, PAGE, 24), 0)
expect.eq(a:pte(p), nil)

step("A child has the pages and no lock")
local b = a:fork()
expect.eq(b:counters().locked_vm, 0)
b:exit(0)

step("munlock in the middle; munmap takes locked pages off")
expect.eq(a:syscall("munlock", p + PAGE, PAGE), 0)
expect.eq(a:counters().locked_vm, 3)
a:munmap(p + 3*PAGE, PAGE)
expect.eq(a:counters().locked_vm, 2)

step("mremap: what a locked area grows by is filled in; moved, it stays locked")
local q = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon,locked,fixed", addr = 0x10000000}
expect.eq(a:syscall("mremap", q, 2*PAGE, 4*PAGE, 0), q)
expect.eq(a:counters().locked_vm, 6)
expect.eq(a:pte(q + 3*PAGE).writable, true)
expect.eq(a:syscall("mremap", q, 4*PAGE, 4*PAGE, 3, 0x70000000), 0x70000000)
expect.eq(a:counters().locked_vm, 6)
expect.eq(a:syscall("mremap", 0x70000000, 4*PAGE, 4*PAGE, 1 | 4, 0x30000000), 0x30000000)
expect.eq(a:counters().locked_vm, 6)
a:munmap(0x70000000, 4*PAGE)
a:munmap(0x30000000, 4*PAGE)

step("mlockall: what is there, what comes, both")
expect.eq(a:syscall("munlockall"), 0)
expect.eq(a:counters().locked_vm, 0)
expect.eq(a:syscall("mlockall", FUTURE | ONFAULT), 0)
expect.eq(a:counters().locked_vm, 0)
local r = a:mmap{len = 2*PAGE, prot = "r"}
expect.eq(a:counters().locked_vm, 2)
expect.eq(a:pte(r), nil)
expect.eq(a:syscall("mlockall", CURRENT), 0)
expect.eq(a:pte(r).writable, false)
expect.eq(a:counters().locked_vm, a:counters().total_vm, "all of it, the stack too")
expect.eq(a:syscall("munlockall"), 0)

step("A page that must not be touched: locked, and ENOMEM; a hole: the part before it")
local n = a:mmap{len = PAGE, prot = "none", flags = "private,anon,fixed", addr = 0x40000000}
refused("ENOMEM", "mlock", n, PAGE)
expect.eq(a:counters().locked_vm, 1)
refused("ENOMEM", "mlock", n, 2*PAGE)
refused("ENOMEM", "munlock", 0x50000000, PAGE)
expect.eq(a:syscall("munlock", n, PAGE), 0)

step("The limit, 8 MiB")
local big = a:mmap{len = 16*MIB, prot = "none"}
refused("ENOMEM", "mlock2", big, 8*MIB + PAGE, 1)
expect.eq(a:syscall("mlock2", big, 8*MIB, 1), 0)
expect.eq(a:syscall("mlock2", big, 8*MIB, 1), 0, "what is locked already does not count twice")
local _, again = a:mmap{len = PAGE, prot = "rw", flags = "private,anon,locked"}
expect.eq(again, "EAGAIN")
refused("ENOMEM", "mlockall", CURRENT)
expect.eq(a:syscall("munlock", big, 16*MIB), 0)

step("Nonsense")
refused("EINVAL", "mlock2", p, PAGE, 2)
refused("ENOMEM", "mlock", p, -2*PAGE)         -- the limit is looked at first
refused("EINVAL", "munlock", p, -2*PAGE)
refused("EINVAL", "mlockall", 0)
refused("EINVAL", "mlockall", ONFAULT)
refused("EINVAL", "mlockall", 8)
expect.eq(a:syscall("mlock", p, 0), 0)
step("MCL_FUTURE is not inherited either")
a:syscall("mlockall", 2)
local c = a:fork()
local r = c:mmap{len = 2*PAGE, prot = "rw"}
expect.eq(c:vma(r).present, 0)
expect.eq(c:counters().locked_vm, 0)
a:syscall("munlockall")

step("Of no bytes there is nothing to lock, in an area that nobody may access, too")
local none = a:mmap{len = 2*PAGE, prot = "none"}
expect.eq(a:mlock(none + PAGE, 0), 0)

step("Locked, and may be written from now on: mprotect makes its pages the mm's own at once")
local w = a:mmap{len = 2*PAGE, prot = "r", flags = "private,anon,locked"}
expect(a:pte(w).zero)
a:mprotect(w, 2*PAGE, "rw")
expect(not a:pte(w).zero and a:pte(w).writable)
