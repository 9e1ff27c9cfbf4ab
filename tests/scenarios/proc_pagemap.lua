-- /proc/PID/pagemap: eight bytes a page. Bit 63: present; 61: of a file, or shared; 56: mapped once; 55: written since the
-- marks were cleared. Below them the frame, which is compared here and not printed.
-- both: no, what /proc says names devices, inodes and frames; tests/linux/proc compares it without them
a = spawn("a")
local words = {[63] = "present", [61] = "file", [56] = "exclusive", [55] = "soft-dirty"}
local function show(p, n)
	local entries = a:proc("pagemap", p, n)
	for i = 0, n - 1 do
		local e, line, pte = string.unpack("<I8", entries, 8 * i + 1), "", a:pte(p + i*PAGE)
		for bit = 63, 55, -1 do
			if e >> bit & 1 == 1 then line = line .. " " .. words[bit] end
		end
		expect.eq(e & (1 << 55) - 1, pte and pte.pfn or 0, "the frame is that of the entry")
		print("  page " .. i .. ":" .. line)
	end
	expect.proc(a)		-- the guest's file says the same
end

step("written, read (the zero page), not there")
p = a:mmap{len=3*PAGE}
a:write(p, 1)
a:read(p + PAGE)
show(p, 3)

step("after a fork a page is mapped twice")
b = a:fork()
show(p, 1)
b:exit(0)
a:wait()
show(p, 1)

step("of a file, and shared memory")
m = a:mmap{len=2*PAGE, flags="shared,anon"}
a:write(m, 1)
show(m, 2)
f = a:open("/f", "rw,creat")
a:ftruncate(f, 2*PAGE)
r = a:mmap{len=2*PAGE, fd=f, flags="private"}
a:read(r)
a:write(r + PAGE, 1)
show(r, 2)

step("no rights, but there")
a:mprotect(p, PAGE, "none")
show(p, 1)
a:mprotect(p, PAGE, "rw")

step("soft-dirty: cleared, and set again where something is written; a new area has it all over")
c = a:open("/proc/self/clear_refs", "w")
a:write_fd(c, "4")
show(p, 3)
a:write(p, 2)
a:write(p + 2*PAGE, 2)
show(p, 3)
n = a:mmap{len=PAGE, addr=p - 64*PAGE}
show(n, 1)

step("where no area is, and at the end of user space")
fd = a:open("/proc/self/pagemap")
expect.eq(a:pread(fd, 16, 0x10000 // PAGE * 8), string.rep("\0", 16))
a:lseek(fd, 0x7ffffffff000 // PAGE * 8 - 8)
expect.eq(a:syscall("read", fd, p, 16), 8, "one entry is left")
expect.eq(a:read_fd(fd, 8), "", "nothing behind the end")

step("places and lengths must be multiples of eight; a place of any size is one")
expect.errno(function() return a:pread(fd, 8, 4) end, "EINVAL")
expect.errno(function() return a:pread(fd, 7, 0) end, "EINVAL")
expect.eq(a:pread(fd, 8, 0x7ffffffffffffff8), "")
expect.errno(function() return a:lseek(fd, 0, "end") end, "EINVAL")
