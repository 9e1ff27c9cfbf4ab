-- A thread's execve takes its leader's place, and the new program cannot begin: the process ends, as itself and not as a thread.
local a = spawn("a")
local b = a:fork("b")
local t = b:thread()
b:syscall("setrlimit", 2, string.pack("<I8I8", PAGE, PAGE))	-- RLIMIT_DATA
t:exec()
expect.eq(a:wait(), b.pid)

step("An orphan, which nobody has to wait for")
local c = a:fork("c")
local d = c:fork("d")
c:exit(0)
a:wait()
t = d:thread()
d:syscall("setrlimit", 2, string.pack("<I8I8", PAGE, PAGE))
t:exec()
