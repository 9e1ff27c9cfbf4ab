-- both: no, on Linux the thread's channel would change hands
-- execve in a process of several threads: the others die, and the one that called is the process, with its leader's pid.
local a = spawn("a")
local pid = a:syscall("getpid")
local fd = a:open("/f", "rw,creat")
local child = a:fork()

step("By the leader: the thread goes")
local t = a:thread()
expect.eq(t:syscall("getpid"), pid)
a:exec()
expect.eq(a:syscall("gettid"), pid)
expect.eq(a:syscall("write", fd, "x", 1), 1)

step("By a thread: the leader goes, and the thread has its pid, its children and its descriptors")
t = a:thread()
local u = a:thread()
expect.eq(t:syscall("gettid") ~= pid, true)
t:exec()
expect.eq(t:syscall("gettid"), pid)
expect.eq(t:syscall("getpid"), pid)
expect.eq(child:syscall("getppid"), pid)
expect.eq(t:lseek(fd, 0, "cur"), 1)

step("It waits for its child, and init for it")
child:exit(3)
expect.eq(t:syscall("wait4", -1, 0, 0, 0), child.pid)
t:exit(0)
