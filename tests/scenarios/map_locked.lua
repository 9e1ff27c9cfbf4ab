-- MAP_LOCKED: present at once and counted in locked_vm, up to RLIMIT_MEMLOCK. How many pages may be locked? A note of the seeds
-- says 16; it is a limit of the task, here 8 MiB: 2048 pages.
local a = spawn("a")
local function map(pages, prot)
	return a:mmap{len = pages*PAGE, prot = prot or "rw", flags = "private,anon,locked"}
end
local p = map(4)
expect.eq(a:vma(p).present, 4)
expect.eq(a:counters().locked_vm, 4)
step("2048 pages in all, not one more; the failed call maps nothing")
expect.errno(function() return map(2045) end, "EAGAIN")
local q = map(2044, "none")
expect.eq(a:counters().locked_vm, 2048)
expect.errno(function() return map(1) end, "EAGAIN")
step("munmap gives them back")
a:munmap(q, 2044*PAGE)
expect.eq(a:counters().locked_vm, 4)
step("A child inherits no locks")
local b = a:fork()
expect.eq(b:counters().locked_vm, 0)
expect.eq(a:counters().locked_vm, 4)
