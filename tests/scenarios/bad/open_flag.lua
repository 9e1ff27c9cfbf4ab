-- status: 2
-- stderr: open: unknown word "create" (known: r, w, rw, creat, excl, trunc, append,
local a = spawn("a")
a:open("/f", "rw,create")
