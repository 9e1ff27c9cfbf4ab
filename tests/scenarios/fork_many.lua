-- Eight children of one page: the count of mappings goes up and down with them, and the last who holds it needs no copy.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw"}
a:write(p, 1)
local first, children = a:pte(p).frame, {}
for i = 1, 8 do
	children[i] = a:fork()
	expect.eq(frame(first).map, i + 1)
end
step("Every second one writes: a copy each")
for i = 2, 8, 2 do children[i]:write(p, i) end
expect.eq(frame(first).map, 5)
step("All others but the last go")
a:write(p, 9)
for i = 1, 5, 2 do children[i]:exit(0) end
expect.eq(frame(first).map, 1)
local free = frames().anon
children[7]:write(p, 7)
expect.eq(frames().anon, free, "no new frame")
expect.eq(children[7]:pte(p).frame, first)
expect.eq(children[8]:read(p), 8)
expect.eq(a:read(p), 9)
