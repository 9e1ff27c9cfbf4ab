-- write() to a file out of a mapping of that file: the source is faulted in first, so fault-around does not meet the page that the
-- write is about to make.
-- both: below 6.15, a later kernel copies first, and faults in what is missing once the page has been made
local a = spawn("a")
local fd = a:memfd("m")
a:ftruncate(fd, 16*PAGE)
local p = a:mmap{len = 3*PAGE, prot = "rw", flags = "private", fd = fd}

step("The source lies on two pages, the target on a third, which nobody has used")
expect.eq(a:syscall("write", fd, p + 2*PAGE - 8, PAGE), PAGE)
expect.eq(a:pte(p), nil, "the page that came to be is not mapped")
expect(a:pte(p + PAGE).present)
expect(a:pte(p + 2*PAGE).present)
