-- The language's words for what is mapped already: mremap, madvise, locks, msync, mincore, limits.
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw", flags = "private,anon,fixed", addr = 0x10000000}
a:write(p, "first")

step("mincore gives a table of booleans")
local t = a:mincore(p, 4*PAGE)
expect.eq(#t, 4)
expect(t[1] and not t[2])
expect.errno(function() return a:mincore(p, 5*PAGE) end, "ENOMEM")

step("mremap takes names and gives the address")
expect.eq(a:mremap{addr = p, len = 4*PAGE, newlen = 2*PAGE}, p)
local q = a:mremap{addr = p, len = 2*PAGE, newlen = 2*PAGE, flags = "maymove,fixed", newaddr = 0x30000000}
expect.eq(q, 0x30000000)
expect.eq(a:read(q, 5, "bytes"), "first")
expect.errno(function() return a:mremap{addr = q, len = PAGE, newlen = PAGE, flags = "fixed"} end, "EINVAL")

step("madvise by name")
expect.eq(a:madvise(q, PAGE, "dontneed"), 0)
expect.eq(a:read(q), 0)
expect.eq(a:madvise(q, 2*PAGE, "dontfork"), 0)
expect.errno(function() return a:madvise(q, PAGE, 99) end, "EINVAL")

step("Locks")
expect.eq(a:mlock(q, PAGE), 0)
expect.eq(a:mlock2(q + PAGE, PAGE, "onfault"), 0)
expect.eq(a:counters().locked_vm, 2)
expect.eq(a:munlock(q, 2*PAGE), 0)
expect.eq(a:mlockall("future,onfault"), 0)
expect(a:vma(a:mmap{len = PAGE}).flags:find("locked"))
expect.eq(a:munlockall(), 0)
expect.errno(function() return a:mlockall("onfault") end, "EINVAL")

step("msync")
expect.eq(a:msync(q, PAGE, "sync"), 0)
expect.errno(function() return a:msync(q, PAGE, "sync,async") end, "EINVAL")

step("Limits: soft and hard; set, it gives what they were")
local soft, hard = a:rlimit("memlock")
expect.eq(soft, 8 << 20)
expect.eq(a:rlimit("data", 16*PAGE), -1, "unlimited is -1")
expect.errno(function() return a:mmap{len = 64*PAGE, prot = "rw"} end, "ENOMEM")
expect.errno(function() return a:rlimit(99) end, "EINVAL")
