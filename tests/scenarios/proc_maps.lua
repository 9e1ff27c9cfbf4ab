-- /proc/PID/maps: every kind of area under its name. The guest's file, read through system calls, says byte for byte what
-- the host makes of RAM alone; so do smaps, smaps_rollup, statm, status and pagemap (expect.proc). Inodes are left out of
-- what is printed.
-- both: no, what /proc says names devices, inodes and frames; tests/linux/proc compares it without them
a = spawn("a")
local function show(what)
	print(what)
	for line in a:proc("maps"):gmatch("[^\n]+") do
		local range, rights, offset, name = line:match("^(%x+%-%x+) (%S+) (%x+) %x+:%x+ %d+ *(.*)$")
		print("  " .. range .. " " .. rights .. " " .. offset .. " " .. name)
	end
end

step("what exec made: the program, the agent's own memory, the stack")
show("of a new process")
expect.proc(a)

step("memory without a file: private, the heap, no rights, and shared, which is a file of the kernel's")
p = a:mmap{len=4*PAGE}
a:mprotect(p + PAGE, PAGE, "none")
a:brk(a:counters().brk + 3*PAGE)
s = a:mmap{len=2*PAGE, flags="shared,anon"}
show("areas without a file")
expect.proc(a)

step("files: two mappings of one, at an offset; one without a name; a name with a newline")
f = a:open("/data", "rw,creat")
a:ftruncate(f, 4*PAGE)
a:mmap{len=2*PAGE, fd=f, off=2*PAGE, flags="shared"}
a:mmap{len=PAGE, fd=f, prot="r", flags="private"}
m = a:memfd("scratch")
a:ftruncate(m, PAGE)
a:mmap{len=PAGE, fd=m, flags="shared"}
n = a:open("/two\nlines", "rw,creat")
a:mmap{len=PAGE, fd=n, prot="r", flags="shared"}
show("areas of files")
expect.proc(a)

step("a file that was removed is still mapped, and so it says")
a:unlink("/data")
show("after the unlink")
expect.proc(a)

step("an area without a file that begins where the heap may begin is called the heap, too")
h = a:mmap{len=PAGE, addr=a:counters().brk, flags="private,anon,fixed"}
show("behind the heap")
expect.proc(a)

step("a child has the same, and one process may read what is another's")
b = a:fork()
expect(a:proc("maps") == b:proc("maps"), "the child's maps are the parent's")
expect.proc(b)
expect.proc(a, b)
expect.proc(b, a)

step("a stack that grows, and one of the program's own")
a:write(a:mm().start_stack - 40*PAGE, 1)
a:mmap{len=2*PAGE, flags="private,anon,growsdown"}
show("after the stack grew")
expect.proc(a)

step("a kernel thread has no areas, and a process that is gone has no file")
expect.eq(a:cat("/proc/1/maps"), "")
b:exit(0)
expect.eq(a:cat("/proc/3/maps"), "", "a zombie has no areas any more")
a:wait()
expect.errno(function() return a:cat("/proc/3/maps") end, "ENOENT")
