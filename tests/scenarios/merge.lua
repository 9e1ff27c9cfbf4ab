-- Anonymous areas with the same rights that touch each other are one area.
local a = spawn("a")
local function map(addr, prot)
	return a:mmap{len = PAGE, prot = prot or "rw", flags = "private,anon,fixed", addr = addr}
end
local base = 0x10000000
local areas = #a:maps()

step("Above, below, and the gap between two")
map(base + PAGE)
map(base + 2*PAGE)
expect.eq(a:vma(base + PAGE).len, 2*PAGE)
map(base)
expect.eq(a:vma(base).len, 3*PAGE)
map(base + 4*PAGE)
expect.eq(#a:maps(), areas + 2)
map(base + 3*PAGE)
expect.eq(a:vma(base).len, 5*PAGE)
expect.eq(#a:maps(), areas + 1)

step("Other rights do not merge")
map(base + 5*PAGE, "r")
expect.eq(#a:maps(), areas + 2)

step("An area with pages takes in a fresh neighbour")
a:fill(base, 5*PAGE, 1)
a:munmap(base + 5*PAGE, PAGE)
map(base + 5*PAGE)
expect.eq(a:vma(base).len, 6*PAGE)

step("Two areas that each had pages before they met stay two: their reverse maps differ")
map(base + 16*PAGE)
a:write(base + 16*PAGE, 1)
map(base + 18*PAGE)
a:write(base + 18*PAGE, 1)
map(base + 17*PAGE)
expect.eq(#a:maps(), areas + 3)

step("Far apart stays apart")
map(base + 64*PAGE)
expect.eq(#a:maps(), areas + 4)
