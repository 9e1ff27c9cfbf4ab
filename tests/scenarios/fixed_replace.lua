-- MAP_FIXED takes the place of whatever is there.
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw", flags = "private,anon"}
a:fill(p, 4*PAGE, 0x44)
local anon = a:counters().anon

step("The two middle pages, read-only: the old pages are gone")
expect.eq(a:mmap{len = 2*PAGE, prot = "r", flags = "private,anon,fixed", addr = p + PAGE}, p + PAGE)
expect.eq(a:counters().anon, anon - 2)
expect.eq(a:vma(p + PAGE).prot, "r--p")
expect.eq(a:read(p + PAGE), 0)
expect.eq(a:read(p), 0x44)
expect.eq(a:read(p + 3*PAGE), 0x44)

step("The whole, as it was: one area, all zero")
a:mmap{len = 4*PAGE, prot = "rw", flags = "private,anon,fixed", addr = p}
expect.eq(a:vma(p).len, 4*PAGE)
expect.eq(a:read(p), 0)
expect.eq(a:counters().anon, anon - 4)
