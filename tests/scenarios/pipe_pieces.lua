-- writev and readv of a pipe are one write and one read: the odd bytes of all pieces together go behind the last ones, and a buffer that
-- can be given only in part is not given at all.
local a = spawn("a")
local r, w = a:pipe("nonblock")
local p = a:mmap{len = 3*PAGE, prot = "rw"}
a:fill(p, 2*PAGE, 0x61)
a:munmap(p + 2*PAGE, PAGE)
local function iov(...) return string.pack(string.rep("<I8", select("#", ...)), ...) end
local function writev(...) return a:syscall("writev", w, iov(...), select("#", ...) // 2) end
local function readv(...) return a:syscall("readv", r, iov(...), select("#", ...) // 2) end

step("Sixteen odd bytes of two pieces find room; the next page is not there as a whole")
expect.eq(writev(p, 8), 8)
expect.eq(writev(p + PAGE, PAGE + 8, p, 2*PAGE + 8), 16)
expect.eq(pipes()[1].bytes, 24)
expect.eq(readv(p, 8, p + PAGE, 100), 24)

step("Several pieces are one page")
expect.eq(writev(p, 100, p, 0, p + PAGE, PAGE - 100), PAGE)
expect.eq(pipes()[1].bytes, PAGE)

step("Read into pieces: what cannot be given as a whole stays")
local _, errno = readv(p, 8, p + 2*PAGE, 8)
expect.eq(errno, "EFAULT")
expect.eq(pipes()[1].bytes, PAGE)
expect.eq(readv(p, 8, p + PAGE, PAGE), PAGE)
_, errno = readv(p, 8, p + PAGE, PAGE)
expect.eq(errno, "EAGAIN")

step("A buffer is given, the one behind it cannot be: what was given counts")
expect.eq(writev(p, PAGE), PAGE)
expect.eq(writev(p, PAGE), PAGE)
expect.eq(readv(p, PAGE, p + 2*PAGE, PAGE), PAGE)
expect.eq(pipes()[1].bytes, PAGE)
