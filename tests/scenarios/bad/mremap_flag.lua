-- status: 2
-- stderr: mremap's flags: unknown word "mayfail" (known: maymove, fixed, dontunmap)
local a = spawn("a")
a:mremap{addr = 0x10000, len = PAGE, newlen = PAGE, flags = "maymove,mayfail"}
