-- What is in memory, and what would be written back.
local ASYNC, INVALIDATE, SYNC = 1, 2, 4
local a = spawn("a")
local p = a:mmap{len = 6*PAGE, prot = "rw"}
local function refused(want, ...)
	local _, got = a:syscall(...)
	expect.eq(got, want)
end
local function mincore(addr, pages)
	local value, vec = a:syscall("mincore", addr, pages*PAGE, string.rep("\xff", pages))
	expect.eq(value, 0)
	return vec
end

step("Touched pages are there; zero pages, too; PROT_NONE hides nothing")
a:write(p, 1)
a:read(p + 2*PAGE)
a:write(p + 5*PAGE, 1)
a:mprotect(p + 5*PAGE, PAGE, "none")
expect.eq(mincore(p, 6), "\1\0\1\0\0\1")
expect.eq(mincore(0x400000, 1), "\1", "a file's page")

step("No memory there: ENOMEM; nowhere to tell: EFAULT")
a:munmap(p + 3*PAGE, PAGE)
refused("ENOMEM", "mincore", p, 6*PAGE, "......")
refused("EINVAL", "mincore", p + 1, PAGE, ".")
refused("EFAULT", "mincore", p, PAGE, 8)
refused("ENOMEM", "mincore", -PAGE, PAGE, 8)
refused("EFAULT", "mincore", p, PAGE, -PAGE)
expect.eq(a:syscall("mincore", p + 3*PAGE, 0, 8), 0, "of nothing, nothing is told")

step("msync of anonymous memory: nothing to write, but the walk has its opinions")
expect.eq(a:syscall("msync", p, 3*PAGE, SYNC), 0)
expect.eq(a:syscall("msync", p, 3*PAGE, ASYNC | INVALIDATE), 0)
refused("ENOMEM", "msync", p, 6*PAGE, SYNC)
refused("ENOMEM", "msync", p + 3*PAGE, PAGE, 0)
refused("EINVAL", "msync", p, PAGE, SYNC | ASYNC)
refused("EINVAL", "msync", p, PAGE, 8)
refused("EINVAL", "msync", p + 1, PAGE, SYNC)
refused("ENOMEM", "msync", p, -PAGE, SYNC)
expect.eq(a:syscall("mlock", p + PAGE, PAGE), 0)
refused("EBUSY", "msync", p, 3*PAGE, SYNC | INVALIDATE)
