-- Memory of a device: frames without struct page. What reaches them, what leaves them alone, and that the device is told of
-- every area that maps it. /dev/lab has two pages; the first begins with its name.
-- both: no, Linux has no /dev/lab
local a = spawn("a")
local fd = a:open("/dev/lab", "rw")

step("Shared: mapped frame by frame when it is touched; no count changes, in rss neither")
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "shared", fd = fd}
expect.eq(a:read(p, 4), string.unpack("<I4", "mmsc"))
a:write(p + PAGE, "here")
expect.eq(a:vma(p).pgoff, 0)
dump("full")

step("A fork copies the entries, though the area has no anon_vma; both see one device")
local b = a:fork()
b:write(p + PAGE, "both")
expect.eq(a:read(p + PAGE, 4), string.unpack("<I4", "both"))

step("It does not grow, is not locked, nor thrown away, nor filled in")
expect.errno(function() return a:mremap{addr = p, len = 2*PAGE, newlen = 3*PAGE, flags = "maymove"} end, "EFAULT")
a:mlock(p, PAGE)
expect.eq(a:counters().locked_vm, 0)
for _, advice in ipairs{"dontneed", "free", "cold", "populate_read", "dodump", "dofork"} do
	expect.errno(function() return a:madvise(p, PAGE, advice) end, "EINVAL")
end
expect.errno(function() return a:mmap{len = 3*PAGE, prot = "r", flags = "shared", fd = fd} end, "EINVAL")

step("Cut and moved, each area is the device's; it goes with the last")
a:munmap(p, PAGE)
local q = a:mremap{addr = p + PAGE, len = PAGE, newlen = PAGE, flags = "maymove,fixed", newaddr = 0x10000000}
expect.eq(a:read(q, 4), string.unpack("<I4", "both"))
a:munmap(q, PAGE)

step("PROT_NONE keeps the frame, and mprotect brings it back")
b:mprotect(p, PAGE, "none")
b:mprotect(p, PAGE, "r")
expect.fault(function() return b:write(p, 1) end, {signal = "SIGSEGV", code = "SEGV_ACCERR"})
b:exit()
a:wait(b)

step("Private: mapped at once and whole; a write makes a copy, and the device keeps its own")
p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private", fd = fd}
a:write(p, "mine")
expect.eq(a:read(p + PAGE, 4), string.unpack("<I4", "both"))
local c = a:fork()
c:write(p, "ours")
expect.eq(a:read(p, 4), string.unpack("<I4", "mine"))
a:munmap(p, 2*PAGE)

step("The kernel's own copies reach it: write(2) from it, read(2) into it")
local file = a:open("/copy", "rw,creat")
p = a:mmap{len = PAGE, prot = "rw", flags = "shared", fd = fd}
expect.eq(a:syscall("write", file, p, 14), 14)
expect.eq(a:pread(file, 14, 0), "mmscope device")
a:pwrite(file, "MM", 0)
a:lseek(file, 0)
expect.eq(a:syscall("read", file, p, 2), 2)
expect.eq(a:read(p, 2), string.unpack("<I2", "MM"))
a:write(p, "mm")

step("/proc's way to it is vm_ops->access; there is no page that process_vm_readv could hold")
local b = a:fork()
local mem = b:open("/proc/" .. a.pid .. "/mem", "rw")
expect.eq(b:pread(mem, 14, p), "mmscope device")
expect.eq(b:pwrite(mem, "MMSC", p), 4)
expect.eq(a:read(p, 4), string.unpack("<I4", "MMSC"))
a:write(p, "mmsc")
