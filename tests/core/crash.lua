-- What tests/core/on_linux.c does to the agent on Linux, done to it here.
local a = spawn("a")
a:syscall("setrlimit", 4, string.pack("<I8I8", -1, -1))
a:syscall("rt_sigaction", 11, string.rep("\0", 32), 0, 8)
local p = a:mmap{addr = 0x10000000, len = 4*PAGE, prot = "rw", flags = "private,anon,fixed"}
a:write(p, "core")
a:read(p + PAGE, 8)
a:fill(p + 3*PAGE, 64, 0x5a)
a:madvise(p + 3*PAGE, PAGE, "dontdump")
a:write(0x1234, 1, 8)
