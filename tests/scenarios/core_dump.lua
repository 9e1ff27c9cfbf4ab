-- A core: which signals leave one, where it goes, what stands in it and what does not. The ELF is read here as a debugger reads it.
-- both: no, the box allows no core: the core_pattern of a host may start programs outside
local CORE, CHDIR, RT_SIGACTION = 4, 80, 13
local a = spawn("a")
local function limit(task, bytes)
	expect.eq(task:syscall("setrlimit", CORE, string.pack("<I8I8", bytes, -1)), 0)
end
local function child(f)
	local b = a:fork()
	f(b)
	local _, status = a:wait(b)
	return status
end
-- {type=, offset=, va=, filesz=, memsz=} of each program header.
local function headers(fd)
	local phnum = string.unpack("<I2", a:pread(fd, 64, 0), 57)
	local text, list = a:pread(fd, phnum * 56, 64), {}
	for i = 0, phnum - 1 do
		local h = {}
		h.type, h.flags, h.offset, h.va, h.pa, h.filesz, h.memsz = string.unpack("<I4I4I8I8I8I8I8", text, 1 + i * 56)
		list[#list + 1] = h
	end
	return list
end
local function segment(list, va)
	for _, h in ipairs(list) do
		if h.type == 1 and h.va == va then return h end
	end
end
-- Type and data of each note.
local function notes(fd, list)
	local text, at, found = a:pread(fd, math.min(list[1].filesz, 512), list[1].offset), 1, {}
	while at + 12 <= #text do
		local namesz, descsz, kind = string.unpack("<I4I4I4", text, at)
		found[#found + 1] = {kind = kind, data = string.sub(text, at + 20, at + 19 + descsz)}
		at = at + 20 + (descsz + 3) // 4 * 4
	end
	return found
end

step("No limit was set: it is 0, and nothing is left behind")
expect.eq(child(function(b) b:kill("SIGABRT") end).core, false)
expect.errno(function() return a:open("/core") end, "ENOENT")

step("Of these signals the default action dumps; of others it does not")
limit(a, -1)
for _, signal in ipairs{"SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGXCPU", "SIGXFSZ", "SIGSYS"} do
	local status = child(function(b)
		b:syscall("rt_sigaction", signal == "SIGILL" and 4 or signal == "SIGTRAP" and 5 or signal == "SIGBUS" and 7 or
			  signal == "SIGFPE" and 8 or 11, string.rep("\0", 32), 0, 8)
		b:kill(signal)
	end)
	expect.eq(status.signal, signal)
	expect.eq(status.core, true)
end
for _, signal in ipairs{"SIGTERM", "SIGKILL", "SIGUSR1", "SIGHUP"} do
	expect.eq(child(function(b) b:kill(signal) end).core, false)
end

step("What was written stands in it; the zero page, what was never touched and what DONTDUMP names do not")
local p, q
child(function(b)
	p = b:mmap{len = 4*PAGE, prot = "rw"}
	b:write(p, "in the core")
	b:read(p + PAGE)
	q = b:mmap{len = PAGE, prot = "r"}
	b:madvise(q, PAGE, "dontdump")
	b:kill("SIGABRT")
end)
local fd = a:open("/core")
local list = headers(fd)
local h = segment(list, p)
expect.eq(h.filesz, 4*PAGE)
expect.eq(a:pread(fd, 11, h.offset), "in the core")
expect.eq(segment(list, q).filesz, 0)
expect.eq(segment(list, q).memsz, PAGE)
local st = a:fstat(fd)
expect.eq(st.mode & 511, 384)
-- headers, the agent's page and its slot's hot page, p's first, the stack's top
expect.eq(st.blocks, 5 * 8)
local n = notes(fd, list)
expect.eq(n[1].kind, 1)
expect.eq(string.unpack("<i2", n[1].data, 13), 6)

step("The limit cuts it off, and the status says that there is a core all the same; below a page there is none")
limit(a, 3*PAGE)
expect.eq(child(function(b) b:kill("SIGABRT") end).core, true)
local cut = a:open("/core")
-- headers and two pages fitted; the third would have been the stack's
list = headers(cut)
h = list[#list]
expect.eq(a:fstat(cut).size <= h.offset and h.filesz > 0, true)
-- the older one is still open, and as it was
expect.eq(a:pread(fd, 4, 0), "\x7fELF")
limit(a, PAGE - 1)
expect.eq(child(function(b) b:kill("SIGABRT") end).core, false)

step("It is written to the working directory, where nobody is in the way")
limit(a, -1)
expect.eq(a:syscall("mkdir", "/there", 493), 0)
child(function(b)
	b:syscall("chdir", "/there")
	b:kill("SIGABRT")
end)
expect.eq(a:open("/there/core"), 5)
expect.eq(a:unlink("/there/core"), 0)
expect.eq(a:syscall("mkdir", "/there/core", 493), 0)
expect.eq(child(function(b)
	b:syscall("chdir", "/there")
	b:kill("SIGABRT")
end).core, false)

step("Threads: each has its registers in it; who got the signal stands first")
local pids = {}
child(function(b)
	local t = b:thread()
	pids = {b.pid, t.pid}
	b:kill("SIGQUIT")
end)
local threads = a:open("/core")
list = headers(threads)
-- the second NT_PRSTATUS is the last note: 20 bytes of header, and pr_pid at 32
local last = a:pread(threads, 356, list[1].offset + list[1].filesz - 356)
expect.eq(string.unpack("<I4", last, 9), 1)
expect.eq(string.unpack("<i4", last, 21 + 32), pids[2])
expect.eq(string.unpack("<i4", a:pread(threads, 4, list[1].offset + 20 + 32)), pids[1])
-- it slept in read(): interrupted, as on Linux, by what ended it
expect.eq(string.unpack("<i8", last, 21 + 112 + 80), -512)

step("coredump_filter chooses what stands in it; a fork inherits it")
local filter = a:open("/proc/self/coredump_filter", "rw")
expect.eq(a:pread(filter, 64, 0), "00000033\n")
a:pwrite(filter, "0x12", 0)
local shared, written
child(function(b)
	expect.eq(b:pread(b:open("/proc/self/coredump_filter"), 64, 0), "00000012\n")
	shared = b:mmap{len = PAGE, prot = "rw", flags = "shared,anon"}
	written = b:mmap{len = PAGE, prot = "rw"}
	b:write(shared, 1)
	b:write(written, 1)
	b:kill("SIGABRT")
end)
list = headers(a:open("/core"))
expect.eq(segment(list, shared).filesz, PAGE)
expect.eq(segment(list, written).filesz, 0)
expect.errno(function() return a:pwrite(filter, "all", 0) end, "EINVAL")
