-- MADV_PAGEOUT: take these pages back now. Without swap that comes to little: what was given up by MADV_FREE and not
-- written since, and shared memory's own entries. The reverse map finds who has a page; what others have is left alone.
-- both: no, Linux finds a page for reclaim only once it has left a list of its CPU's own, which takes others to fill
local FREE, PAGEOUT = 8, 21
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw"}
local function advise(task, addr, len, advice) expect.eq(task:syscall("madvise", addr, len, advice), 0) end
local function there(task, addr) return task:pte(addr) ~= nil end

step("Anonymous memory has nowhere to go")
a:write(p, "first")
a:write(p + PAGE, "second")
a:write(p + 2*PAGE, "third")
advise(a, p, PAGE, PAGEOUT)
expect.eq(there(a, p), true)
expect.eq(a:read(p, 5), "first")

step("Given up first, it goes")
advise(a, p + PAGE, PAGE, FREE)
advise(a, p + PAGE, PAGE, PAGEOUT)
expect.eq(there(a, p + PAGE), false)
expect.eq(a:read(p + PAGE), 0, "zeros")

step("Given up, but written since: it stays")
advise(a, p, PAGE, FREE)
a:write(p, "again")
advise(a, p, PAGE, PAGEOUT)
expect.eq(there(a, p), true)
expect.eq(a:read(p, 5), "again")

step("Shared with a child it is not one's own to take")
advise(a, p + 2*PAGE, PAGE, FREE)
a:read(p + 2*PAGE)
local b = a:fork()
advise(a, p + 2*PAGE, PAGE, PAGEOUT)
expect.eq(there(a, p + 2*PAGE), true)
expect.eq(b:read(p + 2*PAGE, 5), "third")
b:exit(0)
a:wait()
advise(a, p + 2*PAGE, PAGE, PAGEOUT)
expect.eq(there(a, p + 2*PAGE), false)

step("Shared memory: out of the tables, not out of the cache; a page that nobody wrote leaves that, too")
local s = a:mmap{len = 3*PAGE, prot = "rw", flags = "shared,anon"}
a:write(s, "stays")
a:read(s + PAGE)
local before = a:counters().shmem
advise(a, s, 3*PAGE, PAGEOUT)
expect.eq(before, 2)
expect.eq(a:counters().shmem, 0)
expect.eq(a:read(s, 5), "stays")
expect.eq(a:read(s + PAGE), 0)

step("Locked memory is refused")
a:mlock(s, PAGE)
expect.eq(select(2, a:syscall("madvise", s, PAGE, PAGEOUT)), "EINVAL")
