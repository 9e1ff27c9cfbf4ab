-- Where top-down placement begins: below the room that the stack may take, which exec reads from RLIMIT_STACK, within 128 MiB
-- and five sixths of the address space. The base is the mm's: it changes with exec and not with the limit.
local a = spawn("a")
local top = 0x7ffffffff000
local function base() return a:mm().mmap_base end
local function after_exec(limit)
	a:rlimit("stack", limit, "unlimited")
	expect.eq(a:exec(), 0)
	local p = a:mmap{len = PAGE, prot = "rw"}
	expect.eq(p, base() - PAGE)
	return base()
end
step("8 MiB and the guard gap are less than 128 MiB: that is the least")
expect.eq(base(), top - (128 << 20))
step("The limit alone changes nothing")
a:rlimit("stack", 1 << 30, "unlimited")
expect.eq(base(), top - (128 << 20))
step("With exec: 1 GiB and the guard gap")
expect.eq(after_exec(1 << 30), top - (1 << 30) - 256*PAGE)
step("Without a limit: five sixths. (It was the bottom-up layout in older Linux, and is on other machines)")
expect.eq(after_exec("unlimited"), 0x155555556000)
step("A child inherits what its parent has")
local b = a:fork()
expect.eq(b:mm().mmap_base, 0x155555556000)
