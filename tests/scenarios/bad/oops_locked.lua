-- status: 3
-- stderr: kernel NULL pointer dereference: write at address 0
-- stderr: its mm is locked, and it would wait for ever in its own exit
local a = spawn("a")
a:write_fd(a:open("/dev/lab", "rw"), "EXCEPTION_LOCKED")
