-- status: 2
-- stderr: a:madvise is not in this version; a:syscall("madvise", …) makes the raw call
local a = spawn("a")
a:madvise(0, PAGE, "dontneed")
