-- Waiting for one of several files: poll, select and their kin on pipes, eventfds and processes; timeouts; signals.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw"}
local POLLIN, POLLOUT, POLLERR, POLLHUP, POLLNVAL = 1, 4, 8, 16, 32
local r, w = a:pipe()
local function ask(name, fds, ...)
	for i, fd in ipairs(fds) do a:write(p + 8 * (i - 1), string.pack("<i4I2I2", fd, fds.events or POLLIN, 0xeeee)) end
	return a:syscall(name, p, #fds, ...)
end
local function seen(n)
	local t = {}
	for i = 1, n do t[i] = a:read(p + 8 * (i - 1) + 6, 2) end
	return table.concat(t, " ")
end

step("A pipe: room to write, nothing to read; then something; a file of the tree is always ready")
expect.eq(ask("poll", {r, w, events = POLLIN | POLLOUT}, 0), 1)
expect.eq(seen(2), "0 4")
a:write_fd(w, "x")
local f = a:open("/f", "rw,creat")
expect.eq(ask("poll", {r, -1, 99, f, events = POLLIN | POLLOUT}, 0), 3)
expect.eq(seen(4), "1 0 32 5", "no descriptor at all; one that is not open; a file")
expect.eq(a:read_fd(r, 1), "x")

step("select: what is not ready goes out of the sets")
local function sets(...)
	local bits = 0
	for _, fd in ipairs{...} do bits = bits | 1 << fd end
	return bits
end
a:write(p, sets(r, f), 8)
a:write(p + 64, sets(w), 8)
expect.eq(a:syscall("select", f + 1, p, p + 64, 0, string.pack("<i8i8", 0, 0)), 2)
expect.eq(a:read(p, 8), sets(f))
expect.eq(a:read(p + 64, 8), sets(w))
a:write(p, sets(20), 8)
expect.errno(function() return a:syscall("select", 21, p, 0, 0, 0) end, "EBADF")

step("A wait that another task ends")
local b = a:fork("b")
local h = a:start("poll", p + 128, 0, -1)
expect(not h:done())
b:kill("SIGUSR1")
expect(not h:done(), "a signal to somebody else")
b = nil

step("A wait for a pipe: its writer's word, and its end")
local c = spawn("c")
local q = c:mmap{len = PAGE, prot = "rw"}
local cr, cw = c:pipe()
local d = c:fork("d")
c:write(q, string.pack("<i4I2I2", cr, POLLIN, 0))
h = c:start("poll", q, 1, -1)
expect(not h:done())
d:write_fd(cw, "y")
expect(h:done())
expect.eq(h:result(), 1)
expect.eq(c:read(q + 6, 2), POLLIN)
c:read_fd(cr, 1)
c:close(cw)
h = c:start("ppoll", q, 1, 0, 0, 8)
expect(not h:done())
d:exit(0)
expect(h:done())
expect.eq(c:read(q + 6, 2), POLLHUP)

step("An eventfd; as a semaphore it gives one at a time")
local e = c:syscall("eventfd2", 2, 1)
c:write(q + 64, 0, 8)
expect.eq(c:syscall("read", e, q + 64, 8), 8)
expect.eq(c:read(q + 64, 8), 1)
c:syscall("read", e, q + 64, 8)
local g = c:fork("g")
h = c:start("read", e, q + 64, 8)
expect(not h:done())
expect.eq(g:syscall("write", e, string.pack("<I8", 5), 8), 8)
expect(h:done())
expect.errno(function() return g:syscall("write", e, string.pack("<I8", -1), 8) end, "EINVAL")
g:write(q, string.pack("<i4I2I2", e, POLLIN | POLLOUT, 0))
expect.eq(g:syscall("poll", q, 1, 0), 1)
expect.eq(g:read(q + 6, 2), POLLIN | POLLOUT)
expect.eq(g:syscall("write", e, string.pack("<I8", -6), 8), 8, "as much as there is room for")
expect.eq(g:syscall("poll", q, 1, 0), 1)
expect.eq(g:read(q + 6, 2), POLLIN)

step("A process: ready to be read when it is over")
local fd = c:syscall("pidfd_open", g.pid, 0)
expect.eq(c:syscall("pidfd_send_signal", fd, 0, 0, 0), 0)
c:write(q, string.pack("<i4I2I2", fd, POLLIN, 0))
h = c:start("poll", q, 1, -1)
expect(not h:done())
g:exit(7)
expect(h:done())
expect.eq(c:syscall("waitid", 3, fd, q + 128, 4, 0), 0)
expect.eq(c:read(q + 128 + 24, 4), 7)
expect.errno(function() return c:syscall("pidfd_send_signal", fd, 0, 0, 0) end, "ESRCH")
expect.errno(function() return c:syscall("waitid", 3, fd, q + 128, 4, 0) end, "ECHILD")
expect.errno(function() return c:syscall("waitid", 3, cr, q + 128, 4, 0) end, "EBADF")
