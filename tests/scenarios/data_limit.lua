-- A soft RLIMIT_DATA of 0 stops brk() and nothing else: mappings may then go up to the hard limit, as on Linux (which does it for
-- programs of a time when that limit meant the heap alone).
local DATA = 2
local a = spawn("a")
local function limit(soft, hard) expect.eq(a:syscall("setrlimit", DATA, string.pack("<I8I8", soft, hard)), 0) end
local heap = a:brk(0)

step("One page is too little for anything")
limit(PAGE, -1)
local _, why = a:mmap{len = PAGE, prot = "rw"}
expect.eq(why, "ENOMEM")

step("None at all: the hard limit is none")
limit(0, -1)
local p = a:mmap{len = 4*PAGE, prot = "rw"}
a:write(p, 1)
local ro = a:mmap{len = PAGE, prot = "r"}
expect(a:mprotect(ro, PAGE, "rw"))
expect(a:mremap{addr = p, len = 4*PAGE, newlen = 6*PAGE, flags = "maymove"})
expect.eq(a:brk(heap + PAGE), heap)

step("The hard limit")
limit(0, 64*PAGE)
_, why = a:mmap{len = 64*PAGE, prot = "rw"}
expect.eq(why, "ENOMEM")
expect(a:mmap{len = 16*PAGE, prot = "rw"})
