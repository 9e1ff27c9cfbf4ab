-- waitid: whom and what it waits for, what it tells, and that WNOWAIT leaves it to be asked again.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw"}
local P_ALL, P_PID, P_PGID = 0, 1, 2
local WNOHANG, WSTOPPED, WEXITED, WCONTINUED, WNOWAIT = 1, 2, 4, 8, 0x01000000
local function told(who, id, options)
	a:fill(p, 128, 0xee)
	local value, errno = a:syscall("waitid", who, id, p, options, 0)
	if not value then return errno end
	local signo, err, code = a:read(p, 4), a:read(p + 4, 4), a:read(p + 8, 4)
	expect.eq(value, 0)
	expect.eq(err, 0)
	expect.eq(a:read(p + 28, 1), 0xee, "no byte behind the status is written")
	return signo, code, a:read(p + 16, 4), a:read(p + 24, 4)
end
local function same(want, ...)
	expect.eq(table.concat({...}, " "), table.concat(want, " "))
end

step("What is asked must make sense")
same({"EINVAL"}, told(P_ALL, 0, 0))
same({"EINVAL"}, told(P_ALL, 0, WEXITED | 0x100))
same({"EINVAL"}, told(P_PID, 0, WEXITED))
same({"EINVAL"}, told(P_PID, -1, WEXITED))
same({"EINVAL"}, told(7, 0, WEXITED))
same({"ECHILD"}, told(P_ALL, 0, WEXITED | WNOHANG))

step("Nobody has anything to tell: zeros")
local b = a:fork("b")
same({0, 0, 0, 0}, told(P_ALL, 0, WEXITED | WNOHANG))
same({0, 0, 0, 0}, told(P_PID, b.pid, WSTOPPED | WCONTINUED | WNOHANG))

step("The end: by exit, by a signal; who is not waited for is no child any more to wait for")
b:exit(7)
same({"ECHILD"}, told(P_PID, b.pid, WSTOPPED | WNOHANG))
same({17, 1, b.pid, 7}, told(P_PID, b.pid, WEXITED | WNOWAIT))
same({17, 1, b.pid, 7}, told(P_PID, b.pid, WEXITED))
same({"ECHILD"}, told(P_PID, b.pid, WEXITED))
local c = a:fork("c")
c:kill("SIGKILL")
same({17, 2, c.pid, 9}, told(P_ALL, 0, WEXITED))

step("A bad pointer; a usage, which is all of virtual time: none")
local d = a:fork("d")
d:exit(0)
expect.errno(function() return a:syscall("waitid", P_PID, d.pid, 16, WEXITED | WNOWAIT, 0) end, "EFAULT")
expect.errno(function() return a:syscall("waitid", P_PID, d.pid, 0, WEXITED | WNOWAIT, 16) end, "EFAULT")
expect.eq(a:syscall("waitid", P_PID, d.pid, 0, WEXITED, 0), 0)

step("A waitid that waits")
local e = a:fork("e")
local h = a:start("waitid", P_PID, e.pid, p, WEXITED, 0)
expect(not h:done())
e:exit(3)
expect(h:done())
expect.eq(a:read(p + 24, 4), 3)
