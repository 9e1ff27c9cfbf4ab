-- fork shares frames; the first write on each side decides what becomes of them.
local a = spawn("a")
local p = a:mmap{len = 3*PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 0x41)
a:write(p + PAGE, "shared text")
local shared = a:pte(p).frame

step("Both have the same frames, neither may write")
local b = a:fork()
expect.eq(a:pte(p).frame, shared)
expect.eq(b:pte(p).frame, shared)
expect(a:pte(p).cow and b:pte(p).cow, "write-protected on both sides")
expect.eq(frame(shared).map, 2)
expect.eq(frame(shared).ref, 2)
expect.eq(a:pte(p + 2*PAGE), nil, "what was not there is not shared")

step("b's write copies")
b:write(p, 0x42)
expect(b:pte(p).frame ~= shared and b:pte(p).writable)
expect.eq(frame(shared).map, 1)
expect.eq(a:read(p), 0x41)
expect.eq(b:read(p), 0x42)

step("The other page is still shared, and reads as before on both sides")
expect.eq(b:read(p + PAGE, 11), "shared text")
expect.eq(a:pte(p + PAGE).frame, b:pte(p + PAGE).frame)

step("A page of after the fork is b's alone")
b:write(p + 2*PAGE, 1)
expect.eq(a:read(p + 2*PAGE), 0)
