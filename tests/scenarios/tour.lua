-- The tour: what mmap, fork and a page fault do to the hardware's tables.
scenario{name = "tour"}

step("A process. Its address space is a stack and the agent that does what the scenario says (folded away).")
a = spawn("a")

step("mmap makes an area and nothing else: no frame, no table entry.")
p = a:mmap{len = 4*PAGE, prot = "rw", flags = "private,anon"}

step("Reading memory that nobody wrote maps the one shared zero page, read-only.")
expect.eq(a:read(p), 0)

step("The first write replaces it by a frame of a's own.")
a:write(p, 0x41)

step("A write to a page that was never read gets its frame at once: demand paging.")
a:write(p + PAGE, 0x42)

step("fork copies areas and entries, not pages: both sides lose the right to write.")
b = a:fork()

step("b writes: a fault, a copy, and b's entry points to the copy.")
b:write(p, 0x43)

step("a writes: nobody else maps its frame any more, so it just gets its right back.")
a:write(p, 0x44)
expect.eq(a:read(p), 0x44)
expect.eq(b:read(p), 0x43)

step("A write where only reading is allowed: SIGSEGV, SEGV_ACCERR. The area splits in two first.")
a:mprotect(p, PAGE, "r")
expect.fault(function() return a:write(p, 1) end, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p})

step("Where no area is: SIGSEGV, SEGV_MAPERR.")
expect.fault(function() return a:read(0x10000) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = 0x10000})

step("Below the stack the area grows down to meet the access.")
stack = a:maps()[#a:maps()]
a:write(stack.start - 8, 7, 8)

step("exit gives everything back.")
b:exit(0)
a:wait(b)
