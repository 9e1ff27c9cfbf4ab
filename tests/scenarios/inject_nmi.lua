-- An NMI at each instruction of the ways into the kernel and out of it, and of what runs inside, changes nothing.
local a = spawn()
local p = a:mmap{len = 4 * PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 7)

step("on the way in by a fault, and out")
expect(inject.nmi("page_fault_entry", function() return a:write(p + PAGE, 1) end))
expect(inject.nmi("leave_kernel", function() return a:read(p) end))
expect.eq(a:read(p), 7)

step("in the middle of a call")
expect(inject.nmi("do_syscall", function() return a:syscall("getppid") end))
