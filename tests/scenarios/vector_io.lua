-- readv and writev: pieces of memory, moved one after the other as if they were one.
local a = spawn("a")
local p = a:mmap{len = 2*PAGE, prot = "rw"}
a:munmap(p + PAGE, PAGE)
local vec = p + 2048
local function pieces(...)
	local list = {...}
	for i = 1, #list do a:write(vec + (i - 1)*8, list[i], 8) end
	return #list // 2
end
local function fails(errno, ...)
	local value, name = a:syscall(...)
	expect.eq(value, nil)
	expect.eq(name, errno)
end

step("Two pieces and an empty one into a file, and back in another order")
local fd = a:open("/f", "rw,creat")
a:write(p, "abcdefgh")
expect.eq(a:syscall("writev", fd, vec, pieces(p + 4, 4, p, 0, p, 4)), 8)
expect.eq(a:pread(fd, 8, 0), "efghabcd")
a:lseek(fd, 0, "set")
expect.eq(a:syscall("readv", fd, vec, pieces(p + 16, 3, p + 32, 100)), 8)
expect.eq(a:read(p + 32, 5), "habcd")

step("A pipe gives what it has and waits for nothing more")
local r, w = a:pipe()
a:syscall("write", w, p, 8)
expect.eq(a:syscall("readv", r, vec, pieces(p + 64, 4, p + 80, 4, p + 96, 4)), 8)
expect.eq(a:read(p + 80, 5), "efgh\0")
a:syscall("write", w, p, 4)
expect.eq(a:syscall("readv", r, vec, pieces(p + 64, 4, p + 80, 4)), 4)

step("What was moved before a piece that cannot be counts")
expect.eq(a:syscall("writev", fd, vec, pieces(p, 4, p + PAGE, 4)), 4)
fails("EFAULT", "writev", fd, vec, pieces(p + PAGE, 4))

step("The pieces are looked at before the descriptor's rights")
local ro = a:open("/f", "r")
fails("EBADF", "writev", ro, vec, pieces(p, 4))
fails("EINVAL", "writev", ro, vec, pieces(p, -1))
fails("EINVAL", "readv", fd, vec, 1025)
fails("EFAULT", "readv", fd, p + PAGE, 1)
fails("EFAULT", "readv", fd, vec, pieces(0x800000000000, 4))
fails("EBADF", "readv", 77, vec, pieces(p, 4))
expect.eq(a:syscall("readv", fd, vec, 0), 0)
