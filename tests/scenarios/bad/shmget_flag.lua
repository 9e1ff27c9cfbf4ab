-- status: 2
-- stderr: shmget: unknown word "create" (known: creat, excl, hugetlb, noreserve)
local a = spawn("a")
a:shmget(0, PAGE, "create")
