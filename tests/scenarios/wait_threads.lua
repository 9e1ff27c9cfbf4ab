-- Whom a thread waits for: its own children first, in their order of birth, then those of the threads behind it; with __WNOTHREAD
-- its own alone. A thread that ends leaves its children to the first that is still there, last in line.
local WNOHANG, WNOTHREAD = 1, 0x20000000
local a = spawn("a")
local t = a:thread()
local function wait(who, options) return who:syscall("wait4", -1, 0, options or WNOHANG, 0) end

step("The thread's child is born and ends first; the leader finds its own")
local of_thread, of_leader = t:fork("b"), a:fork("c")
of_thread:exit(1)
of_leader:exit(2)
expect.eq(wait(a), of_leader.pid)
expect.eq(wait(a), of_thread.pid)

step("Its own alone")
of_thread = t:fork("d")
of_thread:exit(3)
local _, errno = wait(a, WNOHANG | WNOTHREAD)
expect.eq(errno, "ECHILD")
expect.eq(wait(t, WNOHANG | WNOTHREAD), of_thread.pid)

step("Three threads: around from the one that asks")
local u = a:thread()
local of_a, of_t, of_u = a:fork("e"), t:fork("f"), u:fork("g")
of_a:exit(4)
of_t:exit(5)
of_u:exit(6)
expect.eq(wait(t), of_t.pid)
expect.eq(wait(t), of_u.pid)
expect.eq(wait(t), of_a.pid)

step("A thread ends: its child, which is older, stands behind the leader's own")
of_t = t:fork("h")
of_a = a:fork("i")
of_t:exit(7)
of_a:exit(8)
t:syscall("exit", 0)
expect.eq(wait(a, WNOHANG | WNOTHREAD), of_a.pid)
expect.eq(wait(a, WNOHANG | WNOTHREAD), of_t.pid)

step("The leader ends: its child is the other thread's")
of_a = a:fork("j")
of_a:exit(9)
a:syscall("exit", 0)
expect.eq(wait(u, WNOHANG | WNOTHREAD), of_a.pid)

step("A child that dies with its parent dies with the thread that forked it")
local v = u:thread()
local of_v = v:fork("k")
of_v:syscall("prctl", 1, 9)				-- PR_SET_PDEATHSIG
v:syscall("exit", 0)
expect(not of_v:alive())
expect.eq(wait(u), of_v.pid)
