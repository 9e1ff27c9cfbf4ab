-- What a process took, its end gives back, to the last frame.
local function live_and_die()
	local a = spawn()
	local p = a:mmap{len = 700*PAGE, prot = "rw", flags = "private,anon"}
	a:fill(p, 40*PAGE, 1)
	a:write(p + 650*PAGE, 1)
	a:read(p + 100*PAGE)
	a:brk(a:brk(0) + 3*PAGE)
	a:write(a:counters().start_brk, 1)
	local b = a:fork()
	b:fill(p, 20*PAGE, 2)
	b:exit(0)
	a:wait(b)
	a:exit(0)
end

-- The first life also fills slab caches, which keep their pages.
live_and_die()
local before = frames()

step("A second life, the same again")
live_and_die()
local after = frames()
expect.eq(after.all_free, before.all_free, "free frames")
expect.eq(after.anon, before.anon, "anonymous frames")
expect.eq(after.table, before.table, "page tables")
expect.eq(after.kernel, before.kernel, "kernel stacks")
