-- remap_file_pages: since Linux 4.0 an mmap in other words. The range becomes an area of its own on another part of the file.
local a = spawn("a")
local fd = a:memfd("m")
a:ftruncate(fd, 8*PAGE)
for i = 0, 7 do a:pwrite(fd, tostring(i), i*PAGE) end
local p = a:mmap{len = 4*PAGE, flags = "shared", fd = fd}
expect.eq(a:read(p), 0x30 + 0)

step("Another part of the file: the pages are filled in at once")
a:remap_file_pages(p + PAGE, PAGE, 7)
expect.eq(a:vma(p + PAGE).pgoff, 7)
expect(a:pte(p + PAGE))
expect.eq(a:read(p + PAGE), 0x30 + 7)
expect.eq(a:read(p + 2*PAGE), 0x30 + 2)

step("\"nonblock\": not filled in")
a:remap_file_pages(p + PAGE, PAGE, 6, "nonblock")
expect(not a:pte(p + PAGE))
expect.eq(a:read(p + PAGE), 0x30 + 6)

step("Back to where it was: the areas are one again")
a:remap_file_pages(p + PAGE, PAGE, 1)
expect.eq(a:vma(p).len, 4*PAGE)

step("Address and length are rounded down; rights stay")
a:mprotect(p + 3*PAGE, PAGE, "r")
expect.eq(a:remap_file_pages(p + 3*PAGE + 5, PAGE + 5, 0), 0)
expect.eq(a:vma(p + 3*PAGE).prot, "r--s")
expect.eq(a:read(p + 3*PAGE), 0x30 + 0)
a:mprotect(p + 3*PAGE, PAGE, "rw")

step("Over areas of one file and of one kind that follow each other")
expect.eq(a:remap_file_pages(p + 2*PAGE, 2*PAGE, 4), 0)
expect.eq(a:read(p + 3*PAGE), 0x30 + 5)

local function fails(...)
	local value, name = a:syscall("remap_file_pages", ...)
	expect.eq(value, nil)
	expect.eq(name, "EINVAL")
end
step("EINVAL: rights given, nothing left of the length, pages beyond the end of the numbers, a hole, other rights, private memory")
fails(p, PAGE, 1, 0, 0)
fails(p, PAGE - 1, 0, 0, 0)
fails(-PAGE, PAGE, 0, 0, 0)
fails(p, 2*PAGE, 0, -1, 0)
fails(0x10000, PAGE, 0, 0, 0)
fails(p, 5*PAGE, 0, 0, 0)
a:mprotect(p + PAGE, PAGE, "r")
fails(p, 2*PAGE, 0, 0, 0)
local m = a:mmap{len = PAGE}
fails(m, PAGE, 0, 0, 0)
local ro = a:mmap{len = PAGE, flags = "private", fd = fd}
fails(ro, PAGE, 0, 0, 0)

step("Beyond the file's end it may be mapped: SIGBUS there")
expect.eq(a:remap_file_pages(p, PAGE, 100), 0)
expect.fault(function() return a:read(p) end, {signal = "SIGBUS"})

step("Shared anonymous memory, and a System V segment, whose attachment counts on")
local s = a:mmap{len = 3*PAGE, flags = "shared,anon"}
a:write(s + 2*PAGE, 9)
expect.eq(a:remap_file_pages(s, PAGE, 2), 0)
expect.eq(a:read(s), 9)
local id = a:shmget(0, 2*PAGE)
local q = a:shmat(id)
a:write(q + PAGE, 4)
expect.eq(a:remap_file_pages(q, PAGE, 1), 0)
expect.eq(a:read(q), 4)
expect.eq(segments()[1].attached, 2)

step("Locked memory stays locked")
a:mlock(s, 3*PAGE)
expect.eq(a:remap_file_pages(s + PAGE, PAGE, 0, "nonblock"), 0)
expect(a:pte(s + PAGE))
expect.eq(a:counters().locked_vm, 3)

step("A segment to be removed goes with its last area; then there is nothing to map, and the area is gone")
local seg = a:shmget(0, 4*PAGE, "creat")
local at = a:shmat(seg)
a:shmctl(seg, "rmid")
expect.errno(function() return a:remap_file_pages(at, 4*PAGE, 0) end, "EINVAL")
expect.fault(function() return a:read(at) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = at})
