-- shmat: where a segment may go, and which errno comes first.
-- both: needs /proc/sys/vm/mmap_min_addr 65536
local a = spawn("a")
local id = a:shmget(0, 5000)
local function fails(errno, ...)
	local value, name = a:shmat(...)
	expect.eq(value, nil)
	expect.eq(name, errno)
end

step("Anywhere: top-down as mmap; the length is that of its pages")
local p = a:shmat(id)
expect.eq(a:vma(p).len, 2*PAGE)
expect.eq(a:vma(p).prot, "rw-s")

step("A place in use is refused, unless SHM_REMAP says to replace what is there")
fails("EINVAL", id, p)
fails("EINVAL", id, p + PAGE)
a:write(p, 1)
expect.eq(a:shmat(id, p, "remap"), p)
expect.eq(segments()[1].attached, 1)
expect.eq(a:read(p), 1)
a:shmdt(p)
local m = a:mmap{len = 4*PAGE}
a:write(m + PAGE, 7)
expect.eq(a:shmat(id, m + PAGE, "remap"), m + PAGE)
expect.eq(a:read(m + PAGE), 1)
a:shmdt(m + PAGE)
a:munmap(m, 4*PAGE)

step("SHM_RND rounds down to a page (SHMLBA); without it the address must be on one")
fails("EINVAL", id, p + 1)
expect.eq(a:shmat(id, p + 1, "rnd"), p)
a:shmdt(p)

step("Rounded down to 0: not anywhere, but address 0, which mmap_min_addr refuses")
fails("EPERM", id, 1, "rnd")
fails("EINVAL", id, 1, "rnd,remap")
fails("EINVAL", id, 0, "remap")
fails("EPERM", id, PAGE)

step("Beyond user space, and around the end of the numbers")
fails("ENOMEM", id, 0x7ffffffff000)
fails("EINVAL", id, -PAGE)

step("Ids: negative, of a free place, of an earlier round; the id is looked at after the address")
fails("EINVAL", -1)
fails("EINVAL", id + 1)
fails("EINVAL", id + 32768)
fails("EINVAL", id + 1, 1)

step("The mode must allow it: reading, writing, execution")
fails("EACCES", id, 0, "exec")
local mute = a:syscall("shmget", 0, PAGE, 0)
fails("EACCES", mute)
local ro = a:syscall("shmget", 0, PAGE, 256)
fails("EACCES", ro)
fails("EACCES", ro, 0, "rdonly,exec")
p = a:shmat(ro, 0, "rdonly")
expect.eq(a:vma(p).prot, "r--s")
a:shmdt(p)
local x = a:syscall("shmget", 0, PAGE, 448)
p = a:shmat(x, 0, "exec")
expect.eq(a:vma(p).prot, "rwxs")
a:write(p, "\xb8\x07\0\0\0\xc3")	-- mov $7, %eax; ret
expect.eq(a:run(p), 7)

step("A failed shmat has changed nothing")
for _, s in ipairs(segments()) do
	expect.eq(s.attached, s.id == x and 1 or 0)
end
