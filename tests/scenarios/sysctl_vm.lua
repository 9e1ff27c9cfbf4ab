-- /proc/sys/vm: how memory is promised, and how many areas a process may have, changed while the kernel runs.
-- both: no, the settings of a host are not a test's to change
local a = spawn("a")
local function set(name, value)
	local fd = a:open("/proc/sys/vm/" .. name, "rw")
	local n, why = a:pwrite(fd, tostring(value) .. "\n", 0)
	a:close(fd)
	return n, why
end
local function map(pages, more)
	return a:mmap{len = pages*PAGE, prot = "rw", flags = "private,anon" .. (more or "")}
end
local MANY = (1 << 40) // PAGE

step("0, a guess: what is more than all RAM is refused, whatever else was promised")
expect.eq(a:cat("/proc/sys/vm/overcommit_memory"), "0\n")
expect.errno(function() return map(MANY) end, "ENOMEM")
local p = map(10000)
local q = map(10000)
a:munmap(p, 10000*PAGE)
a:munmap(q, 10000*PAGE)

step("1, always: nothing is refused")
set("overcommit_memory", 1)
p = map(MANY)
a:munmap(p, MANY*PAGE)

step("2, never more than there is: half of RAM here, less what is kept for root; MAP_NORESERVE is not listened to")
set("overcommit_memory", 2)
expect.errno(function() return map(16000) end, "ENOMEM")
expect.errno(function() return map(16000, ",noreserve") end, "ENOMEM")
p = map(6000)
expect.errno(function() return map(6000) end, "ENOMEM")
set("overcommit_ratio", 100)
q = map(6000)
a:munmap(p, 6000*PAGE)
a:munmap(q, 6000*PAGE)

step("What is no setting is refused, and changes nothing")
local _, why = set("overcommit_memory", 3)
expect.eq(why, "EINVAL")
_, why = set("overcommit_memory", "many")
expect.eq(why, "EINVAL")
expect.eq(a:cat("/proc/sys/vm/overcommit_memory"), "2\n")
set("overcommit_memory", 0)

step("max_map_count: one area more than it is granted, as on Linux; then neither a new one nor a split")
local areas = a:mm().map_count
set("max_map_count", areas + 2)
local base = 0x10000000
local function at(page) return a:mmap{len = 3*PAGE, prot = "r", flags = "private,anon,fixed", addr = base + page*PAGE} end
for i = 0, 2 do expect.eq(at(i*8), base + i*8*PAGE) end
expect.errno(function() return at(64) end, "ENOMEM")
expect.errno(function() return a:mprotect(base + PAGE, PAGE, "none") end, "ENOMEM")
expect.errno(function() return a:munmap(base + PAGE, PAGE) end, "ENOMEM")
expect.eq(a:munmap(base, PAGE), 0, "an end may go: that makes no area more")
set("max_map_count", 65530)
expect.eq(at(64), base + 64*PAGE)
