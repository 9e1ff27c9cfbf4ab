-- status: 3
-- stderr: machine check, of memory that the kernel needs
-- stderr: copy_to_user
-- Ring 0 cannot give a task what it has nowhere to put.
local a = spawn()
local p = a:mmap{len = PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 1)
inject.slot(a, p, "missing")
a:mincore(p, PAGE)
a:syscall("getcwd", p, 64)
