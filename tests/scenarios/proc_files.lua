-- The other files of /proc: who a process is, what it was started with, what it has open.
-- both: no, what /proc says names devices, inodes and frames; tests/linux/proc compares it without them
a = spawn("a")
local function link(path)
	local n, _, target = a:syscall("readlink", path, ("."):rep(16), 16)
	return n and target:sub(1, n) or _
end

expect.eq(a:cat("/proc/self/comm"), "a\n")
expect.eq(a:cat("/proc/self/cmdline"), "a\0" .. "0\0")
expect.eq(a:cat("/proc/self/environ"), "")
expect.eq(link("/proc/self"), "2")
expect.eq(link("/proc/thread-self"), "2/task/2")
expect.eq(link("/proc/self/exe"), "/agent")
expect.eq(link("/proc/self/cwd"), "/")
expect.eq(link("/proc/1/exe"), "ENOENT", "a kernel thread has no program")

step("descriptors")
fd = a:open("/f", "rw,creat")
expect.eq(link("/proc/self/fd/" .. fd), "/f")
a:unlink("/f")
expect.eq(link("/proc/self/fd/" .. fd), "/f (deleted)")
expect.eq(link("/proc/self/fd/9"), "ENOENT")

step("the auxiliary vector ends with AT_NULL, and says where the program's headers are")
local auxv = a:cat("/proc/self/auxv")
local values = {}
for at = 1, #auxv, 16 do
	local key, value = string.unpack("<I8I8", auxv, at)
	values[key] = value
end
expect.eq(#auxv % 16, 0)
expect.eq(string.unpack("<I8", auxv, #auxv - 15), 0)
expect.eq(hex(values[3]), "0x400040")
expect.eq(values[6], PAGE)

step("limits")
a:syscall("setrlimit", 4, string.pack("<I8I8", 0x10000, 0x20000))
local limits = a:cat("/proc/self/limits")
expect.eq(#limits:match("^[^\n]*"), 78)
print(limits:match("[^\n]*Max stack[^\n]*"))
print(limits:match("[^\n]*Max core[^\n]*"))

step("threads have directories, too")
t = a:thread()
expect.eq(a:cat("/proc/self/task/" .. t.pid .. "/statm"), a:cat("/proc/self/statm"))
expect.eq(a:cat("/proc/self/task/" .. t.pid .. "/status"):match("Tgid:\t%d+\nNgid:\t0\nPid:\t%d+"), "Tgid:\t2\nNgid:\t0\nPid:\t3")
expect.eq(a:cat("/proc/self/status"):match("Threads:[^\n]*"), "Threads:\t2")

step("what is not there, and what cannot be done")
for _, path in ipairs{"/proc/9", "/proc/02", "/proc/self/none", "/proc/self/task/1", "/proc/2x"} do
	expect.errno(function() return a:cat(path) end, "ENOENT")
end
expect.errno(function() return a:open("/proc/new", "rw,creat") end, "EACCES")
expect.errno(function() return a:cat("/proc/self") end, "EISDIR")
expect.errno(function() return a:write_fd(a:open("/proc/self/maps"), "x") end, "EBADF")

step("the machine")
for key in a:cat("/proc/meminfo"):gmatch("(%w+):") do print("  " .. key) end
expect.eq(a:cat("/proc/meminfo"):match("MemTotal: *(%d+)") // 1 > 60000, true)
