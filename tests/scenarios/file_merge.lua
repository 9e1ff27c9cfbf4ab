-- Areas of a file are one where their offsets continue, in the file and in memory; and each page stays the file's own.
local a = spawn("a")
local function file(name)
	local fd = a:open(name, "rw,creat")
	a:ftruncate(fd, 8*PAGE)
	for i = 0, 7 do a:pwrite(fd, string.format("%s%d", name, i), i*PAGE) end
	return fd
end
local f, g = file("/f"), file("/g")
local base = 0x10000000
local function map(page, fd, offset, flags)
	return a:mmap{len = PAGE, prot = "rw", flags = (flags or "private") .. ",fixed", addr = base + page*PAGE, fd = fd,
		      off = offset*PAGE}
end
local areas = #a:maps()

step("The next page of the file beside the one before: one area, whichever came first")
map(2, f, 2)
map(3, f, 3)
expect.eq(#a:maps(), areas + 1)
map(1, f, 1)
expect.eq(a:vma(base + PAGE).len, 3*PAGE)
expect.eq(a:vma(base + PAGE).pgoff, 1)

step("The same page again, or another file's: side by side, but not one")
map(4, f, 3)
expect.eq(#a:maps(), areas + 2)
map(0, g, 0)
expect.eq(#a:maps(), areas + 3)
map(5, f, 4, "shared")
expect.eq(#a:maps(), areas + 4)

step("Every page is read from its own offset")
for page, text in pairs{[0] = "/g0", [1] = "/f1", [2] = "/f2", [3] = "/f3", [4] = "/f3", [5] = "/f4"} do
	expect.eq(a:read(base + page*PAGE, 3), text)
end

step("A piece cut out of the middle keeps the offsets on both sides, and its return heals the area")
a:munmap(base + 2*PAGE, PAGE)
expect.eq(a:vma(base + 3*PAGE).pgoff, 3)
map(2, f, 2)
expect.eq(a:vma(base + PAGE).len, 3*PAGE)

step("Rights of one page change and come back: three areas, then one")
a:mprotect(base + 2*PAGE, PAGE, "r")
expect.eq(#a:maps(), areas + 6)
expect.eq(a:vma(base + 3*PAGE).pgoff, 3)
a:mprotect(base + 2*PAGE, PAGE, "rw")
expect.eq(#a:maps(), areas + 4)

step("The border between two areas moves: rights of the next page become those before it")
a:mprotect(base + PAGE, PAGE, "r")
a:mprotect(base + 2*PAGE, PAGE, "r")
expect.eq(a:vma(base + PAGE).len, 2*PAGE)
expect.eq(a:vma(base + 3*PAGE).pgoff, 3)
expect.eq(a:read(base + 3*PAGE, 3), "/f3")

step("Private writes stay, and the files are what they were")
a:write(base + 3*PAGE, "mine")
expect.eq(a:pread(f, 3, 3*PAGE), "/f3")
a:write(base + 5*PAGE, "ours")
expect.eq(a:pread(f, 4, 4*PAGE), "ours")

step("The files go with the last area and descriptor")
a:unlink("/f")
a:unlink("/g")
a:exit(0)
