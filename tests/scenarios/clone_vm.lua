-- clone with CLONE_VM alone: a process of its own, waited for like a child, in the very same mm.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon,32bit"}
a:write(p, "\xbf\x11\x01\x00\x00\x31\xf6\x31\xd2\x4d\x31\xd2\x4d\x31\xc0" .. -- edi = CLONE_VM|SIGCHLD, the rest 0
	"\xb8\x38\x00\x00\x00\x0f\x05" ..			-- mov $56, %eax; syscall	clone
	"\x85\xc0\x75\x10" ..					-- test %eax, %eax; jnz 1f
	"\xfe\x04\x25" .. string.pack("<I4", p + 0x800) ..	-- incb p+0x800
	"\xb8\x22\x00\x00\x00\x0f\x05\xeb\xf7" ..		-- 2: mov $34, %eax; syscall	pause; jmp 2b
	"\xc3")							-- 1: ret
a:mprotect(p, PAGE, "rwx")
local pid = a:run(p)
expect.eq(a:mm().mm_users, 2)
expect.eq(a:read(p + 0x800), 1, "it writes into the same pages")
expect.eq(#mms(), 2, "init_mm and one other")
step("No page is write-protected for it: nothing is copied")
expect(a:pte(p).writable)
step("Its end leaves the mm to a")
expect.eq(a:syscall("kill", pid, 9), 0)
expect.eq(a:mm().mm_users, 1)
local got, status = a:wait()
expect.eq(got, pid)
expect.eq(status.signal, "SIGKILL")
