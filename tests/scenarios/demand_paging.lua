-- mmap makes an area; frames and tables come one fault at a time.
local a = spawn("a")
local before = a:counters()

step("600 pages over two page tables: not one frame yet")
local p = a:mmap{len = 600*PAGE, prot = "rw", flags = "private,anon"}
expect.eq(p, 0x7ffff7da7000)
expect.eq(a:counters().total_vm, before.total_vm + 600)
expect.eq(a:counters().anon, before.anon)
expect.eq(a:counters().tables, before.tables)

step("The last page: a frame, and the table that the area shares with nobody")
a:write(p + 599*PAGE, 1)
expect.eq(a:counters().anon, before.anon + 1)
expect.eq(a:counters().tables, before.tables + 1)

step("The first page lies in another table")
a:write(p, 2)
expect.eq(a:counters().tables, before.tables + 2)

step("Its neighbour needs a frame only")
a:write(p + PAGE, 3)
expect.eq(a:counters().tables, before.tables + 2)
expect.eq(a:counters().anon, before.anon + 3)

step("One store over a page boundary: two faults")
a:write(p + 4*PAGE - 4, 0x1122334455667788, 8)
expect.eq(a:read(p + 4*PAGE, 4), 0x11223344)
expect.eq(a:counters().anon, before.anon + 5)

step("Unmapped, all of it comes back, tables too")
a:munmap(p, 600*PAGE)
expect.eq(a:counters().anon, before.anon)
expect.eq(a:counters().tables, before.tables)
expect.eq(a:counters().total_vm, before.total_vm)
