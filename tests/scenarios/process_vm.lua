-- process_vm_readv and process_vm_writev: bytes of another mm, by its areas' rights, as far as they go.
-- both: no, it maps /dev/lab, which Linux has not
local a = spawn("a")
local p = a:mmap{len = 4*PAGE}
a:write(p, "of the parent")
local b = a:fork()
local function fails(errno, value, name)
	expect.eq(value, nil)
	expect.eq(name, errno)
end

step("Reading; what is not there yet is faulted in as for a read: the zero page")
expect.eq(b:vm_read(a, p + 7, 6), "parent")
expect.eq(b:vm_read(a, p + PAGE, 4), "\0\0\0\0")
expect(a:pte(p + PAGE).zero)

step("Writing breaks COW in the other mm, and dirties the page")
expect.eq(b:vm_write(a, p, "by the child!"), 13)
expect.eq(a:read(p, 13), "by the child!")
expect.eq(b:read(p, 13), "of the parent")

step("A shared page is one for all")
local s = a:mmap{len = PAGE, flags = "shared,anon"}
local c = a:fork()
expect.eq(c:vm_write(a, s, "seen by both"), 12)
expect.eq(c:read(s, 12), "seen by both")

step("The area's rights decide: neither PROT_NONE nor write to read-only, whatever is mapped")
a:mprotect(p, PAGE, "none")
fails("EFAULT", b:vm_read(a, p, 4))
a:mprotect(p, PAGE, "r")
expect.eq(b:vm_read(a, p, 4), "by t")
fails("EFAULT", b:vm_write(a, p, "x"))
a:mprotect(p, PAGE, "rw")

step("No area: EFAULT; one behind which there is none: what could be had, and a prefix of it is no error")
fails("EFAULT", b:vm_read(a, 0x10000, 4))
a:munmap(p + 3*PAGE, PAGE)
expect.eq(#b:vm_read(a, p + 3*PAGE - 6, 100), 6)
fails("EFAULT", b:vm_read(a, p + 3*PAGE, 1))

step("No access to a device's pages")
local dev = a:open("/dev/lab", "rw")
local m = a:mmap{len = PAGE, flags = "shared", fd = dev}
a:read(m, 4)
fails("EFAULT", b:vm_read(a, m, 4))

step("Many pieces on both sides: raw iovecs in memory")
local v = b:mmap{len = 8*PAGE}
local function iovecs(at, ...)
	local t = {...}
	for i = 1, #t do b:write(at + 8*(i - 1), t[i], 8) end
	return at, #t // 2
end
local function readv(l, nl, r, nr, flags) return b:syscall("process_vm_readv", a, l, nl, r, nr, flags or 0) end
local function writev(l, nl, r, nr) return b:syscall("process_vm_writev", a, l, nl, r, nr, 0) end
local buf, l, r = v + PAGE, v, v + 512
iovecs(l, buf, 3, buf + 100, 3, buf + 200, 90)
iovecs(r, p, 4, p + 4, 0, p + 7, 7)
expect.eq(readv(l, 3, r, 3), 11)
expect.eq(b:read(buf, 3) .. b:read(buf + 100, 3) .. b:read(buf + 200, 5), "by tchild!\0")

step("A fault on the caller's side ends it, too: what was copied before counts, nothing copied is EFAULT")
iovecs(l, buf, 2, 0x10000, 3, buf, 5)
expect.eq(readv(l, 3, r, 3), 2)
expect.eq(writev(l, 3, r, 3), 2)
iovecs(l, 0x10000, 3)
fails("EFAULT", readv(l, 1, r, 3))
fails("EFAULT", writev(l, 1, r, 3))

step("More than 16 pages of one piece: had in one go, up to 1,024")
local big = a:mmap{len = 40*PAGE}
iovecs(l, buf, 3*PAGE)
iovecs(r, big, 40*PAGE)
expect.eq(readv(l, 1, r, 1), 3*PAGE)
expect.eq(a:vma(big).present, 40)

step("Checks in order: flags, the caller's pieces, the other's, the task")
iovecs(l, buf, 8)
iovecs(r, p, 8)
fails("EINVAL", readv(1, 1, 1, 1, 1))
fails("EFAULT", readv(0x10000, 1, 0x10000, 1))
fails("EINVAL", readv(l, 1025, 0x10000, 1))
fails("EINVAL", readv(l, -1, r, 1))
fails("EFAULT", readv(l, 1, 0x10000, 1))
fails("EINVAL", readv(l, 1, r, 1025))
expect.eq(readv(l, 0, 0x10000, 1), 0)
expect.eq(readv(l, 1, r, 0), 0)
expect.eq(b:syscall("process_vm_readv", 9999, l, 1, r, 0, 0), 0)
fails("ESRCH", b:syscall("process_vm_readv", 9999, l, 1, r, 1, 0))
fails("ESRCH", b:syscall("process_vm_readv", 0, l, 1, r, 1, 0))
fails("ESRCH", b:syscall("process_vm_readv", 1, l, 1, r, 1, 0))	-- a kernel thread
iovecs(l, -PAGE, 8)
fails("EFAULT", readv(l, 1, r, 1))
iovecs(l, buf, -1)
fails("EINVAL", readv(l, 1, r, 1))
iovecs(l, buf, 8)
iovecs(r, p, math.mininteger)
fails("EINVAL", readv(l, 1, r, 1))
iovecs(r, -PAGE, 8)
fails("EFAULT", readv(l, 1, r, 1))

step("Itself; a thread by its own number; a zombie has no mm any more")
expect.eq(b:vm_read(b, p, 6), "of the")
local t = a:thread()
expect.eq(b:vm_read(t, p, 2), "by")
c:exit(0)
fails("ESRCH", b:vm_read(c, p, 2))
