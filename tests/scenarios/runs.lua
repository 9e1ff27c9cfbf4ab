-- Many pages alike are one line.
local a = spawn("a")
local p = a:mmap{len = 300*PAGE, prot = "rw", flags = "private,anon"}
a:fill(p, 300*PAGE, 0xee)
expect.eq(a:counters().anon, 301)
a:mprotect(p + 100*PAGE, 50*PAGE, "r")
local b = a:fork()
b:fill(p, 10*PAGE, 1)
b:exit(0)
a:munmap(p, 300*PAGE)
expect.eq(a:counters().anon, 1)
