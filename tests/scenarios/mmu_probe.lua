-- The MMU itself: what ring 3 meets at sampled addresses is what the walk of the tables foretells, fault, error code, byte, A and D; and
-- where the TLB may hold something else, the host knows it. Each probe works on a copy of the guest that is given up again.
-- both: no, it needs the tables
local a = spawn()
local p = a:mmap{len = 8 * PAGE, prot = "rw", flags = "private,anon"}
step("pages of every kind: written, zero, read-only, without rights, not there, shared with a child, of a file")
a:write(p, "one")
a:read(p + PAGE)
a:write(p + 2 * PAGE, "two")
a:mprotect(p + 2 * PAGE, PAGE, "r")
a:write(p + 3 * PAGE, "three")
a:mprotect(p + 3 * PAGE, PAGE, "none")
local code = a:mmap{len = PAGE, prot = "rwx", flags = "private,anon"}
a:write(code, "\xc3")
local m = a:mmap{len = 2 * PAGE, prot = "rw", flags = "shared,anon"}
a:write(m, "shared")
local seen = a:probe()
expect(seen.accesses > 40)
expect.eq(seen.claimed, 0)
expect.eq(a:read(p, 3), "one", "nothing has happened")
local b = a:fork()
a:probe()
b:probe{max = 24}

step("an entry that is not as the kernel made it: the MMU goes by the entry all the same")
local s = snapshot()
expect.finding("*", function() inject.pte(a, p, 1, "nx") end)
expect.finding("*", function() a:probe() end)
expect.finding("*", function() inject.pte(a, p, 1, {clear = "us"}) end)
expect.finding("*", function() a:probe() end)
restore(s)

step("a flush that was dropped: the host says where the TLB may still have the old entry, and ring 3 meets that or the new one")
local last
inject.flush{nth = 1}
expect.finding("tlb-stale", function() a:mprotect(m, PAGE, "r") end)
last = a:probe()
expect.eq(last.claimed, 1)
expect(last.stale <= 3)
