-- The times of a file, on the virtual clock: read, written, changed.
local a = spawn("a")
local function times(t) return t.atime, t.mtime, t.ctime end
tick(1000)
local fd = a:open("/f", "rw,creat")
local at, mt, ct = times(a:fstat(fd))
expect.eq(at, 1000) expect.eq(mt, 1000) expect.eq(ct, 1000)
tick(1000)
a:write_fd(fd, "text")
at, mt, ct = times(a:fstat(fd))
expect.eq(at, 1000) expect.eq(mt, 2000) expect.eq(ct, 2000)

step("Reading moves atime once, until the file changes again (relatime)")
tick(1000)
a:pread(fd, 1, 0)
tick(1000)
a:pread(fd, 1, 0)
at, mt, ct = times(a:fstat(fd))
expect.eq(at, 3000) expect.eq(mt, 2000)

step("A name more changes the inode, not the contents")
a:link("/f", "/g")
at, mt, ct = times(a:fstat(fd))
expect.eq(mt, 2000) expect.eq(ct, 4000)
expect.eq(a:stat("/").mtime, 4000)

step("A write through a mapping is not seen by tmpfs")
tick(1000)
local p = a:mmap{len = PAGE, prot = "rw", flags = "shared", fd = fd}
a:write(p, 1)
expect.eq(a:fstat(fd).mtime, 2000)
a:ftruncate(fd, 0)
expect.eq(a:fstat(fd).mtime, 5000)
a:exit(0)
