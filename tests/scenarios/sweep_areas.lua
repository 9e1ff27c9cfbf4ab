-- Every allocation of the calls on areas fails, one after the other: each time the call must tell it, undo itself, leak
-- nothing, and succeed when tried again (docs/mm.md, "What a failed call may have changed").
local a = spawn()
local p = a:mmap{addr = 0x100000000, len = 16 * PAGE, prot = "rw", flags = "private,anon,fixed"}
a:fill(p, 4 * PAGE, 1)
local far = 0x200000000000

inject.sweep("mmap", function() return a:mmap{len = 4 * PAGE, prot = "rw", flags = "private,anon"} end)
inject.sweep("mmap shared", function() return a:mmap{len = PAGE, prot = "rw", flags = "shared,anon"} end)
inject.sweep("mmap fixed", function()
	return a:mmap{addr = p + 2 * PAGE, len = 4 * PAGE, prot = "r", flags = "private,anon,fixed"}
end)
inject.sweep("mmap populate", function()
	return a:mmap{addr = far, len = 3 * PAGE, prot = "rw", flags = "private,anon,fixed,populate"}
end)
inject.sweep("munmap", function() return a:munmap(p + PAGE, PAGE) end)
inject.sweep("mprotect", function() return a:mprotect(p + 8 * PAGE, PAGE, "r") end)
inject.sweep("brk", function()
	local old = a:brk(0)
	return a:brk(old + 2 * PAGE) == old + 2 * PAGE or nil, "ENOMEM"
end)
inject.sweep("mremap", function() return a:mremap{addr = p + 6 * PAGE, len = PAGE, newlen = 20 * PAGE, flags = "maymove"} end)
inject.sweep("madvise", function() return a:madvise(p + 10 * PAGE, PAGE, "dontfork") end)
inject.sweep("mlock", function() return a:mlock(p + 12 * PAGE, PAGE) end)
inject.sweep("munlock", function() return a:munlock(p + 12 * PAGE, PAGE) end)
inject.sweep("mlock2", function() return a:mlock2(p + 14 * PAGE, PAGE, "onfault") end)
inject.sweep("mlockall", function() return a:mlockall("current") end)
inject.sweep("munlockall", function() return a:munlockall() end)
inject.sweep("msync", function() return a:msync(p + 12 * PAGE, PAGE, "sync") end)
inject.sweep("mincore", function() return a:mincore(p + 12 * PAGE, PAGE) end)

step("only objects of slabs, only what one function wants")
local mmap = function() return a:mmap{len = PAGE, prot = "r", flags = "private,anon"} end
inject.sweep("mmap", mmap, {kinds = "slab"})
inject.sweep("mmap", function() return a:mmap{addr = far * 2, len = PAGE, prot = "r", flags = "private,anon,fixed"} end,
	{site = "sys_mmap"})
inject.sweep("mmap", mmap, {site = "ksys_fork"})

step("by hand: the next page that anybody wants")
inject.fail_alloc{nth = 1, kinds = "pages"}
expect.errno(function() return a:fork() end, "ENOMEM")
local b = a:fork()
expect(b:alive())
