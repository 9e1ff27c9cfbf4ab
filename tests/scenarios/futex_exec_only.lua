-- A futex in a page of PROT_EXEC alone: once the page is there its entry decides (it can be read), before that the area's rights do.
local a = spawn("a")
local x = a:mmap{len = PAGE, prot = "rw", flags = "shared,anon"}
a:write(x, 5)
a:mprotect(x, PAGE, "x")
expect.eq(a:futex_wake(x), 0)
expect.errno(function() return a:syscall("futex", x, 0, 4) end, "EAGAIN")
step("Not there")
local y = a:mmap{len = PAGE, prot = "x", flags = "shared,anon"}
expect.errno(function() return a:futex_wake(y) end, "EFAULT")
step("Private it is read as the task reads it")
expect.errno(function() return a:syscall("futex", x, 128, 4) end, "EAGAIN")
step("Anonymous: a page that cannot be written is none for a futex that others share")
local z = a:mmap{len = PAGE}
a:write(z, 5)
a:mprotect(z, PAGE, "x")
expect.errno(function() return a:futex_wake(z) end, "EFAULT")
