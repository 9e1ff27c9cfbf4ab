-- What mmap refuses, and which error wins where several would fit.
local a = spawn("a")
local maps = #a:maps()
local function refused(errno, args)
	expect.errno(function() return a:mmap(args) end, errno)
end

step("Length")
refused("EINVAL", {len = 0})
refused("ENOMEM", {len = 1 << 47})
refused("ENOMEM", {len = -PAGE})
refused("ENOMEM", {len = -1})

step("Type of mapping")
refused("EINVAL", {len = PAGE, flags = "anon"})

step("Offset: checked before everything")
refused("EINVAL", {len = PAGE, flags = "private", fd = 99, off = 1})

step("File: checked before length")
refused("EBADF", {len = PAGE, flags = "private", fd = 99})
refused("EBADF", {len = 0, flags = "private", fd = 99})

step("Fixed addresses")
refused("EINVAL", {len = PAGE, flags = "private,anon,fixed", addr = 0x10000001})
refused("ENOMEM", {len = PAGE, flags = "private,anon,fixed", addr = 0x7ffffffff000})
refused("ENOMEM", {len = PAGE, flags = "private,anon,fixed", addr = 0xffff800000000000})
refused("EPERM", {len = PAGE, flags = "private,anon,fixed", addr = 0})

step("Flags for what is not here: synchronous faults on a file in memory")
local SHARED_VALIDATE, SYNC = 3, 0x80000
local fd = a:memfd("m")
a:ftruncate(fd, PAGE)
expect.eq(select(2, a:syscall("mmap", 0, PAGE, 1, SHARED_VALIDATE | SYNC, fd, 0)), "EOPNOTSUPP")

expect.eq(#a:maps(), maps, "nothing was mapped on the way")
