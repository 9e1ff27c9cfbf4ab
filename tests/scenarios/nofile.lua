-- RLIMIT_NOFILE: no descriptor at or above it comes to be; those that are there stay. The table grows with it.
local a = spawn("a")
local NOFILE = 7
local function limit(soft) a:syscall("setrlimit", NOFILE, string.pack("<I8I8", soft, 4096)) end
local function fails(errno, value, got) expect.eq(value, nil) expect.eq(got, errno) end

local fd = a:open("/f", "rw,creat")
local high = a:syscall("fcntl", fd, 0, 1000)
expect.eq(high, 1000)

limit(5)
expect.eq(a:open("/f"), 4)
fails("EMFILE", a:open("/f"))
fails("EMFILE", a:syscall("dup", fd))
fails("EMFILE", a:memfd("m"))
fails("EBADF", a:syscall("dup2", fd, 5))
fails("EINVAL", a:syscall("fcntl", fd, 0, 5))

step("Beyond the limit it still works, until it is closed")
expect.eq(a:syscall("write", high, "x", 1), 1)
a:close(high)

step("4096: the table of descriptors is larger than before")
limit(4096)
expect.eq(a:syscall("fcntl", fd, 0, 4000), 4000)
fails("EPERM", a:syscall("setrlimit", NOFILE, string.pack("<I8I8", 2000000, 2000000)))
local b = a:fork()
expect.eq(b:syscall("write", 4000, "y", 1), 1)
expect.eq(a:lseek(fd, 0, "cur"), 2)
b:exit(0)
a:exit(0)
