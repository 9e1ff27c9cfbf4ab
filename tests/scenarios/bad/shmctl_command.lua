-- status: 2
-- stderr: shmctl: unknown word "remove" (known: rmid, set, stat, lock, unlock)
local a = spawn("a")
a:shmctl(0, "remove")
