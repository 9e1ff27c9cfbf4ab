-- CR3 is loaded when the address space changes, and only then: not between threads of one mm, not for a kernel thread
-- (it borrows), and not when the borrower gives way to the same mm again.
local a = spawn("a")
local function cost(f)
	local before = cpus()[1]
	f()
	local now = cpus()[1]
	return now.cr3_loads - before.cr3_loads, now.switches - before.switches
end
local loads, switches

step("a after a: idle in between, no load")
a:syscall("getpid")
loads, switches = cost(function() a:syscall("getpid") end)
expect.eq(loads, 0)
expect(switches >= 2, "to a and back to idle")

step("A thread after the other, back and forth: no load")
local t = a:thread()
loads, switches = cost(function()
	for _ = 1, 3 do t:syscall("gettid"); a:syscall("gettid") end
end)
expect.eq(loads, 0)
expect(switches >= 12)

step("Two processes: one load for each change")
local b = spawn("b")
b:syscall("getpid")
loads = cost(function()
	a:syscall("getpid")
	b:syscall("getpid")
	b:syscall("getpid")
	a:syscall("getpid")
end)
expect.eq(loads, 3)
