-- status: 2
-- stderr: mmap: unknown field 'length' (known: len, prot, flags, addr, fd, off)
local a = spawn("a")
a:mmap{length = PAGE}
