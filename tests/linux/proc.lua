-- What the kernel under this script says of its agent in /proc, without what must differ: devices and inodes, frames, how much
-- of its own memory the agent has touched, keys that Linux has only since 6.1 and those of features that the guest's kernel is
-- configured without. tests/linux/proc runs it on the guest and on a Linux, and both must print the same.
local a = spawn("a")
local newer = {KSM = true, ProtectionKey = true, Referenced = true}
local own = {["00400000"] = true, ["20000000"] = true}		-- the agent's areas: only their first and last lines

local function maps(text)
	return (text:gsub("(%x+:%x+) (%d+) *", "- "):gsub("[^\n]*%[vsyscall%]\n", ""))
end

local function smaps(text)
	local out, skip = {}, false
	for line in text:gmatch("[^\n]+") do
		local start = line:match("^(%x+)%-%x+ ")
		local key = line:match("^(%S+):")
		if start then
			skip = own[start] or line:find("[stack]", 1, true)
			if line:find("[vsyscall]", 1, true) then break end
			out[#out + 1] = maps(line)
		elseif key == "VmFlags" then
			out[#out + 1] = line:gsub(" sd", "")
		elseif key == "THPeligible" then
			out[#out + 1] = "THPeligible"
		elseif not newer[key] and not skip then
			out[#out + 1] = line
		end
	end
	return table.concat(out, "\n")
end

local function status(text)
	local out = {}
	for _, key in ipairs{"VmSize", "VmLck", "VmPin", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE", "VmSwap"} do
		out[#out + 1] = text:match("\n(" .. key .. ":[^\n]*)")
	end
	return table.concat(out, "\n")
end

local function show(task, what)
	print("== " .. what)
	print(maps(a:cat("/proc/" .. task.pid .. "/maps")))
	print(smaps(a:cat("/proc/" .. task.pid .. "/smaps")))
	print(status(a:cat("/proc/" .. task.pid .. "/status")))
	local size, _, _, text, lib, data, dirty = a:cat("/proc/" .. task.pid .. "/statm"):match(("(%d+) "):rep(6) .. "(%d+)\n")
	print("statm", size, text, lib, data, dirty)
end

local p = a:mmap{len=8*PAGE}
for i = 0, 5 do a:write(p + i*PAGE, 1) end
a:read(p + 6*PAGE)
a:mprotect(p + 2*PAGE, PAGE, "none")
a:mlock(p + 4*PAGE, PAGE)
a:syscall("brk", a:syscall("brk", 0) + 3*PAGE)
show(a, "memory without a file")

local s = a:mmap{len=2*PAGE, flags="shared,anon"}
a:write(s, 1)
a:read(s + PAGE)
local m = a:memfd("scratch")
a:ftruncate(m, 2*PAGE)
a:pwrite(m, "x", 0)
local q = a:mmap{len=2*PAGE, fd=m, flags="shared"}
a:read(q)
a:write(q + PAGE, 1)
local f = a:open("/new\nline", "rw,creat")
a:ftruncate(f, 3*PAGE)
a:pwrite(f, "text", PAGE)
local r = a:mmap{len=3*PAGE, fd=f, flags="private"}
a:read(r)
a:write(r + 2*PAGE, 1)
a:mmap{len=PAGE, fd=f, off=PAGE, prot="r", flags="shared"}
show(a, "files")

local b = a:fork()
a:write(p, 2)
b:write(p + PAGE, 3)
b:read(s)
a:unlink("/new\nline")
show(a, "the parent after a fork")
show(b, "the child")

a:madvise(p + 5*PAGE, PAGE, "dontneed")
a:madvise(p, PAGE, "dontfork")
a:madvise(p + PAGE, PAGE, "dontdump")
a:mmap{len=2*PAGE, flags="private,anon,noreserve"}
a:mmap{len=2*PAGE, flags="private,anon,growsdown"}
a:munmap(q, 2*PAGE)
a:read(a:mmap{len=2*PAGE, fd=m, flags="private"})
b:exit(0)
show(a, "after advice, and after the child")
