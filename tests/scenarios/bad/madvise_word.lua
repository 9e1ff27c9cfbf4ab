-- status: 2
-- stderr: madvise: unknown word "dontned" (known: normal, random, sequential, willneed, dontneed, free,
local a = spawn("a")
a:madvise(0x10000, PAGE, "dontned")
