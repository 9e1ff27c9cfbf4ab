-- status: 1
-- stderr: expectation failed: sweep of munmap, allocation 1 fails: it may not change that
-- A function that does more than the operation it is swept as.
local a = spawn("a")
local p = a:mmap{len = 3 * PAGE, prot = "rw", flags = "private,anon"}
inject.sweep("munmap", function()
	a:mprotect(p, 3 * PAGE, "r")
	return a:munmap(p + PAGE, PAGE)
end)
