-- What may not be in MXCSR makes a signal's frame a bad one: who returns by it is killed.
-- both: no, an emulated processor takes any MXCSR, and there Linux does not look
local a = spawn("a")
local code = a:mmap{len = PAGE, prot = "rwx"}
local restorer = "\xb8\x0f\0\0\0\x0f\x05"			-- mov $15, %eax (rt_sigreturn); syscall
a:write(code + 256, restorer)
-- mov 0xe0(%rdx), %rax (uc_mcontext.fpstate); movl $-1, 0x18(%rax); ret
a:write(code + 384, "\x48\x8b\x82\xe0\0\0\0\xc7\x40\x18\xff\xff\xff\xff\xc3")
-- SA_SIGINFO | SA_RESTORER
a:syscall("rt_sigaction", 12, string.pack("<I8I8I8I8", code + 384, 0x04000004, code + 256, 0), 0, 8)
a:kill("SIGUSR2")
expect(not a:alive())
