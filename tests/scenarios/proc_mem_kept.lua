-- What /proc/PID/mem and maps do where the guest is alone: a device that is asked for its bytes, and files that keep an address
-- space after its last user is gone.
-- both: no, /dev/lab is the guest's
a = spawn("a")
b = a:fork()
mem = b:open("/proc/2/mem", "rw")

step("a device is asked: process_vm_readv would not")
d = a:open("/dev/lab", "rw")
m = a:mmap{len=PAGE, fd=d, flags="shared"}
expect.errno(function() return b:pread(mem, 7, m) end, "EIO", "nothing is mapped yet")
a:read(m)
expect.eq(b:pread(mem, 7, m), "mmscope")
expect.proc(b, a)

step("the address space that a left by exec is kept by the open file, empty, until that is closed")
a:exec()
expect.eq(b:pread(mem, 7, m), "")
expect.eq(b:cat("/proc/2/maps"):match("[^\n]*agent"):sub(1, 17), "00400000-00401000")
b:close(mem)

step("maps: what was made before the exit is still read, and no more is made")
maps = b:open("/proc/2/maps")
expect.eq(#b:read_fd(maps, 10), 10)
a:exit(0)
b:read_fd(maps, 100)
expect.eq(b:read_fd(maps, 100), "")
b:close(maps)
