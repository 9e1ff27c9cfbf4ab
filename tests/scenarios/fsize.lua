-- RLIMIT_FSIZE: a write stops at the limit; at it, or for a length beyond it, there is SIGXFSZ and EFBIG. Shrinking is always allowed.
local a = spawn("a")
local f = a:open("/f", "rw,creat")
local SIGXFSZ = 25
-- SIG_IGN
local function ignore(t) t:syscall("rt_sigaction", SIGXFSZ, string.pack("<I8I8I8I8", 1, 0, 0, 0), 0, 8) end
a:rlimit("fsize", PAGE + 4, -1)
ignore(a)
expect.eq(a:pwrite(f, "12345678", PAGE), 4)
expect.errno(function() return a:pwrite(f, "1", PAGE + 4) end, "EFBIG")
expect.errno(function() return a:ftruncate(f, PAGE + 5) end, "EFBIG")
expect.errno(function() return a:syscall("truncate", "/f", 2*PAGE) end, "EFBIG")
expect.errno(function() return a:syscall("fallocate", f, 1, PAGE, PAGE) end, "EFBIG")
expect.eq(a:syscall("fallocate", f, 3, PAGE, PAGE), 0, "a hole needs no room")
expect.eq(a:fstat(f).size, PAGE + 4)

step("A file that is larger already may shrink, above the limit, too")
a:rlimit("fsize", 16, -1)
expect(a:ftruncate(f, PAGE))

step("Pieces: the second is cut, or not begun")
local p = a:mmap{len = PAGE}
a:ftruncate(f, 0)
expect.eq(a:syscall("writev", f, string.pack("<I8I8I8I8", p, 16, p, 16), 2), 16)
a:lseek(f, 8)
expect.eq(a:syscall("writev", f, string.pack("<I8I8I8I8", p, 4, p, 16), 2), 8)

step("Not ignored it ends the process; the limit is the child's, too")
local b = a:fork()
b:syscall("rt_sigaction", SIGXFSZ, string.pack("<I8I8I8I8", 0, 0, 0, 0), 0, 8)
b:pwrite(f, "x", 16)
expect(not b:alive())
local _, status = a:wait(b)
expect.eq(status.signal, "SIGXFSZ")

step("Pipes have no such limit")
local r, w = a:pipe()
expect.eq(a:write_fd(w, string.rep("x", 100)), 100)
