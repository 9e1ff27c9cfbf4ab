-- Three generations share a page; each write and each death is seen in the counts.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 0x41)
local f = a:pte(p).frame
local b = a:fork()
local c = b:fork()
local d = c:fork()
expect.eq(frame(f).map, 4)

step("The middle of the tree writes")
b:write(p, 0x42)
expect.eq(frame(f).map, 3)
expect.eq(frame(f).owners, "a, c and d")

step("A child of the writer gets the writer's page")
local e = b:fork()
expect.eq(e:read(p), 0x42)
expect.eq(frame(b:pte(p).frame).map, 2)

step("A parent dies: its children go to init, its pages stay with them")
b:exit(0)
expect.eq(e:read(p), 0x42)
expect.eq(frame(e:pte(p).frame).map, 1)
expect.eq(c:read(p), 0x41)
a:wait(b)
for _, t in ipairs(tasks()) do
	if t.name == "c" or t.name == "e" then expect.eq(t.parent, 1) end
end

step("The youngest writes, the others still share")
d:write(p, 0x44)
expect.eq(frame(f).owners, "a and c")
expect.eq(a:read(p), 0x41)
