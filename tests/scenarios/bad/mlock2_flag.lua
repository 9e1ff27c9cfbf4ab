-- status: 2
-- stderr: mlock2: unknown word "later" (known: onfault)
local a = spawn("a")
a:mlock2(0x10000, PAGE, "later")
