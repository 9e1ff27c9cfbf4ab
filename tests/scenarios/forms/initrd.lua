-- --initrd: a cpio that the loader leaves in RAM becomes part of the tree when a path is first looked for. A page of its files is
-- a copy, made when it is first used; the archive itself never changes.
local a = spawn("a")
expect.eq(a:stat("/bin").mode, 0x4000 + 493)
expect.eq(a:syscall("access", "/bin/hello", 1), 0)
expect.eq(a:readlink("/link"), "bin/hello")

step("A file: no page of it is there before it is read")
local fd = a:open("/etc/motd", "rw")
expect.eq(a:fstat(fd).blocks, 0)
expect.eq(a:read_fd(fd, 100), "a text of the initrd\n")
expect.eq(a:fstat(fd).blocks, 8)

step("Two names, one file")
expect.eq(a:fstat(fd).nlink, 2)
expect.eq(a:stat("/etc/same").ino, a:fstat(fd).ino)

step("Written and cut like any file")
a:pwrite(fd, "A", 0)
expect.eq(a:pread(fd, 6, 0), "A text")
a:ftruncate(fd, 4)
a:ftruncate(fd, 30)
expect.eq(a:pread(fd, 30, 0), "A te" .. ("\0"):rep(26))

step("Mapped: a fault makes the page")
local prog = a:open("/bin/hello")
local p = a:mmap{len = PAGE, prot = "r", flags = "private", fd = prog}
expect.eq(a:read(p, 4), 0x464c457f)

step("Run: it greets each argument")
local b = a:fork()
local value, how = b:exec("/link", {"hello", "world", "guest"})
expect.eq(how, "exited 2")
a:exit(0)
