-- both: no, the new program has no agent in it that could be asked
-- execve of a file: a program of 200 bytes, written by the script. What Linux refuses before it gives up the old program comes back
-- as an errno; later there is nobody left to tell, and SIGSEGV ends the process.
local a = spawn("a")

-- mov edi, [data]; mov [bss], edi; mov eax, 60 (exit); syscall
local code = "\x8b\x3c\x25\xf8\x00\x60\x00" .. "\x89\x3c\x25\x00\x08\x60\x00" .. "\xb8\x3c\0\0\0" .. "\x0f\x05"
local function ehdr(type, phnum)
	return string.pack("<c16I2I2I4I8I8I8I4I2I2I2I2I2I2", "\x7fELF\2\1\1", type, 62, 1, 0x400000 + 0xe0, 64, 0, 0, 64, 56,
			   phnum, 0, 0, 0)
end
local function phdr(type, flags, offset, vaddr, filesz, memsz)
	return string.pack("<I4I4I8I8I8I8I8I8", type, flags, offset, vaddr, vaddr, filesz, memsz, 4096)
end
local function pad(text, n) return text .. ("\0"):rep(n - #text) end
-- Code at 0xe0, data (42) at 0xf8; the data's segment goes on as bss.
local function program(type, segments)
	return pad(pad(ehdr(type, 2) .. table.concat(segments), 0xe0) .. code, 0xf8) .. "\42\0\0\0"
end
local text = phdr(1, 5, 0, 0x400000, 0xf8, 0xf8)
local data = phdr(1, 6, 0, 0x600000, 0xfc, 0x2000)

local function put(path, bytes, mode)
	local fd = a:open(path, "w,creat,trunc", mode or 0x1ed)
	a:write_fd(fd, bytes)
	a:close(fd)
end
local function fails(errno, path)
	local value, got = a:exec(path, {path})
	expect.eq(value, nil)
	expect.eq(got, errno)
end

put("/prog", program(2, {text, data}))
step("It runs: text and data from the file's own pages, bss behind them; its status is what stands in its data")
local b = a:fork()
local value, how = b:exec("/prog", {"prog"})
expect.eq(how, "exited 42")

step("Refused, and nothing has changed")
fails("ENOENT", "/none")
fails("EACCES", "/dev")
fails("EACCES", "/dev/null")
put("/plain", program(2, {text, data}), 0x1a4)
fails("EACCES", "/plain")
put("/empty", "")
fails("ENOEXEC", "/empty")
put("/text", "hello")
fails("ENOEXEC", "/text")
put("/core", program(4, {text, data}))
fails("ENOEXEC", "/core")
put("/headers", ehdr(2, 200))
fails("ENOEXEC", "/headers")
put("/interp", program(2, {phdr(3, 4, 0x100, 0, 6, 6), text}) .. ("\0"):rep(4) .. "/none\0")
fails("ENOENT", "/interp")
put("/interp", program(2, {phdr(3, 4, 0x100, 0, 6, 6), text}) .. ("\0"):rep(4) .. "/text\0")
fails("EIO", "/interp")
a:chmod("/text", 0x1a4)
fails("EACCES", "/interp")
local fd = a:open("/prog", "rw")
fails("ETXTBSY", "/prog")
a:close(fd)

step("Strings that cannot be read are told before a file that is not there")
value, how = a:syscall("execve", "/none", 0x1000, 0)
expect.eq(how, "EFAULT")
value, how = a:syscall("execve", 0x1000, 0, 0)
expect.eq(how, "EFAULT")
value, how = a:syscall("execve", "", 0, 0)
expect.eq(how, "ENOENT")

step("A segment that cannot be: by now the old program is gone")
put("/bad", program(2, {text, phdr(1, 6, 0, 0x600000, 0x2000, 0x1000)}))
b = a:fork()
value, how = b:exec("/bad", {"bad"})
expect.eq(how, "killed by SIGSEGV")

step("A link to the agent is the agent")
a:symlink("agent", "/link")
a:exec("/link")
expect.eq(a:read(0x400000, 4), 0x464c457f)
a:exit(0)
