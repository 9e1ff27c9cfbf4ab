-- /proc/PID/clear_refs takes back the marks of accesses, so that Referenced of smaps tells what was accessed since. How much
-- an access marks is the processor's affair, so what is printed says only whether there is anything.
-- both: no, what /proc says names devices, inodes and frames; tests/linux/proc compares it without them
a = spawn("a")
b = a:fork()
p = a:mmap{len=4*PAGE}
f = a:open("/f", "rw,creat")
a:ftruncate(f, PAGE)
q = a:mmap{len=PAGE, fd=f, flags="shared", addr=p - 256*PAGE}
a:write(p, 1)
a:read(q)
c = b:open("/proc/2/clear_refs", "w")
local function referenced(at)
	local kb = a:proc("smaps"):match(string.format("%08x%%-.-Referenced: *(%%d+)", at))
	return tonumber(kb) > 0 and "referenced" or "not"
end
local function show(what)
	expect.proc(b, a)
	print("  " .. what .. ": memory " .. referenced(p) .. ", file " .. referenced(q))
end

show("both accessed")
b:write_fd(c, "3")
show("3: areas of files cleared")
a:read(q)
show("accessed again")
b:write_fd(c, "2")
show("2: areas without a file cleared")
a:read(p)
show("accessed again")
b:write_fd(c, "1")
show("1: all cleared")
a:write(p, 2)
a:write(q, 2)
show("accessed again")
