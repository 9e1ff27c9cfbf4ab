-- Why is it so? What the host tells of a fault, of an address and of a frame: from what it saw at each step.
local a = spawn("a")
local p = a:mmap{len = 3*PAGE, prot = "rw", flags = "private,anon"}

step("No table yet, an anonymous write")
a:write(p, 1)
print(explain())

step("The zero page, then a page of its own")
a:read(p + PAGE)
print(explain())
a:write(p + PAGE, 1)
print(explain())

step("After a fork the page is shared: one copies, the other may reuse")
local b = a:fork()
print(explain())
b:write(p, 2)
print(explain())
a:write(p, 3)
print(explain())

step("No area, no right, a stack that grows, an access of the kernel's")
a:read(0x1000)
print(explain())
a:mprotect(p, PAGE, "r")
a:write(p, 4)
print(explain())
local stack
for _, area in ipairs(a:maps()) do
	if area.name == "[stack]" then stack = area.start end
end
a:write(stack - PAGE, 1)
print(explain())
a:syscall("uname", 0x1000)
print(explain())

step("What became of the entry, and of the frame, from the first to the last")
local frame = b:pte(p).frame
b:exit(0)
a:wait()
a:mprotect(p, PAGE, "rw")
a:munmap(p, PAGE)
print(why(a, p))
print(why(a, p + PAGE))
print(why(a:pte(p + PAGE).frame))
