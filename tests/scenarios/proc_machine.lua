-- What /proc and /dev tell of the machine as a whole, of a process in one line, and whom to kill first; devices without a memory.
-- both: no, that machine is another
local a = spawn("a")
local function text(path) return a:cat(path) end

step("The machine")
tick(12345678901)
expect.eq(text("/proc/uptime"), "12.34 0.00\n")
expect.eq(text("/proc/loadavg"), "0.00 0.00 0.00 1/2 2\n")
expect.eq(text("/proc/filesystems"), "nodev\ttmpfs\nnodev\tproc\n")
expect.eq(text("/proc/mounts"), "tmpfs / tmpfs rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\n")
expect(text("/proc/version"):find("^Linux version 6%.1"))
expect(text("/proc/stat"):find("^cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0"))
expect(text("/proc/cpuinfo"):find("^processor\t: 0\n"))
expect(text("/proc/swaps"):find("^Filename"))

step("What may be changed of the kernel, and what not")
expect.eq(text("/proc/sys/kernel/shmmax"), "18446744073692774399\n")
expect.eq(text("/proc/sys/kernel/pid_max"), "32768\n")
local fd = a:open("/proc/sys/kernel/ostype", "rw")
expect.errno(function() return a:write_fd(fd, "x") end, "EPERM")
a:close(fd)
expect.errno(function() return a:open("/proc/sys/kernel/no", "r") end, "ENOENT")

step("Segments of shared memory")
local id = a:syscall("shmget", 0x1234, 3*PAGE, 950)	-- IPC_CREAT | 0666
local line = text("/proc/sysvipc/shm"):match("\n(.-)\n$")
expect.eq(line:sub(1, 55), "      4660          0   666                 12288     2")
a:syscall("shmctl", id, 0, 0)
expect.eq(select(2, text("/proc/sysvipc/shm"):gsub("\n", "")), 1)

step("A process in one line")
local b = a:fork("b")
local words = {}
for word in text("/proc/" .. b.pid .. "/stat"):gmatch("%S+") do words[#words + 1] = word end
expect.eq(#words, 52)
expect.eq(table.concat(words, " ", 1, 8), b.pid .. " (a) S " .. a.pid .. " " .. a.pid .. " " .. a.pid .. " 0 -1")
expect.eq(words[20], "1")
expect.eq(words[23] // 1024, text("/proc/" .. b.pid .. "/status"):match("VmSize:%s+(%d+)") // 1)
b:exit(3)
expect.eq(text("/proc/" .. b.pid .. "/stat"):match("%) (%a)"), "Z")
a:wait(b)

step("Whom to kill first: more for everybody; less than it was only for who has the right")
fd = a:open("/proc/self/oom_score_adj", "rw")
expect.eq(a:write_fd(fd, "500\n"), 4)
expect.eq(text("/proc/self/oom_score_adj"), "500\n")
expect(tonumber(text("/proc/self/oom_score")) > 900)
expect.eq(a:write_fd(fd, "0"), 1)
expect.errno(function() return a:write_fd(fd, "-1") end, "EACCES")
expect.errno(function() return a:write_fd(fd, "1001") end, "EINVAL")
a:write_fd(fd, "7")
expect.eq(a:fork("c"):cat("/proc/self/oom_score_adj"), "7\n")

step("Devices: one that is always full, chance, and a terminal that nobody has")
local full = a:open("/dev/full", "rw")
expect.errno(function() return a:write_fd(full, "x") end, "ENOSPC")
expect.eq(a:read_fd(full, 3), "\0\0\0")
local random = a:open("/dev/urandom", "r")
local bytes = a:read_fd(random, 16)
expect(bytes ~= a:read_fd(random, 16))
expect.errno(function() return a:open("/dev/tty", "rw") end, "ENXIO")
