-- status: 2
-- stderr: unknown mmap flag "anonymous" (known: shared_validate, shared, private, anon, fixed,
local a = spawn("a")
a:mmap{len = PAGE, flags = "private,anonymous"}
