-- /dev/null takes everything and gives nothing; it has no memory to be mapped.
local a = spawn("a")
local fd = a:open("/dev/null", "rw")
expect.eq(a:write_fd(fd, "gone"), 4)
expect.eq(a:read_fd(fd, 4), "")
expect.eq(a:lseek(fd, 100), 0)
local p, errno = a:mmap{len = PAGE, prot = "r", flags = "private", fd = fd}
expect.eq(errno, "ENODEV")
local n
n, errno = a:ftruncate(fd, 0)
expect.eq(errno, "EINVAL")
expect.eq(a:fstat(fd).mode, 0x2000 + 438)
a:exit(0)
