-- both: no, the program that runs is the guest's own agent
-- ETXTBSY: who writes a file cannot run it, and the file of a program that runs cannot be written.
local a = spawn("a")
local function fails(errno, value, got) expect.eq(value, nil) expect.eq(got, errno) end

step("The agent runs")
fails("ETXTBSY", a:open("/agent", "rw"))
fails("ETXTBSY", a:open("/agent", "r,trunc"))
fails("ETXTBSY", a:syscall("truncate", "/agent", 0))

step("A copy of it, by pages; while it is open to be written it is no program")
local from = a:open("/agent")
local size = a:fstat(from).size
local to = a:open("/copy", "rw,creat", 0x1ed)
a:ftruncate(to, size)
local p = a:mmap{len = size, prot = "rw", flags = "shared", fd = to}
for at = 0, size - 1, 512 do
	a:syscall("pread64", from, p + at, 512, at)
end
fails("ETXTBSY", a:exec("/copy"))
a:close(to)
fails("ETXTBSY", a:exec("/copy"))	-- the mapping keeps the file open
a:munmap(p, size)
local b = a:fork()
b:exec("/copy")

step("Now it runs, in b and in b's child; read it may be")
local c = b:fork()
fails("ETXTBSY", a:open("/copy", "w"))
fails("ETXTBSY", a:syscall("truncate", "/copy", 0))
a:close(a:open("/copy"))
b:exit(0)
fails("ETXTBSY", a:open("/copy", "w"))

step("Its name may go; the program stays")
a:link("/copy", "/other")
a:unlink("/copy")
expect.eq(c:read(0x400000, 4), 0x464c457f)

step("Nobody runs it any more")
c:exit(0)
a:close(a:open("/other", "w"))
a:exit(0)
