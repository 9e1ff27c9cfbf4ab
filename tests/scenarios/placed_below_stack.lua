-- Where the kernel chooses, nothing is placed in the 256 pages below an area that grows down, even if all else is taken.
local a = spawn("a")
local function map(len, flags, at)
	return a:mmap{len = len, prot = "rw", flags = "private,anon" .. (flags or ""), addr = at}
end
local base = map(PAGE)
a:munmap(base, PAGE)
-- From mmap_base down: an area, 300 pages with a stack at their top, an area; the one place of this size that is near.
local top = base + PAGE
map(PAGE, ",fixed", top - PAGE)
local stack = map(PAGE, ",fixed,growsdown", top - 2*PAGE)
local floor = map(PAGE, ",fixed", stack - 301*PAGE)

step("Forty pages fit below the guard gap")
expect.eq(map(40*PAGE), stack - 296*PAGE)

step("Five more do not: they go below everything, though there are 260 free pages above")
expect.eq(map(5*PAGE), floor - 5*PAGE)

step("A hint there is not taken either: two pages fit between the floor and the forty. An order is")
expect.eq(map(2*PAGE, "", stack - 100*PAGE), stack - 298*PAGE)
expect.eq(map(2*PAGE, ",fixed", stack - 100*PAGE), stack - 100*PAGE)

step("An area that moves is placed in the same way")
a:munmap(stack - 100*PAGE, 2*PAGE)
expect.eq(a:mremap{addr = stack - 298*PAGE, len = 2*PAGE, newlen = 200*PAGE, flags = "maymove"}, floor - 205*PAGE)
