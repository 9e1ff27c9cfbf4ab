-- What a process begins with in its SSE registers is what the processor has after a reset, whatever its kernel stack held before.
local function mxcsr(t)
	local p = t:mmap{len = PAGE, prot = "rwx"}
	t:write(p, "\x48\x8d\x05\x39\0\0\0\x0f\xae\x18\x8b\0\xc3")	-- lea p+64, %rax; stmxcsr (%rax); mov (%rax), %eax; ret
	return t:run(p)
end
local a = spawn("a")
expect.eq(mxcsr(a), 0x1f80)

step("Frames that held something else become the next one's stack")
local p = a:mmap{len = 64*PAGE}
a:fill(p, 64*PAGE, 0xff)
a:munmap(p, 64*PAGE)
local b = spawn("b")
expect.eq(mxcsr(b), 0x1f80)
