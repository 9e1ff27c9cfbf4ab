-- A child that dies without writing leaves its parent alone with the frames.
local a = spawn("a")
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon"}
a:fill(p, 2*PAGE, 0x55)
local frame0 = a:pte(p).frame
local b = a:fork()
expect.eq(frame(frame0).map, 2)

step("The child goes; nobody is copied")
b:exit(0)
a:wait(b)
expect.eq(frame(frame0).map, 1)

step("The parent's writes reuse")
a:write(p, 1)
a:write(p + PAGE, 2)
expect.eq(a:pte(p).frame, frame0)
expect.eq(a:read(p + 1), 0x55)
