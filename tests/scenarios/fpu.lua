-- The SSE registers are a task's own: over switches, fork, exec, and while a handler runs.
local a = spawn("a")
local code = a:mmap{len = PAGE, prot = "rwx"}
local set = "\x48\xb8%s\x66\x48\x0f\x6e\xc0\xc3"		-- mov $imm64, %rax; movq %rax, %xmm0; ret
local get = "\x66\x48\x0f\x7e\xc0\xc3"				-- movq %xmm0, %rax; ret
a:write(code, get)
local function put(t, value) t:write(code + 64, (set:gsub("%%s", (string.pack("<I8", value):gsub("%%", "%%%%"))))) t:run(code + 64) end

step("A new program begins with zeros")
expect.eq(a:run(code), 0)
put(a, 0x1111)
expect.eq(a:run(code), 0x1111)

step("The child has what its parent had, and then its own")
local b = a:fork()
expect.eq(b:run(code), 0x1111)
put(b, 0x2222)
expect.eq(a:run(code), 0x1111)
expect.eq(b:run(code), 0x2222)

step("A thread, too; and who dies leaves nothing behind")
local t = a:thread()
put(t, 0x3333)
expect.eq(a:run(code), 0x1111)
expect.eq(b:run(code), 0x2222)
expect.eq(t:run(code), 0x3333)
t:syscall("exit", 0)
expect.eq(a:run(code), 0x1111)

step("exec begins anew")
b:exec()
local mine = b:mmap{len = PAGE, prot = "rwx", addr = code, flags = "private,anon,fixed"}
b:write(mine, get)
expect.eq(b:run(mine), 0)
expect.eq(a:run(code), 0x1111)
b:exit(0)

step("A signal's frame holds the registers: the handler may spoil them, and what it changes in the frame comes back")
-- handler: mov 0xe0(%rdx), %rax (uc_mcontext.fpstate); movq $0x77, 0xa0(%rax) (XMM0); xorps %xmm0, %xmm0; ret
local change = "\x48\x8b\x82\xe0\0\0\0\x48\xc7\x80\xa0\0\0\0\x77\0\0\0\x0f\x57\xc0\xc3"
local spoil = "\x0f\x57\xc0\xc3"
local restorer = "\xb8\x0f\0\0\0\x0f\x05"			-- mov $15, %eax (rt_sigreturn); syscall
a:write(code + 256, restorer)
local function handle(signo, at, text)
	a:write(at, text)
	-- SA_SIGINFO | SA_RESTORER
	a:syscall("rt_sigaction", signo, string.pack("<I8I8I8I8", at, 0x04000004, code + 256, 0), 0, 8)
end
handle(10, code + 320, spoil)
handle(12, code + 384, change)
a:kill("SIGUSR1")
expect.eq(a:run(code), 0x1111)
a:kill("SIGUSR2")
expect.eq(a:run(code), 0x77)
