-- Where mmap puts an area: top-down below the stack's room, the very addresses that Linux chooses without randomisation.
local a = spawn("a")
local function map(len, addr, flags)
	return a:mmap{len = len*PAGE, prot = "r", flags = flags or "private,anon", addr = addr}
end

step("Top-down: each below the last")
expect.eq(map(1), 0x7ffff7ffe000)
expect.eq(map(2), 0x7ffff7ffc000)
expect.eq(map(4), 0x7ffff7ff8000)

step("A hole that is large enough is used again, the highest first")
a:munmap(0x7ffff7ffc000, 2*PAGE)
expect.eq(map(3), 0x7ffff7ff5000, "three pages do not fit the hole of two")
expect.eq(map(1), 0x7ffff7ffd000, "the hole's upper end")
expect.eq(map(1), 0x7ffff7ffc000, "and its lower")

step("A hint is taken where it is free")
expect.eq(map(1, 0x10000000), 0x10000000)
expect.eq(map(1, 0x10001234), 0x10001000, "rounded down to a page")

step("Where it is not, the usual place")
expect.eq(map(1, 0x10000000), 0x7ffff7ff4000)

step("A hint below mmap_min_addr is lifted to it")
expect.eq(map(1, PAGE), 0x10000)

step("MAP_32BIT: bottom-up from 1 GiB")
expect.eq(map(1, nil, "private,anon,32bit"), 0x40000000)
expect.eq(map(1, nil, "private,anon,32bit"), 0x40001000)
