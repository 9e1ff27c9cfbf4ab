-- Threads share one mm: one set of areas, one set of tables.
local a = spawn("a")
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 1)
local t = a:thread()
expect.eq(a:counters().mm_users, 2)
expect.eq(t:cr3(), a:cr3())

step("What one writes, the other reads; no COW among threads")
t:write(p, 2)
expect.eq(a:read(p), 2)
t:write(p + PAGE, 3)
expect.eq(a:read(p + PAGE), 3)

step("What one unmaps is gone for both")
t:munmap(p, PAGE)
expect.fault(function() return a:read(p) end, {code = "SEGV_MAPERR"})

step("A fork of the thread copies the whole mm")
local b = t:fork()
expect.eq(b:counters().mm_users, 1)
b:write(p + PAGE, 4)
expect.eq(a:read(p + PAGE), 3)

step("A thread's own end leaves the mm to the others")
t:syscall("exit", 0)
expect(not t:alive() and a:alive())
expect.eq(a:counters().mm_users, 1)

step("exit_group takes all threads along")
local u = a:thread()
u:exit(5)
expect(not u:alive() and not a:alive())
