-- A user copy of the kernel that meets the end of mapped memory: every byte before it counts, however source and target lie.
local a = spawn("a")
local vec = a:mmap{len = PAGE, prot = "rw"}
local p = a:mmap{len = 2*PAGE, prot = "rw"}
a:munmap(p + PAGE, PAGE)
a:fill(p, PAGE, 0x41)
local fd = a:open("/f", "rw,creat")

local function there(off) return PAGE - off end

step("Out of the task: write(), pwrite(), writev(), at places of the file that share no alignment with the buffer")
for _, pos in ipairs{0, 3, 0xfff} do
	for _, off in ipairs{0, 1, 5, 0xffd} do
		a:lseek(fd, pos, "set")
		expect.eq(a:syscall("write", fd, p + off, 2*PAGE), there(off))
		expect.eq(a:syscall("pwrite64", fd, p + off, 2*PAGE, pos), there(off))
		a:write(vec, string.pack("<i8i8", p + off, 2*PAGE))
		expect.eq(a:syscall("writev", fd, vec, 1), there(off))
	end
end

step("Into the task")
for _, off in ipairs{0, 1, 5, 0xffd} do
	expect.eq(a:syscall("pread64", fd, p + off, 2*PAGE, 3), there(off))
end
expect.errno(function() return a:syscall("pread64", fd, p + PAGE, 8, 0) end, "EFAULT")
