-- The kernel makes a mistake on behalf of a task: as on Linux (panic_on_oops is 0) the task dies of it, and the machine goes
-- on. What is written to /dev/lab names the mistake.
-- both: no, the kernel that makes the mistakes is the guest
local a = spawn("a")
local function dies(mistake, signal)
	local b = a:fork()
	local fd = b:open("/dev/lab", "rw")
	b:write_fd(fd, mistake)
	local _, status = a:wait(b)
	expect.eq(status.signal, signal)
	expect.eq(status.core, false)
end
step("A bad access: SIGKILL. Nothing of the exit is left out: mm, files and parent are as after any other")
dies("EXCEPTION", "SIGKILL")
dies("ACCESS_NULL", "SIGKILL")
dies("WRITE_RO", "SIGKILL")
dies("ACCESS_WILD", "SIGKILL")
step("Another exception: SIGSEGV")
dies("DIVIDE", "SIGSEGV")
step("Of several threads one alone dies, as on Linux")
local c = a:fork()
local t = c:thread()
t:write_fd(t:open("/dev/lab", "rw"), "EXCEPTION")
local p = c:mmap{len = PAGE, prot = "rw"}
c:write(p, 1)
c:exit()
step("No mistake of that name")
local fd = a:open("/dev/lab", "rw")
expect.errno(function() return a:write_fd(fd, "NOTHING") end, "EINVAL")
