-- Every allocation of the calls on files fails, and of the faults on mappings of them.
local a = spawn()

inject.sweep("memfd", function() return a:memfd("m") end)
inject.sweep("open", function() return a:open("/f", "rw,creat") end)
local fd = 4
inject.sweep("pwrite", function() return a:pwrite(fd, "hello", 0) end)
inject.sweep("pwrite", function() return a:pwrite(fd, "far", 100 * PAGE) end)
inject.sweep("ftruncate", function() return a:ftruncate(fd, 200 * PAGE) end)
inject.sweep("pread", function() return a:pread(fd, 5, 0) end)
inject.sweep("pread", function() return a:pread(fd, 5, 50 * PAGE) end)

step("mapped")
local map = function(flags, at)
	return function() return a:mmap{addr = at, len = 4 * PAGE, prot = "rw", flags = flags .. ",fixed", fd = fd} end
end
inject.sweep("mmap", map("private", 0x100000000))
inject.sweep("mmap", map("shared", 0x200000000))
inject.sweep("read", function() return a:read(0x100000000) end)
inject.sweep("write", function() return a:write(0x100000000, 1) end)
inject.sweep("write", function() return a:write(0x200000000 + PAGE, 1) end)
inject.sweep("munmap", function() return a:munmap(0x100000000 + PAGE, PAGE) end)
