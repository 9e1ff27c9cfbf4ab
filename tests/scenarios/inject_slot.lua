-- The memory behind a page goes away, or takes no stores any more: an access that meets it is told, with its place and ring, and brings a
-- machine check, as a failed module does. The guest isolates the frame; who needed it is told by a signal.
-- both: no, the hardware is made to go wrong
local a = spawn()
local p = a:mmap{len = 4 * PAGE, prot = "rw", flags = "private,anon"}
for i = 0, 3 do a:write(p + i * PAGE, i + 1) end

step("missing: a load in ring 3")
inject.slot(a, p, "missing")
expect.fault(function() return a:read(p + 16) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR", addr = p, lsb = 12})
step("it is isolated now: the next one meets the entry, not the hole")
expect.fault(function() return a:read(p + 16) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR", addr = p + 16})

step("missing: a store")
inject.slot(a, p + PAGE, "missing")
expect.fault(function() return a:write(p + PAGE, 9) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR", addr = p + PAGE})

step("read-only: loads go on, a store does not")
inject.slot(a, p + 2 * PAGE, "readonly")
expect.eq(a:read(p + 2 * PAGE), 3)
expect.fault(function() return a:write(p + 2 * PAGE, 9) end, {signal = "SIGBUS", code = "BUS_MCEERR_AR", addr = p + 2 * PAGE})

step("ring 0, reading for the task: the call fails, and nobody is hurt")
inject.slot(a, p + 3 * PAGE, "missing")
expect.errno(function() return a:syscall("write", 1, p + 3 * PAGE, 8) end, "EFAULT")
expect.eq(frame(a:pte(p + 3 * PAGE).pfn).role, "poisoned")

step("memory that nobody comes for in time can be put back")
local q = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:write(q, 5)
inject.slot(a, q, "missing")
inject.slot(a, q, "ram")
expect.eq(a:read(q), 5)
step("nor is it missing after a restore")
local s = snapshot()
inject.slot(a, q, "missing")
expect.fault(function() return a:read(q) end, {signal = "SIGBUS"})
restore(s)
expect.eq(a:read(q), 5)
