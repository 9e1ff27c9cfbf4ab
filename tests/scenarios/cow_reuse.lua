-- When the others have taken copies, the last owner's write needs no copy: the frame becomes writable again.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 0x41)
local first = a:pte(p).frame
local b = a:fork()
local c = a:fork()
expect.eq(frame(first).map, 3)

step("b and c take copies of their own")
b:write(p, 0x42)
c:write(p, 0x43)
expect.eq(frame(first).map, 1)
expect(not a:pte(p).writable, "a does not know yet that it is alone")

step("a's write: reuse, no copy")
local free = frames().all_free
a:write(p, 0x44)
expect.eq(a:pte(p).frame, first)
expect(a:pte(p).writable)
expect.eq(frames().all_free, free, "no frame was taken")

expect.eq(a:read(p), 0x44)
expect.eq(b:read(p), 0x42)
expect.eq(c:read(p), 0x43)
