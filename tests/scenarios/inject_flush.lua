-- A flush of the TLB is dropped or comes late. From the guest's trace the verifier knows which translations a CPU may still
-- hold, and names the one that lives on: a frame freed under it, a right that ring 3 still has.
-- both: no, the hardware is made to go wrong
local a = spawn()
local p = a:mmap{len = 4 * PAGE, prot = "rw", flags = "private,anon"}
a:write(p, "one")
a:write(p + PAGE, "two")

step("munmap: the page goes back to the allocator while ring 3 can still reach it")
local s = snapshot()
inject.flush{nth = 1}
expect.finding("tlb-free", function() a:munmap(p, PAGE) end)
restore(s)
step("the same, undisturbed")
a:munmap(p, PAGE)

step("mprotect: ring 3 runs on with a right that it has no longer")
restore(s)
inject.flush{nth = 1}
expect.finding("tlb-stale", function() a:mprotect(p + PAGE, PAGE, "r") end)

step("late is no better than never, once ring 3 has run on; then it is over")
restore(s)
inject.flush{nth = 1, late = 1}
expect.finding("tlb-stale", function() a:mprotect(p + PAGE, PAGE, "r") end)
expect.fault(function() return a:write(p + PAGE, 1) end, {signal = "SIGSEGV", code = "SEGV_ACCERR"})

step("fork: the parent could still write what the child reads; copy-on-write: the old page could still be read")
restore(s)
inject.flush{nth = 1}
local b
expect.finding("tlb-stale", function() b = a:fork() end)
restore(s)
b = a:fork()
inject.flush{nth = 1}
expect.finding("tlb-stale", function() a:write(p, "new") end)

step("none is dropped any more")
restore(s)
inject.flush{nth = 0}
a:munmap(p, PAGE)
