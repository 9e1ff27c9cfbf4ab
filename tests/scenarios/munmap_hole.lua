-- munmap cuts holes into areas and does not mind where there is nothing.
local a = spawn("a")
local p = a:mmap{len = 5*PAGE, prot = "rw", flags = "private,anon"}
local areas, total = #a:maps(), a:counters().total_vm
a:fill(p, 5*PAGE, 0x33)
local anon = a:counters().anon

step("A hole")
expect.eq(a:munmap(p + 2*PAGE, PAGE), 0)
expect.eq(#a:maps(), areas + 1)
expect.eq(a:counters().total_vm, total - 1)
expect.eq(a:counters().anon, anon - 1)
expect.fault(function() return a:read(p + 2*PAGE) end, {code = "SEGV_MAPERR", addr = p + 2*PAGE})
expect.eq(a:read(p + PAGE), 0x33)
expect.eq(a:read(p + 3*PAGE), 0x33)

step("The hole again: nothing to do is no error")
expect.eq(a:munmap(p + 2*PAGE, PAGE), 0)

step("A range over both pieces and the hole between")
expect.eq(a:munmap(p + PAGE, 3*PAGE), 0)
expect.eq(a:counters().anon, anon - 3)
expect.eq(a:vma(p).len, PAGE)
expect.eq(a:vma(p + 4*PAGE).start, p + 4*PAGE)

step("A length is rounded up to pages")
expect.eq(a:munmap(p, 1), 0)
expect.eq(a:vma(p), nil)

step("Errors")
expect.errno(function() return a:munmap(p + 1, PAGE) end, "EINVAL")
expect.errno(function() return a:munmap(p, 0) end, "EINVAL")
expect.errno(function() return a:munmap(0x7ffffffff000, PAGE) end, "EINVAL")
