-- MAP_GROWSDOWN: an area that grows down by faults below it, and mprotect that goes for it as a whole.
local a = spawn("a")
local at = 0x30000000
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon,growsdown,fixed", addr = at}
step("A touch below grows it to there, whatever the distance")
a:write(at - 10*PAGE, 1)
expect.eq(a:vma(at).start, at - 10*PAGE)
expect.eq(a:counters().stack_vm, 33 + 12, "counted with the stack")
step("Not closer than 256 pages to the area below, unless nobody may touch that or it grows down, too")
a:mmap{len = PAGE, prot = "r", flags = "private,anon,fixed", addr = at - 512*PAGE}
expect.fault(function() return a:write(at - 256*PAGE, 1) end, {code = "SEGV_MAPERR"})
a:write(at - 255*PAGE, 1)
expect.eq(a:vma(at).start, at - 255*PAGE)
step("PROT_GROWSDOWN: from the area's start, wherever the range begins")
expect.eq(a:mprotect(at, PAGE, 0x01000001), 0)
expect.eq(a:vma(at - 255*PAGE).prot, "r--p")
expect.eq(a:vma(at + PAGE).prot, "rw-p")
step("On an area that does not grow: EINVAL; both directions at once: EINVAL")
expect.errno(function() return a:mprotect(at - 512*PAGE, PAGE, 0x01000001) end, "EINVAL")
expect.errno(function() return a:mprotect(at, PAGE, 0x03000001) end, "EINVAL")
