-- A signal that ends a process ends it at once: no thread goes back to ring 3, not even the one that sent it to its own process.
local a = spawn("a")
local t = a:thread()
t:kill("SIGTERM", a)
expect(not t:alive() and not a:alive())

step("A thread alone is told, and all of its process end")
local b = spawn("b")
local u = b:thread()
b:syscall("tkill", u, 10)
expect(not b:alive() and not u:alive())

step("A parent that waits for its vfork child in a sleep that only the end can interrupt")
local c, d = spawn("c"), spawn("d")
local p = c:mmap{len = PAGE, prot = "rwx", flags = "private,anon,32bit"}
c:write(p, "\xb8\x3a\0\0\0\x0f\x05\x85\xc0\x75\x09" ..		-- mov $58, %eax; syscall; test %eax, %eax; jnz 1f	vfork
	"\xb8\x22\0\0\0\x0f\x05\xeb\xf7\xc3")				-- 2: mov $34, %eax; syscall; jmp 2b; 1: ret	pause
expect(not pcall(function() c:run(p) end), "it sleeps")
d:kill("SIGTERM", c)
expect(not c:alive())

step("Blocked by all it waits; with a handler nobody dies")
local e = spawn("e")
local v = e:thread()
local SIGTERM = string.pack("<I8", 1 << 14)
e:syscall("rt_sigprocmask", 0, SIGTERM, 0, 8)
v:syscall("rt_sigprocmask", 0, SIGTERM, 0, 8)
v:kill("SIGTERM", e)
expect(e:alive() and v:alive())
v:syscall("rt_sigprocmask", 1, SIGTERM, 0, 8)
expect(not e:alive() and not v:alive())
