-- A signal raised inside a handler runs at once, on top of it; with its bit in sa_mask it waits until the handler is done.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon,32bit"}
local q = p + 0x800						-- counter, and behind it what the second handler saw
local abs = function(at) return string.pack("<I4", at) end
local first = "\xb8\x27\x00\x00\x00\x0f\x05\x89\xc7" ..		-- getpid; mov %eax, %edi
	"\xbe\x0c\x00\x00\x00\xb8\x3e\x00\x00\x00\x0f\x05" ..	-- kill(%edi, SIGUSR2)
	"\x48\xff\x04\x25" .. abs(q) .. "\xc3"			-- incq q; ret
local second = "\x48\x8b\x04\x25" .. abs(q) .. "\x48\x89\x04\x25" .. abs(q + 8) .. "\xc3" -- q+8 = q
a:write(p, first)
a:write(p + 0x100, second)
a:write(p + 0x200, "\xb8\x0f\x00\x00\x00\x0f\x05")		-- rt_sigreturn
a:write(q + 8, 0xff)
a:mprotect(p, PAGE, "rwx")
local function action(signo, handler, mask)
	expect.eq(a:syscall("rt_sigaction", signo, string.pack("<I8I8I8I8", handler, 0x04000000, p + 0x200, mask), 0, 8), 0)
end
action(10, p, 0)
action(12, p + 0x100, 0)
step("Nested: the second ran before the first went on")
a:kill("SIGUSR1")
expect.eq(a:read(q), 1)
expect.eq(a:read(q + 8), 0)
step("Masked: it ran after")
action(10, p, 1 << 11)
a:kill("SIGUSR1")
expect.eq(a:read(q), 2)
expect.eq(a:read(q + 8), 2)
