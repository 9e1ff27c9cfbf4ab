-- status: 2
-- stderr: mremap takes a table in braces, such as mremap{…}, not a number
local a = spawn("a")
a:mremap(0x10000, PAGE, 2*PAGE)
