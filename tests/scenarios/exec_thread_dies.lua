-- A thread's execve takes its leader's place, and the new program cannot begin: the process ends, as itself and not as a thread.
local a = spawn("a")
local b = a:fork("b")
local t = b:thread()
b:syscall("setrlimit", 2, string.pack("<I8I8", PAGE, PAGE))	-- RLIMIT_DATA
t:exec()
expect.eq(a:wait(), b.pid)
