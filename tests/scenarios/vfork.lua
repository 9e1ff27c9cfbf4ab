-- vfork: the child runs in the parent's own mm (mm_users 2, no copy, no COW) while the parent waits for it to be done.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon,32bit"}
a:write(p, "\xb8\x3a\x00\x00\x00\x0f\x05" ..			-- mov $58, %eax; syscall	vfork
	"\x85\xc0\x75\x14" ..					-- test %eax, %eax; jnz 1f
	"\xfe\x04\x25" .. string.pack("<I4", p + 0x800) ..	-- incb p+0x800
	"\xbf\x07\x00\x00\x00\xb8\x3c\x00\x00\x00\x0f\x05\x90" ..	-- mov $7, %edi; mov $60, %eax; syscall	exit
	"\xc3")							-- 1: ret
a:mprotect(p, PAGE, "rwx")
local before = frames().anon
step("The parent goes on only when the child has ended; what the child wrote is in the parent's memory")
local pid = a:run(p)
expect(pid > 2)
expect.eq(a:read(p + 0x800), 1)
expect.eq(frames().anon, before, "nothing was copied")
expect.eq(a:mm().mm_users, 1)
step("It is a child like any other")
local got, status = a:wait()
expect.eq(got, pid)
expect.eq(status.exited, 7)
