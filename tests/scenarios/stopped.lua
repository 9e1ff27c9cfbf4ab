-- Stopped processes: what waitid tells of them, whom SIGTSTP stops, and what becomes of a group that is orphaned.
-- both: no, a stopped task awaits its command there, and is asleep here
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

local b = a:fork("b")

step("Stopped and continued; asked with WNOWAIT it can be asked again")
a:kill("SIGSTOP", b)
same({17, 5, b.pid, 19}, told(P_PID, b.pid, WSTOPPED | WNOWAIT))
same({0, 0, 0, 0}, told(P_PID, b.pid, WEXITED | WCONTINUED | WNOHANG))
same({17, 5, b.pid, 19}, told(P_ALL, 0, WSTOPPED))
same({0, 0, 0, 0}, told(P_ALL, 0, WSTOPPED | WNOHANG))
a:kill("SIGCONT", b)
same({17, 6, b.pid, 18}, told(P_PGID, 0, WCONTINUED))

step("SIGTSTP stops a group that somebody outside could continue")
local f = a:fork("f")
expect.eq(f:syscall("setpgid", 0, 0), 0)
a:kill("SIGTSTP", f)
same({17, 5, f.pid, 20}, told(P_PID, f.pid, WSTOPPED))
a:kill("SIGCONT", f)
expect.eq(f:syscall("getpid"), f.pid)

step("When its parent ends, the group is orphaned: who is stopped in it gets SIGHUP and SIGCONT")
local g = a:fork("g")
local h = g:fork("h")
expect.eq(h:syscall("setpgid", 0, 0), 0)
a:kill("SIGSTOP", h)
g:exit(0)
expect(not h:alive(), "SIGHUP")

step("SIGTSTP stops no orphaned group: its default action is passed over")
local i = a:fork("i")
local j = i:fork("j")
expect.eq(j:syscall("setpgid", 0, 0), 0)
i:exit(0)
a:kill("SIGTSTP", j)
expect.eq(j:syscall("getpid"), j.pid)

step("A signal that stops ends a call, too: what the call has to tell is in the task's memory before it comes back to say so")
local k = a:fork("k")
local p = k:mmap{len = PAGE, prot = "rw"}
k:write(p, string.pack("<i8i8", 5, 0))
k:start("pselect6", 0, 0, 0, 0, p, 0)
tick(1000000)
a:kill("SIGSTOP", k)
a:kill("SIGCONT", k)
