-- Top-down placement looks below mmap_base, down to the first page. When nothing is left there, the search turns round: the
-- lowest gap above mmap_legacy_base (a third of the address space), which by then can only lie above mmap_base.
--
--	0  64K              legacy              mmap_base        stack
--	...|####################################|......****......|SSS
-- both: needs /proc/sys/vm/mmap_min_addr 65536
-- both: below 6.12, which finds no place below mmap_min_addr and turns round instead (6.12.117)
local a = spawn("a")
local base, legacy = a:mm().mmap_base, a:mm().mmap_legacy_base
expect.eq(legacy, (0x7ffffffff000 // 3 + 4095) & ~4095)
-- Areas that nobody may touch are not committed, so all of the space can be taken.
local function fence(from, to)
	expect.eq(a:mmap{len = to - from, prot = "none", flags = "private,anon,fixed", addr = from}, from)
end
step("Everything from the agent's slots to mmap_base is taken: room below is found, down to the first gap that fits")
fence(0x20020000, base)
local low = a:mmap{len = 16 << 20, prot = "none"}
expect.eq(low, 0x20000000 - (16 << 20))
step("All of that, too: the search turns round")
fence(0x10000, 0x400000)
fence(0x401000, 0x20000000)
local p = a:mmap{len = 16 << 20, prot = "none"}
expect.eq(p, base, "the lowest place above mmap_base")
expect.eq(a:mmap{len = 16 << 20, prot = "r"}, base + (16 << 20), "and the next goes above it")
step("One page does fit below 64 KiB: x86 searches down to the second page, and the mapping is refused afterwards, as on Linux")
expect.errno(function() return a:mmap{len = PAGE, prot = "r"} end, "EPERM")
step("What fits nowhere: ENOMEM")
expect.errno(function() return a:mmap{len = 1 << 30, prot = "none"} end, "ENOMEM")
