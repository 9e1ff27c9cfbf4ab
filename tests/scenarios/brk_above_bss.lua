-- The heap begins where the program's data ends. What lies below may be of the same kind, as bss is, and yet the two stay apart:
-- brk() makes no area that begins before start_brk larger. The program here is the agent itself, with two pages of bss.
local a = spawn("a")
local fd = a:open("/program", "rw,creat", 0x1ed)
a:syscall("write", fd, 0x400000, 64 + 56 * 2 + 0x1000 - 176)
-- The second program header, which says that the stack is not executable, becomes one of memory without a file.
a:pwrite(fd, string.pack("<I4I4I8I8I8I8I8I8", 1, 6, 0, 0x600000, 0x600000, 0, 2*PAGE, PAGE), 64 + 56)
a:close(fd)
a:exec("/program", {"program", "0"})
a:write(0x600000, "bss")
local start = a:brk()
expect.eq(start, 0x602000)
expect.eq(a:brk(start + 2*PAGE), start + 2*PAGE)

step("Two areas, though a merge would be allowed: what crosses the border is none of one area")
expect.eq(a:vma(start - PAGE).stop, start)
expect.eq(a:vma(start).start, start)
expect.errno(function() return a:mremap{addr = start - PAGE, len = 2*PAGE, newlen = 3*PAGE, flags = "maymove"} end, "EFAULT")

step("The heap itself grows as one")
expect.eq(a:brk(start + 3*PAGE), start + 3*PAGE)
expect.eq(a:vma(start).len, 3*PAGE)
