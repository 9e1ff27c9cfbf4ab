-- /proc/PID/status and statm: the counters of an address space, its high-water marks, and what clear_refs does to one.
-- both: no, what /proc says names devices, inodes and frames; tests/linux/proc compares it without them
a = spawn("a")
local function show(what)
	local text = a:proc("status")
	local line = "  " .. what .. ":"
	for _, key in ipairs{"VmPeak", "VmSize", "VmLck", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmData", "VmStk",
			     "VmExe", "VmLib", "VmPTE"} do
		line = line .. " " .. key .. " " .. text:match("\n?" .. key .. ":\t *(%d+) kB\n")
	end
	print(line)
end

show("new")
expect.proc(a)

step("sizes count what is mapped, Rss what is there")
p = a:mmap{len=64*PAGE}
show("mapped")
for i = 0, 7 do a:write(p + i*PAGE, 1) end
show("8 written")
s = a:mmap{len=4*PAGE, flags="shared,anon"}
a:write(s, 1)
show("shared memory")
x = a:mmap{len=4*PAGE, prot="rx"}
show("executable")
a:mlock(p, 2*PAGE)
show("locked")
expect.proc(a)

step("the peaks stay when what made them goes")
a:munmap(p, 64*PAGE)
show("unmapped")
expect.proc(a)

step("clear_refs takes 5: the most that was ever present begins anew")
c = a:open("/proc/self/clear_refs", "w")
a:write_fd(c, "5\n")
show("cleared")
expect.proc(a)

step("what clear_refs does not take")
for _, text in ipairs{"0", "6", "-1", "", "x", "1x", "99999999999", "1 2"} do
	local ok, why = a:write_fd(c, text)
	print("  \"" .. text .. "\": " .. tostring(ok or why))
end
expect.eq(a:write_fd(c, " 1 \n"), 4)
expect.errno(function() return a:read_fd(c, 1) end, "EBADF")

step("the lines before and behind tell of the task")
b = a:fork()
local status = a:cat("/proc/" .. b.pid .. "/status")
expect.eq(status:match("^(.-)VmPeak"), "Name:\ta\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t3\nNgid:\t0\nPid:\t3\nPPid:\t2\n" ..
	  "TracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t16\nGroups:\t \nNStgid:\t3\nNSpid:\t3\nNSpgid:\t2\nNSsid:\t2\n")
b:exit(0)
expect.eq(a:cat("/proc/3/status"):match("State:[^\n]*"), "State:\tZ (zombie)")
expect(not a:cat("/proc/3/status"):find("VmSize"), "a zombie has no memory")
expect.eq(a:cat("/proc/3/statm"), "0 0 0 0 0 0 0\n")
expect.eq(a:cat("/proc/self/status"):match("State:[^\n]*"), "State:\tR (running)")
