-- A memfd: written through the descriptor, seen through mappings, and the other way round; then cut short.
local a = spawn("a")
local fd = a:syscall("memfd_create", "m", 0)
expect.eq(a:syscall("ftruncate", fd, 20*PAGE), 0)
local s = a:mmap{len = 4*PAGE, prot = "rw", flags = "shared", fd = fd}
local p = a:mmap{len = 4*PAGE, prot = "rw", flags = "private", fd = fd}

step("One page, three ways: write(2), the shared mapping, the private one")
expect.eq(a:syscall("pwrite64", fd, "hello", 5, 0), 5)
expect.eq(a:read(s, 5), "hello")
expect.eq(a:read(p, 5), "hello")
expect.eq(a:pte(s).frame, a:pte(p).frame)
expect.eq(a:pte(p).writable, false)

step("A private write copies; the file does not hear of it")
a:write(p, "j")
expect.eq(a:read(s, 5), "hello")
a:write(s, "HELLO")
expect.eq(a:read(p, 5), "jello")
local n, text = a:syscall("pread64", fd, "......", 6, 0)
expect.eq(n, 6)
expect.eq(text, "HELLO\0")

step("Shorter: pages beyond the end leave every mapping, private copies too")
a:write(s + PAGE, "x")
a:write(s + 2*PAGE, "y")
a:write(p + 2*PAGE, "z")
expect.eq(a:syscall("ftruncate", fd, PAGE + 2), 0)
expect.fault(function() return a:read(s + 2*PAGE) end, {signal = "SIGBUS", code = "BUS_ADRERR", addr = s + 2*PAGE})
expect.fault(function() return a:read(p + 2*PAGE) end, {signal = "SIGBUS", code = "BUS_ADRERR", addr = p + 2*PAGE})

step("Longer again: what was cut reads as zeros")
a:write(s + PAGE, "abcd")
expect.eq(a:syscall("ftruncate", fd, PAGE + 2), 0)
expect.eq(a:syscall("ftruncate", fd, 4*PAGE), 0)
expect.eq(a:read(s + PAGE, 4), 0x6261)
expect.eq(a:read(s + 2*PAGE), 0)

step("The mapping keeps the file when the descriptor is gone")
expect.eq(a:syscall("close", fd), 0)
expect.eq(a:read(s, 5), "HELLO")
a:munmap(p, 4*PAGE)
a:munmap(s, 4*PAGE)
