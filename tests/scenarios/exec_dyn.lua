-- both: no, the new program has no agent in it that could be asked
-- Programs that may be anywhere, and the interpreter that a program asks for. Three files written by the script: each does no more
-- than pause(), so that its areas can be looked at.
local a = spawn("a")

-- mov eax, 34 (pause); syscall; jmp back
local code = "\xb8\x22\0\0\0\x0f\x05\xeb\xf7"
local function pad(text, n) return text .. ("\0"):rep(n - #text) end
local function phdr(type, flags, offset, vaddr, filesz, memsz, align)
	return string.pack("<I4I4I8I8I8I8I8I8", type, flags, offset, vaddr, vaddr, filesz, memsz, align or 4096)
end
-- Code at 0x1e0, then what follows.
local function elf(type, entry, segments, rest)
	local ehdr = string.pack("<c16I2I2I4I8I8I8I4I2I2I2I2I2I2", "\x7fELF\2\1\1", type, 62, 1, entry, 64, 0, 0, 64, 56, #segments, 0, 0, 0)
	return pad(pad(ehdr .. table.concat(segments), 0x1e0) .. code, 0x1f0) .. rest
end
local function put(path, bytes)
	local fd = a:open(path, "w,creat,trunc", 0x1ed)
	a:write_fd(fd, bytes)
	a:close(fd)
end
-- A line for each area: where, rights, what.
local function areas(task)
	local text = {}
	for line in task:proc("maps"):gmatch("[^\n]+") do
		local range, rights, offset, name = line:match("^(%S+) (%S+) (%S+) %S+ %d+%s*(.*)$")
		text[#text + 1] = range .. " " .. rights .. " " .. offset .. " " .. name
	end
	return text
end
-- The auxiliary vector as the program finds it, by type.
local function auxv(task)
	local fd = a:open("/proc/" .. task.pid .. "/auxv", "r")
	local bytes, values = a:read_fd(fd, 512), {}
	for at = 1, #bytes, 16 do
		local type, value = string.unpack("<I8I8", bytes, at)
		values[type] = value
	end
	a:close(fd)
	return values
end
local AT_PHDR, AT_BASE, AT_ENTRY = 3, 7, 9
local function run(path)
	local b = a:fork()
	b:start("execve", path, 0, 0)
	return b
end
local function ends(task)
	a:syscall("kill", task.pid, 9)
	a:wait(task)
end

local text, data = phdr(1, 5, 0, 0, 0x1f8, 0x1f8), phdr(1, 6, 0x1f0, 0x21f0, 8, 0x1e00)
put("/ld.so", elf(3, 0x1e0, {text, data}, "interp!!"))
local asks = phdr(3, 4, 0x1f0, 0, 7, 7)
local long = {phdr(1, 5, 0, 0, 0x200, 0x200), phdr(1, 6, 0x1f0, 0x21f0, 8, 0x3000), asks}

step("Without an interpreter: below mmap_base, all its segments together; the heap would begin where other programs lie")
local b = run("/ld.so")
expect.eq(table.concat(areas(b), "\n"),
	  "7ffff7ffb000-7ffff7ffc000 r-xp 00000000 /ld.so\n" ..
	  "7ffff7ffd000-7ffff7ffe000 rw-p 00000000 /ld.so\n" ..
	  "7ffff7ffe000-7ffff7fff000 rw-p 00000000 \n" ..
	  "7ffffffde000-7ffffffff000 rw-p 00000000 [stack]")
local v = auxv(b)
expect.eq(v[AT_BASE], 0)
expect.eq(v[AT_ENTRY], 0x7ffff7ffb1e0)
expect.eq(v[AT_PHDR], 0x7ffff7ffb040)
ends(b)

step("With one: the program at ELF_ET_DYN_BASE, the interpreter where the other was, and it runs first")
put("/pie", elf(3, 0x77, long, "/ld.so\0"))
b = run("/pie")
expect.eq(table.concat(areas(b), "\n"),
	  "555555554000-555555555000 r-xp 00000000 /pie\n" ..
	  "555555556000-555555557000 rw-p 00000000 /pie\n" ..
	  "555555557000-55555555a000 rw-p 00000000 [heap]\n" ..
	  "7ffff7ffb000-7ffff7ffc000 r-xp 00000000 /ld.so\n" ..
	  "7ffff7ffd000-7ffff7ffe000 rw-p 00000000 /ld.so\n" ..
	  "7ffff7ffe000-7ffff7fff000 rw-p 00000000 \n" ..
	  "7ffffffde000-7ffffffff000 rw-p 00000000 [stack]")
v = auxv(b)
expect.eq(v[AT_BASE], 0x7ffff7ffb000)
expect.eq(v[AT_ENTRY], 0x555555554077)
expect.eq(v[AT_PHDR], 0x555555554040)
ends(b)

step("A segment that wants to lie at a multiple of 2 MiB: all of the program goes down to one")
put("/pie", elf(3, 0x77, {phdr(1, 5, 0, 0, 0x200, 0x200, 0x200000), asks}, "/ld.so\0"))
b = run("/pie")
expect.eq(areas(b)[1], "555555400000-555555401000 r-xp 00000000 /pie")
ends(b)

step("A program with addresses of its own asks for an interpreter, too")
put("/exec", elf(2, 0x4001e0, {phdr(1, 5, 0, 0x400000, 0x200, 0x200), asks}, "/ld.so\0"))
b = run("/exec")
expect.eq(areas(b)[1], "00400000-00401000 r-xp 00000000 /exec")
expect.eq(areas(b)[2], "7ffff7ffb000-7ffff7ffc000 r-xp 00000000 /ld.so")
expect.eq(auxv(b)[AT_BASE], 0x7ffff7ffb000)
ends(b)

step("Bytes behind a segment's contents in its last page are zeros, the page's own before them")
put("/ld.so", elf(3, 0x1e0, {text, phdr(1, 6, 0x1f0, 0x21f0, 4, 0x10)}, "data, and more"))
b = run("/ld.so")
local mem = a:open("/proc/" .. b.pid .. "/mem", "r")
expect.eq(a:pread(mem, 12, 0x7ffff7ffe1f0), "data" .. ("\0"):rep(8))
a:close(mem)
ends(b)

step("What is wrong with an interpreter, while the old program can still be told")
local function refused(errno, interp, name)
	if interp then put("/ld.so", interp) end
	put("/pie", elf(3, 0, {text, phdr(3, 4, 0x1f0, 0, #name, #name)}, name))
	local value, got = a:exec("/pie", {"pie"})
	expect.eq(got, errno)
end
refused("ENOENT", nil, "/none\0")
refused("ENOEXEC", nil, "/ld.so")
refused("ENOEXEC", nil, "\0")
refused("EACCES", nil, "/dev\0")
refused("EIO", "short", "/ld.so\0")
refused("ELIBBAD", pad("no ELF", 64), "/ld.so\0")
refused("ELIBBAD", elf(3, 0, {}, ""), "/ld.so\0")

step("… and when it cannot: no segments, a type that nobody runs")
for _, interp in ipairs{elf(3, 0, {phdr(4, 4, 0, 0, 0, 0)}, ""), elf(1, 0, {text}, "12345678")} do
	put("/ld.so", interp)
	put("/pie", elf(3, 0, long, "/ld.so\0"))
	b = a:fork()
	local value, how = b:exec("/pie", {"pie"})
	expect.eq(how, "killed by SIGSEGV")
end
