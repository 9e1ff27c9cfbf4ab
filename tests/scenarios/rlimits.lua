-- Limits of a process: what they stop, that a child inherits them, and that a hard limit only goes down.
local DATA, STACK, NOFILE, MEMLOCK, AS = 2, 3, 7, 8, 9
local MIB = 1 << 20
local a = spawn("a")
local function limit(task, what, soft, hard)
	return task:syscall("setrlimit", what, string.pack("<I8I8", soft, hard))
end
local function get(task, what)
	local _, text = task:syscall("getrlimit", what, string.rep("\0", 16))
	local soft, hard = string.unpack("<I8I8", text)
	return soft, hard
end
local function refused(want, ...)
	local _, got = a:syscall(...)
	expect.eq(got, want)
end

step("As every process starts")
expect.eq(get(a, STACK), 8*MIB)
local soft, hard = get(a, MEMLOCK)
expect.eq(soft, 8*MIB)
expect.eq(hard, 8*MIB)

step("AS: all memory; mmap, mremap and brk stop there")
local p = a:mmap{len = 4*PAGE, prot = "rw"}
expect.eq(limit(a, AS, 16*MIB, -1), 0)
local _, why = a:mmap{len = 16*MIB, prot = "none"}
expect.eq(why, "ENOMEM")
refused("ENOMEM", "mremap", p, 4*PAGE, 16*MIB, 1)
local heap = a:brk(0)
expect.eq(a:brk(heap + 16*MIB), heap)
expect.eq(a:brk(heap + PAGE), heap + PAGE)

step("A child inherits what its parent has now, and then goes its own way")
local b = a:fork()
expect.eq(get(b, AS), 16*MIB)
expect.eq(limit(b, AS, 32*MIB, -1), 0)
expect.eq(get(a, AS), 16*MIB)
b:exit(0)
expect.eq(limit(a, AS, -1, -1), 0)

step("DATA: private writable memory alone")
expect.eq(limit(a, DATA, 1*MIB, -1), 0)
_, why = a:mmap{len = 2*MIB, prot = "rw"}
expect.eq(why, "ENOMEM")
local ro = a:mmap{len = 2*MIB, prot = "r"}
_, why = a:mprotect(ro, 2*MIB, "rw")
expect.eq(why, "ENOMEM")
expect.eq(limit(a, DATA, -1, -1), 0)
a:munmap(ro, 2*MIB)

step("STACK: how far a stack grows")
local low = a:vma(0x7fffffffe000).start
expect.eq(limit(a, STACK, 64*PAGE, -1), 0)
expect.fault(function() return a:write(low - 64*PAGE, 1) end, {signal = "SIGSEGV", code = "SEGV_MAPERR"})

local c = spawn("c")
step("MEMLOCK 0: nothing at all")
expect.eq(limit(c, MEMLOCK, 0, 0), 0)
local q = c:mmap{len = PAGE, prot = "rw"}
_, why = c:syscall("mlock", q, PAGE)
expect.eq(why, "EPERM")
_, why = c:syscall("mlockall", 1)
expect.eq(why, "EPERM")
_, why = c:mmap{len = PAGE, prot = "rw", flags = "private,anon,locked"}
expect.eq(why, "EPERM")

step("Refused")
_, why = limit(c, MEMLOCK, 0, PAGE)
expect.eq(why, "EPERM", "a hard limit does not go up")
_, why = limit(c, AS, 2*MIB, MIB)
expect.eq(why, "EINVAL")
_, why = limit(c, 16, MIB, MIB)
expect.eq(why, "EINVAL")
_, why = limit(c, NOFILE, 1024, (1 << 20) + 1)
expect.eq(why, "EPERM")
_, why = c:syscall("setrlimit", AS, 8)
expect.eq(why, "EFAULT")
_, why = c:syscall("prlimit64", 9999, AS, 0, 0)
expect.eq(why, "ESRCH")
local d = spawn("d")
step("Another's limits")
expect.eq(c:syscall("prlimit64", d, AS, string.pack("<I8I8", 64*MIB, -1), 0), 0)
expect.eq(get(d, AS), 64*MIB)
