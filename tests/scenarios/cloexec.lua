-- Descriptors that an execve closes: O_CLOEXEC, MFD_CLOEXEC, F_DUPFD_CLOEXEC, dup3, FD_CLOEXEC; a fork keeps them.
local a = spawn("a")
local FD_CLOEXEC, O_CLOEXEC = 1, 524288
local GETFD, SETFD, DUPFD, DUPFD_CLOEXEC = 1, 2, 0, 1030
local keep = a:open("/f", "rw,creat")
local gone = a:open("/f", "r,cloexec")
local mem = a:memfd("m", "cloexec")
local dup = a:syscall("fcntl", keep, DUPFD_CLOEXEC, 10)
local dup3 = a:syscall("dup3", keep, 20, O_CLOEXEC)
local late = a:syscall("fcntl", gone, DUPFD, 30)
expect.eq(a:syscall("fcntl", keep, GETFD, 0), 0)
expect.eq(a:syscall("fcntl", gone, GETFD, 0), FD_CLOEXEC)
expect.eq(a:syscall("fcntl", late, GETFD, 0), 0)	-- the mark is the descriptor's, not the file's
a:syscall("fcntl", late, SETFD, FD_CLOEXEC)

step("The child of a fork has all of them; the program that it becomes, one")
local b = a:fork()
expect.eq(b:syscall("fcntl", mem, GETFD, 0), FD_CLOEXEC)
b:exec()
expect.eq(b:syscall("fcntl", keep, GETFD, 0), 0)
for _, fd in ipairs{gone, mem, dup, dup3, late} do
	local value, errno = b:syscall("fcntl", fd, GETFD, 0)
	expect.eq(errno, "EBADF")
end
expect.eq(a:syscall("fcntl", gone, GETFD, 0), FD_CLOEXEC)
b:exit(0)
a:exit(0)
