-- mremap() of a range that begins in one page table and ends in another, to a place whose tables part elsewhere.
local a = spawn("a")
local TABLE = 512 * PAGE
local from, to = 0x10000000 + TABLE - 3*PAGE, 0x40000000 + TABLE - 2*PAGE

local function filled(at, n)
	for i = 0, n - 1 do
		expect.eq(a:read(at + i*PAGE), 0x41 + i, "page " .. i)
	end
end

step("Three pages each side of the border; two and four at the other place")
a:mmap{addr = from, len = 6*PAGE, prot = "rw", flags = "private,anon,fixed"}
for i = 0, 5 do a:write(from + i*PAGE, 0x41 + i) end
local frames = {}
for i = 0, 5 do frames[i] = a:pte(from + i*PAGE).frame end
expect.eq(a:mremap{addr = from, len = 6*PAGE, newlen = 6*PAGE, flags = "maymove,fixed", newaddr = to}, to)
for i = 0, 5 do expect.eq(a:pte(to + i*PAGE).frame, frames[i], "moved, not copied") end
filled(to, 6)

step("It grows on the way; what is new is empty")
expect.eq(a:mremap{addr = to, len = 6*PAGE, newlen = 8*PAGE, flags = "maymove,fixed", newaddr = from - PAGE}, from - PAGE)
filled(from - PAGE, 6)
expect.eq(a:read(from + 6*PAGE), 0)

step("It shrinks on the way: the last page goes")
expect.eq(a:mremap{addr = from - PAGE, len = 8*PAGE, newlen = 5*PAGE, flags = "maymove,fixed", newaddr = to}, to)
filled(to, 5)
expect.fault(function() return a:read(to + 5*PAGE) end, {signal = "SIGSEGV", code = "SEGV_MAPERR", addr = to + 5*PAGE})
