-- Memory goes bad: a machine check tells the guest which frame, and Linux's memory_failure() isolates it. Found by a scrubber, nobody
-- is hurt until he comes for it; needed at once, who needs it gets SIGBUS.
-- both: no, the hardware is made to go wrong
local a = spawn()
local p = a:mmap{len = 4 * PAGE, prot = "rw", flags = "private,anon"}
local m = a:mmap{len = 2 * PAGE, prot = "rw", flags = "shared,anon"}
a:write(p, 1)
a:write(p + PAGE, 2)
a:write(m, 3)
local b = a:fork()

step("a page of two tasks, found by a scrubber: neither has it any more, each is told when he comes for it")
inject.poison(a, p)
expect.eq(a:pte(p).rights, "poisoned")
expect.eq(frame(a:pte(p).pfn).role, "poisoned")
expect.fault(function() return a:read(p + 5) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR", addr = p + 5})
expect.fault(function() return b:write(p, 1) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR", addr = p})
step("the kernel meets the entry, too, and copies nothing")
expect.errno(function() return a:syscall("write", 1, p, 1) end, "EFAULT")
step("a fork copies the entry, mremap moves it, mprotect leaves it, mincore calls it there")
local c = a:fork()
expect.eq(c:pte(p).rights, "poisoned")
c:mprotect(p, PAGE, "r")
c:mprotect(p, PAGE, "rw")
local q = c:mremap{addr = p, len = PAGE, newlen = PAGE, flags = "maymove,fixed", newaddr = 0x10000000}
expect.fault(function() return c:read(q) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR"})
c:exit()
a:wait(c)
step("what is mapped there next is whole: the frame is gone for good, the address is not")
a:munmap(p, PAGE)
a:mmap{addr = p, len = PAGE, prot = "rw", flags = "private,anon,fixed"}
a:write(p, 7)

step("the kernel's own memory cannot be helped: as long as nobody runs into it, it stays what it is")
inject.poison(a:cr3())
expect.eq(frame(a:cr3()).role, "table")

step("shared memory: the page stays in its file, whose bytes are lost")
inject.poison(a, m)
expect.fault(function() return a:read(m) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR", addr = m})
expect.fault(function() return b:read(m) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR", addr = m})
a:munmap(m, 2 * PAGE)

step("through its descriptor reading and writing such a page is EIO; a fault-in says EHWPOISON; cut off, the file is whole again")
local fd = a:syscall("memfd_create", "m", 0)
a:syscall("ftruncate", fd, 2 * PAGE)
local f = a:mmap{len = 2 * PAGE, prot = "rw", flags = "shared", fd = fd}
a:write(f, "lost")
a:write(f + PAGE, "kept")
inject.poison(a, f)
expect.errno(function() return a:syscall("pread64", fd, f + PAGE, 4, 0) end, "EIO")
expect.errno(function() return a:syscall("pwrite64", fd, f + PAGE, 4, 0) end, "EIO")
expect.errno(function() return a:syscall("madvise", f, PAGE, 22) end, "EHWPOISON")
expect.eq(a:proc("pagemap", f, 1):byte(8) >> 6, 1) -- a swap entry
expect.eq(a:mincore(f, PAGE)[1], true)
a:syscall("ftruncate", fd, 0)
a:syscall("ftruncate", fd, PAGE)
expect.eq(a:read(f), 0)

step("a free frame: nobody notices, and nobody gets it")
local free = a:pte(p + PAGE).pfn
b:exit()
a:wait(b)
a:munmap(p + PAGE, PAGE)
inject.poison(free)
expect.eq(frame(free).role, "poisoned")
a:write(p + 2 * PAGE, 1)
