-- Reading anonymous memory that nobody wrote maps one shared frame of zeros, which is counted nowhere.
local a = spawn("a")
local p = a:mmap{len = 3*PAGE, prot = "rw", flags = "private,anon"}
local anon = a:counters().anon

step("Two reads, two entries, one frame")
expect.eq(a:read(p), 0)
expect.eq(a:read(p + PAGE, 8), 0)
expect(a:pte(p).zero and a:pte(p + PAGE).zero, "both entries lead to the zero page")
expect.eq(a:pte(p).pfn, a:pte(p + PAGE).pfn)
expect(not a:pte(p).writable, "the zero page is never writable")
expect.eq(a:counters().anon, anon, "the zero page is no page of a's")

step("A write gets a frame; the other entry stays")
a:write(p, 1)
expect(not a:pte(p).zero and a:pte(p).writable)
expect(a:pte(p + PAGE).zero)
expect.eq(a:counters().anon, anon + 1)
expect.eq(a:read(p + 1), 0, "the rest of the new frame is zero")

step("A read-only area can have nothing but the zero page")
local r = a:mmap{len = PAGE, prot = "r", flags = "private,anon"}
expect.eq(a:read(r), 0)
expect(a:pte(r).zero and not a:pte(r).cow)

step("Unmapping it frees nothing")
local free = frames().all_free
a:munmap(p + PAGE, PAGE)
expect.eq(frames().all_free, free)

step("What a frame held before is not seen where the zero page was")
local q = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon"}
a:fill(q, PAGE, 0xee)
a:munmap(q, PAGE)
a:read(q + PAGE)
a:write(q + PAGE, 1)
expect.eq(a:read(q + 2*PAGE - 8, 8), 0)
