-- NX: data does not run, code cannot be written.
local a = spawn("a")
local code = "\xb8\x2a\x00\x00\x00\xc3"			-- mov $42, %eax; ret
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:write(p, code)

step("A fetch from an area without exec")
expect(not a:pte(p).exec)
expect.fault(function() return a:run(p) end, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p})

step("With exec and without write it runs")
a:mprotect(p, PAGE, "rx")
expect(a:pte(p).exec and not a:pte(p).writable)
expect.eq(a:run(p), 42)
expect.fault(function() return a:write(p, 0) end, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p})

step("A child runs the same frame")
local b = a:fork()
expect.eq(b:run(p), 42)
expect.eq(frame(a:pte(p).frame).map, 2)

step("What no processor can decode")
a:mprotect(p, PAGE, "rwx")
a:write(p, "\x0f\x0b")					-- ud2
expect.fault(function() return a:run(p) end, {signal = "SIGILL", code = "ILL_ILLOPN", addr = p})
expect.eq(b:run(p), 42, "b has its own copy by now")
