-- An address without MAP_FIXED is a hint: taken where it is free, with the gap that stacks keep; else the kernel chooses.
local a = spawn("a")
local function map(addr, len, more)
	return a:mmap{len = len or PAGE, prot = "rw", flags = "private,anon" .. (more or ""), addr = addr}
end
local first = map(0)

step("Free: taken")
expect.eq(map(0x10000000), 0x10000000)
step("Not page-aligned: rounded down")
expect.eq(map(0x30000fff), 0x30000000)
step("Taken already, even in part: as if none was given, right below the last")
expect.eq(map(0x10000000), first - PAGE)
expect.eq(map(0x0ffff000, 2*PAGE), first - 3*PAGE)
step("Below mmap_min_addr (64 KiB): moved up to it")
expect.eq(map(0x1000), 0x10000)
step("Beyond the end of user addresses: as if none was given")
expect.eq(map(0x7ffffffff000), first - 4*PAGE)
expect.eq(map(-PAGE), first - 5*PAGE)
step("Within 256 pages below the stack: a hint must keep the guard gap free, MAP_FIXED need not")
local stack
for _, v in ipairs(a:maps()) do if v.name == "[stack]" then stack = v.start end end
expect.eq(map(stack - 256*PAGE), first - 6*PAGE)
expect.eq(map(stack - 257*PAGE), stack - 257*PAGE)
expect.eq(map(stack - 2*PAGE, PAGE, ",fixed"), stack - 2*PAGE)
