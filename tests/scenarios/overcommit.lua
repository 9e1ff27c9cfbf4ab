-- Private writable memory is promised when it is mapped (VM_ACCOUNT): more than the machine could ever have is refused at once.
-- What cannot be written, or says MAP_NORESERVE, promises nothing.
local a = spawn("a")
local huge = 1 << 40
local function map(prot, more) return a:mmap{len = huge, prot = prot, flags = "private,anon" .. (more or "")} end
expect.errno(function() return map("rw") end, "ENOMEM")
step("Read-only: nothing to promise; becoming writable is when it counts")
local p = map("r")
expect.errno(function() return a:mprotect(p, huge, "rw") end, "ENOMEM")
expect.eq(a:vma(p).prot, "r--p", "and the failed call changed nothing")
expect.eq(a:mprotect(p, 16*PAGE, "rw"), 0, "a part of it may")
a:munmap(p, huge)
step("MAP_NORESERVE")
local q = map("rw", ",noreserve")
a:write(q + huge - PAGE, 1)
expect.eq(a:vma(q).present, 1)
step("fork promises again what the child might write: the small ones fit")
local b = a:fork()
expect.eq(b:read(q + huge - PAGE), 1)
